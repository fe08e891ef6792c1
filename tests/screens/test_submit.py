"""From the roster to the receipt, and what may come between, before a real center."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from client.store.outbox_store import OutboxStore
from domain.login_form import PROFILE_NAMES
from tests.screens.conftest import MakePlace
from tests.support.filing import PDF
from tests.support.workplace import PIN, Desk, Workplace, decide, employ, running
from tui.grid import Grid
from ukey.signer import KeyRemoved

SIMPLE = ["lyszfgjj", "hangzhou", "shaanxi", "shanxi"]
ALL = list(PROFILE_NAMES)


async def fill(desk: Desk, place: Workplace, count: int) -> list[dict[str, str]]:
    """People in the roster by the form; their dry run has come back."""
    typed = [place.typed(someone) for someone in place.office.people(count)]
    for one in typed:
        await desk.fill(one)
    return typed


async def ask(desk: Desk, place: Workplace) -> None:
    """F10 up to the totals; all rows are ticked where that is needed."""
    await desk.press("<f10>")
    if "全部勾选" in desk.picture():
        await desk.press("y")
    await desk.see("总人数：")


async def confirm(desk: Desk, place: Workplace) -> None:
    """F10, yes, and the attachment where the center wants one, up to the PIN or the receipt."""
    await ask(desk, place)
    await desk.press("y")
    if place.profile.offered()["open"].attachments:
        place.deliver("名册.pdf", PDF)
        await desk.press("<f6>1\r")
        await desk.press("<f10>")


@pytest.mark.feature("O-05", profile="all")
@pytest.mark.feature("Q-18", profile="all")
@pytest.mark.parametrize("profile", ALL)
async def test_a_roster_becomes_a_receipt(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 2)
        await ask(desk, place)
        picture = desk.picture()
        assert "总人数：2 人" in picture and "总月缴存额：3,840.00 元" in picture
        assert place.profile.offered()["open"].submit_label in picture
        yes, no = ("是", "否") if place.profile.offered()["open"].confirm == "yes_no" else ("确定", "取消")
        assert f"Y {yes}" in picture and f"N {no}" in picture
        await desk.press("n")
        assert place.wire.sent("PUT") == [] and "没有提交" in desk.status
        await confirm(desk, place)
        await desk.see("业务流水号")
        picture = desk.picture()
        [batch] = place.office.unit_get("/submissions", **{"from": "2026-11-01", "to": "2026-11-30"})[
            "batches"
        ]
        assert batch["serial"] in picture and "3,840.00 元" in picture and "2 人" in picture
        body = place.wire.sent("PUT", "submissions")[0].content
        from domain.canonical import sha256_hex

        assert sha256_hex(body) in picture.replace("\n", "").replace(" ", "")
        assert place.rows() == []
        states = {"immediate": "办结", "staff_review": "待确认", "async": ("处理中", "办结")}
        said = states[place.profile.offered()["open"].workflow]
        assert any(word in picture for word in ([said] if isinstance(said, str) else said))


@pytest.mark.feature("O-08", profile="hangzhou")
async def test_the_key_that_asked_does_not_confirm(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 1)
        await desk.press("<f10><f10><f10>")
        assert "总人数：1 人" in desk.picture() and "N 否" in desk.picture()
        assert place.wire.sent("PUT") == []


@pytest.mark.feature("O-06", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shanxi"])
async def test_the_push_message_arrives_without_a_key(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 1)
        await confirm(desk, place)
        await desk.see("业务流水号")
        cache = place.state.inbox_cache
        assert cache is not None
        await desk.until(lambda: cache.items("messages"), "the push message")
        text = cache.items("messages")[0].title + cache.items("messages")[0].body
        assert place.profile.offered()["open"].done.format(unit="示例单位100001", ok=1, failed=0) in text


@pytest.mark.feature("W-08", profile="hangzhou")
@pytest.mark.feature("N-06", profile="hangzhou")
async def test_rows_on_their_way_cannot_be_changed_deleted_or_sent_again(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 2)
        place.wire.down = True
        await confirm(desk, place)
        await desk.until(lambda: "发件箱" in desk.status, "the outbox")
        assert "中心暂时连不上，已保存在发件箱，恢复后自动发送" in desk.status
        assert [row.state for row in place.rows()] == ["queued", "queued"]
        assert "未发1" in desk.picture()
        desk.app.screen.set_focus(desk.app.screen.query_one(Grid))
        await desk.press("<ctrl+x><ctrl+k>")
        assert len(place.rows()) == 2
        await desk.press("<f10>")
        assert "没有可以提交" in desk.status
        place.wire.down = False
        outbox = place.state.outbox
        assert outbox is not None
        outbox.wake()
        await desk.until(lambda: place.rows() == [], "the rows to leave")
        await desk.until(lambda: "业务流水号" in desk.status, "the answer")
        assert len(place.office.unit_get("/submissions", month=202612)["batches"]) == 1


@pytest.mark.feature("O-17", profile="hangzhou")
async def test_the_receipt_says_that_other_business_has_to_wait_a_working_day(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 1)
        await ask(desk, place)
        await desk.press("y")
        await desk.see("业务流水号")
        picture = desk.picture().replace("\n", "").replace(" ", "")
        assert "才能为该职工办理补缴、减少等其他业务" in picture and "1个工作日" in picture


async def test_a_submission_goes_on_in_the_background(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    async with running(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 1)
        await desk.until(lambda: place.wire.sent("POST", "checks"), "the dry run")
        await asyncio.sleep(0.3)
        place.wire.slow.clear()
        await ask(desk, place)
        desk.strike("y")
        await desk.until(lambda: place.wire.sent("PUT"), "the bytes to leave")
        desk.strike("<f12>")
        await desk.until(lambda: "后台" in desk.status, "the sentence")
        await desk.press("赵六\r")
        place.wire.slow.set()
        await desk.until(lambda: "业务流水号" in desk.status, "the answer")
        assert place.rows() == []


async def test_a_locked_key_asks_for_its_pin_and_a_wrong_one_is_told(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    assert place.key is not None
    async with running(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 1)
        place.key.lock()
        await ask(desk, place)
        await desk.press("y")
        await desk.see("UKey PIN")
        assert "提交 1 人" in desk.picture()
        await desk.press("111111\r")
        await desk.see("2")
        assert "UKey PIN" in desk.picture() and "111111" not in desk.picture()
        await desk.press("<f12>")
        assert "没有提交" in desk.status and place.wire.sent("PUT") == []
        await ask_again(desk)
        await desk.see("UKey PIN")
        await desk.press(f"{PIN}\r")
        await desk.see("业务流水号")


async def ask_again(desk: Desk) -> None:
    await desk.press("<f10>")
    await desk.see("总人数：")
    await desk.press("y")


async def test_a_key_pulled_out_is_one_sentence_and_nothing_is_lost(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place("lyszfgjj")
    async with running(place) as desk:
        await desk.open("business:open")
        typed = await fill(desk, place, 1)
        await desk.press("半张\r")

        def gone(*_: Any) -> Any:
            raise KeyRemoved

        monkeypatch.setattr(place.key, "sign", gone)
        await ask(desk, place)
        await desk.press("y")
        assert desk.status == KeyRemoved().text
        assert [row.typed["name"] for row in place.rows()] == [typed[0]["name"]]
        assert place.rows()[0].state == "draft" and place.state.unsent == 0
        monkeypatch.undo()
        await ask_again(desk)
        await desk.see("业务流水号")


async def test_rows_the_center_refuses_come_back_with_their_reasons(make_place: MakePlace) -> None:
    """hangzhou takes all or nothing; the person got an account elsewhere after the dry run."""
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        people = place.office.people(2)
        for someone in people:
            await desk.fill(place.typed(someone))
        await desk.until(lambda: len(place.wire.sent("POST", "checks")) == 2, "the dry runs")
        await asyncio.sleep(0.3)
        employ(place.center, people[1])
        await ask(desk, place)
        await desk.press("y")
        await desk.see("中心没有受理")
        assert "存在正常缴存账户" in desk.picture()
        await desk.press("\r")
        assert [row.bad for row in place.rows()] == [False, True]
        assert "退回清册" in desk.status


@pytest.mark.parametrize("profile", ["lyszfgjj", "shanxi"])
async def test_where_a_part_is_taken_only_the_refused_rows_stay(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        people = place.office.people(3)
        for someone in people:
            await desk.fill(place.typed(someone))
        await desk.until(lambda: len(place.wire.sent("POST", "checks")) == 3, "the dry runs")
        await asyncio.sleep(0.3)
        employ(place.center, people[1])
        await ask(desk, place)
        await desk.press("y")
        await desk.see("业务流水号")
        assert "其中 1 人没有受理" in desk.picture()
        left = place.rows()
        assert [row.typed["id_number"] for row in left] == [people[1].id_number] and left[0].bad
        await desk.press("<f12>")
        assert people[1].id_number in desk.picture() and "存在正常缴存账户" in desk.picture()


async def test_faulty_rows_are_not_submitted(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    async with running(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 2)
        grid = desk.app.screen.query_one(Grid)
        desk.app.screen.set_focus(grid)
        grid.goto(1, "mobile")
        await desk.press("12\r")
        await desk.press("<f10>")
        assert "1 条记录有错误" in desk.status and place.wire.sent("PUT") == []


@pytest.mark.feature("O-05", profile="shaanxi")
async def test_shaanxi_submits_one_or_all(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    async with running(place) as desk:
        await desk.open("business:open")
        typed = await fill(desk, place, 3)
        grid = desk.app.screen.query_one(Grid)
        desk.app.screen.set_focus(grid)
        grid.goto(0)
        await desk.press(" <down> ")
        await desk.press("<f10>")
        assert "只能提交一条或全部记录" in desk.status
        await desk.press(" <f10>")
        assert "总人数：1 人" in desk.picture()
        await desk.press("y")
        await desk.see("业务流水号")
        assert [row.typed["name"] for row in place.rows()] == [one["name"] for one in typed[1:]]


@pytest.mark.feature("Y-03", profile="shaanxi")
@pytest.mark.feature("I-09", profile="shaanxi")
async def test_the_receipt_follows_an_asynchronous_business(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    async with running(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 2)
        await ask(desk, place)
        await desk.press("y")
        await desk.see("业务流水号")
        await desk.see("成功 2  失败 0  待确认 0")
        assert "办结" in desk.picture()


@pytest.mark.feature("O-05", profile="hangzhou")
@pytest.mark.feature("O-09", profile="hangzhou")
async def test_a_registration_the_clerk_refuses_comes_back_into_the_queue(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    async with running(place) as desk:
        await desk.open("business:open")
        typed = await fill(desk, place, 2)
        await ask(desk, place)
        await desk.press("y")
        await desk.see("待确认")
        await desk.press("<f12>")
        decide(place, refused={2: "姓名与证件不符"})
        await desk.until(lambda: place.rows(), "the refused row")
        [row] = place.rows()
        assert row.typed["name"] == typed[1]["name"] and row.bad
        await desk.until(lambda: "退回 1 条" in desk.status, "the sentence")
        assert "姓名与证件不符" in desk.picture()


async def test_a_kill_after_signing_is_healed_at_the_next_start(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    async with running(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 1)
        place.wire.down = True
        await ask(desk, place)
        await desk.press("y")
        await desk.until(lambda: "发件箱" in desk.status, "the outbox")
    place.wire.down = False
    place.again()
    store = OutboxStore(place.state.database())
    async with running(place) as desk:
        await desk.until(lambda: not store.open_ids(place.state.scope()), "the submission")
        assert place.rows() == []
