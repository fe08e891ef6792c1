"""No key of a key bar is refused where it is shown, with and without a line; the important ones are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events

from domain.login_form import PROFILE_NAMES
from domain.wire import InboxItem
from screens.catalog import SCREENS
from tests.screens.conftest import MakePlace
from tests.screens.front import Front, LoginDesk, at_login, front_of
from tests.screens.test_import import rows_of
from tests.screens.test_paste import copied
from tests.support.center import PASSWORD
from tests.support.filing import Office, clerk
from tests.support.workplace import Desk, Workplace, running
from tui.actions import ACTIONS, CONTEXTS
from tui.bars import KeyBar
from tui.glyphs import display
from tui.keymap import Keymap
from tui.keys import KeyWidget
from tui.shellscreen import KeyScreen, ShellScreen

ITEM = InboxItem.model_validate(
    {
        "item_id": 7,
        "rev": 1,
        "tab": "done",
        "title": "通知",
        "body": "内容",
        "time": "2026-11-23T01:00:00Z",
        "channel": "中心",
        "state": "",
    }
)
ARGS: dict[str, dict[str, Any]] = {
    "inbox": {"tab": "messages"},
    "message": {"item": ITEM},
    "attachments": {"purpose": "职工登记"},
    "remit_month": {"month": 202611},
}
BEFORE_LOGIN = ("login", "relogin", "lock")
CLERKS = ("cases", "case", "receipts", "receipt_detail", "receipt_entry", "statement")
FROM_WORK = ("import_review", "paste_review", "receipt")
"""Opened by a file, a paste or a submission: the preview of a paste below, the others in their tests."""
NOT_ALL = ("keycheck", "adjust_grid", "remit_month", "suspense")
"""Takes every key itself; and what a center may not have."""
AGENTS = [name for name in SCREENS if name not in (*BEFORE_LOGIN, *CLERKS, *FROM_WORK, *NOT_ALL)]
QUICK = "open"
"""The business whose keys are struck in every run."""
PRESSED = {"exit", "page_up", "page_down"}
"""Leaves every screen; and what beeps at the edge of a text."""


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect the actions that end in a refusal: nobody took them, or a screen did not know them."""
    refused: list[str] = []
    offer, perform = KeyWidget._offer_to_screen, KeyScreen.perform

    def offering(self: KeyWidget, action: str) -> bool:
        taken = offer(self, action)
        if not taken:
            refused.append(action)
        return taken

    async def performing(self: KeyScreen, request: Any) -> None:
        if request.action not in ("help", "redraw", "prompt"):
            refused.append(request.action)
        await perform(self, request)

    monkeypatch.setattr(KeyWidget, "_offer_to_screen", offering)
    monkeypatch.setattr(KeyScreen, "perform", performing)
    yield refused


async def press_all(desk: Desk, screen: ShellScreen, refused: list[str], again: Any) -> None:
    """Strike every key of the bar of every pane; a key that led away or asked something opens it anew."""
    wrong: list[str] = []
    panes = [widget for widget in screen.query(KeyWidget) if widget.focusable]
    for pane in range(len(panes)):
        screen.focus_key(list(screen.query(KeyWidget))[pane])
        for action in screen.key_bar_actions():
            if action in PRESSED or action not in screen.key_bar_actions():
                continue
            widget = [one for one in screen.query(KeyWidget) if one.focusable][pane]
            screen.focus_key(widget)
            keys = desk.app.keymap.keys(widget.key_context(), action)
            if not keys:
                wrong.append(f"{type(screen).__name__} {type(widget).__name__}: no key for {action}")
                continue
            await desk.press(f"<{keys[0]}>")
            if refused:
                wrong.append(f"{type(screen).__name__} {type(widget).__name__}: {refused}")
                refused.clear()
            if desk.app.screen is screen:
                continue
            await desk.app.leave_dialogs()
            await desk.settle()
            screen = await again()
    assert wrong == []


def assert_whole(desk: Desk, screen: ShellScreen) -> None:
    """The way out and the way to help stand whole in 80 columns."""
    line = desk.picture().splitlines()[-1]
    shown = screen.key_bar_actions()
    wanted = [name for name in ("help", "submit", "back", "exit") if name in shown]
    for name in wanted:
        key = desk.app.keymap.label(screen.key_context(), name)
        assert f"{key}{display(screen.label(name)[0])}" in line, line


def screens_of(place: Workplace) -> dict[str, list[str]]:
    """The screens of a center by what they are about, its businesses or "" for the others."""
    profile = place.profile
    adjusting = profile.business.base_adjust
    found = {"": [*AGENTS, *(["adjust_grid"] if adjusting is not None and adjusting.grid else [])]}
    found[""] += ["suspense"] if profile.receipts.suspense_query else []
    found[""] += ["remit_month"] if profile.business.remit is not None else []
    for name, rules in profile.offered().items():
        batch = [f"batch:{name}"] if rules.batch_title else []
        found[name] = [f"business:{name}", f"query:{name}", *batch]
    return found


@pytest.mark.parametrize(
    "down",
    [pytest.param(False, id="online"), pytest.param(True, id="line cut", marks=pytest.mark.slow)],
)
@pytest.mark.parametrize(
    ("profile", "every"),
    [
        ("hangzhou", False),
        *(pytest.param(name, True, marks=pytest.mark.slow) for name in PROFILE_NAMES),
    ],
)
async def test_every_key_of_every_bar_does_something(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch, profile: str, every: bool, down: bool
) -> None:
    place: Workplace = make_place(profile)
    names = [
        name
        for about, screens in screens_of(place).items()
        if every or not about or (about == QUICK and not down)
        for name in screens
    ]
    with watched(monkeypatch) as refused:
        async with running(place) as desk:
            for name in names:

                async def again(name: str = name) -> ShellScreen:
                    while len(desk.app.screen_stack) > 1:
                        await desk.app.pop_screen()
                    try:
                        await desk.app.open_screen(name, **ARGS.get(name, {}))
                    except Exception as error:  # noqa: BLE001 - said on the screen, as after a key
                        top = desk.app.shell_screen()
                        assert top is not None
                        await desk.app.perform_failed(top, error)
                    await desk.app.leave_dialogs()
                    await desk.settle()
                    found = desk.app.shell_screen()
                    assert found is not None and found.focused is not None, name
                    return found

                place.wire.down = False
                screen = await again()
                assert_whole(desk, screen)
                place.wire.down = down
                await press_all(desk, screen, refused, again)


async def test_the_keys_of_a_paste_do_something(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place("baishan")
    rows = rows_of(place, 3)
    rows[1]["base"] = "八千"
    with watched(monkeypatch) as refused:
        async with running(place) as desk:

            async def again() -> ShellScreen:
                while len(desk.app.screen_stack) > 1:
                    await desk.app.pop_screen()
                await desk.open("business:open")
                desk.app._take(events.Paste(copied(place, rows)))
                await desk.settle()
                found = desk.app.shell_screen()
                assert found is not None and desk.title == "粘贴预览"
                return found

            screen = await again()
            assert_whole(desk, screen)
            assert {"accept", "check", "submit"} <= set(screen.key_bar_actions())
            await press_all(desk, screen, refused, again)


@pytest.mark.parametrize("down", [False, True], ids=["online", "line cut"])
async def test_a_clerks_keys_do_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, down: bool
) -> None:
    with front_of(tmp_path, "hangzhou") as front, watched(monkeypatch) as refused:
        front.clerk()
        office = Office(front.center)
        office.file(office.rows(2))
        async with at_login(front) as desk:
            await log_in(desk, front)
            screen = desk.app.shell_screen()
            assert screen is not None
            assert_whole(desk, screen)
            await desk.press("\r")
            case = desk.app.shell_screen()
            assert case is not None
            assert_whole(desk, case)
            case_id = case.detail.case.case_id  # type: ignore[attr-defined]

            async def again() -> ShellScreen:
                while type(desk.app.shell_screen()).__name__ != "CasesScreen":
                    await desk.app.pop_screen()
                try:
                    await desk.app.open_screen("case", case_id=case_id)
                except Exception as error:  # noqa: BLE001 - said on the screen, as after a key
                    await desk.app.perform_failed(case, error)
                await desk.settle()
                found = desk.app.shell_screen()
                assert found is not None and found.focused is not None
                return found

            if down:
                front.wire.handler = cut_line
            await press_all(desk, case, refused, again)
            front.wire.handler = None


def cut_line(request: Any, _: object) -> Any:
    import httpx

    raise httpx.ConnectError("cut", request=request)


async def log_in(desk: LoginDesk, front: Front) -> None:
    await desk.press(f"<f6>guiyuan\r{PASSWORD}\r")
    await desk.see("待处理(")
    await desk.settle()


async def test_the_keys_of_the_login_do_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with front_of(tmp_path, "baishan") as front, watched(monkeypatch) as refused:
        async with at_login(front) as desk:
            screen = desk.app.shell_screen()
            assert screen is not None
            assert_whole(desk, screen)

            async def again() -> ShellScreen:
                while len(desk.app.screen_stack) > 1:
                    await desk.app.pop_screen()
                return screen

            await press_all(desk, screen, refused, again)


async def test_the_keyboard_is_checked_from_any_help(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with running(place) as desk:
        await desk.open("unit_info")
        await desk.press("<f1>")
        await desk.see("键盘自检")
        await desk.press("0")
        await desk.see("请逐个按下表中的键")
        await desk.press("<f12><f12>")
        assert desk.title == "单位基本信息"


async def test_the_bar_and_the_help_show_the_users_own_keys(make_place: MakePlace) -> None:
    place = make_place("baishan")
    place.state.settings.keys.update({"global": {"refresh": "ctrl+y"}})
    async with running(place) as desk:
        await desk.open("unit_info")
        assert desk.key_bar["刷新"] == "Ctrl+Y"
        await desk.press("<ctrl+y>")
        await desk.press("<f1>")
        await desk.see("Ctrl+Y")


def test_every_action_of_the_keymap_is_done_somewhere() -> None:
    """What no widget and no screen of the program names is a key that only beeps."""
    root = Path(__file__).parents[2]
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("tui", "screens")
        for path in (root / folder).glob("*.py")
        if path.name not in ("actions.py", "keyboard_card.py")
    )
    keymap = Keymap.default()
    bound = {name for context in CONTEXTS for name, _ in keymap.actions(context)}
    assert bound <= set(ACTIONS)
    missing = {name for name in bound if f'"{name}"' not in text}
    assert missing == set(), missing


def test_the_bar_keeps_the_way_out() -> None:
    bar = KeyBar()
    bar.show([("F1", "帮助"), *((f"F{n}", "很长的名称") for n in range(2, 12)), ("F12", "返回")], ["F12"])
    text = "".join(text for text, _ in bar.spans(80)[0])
    assert text.startswith("F1帮助") and text.rstrip().endswith("F12返回") and len(text.encode("gbk")) <= 81


async def test_the_keys_of_receipts_do_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with front_of(tmp_path, "hangzhou") as front, watched(monkeypatch) as refused:
        front.clerk()
        login = clerk(front.center, "zweiter")
        line = {"bank_no": "B1", "day": "2026-11-20", "amount": "1.00"}
        answer = front.center.post("/v1/receipts", {"line": line}, login)
        receipt_id = answer.json()["receipt"]["receipt_id"]
        async with at_login(front) as desk:
            await log_in(desk, front)
            for name in ("receipts", "receipt_entry", "statement", "receipt_detail"):

                async def again(name: str = name) -> ShellScreen:
                    while type(desk.app.shell_screen()).__name__ != "CasesScreen":
                        await desk.app.pop_screen()
                    args = {"receipt_id": receipt_id} if name == "receipt_detail" else {}
                    await desk.app.open_screen(name, **args)
                    await desk.settle()
                    await desk.app.leave_dialogs()
                    await desk.settle()
                    found = desk.app.shell_screen()
                    assert found is not None and found.focused is not None
                    return found

                screen = await again()
                assert_whole(desk, screen)
                await press_all(desk, screen, refused, again)
