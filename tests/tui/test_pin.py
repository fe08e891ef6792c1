from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from textual import constants
from textual.message import Message
from textual.pilot import Pilot

from tests.tui.entry_models import Bench, Stage, Values, picture, settle, strike
from tui.form import Form
from tui.form_model import FormField
from tui.pin import PinField, wipe

PIN = "739104"


@asynccontextmanager
async def bench(**options: Any) -> AsyncIterator[tuple[Bench, PinField, list[bytearray], Pilot[int]]]:
    handed: list[bytearray] = []
    field = PinField(handed.append, minimum=4, maximum=8, **options)
    form = Form(Values((FormField("a", "甲"),)))
    app = Bench(Stage(field, form))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        yield app, field, handed, pilot


async def test_the_pin_is_handed_over_once_and_the_field_is_empty() -> None:
    async with bench() as (app, field, handed, _):
        strike(app, f"{PIN}<enter>")
        assert handed == [bytearray(PIN.encode())]
        assert field.empty
        strike(app, "<enter>")
        assert len(handed) == 1
        assert app.bells == 1


async def test_only_stars_are_drawn() -> None:
    async with bench() as (app, field, _, __):
        strike(app, PIN)
        line = picture(field)[0]
        assert "UKey 密码: [******" in line
        assert not any(digit in line for digit in PIN)
        assert PIN not in repr(field) and PIN not in str(vars(field))
        assert field.caret() == (18, 0)


async def test_erasing_and_clearing() -> None:
    async with bench() as (app, field, handed, _):
        strike(app, "12x<bs>34<enter>")
        assert handed == [bytearray(b"1234")]
        strike(app, "99<esc>5678<enter>")
        assert handed[1] == bytearray(b"5678")
        strike(app, "99<del><bs>")
        assert app.bells == 1


async def test_too_short_too_long_and_not_ascii() -> None:
    async with bench() as (app, field, handed, _):
        strike(app, "123<enter>")
        assert handed == []
        assert field.empty
        assert "密码为 4 至 8 位" in picture(field)[0]
        strike(app, "123456789张 ")
        assert app.bells == 4
        strike(app, "<enter>")
        assert handed == [bytearray(b"12345678")]


async def test_nothing_is_pasted() -> None:
    async with bench() as (app, field, _, __):
        field.process_paste(PIN)
        assert field.empty
        assert app.bells == 1


async def test_leaving_and_going_back_wipe() -> None:
    async with bench() as (app, field, _, pilot):
        strike(app, PIN)
        app.stage.focus_key(app.stage.query_one(Form))
        await settle(pilot)
        assert field.empty
        app.stage.focus_key(field)
        strike(app, f"{PIN}<f12>")
        assert field.empty
        await settle(pilot)
        assert app.stage.requests == [("back", {})]


async def test_an_idle_minute_wipes() -> None:
    async with bench(idle_seconds=0.05) as (app, field, _, pilot):
        strike(app, PIN)
        await pilot.pause(0.3)
        assert field.empty
        assert "已清除" in picture(field)[0]


def test_wiping_empties() -> None:
    value = bytearray(PIN.encode())
    wipe(value)
    assert value == bytearray()


async def test_a_failing_receiver_leaves_no_pin_in_the_traceback() -> None:
    kept: list[bytearray] = []

    def fail(pin: bytearray) -> None:
        kept.append(pin)
        raise RuntimeError("failed")

    field = PinField(fail, minimum=4, maximum=8)
    app = Bench(Stage(field))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        strike(app, PIN)
        with pytest.raises(RuntimeError) as caught:
            strike(app, "<enter>")
        frame = caught.tb.tb_next
        while frame is not None:
            assert PIN not in str(list(frame.tb_frame.f_locals.values()))
            frame = frame.tb_next
        assert kept == [bytearray()]


async def test_no_message_log_or_output_holds_the_pin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "textual.log"
    monkeypatch.setattr(constants, "LOG_FILE", str(log))
    seen: list[Message] = []
    output = io.StringIO()
    handed: list[bytearray] = []
    field = PinField(handed.append, minimum=4, maximum=8)
    app = Bench(Stage(field))
    with redirect_stdout(output), redirect_stderr(output):
        async with app.run_test(size=(80, 24), message_hook=seen.append) as pilot:
            await settle(pilot)
            for char in PIN:
                strike(app, char)
                await settle(pilot)
            text = "".join(repr(message) + str(vars(type(message)).keys()) for message in seen)
            strike(app, "<enter>")
            await settle(pilot)
    written = log.read_text(encoding="utf-8")
    assert "Mount" in written
    for source in (written, text, output.getvalue()):
        assert PIN not in source
    for char in PIN:
        assert f"key='{char}'" not in written and f"character='{char}'" not in written


async def test_struck_keys_are_not_remembered() -> None:
    async with bench() as (app, field, _, __):
        strike(app, PIN)
        assert field._struck == ""
        assert all(PIN not in str(value) for value in vars(field).values())
