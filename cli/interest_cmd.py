"""`gjj center rates` and `gjj center interest`: dated rates, the settlement of a year, accrual of a month."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from domain.money import format_yuan_grouped

if TYPE_CHECKING:
    from center.settings import Settings
    from center.store.engine import Store


def rates(settings: Settings, store: Store, args: argparse.Namespace, staff: str) -> Iterator[str]:
    """Set rates where a day is given, then give a line each. Raises RateError."""
    from center.audit import append_audit
    from center.interest.rates import RateError, change_rates, shown_rates

    if args.day is not None:
        start = settings.profile.calendar.fund_year_start
        with store.write() as conn:
            told = change_rates(conn, args.day, args.set, start)
            append_audit(conn, settings.clock, staff, "rates.set", subject=args.day, detail=told)
    elif args.set:
        raise RateError("请给出利率的起始日期，如 gjj center rates 2026-07-01 --set current=1.50。")
    with store.read() as conn:
        yield from shown_rates(conn)


def interest(settings: Settings, store: Store, args: argparse.Namespace, staff: str) -> Iterator[str]:
    """Settle a year, try it, or accrue a month; gives what to print. Raises InterestError."""
    from domain.interest import InterestError

    if (args.year is None) is not bool(args.accrue):
        raise InterestError("interest.year", "请给出要结息的年度，如 2025；或用 --accrue 给出要计提的年月。")
    if args.accrue:
        yield from _accrue(settings, store, args.accrue, staff)
    else:
        yield from _settle(settings, store, args.year, staff, dry_run=args.dry_run)


def _accrue(settings: Settings, store: Store, month: str, staff: str) -> Iterator[str]:
    from center.interest.accrue import accrue

    amount = accrue(store, settings.profile, settings.clock, month, staff)
    if amount:
        yield f"{month}计提利息{format_yuan_grouped(amount)}元。"
    else:
        yield f"{month}已经计提过，没有重复计提。"


def _settle(settings: Settings, store: Store, year: int, staff: str, *, dry_run: bool) -> Iterator[str]:
    from center.interest.settle import settle_year

    done = settle_year(store, settings.profile, settings.clock, year, staff, dry_run=dry_run)
    lead = f"试算，没有入账：{year}年度" if dry_run else f"{year}年度结息完成，本次"
    yield (
        f"{lead}{done.accounts}户，利息{format_yuan_grouped(done.amount)}元"
        f"（单位部分{format_yuan_grouped(done.unit)}，个人部分{format_yuan_grouped(done.person)}），"
        f"当年归集转上年结转{format_yuan_grouped(done.carried)}元。"
    )
    if done.short:
        yield f"其中{len(done.short)}户积数为负，按0计息，请核对账务：{'、'.join(done.short[:10])}。"
    if done.left:
        yield f"另有{done.left}户已销户且没有转入的账户，利息请到柜面处理。"
