"""Places to continue a query from: a position bound to the unit and the conditions it was asked with.

A place says nothing that its owner does not know already and opens nothing: every page asks for the unit of
the session again. Binding it keeps a page of one question from being continued as another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping

from center.errors import ProblemError
from domain.canonical import canonical_json
from domain.wire import RowFinding

MAX_LENGTH = 120
_CHECK = 12
"""Bytes of the check before the position."""


def place_after(position: str, query: str, unit_account: str, about: Mapping[str, str]) -> str:
    """The place after a position, for a question of a unit with its conditions."""
    raw = _check(position, query, unit_account, about) + position.encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def position_of(place: str, query: str, unit_account: str, about: Mapping[str, str]) -> str:
    """The position of a place, "" for the beginning. Raises body.invalid for a place of another question."""
    if not place:
        return ""
    try:
        raw = base64.b64decode(place + "=" * (-len(place) % 4), altchars=b"-_", validate=True)
        position = raw[_CHECK:].decode()
    except (binascii.Error, ValueError):
        raise _refused() from None
    if raw[:_CHECK] != _check(position, query, unit_account, about):
        raise _refused()
    return position


def _check(position: str, query: str, unit_account: str, about: Mapping[str, str]) -> bytes:
    told = canonical_json({"at": position, "query": query, "unit": unit_account, "about": dict(about)})
    return hashlib.sha256(told).digest()[:_CHECK]


def _refused() -> ProblemError:
    text = "翻页的位置与查询条件不符，请从第一页重新查询。"
    finding = RowFinding(row=0, field="after", code="cursor", text=text)
    return ProblemError("body.invalid", text, findings=[finding])
