"""A payroll lined up with the center's people: by ID number alone, and the sums come out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business import AccountStatus, Limits, RatioPair
from domain.idnumber import check_digit, upgrade
from domain.payroll import PayrollRow, read_row
from domain.reconcile import (
    FILED,
    Comparison,
    Proposal,
    Sum,
    Terms,
    UnitPerson,
    compare,
    duties,
    four_columns,
    limited,
)

TODAY = date(2026, 11, 23)
LIMITS = Limits(2026, 200_000, 3_000_000)
RATIO = RatioPair(1200, 800)
ALL = frozenset(FILED)
TERMS = Terms(ALL, TODAY, LIMITS, LIMITS, RATIO)
NORMAL, SEALED, FROZEN = AccountStatus.NORMAL, AccountStatus.SEALED, AccountStatus.FROZEN


def identity(number: int) -> str:
    first = f"110101199{number // 900 % 10}0307{number % 900 + 100:03d}"
    return first + check_digit(first)


def person(number: int, base: int = 800_000, status: AccountStatus = NORMAL, **changes: object) -> UnitPerson:
    unit, own = LIMITS.deposits(base, RATIO)
    key = identity(number)
    made = UnitPerson(f"100001{number:08d}", f"职工{number}", key, key, status, base, RATIO, unit, own)
    return replace(made, **changes)  # type: ignore[arg-type]


def line(number: int, wage: int | None = 800_000, at: int = 0, **changes: object) -> PayrollRow:
    key = identity(number)
    row = PayrollRow(at or number + 2, f"职工{number}", key, key, wage)
    return replace(row, **changes)  # type: ignore[arg-type]


def only(rows: Iterable[PayrollRow], people: Iterable[UnitPerson], terms: Terms = TERMS) -> Proposal:
    (found,) = compare(list(rows), people, terms).proposals
    return found


# ---- one person ------------------------------------------------------------------------------------------


def test_somebody_unknown_is_registered() -> None:
    found = only([line(1, 900_000)], [])
    assert (found.kind, found.base, found.amount, found.before) == ("open", 900_000, 180_000, 0)
    assert "应登记" in found.reason and found.takes


@pytest.mark.parametrize(
    ("wage", "base", "said"),
    [
        (199_999, 200_000, "低于下限，按2000.00"),
        (200_000, 200_000, ""),
        (3_000_000, 3_000_000, ""),
        (3_000_001, 3_000_000, "高于上限，按30000.00"),
    ],
)
def test_the_limits_of_the_center_are_applied_and_shown(wage: int, base: int, said: str) -> None:
    assert limited(wage, LIMITS)[0] == base
    for people in ([], [person(1, 500_000)]):
        found = only([line(1, wage)], people)
        assert found.base == base and said in found.reason


def test_the_limits_of_a_base_are_those_of_the_month_from_which_it_counts() -> None:
    terms = replace(TERMS, base_limits=replace(LIMITS, base_max=500_000))
    assert only([line(1)], [person(1, 600_000)], terms).base == 500_000
    assert only([line(1)], [], terms).base == 800_000


def test_somebody_absent_is_sealed_and_somebody_sealed_is_left_alone() -> None:
    found = only([], [person(1), person(2, status=SEALED), person(3, status=FROZEN)])
    assert (found.kind, found.amount, found.before) == ("seal", 0, 160_000)


def test_one_name_with_two_numbers_is_left_to_people() -> None:
    """Somebody new and somebody missing may be one person whose number stands wrong somewhere."""
    found = compare([line(1, name="职工7"), line(2)], [person(7), person(8)], TERMS)
    told = {(str(one.kind), one.name): one for one in found.proposals}
    for key, where in ((("open", "职工7"), "中心有同名的人"), (("seal", "职工7"), "工资表中有同名的人")):
        assert where in told[key].reason and not told[key].takes
    assert told["open", "职工2"].takes and told["seal", "职工8"].takes


def test_somebody_sealed_on_the_payroll_is_reopened() -> None:
    found = only([line(1, 900_000)], [person(1, status=SEALED)])
    assert (found.kind, found.base, found.amount, found.before) == ("unseal", 800_000, 160_000, 0)
    assert "启封后再调整" in found.reason
    with_base = replace(TERMS, unseal_with_base=True)
    found = only([line(1, 900_000)], [person(1, status=SEALED)], with_base)
    assert (found.base, found.amount) == (900_000, 180_000)


def test_where_nothing_is_reopened_somebody_sealed_registers_again_or_goes_to_the_counter() -> None:
    terms = replace(TERMS, offered=frozenset({"open", "seal"}), reopen_by_open=True)
    found = only([line(1, 900_000)], [person(1, status=SEALED)], terms)
    assert (found.kind, found.amount, found.before) == ("open", 180_000, 0)
    found = only([line(1)], [person(1, status=SEALED)], replace(terms, reopen_by_open=False))
    assert found.kind == "check" and "柜台" in found.reason


def test_a_base_that_differs_is_changed_and_one_that_does_not_is_left() -> None:
    found = only([line(1, 900_000)], [person(1)])
    assert (found.kind, found.base, found.amount, found.before) == ("base_adjust", 900_000, 180_000, 160_000)
    assert "8000.00应为9000.00" in found.reason
    assert only([line(1)], [person(1)]).kind == "same"


def test_a_wage_of_one_month_changes_no_base_by_itself() -> None:
    found = only([line(1, 900_000)], [person(1)], replace(TERMS, yearly=False))
    assert (found.kind, found.takes) == ("base_adjust", False)
    assert "上年月均工资" in found.reason


@pytest.mark.parametrize(("annual", "said"), [(True, "年度核定"), (False, "柜台")])
def test_where_bases_are_not_changed_on_line_that_is_said(annual: bool, said: str) -> None:
    terms = replace(TERMS, offered=ALL - {"base_adjust"}, annual=annual)
    found = only([line(1, 900_000)], [person(1)], terms)
    assert found.kind == "none" and said in found.reason and not found.filed


# ---- doubts ----------------------------------------------------------------------------------------------


def test_the_same_number_with_another_name_is_told_and_decides_nothing() -> None:
    found = only([line(1, 900_000, name="别人")], [person(1)])
    assert found.kind == "check" and "姓名与中心登记的“职工1”不一致" in found.reason
    found = only([line(1, name="职工1")], [person(1, name="职工1")])
    assert found.kind == "same"


def test_a_name_without_a_number_is_never_chosen_and_its_namesakes_are_not_sealed() -> None:
    row = read_row(7, {"name": "职工1", "wage": "8000"}, TODAY)
    twins = [person(1), person(2, name="职工1")]
    found = compare([row], [*twins, person(3)], TERMS).proposals
    assert [one.kind for one in found] == ["check", "check", "check", "seal"]
    assert "2个同名的人，没有替您选" in found[0].reason
    assert all("第7行有同名的人" in one.reason for one in found[1:3])
    assert found[3].name == "职工3"


def test_a_number_that_a_spreadsheet_has_broken_holds_its_name_as_well() -> None:
    row = read_row(7, {"name": "职工1", "id_number": "1.10101E+17", "wage": "8000"}, TODAY)
    found = compare([row], [person(1)], TERMS).proposals
    assert [one.kind for one in found] == ["check", "check"]


def test_somebody_twice_on_the_payroll_is_told_with_the_other_line_and_left_alone() -> None:
    found = compare([line(1, at=3), line(1, 900_000, at=9)], [person(1)], TERMS).proposals
    assert [one.kind for one in found] == ["check", "check"]
    assert "第9行" in found[0].reason and "第3行" in found[1].reason


def test_both_forms_of_a_number_are_the_same_person() -> None:
    short = "110101900307101"
    mine = person(1, key=upgrade(short), id_number=short, name="张三")
    row = read_row(2, {"name": "张三", "id_number": upgrade(short), "wage": "8000"}, TODAY)
    assert only([row], [mine]).kind == "same"
    twice = [row, read_row(3, {"name": "张三", "id_number": short, "wage": "8000"}, TODAY)]
    assert [one.kind for one in compare(twice, [mine], TERMS).proposals] == ["check", "check"]


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ([person(1, status=FROZEN)], "冻结"),
        ([person(1), replace(person(1), account_no="x")], "两个正常缴存账户"),
    ],
)
def test_what_only_the_counter_can_do_is_told(people: list[UnitPerson], said: str) -> None:
    found = compare([line(1)], people, TERMS).proposals
    assert [one.kind for one in found] == ["check"] and said in found[0].reason


def test_of_several_accounts_the_one_that_is_paid_into_counts() -> None:
    old = replace(person(1, status=SEALED), account_no="old")
    assert only([line(1)], [old, person(1)]).kind == "same"
    closed = replace(person(1, status=AccountStatus.TRANSFERRED), account_no="gone")
    assert only([line(1)], [closed]).kind == "open"


@pytest.mark.parametrize("people", [[], [person(1)], [person(1, status=SEALED)]])
def test_a_wage_that_cannot_be_read_seals_nobody(people: list[UnitPerson]) -> None:
    row = line(1, None, wage_problem="工资是空的，请填写。")
    terms = replace(TERMS, unseal_with_base=True)
    found = only([row], people, terms)
    assert found.kind == "check" and "工资是空的，请填写。" in found.reason


@pytest.mark.parametrize("people", [[], [person(1)], [person(1, status=SEALED)]])
def test_limits_that_are_not_published_are_told(people: list[UnitPerson]) -> None:
    terms = replace(TERMS, limits=None, base_limits=None, unseal_with_base=True)
    found = only([line(1)], people, terms)
    assert found.kind == "check" and "没有公布" in found.reason


@pytest.mark.parametrize("off", FILED)
def test_a_business_that_may_not_be_filed_is_proposed_to_nobody(off: str) -> None:
    rows = [line(1), line(2), line(3, 900_000)]
    people = [person(2, status=SEALED), person(3), person(4)]
    found = compare(rows, people, replace(TERMS, offered=ALL - {off})).proposals
    assert off not in {one.kind for one in found} and len(found) == 4


# ---- days ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "kind"), [([], "none"), ([person(1)], "seal"), ([person(1, status=SEALED)], "none")]
)
def test_somebody_who_has_left_is_sealed_if_need_be(people: list[UnitPerson], kind: str) -> None:
    assert only([line(1, left=TODAY)], people).kind == kind
    assert only([line(1, left=date(2026, 11, 24))], people).kind != kind or kind == "none" and not people


@pytest.mark.parametrize("people", [[], [person(1, status=SEALED)]])
def test_somebody_who_begins_later_is_not_registered_yet(people: list[UnitPerson]) -> None:
    assert only([line(1, hired=date(2026, 12, 1))], people).kind == "none"


def test_the_thirty_days_are_told_and_kept_for_the_deadlines() -> None:
    rows = [
        line(1, hired=date(2026, 10, 23)),
        line(2, hired=date(2026, 11, 2)),
        line(3, left=date(2026, 11, 10)),
    ]
    found = compare(rows, [person(3), person(4)], TERMS).proposals
    by_name = {one.name: one.reason for one in found}
    assert "登记期限2026年11月22日已过" in by_name["职工1"]
    assert "登记期限2026年12月2日" in by_name["职工2"] and "已过" not in by_name["职工2"]
    assert "2026年11月10日离职；封存期限2026年12月10日" in by_name["职工3"]
    kept = {(one.kind, one.name, one.day) for one in duties(found)}
    assert kept == {
        ("open", "职工1", date(2026, 10, 23)),
        ("open", "职工2", date(2026, 11, 2)),
        ("seal", "职工3", date(2026, 11, 10)),
    }


# ---- four columns ----------------------------------------------------------------------------------------


def test_the_worked_example_of_four_columns() -> None:
    """100 people and 50,000.00: 2 opened at 400, 1 reopened at 500, 3 sealed at 600, +120.00 and -40.00."""

    def paid(number: int, amount: int) -> UnitPerson:
        return replace(person(number), unit_amount=amount, person_amount=0)

    taken = [
        *(Proposal("open", "", amount=40_000) for _ in range(2)),
        Proposal("unseal", "", replace(paid(1, 50_000), status=SEALED), amount=50_000),
        *(Proposal("seal", "", paid(number, 60_000)) for number in range(2, 5)),
        Proposal("base_adjust", "", paid(5, 50_000), amount=62_000),
        Proposal("base_adjust", "", paid(6, 50_000), amount=46_000),
    ]
    columns = four_columns(Sum(100, 5_000_000), taken)
    assert (columns.more, columns.less) == (Sum(3, 142_000), Sum(3, 184_000))
    assert columns.now == Sum(100, 4_958_000)


def applied(people: Iterable[UnitPerson], taken: Iterable[Proposal]) -> list[UnitPerson]:
    """The people as the center has them once proposals are carried out: a model of its own."""
    accounts = {one.account_no: one for one in people}
    for one in taken:
        if one.kind == "seal":
            assert one.person is not None
            accounts[one.person.account_no] = replace(one.person, status=SEALED)
            continue
        assert one.row is not None and one.base is not None
        ratio = one.person.ratio if one.person is not None and one.kind == "base_adjust" else RATIO
        unit, own = LIMITS.deposits(one.base, ratio)
        number = one.person.account_no if one.person is not None else f"new{one.row.key}"
        accounts[number] = UnitPerson(
            number, one.row.name, one.row.key, one.row.key, NORMAL, one.base, ratio, unit, own
        )
    return list(accounts.values())


def normal(people: Iterable[UnitPerson]) -> Sum:
    paid = [one.amount for one in people if one.status is NORMAL]
    return Sum(len(paid), sum(paid))


WAGES = st.integers(100_000, 4_000_000)
STATES = st.sampled_from([NORMAL, NORMAL, NORMAL, SEALED])
PEOPLE = st.dictionaries(st.integers(0, 15), st.tuples(st.integers(200_000, 3_000_000), STATES), max_size=12)
ROWS = st.dictionaries(st.integers(0, 15), WAGES, max_size=12)


@given(PEOPLE, ROWS, st.randoms(use_true_random=False))
def test_whatever_is_taken_last_and_more_less_less_is_what_comes_of_it(
    known: dict[int, tuple[int, AccountStatus]], wages: dict[int, int], random: object
) -> None:
    people = [person(number, base, status) for number, (base, status) in known.items()]
    rows = [line(number, wage) for number, wage in wages.items()]
    found = compare(rows, people, replace(TERMS, unseal_with_base=True))
    taken = [one for one in found.proposals if one.filed and random.random() < 0.6]  # type: ignore[attr-defined]
    columns = four_columns(found.last, taken)
    assert found.last == normal(people)
    assert columns.now == normal(applied(people, taken))
    assert min(columns.more.money, columns.less.money, columns.now.people) >= 0


@given(PEOPLE, ROWS)
def test_all_proposals_carried_out_give_exactly_the_payroll(
    known: dict[int, tuple[int, AccountStatus]], wages: dict[int, int]
) -> None:
    people = [person(number, base, status) for number, (base, status) in known.items()]
    rows = [line(number, wage) for number, wage in wages.items()]
    terms = replace(TERMS, unseal_with_base=True)
    found = compare(rows, people, terms)
    assert all(one.filed or one.kind == "same" for one in found.proposals)
    after = applied(people, [one for one in found.proposals if one.filed])
    paid = {one.key: one.base for one in after if one.status is NORMAL}
    assert paid == {row.key: limited(row.wage or 0, LIMITS)[0] for row in rows}
    again = compare(rows, after, terms)
    assert {one.kind for one in again.proposals} <= {"same"}


@given(PEOPLE, ROWS, st.sets(st.integers(0, 15)), st.sets(st.integers(0, 15)), st.sets(st.integers(0, 15)))
def test_every_line_and_everybody_paid_for_is_answered_once(
    known: dict[int, tuple[int, AccountStatus]],
    wages: dict[int, int],
    nameless: set[int],
    broken: set[int],
    twice: set[int],
) -> None:
    people = [person(number, base, status) for number, (base, status) in known.items()]
    rows = [
        line(number, wage)
        if number not in broken | nameless
        else replace(line(number, wage), key="", problem="没有证件号码。")
        for number, wage in wages.items()
    ]
    rows += [line(number, at=1000 + number) for number in wages if number in twice - broken - nameless]
    found: Comparison = compare(rows, people, TERMS)
    lines = sorted(one.row.line for one in found.proposals if one.row is not None)
    assert lines == sorted(row.line for row in rows)
    answered = [one.person.account_no for one in found.proposals if one.person is not None]
    paid = {one.account_no for one in people if one.paid_for}
    assert paid <= set(answered)
    doubtful = {identity(number) for number in wages if number in broken | nameless | twice}
    for one in found.proposals:
        assert not (one.filed and one.person is not None and one.person.key in doubtful)
        assert one.reason.endswith("。")
