"""Workbooks into the roster: template, ratio, two steps, findings of all rows, atomic or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from domain.business import Source, template_columns
from domain.login_form import PROFILE_NAMES
from tests.screens.conftest import MakePlace
from tests.support.workbooks import people, table_of, write_table
from tests.support.workplace import Desk, Workplace, running
from tui.grid import Grid

ALL = list(PROFILE_NAMES)
OTHERS = [name for name in ALL if name != "hangzhou"]


def rows_of(place: Workplace, count: int) -> list[dict[str, str]]:
    """Faultless rows for the center's template."""
    return people(count, place._business(), place.office.context(Source.FILE))


def deliver(place: Workplace, rows: Sequence[Mapping[str, str]], suffix: str = "") -> Path:
    """A filled workbook in the person's folder."""
    suffix = suffix or place.profile.imports.template_format
    path = place.folder / "in" / f"名单.{suffix}"
    path.parent.mkdir(exist_ok=True)
    write_table(path, table_of(place._business(), rows))
    return place.deliver(path.name, path.read_bytes())


async def begin(desk: Desk, place: Workplace) -> str:
    """Open the screen that imports; gives the source of its roster."""
    batch = bool(place.profile.offered()["open"].batch_title)
    await desk.open("batch:open" if batch else "business:open")
    return "file" if batch else "single"


async def take(desk: Desk, place: Workplace, ratio: str = "1") -> None:
    """Import the newest file of the folder, in as many steps as the center wants."""
    await desk.press("<f7>1\r")
    if place.profile.offered()["open"].ratio_choice == "on_import":
        await desk.see("选择缴存比例")
        await desk.press(f"{ratio}\r")
    await desk.see("收件文件夹")
    await desk.press("1\r")
    if place.profile.imports.two_step:
        assert "上传成功" in desk.status and place.rows() == []
        await desk.press("<f7>2\r")


@pytest.mark.feature("I-02", profile="all")
@pytest.mark.feature("I-08", profile="all")
@pytest.mark.parametrize("profile", ALL)
async def test_a_faultless_file_becomes_rows_with_totals(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    deliver(place, rows_of(place, 3))
    async with running(place) as desk:
        source = await begin(desk, place)
        await take(desk, place)
        stored = place.rows(source)
        assert "导入成功 3 条：总人数 3" in desk.status
        total = sum(row.amount for row in stored)
        assert f"{total // 100:,}.{total % 100:02} 元" in desk.status
        assert [row.source for row in stored] == ["file"] * 3
        assert [row.bad for row in stored] == [False] * 3
        desk.app.screen.set_focus(desk.app.screen.query_one(Grid))
        await desk.press(" <ctrl+k>y")
        assert len(place.rows(source)) == 2


@pytest.mark.feature("O-03", profile=["baishan", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "shanxi"])
async def test_the_ratio_of_the_file_is_chosen_among_the_units_own(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile, ratios="[[1200,1200],[800,800]]")
    deliver(place, rows_of(place, 2))
    async with running(place) as desk:
        await desk.open("business:open")
        await desk.press("<f7>1\r")
        assert "单位 12%" in desk.picture() and "单位 8%" in desk.picture()
        await desk.press("2\r1\r")
        assert {row.checked["unit_ratio"] for row in place.rows()} == {"8"}
        assert "单位8%" in desk.picture()


@pytest.mark.feature("O-03", profile="hangzhou")
async def test_hangzhou_has_the_ratio_in_a_column(make_place: MakePlace) -> None:
    place = make_place("hangzhou", unified_ratio=False)
    rows = rows_of(place, 2)
    rows[1] |= {"ratio": "8", "total_amount": ""}
    check = place._business().check_row(rows[1], place.office.context(Source.FILE))
    rows[1]["total_amount"] = check.values["total_amount"]
    deliver(place, rows)
    async with running(place) as desk:
        await begin(desk, place)
        await take(desk, place)
        assert [row.checked["unit_ratio"] for row in place.rows("file")] == ["12", "8"]


@pytest.mark.feature("I-03", profile=OTHERS)
@pytest.mark.feature("I-04", profile=OTHERS)
@pytest.mark.feature("V-10", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.parametrize("profile", OTHERS)
async def test_all_findings_of_all_rows_are_shown_and_the_good_rows_may_be_taken(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile)
    rows = rows_of(place, 4)
    rows[1] |= {"id_number": rows[1]["id_number"][:17], "base": "12.345"}
    rows[3] |= {"name": ""}
    deliver(place, rows)
    async with running(place) as desk:
        await desk.open("business:open")
        await take(desk, place)
        await desk.see("导入校验结果")
        picture = desk.picture()
        assert "共 4 行，正确 2 行，有错误 2 行" in picture
        assert place.profile.messages["import_bad"].split("，")[0] in picture
        assert "小数" in picture
        assert [line.split()[0] for line in desk.marked("!")] == ["3", "3", "5"]
        assert place.rows() == []
        await desk.press("<f10>")
        assert [row.sheet_row for row in place.rows()] == [2, 4]


@pytest.mark.feature("I-03", profile=OTHERS)
@pytest.mark.parametrize("profile", OTHERS)
async def test_the_error_file_is_corrected_and_imported_again(make_place: MakePlace, profile: str) -> None:
    from openpyxl import load_workbook

    place = make_place(profile)
    rows = rows_of(place, 2)
    good = rows[1]["id_number"]
    rows[1] |= {"id_number": good[:17] + ("1" if good[17] != "1" else "2")}
    deliver(place, rows)
    async with running(place) as desk:
        await desk.open("business:open")
        await take(desk, place)
        await desk.see("导入校验结果")
        await desk.press("<ctrl+p>")
        assert "错误文件已存为" in desk.status
        [written] = (place.folder / "out").iterdir()
        book = load_workbook(written)
        page = book.worksheets[1]
        for row in page.iter_rows():
            for cell in row:
                if cell.value == rows[1]["id_number"]:
                    cell.value = good
        book.save(written)
        await desk.press("<f12>")
        assert "没有导入" in desk.status and place.rows() == []
        (place.folder / "in" / "名单.xlsx").unlink(missing_ok=True)
        place.deliver("改正.xlsx", written.read_bytes())
        await take(desk, place)
        assert [row.bad for row in place.rows()] == [False, False]


@pytest.mark.feature("I-03", profile="hangzhou")
@pytest.mark.feature("I-04", profile="hangzhou")
async def test_hangzhou_takes_the_whole_file_or_nothing_and_shows_the_first_error_of_a_row(
    make_place: MakePlace,
) -> None:
    place = make_place("hangzhou")
    rows = rows_of(place, 4)
    rows[1] |= {"id_number": rows[1]["id_number"][:17], "base": "12.345"}
    rows[3] |= {"name": ""}
    deliver(place, rows)
    async with running(place) as desk:
        await begin(desk, place)
        await take(desk, place)
        await desk.see("导入校验结果")
        assert desk.status == place.profile.messages["import_bad"]
        assert [line.split()[0] for line in desk.marked("!")] == ["3", "5"]
        assert "导入正确行" not in desk.key_bar
        await desk.press("<f10>")
        assert place.rows("file") == []
        await desk.press("<f12>")
        assert place.rows("file") == [] and "没有导入" in desk.status


@pytest.mark.feature("V-14", profile="hangzhou")
@pytest.mark.feature("V-22", profile="hangzhou")
async def test_amounts_of_the_file_must_be_those_of_the_clamped_base(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    rows = rows_of(place, 2)
    rows[0] |= {"base": "1000.00", "total_amount": "240.00"}
    rows[1] |= {"base": "1000.00", "total_amount": "638.40"}
    deliver(place, rows)
    async with running(place) as desk:
        await begin(desk, place)
        await take(desk, place)
        lines = desk.marked("!")
        assert len(lines) == 1 and "月缴存额与计算的月缴存额不一致" in lines[0]
        assert place.rows("file") == []


@pytest.mark.feature("I-05", profile="hangzhou")
@pytest.mark.feature("V-27", profile="hangzhou")
async def test_hangzhou_takes_excel_97_only(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    deliver(place, rows_of(place, 1), "xlsx")
    async with running(place) as desk:
        await begin(desk, place)
        await take(desk, place)
        await desk.see("文件不能导入")
        assert "不能识别的文件格式" in desk.picture() and "Excel 97-2003" in desk.picture()
        await desk.press("\r")
        assert place.rows("file") == []


@pytest.mark.feature("I-05", profile=OTHERS)
@pytest.mark.parametrize("profile", OTHERS)
async def test_elsewhere_both_formats_are_taken(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    deliver(place, rows_of(place, 1), "xls")
    async with running(place) as desk:
        await desk.open("business:open")
        await take(desk, place)
        assert len(place.rows()) == 1


@pytest.mark.feature("V-27", profile="hangzhou")
@pytest.mark.feature("I-06", profile="hangzhou")
@pytest.mark.parametrize("broken", ["order", "blank"])
async def test_moved_columns_and_blank_rows_are_refused(make_place: MakePlace, broken: str) -> None:
    place = make_place("hangzhou")
    table: list[list[Any]] = table_of(place._business(), rows_of(place, 3))
    if broken == "order":
        table = [[row[1], row[0], *row[2:]] for row in table]
    else:
        table.insert(2, [None] * len(table[0]))
    path = place.folder / "in" / "名单.xls"
    path.parent.mkdir()
    write_table(path, table)
    place.deliver(path.name, path.read_bytes())
    async with running(place) as desk:
        await begin(desk, place)
        await take(desk, place)
        await desk.see("导入校验结果")
        assert ("次序" if broken == "order" else "空行") in desk.picture()
        await desk.press("<f10><f12>")
        assert place.rows("file") == []


@pytest.mark.feature("V-34", profile="shaanxi")
@pytest.mark.feature("I-06", profile="shaanxi")
@pytest.mark.parametrize("broken", ["number", "foreign"])
async def test_numbers_in_cells_and_foreign_templates_are_refused(make_place: MakePlace, broken: str) -> None:
    place = make_place("shaanxi")
    table: list[list[Any]] = table_of(place._business(), rows_of(place, 1))
    if broken == "number":
        table[1][2] = 8000
    else:
        table[0] = ["工号", "部门", "岗位", "薪级", "备注", "其他"]
    path = place.folder / "in" / "名单.xlsx"
    path.parent.mkdir()
    write_table(path, table)
    place.deliver(path.name, path.read_bytes())
    async with running(place) as desk:
        await desk.open("business:open")
        await take(desk, place)
        await desk.see("导入校验结果")
        assert ("文本" if broken == "number" else "没有找到") in desk.picture()
        await desk.press("<f10><f12>")
        assert place.rows() == []


@pytest.mark.feature("I-01", profile="all")
@pytest.mark.parametrize("profile", ALL)
async def test_the_template_is_had_inside_and_overwriting_is_asked(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile)
    name = f"{place.profile.offered()['open'].template_title}.{place.profile.imports.template_format}"
    async with running(place) as desk:
        if profile == "hangzhou":
            await desk.open("templates")
            assert place.profile.offered()["open"].template_notes[0][:20] in desk.picture()
            keys = "\r"
        else:
            await desk.open("business:open")
            keys = "<f7>3\r" if place.profile.imports.two_step else "<f7>2\r"
        await desk.press(keys)
        written = place.folder / "out" / name
        assert written.exists() and "模板已存为" in desk.status
        before = written.read_bytes()
        written.write_bytes(b"mine")
        await desk.press(f"{keys}")
        assert "覆盖吗" in desk.picture() and "Y 是" in desk.picture()
        await desk.press("n")
        assert written.read_bytes() == b"mine"
        await desk.press(f"{keys}y")
        assert len(written.read_bytes()) > len(before) // 2


@pytest.mark.feature("O-07", profile=["lyszfgjj", "hangzhou", "shaanxi"])
@pytest.mark.parametrize("profile", ["lyszfgjj", "hangzhou", "shaanxi"])
async def test_a_filled_template_is_taken(make_place: MakePlace, profile: str) -> None:
    from exports.template import HEADER_ROW, write_template
    from tests.support.workbooks import fill_xls, fill_xlsx

    place = make_place(profile)
    business = place._business()
    suffix = place.profile.imports.template_format
    path = place.folder / "in" / f"模板.{suffix}"
    path.parent.mkdir()
    write_template(path, business, place.profile)
    cells = [[row[c.key] for c in template_columns(business)] for row in rows_of(place, 2)]
    (fill_xls if suffix == "xls" else fill_xlsx)(path, cells, first_row=HEADER_ROW + 1)
    place.deliver(path.name, path.read_bytes())
    async with running(place) as desk:
        source = await begin(desk, place)
        await take(desk, place)
        assert [row.bad for row in place.rows(source)] == [False, False], desk.picture()


@pytest.mark.feature("I-09", profile="hangzhou")
@pytest.mark.feature("I-08", profile="hangzhou")
async def test_a_batch_is_sent_and_a_second_file_replaces_the_first(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    deliver(place, rows_of(place, 3))
    async with running(place) as desk:
        await begin(desk, place)
        assert {"从Excel导入", "批量发送"} <= desk.key_bar.keys()
        await take(desk, place)
        deliver(place, rows_of(place, 2))
        await take(desk, place)
        assert "重新导入吗" in desk.picture()
        await desk.press("y")
        assert len(place.rows("file")) == 2
        await desk.press("<f10>")
        assert "总人数：2 人" in desk.picture()
        await desk.press("y")
        await desk.see("批量发送成功")
        assert place.rows("file") == []
        [batch] = place.office.unit_get("/submissions", month=202612)["batches"]
        assert batch["total"] == 2


async def test_the_single_screen_leads_to_the_batch_module(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        await desk.press("<f7>1\r")
        assert desk.title == "批量职工登记"


async def test_rows_that_stand_in_the_roster_already_are_marked(make_place: MakePlace) -> None:
    place = make_place("baishan")
    rows = rows_of(place, 2)
    deliver(place, rows)
    async with running(place) as desk:
        await desk.open("business:open")
        await take(desk, place)
        await take(desk, place)
        assert "有 2 条与清册重复" in desk.status
        assert [row.bad for row in place.rows()] == [False, False, True, True]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("网页.xls", b"<html><table><tr><td>x</td></tr></table></html>", "网页"),
        ("空.xlsx", b"", "空"),
        ("别的.xlsx", b"MZ\x90\x00 not a workbook", "不是 Excel 工作簿"),
    ],
)
async def test_what_is_no_workbook_is_one_sentence(
    make_place: MakePlace, name: str, content: bytes, said: str
) -> None:
    place = make_place("baishan")
    place.deliver(name, content)
    async with running(place) as desk:
        await desk.open("business:open")
        await take(desk, place)
        await desk.see("文件不能导入")
        assert said in desk.picture()
        await desk.press("\r")
        assert place.rows() == []


@pytest.mark.feature("I-06", profile="shanxi")
async def test_a_file_without_a_required_column_is_refused(make_place: MakePlace) -> None:
    place = make_place("shanxi")
    table: list[list[Any]] = table_of(place._business(), rows_of(place, 1))
    at = table[0].index(next(c.title for c in place._business().columns if c.key == "base"))
    path = place.folder / "in" / "名单.xlsx"
    path.parent.mkdir()
    write_table(path, [[*row[:at], *row[at + 1 :]] for row in table])
    place.deliver(path.name, path.read_bytes())
    async with running(place) as desk:
        await desk.open("business:open")
        await take(desk, place)
        await desk.see("导入校验结果")
        assert "缺少必填的" in desk.picture()
        await desk.press("<f10><f12>")
        assert place.rows() == []


@pytest.mark.feature("I-07", profile="hangzhou")
@pytest.mark.feature("W-05", profile="hangzhou")
async def test_the_file_must_have_the_fund_type_chosen_on_the_screen(make_place: MakePlace) -> None:
    place = make_place("hangzhou", fund_types='["general","subsidy"]')
    rows = [row | {"fund_type": "住房公积金补贴"} for row in rows_of(place, 2)]
    deliver(place, [rows[0], rows[1] | {"fund_type": "一般公积金"}])
    async with running(place) as desk:
        await begin(desk, place)
        await desk.press("<f7>1\r")
        assert "选择资金性质" in desk.picture() and "住房公积金补贴" in desk.picture()
        await desk.press("2\r1\r")
        await desk.see("导入校验结果")
        assert "与画面上选择的住房公积金补贴不一致" in desk.picture()
        assert "共 2 行，正确 1 行，有错误 1 行" in desk.picture()
        await desk.press("<f10><f12>")
        assert place.rows("file") == []
        deliver(place, rows)
        await desk.press("<f7>1\r2\r1\r")
        assert [row.checked["fund_type"] for row in place.rows("file")] == ["subsidy", "subsidy"]


@pytest.mark.feature("W-05", profile="hangzhou")
async def test_a_unit_with_one_fund_type_is_not_asked_for_it(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    deliver(place, [rows_of(place, 1)[0] | {"fund_type": "住房公积金补贴"}])
    async with running(place) as desk:
        await begin(desk, place)
        await desk.press("<f7>1\r")
        assert "选择资金性质" not in desk.picture() and "收件文件夹" in desk.picture()
        await desk.press("1\r")
        await desk.see("导入校验结果")
        assert "本单位没有“住房公积金补贴”" in desk.picture()
