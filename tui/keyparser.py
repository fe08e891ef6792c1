"""From what a terminal sends to keys: one sequence is one key, whatever pieces it arrives in.

Textual's own parser types the rest of a sequence it does not know, and takes Esc followed by a character
for Alt. This one follows the grammar of control sequences (ECMA-48 5.4) and looks up only the names of the
keys in Textual's tables:

- a sequence nobody knows is one unknown key, which beeps and types nothing;
- Esc followed by a character is two keys;
- answers of the terminal (cursor position, attributes, colours) are no keys;
- there is no kitty protocol and no mouse: neither is ever asked for.
"""

from __future__ import annotations

import codecs
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from textual import constants, events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.keys import KEY_NAME_REPLACEMENTS, _character_to_key

REPLACEMENT: Final = "\ufffd"
"""What a byte that is not UTF-8 becomes."""
UNKNOWN_KEY: Final = "unknown"
"""The name of the key for an escape sequence nobody knows; it is bound to nothing and beeps."""
SEQUENCE_SECONDS: Final = 1.0
"""How long the rest of a sequence is waited for that cannot have been typed by hand (ESC, [, a digit)."""

_ESC: Final = "\x1b"
_PASTE: Final = "\x1b[200~"
_PASTE_END: Final = "\x1b[201~"
_WHOLE: Final = re.compile(
    r"\x1b(?:\[\[[A-E]|\[\d+\$(?!y)|\[[0-?]*[ -/]*[@-Z\\-~]|\[[0-?]+\[|O\d*[A-IMP-[Xa-dj-y ])"
)
"""Control sequences; those of the Linux console (ESC [ [ A), of rxvt (ESC [ 3 $) and SS3 ones too."""
_PART: Final = re.compile(r"\x1b(?:\[(?:\[|[0-?]*[ -/]*)|O\d*)?")
_STRING: Final = re.compile(r"\x1b(?:\]\d+;|P[01>!]?[+$|])[^\x07\x1b]{0,4096}(?:\x07|\x1b\\)")
"""An answer about colours, clipboard or capabilities that some program before this one has asked for."""
_STRING_PART: Final = re.compile(
    r"\x1b(?:\]\d*|\]\d+;[^\x07\x1b]{0,4096}|P[01>!]?|P[01>!]?[+$|][^\x07\x1b]{0,4096})\x1b?"
)
_ANSWER: Final = re.compile(r"\x1b\[(?:[?>=][0-?]*[ -/]*[@-~]|[\d;]+[cnt]|\d+;\d+R|<[\d;-]+[mM])")
_KEYPAD: Final[dict[str, str]] = {
    "\x1bOM": "\r",
    "\x1bOX": "=",
    "\x1bOj": "*",
    "\x1bOk": "+",
    "\x1bOl": ",",
    "\x1bOm": "-",
    "\x1bOn": ".",
    "\x1bOo": "/",
    **{f"\x1bO{chr(ord('p') + digit)}": str(digit) for digit in range(10) if digit != 7},
}
"""The keypad in application mode, in which no terminal is while this program runs. Its 7 is missing: PuTTY
sends the same for End (keyboard setting "rxvt"), and End must never type a digit."""
_NAMES: Final[dict[str, str]] = {
    "\x1bOw": "end",
    # Textual has these two of rxvt the other way round.
    "\x1b[7^": "ctrl+home",
    "\x1b[8^": "ctrl+end",
}


def _gbk_aware(error: UnicodeError) -> tuple[str, int]:
    """Replace a broken byte, and with it the byte that completes a GBK character, by one U+FFFD."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    end = error.start + 1
    lead = error.object[error.start]
    if 0x81 <= lead <= 0xFE and end < len(error.object) and 0x40 <= error.object[end] <= 0xFE:
        end += 1
    return REPLACEMENT, end


codecs.register_error("gbk-aware", _gbk_aware)


def decoder() -> codecs.IncrementalDecoder:
    """Return a decoder of terminal input to which no byte is an error."""
    return codecs.getincrementaldecoder("utf-8")(errors="gbk-aware")


class KeyParser:
    """Cuts terminal input into keys and pastes.

    `feed` takes text as it arrives; `tick` gives up waiting for the rest of a sequence once `wait` seconds
    have passed. `clock` is in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held = ""
        self._paste: list[str] | None = None
        self._since = 0.0

    @property
    def wait(self) -> float | None:
        """Seconds until `tick` has something to do; None when nothing is unfinished."""
        if not self._held or self._paste is not None:
            return None
        limit = constants.ESCAPE_DELAY
        if len(self._held) > 2:
            limit = max(limit, SEQUENCE_SECONDS)
        return max(self._since + limit - self._clock(), 0.0)

    def feed(self, text: str) -> Iterator[events.Event]:
        """Yield the keys and pastes that are complete with this text."""
        data, self._held = self._held + text, ""
        at = 0
        while at < len(data):
            found, end = self._one(data, at)
            yield from found
            if end == at:
                break
            at = end
        self._held = data[at:]
        self._since = self._clock()

    def tick(self) -> Iterator[events.Event]:
        """Yield what an unfinished sequence means, if its time is over."""
        if self.wait == 0.0:
            yield from self.finish()

    def finish(self) -> Iterator[events.Event]:
        """Yield what is unfinished as if nothing followed any more."""
        held, self._held = self._held, ""
        if self._paste is not None:
            parts, self._paste = self._paste, None
            yield _paste([*parts, held])
        elif len(held) > 2 and held[1] in "[O":
            yield events.Key(UNKNOWN_KEY, None)
        elif held:
            yield events.Key("escape", _ESC)
            for char in held[1:]:
                yield from _typed(char)

    def _one(self, data: str, at: int) -> tuple[Iterable[events.Event], int]:
        """Return what begins at `at` and where it ends; `at` itself when it is unfinished."""
        if self._paste is not None:
            return self._pasted(self._paste, data, at)
        if data[at] != _ESC:
            return _typed(data[at]), at + 1
        whole = _WHOLE.match(data, at)
        if whole is not None:
            if whole.group() == _PASTE:
                self._paste = []
            return _named(whole.group()), whole.end()
        return self._broken(data, at)

    def _pasted(self, parts: list[str], data: str, at: int) -> tuple[Iterable[events.Event], int]:
        """Collect a paste; its end may arrive in pieces."""
        end = data.find(_PASTE_END, at)
        if end >= 0:
            self._paste = None
            parts.append(data[at:end])
            return [_paste(parts)] if any(parts) else [], end + len(_PASTE_END)
        kept = next((n for n in range(len(_PASTE_END) - 1, 0, -1) if data.endswith(_PASTE_END[:n], at)), 0)
        parts.append(data[at : len(data) - kept])
        return (), len(data) - kept

    def _broken(self, data: str, at: int) -> tuple[Iterable[events.Event], int]:
        """Take what begins with Esc and is no control sequence, or not yet one."""
        answer = _STRING.match(data, at)
        if answer is not None:
            return (), answer.end()
        if _PART.fullmatch(data, at) or _STRING_PART.fullmatch(data, at):
            return (), at
        part = _PART.match(data, at)
        if part is not None and part.end() - at > 2:
            return [events.Key(UNKNOWN_KEY, None)], part.end()
        return [events.Key("escape", _ESC)], at + 1


def _paste(parts: Iterable[str]) -> events.Paste:
    return events.Paste("".join(parts).replace("\x00", ""))


def _typed(char: str) -> Iterator[events.Event]:
    """Yield the key of a single character; Enter struck before the terminal was raw is a line feed."""
    char = "\r" if char == "\n" else char
    known = ANSI_SEQUENCES_KEYS.get(char)
    if isinstance(known, tuple):
        for key in known:
            yield events.Key(key.value, char)
        return
    name = char if char.isalnum() else _character_to_key(char)
    yield events.Key(KEY_NAME_REPLACEMENTS.get(name, name), char)


def _named(sequence: str) -> Iterator[events.Event]:
    """Yield the key of a whole control sequence, nothing for an answer or the marks of a paste."""
    if sequence in (_PASTE, _PASTE_END) or _ANSWER.fullmatch(sequence):
        return
    if sequence in _KEYPAD:
        yield from _typed(_KEYPAD[sequence])
        return
    known = ANSI_SEQUENCES_KEYS.get(sequence)
    if sequence in _NAMES:
        yield events.Key(_NAMES[sequence], None)
    elif isinstance(known, tuple):
        for key in known:
            yield events.Key(key.value, None)
    else:
        yield events.Key(UNKNOWN_KEY, None)


def keys_of(data: bytes) -> Iterator[str]:
    """Yield the names of the keys that raw terminal input means (for key tables and tests)."""
    parser = KeyParser()
    for event in (*parser.feed(decoder().decode(data, True)), *parser.finish()):
        if isinstance(event, events.Key):
            yield event.key
        elif isinstance(event, events.Paste):
            yield "paste"
