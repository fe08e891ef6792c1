"""Keys in the order they were struck: the key gate and the base of every widget that takes keys.

Order is sacred. A key event is handed by the application's own handler, synchronously, to the focused
`KeyWidget`; no Textual binding and no second message queue stands between. When a key starts work that
needs time (a dialog, a screen change, a call to the center) the widget *requests* an action: that closes
the gate in the same step, later keys wait in the gate, and they are delivered in order when the work is
done, to whatever has the focus then.

Writing a widget::

    class Counter(KeyWidget):
        KEY_CONTEXT = "form"

        def handle_action(self, action: str) -> bool:
            if action == "next_field":
                self.move(1)
                return True
            if action == "submit":
                self.request("submit", values=dict(self.values))    # closes the gate
                return True
            return False                    # the screen may want it; else it beeps

        def handle_text(self, char: str) -> bool:
            self.text += char
            self.refresh()
            return True

        def caret(self) -> tuple[int, int] | None:
            return self.column, 0           # where the input method's window belongs (cells in the widget)

and the screen that does the work (see `tui.app.ShellScreen`)::

    async def perform(self, request: ActionRequested) -> None:
        if request.action == "submit":
            if await self.ask("提交", ["共 3 人，确认提交吗？"], [("y", "是"), ("n", "否")]) == "y":
                receipt = await self.busy("正在提交…", self.client.submit, request.payload["values"])
                await self.tell("已提交", [receipt.number])
            return
        await super().perform(request)

What `handle_action` refuses and the key prints goes to `handle_text`; what that refuses, and what the
screen does not list in `screen_actions()`, beeps. Nothing is ever locked, dropped or delayed by a timer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.message import Message
from textual.widget import Widget

if TYPE_CHECKING:
    from tui.app import ShellApp


class ActionRequested(Message, bubble=False):
    """A widget asks its screen to perform an action; the gate is closed until the screen has.

    `payload` carries the values as they were when the key was struck; `key` is the key (Textual's name),
    `""` when the request came from the program itself.
    """

    def __init__(
        self, action: str, payload: dict[str, Any], key: str = "", widget: Widget | None = None
    ) -> None:
        super().__init__()
        self.action = action
        self.payload = payload
        self.key = key
        self.widget = widget


class KeyGate:
    """Lets keys through to `deliver`, or keeps them in order while it is held.

    Holds are counted: the gate is open when no hold is left. `suspend()` sets the holds aside while a
    dialog asks the user something, `resume()` puts them back.
    """

    def __init__(self, deliver: Callable[[events.Key | events.Paste], None]) -> None:
        self._deliver = deliver
        self._holds = 0
        self._waiting: deque[events.Key | events.Paste] = deque()
        self._flushing = False

    @property
    def closed(self) -> bool:
        """Whether keys are being kept back."""
        return self._holds > 0

    @property
    def waiting(self) -> int:
        """How many keys and pastes are kept back."""
        return len(self._waiting)

    def put(self, event: events.Key | events.Paste) -> None:
        """Deliver a key or paste now, or keep it when the gate is closed."""
        self._waiting.append(event)
        self.flush()

    def hold(self) -> None:
        """Close the gate, or add a hold to a closed one."""
        self._holds += 1

    def release(self) -> None:
        """Take one hold away; the last one lets the kept keys through."""
        if self._holds <= 0:
            raise RuntimeError("the key gate was released more often than held")
        self._holds -= 1
        self.flush()

    def suspend(self) -> int:
        """Set all holds aside and return them for `resume`; the kept keys go through at `flush`."""
        holds, self._holds = self._holds, 0
        return holds

    def resume(self, holds: int) -> None:
        """Put the holds of `suspend` back."""
        self._holds += holds

    def flush(self) -> None:
        """Deliver the kept keys, in order, as far as the gate is open."""
        if self._flushing:
            return
        self._flushing = True
        try:
            while self._waiting and not self._holds:
                self._deliver(self._waiting.popleft())
        finally:
            self._flushing = False


class KeyWidget(Widget, can_focus=True, inherit_bindings=False):
    """A widget that takes keys as actions and text, each handled before the next is looked at."""

    KEY_CONTEXT: ClassVar[str] = "form"
    """The table of the keymap that turns keys into actions here (`tui.actions.CONTEXTS`)."""

    _struck: str = ""

    @property
    def shell(self) -> ShellApp:
        """The application, typed."""
        from tui.app import ShellApp

        app = self.app
        if not isinstance(app, ShellApp):
            raise TypeError("a KeyWidget lives in a ShellApp")
        return app

    def key_context(self) -> str:
        """Return the keymap context for the next key; override when it changes with the widget's state."""
        return self.KEY_CONTEXT

    def handle_action(self, action: str) -> bool:
        """Act on an action, synchronously. Return False to refuse it."""
        return False

    def handle_text(self, char: str) -> bool:
        """Take one typed character, synchronously. Return False to refuse it."""
        return False

    def handle_paste(self, text: str) -> bool:
        """Take a whole bracketed paste. Return False to refuse it."""
        return False

    def snapshot(self) -> dict[str, Any]:
        """Return the payload sent along when the screen takes an action this widget refused."""
        return {}

    def caret(self) -> tuple[int, int] | None:
        """Return the caret (x, y) in cells from the widget's content; the input method follows it."""
        return None

    def whereabouts(self) -> dict[str, Any]:
        """Return where the cursor is and what is half typed, as JSON values; never anything secret."""
        return {}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Go on from `whereabouts` of an earlier run, as far as it still fits; what does not is left out."""

    def help_lines(self) -> list[str]:
        """Return what F1 says about the current field, at most a few Chinese lines."""
        return []

    def process_key(self, event: events.Key) -> None:
        """Handle one key completely. Called by the application only."""
        self._struck = event.key
        character = event.character if event.is_printable else None
        action = self.shell.keymap.resolve(self.key_context(), event.key, character)
        if action is not None and self.handle_action(action):
            return
        if character is not None and self.handle_text(character):
            return
        if action is not None and self._offer_to_screen(action):
            return
        self.shell.bell()

    def process_paste(self, text: str) -> None:
        """Handle one paste completely. Called by the application only."""
        self._struck = "paste"
        if not self.handle_paste(text):
            self.shell.bell()

    def request(self, action: str, **payload: Any) -> None:
        """Ask the screen to perform an action with these values; keys wait until it is done."""
        gate = self.shell.gate
        gate.hold()
        if not self.screen.post_message(ActionRequested(action, payload, self._struck, self)):
            gate.release()

    def _offer_to_screen(self, action: str) -> bool:
        from tui.shellscreen import KeyScreen

        screen = self.screen
        if isinstance(screen, KeyScreen) and action in screen.screen_actions():
            self.request(action, **self.snapshot())
            return True
        return False
