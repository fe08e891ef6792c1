"""Applying checked rows of any business in the caller's transaction.

Rows are written in chunks, each behind a savepoint; a chunk that is refused is undone and its halves are
tried, down to the single row, so that a row takes effect wholly or not at all and a bad one harms no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from typing import Protocol, cast, runtime_checkable

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from center.batches import batches
from center.ledger.post import Entry, LedgerError
from center.store.tables import unit
from domain.business import KnownAccount, PersonFacts
from domain.profile import Profile

CHUNK = 1000
"""Rows written behind one savepoint."""

EFFECTS: dict[str, str] = {
    "open": "center.effects.opening",
    "seal": "center.effects.seal",
    "unseal": "center.effects.seal",
    "transfer_out": "center.effects.transfer",
    "transfer_in": "center.effects.transfer",
    "merge": "center.effects.closing",
    "zero_close": "center.effects.closing",
    "unit_change": "center.effects.facts",
    "person_change": "center.effects.facts",
    "base_adjust": "center.effects.adjust",
    "annual": "center.effects.adjust",
    "makeup": "center.effects.makeup",
    "makeup_change": "center.effects.makeup_again",
    "makeup_cancel": "center.effects.makeup_again",
    "makeup_missed": "center.effects.makeup",
    "makeup_short": "center.effects.makeup",
    "remit": "center.effects.remit",
    "remit_cancel": "center.effects.remit",
    "allocate": "center.effects.remit",
}
"""Business id -> module with `effect(business)`."""

OVERTAKEN = "该职工的账户刚被其他业务改动，请核对后重新办理。"


@dataclass(frozen=True, slots=True)
class Row:
    """One checked row: its number in the submission, `same_person_key`, normal texts, facts of the person."""

    row_no: int
    person_key: str
    values: Mapping[str, str]
    facts: PersonFacts = PersonFacts()

    def account(self, unit_account: str) -> KnownAccount:
        """The person's account at a unit that the row is about. Raises RowFailed when it is gone."""
        stated = self.values.get("account_no", "")
        for known in self.facts.accounts:
            if known.account_no == stated and known.unit_account == unit_account:
                return known
        raise RowFailed("account.changed", OVERTAKEN)


@dataclass(frozen=True, slots=True)
class Work:
    """What an effect works on: `day` is the day of processing, `month` the business month it counts in.

    `now` is UTC text; `serial` and `operator_id` are those of the submission.
    """

    conn: Connection
    profile: Profile
    unit_account: str
    business: str
    day: date
    month: int
    submission_id: str = ""
    now: str = ""
    serial: str = ""
    operator_id: str = ""


@dataclass(slots=True)
class Results:
    """Account numbers of rows that took effect; code and reason of those that did not."""

    accounts: dict[int, str] = field(default_factory=dict)
    failed: dict[int, tuple[str, str]] = field(default_factory=dict)


class RowFailed(Exception):
    """A row that cannot take effect; `text` is one Chinese sentence. Raised out of `Effect.write`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def entry_of(work: Work, act: str, unit_account: str = "") -> Entry:
    """The ledger entry of what a submission does, at its own unit unless another is named."""
    return Entry(
        act=act,
        source=work.submission_id,
        unit_account=unit_account or work.unit_account,
        day=work.day,
        time=work.now,
        month=work.month,
        serial=work.serial,
        operator_id=work.operator_id,
    )


class Effect(Protocol):
    """What a business does."""

    def units(self, work: Work, rows: Sequence[Row]) -> Sequence[str]:
        """Other units whose rows it changes; they are locked together with the unit's own."""

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Write all rows or raise (IntegrityError, RowFailed); returns account numbers by row number."""


@runtime_checkable
class Noting(Protocol):
    """An effect that has something to say of the unit when a submission is done."""

    def note(self, work: Work) -> str:
        """One Chinese sentence for the message that tells of it, "" for nothing."""


def closing_note(work: Work) -> str:
    """What is said of the unit beside the numbers of a submission that is done."""
    effect = effect_of(work.business)
    return effect.note(work) if isinstance(effect, Noting) else ""


def effect_of(business: str) -> Effect:
    """The effect of a business. Raises KeyError for one nobody knows."""
    return cast("Effect", import_module(EFFECTS[business]).effect(business))


def lock_units(conn: Connection, accounts: Sequence[str]) -> None:
    """Lock unit rows until the transaction ends, in one order for everybody."""
    for batch in batches(sorted(set(accounts))):
        named = select(unit.c.unit_account).where(unit.c.unit_account.in_(batch))
        conn.execute(named.order_by(unit.c.unit_account).with_for_update()).all()


def apply_rows(work: Work, rows: Sequence[Row]) -> Results:
    """Apply checked rows in the caller's transaction; every row given ends in the results."""
    effect = effect_of(work.business)
    lock_units(work.conn, [work.unit_account, *effect.units(work, rows)])
    results = Results()
    for start in range(0, len(rows), CHUNK):
        _write(effect, work, rows[start : start + CHUNK], results)
    return results


def _write(effect: Effect, work: Work, rows: Sequence[Row], results: Results) -> None:
    """Write the rows that can be written, in order, and note why the others cannot."""
    reason = _try(effect, work, rows, results)
    if reason is None:
        return
    if len(rows) == 1:
        results.failed[rows[0].row_no] = reason
        return
    half = len(rows) // 2
    _write(effect, work, rows[:half], results)
    _write(effect, work, rows[half:], results)


def _try(effect: Effect, work: Work, rows: Sequence[Row], results: Results) -> tuple[str, str] | None:
    """Write rows behind a savepoint; code and reason when they were undone."""
    try:
        with work.conn.begin_nested():
            done = effect.write(work, rows)
    except IntegrityError:
        return f"{work.business}.conflict", OVERTAKEN
    except (RowFailed, LedgerError) as failed:
        return failed.code, failed.text
    results.accounts |= done
    return None
