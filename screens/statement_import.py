"""导入银行对账单: read, checked here and at the center, shown with its sums, then taken line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from domain.money import format_yuan_grouped
from exports.workbook_error import WorkbookError
from screens.app import AppScreen
from screens.file_choice import choose_file, write_out
from screens.options import offered
from screens.receipt_entry import line_body, where
from screens.receipt_fields import center_day
from screens.roster_parts import InfoLine, QueueGrid, RowsModel
from tui.grid_model import GridColumn, GridRow
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from client.receipt_calls import ReceiptCalls
    from domain.receipt_wire import LineResult
    from exports.statement import Statement, StatementLine

COLUMNS: Final = (
    GridColumn("row", "行号", 5, align="right"),
    GridColumn("day", "交易日期", 10),
    GridColumn("bank_no", "交易流水号", 18),
    GridColumn("amount", "金额", 14, align="right"),
    GridColumn("outcome", "结果", 8),
    GridColumn("payer", "付款人", 20),
    GridColumn("said", "说明", 60),
)
OUTCOMES: Final = {"matched": "入账", "suspense": "暂存", "repeated": "重复", "refused": "不能登记"}
GOES: Final = ("matched", "suspense")


class StatementScreen(AppScreen):
    """Shows a statement before it is taken, and what became of it after."""

    MODULE: ClassVar[bool] = False
    RESUMABLE: ClassVar[bool] = False
    TITLE = "导入银行对账单"
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "paste_pad": ("选文件", "选择一个对账单文件。"),
        "submit": ("登记", "登记可以登记的各笔；有错误和重复的不登记。"),
        "print": ("错误文件", "把标注了错误的表格存到发件文件夹，改正后可再导入。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "按列名读取：交易流水号、交易日期、金额或贷方发生额、付款人、对方账号、附言等。",
        "付款（借方）不登记；连线中断时再导入一次即可，已登记的不会重复入账。",
    )

    def __init__(self) -> None:
        super().__init__()
        self._path = Path()
        self._statement: Statement | None = None
        self._results: dict[int, LineResult] = {}
        self._taken = False

    def body(self) -> ComposeResult:
        """Sums over the lines."""
        yield InfoLine(strong=True)
        yield InfoLine()
        yield InfoLine()
        grid = QueueGrid(RowsModel(COLUMNS), frozen=1)
        grid.set_options(offered("5"))
        yield grid

    def key_bar_actions(self) -> Sequence[str]:
        """Return the keys; what cannot be done now is not offered."""
        faulty = self._statement is not None and not self._check().ok
        names = ["help", "paste_pad"]
        names += ["submit"] if self._open_lines() else []
        return [*names, *(["print"] if faulty else []), "back"]

    def _open_lines(self) -> list[StatementLine]:
        """The lines that are still to be recorded."""
        if self._statement is None or self._taken:
            return []
        return [
            one
            for one in self._statement.good
            if (seen := self._results.get(one.row_number)) is not None and seen.outcome in GOES
        ]

    def _check(self) -> Any:
        from exports.statement import refusals

        assert self._statement is not None
        return self._statement.check(refusals(self._results))

    async def opened(self, **args: Any) -> None:
        """Have a file chosen."""
        self._statement, self._results, self._taken = None, {}, False
        self._show()
        self.run_gated(self._choose)

    async def perform(self, request: ActionRequested) -> None:
        """Choose a file, take its lines, write the error file, show a line whole."""
        match request.action:
            case "paste_pad":
                await self._choose()
            case "submit" if self._open_lines():
                await self._take()
            case "print" if self._statement is not None and not self._check().ok:
                await self._write_error_file()
            case "open":
                await self._show_whole(int(request.payload["index"]))
            case "run_options":
                for row_id, _ in request.payload["options"]:
                    await self._show_whole(int(row_id))
            case _:
                await super().perform(request)

    # ---- reading -------------------------------------------------------------------------------------

    async def _choose(self) -> None:
        path = await choose_file(self, "选择银行对账单", ("xlsx", "xls", "csv"))
        if path is None:
            return
        try:
            statement = await self.busy("正在读取对账单…", self._read, path)
        except WorkbookError as error:
            self.status(error.text, kind="error", beep=True)
            return
        self._path, self._statement, self._results, self._taken = path, statement, {}, False
        if statement.structure_ok and statement.good:
            self._results = await self.busy("正在核对…", self._ask_center, statement)
        self._show()
        self._tell_read(statement)

    def _read(self, path: Path) -> Statement:
        """Blocking; raises WorkbookError."""
        from exports.statement import read_statement

        return read_statement(path, center_day(self.state.client()))

    def _ask_center(self, statement: Statement) -> dict[int, LineResult]:
        """What would become of the good lines, by worksheet row. Blocking."""
        lines = statement.good
        calls = self.state.client().receipts
        found = calls.check([_body(one) for one in lines], self._progress("正在核对", len(lines)))
        return {one.row_number: result for one, result in zip(lines, found, strict=True)}

    def _progress(self, what: str, total: int) -> Callable[[int], None]:
        say = self.shell.progress.say
        return lambda count: say(f"{what}… {count}/{total}")

    def _tell_read(self, statement: Statement) -> None:
        if not statement.structure_ok:
            self.status(statement.imported.findings[0].text, kind="error", beep=True)
        elif not self._check().ok:
            self.status("有不能登记的行，可以存成错误文件改正；F10 只登记其余各笔。", kind="warning")
        elif self._open_lines():
            self.status("请核对笔数和金额，按 F10 登记。")
        else:
            self.status("没有可以登记的来款。", kind="warning")

    # ---- picture -------------------------------------------------------------------------------------

    def _show(self) -> None:
        first, second, third = self.query(InfoLine).results(InfoLine)
        statement = self._statement
        if statement is None:
            first.show("还没有选择文件，请按 F7。")
            second.show("")
            third.show("")
            self.query_one(QueueGrid).set_model(RowsModel(COLUMNS))
            self.refresh_bars()
            return
        rows = [self._row(at, one) for at, one in enumerate(statement.lines)]
        outcomes = Counter(self._outcome(one) for one in statement.lines)
        sums = {name: self._sum(statement, name) for name in GOES}
        first.show(f"{self._path.name}：收款 {len(statement.lines)} 笔")
        state = "已登记" if self._taken else "可登记"
        second.show(
            f"{state}：入账 {outcomes['matched']} 笔 {format_yuan_grouped(sums['matched'])} 元，"
            f"暂存 {outcomes['suspense']} 笔 {format_yuan_grouped(sums['suspense'])} 元"
        )
        third.show(
            f"重复 {outcomes['repeated']} 笔，不能登记 {outcomes['refused']} 笔；"
            f"付款 {statement.debits} 笔 {format_yuan_grouped(statement.debit_amount)} 元不登记"
        )
        self.query_one(QueueGrid).set_model(RowsModel(COLUMNS, rows, footer=f"共 {len(rows)} 笔"))
        self.refresh_bars()

    def _outcome(self, one: StatementLine) -> str:
        if one.repeats:
            return "repeated"
        result = self._results.get(one.row_number)
        return result.outcome if one.line is not None and result is not None else "refused"

    def _sum(self, statement: Statement, outcome: str) -> int:
        return sum(
            one.line.amount
            for one in statement.lines
            if one.line is not None and self._outcome(one) == outcome
        )

    def _said(self, one: StatementLine) -> str:
        """What there is to say of a line."""
        if one.repeats:
            return f"与第{one.repeats}行相同。"
        if one.findings:
            return "；".join(finding.text for finding in one.findings)
        result = self._results.get(one.row_number)
        if result is None:
            return "没有核对。"
        if result.outcome in GOES and not self._taken:
            return f"{where(result)}，{result.message}"
        return result.message

    def _row(self, at: int, one: StatementLine) -> GridRow:
        line, outcome = one.line, self._outcome(one)
        amount = format_yuan_grouped(line.amount) if line is not None else one.values["amount"][:14]
        day = line.day.isoformat() if line is not None else one.values["day"][:10]
        cells = (
            *(str(one.row_number), day, one.values["bank_no"], amount),
            *(OUTCOMES[outcome], one.values["payer"], self._said(one)),
        )
        return GridRow(at, "!" if outcome == "refused" else "?" if outcome == "repeated" else " ", cells)

    async def _show_whole(self, index: int) -> None:
        if self._statement is None or not 0 <= index < len(self._statement.lines):
            return
        one = self._statement.lines[index]
        from domain.receipts import TITLES

        facts = [f"{title}：{one.values[key]}" for key, title in TITLES.items() if one.values.get(key)]
        await self.tell(f"第 {one.row_number} 行", [*facts, self._said(one)])

    # ---- taking --------------------------------------------------------------------------------------

    async def _take(self) -> None:
        lines = self._open_lines()
        total = format_yuan_grouped(sum(one.line.amount for one in lines if one.line is not None))
        words = [f"登记 {len(lines)} 笔，合计 {total} 元，确定吗？"]
        if await self.ask("登记来款", words, [("y", "登记"), ("n", "取消")], cancel="n") != "y":
            return
        calls = self.state.client().receipts
        try:
            await self.busy("正在登记…", self._record, calls, lines)
        finally:
            self._show()
        self._taken = True
        self._show()
        refused = sum(1 for one in lines if self._results[one.row_number].outcome == "refused")
        done = len(lines) - refused
        kind = "warning" if refused else "good"
        rest = f"，{refused} 笔没有登记，请看说明" if refused else ""
        self.status(f"已登记 {done} 笔{rest}。", kind=kind)

    def _record(self, calls: ReceiptCalls, lines: Sequence[StatementLine]) -> None:
        """Record the lines; what was told stays told when the connection is cut. Blocking."""
        bodies = [_body(one) for one in lines]
        for result in calls.take(bodies, self._progress("正在登记", len(lines))):
            self._results[lines[result.line - 1].row_number] = result

    async def _write_error_file(self) -> None:
        from exports.error_file import error_file_name, write_error_file

        check = self._check()

        def write(path: Path, overwrite: bool) -> None:
            write_error_file(path, check, overwrite=overwrite)

        await write_out(self, error_file_name(self._path, datetime.now()), write, "错误文件")


def _body(one: StatementLine) -> Any:
    assert one.line is not None
    return line_body(one.line.texts())
