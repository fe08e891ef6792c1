"""汇缴 on the screen: verified by keys, explained, allocated, taken back, queried, printed."""

from __future__ import annotations

from datetime import date

import pytest

from tests.screens.conftest import MakePlace
from tests.support.carry_out import carry_out, work_off
from tests.support.paper import pdf_pages
from tests.support.remitting import come, due, settle_in, standing, verify
from tests.support.workplace import Desk, Workplace, running

MONTHLY = 192_000


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are worked off by hand."""
    monkeypatch.setattr("center.jobs.enqueue", lambda conn, job_id: None)


def placed(make_place: MakePlace, name: str, paid: int = 202610) -> tuple[Workplace, list[str]]:
    """A workplace of a unit with three people who have been there for long; their numbers."""
    place = make_place(name, paid_through=paid)
    numbers = [place.office.give_account(one) for one in place.office.people(3)]
    settle_in(place.office)
    return place, numbers


def months(place: Workplace) -> list[tuple[int, str]]:
    return standing(place.center.store, place.office.unit)[1]


async def confirm(desk: Desk) -> None:
    """Yes, up to the receipt."""
    await desk.press("y")
    await desk.see("业务流水号")


@pytest.mark.feature("R-02", profile=["baishan", "lyszfgjj"])
@pytest.mark.feature("R-03", profile=["baishan", "lyszfgjj"])
@pytest.mark.parametrize("name", ["baishan", "lyszfgjj"])
async def test_months_are_verified_and_the_next_one_comes(make_place: MakePlace, name: str) -> None:
    place, _ = placed(make_place, name, paid=202608)
    async with running(place) as desk:
        await desk.open("business:remit")
        assert desk.title == "汇缴核定"
        await desk.see("202609")
        assert "最近核定 202608  缴至月份 202608  单位未分配金额 0.00" in desk.picture()
        await desk.press("<down><f10>")
        await desk.see("202610  汇缴人数 3 人  汇缴金额 5,760.00 元")
        await desk.see("共 2 期  11,520.00 元")
        await confirm(desk)
        assert months(place) == [(202609, "declared"), (202610, "declared")]
        await desk.press("<f12>")
        await desk.until(lambda: desk.status.startswith("核定成功，已转到下一个月度 202611"))
        await desk.press("<f10>")
        await desk.see("202611  汇缴人数 3 人")
        await confirm(desk)
        await desk.press("<f12>")
        await desk.until(lambda: desk.status.startswith("核定成功"))
        await desk.press("<f10>")
        await desk.until(lambda: "没有可以核定的月度" in desk.status)


@pytest.mark.feature("R-08", profile=["baishan", "lyszfgjj", "shaanxi"])
@pytest.mark.feature("R-10", profile=["lyszfgjj", "shaanxi"])
@pytest.mark.parametrize("name", ["baishan", "lyszfgjj", "shaanxi"])
async def test_the_four_columns_and_what_explains_them(make_place: MakePlace, name: str) -> None:
    place, numbers = placed(make_place, name)
    carry_out(place.office, [place.office.account_row(numbers[0])], "seal")
    async with running(place) as desk:
        await desk.open("business:remit")
        await desk.see("202611")
        lines = [line.split() for line in desk.picture().splitlines()]
        assert ["202611", "上月", "增加", "减少", "本月"] in lines
        assert ["人数", "3", "0", "1", "2"] in lines
        assert ["金额", "5,760.00", "0.00", "1,920.00", "3,840.00"] in lines
        await desk.press("\r")
        await desk.see("增减变动")
        await desk.see(numbers[0])
        assert "-1,920.00" in desk.picture() and place.profile.business_title("seal") in desk.picture()
        await desk.press("<f6>")
        await desk.see(numbers[2])
        assert numbers[0] not in desk.picture() and "职工明细" in desk.picture()
        [row] = [line.split() for line in desk.picture().splitlines() if numbers[2] in line]
        assert "8,000.00" in row and "960.00" in row, "each person's base and amounts"


@pytest.mark.feature("R-05", profile="baishan")
@pytest.mark.feature("V-02", profile="baishan")
async def test_what_is_in_the_way_is_named(make_place: MakePlace) -> None:
    place, numbers = placed(make_place, "baishan")
    receipt = place.office.file([place.office.account_row(numbers[0])], business="seal")
    async with running(place) as desk:
        await desk.open("business:remit")
        await desk.until(lambda: "不允许进行汇缴核定" in desk.status)
        await desk.press("<f10>")
        await desk.until(lambda: "不允许进行汇缴核定" in desk.status)
        await desk.press("<f8>")
        await desk.see("汇缴核定检查")
        await desk.see(numbers[0])
        assert receipt["serial"] in desk.picture().replace("\n", "")
        assert months(place) == []


async def test_what_changed_meanwhile_is_refused(make_place: MakePlace) -> None:
    place, _ = placed(make_place, "baishan")
    async with running(place) as desk:
        await desk.open("business:remit")
        await desk.see("202611")
        place.office.give_account(place.office.people(1)[0])
        await desk.press("<f10>")
        await desk.see("汇缴人数 3 人")
        await desk.press("y")
        await desk.see("中心没有受理")
        await desk.see("现为4人、7680.00元")
        assert months(place) == []


@pytest.mark.feature("R-03", profile="shaanxi")
async def test_shaanxi_verifies_one_month_and_waits(make_place: MakePlace) -> None:
    place, _ = placed(make_place, "shaanxi", paid=202608)
    async with running(place) as desk:
        await desk.open("business:remit")
        await desk.see("202609")
        await desk.press("<down><f10>")
        await desk.see("202609  汇缴人数 3 人")
        assert "202610  汇缴人数" not in desk.picture()
        await confirm(desk)
        assert months(place) == []
        work_off(place.center)
        assert months(place) == [(202609, "declared")]


@pytest.mark.feature("R-09", profile="baishan")
@pytest.mark.feature("R-10", profile="baishan")
@pytest.mark.feature("V-05", profile="baishan")
async def test_baishan_allocates(make_place: MakePlace) -> None:
    place, numbers = placed(make_place, "baishan")
    verify(place.office)
    async with running(place) as desk:
        await desk.open("business:allocate")
        await desk.see("202611")
        await desk.press("\r")
        await desk.see("职工明细")
        await desk.see(numbers[0])
        await desk.press("<f12>")
        await desk.see("缴款情况")
        await desk.press("<f10>")
        await desk.until(lambda: "单位未分配金额应等于本期汇缴金额：未分配0.00元" in desk.status)
        assert "确认分配到个人账户吗" not in desk.picture()
        come(place.office, 3 * MONTHLY)
        await desk.press("<f5>")
        await desk.until(lambda: "单位未分配金额 5,760.00 元" in desk.status)
        await desk.press("<f10>")
        await desk.see("本期汇缴金额 5,760.00 元")
        await confirm(desk)
        assert months(place) == [(202611, "paid")]
        await desk.press("<f12>")
        await desk.until(lambda: "汇缴分配成功：202611，共 5,760.00 元" in desk.status)
        await desk.see("共 0 条")


@pytest.mark.feature("R-11", profile=["baishan", "lyszfgjj"])
@pytest.mark.feature("R-12", profile="baishan")
@pytest.mark.feature("V-03", profile="baishan")
@pytest.mark.parametrize(("name", "screen"), [("baishan", "allocate"), ("lyszfgjj", "remit_cancel")])
async def test_the_latest_is_deleted_first(make_place: MakePlace, name: str, screen: str) -> None:
    place, _ = placed(make_place, name, paid=202609)
    verify(place.office, 2)
    first, latest = ("", "<down>") if screen == "allocate" else ("<down>", "<up>")
    async with running(place) as desk:
        await desk.open(f"business:{screen}")
        await desk.see("202611")
        await desk.press(f"{first}<ctrl+k>")
        await desk.see("202610  3 人  5,760.00 元")
        await desk.press("y")
        await desk.see("只能从最近的核定月度开始删除")
        await desk.press("\r")
        await desk.press(f"{latest}<ctrl+k>")
        await desk.see("202611  3 人  5,760.00 元")
        await confirm(desk)
        assert "核定删除成功" in desk.picture()
        assert months(place) == [(202610, "declared"), (202611, "cancelled")]


@pytest.mark.feature("R-17", profile="shaanxi")
@pytest.mark.feature("R-11", profile="shaanxi")
async def test_shaanxi_takes_both_kinds_back(make_place: MakePlace) -> None:
    place, numbers = placed(make_place, "shaanxi")
    verify(place.office)
    row = place.office.account_row(numbers[0], "makeup", month="202610", total_amount="500.00")
    carry_out(place.office, [row], "makeup")
    async with running(place) as desk:
        await desk.open("business:remit_cancel")
        assert desk.title == "缴存办理"
        await desk.see("202611")
        await desk.press("<ctrl+k>")
        await desk.see("确定取消这一月度的汇缴核定吗")
        await confirm(desk)
        assert months(place) == [(202611, "cancelled")]
        await desk.press("<f12>")
        await desk.see("共 0 条")
        await desk.press("<tab>2\r")
        await desk.see("500.00")
        await desk.press("<ctrl+k>")
        await desk.see("待入账 1 笔  500.00 元")
        await confirm(desk)
        found = place.office.unit_get("/makeups")["notices"]
        assert [(one["waiting"], one["cancelled"]) for one in found] == [(0, 1)]


@pytest.mark.feature("R-14", profile=["lyszfgjj", "shaanxi"])
@pytest.mark.feature("Q-15", profile=["baishan", "lyszfgjj", "shaanxi"])
@pytest.mark.feature("R-15", profile=["baishan", "shaanxi"])
@pytest.mark.feature("R-16", profile=["baishan", "lyszfgjj", "shaanxi"])
@pytest.mark.parametrize(
    ("name", "title"), [("baishan", "单位汇缴凭条"), ("lyszfgjj", "汇补缴书"), ("shaanxi", "汇缴凭证")]
)
async def test_a_month_is_found_by_its_day_and_printed(make_place: MakePlace, name: str, title: str) -> None:
    place, numbers = placed(make_place, name)
    verify(place.office)
    async with running(place) as desk:
        await desk.open("query:remit")
        await desk.see("2026-11-23")
        await desk.press("<ctrl+p>")
        await desk.see(title)
        await desk.press("\r")
        await desk.see("PDF文件")
        await desk.press("\r")
        await desk.until(lambda: list((place.folder / "out").rglob(f"{title}*.pdf")))
        (path,) = (place.folder / "out").rglob(f"{title}*.pdf")
    [text] = pdf_pages(path)
    for wanted in (title, "202611", "3 人 5,760.00 元", "伍仟柒佰陆拾元整", *numbers):
        assert wanted in text
    assert date(2026, 11, 23).isoformat() in text and due(place.office) == []


@pytest.mark.feature("R-19", profile="lyszfgjj")
async def test_how_it_is_paid_can_be_read(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    async with running(place) as desk:
        await desk.open("settlement")
        assert desk.title == "结算方式"
        told = desk.picture().replace("\n", "")
        for wanted in ("一、汇缴", "二、补缴", "附言写明单位账号和业务流水号"):
            assert wanted in told.replace(" ", "")
