"""What a paste would put into the roster, before anything changes: faulty rows first, with their reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from domain.business import Kind, roster_columns
from screens.app import AppScreen
from screens.paste_flow import ALL, GOOD
from screens.roster_model import cell_text, describe, grid_columns
from screens.roster_parts import InfoLine, NoteArea, QueueGrid, RowsModel
from tui.grid import Grid
from tui.grid_model import GridColumn, GridRow
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from exports.paste_check import PastedRows
    from screens.roster_desk import RosterWords

NUMBER: Final = GridColumn("@row", "行", 6, align="right")
NO_COLUMNS: Final = (NUMBER, GridColumn("@none", "", 10))
NOTE_LINES: Final = 4


class PastedModel(RowsModel):
    """Pasted rows as they are read: the faulty ones, then the others, both in the order copied."""

    def __init__(self, pasted: PastedRows, *, mask: bool = False) -> None:
        unit = pasted.context.unit
        super().__init__([NUMBER, *grid_columns(pasted.business, unit, mask=mask)])
        self.pasted = pasted
        self._roster = roster_columns(pasted.business)
        self._keys = [column.key for column in self._columns]
        self._faulty = frozenset(pasted.faulty)
        self._order = [*pasted.faulty, *(at for at in range(len(pasted)) if at not in self._faulty)]

    def count(self) -> int:
        """Return the number of rows."""
        return len(self._order)

    def place(self, index: int) -> int:
        """Return the index among the pasted rows of the row at a position."""
        return self._order[index]

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        """Return a run of rows, read and checked for the picture."""
        return [self._row(self._order[at]) for at in range(start, min(start + count, len(self._order)))]

    def _row(self, at: int) -> GridRow:
        typed, check = self.pasted.typed(at), self.pasted.check(at)
        cells = [cell_text(column, typed, check.values) for column in self._roster]
        mark = "!" if at in self._faulty else "?" if check.findings else " "
        return GridRow(at, mark, (str(self.pasted.number(at)), *cells))

    def next_error(self, index: int, column: str) -> tuple[int, str] | None:
        """Return the next faulty cell behind the given one, wrapping round; the faulty rows stand first."""
        if not self._faulty:
            return None
        at = self._keys.index(column) if column in self._keys else -1
        if index < len(self._faulty):
            later = [place for place in self._bad_cells(index) if place > at]
            if later:
                return index, self._keys[later[0]]
        target = index + 1 if index + 1 < len(self._faulty) else 0
        return target, self._keys[self._bad_cells(target)[0]]

    def _bad_cells(self, index: int) -> list[int]:
        found = self.pasted.findings.get(self._order[index], ())
        places = {self._keys.index(one.field) for one in found if one.is_error and one.field in self._keys}
        return sorted(places) or [0]

    def notes(self, index: int) -> str:
        """Return everything there is to say of a row, each with its place in what was copied."""
        pasted, at = self.pasted, self._order[index]
        places = {column.key: place + 1 for column, place in pasted.layout.columns}
        told = []
        for finding in pasted.findings.get(at, ()):
            place = f"第{places[finding.field]}列" if finding.field in places else ""
            told.append(f"第{pasted.number(at)}行{place} {describe(finding, pasted.business.columns)}")
        return "  ".join(told)


class PreviewGrid(QueueGrid):
    """The rows; Enter is the answer."""

    def handle_action(self, action: str) -> bool:
        """Leave Enter to the screen."""
        if action == "accept":
            self.request("accept")
            return True
        return super().handle_action(action)


class PasteReviewScreen(AppScreen):
    """Leaves with ALL or GOOD to add the rows, with None to add nothing."""

    TITLE = "粘贴预览"
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "! 是有错误的行，排在最前；? 是有提示的行。下方写明原因，以及在复制的内容中的行和列。",
        "有列名时按列名对应，没有列名时按模板的次序对应；放弃时清册没有任何改动。",
    )

    def __init__(self) -> None:
        super().__init__()
        self._pasted: PastedRows | None = None
        self._model: PastedModel | None = None
        self._problem = ""
        self._atomic = False

    def body(self) -> ComposeResult:
        """Counts, columns, rows, reasons."""
        yield InfoLine(strong=True)
        yield InfoLine()
        yield PreviewGrid(RowsModel(NO_COLUMNS), frozen=2)
        yield NoteArea()

    def on_mount(self) -> None:
        """Give the reasons a few lines."""
        self.query_one(NoteArea).styles.height = NOTE_LINES
        super().on_mount()

    def label(self, action: str) -> tuple[str, str]:
        """Return the words of this screen."""
        verb = "改写" if self._fills else "追加"
        match action:
            case "accept":
                return verb, f"全部{verb}，有错误的行也在内，可在清册中改正。"
            case "submit":
                return f"只{verb}正确行", f"只{verb}没有错误的行。"
            case "check":
                return "下一处错", "到下一处错误。"
            case "back":
                return "放弃", "什么也不粘贴，回到清册。"
        return super().label(action)

    def key_bar_actions(self) -> Sequence[str]:
        """Return the keys; what may not be done is not offered."""
        pasted = self._pasted
        if pasted is None or pasted.problems:
            return ("help", "back")
        partly = self._addable and bool(pasted.faulty) and bool(pasted.count(good_only=True))
        offered = {"accept": self._addable, "check": bool(pasted.faulty), "submit": partly}
        return ("help", *(key for key, may in offered.items() if may), "columns", "back")

    def screen_actions(self) -> frozenset[str]:
        """Return all actions: what may not be done says why."""
        return super().screen_actions() | {"accept", "check", "submit"}

    @property
    def _fills(self) -> bool:
        from exports.paste_check import PastedColumn

        return isinstance(self._pasted, PastedColumn)

    @property
    def _addable(self) -> bool:
        pasted = self._pasted
        if pasted is None or pasted.problems or not pasted.count():
            return False
        return not (self._atomic and pasted.faulty)

    async def opened(self, **args: Any) -> None:
        """Show `pasted`, or the `problem` that nothing could be read; `atomic` takes all rows or none."""
        self._pasted, self._problem, self._atomic = args["pasted"], args["problem"], bool(args["atomic"])
        words: RosterWords = args["words"]
        first, second = self.query(InfoLine).results(InfoLine)
        first.show(self._headline(words))
        second.show(self._columns_taken())
        grid, pasted = self.query_one(PreviewGrid), self._pasted
        shown = pasted is not None and not pasted.problems
        self._model = None
        if shown and pasted is not None:
            self._model = PastedModel(pasted, mask=self.state.settings.screen.mask_id)
        grid.set_model(self._model or RowsModel(NO_COLUMNS))
        if self._model is not None and pasted is not None and pasted.faulty:
            grid.goto_next_error()
        self._show_notes()
        self._tell_verdict()

    async def returned(self, result: Any) -> None:
        """Come back from a screen that covered this one."""
        self._show_notes()

    def _headline(self, words: RosterWords) -> str:
        pasted = self._pasted
        if pasted is None:
            return "粘贴的内容不能读取；清册没有改动。"
        rows = f"粘贴 {len(pasted)} 行 x {pasted.table.width} 列"
        if pasted.problems:
            return f"{rows}，不能粘贴；清册没有改动。"
        if self._fills:
            column = pasted.layout.columns[0][0].title
            rows = f"粘贴 {len(pasted)} 行到“{column}”栏，从第 {pasted.number(0)} 条起"
        wrong = f"，{len(pasted.faulty)} 行有误" if pasted.faulty else "，没有错误"
        keymap = self.shell.keymap
        enter, leave = keymap.label("grid", "accept"), keymap.label("grid", "back")
        verb = "改写" if self._fills else f"追加到{words.queue}"
        enter = f"{enter} {verb} / " if self._addable else ""
        return f"{rows}{wrong}；{enter}{leave} 放弃"

    def _columns_taken(self) -> str:
        pasted = self._pasted
        if pasted is None or pasted.problems:
            return ""
        told = [finding.text for finding in pasted.warnings]
        if pasted.unreadable:
            told.insert(
                0, f"{len(pasted.unreadable)} 行有读不出的单元格，不会{'改写' if self._fills else '追加'}。"
            )
        if self._fills:
            return "".join(told) or "从光标所在的行向下，逐行对应。"
        columns = "、".join(column.title for column in pasted.taken if column.kind is not Kind.SERIAL)
        how = "按列名对应" if pasted.layout.header_row else "没有列名，按模板次序对应"
        return "".join(told) or f"{how}：{columns}"

    def _show_notes(self) -> None:
        notes, pasted = self.query_one(NoteArea), self._pasted
        if self._model is None:
            texts = [self._problem] if pasted is None else [finding.text for finding in pasted.problems]
            notes.show("  ".join(texts), wrong=True)
        elif self._model.count():
            index = self.query_one(PreviewGrid).cursor[0]
            notes.show(self._model.notes(index), wrong=index < len(self._model.pasted.faulty))

    def on_grid_editing_changed(self, message: Grid.Changed) -> None:
        """Show the reasons of the row under the cursor."""
        self._show_notes()

    # ---- answering ---------------------------------------------------------------------------------

    def _why_not(self) -> str:
        """Say why nothing can be added, "" when it can."""
        pasted = self._pasted
        if self._addable:
            return ""
        if pasted is None:
            return self._problem
        if pasted.problems:
            return pasted.problems[0].text
        if self._atomic and pasted.faulty and self._model is not None:
            refusal = self.state.profile.messages.get("import_bad", "")
            return f"{self._model.notes(0)} {refusal}" if refusal else self._model.notes(0)
        return "没有可以粘贴的行，请按下方的原因改正后重新复制。"

    def _tell_verdict(self) -> None:
        why = self._why_not()
        if why:
            self.status(why, kind="error", beep=True)
        elif self._pasted is not None and self._pasted.faulty:
            self.status("有错误的行排在最前，按 F8 到下一处。", kind="warning")
        else:
            self.status("")

    async def perform(self, request: ActionRequested) -> None:
        """Add all rows, add the good ones, go to the next error, give up."""
        pasted = self._pasted
        match request.action:
            case "accept" if self._addable:
                await self._leave(ALL)
            case "submit" if self._addable and pasted is not None and pasted.count(good_only=True):
                await self._leave(GOOD)
            case "accept" | "submit":
                self.status(self._why_not() or "没有正确的行。", kind="error", beep=True)
            case "check":
                if not self.query_one(PreviewGrid).goto_next_error():
                    self.status("没有错误。", beep=True)
            case _:
                await super().perform(request)

    async def _leave(self, answer: str) -> None:
        """Answer and let go of the rows."""
        self._pasted = self._model = None
        self.query_one(PreviewGrid).set_model(RowsModel(NO_COLUMNS))
        await self.shell.back(answer)

    async def may_leave(self) -> bool:
        """Let go of the rows."""
        self._pasted = self._model = None
        return True
