from __future__ import annotations

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
