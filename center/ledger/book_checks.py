"""Checks of the books themselves: what was added, its order and its chain, a row at a time in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, select

from center.ledger import codes
from center.ledger.checks import Check, every, on, query
from center.ledger.post import DIGESTED, HEAD, START, chain_hash, digest
from center.store.money_tables import journal, ledger_head, transfer

STREAMED: Final = 5000
"""Rows fetched at once while the chain is walked."""

_POOLS = ", ".join(
    f"'{code}'" for code in (codes.BANK, codes.INTEREST_PAYABLE, codes.TRANSIT, codes.INTEREST_EXPENSE)
)


# ---- 1, 10, 11: one transfer ---------------------------------------------------------------------------

BALANCED: Final = query(
    "SELECT transfer_id, journal_no FROM transfer WHERE amount <= 0 OR debit = credit ORDER BY seq LIMIT 1",
    "第{journal_no}号分录的转账{transfer_id}借贷不成立。",
)

_NO_WHOLE = "SELECT {key} AS named FROM {table} WHERE {test} LIMIT 1"


def _whole(table: str, key: str, *columns: str) -> Check:
    """SQLite stores what does not fit a column's type as it came; PostgreSQL has no such values."""
    test = " OR ".join(f"typeof({column}) <> 'integer'" for column in columns)
    return on("sqlite", query(_NO_WHOLE.format(key=key, table=table, test=test), "{named}的金额不是整分。"))


WHOLE: Final = every(
    _whole("transfer", "'转账' || transfer_id", "amount"),
    _whole("pool", "'科目' || code", "balance"),
    _whole("holding", "'个人账户' || account_no", *codes.COLUMNS),
)

_UNKNOWN = (
    " ({side} NOT LIKE '201/%/__' AND {side} NOT LIKE '219/_%' AND {side} NOT LIKE '219-suspense/%'"
    f" AND {{side}} NOT IN ({_POOLS}))"
)
CHART: Final = query(
    "SELECT transfer_id, journal_no FROM transfer WHERE"
    f"{_UNKNOWN.format(side='debit')} OR{_UNKNOWN.format(side='credit')} ORDER BY seq LIMIT 1",
    "第{journal_no}号分录的转账{transfer_id}用了人民币账目以外的科目。",
)


# ---- 2, 3, 14: what was added stays --------------------------------------------------------------------

_TRIGGERS = ("journal_no_update", "journal_no_delete", "transfer_no_update", "transfer_no_delete")


def _triggers(conn: Connection) -> str | None:
    """Whether the database still refuses changes; of another kind of database nothing is known."""
    if conn.dialect.name == "sqlite":
        wanted: tuple[str, ...] = _TRIGGERS
        known = conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    elif conn.dialect.name == "postgresql":
        wanted = ("journal_kept", "transfer_kept")
        known = conn.exec_driver_sql(
            "SELECT tgname FROM pg_trigger WHERE tgenabled = 'O' AND NOT tgisinternal"
        )
    else:
        return None
    names = set(known.scalars())
    missing = next((name for name in wanted if name not in names), None)
    return None if missing is None else f"数据库里禁止改动账目的触发器{missing}不在或已停用。"


ADDED_ONLY: Final = every(
    _triggers,
    query(
        "SELECT h.journal_no AS wanted, (SELECT COUNT(*) FROM journal) AS found FROM ledger_head h"
        " WHERE h.journal_no <> (SELECT COUNT(*) FROM journal)",
        "账上应有{wanted}号分录，现有{found}号。",
    ),
    query(
        "SELECT h.seq AS wanted, (SELECT COUNT(*) FROM transfer) AS found FROM ledger_head h"
        " WHERE h.seq <> (SELECT COUNT(*) FROM transfer)",
        "账上应有{wanted}笔转账，现有{found}笔。",
    ),
)


def chained(conn: Connection) -> str | None:
    """Walk the chain: every entry's digest, link and hash, and the stored end."""
    previous, options = START, {"yield_per": STREAMED}
    digested = _digests(conn)
    waiting = next(digested, None)
    for row in conn.execute(select(journal).order_by(journal.c.journal_no), execution_options=options):
        number = row.journal_no
        while waiting is not None and waiting[0] < number:
            return f"第{waiting[0]}号分录缺失，它的转账还在。"
        mine = digest(()) if waiting is None or waiting[0] != number else waiting[1]
        if mine != row.digest:
            return f"第{number}号分录的转账与摘要不符，有转账缺失或被改动。"
        if waiting is not None and waiting[0] == number:
            waiting = next(digested, None)
        line = dict(row._mapping)
        chain = line.pop("chain")
        if row.previous != previous or chain_hash(line) != chain:
            return f"第{number}号分录与前一号接不上，账目缺失或被改动。"
        previous = chain
    if waiting is not None:
        return f"第{waiting[0]}号分录缺失，它的转账还在。"
    head = conn.execute(select(ledger_head).where(ledger_head.c.head == HEAD)).one_or_none()
    if head is None or head.chain != previous:
        return "账目的末尾与登记的不符，最后的分录缺失或被改动。"
    return None


def _digests(conn: Connection) -> Iterator[tuple[int, str]]:
    """Entry number and digest of its transfers, in the order of the transfers."""
    found = select(transfer.c.journal_no, *DIGESTED).order_by(transfer.c.seq)
    number, rows = 0, list[Any]()
    for row in conn.execute(found, execution_options={"yield_per": STREAMED}):
        if row[0] != number and rows:
            yield number, digest(one[1:] for one in rows)
            rows = []
        number = row[0]
        rows.append(row)
    if rows:
        yield number, digest(one[1:] for one in rows)


IN_ORDER: Final = every(
    query(
        "SELECT j.journal_no + 1 AS missing FROM journal j, ledger_head h WHERE j.journal_no < h.journal_no"
        " AND h.journal_no <> (SELECT COUNT(*) FROM journal)"
        " AND NOT EXISTS (SELECT 1 FROM journal n WHERE n.journal_no = j.journal_no + 1)"
        " ORDER BY j.journal_no LIMIT 1",
        "第{missing}号分录缺失。",
    ),
    query(
        "SELECT t.seq + 1 AS missing FROM transfer t, ledger_head h WHERE t.seq < h.seq"
        " AND h.seq <> (SELECT COUNT(*) FROM transfer)"
        " AND NOT EXISTS (SELECT 1 FROM transfer n WHERE n.seq = t.seq + 1) ORDER BY t.seq LIMIT 1",
        "第{missing}笔转账缺失。",
    ),
    query(
        "SELECT n.transfer_id, n.journal_no FROM transfer t JOIN transfer n ON n.seq = t.seq + 1"
        " WHERE n.journal_no < t.journal_no ORDER BY t.seq LIMIT 1",
        "第{journal_no}号分录的转账{transfer_id}排在后面的分录之后。",
    ),
    query(
        "SELECT MAX(j.journal_no) AS last, h.journal_no AS stated FROM ledger_head h LEFT JOIN journal j"
        " ON j.journal_no > h.journal_no GROUP BY h.journal_no HAVING MAX(j.journal_no) IS NOT NULL",
        "登记的最后分录是第{stated}号，账上却有第{last}号。",
    ),
)


# ---- 12: entries taken back ----------------------------------------------------------------------------

MIRRORED: Final = every(
    query(
        "SELECT MAX(journal_no) AS journal_no, reverses FROM journal WHERE reverses IS NOT NULL"
        " GROUP BY reverses HAVING COUNT(*) > 1 ORDER BY reverses LIMIT 1",
        "第{reverses}号分录被冲账两次，第二次是第{journal_no}号。",
    ),
    query(
        "SELECT r.journal_no, r.reverses FROM journal r LEFT JOIN journal o ON o.journal_no = r.reverses"
        " WHERE r.reverses IS NOT NULL AND (o.journal_no IS NULL OR o.reverses IS NOT NULL"
        " OR o.journal_no >= r.journal_no OR r.unit_account <> o.unit_account OR r.amount <> -o.amount"
        " OR r.unallocated <> -o.unallocated OR r.suspense <> -o.suspense OR r.interest <> -o.interest"
        " OR r.transfers <> o.transfers) ORDER BY r.journal_no LIMIT 1",
        "第{journal_no}号冲账分录与被冲的第{reverses}号不能抵平。",
    ),
    query(
        "SELECT t.transfer_id, t.journal_no FROM transfer t JOIN journal j ON j.journal_no = t.journal_no"
        " LEFT JOIN transfer o ON o.transfer_id = t.reverses"
        " WHERE (j.reverses IS NULL) <> (t.reverses IS NULL)"
        " OR (t.reverses IS NOT NULL AND (o.transfer_id IS NULL OR o.journal_no <> j.reverses"
        " OR o.debit <> t.credit OR o.credit <> t.debit OR o.amount <> t.amount)) ORDER BY t.seq LIMIT 1",
        "第{journal_no}号分录的转账{transfer_id}与被冲的转账不对应。",
    ),
)
