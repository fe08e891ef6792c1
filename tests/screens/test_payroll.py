"""工资表比对 on the screen: file, columns, preview, rows taken and left, drafts; bad files and a cut line."""

from __future__ import annotations

import csv
import io
import threading
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from center.demo.generator import Person
from client.store.rows import StoredRow
from domain.business import AccountStatus
from domain.profile import PROFILE_NAMES
from screens.payroll import PayrollScreen
from screens.payroll_model import Change, PayrollModel
from tests.screens.conftest import MakePlace
from tests.support.outgoing import recorded
from tests.support.poison import HOSTILE
from tests.support.workbooks import Cell, write_xlsx
from tests.support.workplace import Desk, Workplace, running

TITLES: list[Cell] = ["序号", "姓名", "身份证号", "应发工资", "上年月均工资", "入职日期", "手机号码"]
SEALED = AccountStatus.SEALED


def employ(place: Workplace, count: int, status: AccountStatus = AccountStatus.NORMAL) -> list[Person]:
    """People with accounts at the unit, at a base of 8000."""
    people = place.office.people(count)
    for person in people:
        place.office.give_account(person, status, 202601 if status is SEALED else None)
    return people


def line(person: Person, wage: Any = 8000, **cells: Any) -> list[Cell]:
    return [
        1,
        cells.get("name", person.name),
        cells.get("id_number", person.id_number),
        9999,
        wage,
        cells.get("hired"),
        person.mobile,
    ]


def deliver(place: Workplace, rows: list[list[Cell]], name: str = "工资表.xlsx") -> Path:
    path = write_xlsx(place.folder / f"made-{name}", rows)
    return place.deliver(name, path.read_bytes())


async def compare(desk: Desk, place: Workplace, rows: list[list[Cell]]) -> PayrollScreen:
    """Open the screen and choose the file of these rows."""
    deliver(place, [["2026年11月工资表"], TITLES, *rows])
    screen = await desk.open("payroll")
    await desk.press("<f7>1\r")
    assert isinstance(screen, PayrollScreen)
    return screen


def rows_of(place: Workplace, business: str) -> list[StoredRow]:
    store = place.state.rosters()
    head = store.open_draft(place.state.scope(), business, "single")
    return list(store.rows(head.roster_id))


def sums(desk: Desk) -> list[list[str]]:
    """People and money in four columns."""
    lines = desk.picture().splitlines()
    return [line.split()[1:] for line in lines if line.startswith((" 人数", " 金额"))]


@pytest.mark.parametrize("profile", PROFILE_NAMES)
async def test_from_a_payroll_to_the_rosters_of_every_center(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    stays, raised, gone = employ(place, 3)
    (back,) = employ(place, 1, SEALED)
    (new,) = place.office.people(1)
    rows = [line(stays), line(raised, 9000), line(back), line(new, hired="2026-11-02")]
    changes = profile in ("baishan", "lyszfgjj", "shanxi")
    reopens = profile != "hangzhou"
    async with running(place) as desk:
        await compare(desk, place, rows)
        await desk.see("比对完成")
        money = ["5,760.00", "4,080.00" if changes else "3,840.00", "1,920.00"]
        money.append("7,920.00" if changes else "7,680.00")
        assert sums(desk) == [["3", "人", "2", "人", "1", "人", "4", "人"], money]
        assert f"本月还需资金 {money[-1]} 元" in desk.picture()
        picture = desk.picture()
        assert "工资表中没有此人，应封存" in picture and "中心没有此人，应登记" in picture
        await desk.press("<f10>")
        if reopens:
            await desk.see("启封的原因")
            await desk.press("1\r")
        await desk.see("的原因")
        await desk.press("1\r")
        await desk.see("提交前可以修改、删除。确定吗？")
        await desk.press("y")
        await desk.see("清册已生成，打开哪一张")
        await desk.press("<f12>")
        await desk.see("请到各业务核对后提交。")
    assert len(rows_of(place, "open")) == (1 if reopens else 2)
    (sealed,) = rows_of(place, "seal")
    assert (sealed.checked["name"], sealed.bad) == (gone.name, False)
    if reopens:
        assert [row.checked["name"] for row in rows_of(place, "unseal")] == [back.name]
    if changes:
        (changed,) = rows_of(place, "base_adjust")
        assert (changed.checked["name"], changed.shown("new_base")) == (raised.name, "9000.00")


async def test_all_of_a_kind_are_weighed_beside_the_keys(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is long for many rows, so it is no work of the thread that draws."""
    place = make_place("baishan")
    (stays,) = employ(place, 1)
    new, other = place.office.people(2)
    threads: list[threading.Thread] = []
    weigh = PayrollModel.weigh_kind

    def recording(model: PayrollModel, index: int) -> Change:
        threads.append(threading.current_thread())
        return weigh(model, index)

    monkeypatch.setattr(PayrollModel, "weigh_kind", recording)
    async with running(place) as desk:
        screen = await compare(desk, place, [line(new), line(other), line(stays)])
        await desk.press("<ctrl+x>")
        await desk.until(lambda: sums(desk)[0][-2] == "1")
        assert len(threads) == 1 and threads[0] is not threading.current_thread()
        model = screen._model
        stale = model.weigh_kind(0)
        model.set_selected([0], True)
        assert not model.take(stale) and model.selected_ids() == [0], "a row was taken meanwhile"
        kept = model.toggled()
        again = PayrollModel(model.judged)
        again.toggle(kept)
        assert again.taken == model.taken and again.columns_now.more == model.columns_now.more


async def test_one_key_takes_and_leaves_a_row_and_the_sums_follow(make_place: MakePlace) -> None:
    place = make_place("baishan")
    (stays,) = employ(place, 1)
    new, other = place.office.people(2)
    async with running(place) as desk:
        screen = await compare(desk, place, [line(new), line(other, 10000), line(stays)])
        assert sums(desk)[0] == ["1", "人", "2", "人", "0", "人", "3", "人"]
        await desk.press(" ")
        assert sums(desk) == [
            ["1", "人", "1", "人", "0", "人", "2", "人"],
            ["1,920.00", "2,400.00", "0.00", "4,320.00"],
        ]
        assert "列入 1 人" in desk.picture()
        await desk.press("<ctrl+x>")
        await desk.until(lambda: sums(desk)[0][-2] == "3")
        await desk.press("<ctrl+x>")
        await desk.until(lambda: sums(desk)[0][-2] == "1")
        await desk.press("<f10>")
        await desk.see("没有列入的行")
        await desk.press("<down><down> ")
        assert "没有要办的业务，不能列入清册" in desk.picture()
        await desk.press("\r")
        assert f"姓名：{stays.name}" in desk.picture()
        await desk.press("\r<up> <f10>")
        await desk.see("登记 1 人。")
        await desk.press("n")
        await desk.see("没有生成清册。")
        assert screen.RESUMABLE and rows_of(place, "open") == []


async def test_doubts_are_gone_through_one_by_one_and_decide_nothing(make_place: MakePlace) -> None:
    place = make_place("baishan")
    people = employ(place, 6)
    rows = [
        line(people[0], None),
        line(people[1], -5),
        line(people[2], 8000.125),
        line(people[3], name="别人甲"),
        line(people[4], id_number=440301199001011234.0),
        line(people[5]),
        line(people[5], 9000),
        [None, "合计", None, 1, 2, None, None],
    ]
    said = [
        "工资是空的",
        "零或负数",
        "两位小数",
        "不一致",
        "被表格变成数字",
        "第9行是同一人",
        "第8行是同一人",
        "同名的人",
    ]
    async with running(place) as desk:
        await compare(desk, place, rows)
        await desk.see("有 8 行要核对")
        assert sums(desk)[0] == ["6", "人", "0", "人", "0", "人", "6", "人"]
        assert "合计等 1 行不比对" in desk.picture()
        for text in [*said[1:], said[0]]:
            await desk.press("<f8>")
            footer = next(row for row in desk.picture().splitlines() if row.startswith("行 "))
            assert text in footer, footer
        await desk.press("<f10>")
        await desk.see("没有列入的行")
    for business in ("open", "seal", "unseal", "base_adjust"):
        assert rows_of(place, business) == []


async def test_a_payroll_of_half_the_unit_is_asked_about(make_place: MakePlace) -> None:
    place = make_place("baishan")
    people = employ(place, 3)
    async with running(place) as desk:
        await compare(desk, place, [line(people[0])])
        await desk.press("<f10>1\r")
        await desk.see("在缴 3 人中要封存 2 人，请确认这是全单位的工资表。")


async def test_columns_are_chosen_by_hand_and_remembered(make_place: MakePlace) -> None:
    place = make_place("baishan")
    (person,) = employ(place, 1)
    rows: list[list[Cell]] = [
        ["人名", "身份证号", "月薪", "手机"],
        [person.name, person.id_number, 8000, person.mobile],
    ]
    deliver(place, rows)
    async with running(place) as desk:
        await desk.open("payroll")
        await desk.press("<f7>1\r")
        await desk.see("没有认出“姓名”、“工资”列，请指定是哪一列。")
        await desk.press("7\r")
        await desk.see("没有认出“姓名”、“工资”列")
        await desk.press("1\r")
        await desk.see("“姓名”是哪一列")
        assert f"A列 人名（{person.name}）" in desk.picture()
        await desk.press("1\r3\r")
        await desk.see("“工资”是哪一列")
        await desk.press("3\r7\r")
        await desk.see("比对完成")
        assert "一致" in desk.picture()
        await desk.press("<f12>")
        await desk.open("payroll")
        await desk.press("<f7>1\r")
        await desk.see("比对完成")
        await desk.press("<f6><f12>")
        await desk.see("列对应没有改动。")
        await desk.press("<f6>3\r4\r7\r")
        await desk.see("要核对")


async def test_columns_that_are_not_chosen_compare_nothing(make_place: MakePlace) -> None:
    place = make_place("baishan")
    deliver(place, [["甲", "乙"], ["张三", "李四"]])
    async with running(place) as desk:
        await desk.open("payroll")
        await desk.press("<f7>1\r")
        await desk.see("没有认出“姓名”、“证件号码”、“工资”列，请指定是哪一列。")
        await desk.press("<f12>")
        await desk.see("没有比对。")
        await desk.press("<f5>")
        await desk.see("请按 F7 选择工资表")


@pytest.mark.parametrize(
    ("rows", "said"),
    [([TITLES], "表内没有工资行"), ([TITLES, [None, "合计", None, 1, 2]], "表内没有工资行")],
)
async def test_a_payroll_without_people_is_refused(
    make_place: MakePlace, rows: list[list[Cell]], said: str
) -> None:
    place = make_place("baishan")
    employ(place, 1)
    deliver(place, rows)
    async with running(place) as desk:
        await desk.open("payroll")
        await desk.press("<f7>1\r")
        await desk.see(said)
        await desk.press("<f10>")
        await desk.see("请按 F7 选择工资表")


async def test_a_file_that_is_no_workbook_is_refused(make_place: MakePlace) -> None:
    place = make_place("baishan")
    place.deliver("工资.xlsx", b"not a workbook")
    async with running(place) as desk:
        await desk.open("payroll")
        await desk.press("<f7>1\r")
        await desk.see("这不是 Excel 工作簿")


async def test_a_wage_of_one_month_leaves_bases_alone_unless_they_are_taken(make_place: MakePlace) -> None:
    place = make_place("baishan")
    (person,) = employ(place, 1)
    deliver(place, [["姓名", "身份证号", "应发工资"], [person.name, person.id_number, 9000]])
    async with running(place) as desk:
        await desk.open("payroll")
        await desk.press("<f7>1\r")
        await desk.see("基数按上年月均工资，默认不调")
        assert "列入 0 人" in desk.picture()
        await desk.press(" ")
        assert sums(desk)[1] == ["1,920.00", "240.00", "0.00", "2,160.00"]


async def test_without_the_center_the_last_copy_serves_and_that_is_said(make_place: MakePlace) -> None:
    place = make_place("baishan")
    (person,) = employ(place, 1)
    deliver(place, [TITLES, line(person)])
    async with running(place) as desk:
        place.wire.down = True
        await desk.open("payroll")
        await desk.press("<f7>1\r")
        await desk.see("本机还没有职工信息，不能比对")
        place.wire.down = False
        await desk.press("<f7>1\r")
        await desk.see("比对完成")
        place.wire.down = True
        await desk.press("<f5>")
        await desk.see("职工信息没有同步，用的是本机上次的")
        assert sums(desk)[0][0] == "1"


async def test_the_comparison_is_written_to_a_workbook(make_place: MakePlace) -> None:
    place = make_place("baishan")
    (person,) = employ(place, 1)
    async with running(place) as desk:
        await compare(desk, place, [line(person, 9000)])
        await desk.press("<ctrl+p>")
        await desk.see("比对结果已存为")
    (path,) = (place.folder / "out").glob("*.xlsx")
    texts = [str(cell.value) for row in load_workbook(path).worksheets[0].iter_rows() for cell in row]
    assert person.id_number in texts and "9000.00" in texts


async def test_only_what_is_to_be_done_and_finding_somebody(make_place: MakePlace) -> None:
    place = make_place("baishan")
    people = employ(place, 4)
    (new,) = place.office.people(1)
    async with running(place) as desk:
        await compare(desk, place, [*(line(person) for person in people), line(new)])
        await desk.see("行 1/5")
        await desk.press("<ctrl+e>")
        await desk.see("行 1/1 只看要办的")
        await desk.press("<ctrl+e>")
        await desk.press(f"<ctrl+f>{people[2].id_number[-6:]}\r")
        await desk.see("行 4/5")
        await desk.press("<ctrl+o>")
        assert "此处不能这样做" in desk.picture()


async def test_a_cut_of_the_program_keeps_the_file_and_what_was_taken(make_place: MakePlace) -> None:
    place = make_place("baishan")
    (stays,) = employ(place, 1)
    new, other = place.office.people(2)
    async with running(place) as desk:
        screen = await compare(desk, place, [line(new), line(other), line(stays)])
        await desk.press("<down> ")
        kept = screen.keep()
    place.again()
    async with running(place) as desk:
        screen = await desk.open("payroll")  # type: ignore[assignment]
        desk.app.run_worker(screen.take_up(kept))
        await desk.see("列入 1 人")
        await desk.settle()
        assert sums(desk)[0] == ["1", "人", "1", "人", "0", "人", "2", "人"]
        assert "行 2/3" in desk.picture()


async def test_hostile_cells_are_drawn_harmlessly(make_place: MakePlace) -> None:
    place = make_place("baishan")
    people = place.office.people(len(HOSTILE))
    texts = io.StringIO()
    table = csv.writer(texts)
    table.writerow(["姓名", "身份证号", "月均工资", "入职日期", *[""] * 40])
    for person, poison in zip(people, HOSTILE, strict=True):
        text = poison.replace("\x00", "")
        table.writerow([text, person.id_number, text, text])
        table.writerow([person.name, text, "8000", ""])
    place.deliver("工资.csv", texts.getvalue().encode("utf-8", "replace"))
    with recorded() as sent:
        async with running(place) as desk:
            await desk.open("payroll")
            await desk.press("<f7>1\r")
            await desk.see("要核对")
            await desk.press("<f8>\r\r<pagedown><f8>\r\r<f6>\r<f12><f12>")
    assert sent.frames and not sent.refused and sent.strangers() == []
