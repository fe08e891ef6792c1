"""A form as a picture: titles, boxed values, notes, and a message line at the bottom."""

from __future__ import annotations

from collections.abc import Mapping

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip

from domain.codes import shown
from tui.caret import caret_segments
from tui.edit import LineEditor
from tui.form_layout import Slot, lay_out
from tui.form_model import CHECKED, FormField, FormModel
from tui.glyphs import display, fit, width, wrap
from tui.keys import KeyWidget
from tui.theme import CURSOR, DIM, ERROR, PLAIN, READ_ONLY, SELECTED


class FormView(KeyWidget):
    """Texts, the field cursor and the picture of a form; `Form` adds the keys."""

    DEFAULT_CSS = "FormView { height: auto; width: 1fr; }"

    def __init__(
        self,
        model: FormModel,
        *,
        columns: int = 2,
        notice_lines: int = 1,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._model = model
        self._most_columns = columns
        self._notice_lines = notice_lines
        self._fields: list[FormField] = list(model.fields())
        self._texts: dict[str, str] = {}
        self._preview: Mapping[str, str] = {}
        self._refused: dict[str, str] = {}
        self._notice = ""
        self._slots: list[Slot] = []
        self._laid_for = -1
        self._at = 0
        self._editor = LineEditor()
        self._read_all()

    def _read_all(self) -> None:
        values = self._model.values()
        self._texts = {field.key: values.get(field.key, "") for field in self._fields}
        self._at = next((at for at, field in enumerate(self._fields) if field.entered), 0)
        self._open_editor()

    @property
    def _field(self) -> FormField:
        return self._fields[self._at]

    def _open_editor(self) -> None:
        field = self._field
        masked = field.kind == "password"
        self._editor = LineEditor(self._texts[field.key], fresh=True, masked=masked)
        if not masked and field.choices:
            self._editor.set_text(self._label_of(field, self._texts[field.key]), fresh=True)

    @staticmethod
    def _label_of(field: FormField, code: str) -> str:
        """Return what is shown for a chosen code: "01 身份证"."""
        label = next((label for known, label in field.choices if known == code), "")
        return shown(code, label) if label and label != code else code

    # -- drawing ---------------------------------------------------------------------------------------

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines of the fields and those for messages."""
        slots = self._lay(width)
        return (slots[-1].y + 1 if slots else 0) + self._notice_lines

    def _lay(self, room: int) -> list[Slot]:
        if room != self._laid_for:
            notes = [display(self._model.note(field.key)) for field in self._fields]
            self._slots = lay_out(self._fields, notes, room, self._most_columns)
            self._laid_for = room
        return self._slots

    def render_line(self, y: int) -> Strip:
        """Draw one line of fields, or the message line at the bottom."""
        room, height = self.size
        if room <= 0:
            return Strip.blank(0)
        if y >= height - self._notice_lines:
            return self._notice_line(y - height + self._notice_lines, room)
        segments: list[Segment] = []
        used = 0
        for slot in self._lay(room):
            if slot.y == y:
                segments.append(Segment(" " * (slot.x - used), PLAIN))
                segments += self._draw(slot)
                used = slot.end
        segments.append(Segment(" " * (room - used), PLAIN))
        return Strip(segments).adjust_cell_length(room)

    def _notice_line(self, number: int, room: int) -> Strip:
        """Draw one line of the message; what the last one has no room for is cut."""
        last = self._notice_lines - 1
        lines = wrap(self._notice, room) if last else [self._notice]
        lines = [*lines[:last], "".join(lines[last:])]
        text = lines[number] if number < len(lines) else ""
        style = ERROR if self._notice.startswith("!") else PLAIN
        return Strip([Segment(fit(text, room), style)], room)

    def _draw(self, slot: Slot) -> list[Segment]:
        field = self._fields[slot.field]
        if field.key in self._refused:
            mark, style = "!", ERROR
        else:
            mark, style = ("*" if field.required and field.entered else " "), PLAIN
        segments = [Segment(f"{mark} ", style), Segment(fit(field.title, slot.title_width) + " ", PLAIN)]
        segments += self._draw_value(field, slot)
        note = self._model.note(field.key)
        rest = slot.end - slot.value_x - slot.room
        segments.append(Segment(fit(f" {note}" if note else "", rest), DIM))
        return segments

    def _draw_value(self, field: FormField, slot: Slot) -> list[Segment]:
        text = self._preview.get(field.key, self._texts[field.key])
        current = slot.field == self._at and field.entered and self.has_focus
        inner = slot.room - 2
        if not field.entered:
            shown = text or (field.help if field.kind == "static" else "")
            if field.kind != "static":
                shown = f" {self._label_of(field, shown)}"
            return [Segment(fit(shown, slot.room), READ_ONLY)]
        if field.kind == "check":
            box = "x" if text == CHECKED else " "
            return [Segment("[", PLAIN), Segment(box, CURSOR if current else PLAIN), Segment("]", PLAIN)]
        if current:
            whole = CURSOR if self._editor.fresh else PLAIN
            caret = SELECTED if self._editor.fresh else CURSOR
            return [Segment("[", PLAIN), *self._editing(inner, whole, caret), Segment("]", PLAIN)]
        shown = "*" * len(text) if field.kind == "password" else self._label_of(field, text)
        return [Segment("[" + fit(shown, inner) + "]", PLAIN)]

    def _editing(self, inner: int, whole: Style, caret: Style) -> list[Segment]:
        """Draw the editor; in the fresh state only the text itself is reversed, not the room behind it."""
        if not self._editor.fresh:
            return caret_segments(self._editor, inner, whole, caret)
        view = self._editor.view(inner)
        text = view.text.rstrip()
        return [Segment(text, whole), Segment(" " * (inner - width(text)), PLAIN)]

    def _touch(self, *keys: str) -> None:
        """Refresh the lines on which the named fields stand."""
        lines = {slot.y for slot in self._lay(self.size.width) if self._fields[slot.field].key in keys}
        for y in lines:
            self.refresh(Region(0, y, self.size.width, 1))

    def _touch_notice(self) -> None:
        lines = self._notice_lines
        self.refresh(Region(0, self.size.height - lines, self.size.width, lines))

    def caret(self) -> tuple[int, int] | None:
        """Return where the next character will stand."""
        slot = next((slot for slot in self._lay(self.size.width) if slot.field == self._at), None)
        if slot is None or not self._field.entered:
            return None
        inside = 0 if self._field.kind == "check" else self._editor.view(slot.room - 2).caret
        return slot.value_x + 1 + inside, slot.y
