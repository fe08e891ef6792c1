"""A line of a unit's payroll: what stands in its cells, read strictly, every problem one sentence.

Nothing is repaired by guessing: a line that cannot be read keeps its texts and says why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.idnumber import IdNumberError, parse_id_number, same_person_key
from domain.money import MoneyError, parse_yuan
from domain.text import clean_cell, name_problem, safe_text

NAME, ID, WAGE, HIRED, LEFT, MOBILE = "name", "id_number", "wage", "hired", "left", "mobile"


@dataclass(frozen=True, slots=True)
class PayrollField:
    """What a column of a payroll may hold.

    `aliases` are titles by which it is found, the most telling first; `yearly` are those of them that mean
    the average wage of the last year, which a base is made of (条例 article 16).
    """

    key: str
    title: str
    aliases: tuple[str, ...]
    required: bool = False
    yearly: tuple[str, ...] = ()


AVERAGES: Final = (
    *("月均工资", "月平均工资", "上年月均工资", "上年度月均工资", "上年月平均工资", "上年度月平均工资"),
    *("平均工资", "缴存基数", "公积金基数", "公积金缴存基数", "个人缴存基数", "工资基数", "基数"),
)
FIELDS: Final = (
    PayrollField(NAME, "姓名", ("姓名", "职工姓名", "员工姓名", "个人姓名", "人员姓名"), True),
    PayrollField(
        ID,
        "证件号码",
        ("证件号码", "身份证号码", "身份证号", "身份证", "公民身份号码", "证件号"),
        True,
    ),
    PayrollField(
        WAGE,
        "工资",
        (
            *AVERAGES,
            *("应发工资", "应发合计", "应发", "工资合计", "月工资", "工资", "工资总额", "实发工资", "实发"),
        ),
        True,
        AVERAGES,
    ),
    PayrollField(HIRED, "入职日期", ("入职日期", "入职时间", "到职日期", "参加工作日期", "聘用日期")),
    PayrollField(LEFT, "离职日期", ("离职日期", "离职时间", "解除日期", "终止日期", "退休日期")),
    PayrollField(MOBILE, "手机号码", ("手机号码", "手机号", "手机", "联系电话", "移动电话")),
)
"""What the columns of a payroll are lined up with."""

TOTALS: Final = ("合计", "总计", "小计", "共计", "累计")
"""What stands in place of a name in a line of sums."""
FORMULA: Final = "公式没有计算结果，请在 Excel 中打开并保存后再比对。"

_DAY = re.compile(r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)")
_PACKED = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_MIDNIGHT = re.compile(r"[ T]0?0:00(?::00)?$")


@dataclass(frozen=True, slots=True)
class PayrollRow:
    """One person of a payroll.

    `line` is the row of the worksheet, `key` names the person (`same_person_key`), "" while the ID number
    cannot be read. `wage` is in 分, None where there is none. `problem` is the sentence that keeps the line
    from being lined up, "" for none; `wage_problem` is about the wage alone: the person is known all the
    same. `remarks` are sentences about cells that are passed over.
    """

    line: int
    name: str
    id_number: str
    key: str = ""
    wage: int | None = None
    hired: date | None = None
    left: date | None = None
    mobile: str = ""
    problem: str = ""
    wage_problem: str = ""
    remarks: tuple[str, ...] = ()

    def has_left(self, today: date) -> bool:
        """Whether the person has left by today."""
        return self.left is not None and self.left <= today


def is_total(cells: Mapping[str, str]) -> bool:
    """Whether a line holds sums and no person."""
    name = clean_cell(cells.get(NAME, "")).replace(" ", "").replace("\u3000", "")
    return name.rstrip("：:") in TOTALS and not clean_cell(cells.get(ID, ""))


def read_row(
    line: int, cells: Mapping[str, str], today: date, *, unread: frozenset[str] = frozenset()
) -> PayrollRow:
    """A line of a payroll from the texts of its cells; `unread` are cells that hold no text (formulas)."""
    name, number = clean_cell(cells.get(NAME, "")), clean_cell(cells.get(ID, ""))
    problem, key, written = _who(name, number, today, unread)
    wage, wage_problem = (None, f"工资的{FORMULA}") if WAGE in unread else _wage(cells.get(WAGE, ""))
    remarks: list[str] = []
    days: dict[str, date | None] = {}
    for field, title in ((HIRED, "入职日期"), (LEFT, "离职日期")):
        days[field], remark = _day(clean_cell(cells.get(field, "")), title)
        remarks += [remark] if remark else []
    return PayrollRow(
        line=line,
        name=name,
        id_number=written,
        key=key,
        wage=wage,
        hired=days[HIRED],
        left=days[LEFT],
        mobile=clean_cell(cells.get(MOBILE, "")),
        problem=problem,
        wage_problem=wage_problem,
        remarks=tuple(remarks),
    )


def _who(name: str, number: str, today: date, unread: frozenset[str]) -> tuple[str, str, str]:
    """What is wrong with name and ID number, the person's key, and the number in normal form."""
    if ID in unread:
        return f"证件号码的{FORMULA}", "", ""
    if not number:
        return "没有证件号码，不能确定是谁，请补上证件号码。", "", ""
    try:
        written = parse_id_number(number, today).text
    except IdNumberError as error:
        return error.text, "", number
    key = same_person_key(written)
    problem = name_problem(name)
    return (problem[1] if problem is not None else ""), key, written


def _wage(text: str) -> tuple[int | None, str]:
    """A wage in 分, or what is wrong with it."""
    if not clean_cell(text):
        return None, "工资是空的，请填写。"
    try:
        wage = parse_yuan(text)
    except MoneyError as error:
        return None, f"工资：{error.text}"
    if wage <= 0:
        return None, "工资不能为零或负数，请改成正数。"
    return wage, ""


def _day(text: str, title: str) -> tuple[date | None, str]:
    """A day, or a sentence about a text that is none; an empty text is neither."""
    if not text:
        return None, ""
    bare = _MIDNIGHT.sub("", text)
    match = _DAY.fullmatch(bare) or _PACKED.fullmatch(bare)
    if match is not None:
        year, *rest = (part for part in match.groups() if part and part.isdigit())
        try:
            return date(int(year), *map(int, rest)), ""
        except ValueError:
            pass
    shown = safe_text(text, limit=20)
    return None, f"{title}“{shown}”看不懂，没有采用，请写成 2026-11-23 的样子。"
