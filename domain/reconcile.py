"""A payroll lined up with the people the center has: who is to be registered, sealed, reopened or rebased.

People are the same by their ID number in either form and by nothing else (O-16): a name alone never decides.
Who is in doubt is left as the center has them, and the reason is said. Money is in 分, months are YYYYMM.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal

from domain.business import AccountStatus, Limits, RatioPair
from domain.deadlines import DUTY_DAYS, Duty
from domain.money import format_yuan
from domain.text import safe_text

if TYPE_CHECKING:
    from domain.payroll import PayrollRow

Kind = Literal["open", "unseal", "seal", "base_adjust", "check", "none", "same"]
FILED: Final = ("open", "unseal", "seal", "base_adjust")
"""Kinds that are businesses: what is taken of them goes into a roster."""
ORDER: Final = ("check", *FILED, "none", "same")
"""Kinds in the order in which they are looked through."""
OPEN_STATES: Final = (AccountStatus.NORMAL, AccountStatus.SEALED, AccountStatus.FROZEN)


@dataclass(frozen=True, slots=True)
class UnitPerson:
    """An account of the unit as the center has it; `key` is `same_person_key`, money in 分."""

    account_no: str
    name: str
    id_number: str
    key: str
    status: AccountStatus
    base: int
    ratio: RatioPair
    unit_amount: int
    person_amount: int

    @property
    def amount(self) -> int:
        """Monthly deposit of both sides."""
        return self.unit_amount + self.person_amount

    @property
    def paid_for(self) -> bool:
        """Whether the account counts in what the unit pays each month."""
        return self.status is AccountStatus.NORMAL


@dataclass(frozen=True, slots=True)
class Terms:
    """What the center and the unit decide.

    `offered` are the businesses that may be filed here. `limits` hold for people who begin this month,
    `base_limits` for the month from which a changed base counts (None: not published). `ratio` is that of
    people who begin. `unseal_with_base`: reopening asks for a base. `reopen_by_open`: where reopening is not
    offered, a registration reopens (parameter 80). `yearly`: the wages are averages of the last year, so
    that a base that differs is to be changed. `annual`: bases change in 年度核定 only.
    """

    offered: frozenset[str]
    today: date
    limits: Limits | None
    base_limits: Limits | None
    ratio: RatioPair
    unified: bool = True
    unseal_with_base: bool = False
    reopen_by_open: bool = False
    yearly: bool = True
    annual: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What becomes of one person.

    `base` is the base afterwards and `amount` the monthly deposit afterwards, 0 for nobody paid for. `takes`
    says whether it is proposed to be done; kinds that are no business cannot be.
    """

    kind: Kind
    reason: str
    person: UnitPerson | None = None
    row: PayrollRow | None = None
    base: int | None = None
    amount: int = 0
    takes: bool = True

    @property
    def filed(self) -> bool:
        """Whether it can be filed."""
        return self.kind in FILED

    @property
    def name(self) -> str:
        """Whom it is about: the registered name where there is one."""
        return self.person.name if self.person is not None else self.row.name if self.row is not None else ""

    @property
    def before(self) -> int:
        """The monthly deposit the unit pays for the person now."""
        return self.person.amount if self.person is not None and self.person.paid_for else 0


@dataclass(frozen=True, slots=True)
class Sum:
    """People and their monthly money in 分."""

    people: int = 0
    money: int = 0


@dataclass(frozen=True, slots=True)
class FourColumns:
    """上月, 本月增加, 本月减少, 本月 (domain.md 2.5): `now` is `last` and `more` less `less`, always.

    A base that goes up or down counts as money without people.
    """

    last: Sum
    more: Sum
    less: Sum

    @property
    def now(self) -> Sum:
        """The month that results."""
        return Sum(
            self.last.people + self.more.people - self.less.people,
            self.last.money + self.more.money - self.less.money,
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome: proposals in the order of `ORDER`, and the people they started from."""

    proposals: tuple[Proposal, ...]
    people: tuple[UnitPerson, ...] = field(repr=False)

    @property
    def last(self) -> Sum:
        """What the unit pays for now."""
        paid = [one.amount for one in self.people if one.paid_for]
        return Sum(len(paid), sum(paid))

    def count(self, kind: Kind) -> int:
        """Number of proposals of a kind."""
        return sum(one.kind == kind for one in self.proposals)


def four_columns(last: Sum, taken: Iterable[Proposal]) -> FourColumns:
    """The four columns when `taken` are carried out."""
    more_people = less_people = more = less = 0
    for one in taken:
        if one.kind in ("open", "unseal"):
            more_people += 1
        elif one.kind == "seal":
            less_people += 1
        change = one.amount - one.before
        more, less = more + max(0, change), less + max(0, -change)
    return FourColumns(last, Sum(more_people, more), Sum(less_people, less))


def compare(rows: Sequence[PayrollRow], people: Iterable[UnitPerson], terms: Terms) -> Comparison:
    """Line a payroll up with the unit's people; every line and every person paid for gets a proposal."""
    known = tuple(people)
    by_key: defaultdict[str, list[UnitPerson]] = defaultdict(list)
    for person in known:
        if person.status in OPEN_STATES:
            by_key[person.key].append(person)
    lines: defaultdict[str, list[int]] = defaultdict(list)
    doubted: dict[str, int] = {}
    """Names of lines that could be anybody, with their line."""
    for row in rows:
        if row.key:
            lines[row.key].append(row.line)
        elif row.name:
            doubted.setdefault(row.name.casefold(), row.line)
    same_names = Counter(person.name.casefold() for person in known if person.status in OPEN_STATES)
    judge = _Judge(terms, by_key, lines, same_names)
    found = [judge.row(row) for row in rows]
    found += [
        _absent(person, doubted, terms) for person in known if person.paid_for and person.key not in lines
    ]
    found = _same_names_apart(found)
    rank = {kind: place for place, kind in enumerate(ORDER)}
    return Comparison(tuple(sorted(found, key=lambda one: rank[one.kind])), known)


def duties(proposals: Iterable[Proposal]) -> list[Duty]:
    """The 30-day duties that the payroll's dates tell of (条例 article 15)."""
    found = []
    for one in proposals:
        row = one.row
        if row is not None and one.kind == "open" and row.hired is not None:
            found.append(Duty("open", row.key, one.name, row.hired))
        elif row is not None and one.kind == "seal" and row.left is not None:
            found.append(Duty("seal", row.key, one.name, row.left))
    return found


class _Judge:
    """Says what becomes of a line."""

    def __init__(
        self,
        terms: Terms,
        by_key: dict[str, list[UnitPerson]],
        lines: dict[str, list[int]],
        same_names: Counter[str],
    ) -> None:
        self._terms = terms
        self._by_key = by_key
        self._lines = lines
        self._same_names = same_names

    def row(self, row: PayrollRow) -> Proposal:
        """What becomes of a line of the payroll."""
        if not row.key:
            return self._in_doubt(row)
        mine = self._by_key.get(row.key, [])
        person = next((one for one in mine if one.paid_for), mine[0] if mine else None)
        if row.problem:
            return Proposal("check", row.problem, person, row)
        others = [line for line in self._lines[row.key] if line != row.line]
        if others:
            text = f"与第{'、'.join(map(str, others))}行是同一人，请在工资表中只留一行。"
            return Proposal("check", text, person, row)
        if person is None:
            return self._unknown(row)
        if row.name.casefold() != person.name.casefold():
            registered = safe_text(person.name, limit=20)
            text = f"证件号码相同，姓名与中心登记的“{registered}”不一致，请核对是不是同一人。"
            return Proposal("check", text, person, row)
        if sum(one.paid_for for one in mine) > 1:
            return Proposal("check", "中心有两个正常缴存账户，请到中心柜台合并后再比对。", person, row)
        if person.status is AccountStatus.FROZEN:
            return Proposal("check", "账户已冻结，请到中心柜台办理。", person, row)
        return self._paid_for(row, person) if person.paid_for else self._sealed(row, person)

    def _in_doubt(self, row: PayrollRow) -> Proposal:
        """A line without a readable ID number: people of the same name are counted, never chosen from."""
        same = self._same_names[row.name.casefold()] if row.name else 0
        text = f"{row.problem}中心有{same}个同名的人，没有替您选。" if same else row.problem
        return Proposal("check", text, None, row)

    # ---- who is not at the center ------------------------------------------------------------------------

    def _unknown(self, row: PayrollRow) -> Proposal:
        today = self._terms.today
        if row.has_left(today):
            return Proposal("none", "已离职，中心没有账户，不用办理。", None, row)
        if row.hired is not None and row.hired > today:
            return Proposal("none", f"{_day(row.hired)}才入职，到时再登记。", None, row)
        return self._open(row, None, "中心没有此人，应登记")

    def _open(self, row: PayrollRow, person: UnitPerson | None, why: str) -> Proposal:
        """A registration with the base that the limits make of the wage."""
        terms = self._terms
        if "open" not in terms.offered:
            return Proposal("check", f"{why}，您没有网上登记的权限，请到中心柜台办理。", person, row)
        if row.wage is None:
            return Proposal("check", f"{why}；{row.wage_problem}", person, row)
        if terms.limits is None:
            return Proposal("check", f"{why}；中心还没有公布缴存基数上下限，请联系中心。", person, row)
        base, said = limited(row.wage, terms.limits)
        amount = sum(terms.limits.deposits(base, terms.ratio))
        return Proposal("open", f"{why}{said}{self._late(row.hired, '登记')}。", person, row, base, amount)

    def _late(self, day: date | None, what: str) -> str:
        if day is None:
            return ""
        due = day + timedelta(days=DUTY_DAYS)
        return f"；{what}期限{_day(due)}" + ("已过" if due < self._terms.today else "")

    # ---- who is at the center ----------------------------------------------------------------------------

    def _paid_for(self, row: PayrollRow, person: UnitPerson) -> Proposal:
        if row.has_left(self._terms.today):
            assert row.left is not None
            return self._seal(row, person, f"{_day(row.left)}离职{self._late(row.left, '封存')}")
        if row.wage is None:
            text = f"{row.wage_problem}基数没有比对。"
            return Proposal("check", text, person, row, person.base, person.amount)
        limits = self._terms.base_limits
        if limits is None:
            text = "中心还没有公布缴存基数上下限，基数没有比对。"
            return Proposal("check", text, person, row, person.base, person.amount)
        base, said = limited(row.wage, limits)
        if base == person.base:
            return Proposal("same", f"一致{said}。", person, row, base, person.amount)
        return self._rebase(row, person, base, said, limits)

    def _rebase(self, row: PayrollRow, person: UnitPerson, base: int, said: str, limits: Limits) -> Proposal:
        """A base that differs: a change where the center takes one, else only said."""
        terms = self._terms
        text = f"基数{format_yuan(person.base)}应为{format_yuan(base)}{said}"
        if "base_adjust" in terms.offered:
            if not terms.yearly:
                text = f"当月工资与基数{format_yuan(person.base)}不同{said}；基数按上年月均工资，默认不调"
            amount = sum(limits.deposits(base, person.ratio))
            return Proposal("base_adjust", f"{text}。", person, row, base, amount, terms.yearly)
        where = "在年度核定中调整" if terms.annual else "请到中心柜台调整"
        return Proposal("none", f"{text}，{where}。", person, row, person.base, person.amount)

    def _sealed(self, row: PayrollRow, person: UnitPerson) -> Proposal:
        """Somebody sealed who is on the payroll again."""
        terms = self._terms
        if row.has_left(terms.today):
            return Proposal("none", "已离职，账户已封存，不用办理。", person, row)
        if row.hired is not None and row.hired > terms.today:
            return Proposal("none", f"{_day(row.hired)}才入职，到时再启封。", person, row)
        if "unseal" not in terms.offered:
            if terms.reopen_by_open:
                return self._open(row, person, "账户已停缴，应重新登记")
            return Proposal("check", "账户已封存，不能在网上启封，请到中心柜台办理。", person, row)
        if not terms.unseal_with_base:
            text = "账户已封存，工资表中有此人，应启封"
            if row.wage is not None and terms.base_limits is not None:
                base, said = limited(row.wage, terms.base_limits)
                if base != person.base:
                    text += f"；基数{format_yuan(person.base)}与工资不同{said}，启封后再调整"
            return Proposal("unseal", f"{text}。", person, row, person.base, person.amount)
        if row.wage is None:
            return Proposal("check", f"账户已封存，应启封；{row.wage_problem}", person, row)
        if terms.limits is None:
            return Proposal("check", "应启封；中心还没有公布缴存基数上下限，请联系中心。", person, row)
        base, said = limited(row.wage, terms.limits)
        ratio = terms.ratio if terms.unified else person.ratio
        amount = sum(terms.limits.deposits(base, ratio))
        text = f"账户已封存，工资表中有此人，应启封{said}。"
        return Proposal("unseal", text, person, row, base, amount)

    def _seal(self, row: PayrollRow, person: UnitPerson, why: str) -> Proposal:
        return _seal(row, person, why, self._terms)


def limited(wage: int, limits: Limits) -> tuple[int, str]:
    """The base a wage gives within the limits of a year, and what is said where they changed it."""
    if wage < limits.base_min:
        return limits.base_min, f"；工资{format_yuan(wage)}低于下限，按{format_yuan(limits.base_min)}"
    if wage > limits.base_max:
        return limits.base_max, f"；工资{format_yuan(wage)}高于上限，按{format_yuan(limits.base_max)}"
    return wage, ""


def _absent(person: UnitPerson, doubted: dict[str, int], terms: Terms) -> Proposal:
    """Somebody who is paid for and not on the payroll."""
    line = doubted.get(person.name.casefold())
    if line is not None:
        text = f"工资表第{line}行有同名的人，但没有可用的证件号码；请先核对那一行，没有列入封存。"
        return Proposal("check", text, person, None, person.base, person.amount)
    return _seal(None, person, "工资表中没有此人，应封存", terms)


def _seal(row: PayrollRow | None, person: UnitPerson, why: str, terms: Terms) -> Proposal:
    if "seal" not in terms.offered:
        text = f"{why}，您没有网上封存的权限，请到中心柜台办理。"
        return Proposal("check", text, person, row, person.base, person.amount)
    return Proposal("seal", f"{why}。", person, row)


def _same_names_apart(found: Sequence[Proposal]) -> list[Proposal]:
    """Proposals of which somebody to be registered is called as somebody missing from the payroll.

    It may be one person whose ID number stands wrong somewhere, or two: it is said, and nothing is chosen.
    """
    new = {one.name.casefold() for one in found if one.kind == "open" and one.person is None}
    gone = {one.name.casefold() for one in found if one.kind == "seal" and one.row is None}
    both = new & gone

    def told(one: Proposal) -> Proposal:
        missing = one.kind == "seal" and one.row is None
        if one.name.casefold() not in both or not (missing or (one.kind == "open" and one.person is None)):
            return one
        where = "工资表中" if missing else "中心"
        text = f"{where}有同名的人，证件号码不同，请核对是不是同一人；没有替您选。"
        return replace(one, reason=f"{one.reason}{text}", takes=False)

    return [told(one) for one in found]


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
