"""来款 at the center: what clerks record and do, and what a unit sees of its own. Every call blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from domain import receipt_wire

M = TypeVar("M", bound="BaseModel")
PAGE: Final = 200
STATEMENT_SECONDS: Final = 180.0
"""Longest wait for the answer to a part of a statement."""


class Get(Protocol):
    """Reads below the API's prefix."""

    def __call__(self, path: str, model: type[M], **query: str | int) -> M:
        """The answer, checked against its model."""


class Send(Protocol):
    """Sends below the API's prefix."""

    def __call__(
        self,
        method: str,
        path: str,
        model: type[M],
        body: BaseModel | None = None,
        read_seconds: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> M:
        """The answer, checked against its model."""


class ReceiptCalls:
    """The calls about receipts. Each raises ClientError."""

    def __init__(self, get: Get, send: Send) -> None:
        self._get = get
        self._send = send

    # ---- for clerks --------------------------------------------------------------------------------

    def page(
        self,
        *,
        state: str = "",
        start: str = "",
        end: str = "",
        unit: str = "",
        text: str = "",
        after: str = "",
        limit: int = PAGE,
    ) -> receipt_wire.ReceiptPage:
        """A page of receipts by state, bank day, unit, a part of number, payer or remark; newest first."""
        from domain.receipt_wire import ReceiptPage

        query = {"state": state, "from": start, "to": end, "unit": unit, "text": text, "after": after}
        return self._get("/receipts", ReceiptPage, **query, limit=limit)

    def detail(self, receipt_id: str) -> receipt_wire.ReceiptDetail:
        """A receipt with its history and what may be done."""
        from domain.receipt_wire import ReceiptDetail

        return self._get(f"/receipts/{quote(receipt_id, safe='')}", ReceiptDetail)

    def record(self, line: receipt_wire.BankLineBody) -> receipt_wire.Recorded:
        """Record a line; sent again it changes nothing. Refused: receipt.conflict, receipt.unit."""
        from domain.receipt_wire import ReceiptBody, Recorded

        return self._send("POST", "/receipts", Recorded, ReceiptBody(line=line))

    def act(
        self, receipt_id: str, version: int, action: receipt_wire.ReceiptAction
    ) -> receipt_wire.ReceiptDetail:
        """Act on a receipt as last seen; Refused with receipt.version when it has moved on."""
        from domain.receipt_wire import ReceiptDetail

        path = f"/receipts/{quote(receipt_id, safe='')}/actions"
        return self._send("POST", path, ReceiptDetail, action, headers={"If-Match": f'"{version}"'})

    def check(
        self, lines: Sequence[receipt_wire.BankLineBody], progress: Callable[[int], None] | None = None
    ) -> list[receipt_wire.LineResult]:
        """What recording each line would come to; nothing is stored."""
        return list(self._by_parts("/receipts/checks", lines, progress))

    def take(
        self, lines: Sequence[receipt_wire.BankLineBody], progress: Callable[[int], None] | None = None
    ) -> Iterator[receipt_wire.LineResult]:
        """Record the lines of a statement part by part; what was told has been recorded, cut or not."""
        return self._by_parts("/receipts/statement", lines, progress)

    def _by_parts(
        self,
        path: str,
        lines: Sequence[receipt_wire.BankLineBody],
        progress: Callable[[int], None] | None,
    ) -> Iterator[receipt_wire.LineResult]:
        from domain.receipt_wire import MAX_LINES, StatementBody, StatementReply

        for start in range(0, len(lines), MAX_LINES):
            body = StatementBody(lines=list(lines[start : start + MAX_LINES]))
            reply = self._send("POST", path, StatementReply, body, STATEMENT_SECONDS)
            for result in reply.results:
                yield result.model_copy(update={"line": start + result.line})
            if progress is not None:
                progress(start + len(body.lines))

    # ---- for units ---------------------------------------------------------------------------------

    def own(
        self, unit: str, *, start: str = "", end: str = "", after: str = "", limit: int = PAGE
    ) -> receipt_wire.OwnReceiptPage:
        """A page of a unit's receipts, newest first."""
        from domain.receipt_wire import OwnReceiptPage

        path = f"/units/{quote(unit, safe='')}/receipts"
        return self._get(path, OwnReceiptPage, **{"from": start, "to": end}, after=after, limit=limit)

    def suspense(
        self, unit: str, *, start: str = "", end: str = "", after: int = 0, limit: int = PAGE
    ) -> receipt_wire.SuspensePage:
        """A page of what came into 汇补缴不符暂存款 of a unit and left it, oldest first (Q-16)."""
        from domain.receipt_wire import SuspensePage

        path = f"/units/{quote(unit, safe='')}/suspense"
        return self._get(path, SuspensePage, **{"from": start, "to": end}, after=after, limit=limit)
