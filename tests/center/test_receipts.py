"""来款 over the API: recorded once, matched, refunded, corrected; who may see what; hostile input."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import func, insert, select

from center.audit import verify_audit
from center.ledger import codes
from center.ledger.post import Entry, Move, balance, post
from center.store.money_tables import bank_receipt, journal, pool, remittance, remittance_row
from center.store.tables import audit, submission, unit
from tests.center.conftest import MakeCenter
from tests.support.center import CenterUnderTest, Login, code_of
from tests.support.filing import OTHER, UNIT, Office, clerk

PROFILES = ("baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi")
LINE = {"bank_no": "B001", "day": "2026-11-20", "amount": "1000.00", "payer": "某公司", "remark": "公积金"}


class Counter:
    """A clerk at the counter of a center."""

    def __init__(self, center: CenterUnderTest, name: str = "guiyuan") -> None:
        self.center = center
        self.login = clerk(center, name)

    def post(self, line: dict[str, str], **more: str) -> httpx.Response:
        return self.center.post("/v1/receipts", {"line": LINE | line, **more}, self.login)

    def record(self, **line: str) -> dict[str, Any]:
        answer = self.post(line)
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()["receipt"]
        return receipt

    def detail(self, receipt_id: str) -> dict[str, Any]:
        answer = self.center.get(f"/v1/receipts/{receipt_id}", self.login)
        assert answer.status_code == 200, answer.text
        assert answer.headers["etag"] == f'"{answer.json()["receipt"]["version"]}"'
        body: dict[str, Any] = answer.json()
        return body

    def act(self, receipt: dict[str, Any], action: str, **body: Any) -> httpx.Response:
        tag = body.pop("tag", f'"{receipt["version"]}"')
        headers = self.login.headers | ({"if-match": tag} if tag else {})
        path = f"/v1/receipts/{receipt['receipt_id']}/actions"
        return self.center.client.post(
            path, json={"action": action, "reason": "单位来函", **body}, headers=headers
        )

    def done(self, receipt: dict[str, Any], action: str, **body: Any) -> dict[str, Any]:
        answer = self.act(receipt, action, **body)
        assert answer.status_code == 200, answer.text
        after: dict[str, Any] = answer.json()["receipt"]
        return after

    def list(self, **params: Any) -> dict[str, Any]:
        answer = self.center.client.get("/v1/receipts", params=params, headers=self.login.headers)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page


@pytest.fixture
def counter(center: CenterUnderTest) -> Counter:
    return Counter(center)


def worth(center: CenterUnderTest, code: str) -> int:
    with center.store.read() as conn:
        return balance(conn, code)


def waiting(center: CenterUnderTest, unit_account: str = UNIT) -> int:
    return worth(center, codes.unallocated(unit_account))


def held(center: CenterUnderTest, unit_account: str = "") -> int:
    return worth(center, codes.suspense(unit_account))


def books(center: CenterUnderTest) -> tuple[int, int]:
    """Entries of the books and rows of the audit log; the money of all accounts is the bank's."""
    with center.store.read() as conn:
        rest = select(func.coalesce(func.sum(pool.c.balance), 0)).where(pool.c.code != codes.BANK)
        assert conn.scalar(rest) == balance(conn, codes.BANK)
        assert balance(conn, codes.TRANSIT) == 0
        entries = conn.scalar(select(func.count()).select_from(journal)) or 0
        return entries, conn.scalar(select(func.count()).select_from(audit)) or 0


def notice(
    center: CenterUnderTest, serial: str, amount: int, month: int = 202611, state: str = "declared"
) -> None:
    """A 汇缴核定 of the unit as it is filed."""
    number = f"00000000-0000-4000-8000-{serial[-12:]}"
    filed = {
        "unit_account": UNIT, "submission_id": number, "serial": serial, "business": "remit",
        "operator_id": "x", "source": "single", "received": "2026-11-01T00:00:00.000000Z",
        "day": "2026-11-01", "month": month, "state": "done", "status_code": 201, "reply": "{}",
        "total": 1, "amount": amount, "digest": "0" * 64, "body": b"",
    }  # fmt: skip
    columns = {column.name: 0 for column in remittance.c if column.name.endswith(("people", "amount"))}
    row = columns | {
        "unit_account": UNIT, "submission_id": number, "month": month, "row_no": 1, "state": state,
        "amount": amount, "checked": "2026-11-01", "business_month": month, "changed": "2026-11-01",
    }  # fmt: skip
    with center.store.write() as conn:
        conn.execute(insert(submission).values(filed))
        conn.execute(insert(remittance).values(row))
        paid = {"base": amount, "unit_ratio": 500, "person_ratio": 500, "unit_amount": amount}
        key = {"unit_account": UNIT, "submission_id": number, "month": month}
        person = {"account_no": f"{UNIT}00000001", "person_key": "1", "person_amount": 0}
        conn.execute(insert(remittance_row).values(key | person | paid))


# ---- recording -------------------------------------------------------------------------------------


def test_a_named_unit_gets_its_money_and_is_told(center: CenterUnderTest, counter: Counter) -> None:
    office = Office(center)
    receipt = counter.record(unit_account=UNIT)
    assert (receipt["state"], receipt["unit_name"], receipt["version"]) == ("matched", "示例单位100001", 1)
    assert (waiting(center), worth(center, codes.BANK)) == (100_000, 100_000)
    assert "1000.00元" in office.inbox("messages")[0]["body"]
    assert office.unit_get("/context")["unallocated"] == "1000.00"
    event = counter.detail(receipt["receipt_id"])["events"][0]
    assert (event["action"], event["amount"], len(event["serial"])) == ("登记", "1000.00", 16)
    assert books(center)[0] == 1
    with center.store.read() as conn:
        assert verify_audit(conn) is None
        last = conn.execute(select(audit).order_by(audit.c.seq.desc()).limit(1)).one()
    assert (last.action, last.subject, last.unit_account) == ("receipt.record", receipt["receipt_id"], UNIT)


def test_the_same_number_is_booked_once(any_center: CenterUnderTest) -> None:
    counter = Counter(any_center)
    any_center.add_unit(UNIT)
    first = counter.record(unit_account=UNIT)
    before = books(any_center)
    again = counter.post({"bank_no": "b001", "amount": "1,000"})
    assert again.status_code == 200 and again.headers["idempotency-replayed"] == "true"
    assert again.json()["repeated"] is True and "没有重复入账" in again.json()["message"]
    assert again.json()["receipt"] == first
    for change in ({"amount": "1000.01"}, {"day": "2026-11-19"}, {"payer": "别人"}, {"remark": ""}):
        answer = counter.post(change)
        assert answer.status_code == 409 and code_of(answer) == "receipt.conflict"
    assert books(any_center) == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "0.00"}, "amount"),
        ({"amount": "-5.00"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": "9223372036854775808"}, "amount"),
        ({"amount": "10000000000.00"}, "amount"),
        ({"day": "2026-11-24"}, "day"),
        ({"bank_no": "%"}, "bank_no"),
        ({"payer": "a\x1b]0;x\x07"}, "payer"),
        ({"remark": "\u202etxt"}, "remark"),
    ],
)
def test_a_bad_line_is_refused_with_its_field(
    center: CenterUnderTest, counter: Counter, change: dict[str, str], field: str
) -> None:
    before = books(center)
    answer = counter.post(change)
    assert answer.status_code == 400 and code_of(answer) == "body.invalid"
    assert [one["field"] for one in answer.json()["findings"]] == [field]
    assert books(center) == before


def test_numbers_and_unknown_keys_are_no_texts(center: CenterUnderTest, counter: Counter) -> None:
    for line in (LINE | {"amount": 1000}, LINE | {"state": "matched"}, {"bank_no": "x"}):
        answer = center.post("/v1/receipts", {"line": line}, counter.login)
        assert code_of(answer) == "body.invalid"
    assert books(center)[0] == 0


# ---- whose money it is -----------------------------------------------------------------------------


def test_money_is_matched_by_serial_then_account_then_name(center: CenterUnderTest, counter: Counter) -> None:
    center.add_unit(UNIT, "示例一中")
    center.add_unit(OTHER, "示例二中")
    notice(center, "2026110100000001", 50_000)
    by_serial = counter.record(bank_no="B1", remark="公积金2026110100000001", payer="示例二中")
    assert by_serial["unit_account"] == UNIT and "2026110100000001" in by_serial["note"]
    by_account = counter.record(bank_no="B2", unit_account=OTHER, payer="示例一中")
    assert by_account["unit_account"] == OTHER
    by_name = counter.record(bank_no="B3", payer="示例二中")
    assert by_name["unit_account"] == OTHER
    with center.store.write() as conn:
        conn.execute(unit.update().where(unit.c.unit_account == UNIT).values(name="示例二中"))
    assert counter.record(bank_no="B4", payer="示例二中")["state"] == "suspense"
    nobody = counter.record(bank_no="B5", payer="示例三中", remark="2026110100000009")
    assert (nobody["state"], nobody["unit_account"]) == ("suspense", "")
    assert (held(center), waiting(center), waiting(center, OTHER)) == (200_000, 100_000, 200_000)
    books(center)


def test_a_unit_that_is_not_there_or_not_the_notices_is_refused(
    center: CenterUnderTest, counter: Counter
) -> None:
    center.add_unit(UNIT)
    center.add_unit(OTHER, "别的单位")
    notice(center, "2026110100000001", 50_000)
    for change in ({"unit_account": "999999"}, {"unit_account": OTHER, "remark": "2026110100000001"}):
        answer = counter.post(change)
        assert answer.status_code == 422 and code_of(answer) == "receipt.unit"
    assert books(center)[0] == 0


def test_money_of_a_closed_unit_waits_in_suspense(center: CenterUnderTest, counter: Counter) -> None:
    center.add_unit(UNIT, state="04")
    receipt = counter.record(unit_account=UNIT)
    assert receipt["state"] == "suspense" and "已销户" in receipt["note"]
    answer = counter.act(receipt, "match")
    assert code_of(answer) == "receipt.state"
    assert counter.done(receipt, "refund")["state"] == "refunded"
    assert worth(center, codes.BANK) == 0


@pytest.mark.feature("R-18", profile="shaanxi")
def test_what_does_not_fit_is_not_booked_at_shaanxi(make_center: MakeCenter) -> None:
    center = make_center("shaanxi")
    office, counter = Office(center), Counter(center)
    notice(center, "2026110100000001", 50_000, 202610)
    notice(center, "2026110100000002", 30_000, 202611)
    short = counter.record(bank_no="B1", amount="499.99", unit_account=UNIT)
    assert (short["state"], short["unit_account"]) == ("suspense", UNIT)
    assert "不符" in short["note"] and "请联系中心" in office.inbox("messages")[0]["body"]
    assert counter.record(bank_no="B2", amount="300.00", remark="2026110100000001")["state"] == "suspense"
    assert (waiting(center), held(center, UNIT)) == (0, 79_999)
    fitting = [("B3", "500.00", "2026110100000001"), ("B4", "300.00", "")]
    for bank_no, amount, remark in fitting:
        receipt = counter.record(bank_no=bank_no, amount=amount, remark=remark, unit_account=UNIT)
        assert receipt["state"] == "matched", receipt["note"]
    notice(center, "2026110100000003", 10_000, 202612, "paid")
    assert counter.record(bank_no="B5", amount="100.00", remark="2026110100000003")["state"] == "suspense"
    matched = counter.done(short, "match")
    assert (matched["state"], matched["version"]) == ("matched", 2)
    assert (waiting(center), held(center, UNIT)) == (129_999, 40_000)
    books(center)


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "shaanxi"])
def test_elsewhere_money_of_a_known_unit_is_always_its_own(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    office, counter = Office(center), Counter(center)
    assert counter.record(amount="0.01", unit_account=UNIT)["state"] == "matched"
    answer = center.get(f"/v1/units/{UNIT}/suspense", office.login)
    assert answer.status_code == 403 and code_of(answer) == "module.off"


# ---- what clerks do --------------------------------------------------------------------------------


def test_money_of_nobody_is_given_to_a_unit(center: CenterUnderTest, counter: Counter) -> None:
    office = Office(center)
    receipt = counter.record()
    assert counter.detail(receipt["receipt_id"])["actions"] == ["match", "refund", "correct", "reverse"]
    assert code_of(counter.act(receipt, "match")) == "body.invalid"
    assert code_of(counter.act(receipt, "match", unit_account="999999")) == "receipt.unit"
    after = counter.done(receipt, "match", unit_account=UNIT)
    assert (after["state"], after["unit_account"], held(center), waiting(center)) == (
        "matched",
        UNIT,
        0,
        100_000,
    )
    assert "单位未分配金额" in office.inbox("messages")[0]["body"]
    with center.store.read() as conn:
        lines = conn.execute(select(journal).order_by(journal.c.journal_no)).all()
    told = [(one.unit_account, one.unallocated, one.suspense) for one in lines]
    assert told == [("", 0, 100_000), ("", 0, -100_000), (UNIT, 100_000, 0)]
    assert code_of(counter.act(after, "match", unit_account=UNIT)) == "receipt.state"
    events = counter.detail(receipt["receipt_id"])["events"]
    assert [(one["action"], one["reason"]) for one in events] == [("登记", ""), ("认领", "单位来函")]
    books(center)


def test_never_more_is_refunded_than_there_is(center: CenterUnderTest, counter: Counter) -> None:
    center.add_unit(UNIT)
    receipt = counter.record(unit_account=UNIT)
    for amount in ("1000.01", "0", "-1", "1.001", "9223372036854775808", "x"):
        assert code_of(counter.act(receipt, "refund", amount=amount)) == "body.invalid"
    part = counter.done(receipt, "refund", amount="400.00")
    assert (part["state"], part["refunded"], part["left"], waiting(center)) == (
        *("matched", "400.00", "600.00"),
        60_000,
    )
    assert code_of(counter.act(part, "refund", amount="600.01")) == "body.invalid"
    for action in ("reverse", "correct"):
        answer = counter.act(part, action, line=LINE | {"amount": "1.00"})
        assert code_of(answer) == "receipt.used"
    whole = counter.done(part, "refund")
    assert (whole["state"], whole["left"], waiting(center)) == ("refunded", "0.00", 0)
    assert code_of(counter.act(whole, "refund")) == "receipt.state"
    assert counter.detail(receipt["receipt_id"])["actions"] == ["unrefund"]
    books(center)


def test_a_refund_recorded_by_mistake_is_undone_the_last_one_first(
    center: CenterUnderTest, counter: Counter
) -> None:
    center.add_unit(UNIT)
    receipt = counter.record(unit_account=UNIT)
    assert code_of(counter.act(receipt, "unrefund")) == "receipt.state"
    part = counter.done(receipt, "refund", amount="400.00")
    whole = counter.done(part, "refund")
    again = counter.done(whole, "unrefund")
    assert (again["state"], again["refunded"], again["left"]) == ("matched", "400.00", "600.00")
    assert waiting(center) == 60_000
    assert code_of(counter.act(again, "reverse")) == "receipt.used"
    back = counter.done(again, "unrefund")
    assert (back["state"], back["refunded"], waiting(center)) == ("matched", "0.00", 100_000)
    assert "unrefund" not in counter.detail(receipt["receipt_id"])["actions"]
    assert counter.act(again, "unrefund").status_code == 412
    events = counter.detail(receipt["receipt_id"])["events"]
    assert [(one["action"], one["amount"]) for one in events[-2:]] == [
        ("撤销退款", "600.00"),
        ("撤销退款", "400.00"),
    ]
    assert counter.done(back, "reverse")["state"] == "reversed" and waiting(center) == 0
    books(center)


def test_a_refund_out_of_suspense_follows_the_money_that_was_claimed_since(
    center: CenterUnderTest, counter: Counter
) -> None:
    center.add_unit(UNIT)
    receipt = counter.record()
    held_back = counter.done(receipt, "refund", amount="400.00")
    undone = counter.done(held_back, "unrefund")
    assert (undone["state"], held(center), waiting(center)) == ("suspense", 100_000, 0)
    claimed = counter.done(counter.done(undone, "refund", amount="1.00"), "match", unit_account=UNIT)
    assert (held(center), waiting(center)) == (0, 99_900)
    after = counter.done(claimed, "unrefund")
    assert (after["state"], held(center), waiting(center)) == ("matched", 0, 100_000)
    books(center)


def spend(center: CenterUnderTest, amount: int) -> None:
    """Part of the unit's unallocated money goes elsewhere."""
    entry = Entry("refund", "spent", UNIT, date(2026, 11, 23), "2026-11-23T02:00:00.000000Z")
    with center.store.write() as conn:
        post(conn, entry, [Move(codes.unallocated(UNIT), codes.BANK, amount, "0")])


def test_a_wrong_receipt_is_reversed_unless_the_money_is_gone(
    center: CenterUnderTest, counter: Counter
) -> None:
    center.add_unit(UNIT)
    receipt = counter.record()
    receipt = counter.done(receipt, "match", unit_account=UNIT)
    spend(center, 1)
    before = books(center)
    for action in ("reverse", "correct"):
        answer = counter.act(receipt, action, line=LINE | {"amount": "900.00"})
        assert answer.status_code == 409 and code_of(answer) == "receipt.used"
    assert code_of(counter.act(receipt, "refund")) == "receipt.used"
    assert books(center) == before
    assert counter.detail(receipt["receipt_id"])["available"] == "999.99"
    counter.record(bank_no="B2", amount="0.01", unit_account=UNIT)
    gone = counter.done(receipt, "reverse")
    assert (gone["state"], waiting(center), held(center)) == ("reversed", 0, 0)
    assert counter.post({}).json()["message"].startswith("交易流水号B001此前已登记，并已冲销")
    assert code_of(counter.act(gone, "refund")) == "receipt.state"
    back = counter.done(gone, "correct", line=LINE | {"unit_account": UNIT})
    assert (back["state"], waiting(center)) == ("matched", 100_000)
    books(center)


def test_a_correction_books_the_right_facts(center: CenterUnderTest, counter: Counter) -> None:
    office, other = Office(center), Office(center, OTHER)
    receipt = counter.record(unit_account=UNIT)
    assert code_of(counter.act(receipt, "correct")) == "body.invalid"
    assert code_of(counter.act(receipt, "correct", line=LINE | {"unit_account": UNIT})) == "body.invalid"
    assert code_of(counter.act(receipt, "correct", line=LINE | {"bank_no": "B9"})) == "body.invalid"
    right = LINE | {"amount": "1000.10", "unit_account": OTHER}
    after = counter.done(receipt, "correct", line=right)
    assert (after["amount"], after["unit_account"], after["version"]) == ("1000.10", OTHER, 2)
    assert (waiting(center), waiting(center, OTHER)) == (0, 100_010)
    assert "已冲销" in office.inbox("messages")[0]["body"] and "1000.10" in other.inbox("messages")[0]["body"]
    again = counter.done(after, "correct", line=right | {"amount": "7.00"})
    assert (again["version"], waiting(center, OTHER)) == (3, 700)
    assert counter.post({"amount": "7.00"}).json()["repeated"] is True
    books(center)


@pytest.mark.parametrize("reason", ["", " ", "因" * 201, "a\x07b"])
def test_every_act_has_a_reason(center: CenterUnderTest, counter: Counter, reason: str) -> None:
    receipt = counter.record()
    for action in ("match", "refund", "correct", "reverse"):
        assert code_of(counter.act(receipt, action, reason=reason)) == "body.invalid"
    assert books(center)[0] == 1


def test_who_saw_an_older_version_is_told(any_center: CenterUnderTest) -> None:
    counter, other = Counter(any_center), Counter(any_center, "zweiter")
    any_center.add_unit(UNIT)
    receipt = counter.record()
    other.done(receipt, "match", unit_account=UNIT)
    late = counter.act(receipt, "refund")
    assert late.status_code == 412 and code_of(late) == "receipt.version"
    for tag in ("", "*", "1", '"0"', '"x"', 'W/"1"'):
        assert code_of(counter.act(receipt, "refund", tag=tag)) == "receipt.unseen"
    assert waiting(any_center) == 100_000


# ---- lists -----------------------------------------------------------------------------------------


def test_receipts_are_listed_by_conditions_and_pages(any_center: CenterUnderTest) -> None:
    counter = Counter(any_center)
    any_center.add_unit(UNIT)
    for number in range(7):
        whose = {"unit_account": UNIT} if number % 2 else {}
        counter.record(bank_no=f"B{number}", day=f"2026-11-1{number % 3}", payer=f"公司{number}%_", **whose)
    page = counter.list(limit=3)
    seen, (count, amount) = page["rows"], (page["count"], page["amount"])
    while page["next"]:
        page = counter.list(limit=3, after=page["next"])
        assert page["count"] is None
        seen += page["rows"]
    assert (count, amount) == (7, "7000.00")
    assert [one["bank_no"] for one in seen] == ["B2", "B5", "B1", "B4", "B0", "B3", "B6"]
    assert [one["bank_no"] for one in counter.list(state="suspense", **{"from": "2026-11-12"})["rows"]] == [
        "B2"
    ]
    assert counter.list(unit=UNIT)["count"] == 3
    assert counter.list(text="%_")["count"] == 7
    assert counter.list(text="%")["count"] == 7 and counter.list(text="_%")["count"] == 0
    assert counter.list(text="公司3")["count"] == counter.list(text="b3")["count"] == 1
    assert counter.list(to="2026-11-10")["count"] == 3


@pytest.mark.parametrize(
    "query",
    ["state=paid", "from=2026-13-01", "from=2026-11-02&to=2026-11-01", "after=x", "unit=%25", "text=a%07"],
)
def test_bad_conditions_are_refused(center: CenterUnderTest, counter: Counter, query: str) -> None:
    answer = center.get(f"/v1/receipts?{query}", counter.login)
    assert answer.status_code == 400 and code_of(answer) == "body.invalid"


# ---- statements ------------------------------------------------------------------------------------


def test_a_statement_is_taken_line_by_line(center: CenterUnderTest, counter: Counter) -> None:
    center.add_unit(UNIT)
    counter.record(bank_no="B1")
    lines = [
        LINE | {"bank_no": "B1"},
        LINE | {"bank_no": "B2", "unit_account": UNIT},
        LINE | {"bank_no": "B3", "amount": "0"},
        LINE | {"bank_no": "B4"},
        LINE | {"bank_no": "B1", "amount": "5.00"},
    ]
    outcomes = ["repeated", "matched", "refused", "suspense", "refused"]
    before = books(center)
    checked = center.post("/v1/receipts/checks", {"lines": lines}, counter.login)
    assert [one["outcome"] for one in checked.json()["results"]] == outcomes
    assert books(center) == before
    taken = center.post("/v1/receipts/statement", {"lines": lines}, counter.login)
    results = taken.json()["results"]
    assert [one["outcome"] for one in results] == outcomes
    assert results[2]["findings"][0]["field"] == "amount" and "内容不同" in results[4]["message"]
    again = center.post("/v1/receipts/statement", {"lines": lines}, counter.login)
    assert [one["outcome"] for one in again.json()["results"]] == [
        *("repeated", "repeated", "refused", "repeated", "refused")
    ]
    assert (waiting(center), held(center)) == (100_000, 200_000)
    for bad in ([], [LINE] * 101, [LINE, 1]):
        assert code_of(center.post("/v1/receipts/statement", {"lines": bad}, counter.login)) == "body.invalid"
    books(center)


# ---- a unit's own ----------------------------------------------------------------------------------


def clerk_paths(receipt_id: str) -> list[tuple[str, str]]:
    return [
        ("GET", "/v1/receipts"),
        ("POST", "/v1/receipts"),
        ("POST", "/v1/receipts/checks"),
        ("POST", "/v1/receipts/statement"),
        ("GET", f"/v1/receipts/{receipt_id}"),
        ("POST", f"/v1/receipts/{receipt_id}/actions"),
    ]


def ask(center: CenterUnderTest, login: Login, method: str, path: str) -> httpx.Response:
    bodies = {
        "/v1/receipts": {"line": LINE},
        "/v1/receipts/checks": {"lines": [LINE]},
        "/v1/receipts/statement": {"lines": [LINE]},
    }
    body = bodies.get(path, {"action": "refund", "reason": "x"}) if method == "POST" else None
    return center.client.request(method, path, json=body, headers=login.headers | {"if-match": '"1"'})


def test_an_agent_is_refused_what_clerks_do(center: CenterUnderTest, counter: Counter) -> None:
    office = Office(center)
    receipt = counter.record(unit_account=UNIT)
    before = books(center)
    for method, path in clerk_paths(receipt["receipt_id"]):
        answer = ask(center, office.login, method, path)
        assert answer.status_code == 403 and code_of(answer) == "permission.denied", path
    assert books(center) == before


def test_a_unit_sees_its_own_receipts_and_no_others(center: CenterUnderTest, counter: Counter) -> None:
    office, other = Office(center), Office(center, OTHER)
    mine = counter.record(bank_no="B1", day="2026-11-20", unit_account=UNIT)
    theirs = counter.record(bank_no="B2", unit_account=OTHER)
    counter.record(bank_no="B3")
    wrong = counter.record(bank_no="B4", unit_account=UNIT)
    counter.done(wrong, "reverse")
    assert [one["bank_no"] for one in office.unit_get("/receipts")["rows"]] == ["B1"]
    assert "note" not in office.unit_get(f"/receipts/{mine['receipt_id']}")
    assert office.unit_get("/receipts", **{"from": "2026-11-21"})["rows"] == []
    for receipt_id in (theirs["receipt_id"], wrong["receipt_id"], "0" * 36):
        answer = center.get(f"/v1/units/{UNIT}/receipts/{receipt_id}", office.login)
        assert answer.status_code == 404 and code_of(answer) == "not_found"
    for path in ("receipts", "suspense", f"receipts/{mine['receipt_id']}"):
        assert center.get(f"/v1/units/{UNIT}/{path}", other.login).status_code == 404
    assert code_of(center.get(f"/v1/receipts/{'0' * 36}", counter.login)) == "not_found"


@pytest.mark.feature("Q-16", profile="shaanxi")
def test_a_unit_sees_what_came_into_its_suspense_and_left_it(make_center: MakeCenter) -> None:
    center = make_center("shaanxi")
    office, counter = Office(center), Counter(center)
    center.add_unit(OTHER, "别的单位")
    first = counter.record(bank_no="B1", amount="1.00", unit_account=UNIT, remark="十一月")
    second = counter.record(bank_no="B2", amount="2.00", unit_account=UNIT)
    third = counter.record(bank_no="B3", amount="4.00", unit_account=UNIT)
    counter.record(bank_no="B4", amount="8.00", unit_account=OTHER)
    counter.record(bank_no="B5", amount="16.00")
    counter.done(first, "match")
    counter.done(second, "refund", amount="0.50")
    counter.done(third, "reverse")
    page = office.unit_get("/suspense", **{"from": "2026-11-23", "to": "2026-11-23"})
    assert page["balance"] == "1.50"
    told = [(one["bank_no"], one["amount"], one["summary"], one["state"]) for one in page["rows"]]
    assert told == [
        ("B1", "1.00", "来款", "已入账"),
        ("B2", "2.00", "来款", "暂存"),
        ("B3", "4.00", "来款", "已冲销"),
        ("B1", "-1.00", "暂存款认领", "已入账"),
        ("B2", "-0.50", "退款", "暂存"),
        ("B3", "-4.00", "冲销：来款", "已冲销"),
    ]
    assert page["rows"][0]["remark"] == "十一月"
    pages = office.unit_get("/suspense", limit=4)
    rest = office.unit_get("/suspense", limit=4, after=pages["next"])
    assert pages["rows"] + rest["rows"] == page["rows"] and rest["next"] is None
    assert office.unit_get("/suspense", to="2026-11-22")["rows"] == []
    answer = center.get(f"/v1/units/{UNIT}/suspense?from=2026-11-24&to=2026-11-23", office.login)
    assert code_of(answer) == "body.invalid"
    with center.store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(bank_receipt)) == 5
    books(center)
