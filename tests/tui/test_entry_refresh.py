"""Whatever is struck, the lines that a widget asks to have drawn again are all that changed."""

from __future__ import annotations

import random
from typing import Any, Self

import pytest
from textual.geometry import Region

from tests.tui.entry_models import WORDS, Bench, Roster, Stage, Values, settle, strike
from tui.form import Form
from tui.form_model import FormField
from tui.grid import Grid
from tui.grid_model import CellResult
from tui.keys import KeyWidget
from tui.listview import ListColumn, ListRow, ListView
from tui.picklist import ChoiceSource, PickList

ID = "11010519491231002X"
CHOICES = (("01", "居民身份证"), ("02", "军官证"), ("03", "护照"))


class Noted(KeyWidget):
    """Notes which of its lines are to be drawn again."""

    noted: set[int]

    def refresh(self, *regions: Region, **options: Any) -> Self:
        if not hasattr(self, "noted"):
            self.noted = set()
        whole = range(self.size.height)
        self.noted.update(*([range(r.y, r.bottom) for r in regions] or [whole]))
        return super().refresh(*regions, **options)


class NotedGrid(Noted, Grid):
    pass


class NotedForm(Noted, Form):
    pass


class NotedList(Noted, ListView):
    pass


class NotedPick(Noted, PickList):
    pass


def _grid() -> Noted:
    roster = Roster([f"人{n}", ID, str(5000 + n), "12", "01", "", ""] for n in range(60))
    roster.findings = {(3, "base"): "基数低于下限。", (35, "name"): "姓名为空。"}
    roster.refuse_cell = lambda column, text: CellResult(False, "不行。") if "8" in text else None
    roster.refuse_row = lambda index: CellResult(False, "行有误。") if index % 3 == 0 else None
    return NotedGrid(roster)


def _form() -> Noted:
    fields = (
        FormField("name", "姓名", "text", 20, required=True),
        FormField("id_type", "证件类型", "code", 14, choices=CHOICES),
        FormField("id_number", "证件号码", "id", 18),
        FormField("base", "缴存基数", "money", 12),
        FormField("deposit", "月缴存额", "money", 12, readonly=True),
        FormField("sync", "更新", "check"),
        FormField("password", "密码", "password", 8),
    )
    values = Values(fields, {"name": "张三", "id_type": "01"})
    values.refuse = lambda key, text: CellResult(False, "不行。") if "8" in text else None
    return NotedForm(values)


def _menu() -> Noted:
    return NotedList((ListColumn("名称", 20),))


def _options() -> Noted:
    return NotedList((ListColumn("名称", 20),), options={"1": "办理", "4": "删除"})


def _pick() -> Noted:
    return NotedPick(ChoiceSource([*CHOICES, *((f"{n:03}", f"第{n}项") for n in range(100, 160))]))


@pytest.mark.parametrize("make", [_grid, _form, _menu, _options, _pick])
@pytest.mark.parametrize("seed", range(2))
async def test_lines_not_refreshed_have_not_changed(make: Any, seed: int) -> None:
    widget: Noted = make()
    app = Bench(Stage(widget))
    dice = random.Random(seed)
    keys = [*WORDS, *"0124589张三.+-* xX１。a"]
    async with app.run_test(size=(80, 24)) as pilot:
        if isinstance(widget, ListView):
            widget.set_rows([ListRow(f"k{n}", (f"业务{n}",)) for n in range(50)])
        await settle(pilot)
        shown = [widget.render_line(y) for y in range(widget.size.height)]
        struck: list[str] = []
        for turn in range(120):
            key = dice.choice(keys)
            struck.append(key)
            widget.noted.clear()
            strike(app, key)
            now = [widget.render_line(y) for y in range(widget.size.height)]
            for y, (before, after) in enumerate(zip(shown, now, strict=True)):
                assert after.cell_length == widget.size.width
                same = before.text == after.text and list(before) == list(after)
                assert same or y in widget.noted, (y, struck[-8:], before.text, after.text)
            caret = widget.caret()
            assert caret is None or (0 <= caret[0] < widget.size.width and 0 <= caret[1] < widget.size.height)
            shown = now
            if turn % 20 == 0 or app.gate.closed:
                await settle(pilot)
                shown = [widget.render_line(y) for y in range(widget.size.height)]
