"""A clerk's work with 来款, and what an agent of shaanxi sees of 暂存款, before a real center."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from center.ledger import codes
from center.ledger.post import balance
from exports.reader import read_workbook
from screens.receipt_detail import ReceiptDetailScreen
from tests.screens.conftest import MakePlace
from tests.screens.front import Front, LoginDesk, at_login, front_of
from tests.support.center import PASSWORD, CenterUnderTest, Login
from tests.support.filing import UNIT, clerk
from tests.support.workbooks import write_table
from tests.support.workplace import Desk, running
from tui.form import Form

LINE = {"bank_no": "B001", "day": "2026-11-20", "amount": "1234.50", "payer": "某公司", "remark": ""}
HEAD = ["交易流水号", "交易日期", "贷方发生额", "借方发生额", "对方户名", "附言"]


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with front_of(tmp_path, "baishan") as front:
        front.clerk()
        front.center.add_unit(UNIT, "示例一中")
        yield front


@asynccontextmanager
async def at_receipts(front: Front) -> AsyncIterator[LoginDesk]:
    """A clerk before the list of receipts."""
    async with at_login(front) as desk:
        await desk.press(f"<f6>guiyuan\r{PASSWORD}\r")
        await desk.see("待处理(")
        await desk.settle()
        assert desk.key_bar["来款"] == "F6"
        await desk.press("<f6>")
        await desk.see("交易流水号")
        yield desk


def counter(center: CenterUnderTest) -> Login:
    """Another clerk's session."""
    return clerk(center, "zweiter", "柜员乙")


def record(center: CenterUnderTest, login: Login, **line: str) -> dict[str, Any]:
    answer = center.post("/v1/receipts", {"line": LINE | line}, login)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()["receipt"]
    return receipt


def worth(center: CenterUnderTest, code: str) -> int:
    with center.store.read() as conn:
        return balance(conn, code)


def detail(desk: Desk) -> ReceiptDetailScreen:
    screen = desk.app.shell_screen()
    assert isinstance(screen, ReceiptDetailScreen)
    return screen


async def test_a_receipt_is_recorded_and_the_same_one_told(front: Front) -> None:
    waiting = codes.unallocated(UNIT)
    async with at_receipts(front) as desk:
        assert "没有查到来款" in desk.picture() and "共 0 笔" in desk.picture()
        await desk.press("<f6>")
        await desk.see("付款账号")
        await desk.press("b001\r20261124\r")
        assert "晚于今天" in desk.picture()
        await desk.press("<delete>20261120\r0\r")
        assert "不能为零" in desk.picture()
        await desk.press("1234.5\r")
        await desk.press(f"\r\r\r{UNIT}\r")
        await desk.see("示例一中（100001）单位未分配金额")
        assert "1,234.50 元" in desk.picture() and worth(front.center, waiting) == 0
        await desk.press("y")
        await desk.until(lambda: "请录入下一笔" in desk.status)
        assert "记入示例一中的单位未分配金额" in desk.picture()
        assert worth(front.center, waiting) == 123_450
        await desk.press("B001\r20261120\r1234.5\r\r\r\r\r")
        await desk.until(lambda: "没有重复入账" in desk.status)
        await desk.press("B001\r20261120\r1234.6\r\r\r\r\r")
        await desk.until(lambda: "内容不同" in desk.status)
        assert worth(front.center, waiting) == 123_450
        await desk.press("<f12>")
        await desk.see("共 1 笔，1,234.50 元")


async def test_a_unit_that_is_not_there_leads_back_to_its_field(front: Front) -> None:
    async with at_receipts(front) as desk:
        await desk.press("<f6>")
        await desk.press("B1\r20261120\r1\r\r\r\r999999\r")
        await desk.until(lambda: "没有单位账号999999" in desk.status)
        screen = desk.app.shell_screen()
        assert screen is not None and screen.query_one(Form).current == "unit_account"


async def test_receipts_are_found_by_conditions(front: Front) -> None:
    login = counter(front.center)
    record(front.center, login, bank_no="B1", unit_account=UNIT)
    record(front.center, login, bank_no="B2", payer="别的公司")
    record(front.center, login, bank_no="B3", day="2026-10-31")
    async with at_receipts(front) as desk:
        await desk.see("共 2 笔")
        await desk.press("\t")
        await desk.press("暂存\r\r\r\r\r")
        await desk.see("共 1 笔")
        assert "B2" in desk.picture() and "B1" not in desk.picture()
        await desk.press("\t")
        await desk.press("全部\r\r20261001\r\r\r")
        await desk.see("共 3 笔")
        await desk.press("\t")
        await desk.press("\r\r2026-13-01\r")
        assert "日期应写成" in desk.picture()


async def test_money_of_nobody_is_claimed_refunded_in_part_and_shown(front: Front) -> None:
    center = front.center
    record(center, counter(center))
    async with at_receipts(front) as desk:
        await desk.see("暂存")
        await desk.press("5\r")
        await desk.see("办理流程")
        assert {"认领", "退款", "更正", "冲销"} <= set(desk.key_bar)
        await desk.press("<f6>")
        await desk.press(f"{UNIT}\r\r")
        assert "原因不能为空" in desk.picture()
        await desk.press("tel\r")
        await desk.see("未分配金额，确定吗")
        await desk.press("y")
        await desk.until(lambda: "已认领" in desk.status)
        assert worth(center, codes.unallocated(UNIT)) == 123_450
        assert "认领" not in desk.key_bar and "示例一中（100001）" in desk.picture()
        await desk.press("<f7>")
        await desk.press("1234.51\rtel\r")
        await desk.see("退款 1234.51 元")
        await desk.press("y")
        await desk.until(lambda: "不能超过" in desk.status)
        await desk.press("<f7>")
        await desk.press("234.50\rtel\r")
        await desk.press("y")
        await desk.until(lambda: "已退款。" in desk.status)
        assert worth(center, codes.unallocated(UNIT)) == 100_000
        assert "冲销" not in desk.key_bar
        await desk.press("<f12>")
        await desk.see("已入账")
        await desk.press("8\r")
        await desk.see("原因：tel")


async def test_a_receipt_is_corrected_and_reversed(front: Front) -> None:
    center = front.center
    record(center, counter(center), unit_account=UNIT)
    async with at_receipts(front) as desk:
        await desk.see("已入账")
        await desk.press("\r")
        await desk.see("办理流程")
        await desk.press("<f2>")
        await desk.press("\r1000\r\r\r\r\rwrong\r")
        await desk.see("按更正后的内容重新入账")
        await desk.press("y")
        await desk.until(lambda: "已更正" in desk.status)
        assert worth(center, codes.unallocated(UNIT)) == 100_000
        await desk.press("<f9>")
        await desk.press("none\r")
        await desk.see("冲销这笔 1,000.00 元")
        await desk.press("n")
        assert worth(center, codes.unallocated(UNIT)) == 100_000
        await desk.press("<f9>")
        await desk.press("none\r")
        await desk.press("y")
        await desk.until(lambda: "已冲销。" in desk.status)
        assert worth(center, codes.BANK) == 0 and set(desk.key_bar) & {"认领", "退款", "冲销"} == set()


async def test_a_receipt_moved_by_another_clerk_is_read_again(front: Front) -> None:
    center = front.center
    login = counter(center)
    receipt = record(center, login)
    async with at_receipts(front) as desk:
        await desk.press("\r")
        await desk.see("办理流程")
        body = {"action": "match", "reason": "x", "unit_account": UNIT}
        path = f"/v1/receipts/{receipt['receipt_id']}/actions"
        done = center.client.post(path, json=body, headers=login.headers | {"if-match": '"1"'})
        assert done.status_code == 200, done.text
        await desk.press("<f7>")
        await desk.press("\rtel\r")
        await desk.press("y")
        await desk.until(lambda: "已被" in desk.status or "刚被其他柜员办理" in desk.status)
        assert detail(desk).key_bar_actions() and "柜员乙" in desk.picture()
        assert worth(center, codes.unallocated(UNIT)) == 123_450


# ---- statements ------------------------------------------------------------------------------------


def deliver(front: Front, *rows: list[Any]) -> None:
    """A statement in the clerk's folder since a while."""
    folder = front.folder / "in"
    folder.mkdir(exist_ok=True)
    path = write_table(folder / "对账单.xlsx", [HEAD, *rows])
    os.utime(path, (time.time() - 60, time.time() - 60))


async def test_a_statement_is_shown_with_its_sums_and_taken(front: Front) -> None:
    center = front.center
    record(center, counter(center), bank_no="B0")
    deliver(
        front,
        ["B0", "20261120", "1234.50", "", "某公司", ""],
        ["B1", "20261120", "100.00", "", "示例一中", ""],
        ["B2", "20261120", "10.00", "", "别的公司", ""],
        ["B3", "20261120", "", "7.00", "某公司", ""],
        ["B4", "20261124", "1.00", "", "某公司", ""],
        ["B1", "20261120", "100.00", "", "示例一中", ""],
    )
    async with at_receipts(front) as desk:
        await desk.press("<f7>")
        await desk.see("对账单.xlsx")
        await desk.press("1\r")
        await desk.see("收款 5 笔")
        picture = desk.picture()
        assert "入账 1 笔 100.00 元，暂存 1 笔 10.00 元" in picture
        assert "重复 2 笔，不能登记 1 笔；付款 1 笔 7.00 元不登记" in picture
        assert worth(center, codes.unallocated(UNIT)) == 0
        await desk.press("<ctrl+p>")
        await desk.until(lambda: "错误文件已存为" in desk.status)
        await desk.press("<f10>")
        await desk.see("登记 2 笔，合计 110.00 元")
        await desk.press("y")
        await desk.until(lambda: "已登记 2 笔" in desk.status)
        assert "登记" not in desk.key_bar
        assert worth(center, codes.unallocated(UNIT)) == 10_000
        assert worth(center, codes.suspense()) == 124_450
    [written] = [path for path in (front.folder / "out").iterdir() if path.suffix == ".xlsx"]
    listed = read_workbook(written, sheet="错误清单").rows
    assert [row.texts[6] for row in listed[1:]] == ["交易日期晚于今天（2026-11-23），请核对后改正。"]


async def test_a_file_that_is_no_statement_is_told(front: Front) -> None:
    folder = front.folder / "in"
    folder.mkdir()
    path = write_table(folder / "名册.xlsx", [["姓名", "证件号码"], ["赵伟", "1"]])
    os.utime(path, (time.time() - 60, time.time() - 60))
    async with at_receipts(front) as desk:
        await desk.press("<f7>")
        await desk.see("名册.xlsx")
        await desk.press("1\r")
        await desk.until(lambda: "没有找到银行对账单的列名" in desk.status)
        assert "登记" not in desk.key_bar


# ---- an agent --------------------------------------------------------------------------------------


@pytest.mark.feature("R-18", profile="shaanxi")
@pytest.mark.feature("Q-16", profile="shaanxi")
async def test_an_agent_sees_what_did_not_fit(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    login = counter(place.center)
    receipt = record(place.center, login, unit_account=place.office.unit, amount="88.00")
    record(place.center, login, bank_no="B2", unit_account=place.office.unit, amount="2.00")
    path = f"/v1/receipts/{receipt['receipt_id']}/actions"
    body = {"action": "refund", "reason": "x", "amount": "80.00"}
    done = place.center.client.post(path, json=body, headers=login.headers | {"if-match": '"1"'})
    assert done.status_code == 200, done.text
    assert "suspense" in place.state.reachable_screens()
    async with running(place) as desk:
        await desk.open("suspense")
        await desk.see("现有暂存款 10.00 元")
        assert desk.title.startswith("汇补缴不符暂存款查询")
        picture = desk.picture()
        assert "88.00" in picture and "-80.00" in picture and "查到 3 条记录" in desk.status
        await desk.press("\r")
        await desk.see("交易流水号：B001")
        await desk.press("\r")
        await desk.press("<ctrl+p>3\r")
        await desk.until(lambda: "已存为" in desk.status)
        await desk.press("\t")
        await desk.press("20261124\r20261124\r")
        await desk.until(lambda: "没有查到记录" in desk.status)
    [written] = [one for one in (place.folder / "out").iterdir() if one.suffix == ".xlsx"]
    texts = [row.texts for row in read_workbook(written).rows]
    assert ["现有暂存款", "10.00 元"] in texts


@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "hangzhou", "shanxi"])
def test_no_other_center_offers_the_query(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    assert "suspense" not in place.state.reachable_screens()
    assert not place.profile.receipts.suspense_query
