"""汇缴核定: who pays how much in a month, the four columns, and the differences that explain them.

Everything follows from the accounts of the unit and the history of what changed them (R-08, domain.md 2.5).
Amounts in 分, months YYYYMM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.business import AccountStatus

NORMAL, SEALED = AccountStatus.NORMAL.value, AccountStatus.SEALED.value


class Facts(NamedTuple):
    """What an account was at some time: ratios in basis points, `status` "" before it was opened."""

    status: str = ""
    base: int = 0
    unit_ratio: int = 0
    person_ratio: int = 0
    unit_amount: int = 0
    person_amount: int = 0

    @property
    def pays(self) -> int:
        """What is paid a month for an account in this state; only 正常 ones are paid into."""
        return self.unit_amount + self.person_amount if self.status == NORMAL else 0


class Held(NamedTuple):
    """An account of the unit as it is now.

    `opened` and `sealed` are months, `sealed` 0 for none; `told` says whether its history tells of its
    opening. Without a history the two months decide.
    """

    account_no: str
    person_key: str
    facts: Facts
    opened: int = 0
    sealed: int = 0
    told: bool = True


class Line(NamedTuple):
    """One change of an account, which counts from `month` on."""

    account_no: str
    person_key: str
    business: str
    month: int
    before: Facts
    after: Facts


class Share(NamedTuple):
    """What one account pays in a month."""

    account_no: str
    person_key: str
    base: int
    unit_ratio: int
    person_ratio: int
    unit_amount: int
    person_amount: int

    @property
    def amount(self) -> int:
        """Both sides."""
        return self.unit_amount + self.person_amount


class Figures(NamedTuple):
    """One column of the sheet: people and their money."""

    people: int = 0
    amount: int = 0


class Difference(NamedTuple):
    """Why a month differs from the one before: `people` +1, 0 or -1, `amount` signed.

    `business` is what made the difference, "" where the history does not tell.
    """

    account_no: str
    person_key: str
    business: str
    people: int
    amount: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A month: the four columns 上月, 增加, 减少, 本月, the sides of the sum, who pays, what changed."""

    month: int
    last: Figures
    more: Figures
    less: Figures
    now: Figures
    unit_amount: int
    person_amount: int
    shares: Mapping[str, Share]
    differences: Sequence[Difference]


def who_pays(accounts: Iterable[Held], lines: Iterable[Line], month: int) -> dict[str, Share]:
    """Who pays how much in a month, by account number in order.

    `accounts` are the unit's of now, `lines` its history in the order in which it happened; what stands in
    front of the first line of a later month need not be among them. What was changed in a later month is
    taken back. So a new base or ratio counts from its own month on whatever was filed before it, and who is
    sealed or opened never before a change that came earlier.
    """
    history: dict[str, list[Line]] = {}
    for line in lines:
        history.setdefault(line.account_no, []).append(line)
    known = {}
    for held in accounts:
        if all(line.month <= month for line in history.get(held.account_no, ())):
            known[held.account_no] = (held.person_key, _untold(held, month))
    for number, several in history.items():
        if number not in known:
            known[number] = (several[0].person_key, _taken_back(several, month))
    return {
        number: Share(number, key, *facts[1:]) for number, (key, facts) in sorted(known.items()) if facts.pays
    }


def _taken_back(lines: Sequence[Line], month: int) -> Facts:
    """What an account was in a month; `lines` are its own. What is paid for it in later lines stays."""
    facts = list(lines[-1].after[1:])
    stays: set[int] = set()
    for line in reversed(lines):
        for at, (was, became) in enumerate(zip(line.before[1:], line.after[1:], strict=True)):
            if was == became or at in stays:
                continue
            if line.month > month:
                facts[at] = was
            else:
                stays.add(at)
    status = next(line.before.status for line in lines if line.month > month)
    return Facts(status, *facts)


def _untold(held: Held, month: int) -> Facts:
    """An account in a month behind which nothing happened to it."""
    facts = held.facts
    if not held.told and held.opened > month:
        return Facts()
    if facts.status == SEALED and held.sealed > month:
        return facts._replace(status=NORMAL)
    return facts


def cause(lines: Iterable[Line], month: int, *, joined: bool) -> str:
    """The business behind a difference of an account: the last one up to `month` that made it.

    `lines` are those of the account, in the order in which they happened. `joined` says that somebody pays
    anew or no more: then it is what began or ended the paying, not what changed the amount, and nothing that
    came behind a change of a later month.
    """
    found = ""
    for line in lines:
        if line.month > month:
            if joined:
                break
            continue
        before, after = line.before.pays, line.after.pays
        if bool(before) != bool(after) if joined else before != after:
            found = line.business
    return found


def differing(last: Mapping[str, Share], now: Mapping[str, Share]) -> list[str]:
    """The accounts that pay something else than in the month before, in order."""
    numbers = sorted({*last, *now})
    return [number for number in numbers if _amount(last, number) != _amount(now, number)]


def _amount(shares: Mapping[str, Share], number: str) -> int:
    share = shares.get(number)
    return 0 if share is None else share.amount


def sheet(
    month: int, last: Mapping[str, Share], now: Mapping[str, Share], causes: Mapping[str, str]
) -> Sheet:
    """The four columns of a month and what explains them; `causes` names a business by account number.

    上月 + 增加 - 减少 = 本月 in people and money: who pays anew counts wholly, who pays more or less only
    with the difference and not as a person.
    """
    differences = []
    for number in differing(last, now):
        before, after = last.get(number), now.get(number)
        known = after or before
        assert known is not None
        people = (after is not None) - (before is not None)
        change = _amount(now, number) - _amount(last, number)
        differences.append(Difference(number, known.person_key, causes.get(number, ""), people, change))
    return Sheet(
        month=month,
        last=figures(last),
        more=Figures(
            sum(one.people for one in differences if one.people > 0),
            sum(one.amount for one in differences if one.amount > 0),
        ),
        less=Figures(
            -sum(one.people for one in differences if one.people < 0),
            -sum(one.amount for one in differences if one.amount < 0),
        ),
        now=figures(now),
        unit_amount=sum(share.unit_amount for share in now.values()),
        person_amount=sum(share.person_amount for share in now.values()),
        shares=now,
        differences=differences,
    )


def figures(shares: Mapping[str, Share]) -> Figures:
    """How many pay, and how much."""
    return Figures(len(shares), sum(share.amount for share in shares.values()))


@dataclass(frozen=True, slots=True)
class RemitFacts:
    """How the unit's remittances stand, as far as checks must know.

    `last` is the month verified last, `paid` the one paid last, None before the first. `due` are the months
    that can be verified now, in order, `unpaid` those verified and not paid. `blocking` are businesses under
    way that stop the verification, with the number of their rows. `unallocated` in 分.
    """

    last: int | None = None
    paid: int | None = None
    due: Mapping[int, Figures] | None = None
    unpaid: Mapping[int, Figures] | None = None
    blocking: Sequence[tuple[str, int]] = ()
    unallocated: int = 0
