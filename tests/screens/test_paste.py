"""Rows copied in a spreadsheet into the roster: preview, one step, the center's own rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pytest
from textual import events

from domain.login_form import PROFILE_NAMES
from tests.screens.conftest import MakePlace
from tests.screens.test_import import deliver, rows_of, take
from tests.support.workbooks import table_of
from tests.support.workplace import Desk, Workplace, running

ALL = list(PROFILE_NAMES)


def copied(place: Workplace, rows: Sequence[Mapping[str, str]], *, header: bool = False) -> str:
    """Rows of the center's template as a terminal pastes them."""
    table = table_of(place._business(), rows)
    return "".join("\t".join(cells) + "\r" for cells in (table if header else table[1:]))


async def paste(desk: Desk, text: str) -> None:
    """Paste and wait for the effect."""
    desk.app._take(events.Paste(text))
    await desk.settle()


def module(profile: str) -> str:
    """The module that takes files."""
    return "opening_batch" if profile == "hangzhou" else "opening"


def source(profile: str) -> Literal["single", "file"]:
    """The roster that takes files."""
    return "file" if profile == "hangzhou" else "single"


@pytest.mark.parametrize("profile", ALL)
async def test_pasted_rows_make_the_roster_a_file_makes(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    rows, kind = rows_of(place, 3), source(profile)
    header = profile in ("baishan", "hangzhou")
    deliver(place, rows)
    async with running(place) as desk:
        await desk.open(module(profile))
        await paste(desk, copied(place, rows, header=header))
        picture = desk.picture()
        assert desk.title == "粘贴预览" and "粘贴 3 行 x " in picture and "没有错误" in picture
        assert ("按列名对应：姓名" if header else "按模板次序对应：") in picture
        assert rows[0]["name"] in picture and place.rows(kind) == []
        await desk.press("\r")
        assert "粘贴成功 3 条：总人数 3" in desk.status
        pasted = place.rows(kind)
        store = place.state.rosters()
        store.clear(store.open_draft(place.state.scope(), "open", kind).roster_id)
        await take(desk, place)
        filed = place.rows(kind)
    same = [(row.typed, row.checked, row.findings, row.amount, row.source) for row in filed]
    assert len(same) == 3
    assert [(row.typed, row.checked, row.findings, row.amount, row.source) for row in pasted] == same
    assert [row.sheet_row for row in pasted] == ([2, 3, 4] if header else [1, 2, 3])
