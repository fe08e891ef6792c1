"""基数调整 and 年度核定: every rule of the manuals, per center, on the declarations alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.business import (
    AccountStatus,
    Business,
    CheckContext,
    KnownAccount,
    PersonFacts,
    RatioPair,
    RowCheck,
    Source,
    UnitFacts,
    form_columns,
    roster_columns,
    template_columns,
)
from domain.businesses.adjust import BaseAdjust
from domain.businesses.registry import BusinessOff, declare
from domain.findings import Severity
from domain.idnumber import check_digit
from domain.profile import load_profile

ADJUSTING = ["baishan", "lyszfgjj", "shanxi"]
NUMBER = "10000100000001"
IDENTITY = "11010119900307001" + check_digit("11010119900307001")
OWN = RatioPair(1200, 1200)
UNIT = UnitFacts("100001", ratios=(OWN, RatioPair(1000, 1000)), paid_through=202610)


def adjust(profile: str, kind: str = "base") -> BaseAdjust:
    business = declare("base_adjust", load_profile(profile))
    assert isinstance(business, BaseAdjust)
    return business.of_kind(kind)


def account(**changes: object) -> KnownAccount:
    known = KnownAccount("100001", NUMBER, AccountStatus.NORMAL, 800_000, OWN, 96_000, 96_000)
    return replace(known, opened="2020-01-05", **changes)  # type: ignore[arg-type]


def context(
    profile: str,
    known: KnownAccount | None = None,
    *,
    unit: UnitFacts = UNIT,
    month: int = 202611,
    source: Source = Source.SINGLE,
    under_way: tuple[str, ...] = (),
) -> CheckContext:
    rules = load_profile(profile)
    known = known or account()
    person = PersonFacts((known,), frozenset(under_way), "张三", IDENTITY)
    return CheckContext(
        date(month // 100, month % 100, 20), month, unit, rules.limits_for(month), source,
        people={IDENTITY: person}, by_account={NUMBER: IDENTITY}, people_known=True, years=rules.yearly(),
    )  # fmt: skip


def check(business: Business, where: CheckContext, **cells: str) -> RowCheck:
    return business.check_row({"account_no": NUMBER} | cells, where)


def texts(business: Business, where: CheckContext, **cells: str) -> list[str]:
    return [found.text for found in check(business, where, **cells).findings]


def codes(business: Business, where: CheckContext, **cells: str) -> list[str]:
    return [found.code for found in check(business, where, **cells).findings]


# ---- who has it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("business", ["base_adjust", "annual"])
def test_hangzhou_has_neither(business: str) -> None:
    with pytest.raises(BusinessOff, match="本中心没有开通网上"):
        declare(business, load_profile("hangzhou"))


def test_shaanxi_verifies_yearly_only() -> None:
    with pytest.raises(BusinessOff, match="本中心没有开通网上基数调整"):
        declare("base_adjust", load_profile("shaanxi"))
    for other in ADJUSTING:
        with pytest.raises(BusinessOff, match="本中心没有开通网上年度核定"):
            declare("annual", load_profile(other))


@pytest.mark.parametrize(
    ("profile", "kinds"),
    [
        pytest.param(
            "baishan", ["个人缴存基数", "月缴存额"], marks=pytest.mark.feature("B-02", profile="baishan")
        ),
        pytest.param("lyszfgjj", ["个人缴存基数"], marks=pytest.mark.feature("B-02", profile="lyszfgjj")),
        pytest.param(
            "shanxi",
            ["个人缴存基数", "月缴存额", "缴存比例"],
            marks=pytest.mark.feature("B-02", profile="shanxi"),
        ),
    ],
)
def test_each_center_has_its_kinds_of_change(profile: str, kinds: list[str]) -> None:
    assert list(adjust(profile).kinds.values()) == kinds
    with pytest.raises(KeyError):
        adjust(profile, "nothing")


@pytest.mark.parametrize(
    "profile", [pytest.param(n, marks=pytest.mark.feature("B-05", profile=n)) for n in ADJUSTING]
)
def test_the_roster_shows_before_and_after(profile: str) -> None:
    titles = [column.title for column in roster_columns(adjust(profile)) if "比例" not in column.title]
    after = ["调整后缴存基数", "调整后月缴存额", "调整后单位月缴存额", "调整后个人月缴存额"]
    before = ["缴存基数", "月缴存额", "单位月缴存额", "个人月缴存额"]
    assert titles == ["个人账号", "姓名", "证件号码", *before, *after, "变更月度", "变更类别"]


@pytest.mark.parametrize(
    ("profile", "kind", "last"),
    [
        pytest.param(
            "baishan", "base", ["调整后缴存基数"], marks=pytest.mark.feature("B-07", profile="baishan")
        ),
        pytest.param(
            "baishan", "amount", ["调整后月缴存额"], marks=pytest.mark.feature("B-07", profile="baishan")
        ),
        pytest.param(
            "lyszfgjj", "base", ["调整后缴存基数"], marks=pytest.mark.feature("B-07", profile="lyszfgjj")
        ),
        pytest.param(
            "shanxi", "base", ["调整后缴存基数"], marks=pytest.mark.feature("B-07", profile="shanxi")
        ),
        pytest.param(
            "shanxi", "amount", ["调整后月缴存额"], marks=pytest.mark.feature("B-07", profile="shanxi")
        ),
        pytest.param(
            "shanxi",
            "ratio",
            ["调整后单位比例", "调整后个人比例"],
            marks=pytest.mark.feature("B-07", profile="shanxi"),
        ),
    ],
)
def test_every_kind_has_its_template(profile: str, kind: str, last: list[str]) -> None:
    business = adjust(profile, kind)
    columns = template_columns(business)
    assert [one.title for one in columns] == ["序号", "个人账号", "姓名", "证件号码", *last]
    assert {one.title for one in columns if one.required} == {"个人账号", *last}
    assert business.template_id == f"base_adjust_{kind}"


# ---- by base -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "profile", [pytest.param(n, marks=pytest.mark.feature("B-03", profile=n)) for n in ADJUSTING]
)
def test_the_person_is_shown_and_the_new_amounts_follow(profile: str) -> None:
    business = adjust(profile)
    found = check(business, context(profile), new_base="9000.50")
    assert (found.ok, found.findings, found.amount) == (True, (), 216_012)
    shown = {key: found.values[key] for key in ("name", "id_number", "base", "total_amount", "unit_amount")}
    assert list(shown.values()) == ["张三", IDENTITY, "8000.00", "1920.00", "960.00"]
    after = [found.values[key] for key in ("new_base", "new_amount", "new_unit_amount", "new_person_amount")]
    assert after == ["9000.50", "2160.12", "1080.06", "1080.06"]
    typing = business.preview({"account_no": NUMBER, "new_base": "9000.50"}, context(profile))
    assert (typing["base"], typing["new_amount"]) == ("8000.00", "2160.12")
    keys = [column.key for column in form_columns(business, UNIT)]
    assert keys[:3] == ["account_no", "name", "id_number"] and "new_base" in keys


@pytest.mark.parametrize(
    "profile", [pytest.param(n, marks=pytest.mark.feature("B-12", profile=n)) for n in ADJUSTING]
)
@pytest.mark.feature("V-06", profile="baishan")
@pytest.mark.feature("V-06", profile="shanxi")
def test_a_base_out_of_the_limits_is_refused(profile: str) -> None:
    limits = load_profile(profile).limits_for(202611)
    assert limits is not None
    low, high = f"{limits.base_min / 100:.2f}", f"{limits.base_max / 100:.2f}"
    expected = f"缴存基数和月缴存额不得超过上下限：请改为 {low} 至 {high} 元。"
    for text in ("100", "99999"):
        assert texts(adjust(profile), context(profile), new_base=text) == [expected]
    for text in (low, high):
        assert check(adjust(profile), context(profile), new_base=text).ok


def test_the_limits_are_those_of_the_month_of_the_change() -> None:
    """In July a unit that owes June adjusts for June, under the limits of the year before."""
    business = adjust("baishan")
    owing, paid = replace(UNIT, paid_through=202605), replace(UNIT, paid_through=202606)
    verified = replace(owing, verified_through=202606)
    cells = {"new_base": "23500"}
    late = check(business, context("baishan", unit=owing, month=202607), **cells)
    assert [found.code for found in late.findings] == ["base.out_of_range"]
    assert late.values["change_month"] == "202606"
    now = check(business, context("baishan", unit=paid, month=202607), **cells)
    assert now.ok and now.values["change_month"] == "202607"
    assert check(business, context("baishan", unit=verified, month=202607), **cells) == now
    ahead = replace(UNIT, paid_through=202706)
    assert codes(business, context("baishan", unit=ahead), **cells) == ["base.limits_unknown"]


@pytest.mark.feature("B-12", profile="shanxi")
@pytest.mark.parametrize(
    ("paid", "verified", "month"),
    [
        (None, None, 202611), (202610, None, 202611), (202610, 202610, 202611), (202610, 202611, 202612),
        (None, 202611, 202612), (202605, 202606, 202607), (202611, 202610, 202612), (202611, 202612, 202701),
    ],
)  # fmt: skip
def test_a_change_counts_from_the_first_month_that_is_not_verified(
    paid: int | None, verified: int | None, month: int
) -> None:
    """Also what is shown while typing; the center refuses any other month."""
    business = adjust("shanxi")
    unit = replace(UNIT, paid_through=paid, verified_through=verified)
    where = context("shanxi", unit=unit)
    assert business.target_month(where) == month
    base = "9000.00"
    row = check(business, where, new_base=base)
    assert row.ok and row.values["change_month"] == str(month)
    assert business.preview({"account_no": NUMBER, "new_base": base}, where)["change_month"] == str(month)
    at_center = context("shanxi", unit=unit, source=Source.CENTER)
    sent = {key: text for key, text in row.values.items() if text}
    assert business.check_row(sent, at_center).ok
    other = business.check_row(sent | {"change_month": "202512"}, at_center)
    assert [found.code for found in other.findings] == ["adjust.month"]


@pytest.mark.parametrize("text", ["", "０", "0", "-5", "8000.123", "一千"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    for kind in ("base", "amount"):
        found = check(adjust("baishan", kind), context("baishan"), **{f"new_{kind}": text})
        assert not found.ok and {one.field for one in found.findings} == {f"new_{kind}"}


# ---- by amount -----------------------------------------------------------------------------------------


@pytest.mark.feature("B-02", profile="baishan")
def test_an_amount_gives_each_side_by_its_ratio_and_the_base() -> None:
    business = adjust("baishan", "amount")
    found = check(business, context("baishan"), new_amount="2000")
    after = [found.values[key] for key in ("new_base", "new_amount", "new_unit_amount", "new_person_amount")]
    assert (found.ok, after, found.amount) == (True, ["8333.33", "2000.00", "1000.00", "1000.00"], 200_000)


def test_an_amount_that_cannot_be_reached_names_the_nearest() -> None:
    told = texts(adjust("baishan", "amount"), context("baishan"), new_amount="2000.01")
    assert told == ["月缴存额请改为 2000.00 或 2000.02 元，按比例和取整规则得不到 2000.01 元。"]


@pytest.mark.feature("V-06", profile="baishan")
def test_an_amount_out_of_the_limits_is_refused() -> None:
    told = texts(adjust("baishan", "amount"), context("baishan"), new_amount="9000")
    assert told == ["缴存基数和月缴存额不得超过上下限：请改为 468.00 至 5756.40 元。"]


def test_limits_of_the_amount_count_for_a_base_too() -> None:
    where = context("baishan")
    assert where.limits is not None
    own = replace(where.limits, amount_min=100_000, amount_max=200_000)
    where = replace(where, limits=own)
    told = texts(adjust("baishan"), where, new_base="9000")
    assert told == [
        "缴存基数和月缴存额不得超过上下限：月缴存额 2160.00 元应为1000.00 至 2000.00 元，请改正。"
    ]
    assert check(adjust("baishan"), where, new_base="8000").ok


# ---- by ratio ------------------------------------------------------------------------------------------


def test_a_ratio_of_a_unit_with_one_for_all_is_one_of_its_own() -> None:
    business = adjust("shanxi", "ratio")
    good = check(business, context("shanxi"), new_unit_ratio="10", new_person_ratio="10%")
    assert good.ok and good.values["new_amount"] == "1600.00" and good.values["new_base"] == "8000.00"
    told = texts(business, context("shanxi"), new_unit_ratio="8", new_person_ratio="8")
    assert told == ["本单位可用的缴存比例是单位12%个人12%、单位10%个人10%，请改正。"]


def test_elsewhere_any_ratio_within_the_range() -> None:
    own = replace(UNIT, unified_ratio=False)
    business = adjust("shanxi", "ratio")
    assert check(business, context("shanxi", unit=own), new_unit_ratio="7.5", new_person_ratio="5").ok
    told = texts(business, context("shanxi", unit=own), new_unit_ratio="13", new_person_ratio="4")
    assert told == ["缴存比例应在5%至12%之间，请改正。"] * 2


# ---- the person ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "profile", [pytest.param(n, marks=pytest.mark.feature("B-13", profile=n)) for n in ADJUSTING]
)
@pytest.mark.feature("V-07", profile="baishan")
@pytest.mark.feature("V-07", profile="shanxi")
def test_only_people_who_are_paid_for(profile: str) -> None:
    sealed = account(status=AccountStatus.SEALED)
    told = texts(adjust(profile), context(profile, sealed), new_base="9000")
    assert told[0].startswith("缴存人状态为正常的职工才允许办理基数调整业务")


@pytest.mark.parametrize(
    "profile", [pytest.param(n, marks=pytest.mark.feature("B-14", profile=n)) for n in ADJUSTING]
)
@pytest.mark.feature("V-08", profile="baishan")
@pytest.mark.feature("V-08", profile="shanxi")
def test_one_change_at_a_time(profile: str) -> None:
    told = texts(adjust(profile), context(profile, under_way=("base_adjust",)), new_base="9000")
    assert told[0].startswith("已提交审核但未审批的业务，不得重复提交")


def test_no_change_at_all_is_worth_a_look() -> None:
    found = check(adjust("baishan"), context("baishan"), new_base="8000")
    assert [(one.code, one.severity) for one in found.findings] == [("adjust.unchanged", Severity.WARNING)]
    again = check(adjust("baishan", "amount"), context("baishan"), new_amount="1920")
    assert again.ok and again.values["new_base"] == "8000.00"


# ---- at the center -------------------------------------------------------------------------------------


def test_the_center_takes_the_kind_from_the_row_and_computes_again() -> None:
    business, where = adjust("shanxi"), context("shanxi")
    for kind, cells in (("amount", {"new_amount": "2000"}), ("base", {"new_base": "9000"})):
        sent = dict(check(business.of_kind(kind), where, **cells).values)
        arrived = business.check_row(sent, context("shanxi", source=Source.CENTER))
        assert (arrived.ok, arrived.values) == (True, sent)
        for key in ("new_person_amount", "new_unit_amount"):
            wrong = business.check_row(sent | {key: "1.00"}, context("shanxi", source=Source.CENTER))
            assert [one.code for one in wrong.findings] == ["amount.mismatch"]
        late = business.check_row(sent | {"change_month": "202512"}, context("shanxi", source=Source.CENTER))
        assert [one.code for one in late.findings] == ["adjust.month"]
    for kind in ("", "nothing"):
        row = {"account_no": NUMBER, "new_base": "9000", "change_kind": kind}
        found = business.check_row(row, context("shanxi", source=Source.CENTER)).findings
        assert [one.code for one in found] == ["adjust.kind"]
    ratio = {"account_no": NUMBER, "new_unit_ratio": "10", "new_person_ratio": "10", "change_kind": "ratio"}
    refused = adjust("baishan").check_row(ratio, context("baishan", source=Source.CENTER))
    assert [one.code for one in refused.findings] == ["adjust.kind"]


# ---- 年度核定 ------------------------------------------------------------------------------------------

PAID = replace(UNIT, paid_through=202606, verified_year=2025)


def annual(**changes: object) -> tuple[Business, CheckContext]:
    unit = replace(PAID, **changes)  # type: ignore[arg-type]
    return declare("annual", load_profile("shaanxi")), context("shaanxi", unit=unit, month=202607)


def yearly(known: KnownAccount | None = None, new_base: str = "9000", **changes: Any) -> list[str]:
    business, where = annual(**changes)
    if known is not None:
        where = context("shaanxi", known, unit=where.unit, month=202607)
    cells = {"name": "张三", "id_number": IDENTITY, "new_base": new_base}
    return texts(business, where, **cells)


@pytest.mark.feature("B-15", profile="shaanxi")
def test_the_year_is_verified_between_june_and_july() -> None:
    assert yearly() == [] and yearly(verified_year=None) == []


@pytest.mark.feature("V-31", profile="shaanxi")
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"verified_year": 2026}, "每个公积金年度只允许办理一次年度核定，2026年度的已经办理，不用再办。"),
        (
            {"paid_through": 202605},
            "每年6月份汇缴完成后方可办理下年度的年度核定，本单位缴至202605，请先汇缴至202606。",
        ),
        (
            {"paid_through": None},
            "每年6月份汇缴完成后方可办理下年度的年度核定，本单位尚未缴存，请先汇缴至202606。",
        ),
        (
            {"verified_year": 2024},
            "年度核定须按年份连续办理，不可跨年度办理，2025年度的还没有办理，请联系中心。",
        ),
        ({"paid_through": 202607}, "年度核定应在汇缴7月份公积金前办理，本单位已缴至202607，请联系中心。"),
        (
            {"verified_through": 202607},
            "年度核定应在汇缴7月份公积金前办理，本单位已核定至202607，请联系中心。",
        ),
    ],
)
def test_the_unit_must_be_ready_for_it(changes: dict[str, Any], text: str) -> None:
    assert yearly(**changes) == [text]


@pytest.mark.feature("B-13", profile="shaanxi")
@pytest.mark.feature("V-31", profile="shaanxi")
def test_only_those_paid_to_june_take_part() -> None:
    who = "参与年度核定的人员为缴至当年6月所有正常汇缴职工"
    new = replace(account(), opened="2026-07-02")
    assert yearly(new) == [f"{who}，该职工2026-07-02开户，没有缴至202606，请从清册中删除。"]
    assert yearly(account(status=AccountStatus.SEALED))[0].startswith(f"{who}，该职工的账户状态是")


@pytest.mark.feature("B-02", profile="shaanxi")
@pytest.mark.feature("B-12", profile="shaanxi")
def test_the_limits_are_those_of_the_new_year_and_a_base_may_stay() -> None:
    assert yearly(new_base="8000") == []
    assert yearly(new_base="28000") == []  # beyond 2025's limit, within 2026's
    assert yearly(new_base="28717")[0].startswith("缴存基数和月缴存额不得超过上下限：请改为")


@pytest.mark.feature("B-16", profile="shaanxi")
def test_it_has_a_template_of_its_own() -> None:
    business, _ = annual()
    titles = [column.title for column in template_columns(business)]
    assert titles == ["个人账号", "姓名", "证件号码", "原基数", "新基数"]
    assert business.rules.text_cells_only and business.rules.template_title == "年度核定清册模板"


def test_an_old_base_that_differs_is_only_told() -> None:
    business, where = annual()
    where = where.for_source(Source.FILE)
    cells = {"name": "张三", "id_number": IDENTITY, "new_base": "9000", "base": "7000"}
    found = check(business, where, **cells)
    assert found.ok and [one.code for one in found.findings] == ["annual.old_base"]
    assert found.values["base"] == "8000.00"
