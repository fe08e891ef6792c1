"""The exported books, judged by beancount through its commands: it takes them, and its balances are ours."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import select

from center.ledger import codes
from center.ledger.beancount import account_name, export
from center.ledger.post import Entry, Move, post
from center.store.engine import Store
from center.store.money_tables import holding, journal, pool
from cli.main import main
from tests.support.center import running_center
from tests.support.ledger_acts import DAY, NOW, Books, full_books

BIN = Path(sys.executable).parent


def judged(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "bean-check", "--no-cache", file], capture_output=True, text=True, timeout=60
    )


def balances_of(file: Path) -> dict[str, Decimal]:
    """Balances by account as beancount reckons them."""
    query = "SELECT account, number(only('CNY', sum(position))) AS total GROUP BY account"
    run = [str(BIN / "bean-query"), "--format", "csv", str(file), query]
    fresh = os.environ | {"BEANCOUNT_DISABLE_LOAD_CACHE": "1"}
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, env=fresh)
    assert done.returncode == 0, done.stderr
    rows = csv.DictReader(StringIO(done.stdout))
    return {row["account"].strip(): Decimal(row["total"].strip()) for row in rows}


def our_balances(store: Store) -> dict[str, Decimal]:
    with store.read() as conn:
        found = {row.code: row.balance for row in conn.execute(select(pool))}
        for row in conn.execute(select(holding)):
            for part, column in zip(codes.PARTS, codes.COLUMNS, strict=True):
                found[codes.person(row.account_no, part)] = getattr(row, column)
    return {
        account_name(code): Decimal(fen if code in codes.DEBIT_SIDE else -fen) / 100
        for code, fen in found.items()
    }


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with running_center(tmp_path_factory.mktemp("books"), "shaanxi") as center:
        yield full_books(center)


def test_beancount_accepts_the_books_and_reckons_the_same(books: Books, tmp_path: Path) -> None:
    file = tmp_path / "books.beancount"
    with books.store.read() as conn:
        entries = len(conn.execute(select(journal)).all())
    assert export(books.store, file) == entries
    done = judged(file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    ours, theirs = our_balances(books.store), balances_of(file)
    assert {name: amount for name, amount in ours.items() if amount} == {
        name: amount for name, amount in theirs.items() if amount
    }
    assert len({name for name, amount in theirs.items() if amount}) > 8
    assert list(tmp_path.iterdir()) == [file]


def test_an_entry_tells_where_it_comes_from(books: Books, tmp_path: Path) -> None:
    file = tmp_path / "books.beancount"
    export(books.store, file)
    text = file.read_text("utf-8")
    start = text.index('* "汇缴分配"')
    lines = text[text.rindex("\n", 0, start) + 1 :].split("\n\n")[0].splitlines()
    assert lines[0] == '2026-11-23 * "汇缴分配"'
    assert lines[1:4] == [f"  journal: {books.allocation}", '  act: "allocate"', '  unit-account: "100001"']
    assert '  month: "202611"' in lines
    assert lines[-4:] == [
        "  Liabilities:Unallocated:N100001  960.00 CNY",
        f"  Liabilities:Fund:N{books.paid}:UnitCurrent  -960.00 CNY",
        "  Liabilities:Unallocated:N100001  960.01 CNY",
        f"  Liabilities:Fund:N{books.paid}:PersonCurrent  -960.01 CNY",
    ]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("960.01 CNY\n", "960.02 CNY\n"), ("balance Assets:Bank ", "balance Assets:Bank 1")],
    ids=["a posting", "a balance"],
)
def test_beancount_sees_an_amount_that_was_changed(
    books: Books, tmp_path: Path, right: str, wrong: str
) -> None:
    file = tmp_path / "books.beancount"
    export(books.store, file)
    text = file.read_text("utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong, 1), "utf-8")
    assert judged(file).returncode != 0


def test_what_people_wrote_does_not_break_the_file(tmp_path: Path, database_url: str) -> None:
    with running_center(tmp_path, "shaanxi", url=database_url) as center:
        summary = '引号"反斜\\杠\n2026-01-01 open Equity:Evil ; '
        odd = Entry("receipt", "r", "1-é/x", DAY, NOW, summary=summary)
        center.store.run(
            lambda conn: post(conn, odd, [Move(codes.BANK, codes.unallocated("1-é/x"), 10**15 + 1, "0")])
        )
        file = tmp_path / "odd.beancount"
        export(center.store, file)
        done = judged(file)
        assert (done.returncode, done.stderr) == (0, "")
        assert balances_of(file) == our_balances(center.store)


def test_empty_books_are_a_journal_too(tmp_path: Path) -> None:
    with running_center(tmp_path, "shaanxi") as center:
        assert export(center.store, tmp_path / "none.beancount") == 0
    assert judged(tmp_path / "none.beancount").returncode == 0


def test_the_command_writes_the_file(
    books: Books, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, folder = tmp_path / "out.beancount", books.center.settings.data_dir
    command = ["center", "ledger", str(file), "--data", str(folder), "--profile", "shaanxi"]
    assert main(command) == 0
    assert capsys.readouterr().out.startswith("已导出")
    assert judged(file).returncode == 0
    command[2] = str(tmp_path / "nowhere" / "out.beancount")
    assert main(command) == 2
    assert capsys.readouterr().err.startswith("无法执行：")
