"""Deadlines of a unit: payment, 30-day duties, bases of the new fund year, close of the business month.

Everything follows from what the center and the unit have told; a day that depends on a calendar that is not
published is never guessed (年历未发布). Days are the center's dates, months integers YYYYMM.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from domain.period import (
    BusinessCalendar,
    add_months,
    fund_year,
    fund_year_months,
    last_day,
    month_range,
    months_between,
    parse_hours,
)

if TYPE_CHECKING:
    from domain.deadlines_wire import DeadlineBasis
    from domain.profile import Module, Profile

PAY_WORKDAYS: Final = 5
"""Working days after the pay day within which a month is paid (条例 article 19)."""
DUTY_DAYS: Final = 30
"""Days within which a person is registered, or sealed after leaving (条例 article 15)."""
SOON_DAYS: Final = 7
"""From so many days on a deadline is near."""
PAY_CODE: Final = "3101"
"""Transaction code of the module in which a center takes 汇缴."""
BASE_CODES: Final = {"annual": "2201", "base_adjust": "2101"}

Kind = Literal["remit", "missing", "base", "close", "open", "seal", "people"]


class State(StrEnum):
    """How a deadline stands; the values are what people read."""

    OVERDUE = "已过期"
    TODAY = "今天到期"
    SOON = "将到期"
    UNPUBLISHED = "年历未发布"
    UNKNOWN = "待核对"
    AHEAD = "未到期"
    DONE = "已办"


_ORDER: Final = {state: place for place, state in enumerate(State)}
URGENT: Final = (State.OVERDUE, State.TODAY, State.SOON)


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline.

    `due` is the last day on which it is kept, None where there is none or it cannot be told yet. `days_left`
    and `workdays_left` count from today to `due`, negative when it is over; the latter is None where the
    calendar is not published. `action` says what is to be done, `source` where the deadline comes from: an
    article of 条例 (住房公积金管理条例) or a row of features.md.
    """

    kind: Kind
    title: str
    state: State
    due: date | None = None
    days_left: int | None = None
    workdays_left: int | None = None
    action: str = ""
    source: str = ""

    @property
    def left_text(self) -> str:
        """How long there is, e.g. 还有3天（2个工作日）."""
        if self.days_left is None or self.state is State.DONE:
            return ""
        if self.days_left == 0:
            return "今天"
        work = self.workdays_left
        counted = "" if work is None else f"（{abs(work)}个工作日）"
        head = "还有" if self.days_left > 0 else "过了"
        return f"{head}{abs(self.days_left)}天{counted}"


@dataclass(frozen=True, slots=True)
class Duty:
    """What only the unit knows: a person was employed (open) or left (seal) on `day`; `key` names the person.

    `done`: the center has the account as it should be.
    """

    kind: Literal["open", "seal"]
    key: str
    name: str
    day: date
    done: bool = False


@dataclass(frozen=True, slots=True)
class DeadlineFacts:
    """What the deadlines of a unit follow from.

    `payday` is the registered day of the month, 0 where none is. `yearly` says how bases of a new fund year
    are filed at this center ("" not on line), `yearly_done` the last fund year for which that was done, None
    for never. `paying` and `basing` are the modules for payment and bases, None where the center has none.
    `compared` is the business month of the last comparison with a payroll, 0 for none.
    """

    today: date
    calendar: BusinessCalendar
    fund_year_start: int = 7
    paid_through: int | None = None
    payday: int = 0
    yearly: Literal["annual", "base_adjust", ""] = ""
    yearly_done: int | None = None
    paying: Module | None = None
    basing: Module | None = None
    duties: tuple[Duty, ...] = ()
    compared: int = 0

    @property
    def month(self) -> int:
        """The business month of today."""
        return self.calendar.business_month(self.today)


def facts_of(
    basis: DeadlineBasis,
    profile: Profile,
    *,
    today: date | None = None,
    duties: Iterable[Duty] = (),
    compared: int = 0,
) -> DeadlineFacts:
    """The facts of a unit as its center told them; `today` is later when they are looked at again."""
    days = {one.year: one for one in basis.calendar}
    calendar = BusinessCalendar(
        kind=profile.calendar.business_month,
        holidays={year: frozenset(map(date.fromisoformat, one.off)) for year, one in days.items()},
        workdays={year: frozenset(map(date.fromisoformat, one.work)) for year, one in days.items()},
        hours=parse_hours(profile.calendar.hours),
        cutoff_pull_forward=profile.calendar.cutoff_pull_forward,
    )
    start = profile.calendar.fund_year_start
    yearly: Literal["annual", "base_adjust", ""] = ""
    done: int | None = None
    if profile.business.annual is not None:
        yearly, done = "annual", basis.verified_year
    elif profile.business.base_adjust is not None:
        yearly = "base_adjust"
        done = fund_year(basis.month, start) if basis.base_adjusted else None
    return DeadlineFacts(
        today=today or date.fromisoformat(basis.today),
        calendar=calendar,
        fund_year_start=start,
        paid_through=basis.paid_through,
        payday=basis.payday,
        yearly=yearly,
        yearly_done=done,
        paying=profile.module(PAY_CODE),
        basing=profile.module(BASE_CODES[yearly]) if yearly else None,
        duties=tuple(duties),
        compared=compared,
    )


def deadlines(facts: DeadlineFacts) -> list[Deadline]:
    """All deadlines of a unit, the most urgent first."""
    found = [*_payments(facts), *_bases(facts), _close(facts), *_duties(facts)]
    return sorted(found, key=lambda one: (_ORDER[one.state], one.due or date.max, one.title))


def overdue(found: Iterable[Deadline]) -> bool:
    """Whether anything is overdue."""
    return any(one.state is State.OVERDUE for one in found)


def summary(found: Sequence[Deadline]) -> str:
    """One line for the home screen: how many are overdue or near, and the most urgent ones."""
    counts = [(state.value, sum(one.state is state for one in found)) for state in URGENT]
    told = "，".join(f"{word}{count}项" for word, count in counts if count)
    unpublished = any(one.state is State.UNPUBLISHED for one in found)
    urgent = "；".join(_brief(one) for one in found if one.state in URGENT)
    ahead = next((one for one in found if one.state is State.AHEAD), None)
    if not urgent and ahead is not None:
        urgent = f"最近的是{_brief(ahead)}"
    return "  ".join(
        part for part in (told or "没有将到期的事项", urgent, "年历未发布" * unpublished) if part
    )


def _brief(one: Deadline) -> str:
    return f"{one.title} {one.due.month}月{one.due.day}日" if one.due is not None else one.title


# ---- payment (条例 article 19) -------------------------------------------------------------------------


def pay_due(month: int, payday: int, calendar: BusinessCalendar) -> date | None:
    """The last day on which a month is paid in time: pay day and 5 working days.

    A pay day behind the end of a short month is its last day. None while the calendar is not published.
    """
    year, number = divmod(month, 100)
    return calendar.after_workdays(date(year, number, min(payday, last_day(month).day)), PAY_WORKDAYS)


def _payments(facts: DeadlineFacts) -> list[Deadline]:
    """Every month that should be paid by now, named, and the one that is next."""
    now, paid = facts.month, facts.paid_through
    first = now if paid is None else add_months(paid, 1)
    found = [_payment(facts, month) for month in month_range(first, now)]
    if paid is not None and months_between(now, paid) >= 0:
        found += [_payment(facts, now), _payment(facts, add_months(paid, 1))]
    return found


def _payment(facts: DeadlineFacts, month: int) -> Deadline:
    paid = facts.paid_through is not None and month <= facts.paid_through
    missing = not paid and month < facts.month
    name = f"{month // 100}年{month % 100}月"
    kind: Kind = "missing" if missing else "remit"
    title = f"补齐{name}汇缴" if missing else f"汇缴{name}"
    source = "条例第十九条：发薪日后5个工作日内"
    if not facts.payday:
        if missing:
            closed = facts.calendar.last_day(month)
            return _dated(facts, kind, title, closed, _pay_action(facts), "业务月已过，单位没有登记发薪日")
        state = State.DONE if paid else State.UNKNOWN
        action = "单位没有登记发薪日，不能算出期限，请登记发薪日。"
        return Deadline(kind, title, state, action=action, source=source)
    due = pay_due(month, facts.payday, facts.calendar)
    action = f"发薪日{facts.payday}日。{_pay_action(facts)}"
    if paid:
        action = f"缴至{facts.paid_through}，不用再办。"
    return _dated(facts, kind, title, due, action, source, done=paid)


def _pay_action(facts: DeadlineFacts) -> str:
    module = facts.paying
    if module is None:
        return "请按中心规定的方式汇缴，本中心不在网上办理。"
    if not module.screens:
        return f"{module.title}请到中心柜台办理。"
    return f"请办理{module.title}，交易码{module.code}。"


# ---- bases of the new fund year -----------------------------------------------------------------------


def _bases(facts: DeadlineFacts) -> list[Deadline]:
    """July: the bases of the new fund year (B-01, B-15, R-07), told from the month before on."""
    if not facts.yearly:
        return []
    start, now = facts.fund_year_start, facts.month
    year = fund_year(now, start)
    if add_months(now, 1) % 100 == start:
        year += 1
    july = fund_year_months(year, start)[0]
    annual = facts.yearly == "annual"
    what = "年度核定" if annual else "基数调整"
    title = f"{year}年度{what}"
    source = "B-15：汇缴7月前办理" if annual else "条例第十六条：按上一年度月平均工资，从7月起"
    done = facts.yearly_done is not None and facts.yearly_done >= year
    paid = facts.paid_through
    if annual and not done and paid is not None and paid >= july:
        text = f"单位已缴至{paid}，中心没有{year}年度核定的记录，请联系中心。"
        return [Deadline("base", title, State.UNKNOWN, action=text, source=source)]
    action = f"{year}年度已经办理，不用再办。" if done else f"请办理{what}，各人的新基数从{july}起计算。"
    if not done and facts.basing is not None:
        action += f"交易码{facts.basing.code}。"
    return [_dated(facts, "base", title, facts.calendar.last_day(july), action, source, done=done)]


# ---- the close of the business month --------------------------------------------------------------------


def _close(facts: DeadlineFacts) -> Deadline:
    """The last day on which the business month takes business (N-01); after it that of the next month."""
    calendar, month = facts.calendar, facts.month
    if not calendar.cutoff_is_provisional(month) and facts.today > calendar.cutoff(month):
        month = add_months(month, 1)
    title = f"{month // 100}年{month % 100}月业务截止"
    pulled = calendar.cutoff_pull_forward
    source = "N-01：每月20日，遇休息日提前" if calendar.kind == "21-20" else "中心业务月"
    action = "要计入本业务月的业务，请在截止日之前提交。"
    if month != facts.month:
        again = calendar.first_day(month)
        action = f"{facts.month}已截止申报，{again.month}月{again.day}日起办理{month}的业务。"
    if calendar.cutoff_is_provisional(month):
        last = calendar.last_day(month)
        text = f"不晚于{last.month}月{last.day}日；遇休息日提前，{last.year}年的年历发布后才能确定。"
        return Deadline("close", title, State.UNPUBLISHED, action=text, source=source)
    if pulled and calendar.cutoff(month) != calendar.last_day(month):
        last = calendar.last_day(month)
        action = f"{last.month}月{last.day}日是休息日，截止日提前。{action}"
    return _dated(facts, "close", title, calendar.cutoff(month), action, source)


# ---- the 30-day duties (条例 article 15) ----------------------------------------------------------------


def _duties(facts: DeadlineFacts) -> list[Deadline]:
    """Registration within 30 days of employment, sealing within 30 days of leaving.

    The center knows neither day: both come from a payroll the unit has compared.
    """
    found = []
    for duty in facts.duties:
        opening = duty.kind == "open"
        day = f"{duty.day.year}年{duty.day.month}月{duty.day.day}日"
        action = f"{day}入职，请办理登记。" if opening else f"{day}离职，请办理封存。"
        if duty.done:
            action = "中心已有记录，不用再办。"
        title = f"{duty.name}{'入职登记' if opening else '离职封存'}"
        source = "条例第十五条：录用之日起30日内" if opening else "条例第十五条：终止之日起30日内"
        due = duty.day + timedelta(days=DUTY_DAYS)
        found.append(_dated(facts, duty.kind, title, due, action, source, done=duty.done))
    if facts.compared != facts.month:
        action = "入职、离职的日期只有单位知道，请用工资表比对，找出该登记和该封存的人。"
        source = "条例第十五条：30日内"
        found.append(Deadline("people", "核对本月人员增减", State.UNKNOWN, action=action, source=source))
    return found


def _dated(
    facts: DeadlineFacts,
    kind: Kind,
    title: str,
    due: date | None,
    action: str,
    source: str,
    *,
    done: bool = False,
) -> Deadline:
    """A deadline with its days left; a `due` of None is one the calendar does not tell yet."""
    if due is None:
        state = State.DONE if done else State.UNPUBLISHED
        told = action if done else f"年历未发布，期限待定。{action}"
        return Deadline(kind, title, state, action=told, source=source)
    left = (due - facts.today).days
    if done:
        state = State.DONE
    elif left < 0:
        state = State.OVERDUE
    elif left == 0:
        state = State.TODAY
    else:
        state = State.SOON if left <= SOON_DAYS else State.AHEAD
    work = facts.calendar.workdays_between(facts.today, due)
    return Deadline(kind, title, state, due, left, work, action, source)
