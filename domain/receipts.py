"""What the bank says of money it has received, line by line: read and checked the same on both sides.

A line is known by the bank's own number for ever. Its remark should hold the 业务流水号 of the notice that
is paid, and nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.findings import Finding
from domain.money import MoneyError, format_yuan, parse_positive_yuan
from domain.text import clean_cell, safe_text, to_half_width

FIELDS: Final = ("bank_no", "day", "amount", "payer", "payer_account", "remark", "unit_account")
TITLES: Final[Mapping[str, str]] = {
    "bank_no": "交易流水号",
    "day": "交易日期",
    "amount": "金额",
    "payer": "付款人",
    "payer_account": "付款账号",
    "remark": "附言",
    "unit_account": "单位账号",
}
LONGEST: Final[Mapping[str, int]] = {
    "bank_no": 40,
    "payer": 120,
    "payer_account": 40,
    "remark": 200,
    "unit_account": 20,
}
FIRST_DAY: Final = date(1991, 5, 1)
"""The fund began in May 1991; no bank can have received money for it before."""
REASON_LENGTH: Final = 200

STATES: Final[Mapping[str, str]] = {
    "matched": "已入账",
    "suspense": "暂存",
    "refunded": "已退款",
    "reversed": "已冲销",
}
"""States of a receipt and their words."""
ACTIONS: Final[Mapping[str, str]] = {
    "match": "认领",
    "refund": "退款",
    "correct": "更正",
    "reverse": "冲销",
    "unrefund": "撤销退款",
}
"""What a clerk may do with a receipt."""

_BANK_NO = re.compile(r"[0-9A-Z][0-9A-Z_./-]{0,39}")
_UNIT = re.compile(r"[0-9A-Za-z-]{1,20}")
_PAYER_ACCOUNT = re.compile(r"[0-9A-Za-z*-]{0,40}")
_SERIAL = re.compile(r"(?<![0-9])[0-9]{16}(?![0-9])")
_DAY = re.compile(r"([0-9]{4})([-/.]?)([0-9]{1,2})\2([0-9]{1,2})(?:[ T][0-9:.]{1,15})?")
_BLANKS = re.compile(r"[ \t\r\n\u3000\xa0]+")
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class BankLine:
    """A receipt as the bank tells it: `amount` in 分, `unit_account` "" where nobody has named one."""

    bank_no: str
    day: date
    amount: int
    payer: str = ""
    payer_account: str = ""
    remark: str = ""
    unit_account: str = ""

    def texts(self) -> dict[str, str]:
        """The normal texts by field, as the wire and the tables have them."""
        return {
            "bank_no": self.bank_no,
            "day": self.day.isoformat(),
            "amount": format_yuan(self.amount),
            "payer": self.payer,
            "payer_account": self.payer_account,
            "remark": self.remark,
            "unit_account": self.unit_account,
        }

    def same_facts(self, other: BankLine) -> bool:
        """Whether both tell of the same money; the unit counts only where both name one."""
        named = self.unit_account and other.unit_account
        return (
            self.bank_no == other.bank_no
            and self.day == other.day
            and self.amount == other.amount
            and self.payer == other.payer
            and self.payer_account == other.payer_account
            and self.remark == other.remark
            and (not named or self.unit_account == other.unit_account)
        )


class LineErrors(ValueError):
    """A line that cannot be taken; `findings` name every field that is wrong."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(self.findings[0].code)


def read_line(values: Mapping[str, str], today: date) -> BankLine:
    """The line of texts by field; `today` is the center's day. Raises LineErrors with all that is wrong."""
    found: list[Finding] = []
    texts = {key: _text(key, values.get(key, ""), found) for key in FIELDS}
    texts["bank_no"] = texts["bank_no"].upper()
    for key, shape, wanted in (
        ("bank_no", _BANK_NO, "只能用半角字母、数字和 _ . / -，且不超过40位"),
        ("payer_account", _PAYER_ACCOUNT, "只能用半角字母、数字、* 和 -，且不超过40位"),
        ("unit_account", _UNIT, "只能用半角字母、数字和 -，且不超过20位"),
    ):
        if texts[key] and not shape.fullmatch(texts[key]):
            found.append(Finding("receipt.format", key, f"{TITLES[key]}{wanted}，请核对后改正。"))
    if not texts["bank_no"] and not any(one.field == "bank_no" for one in found):
        found.append(Finding("required", "bank_no", "交易流水号不能为空，请填写银行回单上的流水号。"))
    day = _day(texts["day"], today, found)
    amount = 0
    try:
        amount = parse_positive_yuan(texts["amount"])
    except MoneyError as error:
        wrong = error.text if texts["amount"] else "金额不能为空，请填写。"
        found.append(Finding(error.code if texts["amount"] else "required", "amount", wrong))
    if found:
        order = {key: place for place, key in enumerate(FIELDS)}
        raise LineErrors(sorted(found, key=lambda one: order[one.field]))
    assert day is not None
    return BankLine(
        texts["bank_no"], day, amount, texts["payer"], texts["payer_account"], texts["remark"],
        texts["unit_account"],
    )  # fmt: skip


def parse_bank_day(text: str) -> date | None:
    """A day as banks write it: 20261121, 2026-11-21, 2026/11/21, a time of day behind it; else None."""
    match = _DAY.fullmatch(text)
    if match is None or (not match[2] and len(match[3] + match[4]) != 4):
        return None
    try:
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None


def serials(remark: str) -> tuple[str, ...]:
    """The numbers in a remark that may be a 业务流水号: sixteen digits, each once."""
    return tuple(dict.fromkeys(_SERIAL.findall(to_half_width(remark))))


def reason_finding(text: str) -> Finding | None:
    """What is wrong with the reason of an act; None when it is in order."""
    if not text.strip():
        return Finding("required", "reason", "请填写原因后再办理。")
    if len(text) > REASON_LENGTH:
        return Finding("receipt.reason", "reason", f"原因不能超过{REASON_LENGTH}个字，请缩短。")
    if _bad_sign(text):
        return Finding("receipt.reason", "reason", "原因中有不能使用的字符，请删除后重新填写。")
    return None


def _text(key: str, text: str, found: list[Finding]) -> str:
    """A text without blanks around it, its line breaks and tabs one blank; says what is wrong with it."""
    title = TITLES[key]
    text = _BLANKS.sub(" ", clean_cell(text))
    if sign := _bad_sign(text):
        shown = safe_text(sign)
        found.append(Finding("receipt.sign", key, f"{title}中有不能使用的字符“{shown}”，请删除后重新填写。"))
        return ""
    if len(text) > LONGEST.get(key, 40):
        wanted = LONGEST.get(key, 40)
        found.append(Finding("receipt.long", key, f"{title}不能超过{wanted}个字，请缩短后重新填写。"))
        return ""
    return text


def _bad_sign(text: str) -> str:
    """The first character that no text of a bank holds: controls, bidi, private use; "" for none."""
    return next((char for char in text if unicodedata.category(char) in _REFUSED), "")


def _day(text: str, today: date, found: list[Finding]) -> date | None:
    if any(one.field == "day" for one in found):
        return None
    day = parse_bank_day(text)
    if not text:
        found.append(Finding("required", "day", "交易日期不能为空，请填写。"))
    elif day is None:
        found.append(Finding("receipt.day", "day", "交易日期应写成 20261121 或 2026-11-21，请改正。"))
    elif day > today:
        found.append(Finding("receipt.future", "day", f"交易日期晚于今天（{today}），请核对后改正。"))
    elif day < FIRST_DAY:
        found.append(Finding("receipt.day", "day", f"交易日期早于{FIRST_DAY}，请核对后改正。"))
    else:
        return day
    return None
