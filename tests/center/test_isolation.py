"""One unit never sees another."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select

from center.store.tables import submission
from tests.support.center import CenterUnderTest
from tests.support.filing import OTHER, Office


def stored(center: CenterUnderTest) -> int:
    with center.store.read() as conn:
        return conn.execute(select(func.count()).select_from(submission)).scalar_one()


def test_a_unit_sees_nothing_of_another(center: CenterUnderTest) -> None:
    office, other = Office(center), Office(center, OTHER)
    number = office.file(office.rows(1))["submission_id"]
    mine, theirs = other.login.headers, office.login.headers
    gets = [
        f"/submissions/{number}",
        f"/submissions/{number}/rows",
        "/submissions",
        "/accounts",
        "/depositors",
        "/context",
        "/receipts",
        "/suspense",
    ]
    for path in gets:
        for headers in (
            mine,
            mine | {"x-unit-account": office.unit},
            theirs | {"x-unit-account": other.unit},
        ):
            unit = office.unit if headers is not theirs else other.unit
            answer = center.client.get(f"/v1/units/{unit}{path}", headers=headers)
            assert answer.status_code == 404, (path, answer.text)
    absent = center.client.get(f"/v1/units/{other.unit}/submissions/{number}", headers=mine)
    never = center.client.get(f"/v1/units/{other.unit}/submissions/{uuid.uuid4()}", headers=mine)
    assert (absent.status_code, absent.json()) == (404, never.json())
    stolen = office.request(office.body(office.rows(1)))
    stolen.headers |= {"authorization": mine["authorization"]}
    assert center.send(stolen).status_code == 404


def test_the_id_of_another_unit_neither_replays_nor_collides(center: CenterUnderTest) -> None:
    office, other = Office(center), Office(center, OTHER)
    number = office.file(office.rows(1))["submission_id"]
    answer = other.send(other.body(other.rows(1)), number)
    assert answer.status_code == 201
    assert answer.json()["replayed"] is False
    assert stored(center) == 2
