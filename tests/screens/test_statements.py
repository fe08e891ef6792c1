"""Queries of the unit's money, before a real center: what is shown, what is written, what is not there."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.profile import PROFILE_NAMES, load_profile
from screens.catalog import SCREENS
from screens.home_parts import entries
from screens.statement_query import read_places
from screens.unit_flow import book_lines
from tests.center.test_statements import Books, settle_all
from tests.screens.conftest import MakePlace
from tests.support.workplace import Desk, Workplace, running
from tui.form import Form

WIDE = 140
SPAN = {"from": "2025-07-01", "to": "2026-06-30"}
YEAR = "20250701\r20260630\r"


def cells(path: Path) -> list[list[Any]]:
    """The cells of a written workbook."""
    from openpyxl import load_workbook

    return [list(row) for row in load_workbook(path).worksheets[0].iter_rows(values_only=True)]


def written(place: Workplace, part: str) -> list[list[Any]]:
    """The cells of the one written file whose name has this part."""
    [path] = [one for one in (place.folder / "out").iterdir() if part in one.name]
    return cells(path)


async def ask(desk: Desk, keys: str) -> None:
    """Type into the form from its first field."""
    form = desk.app.screen.query_one(Form)
    desk.app.screen.set_focus(form)
    form.focus_field(form._model.fields()[0].key)
    await desk.press(keys)


@pytest.mark.feature("Q-02", profile=["baishan", "lyszfgjj", "shaanxi", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shaanxi", "shanxi"])
async def test_the_units_account(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    Books(place.office)
    async with running(place, columns=WIDE) as desk:
        await desk.open("unit_account")
        assert desk.title.startswith(place.profile.statements["unit_account"])
        for title in ("期初余额", "本期增加", "本期减少", "单位未分配金额"):
            assert title in desk.picture()
        await ask(desk, YEAR)
        picture = desk.picture()
        told = place.office.unit_get("/statement", **SPAN)
        for key in ("opening", "increase", "decrease", "closing", "unallocated"):
            assert told[key] in picture, key
        await ask(desk, "20260630\r20250701\r")
        assert "截止日期早于起始日期" in desk.picture()
        await ask(desk, YEAR)
        await desk.press("<ctrl+p>3\r")
        assert "查询结果已存为" in desk.status
        table = written(place, place.profile.statements["unit_account"])
        assert table[3][:2] == ["查询日期", "2025-07-01至2026-06-30"]
        assert float(told["opening"]) in table[5] and float(told["unallocated"]) in table[5]


@pytest.mark.feature("Q-03", profile=["baishan", "lyszfgjj", "shaanxi", "shanxi"])
@pytest.mark.feature("Q-04", profile=["baishan", "lyszfgjj", "shaanxi", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shaanxi", "shanxi"])
async def test_the_flow_and_the_people_of_a_line(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    books = Books(place.office)
    async with running(place, columns=WIDE) as desk:
        await desk.open("unit_flow")
        await ask(desk, "01\r" + YEAR)
        picture = desk.picture()
        for title in ("业务流水号", "记账日期", "摘要", "发生额", "利息额", "人数"):
            assert title in picture
        assert "1200.00" in picture and "-140.00" in picture and "年终结息" not in picture
        assert "共 3 条  发生额合计 1200.00  利息额合计 0.00" in picture
        await desk.press("<ctrl+home>\r")
        assert desk.title.startswith("业务明细")
        picture = desk.picture()
        for number, person in ((books.a, books.people[0]), (books.b, books.people[1])):
            assert number in picture and person.name[:4] in picture
        assert "600.00" in picture and "共 2 人  发生额合计 1200.00" in picture and "发生利息额" in picture
        await desk.press("<ctrl+p>3\r")
        assert "业务明细已存为" in desk.status
        table = written(place, "业务明细")
        assert [row[0] for row in table[-3:]] == [books.a, books.b, "合计（2条）"] and table[-1][3] == 1200
        await desk.press("<f12>")
        assert desk.title.startswith(place.profile.statements["unit_flow"])


@pytest.mark.feature("Q-03", profile="shanxi")
async def test_the_ledger_of_the_unit_is_written_with_its_balance(make_place: MakePlace) -> None:
    place = make_place("shanxi")
    Books(place.office)
    async with running(place, columns=WIDE) as desk:
        await desk.open("unit_flow")
        await ask(desk, "01\r" + YEAR)
        await desk.press("<ctrl+p>2\r")
        assert "须查询全部业务明细类型" in desk.status
        await ask(desk, "0\r" + YEAR)
        await desk.press("<ctrl+p>2\r3\r")
        assert "单位明细账已存为" in desk.status
        table = written(place, "单位明细账")
        told = place.office.unit_get("/statement", **SPAN)
        assert ["期初余额", told["opening"]] in [row[:2] for row in table]
        lines = [row for row in table if row[2] in ("汇缴分配", "年终结息", "年终结转", "冲销：汇缴分配")]
        assert (
            lines[-1][5] == pytest.approx(float(told["closing"]))
            and ["期末余额", told["closing"]] == table[-1][:2]
        )
        await desk.press("<ctrl+p>1\r3\r")
        assert "查询结果已存为" in desk.status and written(place, "单位业务流水查询")


@pytest.mark.feature("Q-09", profile="shaanxi")
async def test_a_personal_ledger(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    books = Books(place.office)
    async with running(place, columns=WIDE) as desk:
        await desk.open("person_ledger")
        await desk.press("\r")
        assert "个人账号不能为空" in desk.picture()
        await ask(desk, books.people[1].id_number + "\r" + YEAR)
        picture = desk.picture()
        told = place.office.unit_get(f"/people/{books.b}/ledger", **SPAN)
        assert books.people[1].name in picture and "740.00" in picture and told["closing"] in picture
        assert f"期初余额 0.00  增加 {told['increase']}  减少 140.00  期末余额 {told['closing']}" in picture
        await desk.press("<ctrl+p>3\r")
        assert "查询结果已存为" in desk.status
        table = written(place, "个人明细账查询")
        assert ["姓名", books.people[1].name] in [row[:2] for row in table]


@pytest.mark.feature("Q-10", profile="shaanxi")
@pytest.mark.feature("V-35", profile="shaanxi")
async def test_the_year_of_each_person(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    books = Books(place.office, settle=False)
    async with running(place, columns=WIDE) as desk:
        await desk.open("annual_statement")
        assert "[2025]" in desk.picture() and "查到 2 人。该年度还没有结息" in desk.status
        settle_all(place.center)
        await desk.press("<f5>")
        told = place.office.unit_get("/annual", year=2025)
        assert desk.status == "查到 2 人。"
        assert all(
            row["closing"] in desk.picture() and row["interest"] in desk.picture() for row in told["rows"]
        )
        await ask(desk, "2026\r\r\r")
        assert desk.status == "2026年度到2027-06-30才结束，只能查询已经结束的年度。"
        await ask(desk, "20x6\r")
        assert "年度应为四位数字" in desk.picture()
        await ask(desk, f"2025\r{books.people[1].name}\r\r")
        picture = desk.picture()
        assert books.b in picture and books.a not in picture and "共 1 条" in picture
        await desk.press("<ctrl+p>3\r")
        assert "查询结果已存为" in desk.status
        table = written(place, "年度个人对账")
        assert table[0][0] == "个人对账单" and ["公积金年度", "2025"] in [row[:2] for row in table]
        assert table[-1][0] == "合计（1条）"


@pytest.mark.feature("Q-05", profile="shanxi")
@pytest.mark.feature("Q-10", profile="shanxi")
async def test_the_interest_of_the_unit_and_its_slips(make_place: MakePlace) -> None:
    place = make_place("shanxi")
    books = Books(place.office, settle=False)
    async with running(place, columns=WIDE) as desk:
        await desk.open("unit_interest")
        assert "没有查到记录" in desk.status
        settle_all(place.center)
        await desk.press("<f5>")
        told = place.office.unit_get("/interest", year=2025)
        picture = desk.picture()
        assert told["amount"] in picture and told["serials"][0] in picture and "2026-06-30" in picture
        for digit, title in (("2", "单位利息单"), ("3", "单位对账单")):
            await desk.press(f"<ctrl+p>{digit}\r3\r")
            assert f"{title}已存为" in desk.status
            assert ["公积金年度", "2025"] in [row[:2] for row in written(place, title)]
        slip = written(place, "单位利息单")
        assert {books.a, books.b} <= {row[0] for row in slip}
        assert [row[5] for row in slip if row[0] == "合计（2条）"] == [pytest.approx(float(told["amount"]))]
        statement = written(place, "单位对账单")
        assert any(float(told["statement"]["closing"]) in row for row in statement)
        await desk.press("<ctrl+p>1\r3\r")
        assert "查询结果已存为" in desk.status and written(place, "单位结息查询")


@pytest.mark.feature("Q-02", profile="hangzhou")
@pytest.mark.feature("Q-03", profile="hangzhou")
@pytest.mark.feature("Q-10", profile="hangzhou")
@pytest.mark.feature("Q-17", profile="hangzhou")
async def test_reconciling_opens_the_queries(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    books = Books(place.office)
    async with running(place, columns=WIDE) as desk:
        for digit, name, text in (
            ("1", "unit_account", "期初余额"),
            ("2", "unit_flow", "业务流水号"),
            ("3", "annual_statement", books.b),
        ):
            await desk.open("reconcile")
            assert "客户信息" in desk.picture() and desk.key_bar["账务查询"] == "F4"
            await desk.press(f"<f4>{digit}\r")
            assert desk.title.startswith(place.profile.statements[name]) and text in desk.picture()  # type: ignore[index]
            await desk.press("<f12><f12>")


@pytest.mark.feature("L-13", profile="hangzhou")
async def test_no_query_without_the_separate_password(make_place: MakePlace) -> None:
    from center.auth.passwords import hash_password

    place = make_place("hangzhou", reconcile_hash=hash_password("Check-2026"))
    Books(place.office)
    async with running(place, columns=WIDE) as desk:
        await desk.open("unit_account")
        assert "请先进入单位网上对账并输入密码" in desk.status and "2001.75" not in desk.picture()
        await desk.press("<f12>")
        opening = asyncio.create_task(desk.open("reconcile"))
        await desk.see("与交易密码不同")
        await desk.press("\r<f12>")
        await opening
        await desk.press("<f4>")
        await desk.see("与交易密码不同")
        await desk.press(f"\r{place.office.unit}\rCheck-2026\r")
        await desk.see("单位明细查询")
        await desk.press("1\r" + YEAR)
        await ask(desk, YEAR)
        assert "2001.75" in desk.picture()


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_the_menu_has_what_the_center_offers(name: str) -> None:
    """What is offered is reached, by the menu or behind 单位网上对账; to anything else there is no way."""
    profile = load_profile(name)
    opened = {one for module in profile.home.modules for one in module.screens}
    offered = set(profile.statements) - {"flow_detail", "unit_ledger"}
    reached = offered if "reconcile" in opened else opened & set(SCREENS)
    assert offered <= reached
    money = {"unit_account", "unit_flow", "unit_interest", "person_ledger", "annual_statement"}
    assert opened & money <= offered
    dim = {one.title for one in entries(profile, [], sound=False) if not one.open}
    assert not dim & {"单位信息查询", "单位账户查询", "个人账户查询"}


async def test_nothing_found_and_no_connection(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with running(place, columns=WIDE) as desk:
        await desk.open("unit_flow")
        assert "没有查到记录" in desk.status
        await desk.press("<ctrl+p>")
        assert "不用导出" in desk.status
        place.wire.down = True
        await desk.press("<f5>")
        assert "连不上中心" in desk.status


class _Page:
    def __init__(self, rows: list[int], following: str | None) -> None:
        self.rows, self.next = rows, following


def test_pages_are_read_to_the_end_or_until_stopped() -> None:
    told = {"": _Page([1, 2], "a"), "a": _Page([3], "b"), "b": _Page([4], None)}
    counts: list[int] = []
    first, rows = read_places(told.__getitem__, counts.append, lambda: False)
    assert (first, rows, counts) == (told[""], [1, 2, 3, 4], [2, 3, 4])
    assert read_places(told.__getitem__, counts.append, lambda: True)[1] == [1, 2]


def test_lines_of_the_units_ledger() -> None:
    from domain.statements_wire import FlowRow

    def line(amount: str) -> FlowRow:
        return FlowRow(
            number=1, serial="s", day=date(2026, 1, 1).isoformat(), kind="01", kind_title="汇缴", summary="x",
            amount=amount, interest="0.00", unallocated="0.00", people=1,
        )  # fmt: skip

    found = book_lines("10.00", [line("0.05"), line("-3.00"), line("0.00")])
    assert [(one.increase, one.decrease, one.balance) for one in found] == [
        ("0.05", "0.00", "10.05"),
        ("0.00", "3.00", "7.05"),
        ("0.00", "0.00", "7.05"),
    ]
