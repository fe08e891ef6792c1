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

from domain.codes import shown
from tui.caret import caret_segments
from tui.choices import matching_choices
from tui.edit import LineEditor
from tui.glyphs import fit
from tui.keys import ActionRequested, KeyWidget
from tui.progress import in_thread
from tui.shellscreen import KeyScreen
from tui.theme import CURSOR, DIM, PLAIN, SELECTED

LABEL: Final = "查找: "
LABEL_WIDTH: Final = 6
NOTHING: Final = "没有相符的项目，请改查找内容。"
SEARCHING: Final = "正在查找…"
FAILED: Final = "查找没有完成，请改查找内容再试。"
EDITING: Final = frozenset({"left", "right", "erase_left", "clear"})
"""Actions on the filter line; the others need to know what was found."""


@dataclass(frozen=True, slots=True)
class PickRow:
    """One thing to choose: `key` names it ("": no choice), `cells` are shown in the source's `widths`."""

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


@runtime_checkable
class SearchedSource(PickSource, Protocol):
    """A source too large to be searched between two keys: it is searched in a worker.

    `count` and `window` answer for the query taken over last.
    """

    @property
    def titles(self) -> Sequence[str]:
        """Headings of the shown columns."""
        ...

    def search(self, query: str) -> Any:
        """Return what fits, in a form of the source's own; called in a worker."""
        ...

    def take(self, found: Any) -> None:
        """Answer from now on with what `search` returned."""
        ...

    def summary(self, query: str, at: int) -> str:
        """Return the line below the rows: how many fit, or that none does and what to do."""
        ...


class ChoiceSource:
    """A `PickSource` of (code, label) pairs."""

    def __init__(self, choices: Sequence[tuple[str, str]], *, width: int = 40) -> None:
        self._choices = tuple(choices)
        code = max((len(code) for code, label in choices if shown(code, label) != label), default=1)
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
        found = self._matching(query)[start : start + count]
        # A code of the program's own is not shown: its label alone says what it is.
        return [PickRow(code, ("" if shown(code, label) == label else code, label)) for code, label in found]


class PickList(KeyWidget):
    """A filter line over a list of what fits it.

    Enter chooses the row under the cursor: `on_chosen` is called with its key or, without one, the dialog
    around the widget ends with it. A `SearchedSource` is searched while typing goes on; a key that needs the
    answer waits for it, and the keys behind it wait in the gate. With `extend` the first character typed is
    added to `query` instead of replacing it.
    """

    KEY_CONTEXT: ClassVar[str] = "picklist"

    def __init__(
        self,
        source: PickSource,
        *,
        query: str = "",
        extend: bool = False,
        on_chosen: Callable[[str], None] | None = None,
        height: int = 12,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._source = source
        self._searched = source if isinstance(source, SearchedSource) else None
        self._on_chosen = on_chosen
        self._filter = LineEditor(query, fresh=not extend)
        self._cursor = 0
        self._top = 0
        self._count = source.count(query)
        if query and not self._count and self._searched is None:
            self._filter.clear()
            self._count = source.count("")
        self._query = self._filter.text
        self._waiting = False
        self._deferred = ""
        self._notice = ""
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
        """Key of the row under the cursor, None when nothing fits or the row is no longer there."""
        row = self._row(self._cursor)
        return row.key or None if row else None

    @property
    def _head(self) -> int:
        """Lines above the rows: the filter and, with titles, their line."""
        return 1 if self._searched is None else 2

    @property
    def _page(self) -> int:
        return max(1, self.size.height - self._head - 1)

    def _row(self, index: int) -> PickRow | None:
        start, rows = self._shown
        if not start <= index < start + len(rows):
            start = max(0, index - self._page)
            rows = self._source.window(self._query, start, 3 * self._page)
            self._shown = (start, rows)
        return rows[index - start] if start <= index < start + len(rows) else None

    # -- drawing ---------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw the filter line, the titles, a row, or the count at the bottom."""
        width, height = self.size
        if width <= LABEL_WIDTH:
            return Strip.blank(width)
        if y == 0:
            editor = caret_segments(self._filter, width - LABEL_WIDTH, SELECTED, CURSOR)
            return Strip([Segment(LABEL, PLAIN), *editor], width)
        if y == height - 1:
            return Strip([Segment(fit(self._where(), width), DIM)], width)
        if y < self._head and self._searched is not None:
            return Strip([Segment(fit(f"  {self._cells(self._searched.titles)}", width), DIM)], width)
        index = self._top + y - self._head
        row = self._row(index) if index < self._count else None
        if row is None:
            return Strip([Segment(" " * width, PLAIN)], width)
        mark = ">" if index == self._cursor else " "
        style = CURSOR if index == self._cursor else PLAIN
        return Strip([Segment(fit(f"{mark} {self._cells(row.cells)}", width), style)], width)

    def _cells(self, cells: Sequence[str]) -> str:
        return " ".join(fit(cell, room) for cell, room in zip(cells, self._source.widths, strict=False))

    def _where(self) -> str:
        if self._notice or self._waiting:
            return self._notice or SEARCHING
        if self._searched is not None:
            return self._searched.summary(self._query, self._cursor)
        return f"{self._cursor + 1}/{self._count}" if self._count else NOTHING

    def caret(self) -> tuple[int, int] | None:
        """Return the caret of the filter line."""
        return LABEL_WIDTH + self._filter.view(max(1, self.size.width - LABEL_WIDTH)).caret, 0

    # -- keys ------------------------------------------------------------------------------------------

    def handle_action(self, action: str) -> bool:
        """Move, edit the filter, choose; while a search is under way all but editing waits for it."""
        act = self._acts.get(action)
        if act is None:
            return False
        if self._waiting and action not in EDITING:
            self._deferred = action
            self.shell.gate.hold()
            return True
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
        if changed and self._searched is not None:
            if not self._waiting:
                self._waiting = True
                self.run_worker(self._search(self._searched), group="search")
            self._touch(0, self.size.height - 1)
        elif changed:
            self._show(self._filter.text, self._source.count(self._filter.text))
        return changed

    def _show(self, query: str, count: int) -> None:
        self._query, self._count = query, count
        self._cursor = self._top = 0
        self._shown = (0, ())
        self.refresh()

    async def _search(self, source: SearchedSource) -> None:
        """Search until what was found is what stands in the filter, then take the key that waits."""
        failed: Exception | None = None
        try:
            query, found = None, None
            while query != self._filter.text and failed is None:
                query = self._filter.text
                try:
                    found = await in_thread(source.search, query)
                except Exception as error:  # noqa: BLE001 - said in the list's own line
                    failed = error
            if failed is None:
                source.take(found)
                self._show(self._filter.text, source.count(self._filter.text))
        finally:
            self._waiting = False
            self._found(failed)

    def _found(self, failed: Exception | None) -> None:
        """Say what went wrong, if anything, and let the key that waits and those behind it through."""
        self._notice = ""
        if failed is not None:
            self._notice = str(getattr(failed, "sentence", "")) or FAILED
            self._show(self._filter.text, 0)
        self._touch(self.size.height - 1)
        action, self._deferred = self._deferred, ""
        if action:
            if failed is not None or not self.is_attached or not self.handle_action(action):
                self.shell.bell()
            self.shell.gate.release()

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
            lines = (before - top + self._head, self._cursor - top + self._head)
            self._touch(*lines, self.size.height - 1)
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


@runtime_checkable
class Asking(Protocol):
    """A widget whose current field takes one of very many things by a part of its name: `Form` and `Grid`.

    It asks its screen with `pick` (text, then) when such a text is to be accepted, and with `prompt` on F4.
    """

    def asked_text(self) -> tuple[str, str] | None:
        """Return title and text of the current field, None when it is of another kind."""
        ...

    def settle(self, text: str, then: str) -> None:
        """Put in what was chosen and go on as the action `then` does."""
        ...

    def refuse_text(self, message: str) -> None:
        """Keep the text under edit and say why it was not taken."""
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
