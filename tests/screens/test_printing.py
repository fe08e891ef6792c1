"""Printing from a screen: printers of the host, with commands in the place of CUPS; the print log."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from exports.print_log import PrintLog
from tests.center.test_statements import Books
from tests.exports.test_print_cups import LP, LPSTAT
from tests.screens.conftest import MakePlace
from tests.support.workplace import Desk, Workplace, running

YEAR = "20250701\r20260630\r"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`lp` and `lpstat`, first on the PATH, with two printers; what they got lies beside them."""
    folder = tmp_path / "commands"
    folder.mkdir()
    for name, text in (("lp", LP), ("lpstat", LPSTAT)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE", str(folder))
    monkeypatch.setenv("FAKE_PRINTERS", "HP3\nLQ630\n")
    for name in ("FAKE_SAYS", "FAKE_SLEEP"):
        monkeypatch.delenv(name, raising=False)
    return folder


async def offered(desk: Desk) -> None:
    """The unit's account, found, with the list of ways to paper open."""
    await desk.open("unit_account")
    await desk.press(YEAR)
    await desk.press("<ctrl+p>")
    await desk.see("打印机 HP3")


async def choose(desk: Desk, text: str) -> None:
    """Choose the row of an open list that has this text."""
    found = re.search(rf"\| *(\d+) {text}", desk.picture())
    assert found is not None, desk.picture()
    await desk.press(f"{found[1]}\r")


def printed(place: Workplace) -> list[tuple[str, str, int, int]]:
    return [(one.title, one.sink, one.copies, one.number) for one in PrintLog(place.folder).entries()]


async def test_a_query_goes_to_a_printer_of_the_host(make_place: MakePlace, fake: Path) -> None:
    place = make_place("baishan")
    Books(place.office)
    async with running(place, columns=100) as desk:
        await offered(desk)
        await choose(desk, "打印机 HP3")
        await desk.see("页式打印机")
        await desk.press("\r")
        await desk.see("份数")
        await desk.press("0\r")
        await desk.see("份数应为 1 至 99")
        await desk.press("3\r")
        await desk.until(lambda: "HP3-12" in desk.status, "the printer")
        assert "3 份" in desk.status
        assert (fake / "content").read_bytes().startswith(b"%PDF-")
        assert (fake / "args").read_text().splitlines()[:4] == ["-d", "HP3", "-n", "3"]
        [one] = PrintLog(place.folder).entries()
        assert (one.sink, one.copies, one.number, one.operator) == ("lp:HP3", 3, 0, "agent100001")
        assert not list(place.folder.glob(".print-*"))
        await desk.press("<ctrl+p>")
        await choose(desk, "打印记录")
        await desk.see("HP3 3份")


async def test_a_24_pin_printer_is_remembered_and_gets_text(make_place: MakePlace, fake: Path) -> None:
    place = make_place("baishan")
    Books(place.office)
    async with running(place, columns=100) as desk:
        await offered(desk)
        await choose(desk, "打印机 LQ630")
        await desk.press("2\r\r")
        await desk.until(lambda: "LQ630-12" in desk.status, "the printer")
        content = (fake / "content").read_bytes()
        assert content.startswith(b"\x1b@\x1c&") and "期初余额".encode("gb18030") in content
        await desk.press("<ctrl+p>")
        await choose(desk, "打印机 LQ630")
        await desk.press("\r\r")
        await desk.until(lambda: len(printed(place)) == 2, "the second print")
        assert (fake / "args").read_text().splitlines()[-1] == "raw"


async def test_what_goes_wrong_is_one_sentence_and_is_not_logged(
    make_place: MakePlace, fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place("baishan")
    Books(place.office)
    async with running(place, columns=100) as desk:
        await offered(desk)
        monkeypatch.setenv("FAKE_SAYS", "lp: The printer or class does not exist.")
        await choose(desk, "打印机 HP3")
        await desk.press("\r\r")
        await desk.until(lambda: "没有打印机“HP3”" in desk.status, "the refusal")
        monkeypatch.setenv("FAKE_SAYS", "lpstat: Connection refused")
        await desk.press("<ctrl+p>")
        await desk.see("连不上打印服务")
        assert "打印机 HP3" not in desk.picture()
        await choose(desk, "终端直通打印")
        await desk.see("测试页")
        await desk.press("p")
        await desk.until(lambda: "这里不能直通打印" in desk.status, "the refusal")
        await desk.press("<ctrl+p>")
        await choose(desk, "打印记录")
        await desk.see("还没有打印过")
        assert printed(place) == []


async def test_giving_up_prints_nothing(make_place: MakePlace, fake: Path) -> None:
    place = make_place("baishan")
    Books(place.office)
    async with running(place, columns=100) as desk:
        await offered(desk)
        for keys in ("<f12>", "\r<f12>"):
            await choose(desk, "打印机 HP3")
            await desk.press(keys)
            await desk.until(lambda: desk.status == "没有打印。", "the end")
            await desk.press("<ctrl+p>")
        assert not (fake / "content").exists() and printed(place) == []
