"""The place of work over a cut: screen, arguments, row, column, page, half-typed texts; what is not kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.store.caches import FormDrafts
from client.store.rows import Scope
from domain.wire import InboxItem
from screens.app import AppScreen
from screens.places import BROKEN, NAME, RESTORED, SHUT, packed, unpacked
from tests.screens.conftest import MakePlace
from tests.screens.test_submit import fill
from tests.support.workplace import Desk, Workplace, running
from tui.form import Form
from tui.grid import Grid
from tui.listview import ListView
from tui.shellscreen import ShellScreen


@asynccontextmanager
async def logged_in(place: Workplace) -> AsyncIterator[Desk]:
    """The program after its login: what was open before is open again."""
    async with running(place) as desk:
        screen = desk.app.shell_screen()
        assert screen is not None
        screen.run_gated(desk.app.places.take_up)
        await desk.settle()
        yield desk


async def cut(desk: Desk) -> None:
    """All that is stored of a place when the program is killed some time after the last key."""
    await desk.app.places.finish()


def kept(place: Workplace) -> dict[str, Any]:
    found = FormDrafts(place.state.database(), place.state.scope()).load(NAME)
    return json.loads(found["place"]) if found else {}


def top(desk: Desk) -> ShellScreen:
    screen = desk.app.shell_screen()
    assert screen is not None
    return screen


async def test_a_roster_opens_again_with_cursor_and_half_typed_cell(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    async with logged_in(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 3)
        await desk.press("<shift+tab><up><right>李小")
        grid = desk.app.screen.query_one(Grid)
        cursor, draft = grid.cursor, grid.draft
        assert cursor[0] == 1 and draft is not None and draft[2].endswith("李小")
        drafts = FormDrafts(place.state.database(), place.state.scope())
        await desk.until(lambda: "李小" in drafts.load("open single").get("@text", ""), "the cell's draft")
        await cut(desk)
    place.again()
    async with logged_in(place) as desk:
        assert desk.status == RESTORED
        grid = desk.app.screen.query_one(Grid)
        assert grid.cursor == cursor and grid.draft == draft and grid.has_focus
        await desk.press("明")
        assert grid.draft[2].endswith("李小明")
        await desk.press("<escape>")
        await desk.press("<f12>")
        assert desk.title == "起点"


async def test_a_cell_typed_in_after_the_place_was_stored_has_the_next_key(make_place: MakePlace) -> None:
    """A cell's draft is stored at once, the place a moment later: a kill between them loses no key."""
    place = make_place("shaanxi")
    async with logged_in(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 3)
        await cut(desk)
        older = kept(place)
        await desk.press("<shift+tab><up><right>李小")
        drafts = FormDrafts(place.state.database(), place.state.scope())
        await desk.until(lambda: "李小" in drafts.load("open single").get("@text", ""), "the cell's draft")
        await cut(desk)
    drafts = FormDrafts(place.state.database(), place.state.scope())
    drafts.save(NAME, {"place": json.dumps(older), "tries": "0"})
    place.again()
    async with logged_in(place) as desk:
        assert desk.status == RESTORED
        grid = desk.app.screen.query_one(Grid)
        await desk.press("明")
        assert grid.has_focus and grid.draft is not None and grid.draft[2].endswith("李小明")


async def test_a_form_opens_again_in_its_field_and_typing_goes_on(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with logged_in(place) as desk:
        await desk.open("business:open")
        typed = place.typed(place.office.people(1)[0])
        name, number = typed["name"], typed["id_number"]
        await desk.press(f"{name}\r")
        form = desk.app.screen.query_one(Form)
        while form.current != "id_number":
            await desk.press("\r")
        await desk.press(number[:9])
        await desk.app.screen.may_leave()  # type: ignore[attr-defined]
        await cut(desk)
    place.again()
    async with logged_in(place) as desk:
        form = desk.app.screen.query_one(Form)
        assert form.current == "id_number" and form.snapshot()["name"] == name
        await desk.press(number[9:] + "\r")
        assert form.snapshot()["id_number"] == number and form.current != "id_number"


async def test_back_at_the_first_screen_there_is_no_place(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with logged_in(place) as desk:
        await desk.open("unit_info")
        await cut(desk)
        assert [one["name"] for one in kept(place)["stack"]] == ["unit_info"]
        await desk.press("<f12>")
        await cut(desk)
        assert not kept(place)
    place.again()
    async with logged_in(place) as desk:
        assert desk.title == "起点" and desk.status == ""


async def test_a_program_that_ends_does_not_forget_the_place(make_place: MakePlace) -> None:
    """Its screens are taken down one after the other, which is no going back to the first one."""
    place = make_place("baishan")
    async with logged_in(place) as desk:
        await desk.open("unit_info")
        await cut(desk)
        before = kept(place)
    await desk.app.places.finish()
    assert not desk.app.screen_stack and kept(place) == before


@pytest.mark.parametrize(
    "other", [{"profile": "hangzhou"}, {"center": "x"}, {"unit_account": "9"}, {"operator": "x"}]
)
async def test_somebody_elses_place_is_not_taken_up(make_place: MakePlace, other: Mapping[str, str]) -> None:
    place = make_place("baishan")
    stack = {"stack": [{"name": "unit_info", "args": {}, "kept": {}}]}
    theirs: Scope = replace(place.state.scope(), **other)
    FormDrafts(place.state.database(), theirs).save(NAME, {"place": json.dumps(stack), "tries": "0"})
    async with logged_in(place) as desk:
        assert desk.title == "起点" and desk.status == ""
    assert FormDrafts(place.state.database(), theirs).load(NAME)


def put(place: Workplace, stack: list[dict[str, Any]], tries: str = "0") -> None:
    text = json.dumps({"stack": stack})
    FormDrafts(place.state.database(), place.state.scope()).save(NAME, {"place": text, "tries": tries})


async def test_a_module_that_was_switched_off_is_dropped_with_a_sentence(make_place: MakePlace) -> None:
    place = make_place("baishan")
    modules = [one for one in place.profile.home.modules if one.opens != "business:open"]
    home = place.profile.home.model_copy(update={"modules": modules})
    place.state._profile = place.profile.model_copy(update={"home": home})
    put(place, [{"name": "business:open", "args": {}, "kept": {}}])
    async with logged_in(place) as desk:
        assert desk.title == "起点" and desk.status == SHUT
        await cut(desk)
    assert not kept(place)


@pytest.mark.parametrize(
    "stack",
    [[{"name": "gone", "args": {}, "kept": {}}], [{"args": {}}], "x", [{"name": "message", "args": {}}]],
)
async def test_a_place_of_another_version_stops_nobody(make_place: MakePlace, stack: Any) -> None:
    place = make_place("baishan")
    put(place, stack)
    async with logged_in(place) as desk:
        assert desk.status == BROKEN
        await desk.press("<f12><f12>")
        assert desk.title == "起点"


async def test_a_place_that_ended_the_program_twice_is_given_up(make_place: MakePlace) -> None:
    place = make_place("baishan")
    put(place, [{"name": "unit_info", "args": {}, "kept": {}}], tries="2")
    async with logged_in(place) as desk:
        assert desk.title == "起点" and desk.status == BROKEN


async def test_a_message_opens_again_over_the_history(make_place: MakePlace) -> None:
    place = make_place("baishan")
    item = InboxItem.model_validate(
        {
            "item_id": 7,
            "rev": 1,
            "tab": "done",
            "title": "通知",
            "body": "内容甲",
            "time": "2026-11-23T01:00:00Z",
            "channel": "中心",
            "state": "",
        }
    )
    async with logged_in(place) as desk:
        await desk.open("inbox", tab="done")
        await desk.open("message", item=item)
        await cut(desk)
    place.again()
    async with logged_in(place) as desk:
        assert "内容甲" in desk.picture() and desk.status == RESTORED
        await desk.press("<f12>")
        assert "历史列表" in desk.title


async def test_query_conditions_and_the_people_shown_are_back(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    place.office.file(place.office.rows(3))
    async with logged_in(place) as desk:
        await desk.open("query:open")
        await desk.press("\r<down>")
        top_grid, people = desk.app.screen.query(Grid).results(Grid)
        assert people._model.count() == 3 and people.cursor[0] == 1
        await cut(desk)
    place.again()
    async with logged_in(place) as desk:
        _, people = desk.app.screen.query(Grid).results(Grid)
        assert people._model.count() == 3 and people.cursor[0] == 1 and people.has_focus


async def test_the_filter_of_a_pick_list_is_back(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    async with logged_in(place) as desk:
        await desk.open("business:open")
        form = desk.app.screen.query_one(Form)
        field = next(one.key for one in form._fields if one.entered and one.choices)
        form.focus_field(field)
        await desk.press("<f4>1")
        await desk.see("查找: 1")
        await cut(desk)
    place.again()
    async with running(place) as desk:
        top(desk).run_gated(desk.app.places.take_up)
        await desk.see("查找: 1")
        await desk.press("<f12>")
        form = desk.app.screen.query_one(Form)
        assert form.current == field


async def test_digits_beside_rows_are_back(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with logged_in(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 3)
        await desk.press("<shift+tab><up>5<up>4")
        grid = desk.app.screen.query_one(Grid)
        before = grid.chosen_options
        assert [digit for _, digit in before] == ["4", "5"]
        await cut(desk)
    place.again()
    async with logged_in(place) as desk:
        assert desk.app.screen.query_one(Grid).chosen_options == before


async def test_a_question_is_not_asked_again_by_itself(make_place: MakePlace) -> None:
    """Keys struck ahead of the login must not confirm anything."""
    place = make_place("baishan")
    async with logged_in(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 1)
        await desk.press("<f10>")
        await desk.see("总人数")
        await cut(desk)
    place.again()
    async with logged_in(place) as desk:
        assert "总人数：1" not in desk.picture() and desk.status == RESTORED
        await desk.press("y\r")
    assert place.wire.sent("PUT") == []


async def test_secrets_are_never_kept(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with logged_in(place) as desk:
        await desk.open("unit_info")
        from screens.password import change_password

        screen = top(desk)
        screen.run_gated(lambda: change_password(screen))  # type: ignore[arg-type]
        await desk.see("原密码")
        await desk.press("Geheim-2026\rNeues-2026")
        await cut(desk)
        text = json.dumps(kept(place), ensure_ascii=False)
        assert "Geheim" not in text and "Neues" not in text
        await desk.press("<f12>")


@pytest.mark.parametrize("name", ["attachments", "import_review"])
def test_steps_of_other_work_are_not_opened_by_themselves(name: str) -> None:
    from screens.catalog import screen_class

    made = screen_class(name)
    assert made is not None and issubclass(made, AppScreen) and not made.RESUMABLE


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.none(), st.text(), st.integers(), st.booleans())))
def test_plain_arguments_come_back(args: dict[str, Any]) -> None:
    told = packed(args)
    assert told is not None and unpacked(json.loads(json.dumps(told))) == args


def test_what_is_no_value_is_not_kept() -> None:
    assert packed({"check": object()}) is None
    with pytest.raises(ValueError):
        unpacked({"x": {"wire": "Gone", "json": "{}"}})


async def test_a_list_is_back_at_its_row(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with logged_in(place) as desk:
        await desk.open("templates")
        await desk.press("7")
        await cut(desk)
    place.again()
    async with logged_in(place) as desk:
        assert desk.app.screen.query_one(ListView).chosen_options == [("open", "7")]


async def test_the_paste_pad_is_back_with_what_it_holds(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with logged_in(place) as desk:
        await desk.open("business:open")
        screen = top(desk)
        screen.run_gated(screen.pasting.open_pad)  # type: ignore[attr-defined]
        await desk.until(lambda: desk.title == "粘贴板")
        await desk.press("abc\tdef\rgh")
        await cut(desk)
    place.again()
    async with logged_in(place) as desk:
        assert desk.title == "粘贴板" and desk.status == RESTORED
        assert top(desk)._pad.text == "abc\tdef\ngh"  # type: ignore[attr-defined]
        await desk.press("<f10>")
        await desk.until(lambda: desk.title == "粘贴预览")
