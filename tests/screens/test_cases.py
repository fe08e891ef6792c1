"""A clerk's day: new cases appear, are taken, approved with single refusals, refused whole, or overtaken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from center.store.tables import inbox_item
from domain.money import grouped
from screens.case_detail import CaseScreen
from screens.case_rows import PAGE
from tests.screens.front import Front, LoginDesk, at_login, front_of
from tests.support.center import PASSWORD
from tests.support.filing import UNIT as UNIT
from tests.support.filing import Office
from tui.grid import Grid
from tui.keys import ActionRequested

OPINION = "材料不全，请补充劳动合同后重报。"


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with front_of(tmp_path, "hangzhou") as front:
        front.clerk()
        yield front


@pytest.fixture
def office(front: Front) -> Office:
    """A unit that files registrations."""
    return Office(front.center)


@asynccontextmanager
async def clerk_of(front: Front) -> AsyncIterator[LoginDesk]:
    async with at_login(front) as desk:
        await desk.press(f"<f6>guiyuan\r{PASSWORD}\r")
        await desk.see("待处理(")
        await desk.settle()
        yield desk


def case_screen(desk: LoginDesk) -> CaseScreen:
    screen = desk.app.shell_screen()
    assert isinstance(screen, CaseScreen)
    return screen


def case_id(desk: LoginDesk) -> str:
    return case_screen(desk).detail.case.case_id


@pytest.mark.feature("O-09", profile="hangzhou")
async def test_a_new_case_appears_without_a_key_is_taken_and_approved_but_for_one(
    front: Front, office: Office
) -> None:
    async with clerk_of(front) as desk:
        assert "没有这种状态的事项" in desk.picture()
        receipt = office.file(office.rows(3))
        await desk.see(receipt["serial"])
        assert "待处理(1)" in desk.picture()
        await desk.press("\r")
        await desk.see("职工登记审核")
        await desk.settle()
        assert grouped(receipt["amount"]) in desk.picture() and "3人" in desk.picture()
        assert set(desk.key_bar) >= {"受理"} and "通过" not in desk.key_bar
        await desk.press("<f6>")
        await desk.until(lambda: "已受理" in desk.status)
        assert "受理" not in desk.key_bar and {"通过", "整批不通过"} <= set(desk.key_bar)
        await desk.press("<down><f7>")
        await desk.see("第 2 人不通过的原因")
        await desk.press("\r")
        assert "原因不能为空" in desk.picture()
        await desk.press("ID\r")
        await desk.see("不通过 1人")
        await desk.press("<f10>")
        await desk.see("通过 2 人，不通过 1 人")
        await desk.press("y")
        await desk.press("ok\r")
        await desk.until(lambda: "已办结：通过 2 人，不通过 1 人" in desk.status)
        assert "已办结" in desk.picture()
    rows = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")["rows"]
    assert [row["state"] for row in rows] == ["ok", "failed", "ok"]
    assert rows[1]["reason"] == "ID"


async def test_a_whole_refusal_needs_an_opinion_which_the_agent_gets(front: Front, office: Office) -> None:
    receipt = office.file(office.rows(2))
    async with clerk_of(front) as desk:
        await desk.see(receipt["serial"])
        await desk.press("\r")
        await desk.press("<f6>")
        await desk.until(lambda: "已受理" in desk.status)
        await desk.press("<f9>\r")
        assert "不通过须填写审批意见" in desk.picture()
        desk.app.gate.put(paste(OPINION))
        await desk.press("\r")
        await desk.until(lambda: "已不通过" in desk.status)
        await desk.press("<ctrl+p>")
        await desk.see("办理过程")
        assert OPINION[:8] in desk.picture()
        await desk.press("\r")
        await desk.press("<f12>")
        await desk.see("待处理(0)")
        await desk.press("<left>")
        await desk.see(receipt["serial"])
    rows = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")["rows"]
    assert {row["state"] for row in rows} == {"failed"}
    with front.center.store.read() as conn:
        bodies = conn.execute(inbox_item.select()).all()
    assert any(OPINION in row.body or OPINION in row.state for row in bodies if row.scope == UNIT)


def paste(text: str) -> Any:
    from textual import events

    return events.Paste(text)


async def test_a_case_moved_by_another_clerk_is_read_again(front: Front, office: Office) -> None:
    receipt = office.file(office.rows(1))
    front.center.add_operator("zweiter", (), name="柜员乙")
    async with clerk_of(front) as desk:
        await desk.see(receipt["serial"])
        await desk.press("\r")
        answer = front.center.clerk_login("zweiter")
        headers = {"authorization": f"Bearer {answer.json()['token']}", "x-operator": "zweiter"}
        path = f"/v1/cases/{case_id(desk)}/actions"
        taken = front.center.client.post(path, json={"action": "take", "version": 1}, headers=headers)
        if taken.status_code != 200:
            version = case_screen(desk).detail.case.version
            body = {"action": "take", "version": version}
            taken = front.center.client.post(path, json=body, headers=headers)
        assert taken.status_code == 200, taken.text
        await desk.press("<f6>")
        await desk.until(lambda: "已重新读取，请核对后再办" in desk.status)
        assert "柜员乙" in desk.picture()


async def test_reasons_not_submitted_are_not_lost_without_a_question(front: Front, office: Office) -> None:
    office.file(office.rows(1))
    async with clerk_of(front) as desk:
        await desk.see("待处理(1)")
        await desk.press("\r")
        await desk.press("<f6>")
        await desk.until(lambda: "已受理" in desk.status)
        await desk.press("\rwhy\r")
        await desk.press("<f12>")
        await desk.see("注明的不通过还没有提交")
        await desk.press("n")
        assert case_screen(desk).rows.refused == {1: "why"}
        await desk.press("<f7>")
        assert case_screen(desk).rows.refused == {}


async def test_the_people_of_a_large_case_are_read_by_pages(front: Front, office: Office) -> None:
    rows = office.rows(PAGE + 30)
    receipt = office.file(rows)
    async with clerk_of(front) as desk:
        await desk.see(receipt["serial"])
        await desk.press("\r")
        screen = case_screen(desk)
        assert screen.rows.has(0) and not screen.rows.has(1)
        await desk.press("<ctrl+end>")
        await desk.until(lambda: screen.rows.has(1))
        await desk.see(rows[-1]["id_number"])
        assert screen.query_one(Grid).cursor[0] == PAGE + 29


async def test_what_is_not_open_now_beeps(front: Front, office: Office) -> None:
    receipt = office.file(office.rows(1))
    async with clerk_of(front) as desk:
        await desk.see(receipt["serial"])
        await desk.press("\r")
        await desk.press("<f10>")
        assert case_screen(desk).detail.case.state == "pending"
        request = ActionRequested("submit", {})
        await case_screen(desk).perform(request)
        assert case_screen(desk).detail.case.state == "pending"
