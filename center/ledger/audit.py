"""The audit: what must always hold of the books, looked through over the whole database (`gjj center audit`).

Most of it holds by construction; the audit sees it of what is stored, whoever wrote it. Numbers 1 to 22 are
those of the invariants the ledger is built on, the rest follows from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from center.audit import verify_audit
from center.ledger import act_checks, balance_checks, book_checks
from center.ledger.checks import Check
from center.store.engine import Store


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that must hold; `check` names the first thing that breaks it."""

    number: int
    name: str
    check: Check


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of looking: `broken` is one Chinese sentence, "" when the invariant holds."""

    invariant: Invariant
    broken: str


def log_kept(conn: Connection) -> str | None:
    """The chain of the audit log."""
    broken = verify_audit(conn)
    return None if broken is None else f"审计日志从第{broken}条起缺失或被改动。"


INVARIANTS: Final = (
    Invariant(1, "借贷相等", book_checks.BALANCED),
    Invariant(2, "账目只增不改", book_checks.ADDED_ONLY),
    Invariant(3, "账目哈希链完整", book_checks.chained),
    Invariant(4, "重复提交只入账一次", act_checks.BOOKED_ONCE),
    Invariant(5, "同时重复提交只受理一次", act_checks.TAKEN_ONCE),
    Invariant(6, "余额更新没有丢失", balance_checks.NOT_LOST),
    Invariant(7, "金额守恒", balance_checks.CONSERVED),
    Invariant(8, "余额与账目一致", balance_checks.AS_BOOKED),
    Invariant(9, "没有透支", balance_checks.COVERED),
    Invariant(10, "金额精确到分", book_checks.WHOLE),
    Invariant(11, "只有人民币科目", book_checks.CHART),
    Invariant(12, "冲账相抵", book_checks.MIRRORED),
    Invariant(13, "分录与转账相符", balance_checks.REBUILT),
    Invariant(14, "序号连续递增", book_checks.IN_ORDER),
    Invariant(15, "退回的申报没有入账", act_checks.REFUSED_UNPAID),
    Invariant(16, "退回与撤销后可以重新申报", act_checks.REFUSED_FREE),
    Invariant(17, "总账与各单位相符", balance_checks.IN_SUM),
    Invariant(18, "只有办理成功的行入账", act_checks.ROWS_PAID),
    Invariant(19, "待处理的都有着落", act_checks.OWNED),
    Invariant(20, "单位之间不串账", balance_checks.OWN_UNIT),
    Invariant(21, "销户账户不再变动", act_checks.CLOSED_STILL),
    Invariant(22, "缴存额等于两部分之和", act_checks.BOTH_SIDES),
    Invariant(23, "内部往来结清", balance_checks.TRANSIT_EMPTY),
    Invariant(24, "来款与账目一致", act_checks.RECEIPTS),
    Invariant(25, "汇缴与账目一致", act_checks.REMITTED),
    Invariant(26, "补缴与账目一致", act_checks.MADE_UP),
    Invariant(27, "结息与账目一致", act_checks.INTEREST_PAID),
    Invariant(28, "审计日志完整", log_kept),
)


def audit_books(conn: Connection) -> Iterator[Verdict]:
    """Look through everything in the caller's transaction, which is rolled back at the end.

    `conn` has to see one state of the database all the time, as that of `audit_store` does.
    """
    with balance_checks.summed_up(conn):
        for one in INVARIANTS:
            yield Verdict(one, one.check(conn) or "")


def audit_store(store: Store) -> Iterator[Verdict]:
    """Look through a store as it stands at one moment, whatever goes on in it meanwhile."""
    with store.read() as conn:
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield from audit_books(conn)
