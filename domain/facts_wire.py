"""The wire contract of registered facts and their changes; the general part stands in `domain.wire`."""

from __future__ import annotations

from domain.wire import Wire


class RegisteredFacts(Wire):
    """What is registered of the unit, or of one of its people, for the form of a change (U-01, P-02).

    `values` maps item keys of the business (`domain.businesses.fact_items`) to registered values, a code
    where the item has a code table; empty items are left out. `account_no`, `name` and `id_number` name the
    person, "" for the unit. `unfinished` are the businesses under way that stop a new change (V-01, V-09).
    """

    account_no: str = ""
    name: str = ""
    id_number: str = ""
    status: str = ""
    values: dict[str, str]
    unfinished: list[str] = []


class FactChangeRow(Wire):
    """One changed item: what it was and became, when, who filed it and who approved it (U-10, P-08)."""

    account_no: str
    name: str
    id_number: str
    business: str
    title: str
    item: str
    value_from: str
    value_to: str
    day: str
    operator: str
    approver: str = ""
    serial: str = ""


class FactChangePage(Wire):
    """A page of changes, oldest first; `next` is the `after` of the following page, None at the end."""

    rows: list[FactChangeRow]
    next: int | None = None
