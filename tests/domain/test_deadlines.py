"""Deadlines: every rule with its day before, its day and the day after, and nothing guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deadlines import (
    Deadline,
    DeadlineFacts,
    Duty,
    State,
    deadlines,
    facts_of,
    overdue,
    pay_due,
    summary,
)
from domain.deadlines_wire import CalendarYear, DeadlineBasis
from domain.national_calendar import national_calendar
from domain.period import BusinessCalendar, add_months, month_range
from domain.profile import PROFILE_NAMES, load_profile

DAYS = national_calendar()
CALENDAR = BusinessCalendar(holidays=DAYS.holidays, workdays=DAYS.workdays)
HANGZHOU = replace(CALENDAR, kind="21-20", cutoff_pull_forward=True)
UNKNOWN = BusinessCalendar()
TODAY = date(2026, 11, 23)


def facts(**changes: object) -> DeadlineFacts:
    own = DeadlineFacts(TODAY, CALENDAR, paid_through=202610, payday=15, compared=202611)
    return replace(own, **changes)  # type: ignore[arg-type]


def one(found: list[Deadline], kind: str) -> Deadline:
    (mine,) = [each for each in found if each.kind == kind]
    return mine


def basis(**changes: object) -> DeadlineBasis:
    told: dict[str, object] = {
        "unit_account": "100001", "name": "示例一中", "today": "2026-11-23", "time": "2026-11-23T02:00:00Z",
        "month": 202611, "paid_through": 202610, "payday": 15,
        "calendar": [
            CalendarYear(
                year=2026,
                off=[day.isoformat() for day in DAYS.holidays[2026]],
                work=[day.isoformat() for day in DAYS.workdays[2026]],
            )
        ],
    }  # fmt: skip
    return DeadlineBasis.model_validate({**told, **changes})


# ---- working days --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "count", "found"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 23), 5, date(2026, 11, 30)),  # over a weekend
        (date(2026, 11, 15), 5, date(2026, 11, 20)),  # a Sunday is no first day
        (date(2026, 9, 30), 5, date(2026, 10, 13)),  # over the National Day, with 10 October worked
        (date(2026, 12, 28), 5, None),  # 2027 is not published
    ],
)
def test_working_days_are_counted_behind_the_day(day: date, count: int, found: date | None) -> None:
    assert CALENDAR.after_workdays(day, count) == found


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_working_days_between_two_days_are_those_that_are_stepped_over(first: date, last: date) -> None:
    count = CALENDAR.workdays_between(first, last)
    assert count is not None and CALENDAR.workdays_between(last, first) == -count
    if last >= first:
        reached = CALENDAR.after_workdays(first, count)
        assert reached is not None and reached <= max(last, first)
        beyond = CALENDAR.after_workdays(first, count + 1)
        assert beyond is None or beyond > last


def test_no_working_day_is_counted_in_a_year_that_is_not_published() -> None:
    assert CALENDAR.workdays_between(date(2026, 12, 30), date(2027, 1, 2)) is None
    assert UNKNOWN.workdays_between(TODAY, TODAY + timedelta(days=1)) is None
    assert UNKNOWN.after_workdays(TODAY, 1) is None


# ---- payment -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 11, 12), State.AHEAD),
        (date(2026, 11, 13), State.SOON),
        (date(2026, 11, 19), State.SOON),
        (date(2026, 11, 20), State.TODAY),
        (date(2026, 11, 21), State.OVERDUE),
    ],
)
def test_a_month_is_due_five_working_days_after_the_pay_day(today: date, state: State) -> None:
    due = one(deadlines(facts(today=today)), "remit")
    assert (due.title, due.due, due.state) == ("汇缴2026年11月", date(2026, 11, 20), state)
    assert "第十九条" in due.source
    assert overdue(deadlines(facts(today=today))) is (state is State.OVERDUE)


def test_days_left_are_counted_in_days_and_working_days() -> None:
    ahead = one(deadlines(facts(today=date(2026, 11, 13))), "remit")
    assert (ahead.days_left, ahead.workdays_left) == (7, 5)
    assert ahead.left_text == "还有7天（5个工作日）"
    over = one(deadlines(facts(today=date(2026, 11, 23))), "remit")
    assert (over.days_left, over.workdays_left, over.left_text) == (-3, -1, "过了3天（1个工作日）")


@pytest.mark.parametrize(
    ("payday", "month", "due"), [(31, 202602, date(2026, 3, 6)), (30, 202604, date(2026, 5, 11))]
)
def test_a_pay_day_behind_the_end_of_a_month_is_its_last_day(payday: int, month: int, due: date) -> None:
    assert pay_due(month, payday, CALENDAR) == due


def test_every_missing_month_is_named() -> None:
    found = deadlines(facts(paid_through=202607))
    missing = [each for each in found if each.kind == "missing"]
    assert [each.title for each in missing] == [f"补齐2026年{month}月汇缴" for month in (8, 9, 10)]
    assert all(each.state is State.OVERDUE for each in missing)
    assert missing[0].due == date(2026, 8, 21)
    assert one(found, "remit").title == "汇缴2026年11月"


def test_a_month_that_is_paid_is_done_and_the_next_one_is_shown() -> None:
    found = deadlines(facts(paid_through=202611))
    remits = [each for each in found if each.kind == "remit"]
    assert [(each.title, each.state) for each in remits] == [
        ("汇缴2026年12月", State.AHEAD),
        ("汇缴2026年11月", State.DONE),
    ]
    assert remits[1].left_text == ""
    assert not [each for each in found if each.kind == "missing"]


def test_a_unit_that_never_paid_owes_the_present_month_alone() -> None:
    found = deadlines(facts(paid_through=None))
    assert [each.title for each in found if each.kind in ("remit", "missing")] == ["汇缴2026年11月"]


def test_without_a_pay_day_nothing_is_guessed_but_months_gone_by_are_overdue() -> None:
    found = deadlines(facts(payday=0, paid_through=202609))
    assert (one(found, "missing").due, one(found, "missing").state) == (date(2026, 10, 31), State.OVERDUE)
    now = one(found, "remit")
    assert (now.due, now.state) == (None, State.UNKNOWN)
    assert "发薪日" in now.action


def test_a_calendar_that_is_not_published_gives_no_day() -> None:
    found = deadlines(facts(calendar=UNKNOWN))
    due = one(found, "remit")
    assert (due.due, due.days_left, due.state) == (None, None, State.UNPUBLISHED)
    assert "年历未发布" in due.action and "年历未发布" in summary(found)
    late = deadlines(facts(today=date(2026, 12, 29), paid_through=202611, payday=28, compared=202612))
    assert one([each for each in late if each.title == "汇缴2026年12月"], "remit").state is State.UNPUBLISHED


# ---- bases ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "done", "paid", "state", "year"),
    [
        (date(2026, 5, 31), 2025, 202604, State.DONE, 2025),
        (date(2026, 6, 1), 2025, 202605, State.AHEAD, 2026),
        (date(2026, 7, 24), 2025, 202606, State.SOON, 2026),
        (date(2026, 7, 31), 2025, 202606, State.TODAY, 2026),
        (date(2026, 8, 1), 2025, 202606, State.OVERDUE, 2026),
        (date(2026, 8, 1), 2026, 202606, State.DONE, 2026),
        (date(2026, 8, 1), None, 202606, State.OVERDUE, 2026),
    ],
)
@pytest.mark.parametrize("yearly", ["annual", "base_adjust"])
def test_bases_of_a_new_fund_year_are_due_in_july(
    yearly: str, today: date, done: int | None, paid: int, state: State, year: int
) -> None:
    found = one(deadlines(facts(today=today, yearly=yearly, yearly_done=done, paid_through=paid)), "base")
    assert (found.state, found.due) == (state, date(year, 7, 31))
    assert found.title == f"{year}年度{'年度核定' if yearly == 'annual' else '基数调整'}"


def test_a_verification_that_was_passed_over_is_asked_about_and_not_called_overdue() -> None:
    found = one(deadlines(facts(yearly="annual", yearly_done=2025, paid_through=202608)), "base")
    assert (found.state, found.due) == (State.UNKNOWN, None)
    assert "联系中心" in found.action


# ---- the business month ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "title", "due", "state"),
    [
        # 20 December 2026 is a Sunday: the last day is Friday the 18th
        (date(2026, 11, 21), "2026年12月业务截止", date(2026, 12, 18), State.AHEAD),
        (date(2026, 12, 11), "2026年12月业务截止", date(2026, 12, 18), State.SOON),
        (date(2026, 12, 18), "2026年12月业务截止", date(2026, 12, 18), State.TODAY),
        (date(2026, 12, 19), "2027年1月业务截止", None, State.UNPUBLISHED),
        (date(2026, 11, 20), "2026年11月业务截止", date(2026, 11, 20), State.TODAY),
    ],
)
def test_the_business_month_of_hangzhou_closes_on_the_20th_pulled_forward(
    today: date, title: str, due: date | None, state: State
) -> None:
    found = one(deadlines(facts(today=today, calendar=HANGZHOU)), "close")
    assert (found.title, found.due, found.state) == (title, due, state)
    if due is None:
        assert "不晚于1月20日" in found.action and "年历发布后" in found.action


def test_after_the_close_the_next_month_is_told_with_the_day_it_opens() -> None:
    late = replace(HANGZHOU, holidays={**HANGZHOU.holidays, 2027: frozenset()})
    found = one(deadlines(facts(today=date(2026, 12, 19), calendar=late)), "close")
    assert (found.title, found.due) == ("2027年1月业务截止", date(2027, 1, 20))
    assert "202612已截止申报，12月21日起办理202701的业务" in found.action


def test_a_calendar_month_closes_with_its_last_day() -> None:
    assert one(deadlines(facts()), "close").due == date(2026, 11, 30)
    assert one(deadlines(facts(calendar=UNKNOWN)), "close").due == date(2026, 11, 30)


# ---- duties ----------------------------------------------------------------------------------------------


def test_people_are_registered_and_sealed_within_thirty_days() -> None:
    duties = (
        Duty("open", "k1", "张三", date(2026, 10, 24)),
        Duty("seal", "k2", "李四", date(2026, 10, 23)),
        Duty("open", "k3", "王五", date(2026, 10, 1), done=True),
    )
    found = {each.title: each for each in deadlines(facts(duties=duties))}
    assert (found["张三入职登记"].state, found["张三入职登记"].due) == (State.TODAY, date(2026, 11, 23))
    assert found["李四离职封存"].state is State.OVERDUE
    assert found["王五入职登记"].state is State.DONE
    assert all("第十五条" in found[title].source for title in ("张三入职登记", "李四离职封存"))


@pytest.mark.parametrize(("compared", "asked"), [(0, True), (202610, True), (202611, False)])
def test_a_payroll_that_was_not_compared_this_month_is_asked_for(compared: int, asked: bool) -> None:
    found = [each for each in deadlines(facts(compared=compared)) if each.kind == "people"]
    assert bool(found) is asked
    assert all(each.state is State.UNKNOWN and "工资表" in each.action for each in found)


# ---- together --------------------------------------------------------------------------------------------


def test_the_most_urgent_stand_first_and_the_line_of_the_home_screen_names_them() -> None:
    found = deadlines(facts(paid_through=202608, yearly="base_adjust"))
    states = [each.state for each in found]
    assert states == sorted(states, key=list(State).index)
    line = summary(found)
    assert line.startswith("已过期4项，将到期1项") and "补齐2026年9月汇缴 9月21日" in line
    calm = deadlines(facts(today=date(2026, 11, 2), compared=202611))
    assert summary(calm) == "没有将到期的事项  最近的是汇缴2026年11月 11月20日"


@given(
    st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    st.integers(-40, 3),
    st.integers(0, 31),
    st.sampled_from(["annual", "base_adjust", ""]),
    st.booleans(),
)
def test_whatever_is_true_of_a_unit_every_month_up_to_now_is_done_or_named(
    today: date, behind: int, payday: int, yearly: str, known: bool
) -> None:
    calendar = CALENDAR if known else UNKNOWN
    paid = add_months(calendar.business_month(today), behind)
    own = facts(today=today, calendar=calendar, paid_through=paid, payday=payday, yearly=yearly)
    found = deadlines(own)
    missing = [each for each in found if each.kind == "missing"]
    assert len(missing) == len(month_range(add_months(paid, 1), add_months(own.month, -1)))
    for each in found:
        assert each.action and each.source
        assert (each.due is None) is (each.days_left is None)
        if each.state in (State.OVERDUE, State.TODAY, State.SOON, State.AHEAD):
            assert each.due is not None and each.days_left == (each.due - today).days
            assert (each.state is State.OVERDUE) is (each.due < today)
    assert overdue(found) is any(each.state is State.OVERDUE for each in found)


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_facts_follow_the_profile(profile: str) -> None:
    rules = load_profile(profile)
    month = 202612 if profile == "hangzhou" else 202611
    told = facts_of(basis(month=month, verified_year=2026, base_adjusted=True), rules)
    assert told.month == month and told.calendar.is_workday(date(2026, 10, 10)) is True
    yearly = {"shaanxi": "annual", "hangzhou": ""}.get(profile, "base_adjust")
    assert (told.yearly, told.yearly_done) == (yearly, 2026 if yearly else None)
    assert (told.paying is not None) is (profile in ("baishan", "lyszfgjj", "shaanxi"))
    assert bool([each for each in deadlines(told) if each.kind == "base"]) is bool(yearly)


def test_a_base_adjusted_last_fund_year_does_not_count_when_it_is_looked_at_in_the_next() -> None:
    told = basis(month=202606, today="2026-06-20", base_adjusted=True)
    later = facts_of(told, load_profile("baishan"), today=date(2026, 7, 20))
    assert one(deadlines(later), "base").state is State.AHEAD
