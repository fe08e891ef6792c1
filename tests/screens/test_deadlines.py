"""The board of deadlines: one line on the home screen of every center, and a screen of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert, update

from center.store.tables import calendar_year, unit, workday
from client.deadlines import DeadlineCache
from domain.deadlines import Duty
from domain.national_calendar import national_calendar
from domain.period import add_months
from domain.profile import PROFILE_NAMES
from screens.home import HomeScreen
from tests.screens.conftest import MakePlace
from tests.screens.front import UNIT, Front, at_login
from tests.screens.test_home import desk_of, home_of, log_in
from tests.support.center import START, CenterUnderTest
from tests.support.workplace import Desk, Workplace, running

WIDE = [(80, 24), (132, 43)]


def publish(center: CenterUnderTest) -> None:
    """The calendar of 2026."""
    days = national_calendar()
    with center.store.write() as conn:
        conn.execute(insert(calendar_year).values(year=2026, published="x"))
        for working, known in ((False, days.holidays[2026]), (True, days.workdays[2026])):
            for day in known:
                conn.execute(insert(workday).values(day=day.isoformat(), working=working))


def facts(center: CenterUnderTest, **values: object) -> None:
    with center.store.write() as conn:
        conn.execute(update(unit).where(unit.c.unit_account == UNIT).values(values))


def listed(desk: Desk, mark: str) -> list[str]:
    """The rows of the list that bear this mark, from behind the mark."""
    begun = f"_ {mark} "
    return [line.removeprefix(begun) for line in desk.picture().splitlines() if line.startswith(begun)]


def behind(front: Front) -> None:
    """The unit has not paid the last month, and its pay day is the 15th."""
    publish(front.center)
    month = 202612 if front.profile.name == "hangzhou" else 202611
    facts(front.center, paid_through=add_months(month, -2), details='{"payday": "15"}', verified_year=2026)


@pytest.mark.parametrize("profile", PROFILE_NAMES)
async def test_every_home_screen_tells_what_is_due_and_opens_the_board(profile: str, tmp_path: Path) -> None:
    with desk_of(tmp_path, profile) as front:
        behind(front)
        month = 11 if profile == "hangzhou" else 10
        late = f"补齐2026年{month}月汇缴"
        async with at_login(front) as desk:
            await log_in(desk, front)
            await desk.see(late)
            lines = desk.picture().splitlines()
            assert lines[4].startswith("期限  ") and len(lines) == 24
            for tab in front.profile.inbox.tabs:
                assert f"{tab.title}(0)" in desk.picture()
            for module in front.profile.home.modules:
                assert module.title in desk.picture()
            assert "没有记录。" in desk.picture()
            await desk.press("<f2>9801\r")
            await desk.see("资料截至 2026-11-23 10:00")
            picture = desk.picture()
            assert desk.title == "期限" and late in picture
            assert "办法：" in picture and "依据：" in picture
            await desk.press("<f12>")
            await desk.until(lambda: isinstance(desk.app.shell_screen(), HomeScreen))
            await desk.press("<f2>9802\r")
            await desk.until(lambda: desk.title == "工资表比对")


async def test_the_line_follows_what_the_center_says(tmp_path: Path) -> None:
    with desk_of(tmp_path, "baishan") as front:
        behind(front)
        async with at_login(front) as desk:
            await log_in(desk, front)
            await desk.see("补齐2026年10月汇缴")
            facts(front.center, paid_through=202612)
            await desk.press("<f5>")
            await desk.until(lambda: "补齐2026年10月汇缴" not in desk.picture())
            assert "期限  " in desk.picture()
            assert home_of(desk).focused is not None


@pytest.mark.parametrize(("columns", "rows"), WIDE)
async def test_the_board_explains_the_row_under_the_cursor(
    make_place: MakePlace, columns: int, rows: int
) -> None:
    place = make_place("baishan", paid_through=202609, details='{"payday": "15"}')
    publish(place.center)
    async with running(place, columns, rows) as desk:
        await desk.open("deadlines")
        late = listed(desk, "!")
        assert [row.split()[:2] for row in late] == [
            ["已过期", "2026-07-31"],
            ["已过期", "2026-10-22"],
            ["已过期", "2026-11-20"],
        ]
        assert "2026年度基数调整" in late[0] and "补齐2026年10月汇缴" in late[1]
        assert "办法：请办理基数调整" in desk.picture() and "依据：条例第十六条" in desk.picture()
        await desk.press("<down>")
        assert "办法：发薪日15日。" in desk.picture() and "依据：条例第十九条" in desk.picture()
        await desk.press("5\r")
        assert "期限：2026-10-22，过了32天（22个工作日）" in desk.picture()
        await desk.press("\r<f6>")
        assert desk.title == "工资表比对"


async def test_a_calendar_that_is_not_published_is_said_and_not_guessed(make_place: MakePlace) -> None:
    place = make_place("hangzhou", paid_through=202611, details='{"payday": "15"}')
    async with running(place) as desk:
        await desk.open("deadlines")
        unpublished = [row for row in listed(desk, "?") if row.startswith("年历未发布")]
        assert [row.split()[-1] for row in unpublished] == ["2026年12月业务截止", "汇缴2026年12月"], (
            unpublished
        )
        await desk.press("<f5>")
        publish(place.center)
        await desk.press("<f5>")
        await desk.see("2026-12-18")


async def test_without_the_center_the_last_known_is_shown_and_said(make_place: MakePlace) -> None:
    place: Workplace = make_place("baishan", paid_through=202609)
    async with running(place) as desk:
        await desk.open("deadlines")
        await desk.see("补齐2026年10月汇缴")
        await desk.press("<f12>")
        place.wire.down = True
        await desk.open("deadlines")
        await desk.see("显示的是上次读取的资料")
        assert "补齐2026年10月汇缴" in desk.picture()


async def test_duties_of_people_stand_on_the_board_until_they_are_done(make_place: MakePlace) -> None:
    place = make_place("baishan", paid_through=202611)
    (person,) = place.office.people(1)
    cache = DeadlineCache(place.state.database(), place.state.scope())
    cache.keep_duties(202611, [Duty("open", person.key, person.name, START.date().replace(day=2))])
    async with running(place) as desk:
        await desk.open("deadlines")
        title = f"{person.name}入职登记"
        await desk.until(lambda: any(title in row for row in listed(desk, " ")), title)
        assert "未到期     2026-12-02" in desk.picture() and "核对本月人员增减" not in desk.picture()
        place.office.give_account(person)
        place.state.synchronise(lambda progress: None)
        await desk.press("<f5>")
        await desk.until(lambda: "已办       2026-12-02" in desk.picture(), "已办")
