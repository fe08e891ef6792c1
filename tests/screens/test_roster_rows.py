"""Rows of a roster screen: typed in place, undone, found, marked; a file that replaces another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from client.store.rows import Change, NewRow
from domain.business import Condition
from domain.businesses.opening import Opening
from domain.findings import Finding, Severity
from screens.entry_model import EntryModel
from screens.roster_model import RosterModel
from tests.screens.conftest import MakePlace
from tests.screens.test_opening import form_of, grid_of, record, select
from tests.support.roster_program import person, service
from tests.support.workplace import running


def model_of(folder: Path, *rows: dict[str, str]) -> RosterModel:
    mine = service(folder)
    for row in rows:
        mine.add(row)
    return RosterModel(mine)


def names(model: RosterModel) -> list[str]:
    return [row.cells[0] for row in model.window(0, 100)]


# ---- the model -------------------------------------------------------------------------------------


def test_a_row_is_marked_by_the_most_important_of_what_is_true_of_it(tmp_path: Path) -> None:
    model = model_of(tmp_path)
    store, roster = model.service.store, model.service.roster_id
    told = Finding("id.area", "id_number", "请核对。", Severity.WARNING)
    wrong = Finding("base.format", "base", "写错了。")
    made: tuple[tuple[Change, tuple[Finding, ...]], ...] = (
        *(("new", ()), ("new", (told,)), ("changed", ()), ("", ())),
        *(("changed", (told,)), ("new", (told, wrong)), ("deleted", (wrong,))),
    )
    for change, findings in made:
        store.insert(roster, NewRow({"name": "甲"}, findings=findings, change=change))
    assert [row.mark for row in model.window(0, 9)] == ["+", "?", "*", " ", "?", "!", "-"]
    with store.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE roster_row SET state = 'queued' WHERE pos = (SELECT min(pos) FROM roster_row)"
        )
    assert model.window(0, 1)[0].mark == ">"


def test_a_typed_row_is_one_step_and_an_empty_one_none(tmp_path: Path) -> None:
    model = model_of(tmp_path, person(0))
    index = model.new_row()
    assert index == 1
    for key, text in person(1).items():
        assert model.commit_cell(index, key, text).accepted
    assert model.commit_row(index).accepted
    assert model.new_row(0) == 0
    assert model.commit_row(0).accepted
    assert names(model) == [person(0)["name"], person(1)["name"]], "the empty row is gone"
    model.commit_cell(1, "base", "6000")
    assert model.undo().message == "已撤销修改 1 条记录，按 Ctrl+R 重做。"
    assert model.undo().message == "已撤销录入 1 条记录，按 Ctrl+R 重做。"
    assert names(model) == [person(0)["name"]]
    assert model.redo().index == 1
    assert names(model) == [person(0)["name"], person(1)["name"]]


def test_an_opened_row_in_a_sorted_view_stands_where_it_was_opened(tmp_path: Path) -> None:
    model = model_of(tmp_path, *(person(number) | {"base": str(9000 - number)} for number in range(4)))
    model.sort("base")
    assert names(model) == [person(number)["name"] for number in (3, 2, 1, 0)]
    assert model.new_row(1) == 1
    model.commit_cell(1, "name", "新人")
    assert names(model) == [person(3)["name"], "新人", *(person(number)["name"] for number in (2, 1, 0))]
    orders = [model.order, *((model.sort("base"), model.order)[1] for _ in range(2))]
    assert orders == [("base", False), ("base", True), None]
    assert names(model) == [
        *(person(number)["name"] for number in (0, 1)),
        "新人",
        *(person(n)["name"] for n in (2, 3)),
    ]


def test_what_is_known_of_a_typed_text_appears_while_typing(tmp_path: Path) -> None:
    model = model_of(tmp_path, person(0))
    model.resolve = lambda column, text: {"name": "某某"} if (column, text) == ("id_number", "1101") else {}
    assert model.preview(0, "id_number", "1101")["name"] == "某某"
    assert "name" not in model.preview(0, "id_number", "11012")


def test_a_column_with_a_condition_is_skipped_and_asked_for_where_it_holds(tmp_path: Path) -> None:
    """A telephone number only for some bases: in grid, form and check alike."""
    mine = service(tmp_path)
    business = mine.business
    assert isinstance(business, Opening)
    when = Condition("base", ("8000.00", "8000"))
    phone = replace(business.by_key["mobile"], when=when, required=True)
    business.columns = tuple(phone if one.key == "mobile" else one for one in business.columns)
    business._required = tuple(one for one in business.columns if one.required)
    model = RosterModel(mine)
    index = model.new_row()
    for key, text in (person(0) | {"base": "8000", "mobile": ""}).items():
        model.commit_cell(index, key, text)
    assert model.window(index, 1)[0].skipped == frozenset()
    assert "手机" in model.finding_text(index, "mobile")
    model.commit_cell(index, "mobile", "13800138000")
    model.commit_cell(index, "base", "7000")
    row = model.window(index, 1)[0]
    assert row.skipped == {"mobile"} and model.at(index) is not None
    assert not dict(model.at(index).typed).get("mobile"), "what no longer applies is not kept"  # type: ignore[union-attr]
    assert model.commit_row(index).accepted
    entry = EntryModel(business, mine.context)
    entered = {field.key: field.entered for field in entry.fields()}
    assert not entered["mobile"]
    entry.commit("base", "8000")
    assert {field.key: field.entered for field in entry.fields()}["mobile"]


# ---- the screen ------------------------------------------------------------------------------------


async def test_rows_are_typed_into_the_roster_where_the_center_lets_them_be_modified(
    make_place: MakePlace,
) -> None:
    place = make_place("shaanxi")
    async with running(place) as desk:
        await desk.open("business:open")
        await record(desk, place, 1)
        desk.app.screen.set_focus(grid_of(desk))
        someone = place.typed(place.office.people(2)[1])
        grid_of(desk).goto(0, "name")
        last = [column.key for column in grid_of(desk).model.columns if column.editable][-1]
        grid_of(desk).goto(0, last)
        cells = [someone.get(column.key, "") for column in grid_of(desk).model.columns if column.editable]
        await desk.press("\r" + "".join(f"{text}\r" for text in cells))
        rows = place.rows()
        assert [row.typed["name"] for row in rows[1:2]] == [someone["name"]]
        assert not rows[1].bad and len(rows) == 3, "the next row has opened"
        assert "总人数 2" in desk.picture() and "错误" not in desk.picture(), "and is nothing wrong"
        await desk.press("<up>")
        assert len(place.rows()) == 2, "and goes when it is left empty"
        await desk.press("<ctrl+u>")
        assert len(place.rows()) == 1


async def test_undo_from_the_form_takes_the_recorded_person_back(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with running(place) as desk:
        await desk.open("business:open")
        await record(desk, place, 2)
        assert desk.app.screen.focused is form_of(desk)
        await desk.press("<ctrl+u>")
        assert len(place.rows()) == 1
        await desk.press("<ctrl+r>")
        assert len(place.rows()) == 2
        assert desk.app.screen.focused is form_of(desk)


async def test_many_rows_deleted_come_back_with_one_key(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with running(place) as desk:
        await desk.open("business:open")
        typed = await record(desk, place, 4)
        await select(desk, 0, 2)
        await desk.press("<ctrl+k>y")
        assert [row.typed["name"] for row in place.rows()] == [typed[1]["name"], typed[3]["name"]]
        await desk.press("<ctrl+u>")
        assert [row.typed["name"] for row in place.rows()] == [one["name"] for one in typed]
        assert "已撤销删除 2 条记录" in desk.picture()
        assert desk.status == "", "what was undone is no longer said to be done"


async def test_a_person_is_found_in_the_roster_by_initials(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with running(place) as desk:
        await desk.open("business:open")
        typed = await record(desk, place, 3)
        desk.app.screen.set_focus(grid_of(desk))
        await desk.press("<ctrl+home><ctrl+f>" + typed[2]["id_number"][-6:])
        assert "查找: " in desk.picture() and grid_of(desk).cursor[0] == 2
        await desk.press("\r")
        assert grid_of(desk).cursor[0] == 2 and grid_of(desk).finding is None


@pytest.mark.parametrize("profile", ["baishan"])
async def test_sent_rows_stay_when_the_step_is_undone(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        await record(desk, place, 1)
        place.wire.down = True
        store, head = place.state.rosters(), place.rows()[0]
        from client.store import journal

        with store.database.write() as connection:
            sql = "UPDATE roster_row SET state = 'queued', submission_id = 's' WHERE row_id = ?"
            connection.exec_driver_sql(sql, (head.row_id,))
            sql = "SELECT roster_id FROM roster_row WHERE row_id = ?"
            roster = connection.exec_driver_sql(sql, (head.row_id,)).scalar_one()
            journal.note_sent(connection, roster, "s")
        await desk.press("<ctrl+u>")
        assert "已经提交，不能撤销" in desk.picture()
        assert [row.state for row in place.rows()] == ["queued"]


async def test_a_row_is_called_by_the_number_the_person_sees(make_place: MakePlace) -> None:
    """Sorted from large to small the last row stands first; the row that is not shown says so."""
    place = make_place("shaanxi")
    async with running(place) as desk:
        await desk.open("business:open")
        await record(desk, place, 3)
        model, rows = grid_of(desk).model, place.rows()
        assert isinstance(model, RosterModel)
        assert [model.number_of(row) for row in rows] == ["第1条", "第2条", "第3条"]
        for number, row in enumerate(rows):
            model.service.edit(row.row_id, {"base": str(6000 + number)})
        model.sort("base")
        model.sort("base")
        assert [model.number_of(row) for row in rows] == ["第3条", "第2条", "第1条"]
        twice = model.service.add(rows[0].typed)
        model.follow()
        assert "与第3条是同一人" in model.finding_text(model.position(twice.row_id) or 0, "id_number")
        model.filter_faulty()
        assert [model.number_of(row) for row in (rows[0], twice)] == ["未显示的第1条", "第1条"]
        assert "与未显示的第1条是同一人" in model.finding_text(0, "id_number")
