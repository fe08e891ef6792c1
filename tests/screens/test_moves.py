"""Transfer, merging and closing on the screen: entry, file, submission, receipt, the queries."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.main import main
from domain.business import AccountStatus
from exports.template import HEADER_ROW
from tests.screens.conftest import MakePlace
from tests.support.filing import OTHER, Office
from tests.support.paper import pdf_pages
from tests.support.workbooks import fill_xlsx
from tests.support.workplace import Desk, Workplace, running

SEALED = AccountStatus.SEALED


async def send(desk: Desk, count: int) -> None:
    """F10 and yes, up to the receipt."""
    await desk.press("<f10>")
    if "全部勾选" in desk.picture():
        await desk.press("y")
    await desk.see(f"总人数：{count} 人")
    await desk.press("y")
    await desk.see("业务流水号")


def template(place: Workplace, business: str, rows: list[list[str]]) -> Path:
    """The center's template, filled, in the person's folder."""
    path = place.folder / f"{business}.xlsx"
    assert main(["template", business, "--profile", place.profile.name, str(path), "--force"]) == 0
    fill_xlsx(path, rows, first_row=HEADER_ROW + 1)
    return place.deliver(path.name, path.read_bytes())


@pytest.mark.feature("X-02", profile="lyszfgjj")
@pytest.mark.feature("X-04", profile="lyszfgjj")
async def test_people_go_out_to_a_unit_that_is_typed_once(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    other = Office(place.center, OTHER)
    numbers = [place.office.give_account(person, SEALED) for person in place.office.people(2)]
    async with running(place) as desk:
        await desk.open("business:transfer_out")
        assert desk.title == "本市转移" and desk.key_bar["完成办理"] == "F10"
        await desk.press(f"{place.office.unit}\r")
        assert "不能是本单位的账号" in desk.picture()
        await desk.press("<ctrl+w>")
        await desk.press(f"{OTHER}\r{numbers[0]}\r")
        assert "缴存人单位调整清册录入成功" in desk.status
        await desk.press(f"{numbers[1]}\r")
        assert "缴存人单位调整清册录入成功" in desk.status, "the unit need not be typed again"
        assert desk.picture().count(OTHER) == 3
        await send(desk, 2)
        assert "您已完成办理缴存人单位调整！" in desk.picture()
        await desk.open("query:transfer_out")
        assert desk.title == "本市转移查询"
        await desk.press("<tab><tab>\r\r\r\r\r" + f"{OTHER}\r")
        await desk.see("共 1 批")
        await desk.press("\r")
        await desk.see("全部 2 笔")
    assert [one.status for one in other.accounts()] == ["02", "02"]


async def test_a_unit_that_the_center_does_not_know_is_said_at_the_row(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    number = place.office.give_account(place.office.people(1)[0], SEALED)
    async with running(place) as desk:
        await desk.open("business:transfer_out")
        await desk.press(f"999999\r{number}\r")
        await desk.see("本中心没有账号为999999的单位")


@pytest.mark.feature("X-05", profile="lyszfgjj")
@pytest.mark.feature("I-01", profile="lyszfgjj")
async def test_a_file_of_people_goes_to_the_unit_typed_on_the_screen(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    other = Office(place.center, OTHER)
    people = place.office.people(3)
    numbers = [place.office.give_account(person, SEALED) for person in people]
    rows = [
        [str(at), number, person.name, person.id_number]
        for at, (number, person) in enumerate(zip(numbers, people, strict=True), 1)
    ]
    template(place, "transfer_out", rows)
    async with running(place) as desk:
        await desk.open("business:transfer_out")
        await desk.press("<f7>1\r")
        await desk.see("用于文件中的全部记录")
        await desk.press("999\r")
        await desk.see("本中心没有账号为999的单位")
        await desk.press("<backspace><backspace><backspace>" + f"{OTHER}\r")
        await desk.see("收件文件夹")
        await desk.press("1\r")
        assert "导入成功 3 条：总人数 3。" in desk.status
        await desk.press("<f5>")
        assert "错误" not in desk.status, "the unit stays with the rows"
        await send(desk, 3)
    assert [one.status for one in other.accounts()] == ["02"] * 3
    assert len([one for one in place.office.accounts() if not one.gone]) == 0


async def test_giving_up_at_the_unit_imports_nothing(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    async with running(place) as desk:
        await desk.open("business:transfer_out")
        await desk.press("<f7>1\r")
        await desk.see("用于文件中的全部记录")
        await desk.press("\r")
        await desk.see("转入单位账号不能为空")
        await desk.press("<f12>")
        assert "收件文件夹" not in desk.picture() and desk.title == "本市转移"


@pytest.mark.feature("X-02", profile="shaanxi")
@pytest.mark.feature("X-04", profile="shaanxi")
@pytest.mark.feature("X-06", profile="shaanxi")
async def test_a_person_comes_in_and_is_found_by_name(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    other = Office(place.center, OTHER)
    first, second = other.people(2)
    for person in (first, second):
        other.give_account(person, SEALED)
    async with running(place) as desk:
        await desk.open("business:transfer_in")
        for person in (first, second):
            await desk.press(f"{person.name}\r{person.id_number}\r01\r")
            assert "已添加到待转入清册" in desk.status, desk.picture()
        await send(desk, 2)
        assert "个人账户转入处理完成：成功2人，失败0人。" in desk.picture()
        await desk.open("progress")
        assert "个人账户转入" in desk.picture() and "办结" in desk.picture()
        await desk.open("query:transfer_in")
        assert desk.title == "转移查询"
        assert "转移日期从" in desk.picture() and "个人姓名" in desk.picture()
        await desk.press("<tab><tab>\r\r" + f"{second.name}\r\r")
        assert "共 1 批" in desk.picture(), desk.picture()
        await desk.press("\r")
        assert "全部 1 笔" in desk.picture() and second.name in desk.picture(), desk.picture()


@pytest.mark.feature("X-05", profile="shaanxi")
@pytest.mark.feature("I-02", profile="shaanxi")
async def test_people_come_in_by_the_template_in_two_steps(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    other = Office(place.center, OTHER)
    people = other.people(2)
    for person in people:
        other.give_account(person, SEALED)
    rows = [[person.name, person.id_number, "01-工作调动"] for person in people]
    template(place, "transfer_in", [*rows, ["没有", rows[0][1][:-1] + "?", "9"]])
    async with running(place) as desk:
        await desk.open("business:transfer_in")
        await desk.press("<f7>1\r1\r<f7>2\r")
        await desk.see("证件号码")
        assert "文件中有错误" in desk.picture()
    template(place, "transfer_in", rows)
    async with running(place) as desk:
        await desk.open("business:transfer_in")
        await desk.press("<f7>1\r1\r<f7>2\r")
        assert "导入成功 2 条" in desk.status, desk.picture()
        await send(desk, 2)
    assert [one.status for one in place.office.accounts()] == ["02", "02"]


@pytest.mark.feature("X-07", profile="shaanxi")
@pytest.mark.feature("X-09", profile="shaanxi")
async def test_accounts_are_merged_and_found_by_number_with_a_voucher(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    person = place.office.people(1)[0]
    old, kept = place.office.give_account(person, SEALED), place.office.give_account(person)
    async with running(place) as desk:
        await desk.open("business:merge")
        await desk.press(f"{old}\r{old}\r")
        assert "不能与自己合并" in desk.picture()
        await desk.press("<ctrl+w>")
        await desk.press(f"{old}\r{kept}\r")
        assert "已添加到待合并清册" in desk.status, desk.picture()
        await send(desk, 1)
        await desk.open("query:merge")
        assert desk.title == "个人账户合并查询" and "日期从" not in desk.picture()
        await desk.press(f"<tab><tab>\r{kept}\r")
        assert "共 1 批" in desk.picture(), desk.picture()
        await desk.press("\r")
        assert old in desk.picture() and kept in desk.picture()
        await desk.press("<ctrl+p>")
        await desk.see("个人账户合并凭证")
        await desk.press("2\r")
        await desk.see("PDF文件")
        await desk.press("1\r")
        assert "个人账户合并凭证已存为" in desk.status
    [text] = pdf_pages(next((place.folder / "out").glob("个人账户合并凭证*.pdf")))
    assert old in text and kept in text and "第1次打印" in text
    assert [one.status for one in place.office.accounts()] == ["03", "01"]


@pytest.mark.feature("X-07", profile="shaanxi")
async def test_the_account_that_stays_is_picked_from_the_persons_own(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    person, other = place.office.people(2)
    old, kept = place.office.give_account(person, SEALED), place.office.give_account(person)
    foreign = place.office.give_account(other)
    async with running(place) as desk:
        await desk.open("business:merge")
        await desk.press(f"{old}\r{foreign}\r")
        await desk.see("只能合并同一职工的账户")
        await desk.press("<ctrl+w>")
        await desk.press(f"{old}\r<f4>")
        await desk.see("共 2 人")
        picture = desk.picture()
        assert old in picture and kept in picture and foreign not in picture
        await desk.press("<down>\r")
        await desk.see(kept)
        await desk.press("\r")
        await desk.see("已添加到待合并清册")
        await send(desk, 1)
    assert [one.status for one in place.office.accounts()] == ["03", "01", "01"]


@pytest.mark.feature("X-10", profile="shanxi")
async def test_an_empty_account_is_closed(make_place: MakePlace) -> None:
    place = make_place("shanxi")
    number = place.office.give_account(place.office.people(1)[0], SEALED)
    async with running(place) as desk:
        await desk.open("business:zero_close")
        assert desk.title == "零余额销户" and "确定销户" in desk.key_bar
        await desk.press(f"{number}\r")
        assert "零余额销户清册录入成功" in desk.status
        await send(desk, 1)
        await desk.open("changes")
        assert desk.picture().count("零余额销户") == 1, desk.picture()
        await desk.open("query:zero_close")
        assert desk.title == "零余额销户查询"
        await desk.press("<tab><tab>\r\r" + f"{number}\r\r\r")
        await desk.see("共 1 批")
        await desk.press("\r")
        await desk.see("全部 1 笔")
        assert number in desk.picture()
    (line,) = place.office.unit_get("/changes", business="zero_close")["rows"]
    assert (line["status_from"], line["status_to"]) == ("封存", "提取销户")
