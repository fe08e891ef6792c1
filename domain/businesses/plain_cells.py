"""Cells that are neither name, ID number nor money: codes, telephones, free text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from domain.business import CheckContext, Column, Kind
from domain.findings import Finding
from domain.text import has_full_width, safe_text

MOBILE = re.compile("1[3-9][0-9]{9}")
MAX_TEXT = 100
FUND_TYPE = "fund_type"
_SHOWN = 20


def check_cells(
    columns: Iterable[Column], typed: Mapping[str, str], values: dict[str, str], context: CheckContext
) -> list[Finding]:
    """Findings of all `columns` that are filled in; codes are put into `values` in their normal form."""
    found: list[Finding] = []
    for column in columns:
        text = typed.get(column.key, "")
        if not text:
            if column.key == FUND_TYPE:
                found += _no_fund_type(column, context)
            continue
        if column.kind is Kind.CODE:
            found += _code(column, text, values, context)
        elif column.kind is Kind.MOBILE:
            found += _mobile(column, text)
        elif column.kind is Kind.TEXT and (len(text) > MAX_TEXT or safe_text(text) != text):
            message = f"“{column.title}”超过{MAX_TEXT}个字或含不可见字符，请改正。"
            found.append(Finding("text.bad", column.key, message))
    return found


def _code(column: Column, text: str, values: dict[str, str], context: CheckContext) -> list[Finding]:
    codes = column.table
    code = codes.parse(text)
    if code is None:
        shown = safe_text(text, limit=_SHOWN)
        message = f"“{column.title}”没有“{shown}”这一项，请按代码表填写。"
        return [Finding("code.unknown", column.key, message)]
    values[column.key] = code
    return _fund_type(column, code, context) if column.key == FUND_TYPE else []


def _fund_type(column: Column, code: str, context: CheckContext) -> list[Finding]:
    """Only what the unit has (W-05), and in a file only what was chosen on the screen (I-07)."""
    own, chosen = context.unit.fund_types, context.chosen_fund_type
    if code in own and (not chosen or code == chosen):
        return []
    label = column.table.label
    if code not in own:
        message = f"本单位没有“{label(code)}”，“{column.title}”应为{'、'.join(map(label, own))}，请改正。"
        return [Finding("fund_type.not_unit", column.key, message)]
    message = f"“{column.title}”是{label(code)}，与画面上选择的{label(chosen)}不一致，请改正文件或重新选择。"
    return [Finding("fund_type.not_chosen", column.key, message)]


def _no_fund_type(column: Column, context: CheckContext) -> list[Finding]:
    """A file may leave it out only where the unit has no choice (I-07, W-05)."""
    if not context.chosen_fund_type or len(context.unit.fund_types) == 1:
        return []
    chosen = column.table.label(context.chosen_fund_type)
    message = f"“{column.title}”没有填写，画面上选择的是{chosen}，请在文件中填写{chosen}。"
    return [Finding("fund_type.not_chosen", column.key, message)]


def _mobile(column: Column, text: str) -> list[Finding]:
    if MOBILE.fullmatch(text):
        return []
    if has_full_width(text):
        return [Finding("mobile.full_width", column.key, f"“{column.title}”含全角字符，请改成半角。")]
    return [Finding("mobile.format", column.key, f"“{column.title}”应为11位手机号，请核对后改正。")]
