"""Transfer, merging and closing: every rule on the declaration alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.business import (
    AccountStatus,
    CheckContext,
    KnownAccount,
    KnownUnit,
    MadeUp,
    PersonFacts,
    Source,
    UnitFacts,
    template_columns,
)
from domain.businesses.names import BUSINESSES
from domain.businesses.registry import BusinessOff, declare
from domain.idnumber import check_digit
from domain.profile import PROFILE_NAMES, load_profile

MINE, OTHER = "100001", "100002"
FIRST, SECOND, THERE = "10000100000001", "10000100000002", "10000200000001"
SEALED, NORMAL, FROZEN = AccountStatus.SEALED, AccountStatus.NORMAL, AccountStatus.FROZEN
CLOSED = [AccountStatus.MERGED, AccountStatus.TRANSFERRED, AccountStatus.WITHDRAWN, AccountStatus.OTHER]
UNITS = {OTHER: KnownUnit("示例二厂"), "100003": KnownUnit("已销户的厂", active=False)}
HAVING = {
    "transfer_out": "lyszfgjj",
    "transfer_in": "shaanxi",
    "merge": "shaanxi",
    "zero_close": "shanxi",
}


def identity(sequence: str = "001") -> str:
    first = f"11010119900307{sequence}"
    return first + check_digit(first)


ME, SOMEBODY = identity(), identity("003")


def account(number: str = FIRST, status: AccountStatus = SEALED, **changes: object) -> KnownAccount:
    return replace(KnownAccount(number[:6], number, status), **changes)  # type: ignore[arg-type]


def context(
    *accounts: KnownAccount, under_way: tuple[str, ...] = (), others: tuple[KnownAccount, ...] = ()
) -> CheckContext:
    """What the center knows of 张三 with these accounts, and of 李四 with `others`."""
    people = {
        ME: PersonFacts(accounts, frozenset(under_way), "张三", ME),
        SOMEBODY: PersonFacts(others, frozenset(), "李四", SOMEBODY),
    }
    by_account = {one.account_no: ME for one in accounts} | {one.account_no: SOMEBODY for one in others}
    return CheckContext(
        date(2026, 11, 20),
        202611,
        UnitFacts(MINE),
        None,
        people=people,
        by_account=by_account,
        people_known=True,
        units=UNITS,
    )


GOOD = {
    "transfer_out": {"account_no": FIRST, "to_unit": OTHER},
    "transfer_in": {"name": "张三", "id_number": ME, "reason": "01"},
    "merge": {"account_no": FIRST, "to_account": SECOND},
    "zero_close": {"account_no": FIRST},
}


def said(business: str, where: CheckContext, **changes: str) -> dict[str, str]:
    """Code -> text of the findings of the good row with changes."""
    declared = declare(business, load_profile(HAVING[business]))
    check = declared.check_row(GOOD[business] | changes, where)
    return {found.code: found.text for found in check.findings}


# ---- where it exists ---------------------------------------------------------------------------------


@pytest.mark.parametrize("business", HAVING)
@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_only_its_own_center_has_it(business: str, name: str) -> None:
    profile = load_profile(name)
    if name == HAVING[business]:
        assert declare(business, profile).title == profile.business_title(business)
        assert any(business in module.businesses for module in profile.home.modules)
        return
    assert not any(business in module.businesses for module in profile.home.modules)
    with pytest.raises(BusinessOff) as off:
        declare(business, profile)
    assert off.value.text == f"本中心没有开通网上{BUSINESSES[business].name}，请到中心柜台办理。"


@pytest.mark.feature("X-02", profile="lyszfgjj")
@pytest.mark.feature("X-05", profile="lyszfgjj")
def test_the_center_of_001_transfers_out_with_the_unit_on_the_screen() -> None:
    business = declare("transfer_out", load_profile("lyszfgjj"))
    rules = business.rules
    assert (rules.workflow, rules.submit_label, rules.reasons) == ("immediate", "完成办理", [])
    assert business.form_order == ("to_unit", "account_no", "name", "id_number")
    titles = [column.title for column in template_columns(business)]
    assert titles == ["序号", "个人账号", "姓名", "证件号码"]
    assert rules.on_screen == ["to_unit"]


@pytest.mark.feature("X-02", profile="shaanxi")
@pytest.mark.feature("X-05", profile="shaanxi")
def test_shaanxi_transfers_in_with_name_id_and_reason() -> None:
    profile = load_profile("shaanxi")
    business = declare("transfer_in", profile)
    rules = business.rules
    assert [column.title for column in template_columns(business)] == ["个人姓名", "证件号码", "转移原因"]
    assert all(column.required for column in template_columns(business))
    assert (rules.record_label, rules.submit_label) == ("添加", "全部提交")
    assert rules.template_title == "批量转入模板"
    assert rules.text_cells_only and profile.queue_of("transfer_in").submit_scope == "one_or_all"
    module = profile.module("5101")
    assert module is not None and module.title == "内部转移"
    assert module.screens == ("business:transfer_in", "query:transfer_in")


# ---- transfer out ------------------------------------------------------------------------------------


@pytest.mark.feature("X-03", profile="lyszfgjj")
def test_only_a_sealed_account_goes_out() -> None:
    assert said("transfer_out", context(account())) == {}
    assert said("transfer_out", context(account(status=NORMAL))) == {
        "transfer.not_sealed": "该职工的账户没有封存，不能转移，请先办理封存。"
    }
    assert said("transfer_out", context(account(status=FROZEN))) == {
        "transfer.frozen": "该职工的账户已冻结，不能转移，请到中心柜台办理。"
    }


@pytest.mark.parametrize("status", CLOSED)
@pytest.mark.parametrize("business", ["transfer_out", "merge", "zero_close"])
def test_a_closed_account_never_moves(business: str, status: AccountStatus) -> None:
    assert "account.unknown" in said(business, context(account(status=status), account(SECOND)))


def test_a_closed_account_elsewhere_is_no_account() -> None:
    for status in CLOSED:
        assert [*said("transfer_in", context(account(THERE, status)))] == ["transfer.unknown"]


@pytest.mark.parametrize(
    ("to_unit", "code", "text"),
    [
        ("", "required", "“转入单位账号”不能为空，请填写。"),
        (MINE, "unit.own", "转入单位账号不能是本单位的账号，请核对后改正。"),
        ("999999", "unit.unknown", "本中心没有账号为999999的单位，请核对转入单位账号。"),
        ("100003", "unit.closed", "账号为100003的单位已不能办理缴存，不能转入，请核对转入单位账号。"),
        ("１００００２", "unit.format", "转入单位账号“１００００２”应为半角数字，请核对后改正。"),
    ],
)
@pytest.mark.feature("X-02", profile="lyszfgjj")
def test_the_receiving_unit_is_another_one_of_the_center(to_unit: str, code: str, text: str) -> None:
    assert said("transfer_out", context(account()), to_unit=to_unit) == {code: text}


def test_without_the_center_the_receiving_unit_stands_as_typed() -> None:
    where = replace(context(account()), units=None)
    assert said("transfer_out", where, to_unit="999999") == {}


def test_the_name_of_the_receiving_unit_is_the_centers() -> None:
    business = declare("transfer_out", load_profile("lyszfgjj"))
    where = context(account()).for_source(Source.CENTER)
    row = GOOD["transfer_out"] | {"to_unit_name": "别的名称"}
    assert business.check_row(row, where).values["to_unit_name"] == "示例二厂"


def test_who_has_an_account_at_the_receiving_unit_is_not_given_a_second_one() -> None:
    for status in (NORMAL, SEALED, FROZEN):
        found = said("transfer_out", context(account(), account(THERE, status)))
        assert found == {
            "transfer.second": "该职工在转入单位已有账户，不能再转入，请到中心柜台办理账户合并。"
        }
    assert said("transfer_out", context(account(), account(THERE, AccountStatus.TRANSFERRED))) == {}


def test_what_stands_on_the_screen_counts_for_every_row_of_a_file() -> None:
    business = declare("transfer_out", load_profile("lyszfgjj"))
    where = replace(context(account()), source=Source.FILE, on_screen={"to_unit": OTHER})
    check = business.check_row({"account_no": FIRST}, where)
    assert (check.findings, check.values["to_unit"]) == ((), OTHER)
    own = replace(where, on_screen={"to_unit": MINE})
    assert [one.code for one in business.check_row({"account_no": FIRST}, own).findings] == ["unit.own"]


# ---- transfer in -------------------------------------------------------------------------------------


@pytest.mark.feature("X-03", profile="shaanxi")
def test_only_a_sealed_account_of_another_unit_comes_in() -> None:
    assert said("transfer_in", context(account(THERE))) == {}
    assert said("transfer_in", context(account(THERE, NORMAL))) == {
        "transfer.not_sealed": "该职工在原单位的账户没有封存，不能转入，请联系原单位先办理封存。"
    }
    assert [*said("transfer_in", context(account(THERE, FROZEN)))] == ["transfer.frozen"]
    unknown = {"transfer.unknown": "该职工在本中心的其他单位没有缴存账户，不能转入，请核对姓名和证件号码。"}
    assert said("transfer_in", context()) == unknown
    assert said("transfer_in", context(account())) == unknown, "the account is the unit's own"


def test_one_sealed_account_among_several_elsewhere_is_enough() -> None:
    where = context(account(THERE, NORMAL), account("10000300000001", SEALED))
    assert said("transfer_in", where) == {}


@pytest.mark.feature("X-08", profile="shaanxi")
def test_who_has_an_account_at_the_unit_may_be_transferred_and_merged() -> None:
    for status in (NORMAL, SEALED):
        assert said("transfer_in", context(account(status=status), account(THERE))) == {}


def test_a_stranger_to_the_name_learns_nothing_of_the_account() -> None:
    text = "姓名与中心登记的不一致，请核对姓名和证件号码；确实无误的，请到中心柜台办理。"
    for status in (SEALED, NORMAL, FROZEN):
        where = context(account(THERE, status), under_way=("seal",))
        assert said("transfer_in", where, name="张四") == {"person.differs": text}
    assert "张三" not in text
    business = declare("transfer_in", load_profile("shaanxi"))
    check = business.check_row(GOOD["transfer_in"], context(account(THERE)))
    assert THERE not in check.values.values()


def test_fifteen_digits_are_the_same_person() -> None:
    short = ME[:6] + ME[8:17]
    assert said("transfer_in", context(account(THERE)), id_number=short) == {}


# ---- merging -----------------------------------------------------------------------------------------


@pytest.mark.feature("X-07", profile="shaanxi")
def test_two_accounts_of_the_person_at_the_unit_are_merged() -> None:
    for status in (NORMAL, SEALED):
        assert said("merge", context(account(), account(SECOND, status))) == {}
    assert said("merge", context(account(status=NORMAL), account(SECOND))) == {
        "merge.not_sealed": "合并转出的账户没有封存，不能合并，请先办理封存。"
    }


@pytest.mark.feature("X-07", profile="shaanxi")
def test_an_account_is_not_merged_with_itself() -> None:
    found = said("merge", context(account(), account(SECOND)), to_account=FIRST)
    assert found == {"merge.itself": "合并转入个人账号与转出的账号相同，不能与自己合并，请核对后改正。"}
    offline = replace(context(), people={}, by_account={}, people_known=False)
    assert [*said("merge", offline, to_account=FIRST)] == ["merge.itself"]


@pytest.mark.feature("X-08", profile="shaanxi")
def test_an_account_of_another_unit_must_come_in_first() -> None:
    where = context(account(), account("20000200000001"))
    assert said("merge", where, to_account="20000200000001") == {
        "merge.target": "20000200000001是该职工在其他单位的账户，请先办理内部转移，再合并。"
    }


def test_the_other_account_is_the_same_persons() -> None:
    where = context(account(), others=(account(SECOND),))
    assert said("merge", where) == {
        "merge.target": f"{SECOND}不是该职工的账户，只能合并同一职工的账户，请核对后改正。"
    }
    nobody = {"merge.target": f"本单位没有{SECOND}这个账户，或账户已销户，请核对后改正。"}
    assert said("merge", context(account())) == nobody
    assert said("merge", context(account(), account(SECOND, AccountStatus.MERGED)))["merge.target"]


def test_a_strangers_account_at_another_unit_is_not_told_from_none() -> None:
    number = "20000200000001"
    theirs = context(account(), others=(account(number),))
    assert said("merge", theirs, to_account=number) == said("merge", context(account()), to_account=number)


def test_frozen_accounts_are_not_merged() -> None:
    assert [*said("merge", context(account(status=FROZEN), account(SECOND)))] == ["merge.frozen"]
    assert [*said("merge", context(account(), account(SECOND, FROZEN)))] == ["merge.frozen"]


def test_the_other_account_number_looks_like_one() -> None:
    found = said("merge", context(account(), account(SECOND)), to_account="123")
    assert found == {"account.length": "合并转入个人账号长度不正确，应为14位，请核对后改正。"}


# ---- closing -----------------------------------------------------------------------------------------


@pytest.mark.feature("X-10", profile="shanxi")
def test_only_a_sealed_account_with_nothing_on_it_is_closed() -> None:
    assert said("zero_close", context(account(balance=0))) == {}
    assert said("zero_close", context(account(status=NORMAL, balance=0))) == {
        "zero_close.not_sealed": "该职工的账户没有封存，不能销户，请先办理封存。"
    }
    assert said("zero_close", context(account(balance=1))) == {
        "zero_close.balance": "该职工的账户还有余额0.01元，不能零余额销户，请先办理提取。"
    }
    assert said("zero_close", context(account(balance=None))) == {}, "the center knows it"


# ---- all of them -------------------------------------------------------------------------------------


@pytest.mark.feature("X-10", profile="shanxi")
@pytest.mark.parametrize("business", HAVING)
@pytest.mark.parametrize("under_way", ["open", "seal", "unseal", "transfer_in", "something_new"])
def test_nothing_moves_while_any_business_of_the_person_is_under_way(business: str, under_way: str) -> None:
    accounts = (account(THERE),) if business == "transfer_in" else (account(balance=0), account(SECOND))
    found = said(business, context(*accounts, under_way=(under_way,)))
    assert [*found] == ["person.in_flight"]
    assert found["person.in_flight"].endswith("请等处理结果出来后再办理。")


@pytest.mark.parametrize("business", HAVING)
def test_an_account_stays_while_made_up_months_are_not_paid(business: str) -> None:
    number = THERE if business == "transfer_in" else FIRST
    accounts = (account(THERE),) if business == "transfer_in" else (account(balance=0), account(SECOND))
    where = context(*accounts)
    for settled, expected in ((False, ["account.awaited"]), (True, [])):
        orders = (MadeUp(number, 202608, settled=settled), MadeUp("10000999999999", 202607))
        people = {ME: replace(where.people[ME], made_up=orders)}
        found = said(business, replace(where, people=people))
        assert [*found] == expected
        if expected:
            assert "202608的补缴已申报" in found["account.awaited"]


@pytest.mark.parametrize("business", HAVING)
def test_one_person_stands_once_in_a_roster(business: str) -> None:
    accounts = (account(THERE),) if business == "transfer_in" else (account(balance=0), account(SECOND))
    declared = declare(business, load_profile(HAVING[business]))
    good = GOOD[business]
    checks = declared.check_roster([good, good], context(*accounts))
    assert checks[0].ok and [one.code for one in checks[1].findings] == ["roster.duplicate"]


def test_a_chain_of_merges_does_not_stand_in_one_roster() -> None:
    third = "10000100000003"
    where = context(account(), account(SECOND), account(third))
    declared = declare("merge", load_profile("shaanxi"))
    rows = [{"account_no": FIRST, "to_account": SECOND}, {"account_no": SECOND, "to_account": third}]
    assert [check.ok for check in declared.check_roster(rows, where)] == [True, False]


@pytest.mark.parametrize("business", HAVING)
def test_without_the_center_a_well_formed_row_stands(business: str) -> None:
    offline = replace(context(), people={}, by_account={}, people_known=False, units=None)
    assert said(business, offline) == {}
