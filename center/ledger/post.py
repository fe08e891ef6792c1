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

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from center.batches import batches
from center.ledger import codes
from center.store.bulk import add_to_rows, among, insert_rows, insert_tuples
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

HELD: Final = (*codes.COLUMNS, "entries")

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

    Codes: ledger.short (not enough money), ledger.closed, ledger.foreign (an account of another unit),
    ledger.twice, ledger.reversed, ledger.invalid.
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


TransferRow = tuple[int, int, str, str, str, int, str, int, str | None]
FIELDS: Final = (
    *("seq", "journal_no", "transfer_id", "debit", "credit", "amount"),
    *("account_no", "row_no", "reverses"),
)
"""Columns of a `TransferRow`."""

DIGESTED: Final = (
    *(transfer.c.seq, transfer.c.transfer_id, transfer.c.debit, transfer.c.credit, transfer.c.amount),
)
"""What `digest` sums up of a transfer."""


@dataclass(slots=True)
class _Effect:
    """What moves do: rows of `transfer`, changes of balances."""

    rows: list[TransferRow] = field(default_factory=list)
    pools: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Code -> change of the balance in its natural sense."""
    touched: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Code -> number of transfers."""
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
    number = int(head.journal_no) + 1
    effect = _effect(entry, moves, number, int(head.seq))
    _require_people(conn, entry.unit_account, effect.people)
    _require_funds(conn, effect)
    line = _line(entry, number, head.chain, effect)
    try:
        with conn.begin_nested():
            conn.execute(insert(journal).values(line))
            insert_tuples(conn, transfer, FIELDS, effect.rows)
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


def _effect(entry: Entry, moves: Sequence[Move], number: int, seq: int) -> _Effect:
    """Weigh the moves of entry `number`, whose transfers come after `seq`, in one pass."""
    if entry.act not in ACTS or not moves:
        raise LedgerError("ledger.invalid", "没有可以入账的内容，请核对后重新办理。")
    effect, lead = _Effect(), transfer_id(entry.source, "")
    credited: dict[str, int] = defaultdict(int)
    for place, (debit, credit, amount, key, row_no, reverses) in enumerate(moves, seq + 1):
        if type(amount) is not int or not 0 < amount <= LARGEST or debit == credit:
            raise LedgerError("ledger.invalid", "入账金额必须大于零且不超过系统上限，请核对后重新办理。")
        payer, payee = codes.account_of(debit), codes.account_of(credit)
        account_no = payer or payee
        if account_no:
            if payee and payee != account_no:
                raise LedgerError("ledger.invalid", "一笔转账只能涉及一个个人账户，请联系中心。")
            parts = effect.people.get(account_no)
            if parts is None:
                parts = effect.people[account_no] = [0, 0, 0, 0, 0]
            parts[4] += 1
            if payer:
                parts[codes.part_of(debit)] -= amount
                effect.amount -= amount
            if payee:
                parts[codes.part_of(credit)] += amount
                effect.amount += amount
            if debit in codes.INTEREST:
                effect.interest += amount
            elif credit in codes.INTEREST:
                effect.interest -= amount
        if not payer:
            credited[debit] -= amount
            effect.touched[debit] += 1
        if not payee:
            credited[credit] += amount
            effect.touched[credit] += 1
        effect.rows.append((place, number, lead + key, debit, credit, amount, account_no, row_no, reverses))
    for code, change in credited.items():
        if not codes.is_pool(code):
            raise LedgerError("ledger.invalid", "账目中没有这个科目，请联系中心。")
        effect.pools[code] = -change if code in codes.DEBIT_SIDE else change
    effect.unallocated = credited.get(codes.unallocated(entry.unit_account), 0)
    effect.suspense = credited.get(codes.suspense(entry.unit_account), 0)
    return effect


def _require_people(conn: Connection, unit_account: str, people: Mapping[str, list[int]]) -> None:
    """Refuse personal accounts that are closed, or not accounts of the entry's unit."""
    for batch in batches(people, MANY):
        mine = among(conn, account.c.account_no, batch)
        good = select(func.count()).where(mine, ~account.c.gone, account.c.unit_account == unit_account)
        if conn.scalar(good) == len(batch):
            continue
        known = {row.account_no: row for row in conn.execute(select(account).where(mine))}
        for number in batch:
            if number in known and known[number].gone:
                text = f"个人账户{number}已销户，不能再入账，请核对后重新办理。"
                raise LedgerError("ledger.closed", text)
            if number not in known or known[number].unit_account != unit_account:
                text = f"个人账户{number}不属于单位{unit_account}，不能入账，请核对后重新办理。"
                raise LedgerError("ledger.foreign", text)


def _require_funds(conn: Connection, effect: _Effect) -> None:
    """Refuse what would leave less than nothing."""
    losing = {code: change for code, change in effect.pools.items() if change < 0}
    for batch in batches(losing):
        found = select(pool.c.code, pool.c.balance).where(pool.c.code.in_(batch))
        known = {row.code: row.balance for row in conn.execute(found)}
        for code in batch:
            if known.get(code, 0) + losing[code] < 0:
                raise _short(code, -losing[code], known.get(code, 0))
    out = [number for number, parts in effect.people.items() if min(parts) < 0]
    held = holdings(conn, out)
    for number in out:
        there, changes = held.get(number, NOTHING), effect.people[number]
        for place, part in enumerate(codes.PARTS):
            if there[place] + changes[place] < 0:
                raise _short(codes.person(number, part), -changes[place], there[place])


def _short(code: str, needed: int, there: int) -> LedgerError:
    whose = codes.account_of(code) or codes.unit_of(code) or ""
    text = f"{codes.title(code)}{whose}余额不足：需要{format_yuan(needed)}元，现有{format_yuan(there)}元。"
    return LedgerError("ledger.short", text)


def _line(entry: Entry, number: int, previous: str, effect: _Effect) -> dict[str, Any]:
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
        "transfers": len(effect.rows),
        "reverses": entry.reverses,
        "digest": digest((row[0], *row[2:6]) for row in effect.rows),
        "previous": previous,
    }
    return line | {"chain": chain_hash(line)}


def digest(rows: Iterable[Sequence[Any]]) -> str:
    """SHA-256 over an entry's transfers in their order; each gives its `DIGESTED` values."""
    summed = sha256()
    for seq, known_as, debit, credit, amount in rows:
        summed.update(f"{seq}|{known_as}|{debit}|{credit}|{amount}\n".encode())
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
    new = [(number, *parts) for number, parts in effect.people.items() if number not in held]
    insert_tuples(conn, holding, ("account_no", *HELD), new)
    known_people = [
        {"account_no": number, **dict(zip(HELD, parts, strict=True))}
        for number, parts in effect.people.items()
        if number in held
    ]
    add_to_rows(conn, holding, "account_no", known_people)


def _refusal(conn: Connection, entry: Entry, error: IntegrityError) -> LedgerError:
    """What a constraint of the tables means."""
    if "ck_" in str(error.orig):
        return LedgerError("ledger.short", "账户余额不足，没有入账，请核对后重新办理。")
    if "reverses" in str(error.orig):
        return LedgerError("ledger.reversed", "该分录已经冲账，不能再冲。")
    return LedgerError("ledger.twice", "这一笔已经入账，不会重复入账。")
