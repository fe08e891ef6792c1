"""Attachments: uploaded by digest, owned by a unit, named by a submission (A-01)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from center.errors import ProblemError
from center.store.tables import attachment
from domain.canonical import sha256_hex
from domain.text import safe_text
from domain.wire import AttachmentRef

MEDIA_TYPES: Mapping[str, bytes] = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}
"""Accepted media types and how their files begin."""

MAX_NAME = 120
FORBIDDEN = frozenset('/\\:*?"<>|')


def store_attachment(
    conn: Connection, unit_account: str, sha256: str, name: str, media_type: str, content: bytes, now: str
) -> AttachmentRef:
    """Keep an uploaded file; the same content again is the same attachment. `now` is UTC text.

    Raises attachment.bad when the digest in the address differs, the content is not what the type says, or
    the name cannot be a plain file name.
    """
    if sha256_hex(content) != sha256:
        raise ProblemError("attachment.bad", "附件内容与摘要不符，请重新上传。")
    _check_name(name)
    _check_kind(media_type, content)
    known = find_attachments(conn, unit_account, [sha256]).get(sha256)
    if known is not None:
        return known
    values = {"unit_account": unit_account, "sha256": sha256, "name": name, "media_type": media_type}
    try:
        with conn.begin_nested():
            kept = insert(attachment).values(**values, size=len(content), content=content, uploaded=now)
            conn.execute(kept)
    except IntegrityError:
        return find_attachments(conn, unit_account, [sha256])[sha256]
    return AttachmentRef(sha256=sha256, name=name, size=len(content))


def _check_name(name: str) -> None:
    plain = name.strip() == name and name not in ("", ".", "..") and len(name) <= MAX_NAME
    if not plain or safe_text(name) != name or FORBIDDEN & set(name):
        raise ProblemError("attachment.bad", "附件文件名过长或含有不能使用的字符，请改名后重新上传。")


def _check_kind(media_type: str, content: bytes) -> None:
    starts = MEDIA_TYPES.get(media_type)
    if starts is None or not content.startswith(starts):
        raise ProblemError("attachment.bad", "附件只能是PDF、JPEG或PNG文件，请转换格式后重新上传。")


def find_attachments(conn: Connection, unit_account: str, digests: Sequence[str]) -> dict[str, AttachmentRef]:
    """The unit's attachments among `digests`."""
    found = select(attachment.c.sha256, attachment.c.name, attachment.c.size).where(
        attachment.c.unit_account == unit_account, attachment.c.sha256.in_(digests)
    )
    return {row.sha256: AttachmentRef(**row._mapping) for row in conn.execute(found)}


def missing_attachments(conn: Connection, unit_account: str, named: Sequence[AttachmentRef]) -> list[str]:
    """Names of the attachments that a submission names and the unit has not uploaded."""
    known = find_attachments(conn, unit_account, [ref.sha256 for ref in named])
    return [ref.name for ref in named if ref.sha256 not in known]
