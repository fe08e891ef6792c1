"""How a center books what the bank has received (来款; R-09, R-18)."""

from __future__ import annotations

from typing import Literal

from domain.rules import Strict


class ReceiptRules(Strict):
    """The table `[receipts]` of a profile.

    `fit` says when money of a known unit becomes 单位未分配金额: "any" always, "due" only where it fits
    what the unit owes; else it is 汇补缴不符暂存款. `suspense_query` lets the unit see what did not fit
    (Q-16).
    """

    fit: Literal["any", "due"] = "any"
    suspense_query: bool = False
