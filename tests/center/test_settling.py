"""Money and what it is for: makeups by funding, receipts of the clerk, races of two terminals, kills."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from center import settling
from center.effects import remit as remit_effects
from center.ledger.post import holdings
from center.remit import history
from center.settings import sqlite_url
from center.store.money_tables import journal, remittance, remittance_row, transfer
from center.store.tables import makeup_order
from domain.businesses.registry import declare
from domain.money import format_yuan
from tests.support.carry_out import approve, carry_out
from tests.support.center import CenterUnderTest, Login, running_center
from tests.support.center_process import CenterProcess
from tests.support.databases import migrated_sqlite
from tests.support.filing import OTHER, Office, clerk
from tests.support.remitting import assert_audited, come, due, leaving, settle_in, standing, verify, waiting

MakeCenter = Callable[..., CenterUnderTest]
MONTHLY = 192_000
SLOW = pytest.mark.slow


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are worked off by hand."""
    monkeypatch.setattr("center.jobs.enqueue", lambda conn, job_id: None)


@pytest.fixture
def audited(make_center: MakeCenter, no_engine: None) -> Iterator[MakeCenter]:
    """Centers whose books are in order at the end."""
    made: list[CenterUnderTest] = []

    def make(name: str) -> CenterUnderTest:
        made.append(make_center(name))
        return made[-1]

    yield make
    for center in made:
        assert_audited(center.store)


def unit_of(center: CenterUnderTest, people: int = 2, *, paid: int = 202610) -> tuple[Office, list[str]]:
    """A unit with people who have been there for long, and their numbers."""
    office = Office(center, paid_through=paid)
    numbers = [office.give_account(one) for one in office.people(people)]
    settle_in(office)
    return office, numbers


def made_up(office: Office, number: str, month: str = "202610", amount: str = "500.01") -> dict[str, str]:
    return office.account_row(number, "makeup", month=month, total_amount=amount)


def orders(office: Office) -> list[tuple[int, str]]:
    with office.center.store.read() as conn:
        found = select(makeup_order.c.month, makeup_order.c.state)
        return [(row.month, row.state) for row in conn.execute(found.order_by(makeup_order.c.month))]


def held(office: Office, numbers: list[str]) -> dict[str, tuple[int, ...]]:
    with office.center.store.read() as conn:
        return dict(holdings(conn, numbers))


def entries(center: CenterUnderTest, act: str) -> int:
    with center.store.read() as conn:
        return int(conn.scalar(select(func.count()).where(journal.c.act == act)) or 0)


# ---- makeups by funding ----------------------------------------------------------------------------


@pytest.mark.feature("M-06", profile="shanxi")
@pytest.mark.feature("M-07", profile="shanxi")
def test_shanxi_pays_at_once_from_what_is_unallocated(audited: MakeCenter) -> None:
    office, (first, second) = unit_of(audited("shanxi"))
    rows = [made_up(office, first), made_up(office, second, amount="0.01")]
    come(office, 50_001)
    answer = office.send(office.body(rows, "makeup"))
    assert [one["text"] for one in answer.json()["findings"]] == [
        "单位未分配金额不足：本次补缴需要500.02元，现有500.01元，还差0.01元，请先汇款再办理。"
    ] * 2
    assert orders(office) == [] and waiting(office) == "500.01"
    come(office, 100)
    receipt = office.file(rows, business="makeup")
    assert (receipt["state"], receipt["ok"]) == ("done", 2)
    assert orders(office) == [(202610, "settled")] * 2 and waiting(office) == "0.99"
    assert {number: sum(parts) for number, parts in held(office, [first, second]).items()} == {
        first: 50_001, second: 1,
    }  # fmt: skip
    with office.center.store.read() as conn:
        ids = set(conn.scalars(select(transfer.c.transfer_id).where(transfer.c.account_no == first)))
    assert ids == {f"{receipt['submission_id']}:1:202610:{part}" for part in ("uc", "pc")}


@pytest.mark.feature("M-06", profile="baishan")
@pytest.mark.feature("M-07", profile="baishan")
def test_baishan_pays_when_the_center_has_approved(audited: MakeCenter) -> None:
    office, (first, second) = unit_of(audited("baishan"))
    short = office.file([made_up(office, first), made_up(office, second)], business="makeup")
    come(office, 50_001)
    approve(office.center)
    rows = office.unit_get(f"/submissions/{short['submission_id']}/rows")["rows"]
    assert {(row["state"], row["reason"]) for row in rows} == {
        ("failed", "单位未分配金额不足：本次补缴需要1000.02元，现有500.01元，还差500.01元，请先汇款再办理。")
    }
    assert orders(office) == [] and waiting(office) == "500.01"
    office.file([made_up(office, first)], business="makeup")
    assert orders(office) == [] and waiting(office) == "500.01"
    approve(office.center)
    assert orders(office) == [(202610, "settled")] and waiting(office) == "0.00"


@pytest.mark.feature("M-07", profile=["lyszfgjj", "shaanxi"])
@pytest.mark.parametrize("name", ["lyszfgjj", "shaanxi"])
def test_a_notice_waits_for_its_own_money(audited: MakeCenter, name: str) -> None:
    office, (first, second) = unit_of(audited(name))
    one = carry_out(office, [made_up(office, first), made_up(office, second)], "makeup")
    carry_out(office, [made_up(office, first, "202609", "300.00")], "makeup")
    assert {state for _, state in orders(office)} == {"declared"}
    come(office, 100_001)
    assert {state for _, state in orders(office)} == {"declared"} and waiting(office) == "1000.01"
    come(office, 1)
    assert orders(office) == [(202609, "declared"), (202610, "settled"), (202610, "settled")]
    told = office.inbox("messages")[0]["body"]
    assert told == f"收到来款1000.02元，业务流水号{one['serial']}的补缴已记入个人账户。"
    come(office, 30_000)
    assert {state for _, state in orders(office)} == {"settled"} and waiting(office) == "0.00"


@pytest.mark.feature("M-07", profile="hangzhou")
def test_the_bank_of_hangzhou_brings_the_money_of_a_range(audited: MakeCenter) -> None:
    office = Office(audited("hangzhou"))
    number = office.give_account(office.people(1)[0])
    typed = {
        "account_no": number, "first_month": "202608", "last_month": "202610", "due_base": "9000.00",
        "due_ratio": "12",
    }  # fmt: skip
    check = declare("makeup_missed", office.profile).check_row(typed, office.context())
    row = {key: text for key, text in check.values.items() if text}
    office.file([row], business="makeup_missed")
    come(office, 3 * 216_000)
    assert [state for _, state in orders(office)] == ["settled"] * 3
    assert held(office, [number]) == {number: (324_000, 324_000, 0, 0)}


@pytest.mark.parametrize("name", ["lyszfgjj", "shaanxi"])
def test_money_that_came_first_pays_what_is_filed_behind_it(audited: MakeCenter, name: str) -> None:
    office, (first, _) = unit_of(audited(name))
    come(office, 2 * MONTHLY)
    verify(office)
    assert standing(office.center.store, office.unit) == (202611, [(202611, "paid")])
    told = office.inbox("messages")[0]["body"]
    assert told == "单位未分配金额3840.00元，202611汇缴已分配到个人账户。"
    come(office, 50_001)
    carry_out(office, [made_up(office, first)], "makeup")
    assert orders(office) == [(202610, "settled")] and waiting(office) == "0.00"


def test_of_two_notices_with_one_sum_the_named_one_is_paid(audited: MakeCenter) -> None:
    office, (first, _) = unit_of(audited("shaanxi"))
    carry_out(office, [made_up(office, first)], "makeup")
    second = carry_out(office, [made_up(office, first, "202609")], "makeup")
    come(office, 50_001, remark=f"补缴 {second['serial']}")
    assert orders(office) == [(202609, "settled"), (202610, "declared")]


def test_what_a_receipt_names_comes_before_another_sum_that_fits_by_chance(audited: MakeCenter) -> None:
    office, (number,) = unit_of(audited("shaanxi"), 1)
    verify(office)
    come(office, 50_000)
    filed = carry_out(office, [made_up(office, number, amount="1420.00")], "makeup")
    come(office, MONTHLY - 50_000, remark=f"补缴 {filed['serial']}")
    assert orders(office) == [(202610, "settled")] and waiting(office) == "500.00"
    assert standing(office.center.store, office.unit) == (202610, [(202611, "declared")])


def test_a_month_and_a_makeup_may_come_in_one_sum(audited: MakeCenter) -> None:
    office, (first, _) = unit_of(audited("shaanxi"))
    verify(office)
    carry_out(office, [made_up(office, first)], "makeup")
    come(office, 2 * MONTHLY + 50_001)
    assert standing(office.center.store, office.unit) == (202611, [(202611, "paid")])
    assert orders(office) == [(202610, "settled")] and waiting(office) == "0.00"


@pytest.mark.parametrize("name", ["lyszfgjj", "shaanxi"])
def test_an_account_that_owes_months_does_not_leave(audited: MakeCenter, name: str) -> None:
    """Ended it would take no money, and the unit could never pay the month in which it still counts."""
    office, numbers = unit_of(audited(name), 3, paid=202609)
    other = Office(office.center, OTHER)
    carry_out(office, [office.account_row(numbers[0])], "seal")
    asked, row, business = leaving(office, other, numbers[0])
    (found,) = asked.send(asked.body([row], business)).json()["findings"]
    assert found["code"] == "account.owed" and "202610" in found["text"]
    verify(office)
    (found,) = asked.send(asked.body([row], business)).json()["findings"]
    assert found["code"] == "account.awaited"
    come(office, 3 * MONTHLY)
    assert carry_out(asked, [row], business)["ok"] == 1
    (month,) = verify(office)
    assert month == {"month": "202611", "people": "2", "total_amount": "3840.00"}
    come(office, 2 * MONTHLY)
    assert standing(office.center.store, office.unit)[0] == 202611


def test_makeups_paid_or_taken_back_are_told(audited: MakeCenter) -> None:
    office, (first, second) = unit_of(audited("shaanxi"))
    filed = carry_out(office, [made_up(office, first), made_up(office, second)], "makeup")
    carry_out(office, [{"account_no": second, "month": "202610"}], "makeup_cancel")
    come(office, 50_001)
    (notice,) = office.unit_get("/makeups")["notices"]
    assert (notice["orders"], notice["waiting"], notice["settled"], notice["cancelled"]) == (2, 0, 1, 1)
    assert (notice["amount"], notice["waiting_amount"]) == ("1000.02", "0.00")
    told = office.unit_get(f"/makeups/{filed['submission_id']}")["orders"]
    assert [(one["account_no"], one["state"]) for one in told] == [(first, "settled"), (second, "cancelled")]
    other = Office(office.center, OTHER)
    path = f"/v1/units/{OTHER}/makeups/{filed['submission_id']}"
    assert office.center.client.get(path, headers=other.login.headers).status_code == 404


# ---- receipts of the clerk -------------------------------------------------------------------------


def recorded(center: CenterUnderTest, login: Login, amount: int, **line: str) -> dict[str, Any]:
    """A line of the bank's statement, recorded by a clerk."""
    told = {"bank_no": uuid.uuid4().hex.upper(), "day": "2026-11-23", "amount": format_yuan(amount), **line}
    answer = center.post("/v1/receipts", {"line": told}, login)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.feature("R-09", profile="shaanxi")
@pytest.mark.parametrize("name", ["lyszfgjj", "shaanxi"])
def test_the_clerks_receipt_by_serial_allocates_the_month(audited: MakeCenter, name: str) -> None:
    office, numbers = unit_of(audited(name))
    verify(office)
    (month,) = office.unit_get("/remittances")["months"]
    login = clerk(office.center)
    recorded(office.center, login, 2 * MONTHLY, remark=month["serial"])
    assert standing(office.center.store, office.unit) == (202611, [(202611, "paid")])
    assert held(office, numbers) == {number: (MONTHLY // 2, MONTHLY // 2, 0, 0) for number in numbers}


@pytest.mark.parametrize("amount", [2 * MONTHLY, 2 * MONTHLY - 50_000])
def test_a_month_is_paid_by_its_own_sum_or_by_what_is_missing_of_it(audited: MakeCenter, amount: int) -> None:
    """A rest of 500.00 lies there; either sum fits, and the books are asked in one way by both sides."""
    office, _ = unit_of(audited("shaanxi"))
    come(office, 50_000)
    verify(office)
    found = recorded(office.center, clerk(office.center), amount, unit_account=office.unit)
    assert found["receipt"]["state"] == "matched"
    assert standing(office.center.store, office.unit) == (202611, [(202611, "paid")])
    assert waiting(office) == format_yuan(50_000 + amount - 2 * MONTHLY)


@pytest.mark.feature("R-09", profile="baishan")
def test_in_baishan_the_clerks_receipt_waits_for_the_agent(audited: MakeCenter) -> None:
    office, _ = unit_of(audited("baishan"))
    rows = verify(office)
    recorded(office.center, clerk(office.center), 2 * MONTHLY, unit_account=office.unit)
    assert waiting(office) == "3840.00"
    office.file(rows, business="allocate")
    assert standing(office.center.store, office.unit) == (202611, [(202611, "paid")])


# ---- two terminals at once -------------------------------------------------------------------------


def at_once(center: CenterUnderTest, requests: list[Any]) -> list[int]:
    with ThreadPoolExecutor(len(requests)) as pool:
        return sorted(answer.status_code for answer in pool.map(center.send, requests))


@pytest.mark.feature("R-06", profile="baishan")
@pytest.mark.feature("V-05", profile="baishan")
def test_of_two_terminals_one_verifies_allocates_and_deletes(
    tmp_path: Path, database_url: str, no_engine: None
) -> None:
    with running_center(tmp_path, "baishan", url=database_url) as center:
        office, numbers = unit_of(center, paid=202609)
        rows = due(office, 2)

        def asked(business: str, months: list[dict[str, str]]) -> list[Any]:
            return [office.request(office.body(months, business)) for _ in range(4)]

        assert at_once(center, asked("remit", rows)) == [201, 422, 422, 422]
        assert standing(center.store, office.unit)[1] == [(202610, "declared"), (202611, "declared")]
        assert at_once(center, asked("remit_cancel", rows[1:])) == [201, 422, 422, 422]
        come(office, 2 * MONTHLY)
        assert at_once(center, asked("allocate", rows[:1])) == [201, 422, 422, 422]
        assert held(office, numbers) == {number: (MONTHLY // 2, MONTHLY // 2, 0, 0) for number in numbers}
        assert (entries(center, "allocate"), waiting(office)) == (1, "0.00")
        come(office, 2 * MONTHLY)
        verify(office)
        both = [office.request(office.body(rows[1:], name)) for name in ("allocate", "remit_cancel")]
        assert at_once(center, both) == [201, 422], "paid or taken back, never both"
        states = [state for month, state in standing(center.store, office.unit)[1] if month == 202611]
        assert states in (["cancelled", "paid"], ["cancelled", "cancelled"])
        assert entries(center, "allocate") == 1 + ("paid" in states)
        assert_audited(center.store)


# ---- broken off anywhere ---------------------------------------------------------------------------


class Fault(Exception):
    """The machine fails here."""


STEPS: list[tuple[Any, str]] = [
    (remit_effects, "sheets"),
    (remit_effects, "insert_rows"),
    (remit_effects, "pass_empty_months"),
    (settling, "post"),
    (history, "verified_shares"),
]
"""What verification and allocation call on their way; the fault comes behind the call."""


@pytest.mark.parametrize(("module", "name"), STEPS)
def test_what_is_broken_off_has_not_happened_and_goes_through_again(
    audited: MakeCenter, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    office, numbers = unit_of(audited("baishan"))
    rows = due(office)
    real = getattr(module, name)
    broken: list[int] = []

    def once(*args: Any, **more: Any) -> Any:
        result = real(*args, **more)
        if not broken:
            broken.append(1)
            raise Fault
        return result

    for business in ("remit", "allocate"):
        if business == "allocate":
            come(office, 2 * MONTHLY)
        before = standing(office.center.store, office.unit), waiting(office)
        request = office.request(office.body(rows, business))
        with monkeypatch.context() as patch:
            patch.setattr(module, name, once)
            try:
                answer = office.center.send(request)
            except Fault:
                answer = None
            hit = answer is None or answer.status_code == 500
        if hit:
            assert (standing(office.center.store, office.unit), waiting(office)) == before
            assert office.center.send(request).status_code == 201
        assert office.center.send(request).status_code in (200, 201), "the same bytes again"
    assert broken
    assert standing(office.center.store, office.unit) == (202611, [(202611, "paid")])
    assert held(office, numbers) == {number: (MONTHLY // 2, MONTHLY // 2, 0, 0) for number in numbers}


@SLOW
@pytest.mark.parametrize("kills", [2, 10])
def test_a_center_killed_at_any_moment_verifies_and_allocates_once(tmp_path: Path, kills: int) -> None:
    """The job of the verification and the receipt that pays it, each sent again after every kill."""
    url = migrated_sqlite(sqlite_url(tmp_path))
    with running_center(tmp_path, "shaanxi", url=url) as center:
        office, numbers = unit_of(center, 300)
        chance, login = random.Random(kills), clerk(center)
        filing = office.request(office.body(due(office), "remit"))
        line = {"bank_no": "KILL0001", "day": "2026-11-23", "amount": format_yuan(300 * MONTHLY)}
        line["unit_account"] = office.unit

        def tried(base: str, *, pay: bool) -> bool:
            try:
                if pay:
                    told = {"line": line}
                    sent = httpx.post(f"{base}/v1/receipts", json=told, headers=login.headers, timeout=60)
                else:
                    where = base + filing.path
                    sent = httpx.put(where, content=filing.body, headers=filing.headers, timeout=60)
            except httpx.HTTPError:
                return False
            assert sent.status_code in (200, 201), sent.text
            return True

        def finished(state: str) -> bool:
            return standing(center.store, office.unit)[1] == [(202611, state)]

        for pay, state in ((False, "declared"), (True, "paid")):
            for _ in range(kills):
                process = CenterProcess(tmp_path, "shaanxi", url)
                with ThreadPoolExecutor(1) as pool:
                    sending = pool.submit(tried, process.base, pay=pay)
                    time.sleep(chance.uniform(0, 0.4))
                    process.kill()
                    sending.result()
            process = CenterProcess(tmp_path, "shaanxi", url)
            try:
                assert tried(process.base, pay=pay)
                end = time.monotonic() + 90
                while not finished(state):
                    assert time.monotonic() < end, state
                    time.sleep(0.05)
            finally:
                process.kill()
        with center.store.read() as conn:
            assert conn.scalar(select(func.count()).select_from(remittance)) == 1
            assert conn.scalar(select(func.count()).select_from(remittance_row)) == 300
        assert entries(center, "allocate") == entries(center, "receipt") == 1
        assert set(held(office, numbers).values()) == {(MONTHLY // 2, MONTHLY // 2, 0, 0)}
        assert_audited(center.store)
