"""漏缴补缴 and 少缴补缴: every rule of the manual, on the declarations alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business import (
    AccountStatus,
    CheckContext,
    KnownAccount,
    Limits,
    MadeUp,
    PersonFacts,
    RatioPair,
    RowCheck,
    Source,
    UnitFacts,
    form_columns,
    template_columns,
)
from domain.businesses.registry import BusinessOff, declare
from domain.findings import Severity, errors
from domain.idnumber import check_digit
from domain.money import Rounding, format_yuan
from domain.period import fund_year, month_range
from domain.profile import load_profile
from tests.support.rounding import rounded

HANGZHOU = load_profile("hangzhou")
MISSED, SHORT = declare("makeup_missed", HANGZHOU), declare("makeup_short", HANGZHOU)
BOTH = pytest.mark.parametrize("business", [MISSED, SHORT], ids=["missed", "short"])
NUMBER, OTHER = "10000100000001", "10000100000002"
PERSON = f"11010119900307001{check_digit('11010119900307001')}"
UNIT = UnitFacts("100001", unified_ratio=False)
MONTH = 202612
YEARS = {
    2024: Limits(2024, 250_000, 4_000_000),
    2025: Limits(2025, 249_000, 3_989_300),
    2026: Limits(2026, 266_000, 4_066_500),
}


def context(
    *,
    source: Source = Source.SINGLE,
    unit: UnitFacts = UNIT,
    made_up: tuple[MadeUp, ...] = (),
    status: AccountStatus = AccountStatus.NORMAL,
    years: dict[int, Limits] | None = None,
    **more: Any,
) -> CheckContext:
    known = KnownAccount("100001", NUMBER, status, 800_000, RatioPair(1200, 1200))
    person = PersonFacts((known,), frozenset(), "张三", PERSON, made_up)
    return CheckContext(
        date(2026, 11, 25), MONTH, unit, None, source, people={PERSON: person}, by_account={NUMBER: PERSON},
        people_known=True, years=YEARS if years is None else years, **more,
    )  # fmt: skip


def row(business: Any, **changes: str) -> dict[str, str]:
    typed = {"account_no": NUMBER, "first_month": "202607", "last_month": "202609",
             "due_base": "8000", "due_ratio": "12"}  # fmt: skip
    if business is SHORT:
        typed |= {"paid_base": "6000", "paid_ratio": "10"}
    return typed | changes


def check(business: Any, where: CheckContext | None = None, **changes: str) -> RowCheck:
    made: RowCheck = business.check_row(row(business, **changes), where or context())
    return made


def codes(business: Any, where: CheckContext | None = None, **changes: str) -> list[str]:
    return [found.code for found in errors(check(business, where, **changes).findings)]


def text(business: Any, where: CheckContext | None = None, **changes: str) -> str:
    (found,) = check(business, where, **changes).findings
    return found.text


# ---- shape ---------------------------------------------------------------------------------------


@pytest.mark.feature("M-01", profile="hangzhou")
@pytest.mark.feature("M-03", profile="hangzhou")
def test_missed_months_are_typed_as_range_wage_and_ratio() -> None:
    titles = [column.title for column in form_columns(MISSED, replace(UNIT, unified_ratio=True))]
    assert titles == [
        "个人客户号",
        "姓名",
        "起始年月",
        "截止年月",
        "月均工资",
        "缴存比例",
        "月缴存额",
        "补缴金额",
    ]
    made = check(MISSED)
    assert made.findings == () and made.amount == 3 * 192_000
    assert (made.values["month_amount"], made.values["total_amount"]) == ("1920.00", "5760.00")
    assert (made.values["unit_amount"], made.values["person_amount"]) == ("2880.00", "2880.00")


@pytest.mark.feature("M-04", profile="hangzhou")
def test_short_months_come_to_the_difference_times_the_months() -> None:
    titles = [column.title for column in form_columns(SHORT, UNIT)]
    assert titles == ["个人客户号", "姓名", "起始年月", "截止年月", "已缴月均工资", "已缴缴存比例",
                      "应缴月均工资", "应缴缴存比例", "月缴存差额", "补缴金额"]  # fmt: skip
    made = check(SHORT)
    assert made.findings == () and made.amount == 3 * (192_000 - 120_000)
    assert (made.values["month_amount"], made.values["total_amount"]) == ("720.00", "2160.00")


@pytest.mark.feature("M-05", profile="hangzhou")
def test_templates_have_the_columns_of_the_manual() -> None:
    assert [column.title for column in template_columns(MISSED)] == [
        "个人客户号", "姓名", "资金性质", "起始年月", "截止年月", "月均工资", "缴存比例",
        "月缴存额", "补缴金额",
    ]  # fmt: skip
    assert [column.title for column in template_columns(SHORT)] == [
        "个人客户号", "姓名", "资金性质", "起始年月", "截止年月", "已缴月均工资", "已缴缴存比例",
        "应缴月均工资", "应缴缴存比例", "月缴存差额", "补缴金额",
    ]  # fmt: skip
    assert [MISSED.rules.template_title, SHORT.rules.template_title] == [
        "批量漏缴补缴表格",
        "批量少缴补缴表格",
    ]


@pytest.mark.feature("M-07", profile="hangzhou")
@BOTH
def test_single_ones_are_done_at_once_files_later(business: Any) -> None:
    rules = business.rules
    assert (rules.workflow, rules.batch_workflow) == ("immediate", "async")
    assert (rules.submit_label, rules.batch_submit_label, rules.confirm) == ("确认", "批量发送", "yes_no")


@pytest.mark.parametrize("name", ["baishan", "lyszfgjj", "shaanxi", "shanxi"])
@pytest.mark.parametrize("business", ["makeup_missed", "makeup_short"])
def test_other_centers_have_no_ranges(business: str, name: str) -> None:
    with pytest.raises(BusinessOff, match="没有开通网上(漏|少)缴补缴"):
        declare(business, load_profile(name))


def test_amounts_follow_while_typing() -> None:
    assert MISSED.preview(row(MISSED), context()) == {"month_amount": "1920.00", "total_amount": "5760.00"}
    assert SHORT.preview(row(SHORT, paid_base=""), context()) == {"month_amount": "", "total_amount": ""}
    assert MISSED.preview({}, context()) == {"month_amount": "", "total_amount": ""}


# ---- months --------------------------------------------------------------------------------------


@pytest.mark.feature("M-10", profile="hangzhou")
@pytest.mark.feature("V-23", profile="hangzhou")
@BOTH
def test_months_lie_before_the_business_month(business: Any) -> None:
    assert codes(business, last_month="202611") == []
    told = [found.text for found in check(business, first_month="202612", last_month="202701").findings]
    assert told == ["起始年月不得大于或等于当前业务年月 202612，请改正。",
                    "截止年月不得大于或等于当前业务年月 202612，请改正。"]  # fmt: skip


@pytest.mark.feature("V-22", profile="hangzhou")
@pytest.mark.feature("V-23", profile="hangzhou")
@pytest.mark.feature("W-07", profile="hangzhou")
@BOTH
def test_months_are_six_half_width_digits_in_order(business: Any) -> None:
    assert text(business, first_month="2026-07").startswith("起始年月格式错误：")
    assert text(business, last_month="20269").startswith("截止年月长度错误：")
    assert text(business, first_month="２０２６０７").startswith("起始年月格式错误：含全角字符")
    assert codes(business, first_month="202613") == ["month.format"]
    assert text(business, first_month="202610").startswith("起始年月大于截止年月")
    assert codes(business, first_month="") == ["required"]


# ---- fields of files -----------------------------------------------------------------------------


@pytest.mark.feature("V-22", profile="hangzhou")
@BOTH
def test_what_files_are_told(business: Any) -> None:
    file = context(source=Source.FILE)
    good = {"name": "张三"} | {key: check(business).values[key] for key in ("month_amount", "total_amount")}
    assert check(business, file, **good).findings == ()

    def told(**changes: str) -> str:
        found = check(business, file, **(good | changes)).findings
        return found[0].text

    assert told(name="") == "姓名为空，请填写。"
    assert told(account_no="1234").startswith("个人客户号长度不正确")
    assert told(month_amount="1.00").startswith("月缴存额与计算的月缴存额不一致")
    assert told(total_amount="5760.01").startswith("月缴存额与计算的月缴存额不一致：补缴金额应为")
    assert told(due_base="8千").split("：")[0] in ("月均工资错误", "应缴月均工资错误")
    assert "月均工资不能为零或负数" in told(due_base="0") and "月均工资不能为零或负数" in told(due_base="-1")
    assert told(month_amount="") == f"“{business.by_key['month_amount'].title}”不能为空，请填写。"
    assert told(account_no=OTHER).startswith("不存在缴存关系或不属于此单位")


@pytest.mark.feature("V-22", profile="hangzhou")
def test_nothing_is_made_up_where_enough_was_paid() -> None:
    assert text(SHORT, paid_base="8000", paid_ratio="12") == "补缴金额不能为零或负数，请核对后改正。"
    assert codes(SHORT, paid_base="9000", paid_ratio="12") == ["amount.not_positive"]


@pytest.mark.feature("W-06", profile="hangzhou")
@pytest.mark.feature("V-20", profile="hangzhou")
@BOTH
def test_a_wrong_number_is_told_at_once(business: Any) -> None:
    assert "个人客户号长度不正确" in text(business, account_no="1")
    assert text(business, account_no=OTHER).startswith("该职工不存在缴存关系或不属于此单位")


@pytest.mark.feature("V-26", profile="hangzhou")
@BOTH
def test_another_name_is_told_and_the_registered_one_counts(business: Any) -> None:
    made = check(business, name="李四")
    assert [found.severity for found in made.findings] == [Severity.WARNING]
    assert made.values["name"] == "张三" and "张三" in made.values["verdict"]


@pytest.mark.feature("W-05", profile="hangzhou")
@BOTH
def test_the_fund_is_the_units_only_one_or_chosen(business: Any) -> None:
    assert check(business).values["fund_type"] == "general"
    two = replace(UNIT, fund_types=("general", "subsidy"))
    other = context(unit=two, source=Source.FILE, chosen_fund_type="subsidy")
    found = [one.code for one in check(business, other, fund_type="general", name="张三").findings]
    assert "fund_type.not_chosen" in found
    assert "fund_type.not_unit" in codes(business, fund_type="subsidy")


@BOTH
def test_sealed_accounts_can_be_made_up_frozen_ones_not(business: Any) -> None:
    assert codes(business, context(status=AccountStatus.SEALED)) == []
    assert codes(business, context(status=AccountStatus.FROZEN)) == ["makeup.frozen"]


# ---- repeated months -----------------------------------------------------------------------------


@pytest.mark.feature("M-12", profile="hangzhou")
@pytest.mark.feature("V-21", profile="hangzhou")
def test_missed_months_are_looked_up_in_the_system_short_ones_not() -> None:
    there = context(made_up=(MadeUp(NUMBER, 202609), MadeUp(NUMBER, 202606)))
    assert text(MISSED, there) == "存在重复补缴的年月：202609已经申报过补缴，请核对后改正。"
    assert codes(MISSED, there, last_month="202608") == []
    elsewhere = context(made_up=(MadeUp(OTHER, 202608),))
    assert "202608" in text(MISSED, elsewhere), "the person's month, on whichever account"
    several = context(made_up=(MadeUp(NUMBER, 202609), MadeUp(NUMBER, 202608)))
    assert "202608等2个月" in text(MISSED, several)
    assert codes(MISSED, context(made_up=(MadeUp(NUMBER, 202609, "subsidy"),))) == []
    assert codes(SHORT, there) == []


@pytest.mark.feature("M-12", profile="hangzhou")
@pytest.mark.feature("V-21", profile="hangzhou")
@BOTH
def test_ranges_of_a_person_do_not_overlap_in_a_roster(business: Any) -> None:
    rows = [
        row(business),
        row(business, first_month="202601", last_month="202606"),
        row(business, first_month="202609", last_month="202611"),
        row(business, first_month="202512", last_month="202512"),
    ]
    checks = business.check_roster(rows, context(years={year: YEARS[2026] for year in (2025, 2026)}))
    assert [[one.code for one in made.findings] for made in checks] == [[], [], ["roster.duplicate"], []]
    assert checks[2].findings[0].text == "存在重复补缴的年月：与第1条是同一人，年月重复，请核对后改正。"


# ---- ratios --------------------------------------------------------------------------------------


@pytest.mark.feature("M-13", profile="hangzhou")
@pytest.mark.parametrize("key", ["due_ratio"])
@pytest.mark.parametrize("source", [Source.SINGLE, Source.FILE])
@pytest.mark.parametrize(
    ("unified", "own", "least"),
    [(False, 1200, 500), (True, 1200, 800), (True, 800, 800), (True, 700, 700), (True, 500, 500),
     (True, 750, 750), (True, 799, 799), (True, 1000, 800)],
)  # fmt: skip
@BOTH
def test_bands(business: Any, unified: bool, own: int, least: int, source: Source, key: str) -> None:
    """Not unified 5 to 12; unified 8 to 12 where the unit has 8 to 12, else from its own to 12 (D-10)."""
    unit = replace(UNIT, unified_ratio=unified, ratios=(RatioPair(own, own),))
    where = context(unit=unit, source=source)

    def refused(bp: int) -> bool:
        changes = {"due_ratio": f"{bp / 100:.2f}"}
        if business is SHORT:
            changes["due_base"] = "30000"
        return "ratio.out_of_range" in codes(business, where, **changes)

    assert [refused(bp) for bp in (least - 1, least, 1200, 1201)] == [True, False, False, True]


@pytest.mark.feature("M-13", profile="hangzhou")
def test_what_was_paid_may_have_been_less_than_the_band() -> None:
    unit = replace(UNIT, unified_ratio=True)
    assert codes(SHORT, context(unit=unit), paid_ratio="5") == []
    assert codes(SHORT, context(unit=unit), paid_ratio="4.99") == ["ratio.out_of_range"]
    assert text(SHORT, context(unit=unit), due_ratio="7") == "应缴缴存比例应在8%至12%之间，请改正。"


# ---- wages and fund years ------------------------------------------------------------------------


@pytest.mark.feature("V-11", profile="hangzhou")
@pytest.mark.feature("V-12", profile="hangzhou")
@BOTH
def test_wages_as_everywhere(business: Any) -> None:
    title = business.by_key["due_base"].title
    assert text(business, due_base="８０００") == f"输入的{title}格式错误：请改成半角数字。"
    assert codes(business, due_base="8000.123") == ["base.decimals"]
    assert codes(business, due_base="0") == codes(business, due_base="-5") == ["base.not_positive"]


@pytest.mark.feature("V-13", profile="hangzhou")
def test_entry_sets_the_wage_to_the_limit_of_the_months_year() -> None:
    low = check(MISSED, due_base="1000")
    assert [found.severity for found in low.findings] == [Severity.ADJUSTED]
    assert "2026年度最低缴存基数 2660.00 元，最高缴存基数 40665.00 元" in low.findings[0].text
    assert (low.values["due_base"], low.values["month_amount"]) == ("2660.00", "638.40")
    older = check(MISSED, first_month="202507", last_month="202606", due_base="99999")
    assert (older.values["due_base"], older.values["month_amount"]) == ("39893.00", "9574.32")


@pytest.mark.feature("V-14", profile="hangzhou")
@BOTH
def test_files_count_from_the_limit(business: Any) -> None:
    """The month's deposit must come from the limit; one that comes from the wage itself is refused."""
    file = context(source=Source.FILE)
    paid = "6000.00" if business is SHORT else None
    less = 120_000 if paid else 0
    high = {"due_base": "50000", "name": "张三"}
    right = 2 * 487_980 - less
    wrong = 2 * 600_000 - less
    stated = {"month_amount": format_yuan(right), "total_amount": format_yuan(3 * right)}
    assert codes(business, file, **high, **stated) == []
    stated = {"month_amount": format_yuan(wrong), "total_amount": format_yuan(3 * wrong)}
    assert codes(business, file, **high, **stated) == ["amount.mismatch", "amount.mismatch"]


@BOTH
def test_the_center_takes_only_the_limit(business: Any) -> None:
    there = context(source=Source.CENTER)
    good = {key: check(business).values[key] for key in ("month_amount", "total_amount")}
    assert codes(business, there, **good) == []
    assert "base.out_of_range" in codes(business, there, due_base="50000", **good)


@pytest.mark.feature("M-09", profile="hangzhou")
def test_a_range_over_years_that_would_differ_goes_to_the_counter() -> None:
    over: dict[str, Any] = {"first_month": "202606", "last_month": "202607"}
    assert codes(MISSED, **over) == []
    assert text(MISSED, due_base="2500", **over).endswith("请按年度分开录入或到中心柜台办理。")
    assert codes(MISSED, due_base="2600", **over) == ["makeup.years_differ"]
    assert codes(MISSED, due_base="40000", **over) == ["makeup.years_differ"]
    assert codes(SHORT, paid_base="2500", **over) == ["makeup.years_differ"]
    assert codes(MISSED, due_base="2660", **over) == []
    same = {year: replace(YEARS[2026], fund_year=year) for year in (2025, 2026)}
    assert codes(MISSED, context(years=same), due_base="1", **over) == []
    by_rounding = {**YEARS, 2025: replace(YEARS[2025], unit_rounding=Rounding.FLOOR_YUAN)}
    assert codes(MISSED, context(years=by_rounding), due_base="8000.55", **over) == ["makeup.years_differ"]


@pytest.mark.feature("M-09", profile="hangzhou")
@BOTH
def test_a_year_that_is_not_published_is_said(business: Any) -> None:
    assert "202306所属年度" in text(business, first_month="202306", last_month="202306")


# ---- amounts, computed once more -----------------------------------------------------------------

MODES = st.sampled_from(Rounding)
WAGES = st.integers(1, 6_000_000)
PERCENTS = st.integers(500, 1200)
PLACES = st.integers(0, 16)


def nearest(wage: int, year: Limits) -> int:
    return sorted((year.base_min, wage, year.base_max))[1]


def side(wage: int, bp: int, mode: Rounding) -> int:
    return rounded(Fraction(wage * bp, 100 * 10_000), mode)


@given(
    due=WAGES, due_bp=PERCENTS, paid=WAGES, paid_bp=PERCENTS, at=PLACES, length=PLACES,
    modes=st.tuples(MODES, MODES, MODES, MODES), short=st.booleans(),
)  # fmt: skip
def test_amounts_equal_an_independent_computation(
    due: int, due_bp: int, paid: int, paid_bp: int, at: int, length: int,
    modes: tuple[Rounding, ...], short: bool,
) -> None:  # fmt: skip
    months = month_range(202507, 202611)
    chosen = months[at : at + 1 + length]
    years = {
        2025: replace(YEARS[2025], unit_rounding=modes[0], person_rounding=modes[1]),
        2026: replace(YEARS[2026], unit_rounding=modes[2], person_rounding=modes[3]),
    }
    business = SHORT if short else MISSED
    changes = {
        "first_month": str(chosen[0]), "last_month": str(chosen[-1]),
        "due_base": format_yuan(due), "due_ratio": f"{due_bp / 100:.2f}",
    }  # fmt: skip
    if short:
        changes |= {"paid_base": format_yuan(paid), "paid_ratio": f"{paid_bp / 100:.2f}"}
    by_month = []
    for month in chosen:
        year = years[fund_year(month)]
        unit = side(nearest(due, year), due_bp, year.unit_rounding)
        person = side(nearest(due, year), due_bp, year.person_rounding)
        if short:
            unit -= side(nearest(paid, year), paid_bp, year.unit_rounding)
            person -= side(nearest(paid, year), paid_bp, year.person_rounding)
        by_month.append((unit, person))
    made = check(business, context(years=years), **changes)
    wages = [due, paid] if short else [due]
    clamped = {tuple(nearest(wage, years[fund_year(month)]) for wage in wages) for month in chosen}
    found = {one.code for one in errors(made.findings)}
    if len(clamped) > 1 or len(set(by_month)) > 1:
        assert found == {"makeup.years_differ"} and made.amount == 0
    elif min(by_month[0]) < 0 or sum(by_month[0]) <= 0:
        assert found == {"amount.not_positive"} and made.amount == 0
    else:
        assert found == set()
        assert made.amount == sum(map(sum, by_month))
        assert made.values["month_amount"] == format_yuan(sum(by_month[0]))
        assert made.values["total_amount"] == format_yuan(made.amount)
        assert made.values["unit_amount"] == format_yuan(sum(unit for unit, _ in by_month))
        assert made.values["person_amount"] == format_yuan(sum(person for _, person in by_month))


@pytest.mark.feature("W-05", profile="hangzhou")
@BOTH
def test_months_repeat_whether_the_fund_is_stated_or_not(business: Any) -> None:
    """A row without it is about the fund of the account it names."""
    two = context(unit=replace(UNIT, fund_types=("general", "subsidy")))
    assert check(business, two).values["fund_type"] == "general"
    assert check(business, two, fund_type="subsidy").values["fund_type"] == "subsidy"
    rows = [row(business), row(business, fund_type="general"), row(business, fund_type="subsidy")]
    assert [one.duplicate_of for one in business.check_roster(rows, two)] == [None, 0, None]
