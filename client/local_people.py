"""What this computer knows of the unit's people, in the form checks take it: a copy that the center outdates.

The people of some rows are read together, a page of a roster at a time; rosters are checked in workers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from domain.business import AccountStatus, Business, CheckContext, KnownAccount, PersonFacts, RatioPair
from domain.idnumber import same_person_key
from domain.money import parse_ratio
from domain.text import clean_cell, to_half_width

if TYPE_CHECKING:
    from client.store.depositors import Depositor, DepositorCache

KEPT = 4000
"""People and account numbers remembered at most; the copy stays in its file, however large it is."""
STATED = ("account_no", "to_account")
"""Columns that state an account number."""
SHORTEST_ID = 15
"""Characters of the shorter form of an ID number; nobody is looked up by less."""


@lru_cache(256)
def _ratio(unit: str, person: str) -> RatioPair:
    return RatioPair(parse_ratio(unit), parse_ratio(person))


def facts_of(person: Depositor, unit_account: str) -> PersonFacts:
    """A depositor of the copy as checks see it; what is under way for the person only the center knows."""
    known = KnownAccount(
        unit_account=unit_account,
        account_no=person.account_no,
        status=AccountStatus(person.status),
        base=person.base,
        ratio=_ratio(person.unit_ratio, person.person_ratio),
        unit_amount=person.unit_amount,
        person_amount=person.person_amount,
        fund_type=person.fund_type or "general",
        opened=person.opened,
        sealed_month=person.sealed_month or None,
    )
    return PersonFacts((known,), frozenset(), person.name, person.id_number)


def with_person(context: CheckContext, person: Depositor | None) -> CheckContext:
    """A context that knows one person; without any it is left as it is."""
    if person is None:
        return context
    key = same_person_key(person.id_number)
    facts = facts_of(person, context.unit.account)
    return replace(context, people={key: facts}, by_account={person.account_no: key})


class LocalPeople:
    """A `client.roster.PeopleSource` over the copy. `strict`: who is not in it is not of the unit (E-06)."""

    def __init__(self, cache: DepositorCache, unit_account: str, *, strict: bool) -> None:
        self._cache = cache
        self._unit = unit_account
        self._strict = strict
        self.forget()

    def forget(self) -> None:
        """Read anew: the copy was brought up to date."""
        self._people: dict[str, PersonFacts | None] = {}
        self._keys: dict[str, str | None] = {}
        self._complete: bool | None = None

    def __call__(
        self, context: CheckContext, business: Business, rows: Sequence[Mapping[str, str]]
    ) -> CheckContext:
        """The context with the people of the copy; a copy that was never complete tells nothing."""
        if self._complete is None:
            self._complete = self._cache.complete()
        if not self._complete or not any(column.key == "account_no" for column in business.columns):
            return context
        self._read(
            [clean_cell(text) for values in rows for key in STATED if (text := values.get(key, ""))],
            [key for values in rows if (key := business.person_key(values)) and not key.startswith("@")],
        )
        return replace(
            context,
            people=_People(self),
            by_account=_Accounts(self),
            people_known=self._strict,
        )

    def told_by(self, column: str, text: str) -> Mapping[str, str]:
        """What a text typed in a column tells of a person: the other columns that name the same one."""
        person: Depositor | None = None
        if column == "account_no" and text.strip():
            person = self._cache.by_account(to_half_width(text.strip()))
        elif column == "id_number" and len(text.strip()) >= SHORTEST_ID:
            person = self._cache.by_person(text)
        if person is None:
            return {}
        told = {"account_no": person.account_no, "name": person.name, "id_number": person.id_number}
        return {key: value for key, value in told.items() if key != column}

    def person(self, key: str) -> PersonFacts | None:
        """The person with a `same_person_key`."""
        if key not in self._people:
            self._read([], [key])
        return self._people.get(key)

    def key_of(self, account_no: str) -> str | None:
        """The key of the person with an account."""
        if account_no not in self._keys:
            self._read([account_no], [])
        return self._keys.get(account_no)

    def _read(self, numbers: Sequence[str], keys: Sequence[str]) -> None:
        """Know whom account numbers and keys mean; one reading for all that are not known yet."""
        numbers = [number for number in dict.fromkeys(numbers) if number not in self._keys]
        keys = [key for key in dict.fromkeys(keys) if key not in self._people]
        if not numbers and not keys:
            return
        if len(self._people) + len(self._keys) > KEPT:
            self._people, self._keys = {}, {}
        found: dict[str, list[Depositor]] = defaultdict(list)
        for person in self._cache.among(numbers, keys):
            found[same_person_key(person.id_number)].append(person)
        self._people |= dict.fromkeys(keys)
        self._keys |= dict.fromkeys(numbers)
        for key, accounts in found.items():
            known = [facts_of(one, self._unit) for one in accounts]
            self._people[key] = replace(known[-1], accounts=tuple(one.accounts[0] for one in known))
            self._keys |= dict.fromkeys([one.account_no for one in accounts], key)


class _People(Mapping[str, PersonFacts]):
    """People by key, read when asked for."""

    def __init__(self, source: LocalPeople) -> None:
        self._source = source

    def __getitem__(self, key: str) -> PersonFacts:
        person = self._source.person(key)
        if person is None:
            raise KeyError(key)
        return person

    def __iter__(self) -> Iterator[str]:
        raise TypeError("people are looked up, not listed")

    def __len__(self) -> int:
        raise TypeError("people are looked up, not counted")


class _Accounts(Mapping[str, str]):
    """Keys of people by account number, read when asked for."""

    def __init__(self, source: LocalPeople) -> None:
        self._source = source

    def __getitem__(self, account_no: str) -> str:
        key = self._source.key_of(account_no)
        if key is None:
            raise KeyError(account_no)
        return key

    def __iter__(self) -> Iterator[str]:
        raise TypeError("accounts are looked up, not listed")

    def __len__(self) -> int:
        raise TypeError("accounts are looked up, not counted")
