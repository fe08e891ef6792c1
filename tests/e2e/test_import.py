"""A roster from a workbook through the screen: template, good file, bad file, hostile file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.business import Source
from domain.businesses.opening import declare
from exports.template import HEADER_ROW
from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import SLOW, Desk
from tests.e2e.site import Site
from tests.support.workbooks import fill_xls, fill_xlsx, people, table_of, write_table

PROFILES = ["baishan", "hangzhou"]


def at_import(site: Site, folder: Path) -> Desk:
    """An agent at the screen that imports."""
    desk = Desk(site, folder, site.agent())
    desk.log_in()
    desk.open("batch:open" if site.profile.offered()["open"].batch_title else "business:open")
    return desk


def rows_of(site: Site, count: int) -> list[dict[str, str]]:
    """Faultless rows of people nobody else registers."""
    context = site.check_context().for_source(Source.FILE)
    rows = people(count, declare(site.profile), context)
    for row in rows:
        someone = site.person()
        row.update(name=someone.name, id_number=someone.id_number)
    return rows


def choose(desk: Desk, name: str) -> None:
    """Import a file of the person's folder by its place in the list."""
    desk.keys("<f7>1\r")
    if desk.site.profile.offered()["open"].ratio_choice == "on_import":
        desk.see("选择缴存比例")
        desk.keys("1\r")
    desk.see("收件文件夹：", name)
    place = re.search(rf"(\d+) +\S+ \S+ +\S+ +{re.escape(name)}", desk.text)
    assert place is not None, desk.text
    desk.keys(f"{place[1]}\r")


@pytest.mark.feature("I-01", profile=PROFILES)
@pytest.mark.feature("I-03", profile=PROFILES)
@pytest.mark.feature("I-04", profile="baishan")
@pytest.mark.feature("I-05", profile=PROFILES)
@pytest.mark.feature("I-08", profile=PROFILES)
@pytest.mark.parametrize("profile", [pytest.param(name, marks=at(name)) for name in PROFILES])
def test_from_the_template_to_the_rows(site_of: MakeSite, tmp_path: Path, profile: str) -> None:
    site = site_of(profile)
    suffix = site.profile.imports.template_format
    with at_import(site, tmp_path) as desk:
        desk.keys("<f7>2\r")
        desk.see("模板已存为")
        [template] = (tmp_path / "out").iterdir()
        assert template.suffix == f".{suffix}"

        broken = desk.deliver(f"坏.{suffix}", b"not a workbook at all")
        choose(desk, broken.name)
        desk.see("文件不能导入")
        desk.keys("\r")
        desk.gone("文件不能导入 -")

        rows = rows_of(site, 3)
        table = table_of(declare(site.profile), rows)[1:]
        faulty = [list(row) for row in table]
        column = table_of(declare(site.profile), rows)[0].index(title_of(site, "id_number"))
        faulty[1][column] = faulty[1][column][:17]
        first = HEADER_ROW + 1
        fill = fill_xls if suffix == "xls" else fill_xlsx
        for name, body in (("有错", faulty), ("完好", table)):
            path = tmp_path / "in" / f"{name}.{suffix}"
            path.write_bytes(template.read_bytes())
            fill(path, body, first_row=first)
            desk.settle(path)
        choose(desk, f"有错.{suffix}")
        desk.see("导入校验结果", "共 3 行，正确 2 行，有错误 1 行", "15位或18位")
        desk.keys("\x10")
        desk.see("错误文件已存为")
        assert len(list((tmp_path / "out").iterdir())) == 2
        if site.profile.imports.atomic:
            desk.keys("<f10><f12>")
            desk.see("没有导入")
            choose(desk, f"完好.{suffix}")
            desk.see("导入成功 3 条：总人数 3")
        else:
            desk.keys("<f10>")
            desk.see("导入成功 2 条：总人数 2")
        desk.confirm(3 if site.profile.imports.atomic else 2)
        desk.serial()


def title_of(site: Site, key: str) -> str:
    return next(column.title for column in declare(site.profile).columns if column.key == key)


HOSTILE = {
    "name": "\x1b]0;OWNED\x07张\x1b[31m三\x9b5m",
    "mobile": "[bold red]139[/]\x1bc",
    "base": "\u202e0008\x08\x1b[2J",
}


@at("lyszfgjj")
@pytest.mark.parametrize("action", ["import", "review"])
def test_what_a_file_holds_never_steers_the_terminal(site_of: MakeSite, tmp_path: Path, action: str) -> None:
    """ESC, OSC, C1, bidi and markup in cells and in the file's name are shown, not obeyed."""
    site = site_of("lyszfgjj")
    with at_import(site, tmp_path) as desk:
        rows = rows_of(site, 3)
        rows[0] |= HOSTILE
        name = "[red]名单\x1b]2;OWNED\x07.xls"
        path = write_table(tmp_path / "in" / "plain.xls", table_of(declare(site.profile), rows))
        path = path.rename(path.with_name(name))
        desk.settle(path)
        desk.keys("<f7>1\r")
        desk.see("收件文件夹", "[red]名单<ESC>]2;OWNED")
        desk.keys("1\r")
        desk.see("导入校验结果", "<ESC>]0;OWNED")
        if action == "review":
            desk.keys("\r")
            desk.see("- 问题 -")
            desk.keys("\r\x10")
            desk.see("错误文件已存为")
        else:
            desk.keys("<f10>")
            desk.see("导入成功 2 条")
        desk.terminal.wait_quiet(timeout=SLOW)
        raw = desk.terminal.raw
        assert b"OWNED" in raw
        orders = (b"\x1b]0;OWNED", b"\x1b]2;OWNED", b"\xc2\x9b", b"\x1bc", b"\x1b[5m")
        for sequence in (*orders, "\u202e".encode()):
            assert sequence not in raw, sequence
