"""Shaanxi: login by password and a code to the registered mobile, and the reset of a forgotten password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from center.store.tables import outbox
from screens.login import LoginScreen
from tests.screens.front import PERSON, UNIT, Front, LoginDesk, at_login, front_of
from tests.support.center import PASSWORD

DETAILS = f"{UNIT}\r示例单位{UNIT}\r{PERSON['name']}\r{PERSON['id_number']}\r{PERSON['mobile']}\r"


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with front_of(tmp_path, "shaanxi") as front:
        front.people(UNIT)
        yield front


def code_of(front: Front) -> str:
    """The code sent last."""
    with front.center.store.read() as conn:
        texts = conn.scalars(select(outbox.c.body).order_by(outbox.c.created)).all()
    found = re.search(r"\d{6}", texts[-1])
    assert found is not None
    return found[0]


def login_form_of(desk: LoginDesk) -> LoginScreen:
    screen = desk.app.screen_stack[0]
    assert isinstance(screen, LoginScreen)
    return screen


@pytest.mark.feature("L-05", profile="shaanxi")
async def test_password_and_code_log_in_without_a_key(front: Front) -> None:
    async with at_login(front) as desk:
        assert "UKey" not in desk.picture()
        await desk.press(f"{DETAILS}{PASSWORD}")
        await desk.press("<f5>")
        await desk.until(lambda: "秒后可以重新获取" in desk.status)
        assert login_form_of(desk).form.current == "code"
        await desk.press("<f5>")
        assert "秒后再获取" in desk.status
        await desk.press(f"{code_of(front)}\r")
        await desk.see("收件箱")
        assert desk.app.state.unit == UNIT and not desk.app.state.key_login


async def test_a_code_needs_the_registered_details_first(front: Front) -> None:
    async with at_login(front) as desk:
        await desk.press(f"{UNIT}\r<f5>")
        assert "获取验证码前请先填写单位名称" in desk.status
        assert login_form_of(desk).form.current == "unit_name"
        assert not front.wire.sent("POST")


async def test_a_wrong_code_says_the_tries_left_and_keeps_the_details(front: Front) -> None:
    async with at_login(front) as desk:
        await desk.press(f"{DETAILS}{PASSWORD}<f5>")
        await desk.until(lambda: "秒后可以重新获取" in desk.status)
        wrong = f"{(int(code_of(front)) + 1) % 10**6:06d}"
        await desk.press(f"{wrong}\r")
        await desk.until(lambda: "还可" in desk.status)
        kept = login_form_of(desk).form.snapshot()
        assert kept["agent_id_number"] == PERSON["id_number"] and not kept["code"]


@pytest.mark.feature("L-10", profile="shaanxi")
async def test_a_forgotten_password_is_reset_by_a_code(front: Front) -> None:
    async with at_login(front) as desk:
        await desk.press("<f7>")
        await desk.see("忘记密码：登记信息")
        await desk.press(DETAILS)
        await desk.see("验证码已发到手机")
        await desk.press("\r")
        await desk.press(f"{code_of(front)}\rNeues-2026\rNeues-2026\r")
        await desk.see("密码已重置")
        await desk.press("\r")
        front.center.clock.advance(seconds=61)
        await desk.press(f"{DETAILS}Neues-2026<f5>")
        await desk.until(lambda: "秒后可以重新获取" in desk.status)
        await desk.press(f"{code_of(front)}\r")
        await desk.see("收件箱")
