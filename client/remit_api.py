"""The center's answers about 汇缴 and about makeups that wait for money."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

if TYPE_CHECKING:
    from pydantic import BaseModel

    from domain import remit_wire

M = TypeVar("M", bound="BaseModel")


class RemitCalls:
    """Part of `client.api.CenterClient`; every call blocks and raises ClientError."""

    @abstractmethod
    def _get(self, path: str, model: type[M], **query: str | int) -> M:
        """GET a path."""

    def remit_plan(self, unit: str, *, limit: int = 12) -> remit_wire.RemitPlan:
        """The months that can be verified now (R-01, R-02)."""
        from domain import remit_wire

        return self._get(_path(unit, "remittances/plan"), remit_wire.RemitPlan, limit=limit)

    def remit_check(self, unit: str, month: int) -> remit_wire.RemitCheck:
        """What stands in the way of verifying a month (R-05)."""
        from domain import remit_wire

        return self._get(_path(unit, "remittances/check"), remit_wire.RemitCheck, month=month)

    def remittances(
        self, unit: str, *, state: str = "", start: str = "", end: str = ""
    ) -> remit_wire.RemitList:
        """Months that were verified; `state` "declared", "paid" or "all" (R-16)."""
        from domain import remit_wire

        query = {"state": state, "from": start, "to": end}
        return self._get(_path(unit, "remittances"), remit_wire.RemitList, **query)

    def remit_people(
        self, unit: str, month: int, *, submission: str = "", after: str = "", limit: int = 1000
    ) -> remit_wire.RemitPeople:
        """A page of who pays in a month (R-10); `submission` names one of several verifications."""
        from domain import remit_wire

        path = _path(unit, f"remittances/{month}/people")
        return self._get(path, remit_wire.RemitPeople, submission=submission, after=after, limit=limit)

    def remit_changes(
        self, unit: str, month: int, *, submission: str = "", after: str = "", limit: int = 1000
    ) -> remit_wire.RemitDifferences:
        """A page of what explains 增加 and 减少 of a month (R-08)."""
        from domain import remit_wire

        path = _path(unit, f"remittances/{month}/changes")
        return self._get(path, remit_wire.RemitDifferences, submission=submission, after=after, limit=limit)

    def makeup_notices(self, unit: str, *, start: str = "", end: str = "") -> remit_wire.MakeupNotices:
        """Submissions of makeups with what waits for money (R-17)."""
        from domain import remit_wire

        return self._get(_path(unit, "makeups"), remit_wire.MakeupNotices, **{"from": start, "to": end})

    def makeup_orders(
        self, unit: str, submission_id: str, *, after: int = 0, limit: int = 1000
    ) -> remit_wire.MakeupOrders:
        """A page of the months of a submission of makeups."""
        from domain import remit_wire

        path = _path(unit, f"makeups/{submission_id}")
        return self._get(path, remit_wire.MakeupOrders, after=after, limit=limit)


def _path(unit: str, rest: str) -> str:
    return f"/units/{quote(unit, safe='')}/{rest}"
