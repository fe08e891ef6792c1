"""Registration: every rule of the manuals, per center, on the declaration alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from domain.business import (
    AccountStatus,
    CheckContext,
    KnownAccount,
    PersonFacts,
    RatioPair,
    RowCheck,
    Source,
    UnitFacts,
    form_columns,
    template_columns,
    totals,
)
from domain.businesses.opening import Opening, declare
from domain.findings import Severity
from domain.idnumber import check_digit, same_person_key
from domain.profile import PROFILE_NAMES, load_profile

TODAY = date(2026, 11, 20)
MONTH = 202611


def opening(name: str) -> Opening:
    return declare(load_profile(name))


def context(name: str, source: Source = Source.SINGLE, unit: UnitFacts | None = None) -> CheckContext:
    profile = load_profile(name)
    facts = unit or UnitFacts("100001", ratios=(RatioPair(1200, 1200),))
    return CheckContext(TODAY, MONTH, facts, profile.limits_for(MONTH), source)


def identity(birth: str = "19900307", sequence: str = "001", area: str = "110101") -> str:
    first = f"{area}{birth}{sequence}"
    return first + check_digit(first)


def row(**changes: str) -> dict[str, str]:
    base = {"name": "张三", "id_number": identity(), "base": "8000.00", "mobile": "13800138000"}
    return base | changes


def codes(check: RowCheck, field: str | None = None) -> list[str]:
    return [f.code for f in check.findings if field is None or f.field == field]


def full_row(name: str) -> Mapping[str, str]:
    extra = {"marriage": "20", "occupation": "17", "title": "080", "duty": "其他", "education": "21"}
    return row(**extra) if name == "lyszfgjj" else row()


@pytest.mark.parametrize("name", PROFILE_NAMES)
@pytest.mark.feature("O-02", profile="all")
def test_a_good_row_has_no_findings_and_computed_amounts(name: str) -> None:
    check = opening(name).check_row(full_row(name), context(name))
    assert check.findings == ()
    assert check.values["unit_amount"] == "960.00"
    assert check.values["person_amount"] == "960.00"
    assert check.values["total_amount"] == "1920.00"
    assert check.amount == 192_000


@pytest.mark.feature("O-07", profile="lyszfgjj")
def test_lys_template_has_the_twelve_columns_all_required() -> None:
    business = opening("lyszfgjj")
    titles = [column.title for column in template_columns(business)]
    assert titles == [
        "序号", "姓名", "身份证号", "婚姻状况", "手机号码", "职业", "职称", "职务", "学历",
        "个人缴存基数", "个人月缴存额", "单位月缴存额",
    ]  # fmt: skip
    assert all(column.required for column in template_columns(business))
    empty = business.check_row({}, context("lyszfgjj", Source.FILE))
    assert sorted({f.field for f in empty.findings}) == sorted(c.key for c in template_columns(business))


@pytest.mark.feature("O-07", profile="hangzhou")
def test_hangzhou_template_columns() -> None:
    titles = [column.title for column in template_columns(opening("hangzhou"))]
    assert titles == ["姓名", "身份证号码", "月均工资", "缴存比例", "月缴存额", "资金性质"]


@pytest.mark.feature("O-07", profile="shaanxi")
def test_shaanxi_template_starts_with_the_four_required_columns() -> None:
    columns = template_columns(opening("shaanxi"))
    assert [c.title for c in columns if c.required] == ["个人姓名", "证件号码", "缴存基数", "手机号码"]


@pytest.mark.parametrize("key", ["name", "id_number", "base", "mobile"])
@pytest.mark.feature("V-36", profile="shaanxi")
def test_required_fields_cannot_be_empty(key: str) -> None:
    check = opening("shaanxi").check_row(row(**{key: "  "}), context("shaanxi"))
    assert codes(check, key) == ["required"]
    assert not check.ok


@pytest.mark.feature("O-10", profile="hangzhou")
@pytest.mark.feature("V-16", profile="hangzhou")
def test_name_longer_than_five_han_goes_to_the_counter() -> None:
    business = opening("hangzhou")
    assert business.check_row(row(name="欧阳司马东"), context("hangzhou")).ok
    check = business.check_row(row(name="阿卜杜拉江买"), context("hangzhou"))
    assert codes(check) == ["name.too_long"]
    assert "柜台" in check.findings[0].text


@pytest.mark.parametrize("name", ["baishan", "lyszfgjj", "shaanxi", "shanxi"])
def test_long_minority_names_are_accepted_elsewhere(name: str) -> None:
    text = "古丽米热·买买提江·阿布都热合曼"
    assert opening(name).check_row({**full_row(name), "name": text}, context(name)).ok


@pytest.mark.feature("O-11", profile="hangzhou")
@pytest.mark.feature("V-15", profile="hangzhou")
def test_hangzhou_takes_fifteen_and_eighteen_digits_with_check() -> None:
    business = opening("hangzhou")
    assert business.check_row(row(id_number="110105491231002"), context("hangzhou")).ok
    assert business.check_row(row(id_number="11010519491231002x"), context("hangzhou")).ok
    wrong = business.check_row(row(id_number="110105194912310021"), context("hangzhou"))
    assert codes(wrong) == ["id.check_digit"]
    short = business.check_row(row(id_number="1101051949123100"), context("hangzhou"))
    assert codes(short) == ["id.length"]


@pytest.mark.feature("O-11", profile="shaanxi")
@pytest.mark.feature("V-28", profile="shaanxi")
def test_shaanxi_sends_other_papers_to_the_counter() -> None:
    permit = identity(area="810000")
    check = opening("shaanxi").check_row(row(id_number=permit), context("shaanxi"))
    assert codes(check) == ["id.not_resident"]
    assert "须至中心柜台办理" in check.findings[0].text
    fifteen = opening("shaanxi").check_row(row(id_number="110105491231002"), context("shaanxi"))
    assert codes(fifteen) == ["id.fifteen"]


@pytest.mark.parametrize(
    ("birth", "sequence", "good"),
    [
        ("20101120", "001", True),
        ("20101121", "001", False),
        ("19651121", "001", True),
        ("19651120", "001", False),
        ("19701121", "002", True),
        ("19701120", "002", False),
        ("19651121", "002", False),
    ],
)
@pytest.mark.feature("O-12", profile="shaanxi")
@pytest.mark.feature("V-28", profile="shaanxi")
def test_shaanxi_age_limits_on_the_day(birth: str, sequence: str, good: bool) -> None:
    check = opening("shaanxi").check_row(row(id_number=identity(birth, sequence)), context("shaanxi"))
    assert check.ok is good
    if not good:
        assert codes(check) == ["age.counter"]
        assert "中心柜台办理" in check.findings[0].text


@pytest.mark.parametrize("name", ["baishan", "lyszfgjj", "hangzhou", "shanxi"])
def test_other_centers_have_no_age_rule(name: str) -> None:
    old = {**full_row(name), "id_number": identity("19400101")}
    assert opening(name).check_row(old, context(name)).ok


@pytest.mark.feature("B-12", profile="hangzhou")
@pytest.mark.feature("O-13", profile="hangzhou")
@pytest.mark.feature("V-13", profile="hangzhou")
def test_hangzhou_clamps_a_typed_base_and_says_both_limits() -> None:
    limits = load_profile("hangzhou").limits_for(MONTH)
    assert limits is not None
    check = opening("hangzhou").check_row(row(base="100.00"), context("hangzhou"))
    assert check.ok
    assert check.values["base"] == "2660.00"
    (finding,) = check.findings
    assert finding.severity is Severity.ADJUSTED
    assert "2660.00" in finding.text and "40665.00" in finding.text
    high = opening("hangzhou").check_row(row(base="99999"), context("hangzhou"))
    assert high.values["base"] == "40665.00"


@pytest.mark.feature("V-14", profile="hangzhou")
def test_hangzhou_file_amount_must_come_from_the_clamped_base() -> None:
    business, where = opening("hangzhou"), context("hangzhou", Source.FILE)
    good = row(base="100", ratio="12", total_amount="638.40")
    assert business.check_row(good, where).ok
    bad = business.check_row(good | {"total_amount": "24.00"}, where)
    assert codes(bad, "total_amount") == ["amount.mismatch"]
    assert "月缴存额与计算的月缴存额不一致" in bad.of("total_amount")[0].text


@pytest.mark.parametrize("name", ["baishan", "shanxi"])
@pytest.mark.feature("V-06", profile=["baishan", "shanxi"])
def test_base_out_of_limits_is_refused(name: str) -> None:
    check = opening(name).check_row(row(base="100.00"), context(name))
    assert codes(check) == ["base.out_of_range"]
    assert check.findings[0].text.startswith("缴存基数和月缴存额不得超过上下限")


@pytest.mark.feature("O-13", profile="shaanxi")
def test_shaanxi_refuses_a_base_out_of_limits() -> None:
    assert codes(opening("shaanxi").check_row(row(base="1"), context("shaanxi"))) == ["base.out_of_range"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("８０００", "base.full_width"),
        ("8000.001", "base.decimals"),
        ("0", "base.not_positive"),
        ("-5", "base.not_positive"),
        ("8e3", "base.format"),
        ("####", "base.format"),
        ("4.4E+17", "base.format"),
    ],
)
@pytest.mark.feature("V-11", profile="hangzhou")
@pytest.mark.feature("V-12", profile="hangzhou")
def test_bad_base_texts(text: str, code: str) -> None:
    check = opening("hangzhou").check_row(row(base=text), context("hangzhou"))
    assert codes(check) == [code]
    if code == "base.full_width":
        assert "输入的月均工资格式错误" in check.findings[0].text


def test_the_limits_of_the_target_month_are_used() -> None:
    profile = load_profile("baishan")
    june, july = profile.limits_for(202606), profile.limits_for(202607)
    assert june is not None and july is not None
    assert (june.fund_year, july.fund_year) == (2025, 2026)
    assert profile.limits_for(203001) is None


def test_unpublished_limits_are_a_finding() -> None:
    where = context("baishan")
    unknown = CheckContext(where.today, 203001, where.unit, None)
    assert codes(opening("baishan").check_row(row(), unknown)) == ["base.limits_unknown"]


@pytest.mark.parametrize(("text", "kept"), [("3", "5"), ("15", "12"), ("8.5", "8.5")])
@pytest.mark.feature("O-14", profile="hangzhou")
@pytest.mark.feature("V-24", profile="hangzhou")
def test_hangzhou_clamps_a_typed_ratio(text: str, kept: str) -> None:
    own = UnitFacts("100001", unified_ratio=False)
    check = opening("hangzhou").check_row(row(ratio=text), context("hangzhou", unit=own))
    assert check.ok
    assert check.values["unit_ratio"] == check.values["person_ratio"] == kept


@pytest.mark.feature("O-14", profile="hangzhou")
@pytest.mark.feature("V-24", profile="hangzhou")
def test_hangzhou_refuses_a_ratio_in_a_file() -> None:
    business = opening("hangzhou")
    own = UnitFacts("100001", unified_ratio=False)
    line = row(ratio="15", total_amount="2400.00")
    assert codes(business.check_row(line, context("hangzhou", Source.FILE, own))) == ["ratio.out_of_range"]
    line = row(ratio="10", total_amount="1600.00")
    assert codes(business.check_row(line, context("hangzhou", Source.FILE))) == ["ratio.not_unit"]


@pytest.mark.feature("W-09", profile="hangzhou")
def test_a_unified_unit_enters_no_ratio_and_sees_amounts_live() -> None:
    business, where = opening("hangzhou"), context("hangzhou")
    assert "ratio" not in [column.key for column in form_columns(business, where.unit)]
    own = UnitFacts("100001", unified_ratio=False)
    assert "ratio" in [column.key for column in form_columns(business, own)]
    shown = business.preview({"base": "5000"}, where)
    assert (shown["unit_amount"], shown["person_amount"], shown["total_amount"]) == (
        "600.00",
        "600.00",
        "1200.00",
    )
    assert business.preview({"base": ""}, where)["total_amount"] == ""


@pytest.mark.parametrize("name", ["baishan", "shanxi"])
@pytest.mark.feature("O-03", profile=["baishan", "shanxi"])
def test_the_ratio_chosen_at_import_counts(name: str) -> None:
    where = context(name, Source.FILE)
    chosen = CheckContext(
        where.today, where.month, where.unit, where.limits, Source.FILE, RatioPair(1000, 800)
    )
    check = opening(name).check_row(row(), chosen)
    assert (check.values["unit_amount"], check.values["person_amount"]) == ("800.00", "640.00")


@pytest.mark.parametrize("name", PROFILE_NAMES)
@pytest.mark.feature("O-16", profile=["hangzhou", "shaanxi"])
@pytest.mark.feature("V-18", profile="hangzhou")
def test_one_person_twice_is_found_in_either_form_of_the_number(name: str) -> None:
    business = opening(name)
    rows = [{**full_row(name), "id_number": "11010519491231002X"}] * 2
    if name == "shaanxi":
        rows = [dict(full_row(name))] * 2
    if name == "hangzhou":
        rows = [rows[0], {**rows[0], "id_number": "110105491231002"}]
    first, second = business.check_roster(rows, context(name))
    assert first.ok and not second.ok
    assert second.findings[-1].text.startswith("存在相同的记录")


@pytest.mark.feature("O-08", profile="hangzhou")
def test_totals_count_people_and_monthly_deposits() -> None:
    business, where = opening("hangzhou"), context("hangzhou")
    rows = [row(), row(id_number=identity(sequence="003"), base="3000"), row(name="")]
    total = totals(business.check_roster(rows, where))
    assert (total.count, total.amount) == (2, 192_000 + 72_000)


def known(unit: str, status: AccountStatus) -> PersonFacts:
    return PersonFacts((KnownAccount(unit, "0000000001", status),))


def against(name: str, facts: PersonFacts) -> list[str]:
    where = context(name)
    people = {same_person_key(identity()): facts}
    full = CheckContext(where.today, where.month, where.unit, where.limits, people=people)
    check = opening(name).check_row(full_row(name), full)
    return [finding.text for finding in check.findings]


@pytest.mark.parametrize("name", PROFILE_NAMES)
@pytest.mark.feature("O-15", profile=["hangzhou", "shaanxi"])
@pytest.mark.feature("V-17", profile="hangzhou")
def test_an_active_account_elsewhere_blocks(name: str) -> None:
    (text,) = against(name, known("200002", AccountStatus.NORMAL))
    assert text.startswith("存在正常缴存账户")
    assert ("内部转移" in text) is (name == "shaanxi")


def test_a_sealed_account_reopens_in_hangzhou_only() -> None:
    sealed = known("200002", AccountStatus.SEALED)
    assert against("hangzhou", sealed) == []
    assert "封存" in against("baishan", sealed)[0]


def test_an_unfinished_registration_blocks_a_second() -> None:
    assert "未处理完" in against("hangzhou", PersonFacts(unfinished=frozenset({"open"})))[0]


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_what_the_client_finds_clean_the_center_accepts(name: str) -> None:
    business = opening(name)
    clean = business.check_row(full_row(name), context(name))
    again = business.check_row(dict(clean.values), context(name, Source.CENTER))
    assert again.ok, again.findings
    assert again.amount == clean.amount


def test_the_center_refuses_forged_amounts_and_ratios() -> None:
    business, where = opening("baishan"), context("baishan", Source.CENTER)
    good = dict(business.check_row(row(), context("baishan")).values)
    assert codes(business.check_row(good | {"total_amount": "1.00"}, where)) == ["amount.mismatch"]
    assert codes(business.check_row(good | {"unit_ratio": "5"}, where)) == ["ratio.not_unit"]


@pytest.mark.feature("I-04", profile="hangzhou")
def test_only_hangzhou_shows_the_first_finding_of_a_row() -> None:
    assert [name for name in PROFILE_NAMES if opening(name).first_error_only] == ["hangzhou"]
