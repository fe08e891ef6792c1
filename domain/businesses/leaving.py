"""What keeps an account from ending, by transfer, merging or closing: money that is still to come."""

from __future__ import annotations

from domain.businesses.accounts import Match
from domain.findings import Finding


def money_awaited(match: Match, field: str) -> list[Finding]:
    """Months verified, to be verified or made up for the account that are not paid yet.

    An account that has ended takes no money, so the unit could never pay such a month.
    """
    number = match.account.account_no
    if match.account.awaited:
        text = f"该账户{min(match.account.awaited)}的汇缴已核定、尚未入账，请等入账或取消核定后再办理。"
        return [Finding("account.awaited", field, text)]
    if match.account.owed is not None:
        text = f"该账户封存之前的{match.account.owed}还没有汇缴，请等原单位核定并缴款后再办理。"
        return [Finding("account.owed", field, text)]
    waiting = [
        one.month for one in match.person.made_up or () if one.account_no == number and not one.settled
    ]
    if not waiting:
        return []
    text = f"该账户{min(waiting)}的补缴已申报、尚未入账，请等入账或撤销补缴后再办理。"
    return [Finding("account.awaited", field, text)]
