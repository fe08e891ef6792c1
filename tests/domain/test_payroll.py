"""A line of a payroll: read strictly, one sentence for what cannot be read, nothing repaired by guessing."""

from __future__ import annotations

from datetime import date

import pytest

from domain.idnumber import check_digit
from domain.payroll import FIELDS, is_total, read_row

TODAY = date(2026, 11, 23)


def identity(sequence: int = 1) -> str:
    first = f"11010119900307{sequence:03d}"
    return first + check_digit(first)


GOOD = {"name": "张三", "id_number": identity(), "wage": "8000"}


def test_a_good_line_is_taken_as_it_stands() -> None:
    cells = {**GOOD, "hired": "2026-11-02", "left": "", "mobile": " 13800000001 "}
    row = read_row(5, cells, TODAY)
    assert (row.line, row.name, row.key, row.wage) == (5, "张三", identity(), 800_000)
    assert (row.hired, row.left, row.mobile) == (date(2026, 11, 2), None, "13800000001")
    assert (row.problem, row.wage_problem, row.remarks) == ("", "", ())


def test_both_forms_of_an_id_number_are_one_person() -> None:
    assert read_row(1, {**GOOD, "id_number": "110101900307001"}, TODAY).key == identity(1)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("", "没有证件号码"),
        ("4.4E+17", "被表格变成数字"),
        ("4.40301E+17", "被表格变成数字"),
        ("######", "被表格变成数字"),
        ("110101199003070011X", "15位或18位"),
        ("110101199003070010", "校验位"),
        ("１１０１０１１９９００３０７００１１", "全角"),
        ("110101199013070011", "出生日期"),
    ],
)
def test_an_id_number_that_cannot_be_read_names_nobody(number: str, said: str) -> None:
    row = read_row(1, {**GOOD, "id_number": number}, TODAY)
    assert (row.key, row.id_number) == ("", number)
    assert said in row.problem and row.problem.endswith("。") and row.problem.count("。") == 1


@pytest.mark.parametrize(
    ("wage", "said"),
    [
        ("", "工资是空的"),
        ("-5", "零或负数"),
        ("0", "零或负数"),
        ("8000.125", "两位小数"),
        ("８０００", "全角"),
        ("#N/A", "不是金额"),
        ("八千", "不是金额"),
        ("1E+5", "不是金额"),
        ("99999999999.00", "超过"),
    ],
)
def test_a_wage_that_cannot_be_read_leaves_the_person_known(wage: str, said: str) -> None:
    row = read_row(1, {**GOOD, "wage": wage}, TODAY)
    assert (row.key, row.wage, row.problem) == (identity(), None, "")
    assert said in row.wage_problem and row.wage_problem.count("。") == 1


def test_a_formula_without_a_value_is_no_blank() -> None:
    row = read_row(1, GOOD, TODAY, unread=frozenset({"wage"}))
    assert (row.wage, "公式" in row.wage_problem) == (None, True)
    row = read_row(1, GOOD, TODAY, unread=frozenset({"id_number"}))
    assert (row.key, "公式" in row.problem) == ("", True)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-02", date(2026, 11, 2)),
        ("2026/11/2", date(2026, 11, 2)),
        ("2026.11.02", date(2026, 11, 2)),
        ("20261102", date(2026, 11, 2)),
        ("2026年11月2日", date(2026, 11, 2)),
        ("2026-11-02 00:00:00", date(2026, 11, 2)),
    ],
)
def test_days_are_read_as_people_write_them(text: str, day: date) -> None:
    row = read_row(1, {**GOOD, "left": text}, TODAY)
    assert row.left == day and row.has_left(TODAY) and not row.has_left(date(2026, 11, 1))


@pytest.mark.parametrize("text", ["46327", "2026-13-01", "2026-02-30", "11/2", "2026-11/02", "昨天"])
def test_a_day_that_cannot_be_read_is_passed_over_and_said(text: str) -> None:
    row = read_row(1, {**GOOD, "hired": text}, TODAY)
    assert row.hired is None and row.problem == ""
    assert len(row.remarks) == 1 and text in row.remarks[0] and "没有采用" in row.remarks[0]


def test_a_name_that_is_none_is_a_problem_of_a_known_person() -> None:
    row = read_row(1, {**GOOD, "name": "张3"}, TODAY)
    assert row.key == identity() and "数字" in row.problem


@pytest.mark.parametrize(
    ("name", "number", "total"),
    [
        ("合计", "", True),
        ("合 计：", "", True),
        ("总计", "", True),
        ("合计", identity(), False),
        ("张三", "", False),
    ],
)
def test_lines_of_sums_are_no_people(name: str, number: str, total: bool) -> None:
    assert is_total({"name": name, "id_number": number}) is total


def test_no_title_stands_for_two_fields() -> None:
    aliases = [alias for one in FIELDS for alias in one.aliases]
    assert len(aliases) == len(set(aliases))
    assert all(set(one.yearly) <= set(one.aliases) for one in FIELDS)
