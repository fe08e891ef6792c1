"""Recorded key scripts: what a file of `tests/keys/*.keys` says, and the bytes its keys are.

    # 查找一个人，改缴存基数。
    profile: shaanxi
    start: roster
    budget: 15
    see: 9500.00
    people:
      甲
      乙 base=7000
    keys:
      <ctrl+f>
      {乙.id:-4}<enter>
      9500.00<enter>
    roster:
      甲 base=8000.00
      乙 base=9500.00

`start` is where the keys begin: `home`, `form` (the registration) or `roster` (its roster). Another `module`
than `business:open` has its own form and roster; its people are the unit's own, with accounts. `people` stand
in the roster before, `roster` is what stands there afterwards, `submitted` what the center received; a row
is a person (甲 to 癸) and the columns that are told. `see` is on the screen when the script has ended. A
`keys` line is one step: typed text, named keys (`<f8>`, `<down*3>`), people (`{甲}` the name, `{甲.id}`,
`{甲.mobile}`, `{甲.id:-4}` the last four), `{code}` the transaction code of registration, `{pin}`. A line
`paste: …` is a bracketed paste, with `\\t` and `\\n`. `back` is how many screens lie over the home screen in
the end (1), `screens` how many screens and dialogs the keys pass beyond what their number explains.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

FOLDER: Final = Path(__file__).parent
PEOPLE: Final = "甲乙丙丁戊己庚辛壬癸"
OPEN: Final = "business:open"
STARTS: Final = ("home", "form", "roster")
HAN_KEYS: Final = 3
"""Keys an input method needs for one Chinese character: 8 or 9 for a name of three (as in the KLM)."""
PASTE_KEYS: Final = 2
"""Shift and Insert."""
NAMED: Final[dict[str, str]] = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "esc": "\x1b",
    "bs": "\x7f",
    "space": " ",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "ctrl+home": "\x1b[1;5H",
    "ctrl+end": "\x1b[1;5F",
    "ins": "\x1b[2~",
    "del": "\x1b[3~",
    "pgup": "\x1b[5~",
    "pgdn": "\x1b[6~",
    **{f"f{number}": f"\x1bO{letter}" for number, letter in enumerate("PQRS", 1)},
    **{
        f"f{n}": f"\x1b[{code}~"
        for n, code in zip(range(5, 13), (15, 17, 18, 19, 20, 21, 23, 24), strict=True)
    },
    **{f"ctrl+{chr(96 + number)}": chr(number) for number in range(1, 27)},
}
"""What a key sends, as xterm and PuTTY do."""
_KEY: Final = re.compile(r"<([a-z0-9+]+)(?:\*(\d+))?>|(.)", re.DOTALL)
_PERSON: Final = re.compile(rf"\{{([{PEOPLE}])(?:\.(id|mobile))?(?::(-?\d+))?\}}")
_ESCAPES: Final = {r"\t": "\t", r"\n": "\n"}


_VALUES: Final[dict[str, Callable[[str], object]]] = {"budget": int, "back": int, "screens": int}


class Somebody(Protocol):
    """A person of a script."""

    @property
    def name(self) -> str: ...
    @property
    def id_number(self) -> str: ...
    @property
    def mobile(self) -> str: ...


class ScriptError(ValueError):
    """A file that is no key script; says which line."""


@dataclass(frozen=True, slots=True)
class Key:
    """One thing struck: the bytes sent, and how many keys of the keyboard it takes."""

    sent: str
    strokes: int


@dataclass(frozen=True, slots=True)
class Row:
    """A person's row: the columns told, by key."""

    who: str
    cells: Mapping[str, str]


@dataclass
class Script:
    """One file."""

    name: str
    profile: str = ""
    start: str = "form"
    module: str = OPEN
    budget: int = 0
    see: str = ""
    back: int = 1
    screens: int = 0
    people: list[Row] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    roster: list[Row] = field(default_factory=list)
    submitted: list[Row] = field(default_factory=list)

    @property
    def named(self) -> list[str]:
        """Everybody the script speaks of, in order."""
        rows = [row.who for row in (*self.people, *self.roster, *self.submitted)]
        typed = [match[1] for line in self.keys for match in _PERSON.finditer(line)]
        return [who for who in PEOPLE if who in {*rows, *typed}]

    def struck(self, people: Mapping[str, Somebody], words: Mapping[str, str]) -> list[Key]:
        """The keys, with the people and the words (`code`, `pin`) put in."""
        return [key for line in self.keys for key in _struck(line, people, words)]


def read(path: Path) -> Script:
    """Read a file. Raises ScriptError."""
    script, block = Script(path.stem), ""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if line[0] not in " \t":
            name, colon, value = text.partition(":")
            if not colon or not hasattr(script, name):
                raise ScriptError(f"{path.name}:{number}: {text}")
            block = "" if value else name
            if value:
                setattr(script, name, _VALUES.get(name, str.strip)(value))
        elif block == "keys":
            script.keys.append(text)
        elif block in ("people", "roster", "submitted"):
            getattr(script, block).append(_row(text))
        else:
            raise ScriptError(f"{path.name}:{number}: {text}")
    if script.start not in STARTS or not (script.profile and script.keys and script.budget and script.see):
        raise ScriptError(f"{path.name}: profile, start, budget, see or keys are wrong or missing")
    return script


def scripts() -> list[Script]:
    """All scripts of this folder, by name."""
    return [read(path) for path in sorted(FOLDER.glob("*.keys"))]


def _row(text: str) -> Row:
    who, *cells = text.split()
    if who not in PEOPLE:
        raise ScriptError(text)
    return Row(who, dict(cell.split("=", 1) for cell in cells))


def _struck(line: str, people: Mapping[str, Somebody], words: Mapping[str, str]) -> Iterator[Key]:
    text = _PERSON.sub(_filled(people), line)
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    if text.startswith("paste:"):
        for escape, char in _ESCAPES.items():
            text = text.replace(escape, char)
        body = text.removeprefix("paste:").strip(" ").replace("\n", "\r")
        yield Key(f"\x1b[200~{body}\x1b[201~", PASTE_KEYS)
        return
    for name, times, char in _KEY.findall(text):
        if char:
            yield Key(char, HAN_KEYS if char > "\u2e7f" else 1)
        elif name not in NAMED:
            raise ScriptError(f"<{name}>")
        else:
            strokes = 1 + name.count("+")
            yield from [Key(NAMED[name], strokes)] * int(times or 1)


def _filled(people: Mapping[str, Somebody]) -> Callable[[re.Match[str]], str]:
    def value(match: re.Match[str]) -> str:
        someone = people[match[1]]
        text = {"id": someone.id_number, "mobile": someone.mobile, None: someone.name}[match[2]]
        return text[int(match[3]) :] if match[3] else text

    return value
