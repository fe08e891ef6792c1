"""While the center does not answer, has ended the login, or tells news: what stands on the screen is true."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from client.outbox import OutboxEvent
from domain.wire import InboxItem, InboxPoll, Receipt
from screens.receipt import ReceiptScreen
from screens.state import StateEvent
from tests.screens.conftest import MakePlace
from tests.screens.front import UNIT, at_login, front_of
from tests.screens.test_cases import clerk_of
from tests.screens.test_submit import fill
from tests.support.filing import Office
from tests.support.workplace import decide, running
from tui.grid import Grid


def item(title: str) -> InboxItem:
    return InboxItem.model_validate(
        {
            "item_id": 1,
            "rev": 1,
            "tab": "messages",
            "title": title,
            "body": "内容",
            "time": "2026-11-23",
            "channel": "中心",
            "state": "",
        }
    )


async def test_f12_stops_waiting_for_a_center_that_does_not_answer(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with running(place) as desk:
        await desk.open("unit_info")
        place.wire.slow.clear()
        desk.strike("<f5>")
        await desk.see("F12 停止")
        await desk.press("<f12>")
        assert "已停止等待" in desk.status and desk.title == "单位基本信息"
        place.wire.slow.set()


async def test_f12_stops_the_refreshing_of_the_home_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with front_of(tmp_path, "baishan") as front:
        front.people(UNIT)
        front.demo_key(UNIT)
        async with at_login(front) as desk:
            await desk.log_in()
            held = threading.Event()
            monkeypatch.setattr(desk.app.state.session(), "refresh_context", lambda: held.wait(20))
            desk.strike("<f5>")
            await desk.see("正在刷新")
            await desk.press("<f12>")
            assert "已停止等待" in desk.status and "收件箱" in desk.picture()
            held.set()


@pytest.mark.parametrize("key", ["<f8>", "<f5>"])
async def test_a_check_says_why_the_center_did_not_do_it(make_place: MakePlace, key: str) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 1)
        place.wire.down = True
        await desk.press("<f8>")
        assert "中心连不上" in desk.status
        place.wire.down = False
        client = place.state.client()
        client.identify(None)
        await desk.press(key)
        assert "中心连不上" not in desk.status and "登录已失效" in desk.status
        assert place.state.expired
        place.state.expired = False


async def test_the_receipts_number_stays_until_the_next_key(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    receipt = place.office.file(place.office.rows(1))
    event = OutboxEvent("accepted", "x", "已受理。", Receipt.model_validate(receipt))
    async with running(place) as desk:
        await desk.open("query:open")
        desk.app._from_thread(StateEvent("outbox", sent=event))
        await desk.until(lambda: "业务流水号" in desk.status, "the number")
        poll = InboxPoll.model_validate(
            {"rev": 2, "items": [item("新").model_dump()], "counts": {}, "jobs": []}
        )
        desk.app._from_thread(StateEvent("inbox", poll=poll))
        await desk.settle()
        assert str(receipt["serial"]) in desk.status
        await desk.press("<shift+tab>")
        assert "中心有新的处理结果" in desk.status


async def test_details_never_stand_under_older_counts(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    place.office.file(place.office.rows(3))
    async with running(place) as desk:
        await desk.open("query:open")
        top, people = desk.app.screen.query(Grid).results(Grid)
        decide(place, {2: "姓名与证件不符"})
        top.goto(0, "ok")
        await desk.press("\r")
        [row] = top._model.window(0, 1)
        counts = {column.key: cell for column, cell in zip(top._model.columns, row.cells, strict=False)}
        assert people._model.count() == int(counts["ok"]) == 2 and counts["failed"] == "1"


async def test_several_digits_run_in_row_order_and_a_failure_is_named(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    for _ in range(2):
        place.office.file(place.office.rows(1))
    async with running(place) as desk:
        await desk.open("query:open")
        top = desk.app.screen.query(Grid).first(Grid)
        await desk.press("5<down>5<down>9")
        assert "没有选项 9" in desk.picture()
        assert [digit for _, digit in top.chosen_options] == ["5", "5"]
        await desk.press("\r")
        await desk.see("按回车看下一笔")
        await desk.press("\r")
        assert desk.status == "已执行 2 行。" and top.chosen_options == []
        desk.app.screen.set_focus(top)
        await desk.press("<up>5<down>5")
        place.wire.down = True
        await desk.press("\r")
        await desk.see("其余 1 行没有执行")
        await desk.press("\r")
        assert "连不上中心" in desk.status


async def test_rows_of_a_roster_are_deleted_by_their_digit(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 3)
        names = [row.typed["name"] for row in place.rows()]
        await desk.press("<shift+tab><up>4\r")
        if "确认吗" in desk.picture():
            await desk.press("y")
        assert [row.typed["name"] for row in place.rows()] == [names[0], names[2]]


async def test_a_clerk_runs_digits_beside_cases(tmp_path: Path) -> None:
    with front_of(tmp_path, "hangzhou") as front:
        front.clerk()
        office = Office(front.center)
        for _ in range(2):
            office.file(office.rows(1))
        async with clerk_of(front) as desk:
            await desk.press("8<down>1\r")
            await desk.see("提交")
            assert "流程" in desk.picture()
            await desk.press("\r")
            await desk.see("审核")
            await desk.see("F9整批不通过")
            await desk.press("<f12>")
            await desk.see("待处理(1)")


async def test_a_receipt_that_was_left_says_nothing_on_another_screen(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    receipt = Receipt.model_validate(place.office.file(place.office.rows(1)))
    async with running(place) as desk:
        left = await desk.open("receipt", receipt=receipt)
        assert isinstance(left, ReceiptScreen)
        await desk.see(receipt.serial)
        await desk.press("<f12>")
        await desk.until(lambda: not left.on_top)
        before = desk.status
        await left._refresh()
        assert left._receipt is not None and left._receipt is not receipt, "it was asked"
        assert desk.status == before
