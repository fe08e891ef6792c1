"""年度核定 on the screen: the workbook filled in, two steps, correction in place, the result (B-15, B-16)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from center.store.tables import account, unit
from client.store.rows import StoredRow
from screens.annual import AnnualScreen
from tests.screens.conftest import MakePlace
from tests.screens.people import employ
from tests.screens.test_adjust import choose, pick
from tests.support.filing import moved
from tests.support.workplace import Desk, Workplace, running

NAMES = ("王小明", "李强", "张伟")


def july(make_place: MakePlace, paid: int = 202606) -> Workplace:
    """A unit of shaanxi in July that has paid June; 张伟 came after June."""
    place = make_place("shaanxi", paid_through=paid, verified_year=2025)
    moved(place.center, date(2026, 7, 6))
    place.log_in_anew()
    employ(place, NAMES)
    with place.center.store.write() as conn:
        numbers = list(conn.scalars(select(account.c.account_no).order_by(account.c.account_no)))
        conn.execute(update(account).values(opened="2024-03-01"))
        conn.execute(update(account).where(account.c.account_no == numbers[-1]).values(opened="2026-07-02"))
    place.again()
    return place


def rows(place: Workplace) -> list[StoredRow]:
    store = place.state.rosters()
    head = store.open_draft(place.state.scope(), "annual", "file")
    return list(store.rows(head.roster_id))


async def template(desk: Desk, place: Workplace) -> Path:
    """Download the workbook."""
    await choose(desk, "下载模板")
    await desk.see("模板已存为")
    (path,) = sorted((place.folder / "out").glob("*.xlsx"))
    return path


async def bring(desk: Desk, place: Workplace, path: Path) -> None:
    """Upload a file and import it."""
    place.deliver("填好的.xlsx", path.read_bytes())
    await choose(desk, "上传文件")
    await pick(desk, "1")
    assert "上传成功" in desk.status and rows(place) == []
    await choose(desk, "批量导入")


async def bring_again(desk: Desk) -> None:
    """Upload the newest file once more and import it."""
    await choose(desk, "上传文件")
    await pick(desk, "1")
    await choose(desk, "批量导入")


@pytest.mark.feature("B-07", profile="shaanxi")
@pytest.mark.feature("B-08", profile="shaanxi")
@pytest.mark.feature("B-09", profile="shaanxi")
@pytest.mark.feature("B-16", profile="shaanxi")
async def test_the_workbook_comes_with_its_people_and_goes_back_filled_in(make_place: MakePlace) -> None:
    place = july(make_place)
    async with running(place) as desk:
        await desk.open("business:annual")
        assert "2026年度" in desk.picture() and "缴至月份 202606" in desk.picture()
        path = await template(desk, place)
        book = load_workbook(path)
        sheet = book.worksheets[0]
        listed = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=4)]
        assert [line[1] for line in listed] == ["王小明", "李强"]
        assert [line[3:] for line in listed] == [["8000.00", None]] * 2
        for number, text in ((4, "9000"), (5, "9100.50")):
            sheet.cell(number, 5, text).number_format = "@"
        book.save(path)
        await bring(desk, place, path)
        await desk.until(lambda: len(rows(place)) == 2, "导入")
        assert "总月缴存额 4,344.12" in desk.picture()
        await desk.press("<insert>")
        assert len(rows(place)) == 2
        await desk.press("<ctrl+home><home><right><right><right><right>9200\r")
        assert [row.shown("new_base") for row in rows(place)] == ["9200.00", "9100.50"]
        screen = desk.app.shell_screen()
        assert isinstance(screen, AnnualScreen)
        await desk.press("<ctrl+x><ctrl+k>y")
        assert rows(place) == []
        await bring_again(desk)
        await desk.until(lambda: len(rows(place)) == 2, "再次导入")
        await desk.press("<ctrl+home><home><right><right><right><right>9200\r")
        await desk.press("<f10>")
        await desk.see("总人数：2 人")
        assert "总月缴存额：4,392.12 元" in desk.picture()
        await desk.press("y")
        await desk.see("业务流水号")

    def verified() -> int | None:
        with place.center.store.read() as conn:
            year: int | None = conn.execute(select(unit.c.verified_year)).scalar_one()
            return year

    async with running(place) as desk:
        await desk.until(lambda: verified() == 2026, "核定")
    assert [one.base for one in place.office.accounts()] == [920_000, 910_050, 800_000]


@pytest.mark.feature("V-31", profile="shaanxi")
async def test_a_unit_that_owes_june_is_told_so(make_place: MakePlace) -> None:
    place = july(make_place, paid=202605)
    async with running(place) as desk:
        await desk.open("business:annual")
        path = await template(desk, place)
        book = load_workbook(path)
        book.worksheets[0].cell(4, 5, "9000").number_format = "@"
        book.save(path)
        await bring(desk, place, path)
        await desk.see("每年6月份汇缴完成后方可办理下年度的年度核定")
    assert rows(place) == []
