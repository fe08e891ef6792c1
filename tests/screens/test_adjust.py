"""基数调整 on the screen: kinds, form, files, submission, and the grid of 批量录入 (B-01 to B-11)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from center.store.tables import unit
from client.store.rows import StoredRow
from screens.adjust import AdjustScreen
from screens.adjust_rows import SAME, TAKEN_BACK
from tests.screens.conftest import MakePlace
from tests.screens.people import employ
from tests.support.filing import PDF
from tests.support.workplace import Desk, Workplace, decide, running

ADJUSTING = ["baishan", "lyszfgjj", "shanxi"]
NAMES = ("王小明", "李强", "张伟")
UNIT: dict[str, Any] = {"paid_through": 202610, "ratios": "[[1200, 1200], [1000, 800]]"}


def rows(place: Workplace) -> list[StoredRow]:
    """The draft roster of base changes."""
    store = place.state.rosters()
    head = store.open_draft(place.state.scope(), "base_adjust", "single")
    return list(store.rows(head.roster_id))


async def choose(desk: Desk, words: str) -> None:
    """F7 and the option of the menu that begins so."""
    await desk.press("<f7>")
    found = re.search(rf"\| +([0-9]) {words}", desk.picture())
    assert found is not None, desk.picture()
    await pick(desk, found[1])


async def pick(desk: Desk, number: str) -> None:
    """Choose from a list by number."""
    await desk.press(f"{number}\r")


async def to_roster(desk: Desk) -> None:
    """Go from the form to the roster."""
    screen = desk.app.shell_screen()
    assert isinstance(screen, AdjustScreen)
    screen.focus_key(screen.grid)
    await desk.settle()


async def change(desk: Desk, number: str, *texts: str) -> None:
    """One change by the form: the person by the last digits, the new value, Enter after each."""
    await desk.press(f"{number}\r" + "".join(f"{text}\r" for text in texts))


# ---- the form ------------------------------------------------------------------------------------------


async def test_the_month_is_that_of_now_and_not_of_the_login(make_place: MakePlace) -> None:
    """A month is dealt with after the login: the screen and the center mean the same month."""
    place = make_place("baishan", **UNIT)
    employ(place, NAMES)
    async with running(place) as desk:
        with place.center.store.write() as conn:
            conn.execute(update(unit).values(paid_through=202611))
        await desk.open("business:base_adjust")
        assert "变更月度 202612" in desk.picture()


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(n, marks=[pytest.mark.feature(row, profile=n) for row in ("B-03", "B-04", "B-08")])
        for n in ADJUSTING
    ],
)
async def test_one_person_by_the_form(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile, **UNIT)
    people = employ(place, NAMES)
    async with running(place) as desk:
        await desk.open("business:base_adjust")
        assert "变更月度 202611" in desk.picture() and "变更类别 个人缴存基数" in desk.picture()
        await desk.press(f"{people[1].id_number[-4:]}\r")
        picture = desk.picture()
        assert "李强" in picture and people[1].id_number in picture
        assert "8000.00" in picture and "1920.00" in picture
        await desk.press("9000.50")
        assert "2160.12" in desk.picture() and "1080.06" in desk.picture()
        await desk.press("\r")
        assert desk.status.startswith("基数调整清册录入成功")
        (row,) = rows(place)
        assert (row.shown("name"), row.shown("new_base"), row.amount) == ("李强", "9000.50", 216_012)
        await change(desk, people[1].id_number[-4:], "9100")
        assert "存在相同的记录" in desk.picture() and len(rows(place)) == 1
        await desk.press("<ctrl+w>")
        await to_roster(desk)
        await desk.press("<ctrl+k>")
        assert "确定" in desk.picture() and "取消" in desk.picture()
        await desk.press("n")
        assert len(rows(place)) == 1
        await desk.press("<ctrl+k>y")
        assert rows(place) == []


@pytest.mark.feature("V-06", profile="baishan")
@pytest.mark.feature("V-07", profile="baishan")
async def test_what_is_wrong_stays_under_the_cursor(make_place: MakePlace) -> None:
    from domain.business import AccountStatus

    place = make_place("baishan", **UNIT)
    employ(place, NAMES)
    (sealed,) = employ(place, ["赵六"], AccountStatus.SEALED)
    async with running(place) as desk:
        await desk.open("business:base_adjust")
        await desk.press(f"{sealed.id_number[-4:]}\r")
        assert "缴存人状态为正常的职工才允许办理基数调整业务" in desk.picture()
        await desk.press("<delete>")
        await change(desk, "00001", "99999")
        assert "缴存基数和月缴存额不得超过上下限：请改为 1950.00 至 23985.00 元。" in desk.picture()
        assert rows(place) == []
        await desk.press("8500\r")
        assert [row.shown("new_base") for row in rows(place)] == ["8500.00"]


@pytest.mark.feature("B-02", profile="shanxi")
async def test_another_kind_has_another_form_and_rows_keep_theirs(make_place: MakePlace) -> None:
    place = make_place("shanxi", **UNIT)
    employ(place, NAMES)
    async with running(place) as desk:
        await desk.open("business:base_adjust")
        await change(desk, "00001", "9000")
        await choose(desk, "变更类别")
        await pick(desk, "2")
        assert "变更类别 月缴存额" in desk.picture()
        await change(desk, "00002", "2000.01")
        assert "月缴存额请改为 2000.00 或 2000.02 元，按比例和取整规则得不到 2000.01 元。" in desk.picture()
        await desk.press("2000\r")
        await choose(desk, "变更类别")
        await pick(desk, "3")
        await change(desk, "00003", "10", "8")
        kinds = [(row.checked["change_kind"], row.checked["new_amount"]) for row in rows(place)]
        assert kinds == [("base", "2160.00"), ("amount", "2000.00"), ("ratio", "1440.00")]
        await desk.press("<f5>")
        await desk.settle()
        assert [row.bad for row in rows(place)] == [False] * 3
        assert "5,600.00" in desk.picture()
    place.again()
    async with running(place) as desk:
        await desk.open("business:base_adjust")
        assert "变更类别 缴存比例" in desk.picture()


# ---- to the center and back ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(n, marks=[pytest.mark.feature(row, profile=n) for row in ("B-09", "B-10")])
        for n in ADJUSTING
    ],
)
async def test_ticked_rows_go_to_approval_and_the_refused_come_back(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile, **UNIT)
    employ(place, NAMES)
    rules = place.profile.offered()["base_adjust"]
    async with running(place) as desk:
        await desk.open("business:base_adjust")
        for number in ("00001", "00002", "00003"):
            await change(desk, number, "9000")
        await to_roster(desk)
        await desk.press("<ctrl+home> <down> <f10>")
        await desk.see("总人数：2 人")
        assert "调整后总月缴存额：4,320.00 元" in desk.picture() and rules.submit_label in desk.picture()
        await desk.press("y")
        if rules.attachments:
            place.deliver("审批表.pdf", PDF)
            await desk.press("<f6>1\r<f10>")
        await desk.see("业务流水号")
        assert "已提交至中心审核" in desk.picture()
        await desk.press("<f12>")
        assert len(rows(place)) == 1
        decide(place, {2: "工资证明不符"})
        await desk.until(lambda: any("工资证明不符" in str(row.findings) for row in rows(place)), "退回")
    kinds = {row.checked["change_kind"] for row in rows(place)}
    assert kinds == {"base"}
    assert place.office.accounts()[0].base == 900_000


# ---- files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "kinds"),
    [
        pytest.param("baishan", 2, marks=pytest.mark.feature("B-07", profile="baishan")),
        pytest.param("lyszfgjj", 1, marks=pytest.mark.feature("B-07", profile="lyszfgjj")),
        pytest.param("shanxi", 3, marks=pytest.mark.feature("B-07", profile="shanxi")),
    ],
)
async def test_the_template_of_a_kind_comes_back_filled_in(
    make_place: MakePlace, profile: str, kinds: int
) -> None:
    place = make_place(profile, **UNIT)
    employ(place, NAMES)
    texts = {"base": ["9000"], "amount": ["2000"], "ratio": ["10", "8"]}
    async with running(place) as desk:
        await desk.open("business:base_adjust")
        for at, kind in enumerate(list(texts)[:kinds]):
            await choose(desk, "下载模板")
            if kinds > 1:
                await pick(desk, str(at + 1))
            await desk.see("模板")
            (path,) = sorted((place.folder / "out").glob("*.xlsx"))
            book = load_workbook(path)
            sheet = book.worksheets[0]
            assert f"GJJ-base_adjust_{kind}-{profile}-1" in str(sheet["A1"].value)
            sheet.append([1, f"1000010000000{at + 1}", NAMES[at], None, *texts[kind]])
            book.save(path)
            place.deliver("填好的.xlsx", path.read_bytes())
            path.unlink()
            await choose(desk, "批量导入")
            if kinds > 1:
                await pick(desk, str(at + 1))
            await pick(desk, "1")
            await desk.until(lambda at=at: len(rows(place)) == at + 1, "导入")  # type: ignore[misc]
    assert [row.bad for row in rows(place)] == [False] * kinds
    assert [row.source for row in rows(place)] == ["file"] * kinds


@pytest.mark.feature("B-07", profile="baishan")
async def test_the_template_of_another_kind_is_refused(make_place: MakePlace) -> None:
    from domain.businesses.adjust import BaseAdjust
    from domain.businesses.registry import declare
    from exports.template import write_template

    place = make_place("baishan", **UNIT)
    employ(place, NAMES)
    business = declare("base_adjust", place.profile)
    assert isinstance(business, BaseAdjust)
    path = Path(write_template(place.folder / "额.xlsx", business.of_kind("amount"), place.profile))
    place.deliver("额.xlsx", path.read_bytes())
    async with running(place) as desk:
        await desk.open("business:base_adjust")
        await choose(desk, "批量导入")
        await pick(desk, "1")
        await pick(desk, "1")
        await desk.see("模板")
        assert "这不是本中心基数调整的模板" in desk.picture().replace("\n", "")
    assert rows(place) == []


# ---- the grid of 批量录入 --------------------------------------------------------------------------------


@pytest.mark.feature("B-06", profile="shanxi")
async def test_cells_edited_in_place_go_into_the_roster(make_place: MakePlace) -> None:
    place = make_place("shanxi", **UNIT)
    employ(place, NAMES)
    async with running(place) as desk:
        await desk.open("business:base_adjust")
        await choose(desk, "批量录入")
        assert desk.title.startswith("基数调整批量录入") and "张伟" in desk.picture()
        await desk.press("\r9000+8100.70+100+")
        assert "缴存基数和月缴存额不得超过上下限" in desk.picture()
        await desk.press("<escape>")
        told = [(row.shown("name"), row.shown("new_base")) for row in rows(place)]
        assert told == [("王小明", "9000.00"), ("李强", "8100.70")]
        marks = [line[1] for line in desk.picture().splitlines() if " 10000100000" in line]
        assert marks == ["*", "*", " "]
        await desk.press("8000+")
        assert SAME in desk.picture() and len(rows(place)) == 2
        await desk.press("<up><up><delete>")
        assert TAKEN_BACK in desk.picture()
        assert [row.shown("name") for row in rows(place)] == ["李强"]
        await desk.press("<f12>")
        assert desk.title.startswith("基数调整") and "8100.70" in desk.picture() or "李强" in desk.picture()


@pytest.mark.feature("B-06", profile="shanxi")
async def test_people_are_searched_for_and_kinds_changed_in_the_grid(make_place: MakePlace) -> None:
    place = make_place("shanxi", **UNIT)
    employ(place, NAMES)
    async with running(place) as desk:
        await desk.open("adjust_grid")
        await desk.press("lq\r")
        assert "李强" in desk.picture() and "王小明" not in desk.picture()
        await desk.press("8800\r")
        await desk.press("<f4>3\r")
        assert "调整后单位比例" in desk.picture()
        await desk.press("<tab>10\r")
        assert "请先在清册中删除那一条" in desk.picture().replace("\n", "")
        await desk.press("<escape><ctrl+f>")
        await desk.press("zw\r9\r")
        assert "本单位可用的缴存比例是" in desk.picture().replace("\n", "")
        await desk.press("<escape><down>")
        assert [row.shown("new_base") for row in rows(place)] == ["8800.00"]


@pytest.mark.feature("B-06", profile="shanxi")
async def test_one_side_of_a_units_pair_brings_the_other(make_place: MakePlace) -> None:
    place = make_place("shanxi", **UNIT)
    employ(place, NAMES)
    async with running(place) as desk:
        await desk.open("adjust_grid")
        await desk.press("<f4>3\r<tab>10+10+")
        found = [(row.shown("new_unit_ratio"), row.shown("new_person_ratio")) for row in rows(place)]
        assert found == [("10", "8")] * 2
        await desk.press("9+")
        assert "本单位可用的缴存比例是" in desk.picture().replace("\n", "")
        await desk.press("<escape><up><delete>")
        assert TAKEN_BACK in desk.picture() and len(rows(place)) == 1
