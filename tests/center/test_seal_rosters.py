"""Generated rosters: what a client that knows the people finds is what the center finds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from center.people import people_of
from domain.business import AccountStatus, Source, totals
from domain.businesses.accounts import VERDICT
from domain.businesses.registry import declare
from domain.findings import errors
from domain.profile import PROFILE_NAMES
from tests.support.center import running_center
from tests.support.filing import OTHER, Office

KINDS = [("seal", name) for name in PROFILE_NAMES] + [
    ("unseal", name) for name in PROFILE_NAMES if name != "hangzhou"
]
STATES = [
    (AccountStatus.NORMAL, None),
    (AccountStatus.SEALED, 202609),
    (AccountStatus.SEALED, 202611),
    (AccountStatus.FROZEN, None),
]


class Town:
    """An office with people in every state, people of another unit, and numbers nobody has."""

    def __init__(self, office: Office, other: Office) -> None:
        self.office = office
        self.people = [(one, *state) for state in STATES for one in office.people(2)]
        self.known = [
            (person, office.give_account(person, status, month)) for person, status, month in self.people
        ]
        self.known += [(person, other.give_account(person)) for person in other.people(2)]
        self.known.append((office.people(1)[0], "10000199999999"))


@pytest.fixture(scope="module", params=KINDS, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def town(request: pytest.FixtureRequest) -> Iterator[tuple[str, Town]]:
    business, name = request.param
    with tempfile.TemporaryDirectory() as folder, running_center(Path(folder), name) as center:
        yield business, Town(Office(center), Office(center, OTHER))


def _sent(values: Mapping[str, str]) -> dict[str, str]:
    """What is filed; the verdict is about the text typed, in whose place the center's own is sent."""
    return {key: text for key, text in values.items() if text and key != VERDICT}


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_client_and_center_find_the_same(town: tuple[str, Town], data: st.DataObject) -> None:
    kind, place = town
    office = place.office
    business = declare(kind, office.profile)
    picks = data.draw(st.lists(st.integers(0, len(place.known) - 1), min_size=1, max_size=5))
    reasons = [one.code for one in business.rules.reasons]
    rows = []
    for pick in picks:
        person, number = place.known[pick]
        row = {
            "account_no": data.draw(st.sampled_from([number, "", number[:-1]])),
            "name": data.draw(st.sampled_from([person.name, "", "张冠"])),
            "id_number": data.draw(st.sampled_from([person.id_number, "", person.id_number[:-1] + "?"])),
            "reason": data.draw(st.sampled_from([reasons[0], reasons[-1], "", "没有"])),
        }
        if any(column.key == "base" for column in business.columns):
            row["base"] = data.draw(st.sampled_from(["8000.00", "9000.5", "1.00", "", "-3"]))
        rows.append({key: text for key, text in row.items() if text} or {"reason": reasons[0]})
    with office.center.store.read() as conn:
        people = people_of(conn, business, rows)
    mine = business.check_roster(rows, people.put_into(office.context(Source.SINGLE)))
    good = [check for check in mine if check.ok]
    sent = [{key: text for key, text in check.values.items() if text} for check in good]
    with office.center.store.read() as conn:
        again = people_of(conn, business, sent)
    theirs = business.check_roster(sent, again.put_into(office.context(Source.CENTER)))
    for here, there in zip(good, theirs, strict=True):
        assert errors(there.findings) == ()
        assert _sent(here.values) == _sent(there.values)
    asked = office.center.post(
        f"/v1/units/{office.unit}/checks", {"business": kind, "source": "single", "rows": rows}, office.login
    ).json()
    told = [(one["row"], one["code"]) for one in asked["findings"] if one["severity"] == "error"]
    assert told == [(at, one.code) for at, check in enumerate(mine, 1) for one in errors(check.findings)]
    assert asked["totals_count"] == totals(mine).count
