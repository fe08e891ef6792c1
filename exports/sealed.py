"""A PDF with the center's seal behind its end: readers skip it, and it covers all that stands before it."""

from __future__ import annotations

import re
from typing import Final

MARK: Final = b"\n%GJJ-SEAL "
"""A comment of PDF; the seal as JSON in ASCII follows on the same line."""
_START: Final = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")


def with_seal(document: bytes, seal: str) -> bytes:
    """The document with its seal; `seal` is JSON without line breaks.

    Readers look for the end of a PDF in its last kilobyte (ISO 32000-1 appendix H), so it is said again.
    """
    found = _START.search(document)
    again = b"startxref\n%s\n%%%%EOF\n" % found[1] if found is not None else b""
    return document + MARK + seal.encode("ascii") + b"\n" + again


def split_seal(content: bytes) -> tuple[bytes, str]:
    """The document as it was sealed and the seal, "" where there is none."""
    document, mark, behind = content.rpartition(MARK)
    if not mark:
        return content, ""
    return document, behind.split(b"\n", 1)[0].decode("ascii", "replace")
