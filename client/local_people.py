"""What this computer knows of the unit's people, in the form checks take it: a copy that the center outdates.

Looking somebody up reads the local store, so rosters are checked in workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from domain.business import AccountStatus, Business, CheckContext, KnownAccount, PersonFacts, RatioPair
from domain.idnumber import same_person_key
from domain.money import parse_ratio
from domain.text import to_half_width

if TYPE_CHECKING:
    from client.store.depositors import Depositor, DepositorCache

SINGLE_READS = 200
"""People looked up one by one before the whole copy is read at once."""
PAGE = 5000
SHORTEST_ID = 15
"""Characters of the shorter form of an ID number; nobody is looked up by less."""


def facts_of(person: Depositor, unit_account: str) -> PersonFacts:
    """A depositor of the copy as checks see it; what is under way for the person only the center knows."""
    known = KnownAccount(
        unit_account=unit_account,
        account_no=person.account_no,
        status=AccountStatus(person.status),
        base=person.base,
        ratio=RatioPair(parse_ratio(person.unit_ratio), parse_ratio(person.person_ratio)),
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
        self._reads = 0
        self._whole = False
        self._complete: bool | None = None

    def __call__(
        self, context: CheckContext, business: Business, rows: Sequence[Mapping[str, str]]
    ) -> CheckContext:
        """The context with the people of the copy; a copy that was never complete tells nothing."""
        if self._complete is None:
            self._complete = self._cache.complete()
        if not self._complete or not any(column.key == "account_no" for column in business.columns):
            return context
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
        if key not in self._people and not self._all():
            self._keep(self._cache.by_person(key))
            self._people.setdefault(key, None)
        return self._people.get(key)

    def key_of(self, account_no: str) -> str | None:
        """The key of the person with an account."""
        if account_no not in self._keys and not self._all():
            self._keep(self._cache.by_account(account_no))
            self._keys.setdefault(account_no, None)
        return self._keys.get(account_no)

    def _keep(self, person: Depositor | None) -> None:
        if person is None:
            return
        key = same_person_key(person.id_number)
        facts, before = facts_of(person, self._unit), self._people.get(key)
        if before is not None and before.accounts[0].account_no != person.account_no:
            facts = replace(facts, accounts=(*before.accounts, *facts.accounts))
        self._people[key] = facts
        self._keys[person.account_no] = key

    def _all(self) -> bool:
        """Whether the whole copy has been read; reads it once many were asked for."""
        self._reads += 1
        if not self._whole and self._reads > SINGLE_READS:
            self._people, self._keys, self._whole = {}, {}, True
            after = ""
            while page := self._cache.after(after, PAGE):
                for person in page:
                    self._keep(person)
                after = page[-1].account_no
        return self._whole


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
