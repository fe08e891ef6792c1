"""Choosing one thing from many by typing part of its code, name or pinyin initials.

In a dialog: `key = await screen.host("证件类型", PickList(ChoiceSource(choices)))`. For the choices of a form
field or grid column, `answer_prompt` does all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, runtime_checkable

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from tui.choices import matching_choices
from tui.edit import LineEditor
from tui.glyphs import fit
from tui.grid_view import caret_segments
from tui.keys import ActionRequested, KeyWidget
from tui.shellscreen import KeyScreen
from tui.theme import CURSOR, DIM, PLAIN, SELECTED

LABEL: Final = "查找: "
LABEL_WIDTH: Final = 6


@dataclass(frozen=True, slots=True)
class PickRow:
    """One thing to choose: `key` names it, `cells` are shown in the source's `widths`."""

    key: str
    cells: tuple[str, ...]


class PickSource(Protocol):
    """Things to choose from, filtered by a typed text; asked for a window at a time."""

    @property
    def widths(self) -> Sequence[int]:
        """Cells of each shown column."""
        ...

    def count(self, query: str) -> int:
        """Return how many things `query` (a part of a code, name or initials; "" for all) fits."""
        ...

    def window(self, query: str, start: int, count: int) -> Sequence[PickRow]:
        """Return at most `count` of them from position `start`."""
        ...


class ChoiceSource:
    """A `PickSource` of (code, label) pairs."""

    def __init__(self, choices: Sequence[tuple[str, str]], *, width: int = 40) -> None:
        self._choices = tuple(choices)
        code = max((len(code) for code, _ in choices), default=1)
        self._widths = (code, max(4, width - code - 1))
        self._query = ""
        self._found: list[tuple[str, str]] = list(choices)

    @property
    def widths(self) -> Sequence[int]:
        """Cells of code and label."""
        return self._widths

    def _matching(self, query: str) -> list[tuple[str, str]]:
        if query != self._query:
            self._query, self._found = query, matching_choices(self._choices, query)
        return self._found

    def count(self, query: str) -> int:
        """Return how many choices fit."""
        return len(self._matching(query))

    def window(self, query: str, start: int, count: int) -> Sequence[PickRow]:
        """Return a run of the choices that fit."""
        return [PickRow(code, (code, label)) for code, label in self._matching(query)[start : start + count]]


class PickList(KeyWidget):
    """A filter line over a list of what fits it.

    Enter chooses the row under the cursor: `on_chosen` is called with its key or, without one, the dialog
    around the widget ends with it.
    """

    KEY_CONTEXT: ClassVar[str] = "picklist"

    def __init__(
        self,
        source: PickSource,
        *,
        query: str = "",
        on_chosen: Callable[[str], None] | None = None,
        height: int = 12,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._source = source
        self._on_chosen = on_chosen
        self._filter = LineEditor(query, fresh=True)
        self._cursor = 0
        self._top = 0
        self._count = source.count(query)
        if query and not self._count:
            self._filter.clear()
            self._count = source.count("")
        self._shown: tuple[int, Sequence[PickRow]] = (0, ())
        self.styles.height = height
        self.styles.width = sum(source.widths) + len(source.widths) + 2
        self._acts: dict[str, Callable[[], bool]] = {
            "accept": self._choose,
            "up": lambda: self._move(-1),
            "down": lambda: self._move(1),
            "page_up": lambda: self._move(-self._page),
            "page_down": lambda: self._move(self._page),
            "top": lambda: self._move(-self._count),
            "bottom": lambda: self._move(self._count),
            "left": self._filter.left,
            "right": self._filter.right,
            "erase_left": lambda: self._filtered(self._filter.backspace()),
            "clear": lambda: self._filtered(self._filter.delete()),
        }

    @property
    def query_text(self) -> str:
        """What stands in the filter line."""
        return self._filter.text

    @property
    def current(self) -> str | None:
        """Key of the row under the cursor, None when nothing fits."""
        row = self._row(self._cursor)
        return row.key if row else None

    @property
    def _page(self) -> int:
        return max(1, self.size.height - 2)

    def _row(self, index: int) -> PickRow | None:
        start, rows = self._shown
        if not start <= index < start + len(rows):
            start = max(0, index - self._page)
            rows = self._source.window(self._filter.text, start, 3 * self._page)
            self._shown = (start, rows)
        return rows[index - start] if start <= index < start + len(rows) else None

    # -- drawing ---------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw the filter line, a row, or the count at the bottom."""
        width, height = self.size
        if width <= LABEL_WIDTH:
            return Strip.blank(width)
        if y == 0:
            editor = caret_segments(self._filter, width - LABEL_WIDTH, SELECTED, CURSOR)
            return Strip([Segment(LABEL, PLAIN), *editor], width)
        if y == height - 1:
            where = f"{self._cursor + 1}/{self._count}" if self._count else "没有相符的项目，请改查找内容。"
            return Strip([Segment(fit(where, width), DIM)], width)
        index = self._top + y - 1
        row = self._row(index) if index < self._count else None
        if row is None:
            return Strip([Segment(" " * width, PLAIN)], width)
        cells = " ".join(fit(cell, room) for cell, room in zip(row.cells, self._source.widths, strict=False))
        mark = ">" if index == self._cursor else " "
        return Strip(
            [Segment(fit(f"{mark} {cells}", width), CURSOR if index == self._cursor else PLAIN)], width
        )

    def caret(self) -> tuple[int, int] | None:
        """Return the caret of the filter line."""
        return LABEL_WIDTH + self._filter.view(max(1, self.size.width - LABEL_WIDTH)).caret, 0

    # -- keys ------------------------------------------------------------------------------------------

    def handle_action(self, action: str) -> bool:
        """Move, edit the filter, choose."""
        act = self._acts.get(action)
        if act is None:
            return False
        done = act()
        self._touch(0)
        return done

    def whereabouts(self) -> dict[str, Any]:
        """Return the filter and the row under the cursor."""
        return {"text": self._filter.text, "row": self._cursor}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Filter again and put the cursor back."""
        self._filter.set_text(str(kept.get("text") or ""))
        self._filtered(True)
        self._move(int(kept.get("row") or 0))

    def handle_text(self, char: str) -> bool:
        """Type into the filter."""
        return self._filtered(self._filter.insert(char))

    def handle_paste(self, text: str) -> bool:
        """Paste one line into the filter."""
        return self._filtered(self._filter.insert(text.strip()))

    def _filtered(self, changed: bool) -> bool:
        if changed:
            self._count = self._source.count(self._filter.text)
            self._cursor = self._top = 0
            self._shown = (0, ())
            self.refresh()
        return changed

    def _move(self, by: int) -> bool:
        target = max(0, min(self._cursor + by, self._count - 1))
        if target == self._cursor:
            return False
        before, self._cursor = self._cursor, target
        top = max(self._cursor - self._page + 1, min(self._top, self._cursor))
        if top != self._top:
            self._top = top
            self.refresh()
        else:
            self._touch(before - top + 1, self._cursor - top + 1, self.size.height - 1)
        return True

    def _touch(self, *lines: int) -> None:
        for y in lines:
            self.refresh(Region(0, y, self.size.width, 1))

    def _choose(self) -> bool:
        key = self.current
        if key is None:
            return False
        if self._on_chosen is not None:
            self._on_chosen(key)
            return True
        from tui.dialog import AnswerScreen

        screen = self.screen
        if not isinstance(screen, AnswerScreen):
            return False
        screen.finish(key)
        return True


@runtime_checkable
class Prompted(Protocol):
    """A widget whose current field has choices: `Form` and `Grid`."""

    def prompt_choices(self) -> tuple[str, tuple[tuple[str, str], ...], str] | None:
        """Return title, choices and typed text of the current field, None when it has no choices."""
        ...

    def enter_text(self, text: str) -> object:
        """Put a value into the current field and go on."""
        ...


async def answer_prompt(screen: KeyScreen, request: ActionRequested) -> bool:
    """Serve a `prompt` request (F4) of a form or grid whose current field has choices.

    Returns False, with nothing done, when it has none.
    """
    widget: object = request.widget
    if not isinstance(widget, Prompted):
        return False
    asked = widget.prompt_choices()
    if asked is None:
        return False
    title, choices, text = asked
    chosen = await screen.host(title, PickList(ChoiceSource(choices), query=text))
    if chosen is not None:
        widget.enter_text(str(chosen))
    return True
