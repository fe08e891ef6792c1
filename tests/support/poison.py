"""Hostile texts, and a center whose every answer carries them."""

from __future__ import annotations

import json
from typing import Any

import httpx

HOSTILE = (
    "\x1b[2J\x1b[H\x1b[31m",
    "\x1b]0;title\x07\x1b]52;c;cHduZWQ=\x07",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x9b2J\x9d0;x\x9c\x90q\x9c\x85",
    "\u202egnp.\u202c\u2066a\u2069\u200f",
    "\u200b\u200d\ufeff\xad\u2060",
    "a\r\nb\tc\x00\x07\x08\x7f\x0b\x0c\u2028\u2029",
    "[bold red]x[/bold red][/][@click=app.quit]y[/]",
    "e" + "\u0301" * 40,
    "\u0301\u20dd",
    "甲" * 120,
    "\ue000\U000f0000\ufffe\ud7ff",
    "👨\u200d👩\u200d👧🇨🇳❤\ufe0f",
    "\x1bP1;2|q\x1b\\\x1b_a\x1b\\\x1bc\x1bM\x1b(0",
    "\u3000\xa0\u2003　　",
)
"""Terminal sequences with and without Esc, bidi, zero width, controls, markup, marks, length, private use."""


class Poison:
    """Puts hostile texts before and behind every text for people; the next ones each time."""

    def __init__(self, start: int = 0) -> None:
        self._next = start
        self.count = 0

    def text(self, text: str) -> str:
        self._next += 1
        self.count += 1
        return HOSTILE[self._next % len(HOSTILE)] + text + HOSTILE[(self._next * 7 + 3) % len(HOSTILE)]

    def everywhere(self, value: Any) -> Any:
        """The value with its Chinese texts poisoned; what is ASCII only is a code or number."""
        if isinstance(value, dict):
            return {key: self.everywhere(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.everywhere(each) for each in value]
        if isinstance(value, str) and not value.isascii():
            return self.text(value)
        return value


class PoisonedCenter(httpx.BaseTransport):
    """The way to a center; what comes back is poisoned, problem documents too."""

    def __init__(self, inner: httpx.BaseTransport, poison: Poison, *, keep: tuple[str, ...] = ()) -> None:
        self._inner = inner
        self._poison = poison
        self._keep = keep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if "json" not in answer.headers.get("content-type", "") or request.url.path.endswith(self._keep):
            return answer
        answer.read()
        body = json.dumps(self._poison.everywhere(answer.json())).encode()
        dropped = ("content-length", "content-digest", "content-encoding")
        headers = [(k, v) for k, v in answer.headers.multi_items() if k not in dropped]
        return httpx.Response(answer.status_code, headers=headers, content=body)
