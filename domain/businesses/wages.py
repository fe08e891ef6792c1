"""The base of a row and the amounts stated with it: the rules all businesses with a base share."""

from __future__ import annotations

from collections.abc import Mapping

from domain.business import CheckContext, Column
from domain.findings import Finding
from domain.money import MoneyError, format_yuan, parse_yuan


def base_findings(text: str, title: str, context: CheckContext) -> tuple[int | None, list[Finding]]:
    """A base in 分 that must lie within the limits of the month (V-06, V-11, V-12); None when it is none."""
    base, found = read_base(text, title)
    if base is None:
        return None, found
    limits = context.limits
    if limits is None:
        return base, [limits_unknown(context.month)]
    if limits.base_min <= base <= limits.base_max:
        return base, []
    return base, [out_of_range(title, limits.base_min, limits.base_max)]


def read_base(text: str, title: str, field: str = "base") -> tuple[int | None, list[Finding]]:
    """A positive amount in 分, or what is wrong with it; an empty text is neither."""
    if not text:
        return None, []
    try:
        base = parse_yuan(text)
    except MoneyError as error:
        if error.code == "money.full_width":
            return None, [Finding("base.full_width", field, f"输入的{title}格式错误：请改成半角数字。")]
        return None, [Finding(f"base.{error.code.removeprefix('money.')}", field, f"{title}：{error.text}")]
    if base <= 0:
        return None, [Finding("base.not_positive", field, f"{title}不能为零或负数，请改成正数。")]
    return base, []


def limits_unknown(month: int, field: str = "base") -> Finding:
    """The limits of a month's fund year are not published."""
    text = f"中心还没有公布{month}所属年度的缴存基数上下限，请联系中心。"
    return Finding("base.limits_unknown", field, text)


def out_of_range(title: str, least: int, most: int) -> Finding:
    """A base beyond the limits, in 分, that is refused (V-06)."""
    low, high = format_yuan(least), format_yuan(most)
    text = f"缴存基数和月缴存额不得超过上下限：{title}应在 {low} 至 {high} 元之间，请改正。"
    return Finding("base.out_of_range", "base", text)


def stated_amounts(
    stated: Mapping[str, str], computed: Mapping[str, str], columns: Mapping[str, Column]
) -> list[Finding]:
    """Amounts that a file or a submission states must equal the computed ones (V-14, V-22)."""
    found: list[Finding] = []
    for key, right in computed.items():
        text = stated.get(key, "")
        if not text or not key.endswith("_amount"):
            continue
        title = columns[key].title if key in columns else "月缴存额"
        try:
            amount = parse_yuan(text)
        except MoneyError as error:
            code = f"amount.{error.code.removeprefix('money.')}"
            found.append(Finding(code, key, f"{title}：{error.text}"))
            continue
        if format_yuan(amount) != right:
            message = f"月缴存额与计算的月缴存额不一致：{title}应为 {right} 元，请改正。"
            found.append(Finding("amount.mismatch", key, message))
    return found
