from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from center.store.tables import account, submission
from domain.canonical import canonical_json
from tests.support.center import CenterUnderTest, running_center
from tests.support.filing import OTHER, Office

MakeCenter = Callable[..., CenterUnderTest]


def stored(center: CenterUnderTest) -> int:
    with center.store.read() as conn:
        return conn.execute(select(func.count()).select_from(submission)).scalar_one()


BAD_VALUES: list[tuple[str, bytes]] = [
    ("negative total", b'"amount":"-1.00"'),
    ("number total", b'"amount":1920.00'),
    ("huge total", b'"amount":"99999999999999.00"'),
    ("exponent", b'"amount":1e400'),
    ("not a number", b'"amount":NaN'),
    ("true", b'"amount":true'),
    ("null", b'"amount":null'),
]


@pytest.mark.parametrize("text", [text for _, text in BAD_VALUES], ids=[name for name, _ in BAD_VALUES])
def test_hostile_amounts_are_refused_and_use_nothing_up(make_center: MakeCenter, text: bytes) -> None:
    center = make_center("shaanxi")
    office = Office(center)
    content = canonical_json(office.body(office.rows(1))).replace(b'"amount":"1920.00"', text)
    assert text in content
    answer = center.send(office.raw(content))
    assert (answer.status_code, answer.json()["code"]) == (400, "body.invalid"), answer.text
    assert stored(center) == 0


@pytest.mark.parametrize(
    "base",
    [
        "-8000.00",
        "0",
        "1e5",
        "1E400",
        "NaN",
        "inf",
        "8000.005",
        "８０００",
        "99999999999999999999",
        "9223372036854775808",
        "",
        "true",
        "####",
    ],
)
def test_hostile_bases_never_open_an_account(make_center: MakeCenter, base: str) -> None:
    office = Office(make_center("shanxi"))
    row = office.rows(1)[0] | {"base": base}
    answer = office.send(office.body([row]))
    assert (answer.status_code, answer.json()["code"]) == (422, "submission.rejected"), answer.text
    assert any(found["field"] == "base" for found in answer.json()["findings"])
    assert office.accounts() == []


def _changed(body: dict[str, Any], change: str) -> bytes:
    if change == "unknown key":
        return canonical_json(body | {"approved_by": "me"})
    if change == "count true":
        return canonical_json(body | {"totals": body["totals"] | {"count": True}})
    if change == "count 2^63":
        return canonical_json(body).replace(b'"count":1', b'"count":9223372036854775808')
    if change == "duplicate key":
        return canonical_json(body).replace(b'"remark":""', b'"remark":"","remark":"x"')
    if change == "nested":
        return b'{"rows":' + b"[" * 5000 + b"]" * 5000 + b"}"
    if change == "row of numbers":
        return canonical_json(body | {"rows": [{"base": 8000}]})
    if change == "no rows":
        return canonical_json(body | {"rows": []})
    if change == "other business":
        return canonical_json(body | {"business": "Seal!"})
    if change == "not json":
        return b"\xff\xfe\x00"
    if change == "nul":
        return canonical_json(body | {"remark": "a\x00b"})
    if change == "surrogate":
        return canonical_json(body).replace(b'"remark":""', b'"remark":"\\ud800"')
    return b""


@pytest.mark.parametrize(
    "change",
    ["unknown key", "count true", "count 2^63", "duplicate key", "nested", "row of numbers", "no rows",
     "other business", "not json", "nul", "surrogate", "empty"],
)  # fmt: skip
def test_hostile_bodies_are_refused_and_use_nothing_up(make_center: MakeCenter, change: str) -> None:
    center = make_center("shaanxi")
    office = Office(center)
    answer = center.send(office.raw(_changed(office.body(office.rows(1)), change)))
    assert (answer.status_code, answer.json()["code"]) == (400, "body.invalid"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert stored(center) == 0


def test_more_rows_than_allowed_are_refused(make_center: MakeCenter) -> None:
    center = make_center("shaanxi")
    office = Office(center)
    body = office.body(office.rows(1))
    row = json.dumps({"name": "x"}).encode()
    rows = b'"rows":[' + b",".join([row] * 100_001) + b"]"
    content = canonical_json(body | {"rows": [{"name": "x"}]}).replace(b'"rows":[{"name":"x"}]', rows)
    answer = center.send(office.raw(content))
    assert (answer.status_code, answer.json()["code"]) == (400, "body.invalid")
    assert stored(center) == 0


HOSTILE_NAMES = ["张\x1b[31m三", "张\u202e三", "张\u200b三", "张\u0085三", "张3", "[bold]张", "张" * 61]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_refused_with_a_clean_reason(tmp_path: Any, database_url: str, name: str) -> None:
    with running_center(tmp_path, "baishan", url=database_url) as center:
        office = Office(center)
        rows = office.rows(2)
        rows[1] |= {"name": name}
        receipt = office.file(rows)
        assert (receipt["ok"], receipt["failed"]) == (1, 1)
        found = receipt["findings"][0]
        assert (found["row"], found["field"]) == (2, "name")
        assert found["text"].isprintable()
        page = office.unit_get(f"/submissions/{receipt['submission_id']}/rows", state="failed")
        assert page["rows"][0]["reason"].isprintable()
        assert page["rows"][0]["values"]["name"] == name


def test_rare_and_long_names_are_taken(center: CenterUnderTest) -> None:
    office = Office(center)
    names = ["李𬱖", "㐱䶮", "古丽巴哈尔·阿不都热依木", "阿卜杜拉·玉素甫"]
    receipt = office.file(
        [office.row(person, name=name) for person, name in zip(office.people(4), names, strict=True)]
    )
    assert receipt["ok"] == 4
    assert [row["name"] for row in office.unit_get("/depositors")["rows"]] == names


def test_stated_amounts_other_than_the_computed_ones_are_refused(center: CenterUnderTest) -> None:
    office = Office(center)
    row = office.rows(1)[0] | {"unit_amount": "960.01"}
    answer = office.send(office.body([row]))
    assert answer.status_code == 422
    assert answer.json()["findings"][0]["code"] == "amount.mismatch"


def test_keys_that_the_business_does_not_have_change_nothing(center: CenterUnderTest) -> None:
    office = Office(center)
    row = office.rows(1)[0] | {
        "account_no": "1",
        "balance": "1000000.00",
        "unit_account": OTHER,
        "status": "02",
    }
    office.file([row])
    made = office.accounts()
    assert [(one.unit_account, one.status) for one in made] == [(office.unit, "01")]
    with center.store.read() as conn:
        assert conn.execute(select(func.count()).select_from(account)).scalar_one() == 1
