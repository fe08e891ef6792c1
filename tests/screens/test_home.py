"""The home screen: banner, modules by number and code, functions, the inbox as it changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from center import inbox as center_inbox
from center.auth.passwords import hash_password
from center.bell import BELL
from center.clock import now_text
from center.store.tables import unit
from domain.money import grouped
from domain.profile import PROFILE_NAMES, load_profile
from screens.home import HomeScreen
from screens.home_parts import entries
from screens.menu import ModuleMenu
from screens.state import AppState
from tests.screens.front import PERSON, PIN, UNIT, Front, LoginDesk, at_login, configured, front_of
from tests.screens.test_login_code import DETAILS, code_of
from tests.support.center import PASSWORD
from tui.listview import ListView

SOUND = ["baishan", "lyszfgjj", "shanxi"]
KEYED = ["baishan", "lyszfgjj", "hangzhou", "shanxi"]


@contextmanager
def desk_of(tmp_path: Path, profile: str) -> Iterator[Front]:
    with front_of(tmp_path, profile, **configured(profile)) as front:
        front.people(UNIT)
        if profile != "shaanxi":
            front.demo_key(UNIT)
        yield front


async def log_in(desk: LoginDesk, front: Front) -> None:
    if front.profile.name != "shaanxi":
        await desk.log_in()
        return
    await desk.press(f"{DETAILS}{PASSWORD}<f5>")
    await desk.until(lambda: "秒后可以重新获取" in desk.status)
    await desk.press(f"{code_of(front)}\r")
    await desk.see("收件箱")
    await desk.settle()


def send(front: Front, title: str, body: str, tab: str = "messages") -> None:
    """A message from the center's counter to the unit."""

    def work(conn: Connection) -> None:
        entry = center_inbox.Entry(tab=tab, title=title, body=body)
        center_inbox.post(conn, UNIT, entry, now_text(front.center.clock))

    front.center.store.run(work)
    BELL.ring(UNIT)


def home_of(desk: LoginDesk) -> HomeScreen:
    screen = desk.app.shell_screen()
    assert isinstance(screen, HomeScreen)
    return screen


@pytest.mark.feature("H-03", profile="all")
@pytest.mark.parametrize("profile", PROFILE_NAMES)
async def test_every_module_of_the_center_stands_on_the_home_screen(profile: str, tmp_path: Path) -> None:
    with desk_of(tmp_path, profile) as front:
        async with at_login(front) as desk:
            await log_in(desk, front)
            picture = desk.picture()
            for module in front.profile.home.modules:
                assert module.title in picture, f"{module.title}:\n{picture}"
                if module.group:
                    assert module.group in picture
            for tab in front.profile.inbox.tabs:
                assert f"{tab.title}(0)" in picture
            assert front.profile.center in desk.title
            assert "在线" in picture and "业务月2026" in picture


@pytest.mark.feature("H-01", profile=["baishan", "lyszfgjj", "shaanxi", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shaanxi", "shanxi"])
async def test_the_banner_shows_unit_account_and_agent(profile: str, tmp_path: Path) -> None:
    with desk_of(tmp_path, profile) as front:
        async with at_login(front) as desk:
            await log_in(desk, front)
            context = desk.app.state.context
            assert context is not None
            unit, account, agent = desk.picture().splitlines()[1:4]
            assert unit.startswith(f"单位  {context.name}  账号 {UNIT}")
            assert account.startswith(f"账户  缴存 {context.headcount}人  封存 {context.sealed_count}人")
            assert f"未分配余额 {grouped(context.unallocated)}元" in account
            assert agent.startswith(f"经办  {PERSON['name']}  {PERSON['mobile']}")


@pytest.mark.feature("H-03", profile="all")
@pytest.mark.parametrize("profile", PROFILE_NAMES)
async def test_a_module_is_reached_by_number_and_by_code(profile: str, tmp_path: Path) -> None:
    with desk_of(tmp_path, profile) as front:
        modules = front.profile.home.modules
        shut = [one for one in modules if not one.screens]
        async with at_login(front) as desk:
            await log_in(desk, front)
            for one in shut[:1]:
                for keys in (f"{modules.index(one) + 1}\r", f"<f2>{one.code}\r"):
                    await desk.press(keys)
                    assert f"“{one.title}”在本版本请到中心柜台办理。" in desk.picture()
            await desk.press("<f2>8888\r")
            assert "没有编号或交易码 8888" in desk.picture()
            opened = next(one for one in modules if one.opens == "business:open")
            for keys in (f"{modules.index(opened) + 1}\r", f"<f2>{opened.code}\r"):
                await desk.press(keys)
                await desk.until(lambda: opened.title in desk.title)
                await desk.press("<f12>")
                await desk.until(lambda: isinstance(desk.app.shell_screen(), HomeScreen))


@pytest.mark.feature("H-09", profile="hangzhou")
async def test_the_welcome_must_be_closed(tmp_path: Path) -> None:
    with desk_of(tmp_path, "hangzhou") as front:
        async with at_login(front) as desk:
            await desk.type_login()
            await desk.see("UKey PIN: [")
            await desk.press(f"{PIN}\r")
            await desk.see("欢迎进入杭州住房公积金网上业务管理系统")
            await desk.settle()
            await desk.press("1")
            assert "欢迎进入" in desk.picture()
            await desk.press("\r")
            assert "欢迎进入" not in desk.picture()


@pytest.mark.feature("H-04", profile=SOUND)
@pytest.mark.parametrize("profile", SOUND)
async def test_the_sound_is_turned_off_and_stays_off(profile: str, tmp_path: Path) -> None:
    with desk_of(tmp_path, profile) as front:
        async with at_login(front) as desk:
            await log_in(desk, front)
            assert "修改密码" in desk.picture() and "退出系统" in desk.picture()
            await desk.press("9902\r")
            await desk.until(lambda: desk.status == "音效已关闭。")
            assert not desk.app.state.sound and "打开音效" in desk.picture()
        again: AppState = front.state()
        again.warm_up()
        assert not again.sound


@pytest.mark.feature("L-11", profile=["baishan", "lyszfgjj", "shaanxi", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shaanxi", "shanxi"])
async def test_the_password_is_changed_inside(profile: str, tmp_path: Path) -> None:
    with desk_of(tmp_path, profile) as front:
        async with at_login(front) as desk:
            await log_in(desk, front)
            await desk.press("9901\r")
            await desk.press("Falsch-2026\rNeues-2026\rNeues-2026\r")
            await desk.see("原密码不正确")
            await desk.press("\r")
            await desk.press(f"{PASSWORD}\rNeues-2026\rNeues-2026\r")
            await desk.see("密码已修改")
            await desk.press("\r")
            session = desk.app.state.session()
            session.change_password("Neues-2026", "Drittes-2026")


@pytest.mark.feature("L-14", profile=["baishan", "lyszfgjj", "hangzhou", "shanxi"])
@pytest.mark.parametrize("profile", KEYED)
async def test_leaving_the_system_ends_the_session(profile: str, tmp_path: Path) -> None:
    with desk_of(tmp_path, profile) as front:
        async with at_login(front) as desk:
            await log_in(desk, front)
            await desk.press("9909\r")
            await desk.see("确定退出系统吗")
            await desk.press("n")
            assert desk.who()
            await desk.press("9909\r")
            await desk.press("y")
            await desk.see("单位登录")
            assert not desk.who()
            assert any(request.url.path.endswith("/logout") for request in front.wire.sent("POST"))
            assert desk.status == "已退出系统。"


async def test_what_is_not_sent_is_named_before_leaving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk_of(tmp_path, "baishan") as front:
        async with at_login(front) as desk:
            await log_in(desk, front)
            monkeypatch.setattr(AppState, "unsent_now", lambda self: 2)
            await desk.press("<f3>")
            await desk.see("发件箱里还有 2 笔没有送到中心")
            await desk.press("n")


async def test_a_message_arrives_without_a_key_and_is_read_by_opening_it(tmp_path: Path) -> None:
    with desk_of(tmp_path, "baishan") as front:
        async with at_login(front) as desk:
            await log_in(desk, front)
            send(front, "缴存人登记", "已完成缴存人登记：张三。")
            await desk.see("消息(1)")
            assert "已完成缴存人登记" in desk.picture() and "新消息：缴存人登记" in desk.status
            await desk.press("\t5\r")
            await desk.see("推送渠道  中心")
            for text in ("业务名称  缴存人登记", "时间", "已完成缴存人登记：张三。"):
                assert text in desk.picture()
            await desk.press("<f12>")
            await desk.see("消息(0)")
            await desk.see("已阅(1)")
            await desk.press("<left>")
            await desk.see("已完成缴存人登记")


async def test_in_shanxi_messages_are_read_and_deleted_by_hand(tmp_path: Path) -> None:
    with desk_of(tmp_path, "shanxi") as front:
        send(front, "消息甲", "第一条")
        send(front, "消息乙", "第二条")
        async with at_login(front) as desk:
            await log_in(desk, front)
            await desk.see("消息(2)")
            await desk.press("\t6<down>4\r")
            await desk.see("消息(0)")
            assert desk.status == "已执行 2 行。"
            await desk.see("已阅(1)")
            await desk.press("<left>")
            await desk.see("第二条")
            await desk.press("4\r")
            await desk.see("已阅(0)")


async def test_hostile_text_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    with desk_of(tmp_path, "baishan") as front:
        async with at_login(front) as desk:
            await log_in(desk, front)
            send(front, "\x1b]0;pwned\x07[b]名[/b]", "\x1b[2J\u202eabc\x9b31m")
            await desk.see("消息(1)")
            picture = desk.picture()
            assert "\x1b" not in picture and "\u202e" not in picture and "\x9b" not in picture
            assert "[b]名" in picture
            await desk.press("\t5\r")
            await desk.see("推送渠道")
            assert "\x1b" not in desk.picture() and "\u202e" not in desk.picture()


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_entries_have_numbers_codes_and_the_functions_behind_them(profile: str) -> None:
    shown = entries(load_profile(profile), [], sound=True)
    codes = [one.code for one in shown]
    assert len(set(codes)) == len(codes)
    assert shown[-1].title == "退出系统"
    assert any(one.title == "修改密码" for one in shown) is (profile != "hangzhou")


async def test_more_reads_the_whole_history_page_by_page(tmp_path: Path) -> None:
    with desk_of(tmp_path, "baishan") as front:
        for number in range(70):
            send(front, f"通知{number:03d}", "内容", tab="done")
        async with at_login(front) as desk:
            await log_in(desk, front)
            await desk.see("已办(70)")
            await desk.press("\t<right><right>")
            await desk.see("通知069")
            await desk.press("<f11>")
            await desk.see("历史列表")
            await desk.until(lambda: "共读取 50 条" in desk.status)
            await desk.press("<f11>")
            await desk.until(lambda: "共读取 70 条" in desk.status)
            assert len(desk.app.screen.query_one(ListView)._rows) == 70
            await desk.press("<f11>")
            assert "没有更早的内容" in desk.status


async def test_the_menu_moves_by_arrows_and_stops_at_its_edges(tmp_path: Path) -> None:
    with desk_of(tmp_path, "hangzhou") as front:
        async with at_login(front) as desk:
            await log_in(desk, front)
            menu = home_of(desk).query_one(ModuleMenu)
            await desk.press("<right><down>")
            current = menu.current
            assert current is not None and current.title == "批量职工登记"
            await desk.press("<left><up><up><up>")
            current = menu.current
            assert current is not None and current.title == "单位网上对账"


# ---- 单位网上对账 --------------------------------------------------------------------------------------


@pytest.mark.feature("L-13", profile="hangzhou")
async def test_reconciling_opens_at_once_where_the_password_is_the_same(tmp_path: Path) -> None:
    with desk_of(tmp_path, "hangzhou") as front:
        async with at_login(front) as desk:
            await log_in(desk, front)
            await desk.press("<f2>1001\r")
            await desk.see("客户信息")
            assert desk.title.startswith("单位网上对账")
            assert f"示例单位{UNIT}" in desk.picture()


@pytest.mark.feature("L-13", profile="hangzhou")
async def test_reconciling_asks_for_the_separate_password(tmp_path: Path) -> None:
    with desk_of(tmp_path, "hangzhou") as front:
        with front.center.store.write() as conn:
            conn.execute(update(unit).values(reconcile_hash=hash_password("Check-2026")))
        async with at_login(front) as desk:
            await log_in(desk, front)
            await desk.press("<f2>1001\r")
            await desk.see("与交易密码不同")
            await desk.press("\r")
            await desk.see("对账密码")
            await desk.press(f"{UNIT}\rWrong-2026")
            assert "Wrong-2026" not in desk.picture()
            await desk.press("\r")
            await desk.see("还可以试4次")
            await desk.press("\r")
            await desk.see("单位客户号")
            await desk.press("<f12>")
            await desk.until(lambda: "没有进入单位网上对账" in desk.status)
            assert "客户信息" not in desk.picture()
            await desk.press("<f5>")
            await desk.see("与交易密码不同")
            await desk.press(f"\r{UNIT}\rCheck-2026\r")
            await desk.see("客户信息")
            assert f"示例单位{UNIT}" in desk.picture()
            await desk.press("<f5>")
            await desk.see("客户信息")
