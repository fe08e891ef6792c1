"""Sealing, reduction and reopening: every rule of the manuals, per center, on the declaration alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.business import (
    AccountStatus,
    Business,
    CheckContext,
    KnownAccount,
    PersonFacts,
    RatioPair,
    Source,
    UnitFacts,
    form_columns,
    template_columns,
)
from domain.businesses.registry import BusinessOff, declare
from domain.findings import Severity
from domain.idnumber import check_digit
from domain.profile import PROFILE_NAMES, Profile, load_profile
from domain.rules import AgeRule

TODAY = date(2026, 11, 20)
MONTH = 202611
UNIT = UnitFacts("100001")
NUMBER = "10000100000001"
EVERYWHERE = [*PROFILE_NAMES]
REOPENING = [name for name in PROFILE_NAMES if name != "hangzhou"]


def identity(birth: str = "19900307", sequence: str = "001") -> str:
    first = f"110101{birth}{sequence}"
    return first + check_digit(first)


def account(status: AccountStatus = AccountStatus.NORMAL, **changes: object) -> KnownAccount:
    known = KnownAccount("100001", NUMBER, status, 800_000, RatioPair(1200, 1200), 96_000, 96_000)
    return replace(known, **changes)  # type: ignore[arg-type]


def context(
    profile: Profile | str,
    known: KnownAccount | None = None,
    *,
    source: Source = Source.SINGLE,
    month: int = MONTH,
    unit: UnitFacts = UNIT,
    id_number: str = "",
    under_way: tuple[str, ...] = (),
) -> CheckContext:
    """What a check knows of 张三, who has the account `known`."""
    rules = load_profile(profile) if isinstance(profile, str) else profile
    key = id_number or identity()
    person = PersonFacts((known,) if known else (), frozenset(under_way), "张三", key)
    return CheckContext(
        TODAY,
        month,
        unit,
        rules.limits_for(MONTH),
        source,
        people={key: person},
        by_account={NUMBER: key} if known else {},
        people_known=True,
    )


def row(business: Business, **changes: str) -> dict[str, str]:
    base = {"account_no": NUMBER, "reason": business.rules.reasons[0].code}
    if "base" in business.rules.required:
        base["base"] = "9000"
    return base | changes


def texts(business: Business, where: CheckContext, **changes: str) -> list[str]:
    return [found.text for found in business.check_row(row(business, **changes), where).findings]


def codes(business: Business, where: CheckContext, **changes: str) -> list[str]:
    return [found.code for found in business.check_row(row(business, **changes), where).findings]


def of(business: str, profile: str) -> Business:
    return declare(business, load_profile(profile))


# ---- what there is -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_good_row_is_filled_in_from_what_is_known(name: str) -> None:
    check = of("seal", name).check_row({"account_no": NUMBER, "reason": "01"}, context(name, account()))
    assert (check.ok, check.findings) == (True, ())
    assert (check.values["name"], check.values["id_number"]) == ("张三", identity())


@pytest.mark.parametrize("name", REOPENING)
def test_a_person_may_be_named_by_id_alone(name: str) -> None:
    business = of("unseal", name)
    sealed = account(AccountStatus.SEALED, sealed_month=202608)
    cells = row(business, id_number=identity()) | {"account_no": ""}
    if "account_no" in business.rules.required:
        assert [f.code for f in business.check_row(cells, context(name, sealed)).findings] == ["required"]
        return
    check = business.check_row(cells, context(name, sealed))
    assert check.ok and check.values["account_no"] == NUMBER


@pytest.mark.feature("S-01", profile="hangzhou")
def test_hangzhou_has_no_reopening() -> None:
    with pytest.raises(BusinessOff, match="没有开通网上启封"):
        of("unseal", "hangzhou")
    assert of("seal", "hangzhou").title == "职工减少"


@pytest.mark.feature("S-02", profile="hangzhou")
@pytest.mark.feature("S-07", profile="hangzhou")
def test_hangzhou_gives_a_reason_with_its_code() -> None:
    business = of("seal", "hangzhou")
    column = next(column for column in business.columns if column.key == "reason")
    assert [name for _, name in column.table.items()] == [
        "离（退）休", "调出", "辞职", "解聘", "辞退", "开除", "死亡", "终止劳动关系",
    ]  # fmt: skip
    where = context("hangzhou", account())
    for text in ("03", "辞职", "03 辞职", "03-辞职"):
        assert business.check_row(row(business, reason=text), where).values["reason"] == "03"
    assert codes(business, where, reason="旷工") == ["code.unknown"]
    assert [c.key for c in form_columns(business, UNIT)] == ["account_no", "name", "id_number", "reason"]


@pytest.mark.feature("S-07", profile="shanxi")
def test_the_four_reasons_of_shanxi() -> None:
    column = next(column for column in of("seal", "shanxi").columns if column.key == "reason")
    assert [name for _, name in column.table.items()] == ["退休", "离职", "破产改制", "其他原因"]


@pytest.mark.parametrize(
    ("business", "name", "titles"),
    [
        ("seal", "baishan", ["序号", "个人账号", "姓名", "证件号码", "变更原因"]),
        ("unseal", "lyszfgjj", ["序号", "个人账号", "姓名", "证件号码", "变更原因"]),
        ("seal", "hangzhou", ["个人客户号", "姓名", "证件号码", "减少原因", "资金性质"]),
        ("seal", "shaanxi", ["个人姓名", "证件号码", "封存原因"]),
        ("unseal", "shaanxi", ["个人姓名", "证件号码", "启封原因", "个人缴存基数"]),
    ],
)
def test_templates_have_the_columns_of_the_center(business: str, name: str, titles: list[str]) -> None:
    assert [column.title for column in template_columns(of(business, name))] == titles


# ---- the account ---------------------------------------------------------------------------------------


@pytest.mark.feature("S-11", profile="hangzhou")
@pytest.mark.feature("V-19", profile="hangzhou")
def test_who_is_reduced_already_is_named_by_number() -> None:
    business = of("seal", "hangzhou")
    (text,) = texts(business, context("hangzhou", account(AccountStatus.SEALED)))
    assert text.startswith("职工已减少") and NUMBER in text


@pytest.mark.parametrize(("source", "start"), [(Source.SINGLE, "该职工不存在"), (Source.FILE, "不存在")])
@pytest.mark.feature("V-20", profile="hangzhou")
@pytest.mark.feature("W-06", profile="hangzhou")
@pytest.mark.feature("E-06", profile="hangzhou")
def test_who_is_unknown_here_is_told_in_the_words_of_the_way_in(source: Source, start: str) -> None:
    business = of("seal", "hangzhou")
    cells = {"name": "张三", "id_number": identity()} if source is Source.FILE else {}
    elsewhere = account(unit_account="200002")
    for where in (context("hangzhou", None, source=source), context("hangzhou", elsewhere, source=source)):
        (text,) = texts(business, where, **cells)
        assert text.startswith(f"{start}缴存关系或不属于此单位") and "职工信息同步" in text


def test_what_is_not_known_here_is_left_to_the_center() -> None:
    business = of("seal", "hangzhou")
    offline = replace(context("hangzhou"), people={}, by_account={}, people_known=False)
    assert codes(business, offline) == []


def test_an_account_number_of_another_length_is_none_of_the_unit() -> None:
    (text,) = texts(of("seal", "hangzhou"), context("hangzhou", account()), account_no="1000010000001")
    assert text == "个人客户号长度不正确，应为14位，请核对后改正。"


@pytest.mark.parametrize("name", REOPENING)
def test_only_a_sealed_account_is_reopened(name: str) -> None:
    assert codes(of("unseal", name), context(name, account())) == ["unseal.not_sealed"]


@pytest.mark.parametrize("name", EVERYWHERE)
def test_one_business_of_a_person_at_a_time(name: str) -> None:
    where = context(name, account(), under_way=("seal",))
    assert codes(of("seal", name), where) == ["person.in_flight"]


@pytest.mark.feature("S-12", profile="hangzhou")
@pytest.mark.feature("V-18", profile="hangzhou")
def test_the_same_person_twice_is_seen_by_number_and_by_id() -> None:
    business = of("seal", "hangzhou")
    rows = [row(business), row(business, id_number=identity())]
    checks = business.check_roster(rows, context("hangzhou", account()))
    assert checks[0].ok
    assert [found.text[:7] for found in checks[1].findings] == ["存在相同的记录"]


# ---- where a file differs ------------------------------------------------------------------------------


@pytest.mark.feature("S-13", profile="hangzhou")
@pytest.mark.feature("V-26", profile="hangzhou")
def test_hangzhou_shows_the_difference_and_takes_the_data_of_the_center() -> None:
    business = of("seal", "hangzhou")
    where = context("hangzhou", account(), source=Source.FILE)
    cells = row(business, name="张珊", id_number=identity(sequence="003"))
    check = business.check_row(cells, where)
    assert check.ok and [found.severity for found in check.findings] == [Severity.WARNING] * 2
    assert check.values["verdict"] == "姓名与中心登记的“张三”不一致；证件号码与中心登记的不一致"
    assert (check.values["name"], check.values["id_number"]) == ("张三", identity())


@pytest.mark.parametrize("name", ["baishan", "lyszfgjj", "shanxi"])
def test_elsewhere_a_difference_must_be_corrected(name: str) -> None:
    assert codes(of("seal", name), context(name, account()), name="张珊") == ["person.differs"]


# ---- shaanxi -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "verified", "good"),
    [
        (202607, None, False),
        (202607, 2025, False),
        (202607, 2026, True),
        (202606, None, True),
        (202608, 2025, True),
    ],
)
@pytest.mark.feature("S-08", profile="shaanxi")
@pytest.mark.feature("V-30", profile="shaanxi")
def test_july_waits_for_the_yearly_verification(month: int, verified: int | None, good: bool) -> None:
    where = context("shaanxi", account(), month=month, unit=replace(UNIT, verified_year=verified))
    told = texts(of("seal", "shaanxi"), where)
    assert (told == []) is good
    assert good or told[0].startswith("须待年度核定完成后方可办理封存业务")


@pytest.mark.feature("S-10", profile="shaanxi")
@pytest.mark.feature("V-29", profile="shaanxi")
def test_who_was_sealed_this_month_is_reopened_at_the_counter() -> None:
    business = of("unseal", "shaanxi")
    sealed = account(AccountStatus.SEALED, sealed_month=MONTH)
    (text,) = texts(business, context("shaanxi", sealed))
    assert "需至中心柜台办理" in text
    assert texts(business, context("shaanxi", replace(sealed, sealed_month=202610))) == []


@pytest.mark.parametrize(
    ("birth", "sequence", "good"),
    [
        ("19651121", "001", True),
        ("19651120", "001", False),
        ("19701121", "002", True),
        ("19701120", "002", False),
    ],
)
@pytest.mark.feature("S-09", profile="shaanxi")
@pytest.mark.feature("V-29", profile="shaanxi")
def test_the_fixed_ages_of_reopening(birth: str, sequence: str, good: bool) -> None:
    number = identity(birth, sequence)
    sealed = account(AccountStatus.SEALED, sealed_month=202608)
    told = texts(of("unseal", "shaanxi"), context("shaanxi", sealed, id_number=number))
    assert (told == []) is good
    assert good or ("须联系中心" in told[0] and "柜台" in told[0])


@pytest.mark.parametrize(
    ("birth", "sequence", "good"),
    # Born in June: 60 (55) years and 5 months, 2026-11; born in May: 5 months as well, 2026-10.
    [
        ("19660601", "001", True),
        ("19660531", "001", False),
        ("19710601", "002", True),
        ("19710531", "002", False),
    ],
)
def test_gradual_ages_follow_the_retirement_month(birth: str, sequence: str, good: bool) -> None:
    profile = load_profile("shaanxi")
    rules = profile.business.unseal
    assert rules is not None
    gradual = rules.model_copy(update={"age": AgeRule(max_female=55, max_male=60, policy="gradual")})
    changed = profile.model_copy(update={"business": profile.business.model_copy(update={"unseal": gradual})})
    sealed = account(AccountStatus.SEALED, sealed_month=202608)
    where = context("shaanxi", sealed, id_number=identity(birth, sequence))
    told = texts(declare("unseal", changed), where)
    assert (told == []) is good
    assert good or "法定退休年月" in told[0]


@pytest.mark.feature("S-04", profile="shaanxi")
def test_reopening_in_shaanxi_needs_a_base_within_the_limits() -> None:
    business = of("unseal", "shaanxi")
    where = context("shaanxi", account(AccountStatus.SEALED, sealed_month=202608))
    assert codes(business, where, base="") == ["required"]
    assert codes(business, where, base="100") == ["base.out_of_range"]
    check = business.check_row(row(business, base="9000.5"), where)
    assert check.values["base"] == "9000.50"
    assert (check.values["unit_amount"], check.values["total_amount"]) == ("1080.06", "2160.12")
    assert codes(business, replace(where, source=Source.CENTER), unit_amount="1.00") == ["amount.mismatch"]


@pytest.mark.parametrize("name", ["baishan", "lyszfgjj", "shanxi"])
def test_elsewhere_reopening_asks_for_no_base(name: str) -> None:
    assert "base" not in {column.key for column in of("unseal", name).columns}


def test_reopening_shows_the_amounts_at_the_ratio_of_the_account() -> None:
    """Where everyone has a ratio of one's own the person must be known; the unit's is not taken for it."""
    business = of("unseal", "shaanxi")
    sealed = account(AccountStatus.SEALED, sealed_month=202608, ratio=RatioPair(500, 800))
    where = context("shaanxi", sealed, unit=UnitFacts("100001", unified_ratio=False))
    typed = {"account_no": f" {NUMBER} ", "base": "8000"}
    shown = business.preview(typed, where)
    assert (shown["unit_amount"], shown["person_amount"], shown["total_amount"]) == (
        "400.00",
        "640.00",
        "1040.00",
    )
    assert business.preview({"id_number": identity(), "base": "8000"}, where) == shown
    assert set(business.preview({"base": "8000"}, where).values()) == {""}
    same = context("shaanxi", sealed)
    assert business.preview({"base": "8000"}, same)["total_amount"] == "1920.00"


@pytest.mark.feature("W-03", profile="hangzhou")
def test_the_reduction_comes_to_what_the_accounts_paid_a_month() -> None:
    """减少人数和月缴存额 are told before the submission; what is not known comes to nothing."""
    business = of("seal", "hangzhou")
    assert business.rules.amount_title == "总月缴存额"
    where = context("hangzhou", account(unit_amount=96_000, person_amount=64_000))
    assert business.check_row(row(business), where).amount == 160_000
    offline = replace(where, people={}, by_account={}, people_known=False)
    assert business.check_row(row(business), offline).amount == 0


@pytest.mark.parametrize("name", [name for name in EVERYWHERE if name != "hangzhou"])
def test_elsewhere_sealing_counts_people_only(name: str) -> None:
    business = of("seal", name)
    assert (
        business.rules.amount_title,
        business.check_row(row(business), context(name, account())).amount,
    ) == ("", 0)
