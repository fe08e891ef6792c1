"""Rows, forms and a screen for the entry widgets' tests; keys struck with no event loop between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.pilot import Pilot

from tui.app import ShellApp
from tui.form import Form
from tui.form_model import FormField
from tui.grid import Grid
from tui.grid_model import CellResult, GridColumn, GridRow
from tui.keys import ActionRequested, KeyWidget
from tui.shellscreen import ShellScreen

COLUMNS = (
    GridColumn("name", "姓名", 12, "text", required=True),
    GridColumn("id_number", "证件号码", 18, "id", required=True),
    GridColumn("base", "缴存基数", 12, "money", align="right", required=True),
    GridColumn("ratio", "比例", 5, "ratio"),
    GridColumn("kind", "类型", 10, "code", choices=(("01", "身份证"), ("02", "军官证"), ("03", "护照"))),
    GridColumn("adjust", "调整", 10, "money", align="right", signed=True),
    GridColumn("deposit", "月缴存额", 12, "computed", align="right", editable=False),
)


class Roster:
    """A grid model over a Python list that notes every call."""

    def __init__(self, rows: Iterable[Sequence[str]] = (), *, editable: bool = True) -> None:
        self.columns: Sequence[GridColumn] = COLUMNS
        self.editable = editable
        self.rows: list[dict[str, str]] = []
        self.ids: list[int] = []
        self.selected: set[int] = set()
        self.calls: list[tuple[Any, ...]] = []
        self.findings: dict[tuple[int, str], str] = {}
        self.refuse_cell: Callable[[str, str], CellResult | None] = lambda column, text: None
        self.refuse_row: Callable[[int], CellResult | None] = lambda index: None
        self.next_id = 1
        self.windows: list[tuple[int, int]] = []
        for row in rows:
            self._insert(len(self.rows), dict(zip((c.key for c in COLUMNS), row, strict=False)))

    def _insert(self, at: int, row: dict[str, str]) -> None:
        self.rows.insert(at, {column.key: row.get(column.key, "") for column in self.columns})
        self.ids.insert(at, self.next_id)
        self.next_id += 1

    def count(self) -> int:
        return len(self.rows)

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        self.windows.append((start, count))
        return [
            GridRow(
                self.ids[index],
                "!" if any(at == index for at, _ in self.findings) else "+",
                tuple(self.rows[index][column.key] for column in self.columns),
                self.ids[index] in self.selected,
            )
            for index in range(start, min(start + count, len(self.rows)))
        ]

    def commit_cell(self, index: int, column: str, text: str) -> CellResult:
        self.calls.append(("cell", index, column, text))
        refused = self.refuse_cell(column, text)
        if refused is not None:
            if refused.accepted:
                self.rows[index][column] = refused.text or text
            return refused
        self.rows[index][column] = text
        self.rows[index].update(self.preview(index, column, text))
        return CellResult(True)

    def preview(self, index: int, column: str, text: str) -> Mapping[str, str]:
        if column == "base" and text.isdigit():
            return {"deposit": f"{int(text) * 24 // 100}.00"}
        return {}

    def commit_row(self, index: int) -> CellResult:
        self.calls.append(("row", index))
        return self.refuse_row(index) or CellResult(True)

    def new_row(self, at: int | None = None) -> int:
        at = len(self.rows) if at is None else at
        self.calls.append(("new", at))
        self._insert(at, {})
        return at

    def delete_rows(self, row_ids: Sequence[int]) -> CellResult:
        self.calls.append(("delete", tuple(row_ids)))
        for row_id in row_ids:
            at = self.ids.index(row_id)
            del self.ids[at], self.rows[at]
        return CellResult(True, f"已删除 {len(row_ids)} 行。")

    def set_selected(self, row_ids: Sequence[int], selected: bool) -> None:
        if selected:
            self.selected |= set(row_ids)
        else:
            self.selected -= set(row_ids)

    def select_all(self, selected: bool) -> None:
        self.selected = set(self.ids) if selected else set()

    def selected_ids(self) -> list[int]:
        return [row_id for row_id in self.ids if row_id in self.selected]

    def finding_text(self, index: int, column: str) -> str:
        return self.findings.get((index, column), "")

    def next_error(self, index: int, column: str) -> tuple[int, str] | None:
        keys = [each.key for each in self.columns]
        here = (index, keys.index(column) if column else -1)
        places = sorted((at, keys.index(key)) for at, key in self.findings)
        after = [place for place in places if place > here] or places
        return (after[0][0], keys[after[0][1]]) if after else None

    def footer(self) -> str:
        return f"共 {len(self.rows)} 人"


class Values:
    """A form model over a dictionary."""

    def __init__(self, fields: Sequence[FormField], values: Mapping[str, str] | None = None) -> None:
        self._fields = list(fields)
        self.held = dict(values or {})
        self.commits: list[tuple[str, str]] = []
        self.refuse: Callable[[str, str], CellResult | None] = lambda key, text: None
        self.notes: dict[str, str] = {}

    def fields(self) -> Sequence[FormField]:
        return self._fields

    def values(self) -> Mapping[str, str]:
        return {**self.held, **self.preview("base", self.held.get("base", ""))}

    def commit(self, key: str, text: str) -> CellResult:
        self.commits.append((key, text))
        refused = self.refuse(key, text)
        if refused is not None and not refused.accepted:
            return refused
        field = next(field for field in self._fields if field.key == key)
        if field.required and not text:
            return CellResult(False, f"{field.title}未填写，请填写。")
        self.held[key] = (refused.text if refused else None) or text
        return refused or CellResult(True)

    def preview(self, key: str, text: str) -> Mapping[str, str]:
        if key == "base" and text.isdigit():
            return {"deposit": f"{int(text) * 24 // 100}.00"}
        return {}

    def note(self, key: str) -> str:
        return self.notes.get(key, "")

    def clear(self) -> None:
        for field in self._fields:
            if field.entered:
                self.held[field.key] = ""


class Stage(ShellScreen):
    """Shows widgets and notes what they request and how they look at that moment."""

    KEY_BAR = ("help", "check", "submit", "back")

    def __init__(self, *widgets: KeyWidget, extra: Iterable[str] = ()) -> None:
        super().__init__()
        self.widgets = widgets
        self.extra = frozenset(extra)
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.on_request: Callable[[ActionRequested], Awaitable[None]] | None = None

    def body(self) -> ComposeResult:
        yield from self.widgets

    def screen_actions(self) -> frozenset[str]:
        return super().screen_actions() | self.extra

    async def perform(self, request: ActionRequested) -> None:
        self.requests.append((request.action, request.payload))
        if self.on_request is not None:
            await self.on_request(request)


class Bench(ShellApp):
    """The application around one stage; counts its bells."""

    def __init__(self, stage: Stage) -> None:
        super().__init__({"stage": lambda: stage}, start="stage")
        self.stage = stage
        self.bells = 0

    def bell(self) -> None:
        self.bells += 1


NAMES = {"+": "plus", "-": "minus", "*": "asterisk", ".": "full_stop", " ": "space"}
WORDS = {
    **{f"<{key}>": key for key in ("enter", "tab", "up", "down", "left", "right", "home", "end")},
    **{f"<f{n}>": f"f{n}" for n in range(1, 13)},
    "<btab>": "shift+tab",
    "<esc>": "escape",
    "<pgup>": "pageup",
    "<pgdn>": "pagedown",
    "<top>": "ctrl+home",
    "<bottom>": "ctrl+end",
    "<bs>": "backspace",
    "<del>": "delete",
    "<ins>": "insert",
    "<dup>": "ctrl+d",
}


def strike(app: ShellApp, keys: str) -> None:
    """Strike keys as one burst: no turn of the event loop between them. Named keys stand as `<enter>`."""
    while keys:
        word = next((word for word in WORDS if keys.startswith(word)), "")
        if word:
            app.gate.put(events.Key(WORDS[word], None))
        else:
            app.gate.put(events.Key(NAMES.get(keys[0], keys[0]), keys[0]))
        keys = keys[len(word) or 1 :]


async def settle(pilot: Pilot[int]) -> None:
    """Let posted messages and requested actions run."""
    for _ in range(3):
        await pilot.pause()


def picture(widget: KeyWidget) -> list[str]:
    """Return the widget's lines as drawn."""
    return [widget.render_line(y).text for y in range(widget.size.height)]


async def typing_over(widget: Form | Grid) -> None:
    """Wait until what follows from a number has been asked for."""
    while widget._typing_pause.waiting:
        await asyncio.sleep(0.02)
