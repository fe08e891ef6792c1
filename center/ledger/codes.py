"""Codes of the accounts in the books (the center's chart, 财会字〔2000〕12号).

| code | account | natural side |
|---|---|---|
| 101 | 住房公积金存款 | debit |
| 201/ACCOUNT/PART | 住房公积金: a part of a personal account | credit |
| 211 | 应付利息 | credit |
| 219/UNIT | 单位未分配(暂存): money of a unit, waiting for its allocation | credit |
| 219-suspense/UNIT | 汇补缴不符暂存款 of a unit, of nobody known when UNIT is empty | credit |
| 219-transit | 内部往来: between personal accounts or units, empty after every act | credit |
| 41101 | 利息支出 | debit |
"""

from __future__ import annotations

from typing import Final, Literal

Part = Literal["uc", "pc", "uo", "po"]

UNIT_CURRENT: Final = "uc"
"""单位部分, 当年归集"""
PERSON_CURRENT: Final = "pc"
"""个人部分, 当年归集"""
UNIT_CARRIED: Final = "uo"
"""单位部分, 上年结转"""
PERSON_CARRIED: Final = "po"
"""个人部分, 上年结转"""
PARTS: Final[tuple[Part, ...]] = (UNIT_CURRENT, PERSON_CURRENT, UNIT_CARRIED, PERSON_CARRIED)
COLUMNS: Final = ("unit_current", "person_current", "unit_carried", "person_carried")
"""Columns of `holding` in the order of `PARTS`."""

BANK: Final = "101"
INTEREST_PAYABLE: Final = "211"
TRANSIT: Final = "219-transit"
INTEREST_EXPENSE: Final = "41101"
DEBIT_SIDE: Final = frozenset({BANK, INTEREST_EXPENSE})
"""Accounts whose balance is debit less credit."""

INTEREST: Final = frozenset({INTEREST_PAYABLE, INTEREST_EXPENSE})
"""Where interest comes from."""

_NAMES = {
    BANK: "住房公积金存款",
    INTEREST_PAYABLE: "应付利息",
    TRANSIT: "内部往来",
    INTEREST_EXPENSE: "利息支出",
}
_PLACES = {str(part): place for place, part in enumerate(PARTS)}
_PERSON = "201/"
_UNIT = "219/"
_SUSPENSE = "219-suspense/"


def person(account_no: str, part: Part) -> str:
    """A part of a personal account."""
    return f"{_PERSON}{account_no}/{part}"


def unallocated(unit_account: str) -> str:
    """The unit's money that waits for its allocation."""
    return f"{_UNIT}{unit_account}"


def suspense(unit_account: str = "") -> str:
    """Money that fits nothing: of a unit, or of nobody known."""
    return f"{_SUSPENSE}{unit_account}"


def is_person(code: str) -> bool:
    """Whether the code is a part of a personal account."""
    return code.startswith(_PERSON)


def account_of(code: str) -> str:
    """The personal account number of a code, "" for another account."""
    return code[4:-3] if code[:4] == _PERSON else ""


def part_of(code: str) -> int:
    """The place in `PARTS` of a personal account's code."""
    return _PLACES[code[-2:]]


def unit_of(code: str) -> str | None:
    """The unit whose unallocated or suspense account it is, None for another account."""
    for lead in (_UNIT, _SUSPENSE):
        if code.startswith(lead):
            return code[len(lead) :]
    return None


def is_pool(code: str) -> bool:
    """Whether the code is that of an account that is nobody's own."""
    return code in _NAMES or unit_of(code) is not None


def title(code: str) -> str:
    """What people call the account."""
    if code.startswith(_PERSON):
        return "住房公积金"
    if code.startswith(_UNIT):
        return "单位未分配"
    if code.startswith(_SUSPENSE):
        return "汇补缴不符暂存款"
    return _NAMES[code]
