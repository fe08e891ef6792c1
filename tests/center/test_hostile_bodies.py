"""Texts and numbers at their edges: each is refused by name, and none breaks the center or slips through."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.business import AccountStatus
from tests.center.conftest import MakeCenter
from tests.support.center import code_of, running_center
from tests.support.filing import OTHER, UNIT, Office


@pytest.mark.parametrize("amount", ["9999999999999.00", "٣٣٣.٠٠", "01920.00"])
def test_a_total_that_is_no_amount_of_ours_is_refused_by_name(make_center: MakeCenter, amount: str) -> None:
    office = Office(make_center("shanxi"))
    answer = office.send(office.body(office.rows(1), totals={"count": 1, "amount": amount}))
    assert code_of(answer) in ("totals.mismatch", "body.invalid"), answer.text
    assert office.accounts() == []


def test_a_refused_roster_of_enormous_bases_can_still_be_looked_up(make_center: MakeCenter) -> None:
    office = Office(make_center("shanxi"))
    rows = [row | {"base": "9999999999.99"} for row in office.rows(4200)]
    for row in rows:
        for key in ("unit_amount", "person_amount", "total_amount"):
            row.pop(key)
    request = office.request(office.body(rows, totals={"count": len(rows), "amount": "0.00"}))
    assert code_of(office.center.send(request)) == "submission.rejected"
    found = office.get(request.path.removeprefix("/v1"))
    assert (found["state"], found["amount"]) == ("refused", "10080000000000.00")


@pytest.mark.parametrize("before", ["9223372036854775808", "2147483648", "0", "-1"])
def test_a_page_of_the_inbox_from_beyond_is_refused(make_center: MakeCenter, before: str) -> None:
    office = Office(make_center("shanxi"))
    answer = office.center.get(f"/v1/inbox/items?tab=messages&before={before}", office.login)
    assert code_of(answer) == "body.invalid"


def test_a_nonce_longer_than_its_column_is_refused_on_both_databases(
    tmp_path: Path, database_url: str
) -> None:
    with running_center(tmp_path, "shanxi", url=database_url) as center:
        office = Office(center)
        body = office.body(office.rows(1))
        assert code_of(office.send(body, nonce="n" * 65)) == "signature.invalid"
        assert office.send(body, nonce="n" * 64).status_code == 201


def test_rows_of_a_stranger_are_not_even_read(make_center: MakeCenter) -> None:
    center = make_center("shanxi")
    Office(center)
    path, broken = f"/v1/units/{UNIT}/checks", b"[" * 100_000
    headers = {"content-type": "application/json"}
    assert code_of(center.client.post(path, content=broken, headers=headers)) == "auth.required"


def test_a_check_must_be_json(make_center: MakeCenter) -> None:
    office = Office(make_center("shanxi"))
    path = f"/v1/units/{UNIT}/checks"
    answer = office.center.client.post(path, content=b"a=b", headers=office.login.headers)
    assert code_of(answer) == "body.invalid"


def test_what_a_finding_quotes_is_safe_to_draw(make_center: MakeCenter) -> None:
    office = Office(make_center("lyszfgjj"))
    answer = office.send(office.body([office.rows(1)[0] | {"education": "\x1b]52;c;x\x07\u202e"}]))
    assert code_of(answer) == "submission.rejected"
    assert "\x1b" not in answer.text and "<ESC>" in answer.json()["findings"][0]["text"]
    assert answer.json()["findings"][0]["text"].isprintable()


# ---- what a tampered client might state ------------------------------------------------------------


def test_a_ratio_that_belies_the_amounts_is_refused(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"), unified_ratio=False)
    row = office.rows(1)[0]
    for ratio, code in (("5", "ratio.mismatch"), ("abc", "ratio.format")):
        answer = office.send(office.body([row | {"ratio": ratio}]))
        assert code_of(answer) == "submission.rejected"
        assert [found["code"] for found in answer.json()["findings"]] == [code]
    assert office.send(office.body([row | {"ratio": "12.00"}])).status_code == 201


@pytest.mark.parametrize(
    ("profile", "taken"), [("lyszfgjj", False), ("shaanxi", False), ("baishan", True), ("shanxi", True)]
)
def test_another_ratio_of_the_unit_goes_only_where_it_can_be_chosen(
    make_center: MakeCenter, profile: str, taken: bool
) -> None:
    office = Office(make_center(profile), ratios="[[1200,1200],[500,500]]")
    row = office.rows(1)[0] | {
        "unit_ratio": "5",
        "person_ratio": "5",
        "unit_amount": "400.00",
        "person_amount": "400.00",
        "total_amount": "800.00",
    }
    checked = office.center.post(
        f"/v1/units/{UNIT}/checks", {"business": "open", "source": "single", "rows": [row]}, office.login
    ).json()
    codes = [found["code"] for found in checked["findings"] if found["severity"] == "error"]
    assert codes == ([] if taken else ["ratio.not_unit"])


@pytest.mark.feature("W-05", profile="hangzhou")
def test_a_fund_the_unit_does_not_have_is_refused(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    office = Office(center)
    answer = office.send(office.body([office.rows(1)[0] | {"fund_type": "subsidy"}]))
    assert code_of(answer) == "submission.rejected"
    found = answer.json()["findings"][0]
    assert (found["code"], found["field"]) == ("fund_type.not_unit", "fund_type")
    assert "一般公积金" in found["text"]
    both = Office(center, OTHER, fund_types='["general","subsidy"]')
    assert both.send(both.body([both.rows(1)[0] | {"fund_type": "subsidy"}])).status_code == 201


@pytest.mark.parametrize("profile", ["hangzhou", "shanxi"])
def test_another_name_for_a_known_person_goes_to_the_counter(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    first, second = Office(center), Office(center, OTHER)
    person = first.people(1)[0]
    first.give_account(person, AccountStatus.MERGED)
    answer = second.send(second.body([second.row(person, name="别人")]))
    assert code_of(answer) == "submission.rejected"
    found = answer.json()["findings"]
    assert [(one["code"], one["field"]) for one in found] == [("open.name_differs", "name")]
    assert person.name not in answer.text
    assert second.send(second.body([second.row(person)])).status_code == 201
