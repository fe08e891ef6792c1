from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from tests.tui.entry_models import Bench, Stage, picture, settle, strike
from tui.choices import matching_choices, resolve_choice
from tui.picklist import ChoiceSource, PickList, PickRow

CHOICES = (("01", "居民身份证"), ("02", "军官证"), ("03", "护照"), ("10", "其他"))


class Crowd:
    """A hundred thousand people, by number."""

    widths = (8, 12)

    def __init__(self) -> None:
        self.windows: list[tuple[str, int, int]] = []

    def count(self, query: str) -> int:
        return 100_000 if not query else 10 ** max(0, 5 - len(query)) if query.isdigit() else 0

    def window(self, query: str, start: int, count: int) -> Sequence[PickRow]:
        self.windows.append((query, start, count))
        last = min(start + count, self.count(query))
        return [PickRow(f"{query}/{n}", (f"{n:06}", f"人{n}")) for n in range(start, last)]


@asynccontextmanager
async def bench(widget: PickList) -> AsyncIterator[tuple[Bench, Pilot[int]]]:
    app = Bench(Stage(widget))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        yield app, pilot


async def test_typing_filters_and_enter_chooses() -> None:
    chosen: list[str] = []
    picker = PickList(ChoiceSource(CHOICES), on_chosen=chosen.append)
    async with bench(picker) as (app, _):
        assert picker.current == "01"
        strike(app, "hz<enter>")
        strike(app, "<bs><bs>")
        strike(app, "<down><down><up><enter>")
        assert chosen == ["03", "02"]


async def test_nothing_fits_is_said_and_enter_beeps() -> None:
    picker = PickList(ChoiceSource(CHOICES))
    async with bench(picker) as (app, _):
        strike(app, "zzz")
        assert picker.current is None
        assert "没有相符的项目" in picture(picker)[-1]
        strike(app, "<enter>")
        assert app.bells == 1


async def test_a_query_that_fits_nothing_opens_the_whole_list() -> None:
    picker = PickList(ChoiceSource(CHOICES), query="猫")
    async with bench(picker):
        assert (picker.query_text, picker.current) == ("", "01")


async def test_the_dialog_around_it_ends_with_the_key_and_later_keys_go_below() -> None:
    async with bench(PickList(ChoiceSource(CHOICES))) as (app, pilot):
        results: list[object] = []

        async def choose() -> None:
            results.append(await app.stage.host("证件类型", PickList(ChoiceSource(CHOICES))))

        app.stage.run_gated(choose)
        strike(app, "军<enter>护")
        for _ in range(6):
            await settle(pilot)
        assert results == ["02"]
        assert app.stage.query_one(PickList).query_text == "护"


async def test_a_hundred_thousand_are_asked_for_by_windows() -> None:
    crowd = Crowd()
    picker = PickList(crowd)
    async with bench(picker) as (app, _):
        strike(app, "<bottom>")
        picture(picker)
        assert picker.current == "/99999"
        strike(app, "12<pgdn><pgup><down>")
        picture(picker)
        assert picker.current == "12/1"
        assert max(count for _, _, count in crowd.windows) <= 3 * 10


class SlowCrowd(Crowd):
    """The same people, searched in a worker that waits until it may go on."""

    titles = ("编号", "姓名")

    def __init__(self) -> None:
        super().__init__()
        self.may_go = threading.Event()
        self.searched: list[str] = []
        self.found = ""
        self.broken = False

    def search(self, query: str) -> str:
        assert self.may_go.wait(20)
        self.searched.append(query)
        if self.broken:
            raise OSError
        return query

    def take(self, found: str) -> None:
        self.found = found

    def count(self, query: str) -> int:
        return super().count(self.found)

    def window(self, query: str, start: int, count: int) -> Sequence[PickRow]:
        return super().window(self.found, start, count)

    def summary(self, query: str, at: int) -> str:
        return f"第 {at + 1} 人，共 {self.count(query)} 人"


async def found(pilot: Pilot[int], picker: PickList) -> None:
    for _ in range(500):
        await pilot.pause(0.01)
        if not picker._waiting:
            break
    await settle(pilot)


async def test_keys_behind_a_search_wait_for_what_it_finds() -> None:
    chosen: list[str] = []
    crowd = SlowCrowd()
    picker = PickList(crowd, on_chosen=chosen.append)
    async with bench(picker) as (app, pilot):
        strike(app, "12<down><down><enter>3<enter>")
        await settle(pilot)
        assert not chosen and "正在查找" in picture(picker)[-1]
        crowd.may_go.set()
        for _ in range(4):
            await found(pilot, picker)
        assert chosen == ["12/2", "123/0"]
        assert not app.gate.closed and picker.query_text == "123"
        assert "共 100 人" in picture(picker)[-1] and picture(picker)[1].split() == ["编号", "姓名"]


async def test_a_burst_is_searched_once_more_for_its_end() -> None:
    crowd = SlowCrowd()
    crowd.may_go.set()
    picker = PickList(crowd)
    async with bench(picker) as (app, pilot):
        strike(app, "1234")
        await found(pilot, picker)
        assert crowd.searched[-1] == "1234" and len(crowd.searched) <= 2
        assert picker.current == "1234/0"


async def test_a_search_that_fails_is_said_and_chooses_nothing() -> None:
    chosen: list[str] = []
    crowd = SlowCrowd()
    crowd.broken = True
    picker = PickList(crowd, on_chosen=chosen.append)
    async with bench(picker) as (app, pilot):
        strike(app, "12<enter>")
        crowd.may_go.set()
        await found(pilot, picker)
        assert (chosen, app.bells, app.gate.closed) == ([], 1, False)
        assert "查找没有完成" in picture(picker)[-1]
        crowd.broken = False
        strike(app, "3<enter>")
        await found(pilot, picker)
        assert chosen == ["123/0"]


async def test_leaving_during_a_search_lets_the_next_keys_through() -> None:
    crowd = SlowCrowd()
    async with bench(PickList(ChoiceSource(CHOICES))) as (app, pilot):
        results: list[object] = []
        picker = PickList(crowd)

        async def choose() -> None:
            results.append(await app.stage.host("职工", picker))

        app.stage.run_gated(choose)
        await settle(pilot)
        strike(app, "12<f12>军")
        await settle(pilot)
        crowd.may_go.set()
        for _ in range(6):
            await settle(pilot)
        assert results == [None] and not app.gate.closed
        assert app.stage.query_one(PickList).query_text == "军"


async def test_hostile_rows_are_drawn_as_tokens_in_exact_width() -> None:
    picker = PickList(ChoiceSource((("\x1b[2J", "张\u202e" * 30),)))
    async with bench(picker):
        text = "".join(picture(picker))
        assert "\x1b" not in text and "\u202e" not in text
        assert all(picker.render_line(y).cell_length == picker.size.width for y in range(picker.size.height))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("01", "01"), ("居民身份证", "01"), ("01 居民身份证", "01"), ("01-居民身份证", "01"), ("1", "10"),
        ("jmsfz", "01"), ("军", "02"), ("官", "02"), ("证", None),
        ("0", None), ("猫", None), ("", None), ("  ", None),
    ],
)  # fmt: skip
def test_what_a_typed_choice_means(text: str, code: str | None) -> None:
    assert resolve_choice(CHOICES, text) == code


def test_an_empty_text_fits_every_choice() -> None:
    assert matching_choices(CHOICES, " ") == list(CHOICES)
