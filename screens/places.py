"""Where a person is, kept while they work and taken up again after the next login.

A terminal that closes, a killed program and a power failure are alike: nothing can be done at that moment, so
the place is stored as one goes. It is the stack of screens above the first one, each with the arguments it
was opened with, or with what led to it as a step of the work of the screen below; and of each its cursors,
pages and half-typed texts. It is stored in a thread, at most every `WAIT_SECONDS`, so what is lost is at most
what was done in that time. Nothing secret is ever in it.

A place belongs to one operator at one unit of one center under one profile (`Scope.own_key`). Back on the
first screen there is no place any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from screens.roster_drafts import WAIT_SECONDS
from tui.dialog import HostScreen
from tui.keys import ActionRequested, KeyWidget
from tui.progress import in_thread

if TYPE_CHECKING:
    from textual.timer import Timer

    from client.store.rows import Scope
    from screens.app import AppScreen, GjjApp

NAME: Final = "@place"
"""Under which name a place is kept among the drafts."""
TRIES: Final = 2
"""So often a place is tried; one that ends the program is given up."""
RESTORED: Final = "上次的画面已恢复，请接着办理。"
SHUT: Final = "上次的画面没有恢复：该业务已停用或没有权限，录入的内容仍保存在本机。"
BROKEN: Final = "上次的画面没有恢复，请重新打开；录入的内容都保存在本机。"
Entry = dict[str, Any]
"""name, kept, and args or step."""


def packed(args: Mapping[str, Any]) -> dict[str, Any] | None:
    """Arguments of a screen as JSON values, wire models included; None when one cannot be kept."""
    from pydantic import BaseModel

    kept: dict[str, Any] = {}
    for name, value in args.items():
        if value is None or isinstance(value, (str, int, bool)):
            kept[name] = value
        elif isinstance(value, BaseModel) and type(value).__module__ == "domain.wire":
            kept[name] = {"wire": type(value).__name__, "json": value.model_dump_json()}
        else:
            return None
    return kept


def unpacked(kept: Mapping[str, Any]) -> dict[str, Any]:
    """What `packed` was given. Raises ValueError for what this version does not know."""
    from domain import wire

    args: dict[str, Any] = {}
    for name, value in kept.items():
        if isinstance(value, dict):
            model = getattr(wire, str(value.get("wire")), None)
            if model is None:
                raise ValueError(name)
            value = model.model_validate_json(value["json"])
        args[name] = value
    return args


class Places:
    """Keeps the place of the person logged in."""

    def __init__(self, app: GjjApp) -> None:
        self._app = app
        self._timer: Timer | None = None
        self._stored: tuple[Scope, str] | None = None
        self._turn = asyncio.Lock()
        self._busy = False
        self._resuming = False
        self._whose: Scope | None = None
        """For whom `take_up` has been done; before that nothing is stored over what is there."""
        self._texts: dict[tuple[str, str], dict[str, Any]] = {}

    # ---- keeping -----------------------------------------------------------------------------------

    def changed(self, *, at_once: bool = False) -> None:
        """Take notice that something may have moved; it is stored soon, once for a burst.

        Another screen is stored `at_once`, behind a store that is under way.
        """
        if at_once and not self._resuming:
            self._app.run_worker(self.finish(), name="place", group="place")
        elif self._timer is None and not self._resuming and self._app.state.person is not None:
            self._timer = self._app.set_timer(WAIT_SECONDS, self._flush)

    def _flush(self) -> None:
        self._timer = None
        if self._busy:
            self.changed()
        else:
            self._app.run_worker(self.finish(), name="place", group="place")

    async def finish(self) -> None:
        """Store the place now. A store that refuses is passed over: drafts say so themselves."""
        from client.errors import ClientError

        async with self._turn:
            found = self._now()
            if found is None or found == self._stored:
                return
            self._busy = True
            try:
                await in_thread(self._put, *found)
                self._stored = found
            except ClientError:
                return
            finally:
                self._busy = False

    def finish_now(self) -> None:
        """Store the place in this step: the terminal is gone."""
        found = self._now()
        if found is not None and found != self._stored:
            self._put(*found)
            self._stored = found

    def _now(self) -> tuple[Scope, str] | None:
        """Whose place it is and what it is, "" for none; None while there is nothing to say.

        There is nothing to say while the program ends either: its screens are taken down one by one.
        """
        state = self._app.state
        if not self._app.is_running or state.person is None or self._resuming or state.scope() != self._whose:
            return None
        stack = self._stack()
        if not stack:
            return state.scope(), ""
        kept: dict[str, Any] = {"stack": stack}
        if (dialog := self._dialog()) is not None:
            kept["dialog"] = dialog
        return state.scope(), json.dumps(kept, ensure_ascii=False)

    def _stack(self) -> list[Entry]:
        """The screens above the first one, up to one that cannot be opened again by itself."""
        from screens.app import AppScreen

        entries: list[Entry] = []
        below: AppScreen | None = None
        for screen in self._app.screen_stack:
            if not isinstance(screen, AppScreen) or not screen.GUARDED or not screen.opened_as:
                continue
            if screen.FIRST:
                entries.clear()
                continue
            how = self._way_to(screen, below)
            if how is None:
                break
            entries.append({"name": screen.opened_as, "kept": screen.keep(), **how})
            below = screen
        return entries

    @staticmethod
    def _way_to(screen: AppScreen, below: AppScreen | None) -> Entry | None:
        """How a screen is opened again: with its arguments, or as a step of the work of the screen below."""
        args = packed(screen.opened_with) if screen.RESUMABLE else None
        if args is not None:
            return {"args": args}
        step = below.step(screen.opened_as) if below is not None else None
        return None if step is None else {"step": step}

    def _dialog(self) -> dict[str, Any] | None:
        """The open dialog as far as something is typed in it, and the action that leads there again."""
        screen = self._app.shell_screen()
        if not isinstance(self._app.screen, HostScreen) or screen is None or screen.hosted is None:
            return None
        title, widget = screen.hosted
        kept = widget.whereabouts()
        if not kept:
            return None
        request = screen.first_request
        widgets = list(screen.query(KeyWidget))
        at = widgets.index(request.widget) if request and request.widget in widgets else None
        return {"title": title, "kept": kept, "action": request.action if request else "", "widget": at}

    def _put(self, scope: Scope, place: str, tries: int = 0) -> None:
        from client.store.caches import FormDrafts

        kept = {"place": place, "tries": str(tries)} if place else {}
        FormDrafts(self._app.state.database(), scope).save(NAME, kept)

    # ---- taking up ---------------------------------------------------------------------------------

    async def take_up(self) -> None:
        """Open again what was open when the program was cut off; called once after each login."""
        scope = self._app.state.scope()
        try:
            dialog = await self._take_up(scope)
        finally:
            self._whose = scope
            self.changed()
        await self._reopen(dialog)

    async def _take_up(self, scope: Scope) -> Any:
        """Open the screens; returns the dialog that was open over them."""
        from client.errors import ClientError
        from client.store.caches import FormDrafts

        drafts = await in_thread(lambda: FormDrafts(self._app.state.database(), scope))
        kept = await in_thread(drafts.load, NAME)
        if not kept:
            return None
        tries = int(kept.get("tries", "0")) if kept.get("tries", "0").isdecimal() else TRIES
        try:
            place = json.loads(kept["place"])
            stack: list[Entry] = place["stack"]
            known = all(self._app.knows(one["name"]) for one in stack)
        except (ValueError, KeyError, TypeError):
            known, stack, place = False, [], {}
        if not known or tries >= TRIES or not self._allowed(stack):
            await in_thread(drafts.save, NAME, {})
            self._say(SHUT if known and tries < TRIES else BROKEN, "warning")
            return None
        await in_thread(self._put, scope, kept["place"], tries + 1)
        self._resuming = True
        try:
            for entry in stack:
                if not await self._open(entry):
                    # The screen below has said why its step cannot be taken up.
                    return None
            self._say(RESTORED, "good")
            return place.get("dialog")
        except (ValueError, KeyError, TypeError):
            self._say(BROKEN, "warning")
        except ClientError as error:
            self._say(error.sentence, "error")
        finally:
            self._resuming = False
        return None

    def _say(self, text: str, kind: str) -> None:
        screen = self._app.shell_screen()
        if screen is not None:
            screen.status(text, kind=kind, beep=kind != "good")

    def _allowed(self, stack: list[Entry]) -> bool:
        """Whether the center still has the module that was open, and lets this agent use it."""
        from screens.app import AppScreen
        from screens.catalog import screen_class

        name = stack[0]["name"] if stack else ""
        made = screen_class(name)
        if made is None or not issubclass(made, AppScreen) or not made.MODULE:
            return True
        return name in self._app.state.reachable_screens()

    async def _open(self, entry: Entry) -> bool:
        """Open a screen of a place; False when it did not open."""
        from screens.app import AppScreen

        name, below = entry["name"], self._app.shell_screen()
        if "step" not in entry:
            await self._app.open_screen(name, **unpacked(entry["args"]))
        elif isinstance(below, AppScreen):
            await below.step_again(name, entry["step"])
        screen = self._app.shell_screen()
        if not isinstance(screen, AppScreen) or screen.opened_as != name:
            return False
        await screen.take_up(entry["kept"])
        screen.refresh_bars()
        return True

    async def _reopen(self, dialog: Any) -> None:
        """Bring a dialog back that was being typed in; one behind a question waits for its turn."""
        from screens.app import AppScreen

        screen = self._app.shell_screen()
        if not isinstance(dialog, dict) or not isinstance(screen, AppScreen):
            return
        self._texts[screen.opened_as, str(dialog.get("title"))] = dict(dialog.get("kept") or {})
        action, at = dialog.get("action"), dialog.get("widget")
        widgets = list(screen.query(KeyWidget))
        if action and isinstance(at, int) and 0 <= at < len(widgets):
            screen.set_focus(widgets[at], scroll_visible=False)
            request = ActionRequested(str(action), widgets[at].snapshot(), "", widgets[at])
            await screen.perform_again(request)

    def hosts(self, title: str, widget: KeyWidget) -> None:
        """Put back what was typed in a dialog when it was cut off, once."""
        screen = self._app.shell_screen()
        name = getattr(screen, "opened_as", "")
        kept = self._texts.pop((name, title), None)
        if kept is not None:
            with contextlib.suppress(ValueError, TypeError):
                widget.take_up(kept)


def restore(screen: AppScreen, kept: Mapping[str, Any]) -> None:
    """Put the widgets of a screen back as `kept` says; a screen built otherwise is left as it is."""
    widgets = list(screen.query(KeyWidget))
    states = kept.get("widgets") or []
    if len(states) != len(widgets):
        return
    for widget, state in zip(widgets, states, strict=True):
        with contextlib.suppress(ValueError, TypeError, AttributeError):
            widget.take_up(state)
    at = kept.get("focus")
    if isinstance(at, int) and 0 <= at < len(widgets) and widgets[at].focusable:
        screen.focus_key(widgets[at])
