"""Vouchers at the center: prints counted, files sealed, papers checked. Every call blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from client.statement_calls import unit_path

if TYPE_CHECKING:
    from client.receipt_calls import Get, Send
    from domain import voucher_wire


class VoucherCalls:
    """The calls about vouchers. Each raises ClientError."""

    def __init__(self, get: Get, send: Send) -> None:
        self._get = get
        self._send = send

    def count_print(self, unit: str, serial: str, title: str) -> voucher_wire.PrintTicket:
        """Which print of a voucher this is. Refused with 404 for a number that is not the unit's."""
        from domain.voucher_wire import PrintRequest, PrintTicket

        path = unit_path(unit, f"/vouchers/{quote(serial, safe='')}/prints")
        return self._send("POST", path, PrintTicket, PrintRequest(title=title))

    def seal(self, unit: str, serial: str, printed: int, digest: str) -> voucher_wire.Seal:
        """The center's seal on a file with this SHA-256."""
        from domain.voucher_wire import Seal, SealRequest

        path = unit_path(unit, f"/vouchers/{quote(serial, safe='')}/prints/{printed}")
        return self._send("PUT", path, Seal, SealRequest(digest=digest))

    def certificate(self) -> voucher_wire.SealCertificate:
        """The certificate seals are checked with; needs no login."""
        from domain.voucher_wire import SealCertificate

        return self._get("/vouchers/certificate", SealCertificate)

    def check(self, serial: str, code: str) -> voucher_wire.VoucherFacts:
        """What the center knows of a paper; needs no login. Raises NotFound for a wrong number or code."""
        from domain.voucher_wire import VoucherFacts

        return self._get(f"/vouchers/{quote(serial, safe='')}", VoucherFacts, code=code)
