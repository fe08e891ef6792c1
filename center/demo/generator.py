"""A seeded generator of people and accounts as a center has them.

What it makes agrees with the domain's rules: numbers have their check digit, bases stand within the
limits, ratios are those of the unit, and amounts come from `domain.money.deposit`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from center.demo import names
from center.ledger.opening import Parts
from domain.business import AccountStatus, Limits, RatioPair
from domain.idnumber import check_digit, same_person_key
from domain.period import fund_year, fund_year_months, month_of, months_between
from domain.profile import Profile
from domain.text import han_count

YUAN = 100
YOUNGEST, OLDEST_WOMAN, OLDEST_MAN = 18, 54, 59
"""Ages in full years of the people made: of working age under every profile."""

SEALED_SHARE = 0.06
EMPTY_EVERY = 3
"""Of so many sealed accounts about one has nothing left on it."""
PERMIT_SHARE = 0.01
RARE_SHARE = 0.05
MINORITY_SHARE = 0.03
COMPOUND_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Person:
    """A person; `id_number` has 18 characters."""

    name: str
    id_number: str
    mobile: str

    @property
    def key(self) -> str:
        """The person whatever form of ID is used."""
        return same_person_key(self.id_number)


@dataclass(frozen=True, slots=True)
class Employee:
    """A person with an account: amounts and what it holds in 分, ratios in basis points."""

    person: Person
    base: int
    ratio: RatioPair
    unit_amount: int
    person_amount: int
    status: AccountStatus
    opened: date
    held: Parts = (0, 0, 0, 0)


class Generator:
    """Makes people that never repeat; the same seed, profile and day make the same people."""

    def __init__(self, profile: Profile, today: date, seed: int) -> None:
        self.profile = profile
        self.today = today
        self.random = random.Random(f"{profile.name}:{seed}")
        self._used: set[str] = set()
        rules = profile.business.open
        self._residents_only = rules is not None and rules.residents_only
        self._longest = rules.name_max_han if rules is not None else 0

    def person(self, *, plain: bool = False) -> Person:
        """One more person who may be registered on line under the profile; `plain` is easy to type."""
        male = self.random.random() < 0.5
        while True:
            number = self._id_number(male)
            if number not in self._used:
                break
        self._used.add(number)
        mobile = f"1{self.random.choice('3578')}{self.random.randrange(10**9):09d}"
        name = self._plain_name(male) if plain else self._name(male)
        return Person(name, number, mobile)

    def employees(self, count: int, ratios: tuple[RatioPair, ...], limits: Limits) -> Iterator[Employee]:
        """`count` people with accounts; each has one of the unit's ratio pairs."""
        for place in range(count):
            base = self._base(limits)
            ratio = ratios[place % len(ratios)]
            sealed = count > 20 and self.random.random() < SEALED_SHARE
            unit_amount, person_amount = limits.deposits(base, ratio)
            opened = self.today - timedelta(days=self.random.randrange(40, 4000))
            emptied = sealed and place % EMPTY_EVERY == 0
            months = 0 if emptied else (self.today - opened).days // 30
            new = min(months, self._months_of_year())
            old = months - new
            yield Employee(
                person=self.person(),
                base=base,
                ratio=ratio,
                unit_amount=unit_amount,
                person_amount=person_amount,
                status=AccountStatus.SEALED if sealed else AccountStatus.NORMAL,
                opened=opened,
                held=(new * unit_amount, new * person_amount, old * unit_amount, old * person_amount),
            )

    def _months_of_year(self) -> int:
        """Months of the fund year up to this one."""
        month, start = month_of(self.today), self.profile.calendar.fund_year_start
        return months_between(fund_year_months(fund_year(month, start), start)[0], month) + 1

    def _id_number(self, male: bool) -> str:
        permit = not self._residents_only and self.random.random() < PERMIT_SHARE
        area = self.random.choice(names.PERMIT_AREAS if permit else names.AREAS)
        oldest = OLDEST_MAN if male else OLDEST_WOMAN
        first = self.today.toordinal() - (oldest + 1) * 365
        last = self.today.toordinal() - (YOUNGEST + 1) * 366
        birth = date.fromordinal(self.random.randrange(first, last))
        order = self.random.randrange(500) * 2 + (1 if male else 0)
        body = f"{area}{birth:%Y%m%d}{order:03d}"
        return body + check_digit(body)

    def _name(self, male: bool) -> str:
        limit = self._longest
        draw = self.random.random()
        if draw < MINORITY_SHARE:
            name = self.random.choice(names.MINORITY)
            if not limit or han_count(name) <= limit:
                return name
        given = self._given(male)
        if draw > 1 - COMPOUND_SHARE:
            return self.random.choice(names.COMPOUND_SURNAMES) + given
        return self.random.choice(names.COMMON_SURNAMES) + given

    def _plain_name(self, male: bool) -> str:
        letters = names.MALE if male else names.FEMALE
        return self.random.choice(names.COMMON_SURNAMES) + self.random.choice(letters)

    def _given(self, male: bool) -> str:
        letters = names.MALE if male else names.FEMALE
        given = self.random.choice(letters)
        if self.random.random() < RARE_SHARE:
            return given + self.random.choice(names.RARE)
        return given if self.random.random() < 0.2 else given + self.random.choice(letters)

    def _base(self, limits: Limits) -> int:
        """A wage in whole 元, most of them in the lower part of the range, a few at its ends."""
        wage = int(self.random.lognormvariate(8.9, 0.45)) * YUAN
        return min(max(wage, limits.base_min), limits.base_max)
