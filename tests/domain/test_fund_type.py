"""资金性质: only what the unit has, and in a file only what was chosen on the screen (W-05, I-07)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.business import RatioPair, RowCheck, Source, UnitFacts
from tests.domain.test_opening import codes, context, opening, row

BOTH = UnitFacts("100001", ratios=(RatioPair(1200, 1200),), fund_types=("general", "subsidy"))
ONE = UnitFacts("100001", ratios=(RatioPair(1200, 1200),))


def check(unit: UnitFacts, chosen: str, typed: str) -> RowCheck:
    known = replace(context("hangzhou", Source.FILE, unit), chosen_fund_type=chosen)
    cells = row(ratio="12", total_amount="1920.00", fund_type=typed)
    return opening("hangzhou").check_row(cells, known)


@pytest.mark.parametrize("typed", ["一般公积金", "general"])
def test_a_row_of_the_chosen_kind_is_taken(typed: str) -> None:
    found = check(BOTH, "general", typed)
    assert found.ok and found.values["fund_type"] == "general"


@pytest.mark.feature("I-07", profile="hangzhou")
@pytest.mark.parametrize(
    ("chosen", "typed", "sentence"),
    [
        (
            "general",
            "住房公积金补贴",
            "“资金性质”是住房公积金补贴，与画面上选择的一般公积金不一致，请改正文件或重新选择。",
        ),
        (
            "subsidy",
            "一般公积金",
            "“资金性质”是一般公积金，与画面上选择的住房公积金补贴不一致，请改正文件或重新选择。",
        ),
        (
            "subsidy",
            "",
            "“资金性质”没有填写，画面上选择的是住房公积金补贴，请在文件中填写住房公积金补贴。",
        ),
    ],
)
def test_a_row_of_another_kind_than_the_chosen_one_is_an_error(
    chosen: str, typed: str, sentence: str
) -> None:
    found = check(BOTH, chosen, typed)
    assert [finding.text for finding in found.of("fund_type")] == [sentence]
    assert codes(found, "fund_type") == ["fund_type.not_chosen"]


def test_a_unit_with_one_kind_need_not_state_it() -> None:
    assert check(ONE, "general", "").ok
    assert codes(check(ONE, "general", "住房公积金补贴"), "fund_type") == ["fund_type.not_unit"]


def test_where_nothing_was_chosen_either_kind_is_taken() -> None:
    assert check(BOTH, "", "住房公积金补贴").ok and check(BOTH, "", "").ok
