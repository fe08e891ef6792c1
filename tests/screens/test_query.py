"""Queries, progress, sync and the unit's page, before a real center."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from client.store.depositors import DepositorCache
from tests.screens.conftest import MakePlace
from tests.support.filing import moved
from tests.support.workplace import Desk, Workplace, decide, employ, running
from tui.form import Form
from tui.grid import Grid


def cells(path: Path) -> list[list[Any]]:
    """The cells of a written workbook."""
    from openpyxl import load_workbook

    return [list(row) for row in load_workbook(path).worksheets[0].iter_rows(values_only=True)]


def written(place: Workplace) -> Path:
    [path] = (place.folder / "out").iterdir()
    return path


async def open_count(desk: Desk, column: str, index: int = 0) -> list[str]:
    """Enter on a count of a batch; gives the lines of the people below."""
    top, people = desk.app.screen.query(Grid).results(Grid)
    desk.app.screen.set_focus(top)
    top.goto(index, column)
    await desk.press("\r")
    model = people._model
    return [" ".join(row.cells) for row in model.window(0, model.count())]


@pytest.mark.feature("Q-11", profile="hangzhou")
@pytest.mark.feature("O-09", profile="hangzhou")
@pytest.mark.feature("O-18", profile="hangzhou")
async def test_batches_of_a_month_and_the_people_of_a_count(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    rows = place.office.rows(3)
    receipt = place.office.file(rows)
    async with running(place) as desk:
        await desk.open("query:open")
        picture = desk.picture()
        assert "[202612]" in picture and receipt["serial"] in picture and "[全部]" in picture
        for title in ("业务流水号", "总笔数", "成功笔数", "失败笔数", "待确认笔数", "登记日期"):
            assert title in picture
        waiting = await open_count(desk, "open")
        assert len(waiting) == 3 and all("待确认" in line for line in waiting)
        decide(place, {2: "姓名与证件不符"})
        await desk.until(lambda: "新的处理结果" in desk.status, "the news")
        await desk.press("<f5>")
        assert len(await open_count(desk, "ok")) == 2
        [failed] = await open_count(desk, "failed")
        assert rows[1]["id_number"] in failed and "姓名与证件不符" in failed and "失败" in failed
        assert len(await open_count(desk, "all")) == len(await open_count(desk, "total")) == 3
        assert await open_count(desk, "open") == []


@pytest.mark.feature("O-19", profile="hangzhou")
async def test_who_was_settled_on_a_later_day_is_marked_and_coloured(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    place.office.file(place.office.rows(2))
    moved(place.center, date(2026, 11, 24))
    decide(place, {})
    place.office.center.clock.advance(minutes=1)
    place.log_in_anew()
    place.again()
    async with running(place) as desk:
        await desk.open("query:open")
        people = desk.app.screen.query(Grid).last(Grid)
        assert len(await open_count(desk, "ok")) == 2
        marks = [(row.mark, row.highlight) for row in people._model.window(0, 2)]
        assert marks == [("?", True)] * 2
        assert "申报日期与处理日期不同" in desk.picture()


@pytest.mark.feature("Q-11", profile="hangzhou")
async def test_the_people_of_a_count_are_exported(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    rows = place.office.rows(3)
    place.office.file(rows)
    async with running(place) as desk:
        await desk.open("query:open")
        await desk.press("<ctrl+p>")
        assert "请先在某个笔数上按回车" in desk.status
        await open_count(desk, "all")
        await desk.press("<ctrl+p>")
        assert "明细已存为" in desk.status
        found = [str(cell) for row in cells(written(place)) for cell in row if cell is not None]
        assert {row["id_number"] for row in rows} <= set(found) and "待确认" in found


async def test_a_month_without_registrations_says_so(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("query:open")
        assert desk.status == "数据库查询无记录"


@pytest.mark.feature("W-07", profile="hangzhou")
@pytest.mark.parametrize("month", ["2026", "202613", "２０２６１２"])
async def test_a_month_is_six_half_width_digits(make_place: MakePlace, month: str) -> None:
    from textual import events

    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("query:open")
        form = desk.app.screen.query_one(Form)
        desk.app.screen.set_focus(form)
        asked = len(place.wire.sent("GET", "submissions"))
        await desk.press("<delete>")
        desk.app._take(events.Paste(month))
        for key in ("\r", "<f5>", "<f5>"):
            await desk.press(key)
            assert form.current == "month" and "!" in desk.picture()
            assert len(place.wire.sent("GET", "submissions")) == asked


@pytest.mark.feature("N-03", profile="hangzhou")
async def test_without_a_connection_the_last_answer_is_shown(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    receipt = place.office.file(place.office.rows(1))
    async with running(place) as desk:
        await desk.open("query:open")
        place.wire.down = True
        await desk.press("<f5>")
        assert desk.status.startswith("从服务器接收数据失败")
        assert receipt["serial"] in desk.picture()


@pytest.mark.feature("O-18", profile=["baishan", "shanxi"])
@pytest.mark.feature("Q-06", profile=["baishan", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "shanxi"])
async def test_accounts_by_day_of_opening(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    rows = place.office.rows(3)
    place.office.file(rows)
    async with running(place) as desk:
        await desk.open("query:open")
        picture = desk.picture()
        assert all(row["id_number"] in picture for row in rows)
        assert place.profile.terms["account_no"] in picture and "共 3 户" in picture
        await desk.press("<ctrl+p>")
        table = cells(written(place))
        assert any(row[:2] == [rows[0]["name"], rows[0]["id_number"]] for row in table)
        assert any(
            {place.profile.terms["account_no"], place.profile.terms["base"]} <= {*row} for row in table
        )
        form = desk.app.screen.query_one(Form)
        desk.app.screen.set_focus(form)
        await desk.press("20260101\r20260131\r\r")
        assert "没有查到记录" in desk.status and rows[0]["id_number"] not in desk.picture()


@pytest.mark.feature("Q-06", profile=["baishan", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "shanxi"])
async def test_the_account_of_a_person_named_in_part(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    rows = place.office.rows(3)
    place.office.file(rows)
    async with running(place) as desk:
        await desk.open("query:open")
        desk.app.screen.set_focus(desk.app.screen.query_one(Form))
        await desk.press("\r\r" + rows[1]["id_number"][-6:] + "\r")
        picture = desk.picture()
        assert rows[1]["id_number"] in picture and "共 1 户" in picture
        assert rows[0]["id_number"] not in picture
        desk.app.screen.set_focus(desk.app.screen.query_one(Form))
        await desk.press("<f4>" + rows[2]["name"] + "\r\r")
        assert rows[2]["id_number"] in desk.picture() and "共 1 户" in desk.picture()
        desk.app.screen.set_focus(desk.app.screen.query_one(Form))
        await desk.press("<delete>\r")
        assert "共 3 户" in desk.picture()


@pytest.mark.feature("O-18", profile="shaanxi")
@pytest.mark.feature("Q-11", profile="shaanxi")
async def test_the_voucher_of_a_batch(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    async with running(place) as desk:
        rows = place.office.rows(2)
        receipt = place.office.file(rows)
        await desk.until(lambda: place.office.accounts() and len(place.office.accounts()) == 2, "the job")
        await desk.open("query:open")
        await desk.until(
            lambda: place.office.unit_get("/submissions", **SPAN)["batches"][0]["ok"] == 2, "the end"
        )
        await desk.press("<f5>")
        await open_count(desk, "all")
        await desk.press("<ctrl+p>")
        assert "开户清册凭证" in desk.picture()
        await desk.press("2\r3\r")
        assert "开户清册凭证已存为" in desk.status
        found = [str(cell) for row in cells(written(place)) for cell in row if cell is not None]
        assert receipt["serial"] in found and receipt["digest"] in found and place.profile.center in found
        assert {row["id_number"] for row in rows} <= set(found) and "3,840.00 元" in found


SPAN = {"from": "2026-11-01", "to": "2026-11-30"}


@pytest.mark.feature("Y-01", profile="shaanxi")
@pytest.mark.feature("Y-02", profile="shaanxi")
@pytest.mark.feature("O-09", profile="shaanxi")
@pytest.mark.feature("I-03", profile="shaanxi")
async def test_progress_errors_and_the_error_file(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    people = place.office.people(3)
    rows = place.office.rows_of(people)
    employ(place.center, people[1])
    receipt = place.office.file(rows)
    async with running(place) as desk:
        await desk.until(lambda: len(place.office.accounts()) == 2, "the job")
        await desk.open("progress")
        await desk.until(lambda: "办结" in desk.picture(), "the end of the job")
        assert receipt["serial"] in desk.picture() and "个人开户" in desk.picture()
        await desk.press("\r")
        assert people[1].id_number in desk.picture() and "存在正常缴存账户" in desk.picture()
        await desk.press("<ctrl+p>")
        assert "报错文件已存为" in desk.status
        table = cells(written(place))
        assert any(people[1].id_number in row and "存在正常缴存账户" in str(row[-1]) for row in table)
        form = desk.app.screen.query_one(Form)
        desk.app.screen.set_focus(form)
        form.focus_field("reviewed")
        await desk.press("是\r\r\r")
        assert "没有查到记录" in desk.status


async def test_the_error_file_of_a_job_can_be_imported_again(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    people = place.office.people(2)
    employ(place.center, people[1])
    place.office.file(place.office.rows_of(people))
    async with running(place) as desk:
        await desk.until(lambda: len(place.office.accounts()) == 1, "the job")
        await desk.open("progress")
        await desk.until(lambda: "办结" in desk.picture(), "the end of the job")
        await desk.press("\r<ctrl+p><f12>")
        place.deliver("报错文件.xlsx", written(place).read_bytes())
        await desk.open("business:open")
        await desk.press("<f7>1\r1\r<f7>2\r")
        assert [row.typed["id_number"] for row in place.rows()] == [people[1].id_number], desk.picture()


@pytest.mark.feature("E-01", profile="hangzhou")
@pytest.mark.feature("E-03", profile="hangzhou")
async def test_depositors_are_synchronised_on_demand(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    employ_here(place, 5)
    cache = DepositorCache(place.state.database(), place.state.scope())
    async with running(place) as desk:
        await desk.open("sync")
        assert "本机还没有同步过" in desk.picture() and {"同步", "取消"} <= desk.key_bar.keys()
        await desk.press("<f12>")
        assert cache.count() == 0
        await desk.open("sync")
        await desk.press("<f10>")
        assert "同步完成" in desk.status and cache.count() == 5 and cache.complete()
        place.wire.down = True
        await desk.press("<f10>")
        assert "连不上中心" in desk.status and cache.count() == 5


def employ_here(place: Workplace, count: int) -> None:
    from center.demo.generator import Employee
    from center.demo.setup import DemoUnit, add_employees
    from domain.business import AccountStatus, RatioPair

    pair = RatioPair(1200, 1200)
    staff = [
        Employee(someone, 800_000, pair, 96_000, 96_000, AccountStatus.NORMAL, date(2020, 1, 1))
        for someone in place.office.people(count)
    ]
    with place.center.store.write() as conn:
        add_employees(conn, DemoUnit(place.office.unit, "示例", count, True, (pair,)), staff)


@pytest.mark.feature("H-02", profile=["shaanxi", "shanxi"])
@pytest.mark.parametrize("profile", ["shaanxi", "shanxi"])
async def test_the_units_own_page(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile, address="建设路8号")
    async with running(place) as desk:
        await desk.open("unit_info")
        picture = desk.picture()
        for text in (
            "客户信息",
            "账户信息",
            "经办人",
            "示例单位100001",
            "100001",
            "建设路8号",
            "单位12% 个人12%",
        ):
            assert text in picture


async def test_id_numbers_are_covered_where_the_workstation_wants_it(make_place: MakePlace) -> None:
    from dataclasses import replace

    place = make_place("baishan")
    rows = place.office.rows(1)
    place.office.file(rows)
    settings = place.state.settings
    place.state.settings = replace(settings, screen=replace(settings.screen, mask_id=True))
    async with running(place) as desk:
        await desk.open("query:open")
        number = rows[0]["id_number"]
        assert number not in desk.picture() and f"{number[:6]}********{number[-4:]}" in desk.picture()


@pytest.mark.feature("E-04", profile="hangzhou")
async def test_a_registration_is_known_here_only_after_the_next_synchronisation(
    make_place: MakePlace,
) -> None:
    place = make_place("hangzhou")
    rows = place.office.rows(1)
    place.office.file(rows)
    decide(place, {})
    cache = DepositorCache(place.state.database(), place.state.scope())
    async with running(place) as desk:
        await desk.open("query:open")
        assert len(await open_count(desk, "ok")) == 1
        assert cache.by_person(rows[0]["id_number"]) is None
        await desk.press("<f12>")
        await desk.open("sync")
        assert "须同步一次" in desk.picture()
        await desk.press("<f10>")
        found = cache.by_person(rows[0]["id_number"])
        assert found is not None and found.name == rows[0]["name"]
