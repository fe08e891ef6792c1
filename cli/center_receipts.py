"""`gjj center receipts`: a bank statement, line by line into the books of the center."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from domain.money import format_yuan_grouped
from domain.text import safe_text

if TYPE_CHECKING:
    from center.clock import Clock
    from center.settings import Settings
    from center.store.engine import Store
    from domain.profile import Profile
    from domain.receipt_wire import LineResult
    from exports.statement import Statement

DONE, FAULTY, UNREADABLE = 0, 1, 2
OUTCOMES = {
    "matched": "记入单位未分配金额",
    "suspense": "记入汇补缴不符暂存款",
    "repeated": "此前已登记",
    "refused": "没有登记",
}


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody of the center's staff at the command line."""

    store: Store
    clock: Clock
    profile: Profile
    operator_id: str

    @property
    def operator_name(self) -> str:
        """What the history calls them."""
        return self.operator_id


def take_statement(
    settings: Settings, store: Store, staff: str, path: Path, errors: Path | None, *, check_only: bool
) -> int:
    """Check a statement, tell its totals, record its good lines; returns the exit code.

    0 when every line was taken or had been before, 1 when some were not, 2 when the file cannot be read.
    Repeated after a cut it records what is missing.
    """
    from center.clock import today
    from exports.statement import read_statement, refusals
    from exports.workbook_error import WorkbookError

    desk = Operator(store, settings.clock, settings.profile, staff)
    try:
        statement = read_statement(path, today(settings.clock))
        for line in _totals(statement):
            print(line)
        if not statement.structure_ok:
            for found in statement.imported.findings:
                print(safe_text(found.text), file=sys.stderr)
            return UNREADABLE
        results = _results(desk, statement, check_only=check_only)
        check = statement.check(refusals(results))
        for found in check.row_findings:
            if found.is_error:
                print(f"第{found.row_number}行：{safe_text(found.text)}", file=sys.stderr)
        for line in _told(results, check_only=check_only):
            print(line)
        if errors is not None and not check.ok:
            from exports.error_file import write_error_file

            print(f"错误文件：{write_error_file(errors, check)}")
    except WorkbookError as error:
        print(error.text, file=sys.stderr)
        return UNREADABLE
    return DONE if check.ok else FAULTY


def _totals(statement: Statement) -> list[str]:
    good, repeats = statement.good, sum(1 for one in statement.lines if one.repeats)
    bad = len(statement.lines) - len(good) - repeats
    return [
        f"收款{len(statement.lines)}笔：可登记{len(good)}笔、{format_yuan_grouped(statement.amount)}元，"
        f"文件内重复{repeats}笔，有错误{bad}笔。",
        f"付款{statement.debits}笔、{format_yuan_grouped(statement.debit_amount)}元，不登记。",
    ]


def _results(desk: Operator, statement: Statement, *, check_only: bool) -> dict[int, LineResult]:
    """What became, or would become, of the good lines, by worksheet row."""
    from center.errors import ProblemError
    from center.receipt_queries import refused_line, would_become
    from center.receipts import record
    from domain.receipt_wire import BankLineBody

    results: dict[int, LineResult] = {}
    for one in statement.good:
        assert one.line is not None
        with desk.store.read() as conn:
            seen = would_become(conn, desk, one.row_number, BankLineBody.of(one.line))
        if not check_only and seen.outcome in ("matched", "suspense"):
            try:
                record(desk, one.line, "file")
            except ProblemError as error:
                seen = refused_line(one.row_number, error)
        results[one.row_number] = seen
    return results


def _told(results: dict[int, LineResult], *, check_only: bool) -> list[str]:
    counts = Counter[str](one.outcome for one in results.values())
    lead = "将" if check_only else ""
    return [f"{lead}{words}：{counts[outcome]}笔" for outcome, words in OUTCOMES.items() if counts[outcome]]
