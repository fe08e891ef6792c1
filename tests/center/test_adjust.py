"""基数调整 and 年度核定 through the center: workflows, effects, history, refusals, generated rosters."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from center.remit.history import sheets
from center.store.tables import account, account_change, unit
from domain.business import AccountStatus, CheckContext, KnownAccount, PersonFacts, RatioPair, Source
from domain.businesses.adjust import BaseAdjust
from domain.businesses.registry import declare
from domain.money import format_yuan, parse_yuan
from tests.support.carry_out import approve, carry_out, work_off
from tests.support.center import CenterUnderTest
from tests.support.filing import Office, moved
from tests.support.remitting import settle_in, verify

MakeCenter = Callable[..., CenterUnderTest]
ADJUSTING = ["baishan", "lyszfgjj", "shanxi"]


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are worked off by hand."""
    monkeypatch.setattr("center.jobs.enqueue", lambda conn, job_id: None)


def known_people(office: Office) -> dict[str, PersonFacts]:
    """What the books say of everybody of the unit, as a client's copy tells it."""
    rows = office.unit_get("/depositors", since=0, limit=1000)["rows"]
    people: dict[str, PersonFacts] = {}
    for row in rows:
        known = KnownAccount(
            office.unit,
            row["account_no"],
            AccountStatus(row["status"]),
            parse_yuan(row["base"]),
            RatioPair(int(Decimal(row["unit_ratio"]) * 100), int(Decimal(row["person_ratio"]) * 100)),
            parse_yuan(row["unit_amount"]),
            parse_yuan(row["person_amount"]),
            opened=row["opened"],
        )
        people[row["id_number"]] = PersonFacts((known,), frozenset(), row["name"], row["id_number"])
    return people


def local(office: Office, source: Source = Source.SINGLE) -> CheckContext:
    """The context of a client with an up-to-date copy."""
    from dataclasses import replace

    people = known_people(office)
    numbers = {one.accounts[0].account_no: key for key, one in people.items()}
    return replace(office.context(source), people=people, by_account=numbers, people_known=True)


def checked(office: Office, business: str, rows: list[dict[str, str]], kind: str = "") -> list[Any]:
    declared = declare(business, office.profile)
    if kind:
        assert isinstance(declared, BaseAdjust)
        declared = declared.of_kind(kind)
    return declared.check_roster(rows, local(office))


def sent(office: Office, business: str, rows: list[dict[str, str]], kind: str = "") -> dict[str, Any]:
    """The body of a submission of checked rows with its totals."""
    checks = checked(office, business, rows, kind)
    told = [{key: text for key, text in one.values.items() if text} for one in checks]
    totals = {"count": len(told), "amount": format_yuan(sum(one.amount for one in checks))}
    return office.body(told, business, totals=totals)


def file(office: Office, business: str, rows: list[dict[str, str]], kind: str = "") -> dict[str, Any]:
    """File rows and see them through; gives the receipt as it stands."""
    body = sent(office, business, rows, kind)
    return carry_out(office, body["rows"], business, totals=body["totals"])


def history(office: Office) -> list[Any]:
    with office.center.store.read() as conn:
        mine = account_change.c.unit_account == office.unit
        return list(conn.execute(select(account_change).where(mine).order_by(account_change.c.rev)))


# ---- 基数调整 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=[
                pytest.mark.feature("B-01", profile=name),
                pytest.mark.feature("B-09", profile=name),
                pytest.mark.feature("B-10", profile=name),
            ],
        )
        for name in ADJUSTING
    ],
)
def test_a_new_base_counts_when_the_center_has_approved_it(make_center: MakeCenter, name: str) -> None:
    office = Office(make_center(name), paid_through=202610)
    numbers = [office.give_account(person) for person in office.people(2)]
    body = sent(office, "base_adjust", [{"account_no": numbers[0], "new_base": "9000.50"}])
    answer = office.send(body)
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert (receipt["state"], receipt["pending"], receipt["amount"]) == ("review", 1, "2160.12")
    assert receipt["message"].startswith("已提交至中心审核")
    assert [one.base for one in office.accounts()] == [800_000, 800_000]
    again = office.send(sent(office, "base_adjust", [{"account_no": numbers[0], "new_base": "9100"}]))
    assert again.status_code == 422
    assert "已提交审核但未审批的业务，不得重复提交" in again.json()["findings"][0]["text"]
    approve(office.center)
    first, second = office.accounts()
    assert (first.base, first.unit_amount, first.person_amount) == (900_050, 108_006, 108_006)
    assert (first.unit_ratio, second.base) == (1200, 800_000)
    line = history(office)[-1]
    assert (line.business, line.month, line.base_from, line.base_to) == (
        "base_adjust", 202611, 800_000, 900_050,
    )  # fmt: skip
    assert (line.unit_amount_from, line.unit_amount_to) == (96_000, 108_006)


@pytest.mark.feature("B-12", profile=["baishan", "lyszfgjj"])
@pytest.mark.parametrize("name", ["baishan", "lyszfgjj"])
def test_a_new_base_counts_behind_the_month_that_is_verified(make_center: MakeCenter, name: str) -> None:
    """Verified and not paid is as good as paid: the change says the month in which it first counts."""
    office = Office(make_center(name), paid_through=202610)
    number, _ = (office.give_account(person) for person in office.people(2))
    settle_in(office)
    typed = [{"account_no": number, "new_base": "9000.00"}]
    early = sent(office, "base_adjust", typed)
    verify(office)
    told = office.unit_get("/context")
    assert (told["paid_through"], told["verified_through"]) == (202610, 202611)
    answer = office.send(early)
    assert answer.status_code == 422
    (late,) = answer.json()["findings"]
    assert (late["code"], late["text"][:13]) == ("adjust.month", "变更月度应为202612，")
    assert file(office, "base_adjust", typed)["ok"] == 1
    assert history(office)[-1].month == 202612
    with office.center.store.read() as conn:
        before, now = sheets(conn, office.unit, 202611, 2)
    assert (before.shares[number].base, now.shares[number].base) == (800_000, 900_000)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("baishan", marks=pytest.mark.feature("B-11", profile="baishan")),
        "lyszfgjj",
        pytest.param("shanxi", marks=pytest.mark.feature("B-11", profile="shanxi")),
    ],
)
def test_the_unit_is_told_that_the_change_is_done(make_center: MakeCenter, name: str) -> None:
    office = Office(make_center(name), name="示例公司")
    number = office.give_account(office.people(1)[0])
    receipt = file(office, "base_adjust", [{"account_no": number, "new_base": "9000"}])
    assert (receipt["state"], receipt["ok"]) == ("done", 1)
    assert office.inbox("messages")[0]["body"].startswith("尊敬的示例公司，您已完成办理缴存人基数变更！")
    told = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")
    assert [row["state"] for row in told["rows"]] == ["ok"]
    listed = office.unit_get("/submissions", business="base_adjust")
    assert [one["serial"] for one in listed["batches"]] == [receipt["serial"]]


@pytest.mark.feature("B-02", profile="shanxi")
def test_ratios_and_amounts_change_the_account(make_center: MakeCenter) -> None:
    office = Office(make_center("shanxi"), ratios="[[1200, 1200], [1000, 800]]")
    numbers = [office.give_account(person) for person in office.people(2)]
    ratio = {"account_no": numbers[0], "new_unit_ratio": "10", "new_person_ratio": "8"}
    for kind, row in (("ratio", ratio), ("amount", {"account_no": numbers[1], "new_amount": "2000"})):
        body = sent(office, "base_adjust", [row], kind)
        office.file(body["rows"], business="base_adjust", totals=body["totals"])
    approve(office.center)
    first, second = office.accounts()
    assert (first.unit_ratio, first.person_ratio, first.unit_amount, first.person_amount) == (
        1000, 800, 80_000, 64_000,
    )  # fmt: skip
    assert (second.base, second.unit_amount, second.person_amount) == (833_333, 100_000, 100_000)


@pytest.mark.feature("A-01", profile="baishan")
def test_baishan_wants_attachments(make_center: MakeCenter) -> None:
    office = Office(make_center("baishan"))
    number = office.give_account(office.people(1)[0])
    body = sent(office, "base_adjust", [{"account_no": number, "new_base": "9000"}])
    answer = office.send(body | {"attachments": []})
    assert (answer.status_code, answer.json()["code"]) == (422, "attachment.missing")


@pytest.mark.parametrize(
    ("name", "business"),
    [
        ("hangzhou", "base_adjust"),
        ("hangzhou", "annual"),
        ("shaanxi", "base_adjust"),
        ("baishan", "annual"),
        ("lyszfgjj", "annual"),
        ("shanxi", "annual"),
    ],
)
def test_a_center_without_the_business_refuses_it(make_center: MakeCenter, name: str, business: str) -> None:
    office = Office(make_center(name))
    number = office.give_account(office.people(1)[0])
    row = {"account_no": number, "new_base": "9000.00", "change_kind": "base"}
    answer = office.send(office.body([row], business))
    assert (answer.status_code, answer.json()["code"]) == (403, "module.off")
    query = office.center.post(
        f"/v1/units/{office.unit}/checks",
        {"business": business, "source": "single", "rows": [row]},
        office.login,
    )
    assert (query.status_code, query.json()["code"]) == (403, "module.off")
    assert office.accounts()[0].base == 800_000


def test_what_changed_meanwhile_is_not_overwritten(make_center: MakeCenter) -> None:
    """A change by amount was computed from a base that is no longer the person's; the row fails, told why."""
    office = Office(make_center("baishan"))
    number = office.give_account(office.people(1)[0])
    body = sent(office, "base_adjust", [{"account_no": number, "new_base": "9000"}])
    receipt = office.file(body["rows"], business="base_adjust", totals=body["totals"])
    with office.center.store.write() as conn:
        conn.execute(update(account).values(status=AccountStatus.SEALED.value))
    approve(office.center)
    (row,) = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")["rows"]
    assert row["state"] == "failed" and row["reason"].startswith("缴存人状态为正常的职工才允许")
    assert office.accounts()[0].base == 800_000


# ---- generated rosters ---------------------------------------------------------------------------------


def rosters(office: Office, kind: str, dice: random.Random) -> Iterator[list[dict[str, str]]]:
    """Rosters of one kind: good and bad values, unknown and repeated people, wrong names."""
    own = [one.account_no for one in office.accounts()]
    texts = [
        "8000",
        "9000.5",
        "100",
        "99999",
        "0",
        "-1",
        "abc",
        "",
        "1920.00",
        "2000.01",
        "2345.67",
        "468",
        "12",
    ]
    ratios = ["12", "10", "8", "5", "4", "13", "", "x", "12.5"]
    for _ in range(12):
        rows = []
        for _ in range(dice.randint(1, 6)):
            row = {"account_no": dice.choice([*own, "10000100009999", "123", ""])}
            if kind == "ratio":
                row |= {key: dice.choice(ratios) for key in ("new_unit_ratio", "new_person_ratio")}
            else:
                row[f"new_{kind}"] = dice.choice(texts)
            if dice.random() < 0.2:
                row["name"] = "不是本人"
            rows.append(row)
        yield rows


def amount_again(base: str, first: str, second: str) -> Decimal:
    """An independent computation of a monthly amount."""
    cent = Decimal("0.01")
    sides = [(Decimal(base) * Decimal(r) / 100).quantize(cent, ROUND_HALF_UP) for r in (first, second)]
    return sum(sides, Decimal(0))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("baishan", "base"),
        ("baishan", "amount"),
        ("lyszfgjj", "base"),
        ("shanxi", "base"),
        ("shanxi", "amount"),
        ("shanxi", "ratio"),
        ("shaanxi", "annual"),
    ],
)
def test_client_and_center_find_the_same(make_center: MakeCenter, name: str, kind: str) -> None:
    yearly = kind == "annual"
    center = make_center(name)
    if yearly:
        moved(center, date(2026, 7, 6))
    office = Office(center, ratios="[[1200, 1200], [1000, 800]]", paid_through=202606 if yearly else 202610)
    for person, status in zip(office.people(4), ("01", "01", "02", "01"), strict=True):
        office.give_account(person, AccountStatus(status))
    with center.store.write() as conn:
        conn.execute(update(account).values(opened="2024-03-01"))
    business = "annual" if yearly else "base_adjust"
    dice = random.Random(f"{name} {kind}")
    for rows in rosters(office, "base" if yearly else kind, dice):
        if yearly:
            people = {one.accounts[0].account_no: one for one in known_people(office).values()}
            for row in rows:
                if (one := people.get(row["account_no"])) is not None:
                    row |= {"name": row.get("name", one.name), "id_number": one.id_number}
        checks = checked(office, business, rows, "" if yearly else kind)
        told = [{key: text for key, text in one.values.items() if text} for one in checks]
        answer = center.post(
            f"/v1/units/{office.unit}/checks",
            {"business": business, "source": "single", "rows": told},
            office.login,
        )
        assert answer.status_code == 200, answer.text
        found = sorted((one["row"], one["field"], one["code"]) for one in answer.json()["findings"])
        mine = sorted(
            (place, one.field, one.code) for place, check in enumerate(checks, 1) for one in check.findings
        )
        assert found == mine
        for check in checks:
            if check.ok:
                after = check.values
                again = amount_again(after["new_base"], after["new_unit_ratio"], after["new_person_ratio"])
                assert Decimal(after["new_amount"]) == again
                assert check.amount == int(again * 100)


# ---- 年度核定 ------------------------------------------------------------------------------------------


def july(make_center: MakeCenter, people: int = 2, **values: Any) -> tuple[Office, list[dict[str, str]]]:
    """A unit of shaanxi in July that has paid June, and the rows of its people."""
    center = make_center("shaanxi")
    moved(center, date(2026, 7, 6))
    office = Office(center, paid_through=202606, **values)
    for person in office.people(people):
        office.give_account(person)
    with center.store.write() as conn:
        conn.execute(update(account).values(opened="2024-03-01"))
        conn.execute(update(unit).values(verified_year=2025))
    rows = [
        {"account_no": one.accounts[0].account_no, "name": one.name, "id_number": key, "new_base": "9000"}
        for key, one in known_people(office).items()
    ]
    return office, rows


def verified(office: Office) -> int | None:
    with office.center.store.read() as conn:
        year: int | None = conn.execute(select(unit.c.verified_year)).scalar_one()
        return year


@pytest.mark.feature("B-09", profile="shaanxi")
@pytest.mark.feature("B-10", profile="shaanxi")
@pytest.mark.feature("B-14", profile="shaanxi")
@pytest.mark.feature("B-15", profile="shaanxi")
def test_the_year_is_verified_once_for_everybody(make_center: MakeCenter) -> None:
    office, rows = july(make_center)
    receipt = file(office, "annual", rows)
    assert (receipt["state"], receipt["ok"], receipt["amount"]) == ("done", 2, "4320.00")
    assert [(one.base, one.unit_amount) for one in office.accounts()] == [(900_000, 108_000)] * 2
    assert verified(office) == 2026
    told = "年度核定处理完成：成功2人，失败0人。本单位2026年度的年度核定已全部完成。"
    assert office.inbox("messages")[0]["body"] == told
    assert [(line.business, line.reason) for line in history(office)[-2:]] == [("annual", "2026")] * 2
    again = office.send(sent(office, "annual", rows))
    assert (again.status_code, again.json()["findings"][0]["code"]) == (422, "annual.done")


@pytest.mark.feature("S-08", profile="shaanxi")
@pytest.mark.feature("V-30", profile="shaanxi")
def test_july_is_free_for_sealing_after_it(make_center: MakeCenter) -> None:
    office, rows = july(make_center)
    seal = office.account_row(rows[0]["account_no"])
    refused = office.send(office.body([seal], "seal"))
    assert refused.json()["findings"][0]["code"] == "seal.july"
    file(office, "annual", rows)
    assert carry_out(office, [seal], "seal")["ok"] == 1


def test_who_is_missing_may_follow_but_nobody_comes_twice(make_center: MakeCenter) -> None:
    office, rows = july(make_center, 3)
    assert file(office, "annual", rows[:2])["ok"] == 2
    assert verified(office) == 2025
    assert "还有1名职工没有核定" in office.inbox("messages")[0]["body"]
    again = file(office, "annual", [rows[0]])
    assert (again["ok"], again["failed"]) == (0, 1)
    assert file(office, "annual", rows[2:])["ok"] == 1
    assert verified(office) == 2026


@pytest.mark.feature("V-31", profile="shaanxi")
def test_a_unit_that_owes_june_is_refused(make_center: MakeCenter) -> None:
    office, rows = july(make_center)
    body = sent(office, "annual", rows)
    with office.center.store.write() as conn:
        conn.execute(update(unit).values(paid_through=202605))
    answer = office.send(body)
    assert answer.status_code == 422
    assert answer.json()["findings"][0]["text"].startswith("每年6月份汇缴完成后方可办理下年度的年度核定")


def test_two_at_once_verify_each_person_once(make_center: MakeCenter) -> None:
    """The same roster filed again while the first is processed stops at the center."""
    office, rows = july(make_center)
    body = sent(office, "annual", rows)
    first = office.file(body["rows"], business="annual", totals=body["totals"])
    second = office.send(body)
    assert second.status_code == 422
    work_off(office.center)
    assert office.unit_get(f"/submissions/{first['submission_id']}")["ok"] == 2
