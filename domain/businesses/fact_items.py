"""What is registered of a unit and of a person, item by item (JGJ/T 320 tables 4.0.2, 4.0.3), and its checks.

A center chooses from the two catalogues. Registered values are normal texts; of an item with a code table the
code. What people read and a row of a change states is the text of `display`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from domain.business import Kind
from domain.businesses.plain_cells import MOBILE
from domain.codes import CodeTable, table
from domain.creditcode import credit_code_problem
from domain.idnumber import IdNumberError, parse_id_number
from domain.money import MoneyError, format_yuan, parse_yuan
from domain.text import clean_cell, has_full_width, name_problem, safe_text

MOST_TEXT = 100
"""Characters of the longest text that may be registered."""
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Item:
    """One registered item; `rule` names its check in `RULES`, `most` is its length in characters."""

    key: str
    title: str
    kind: Kind = Kind.TEXT
    codes: str = ""
    rule: str = ""
    most: int = MOST_TEXT

    @property
    def table(self) -> CodeTable:
        """The code table of an item of `Kind.CODE`."""
        return table(self.codes)

    def display(self, value: str) -> str:
        """What people read of a registered value."""
        return self.table.display(value) if value and self.kind is Kind.CODE else value

    def registered(self, text: str) -> str:
        """The value to be registered for a text of `display`."""
        return (self.table.parse(text) or "") if text and self.kind is Kind.CODE else text

    def read(self, text: str, today: date) -> tuple[str, str]:
        """(text in its normal form, what is wrong with it as a sentence or "")."""
        text = clean_cell(text)
        if not text:
            return "", ""
        if self.kind is Kind.CODE:
            code = self.table.parse(text)
            if code is None:
                shown = safe_text(text, limit=_SHOWN)
                return text, f"“{self.title}”没有“{shown}”这一项，请按代码表填写。"
            return self.table.display(code), ""
        if len(text) > self.most or safe_text(text) != text:
            return text, f"“{self.title}”超过{self.most}个字或含不可见字符，请改正。"
        if self.rule in HALF_WIDTH and has_full_width(text):
            return text, f"“{self.title}”含全角字符，请改成半角。"
        normal, wrong = RULES[self.rule](text, today)
        return normal, f"“{self.title}”{wrong}" if wrong else ""


def _text(text: str, today: date) -> tuple[str, str]:
    return text, ""


def _name(text: str, today: date) -> tuple[str, str]:
    problem = name_problem(text)
    return text, "" if problem is None else f"不对：{problem[1]}"


def _pattern(pattern: str, wrong: str) -> Callable[[str, date], tuple[str, str]]:
    shape = re.compile(pattern)
    return lambda text, today: (text, "" if shape.fullmatch(text) else wrong)


def _credit(text: str, today: date) -> tuple[str, str]:
    code = text.upper()
    return code, credit_code_problem(code)


def _certificate(text: str, today: date) -> tuple[str, str]:
    """What has the form of an ID number (15 or 18 characters) must be a right one; others are as they are."""
    number = text.upper()
    if re.fullmatch(r"[0-9]{15}|[0-9]{17}[0-9A-Z]", number):
        try:
            return parse_id_number(number, today).text, ""
        except IdNumberError as error:
            return number, f"不对：{error.text}"
    if re.fullmatch(r"[0-9A-Z()-]{5,20}", number):
        return number, ""
    return number, "应为5至20位的数字和字母，请核对后改正。"


def _day(text: str, today: date) -> tuple[str, str]:
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= 31:
        return str(int(text)), ""
    return text, "应为1至31之间的日期，请改正。"


def _money(text: str, today: date) -> tuple[str, str]:
    try:
        fen = parse_yuan(text)
    except MoneyError as error:
        return text, f"不对：{error.text}"
    return (format_yuan(fen), "") if fen >= 0 else (text, "不能为负数，请改正。")


RULES: dict[str, Callable[[str, date], tuple[str, str]]] = {
    "": _text,
    "name": _name,
    "mobile": _pattern(MOBILE.pattern, "应为11位手机号，请核对后改正。"),
    "phone": _pattern(
        r"(0[0-9]{2,3}-?)?[1-9][0-9]{6,7}(-[0-9]{1,6})?", "的写法不对，应如 0571-87654321，请核对后改正。"
    ),
    "postcode": _pattern(r"[0-9]{6}", "应为6位数字，请核对后改正。"),
    "email": _pattern(
        r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
        "的写法不对，应如 gjj@example.com，请核对后改正。",
    ),
    "credit": _credit,
    "certificate": _certificate,
    "day": _day,
    "money": _money,
}
"""Checks by name: (text, today) -> (normal text, what is wrong without its subject)."""
HALF_WIDTH = frozenset(RULES) - {"", "name", "money"}

UNIT_ITEMS = (
    Item("account", "单位账号"),
    Item("name", "单位名称"),
    Item("creditcode", "信用代码", rule="credit", most=18),
    Item("address", "单位地址"),
    Item("postcode", "邮政编码", rule="postcode"),
    Item("subordination", "隶属关系", Kind.CODE, "subordination"),
    Item("economy", "经济类型", Kind.CODE, "economic_type"),
    Item("industry", "所属行业", Kind.CODE, "industry"),
    Item("email", "电子邮箱", rule="email", most=60),
    Item("payday", "发薪日", rule="day"),
    Item("legalname", "法人姓名", Kind.NAME, rule="name"),
    Item("legalidtype", "法人证件类型", Kind.CODE, "id_type"),
    Item("legalid", "法人证件号码", Kind.ID, rule="certificate"),
    Item("agentname", "经办人", Kind.NAME, rule="name"),
    Item("agentid", "经办人证件", Kind.ID, rule="certificate"),
    Item("agentmobile", "经办人手机", Kind.MOBILE, rule="mobile"),
    Item("agentphone", "经办人电话", rule="phone"),
    Item("bank", "开户银行名称"),
)
"""Items of a unit (4.0.2); `account` and `name` change at the counter only."""

PERSON_ITEMS = (
    Item("name", "姓名", Kind.NAME, rule="name"),
    Item("idtype", "证件类型", Kind.CODE, "id_type"),
    Item("idnumber", "证件号码", Kind.ID, rule="certificate"),
    Item("gender", "性别", Kind.CODE, "gender"),
    Item("birth", "出生日期"),
    Item("mobile", "手机号码", Kind.MOBILE, rule="mobile"),
    Item("marriage", "婚姻状况", Kind.CODE, "marriage"),
    Item("income", "家庭收入", Kind.MONEY, rule="money"),
    Item("education", "学历", Kind.CODE, "education"),
    Item("occupation", "职业", Kind.CODE, "occupation"),
    Item("title", "职称", Kind.CODE, "title"),
    Item("duty", "职务", Kind.CODE, "duty"),
    Item("phone", "固定电话", rule="phone"),
    Item("postcode", "邮政编码", rule="postcode"),
    Item("address", "家庭住址"),
    Item("household", "户籍"),
)
"""Items of a person (4.0.3); the first five follow from the registration and change at the counter only."""

UNIT_COUNTER = frozenset({"account", "name"})
PERSON_COUNTER = frozenset({"name", "idtype", "idnumber", "gender", "birth"})
"""What no center lets be changed from outside (U-03, P-03)."""
