"""Whatever the center, a file or a person sends, only our own sequences reach the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual import events

from domain.wire import InboxItem, Receipt
from screens.catalog import BUSINESS, SCREENS
from tests.screens.conftest import MakePlace
from tests.screens.front import UNIT, at_login, configured, front_of
from tests.screens.test_import import begin, deliver, rows_of
from tests.screens.test_login_code import DETAILS
from tests.screens.test_paste import copied
from tests.support.center import PASSWORD
from tests.support.filing import Office
from tests.support.outgoing import Sent, recorded, strangers
from tests.support.poison import HOSTILE, Poison, PoisonedCenter
from tests.support.workplace import Desk, Workplace, running

PROFILES = ("baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi")
LOOK = "<down><up><tab><shift+tab><f1><down>\r<f1><f1><pagedown>\r<ctrl+p>\r<f8>"
AGENTS = (
    "home", "inbox", "changes", "progress", "sync", "templates", "unit_info", "reconcile", "help",
    "attachments", "lock", "relogin", "receipt", "message", "paste_pad", "deadlines", "payroll", "settlement",
)  # fmt: skip
QUICK = ("hangzhou", "shaanxi", "shanxi")
"""Centers that are walked through in every run; the slow runs go through all with every text."""
ELSEWHERE = {
    *("login", "cases", "case", "import_review", "paste_review", "keycheck", "adjust_grid", "suspense"),
    *("receipts", "receipt_detail", "receipt_entry", "statement", "remit_month"),
    *("unit_account", "unit_flow", "flow_detail", "unit_interest", "person_ledger", "annual_statement"),
}


def test_every_screen_of_the_program_is_looked_at() -> None:
    assert set(AGENTS) | ELSEWHERE == set(SCREENS)
    assert set(BUSINESS) == {"business", "batch", "query"}


def screens_of(place: Workplace) -> list[str]:
    """The screens an agent can come to at a center."""
    offered = place.profile.offered()
    single = [f"{kind}:{name}" for name in offered for kind in ("business", "query")]
    adjusting = place.profile.business.base_adjust
    single += ["adjust_grid"] if adjusting is not None and adjusting.grid else []
    single += ["remit_month"] if place.profile.business.remit is not None else []
    single += ["suspense"] if place.profile.receipts.suspense_query else []
    single += [name for name in place.profile.statements if name in SCREENS]
    return [*AGENTS, *single, *(f"batch:{name}" for name, rules in offered.items() if rules.batch_title)]


def clean(sent: Sent, *drawn: str) -> None:
    """Nothing has left the grammar or was left to stock drawing, and what was hostile has been drawn."""
    assert sent.frames and not sent.refused
    assert sent.strangers() == []
    text = "".join(sent.frames)
    for each in drawn:
        assert each in text


def poisoned(place: Workplace, start: int) -> Poison:
    """From now on the workplace's center answers with hostile texts."""
    poison = Poison(start)
    place.wire.inner = PoisonedCenter(place.wire.inner, poison)
    place.again()
    return poison


async def look(desk: Desk, name: str, **args: Any) -> None:
    """Open a screen, its help and its first dialogs, and leave it."""
    await desk.open(name, **args)
    await desk.press(LOOK)
    for _ in range(6):
        if desk.app.screen is desk.app.shell_screen():
            break
        await desk.press("<f12>")
    while len(desk.app.screen_stack) > 1:
        await desk.app.pop_screen()


@pytest.mark.parametrize(
    ("profile", "start"),
    [
        *((profile, at * 3) for at, profile in enumerate(PROFILES) if profile in QUICK),
        *(pytest.param(p, n, marks=pytest.mark.slow) for p in PROFILES for n in range(len(HOSTILE))),
    ],
)
async def test_agents_screens_draw_hostile_answers_harmlessly(
    make_place: MakePlace, profile: str, start: int
) -> None:
    place = make_place(profile)
    receipt = place.office.file(place.office.rows(2))
    poison = poisoned(place, start)
    items = [item for tab in ("messages", "done", "started") for item in place.office.inbox(tab)]
    text = HOSTILE[start % len(HOSTILE)]
    with recorded() as sent:
        async with running(place) as desk:
            for name in screens_of(place):
                if name == "receipt":
                    await look(desk, name, receipt=Receipt(**poison.everywhere(receipt)), told=text)
                elif name == "message":
                    for item in items[:2]:
                        await look(desk, name, item=InboxItem(**poison.everywhere(item)))
                else:
                    args: dict[str, dict[str, Any]] = {
                        "attachments": {"purpose": text},
                        "remit_month": {"month": 202611},
                    }
                    await look(desk, name, **args.get(name, {}))
    assert poison.count > 20
    clean(sent, "<ESC>")


async def test_clerks_screens_draw_hostile_answers_harmlessly(tmp_path: Path) -> None:
    with front_of(tmp_path, "hangzhou") as front:
        front.clerk()
        office = Office(front.center)
        office.file(office.rows(3))
        wire: Any = front.wire
        wire.inner = PoisonedCenter(wire.inner, Poison(2), keep=("/login",))
        with recorded() as sent:
            async with at_login(front) as desk:
                await desk.press(f"<f6>guiyuan\r{PASSWORD}\r")
                await desk.see("待处理")
                await desk.settle()
                await desk.press("<f1>\r\r")
                await desk.see("行 1/3")
                await desk.press("<f6><down><f7>")
                await desk.press("<f12><ctrl+p>\r<f1><f1>\r")
    clean(sent, "<ESC>")


@pytest.mark.parametrize("profile", PROFILES)
async def test_the_login_draws_hostile_refusals_harmlessly(profile: str, tmp_path: Path) -> None:
    with front_of(tmp_path, profile, **configured(profile)) as front:
        front.people(UNIT)
        wire: Any = front.wire
        wire.inner = PoisonedCenter(wire.inner, Poison(1))
        with recorded() as sent:
            async with at_login(front) as desk:
                if profile == "shaanxi":
                    await desk.press(f"{DETAILS}falsch-123<f5>")
                else:
                    await desk.type_login("falsch-123")
                await desk.settle()
                await desk.press("<f1>\r<f5>")
                await desk.press("<f4>\r")
    clean(sent)


@pytest.mark.parametrize("profile", ["baishan", "hangzhou"])
async def test_hostile_files_are_shown_and_imported_harmlessly(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    rows = rows_of(place, len(HOSTILE))
    for row, text in zip(rows, HOSTILE, strict=True):
        row["name"] = "".join(char for char in text if char >= " " and char not in "\ufffe") or "空"
    path = deliver(place, rows)
    path.rename(path.with_name("名\x1b[2J\u202e单\x07." + path.suffix[1:]))
    with recorded() as sent:
        async with running(place) as desk:
            await begin(desk, place)
            await desk.press("<f7>1\r")
            if place.profile.offered()["open"].ratio_choice == "on_import":
                await desk.press("1\r")
            await desk.see("收件文件夹")
            await desk.press("1\r")
            if place.profile.imports.two_step:
                await desk.press("<f7>2\r")
            await desk.see("行号")
            await desk.press("<down>" * 20 + "<f1>\r<right><right><f8>")
    clean(sent, "<U+202E>")


async def test_what_is_typed_and_pasted_is_drawn_harmlessly(make_place: MakePlace) -> None:
    place = make_place("baishan")
    with recorded() as sent:
        async with running(place) as desk:
            for text in HOSTILE:
                await desk.open("business:open")
                for keys in (text, "\r", text + "\t" + text, text + "\n" + text):
                    desk.app._take(events.Paste(keys))
                    for char in keys:
                        desk.app._take(events.Key("x", char))
                    await desk.pilot.pause()
                await desk.press("<f12><f12><f4><f12><f8><f1>\r")
                while len(desk.app.screen_stack) > 1:
                    await desk.app.pop_screen()
            await desk.app.open_screen("keycheck")
            for text in HOSTILE:
                desk.app._take(events.Paste(text))
                for char in text:
                    desk.app._take(events.Key(char, char))
                await desk.settle()
    clean(sent)


async def test_hostile_rows_are_previewed_and_pasted_harmlessly(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    rows = rows_of(place, len(HOSTILE))
    for row, text in zip(rows, HOSTILE, strict=True):
        row["name"] = "".join(char for char in text if char not in "\r\n\t")
    with recorded() as sent:
        async with running(place) as desk:
            await desk.open("business:open")
            desk.app._take(events.Paste(copied(place, rows)))
            await desk.settle()
            assert desk.title == "粘贴预览"
            await desk.press("<down>" * len(rows) + "<right><f8><f1>\r<f1><f1>\r\r")
    clean(sent, "<U+202E>")


def test_the_scanner_sees_what_is_not_ours() -> None:
    assert strangers("\x1b[1;7m 张\x1b[3;6H\x1b[0;90mé\x1b[K\r\n") == []
    for text in (
        "\x1b]0;x\x07",
        "\x9b2J",
        "\x1b[5i",
        "\x1b[?1000h",
        "\x07",
        "\u202e",
        "\x1bc",
        "\x1b[3J",
        "\xa0",
    ):
        assert strangers(f"a{text}b"), text
    assert strangers("\x1b[6n\x1b[?25l\x07", around=True) == []
    assert strangers("\x1b[?1003h\x1b[>25u\x1bP", around=True)
