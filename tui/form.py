"""A form: all fields drawn by one widget, every key handled in one step.

The widget asks its screen for `record` (values=…) when Enter is struck in the last field and every field is
accepted; only that payload carries passwords. `prompt` (F4), `submit` and the other actions of the screen go
there with `snapshot()`, in which passwords are left out. A field of kind person holds an account number; when
another text in it is to be accepted, the screen is asked to `pick` (`tui.picklist.Asking`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual.message import Message

from domain.codes import shown
from tui.choices import matching_choices
from tui.edit import is_table, typed_form
from tui.form_model import CHECKED, PERSON_HELP, UNCHECKED, FormField, FormModel
from tui.form_view import FormView
from tui.pause import NUMBERS, TypingPause
from tui.shellscreen import KeyScreen

NARROWED = "全角字符已改为半角。"
NOTHING_ABOVE = "上一次没有录入此栏，不能照抄，请直接录入。"
SETTLING = frozenset({"accept", "next_field", "down", "submit"})
"""Actions that accept the current field."""


class Form(FormView):
    """Fields of a `FormModel`, entered one after the other."""

    KEY_CONTEXT: ClassVar[str] = "form"

    class Changed(Message):
        """A field is being typed in; `key` names it. Read the values with `Form.snapshot`."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

        def can_replace(self, message: Message) -> bool:
            """Collapse a burst into its last message."""
            return isinstance(message, Form.Changed)

    def __init__(
        self,
        model: FormModel,
        *,
        columns: int = 2,
        notice_lines: int = 1,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(model, columns=columns, notice_lines=notice_lines, id=id)
        self._above: dict[str, str] = {}
        self._typing_pause = TypingPause(self._follow)
        self._acts: dict[str, Callable[[], bool]] = {
            "accept": self._accept,
            "next_field": lambda: self._leave(1),
            "previous_field": lambda: self._leave(-1),
            "down": lambda: self._leave(1, vertical=True),
            "up": lambda: self._leave(-1, vertical=True),
            "left": lambda: self._moved(self._editor.left()),
            "right": lambda: self._moved(self._editor.right()),
            "home": lambda: self._jump(self._editor.home),
            "end": lambda: self._jump(self._editor.end),
            "edit": lambda: self._jump(self._editor.end),
            "erase_left": lambda: self._changed(self._editor.backspace()),
            "clear": lambda: self._changed(self._editor.delete()),
            "check_letter": lambda: self._field.kind in ("id", "person") and self._type("X"),
            "dup": self._dup,
            "cancel_edit": self._cancel_edit,
            "prompt": self._prompt,
            "submit": self._submit,
        }

    # -- for the screen --------------------------------------------------------------------------------

    @property
    def current(self) -> str:
        """Key of the field under the cursor."""
        return self._field.key

    @property
    def refusal(self) -> str:
        """Why the field under the cursor was refused, "" when it was not."""
        return self._refused.get(self.current, "")

    def snapshot(self) -> dict[str, Any]:
        """Return the texts as typed, the half-typed one too; passwords are left out."""
        return {key: text for key, text in self._all_texts().items() if not self._is_secret(key)}

    def load(self, values: Mapping[str, str]) -> None:
        """Enter values into the fields, as if typed; what the model refuses stays, marked "!"."""
        for at in range(len(self._fields)):
            field = self._fields[at]
            if field.key in values and field.entered:
                self._commit(field, values[field.key])
        self._notice = ""
        self._read_back(None)
        self._open_editor()
        self.refresh()

    def whereabouts(self) -> dict[str, Any]:
        """Return the field under the cursor and the texts as typed, passwords left out."""
        return {"field": self.current, "texts": self.snapshot()}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Enter the texts again and put the cursor where it was, ready to type on."""
        self.load({key: str(text) for key, text in (kept.get("texts") or {}).items()})
        keys = [field.key for field in self._fields]
        if kept.get("field") in keys:
            self._go(keys.index(kept["field"]))
            self._refused.pop(self.current, None)
            self._editor.end()
            self.refresh()

    def type_on(self, key: str, text: str) -> None:
        """Put the cursor into a field with a text in it that is still to be accepted."""
        at = next((at for at, field in enumerate(self._fields) if field.key == key and field.entered), -1)
        if at >= 0:
            self._go(at)
            self._editor.set_text(text)
            self._editor.end()
            self.refresh()

    def reread(self) -> None:
        """Show what the model holds now; a field that is being typed in stays as typed."""
        untouched = self._typed() == self._texts[self.current]
        self._read_back(None)
        if untouched:
            self._open_editor()
            self._touch(self.current)

    def clear_all(self) -> None:
        """Empty the form and go to its first field; nothing but the form is touched (W-02)."""
        self._model.clear()
        self._drop_preview()
        self._refused, self._notice = {}, ""
        self._read_all()
        self.refresh()
        self.post_message(self.Changed(self.current))

    def rebuild(self) -> None:
        """Read fields, values and notes again (another profile or step)."""
        self._fields = list(self._model.fields())
        self._laid_for = -1
        self._above = {}
        self._drop_preview()
        self._refused, self._notice = {}, ""
        self._read_all()
        self.refresh(layout=True)

    def focus_field(self, key: str, message: str = "") -> None:
        """Put the cursor into a field and say why."""
        self._go(next(at for at, field in enumerate(self._fields) if field.key == key))
        self.tell(message)

    def tell(self, text: str) -> None:
        """Show a message in the last line until the next key."""
        self._notice = text
        self._touch_notice()

    def enter_text(self, text: str) -> None:
        """Put a chosen value into the current field and go on, as if typed and accepted."""
        self._editor.set_text(text)
        if self._store() and self._next(1) >= 0:
            self._go(self._next(1))

    def prompt_choices(self) -> tuple[str, tuple[tuple[str, str], ...], str] | None:
        """Return title, choices and typed text of the current field for a pick list, None without choices."""
        field = self._field
        return (field.title, field.choices, self._typed()) if field.choices else None

    def asked_text(self) -> tuple[str, str] | None:
        """Return title and text of the current field where it asks for a person."""
        return (self._field.title, self._typed()) if self._field.kind == "person" else None

    def settle(self, text: str, then: str) -> None:
        """Put in the account number that was chosen and go on as the action `then` does."""
        self._editor.set_text(text)
        if self._store() and not self.handle_action(then) and not self._offer_to_screen(then):
            self.shell.bell()

    def refuse_text(self, message: str) -> None:
        """Keep what is typed in the current field, marked, and say why it was not taken."""
        self._refuse(self._field, self._typed(), message)
        self._editor.fresh = bool(self._editor.text)
        self._touch(self._field.key)
        self._touch_notice()

    def complete(self) -> bool:
        """Accept every field and ask the screen for `record`; False when a field was refused."""
        if not self._store():
            return False
        for at in range(len(self._fields)):
            field = self._fields[at]
            if field.entered and not self._commit(field, self._texts[field.key]):
                self._go(at)
                return False
        self._read_back(None)
        self._above = {key: text for key, text in self._texts.items() if not self._is_secret(key)}
        self.request("record", values=dict(self._texts))
        return True

    def help_lines(self) -> list[str]:
        """Say what the current field is and takes."""
        field = self._field
        lines = [
            f"{field.title}{'（必填）' if field.required else ''}",
            field.help,
            self._model.note(field.key),
            PERSON_HELP if field.kind == "person" else "",
        ]
        if field.choices:
            lines.append("可填：" + "、".join(shown(code, label) for code, label in field.choices[:12]))
        return [line for line in lines if line]

    # -- keys ------------------------------------------------------------------------------------------

    def handle_action(self, action: str) -> bool:
        """Act on a key; what is not the form's own goes to the screen."""
        act = self._acts.get(action)
        if act is None:
            return False
        shown, self._notice = self._notice, ""
        done = self._ask_person(action) or act()
        if shown != self._notice:
            self._touch_notice()
        return done

    def handle_text(self, char: str) -> bool:
        """Type into the field; a blank toggles a check box."""
        if not self._field.entered:
            return False
        shown, self._notice = self._notice, ""
        text, narrowed = typed_form(char, self._field.kind)
        if narrowed:
            self._notice = NARROWED
        done = self._type(text)
        if shown != self._notice:
            self._touch_notice()
        return done

    def handle_paste(self, text: str) -> bool:
        """Insert one cell at the caret; rows and columns go to a screen that takes `paste` (text)."""
        if is_table(text):
            return self._hand_over(text)
        line = text.strip("\r\n")
        if not self._field.entered or self._field.kind == "check":
            return False
        return self._editor.insert(line) and self._changed(True)

    def _hand_over(self, text: str) -> bool:
        """Give pasted rows to the screen; where it has no use for them they are refused whole."""
        screen = self.screen
        takes = isinstance(screen, KeyScreen) and "paste" in screen.screen_actions()
        if takes:
            self.request("paste", text=text)
        return takes

    def _type(self, text: str) -> bool:
        field = self._field
        if field.kind == "check":
            if text != " ":
                return False
            self._commit(field, UNCHECKED if self._texts[field.key] == CHECKED else CHECKED)
            return self._changed(True)
        return self._editor.insert(text) and self._changed(True)

    def _changed(self, changed: bool) -> bool:
        """Show what the new text means for computed fields; tell the screen that a draft is worth saving."""
        field = self._field
        if changed and field.entered:
            if field.kind in NUMBERS:
                self._typing_pause.begin()
            elif field.kind != "password":
                self._follow()
            self._touch(field.key)
            self.post_message(self.Changed(field.key))
        return changed

    def _follow(self) -> None:
        """Show what follows from the text in the current field."""
        if not self.is_attached:
            return
        before, self._preview = self._preview, dict(self._model.preview(self._field.key, self._typed()))
        self._touch(*(k for k in (*before, *self._preview) if before.get(k) != self._preview.get(k)))

    def _drop_preview(self) -> None:
        self._typing_pause.stop()
        self._preview = {}

    def _moved(self, moved: bool) -> bool:
        self._touch(self._field.key)
        return moved

    def _jump(self, move: Callable[[], None]) -> bool:
        move()
        return self._moved(True)

    def _accept(self) -> bool:
        if self._next(1) < 0:
            self.complete()
        elif self._store():
            self._go(self._next(1))
        return True

    def _submit(self) -> bool:
        """Hold the screen's own action back while the field under the cursor is refused."""
        return not self._store()

    def _dup(self) -> bool:
        """Take what was recorded last in this field, and go on; in the middle of a text "*" is typed."""
        field = self._field
        writing = bool(self._editor.text) and not self._editor.fresh
        if field.kind in ("password", "check") or not self._above:
            return False
        if writing and field.kind == "text" and not self._struck.startswith("ctrl"):
            return False
        text = self._above.get(field.key, "")
        if not text:
            self._notice = NOTHING_ABOVE
            self.shell.bell()
            return True
        self._editor.set_text(text)
        return self._accept()

    def _leave(self, by: int, *, vertical: bool = False) -> bool:
        """Go to the field before or behind (`vertical`: above or below); False at the edge."""
        target = self._beyond(by) if vertical else self._next(by)
        if target < 0:
            return False
        if self._store(unless_same=True) or by < 0:
            self._go(target)
        return True

    def _cancel_edit(self) -> bool:
        self._open_editor()
        self._drop_preview()
        self._touch(*self._texts)
        return True

    def _ask_person(self, action: str) -> bool:
        """Have the screen find out whom a text means that is about to be accepted."""
        field, text = self._field, self._editor.text
        if field.kind != "person" or action not in SETTLING or not text.strip():
            return False
        if text == self._texts[field.key] and field.key not in self._refused:
            return False
        self.request("pick", key=field.key, text=text, then=action)
        return True

    def _prompt(self) -> bool:
        if self.prompt_choices() is None and self._field.kind != "person":
            return False
        self.request("prompt", key=self.current, text=self._typed())
        return True

    # -- values ----------------------------------------------------------------------------------------

    def _typed(self) -> str:
        """Return the text of the current field as it would be stored: a choice by its code."""
        field, text = self._field, self._editor.text
        if self._field.kind == "check":
            return self._texts[field.key]
        if not field.choices:
            return text
        found = matching_choices(field.choices, text) if text.strip() else []
        return found[0][0] if len(found) == 1 else text

    def _all_texts(self) -> dict[str, str]:
        texts = dict(self._texts)
        if self._field.entered:
            texts[self._field.key] = self._typed()
        return texts

    def _is_secret(self, key: str) -> bool:
        return any(field.key == key and field.kind == "password" for field in self._fields)

    def _store(self, *, unless_same: bool = False) -> bool:
        """Commit the current field; False when it was refused (the text stays)."""
        field = self._field
        if not field.entered:
            return True
        text = self._typed()
        if unless_same and text == self._texts[field.key] and field.key not in self._refused:
            return True
        accepted = self._commit(field, text)
        self._drop_preview()
        self._read_back(field.key)
        if accepted:
            self._open_editor()
        else:
            self._editor.fresh = bool(self._editor.text)
        self._touch(field.key)
        return accepted

    def _commit(self, field: FormField, text: str) -> bool:
        if field.choices and text.strip() and text not in (code for code, _ in field.choices):
            found = matching_choices(field.choices, text)
            if len(found) != 1:
                why = "有多个相符的选项" if found else "没有相符的选项"
                return self._refuse(field, text, f"{field.title}{why}，请按 F4 选择。")
            text = found[0][0]
        result = self._model.commit(field.key, text)
        if not result.accepted:
            return self._refuse(field, text, result.message)
        if result.beep:
            self.shell.bell()
        if result.message:
            self._notice = result.message
        self._refused.pop(field.key, None)
        self._texts[field.key] = text if result.text is None else result.text
        self._read_fields()
        return True

    def _read_fields(self) -> None:
        """Take over which fields are entered now: some depend on the value of another."""
        before, self._fields = self._fields, list(self._model.fields())
        changed = [new.key for old, new in zip(before, self._fields, strict=True) if old != new]
        if changed:
            self._touch(*changed)

    def _refuse(self, field: FormField, text: str, message: str) -> bool:
        """Keep the refused text in its field; the next character replaces it, a caret key goes into it."""
        self._texts[field.key] = text
        self._refused[field.key] = message
        self._notice = f"! {message}"
        self.shell.bell()
        return False

    def _read_back(self, key: str | None) -> None:
        """Take over what the model made of the other fields."""
        values = self._model.values()
        for field in self._fields:
            if field.key == key or field.key in self._refused or field.kind == "password":
                continue
            text = values.get(field.key, self._texts[field.key])
            if text != self._texts[field.key]:
                self._texts[field.key] = text
                self._touch(field.key)

    # -- moving ----------------------------------------------------------------------------------------

    def _next(self, by: int) -> int:
        """Return the next entered field in direction `by`, -1 when there is none."""
        at = self._at + by
        while 0 <= at < len(self._fields):
            if self._fields[at].entered:
                return at
            at += by
        return -1

    def _beyond(self, by: int) -> int:
        """Return the nearest entered field above or below in the same column, -1 when there is none."""
        slots = self._lay(self.size.width)
        here = slots[self._at]
        ahead = [
            slot.field
            for slot in slots
            if slot.x == here.x and (slot.y - here.y) * by > 0 and self._fields[slot.field].entered
        ]
        return -1 if not ahead else min(ahead) if by > 0 else max(ahead)

    def _go(self, at: int) -> None:
        before = self._field.key
        self._at = at
        self._open_editor()
        self._drop_preview()
        self._touch(before, self._field.key)
