from __future__ import annotations

import io
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from center.sms import BATCH, ConsoleGateway, SmsPump, load_gateway, queue_sms
from center.store.tables import login_code, operator, outbox
from center.sweep import sweep
from tests.center.conftest import MakeCenter
from tests.support.center import PASSWORD, CenterUnderTest, Login, running_center

AGENT = {
    "unit_account": "300001",
    "unit_name": "示例研究院",
    "agent_name": "张三",
    "agent_id_number": "11010519491231002X",
    "mobile": "13800000001",
}
NEW = "Lisi-2027"


@pytest.fixture
def center(make_center: MakeCenter) -> CenterUnderTest:
    made = make_center("shaanxi", demo=True)
    made.add_unit("300001", "示例研究院")
    made.add_operator(
        "agent1",
        ("300001",),
        id_number=AGENT["agent_id_number"],
        mobile=AGENT["mobile"],
    )
    return made


def code_in_outbox(center: CenterUnderTest) -> str:
    with center.store.read() as conn:
        bodies = conn.scalars(select(outbox.c.body).order_by(outbox.c.created.desc())).all()
    found = re.search(r"\d{6}", bodies[0])
    assert found
    return found.group()


def ask(center: CenterUnderTest, **changes: Any) -> httpx.Response:
    return center.post("/v1/login/code", {**AGENT, **changes})


def fresh_code(center: CenterUnderTest, purpose: str = "login") -> str:
    center.clock.advance(seconds=61)
    assert ask(center, purpose=purpose).status_code == 200
    return code_in_outbox(center)


def log_in(center: CenterUnderTest, right_code: str, **changes: Any) -> httpx.Response:
    return center.post("/v1/login", {**AGENT, "password": PASSWORD, "code": right_code, **changes})


@pytest.mark.feature("L-05", profile="shaanxi")
@pytest.mark.feature("L-14", profile="shaanxi")
def test_login_with_password_and_code_and_logout(center: CenterUnderTest) -> None:
    answer = log_in(center, fresh_code(center))
    assert answer.status_code == 200
    login = Login(answer.json(), None)
    assert login.reply["certificate_expires"] == ""
    assert center.context(login).agent_mobile == AGENT["mobile"]
    assert center.post("/v1/logout", {}, login).status_code == 200
    assert center.get("/v1/units/300001/context", login).status_code == 401


@pytest.mark.feature("L-05", profile="shaanxi")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unit_account", "300002"),
        ("unit_name", "示例研究"),
        ("agent_name", "李四"),
        ("agent_id_number", "110105194912310038"),
        ("mobile", "13800000002"),
        ("password", "x"),
        ("code", ""),
    ],
)
def test_every_one_of_the_details_must_fit(center: CenterUnderTest, field: str, value: str) -> None:
    code = fresh_code(center)
    answer = log_in(center, code, **{field: value})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.bad_credentials")
    assert answer.json()["tries_left"] == 4
    assert log_in(center, code).status_code == 200


def test_fifteen_and_eighteen_digits_are_the_same_person(center: CenterUnderTest) -> None:
    assert log_in(center, fresh_code(center), agent_id_number="110105491231002").status_code == 200


def test_a_code_serves_once(center: CenterUnderTest) -> None:
    code = fresh_code(center)
    assert log_in(center, code).status_code == 200
    assert log_in(center, code).status_code == 401


def test_one_code_in_twenty_logins_opens_one_session(center: CenterUnderTest) -> None:
    code = fresh_code(center)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(log_in(center, code).status_code)) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses.count(200) == 1
    assert len(statuses) == 20


def test_a_code_lives_five_minutes(center: CenterUnderTest) -> None:
    code = fresh_code(center)
    center.clock.advance(minutes=5)
    assert log_in(center, code).status_code == 401


def test_five_wrong_codes_use_a_code_up(make_center: MakeCenter) -> None:
    center = make_center("shaanxi", password_tries=50)
    center.add_unit("300001", "示例研究院")
    center.add_operator("agent1", ("300001",), id_number=AGENT["agent_id_number"], mobile=AGENT["mobile"])
    code = fresh_code(center)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(5):
        assert log_in(center, wrong).status_code == 401
    assert log_in(center, code).status_code == 401
    assert log_in(center, fresh_code(center)).status_code == 200


def test_wrong_codes_lock_like_wrong_passwords(center: CenterUnderTest) -> None:
    code = fresh_code(center)
    answers = [log_in(center, "000000" if code != "000000" else "000001") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [423]


def test_only_the_newest_code_counts(center: CenterUnderTest) -> None:
    first, second = fresh_code(center), fresh_code(center)
    if first != second:
        assert log_in(center, first).status_code == 401
    assert log_in(center, second).status_code == 200


def test_codes_come_once_a_minute(center: CenterUnderTest) -> None:
    assert ask(center).json()["resend_after"] == 60
    again = ask(center)
    assert (again.status_code, again.json()["code"]) == (429, "rate.limited")
    assert again.json()["retry_after"] == 60
    center.clock.advance(seconds=59)
    assert ask(center).status_code == 429
    center.clock.advance(seconds=1)
    assert ask(center).status_code == 200


def test_asking_at_the_same_moment_sends_one_code(tmp_path: Path, database_url: str) -> None:
    with running_center(tmp_path, "shaanxi", url=database_url) as center:
        center.add_unit("300001", "示例研究院")
        center.add_operator("a", ("300001",), id_number=AGENT["agent_id_number"], mobile=AGENT["mobile"])
        statuses: list[int] = []
        threads = [
            threading.Thread(target=lambda: statuses.append(ask(center).status_code)) for _ in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(statuses) == [200] + [429] * 11
        with center.store.read() as conn:
            assert len(conn.execute(select(outbox)).all()) == 1


def test_wrong_details_get_the_same_answer_and_no_message(center: CenterUnderTest) -> None:
    known = ask(center)
    unknown = ask(center, mobile="13900000009")
    assert known.status_code == unknown.status_code == 200
    assert known.json() == unknown.json()
    assert ask(center, mobile="13900000009").status_code == 429
    with center.store.read() as conn:
        assert [row.recipient for row in conn.execute(select(outbox))] == [AGENT["mobile"]]


def test_the_code_is_stored_hashed(center: CenterUnderTest) -> None:
    code = fresh_code(center)
    with center.store.read() as conn:
        row = conn.execute(select(login_code)).one()
    assert row.code_hash.startswith("$argon2id$")
    assert code not in str(row._mapping["code_hash"])


def test_key_profiles_send_no_codes(make_center: MakeCenter) -> None:
    answer = make_center("baishan").post("/v1/login/code", AGENT)
    assert (answer.status_code, answer.json()["code"]) == (403, "module.off")


def test_the_sms_profile_gives_no_challenges(center: CenterUnderTest) -> None:
    answer = center.post("/v1/login/challenge", {"unit_account": "300001"})
    assert (answer.status_code, answer.json()["code"]) == (403, "module.off")


# ---- resetting and changing --------------------------------------------------------------------------


def reset(center: CenterUnderTest, code: str, **changes: Any) -> httpx.Response:
    body = {"unit_account": "300001", "mobile": AGENT["mobile"], "code": code, "new": NEW}
    return center.post("/v1/password/reset", {**body, **changes})


@pytest.mark.feature("L-10", profile="shaanxi")
def test_reset_by_code(center: CenterUnderTest) -> None:
    login = Login(log_in(center, fresh_code(center)).json(), None)
    code = fresh_code(center, "reset")
    assert reset(center, code).json() == {"message": "密码重置成功，请用新密码登录"}
    assert center.get("/v1/units/300001/context", login).status_code == 401
    assert log_in(center, fresh_code(center)).status_code == 401
    assert log_in(center, fresh_code(center), password=NEW).status_code == 200
    assert reset(center, code).status_code == 401


@pytest.mark.feature("L-10", profile="shaanxi")
def test_a_reset_lifts_the_lock(center: CenterUnderTest) -> None:
    fresh_code(center)
    for _ in range(5):
        log_in(center, "x")
    assert log_in(center, fresh_code(center)).status_code == 423
    assert reset(center, fresh_code(center, "reset")).status_code == 200
    assert log_in(center, fresh_code(center), password=NEW).status_code == 200


@pytest.mark.feature("L-09", profile="shaanxi")
def test_a_reset_replaces_the_initial_password(center: CenterUnderTest) -> None:
    with center.store.write() as conn:
        conn.execute(update(operator).values(must_change=True))
    assert reset(center, fresh_code(center, "reset")).status_code == 200
    answer = log_in(center, fresh_code(center), password=NEW)
    assert answer.json()["must_change_password"] is False


def test_a_login_code_resets_nothing_and_a_reset_code_logs_nobody_in(center: CenterUnderTest) -> None:
    assert reset(center, fresh_code(center, "login")).status_code == 401
    assert log_in(center, fresh_code(center, "reset")).status_code == 401


def test_wrong_reset_codes_lock_the_reset(center: CenterUnderTest) -> None:
    code = fresh_code(center, "reset")
    answers = [reset(center, "x") for _ in range(5)]
    assert [answer.json()["tries_left"] for answer in answers] == [4, 3, 2, 1, 0]
    assert reset(center, code).json()["code"] == "auth.locked"


def test_a_weak_password_does_not_use_the_code_up(center: CenterUnderTest) -> None:
    code = fresh_code(center, "reset")
    assert reset(center, code, new="123456").json()["code"] == "body.invalid"
    assert reset(center, code).status_code == 200


@pytest.mark.feature("L-11", profile="shaanxi")
def test_change_inside(center: CenterUnderTest) -> None:
    login = Login(log_in(center, fresh_code(center)).json(), None)
    assert center.post("/v1/password", {"old": PASSWORD, "new": NEW}, login).status_code == 200
    assert log_in(center, fresh_code(center), password=NEW).status_code == 200


# ---- the outbox --------------------------------------------------------------------------------------


def test_the_demo_prints_the_code_on_the_console_once(center: CenterUnderTest) -> None:
    code = fresh_code(center)
    shown = io.StringIO()
    pump = SmsPump(center.settings, center.store, ConsoleGateway(shown))
    assert [pump.deliver(), pump.deliver()] == [1, 0]
    assert shown.getvalue().startswith(f"【短信】{AGENT['mobile']}：")
    assert shown.getvalue().count(code) == 1
    with center.store.read() as conn:
        assert conn.scalar(select(outbox.c.sent)) is not None


def test_the_pump_sends_by_itself(center: CenterUnderTest) -> None:
    sent = threading.Event()

    class Gateway:
        def send(self, message_id: str, mobile: str, text: str) -> None:
            assert message_id and mobile == AGENT["mobile"] and "验证码" in text
            sent.set()

    pump = SmsPump(center.settings, center.store, Gateway())
    pump.start()
    try:
        fresh_code(center)
        pump.nudge()
        assert sent.wait(10)
    finally:
        pump.stop()


def test_a_failing_gateway_keeps_the_message(center: CenterUnderTest) -> None:
    class Broken:
        def send(self, message_id: str, mobile: str, text: str) -> None:
            raise OSError("down")

    fresh_code(center)
    with pytest.raises(OSError):
        SmsPump(center.settings, center.store, Broken()).deliver()
    shown = io.StringIO()
    assert SmsPump(center.settings, center.store, ConsoleGateway(shown)).deliver() == 1


def test_without_a_gateway_messages_wait_in_the_outbox(center: CenterUnderTest) -> None:
    with center.store.write() as conn:
        for number in range(BATCH + 1):
            queue_sms(conn, center.settings, "13800000001", str(number))
    assert SmsPump(center.settings, center.store, None).deliver() == 0
    assert SmsPump(center.settings, center.store, ConsoleGateway(io.StringIO())).deliver() == BATCH


def test_choosing_a_gateway(center: CenterUnderTest) -> None:
    assert load_gateway(replace(center.settings, demo=False)) is None
    assert isinstance(load_gateway(center.settings), ConsoleGateway)
    with pytest.raises(LookupError, match="没有名为“nix”的短信网关插件"):
        load_gateway(replace(center.settings, sms_gateway="nix"))


def test_sent_codes_are_swept(center: CenterUnderTest) -> None:
    fresh_code(center)
    SmsPump(center.settings, center.store, ConsoleGateway(io.StringIO())).deliver()
    center.clock.advance(minutes=11)
    with center.store.write() as conn:
        sweep(conn, center.settings)
        assert conn.scalar(select(outbox.c.body)) == ""
        assert len(conn.execute(select(login_code)).all()) == 1
    center.clock.advance(days=2)
    with center.store.write() as conn:
        sweep(conn, center.settings)
        assert conn.execute(select(login_code)).all() == []


def test_the_tries_left_never_tell_that_all_details_were_right(center: CenterUnderTest) -> None:
    """Otherwise a count that begins anew would confirm a stolen identity number."""

    def left(**changes: str) -> Any:
        answer = center.post("/v1/login", {**AGENT, "password": "wrong", "code": "000000", **changes})
        return answer.json()["tries_left"]

    wrong_details = [left(agent_name="李四"), left(agent_id_number="x"), left(unit_name="别的")]
    assert (wrong_details, left()) == ([4, 3, 2], 1)
    assert [left(), left()] == [0, 0]
