"""汇缴 through the center: verified, refused, taken back, allocated by hand, money that finds its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, update

from center.ledger.post import holdings
from center.rows import check_rows
from center.settling import expected
from center.store.money_tables import journal, remittance, transfer
from center.store.tables import unit
from domain.business import Source
from domain.businesses.registry import declare
from domain.money import format_yuan, parse_yuan
from tests.support.carry_out import approve, carry_out, work_off
from tests.support.center import START, CenterUnderTest, running_center
from tests.support.filing import Office
from tests.support.remitting import (
    assert_audited,
    come,
    due,
    leaving,
    month_row,
    on_day,
    plan,
    settle_in,
    standing,
    verify,
    waiting,
)

MakeOffice = Callable[..., Office]
REMITTING = ["baishan", "lyszfgjj", "shaanxi"]
SEVERAL = ["baishan", "lyszfgjj"]
MONTHLY = 192_000
"""What 8000.00 at 12% and 12% comes to in 分."""


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are worked off by hand."""
    monkeypatch.setattr("center.jobs.enqueue", lambda conn, job_id: None)


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], CenterUnderTest]]:
    """The centers of this module, each started when first asked for; every test has units of its own."""
    folder, made = tmp_path_factory.mktemp("remit"), dict[str, CenterUnderTest]()
    with ExitStack() as stack:

        def of(name: str) -> CenterUnderTest:
            if name not in made:
                (folder / name).mkdir()
                made[name] = stack.enter_context(running_center(folder / name, name))
            made[name].clock.set(START)
            return made[name]

        yield of
        for center in made.values():
            assert_audited(center.store)


_UNITS = iter(range(200_001, 299_999))


@pytest.fixture
def office_of(towns: Callable[[str], CenterUnderTest]) -> MakeOffice:
    """Make a unit paid up to a month, with people who have been there for long."""

    def make(name: str, people: int = 3, *, paid: int | None = 202610, **values: Any) -> Office:
        office = Office(towns(name), str(next(_UNITS)), paid_through=paid, **values)
        for person in office.people(people):
            office.give_account(person)
        settle_in(office)
        return office

    return make


def adjusted(office: Office, number: str, base: str = "9000.00") -> dict[str, Any]:
    """Declare another base for an account."""
    declared = declare("base_adjust", office.profile)
    context = office.context(Source.CENTER)
    with office.center.store.read() as conn:
        row = {"account_no": number, "new_base": base, "change_kind": "base"}
        (check,), _ = check_rows(conn, declared, context, [row])
    row = {key: text for key, text in check.values.items() if text}
    totals = {"count": 1, "amount": format_yuan(check.amount)}
    answer = office.send(office.body([row], "base_adjust", totals=totals))
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def numbers(office: Office) -> list[str]:
    return [one.account_no for one in office.accounts()]


def refused(office: Office, rows: list[dict[str, str]], business: str = "remit") -> list[dict[str, Any]]:
    """The findings of a submission of which nothing is taken."""
    before = standing(office.center.store, office.unit)
    answer = office.send(office.body(rows, business))
    assert answer.status_code == 422, answer.text
    assert standing(office.center.store, office.unit) == before
    found: list[dict[str, Any]] = answer.json()["findings"]
    assert all(one["text"].endswith("。") for one in found)
    return found


def first_code(office: Office, rows: list[dict[str, str]], business: str = "remit") -> str:
    return str(refused(office, rows, business)[0]["code"])


def columns(month: dict[str, Any]) -> list[tuple[int, str]]:
    return [(month[f"{one}people"], month[f"{one}amount"]) for one in ("last_", "more_", "less_", "")]


# ---- verification --------------------------------------------------------------------------------


@pytest.mark.feature("R-01", profile=REMITTING)
@pytest.mark.feature("R-03", profile=REMITTING)
@pytest.mark.feature("R-08", profile=REMITTING)
@pytest.mark.parametrize("name", REMITTING)
def test_a_month_is_counted_and_verified_and_the_next_comes(office_of: MakeOffice, name: str) -> None:
    office = office_of(name)
    told = plan(office)
    (month,) = told["months"]
    assert (month["month"], month["state"], told["last"], told["stopped"]) == (202611, "due", 202610, "")
    assert columns(month) == [(3, "5760.00"), (0, "0.00"), (0, "0.00"), (3, "5760.00")]
    assert (month["unit_amount"], month["person_amount"]) == ("2880.00", "2880.00")
    verify(office)
    assert standing(office.center.store, office.unit) == (202610, [(202611, "declared")])
    assert plan(office)["months"] == []
    on_day(office, date(2026, 12, 2))
    assert [one["month"] for one in plan(office)["months"]] == [202612]
    (listed,) = office.unit_get("/remittances")["months"]
    assert {key: listed[key] for key in ("people", "amount", "state", "checked")} == {
        "people": 3, "amount": "5760.00", "state": "declared", "checked": "2026-11-23",
    }  # fmt: skip
    assert listed["serial"] and listed["operator"] == "经办人"


@pytest.mark.feature("R-04", profile=SEVERAL)
@pytest.mark.parametrize("name", SEVERAL)
def test_the_unit_is_told(office_of: MakeOffice, name: str) -> None:
    office = office_of(name)
    receipt = office.file(due(office), business="remit")
    sentence = f"尊敬的示例单位{office.unit}，您已完成办理汇缴核定"
    assert (receipt["state"], receipt["message"]) == ("done", sentence)
    (message,) = office.inbox("messages")
    assert message["body"] == sentence
    (started,) = office.inbox("started")
    assert "1期，汇缴金额5760.00元" in started["body"]


@pytest.mark.feature("R-03", profile="shaanxi")
def test_shaanxi_verifies_through_its_jobs(office_of: MakeOffice) -> None:
    office = office_of("shaanxi")
    receipt = office.file(due(office), business="remit")
    assert receipt["state"] == "processing" and standing(office.center.store, office.unit)[1] == []
    assert first_code(office, due(office)) == "remit.blocked"
    work_off(office.center)
    assert standing(office.center.store, office.unit)[1] == [(202611, "declared")]
    (batch,) = office.unit_get("/submissions", business="remit", month=202611)["batches"]
    assert (batch["title"], batch["ok"], batch["state"]) == ("汇缴核定", 1, "done")


@pytest.mark.feature("R-02", profile=SEVERAL)
@pytest.mark.parametrize("name", SEVERAL)
def test_several_months_in_one_submission(office_of: MakeOffice, name: str) -> None:
    office = office_of(name, paid=202607)
    assert [one["month"] for one in plan(office)["months"]] == [202608, 202609, 202610, 202611]
    receipt = office.file(due(office, 3), business="remit")
    assert (receipt["ok"], receipt["amount"]) == (3, "17280.00")
    months = [(202608, "declared"), (202609, "declared"), (202610, "declared")]
    assert standing(office.center.store, office.unit) == (202607, months)


@pytest.mark.feature("R-02", profile="shaanxi")
def test_shaanxi_verifies_one_month_at_a_time(office_of: MakeOffice) -> None:
    office = office_of("shaanxi", paid=202608)
    receipt = office.file(due(office, 2), business="remit")
    assert (receipt["pending"], receipt["failed"]) == (1, 1)
    (failed,) = office.unit_get(f"/submissions/{receipt['submission_id']}/rows", state="failed")["rows"]
    assert failed["code"] == "remit.one"
    work_off(office.center)
    assert standing(office.center.store, office.unit)[1] == [(202609, "declared")]


@pytest.mark.feature("R-06", profile=REMITTING)
@pytest.mark.feature("V-32", profile="shaanxi")
@pytest.mark.parametrize("name", REMITTING)
def test_months_follow_each_other(office_of: MakeOffice, name: str) -> None:
    office = office_of(name, paid=202608)
    rows = due(office, 3)
    assert first_code(office, [rows[1]]) == "remit.gap"
    assert refused(office, [rows[1]])[0]["text"] == "单位缴存月份必须按月连续汇缴，请先核定202609。"
    paid = rows[0] | {"month": "202608"}
    assert refused(office, [paid])[0]["text"].startswith("汇缴月份不能小于等于缴至月份，本单位已缴至202608")
    verify(office)
    assert refused(office, [rows[0]])[0]["text"].startswith("202609已经核定，不能重复核定")
    assert first_code(office, [rows[0] | {"month": "202613"}]) == "month.format"


@pytest.mark.parametrize("name", REMITTING)
def test_no_month_to_come_is_verified(office_of: MakeOffice, name: str) -> None:
    office = office_of(name)
    rows = verify(office)
    (found,) = refused(office, [rows[0] | {"month": "202612"}])
    assert (found["code"], found["text"][:9]) == ("remit.future", "还没有到202612"[:9])


@pytest.mark.parametrize("name", SEVERAL)
def test_behind_a_month_that_cannot_go_nothing_goes(office_of: MakeOffice, name: str) -> None:
    office = office_of(name, paid=202608)
    first, second, third = due(office, 3)
    assert [one["code"] for one in refused(office, [second, third])] == ["remit.gap", "remit.behind"]
    assert [one["code"] for one in refused(office, [first | {"people": "2"}, second])] == [
        "remit.changed", "remit.behind",
    ]  # fmt: skip
    receipt = office.file([first, second | {"total_amount": "1.00"}, third], business="remit")
    assert (receipt["ok"], receipt["failed"]) == (1, 2)
    assert standing(office.center.store, office.unit)[1] == [(202609, "declared")]


@pytest.mark.feature("R-07", profile="shaanxi")
@pytest.mark.feature("V-32", profile="shaanxi")
def test_july_comes_after_the_yearly_verification(office_of: MakeOffice) -> None:
    office = office_of("shaanxi", paid=202606, verified_year=2025)
    (found,) = refused(office, due(office))
    assert found["text"] == "每年7月的汇缴核定应在年度核定完成后办理，请先办理2026年度核定。"
    assert plan(office)["stopped"] == found["text"]
    with office.center.store.write() as conn:
        conn.execute(update(unit).where(unit.c.unit_account == office.unit).values(verified_year=2026))
    verify(office)
    assert standing(office.center.store, office.unit)[1] == [(202607, "declared")]


@pytest.mark.parametrize("name", SEVERAL)
def test_elsewhere_july_is_like_any_month(office_of: MakeOffice, name: str) -> None:
    office = office_of(name, paid=202606)
    verify(office)
    assert standing(office.center.store, office.unit)[1] == [(202607, "declared")]


@pytest.mark.feature("R-05", profile=["baishan", "lyszfgjj"])
@pytest.mark.feature("V-02", profile="baishan")
@pytest.mark.parametrize("name", SEVERAL)
def test_what_is_under_way_stops_it_and_is_named(office_of: MakeOffice, name: str) -> None:
    office = office_of(name)
    number = numbers(office)[0]
    receipt = adjusted(office, number)
    assert receipt["state"] == "review"
    (found,) = refused(office, due(office))
    assert found["code"] == "remit.blocked" and "不允许进行汇缴核定" in found["text"]
    told = office.unit_get("/remittances/check", month=202611)
    assert told["findings"] == [found["text"]]
    (obstacle,) = told["obstacles"]
    assert (obstacle["title"], obstacle["serial"], obstacle["account_no"]) == (
        "基数调整", receipt["serial"], number,
    )  # fmt: skip
    assert obstacle["name"] and obstacle["state"] == "pending"
    approve(office.center)
    assert office.unit_get("/remittances/check", month=202611)["findings"] == []
    verify(office)


@pytest.mark.feature("R-05", profile="shaanxi")
def test_shaanxi_waits_for_its_own_jobs(office_of: MakeOffice) -> None:
    office = office_of("shaanxi")
    office.file([office.account_row(numbers(office)[0])], business="seal")
    assert first_code(office, due(office)) == "remit.blocked"
    work_off(office.center)
    (month,) = plan(office)["months"]
    assert columns(month) == [(3, "5760.00"), (0, "0.00"), (1, "1920.00"), (2, "3840.00")]
    verify(office)


@pytest.mark.parametrize("name", REMITTING)
def test_figures_that_changed_are_told_anew(office_of: MakeOffice, name: str) -> None:
    office = office_of(name)
    rows = due(office)
    office.give_account(office.people(1)[0])
    (found,) = refused(office, rows)
    assert found["code"] == "remit.changed" and "4人、7680.00元" in found["text"]
    verify(office)


# ---- the four columns ----------------------------------------------------------------------------


@pytest.mark.feature("R-08", profile="baishan")
def test_the_columns_follow_what_was_done(office_of: MakeOffice) -> None:
    """One opened, one sealed, one with a higher base; the list names each of them."""
    office = office_of("baishan")
    raised, sealed, _ = numbers(office)
    opened = office.give_account(office.people(1)[0])
    adjusted(office, raised)
    approve(office.center)
    carry_out(office, [office.account_row(sealed)], "seal")
    (month,) = plan(office)["months"]
    assert columns(month) == [(3, "5760.00"), (1, "2160.00"), (1, "1920.00"), (3, "6000.00")]
    expected = [
        (raised, "基数调整", 0, "240.00"),
        (sealed, "封存", -1, "-1920.00"),
        (opened, "缴存人登记", 1, "1920.00"),
    ]

    def told() -> list[tuple[Any, ...]]:
        rows = office.unit_get("/remittances/202611/changes")["rows"]
        return [(one["account_no"], one["title"], one["people"], one["amount"]) for one in rows]

    assert told() == sorted(expected)
    verify(office)
    assert told() == sorted(expected)
    people = office.unit_get("/remittances/202611/people")["rows"]
    assert [(one["account_no"], one["base"], one["amount"]) for one in people] == sorted(
        [
            (raised, "9000.00", "2160.00"),
            (numbers(office)[2], "8000.00", "1920.00"),
            (opened, "8000.00", "1920.00"),
        ]
    )


@pytest.mark.feature("R-08", profile=REMITTING)
@pytest.mark.parametrize("name", REMITTING)
def test_what_comes_after_the_verification_stands_in_the_next_month(office_of: MakeOffice, name: str) -> None:
    office = office_of(name)
    verify(office)
    before = office.unit_get("/remittances/202611/people")
    carry_out(office, [office.account_row(numbers(office)[0])], "seal")
    assert office.unit_get("/remittances/202611/people") == before
    on_day(office, date(2026, 12, 2))
    (month,) = plan(office)["months"]
    assert columns(month) == [(3, "5760.00"), (0, "0.00"), (1, "1920.00"), (2, "3840.00")]


@pytest.mark.feature("R-08", profile="baishan")
def test_a_change_counts_from_its_own_month(office_of: MakeOffice) -> None:
    """A unit that is behind: who is sealed now was there in the months before; a new base counts from the
    month it was declared for."""
    office = office_of("baishan", paid=202608)
    raised, sealed, _ = numbers(office)
    carry_out(office, [office.account_row(sealed)], "seal")
    adjusted(office, raised)
    approve(office.center)
    now = [(one["month"], one["people"], one["amount"]) for one in plan(office)["months"]]
    assert now == [(202609, 3, "6000.00"), (202610, 3, "6000.00"), (202611, 2, "4080.00")]


def test_the_first_month_of_a_new_unit(office_of: MakeOffice) -> None:
    office = office_of("baishan", 0, paid=None)
    for person in office.people(2):
        office.give_account(person)
    told = plan(office)
    (month,) = told["months"]
    assert (told["last"], month["month"]) == (None, 202611)
    assert columns(month) == [(0, "0.00"), (2, "3840.00"), (0, "0.00"), (2, "3840.00")]
    verify(office)


def test_a_month_in_which_nobody_pays_needs_no_money(office_of: MakeOffice) -> None:
    office = office_of("baishan", 1)
    carry_out(office, [office.account_row(numbers(office)[0])], "seal")
    verify(office)
    assert standing(office.center.store, office.unit) == (202611, [(202611, "paid")])


# ---- taken back ----------------------------------------------------------------------------------


@pytest.mark.feature("R-11", profile=REMITTING)
@pytest.mark.feature("R-12", profile=REMITTING)
@pytest.mark.feature("V-03", profile="baishan")
@pytest.mark.parametrize("name", REMITTING)
def test_months_are_taken_back_from_the_latest(office_of: MakeOffice, name: str) -> None:
    office = office_of(name, paid=202608)
    first, second = verify(office, 2)
    (found,) = refused(office, [first], "remit_cancel")
    assert found["text"].startswith("只能从最近的核定月度开始删除，不允许任意删除")
    receipt = office.file([second], business="remit_cancel")
    message = {"shaanxi": "取消核定处理完成：成功1期，失败0期。"}.get(name, "核定删除成功")
    assert receipt["message"] == message
    assert standing(office.center.store, office.unit)[1] == [(202609, "declared"), (202610, "cancelled")]
    assert first_code(office, [second], "remit_cancel") == "remit.not_done"
    verify(office)
    assert standing(office.center.store, office.unit)[1] == [
        (202609, "declared"), (202610, "cancelled"), (202610, "declared"),
    ]  # fmt: skip
    assert len(office.unit_get("/remittances")["months"]) == 2
    assert len(office.unit_get("/remittances", state="all")["months"]) == 3
    office.file([second, first], business="remit_cancel")
    assert [one["month"] for one in plan(office)["months"]] == [202609, 202610, 202611]


@pytest.mark.feature("R-13", profile=REMITTING)
@pytest.mark.feature("V-04", profile="baishan")
@pytest.mark.parametrize("name", REMITTING)
def test_a_paid_month_stays(office_of: MakeOffice, name: str) -> None:
    office = office_of(name)
    rows = verify(office)
    pay(office, rows)
    (found,) = refused(office, rows, "remit_cancel")
    assert found["text"].startswith("已缴款的汇缴核定不允许删除")


def pay(office: Office, rows: list[dict[str, str]]) -> None:
    """Let the money of months come and have it allocated."""
    come(office, sum(parse_yuan(row["total_amount"]) for row in rows))
    if office.profile.business.allocate is not None:
        office.file(rows, business="allocate")


# ---- allocation ----------------------------------------------------------------------------------


def held(office: Office) -> dict[str, tuple[int, ...]]:
    with office.center.store.read() as conn:
        return dict(holdings(conn, numbers(office)))


@pytest.mark.feature("R-09", profile="baishan")
@pytest.mark.feature("V-05", profile="baishan")
def test_baishan_allocates_by_hand_what_is_equal(office_of: MakeOffice) -> None:
    office = office_of("baishan")
    rows = verify(office)
    (found,) = refused(office, rows, "allocate")
    assert found["text"].startswith("单位未分配金额应等于本期汇缴金额：未分配0.00元，本期汇缴5760.00元")
    come(office, 3 * MONTHLY - 1)
    assert first_code(office, rows, "allocate") == "allocate.unequal"
    assert held(office) == {}
    come(office, 1)
    receipt = office.file(rows, business="allocate")
    assert receipt["message"].endswith("您已完成办理汇缴分配")
    assert waiting(office) == "0.00"
    assert held(office) == {number: (MONTHLY // 2, MONTHLY // 2, 0, 0) for number in numbers(office)}
    assert standing(office.center.store, office.unit) == (202611, [(202611, "paid")])
    assert office.unit_get("/context")["paid_through"] == 202611
    assert first_code(office, rows, "allocate") == "allocate.done"


@pytest.mark.feature("R-09", profile="baishan")
def test_the_books_tell_of_the_allocation(office_of: MakeOffice) -> None:
    office = office_of("baishan")
    rows = verify(office)
    come(office, 3 * MONTHLY)
    receipt = office.file(rows, business="allocate")
    with office.center.store.read() as conn:
        mine = journal.c.unit_account == office.unit, journal.c.act == "allocate"
        entry = conn.execute(select(journal).where(*mine)).one()
        moves = conn.execute(select(transfer).where(transfer.c.journal_no == entry.journal_no)).all()
    assert (entry.month, entry.people, entry.amount, entry.transfers) == (202611, 3, 3 * MONTHLY, 6)
    assert (entry.kind, entry.serial, entry.unallocated) == ("01", receipt["serial"], -3 * MONTHLY)
    (month,) = office.unit_get("/remittances")["months"]
    assert {one.transfer_id for one in moves} == {
        f"{month['submission_id']}:202611:{number}:{part}"
        for number in numbers(office)
        for part in ("uc", "pc")
    }


@pytest.mark.feature("R-09", profile="baishan")
def test_baishan_allocates_several_months_from_the_oldest(office_of: MakeOffice) -> None:
    office = office_of("baishan", paid=202608)
    first, second, third = verify(office, 3)
    come(office, 6 * MONTHLY)
    assert [one["code"] for one in refused(office, [second, third], "allocate")] == [
        "allocate.not_first", "allocate.not_first",
    ]  # fmt: skip
    assert first_code(office, [first], "allocate") == "allocate.unequal"
    office.file([first, second], business="allocate")
    assert standing(office.center.store, office.unit) == (
        202610, [(202609, "paid"), (202610, "paid"), (202611, "declared")],
    )  # fmt: skip
    assert first_code(office, [third | {"month": "202612"}], "allocate") == "allocate.not_verified"


@pytest.mark.feature("R-09", profile="shaanxi")
@pytest.mark.parametrize("name", ["shaanxi", "lyszfgjj"])
def test_money_that_fits_is_allocated_when_it_comes(office_of: MakeOffice, name: str) -> None:
    office = office_of(name, paid=202608)
    verify(office, 3)
    receipt = come(office, 6 * MONTHLY)
    assert standing(office.center.store, office.unit) == (
        202610, [(202609, "paid"), (202610, "paid"), (202611, "declared")],
    )  # fmt: skip
    assert waiting(office) == "0.00"
    assert held(office) == {number: (MONTHLY, MONTHLY, 0, 0) for number in numbers(office)}
    message = office.inbox("messages")[0]
    assert message["body"] == "收到来款11520.00元，202609、202610汇缴已分配到个人账户。"
    with office.center.store.read() as conn:
        mine = journal.c.unit_account == office.unit, journal.c.act == "allocate"
        assert conn.scalar(select(func.count()).where(*mine)) == 2
        assert set(conn.scalars(select(remittance.c.paid_by).where(remittance.c.state == "paid"))) >= {
            receipt
        }


@pytest.mark.feature("R-09", profile="shaanxi")
@pytest.mark.parametrize("name", ["shaanxi", "lyszfgjj"])
def test_money_that_fits_nothing_waits(office_of: MakeOffice, name: str) -> None:
    office = office_of(name, paid=202609)
    verify(office, 2)
    with office.center.store.read() as conn:
        assert expected(conn, office.unit) == [3 * MONTHLY, 6 * MONTHLY]
    come(office, 3 * MONTHLY - 1)
    assert standing(office.center.store, office.unit)[0] == 202609 and waiting(office) == "5759.99"
    with office.center.store.read() as conn:
        assert expected(conn, office.unit) == [
            1, 3 * MONTHLY, 3 * MONTHLY + 1, 6 * MONTHLY,
        ]  # fmt: skip
    come(office, 1)
    assert standing(office.center.store, office.unit)[0] == 202610 and waiting(office) == "0.00"


@pytest.mark.feature("R-09", profile="baishan")
def test_in_baishan_nothing_is_allocated_by_itself(office_of: MakeOffice) -> None:
    office = office_of("baishan")
    verify(office)
    come(office, 3 * MONTHLY)
    assert waiting(office) == "5760.00" and standing(office.center.store, office.unit)[0] == 202610


@pytest.mark.parametrize("name", ["lyszfgjj", "shaanxi"])
def test_elsewhere_the_agent_does_not_allocate(office_of: MakeOffice, name: str) -> None:
    office = office_of(name)
    answer = office.send(office.body(verify(office), "allocate"))
    assert (answer.status_code, answer.json()["code"]) == (403, "module.off")


@pytest.mark.parametrize("name", ["hangzhou", "shanxi"])
def test_centers_without_it_refuse_to_tell_of_it(office_of: MakeOffice, name: str) -> None:
    office = office_of(name, 0)
    for path in ("", "/plan", "/check?month=202611", "/202611/people", "/202611/changes"):
        answer = office.center.client.get(
            f"/v1/units/{office.unit}/remittances{path}", headers=office.login.headers
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "module.off")


# ---- accounts that would leave ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lyszfgjj", "shaanxi"])
def test_an_account_whose_month_waits_for_money_does_not_leave(office_of: MakeOffice, name: str) -> None:
    office = office_of(name)
    verify(office)
    number = numbers(office)[0]
    carry_out(office, [office.account_row(number)], "seal")
    asked, row, business = leaving(office, office_of(name, 0), number)
    answer = asked.send(asked.body([row], business))
    (found,) = answer.json()["findings"]
    assert found["code"] == "account.awaited" and "202611" in found["text"]
    pay(office, [month_row(one) for one in office.unit_get("/remittances")["months"]])
    assert carry_out(asked, [row], business)["ok"] == 1


def test_units_see_only_their_own(office_of: MakeOffice) -> None:
    office = office_of("baishan")
    verify(office)
    (month,) = office.unit_get("/remittances")["months"]
    other = office_of("baishan", 0)
    assert other.unit_get("/remittances")["months"] == []
    path = f"/v1/units/{other.unit}/remittances/202611/people"
    named = {"submission": month["submission_id"]}
    answer = office.center.client.get(path, headers=other.login.headers, params=named)
    assert answer.status_code == 404
