"""The operation manual: inside the program, page by page, with the common questions, and as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.profile import PROFILE_NAMES, load_profile
from screens.manual import manual_lines
from screens.manual_screen import ManualScreen, Pages
from tests.screens.front import UNIT, LoginDesk, at_login, front_of
from tui.keymap import Keymap

QUESTIONS = (
    "没有弹出打印窗口，或者窗口跳到了别处",
    "防火墙、网络端口",
    "300M",
    "有多个证书时选哪一个",
    "提示文件已存在",
    "文件打开着能导入吗",
    "Excel 97-2003 工作簿",
    "所需资料与相关手续同一般柜面业务",
)
"""W-10, questions 1 and 9, 2 and 4, 3, 5, 11, 12, 13, 14."""


async def read_through(desk: LoginDesk) -> str:
    """Every page of the manual, read with the key for the next one."""
    pages = desk.app.screen.query_one(Pages)
    seen = []
    for number in range(1, pages.pages[1] + 1):
        assert f"第 {number}/{pages.pages[1]} 页" in desk.picture()
        seen.append(desk.picture())
        await desk.press("<pagedown>")
    return "\n".join(seen).replace("\n", "").replace(" ", "")


@pytest.mark.feature("H-10", profile="hangzhou")
@pytest.mark.feature("L-12", profile="hangzhou")
@pytest.mark.feature("W-10", profile="hangzhou")
async def test_the_help_module_holds_the_manual_with_the_common_questions(tmp_path: Path) -> None:
    with front_of(tmp_path, "hangzhou", unit_account=UNIT) as front:
        front.people(UNIT)
        front.demo_key(UNIT)
        async with at_login(front) as desk:
            await desk.log_in()
            await desk.press("9001\r")
            await desk.until(lambda: isinstance(desk.app.shell_screen(), ManualScreen))
            await desk.settle()
            shown = await read_through(desk)
            for text in (*QUESTIONS, "【职工登记的规则】", "【键盘卡】"):
                assert text.replace(" ", "") in shown, text
            await desk.press("<f9>")
            (path,) = (front.folder / "out").glob("*")
            assert path.name == "杭州住房公积金管理中心操作手册.txt"
            assert "操作手册已存为" in desk.status
            text = path.read_text(encoding="utf-8")
            await desk.press("<f9>")
            assert "覆盖吗" in desk.picture()
            await desk.press("n<f12>")
            await desk.see("收件箱")
    assert all(one in text for one in QUESTIONS)


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_the_manual_follows_the_rules_of_its_center(profile: str) -> None:
    rules = load_profile(profile)
    text = "\n".join(line.text for line in manual_lines(rules, Keymap.default(), "https://gjj.example:8443"))
    for cap in rules.caps:
        assert f"{cap.base_min / 100:.2f} 元" in text and f"{cap.base_max / 100:.2f} 元" in text
    for one in (
        *rules.offered()["open"].template_notes,
        rules.auth.platform_text,
        "gjj.example 的 TCP 端口 8443",
    ):
        assert one in text
    assert ("不超过 5 个汉字" in text) is (profile == "hangzhou")
    assert ("不满 16 周岁" in text) is (profile == "shaanxi")
    assert ("有多个证书时选哪一个" in text) is (profile != "shaanxi")
    assert rules.offered()["open"].submit_label in text and rules.offered()["open"].record_label in text


def test_a_key_of_ones_own_stands_in_the_manual() -> None:
    keymap = Keymap.default().override({"form": {"submit": "f8", "check": "f10"}})
    text = "\n".join(line.text for line in manual_lines(load_profile("baishan"), keymap, ""))
    assert "F8              确认开户" in text
