"""The wire contract of 汇缴 and of makeups that wait for money; the general part stands in `domain.wire`."""

from __future__ import annotations

from typing import Literal

from domain.wire import Amount, Month, Wire


class RemitMonth(Wire):
    """A month with its four columns 上月, 增加, 减少, 本月 in people and 元 (R-01, R-08).

    `state` "due" is a month that can be verified; `checked` is the day of verification, `changed` that of the
    payment or of the cancellation.
    """

    month: Month
    state: Literal["due", "declared", "paid", "cancelled"]
    last_people: int
    last_amount: Amount
    more_people: int
    more_amount: Amount
    less_people: int
    less_amount: Amount
    people: int
    amount: Amount
    unit_amount: Amount
    person_amount: Amount
    submission_id: str = ""
    serial: str = ""
    operator: str = ""
    checked: str = ""
    changed: str = ""


class RemitPlan(Wire):
    """What can be verified now, in order; `last` is the month verified last, `stopped` why nothing can be."""

    months: list[RemitMonth]
    last: int | None
    paid_through: int | None
    unallocated: Amount
    stopped: str = ""


class RemitList(Wire):
    """Months that were verified, the latest first."""

    months: list[RemitMonth]
    unallocated: Amount


class RemitPerson(Wire):
    """Who pays how much in a month (R-10)."""

    account_no: str
    name: str
    id_number: str
    base: Amount
    unit_amount: Amount
    person_amount: Amount
    amount: Amount


class RemitPeople(Wire):
    """A page of people by account number; `next` is the `after` of the following page, None at the end."""

    rows: list[RemitPerson]
    next: str | None = None


class RemitDifference(Wire):
    """Why a month differs from the one before: `people` +1, 0 or -1, `amount` signed 元 (变更清册)."""

    account_no: str
    name: str
    business: str
    title: str
    people: int
    amount: str


class RemitDifferences(Wire):
    """A page of differences by account number; `next` as in `RemitPeople`."""

    rows: list[RemitDifference]
    next: str | None = None


class RemitObstacle(Wire):
    """One row of a business under way that stops the verification, and whom it is about (R-05)."""

    business: str
    title: str
    serial: str
    row: int
    name: str
    account_no: str
    state: str


class RemitCheck(Wire):
    """Whether a month can be verified: nothing in `findings` means yes."""

    month: Month
    findings: list[str]
    obstacles: list[RemitObstacle]


class MakeupNotice(Wire):
    """A submission of makeups: how many of its months wait, are paid, or were taken back (R-17, M-06)."""

    submission_id: str
    serial: str
    title: str
    declared: str
    orders: int
    amount: Amount
    waiting: int
    waiting_amount: Amount
    settled: int
    cancelled: int


class MakeupNotices(Wire):
    """Submissions of makeups, the latest first."""

    notices: list[MakeupNotice]


class MakeupOrder(Wire):
    """A month made up for somebody."""

    account_no: str
    name: str
    id_number: str
    month: Month
    amount: Amount
    state: Literal["declared", "settled", "cancelled"]


class MakeupOrders(Wire):
    """The months of one submission; `next` is the `after` of the following page, None at the end."""

    orders: list[MakeupOrder]
    next: int | None = None
