"""What is wrong with a roster file: all findings at once, before anything is imported (I-03, I-04)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from screens.app import AppScreen
from screens.file_choice import write_out
from screens.options import offered
from screens.roster_parts import InfoLine, QueueGrid, RowsModel
from tui.grid_model import GridColumn, GridRow
from tui.keys import ActionRequested
from tui.masking import cover_middle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exports.roster import FileCheck, PlacedFinding

COLUMNS: Final = (
    GridColumn("row", "行号", 6, align="right"),
    GridColumn("title", "列名", 12),
    GridColumn("value", "内容", 18),
    GridColumn("text", "问题", 66),
)


class FindingsModel(RowsModel):
    """Findings of a file as rows; only the window on the screen is made into texts."""

    def __init__(self, findings: Sequence[PlacedFinding], *, mask: bool = False) -> None:
        super().__init__(COLUMNS)
        self.findings = findings
        self._mask = mask

    def count(self) -> int:
        """Return the number of findings."""
        return len(self.findings)

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        """Return a run of findings."""
        return [self._row(at, self.findings[at]) for at in range(start, min(start + count, self.count()))]

    def _row(self, at: int, found: PlacedFinding) -> GridRow:
        cells = (str(found.row_number), found.title, self.value(found)[:60], found.text)
        return GridRow(at, "!" if found.is_error else "?", cells)

    def value(self, found: PlacedFinding) -> str:
        """Return what stands in the cell; ID numbers with their middle covered where that is wanted."""
        hidden = self._mask and found.finding.field == "id_number"
        return cover_middle(found.value) if hidden else found.value

    def finding_text(self, index: int, column: str) -> str:
        """Return the whole sentence for the footer."""
        return self.findings[index].text if index < len(self.findings) else ""


class ImportReviewScreen(AppScreen):
    """Leaves with "good" to import the good rows, with None to import nothing."""

    RESUMABLE: ClassVar[bool] = False
    TITLE = "导入校验结果"
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "submit": ("导入正确行", "只导入没有错误的行，其余的改正后再导入。"),
        "print": ("错误文件", "把标注了错误的表格存到发件文件夹，改正后可再导入。"),
        "back": ("取消", "什么也不导入，回到清册。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = ("! 是错误，所在行不能导入；? 是提示，所在行可以导入。",)

    def __init__(self) -> None:
        super().__init__()
        self._check: FileCheck | None = None
        self._findings = FindingsModel(())
        self._source = Path()
        self._atomic = False
        self._refusal = ""

    def body(self) -> ComposeResult:
        """Summary over the findings."""
        yield InfoLine(strong=True)
        yield InfoLine()
        grid = QueueGrid(FindingsModel(()), frozen=1)
        grid.set_options(offered("5"))
        yield grid

    def key_bar_actions(self) -> Sequence[str]:
        """Return the keys; what may not be imported is not offered."""
        return ("help", *(("submit",) if self._importable else ()), "print", "columns", "back")

    @property
    def _importable(self) -> bool:
        check = self._check
        if check is None or not check.structure_ok or not check.totals.count:
            return False
        return check.ok or not self._atomic

    async def opened(self, **args: Any) -> None:
        """Show the findings of `check`, read from `source`; `atomic` takes the whole file or nothing."""
        check: FileCheck = args["check"]
        self._check, self._source = check, args["source"]
        self._atomic, self._refusal = bool(args["atomic"]), str(args["refusal"])
        first, second = self.query(InfoLine).results(InfoLine)
        bad = check.count - check.totals.count
        counts = f"共 {check.count} 行，正确 {check.totals.count} 行，有错误 {bad} 行"
        first.show(f"{self._source.name}：{counts}")
        second.show(self._verdict())
        self._findings = FindingsModel(check.findings, mask=self.state.settings.screen.mask_id)
        self.query_one(QueueGrid).set_model(self._findings)
        if check.ok:
            self.status("文件没有错误，请看过提示后导入。", kind="warning")
        else:
            self.status(self._refusal, kind="error")

    def _verdict(self) -> str:
        check = self._check
        if check is None or check.ok:
            return "没有错误，有需要核对的提示；按 F10 导入。"
        if not check.structure_ok:
            return "文件本身有问题，不能导入；请按提示修改后重新导入。"
        if self._atomic:
            return "本中心规定有一条错误就整个文件都不导入；请修改后重新导入。"
        if not check.totals.count:
            return "没有正确的行可以导入；可以导出错误文件，修改后重新导入。"
        return f"按 F10 只导入正确的 {check.totals.count} 行；或导出错误文件，修改后重新导入。"

    async def perform(self, request: ActionRequested) -> None:
        """Import, write the error file, show a finding whole."""
        check = self._check
        match request.action:
            case "submit" if self._importable:
                await self.shell.back("good")
            case "print" if check is not None:
                await self._write_error_file(check)
            case "open" if check is not None:
                await self._show_finding(check.findings[int(request.payload["index"])])
            case "run_options" if check is not None:
                for row_id, _ in request.payload["options"]:
                    await self._show_finding(check.findings[int(row_id)])
            case "submit":
                self.status(self._verdict(), kind="error", beep=True)
            case _:
                await super().perform(request)

    async def _show_finding(self, found: PlacedFinding) -> None:
        place = f"第 {found.row_number} 行  {found.title}"
        value = self._findings.value(found)
        await self.tell("问题", [place, f"内容：{value}" if value else "", found.text])

    async def _write_error_file(self, check: FileCheck) -> None:
        from exports.error_file import error_file_name, write_error_file

        def write(path: Path, overwrite: bool) -> None:
            write_error_file(path, check, overwrite=overwrite)

        await write_out(self, error_file_name(self._source, datetime.now()), write, "错误文件")
