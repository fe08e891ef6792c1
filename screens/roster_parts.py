"""Small widgets the roster and query screens share: lines of text, a queue's grid, rows held in memory."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import WorkType

from tui import glyphs, theme
from tui.bars import Bar, Span, strip_of
from tui.grid import Grid
from tui.grid_model import CellResult, GridColumn, GridRow
from tui.keys import KeyWidget
from tui.shellscreen import KeyScreen


def begin(
    screen: KeyScreen, work: Callable[[], Coroutine[Any, Any, None]], name: str, *, exclusive: bool = False
) -> None:
    """Start a coroutine of the screen's own; none is made when the program is ending."""
    worker: WorkType[None] = work
    screen.run_worker(worker, name=name, group=name, exclusive=exclusive)


class InfoLine(Bar):
    """Facts in one line: month, ratio, limits; or what a page is for."""

    def __init__(self, text: str = "", *, strong: bool = False) -> None:
        super().__init__()
        self._text = text
        self._red = ""
        self._style = theme.STRONG if strong else theme.PLAIN

    @property
    def text(self) -> str:
        """What the line says."""
        return self._text

    def show(self, text: str, *, red: str = "") -> None:
        """Set the text; its beginning `red` stands out (H-01)."""
        if (text, red) != (self._text, self._red):
            self._text, self._red = text, red
            self.refresh()

    def spans(self, cells: int) -> tuple[list[Span], Style]:
        """Draw the text, cut at the edge."""
        whole = glyphs.fit(f" {self._text}", cells)
        if not self._red or not whole.startswith(f" {self._red}"):
            return [(whole, self._style)], theme.PLAIN
        end = 1 + len(self._red)
        return [
            (whole[:1], self._style),
            (whole[1:end], theme.ERROR),
            (whole[end:], self._style),
        ], theme.PLAIN


class Heading(Bar):
    """A title over a part of the screen, drawn into a rule: `-- 开户清册 ------`."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def show(self, title: str) -> None:
        """Set the title."""
        if title != self._title:
            self._title = title
            self.refresh()

    def spans(self, cells: int) -> tuple[list[Span], Style]:
        """Draw the rule with the title in it."""
        title = glyphs.display(self._title)
        spans: list[Span] = [("-- ", theme.DIM), (title, theme.STRONG), (" ", theme.PLAIN)]
        left = cells - glyphs.cell_len(title) - 4
        return [*spans, ("-" * max(0, left), theme.DIM)], theme.DIM


class Divider(Widget, inherit_bindings=False):
    """A vertical rule between two panes."""

    DEFAULT_CSS: ClassVar[str] = "Divider { width: 1; height: 1fr; }"

    def render_line(self, y: int) -> Strip:
        """Draw one bar."""
        return Strip([Segment("|", theme.DIM)], 1)


class NoteArea(Widget, inherit_bindings=False):
    """Sentences in the room below a narrow form, wrapped; the status line would cut them."""

    DEFAULT_CSS: ClassVar[str] = "NoteArea { height: 1fr; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._style = theme.PLAIN

    @property
    def text(self) -> str:
        """What stands there."""
        return self._text

    def show(self, text: str, *, wrong: bool = False) -> None:
        """Set the text, "" for none."""
        style = theme.ERROR if wrong else theme.WARNING
        if (text, style) != (self._text, self._style):
            self._text, self._style = text, style
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the text, below a blank line."""
        width = self.size.width
        lines = ["", *glyphs.wrap(self._text, max(10, width - 2))] if self._text else []
        text = f" {lines[y]}" if y < len(lines) else ""
        return Strip([Segment(glyphs.fit(text, width), self._style)], width)


class QueueGrid(Grid):
    """A grid whose rows come from elsewhere: adding rows and leaving by Tab are the screen's business."""

    def handle_action(self, action: str) -> bool:
        """Leave adding rows, and Tab where nothing can be edited, to the screen."""
        if self.finding is None and action == "add_row":
            return False
        if action in ("next_field", "previous_field") and not self._model.editable:
            return False
        return super().handle_action(action)


class RowsModel:
    """Read-only rows held in memory, for answers of the center; implements `tui.grid_model.GridModel`."""

    def __init__(
        self,
        columns: Sequence[GridColumn],
        rows: Iterable[GridRow] = (),
        *,
        footer: str = "",
        notes: Callable[[int], str] | None = None,
    ) -> None:
        """Show `rows`; `notes` gives the sentence about the row at a position."""
        self._columns = list(columns)
        self.rows: Sequence[GridRow] = rows if isinstance(rows, Sequence) else list(rows)
        self._footer = footer
        self._notes = notes
        self._ticked: set[int] = set()

    def tell(self, footer: str) -> None:
        """Set the totals."""
        self._footer = footer

    @property
    def columns(self) -> Sequence[GridColumn]:
        """The columns."""
        return self._columns

    @property
    def editable(self) -> bool:
        """Nothing can be changed."""
        return False

    def count(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        """Return a run of rows."""
        return self.rows[start : start + count]

    def commit_cell(self, index: int, column: str, text: str) -> CellResult:
        """Refuse."""
        return CellResult(False, "此处只能查看，不能修改。")

    def preview(self, index: int, column: str, text: str) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    def commit_row(self, index: int) -> CellResult:
        """Accept: nothing was changed."""
        return CellResult(True)

    def new_row(self, at: int | None = None) -> int:
        """Refuse."""
        return -1

    def delete_rows(self, row_ids: Sequence[int]) -> CellResult:
        """Refuse."""
        return CellResult(False, "此处只能查看，不能删除。")

    def set_selected(self, row_ids: Sequence[int], selected: bool) -> None:
        """Do nothing: there is nothing to tick rows for."""

    def select_all(self, selected: bool) -> None:
        """Do nothing."""

    def selected_ids(self) -> list[int]:
        """Return nothing."""
        return []

    def finding_text(self, index: int, column: str) -> str:
        """Return the sentence about a row."""
        return self._notes(index) if self._notes is not None else ""

    def next_error(self, index: int, column: str) -> tuple[int, str] | None:
        """Return nothing."""
        return None

    def footer(self) -> str:
        """Return the totals."""
        return self._footer


class FactsView(KeyWidget):
    """Titles and values, one to a line, scrolled by the arrows; long values go on in the next line."""

    KEY_CONTEXT: ClassVar[str] = "list"
    DEFAULT_CSS: ClassVar[str] = "FactsView { height: 1fr; }"

    def __init__(self, facts: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._facts = tuple(facts)
        self._lines: list[tuple[str, str]] = []
        self._laid_for = -1
        self._top = 0

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What is shown."""
        return self._facts

    def show(self, facts: Sequence[tuple[str, str]]) -> None:
        """Set (title, value) pairs; a pair without title is a line of text, ("", "") a blank line."""
        if tuple(facts) != self._facts:
            self._facts = tuple(facts)
            self._laid_for = -1
            self.refresh()

    def whereabouts(self) -> dict[str, Any]:
        """Return the first line shown."""
        return {"top": self._top}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Show the page from the same line on."""
        last = max(0, len(self._lay(self.size.width)) - self.size.height)
        self._top = max(0, min(int(kept.get("top") or 0), last))
        self.refresh()

    def _lay(self, room: int) -> list[tuple[str, str]]:
        if room != self._laid_for:
            lead = max((glyphs.width(title) for title, _ in self._facts), default=0)
            self._lines = []
            for title, value in self._facts:
                width = max(10, room - (lead + 5 if title else 3))
                parts = glyphs.wrap(value, width) or [""]
                indent = " " * (lead + 2) if title else ""
                head = glyphs.fit(title, lead, ">") + "  " if title else ""
                self._lines += [(head if at == 0 else indent, part) for at, part in enumerate(parts)]
            self._laid_for = room
        return self._lines

    def on_resize(self) -> None:
        """Lay out anew."""
        self._laid_for = -1

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width, height = self.size
        lines = self._lay(width)
        at = self._top + y
        if at >= len(lines):
            return Strip.blank(width)
        title, value = lines[at]
        more = y == height - 1 and at < len(lines) - 1
        spans: list[Span] = [("  ", theme.PLAIN), (title, theme.STRONG), (value, theme.PLAIN)]
        if more:
            spans = [("  -- 向下翻看更多 --", theme.DIM)]
        return strip_of(spans, width, theme.PLAIN)

    def handle_action(self, action: str) -> bool:
        """Scroll."""
        last = max(0, len(self._lay(self.size.width)) - self.size.height)
        page = max(1, self.size.height - 1)
        steps = {"up": -1, "down": 1, "page_up": -page, "page_down": page, "home": -last, "end": last}
        steps |= {"top": -last, "bottom": last}
        if action not in steps:
            return action in ("accept", "run_options") and self._leave()
        target = max(0, min(self._top + steps[action], last))
        if target == self._top:
            return False
        self._top = target
        self.refresh()
        return True

    def _leave(self) -> bool:
        self.request("back")
        return True

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        return len(self._lay(width))
