"""Values of the roster tables: a row to store, a stored row, a roster, its totals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import c_make_encoder, encode_basestring_ascii  # type: ignore[attr-defined]
from typing import Any, Literal

from client.store.tables import OPENED
from domain.findings import Finding, Severity, errors
from domain.pinyin import name_initials

CENTER_FAILED = "center.failed"
"""Code of the reason for which the center, or its clerk, did not carry a row out."""

RowState = Literal["draft", "queued", "final"]
Change = Literal["new", "changed", "deleted", ""]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data: the profile, the center by its identity, the unit and the operator."""

    profile: str
    center: str
    unit_account: str
    operator: str

    @property
    def key(self) -> str:
        """One text for the unit at its center, the same for all its operators."""
        return json.dumps([self.profile, self.center, self.unit_account])

    @property
    def own_key(self) -> str:
        """One text for the operator at the unit."""
        return json.dumps([self.profile, self.center, self.unit_account, self.operator])


@dataclass(frozen=True, slots=True)
class NewRow:
    """What a check made of a typed row, ready to store.

    `typed` and `checked` map column keys to texts, `amount` is in 分, `person` the duplicate key ("" none),
    `source` single or file, `sheet_row` the worksheet's row number (0 none).
    """

    typed: Mapping[str, str]
    checked: Mapping[str, str] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    amount: int = 0
    person: str = ""
    source: str = "single"
    sheet_row: int = 0
    change: Change = "new"


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row as stored; `index` is its position, `duplicate_of` that of the first row of the same person."""

    row_id: int
    index: int
    typed: Mapping[str, str]
    checked: Mapping[str, str]
    findings: tuple[Finding, ...]
    amount: int
    person: str
    duplicate_of: int | None
    source: str
    sheet_row: int
    change: Change
    selected: bool
    state: RowState
    submission_id: str
    submission_row: int
    result: str
    reason: str
    account_no: str
    in_step: int = 0

    @property
    def opened(self) -> bool:
        """Opened in the grid, and nothing typed in it yet."""
        return self.in_step == OPENED

    def shown(self, column: str) -> str:
        """The text of a cell: the normal form where the check could read it, else as typed."""
        return self.checked.get(column) or self.typed.get(column, "")

    @property
    def bad(self) -> bool:
        """Something stops this row."""
        return self.duplicate_of is not None or bool(errors(self.findings))


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster's head. `header` holds what was chosen for all rows, e.g. the ratio pair (O-03)."""

    roster_id: int
    scope: Scope
    business: str
    source: str
    header: Mapping[str, Any]
    state: Literal["draft", "final"]
    submission_id: str
    revision: int
    loading: bool
    created: str
    updated: str


@dataclass(frozen=True, slots=True)
class RosterTotals:
    """Sums over a roster: all rows, drafts, faulty and good drafts; amounts are 分 over good rows.

    A row that was opened and is still empty counts as a row, and as nothing else.
    """

    count: int = 0
    draft: int = 0
    bad: int = 0
    good: int = 0
    amount: int = 0
    selected: int = 0
    selected_good: int = 0
    selected_amount: int = 0


StepKind = Literal["insert", "import", "delete", "edit"]


@dataclass(frozen=True, slots=True)
class Undone:
    """A step that was undone, or redone (`forward`).

    `count` rows were changed; `sent` rows of the step are on their way to the center and stay as they are.
    `row_id` and `index` say where the first of the changed rows is, or was. `stale` rows were judged by
    facts that have changed since: `row_ids` are those that must be checked anew, empty for all.
    """

    kind: StepKind
    count: int
    sent: int
    index: int
    row_id: int | None
    forward: bool
    stale: bool = False
    row_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Frozen:
    """Rows of a roster frozen into the bytes of one submission, in the order of `row_ids`; amount in 分.

    `revision` is the roster's when they were frozen: a roster changed since is not sent.
    """

    submission_id: str
    roster_id: int
    revision: int
    business: str
    source: str
    body: bytes = field(repr=False)
    row_ids: tuple[int, ...] = field(repr=False)
    count: int
    amount: int


_encoder = json.JSONEncoder(separators=(",", ":"))
_encode = _encoder.encode
_pieces: Any = (
    c_make_encoder(None, _encoder.default, encode_basestring_ascii, None, ":", ",", False, False, False)
    if c_make_encoder is not None
    else lambda value, _: _encoder.iterencode(value)
)
"""The encoder of the standard library made once: `encode` makes it anew for every row."""


def dump_cells(cells: Mapping[str, str]) -> str:
    """JSON of a row, ASCII only."""
    return "".join(_pieces(dict(cells), 0))


def dump_findings(findings: Sequence[Finding]) -> str:
    """JSON of findings, "" for none."""
    if not findings:
        return ""
    return _encode([[f.code, f.field, f.text, f.severity.value] for f in findings])


def load_findings(text: str) -> tuple[Finding, ...]:
    """The findings of a stored row."""
    if not text:
        return ()
    return tuple(Finding(code, key, words, Severity(how)) for code, key, words, how in json.loads(text))


def plain(text: str) -> str:
    """A text that SQLite can take: broken characters become escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


FOUND_BY = ("account_no", "id_number")
"""Columns by whose beginning or end a row is found, besides the name; the last stands last."""


def find_text(typed: Mapping[str, str], checked: Mapping[str, str]) -> str:
    """What a row is found by, between tabs and in lower case: initials, name, account, ID number.

    The initials stand first, so that rows in the order of these texts are in the order of their names.
    """
    name = checked.get("name") or typed.get("name", "")
    parts = [name_initials(name), name, *(checked.get(key) or typed.get(key, "") for key in FOUND_BY)]
    told = "\t".join(part.replace("\t", " ") for part in parts)
    return plain(f"\t{told}\t".lower())


def row_values(row: NewRow) -> dict[str, Any]:
    """The columns of `roster_row` that a check decides."""
    return {
        "typed": dump_cells(row.typed),
        "checked": dump_cells(row.checked),
        "findings": dump_findings(row.findings),
        "errors": len(errors(row.findings)),
        "amount": row.amount,
        "person": plain(row.person),
        "source": row.source,
        "sheet_row": row.sheet_row,
        "change": row.change,
        "find": find_text(row.typed, row.checked),
    }
