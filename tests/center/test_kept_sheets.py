"""Pages of a month that is not verified: counted once, never out of date, never too much kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from center.remit import history
from center.remit.kept_sheets import KeptSheets, SheetKey
from domain.remittance import Figures, Share, Sheet
from tests.support.center import CenterUnderTest
from tests.support.filing import Office
from tests.support.remitting import settle_in, verify

MakeCenter = Callable[..., CenterUnderTest]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The months for which everybody of the unit was counted."""
    asked: list[int] = []
    real = history.sheets

    def counting(conn: Any, unit_account: str, first: int, count: int) -> list[Sheet]:
        asked.append(first)
        return real(conn, unit_account, first, count)

    monkeypatch.setattr("center.remit.kept_sheets.sheets", counting)
    return asked


def office_of(center: CenterUnderTest, people: int = 5) -> Office:
    office = Office(center, paid_through=202610)
    for person in office.people(people):
        office.give_account(person)
    settle_in(office)
    return office


def read(office: Office, what: str, limit: int = 1) -> list[str]:
    """The account numbers of all pages."""
    after, found = "", []
    while True:
        page = office.unit_get(f"/remittances/202611/{what}", after=after, limit=limit)
        found += [row["account_no"] for row in page["rows"]]
        if page["next"] is None:
            return found
        after = page["next"]


def test_all_pages_are_of_one_count(make_center: MakeCenter, counted: list[int]) -> None:
    office = office_of(make_center("baishan"))
    new = office.give_account(office.people(1)[0])
    assert read(office, "people") == [one.account_no for one in office.accounts()]
    assert read(office, "changes") == [new]
    assert counted == [202611], "six pages of people and one of changes"


def test_what_changes_the_month_is_counted_anew(make_center: MakeCenter, counted: list[int]) -> None:
    office = office_of(make_center("baishan"))
    first = read(office, "people")
    new = office.give_account(office.people(1)[0])
    assert read(office, "people") == [*first, new] and len(counted) == 2
    verify(office)
    assert read(office, "people", 1000) == [*first, new] and len(counted) == 2, "kept with the month now"


def test_two_units_are_not_taken_for_each_other(make_center: MakeCenter, counted: list[int]) -> None:
    center = make_center("baishan")
    office = office_of(center)
    other = Office(center, "100002", paid_through=202610)
    theirs = [other.give_account(person) for person in other.people(2)]
    settle_in(other)
    assert read(other, "people") == theirs and not set(read(office, "people")) & set(theirs)
    assert len(counted) == 2


def sheet(people: int) -> Sheet:
    shares = {str(n): Share(str(n), "", 0, 0, 0, 0, 0) for n in range(people)}
    return Sheet(202611, Figures(), Figures(), Figures(), Figures(), 0, 0, shares, ())


def test_no_more_is_kept_than_allowed() -> None:
    kept, made = KeptSheets(most_sheets=2, most_lines=10), list[str]()

    def get(name: str, people: int) -> None:
        def count() -> Sheet:
            made.append(name)
            return sheet(people)

        assert len(kept.get(SheetKey(name, 1, 202611, "", 202611), count).shares) == people

    for name, people in (("a", 3), ("b", 3), ("a", 3), ("c", 3), ("a", 3), ("b", 3)):
        get(name, people)
    assert made == ["a", "b", "c", "b"], "the one read longest ago goes first"
    get("long", 11)
    get("b", 3)
    get("long", 11)
    assert made[4:] == ["long", "long"], "too long by itself, and nothing had to go for it"
    get("wide", 9)
    get("b", 3)
    assert made[6:] == ["wide", "b"]
