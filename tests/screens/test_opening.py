"""Entry of registrations and the pending roster, before a real center, in all five profiles."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual import events

from client.store.caches import FormDrafts
from domain.login_form import PROFILE_NAMES
from screens.roster_parts import NoteArea
from tests.screens.conftest import MakePlace
from tests.support.workplace import Desk, Workplace, employ, running
from tui.form import Form
from tui.grid import Grid

ALL = list(PROFILE_NAMES)
BELOW = [name for name in ALL if name != "hangzhou"]


def form_of(desk: Desk) -> Form:
    return desk.app.screen.query_one(Form)


def grid_of(desk: Desk) -> Grid:
    return desk.app.screen.query_one(Grid)


async def record(desk: Desk, place: Workplace, count: int, **cells: str) -> list[dict[str, str]]:
    """Enter people by the form; gives what was typed."""
    typed = [place.typed(someone, **cells) for someone in place.office.people(count)]
    for one in typed:
        await desk.fill(one)
    return typed


@pytest.mark.feature("O-01", profile="all")
@pytest.mark.feature("O-02", profile="all")
@pytest.mark.feature("W-01", profile="all")
@pytest.mark.parametrize("profile", ALL)
async def test_a_person_goes_from_the_form_into_the_roster_on_the_same_screen(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        assert desk.title == place.profile.offered()["open"].title
        assert place.profile.offered()["open"].record_label in desk.key_bar
        assert place.profile.offered()["open"].submit_label in desk.key_bar
        assert place.profile.queue.title in desk.picture()
        typed = (await record(desk, place, 1))[0]
        fixed = {"fund_type": "general"} if profile == "hangzhou" else {}
        assert desk.status == place.profile.offered()["open"].recorded
        row = place.rows()[0]
        assert dict(row.typed) == {key: text for key, text in typed.items() if text} | fixed
        assert (row.checked["total_amount"], row.bad) == ("1920.00", False)
        picture = desk.picture()
        assert row.typed["id_number"] in picture and "总人数 1" in picture and "1,920.00" in picture
        form, grid = form_of(desk).region, grid_of(desk).region
        beside = place.profile.queue.layout == "side"
        assert (grid.x > form.x and grid.y <= form.bottom) if beside else grid.y >= form.bottom
        assert not any(form_of(desk).snapshot()[key] for key in typed)


@pytest.mark.feature("W-09", profile="all")
@pytest.mark.parametrize("profile", ALL)
async def test_amounts_follow_every_key_and_a_unified_ratio_is_not_asked(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        typed = place.typed(place.office.people(1)[0])
        assert "ratio" not in typed
        form_of(desk).focus_field("base")
        seen = []
        for digit in "8000":
            await desk.press(digit)
            seen.append("1920.00" in desk.picture())
        assert seen == [False, False, False, True]
        picture = desk.picture()
        assert picture.count("960.00") == 2
        assert place.rows() == []


@pytest.mark.feature("V-36", profile="shaanxi")
@pytest.mark.parametrize("profile", ALL)
async def test_all_empty_required_fields_are_told_at_once_and_nothing_is_recorded(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        desk.strike("<f6>")
        await desk.see("请改正后再录入")
        picture = desk.picture()
        business = place._business()
        titles = [
            c.title
            for c in business.columns
            if c.required and not c.computed and c.key in business.form_order
        ]
        titles = [title for title in titles if title not in ("缴存比例", "序号")]
        assert all(f"“{title}”不能为空" in picture for title in titles)
        await desk.press("\r")
        assert form_of(desk).current == "name"
        assert place.rows() == []


@pytest.mark.feature("O-11", profile=["hangzhou", "shaanxi"])
@pytest.mark.feature("V-15", profile="hangzhou")
@pytest.mark.parametrize("profile", ["hangzhou", "shaanxi"])
async def test_a_wrong_id_number_keeps_the_cursor_until_it_is_right(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        good = place.typed(place.office.people(1)[0])
        number = good["id_number"]
        last = "1" if number[-1] != "1" else "2"
        await desk.press(f"张三\r{number[:-1]}{last}\r")
        assert form_of(desk).current == "id_number" and "校验" in desk.picture()
        await desk.press(f"{number[:16]}\r")
        assert form_of(desk).current == "id_number" and "15位或18位" in desk.picture()
        await desk.press(f"<f2>{number[-2:]}\r")
        assert form_of(desk).current == "base"


@pytest.mark.feature("O-10", profile="hangzhou")
@pytest.mark.feature("V-16", profile="hangzhou")
async def test_a_name_of_six_han_cannot_be_entered(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        await desk.press("阿里木江买买\r")
        assert form_of(desk).current == "name"
        assert "柜台" in desk.picture()


@pytest.mark.feature("O-12", profile="shaanxi")
@pytest.mark.feature("V-28", profile="shaanxi")
@pytest.mark.parametrize(
    ("number", "said"),
    [("61010219500101001X", "柜台"), ("610102201501010018", "柜台"), ("830000197411206000", "非身份证件")],
)
async def test_ages_and_papers_for_the_counter_are_refused_in_the_form(
    make_place: MakePlace, number: str, said: str
) -> None:
    from domain.idnumber import check_digit

    place = make_place("shaanxi")
    async with running(place) as desk:
        await desk.open("business:open")
        await desk.press(f"张三\r{number[:17]}{check_digit(number[:17])}\r")
        assert form_of(desk).current == "id_number"
        assert said in desk.picture()


@pytest.mark.feature("O-13", profile="hangzhou")
@pytest.mark.feature("V-13", profile="hangzhou")
@pytest.mark.parametrize(("wage", "nearest"), [("1000", "2660.00"), ("99999", "40665.00")])
async def test_a_wage_out_of_range_is_told_with_both_limits_and_set_to_the_nearest(
    make_place: MakePlace, wage: str, nearest: str
) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        typed = place.typed(place.office.people(1)[0])
        form_of(desk).focus_field("base")
        await desk.press(f"{wage}<shift+tab>")
        assert form_of(desk).snapshot()["base"] == nearest
        await desk.press("<f12>")
        await desk.open("business:open")
        form_of(desk).clear_all()
        await desk.fill({**typed, "base": wage})
        told = desk.app.screen.query_one(NoteArea).text
        assert "最低缴存基数 2660.00" in told and "最高缴存基数 40665.00" in told
        assert f"已调整为 {nearest}" in told and "当前最低缴存基数 2660.00" in desk.picture()
        row = place.rows()[0]
        assert (row.typed["base"], row.checked["base"], row.bad) == (wage, nearest, False)


@pytest.mark.feature("O-13", profile="shaanxi")
@pytest.mark.feature("V-06", profile=["baishan", "shanxi"])
@pytest.mark.parametrize("profile", BELOW)
async def test_elsewhere_a_base_out_of_range_is_refused(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        form_of(desk).focus_field("base")
        await desk.press("99999\r")
        assert form_of(desk).current == "base"
        assert "不得超过上下限" in desk.picture()


@pytest.mark.feature("O-14", profile="hangzhou")
@pytest.mark.feature("V-24", profile="hangzhou")
@pytest.mark.parametrize(("ratio", "nearest"), [("3", "5"), ("20", "12")])
async def test_a_ratio_out_of_range_is_set_to_the_nearest(
    make_place: MakePlace, ratio: str, nearest: str
) -> None:
    place = make_place("hangzhou", unified_ratio=False)
    async with running(place) as desk:
        await desk.open("business:open")
        typed = place.typed(place.office.people(1)[0], ratio=ratio)
        assert list(typed) == ["name", "id_number", "base", "ratio"]
        await desk.fill(typed)
        row = place.rows()[0]
        assert (row.checked["ratio"], row.checked["unit_ratio"], row.bad) == (nearest, nearest, False)


@pytest.mark.feature("V-11", profile="hangzhou")
async def test_a_pasted_full_width_wage_is_refused_in_the_centers_words(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        form_of(desk).focus_field("base")
        desk.app.gate.put(events.Paste("８０００"))
        await desk.press("\r")
        assert form_of(desk).current == "base"
        assert "输入的月均工资格式错误" in desk.picture()


@pytest.mark.feature("V-12", profile="hangzhou")
@pytest.mark.parametrize(("wage", "said"), [("8000.123", "小数"), ("0", "零"), ("-5000", "负")])
async def test_a_wage_with_three_decimals_zero_or_negative_cannot_be_entered(
    make_place: MakePlace, wage: str, said: str
) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        form_of(desk).focus_field("base")
        desk.app.gate.put(events.Paste(wage))
        await desk.press("\r")
        assert form_of(desk).current == "base" and said in desk.picture()


@pytest.mark.feature("O-16", profile=["hangzhou", "shaanxi"])
@pytest.mark.feature("V-18", profile="hangzhou")
@pytest.mark.parametrize("profile", ALL)
async def test_the_same_person_is_not_recorded_twice(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        typed = (await record(desk, place, 1))[0]
        await desk.fill(typed)
        assert "存在相同的记录" in desk.picture()
        assert len(place.rows()) == 1
        assert form_of(desk).snapshot()["name"] == typed["name"]


@pytest.mark.feature("O-15", profile=["hangzhou", "shaanxi"])
@pytest.mark.feature("V-17", profile="hangzhou")
@pytest.mark.parametrize("profile", ["hangzhou", "shaanxi"])
async def test_an_account_elsewhere_is_found_in_the_background_and_blocks_the_submission(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile)
    known = place.office.people(1)[0]
    employ(place.center, known)
    async with running(place) as desk:
        await desk.open("business:open")
        await desk.fill(place.typed(known))
        await desk.until(lambda: place.rows()[0].bad, "the center's finding")
        await desk.until(lambda: "存在正常缴存账户" in desk.status, "its sentence")
        assert [known.id_number in line for line in desk.marked("!")] == [True]
        await desk.press("<f10>")
        assert "有错误" in desk.status
        assert place.wire.sent("PUT") == []


async def test_typing_goes_on_while_the_center_checks(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    known = place.office.people(1)[0]
    employ(place.center, known)
    async with running(place) as desk:
        await desk.open("business:open")
        place.wire.slow.clear()
        await desk.fill(place.typed(known))
        await desk.press("李四\r")
        assert form_of(desk).snapshot()["name"] == "李四"
        assert not place.rows()[0].bad
        place.wire.slow.set()
        await desk.until(lambda: place.rows()[0].bad, "the center's finding")
        assert form_of(desk).snapshot()["name"] == "李四"


async def test_without_a_connection_rows_are_recorded_all_the_same(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with running(place) as desk:
        await desk.open("business:open")
        place.wire.down = True
        await record(desk, place, 2)
        assert [row.bad for row in place.rows()] == [False, False]


@pytest.mark.feature("W-02", profile="hangzhou")
async def test_clearing_empties_the_form_alone(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        await record(desk, place, 1)
        await desk.press("王五\r1234<ctrl+w>")
        shown = form_of(desk).snapshot()
        assert (shown["name"], shown["id_number"]) == ("", "")
        assert len(place.rows()) == 1 and place.wire.sent("PUT") == []


@pytest.mark.feature("W-05", profile="hangzhou")
async def test_a_unit_with_one_fund_type_has_it_locked_one_with_two_chooses(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        assert "一般公积金" in desk.picture() and form_of(desk).current == "name"
        await record(desk, place, 1)
        assert place.rows()[0].typed["fund_type"] == "general"
        await desk.press("<f12>")
        assert place.state.context is not None
        both = [code for code, _ in _fund_types()][:2]
        place.state.session().context = place.state.context.model_copy(update={"fund_types": both})
        await desk.open("business:open")
        assert form_of(desk).current == "fund_type"
        await desk.press("<f4>")
        assert "查找" in desk.picture()
        await desk.press("<down>\r")
        assert form_of(desk).snapshot()["fund_type"] == both[1]


def _fund_types() -> Any:
    from domain.codes import table

    return table("fund_type").items()


@pytest.mark.parametrize("profile", ["baishan", "hangzhou"])
async def test_what_is_half_typed_is_there_again_after_a_kill(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    drafts = FormDrafts(place.state.database(), place.state.scope())
    async with running(place) as desk:
        await desk.open("business:open")
        await record(desk, place, 1)
        await desk.press("赵六\r2201")
        await asyncio.sleep(0.6)
        await desk.until(lambda: drafts.load("open single").get("id_number") == "2201", "the draft")
    place.again()
    async with running(place) as desk:
        await desk.open("business:open")
        shown = form_of(desk).snapshot()
        assert (shown["name"], shown["id_number"]) == ("赵六", "2201")
        assert "已恢复" in desk.status and len(place.rows()) == 1


async def test_a_closed_terminal_loses_nothing(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with running(place) as desk:
        screen = await desk.open("business:open")
        desk.strike("钱七\r22")
        screen.closing()
        drafts = FormDrafts(place.state.database(), place.state.scope())
        assert drafts.load("open single") == {"name": "钱七", "id_number": "22"}


async def select(desk: Desk, *rows: int) -> None:
    desk.app.screen.set_focus(grid_of(desk))
    for row in rows:
        grid_of(desk).goto(row)
        await desk.press(" ")


@pytest.mark.feature("W-04", profile="all")
@pytest.mark.feature("O-04", profile="all")
@pytest.mark.parametrize("profile", ALL)
async def test_the_current_row_or_the_ticked_ones_are_deleted(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        typed = await record(desk, place, 3)
        desk.app.screen.set_focus(grid_of(desk))
        await desk.press("<ctrl+home><ctrl+k>")
        if place.profile.queue.delete_ticked:
            assert "请先按空格勾选" in desk.status and len(place.rows()) == 3
            await desk.press(" <ctrl+k>")
        if place.profile.queue.delete_confirm:
            assert "当前的第 1 条" in desk.picture()
            await desk.press("n")
            assert len(place.rows()) == 3
            await desk.press("<ctrl+k>y")
        assert [row.typed["name"] for row in place.rows()] == [one["name"] for one in typed[1:]]
        await desk.press("<ctrl+u>")
        assert [row.typed["name"] for row in place.rows()] == [one["name"] for one in typed]
        if place.profile.queue.delete_ticked:
            await select(desk, 0)  # it has come back ticked
        await select(desk, 1)
        await desk.press("<ctrl+k>")
        if place.profile.queue.delete_confirm:
            assert "确认吗" in desk.picture()
            await desk.press("n")
            assert len(place.rows()) == 3
            await desk.press("<ctrl+k>y")
        left = [row.typed["name"] for row in place.rows()]
        assert left == [typed[0]["name"], typed[2]["name"]]


@pytest.mark.feature("V-25", profile="hangzhou")
@pytest.mark.parametrize("profile", ["hangzhou", "shaanxi"])
async def test_several_but_not_all_cannot_be_deleted(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        await record(desk, place, 3)
        await select(desk, 0, 1)
        await desk.press("<ctrl+k>")
        assert "操作无效" in desk.status and len(place.rows()) == 3
        await desk.press("<ctrl+x><ctrl+k>y")
        assert place.rows() == []


@pytest.mark.feature("O-04", profile="shaanxi")
@pytest.mark.parametrize("profile", ALL)
async def test_rows_are_modified_in_place_only_where_the_center_does_so(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        await record(desk, place, 1)
        desk.app.screen.set_focus(grid_of(desk))
        grid_of(desk).goto(0, "base")
        await desk.press("9000\r")
        row = place.rows()[0]
        if profile == "shaanxi":
            assert (row.typed["base"], row.checked["total_amount"]) == ("9000", "2160.00")
        else:
            assert row.checked["base"] == "8000.00"


@pytest.mark.feature("W-03", profile="hangzhou")
async def test_the_queue_is_read_and_checked_again_with_the_centers_present_facts(
    make_place: MakePlace,
) -> None:
    from sqlalchemy import update

    from center.store.tables import unit as unit_table

    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        await record(desk, place, 2)
        assert "查询待确认记录" in desk.key_bar
        await desk.until(lambda: len(place.wire.sent("POST", "checks")) == 2, "the background checks")
        await asyncio.sleep(0.3)
        with place.center.store.write() as conn:
            conn.execute(update(unit_table).values(ratios="[[1000,1000]]"))
        await desk.press("<f10>")
        assert "3,840.00" in desk.picture()
        await desk.press("n")
        assert "查询待确认记录" in desk.status
        await desk.press("<f5>")
        assert "总人数 2，总月缴存额 3,200.00 元" in desk.status
        await desk.press("<f10>")
        assert "3,200.00" in desk.picture()


async def test_the_check_goes_from_error_to_error(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    async with running(place) as desk:
        await desk.open("business:open")
        await record(desk, place, 3)
        await desk.press("<f8>")
        assert "没有错误" in desk.status
        desk.app.screen.set_focus(grid_of(desk))
        for row, column in ((0, "base"), (2, "mobile")):
            grid_of(desk).goto(row, column)
            await desk.press("1\r")
        await desk.press("<f8>")
        assert "2 条记录有错误" in desk.status
        first = grid_of(desk).cursor
        await desk.press("<f8>")
        assert {first, grid_of(desk).cursor} == {(0, "base"), (2, "mobile")}


async def test_names_that_hold_escapes_are_never_drawn_as_such(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with running(place) as desk:
        await desk.open("business:open")
        desk.app.gate.put(events.Paste("张\x1b]0;x\x07三"))
        await desk.press("\r")
        assert "\x1b" not in desk.picture()
        assert place.rows() == []


@pytest.mark.parametrize("profile", ALL)
async def test_the_way_back_always_stands_in_the_key_bar_of_80_columns(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        for name in ("business:open", "query:open", *(("batch:open",) if profile == "hangzhou" else ())):
            screen = await desk.open(name)
            for widget in (*screen.query(Form), *screen.query(Grid)):
                screen.set_focus(widget)
                await desk.settle()
                assert "F12返回" in desk.picture().splitlines()[-1], (name, widget)
            await desk.press("<f12>")


@pytest.mark.parametrize("profile", ALL)
async def test_one_burst_of_keys_records_everybody_in_order(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    typed = [place.typed(someone) for someone in place.office.people(5)]
    async with running(place) as desk:
        await desk.open("business:open")
        await desk.press("".join(f"{text}\r" for one in typed for text in one.values()))
        assert [row.typed["id_number"] for row in place.rows()] == [one["id_number"] for one in typed]
        assert not any(row.bad for row in place.rows())
