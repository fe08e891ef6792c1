"""The audit: sound books pass, and each invariant names what breaks it when the database is tampered with."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

from center.ledger.audit import INVARIANTS, audit_store
from center.settings import sqlite_url
from center.store.engine import Store
from cli.main import main
from tests.support.center import make_settings, running_center
from tests.support.ledger_acts import Books, full_books

ROOT = Path(__file__).resolve().parents[2]

PROVEN_BY = {
    4: "tests/center/test_exactly_once.py::test_a_chunk_broken_off_anywhere_is_settled_once",
    5: "tests/center/test_money_races.py::test_one_submission_sent_by_many_at_once_moves_money_once",
    6: "tests/center/test_money_races.py::test_many_draining_a_unit_take_what_there_is_and_no_more",
    7: "tests/center/test_money_races.py::test_many_draining_a_unit_take_what_there_is_and_no_more",
    9: "tests/center/test_money_races.py::test_many_draining_a_unit_take_what_there_is_and_no_more",
    10: "tests/center/test_ledger.py::test_many_small_amounts_add_up",
    12: "tests/center/test_ledger.py::test_a_reversal_is_the_mirror_and_happens_once",
    15: "tests/center/test_money_machine.py::test_any_order_of_acts_agrees_with_the_model",
    16: "tests/center/test_money_machine.py::test_any_order_of_acts_agrees_with_the_model",
    22: "tests/domain/test_money.py::test_deposit_agrees_with_decimal_arithmetic",
}
"""What is about behaviour is proven by these; the audit sees its breach in what is stored."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Books]:
    """Books with every kind of act, closed; each test tampers with a copy."""
    folder = tmp_path_factory.mktemp("books")
    with running_center(folder, "shaanxi") as center:
        books = full_books(center)
    return folder, books


@pytest.fixture
def scratch(kept: tuple[Path, Books], tmp_path: Path) -> Store:
    shutil.copy(kept[0] / "center.sqlite3", tmp_path / "center.sqlite3")
    return Store(make_settings(tmp_path, "shaanxi"))


def verdicts(store: Store) -> dict[int, str]:
    """What is broken, by number."""
    return {one.invariant.number: one.broken for one in audit_store(store) if one.broken}


def tamper(store: Store, *statements: str) -> None:
    """Do what nothing in the program does: without triggers, checks and unique constraints."""
    with store.engine.connect() as conn:
        unguard(conn)
        for statement in statements:
            assert conn.execute(text(statement)).rowcount, statement
        conn.commit()


def unguard(conn: Connection) -> None:
    """Take the guards out of a scratch database: its tables become plain ones, all triggers go."""
    conn.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
    for table in ("journal", "transfer", "submission", "job", "case_file"):
        conn.exec_driver_sql(f"CREATE TABLE plain AS SELECT * FROM {table}")
        conn.exec_driver_sql("PRAGMA foreign_keys = OFF")
        conn.exec_driver_sql(f"DROP TABLE {table}")
        conn.exec_driver_sql(f"ALTER TABLE plain RENAME TO {table}")


def test_sound_books_pass(tmp_path: Path, database_url: str) -> None:
    with running_center(tmp_path, "shaanxi", url=database_url) as center:
        full_books(center)
        found = list(audit_store(center.store))
        assert [one.broken for one in found] == [""] * len(INVARIANTS)
        assert [one.invariant.number for one in found] == list(range(1, len(INVARIANTS) + 1))


COPY = "INSERT INTO {0} SELECT {1} FROM {0} WHERE {2}"
Statements = Callable[[Books], tuple[str, ...]]
BROKEN: list[tuple[int, Statements, str]] = [
    (1, lambda b: (f"UPDATE transfer SET credit = debit WHERE journal_no = {b.receipt}",),
     "第{b.receipt}号分录的转账"),
    (1, lambda b: (f"UPDATE transfer SET amount = 0 WHERE journal_no = {b.receipt}",), "借贷不成立"),
    (2, lambda b: ("DELETE FROM journal WHERE journal_no = 1",), "禁止改动账目的触发器"),
    (3, lambda b: (f"UPDATE journal SET summary = '更正' WHERE journal_no = {b.allocation}",),
     "第{b.allocation}号分录与前一号接不上"),
    (3, lambda b: (f"UPDATE transfer SET amount = amount + 1 WHERE journal_no = {b.allocation}",),
     "第{b.allocation}号分录的转账与摘要不符"),
    (3, lambda b: ("UPDATE ledger_head SET chain = ''",), "账目的末尾与登记的不符"),
    (4, lambda b: ("UPDATE transfer SET transfer_id ="
                   " (SELECT transfer_id FROM transfer WHERE seq = 1)"
                   f" WHERE journal_no = {b.allocation}",), "入账不止一次"),
    (4, lambda b: (f"UPDATE transfer SET transfer_id = 'x' WHERE journal_no = {b.receipt}",),
     "不是由它的来源"),
    (4, lambda b: ("INSERT INTO transfer SELECT seq + 1000, journal_no, transfer_id || 'again', debit,"
                   " credit, amount, account_no, row_no, reverses FROM transfer WHERE row_no > 0",),
     "第1行入账不止一次"),
    (5, lambda b: (COPY.format("submission", "*", f"submission_id = '{b.refused}'"),), "用于2份申报"),
    (6, lambda b: (f"UPDATE holding SET entries = entries - 1 WHERE account_no = '{b.paid}'",),
     "个人账户{b.paid}有"),
    (6, lambda b: ("UPDATE pool SET entries = entries + 1 WHERE code = '101'",), "科目101有"),
    (7, lambda b: ("UPDATE pool SET balance = balance + 1 WHERE code = '101'",), "两边不等"),
    (8, lambda b: (f"UPDATE holding SET unit_current = unit_current + 1, unit_carried = unit_carried - 1"
                   f" WHERE account_no = '{b.paid}'",), "个人账户{b.paid}按账目应有"),
    (8, lambda b: (f"DELETE FROM holding WHERE account_no = '{b.paid}'",), "余额为0.00元"),
    (8, lambda b: ("UPDATE pool SET balance = 0 WHERE code = '219-suspense/'",),
     "科目219-suspense/按账目应有0.77元"),
    (9, lambda b: ("UPDATE pool SET balance = -1 WHERE code = '219-suspense/'",), "小于零：-0.01元"),
    (9, lambda b: (f"UPDATE transfer SET amount = 1 WHERE journal_no = {b.receipt}",),
     "第{b.allocation}号分录使科目219/100001透支"),
    (9, lambda b: (f"UPDATE transfer SET amount = 1 WHERE journal_no = {b.allocation} AND credit LIKE '%/uc'",
                   f"UPDATE transfer SET amount = 1 WHERE credit = '201/{b.paid}/uc'"),
     "使个人账户{b.paid}透支"),
    (10, lambda b: (f"UPDATE transfer SET amount = amount + 0.5 WHERE journal_no = {b.receipt}",),
     "不是整分"),
    (11, lambda b: (f"UPDATE transfer SET debit = 'USD' WHERE journal_no = {b.receipt}",),
     "人民币账目以外的科目"),
    (12, lambda b: (f"UPDATE journal SET amount = 1 WHERE journal_no = {b.reversal}",),
     "第{b.reversal}号冲账分录"),
    (12, lambda b: (f"UPDATE transfer SET amount = amount - 1 WHERE journal_no = {b.reversal}",),
     "第{b.reversal}号分录的转账"),
    (12, lambda b: (f"UPDATE journal SET reverses = {b.reversal - 1} WHERE journal_no = {b.allocation}",),
     "被冲账两次"),
    (13, lambda b: (f"UPDATE journal SET people = 9 WHERE journal_no = {b.allocation}",),
     "第{b.allocation}号分录的人数"),
    (13, lambda b: (f"UPDATE journal SET unallocated = 0 WHERE journal_no = {b.receipt}",),
     "第{b.receipt}号分录的人数"),
    (13, lambda b: (f"UPDATE transfer SET account_no = '{b.closed}' WHERE journal_no = {b.allocation}",),
     "与所记的个人账户不符"),
    (14, lambda b: (f"DELETE FROM journal WHERE journal_no = {b.allocation}",),
     "第{b.allocation}号分录缺失"),
    (14, lambda b: ("DELETE FROM transfer WHERE seq = 3",), "第3笔转账缺失"),
    (14, lambda b: (f"UPDATE transfer SET journal_no = 99 WHERE journal_no = {b.receipt}",),
     "排在后面的分录之后"),
    (15, lambda b: (f"UPDATE journal SET source = '{b.refused}' WHERE journal_no = {b.allocation}",),
     "已退回，第{b.allocation}号分录却为它入了账"),
    (16, lambda b: (f"UPDATE makeup_order SET claim = 'x/general/202609', submission_id = '{b.refused}'",),
     "还占着月份"),
    (16, lambda b: ("UPDATE remittance SET state = 'cancelled'",), "已撤销的"),
    (17, lambda b: ("UPDATE journal SET amount = amount + 1 WHERE act = 'opening'",), "单位100001按账目应有"),
    (17, lambda b: (f"UPDATE journal SET act = 'match' WHERE journal_no = {b.receipt}",), "银行存款为"),
    (18, lambda b: ("UPDATE submission_row SET state = 'failed'",), "第1行没有办理成功"),
    (19, lambda b: ("UPDATE submission SET state = 'review' WHERE status_code < 400",), "没有审核事项"),
    (19, lambda b: ("UPDATE submission SET state = 'processing' WHERE status_code < 400",), "没有处理任务"),
    (19, lambda b: ("UPDATE submission_row SET state = 'pending'",), "第1行却还待处理"),
    (20, lambda b: (f"UPDATE journal SET unit_account = '100002' WHERE journal_no = {b.allocation}",),
     "却动了别处的个人账户{b.paid}"),
    (20, lambda b: (f"UPDATE transfer SET credit = '219/100002' WHERE journal_no = {b.receipt}",),
     "却动了科目219/100002"),
    (20, lambda b: (f"UPDATE transfer SET debit = '219-transit' WHERE journal_no = {b.receipt}",),
     "却用了内部往来"),
    (20, lambda b: ("UPDATE journal SET source = 'x' WHERE act = 'merge'",), "没有对应的申报x"),
    (21, lambda b: (f"UPDATE holding SET person_current = 1 WHERE account_no = '{b.closed}'",),
     "个人账户{b.closed}已销户，却还有0.01元"),
    (21, lambda b: ("UPDATE journal SET day = '2027-01-01' WHERE act = 'merge'",), "却又动了它"),
    (22, lambda b: ("UPDATE remittance SET unit_amount = unit_amount + 1",), "对不上"),
    (22, lambda b: ("DELETE FROM remittance_row",), "与它的人员明细对不上"),
    (22, lambda b: ("UPDATE interest SET person_amount = 0",), "结息不等于两部分之和"),
    (22, lambda b: ("UPDATE account SET unit_amount = -1",), "缴存额小于零"),
    (23, lambda b: ("UPDATE pool SET balance = 5 WHERE code = '219-transit'",), "内部往来还有0.05元"),
    (23, lambda b: ("DELETE FROM journal WHERE act = 'transfer_out'",), "转出与转入相差"),
    (24, lambda b: ("UPDATE bank_receipt SET amount = amount + 1 WHERE state = 'matched'",), "，账上为"),
    (24, lambda b: ("DELETE FROM bank_receipt",), "第{b.receipt}号分录动了银行存款"),
    (25, lambda b: ("UPDATE remittance SET state = 'declared'",), "与分配它的分录不符"),
    (25, lambda b: ("DELETE FROM remittance",), "没有对应的核定"),
    (25, lambda b: ("UPDATE remittance_row SET unit_amount = 5, person_amount = 7",), "与明细不符"),
    (26, lambda b: ("UPDATE makeup_order SET state = 'declared'",), "个人账户{b.paid}已结清的补缴为0.00元"),
    (27, lambda b: ("UPDATE interest SET journal_no = 1",), "没有对应的分录"),
    (27, lambda b: ("DELETE FROM interest",), "各账户的结息合计0.00元"),
    (28, lambda b: ("UPDATE audit_log SET actor = '别人' WHERE seq = 2",), "审计日志从第2条起"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "statements", "named"), BROKEN, ids=[f"{one[0]}-{place}" for place, one in enumerate(BROKEN)]
)
def test_what_is_broken_is_named(
    scratch: Store, kept: tuple[Path, Books], number: int, statements: Statements, named: str
) -> None:
    tamper(scratch, *statements(kept[1]))
    found = verdicts(scratch)
    assert named.format(b=kept[1]) in found[number]
    assert found[number].endswith("。")


def test_every_invariant_has_a_way_to_be_broken() -> None:
    assert {number for number, _, _ in BROKEN} == {one.number for one in INVARIANTS}
    assert len({one.name for one in INVARIANTS}) == len(INVARIANTS)


def test_the_tests_that_prove_the_rest_are_there() -> None:
    for named in PROVEN_BY.values():
        file, _, name = named.partition("::")
        source = (ROOT / file).read_text("utf-8")
        assert f"def {name}(" in source or f"class {name}" in source or f"{name} =" in source, named


def test_a_trigger_taken_away_is_seen(tmp_path: Path, database_url: str) -> None:
    with running_center(tmp_path, "shaanxi", url=database_url) as center:
        with center.store.write() as conn:
            if conn.dialect.name == "sqlite":
                conn.exec_driver_sql("DROP TRIGGER transfer_no_update")
            else:
                conn.exec_driver_sql("ALTER TABLE transfer DISABLE TRIGGER transfer_kept")
        assert list(verdicts(center.store)) == [2]


def test_the_audit_leaves_nothing_behind(scratch: Store) -> None:
    for _ in range(2):
        assert verdicts(scratch) == {}
    with scratch.read() as conn:
        left = "SELECT name FROM sqlite_temp_master"
        assert conn.exec_driver_sql(left).all() == []


def test_the_command_prints_a_line_each_and_fails_when_something_is_broken(
    kept: tuple[Path, Books], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(kept[0] / "center.sqlite3", tmp_path / "center.sqlite3")
    command = ["center", "audit", "--data", str(tmp_path), "--profile", "shaanxi"]
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "通过    1 借贷相等"
    assert [line[:2] for line in lines[:-1]] == ["通过"] * len(INVARIANTS)
    assert lines[-1] == "账目与审计日志全部通过。"
    engine = create_engine(sqlite_url(tmp_path))
    with engine.begin() as conn:
        conn.execute(text("UPDATE holding SET entries = 99"))
    engine.dispose()
    assert main(command) == 1
    out, err = capsys.readouterr()
    assert "不通过  6 余额更新没有丢失：个人账户" in out
    assert err == "共1项不通过，请立即封存数据库并查明原因。\n"
