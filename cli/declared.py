"""The businesses that commands know by name, and the offline view of a unit they are checked with."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from domain.businesses.names import BUSINESSES, BusinessOff
from domain.login_form import PROFILE_NAMES

if TYPE_CHECKING:
    from domain.business import Business, CheckContext
    from domain.profile import Profile

CENTER_TIME = timezone(timedelta(hours=8))


class ArgumentProblem(Exception):
    """An argument that cannot be used; `text` is one Chinese sentence."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def add_business(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name a business and a center."""
    names = "、".join(f"{name}：{one.name}" for name, one in BUSINESSES.items())
    parser.add_argument("business", choices=tuple(BUSINESSES), metavar="业务", help=names)
    parser.add_argument("--profile", required=True, choices=PROFILE_NAMES, help="哪个中心的规则")
    parser.add_argument(
        "--kind", metavar="类别", help="基数调整的变更类别：base 基数、amount 月缴存额、ratio 比例"
    )


def business_of(name: str, profile: Profile, kind: str | None = None) -> Business:
    """The declaration of a business under a profile, of one kind of change where it has several (B-07).

    Raises ArgumentProblem where the center has no such business or kind.
    """
    from domain.businesses.adjust import BaseAdjust
    from domain.businesses.registry import declare

    try:
        business = declare(name, profile)
    except BusinessOff as off:
        raise ArgumentProblem(off.text) from None
    if not business.template_order:
        raise ArgumentProblem(f"{business.title}逐项录入，没有批量模板，请在画面上办理。")
    if kind is None:
        return business
    kinds = business.kinds if isinstance(business, BaseAdjust) else {}
    if not isinstance(business, BaseAdjust) or kind not in kinds:
        own = "、".join(f"{key} {title}" for key, title in kinds.items())
        can = f"可用的是 {own}" if own else "这项业务没有变更类别，请去掉 --kind"
        raise ArgumentProblem(f"--kind 没有“{kind}”这一类，{can}。")
    return business.of_kind(kind)


def add_unit(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that describe the unit and the day of an offline check."""
    parser.add_argument("--unit-ratio", metavar="百分比", help="单位缴存比例，如 12")
    parser.add_argument("--person-ratio", metavar="百分比", help="个人缴存比例，如 12")
    unified = parser.add_mutually_exclusive_group()
    unified.add_argument(
        "--unified", dest="unified", action="store_const", const=True, help="单位实行统一缴存比例"
    )
    unified.add_argument(
        "--not-unified", dest="unified", action="store_const", const=False, help="各人缴存比例不同"
    )
    parser.add_argument(
        "--fund-type", metavar="性质", help="画面上选择的资金性质，文件须与它一致，如 一般公积金"
    )
    parser.add_argument("--to-unit", metavar="账号", help="画面上录入的转入单位账号，如 100002")
    parser.add_argument("--month", metavar="YYYYMM", help="业务年月，默认为当前业务月")
    parser.add_argument("--today", metavar="日期", help="按哪一天校验（YYYY-MM-DD），默认为今天")


def offline_context(args: argparse.Namespace, business: Business) -> CheckContext:
    """What a check knows without a center: the unit as described, no people. Raises ArgumentProblem."""
    from domain.business import CheckContext, RatioPair, Source, UnitFacts
    from domain.codes import table
    from domain.period import BusinessCalendar, PeriodError, parse_month

    profile = business.profile
    own = profile.unit_defaults
    pair = RatioPair(
        _ratio("--unit-ratio", args.unit_ratio, own.unit_ratio, profile),
        _ratio("--person-ratio", args.person_ratio, own.person_ratio, profile),
    )
    today = _day(args.today)
    try:
        month = (
            parse_month(args.month)
            if args.month
            else BusinessCalendar(kind=profile.calendar.business_month).business_month(today)
        )
    except PeriodError as error:
        raise ArgumentProblem(f"--month：{error.text}") from None
    fund_type = _fund_type(args.fund_type)
    kinds = tuple(code for code, _ in table("fund_type").items()) if fund_type else ("general",)
    unified = own.unified if args.unified is None else args.unified
    return CheckContext(
        today=today,
        month=month,
        unit=UnitFacts("", "", unified, (pair,), kinds),
        limits=profile.limits_for(month),
        source=Source.FILE,
        chosen_ratio=pair if business.rules.ratio_choice == "on_import" else None,
        chosen_fund_type=fund_type,
        years=profile.yearly(),
        on_screen=_on_screen(args, business),
    )


def _on_screen(args: argparse.Namespace, business: Business) -> dict[str, str]:
    """What is typed on the screen for a whole file (X-02). Raises ArgumentProblem for what is not asked."""
    if args.to_unit is None:
        return {}
    if "to_unit" not in business.rules.on_screen:
        raise ArgumentProblem(f"{business.title}没有转入单位账号，请去掉 --to-unit。")
    return {"to_unit": args.to_unit}


def _ratio(name: str, text: str | None, default: int, profile: Profile) -> int:
    """A ratio in basis points within the center's limits (parameters 72 and 73). Raises ArgumentProblem."""
    from domain.money import RatioError, format_ratio, parse_ratio

    if text is None:
        return default
    try:
        ratio = parse_ratio(text)
    except RatioError as error:
        raise ArgumentProblem(f"缴存比例“{text}”：{error.text}") from None
    rule = profile.ratio
    if not rule.min <= ratio <= rule.max:
        limits = f"{format_ratio(rule.min)} 至 {format_ratio(rule.max)}"
        raise ArgumentProblem(f"{name} {text} 不在 {profile.center}的缴存比例 {limits}（%）之内，请改正。")
    return ratio


def _fund_type(text: str | None) -> str:
    """The code of a fund type, "" where none is named (I-07)."""
    from domain.codes import table

    if text is None:
        return ""
    code = table("fund_type").parse(text)
    if code is None:
        known = "、".join(name for _, name in table("fund_type").items())
        raise ArgumentProblem(f"--fund-type 没有“{text}”这一项，可用的是{known}。")
    return code


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).astimezone(CENTER_TIME).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentProblem(f"--today 的日期“{text}”不对，请写成 2026-11-23 的样子。") from None
