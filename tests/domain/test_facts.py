"""Changes of registered facts: items, their checks, what only the counter changes, what was overtaken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.business import CheckContext, PersonFacts, UnitFacts
from domain.businesses.fact_items import PERSON_ITEMS, UNIT_ITEMS, Item
from domain.businesses.fact_rules import PersonChangeRules, UnitChangeRules
from domain.businesses.names import BusinessOff
from domain.businesses.registry import declare
from domain.creditcode import ALPHABET, check_character, credit_code_problem
from domain.profile import load_profile

TODAY = date(2026, 11, 25)
WITH = ("baishan", "lyszfgjj", "shaanxi", "shanxi")
NINE = ["学历", "固定电话", "邮政编码", "职务", "职业", "职称", "婚姻状况", "家庭收入", "家庭住址"]
ITEMS = {item.key: item for item in (*UNIT_ITEMS, *PERSON_ITEMS)}


def context(details: dict[str, str] | None = None, *unfinished: str) -> CheckContext:
    unit = UnitFacts("100001", details=details, unfinished=frozenset(unfinished))
    return CheckContext(TODAY, 202611, unit, None)


def business(name: str, profile: str = "baishan") -> Any:
    return declare(name, load_profile(profile))


def marked(row: str, *profiles: str) -> list[Any]:
    return [pytest.param(name, marks=pytest.mark.feature(row, profile=name)) for name in profiles]


def codes(row: dict[str, str], where: CheckContext, profile: str = "baishan") -> list[str]:
    return [found.code for found in business("unit_change", profile).check_row(row, where).findings]


def titles(name: str, profile: str) -> list[str]:
    facts = business(name, profile).changes
    return [item.title for item in facts.items if item.key in facts.editable]


# ---- what may be changed -----------------------------------------------------------------------------


@pytest.mark.parametrize("profile", marked("P-01", "baishan", "lyszfgjj", "shanxi"))
def test_nine_items_of_a_person_may_be_changed(profile: str) -> None:
    assert sorted(titles("person_change", profile)) == sorted(NINE)


@pytest.mark.feature("P-01", profile="shaanxi")
@pytest.mark.feature("U-02", profile="shaanxi")
def test_shaanxi_names_its_items() -> None:
    assert titles("person_change", "shaanxi")[:3] == ["户籍", "家庭住址", "电话号码"]
    assert titles("unit_change", "shaanxi")[:4] == ["单位地址", "邮政编码", "开户银行名称", "法人姓名"]


@pytest.mark.parametrize("profile", marked("P-02", *WITH))
def test_the_form_of_a_person_shows_the_identity_grey(profile: str) -> None:
    rules = load_profile(profile).business.person_change
    assert rules is not None
    assert {"name", "idtype", "idnumber", "gender", "birth"} <= set(rules.items) & set(rules.counter)


@pytest.mark.parametrize("profile", marked("U-03", *WITH))
def test_the_name_of_the_unit_changes_at_the_counter(profile: str) -> None:
    told = business("unit_change", profile).check_row({"item": "name", "new": "新名"}, context())
    [found] = told.findings
    assert found.code == "fact.counter" and "只能到中心柜台变更" in found.text
    assert "经办人" not in titles("unit_change", profile)


@pytest.mark.parametrize("name", ["unit_change", "person_change"])
def test_hangzhou_has_none_of_it(name: str) -> None:
    with pytest.raises(BusinessOff, match="没有开通"):
        business(name, "hangzhou")


def test_a_profile_cannot_open_what_only_the_counter_changes() -> None:
    known = load_profile("baishan").business.unit_change
    assert known is not None
    wrong: list[dict[str, list[str]]] = [{"counter": []}, {"items": ["nothing"]}, {"filled": ["education"]}]
    for change in wrong:
        with pytest.raises(ValidationError):
            UnitChangeRules.model_validate({**known.model_dump(), **change})
    person = load_profile("baishan").business.person_change
    assert person is not None
    with pytest.raises(ValidationError):
        PersonChangeRules.model_validate({**person.model_dump(), "counter": ["mobile"]})


# ---- the row -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "good", "bad"),
    [
        ("postcode", "310000", ["31000", "3100000", "31000a", "３１００００"]),
        ("phone", "0571-87654321", ["123", "0571-0765432", "13912345678x"]),
        ("phone", "87654321-801", ["８７６５４３２１"]),
        ("mobile", "13912345678", ["12912345678", "1391234567", "１３９１２３４５６７８"]),
        ("email", "gjj@example.com", ["gjj", "gjj@", "gjj@x", "@example.com", f"{'a' * 60}@example.com"]),
        ("payday", "31", ["0", "32", "一", "-1"]),
        ("legalid", "G12345678", ["1234", "甲乙丙丁戊", "11010519491231002A"]),
        ("legalid", "11010519491231002X", ["110105194912310021", "110105194913310021"]),
        ("legalname", "王小明", ["王5", "王  明", "王\u200b明"]),
        ("income", "5000.00", ["-1", "五千", "1.234"]),
        ("address", "延安路1号", ["x" * 101, "甲\u202e乙"]),
        ("economy", "151 国有独资(公司)", ["999", "没有"]),
        ("subordination", "40 市、地区", ["41"]),
        ("industry", "C 制造业", ["Z"]),
        ("education", "20 大学本科教育", ["99"]),
    ],
)
def test_values_are_checked(item: str, good: str, bad: list[str]) -> None:
    one = ITEMS[item]
    assert one.read(good, TODAY) == (good, "")
    for text in bad:
        told = one.read(text, TODAY)[1]
        assert told.startswith(f"“{one.title}”") and told.endswith("。"), text


def test_codes_are_taken_by_name_and_kept_as_codes() -> None:
    for typed in ("151", "国有独资公司", "151 国有独资(公司)", "国有独资（公司）"):
        normal, wrong = ITEMS["economy"].read(typed, TODAY)
        assert (normal, wrong) == ("151 国有独资(公司)", "")
        assert ITEMS["economy"].registered(normal) == "151"


CODE = st.tuples(
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
).map("".join)


@given(CODE, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(first: str, place: int, char: str) -> None:
    code = first + check_character(first)
    assert credit_code_problem(code) == ""
    wrong = code[:place] + char + code[place + 1 :]
    assert wrong == code or credit_code_problem(wrong)


def test_real_credit_codes_pass() -> None:
    for code in ("91350100M000100Y43", "911100000000000000"[:17] + check_character("91110000000000000")):
        assert credit_code_problem(code) == ""
    assert "18位" in credit_code_problem("9135")
    assert "大写字母" in credit_code_problem("91350100M0001O0Y43")


def test_what_is_said_of_a_row() -> None:
    where = context({"address": "甲路1号", "economy": "150"})
    assert codes({"item": "address", "old": "甲路1号", "new": "乙路2号"}, where) == []
    assert codes({"item": "单位地址", "old": "甲路1号", "new": "乙路2号"}, where) == []
    assert codes({"item": "address", "old": "甲路1号", "new": "甲路1号"}, where) == ["fact.same"]
    assert codes({"item": "address", "old": "甲路1号"}, where) == ["fact.empty"]
    assert codes({"item": "address", "old": "丙路", "new": "乙路"}, where) == ["fact.changed"]
    assert codes({"item": "economy", "old": "150 有限责任(公司)"}, where) == []
    assert codes({"item": "economy", "old": "有限公司", "new": "151"}, where) == []
    assert codes({"item": "postcode", "new": "310000"}, where) == []
    assert codes({"item": "postcode", "old": "310000"}, context()) == []
    assert codes({"new": "310000"}, where) == ["required"]
    assert codes({"item": "nothing"}, where) == ["code.unknown"]


@pytest.mark.feature("V-01", profile="baishan")
def test_a_change_under_way_stops_every_row() -> None:
    told = business("unit_change").check_row(
        {"item": "postcode", "new": "310000"}, context({}, "unit_change", "seal")
    )
    assert told.findings[0].text.startswith("存在未审批完成的单位信息变更业务")
    assert codes({"item": "postcode", "new": "310000"}, context({}, "seal")) == []


def test_an_item_stands_once_a_person() -> None:
    one = business("person_change")
    rows = [
        {"id_number": "11010519491231002X", "item": "address", "new": "甲路"},
        {"id_number": "11010519491231002X", "item": "postcode", "new": "310000"},
        {"id_number": "11010519491231002X", "item": "家庭住址", "new": "乙路"},
    ]
    found = [[each.code for each in check.findings] for check in one.check_roster(rows, context())]
    assert found == [[], [], ["roster.duplicate"]]
    text = one.duplicate("第1条").text
    assert "同一人的同一项目" in text


def test_another_persons_details_are_not_looked_at() -> None:
    one = business("person_change")
    row = {"id_number": "11010519491231002X", "item": "address", "old": "甲路", "new": "乙路"}
    where = replace(context(), people={"x": PersonFacts(details={"address": "丙路"})})
    assert one.check_row(row, where).findings == ()


@given(st.sampled_from(sorted(ITEMS)), st.text(max_size=30))
def test_reading_twice_is_reading_once(key: str, text: str) -> None:
    one: Item = ITEMS[key]
    normal, wrong = one.read(text, TODAY)
    if not wrong:
        assert one.read(normal, TODAY) == (normal, "")
        assert one.display(one.registered(normal)) == normal
