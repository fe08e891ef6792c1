"""The books as a beancount journal, for programs that keep books by their own rules (`gjj center ledger`).

Every entry is a transaction in CNY with its number, serial and unit; accounts are opened on the first day and
all balances asserted behind the last. The file is written as it is read, whatever its size.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, TextIO

from sqlalchemy import Connection, Row, func, select

from center.ledger import codes
from center.store.engine import Store
from center.store.money_tables import holding, journal, pool, transfer
from domain.money import format_yuan

STREAMED: Final = 5000
ROOTS: Final = {
    codes.BANK: "Assets:Bank",
    codes.INTEREST_PAYABLE: "Liabilities:InterestPayable",
    codes.TRANSIT: "Liabilities:Transit",
    codes.INTEREST_EXPENSE: "Expenses:Interest",
}
UNALLOCATED: Final = "Liabilities:Unallocated"
SUSPENSE: Final = "Liabilities:Suspense"
PEOPLE: Final = "Liabilities:Fund"
PARTS: Final = {"uc": "UnitCurrent", "pc": "PersonCurrent", "uo": "UnitCarried", "po": "PersonCarried"}
NOBODY: Final = "0-Unknown"
"""Whose suspense money it is when nobody knows."""


def account_name(code: str) -> str:
    """What beancount calls an account of the books."""
    if codes.is_person(code):
        return f"{PEOPLE}:{_word(codes.account_of(code))}:{PARTS[code[-2:]]}"
    if code in ROOTS:
        return ROOTS[code]
    unit_account = codes.unit_of(code)
    root = UNALLOCATED if code == codes.unallocated(unit_account or "") else SUSPENSE
    return f"{root}:{_word(unit_account) if unit_account else NOBODY}"


def _word(number: str) -> str:
    """A number as a part of a name: letters, digits and hyphens, a digit or a capital first."""
    return "N" + "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in number)


def export(store: Store, file: Path) -> int:
    """Write the books as they stand at one moment to `file`; returns the number of entries.

    Raises OSError.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as out, store.read() as conn:
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            written = write_books(conn, out)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return written


def write_books(conn: Connection, out: TextIO) -> int:
    """Write all entries that `conn` sees; returns their number."""
    first, last = conn.execute(select(func.min(journal.c.day), func.max(journal.c.day))).one()
    out.write('option "title" "住房公积金账目"\noption "operating_currency" "CNY"\n\n')
    if first is None:
        return 0
    for code, _ in _balances(conn):
        out.write(f"{first} open {account_name(code)} CNY\n")
    written = 0
    # The program sorts by day itself; what entered the books later may tell of an earlier day.
    for line, moves in _entries(conn):
        _write_entry(out, line, moves)
        written += 1
    out.write("\n")
    after = (date.fromisoformat(last) + timedelta(days=1)).isoformat()
    for code, balance in _balances(conn):
        signed = balance if code in codes.DEBIT_SIDE else -balance
        out.write(f"{after} balance {account_name(code)} {format_yuan(signed)} CNY\n")
    return written


def _write_entry(out: TextIO, line: Row[Any], moves: list[Row[Any]]) -> None:
    out.write(f'\n{line.day} * "{_quoted(line.summary)}"\n  journal: {line.journal_no}\n')
    for name in ("act", "serial", "unit_account", "source", "operator_id"):
        if getattr(line, name):
            out.write(f'  {name.replace("_", "-")}: "{_quoted(getattr(line, name))}"\n')
    if line.month:
        out.write(f'  month: "{line.month}"\n')
    if line.reverses is not None:
        out.write(f"  reverses: {line.reverses}\n")
    for move in moves:
        out.write(f"  {account_name(move.debit)}  {format_yuan(move.amount)} CNY\n")
        out.write(f"  {account_name(move.credit)}  {format_yuan(-move.amount)} CNY\n")


def _entries(conn: Connection) -> Iterator[tuple[Row[Any], list[Row[Any]]]]:
    """Every entry with its transfers, in the order of posting."""
    options = {"yield_per": STREAMED}
    lines = conn.execute(select(journal).order_by(journal.c.journal_no), execution_options=options)
    moves = conn.execute(select(transfer).order_by(transfer.c.seq), execution_options=options)
    waiting = next(moves, None)
    for line in lines:
        mine = []
        while waiting is not None and waiting.journal_no == line.journal_no:
            mine.append(waiting)
            waiting = next(moves, None)
        yield line, mine


def _balances(conn: Connection) -> Iterator[tuple[str, int]]:
    """Code and balance of every account in its natural sense, as the center keeps it; four parts a person."""
    options = {"yield_per": STREAMED}
    for row in conn.execute(select(pool).order_by(pool.c.code), execution_options=options):
        yield row.code, row.balance
    for row in conn.execute(select(holding).order_by(holding.c.account_no), execution_options=options):
        for part, column in zip(codes.PARTS, codes.COLUMNS, strict=True):
            yield codes.person(row.account_no, part), getattr(row, column)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
