"""Posting: the only way anything enters the books.

Whoever posts holds the head's row until the transaction ends, so postings stand in one line and what is read
here is what is true. The constraints of the tables (amounts above zero, no balance below, ids and reversals
once) refuse what this module might overlook. Lock units first, the head after them, the audit log last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from center.batches import batches
from center.ledger import codes
from center.store.bulk import add_to_rows, among, insert_rows
from center.store.money_tables import holding, journal, ledger_head, pool, transfer
from center.store.tables import account
from domain.canonical import canonical_json, sha256_hex
from domain.money import format_yuan

START: Final = "0" * 64
HEAD: Final = 1
MANY: Final = 10_000
NOTHING: Final = (0, 0, 0, 0)
LARGEST: Final = 2**53 - 1
"""Largest amount of one transfer in 分: whole numbers up to here survive every JSON reader."""

ACTS: Mapping[str, tuple[str, str]] = {
    "opening": ("99", "期初余额"),
    "receipt": ("99", "来款"),
    "match": ("99", "暂存款认领"),
    "refund": ("99", "退款"),
    "allocate": ("01", "汇缴分配"),
    "makeup": ("02", "补缴"),
    "transfer_out": ("06", "内部转移转出"),
    "transfer_in": ("06", "内部转移转入"),
    "merge": ("99", "个人账户合并"),
    "accrue": ("99", "计提利息"),
    "interest": ("09", "年终结息"),
    "carry": ("09", "年终结转"),
}
"""What is done -> its 业务明细类型 (standard table A.5) and its summary."""


class LedgerError(Exception):
    """The books refuse an entry; nothing of it is posted. `code` is stable, `text` one Chinese sentence.

    Codes: ledger.short (not enough money), ledger.closed, ledger.twice, ledger.reversed, ledger.invalid.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Move(NamedTuple):
    """One transfer to be: `amount` in 分 from `debit` to `credit`. `key` is unique within its source."""

    debit: str
    credit: str
    amount: int
    key: str
    row_no: int = 0
    reverses: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry is about. `source` with a move's key makes the transfer's id: at most one each for ever.

    `month` YYYYMM is the month it pays for, 0 for none; `time` UTC text. The summary is that of `ACTS` unless
    one is stated.
    """

    act: str
    source: str
    unit_account: str
    day: date
    time: str
    month: int = 0
    serial: str = ""
    operator_id: str = ""
    summary: str = ""
    reverses: int | None = None


@dataclass(slots=True)
class _Effect:
    """What moves do to balances."""

    pools: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    touched: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    people: dict[str, list[int]] = field(default_factory=dict)
    """Account number -> changes of the four parts, number of transfers."""
    amount: int = 0
    interest: int = 0
    unallocated: int = 0
    suspense: int = 0


def post(conn: Connection, entry: Entry, moves: Sequence[Move]) -> int:
    """Post an entry in the caller's transaction and return its number.

    Everything of it is posted or nothing. Raises LedgerError.
    """
    head = conn.execute(select(ledger_head).where(ledger_head.c.head == HEAD).with_for_update()).one()
    effect = _effect(entry, moves)
    _require_funds(conn, effect)
    number = int(head.journal_no) + 1
    records = [_record(entry, number, head.seq + place, move) for place, move in enumerate(moves, 1)]
    line = _line(entry, number, head.chain, effect, records)
    try:
        with conn.begin_nested():
            conn.execute(insert(journal).values(line))
            insert_rows(conn, transfer, records)
            _apply(conn, effect)
    except IntegrityError as error:
        raise _refusal(conn, entry, error) from None
    conn.execute(
        update(ledger_head)
        .where(ledger_head.c.head == HEAD)
        .values(journal_no=number, seq=head.seq + len(moves), chain=line["chain"])
    )
    return number


def reverse(conn: Connection, journal_no: int, entry: Entry) -> int:
    """Take an entry back by one that is its mirror (冲账标志 02); returns the number of the new entry.

    `entry` says who, when and why; its act is that of the old one, its source `reversal:NUMBER`. Raises
    LedgerError: ledger.reversed for one that was taken back already or is itself a reversal.
    """
    conn.execute(select(ledger_head).where(ledger_head.c.head == HEAD).with_for_update()).one()
    old = conn.execute(select(journal).where(journal.c.journal_no == journal_no)).one()
    known = select(journal.c.journal_no).where(journal.c.reverses == journal_no)
    if old.reverses is not None or conn.execute(known).first() is not None:
        raise LedgerError("ledger.reversed", f"第{journal_no}号分录已经冲账，不能再冲。")
    rows = conn.execute(select(transfer).where(transfer.c.journal_no == journal_no).order_by(transfer.c.seq))
    moves = [
        Move(row.credit, row.debit, row.amount, str(place), row.row_no, row.transfer_id)
        for place, row in enumerate(rows)
    ]
    mirror = Entry(
        act=old.act,
        source=f"reversal:{journal_no}",
        unit_account=old.unit_account,
        day=entry.day,
        time=entry.time,
        month=old.month,
        serial=entry.serial,
        operator_id=entry.operator_id,
        summary=entry.summary or f"冲销：{old.summary}"[:120],
        reverses=journal_no,
    )
    return post(conn, mirror, moves)


# ---- reading ---------------------------------------------------------------------------------------


def balance(conn: Connection, code: str) -> int:
    """The balance of an account in 分 in its natural sense; of a personal account's part too."""
    if codes.is_person(code):
        found = holdings(conn, [codes.account_of(code)])
        return next(iter(found.values()), NOTHING)[codes.part_of(code)]
    return int(conn.scalar(select(pool.c.balance).where(pool.c.code == code)) or 0)


def holdings(conn: Connection, accounts: Iterable[str]) -> dict[str, tuple[int, int, int, int]]:
    """The four parts of personal accounts in 分, in the order of `codes.PARTS`; who has none is left out."""
    parts = [holding.c[name] for name in codes.COLUMNS]
    known: dict[str, tuple[int, int, int, int]] = {}
    for batch in batches(accounts, MANY):
        found = select(holding.c.account_no, *parts).where(among(conn, holding.c.account_no, batch))
        known |= {number: (uc, pc, uo, po) for number, uc, pc, uo, po in conn.execute(found)}
    return known


# ---- the parts of a posting ------------------------------------------------------------------------


def transfer_id(source: str, key: str) -> str:
    """The id of a transfer, derived from what it stands for."""
    return f"{source}:{key}"


def _effect(entry: Entry, moves: Sequence[Move]) -> _Effect:
    if entry.act not in ACTS or not moves:
        raise LedgerError("ledger.invalid", "没有可以入账的内容，请核对后重新办理。")
    effect = _Effect()
    for move in moves:
        amount = move.amount
        if type(amount) is not int or not 0 < amount <= LARGEST or move.debit == move.credit:
            raise LedgerError("ledger.invalid", "入账金额必须大于零且不超过系统上限，请核对后重新办理。")
        people = {number for code in (move.debit, move.credit) if (number := codes.account_of(code))}
        if len(people) > 1:
            raise LedgerError("ledger.invalid", "一笔转账只能涉及一个个人账户，请联系中心。")
        for number in people:
            effect.people.setdefault(number, [0, 0, 0, 0, 0])[4] += 1
        _add(effect, entry.unit_account, move.debit, -amount, bool(people))
        _add(effect, entry.unit_account, move.credit, amount, bool(people))
    return effect


def _add(effect: _Effect, unit_account: str, code: str, change: int, of_person: bool) -> None:
    """Add one side of a move: what the account is credited with; less than nothing for a debit."""
    number = codes.account_of(code)
    if number:
        effect.people[number][codes.part_of(code)] += change
        effect.amount += change
        return
    effect.pools[code] += -change if code in codes.DEBIT_SIDE else change
    effect.touched[code] += 1
    if code == codes.unallocated(unit_account):
        effect.unallocated += change
    elif code == codes.suspense(unit_account):
        effect.suspense += change
    elif code in codes.INTEREST and of_person:
        effect.interest -= change


def _require_funds(conn: Connection, effect: _Effect) -> None:
    """Refuse what would leave less than nothing, and accounts that are closed."""
    losing = {code: change for code, change in effect.pools.items() if change < 0}
    for batch in batches(losing):
        found = select(pool.c.code, pool.c.balance).where(pool.c.code.in_(batch))
        known = {row.code: row.balance for row in conn.execute(found)}
        for code in batch:
            if known.get(code, 0) + losing[code] < 0:
                raise _short(code, -losing[code], known.get(code, 0))
    out = [number for number, parts in effect.people.items() if min(parts[:4]) < 0]
    held = holdings(conn, out)
    for number in out:
        there, changes = held.get(number, NOTHING), effect.people[number]
        for place, part in enumerate(codes.PARTS):
            if there[place] + changes[place] < 0:
                raise _short(codes.person(number, part), -changes[place], there[place])
    for batch in batches(effect.people, MANY):
        mine = among(conn, account.c.account_no, batch)
        gone = conn.scalar(select(account.c.account_no).where(mine, account.c.gone).limit(1))
        if gone is not None:
            raise LedgerError("ledger.closed", f"个人账户{gone}已销户，不能再入账，请核对后重新办理。")


def _short(code: str, needed: int, there: int) -> LedgerError:
    whose = codes.account_of(code) or codes.unit_of(code) or ""
    text = f"{codes.title(code)}{whose}余额不足：需要{format_yuan(needed)}元，现有{format_yuan(there)}元。"
    return LedgerError("ledger.short", text)


def _record(entry: Entry, number: int, seq: int, move: Move) -> dict[str, Any]:
    return {
        "seq": seq,
        "journal_no": number,
        "transfer_id": transfer_id(entry.source, move.key),
        "debit": move.debit,
        "credit": move.credit,
        "amount": move.amount,
        "account_no": codes.account_of(move.debit) or codes.account_of(move.credit),
        "row_no": move.row_no,
        "reverses": move.reverses,
    }


def _line(
    entry: Entry, number: int, previous: str, effect: _Effect, records: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    kind, summary = ACTS[entry.act]
    line: dict[str, Any] = {
        "journal_no": number,
        "unit_account": entry.unit_account,
        "act": entry.act,
        "kind": kind,
        "summary": entry.summary or summary,
        "day": entry.day.isoformat(),
        "month": entry.month,
        "time": entry.time,
        "serial": entry.serial,
        "operator_id": entry.operator_id,
        "source": entry.source,
        "people": len(effect.people),
        "amount": effect.amount,
        "interest": effect.interest,
        "unallocated": effect.unallocated,
        "suspense": effect.suspense,
        "transfers": len(records),
        "reverses": entry.reverses,
        "digest": digest(records),
        "previous": previous,
    }
    return line | {"chain": chain_hash(line)}


def digest(records: Iterable[Mapping[str, Any] | Row[Any]]) -> str:
    """SHA-256 over an entry's transfers in their order."""
    summed = sha256()
    for one in records:
        get = one if isinstance(one, Mapping) else one._mapping
        summed.update(
            f"{get['seq']}|{get['transfer_id']}|{get['debit']}|{get['credit']}|{get['amount']}\n".encode()
        )
    return summed.hexdigest()


def chain_hash(line: Mapping[str, Any]) -> str:
    """SHA-256 of an entry's canonical form, its link to the one before included."""
    return sha256_hex(canonical_json(dict(line)))


def _apply(conn: Connection, effect: _Effect) -> None:
    """Add the changes to the balances; rows that are not there yet are made."""
    known: set[str] = set()
    for batch in batches(effect.pools):
        known |= set(conn.scalars(select(pool.c.code).where(pool.c.code.in_(batch))))
    insert_rows(
        conn, pool, [{"code": code, "balance": 0, "entries": 0} for code in effect.pools if code not in known]
    )
    changes = [
        {"code": code, "balance": change, "entries": effect.touched[code]}
        for code, change in effect.pools.items()
    ]
    add_to_rows(conn, pool, "code", changes)
    held: set[str] = set()
    for batch in batches(effect.people, MANY):
        found = select(holding.c.account_no).where(among(conn, holding.c.account_no, batch))
        held |= set(conn.scalars(found))
    names = (*codes.COLUMNS, "entries")
    rows = {
        number: {"account_no": number, **dict(zip(names, parts, strict=True))}
        for number, parts in effect.people.items()
    }
    insert_rows(conn, holding, [row for number, row in rows.items() if number not in held])
    add_to_rows(conn, holding, "account_no", [row for number, row in rows.items() if number in held])


def _refusal(conn: Connection, entry: Entry, error: IntegrityError) -> LedgerError:
    """What a constraint of the tables means."""
    if "ck_" in str(error.orig):
        return LedgerError("ledger.short", "账户余额不足，没有入账，请核对后重新办理。")
    if "reverses" in str(error.orig):
        return LedgerError("ledger.reversed", "该分录已经冲账，不能再冲。")
    return LedgerError("ledger.twice", "这一笔已经入账，不会重复入账。")
