"""单位信息变更 and 缴存人信息变更 as an agent sees them, before a real center."""

from __future__ import annotations

import re
from typing import Any

import pytest

from domain.businesses.fact_rules import FactRules
from domain.businesses.registry import declare
from tests.screens.conftest import MakePlace
from tests.support.filing import PDF
from tests.support.paper import pdf_pages
from tests.support.workplace import Desk, Workplace, decide, running
from tui.form import Form

WITH = ("baishan", "lyszfgjj", "shaanxi", "shanxi")
DETAILS = '{"postcode": "100000", "economy": "150"}'


def rows_of(*names: str, row: str) -> list[Any]:
    """The profiles, each with the mark of a feature row."""
    return [pytest.param(name, marks=pytest.mark.feature(row, profile=name)) for name in names]


def rules_of(place: Workplace, business: str) -> FactRules:
    rules = place.profile.rules(business)
    assert isinstance(rules, FactRules)
    return rules


async def to_receipt(desk: Desk, place: Workplace, business: str) -> None:
    """F10, yes, attachments and PIN where they are wanted."""
    await desk.press("<f10>")
    await desk.see("总项数：")
    assert rules_of(place, business).submit_label in desk.picture()
    await desk.press("y")
    if rules_of(place, business).attachments:
        place.deliver("证明.pdf", PDF)
        await desk.press("<f6>1\r")
        await desk.press("<f10>")
    if rules_of(place, business).print_after:
        await desk.see(rules_of(place, business).print_after)
        await desk.press("y")
        await desk.see("打印")
        await desk.press("1\r")
        await desk.until(lambda: "已存为" in desk.status)
    await desk.see("业务流水号")


def down_to(place: Workplace, business: str, key: str) -> str:
    """Enter as often as it takes from the first field of the form to an item."""
    return "\r" * rules_of(place, business).editable.index(key)


def go_to(desk: Desk, key: str) -> None:
    """Put the cursor into a field."""
    screen = desk.app.shell_screen()
    assert screen is not None
    screen.query_one(Form).focus_field(key)


# ---- the unit --------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", rows_of(*WITH, row="U-01"))
async def test_the_form_shows_what_is_registered(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile, address="甲路1号", details=DETAILS)
    rules = rules_of(place, "unit_change")
    async with running(place) as desk:
        await desk.open("business:unit_change")
        picture = desk.picture()
        assert rules.title in picture and "待变更清册" in picture
        assert "[甲路1号 " in picture and "[100000 " in picture
        shown = titles(place, "unit_change")
        for key in rules.items:
            grey = key in rules.counter
            assert (re.search(rf"{shown[key]} +\[", picture) is None) == grey, shown[key]
        assert ("150 有限责任(公司)" in picture) == ("economy" in rules.items)


def titles(place: Workplace, business: str) -> dict[str, str]:
    """The center's titles of the items."""
    declared: Any = declare(business, place.profile)
    return {item.key: item.title for item in declared.changes.items}


@pytest.mark.parametrize("profile", rows_of("baishan", "lyszfgjj", "shanxi", row="U-04"))
async def test_changed_items_stand_in_the_list_at_once(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile, address="甲路1号", details=DETAILS)
    async with running(place) as desk:
        await desk.open("business:unit_change")
        await desk.press(down_to(place, "unit_change", "address") + "乙路2号\r310000\r")
        picture = desk.picture()
        assert "单位地址       甲路1号                  乙路2号" in picture
        assert "邮政编码       100000                   310000" in picture
        await desk.press("<f6>")
        await desk.press("<ctrl+k>")
        assert "已删除 1 条" in desk.status
        assert "乙路2号" not in desk.picture() and "[甲路1号 " in desk.picture()
        await desk.press("<ctrl+u>")
        assert "[乙路2号 " in desk.picture() and "总项数 2" in desk.picture()
        await desk.press("<ctrl+k><f6>")
        go_to(desk, "postcode")
        await desk.press("100000\r")
        assert "总项数 0" in desk.picture()


WAY = {
    "baishan": ("U-05", "U-06", "U-07", "U-08", "V-01", "A-01"),
    "lyszfgjj": ("U-05", "U-06", "U-07", "U-09", "A-01"),
    "shaanxi": ("U-06",),
    "shanxi": ("U-06", "U-07", "U-08", "V-01"),
}


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(name, marks=[pytest.mark.feature(row, profile=name) for row in rows])
        for name, rows in WAY.items()
    ],
)
async def test_a_change_of_the_unit_goes_its_way(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile, address="甲路1号", details=DETAILS)
    rules = rules_of(place, "unit_change")
    async with running(place) as desk:
        await desk.open("business:unit_change")
        await desk.press(down_to(place, "unit_change", "address") + "乙路2号\r")
        await to_receipt(desk, place, "unit_change")
        picture = desk.picture()
        assert "1 项" in picture
        if rules.workflow == "approval":
            assert rules.submitted in picture
        await desk.press("<f12>")
        if rules.workflow == "approval":
            assert "[甲路1号 " in desk.picture() and "总项数 0" in desk.picture()
            await desk.press("<f12>")
            await desk.open("business:unit_change")
            assert "存在未审批完成的单位信息变更业务" in desk.status
            await desk.press(down_to(place, "unit_change", "postcode") + "310000\r<f10>")
            assert "存在未审批完成的单位信息变更业务" in desk.status
            assert len(place.wire.sent("PUT", "submissions")) == 1
            decide(place, {})
            await desk.press("<f5>")
            assert "您已完成办理单位信息变更" in place.office.inbox("messages")[0]["body"]
        await desk.see("[乙路2号 ")
    vouchers = list((place.folder / "out").glob("*")) if (place.folder / "out").exists() else []
    assert bool(vouchers) == bool(rules.print_after)


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(name, marks=[pytest.mark.feature(row, profile=name) for row in ("U-10", "Q-01")])
        for name in WITH
    ],
)
async def test_the_query_tells_what_was_changed(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile, address="甲路1号", details=DETAILS)
    async with running(place) as desk:
        await desk.open("business:unit_change")
        await desk.press(down_to(place, "unit_change", "address") + "乙路2号\r")
        await to_receipt(desk, place, "unit_change")
        if rules_of(place, "unit_change").workflow == "approval":
            decide(place, {})
        await desk.open("query:unit_change")
        picture = desk.picture()
        assert "单位地址" in picture and "甲路1号" in picture and "乙路2号" in picture
        assert "共 1 条" in picture
        before = set((place.folder / "out").glob("*.pdf"))
        await desk.press("<ctrl+p>1\r")
        await desk.until(lambda: "查询结果已存为" in desk.status)
        [written] = set((place.folder / "out").glob("*.pdf")) - before
        [text] = pdf_pages(written)
        assert "乙路2号" in text and "甲路1号" in text


# ---- people ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(
            name, marks=[pytest.mark.feature(row, profile=name) for row in ("P-04", "P-06", "P-08", "Q-07")]
        )
        for name in WITH
    ],
)
async def test_a_change_of_a_person_goes_its_way(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    rules = rules_of(place, "person_change")
    first, second = place.office.people(2)
    number, _ = place.office.give_account(first), place.office.give_account(second)
    async with running(place) as desk:
        await desk.open("business:person_change")
        await desk.press(f"{first.name}\r")
        picture = desk.picture()
        assert first.id_number in picture and number in picture and "01 身份证" in picture
        await desk.press(down_to(place, "person_change", "address") + "延安路1号\r")
        picture = desk.picture()
        assert "家庭住址" in picture and "总项数 1" in picture
        await to_receipt(desk, place, "person_change")
        if rules.workflow == "approval":
            assert "已提交至中心审核" in desk.picture()
            decide(place, {})
        await desk.press("<f12>")
        await desk.press("<f5>")
        assert "[延安路1号 " in desk.picture()
        values = place.office.unit_get(f"/people/{number}/facts")["values"]
        assert values["address"] == "延安路1号"
        await desk.open("query:person_change")
        picture = desk.picture()
        assert first.name[:4] in picture and "家庭住址" in picture and "共 1 条" in picture
        await desk.press("<tab>")
        go_to(desk, "account_no")
        await desk.press(f"{second.id_number[-5:]}\r<f5>")
        assert "共 0 条" in desk.picture()
        go_to(desk, "account_no")
        await desk.press(f"{first.name}\r<f5>")
        assert "共 1 条" in desk.picture()


@pytest.mark.parametrize("profile", rows_of("baishan", "lyszfgjj", "shanxi", row="P-05"))
async def test_several_people_and_a_restart(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    people = place.office.people(2)
    numbers = [place.office.give_account(one) for one in people]
    to_phone = down_to(place, "person_change", "phone")
    async with running(place) as desk:
        await desk.open("business:person_change")
        await desk.press(f"{numbers[0]}\r{to_phone}0571-87654321\r310000\r")
        go_to(desk, "account_no")
        await desk.press(f"{numbers[1]}\r{to_phone}0571-87654322\r31")
        assert "总项数 3" in desk.picture()
        await desk.press("<f12>")
    place.again()
    async with running(place) as desk:
        await desk.open("business:person_change")
        picture = desk.picture()
        assert "总项数 3" in picture
        assert people[1].id_number in picture and "[0571-87654322 " in picture and "[31 " in picture
        assert "[0571-87654321 " not in picture


async def test_without_the_center_nothing_is_made_up(make_place: MakePlace) -> None:
    place = make_place("baishan", address="甲路1号")
    async with running(place) as desk:
        place.wire.down = True
        await desk.open("business:unit_change")
        assert "甲路1号" not in desk.picture()
        await desk.press("310000\r")
        assert "没有读到已登记的信息" in desk.picture()
        place.wire.down = False
        await desk.press("<f5>")
        assert "[甲路1号 " in desk.picture()


async def test_nothing_comes_from_files(make_place: MakePlace) -> None:
    place = make_place("shanxi")
    async with running(place) as desk:
        await desk.open("business:unit_change")
        await desk.press("<f7>")
        assert "逐项录入" in desk.status


async def test_the_query_of_people_fits_eighty_columns(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    number = place.office.give_account(place.office.people(1)[0])
    row = {"account_no": number, "item": "address", "new": "延安路1号"}
    place.office.file([row], business="person_change", attachments=[])
    async with running(place) as desk:
        await desk.open("query:person_change")
        [line] = [line for line in desk.picture().splitlines() if "家庭住址" in line]
        assert "延安路1号" in line and "2026-11-23" in line
        await desk.press("\r")
        picture = desk.picture()
        for text in ("变更项目：家庭住址", "变更后：延安路1号", "经办人：经办人"):
            assert text in picture
