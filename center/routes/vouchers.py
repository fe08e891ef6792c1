"""Vouchers: counted and sealed for the unit that prints them, checked by whoever holds one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from center import vouchers
from center.deps import TheCenter, Unit
from center.routing import router as make_router
from center.seal_key import base64url, seal_key
from domain.voucher_wire import (
    CODE_LENGTH,
    PrintRequest,
    PrintTicket,
    Seal,
    SealCertificate,
    SealRequest,
    VoucherFacts,
)

router = make_router("凭证")

SerialPath = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,40}$", description="业务流水号")]


@router.post("/units/{unit}/vouchers/{serial}/prints", summary="登记一次打印")
def post_print(scope: Unit, serial: SerialPath, body: PrintRequest) -> PrintTicket:
    """Count a print; the number goes on the paper."""
    return vouchers.count_print(scope, serial, body.title)


@router.put("/units/{unit}/vouchers/{serial}/prints/{printed}", summary="为打印的文件签章")
def put_seal(
    scope: Unit,
    serial: SerialPath,
    printed: Annotated[int, Path(ge=1, le=10**6, description="第几次打印")],
    body: SealRequest,
) -> Seal:
    """Seal the file of a counted print."""
    return vouchers.seal(scope, serial, printed, body.digest)


@router.get("/vouchers/certificate", summary="签章证书")
def get_certificate(center: TheCenter) -> SealCertificate:
    """The certificate that seals are checked with."""
    kept = seal_key(center.settings.data_dir, center.profile.center, center.clock)
    return SealCertificate(certificate=base64url(kept.certificate))


@router.get("/vouchers/{serial}", summary="核对凭证")
def get_voucher(
    center: TheCenter,
    serial: SerialPath,
    code: Annotated[str, Query(pattern=rf"^[0-9a-f]{{{CODE_LENGTH}}}$", description="凭证上的验证码")],
) -> VoucherFacts:
    """What the center knows of the submission a paper is about."""
    return vouchers.check(center, serial, code)
