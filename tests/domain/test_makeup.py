"""Making up a month by its amount: every rule of the manuals, per center, on the declaration alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business import (
    AccountStatus,
    Business,
    CheckContext,
    KnownAccount,
    Limits,
    MadeUp,
    PersonFacts,
    RatioPair,
    Source,
    UnitFacts,
    form_columns,
    template_columns,
)
from domain.businesses.makeup_money import most_a_month, sides
from domain.businesses.registry import BusinessOff, declare
from domain.idnumber import check_digit
from domain.money import Rounding, parse_yuan
from domain.overlap import repeats
from domain.profile import Profile, load_profile
from tests.support.rounding import GRAIN, rounded

MONTH = 202611
UNIT = UnitFacts("100001", paid_through=202610)
NUMBER = "10000100000001"
PERSON = f"11010119900307001{check_digit('11010119900307001')}"
OFFERING = ["baishan", "lyszfgjj", "shaanxi", "shanxi"]


def account(status: AccountStatus = AccountStatus.NORMAL, **changes: object) -> KnownAccount:
    known = KnownAccount("100001", NUMBER, status, 800_000, RatioPair(1200, 1200), 96_000, 96_000)
    return replace(known, **{"deposits": ((202001, 192_000),), **changes})  # type: ignore[arg-type]


def context(
    profile: Profile | str,
    known: KnownAccount | None = None,
    *,
    source: Source = Source.SINGLE,
    month: int = MONTH,
    unit: UnitFacts = UNIT,
    made_up: tuple[MadeUp, ...] | None = (),
    under_way: tuple[str, ...] = (),
    years: Mapping[int, Limits] | None = None,
) -> CheckContext:
    """What a check knows of 张三, who has the account `known`."""
    rules = load_profile(profile) if isinstance(profile, str) else profile
    person = PersonFacts((known or account(),), frozenset(under_way), "张三", PERSON, made_up)
    return CheckContext(
        date(2026, 11, 20),
        month,
        unit,
        None,
        source,
        people={PERSON: person},
        by_account={NUMBER: PERSON},
        people_known=True,
        years=rules.yearly() if years is None else years,
    )


def of(profile: str) -> Business:
    return declare("makeup", load_profile(profile))


def row(**changes: str) -> dict[str, str]:
    return {"account_no": NUMBER, "reason": "01", "month": "202609", "total_amount": "500"} | changes


def codes(profile: str, where: CheckContext | None = None, **changes: str) -> list[str]:
    check = of(profile).check_row(row(**changes), where or context(profile))
    return [found.code for found in check.findings]


def text(profile: str, where: CheckContext | None = None, **changes: str) -> str:
    (found,) = of(profile).check_row(row(**changes), where or context(profile)).findings
    return found.text


# ---- shape ---------------------------------------------------------------------------------------


@pytest.mark.feature("M-01", profile=OFFERING)
@pytest.mark.parametrize("name", OFFERING)
def test_a_row_is_a_person_a_reason_a_month_and_an_amount(name: str) -> None:
    business = of(name)
    keys = ["account_no", "name", "id_number", "reason", "month", "total_amount"]
    assert [column.key for column in form_columns(business, UNIT)] == keys
    check = business.check_row(row(), context(name))
    assert check.findings == () and check.amount == 50_000
    assert (check.values["name"], check.values["id_number"]) == ("张三", PERSON)
    assert (check.values["month"], check.values["total_amount"]) == ("202609", "500.00")


@pytest.mark.feature("M-05", profile=OFFERING)
@pytest.mark.parametrize("name", OFFERING)
def test_the_template_has_the_columns_of_the_manual(name: str) -> None:
    titles = [column.title for column in template_columns(of(name))]
    wanted = ["序号", "个人账号", "姓名", "证件号码", "补缴原因", "补缴年月", "补缴金额"]
    if name == "shaanxi":
        wanted = ["个人姓名", "个人账号", "证件号码", "补缴原因", "补缴月份", "补缴金额"]
    assert titles == wanted


def test_hangzhou_makes_up_ranges_only() -> None:
    with pytest.raises(BusinessOff, match="没有开通网上补缴"):
        of("hangzhou")


@pytest.mark.feature("M-07", profile=OFFERING)
def test_what_becomes_of_it_is_the_centers_own() -> None:
    told = {}
    for name in OFFERING:
        rules = of(name).rules
        told[name] = (rules.workflow, rules.submit_label, rules.attachments, rules.print_after)
    assert told == {
        "baishan": ("approval", "完成办理", True, ""),
        "lyszfgjj": ("approval", "完成办理", False, "提交审批完成，是否打印凭条"),
        "shaanxi": ("async", "提交", False, ""),
        "shanxi": ("immediate", "完成办理", False, ""),
    }


@pytest.mark.feature("M-06", profile=["baishan", "shanxi"])
def test_what_pays_it_is_the_centers_own() -> None:
    paid = [load_profile(name).business.makeup for name in OFFERING]
    assert [one.funding if one else "" for one in paid] == ["suspense", "notice", "notice", "unallocated"]


# ---- whom ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OFFERING)
def test_paid_and_sealed_accounts_can_be_made_up_frozen_ones_not(name: str) -> None:
    assert codes(name, context(name, account(AccountStatus.SEALED))) == []
    assert codes(name, context(name, account(AccountStatus.FROZEN))) == ["makeup.frozen"]
    assert codes(name, context(name, account(AccountStatus.TRANSFERRED))) == ["account.unknown"]


@pytest.mark.parametrize("name", OFFERING)
def test_one_under_way_stops_the_next(name: str) -> None:
    assert codes(name, context(name, under_way=("makeup",))) == ["person.in_flight"]
    assert codes(name, context(name, under_way=("seal",))) == []


# ---- the month -----------------------------------------------------------------------------------


@pytest.mark.feature("M-10", profile="shaanxi")
@pytest.mark.feature("V-33", profile="shaanxi")
@pytest.mark.parametrize("name", OFFERING)
def test_no_month_beyond_what_is_paid(name: str) -> None:
    assert codes(name, month="202610") == []
    assert "不得超过单位的缴至月份 202610，请改正。" in text(name, month="202611")
    none_yet = context(name, unit=UnitFacts("100001"))
    assert codes(name, none_yet) == ["makeup.nothing_paid"]
    assert codes(name, context(name, unit=UnitFacts(""))) in ([], ["account.unknown"])


@pytest.mark.feature("M-09", profile="shaanxi")
@pytest.mark.feature("V-33", profile="shaanxi")
def test_an_older_fund_year_goes_to_the_counter_in_shaanxi() -> None:
    assert codes("shaanxi", month="202607") == []
    assert text("shaanxi", month="202606").endswith("补缴往年的须至中心柜台办理。")
    assert codes("shanxi", month="201906") == []
    in_june = context("shaanxi", month=202706, unit=replace(UNIT, paid_through=202705))
    assert codes("shaanxi", in_june, month="202607") == []


@pytest.mark.parametrize(
    ("typed", "code"),
    [("20260９", "month.full_width"), ("2026-09", "month.format"), ("20269", "month.length"),
     ("202613", "month.format"), ("197912", "month.range"), ("", "required")],
)  # fmt: skip
def test_months_are_six_digits(typed: str, code: str) -> None:
    assert codes("shanxi", month=typed) == [code]


@pytest.mark.parametrize("name", OFFERING)
def test_a_month_is_made_up_once(name: str) -> None:
    there = context(name, made_up=(MadeUp(NUMBER, 202609), MadeUp("10000100000002", 202608)))
    assert text(name, there).startswith("存在重复补缴的年月：202609")
    assert text(name, there, month="202608").startswith("存在重复补缴的年月：202608"), "on another account"
    assert codes(name, there, month="202607") == []


@pytest.mark.parametrize("name", OFFERING)
def test_a_month_of_a_person_stands_once_in_a_roster(name: str) -> None:
    rows = [row(), row(month="202608"), row(total_amount="1"), row(id_number=PERSON, month="202608")]
    checks = of(name).check_roster(rows, context(name))
    assert [[found.code for found in check.findings] for check in checks] == [
        [], [], ["roster.duplicate"], ["roster.duplicate"],
    ]  # fmt: skip
    assert checks[2].findings[0].text.startswith("存在重复补缴的年月：与第1条")


@pytest.mark.feature("M-08", profile="shaanxi")
@pytest.mark.parametrize("business", ["makeup_change", "makeup_cancel"])
def test_only_what_waits_for_its_money_is_changed_or_taken_back(business: str) -> None:
    kind = declare(business, load_profile("shaanxi"))

    def told(made_up: tuple[MadeUp, ...] | None) -> list[str]:
        check = kind.check_row(row(), context("shaanxi", made_up=made_up))
        return [found.code for found in check.findings]

    assert told((MadeUp(NUMBER, 202609),)) == []
    assert told((MadeUp(NUMBER, 202608), MadeUp("10000100000002", 202609))) == ["makeup.not_declared"]
    assert told((MadeUp(NUMBER, 202609, settled=True),)) == ["makeup.settled"]
    assert told(None) == [], "a client does not know what was filed"


# ---- the amount ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "code"),
    [("0", "amount.not_positive"), ("-1", "amount.not_positive"), ("1.234", "amount.decimals"),
     ("１", "amount.full_width"), ("x", "amount.format"), ("", "required")],
)  # fmt: skip
def test_amounts_are_positive_with_two_decimals(typed: str, code: str) -> None:
    assert codes("baishan", total_amount=typed) == [code]


@pytest.mark.feature("M-11", profile="shaanxi")
@pytest.mark.feature("V-33", profile="shaanxi")
def test_with_what_was_paid_it_stays_below_the_months_most() -> None:
    year = replace(load_profile("shaanxi").yearly()[2026], amount_max=300_000)
    where = context("shaanxi", years={2026: year})
    assert codes("shaanxi", where, total_amount="1080.00") == []
    told = text("shaanxi", where, total_amount="1080.01")
    assert "202609已汇缴额 1920.00 元合计 3000.01 元，超过2026年度月缴存额上限 3000.00 元" in told
    resting = context("shaanxi", account(deposits=((202001, 192_000), (202608, 0))), years={2026: year})
    assert codes("shaanxi", resting, total_amount="3000") == []
    assert codes("shaanxi", resting, total_amount="3000.01") == ["makeup.over_cap"]


@pytest.mark.feature("M-11", profile="shaanxi")
def test_the_most_is_that_of_the_months_own_year() -> None:
    ours = load_profile("shaanxi").yearly()
    years = {2025: replace(ours[2025], amount_max=200_000), 2026: replace(ours[2026], amount_max=900_000)}
    in_june = context("shaanxi", month=202606, unit=replace(UNIT, paid_through=202608), years=years)
    assert codes("shaanxi", in_june, month="202606", total_amount="80.01") == ["makeup.over_cap"]
    assert codes("shaanxi", in_june, month="202607", total_amount="80.01") == []
    assert codes("shaanxi", context("shaanxi", years={})) == ["base.limits_unknown"]


def test_other_centers_set_no_most() -> None:
    for name in ("baishan", "lyszfgjj", "shanxi"):
        assert codes(name, context(name, years={}), total_amount="999999") == []


def test_without_a_published_most_it_is_the_highest_base_at_the_highest_ratios() -> None:
    year = Limits(
        2026, 100_000, 2_871_655, unit_rounding=Rounding.TO_YUAN, person_rounding=Rounding.FLOOR_YUAN
    )
    assert most_a_month(year) == 344_600 + 344_500  # 28716.55 x 12% = 3445.986
    assert most_a_month(replace(year, amount_max=1)) == 1


# ---- sides ---------------------------------------------------------------------------------------


def test_the_re_computation_is_right() -> None:
    vector = {Rounding.TO_YUAN: 22800, Rounding.FLOOR_YUAN: 22800, Rounding.JIAO_UP_YUAN: 22900,
              Rounding.FEN_UP_JIAO: 22840, Rounding.TO_JIAO: 22840, Rounding.FLOOR_JIAO: 22830,
              Rounding.JIAOFEN_UP_YUAN: 22900, Rounding.TO_FEN: 22839}  # fmt: skip
    assert {mode: rounded(Fraction("228.3915"), mode) for mode in Rounding} == vector


@given(
    base=st.integers(100_000, 5_000_000),
    unit=st.integers(5, 12),
    person=st.integers(5, 12),
    mode=st.sampled_from(Rounding),
)
def test_a_whole_month_falls_apart_into_its_sides(base: int, unit: int, person: int, mode: Rounding) -> None:
    """Made up in one sum, a month is split as it was rounded, side by side, in each of the eight ways."""
    ours = rounded(Fraction(base * unit, 10_000), mode)
    theirs = rounded(Fraction(base * person, 10_000), mode)
    got = sides(ours + theirs, RatioPair(unit * 100, person * 100), mode)
    assert sum(got) == ours + theirs
    if unit == person:
        assert got == (ours, theirs)
    else:
        grain = int(GRAIN[mode] * 100)
        assert abs(got[0] - ours) <= grain and got[0] % grain == 0


@given(
    total=st.integers(1, 10**7),
    unit=st.integers(0, 1200),
    person=st.integers(0, 1200),
    mode=st.sampled_from(Rounding),
)
def test_sides_add_up_and_none_is_negative(total: int, unit: int, person: int, mode: Rounding) -> None:
    first, second = sides(total, RatioPair(unit, person), mode)
    assert first + second == total and min(first, second) >= 0
    if unit + person:
        grain = int(GRAIN[mode] * 100)
        exact = Fraction(total * unit, unit + person)
        assert abs(first - exact) <= Fraction(grain, 2) or first == total


@pytest.mark.parametrize("mode", Rounding)
def test_the_row_carries_its_sides(mode: Rounding) -> None:
    profile = load_profile("shanxi")
    years = {2026: replace(profile.yearly()[2026], unit_rounding=mode)}
    known = account(ratio=RatioPair(800, 500))
    check = of("shanxi").check_row(row(total_amount="1000.01"), context("shanxi", known, years=years))
    unit, person = (parse_yuan(check.values[key]) for key in ("unit_amount", "person_amount"))
    grain = int(GRAIN[mode] * 100)
    assert unit == {100: 61_500, 10: 61_540, 1: 61_539}[grain]  # 1000.01 x 8 / 13 = 615.3908
    assert unit + person == 100_001


# ---- keys that meet ------------------------------------------------------------------------------


def overlapping(first: tuple[str, int, int], second: tuple[str, int, int]) -> bool:
    return first[0] == second[0] and first[1] <= second[2] and second[1] <= first[2]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 12), st.integers(0, 6)).map(
            lambda made: (made[0], made[1], min(12, made[1] + made[2]))
        ),
        max_size=12,
    )
)
def test_ranges_repeat_the_first_they_share_a_month_with(ranges: list[tuple[str, int, int]]) -> None:
    keys = [f"{name}#{202600 + first}{202600 + last}" for name, first, last in ranges]
    wanted = [
        next((at for at in range(place) if overlapping(ranges[at], one)), None)
        for place, one in enumerate(ranges)
    ]
    assert repeats(keys) == wanted


def test_other_keys_meet_where_they_are_equal() -> None:
    keys = ["a", "", "b", "", "a", "a#202601202602", "12#3", "12#3", "a#202602202602"]
    assert repeats(keys) == [None, None, None, None, 0, None, None, 6, 5]
