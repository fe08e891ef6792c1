"""Rows pasted into the real program through a real terminal: marked and not, in pieces, keys behind them."""

from __future__ import annotations

import random
import re
from pathlib import Path

from domain.business import template_columns
from domain.businesses.opening import declare
from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import Desk, split
from tests.e2e.site import Site
from tests.e2e.test_import import rows_of

START, END = b"\x1b[200~", b"\x1b[201~"


def as_pasted(site: Site, rows: list[dict[str, str]]) -> str:
    """Rows of the template as a terminal sends them."""
    keys = [column.key for column in template_columns(declare(site.profile))]
    return "".join("\t".join(row[key] for key in keys) + "\r" for row in rows)


def keys(text: str) -> bytes:
    return "".join(split(text)).encode()


def in_pieces(desk: Desk, data: bytes, seed: int) -> None:
    """Send bytes cut anywhere, within characters and sequences too."""
    dice, at = random.Random(seed), 0
    while at < len(data):
        size = dice.choice([1, 2, 3, 7, 50, 4096])
        desk.terminal.send(data[at : at + size])
        at += size


@at("lyszfgjj")
def test_a_paste_of_two_thousand_rows_is_submitted_in_one_burst(site_of: MakeSite, tmp_path: Path) -> None:
    """Paste, Enter, F10, yes, yes: the keys stand in the same packets as the rows."""
    site = site_of("lyszfgjj")
    agent = site.agent()
    rows = rows_of(site, 2)
    many = rows * 1000
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open("business:open")
        desk.terminal.send(START + as_pasted(site, many).encode() + END + keys("<f8>"))
        desk.see("粘贴 2000 行 x 12 列，1998 行有误", "第4行第3列", "与第2行是同一人")
        desk.keys("<f12>")
        desk.see("没有粘贴，清册没有改动")
        pasted = START + as_pasted(site, rows).encode() + END
        in_pieces(desk, pasted + keys("\r<f10>yy"), 7)
        desk.serial()
        [filed] = site.submissions(agent.unit)
        numbers = [row["id_number"] for row in rows]
        body = filed.body if isinstance(filed.body, str) else bytes(filed.body).decode()
        assert re.findall(r'"id_number":"([^"]+)"', body) == numbers


@at("baishan")
def test_hostile_bytes_and_the_pad(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("baishan")
    rows = rows_of(site, 3)
    with Desk(site, tmp_path, site.agent()) as desk:
        desk.log_in()
        desk.open("business:open")
        hostile = [rows[0] | {"name": "张\x1b]0;owned\x07\x9b31m\u202e三"}, rows[1]]
        in_pieces(desk, START + as_pasted(site, hostile).encode() + END, 3)
        desk.see("粘贴 2 行 x 5 列，1 行有误", "第1行第2列")
        assert b"owned\x07" not in desk.terminal.raw and "\u202e".encode() not in desk.terminal.raw
        desk.keys("<f12>")
        desk.see("没有粘贴，清册没有改动")
        desk.keys("<f7>3\r")
        desk.see("请在终端里粘贴")
        in_pieces(desk, as_pasted(site, rows).encode(), 5)
        desk.see("已收到 3 行", rows[2]["id_number"])
        desk.keys("<f10>\r")
        desk.see("粘贴成功 3 条", "总人数 3")
