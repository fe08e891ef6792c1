"""The calls about the unit's money: account, flow, ledgers, closed years (Q-02 to Q-05, Q-09, Q-10)."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

if TYPE_CHECKING:
    from pydantic import BaseModel

    from domain import statements_wire

M = TypeVar("M", bound="BaseModel")


def unit_path(unit: str, rest: str) -> str:
    """The path of something of a unit."""
    return f"/units/{quote(unit, safe='')}{rest}"


class StatementCalls:
    """Part of `client.api.CenterClient`; raises what that raises."""

    @abstractmethod
    def _get(self, path: str, model: type[M], **query: str | int) -> M:
        """Ask for a model."""

    def statement(self, unit: str, *, start: str, end: str) -> statements_wire.UnitStatement:
        """The unit's account over a span of days (Q-02)."""
        from domain import statements_wire

        page = unit_path(unit, "/statement")
        return self._get(page, statements_wire.UnitStatement, **{"from": start, "to": end})

    def flow(
        self, unit: str, *, start: str, end: str, kind: str = "", after: str = "", limit: int = 200
    ) -> statements_wire.FlowPage:
        """A page of the unit's flow, oldest first (Q-03)."""
        from domain import statements_wire

        query = {"from": start, "to": end, "kind": kind, "after": after}
        return self._get(unit_path(unit, "/flow"), statements_wire.FlowPage, **query, limit=limit)

    def flow_details(
        self, unit: str, number: int, *, after: str = "", limit: int = 200
    ) -> statements_wire.DetailPage:
        """A page of what one line of the flow did to each account (Q-04)."""
        from domain import statements_wire

        page = unit_path(unit, f"/flow/{number}")
        return self._get(page, statements_wire.DetailPage, after=after, limit=limit)

    def ledger(
        self, unit: str, account_no: str, *, start: str, end: str, after: str = "", limit: int = 200
    ) -> statements_wire.LedgerPage:
        """A page of a personal account over a span of days (Q-09). Refused with 404 for anybody else's."""
        from domain import statements_wire

        page = unit_path(unit, f"/people/{quote(account_no, safe='')}/ledger")
        query = {"from": start, "to": end, "after": after}
        return self._get(page, statements_wire.LedgerPage, **query, limit=limit)

    def annual(
        self,
        unit: str,
        year: int,
        *,
        name: str = "",
        id_number: str = "",
        after: str = "",
        limit: int = 200,
    ) -> statements_wire.AnnualPage:
        """A page of a closed fund year, by person (Q-10)."""
        from domain import statements_wire

        query = {"name": name, "id_number": id_number, "after": after}
        page = unit_path(unit, "/annual")
        return self._get(page, statements_wire.AnnualPage, year=year, **query, limit=limit)

    def unit_interest(self, unit: str, year: int) -> statements_wire.UnitInterest:
        """The interest of a closed fund year, and the unit's account over it (Q-05)."""
        from domain import statements_wire

        return self._get(unit_path(unit, "/interest"), statements_wire.UnitInterest, year=year)

    def interest_people(
        self, unit: str, year: int, *, after: str = "", limit: int = 200
    ) -> statements_wire.InterestPage:
        """A page of the interest of a closed fund year, by account (Q-05)."""
        from domain import statements_wire

        page = unit_path(unit, "/interest/people")
        return self._get(page, statements_wire.InterestPage, year=year, after=after, limit=limit)
