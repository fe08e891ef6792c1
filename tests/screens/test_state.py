"""What covers the work and gives it back: idle lock, key pulled out, ended session; errors; warm-up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from center.demo.generator import Generator
from client.errors import CenterBusy
from screens.app import AppScreen
from screens.home import HomeScreen
from screens.lock import LockScreen
from screens.relogin import ReloginScreen
from screens.state import AppState
from tests.screens.front import PIN, SECOND, UNIT, Front, LoginDesk, ScriptedKey, at_login, front_of
from tests.screens.test_login_code import DETAILS, code_of
from tests.support.center import PASSWORD, START
from tui.grid import Grid
from ukey.signer import KeyNotResponding, KeyState


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    monkeypatch.setattr("screens.app.KEY_POLL_SECONDS", 0.05)
    monkeypatch.setattr("screens.app.GUARD_SECONDS", 0.05)
    with front_of(tmp_path, "baishan") as front:
        front.people(UNIT)
        yield front


def top(desk: LoginDesk) -> AppScreen:
    screen = desk.app.shell_screen()
    assert isinstance(screen, AppScreen)
    return screen


def key_of(front: Front) -> ScriptedKey:
    assert isinstance(front.key, ScriptedKey)
    return front.key


async def go_idle(desk: LoginDesk) -> None:
    desk.app.last_key = time.monotonic() - 3600
    await desk.until(lambda: isinstance(top(desk), LockScreen), "lock")
    await desk.settle()


async def test_the_idle_screen_hides_the_work_until_the_pin_is_given(front: Front) -> None:
    front.scripted_key(UNIT)
    async with at_login(front) as desk:
        await desk.log_in()
        await desk.press("\t")
        await go_idle(desk)
        assert front.key_state() is KeyState.PRESENT
        assert "收件箱" not in desk.picture() and "长时间没有操作" in desk.picture()
        await desk.press("<f12>")
        assert isinstance(top(desk), LockScreen)
        await desk.press("999999\r")
        await desk.until(lambda: "PIN 不正确" in desk.status)
        assert isinstance(top(desk), LockScreen)
        await desk.press(f"{PIN}\r")
        await desk.until(lambda: isinstance(top(desk), HomeScreen))
        assert front.key_state() is KeyState.READY and desk.who()


async def test_a_dialog_that_was_open_is_still_there_behind_the_lock(front: Front) -> None:
    front.scripted_key(UNIT)
    async with at_login(front) as desk:
        await desk.log_in()
        await desk.press("<f3>")
        await desk.see("确定退出系统吗")
        await go_idle(desk)
        assert "确定退出系统吗" not in desk.picture()
        await desk.press(f"{PIN}\r")
        await desk.see("确定退出系统吗")
        await desk.press("n")
        assert isinstance(top(desk), HomeScreen)


async def test_from_the_lock_one_may_leave_for_the_login(front: Front) -> None:
    front.scripted_key(UNIT)
    async with at_login(front) as desk:
        await desk.log_in()
        await desk.press("<f3>")
        await desk.see("确定退出系统吗")
        await go_idle(desk)
        await desk.press("<f3>")
        await desk.press("y")
        await desk.see("单位登录")
        assert not desk.who()
        await desk.press(f"{PASSWORD}\r")
        await desk.see("UKey PIN: [")
        await desk.press(f"{PIN}\r")
        await desk.see("收件箱")


async def test_a_key_pulled_out_locks_and_another_key_does_not_unlock(front: Front) -> None:
    key = front.scripted_key(UNIT)
    async with at_login(front) as desk:
        await desk.log_in()
        key.pull()
        await desk.see("UKey 已被拔出")
        await desk.press(f"{PIN}\r")
        await desk.until(lambda: "没有找到 UKey" in desk.status)
        own = key.key
        key.key = front.center.new_key()
        key.inserted = True
        await desk.see("待验PIN")
        await desk.press(f"{PIN}\r")
        await desk.until(lambda: "不是登录时使用的 UKey" in desk.status)
        key.key = own
        await desk.press(f"{PIN}\r")
        await desk.until(lambda: isinstance(top(desk), HomeScreen))


async def test_without_a_key_the_password_unlocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.app.GUARD_SECONDS", 0.05)
    with front_of(tmp_path, "shaanxi") as front:
        front.people(UNIT)
        async with at_login(front) as desk:
            await desk.press(f"{DETAILS}{PASSWORD}<f5>")
            await desk.until(lambda: "秒后可以重新获取" in desk.status)
            await desk.press(f"{code_of(front)}\r")
            await desk.see("消息中心")
            await desk.settle()
            await go_idle(desk)
            await desk.press("Falsch-2026\r")
            await desk.until(lambda: "密码不正确" in desk.status)
            await desk.press(f"{PASSWORD}\r")
            await desk.until(lambda: isinstance(top(desk), HomeScreen))


async def test_an_ended_session_is_renewed_and_the_open_screens_stay(front: Front) -> None:
    front.demo_key(UNIT)
    async with at_login(front) as desk:
        await desk.log_in()
        await desk.press("<f11>")
        await desk.see("历史列表")
        below = top(desk)
        front.center.clock.advance(hours=13)
        await desk.press("<f5>")
        await desk.until(lambda: isinstance(top(desk), ReloginScreen), "relogin")
        await desk.settle()
        assert "登录已失效，请重新登录" in desk.status
        assert UNIT in desk.picture()
        await desk.press(f"{PASSWORD}\r")
        await desk.until(lambda: top(desk) is below, "the screen before")
        await desk.settle()
        assert not desk.app.state.expired
        await desk.press("<f5>")
        assert "共读取" in desk.status


async def test_the_session_is_renewed_without_a_key_pressed(front: Front) -> None:
    front.demo_key(UNIT)
    async with at_login(front) as desk:
        await desk.log_in()
        front.center.clock.advance(hours=13)
        await desk.until(lambda: isinstance(top(desk), ReloginScreen), "relogin")
        await desk.settle()
        await desk.press("<f3>")
        await desk.press("y")
        await desk.see("单位登录")
        assert not desk.who()


async def test_after_a_renewal_by_somebody_else_the_work_starts_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.app.GUARD_SECONDS", 0.05)
    with front_of(tmp_path, "baishan") as front:
        front.people(UNIT)
        front.center.add_operator("lisi", (UNIT,), name="李四")
        front.demo_key(UNIT)
        async with at_login(front) as desk:
            await desk.log_in()
            await desk.press("<f11>")
            await desk.see("历史列表")
            front.center.clock.advance(hours=13)
            await desk.press("<f5>")
            await desk.until(lambda: isinstance(top(desk), ReloginScreen), "relogin")
            await desk.settle()
            await desk.press(f"<shift+tab>lisi\r{PASSWORD}\r")
            await desk.until(lambda: isinstance(top(desk), HomeScreen), "home")
            await desk.settle()
            assert "李四" in desk.picture()
            assert len(desk.app.screen_stack) == 2


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (CenterBusy(), "中心正忙，请稍后重试，录入的内容都已保存在本机。"),
        (KeyNotResponding(), "UKey 无响应，请拔下重插后再试，仍不行请退出程序重新打开。"),
    ],
)
async def test_what_a_screen_does_not_catch_becomes_one_sentence(
    error: Exception, text: str, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    front.demo_key(UNIT)

    def fails(*_: Any) -> None:
        raise error

    async with at_login(front) as desk:
        await desk.log_in()
        monkeypatch.setattr(desk.app.state.session(), "refresh_context", fails)
        await desk.press("<f5>")
        await desk.until(lambda: desk.status == text)
        await desk.press("<f1>")
        await desk.see("帮助")


def test_warming_up_opens_the_store_and_remembers_the_sound(front: Front) -> None:
    state: AppState = front.state()
    told: list[str] = []
    state.listen(lambda event: told.append(event.kind))
    state.warm_up()
    assert state.warm and told == ["ready"]
    assert state.profile.name == "baishan"
    assert (front.folder / "gjj.db").exists()


def test_a_password_verifier_is_no_password(front: Front) -> None:
    state: AppState = front.state()
    assert not state.password_fits(PASSWORD.encode())
    state.keep_verifier(PASSWORD)
    assert state.password_fits(PASSWORD.encode()) and not state.password_fits(b"andere")
    assert PASSWORD not in repr(vars(state))


def test_permissions_of_the_open_unit_count(front: Front) -> None:
    state: AppState = front.state()
    assert not state.permitted("open")
    assert state.unit == "" and state.context is None and SECOND not in repr(state)


async def test_a_half_typed_cell_outlives_a_login_that_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.app.GUARD_SECONDS", 0.05)
    with front_of(tmp_path, "shaanxi") as front:
        front.people(UNIT)
        async with at_login(front) as desk:
            await desk.press(f"{DETAILS}{PASSWORD}<f5>")
            await desk.until(lambda: "秒后可以重新获取" in desk.status)
            await desk.press(f"{code_of(front)}\r")
            await desk.see("消息中心")
            await desk.settle()
            module = next(one for one in front.profile.home.modules if one.opens == "business:open")
            await desk.press(f"<f2>{module.code}\r")
            await desk.until(lambda: module.title in desk.title)
            someone = Generator(front.profile, START.date(), 7).person(plain=True)
            typed = [someone.name, someone.id_number, "8000", someone.mobile, "20", ""]
            await desk.press("".join(f"{text}\r" for text in typed))
            await desk.press("<shift+tab>欧阳")
            grid = desk.app.screen.query_one(Grid)
            draft = grid.draft
            assert draft is not None and draft[2] == "欧阳"
            front.center.clock.advance(hours=13)
            await desk.until(lambda: isinstance(top(desk), ReloginScreen), "relogin")
            await desk.settle()
            await desk.press(f"{PASSWORD}<f5>")
            await desk.until(lambda: "秒后可以重新获取" in desk.status)
            await desk.press(f"{code_of(front)}\r")
            await desk.until(lambda: module.title in desk.title, "the roster")
            await desk.settle()
            assert grid.draft == draft and grid.has_focus
            await desk.press("修")
            assert grid.draft[2] == "欧阳修"
