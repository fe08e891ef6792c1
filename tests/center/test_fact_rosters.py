"""Generated changes of facts: what a client finds is what the center finds, and only the good ones count."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from center.people import people_of
from domain.business import Source
from domain.businesses.registry import declare
from domain.findings import errors
from tests.support.center import running_center
from tests.support.filing import Office

KINDS = [(kind, name) for kind in ("unit_change", "person_change") for name in ("shaanxi", "lyszfgjj")]
TEXTS = [
    "",
    "乙路2号",
    "310000",
    "0571-87654321",
    "13912345678",
    "20",
    "已婚",
    "12a",
    "5000",
    "王小明",
    "甲\u200b",
]


@pytest.fixture(scope="module", params=KINDS, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def town(request: pytest.FixtureRequest) -> Iterator[tuple[str, Office, list[str]]]:
    kind, name = request.param
    with tempfile.TemporaryDirectory() as folder, running_center(Path(folder), name) as center:
        office = Office(center, address="甲路1号", details='{"postcode": "100000"}')
        yield kind, office, [office.give_account(person) for person in office.people(2)]


def registered(office: Office, kind: str, account: str) -> dict[str, str]:
    path = f"/people/{account}/facts" if kind == "person_change" else "/facts"
    values: dict[str, str] = office.unit_get(path)["values"]
    return values


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_client_and_center_find_the_same(town: tuple[str, Office, list[str]], data: st.DataObject) -> None:
    kind, office, numbers = town
    business: Any = declare(kind, office.profile)
    items = business.changes.items
    rows = []
    for _ in range(data.draw(st.integers(1, 5))):
        item, number = data.draw(st.sampled_from(items)), data.draw(st.sampled_from(numbers))
        present = item.display(registered(office, kind, number).get(item.key, ""))
        row = {
            "item": data.draw(st.sampled_from([item.key, item.title])),
            "old": data.draw(st.sampled_from([present, "别的"])),
            "new": data.draw(st.sampled_from(TEXTS)),
        }
        if kind == "person_change":
            row["account_no"] = number
        rows.append({key: text for key, text in row.items() if text})
    with office.center.store.read() as conn:
        people = people_of(conn, business, rows)
    mine = business.check_roster(rows, people.put_into(office.context(Source.SINGLE)))
    asked = office.center.post(
        f"/v1/units/{office.unit}/checks", {"business": kind, "source": "single", "rows": rows}, office.login
    ).json()
    told = [(one["row"], one["code"]) for one in asked["findings"]]
    assert told == [(at, one.code) for at, check in enumerate(mine, 1) for one in check.findings]
    good = [check for check in mine if check.ok]
    if not good or business.rules.workflow != "immediate":
        return
    before = {number: registered(office, kind, number) for number in numbers}
    sent = [{key: text for key, text in check.values.items() if text} for check in good]
    receipt = office.file(sent, business=kind)
    assert (receipt["ok"], receipt["failed"]) == (len(sent), 0)
    expected = {number: dict(values) for number, values in before.items()}
    for check in good:
        item = business.changes.item(check.values["item"])
        for number in [check.values["account_no"]] if kind == "person_change" else numbers:
            expected[number][item.key] = item.registered(check.values["new"])
    for number in numbers:
        now = registered(office, kind, number)
        assert now == {key: text for key, text in expected[number].items() if text}
    assert not errors(good[0].findings)
