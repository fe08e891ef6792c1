"""The wire contract of the unit's money: account, flow, ledgers, years (Q-02 to Q-05, Q-09, Q-10).

Amounts are text in 元 and may be negative. `next` is what to continue after, None at the end; it belongs to
the question it came with, and any other question refuses it. Sums cover everything that meets the conditions
and come with the first page.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from domain.wire import Wire

Signed = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,19}\.[0-9]{2}$")]
Product = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,40}\.[0-9]{2}$")]
"""积数 in 元·日."""


class UnitStatement(Wire):
    """The unit's account over a span of days, both included (Q-02).

    `opening` plus `increase` less `decrease` is `closing`: the money of all its people. `interest` is the
    part of the increase that is interest. `unallocated` is 单位未分配金额 at the end of the last day.
    """

    first: str
    last: str
    opening: Signed
    increase: Signed
    decrease: Signed
    interest: Signed
    closing: Signed
    unallocated: Signed


class FlowSums(Wire):
    """Number of lines and their sums."""

    count: int
    amount: Signed
    interest: Signed
    unallocated: Signed


class FlowRow(Wire):
    """A line of the unit's books (Q-03): 发生额 on personal accounts, the 利息额 in it, 未分配."""

    number: int
    serial: str
    day: str
    kind: str
    kind_title: str
    summary: str
    amount: Signed
    interest: Signed
    unallocated: Signed
    people: int


class FlowPage(Wire):
    """A page of the unit's flow, in order of day."""

    rows: list[FlowRow]
    next: str | None = None
    sums: FlowSums | None = None


class DetailSums(Wire):
    """Number of lines and their sums."""

    count: int
    amount: Signed
    interest: Signed


class DetailRow(Wire):
    """What a line of the flow did to one account (Q-04)."""

    account_no: str
    name: str
    day: str
    amount: Signed
    interest: Signed
    kind_title: str


class DetailPage(Wire):
    """A page of the details of one line, by account number."""

    rows: list[DetailRow]
    next: str | None = None
    sums: DetailSums | None = None


class LedgerRow(Wire):
    """A line of a personal account with the balance after it (Q-09)."""

    serial: str
    day: str
    summary: str
    kind_title: str
    amount: Signed
    interest: Signed
    balance: Signed


class LedgerPage(Wire):
    """A page of a personal account over a span of days; `opening` before it, `closing` after it."""

    account_no: str
    name: str
    id_number: str
    opening: Signed
    increase: Signed
    decrease: Signed
    closing: Signed
    count: int
    rows: list[LedgerRow]
    next: str | None = None


class AnnualSums(Wire):
    """Number of people and their sums."""

    count: int
    opening: Signed
    increase: Signed
    decrease: Signed
    interest: Signed
    closing: Signed


class AnnualRow(Wire):
    """One person's year (Q-10): opening + increase - decrease + interest = closing."""

    account_no: str
    name: str
    id_number: str
    opening: Signed
    increase: Signed
    decrease: Signed
    interest: Signed
    closing: Signed


class AnnualPage(Wire):
    """A page of a fund year that is over, by account number; `settled` once its interest was paid."""

    year: int
    settled: bool
    rows: list[AnnualRow]
    next: str | None = None
    sums: AnnualSums | None = None


class UnitInterest(Wire):
    """单位结息 of a year (Q-05), and the unit's account over it (单位对账单).

    `day` and `serials` are empty and the sums nothing while the year is not settled.
    """

    year: int
    day: str
    serials: list[str]
    people: int
    product: Product
    unit_amount: Signed
    person_amount: Signed
    amount: Signed
    statement: UnitStatement


class InterestRow(Wire):
    """One account's interest of a year (单位利息单)."""

    account_no: str
    name: str
    product: Product
    unit_amount: Signed
    person_amount: Signed
    amount: Signed


class InterestPage(Wire):
    """A page of the interest of a year, by account number."""

    rows: list[InterestRow]
    next: str | None = None
