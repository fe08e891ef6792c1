from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from center.app import ROUTERS, create_app
from center.errors import TITLES, ProblemError, incident
from center.facts import business_calendar, check_context, require_open, unit_facts
from center.ledger.opening import post_opening
from center.server import authorities, bind, serve
from center.store.migrate import ProfileMismatch
from center.store.tables import account, calendar_year, depositor, workday
from domain.business import RatioPair, Source
from domain.profile import Profile
from domain.wire import Health, Problem
from tests.center.conftest import MakeCenter
from tests.support.center import START, CenterUnderTest, make_settings, served
from tests.support.money import BEGAN, NOON


def problem(answer: httpx.Response) -> Problem:
    """The problem document of an answer, checked for its form (RFC 9457)."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    found = Problem.model_validate(answer.json())
    assert found.status == answer.status_code
    assert found.type == f"urn:gjj:problem:{found.code}"
    assert (found.title) == TITLES[found.code][1]
    assert found.detail.endswith("。") and not found.detail.isascii()
    return found


# ---- public ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi"])
def test_health_and_profile(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    health = Health.model_validate(center.get("/v1/health").json())
    assert (health.profile, health.time, health.demo) == (profile, "2026-11-23T02:00:00.000000Z", False)
    answer = center.get("/v1/profile")
    given = Profile.model_validate(answer.json())
    assert given == center.settings.profile
    etag = answer.headers["etag"]
    assert etag == f'"{profile}-{given.version}"'
    assert center.get("/v1/profile", None, **{"if-none-match": etag}).status_code == 304
    assert center.get("/v1/profile", None, **{"if-none-match": '"old"'}).status_code == 200


def test_openapi(center: CenterUnderTest) -> None:
    document = center.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert {"/v1/login", "/v1/units/{unit}/submissions/{submission_id}", "/v1/cases"} <= document[
        "paths"
    ].keys()
    text = json.dumps(document)
    assert "HTTPValidationError" not in text
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert not operation["summary"].isascii(), (method, path)
            assert "422" not in operation["responses"] or "Problem" in str(operation["responses"]["422"])
            schema = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}
    assert "security" not in document["paths"]["/v1/login"]["post"]
    assert document["paths"]["/v1/logout"]["post"]["security"] == [{"session": []}]
    request = document["components"]["schemas"]["LoginRequest"]
    assert request["additionalProperties"] is False
    used = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert used <= document["components"]["schemas"].keys()


def test_no_browser_pages(center: CenterUnderTest) -> None:
    for path in ("/docs", "/redoc", "/"):
        assert problem(center.get(path)).code == "not_found"


def test_every_route_needs_a_session_but_the_public_ones(center: CenterUnderTest) -> None:
    """Whoever adds a route must say so here when it is open to everybody."""
    public = {
        "/v1/health",
        "/v1/profile",
        "/v1/login/challenge",
        "/v1/login/code",
        "/v1/login",
        "/v1/password/reset",
        "/v1/vouchers/certificate",
        "/v1/vouchers/{serial}",
    }
    seen = 0
    for path, operations in center.get("/openapi.json").json()["paths"].items():
        if path in public:
            continue
        address = path.replace("{sha256}", "a" * 64).replace(
            "{submission_id}", "0" * 8 + "-0000" * 3 + "-" + "0" * 12
        )
        for name in ("unit", "case_id", "item_id", "serial", "printed"):
            address = address.replace("{" + name + "}", "1")
        for method in operations:
            answer = center.client.request(method.upper(), address, content=b"")
            assert (answer.status_code, problem(answer).code) == (401, "auth.required"), (method, path)
            seen += 1
    assert seen >= 15
    assert len(ROUTERS) == 14


# ---- bad requests ------------------------------------------------------------------------------------


def test_unknown_address_and_method(center: CenterUnderTest) -> None:
    assert problem(center.get("/v1/nix")).code == "not_found"
    assert problem(center.get("/v1/health/")).code == "not_found"
    answer = center.client.put("/v1/health")
    assert (answer.status_code, problem(answer).code) == (405, "method.not_allowed")
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"unit_account":"1","unit_account":"2"}', "json.duplicate_key"),
        (b'{"unit_account":1.5}', "json.float"),
        (b'{"unit_account":1e400}', "json.float"),
        (b'{"unit_account":NaN}', "json.float"),
        (b'{"unit_account":9007199254740993}', "json.integer"),
        (b'{"unit_account":"\\ud800"}', "json.surrogate"),
        (b'{"unit_account":"\\u0000"}', "json.nul"),
        (b'{"unit_account":"\xff"}', "json.utf8"),
        ("{'unit_account':'1'}".encode("gbk"), "json.syntax"),
        ("﻿{}".encode(), "json.syntax"),
        (b"[" * 40 + b"]" * 40, "json.depth"),
        (b"[" * 100_000, "json.depth"),
        (b"{", "json.syntax"),
    ],
)
def test_json_without_one_meaning(center: CenterUnderTest, body: bytes, code: str) -> None:
    answer = center.client.post(
        "/v1/login/challenge", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    found = problem(answer)
    assert (found.code, found.findings[0].code) == ("body.invalid", code)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "unit_account"),
        ({"unit_account": "1", "role": "clerk"}, "role"),
        ({"unit_account": 1}, "unit_account"),
        ({"unit_account": "1;DROP"}, "unit_account"),
        ({"unit_account": ""}, "unit_account"),
        ({"unit_account": "1", "\x1b]52;c;x\x07": "1"}, "<ESC>]52;c;x<U+0007>"),
        ([], ""),
        ("x", ""),
        (None, ""),
    ],
)
def test_fields_that_do_not_fit(center: CenterUnderTest, body: Any, field: str) -> None:
    answer = center.client.post("/v1/login/challenge", json=body)
    assert answer.status_code == 400
    found = problem(answer)
    assert (found.code, found.findings[0].field) == ("body.invalid", field)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/xml"])
def test_another_content_type_is_no_json(center: CenterUnderTest, kind: str) -> None:
    answer = center.client.post(
        "/v1/login/challenge", content=b'{"unit_account":"1"}', headers={"content-type": kind}
    )
    assert (answer.status_code, problem(answer).code) == (400, "body.invalid")


def test_a_large_strict_body_is_read_in_a_thread(center: CenterUnderTest) -> None:
    body = json.dumps({"unit_account": "1", "x": "y" * 100_000}).encode()
    answer = center.client.post(
        "/v1/login/challenge", content=body, headers={"content-type": "application/json"}
    )
    assert problem(answer).findings[0].field == "x"


def test_oversize_bodies(center: CenterUnderTest) -> None:
    body = b'{"unit_account":"' + b"1" * 300_000 + b'"}'
    answer = center.client.post("/v1/login/challenge", content=body)
    assert (answer.status_code, problem(answer).code) == (413, "too_large")


def test_oversize_bodies_of_unknown_length(center: CenterUnderTest) -> None:
    def chunks() -> Any:
        for _ in range(100):
            yield b" " * 10_000

    answer = center.client.post(
        "/v1/login/challenge", content=chunks(), headers={"content-type": "application/json"}
    )
    assert (answer.status_code, problem(answer).code) == (413, "too_large")


def test_nul_in_the_address(center: CenterUnderTest) -> None:
    for path in ("/v1/units/%00/context", "/v1/health?x=%00"):
        answer = center.get(path)
        assert (answer.status_code, problem(answer).code) == (400, "body.invalid")


# ---- breakdowns --------------------------------------------------------------------------------------


def test_a_breakdown_gives_an_incident_number_and_no_secrets(
    center: CenterUnderTest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("password=hunter2 at /srv/center")

    monkeypatch.setattr("center.routes.login.create_challenge", broken)
    answer = center.post("/v1/login/challenge", {"unit_account": "1"})
    found = problem(answer)
    assert (answer.status_code, found.code) == (500, "server.error")
    number = found.instance.removeprefix("urn:gjj:incident:")
    assert number in found.detail and number in caplog.text
    assert "hunter2" not in answer.text


def test_a_busy_database_asks_to_come_back(center: CenterUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    def locked(*_: object) -> None:
        raise OperationalError("x", {}, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr("center.routes.login.create_challenge", locked)
    answer = center.post("/v1/login/challenge", {"unit_account": "1"})
    assert (answer.status_code, problem(answer).code) == (503, "server.busy")
    assert answer.headers["retry-after"] == "2"


def test_incidents_of_the_database_show_no_parameters(center: CenterUnderTest) -> None:
    with pytest.raises(Exception) as caught, center.store.write() as conn:
        conn.execute(insert(workday).values(day="secret-value-1", working=None))
    assert "secret-value-1" not in str(caught.value)
    assert incident(caught.value).code == "server.error"


def test_codes_have_a_status_and_a_chinese_title() -> None:
    for code, (status, title) in TITLES.items():
        assert 400 <= status < 600 and not title.isascii()
        assert ProblemError(code).problem.status == status


# ---- context and facts -------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "hangzhou", "shanxi"])
def test_context_of_a_unit(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    center.add_unit(
        "100001", "示例一中", credit_code="12330000470000000X", address="示例路1号",
        paid_through=202610, ratios="[[1200,1200],[850,500]]", depositor_rev=7,
    )  # fmt: skip
    center.add_operator("zhangsan", ("100001",), mobile="13800000001")
    key = center.new_key()
    center.register(key, "100001")
    _add_accounts(center, ["01", "01", "02", "05"])
    with center.store.write() as conn:
        post_opening(conn, "100001", BEGAN, NOON, {}, unallocated=123_456)
    found = center.context(center.login(key))
    assert (found.name, found.credit_code, found.address) == ("示例一中", "12330000470000000X", "示例路1号")
    assert (found.headcount, found.sealed_count, found.unallocated) == (2, 1, "1234.56")
    assert (found.agent_name, found.agent_mobile, found.paid_through) == ("张三", "13800000001", 202610)
    assert [(pair.unit, pair.person) for pair in found.ratios] == [("12", "12"), ("8.5", "5")]
    assert found.today == "2026-11-23"
    assert found.month == (202612 if profile == "hangzhou" else 202611)
    assert found.limits is not None and found.limits.fund_year == 2026
    assert (found.calendar_known, found.revision) == (False, 7)


def _add_accounts(center: CenterUnderTest, states: list[str]) -> None:
    with center.store.write() as conn:
        for number, state in enumerate(states):
            key = f"person{number}"
            conn.execute(insert(depositor).values(person_key=key, id_number=key, name="甲"))
            conn.execute(
                insert(account).values(
                    account_no=str(number), unit_account="100001", person_key=key, status=state, base=1,
                    unit_ratio=1, person_ratio=1, unit_amount=1, person_amount=1, opened="2026-01-01", rev=1,
                )
            )  # fmt: skip


def test_facts(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    center.ready_agent()
    with center.store.write() as conn:
        facts = unit_facts(conn, "100001")
        assert (facts.ratio, facts.fund_types) == (RatioPair(1200, 1200), ("general",))
        with pytest.raises(ProblemError, match="unit.not_found"):
            unit_facts(conn, "nix")
        assert not business_calendar(conn, center.settings.profile).is_published(2026)
        conn.execute(insert(calendar_year).values(year=2026, published="x"))
        conn.execute(insert(workday).values(day="2026-10-01", working=False))
        conn.execute(insert(workday).values(day="2026-10-10", working=True))
        calendar = business_calendar(conn, center.settings.profile)
        days = [START.replace(month=10, day=day).date() for day in (1, 9, 10, 11)]
        assert [calendar.is_workday(day) for day in days] == [False, True, True, False]


def test_check_context(make_center: MakeCenter) -> None:
    from center.deps import UnitScope

    center = make_center("hangzhou")
    center.add_unit()
    settings = center.settings
    scope = UnitScope(center.store, center.clock, settings.profile, settings, "o", "l", "n", "100001", (), "")
    with center.store.read() as conn:
        context = check_context(conn, scope, Source.FILE, center.clock)
    assert (context.today.isoformat(), context.month, context.source) == ("2026-11-23", 202612, Source.FILE)
    assert context.limits is not None and context.limits.fund_year == 2026
    assert not context.people


@pytest.mark.parametrize(
    ("moment", "open_"),
    [("01:00", True), ("00:59", False), ("08:29", True), ("08:30", False), ("20:00", False)],
)
def test_business_hours_are_the_centers_own(make_center: MakeCenter, moment: str, open_: bool) -> None:
    """09:00 to 16:30 at the center is 01:00 to 08:30 in UTC (N-02)."""
    center = make_center("hangzhou", enforce_hours=True)
    hour, minute = map(int, moment.split(":"))
    center.clock.set(START.replace(hour=hour, minute=minute))
    with center.store.read() as conn:
        if open_:
            require_open(conn, center.settings)
        else:
            with pytest.raises(ProblemError, match="outside_hours"):
                require_open(conn, center.settings)


def test_hours_are_not_enforced_in_the_demo(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    center.clock.set(START.replace(hour=20))
    with center.store.read() as conn:
        require_open(conn, center.settings)


# ---- serving -----------------------------------------------------------------------------------------


def test_a_served_center_answers_and_stops(tmp_path: Path) -> None:
    with served(make_settings(tmp_path)) as address:
        assert httpx.get(f"{address}/v1/health").json()["status"] == "ok"
        answer = httpx.get(f"{address}/v1/nix")
        assert "server" not in answer.headers
        assert answer.headers["x-content-type-options"] == "nosniff"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/v1/health")


def test_a_taken_port(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as sock, pytest.raises(OSError):
        sock.listen()
        serve(make_settings(tmp_path), port=sock.getsockname()[1])


def test_names_of_the_center() -> None:
    assert authorities("127.0.0.1", 81) == ("127.0.0.1:81", "localhost:81", "[::1]:81")
    assert authorities("10.0.0.5", 80) == ("10.0.0.5:80", "10.0.0.5")


def test_a_database_stays_with_its_profile(tmp_path: Path) -> None:
    create_app(make_settings(tmp_path, "baishan"))
    with pytest.raises(ProfileMismatch) as caught:
        create_app(make_settings(tmp_path, "shanxi"))
    assert "属于“baishan”中心" in caught.value.text
