"""Bytes sent per key by the product's own screens, 120x36 in 256 colours, with few rows and with 100,000."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import MakeSite, at
from tests.e2e.key_desk import KeyDesk
from tests.keys.script import NAMED
from tui.pause import PAUSE_SECONDS

pytestmark = at("shaanxi")

CHAR, FIELD, ROW, PAGE, DIALOG, SCREEN = 32, 100, 300, 1024, 900, 2560
ROSTER_ROWS = 23
"""Rows of the roster in the window; with its eleven columns they alone are some 2.3 KB of text."""
DOWN, ENTER, TAB, ESC = NAMED["down"], NAMED["enter"], NAMED["tab"], NAMED["esc"]
IDLE_SECONDS = 2.5
"""Stands for a minute: nothing of ours ticks more seldom than once a second."""


@pytest.fixture(scope="module")
def desk(site_of: MakeSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyDesk]:
    desk = KeyDesk(site_of("shaanxi"), tmp_path_factory.mktemp("bytes"))
    try:
        desk.fill(2)  # once with rows: what they are checked by is known from now on
        desk.desk.open()
        desk.desk.home()
        yield desk
    finally:
        desk.close()


def opened(desk: KeyDesk, there: str, back: str, limit: int) -> None:
    """Open and leave something within a limit each way.

    Three tries: a machine too busy to make the picture in the time it is held back draws it twice.
    """
    cost = desk.desk.terminal.bytes_for
    tries: list[tuple[int, int]] = []
    for _ in range(3):
        tries.append((cost(there, quiet=0.4), cost(back, quiet=0.4)))
        if max(tries[-1]) <= limit:
            return
    raise AssertionError(f"{tries} bytes, more than {limit}")


def go(desk: KeyDesk, module: str) -> str:
    """The keys that open a module, from the home screen; the code does not count as a screen."""
    code = next(one.code for one in desk.site.profile.home.modules if one.opens == module)
    return f"{NAMED['f2']}{code}{ENTER}"


@pytest.mark.parametrize(
    "rows", [3_000, *(pytest.param(count, marks=pytest.mark.slow) for count in (100, 100_000))]
)
def test_bytes_of_the_registration(desk: KeyDesk, rows: int) -> None:
    desk.fill(rows)
    opened(desk, go(desk, "business:open"), NAMED["f12"], SCREEN + 50 * ROSTER_ROWS)
    desk.desk.open()
    desk.desk.terminal.wait_quiet(0.4)
    typing_costs_little(desk)
    opened(desk, NAMED["f1"], NAMED["f12"], DIALOG)
    walking_costs_little(desk)
    assert desk.desk.terminal.bytes_for("", quiet=IDLE_SECONDS) == 0
    desk.desk.home()


def typing_costs_little(desk: KeyDesk) -> None:
    """A character, a Chinese one, the next field."""
    cost = desk.desk.terminal.bytes_for
    someone = desk.site.person()
    for char in someone.name:
        assert cost(char) <= CHAR
    assert cost(ENTER) <= FIELD
    desk.desk.keys(someone.id_number[:-2])
    desk.desk.terminal.wait_quiet()
    for char in someone.id_number[-2:]:
        assert cost(char) <= CHAR
    assert cost(ENTER) <= FIELD
    base_costs_little(desk)
    assert cost(ESC) <= FIELD


def base_costs_little(desk: KeyDesk) -> None:
    """A base with the three amounts that follow it, however many pauses the machine makes of it but one."""
    base = "8023"
    assert desk.desk.terminal.bytes_for(base, quiet=2 * PAUSE_SECONDS) <= CHAR * len(base)


def walking_costs_little(desk: KeyDesk) -> None:
    """Down, across, into a cell, scrolling, a page."""
    terminal = desk.desk.terminal
    cost = terminal.bytes_for
    terminal.send(NAMED["shift+tab"] * 3)
    terminal.wait_quiet()
    assert max(cost(DOWN), cost(DOWN)) <= ROW
    assert cost(TAB) <= FIELD
    cost("9")
    assert max(cost("1"), cost("2")) <= CHAR
    cost(ESC)
    assert cost(TAB) <= FIELD
    base_costs_little(desk)
    cost(ESC)
    terminal.send(DOWN * 30)
    terminal.wait_quiet()
    assert max(cost(DOWN), cost(DOWN)) <= ROW, "scrolling"
    assert max(cost(NAMED["pgdn"]), cost(NAMED["pgup"])) <= PAGE


def test_bytes_of_screens_and_dialogs(desk: KeyDesk) -> None:
    """A roster of a dozen people, its questions, the queries: each a screen within the limit."""
    desk.fill(12)
    opened(desk, go(desk, "business:open"), NAMED["f12"], SCREEN)
    desk.desk.open()
    desk.desk.terminal.wait_quiet(0.4)
    for key in ("f1", "f7", "f10"):
        opened(desk, NAMED[key], NAMED["f12"], DIALOG)
    desk.desk.keys("<f10>")
    desk.desk.see("总人数：12 人")
    desk.desk.home(2)
    opened(desk, go(desk, "progress"), NAMED["f12"], SCREEN)
    desk.desk.at_home()
