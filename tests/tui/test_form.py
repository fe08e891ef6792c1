from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from tests.tui.entry_models import Bench, Stage, Values, picture, settle, strike, typing_over
from tui.form import Form
from tui.form_model import FormField
from tui.grid_model import CellResult
from tui.keys import ActionRequested
from tui.picklist import answer_prompt

ID_TYPES = (("01", "身份证"), ("02", "军官证"), ("03", "护照"))
FIELDS = (
    FormField("name", "姓名", "text", 20, required=True),
    FormField(
        "id_type", "证件类型", "code", 14, choices=(("01", "身份证"), ("02", "军官证"), ("03", "护照"))
    ),
    FormField("id_number", "证件号码", "id", 18, required=True),
    FormField("base", "缴存基数", "money", 12),
    FormField("deposit", "月缴存额", "money", 12, readonly=True),
    FormField("sync", "更新本地数据", "check"),
    FormField("mobile", "手机号码", "mobile", 11),
)


@asynccontextmanager
async def bench(
    fields: Sequence[FormField] = FIELDS,
    values: Mapping[str, str] | None = None,
    *,
    columns: int = 1,
    size: tuple[int, int] = (100, 24),
) -> AsyncIterator[tuple[Bench, Form, Values, Pilot[int]]]:
    model = Values(fields, values)
    form = Form(model, columns=columns)
    app = Bench(Stage(form))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield app, form, model, pilot


async def test_a_whole_form_in_one_burst_and_the_keys_behind_it_wait() -> None:
    async with bench() as (app, form, model, pilot):
        strike(app, "张三<enter>sfz<enter>11010519491231002.<enter>8000<enter> <enter>13800000000<enter>李四")
        assert form.snapshot()["mobile"] == "13800000000"
        await settle(pilot)
        action, payload = app.stage.requests[0]
        assert action == "record"
        assert payload["values"] == {
            "name": "张三",
            "id_type": "01",
            "id_number": "11010519491231002X",
            "base": "8000",
            "deposit": "1920.00",
            "sync": "1",
            "mobile": "13800000000",
        }
        assert form.snapshot()["mobile"] == "李四"
        assert app.bells == 0


async def test_computed_fields_follow_the_typing() -> None:
    async with bench() as (app, form, model, _):
        form.focus_field("base")
        strike(app, "9000")
        assert "2160.00" not in "".join(picture(form)), "three numbers for every digit are too many bytes"
        await typing_over(form)
        assert "2160.00" in "".join(picture(form))
        assert model.commits == []
        strike(app, "<esc>")
        assert "2160.00" not in "".join(picture(form))


async def test_a_refused_field_keeps_cursor_and_text_and_is_marked() -> None:
    async with bench() as (app, form, _, pilot):
        strike(app, "<enter>")
        assert form.current == "name"
        assert app.bells == 1
        lines = picture(form)
        assert lines[0].startswith("! 姓名")
        assert lines[-1].startswith("! 姓名未填写，请填写。")
        strike(app, "张<enter>")
        assert form.current == "id_type"
        assert picture(form)[0].startswith("* 姓名")


async def test_a_refused_value_is_replaced_by_typing_and_mended_by_a_caret_key() -> None:
    async with bench() as (app, form, _, pilot):
        strike(app, "张三<enter>")
        strike(app, "xyz<enter>")
        assert (form.current, form.snapshot()["id_type"]) == ("id_type", "xyz")
        strike(app, "y")
        assert form.snapshot()["id_type"] == "y"
        strike(app, "<enter><end>z")
        assert form.snapshot()["id_type"] == "yz"
        await settle(pilot)


async def test_moving_back_is_never_held_and_completing_finds_the_fault() -> None:
    async with bench() as (app, form, model, pilot):
        model.refuse = lambda key, text: CellResult(False, "号码有误。") if text == "1" else None
        strike(app, "张<enter><enter>1<enter>")
        assert form.current == "id_number"
        strike(app, "<up><up>")
        assert form.current == "name"
        assert form.snapshot()["id_number"] == "1"
        form.focus_field("mobile")
        strike(app, "13800000000<enter>")
        assert form.current == "id_number"
        await settle(pilot)
        assert app.stage.requests == []


async def test_choices_by_code_label_and_initials_and_the_refusal_of_others() -> None:
    async with bench() as (app, form, model, _):
        for typed, code in (("02", "02"), ("护照", "03"), ("jgz", "02"), ("1", "1")):
            form.focus_field("id_type")
            strike(app, f"{typed}<enter>")
            expected = code if code != "1" else "02"
            assert model.held["id_type"] == expected
        assert form.current == "id_type"
        assert "没有相符的选项" in picture(form)[-1]


async def test_a_chosen_code_is_shown_with_its_label_and_replaced_by_typing() -> None:
    async with bench(values={"id_type": "01"}) as (app, form, model, _):
        assert "[01 身份证" in picture(form)[1]
        form.focus_field("id_type")
        strike(app, "<enter>")
        assert model.held["id_type"] == "01"
        form.focus_field("id_type")
        strike(app, "03<enter>")
        assert model.held["id_type"] == "03"


async def test_f4_offers_the_choices_and_keys_behind_it_go_to_the_list() -> None:
    async with bench() as (app, form, model, pilot):

        async def serve(request: ActionRequested) -> None:
            assert await answer_prompt(app.stage, request)

        app.stage.on_request = serve
        form.focus_field("id_type")
        strike(app, "<f4><down><enter>110")
        for _ in range(6):
            await settle(pilot)
        assert model.held["id_type"] == "02"
        assert form.current == "id_number"
        assert form.snapshot()["id_number"] == "110"


async def test_typing_replaces_an_old_value_and_a_caret_move_keeps_it() -> None:
    async with bench(values={"name": "张三"}) as (app, form, _, __):
        strike(app, "李")
        assert form.snapshot()["name"] == "李"
        strike(app, "<esc><end>丰")
        assert form.snapshot()["name"] == "张三丰"


async def test_a_password_is_stars_everywhere_but_in_the_record() -> None:
    fields = (FormField("user", "登录名", "text", 12), FormField("password", "密码", "password", 12))
    async with bench(fields) as (app, form, _, pilot):
        strike(app, "u1<enter>geheim")
        assert "geheim" not in "".join(picture(form))
        assert "[******" in picture(form)[1]
        assert "password" not in form.snapshot()
        assert "geheim" not in repr(form)
        strike(app, "<f10>")
        await settle(pilot)
        assert app.stage.requests == [("submit", {"user": "u1"})]
        strike(app, "<enter>")
        await settle(pilot)
        assert app.stage.requests[1][1]["values"]["password"] == "geheim"
        assert "geheim" not in repr(ActionRequested("record", {"values": {"password": "geheim"}}))


async def test_clearing_empties_the_form_and_goes_to_its_first_field() -> None:
    async with bench(values={"name": "张三", "base": "8000"}) as (app, form, model, _):
        form.focus_field("base")
        form.clear_all()
        assert form.current == "name"
        assert set(form.snapshot().values()) <= {""}


async def test_loaded_values_are_entered_and_refused_ones_marked() -> None:
    async with bench() as (app, form, model, _):
        model.refuse = lambda key, text: CellResult(False, "有误。") if text == "bad" else None
        form.load({"name": "王五", "base": "5000", "id_number": "bad", "deposit": "9"})
        assert model.held["name"] == "王五"
        snapshot = form.snapshot()
        assert (snapshot["base"], snapshot["id_number"], snapshot["deposit"]) == ("5000", "bad", "1200.00")
        assert picture(form)[2].startswith("! 证件号码")


async def test_two_columns_when_they_fit_one_when_not() -> None:
    async with bench(columns=2, size=(100, 24)) as (app, form, _, __):
        lines = picture(form)
        assert "姓名" in lines[0] and "证件类型" in lines[0]
        strike(app, "张<down>")
        assert form.current == "id_number"
        strike(app, "1<tab>")
        assert form.current == "base"
        strike(app, "<up>")
        assert form.current == "id_type"
    async with bench(columns=2, size=(80, 24)) as (_, form, model, __):
        model.notes["base"] = "不低于 2690.00 元、不高于 38100.00 元，超出时按限额"
        form.rebuild()
        lines = picture(form)
        assert "证件类型" not in lines[0]
        assert "不低于 2690.00 元" in lines[3]


async def test_every_line_is_exactly_as_wide_as_the_form() -> None:
    for width in (80, 81, 100, 132):
        async with bench(columns=2, size=(width, 24)) as (app, form, _, __):
            strike(app, "张三李四王五赵六陈七周八吴九郑十")
            for y in range(form.size.height):
                assert form.render_line(y).cell_length == form.size.width


async def test_the_caret_is_where_the_next_character_will_stand() -> None:
    async with bench() as (app, form, _, __):
        caret = form.caret()
        assert caret is not None
        strike(app, "张")
        assert form.caret() == (caret[0] + 2, 0)
        line = form.render_line(0)
        assert line.crop(caret[0], caret[0] + 2).text == "张"


async def test_full_width_digits_in_amounts_are_changed_and_said() -> None:
    async with bench() as (app, form, _, __):
        strike(app, "Ａ")
        assert form.snapshot()["name"] == "Ａ"
        form.focus_field("base")
        strike(app, "８０")
        assert form.snapshot()["base"] == "80"
        assert "全角字符已改为半角" in picture(form)[-1]


async def test_a_paste_of_lines_is_refused_and_of_one_line_taken_verbatim() -> None:
    async with bench() as (app, form, _, __):
        form.process_paste("张三\r李四")
        assert (form.snapshot()["name"], app.bells) == ("", 1)
        form.process_paste("张三\r")
        assert form.snapshot()["name"] == "张三"


async def test_pasted_rows_go_to_a_screen_that_takes_them() -> None:
    async with bench() as (app, form, _, pilot):
        app.stage.extra = frozenset({"paste"})
        strike(app, "张")
        form.process_paste("李四\t1\r王五\t2\r")
        strike(app, "三")
        assert form.snapshot()["name"] == "张"
        await settle(pilot)
        assert app.stage.requests == [("paste", {"text": "李四\t1\r王五\t2\r"})]
        assert (form.snapshot()["name"], app.bells) == ("张三", 0)


async def test_the_edges_are_offered_to_the_screen_else_beep() -> None:
    async with bench() as (app, _, __, ___):
        strike(app, "<up>")
        assert app.bells == 1


@pytest.mark.parametrize("typed", ["\x1b[31m", "\u202e", "[red]"])
async def test_hostile_values_are_drawn_as_tokens(typed: str) -> None:
    async with bench(values={"name": typed, "deposit": typed}) as (_, form, __, ___):
        form.focus_field("base")
        text = "".join(picture(form))
        assert "\x1b" not in text and "\u202e" not in text


async def test_a_star_repeats_what_was_recorded_last_but_in_a_text_it_is_typed() -> None:
    async with bench() as (app, form, model, pilot):
        strike(app, "*<dup>")
        assert (form.snapshot()["name"], app.bells) == ("*", 1), "nothing was recorded yet"
        strike(app, "<bs>张三<enter>01<enter>11010519491231002.<enter>8000<enter><enter><enter>")
        await settle(pilot)
        form.clear_all()
        strike(app, "李*四<enter>*22010519491231002X<enter>*")
        assert form.current == "sync"
        held = form.snapshot()
        assert (held["name"], held["id_type"], held["base"]) == ("李*四", "01", "8000")
        assert held["id_number"] == "22010519491231002X"
        strike(app, "<enter>*")
        assert (form.current, form.snapshot()["mobile"], app.bells) == ("mobile", "", 2)
