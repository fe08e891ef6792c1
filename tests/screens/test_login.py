"""The login screen: what each center asks for, the key before its PIN, and every way a login is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from center.store.tables import operator, operator_unit
from client.errors import CenterUnreachable
from domain.login_form import PROFILE_NAMES, login_form
from domain.period import CENTER_ZONE
from domain.profile import load_profile
from screens.login import LoginScreen
from tests.screens.front import LOGIN, PIN, SECOND, UNIT, Front, LoginDesk, at_login, configured, front_of
from tests.support.center import PASSWORD, START
from ukey.signer import KeyState

KEYED = ["baishan", "lyszfgjj", "hangzhou", "shanxi"]
MakeFront = Callable[..., Front]


@pytest.fixture
def make_front(tmp_path: Path) -> Iterator[MakeFront]:
    """Workstations before centers of any profile, with an agent and a demo key where the center wants one."""
    with ExitStack() as stack:

        def make(profile: str = "baishan", *, units: tuple[str, ...] = (UNIT,), key: bool = True) -> Front:
            front = stack.enter_context(front_of(tmp_path, profile, **configured(profile)))
            if units:
                front.people(*units)
            if units and key and profile != "shaanxi":
                front.demo_key(*units)
            return front

        yield make


def screen_of(desk: LoginDesk) -> LoginScreen:
    screen = desk.app.shell_screen()
    assert isinstance(screen, LoginScreen)
    return screen


@pytest.mark.feature("L-05", profile="all")
@pytest.mark.parametrize("profile", PROFILE_NAMES)
async def test_every_center_asks_for_its_own_fields_and_nothing_else(
    profile: str, make_front: MakeFront
) -> None:
    front = make_front(profile)
    async with at_login(front) as desk:
        form = screen_of(desk).form
        assert [field.title for field in form._fields] == [one.label for one in login_form(profile).fields]
        picture = desk.picture()
        assert front.profile.center in picture
        for one in login_form(profile).fields:
            assert one.label in picture
        if profile == "hangzhou":
            account = form._fields[0]
            assert account.readonly and UNIT in picture
            assert form.current == "password"


@pytest.mark.feature("L-01", profile=KEYED)
@pytest.mark.feature("L-02", profile="hangzhou")
@pytest.mark.feature("L-03", profile="all")
@pytest.mark.parametrize("profile", PROFILE_NAMES)
async def test_the_help_says_how_access_is_had_and_what_it_needs(profile: str, make_front: MakeFront) -> None:
    front = make_front(profile)
    async with at_login(front, rows=40) as desk:
        await desk.press("<f1><f1>")
        shown = desk.picture().replace(" ", "").replace("\n", "").replace("|", "")
        auth = load_profile(profile).auth
        for text in (auth.access_text, auth.platform_text, auth.reset_text):
            assert text.replace(" ", "")[:20] in shown
            assert text.replace(" ", "")[-6:] in shown


@pytest.mark.feature("L-04", profile=KEYED)
@pytest.mark.feature("H-01", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.parametrize("profile", KEYED)
async def test_the_certificate_stands_before_the_pin_and_the_key_answers_the_challenge(
    profile: str, make_front: MakeFront
) -> None:
    front = make_front(profile)
    assert front.key is not None
    certificate = front.key.certificates()[0]
    async with at_login(front) as desk:
        await desk.see(certificate.serial)
        assert "待验PIN" in desk.picture() and "演示密钥" in desk.picture()
        assert f"至 {certificate.not_after.astimezone(CENTER_ZONE):%Y-%m-%d}" in desk.picture()
        await desk.type_login()
        await desk.see("UKey PIN: [")
        picture = desk.picture()
        assert certificate.serial in picture and "PIN 还可以试 6 次" in picture
        assert not front.wire.sent("POST")
        await desk.press(f"{PIN}\r")
        await desk.see("收件箱")
        assert desk.app.state.unit == UNIT
        signed = front.wire.sent("POST")[-1]
        assert "signature-input" in signed.headers
        context = desk.app.state.context
        assert context is not None
        for text in (context.name, UNIT, "张三", context.unallocated):
            assert text in desk.picture()


@pytest.mark.feature("L-04", profile=KEYED)
@pytest.mark.parametrize("profile", KEYED)
async def test_without_a_key_there_is_no_login_and_a_sentence_says_so(
    profile: str, make_front: MakeFront
) -> None:
    front = make_front(profile, key=False)
    key = front.scripted_key(UNIT)
    key.pull()
    async with at_login(front) as desk:
        await desk.see("无UKey")
        await desk.type_login()
        await desk.settle()
        assert desk.status == "没有找到 UKey，请插好 UKey 后再试。"
        assert not front.wire.sent("POST")
        key.inserted = True
        await desk.see("待验PIN")
        assert desk.app.state.key_state is KeyState.PRESENT


async def test_a_wrong_pin_says_how_many_tries_are_left_and_a_locked_key_what_to_do(
    make_front: MakeFront,
) -> None:
    front = make_front("baishan")
    async with at_login(front) as desk:
        await desk.type_login()
        await desk.see("UKey PIN: [")
        for left in (5, 4, 3, 2):
            await desk.press("111111\r")
            await desk.see(f"还可以再试 {left} 次")
        await desk.press("111111\r")
        await desk.see("最后一次机会")
        await desk.press("no\r")
        assert "请键入 YES" in desk.picture()
        await desk.press("<escape>YES\r")
        await desk.see("UKey PIN: [")
        await desk.press("111111\r")
        await desk.until(lambda: "锁死" in desk.status)
        assert not desk.who()
        await desk.see("已锁死")


async def test_a_key_that_reports_no_number_says_so(make_front: MakeFront) -> None:
    front = make_front("baishan", key=False)
    key = front.scripted_key(UNIT)
    async with at_login(front) as desk:
        await desk.type_login()
        await desk.see("UKey 未报告剩余次数")
        await desk.press("999999\r")
        await desk.see("已连续输错 1 次")
        await desk.press(f"{PIN}\r")
        await desk.see("收件箱")
        assert key.pins == ["999999", PIN]


async def test_a_pin_pad_takes_the_pin_on_the_key(make_front: MakeFront) -> None:
    front = make_front("baishan", key=False)
    key = front.scripted_key(UNIT)
    key.pad = True
    async with at_login(front) as desk:
        await desk.type_login()
        await desk.see("请准备在 UKey 的按键上输入 PIN")
        await desk.press("s")
        await desk.see("收件箱")
        assert key.pins == [None]


@pytest.mark.feature("L-06", profile="hangzhou")
async def test_of_several_certificates_one_is_chosen(make_front: MakeFront) -> None:
    front = make_front("hangzhou", key=False)
    key = front.scripted_key(UNIT)
    own = key.certificates()[0]
    key.others = [replace(own, common_name="别的单位", fingerprint="0" * 64, serial="FF")]
    async with at_login(front) as desk:
        await desk.see("UKey 中有多个证书，请按 F4 选择")
        await desk.press("<f4>2\r")
        await desk.see("序列号  01")
        await desk.log_in()
        assert desk.app.state.session().certificate == own


@pytest.mark.parametrize(
    ("days", "text"),
    [(-1, "证书已于"), (10, "证书还有 10 天到期")],
)
async def test_the_end_of_the_certificate_is_watched(days: int, text: str, make_front: MakeFront) -> None:
    front = make_front("baishan", key=False)
    key = front.scripted_key(UNIT)
    key.not_after = START + timedelta(days=days, hours=1)
    async with at_login(front) as desk:
        await desk.see(text)
        await desk.type_login()
        await desk.settle()
        if days < 0:
            assert "不能登录" in desk.status and not front.wire.sent("POST")
        else:
            assert "UKey PIN: [" in desk.picture()


async def test_a_wrong_password_says_the_tries_left_and_then_the_minutes(make_front: MakeFront) -> None:
    front = make_front("baishan")
    async with at_login(front) as desk:
        await desk.type_login("Falsch-2026")
        await desk.see("UKey PIN: [")
        await desk.press(f"{PIN}\r")
        await desk.until(lambda: "还可" in desk.status)
        assert screen_of(desk).form.current == "password"
        assert screen_of(desk).form.snapshot()["unit_account"] == UNIT
        for _ in range(4):
            await desk.press("Falsch-2026\r")
        await desk.until(lambda: "15分钟" in desk.status)
        await desk.press(f"{PASSWORD}\r")
        await desk.until(lambda: "分钟后再试" in desk.status)
        assert not desk.who()


async def test_a_center_that_is_down_keeps_what_was_typed_and_comes_back_by_itself(
    make_front: MakeFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.center_watch.RETRY_SECONDS", 0.1)
    front = make_front("baishan")

    def down(request: httpx.Request, _: object) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    front.wire.handler = down
    async with at_login(front) as desk:
        await desk.see("连不上，正在自动重试")
        await desk.type_login()
        await desk.until(lambda: "连不上中心" in desk.status)
        form = screen_of(desk).form
        assert form.snapshot() == {"unit_account": UNIT, "login_name": LOGIN}
        front.wire.handler = None
        await desk.see("已连接")
        await desk.press("<f10>")
        await desk.see("UKey PIN: [")


async def test_the_login_below_says_nothing_of_the_center_on_the_home_screen(make_front: MakeFront) -> None:
    front = make_front("baishan")
    async with at_login(front) as desk:
        login = screen_of(desk)
        await desk.log_in()
        assert (login.on_top, login.is_current) == (False, True)
        before = desk.status
        login._lost(CenterUnreachable("连不上中心。"))
        login._found()
        assert desk.status == before


async def test_the_wrong_center_is_named(make_front: MakeFront, tmp_path: Path) -> None:
    front = make_front("baishan")
    front.profile = load_profile("lyszfgjj")
    async with at_login(front) as desk:
        await desk.type_login()
        await desk.until(lambda: "与配置的中心不符" in desk.status)


async def test_a_clock_far_off_is_told(make_front: MakeFront) -> None:
    front = make_front("baishan")
    async with at_login(front) as desk:
        screen_of(desk).note_clock(601)
        await desk.see("本机时间比中心慢约 10 分钟")
        screen_of(desk).note_clock(1)
        await desk.pilot.pause()
        assert "本机时间" not in desk.picture()


@pytest.mark.feature("L-07", profile="shanxi")
@pytest.mark.feature("L-06", profile="shanxi")
@pytest.mark.feature("L-08", profile="shanxi")
async def test_the_unit_is_chosen_after_the_login_and_permissions_hide_modules(make_front: MakeFront) -> None:
    front = make_front("shanxi", units=(UNIT, SECOND))
    permitted = update(operator_unit).where(operator_unit.c.unit_account == SECOND)
    front.center.store.run(lambda conn: conn.execute(permitted.values(permissions='["seal"]')))
    async with at_login(front) as desk:
        await desk.type_login()
        await desk.see("UKey PIN: [")
        await desk.press(f"{PIN}\r")
        await desk.see("选择单位账号")
        assert UNIT in desk.picture() and SECOND in desk.picture()
        await desk.press("2\r")
        await desk.see("收件箱")
        assert desk.app.state.unit == SECOND
        assert "缴存人登记" not in desk.picture() and "缴存人信息查询" in desk.picture()
        assert not desk.app.state.permitted("open")


@pytest.mark.feature("L-09", profile="shanxi")
async def test_the_initial_password_must_be_changed_before_anything_else(make_front: MakeFront) -> None:
    front = make_front("shanxi", units=())
    front.people(UNIT, password="111111", must_change=True)
    front.demo_key(UNIT)
    async with at_login(front) as desk:
        await desk.type_login("111111")
        await desk.see("UKey PIN: [")
        await desk.press(f"{PIN}\r")
        await desk.see("您使用的是初始密码")
        await desk.press("\r")
        await desk.press("111111\r")
        await desk.see("新密码不能与原密码相同")
        await desk.press("<escape>kurz\r")
        await desk.see("新密码至少")
        await desk.press("<escape>Neues-2026\rAnderes-2026\r")
        await desk.see("两次输入的新密码不一致")
        await desk.press("<escape>Neues-2026\r")
        await desk.see("密码已修改")
        await desk.press("\r")
        await desk.see("收件箱")
    with front.center.store.read() as conn:
        assert conn.scalar(select(operator.c.must_change).where(operator.c.login_name == LOGIN)) is False


async def test_who_does_not_change_the_initial_password_is_not_logged_in(make_front: MakeFront) -> None:
    front = make_front("shanxi", units=())
    front.people(UNIT, password="111111", must_change=True)
    front.demo_key(UNIT)
    async with at_login(front) as desk:
        await desk.type_login("111111")
        await desk.see("UKey PIN: [")
        await desk.press(f"{PIN}\r")
        await desk.see("您使用的是初始密码")
        await desk.press("\r")
        await desk.press("<f12>")
        await desk.until(lambda: "初始密码没有修改" in desk.status)
        assert not desk.who()


@pytest.mark.feature("L-10", profile=["hangzhou", "shanxi"])
@pytest.mark.parametrize("profile", KEYED)
async def test_a_forgotten_password_is_reset_elsewhere_and_the_screen_says_where(
    profile: str, make_front: MakeFront
) -> None:
    async with at_login(make_front(profile)) as desk:
        await desk.press("<f7>")
        shown = desk.picture().replace(" ", "").replace("\n", "").replace("|", "")
        assert load_profile(profile).auth.reset_text.replace(" ", "")[:24] in shown


@pytest.mark.feature("L-12", profile="baishan")
async def test_the_manual_is_had_before_the_login(make_front: MakeFront) -> None:
    front = make_front("baishan")
    async with at_login(front) as desk:
        assert "操作手册" in desk.key_bar
        await desk.press("<f9>")
        await desk.see("第 1/")
        assert front.profile.auth.access_text[:20] in desk.picture()
        await desk.press("<f9>")
        path = front.folder / "out" / f"{front.profile.center}操作手册.txt"
        await desk.until(lambda: str(path)[:40] in desk.status)
        text = path.read_text(encoding="utf-8")
        await desk.press("<f9>y<f12>")
        assert "单位登录" in desk.picture() and not desk.who()
    assert front.profile.auth.access_text in text
    for module in front.profile.home.modules:
        assert any(line.split()[:2] == [module.code, module.title] for line in text.splitlines())
    for word in (
        "【首页】",
        "【缴存人登记】",
        "【缴存人登记的规则】",
        "【键盘卡】",
        "登录  登录，与最后一栏的回车相同。",
    ):
        assert word in text


async def test_other_centers_offer_no_manual_before_the_login(make_front: MakeFront) -> None:
    front = make_front("lyszfgjj")
    async with at_login(front) as desk:
        assert "操作手册" not in desk.picture()
        await desk.press("<f9>")
        assert not (front.folder / "out").exists()


@pytest.mark.feature("E-02", profile="hangzhou")
async def test_the_first_login_on_a_computer_fetches_the_depositors(make_front: MakeFront) -> None:
    front = make_front("hangzhou")
    async with at_login(front) as desk:
        await desk.see("登录是否同步更新本地数据 [x]")
        await desk.press(f"{PASSWORD}\r")
        await desk.press(" ")
        await desk.see("登录是否同步更新本地数据 [ ]")
        await desk.press("\r")
        await desk.see("UKey PIN: [")
        await desk.press(f"{PIN}\r")
        await desk.see("收件箱")
        assert desk.app.state.depositors_complete()
    async with at_login(front) as desk:
        await desk.see("登录是否同步更新本地数据 [ ]")


async def test_a_clerk_logs_in_with_name_and_password_alone(make_front: MakeFront) -> None:
    front = make_front("hangzhou")
    front.clerk()
    async with at_login(front) as desk:
        await desk.press("<f6>")
        assert "中心柜员登录" in desk.picture() and "网银账号" not in desk.picture()
        await desk.press(f"guiyuan\r{PASSWORD}\r")
        await desk.see("待处理(0)")
        assert desk.app.state.unit == ""
        await desk.press("<f3>")
        await desk.press("y")
        await desk.see("单位登录")


async def test_nothing_secret_stays_in_the_form_or_the_store(make_front: MakeFront) -> None:
    front = make_front("baishan")
    async with at_login(front) as desk:
        await desk.log_in()
        login = desk.app.screen_stack[0]
        assert isinstance(login, LoginScreen)
        assert not any(model.values().get("password") for model in login._models.values())
        assert "password" not in desk.app.state.last_login
    for file in front.folder.rglob("*"):
        if file.is_file():
            assert PASSWORD.encode() not in file.read_bytes() and PIN.encode() not in file.read_bytes()
