"""The columns of a registration that are neither name, ID number nor money: codes, telephones, free text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from domain.business import Column, Kind, UnitFacts
from domain.codes import table
from domain.findings import Finding
from domain.text import has_full_width, safe_text

MOBILE = re.compile("1[3-9][0-9]{9}")
MAX_TEXT = 100
_SHOWN = 20


def check_cells(
    columns: Iterable[Column], typed: Mapping[str, str], values: dict[str, str], unit: UnitFacts
) -> list[Finding]:
    """Findings of all `columns` that are filled in; codes are put into `values` in their normal form."""
    found: list[Finding] = []
    for column in columns:
        text = typed.get(column.key, "")
        if not text:
            continue
        if column.kind is Kind.CODE:
            found += _code(column, text, values, unit)
        elif column.kind is Kind.MOBILE:
            found += _mobile(column, text)
        elif column.kind is Kind.TEXT and (len(text) > MAX_TEXT or safe_text(text) != text):
            message = f"“{column.title}”超过{MAX_TEXT}个字或含不可见字符，请改正。"
            found.append(Finding("text.bad", column.key, message))
    return found


def _code(column: Column, text: str, values: dict[str, str], unit: UnitFacts) -> list[Finding]:
    codes = table(column.codes)
    code = codes.parse(text)
    if code is None:
        shown = safe_text(text, limit=_SHOWN)
        message = f"“{column.title}”没有“{shown}”这一项，请按代码表填写。"
        return [Finding("code.unknown", column.key, message)]
    values[column.key] = code
    if column.key == "fund_type" and code not in unit.fund_types:  # W-05: only what the unit has
        own = "、".join(codes.label(kind) for kind in unit.fund_types)
        message = f"本单位没有“{codes.label(code)}”，“{column.title}”应为{own}，请改正。"
        return [Finding("fund_type.not_unit", column.key, message)]
    return []


def _mobile(column: Column, text: str) -> list[Finding]:
    if has_full_width(text):
        return [Finding("mobile.full_width", column.key, f"“{column.title}”含全角字符，请改成半角。")]
    if MOBILE.fullmatch(text):
        return []
    return [Finding("mobile.format", column.key, f"“{column.title}”应为11位手机号，请核对后改正。")]
