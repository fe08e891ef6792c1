"""Code tables of the national standards, read from `domain/code_tables/*.tsv` when first asked for.

The files are meant to be edited by a center: tab-separated, UTF-8, a header line, one code and name per line.
Tables A.x are of JGJ/T 320-2014; marriage is GB/T 2261.2, occupation GB/T 2261.4, education GB/T 4658, title
GB/T 8561, duty a short list in the form of GB/T 12403 (four characters); of units subordination is GB/T
12404, economic_type GB/T 12402, industry the sections of GB/T 4754.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from domain.text import clean_cell

SEPARATORS = (" ", "-", "\u3000", "\u2013", "\u2014", "\t", ":", "\uff0d", "\uff1a")
"""What may stand between code and name in a cell."""


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One table: codes and names, both unique, in the order of the standard."""

    name: str
    title: str
    entries: tuple[tuple[str, str], ...]
    aliases: tuple[tuple[str, str], ...] = ()
    """Everyday words for a code, e.g. ("本科", "20"); accepted in cells, never shown."""
    _names: dict[str, str] = field(init=False, repr=False, compare=False)
    _codes: dict[str, str] = field(init=False, repr=False, compare=False)
    _typed: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = dict(self.entries)
        codes = {_fold(name): code for code, name in self.entries}
        if len(names) != len(self.entries) or len(codes) != len(self.entries):
            raise ValueError(f"code table {self.name}: a code or a name stands twice")
        for alias, code in self.aliases:
            if code not in names or codes.setdefault(_fold(alias), code) != code:
                raise ValueError(f"code table {self.name}: the alias {alias} is not of one code")
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_codes", codes)
        object.__setattr__(self, "_typed", {code.casefold(): code for code in names})

    def items(self) -> tuple[tuple[str, str], ...]:
        """(code, name) pairs for a pick list."""
        return self.entries

    def __contains__(self, code: object) -> bool:
        return code in self._names

    def label(self, code: str) -> str:
        """The name of a code; an unknown code is its own label, so that it stays visible."""
        return self._names.get(code, code)

    def display(self, code: str) -> str:
        """Code and name as cells and screens show them, "10 未婚"; an unknown code alone."""
        return shown(code, self._names[code]) if code in self._names else code

    def parse(self, text: str) -> str | None:
        """The code meant by a cell: code, name, "code 名称" or "code-名称"; None when it is none of these.

        Capitals do not matter in codes. A code and a name that disagree are None, never a guess.
        """
        if text in self._names and text not in self._codes:
            return text
        typed = _fold(clean_cell(text))
        if not typed:
            return None
        if (code := self._one(typed)) is not None:
            return code
        for separator in SEPARATORS:
            head, found, tail = typed.partition(separator)
            tail = clean_cell(tail)
            if found and tail in self._codes:
                code = self._codes[tail]
                return code if clean_cell(head).casefold() == code.casefold() else None
        return None

    def _one(self, typed: str) -> str | None:
        return self._codes.get(typed) or self._typed.get(typed.casefold())


def shown(code: str, name: str) -> str:
    """Code and name for people, "10 未婚"; the name alone where the code is an English word."""
    return name if code.isascii() and code.isalpha() and code.islower() else f"{code} {name}"


def _fold(text: str) -> str:
    """Brackets are typed full-width as often as not; nothing else is taken for the same."""
    return text.replace("（", "(").replace("）", ")")


TITLES: dict[str, str] = {
    "id_type": "证件类型",
    "unit_status": "单位账户状态",
    "business_type": "业务类型",
    "account_status": "个人账户状态",
    "withdrawal_reason": "提取原因",
    "withdrawal_way": "提取方式",
    "reversal": "冲账标志",
    "gender": "性别",
    "marriage": "婚姻状况",
    "occupation": "职业",
    "education": "学历",
    "title": "职称",
    "duty": "职务",
    "fund_type": "资金性质",
    "subordination": "隶属关系",
    "economic_type": "经济类型",
    "industry": "所属行业",
}
"""Name of every table and its title."""


@cache
def table(name: str) -> CodeTable:
    """The table of that name (keys of `TITLES`). Raises KeyError for an unknown name."""
    title = TITLES[name]
    source = files("domain").joinpath("code_tables", f"{name}.tsv")
    return read_table(name, title, source.read_text(encoding="utf-8").splitlines())


def read_table(name: str, title: str, lines: Iterable[str]) -> CodeTable:
    """A table from tab-separated lines with the header code, name and perhaps aliases (divided by "/").

    Raises ValueError with the line number.
    """
    entries: list[tuple[str, str]] = []
    aliases: list[tuple[str, str]] = []
    for number, row in enumerate(csv.reader(lines, delimiter="\t"), start=1):
        cells = [clean_cell(cell) for cell in row]
        if number == 1:
            if cells not in (["code", "name"], ["code", "name", "aliases"]):
                raise ValueError(f"code table {name}: line 1 must read code<TAB>name[<TAB>aliases]")
        elif any(cells):
            if len(cells) not in (2, 3) or not all(cells[:2]):
                raise ValueError(f"code table {name}: line {number} must hold a code and a name")
            entries.append((cells[0], cells[1]))
            words = cells[2].split("/") if len(cells) == 3 else []
            aliases += [(word, cells[0]) for word in map(clean_cell, words) if word]
    return CodeTable(name, title, tuple(entries), tuple(aliases))
