"""Checks of balances and entries against the transfers, which are summed up once for all of them.

`summed_up` puts two temporary tables beside the books: what every entry did to every personal account, and
to every account that is nobody's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, text

from center.ledger import codes
from center.ledger.act_checks import SUBMITTED
from center.ledger.checks import every, query

_DEBIT = ", ".join(f"'{code}'" for code in sorted(codes.DEBIT_SIDE))
_INTEREST = ", ".join(f"'{code}'" for code in sorted(codes.INTEREST))


def _of_part(place: int) -> str:
    """The change of a part; its code ends behind "201/", the account's number and "/"."""
    end = "substr(t.{side}, length(t.account_no) + 6) = '{part}'"
    part = codes.PARTS[place]
    came, left = end.format(side="credit", part=part), end.format(side="debit", part=part)
    return (
        f"SUM(CASE WHEN {came} THEN t.amount ELSE 0 END) - SUM(CASE WHEN {left} THEN t.amount ELSE 0 END)"
        f" AS {codes.COLUMNS[place]}"
    )


_PEOPLE = (
    "CREATE TEMPORARY TABLE audited_person AS SELECT t.account_no, t.journal_no,"
    f" {', '.join(_of_part(place) for place in range(len(codes.PARTS)))}, COUNT(*) AS entries,"
    f" SUM(CASE WHEN t.debit IN ({_INTEREST}) THEN t.amount WHEN t.credit IN ({_INTEREST}) THEN -t.amount"
    " ELSE 0 END) AS interest FROM transfer t WHERE t.account_no <> '' GROUP BY t.account_no, t.journal_no"
)
_POOLS = (
    "CREATE TEMPORARY TABLE audited_pool AS SELECT code, journal_no, SUM(change) AS credited,"
    f" CASE WHEN code IN ({_DEBIT}) THEN -SUM(change) ELSE SUM(change) END AS balance, COUNT(*) AS entries"
    " FROM (SELECT journal_no, debit AS code, -amount AS change FROM transfer WHERE debit NOT LIKE '201/%'"
    " UNION ALL SELECT journal_no, credit AS code, amount AS change FROM transfer"
    " WHERE credit NOT LIKE '201/%') s GROUP BY code, journal_no"
)
"""`credited` is what the account is credited with, `balance` the change in its natural sense."""


@contextmanager
def summed_up(conn: Connection) -> Iterator[None]:
    """The temporary tables the checks of this module read, dropped at the end."""
    for table in (_PEOPLE, _POOLS):
        conn.execute(text(table))
    try:
        yield
    finally:
        conn.rollback()


_SUMS = ", ".join(f"SUM({column}) AS {column}" for column in (*codes.COLUMNS, "entries"))
_PERSON = f"(SELECT account_no, {_SUMS} FROM audited_person GROUP BY account_no)"
_POOL = "(SELECT code, SUM(balance) AS balance, SUM(entries) AS entries FROM audited_pool GROUP BY code)"
_TOTAL = " + ".join("{0}." + column for column in codes.COLUMNS)

# ---- 6 to 9, 23 ----------------------------------------------------------------------------------------

NOT_LOST: Final = every(
    query(
        f"SELECT p.account_no, p.entries AS wanted, h.entries AS found FROM {_PERSON} p"
        " JOIN holding h ON h.account_no = p.account_no WHERE h.entries <> p.entries"
        " ORDER BY p.account_no LIMIT 1",
        "个人账户{account_no}有{wanted}笔转账，余额只记入{found}笔。",
    ),
    query(
        f"SELECT p.code, p.entries AS wanted, o.entries AS found FROM {_POOL} p JOIN pool o"
        " ON o.code = p.code WHERE o.entries <> p.entries ORDER BY p.code LIMIT 1",
        "科目{code}有{wanted}笔转账，余额只记入{found}笔。",
    ),
)

_HELD = " + ".join(f"COALESCE(SUM({column}), 0)" for column in codes.COLUMNS)
CONSERVED: Final = query(
    "SELECT debit_fen, credit_fen FROM (SELECT"
    f" (SELECT COALESCE(SUM(balance), 0) FROM pool WHERE code IN ({_DEBIT})) AS debit_fen,"
    f" (SELECT COALESCE(SUM(balance), 0) FROM pool WHERE code NOT IN ({_DEBIT}))"
    f" + (SELECT {_HELD} FROM holding) AS credit_fen) b WHERE debit_fen <> credit_fen",
    "借方余额合计{debit_fen}元，贷方余额合计{credit_fen}元，两边不等。",
)

_DIFFERS = " OR ".join(f"COALESCE(h.{column}, 0) <> p.{column}" for column in codes.COLUMNS)
AS_BOOKED: Final = every(
    query(
        f"SELECT p.account_no, {_TOTAL.format('p')} AS wanted_fen,"
        f" COALESCE({_TOTAL.format('h')}, 0) AS found_fen FROM {_PERSON} p"
        f" LEFT JOIN holding h ON h.account_no = p.account_no WHERE {_DIFFERS} ORDER BY p.account_no LIMIT 1",
        "个人账户{account_no}按账目应有{wanted_fen}元，余额为{found_fen}元，各部分不符。",
    ),
    query(
        "SELECT h.account_no FROM holding h LEFT JOIN"
        " (SELECT DISTINCT account_no FROM audited_person) p ON p.account_no = h.account_no"
        " WHERE p.account_no IS NULL ORDER BY h.account_no LIMIT 1",
        "个人账户{account_no}有余额，却没有任何转账。",
    ),
    query(
        "SELECT p.code, p.balance AS wanted_fen, COALESCE(o.balance, 0) AS found_fen"
        f" FROM {_POOL} p LEFT JOIN pool o ON o.code = p.code WHERE COALESCE(o.balance, 0) <> p.balance"
        " ORDER BY p.code LIMIT 1",
        "科目{code}按账目应有{wanted_fen}元，余额为{found_fen}元。",
    ),
    query(
        f"SELECT o.code, o.balance AS found_fen FROM pool o LEFT JOIN {_POOL} p ON p.code = o.code"
        " WHERE p.code IS NULL ORDER BY o.code LIMIT 1",
        "科目{code}有余额{found_fen}元，却没有任何转账。",
    ),
)

_BELOW = " OR ".join(f"{column} < 0" for column in codes.COLUMNS)
_RUNNING = ", ".join(f"SUM({column}) OVER w AS {column}" for column in codes.COLUMNS)
COVERED: Final = every(
    query(
        f"SELECT account_no FROM holding WHERE {_BELOW} ORDER BY account_no LIMIT 1",
        "个人账户{account_no}的余额小于零。",
    ),
    query(
        "SELECT code, balance AS found_fen FROM pool WHERE balance < 0 ORDER BY code LIMIT 1",
        "科目{code}的余额小于零：{found_fen}元。",
    ),
    query(
        f"SELECT account_no, journal_no FROM (SELECT account_no, journal_no, {_RUNNING} FROM audited_person"
        " WINDOW w AS (PARTITION BY account_no ORDER BY journal_no)) r"
        f" WHERE {_BELOW} ORDER BY journal_no, account_no LIMIT 1",
        "第{journal_no}号分录使个人账户{account_no}透支。",
    ),
    query(
        "SELECT code, journal_no FROM (SELECT code, journal_no, SUM(balance) OVER"
        " (PARTITION BY code ORDER BY journal_no) AS running FROM audited_pool) r"
        " WHERE running < 0 ORDER BY journal_no, code LIMIT 1",
        "第{journal_no}号分录使科目{code}透支。",
    ),
)

TRANSIT_EMPTY: Final = every(
    query(
        f"SELECT balance AS found_fen FROM pool WHERE code = '{codes.TRANSIT}' AND balance <> 0",
        "内部往来还有{found_fen}元没有转到对方账户。",
    ),
    query(
        "SELECT j.source, SUM(p.credited) AS left_fen FROM audited_pool p JOIN journal j"
        f" ON j.journal_no = p.journal_no WHERE p.code = '{codes.TRANSIT}' AND j.reverses IS NULL"
        " GROUP BY j.source HAVING SUM(p.credited) <> 0 ORDER BY j.source LIMIT 1",
        "{source}的转出与转入相差{left_fen}元。",
    ),
)


# ---- 13, 17, 20 ----------------------------------------------------------------------------------------

REBUILT: Final = every(
    query(
        "SELECT j.journal_no FROM journal j LEFT JOIN (SELECT journal_no, COUNT(*) AS people,"
        f" SUM({_TOTAL.format('a')}) AS amount, SUM(interest) AS interest FROM audited_person a"
        " GROUP BY journal_no) p ON p.journal_no = j.journal_no"
        " LEFT JOIN (SELECT journal_no, COUNT(*) AS n FROM transfer GROUP BY journal_no) t"
        " ON t.journal_no = j.journal_no"
        " LEFT JOIN audited_pool u ON u.journal_no = j.journal_no AND u.code = '219/' || j.unit_account"
        " LEFT JOIN audited_pool s ON s.journal_no = j.journal_no"
        " AND s.code = '219-suspense/' || j.unit_account"
        " WHERE COALESCE(p.people, 0) <> j.people OR COALESCE(p.amount, 0) <> j.amount"
        " OR COALESCE(p.interest, 0) <> j.interest OR COALESCE(u.credited, 0) <> j.unallocated"
        " OR COALESCE(s.credited, 0) <> j.suspense OR COALESCE(t.n, 0) <> j.transfers OR j.transfers = 0"
        " ORDER BY j.journal_no LIMIT 1",
        "第{journal_no}号分录的人数、金额或笔数与它的转账不符。",
    ),
    query(
        "SELECT transfer_id, journal_no FROM transfer t WHERE"
        " (debit LIKE '201/%' AND substr(debit, 5, length(debit) - 7) <> account_no)"
        " OR (credit LIKE '201/%' AND substr(credit, 5, length(credit) - 7) <> account_no)"
        " OR (account_no <> '' AND debit NOT LIKE '201/%' AND credit NOT LIKE '201/%') ORDER BY seq LIMIT 1",
        "第{journal_no}号分录的转账{transfer_id}与所记的个人账户不符。",
    ),
)

_BY_UNIT = "(SELECT unit_account, SUM({0}) AS total FROM journal GROUP BY unit_account)"
IN_SUM: Final = every(
    query(
        "SELECT u.unit_account, COALESCE(b.total, 0) AS wanted_fen, COALESCE(p.total, 0) AS found_fen"
        f" FROM unit u LEFT JOIN {_BY_UNIT.format('amount')} b ON b.unit_account = u.unit_account"
        f" LEFT JOIN (SELECT a.unit_account, SUM({_TOTAL.format('h')}) AS total FROM holding h"
        " JOIN account a ON a.account_no = h.account_no GROUP BY a.unit_account) p"
        " ON p.unit_account = u.unit_account"
        " WHERE COALESCE(b.total, 0) <> COALESCE(p.total, 0) ORDER BY u.unit_account LIMIT 1",
        "单位{unit_account}按账目应有个人存款{wanted_fen}元，各账户合计{found_fen}元。",
    ),
    query(
        "SELECT b.unit_account, b.total AS wanted_fen, COALESCE(o.balance, 0) AS found_fen"
        f" FROM {_BY_UNIT.format('unallocated')} b LEFT JOIN pool o ON o.code = '219/' || b.unit_account"
        " WHERE COALESCE(o.balance, 0) <> b.total ORDER BY b.unit_account LIMIT 1",
        "单位{unit_account}按账目应有未分配金额{wanted_fen}元，余额为{found_fen}元。",
    ),
    query(
        "SELECT bank_fen, put_fen FROM (SELECT COALESCE((SELECT balance FROM pool WHERE code = '101'), 0)"
        " AS bank_fen, COALESCE((SELECT SUM(p.balance) FROM audited_pool p JOIN journal j"
        " ON j.journal_no = p.journal_no WHERE p.code = '101'"
        " AND j.act IN ('opening', 'receipt', 'refund')), 0) AS put_fen) b WHERE bank_fen <> put_fen",
        "银行存款为{bank_fen}元，期初、来款与退款合计{put_fen}元。",
    ),
)

_TWO_SIDED = "('transfer_out', 'transfer_in', 'merge')"
OWN_UNIT: Final = every(
    query(
        "SELECT p.account_no, p.journal_no, j.unit_account FROM audited_person p JOIN journal j"
        " ON j.journal_no = p.journal_no LEFT JOIN account a ON a.account_no = p.account_no"
        " WHERE a.account_no IS NULL OR a.unit_account <> j.unit_account"
        " ORDER BY p.journal_no, p.account_no LIMIT 1",
        "第{journal_no}号分录属于单位{unit_account}，却动了别处的个人账户{account_no}。",
    ),
    query(
        "SELECT p.code, p.journal_no, j.unit_account FROM audited_pool p JOIN journal j"
        " ON j.journal_no = p.journal_no WHERE p.code LIKE '219%' AND p.code NOT IN"
        " ('219/' || j.unit_account, '219-suspense/' || j.unit_account, '219-suspense/', '219-transit')"
        " ORDER BY p.journal_no, p.code LIMIT 1",
        "第{journal_no}号分录属于单位{unit_account}，却动了科目{code}。",
    ),
    query(
        "SELECT p.journal_no, j.act FROM audited_pool p JOIN journal j ON j.journal_no = p.journal_no"
        " WHERE p.code = '219-transit' AND j.act NOT IN ('match',"
        " 'transfer_out', 'transfer_in', 'merge') ORDER BY p.journal_no LIMIT 1",
        "第{journal_no}号分录不是转移、合并或认领，却用了内部往来。",
    ),
    query(
        f"SELECT j.journal_no, j.source FROM journal j LEFT JOIN {SUBMITTED} WHERE j.act IN {_TWO_SIDED}"
        " AND j.reverses IS NULL AND s.submission_id IS NULL ORDER BY j.journal_no LIMIT 1",
        "第{journal_no}号分录转移了资金，却没有对应的申报{source}。",
    ),
)
