"""Attachments of a unit, uploaded before the submission that names them (A-01)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from center.attachments import MAX_NAME, MEDIA_TYPES, store_attachment
from center.audit import append_audit
from center.auth.signatures import require_digest
from center.clock import now_text
from center.deps import Parts, RawBody, Unit
from center.routing import router as make_router
from domain.wire import AttachmentRef, Sha256

router = make_router("附件")

BODY = {
    "required": True,
    "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES},
}


@router.put("/units/{unit}/attachments/{sha256}", summary="上传附件", openapi_extra={"requestBody": BODY})
def put_attachment(
    scope: Unit,
    sha256: Annotated[Sha256, Path(description="内容的 SHA-256，十六进制小写")],
    name: Annotated[str, Query(min_length=1, max_length=MAX_NAME)],
    parts: Parts,
    body: RawBody,
) -> AttachmentRef:
    """Keep a PDF, JPEG or PNG file under its digest; sending it again changes nothing."""
    require_digest(parts, body)
    kind = parts.headers.get("content-type", "").partition(";")[0].strip().lower()
    with scope.store.write() as conn:
        kept = store_attachment(conn, scope.unit_account, sha256, name, kind, body, now_text(scope.clock))
        append_audit(
            conn,
            scope.clock,
            scope.operator_id,
            "attachment.kept",
            unit_account=scope.unit_account,
            subject=sha256,
        )
    return kept
