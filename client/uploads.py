"""Files for a submission on their way to the center: what they are by content, how large (A-02)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from client.errors import Refused

if TYPE_CHECKING:
    from client.api import CenterClient
    from domain.wire import AttachmentRef

MAGIC: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)
SUFFIXES: Final = ("pdf", "jpg", "jpeg", "png")
MAX_BYTES: Final = 20 * 1024 * 1024
MAX_FILES: Final = 50


def upload(client: CenterClient, unit: str, path: Path) -> AttachmentRef:
    """Upload one file. Blocking; raises Refused with one sentence, and what the network brings."""
    try:
        content = path.read_bytes()
    except OSError:
        raise Refused(f"文件“{path.name}”读不出来，请核对后重新选择。", code="attachment.bad") from None
    if len(content) > MAX_BYTES:
        raise Refused(f"文件“{path.name}”超过20MB，请压缩后重新选择。", code="attachment.bad")
    media = next((media for magic, media in MAGIC if content.startswith(magic)), "")
    if not media:
        text = f"文件“{path.name}”不是 PDF、JPG 或 PNG 文件，请重新选择。"
        raise Refused(text, code="attachment.bad")
    return client.attach(unit, path.name[-100:], content, media)
