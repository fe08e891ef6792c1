"""Whom a roster's rows mean, read out of the copy: together, with every account, and never all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from client import local_people
from client.local_people import LocalPeople
from client.store.database import Database
from client.store.depositors import Depositor, DepositorCache
from domain.business import CheckContext, UnitFacts
from domain.businesses.registry import declare
from domain.profile import load_profile
from tests.client.test_depositors import SCOPE, row

UNIT = "100001"
CONTEXT = CheckContext(date(2026, 11, 23), 202611, UnitFacts(UNIT), None)
SEAL = declare("seal", load_profile("hangzhou"))


class Counted(DepositorCache):
    """A copy that counts how often it is read."""

    reads = 0

    def among(self, numbers: Sequence[str], people: Sequence[str]) -> list[Depositor]:
        self.reads += 1
        return super().among(numbers, people)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Counted]:
    database = Database(tmp_path)
    yield Counted(database, SCOPE)
    database.close()


def number(place: int) -> str:
    return f"100001{place:08d}"


def id_number(place: int) -> str:
    return f"11010119900307{place:04d}"


def fill(cache: DepositorCache, count: int) -> None:
    rows = [row(number(place), "王明", id_number(place)) for place in range(count)]
    assert cache.apply(rows, 0, count, complete=True)


def test_the_people_of_some_rows_are_read_together(cache: Counted) -> None:
    fill(cache, 900)
    people = LocalPeople(cache, UNIT, strict=True)
    rows = [{"account_no": f" {number(place)} "} for place in range(450)]
    rows += [{"id_number": id_number(place)} for place in range(450, 900)]
    known = people(CONTEXT, SEAL, rows)
    for place in range(450):
        assert known.people[known.by_account[number(place)]].id_number == id_number(place)
    assert all(known.people[id_number(place)].accounts for place in range(450, 900))
    assert cache.reads == 1
    people(CONTEXT, SEAL, rows)
    assert cache.reads == 1


def test_whoever_is_not_in_the_copy_is_asked_for_once(cache: Counted) -> None:
    fill(cache, 3)
    known = LocalPeople(cache, UNIT, strict=True)(CONTEXT, SEAL, [])
    for _ in range(3):
        assert known.by_account.get(number(77)) is None
        assert known.people.get(id_number(77)) is None
    assert cache.reads == 2


def test_both_accounts_of_a_person_are_known_whichever_is_named(cache: Counted) -> None:
    fill(cache, 2)
    told = [row(number(5), "王明", id_number(0), status="02", sealed_month=202601)]
    assert cache.apply(told, 2, 3, complete=True)
    for named in ({"account_no": number(5)}, {"account_no": number(0)}, {"id_number": id_number(0)}):
        known = LocalPeople(cache, UNIT, strict=True)(CONTEXT, SEAL, [named])
        assert [one.account_no for one in known.people[id_number(0)].accounts] == [number(0), number(5)]
        assert known.by_account[number(0)] == known.by_account[number(5)] == id_number(0)


def test_the_old_form_of_an_id_means_the_same_person(cache: Counted) -> None:
    assert cache.apply([row(number(1), "吕布", "110101900307202")], 0, 1, complete=True)
    known = LocalPeople(cache, UNIT, strict=True)(CONTEXT, SEAL, [{"id_number": "110101900307202"}])
    (key,) = {known.by_account[number(1)]}
    assert len(key) == 18
    assert known.people[key].id_number == "110101900307202"


def test_however_many_are_looked_up_few_are_kept(cache: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_people, "KEPT", 100)
    fill(cache, 1000)
    people = LocalPeople(cache, UNIT, strict=True)
    most = 0
    for place in range(1000):
        known = people(CONTEXT, SEAL, [{"account_no": number(place)}])
        assert known.by_account[number(place)] == id_number(place)
        most = max(most, len(people._people) + len(people._keys))
    assert most <= 104


def test_a_copy_brought_up_to_date_is_read_anew(cache: Counted) -> None:
    fill(cache, 1)
    people = LocalPeople(cache, UNIT, strict=True)
    assert people(CONTEXT, SEAL, [{"account_no": number(0)}]).people[id_number(0)].name == "王明"
    assert cache.apply([row(number(0), "王小明", id_number(0))], 1, 2, complete=True)
    people.forget()
    assert people(CONTEXT, SEAL, [{"account_no": number(0)}]).people[id_number(0)].name == "王小明"
