"""The unit's depositors as the center last told them, searched by account, ID, name and pinyin.

One copy per unit at its center (`Scope.key`), brought up to date by `client.sync`. A search walks a narrow
index of the whole copy: some 20 to 40 ms with 100,000 people, so it is called from a worker. What it found is
read a window at a time by row number, which takes less than a millisecond.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.sqlite import insert

from client.store.database import CACHE_SIZE, Database, pages, utc_now
from client.store.rows import Scope
from client.store.tables import depositor, depositor_copy
from domain.idnumber import same_person_key
from domain.money import wire_fen
from domain.pinyin import name_syllables
from domain.text import to_half_width

if TYPE_CHECKING:
    from domain.wire import DepositorRow

DOTS = "·•・．. "
"""What people put between the parts of a name, or leave out."""
SPELLED = 4
"""From so many of its first syllables on a name is found by its pinyin."""
WORST = 3
"""Rank of the weakest match of a search; 0 is a number typed whole."""
_SHOWN = [column for column in depositor.c if column.key not in ("copy_id", "initials", "spelled", "person")]


@dataclass(frozen=True, slots=True)
class Depositor:
    """A depositor of the unit; money in 分, ratios percent texts, `opened` an ISO day or "".

    `sealed_month` is YYYYMM, 0 when the account is not sealed or the center does not tell.
    """

    depositor_id: int
    account_no: str
    name: str
    id_number: str
    base: int
    unit_ratio: str
    person_ratio: str
    unit_amount: int
    person_amount: int
    status: str
    mobile: str = ""
    fund_type: str = ""
    opened: str = ""
    sealed_month: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, the best first: row numbers, and how many were named by their whole number."""

    query: str
    ids: array[int] = field(default_factory=lambda: array("q"))
    exact: int = 0

    @property
    def only(self) -> int | None:
        """The row that `query` can only mean: the one match, or the one whose number was typed whole."""
        return self.ids[0] if len(self.ids) == 1 or self.exact == 1 else None


class DepositorCache:
    """The unit's depositors (E-01), at one revision of the center."""

    def __init__(self, database: Database, scope: Scope) -> None:
        self.database = database
        self.scope = scope.key

    # ---- how far the copy reaches --------------------------------------------------------------------

    def revision(self) -> int:
        """The revision reached, 0 before the first synchronisation."""
        return int(self._copy("revision") or 0)

    def complete(self) -> bool:
        """Whether a synchronisation has ever ended (E-02: the first one on a workstation is due else)."""
        return bool(self._copy("complete"))

    def refreshed(self) -> str:
        """When the copy last was the center's state, UTC ISO 8601; "" for never."""
        return str(self._copy("refreshed") or "")

    def _copy(self, name: str) -> Any:
        query = select(depositor_copy.c[name]).where(depositor_copy.c.scope == self.scope)
        with self.database.read() as connection:
            return connection.execute(query).scalar()

    # ---- synchronising -------------------------------------------------------------------------------

    def apply(
        self, rows: Iterable[DepositorRow], since: int, revision: int, *, complete: bool, ended: bool = True
    ) -> bool:
        """Take a page of the changes after `since` over, with its revision, in one transaction.

        `ended`: it is the last page for now. False, with nothing done, when the copy has meanwhile reached
        another revision than `since` (a second program has synchronised too).
        """
        made = [self._values(row) for row in rows]
        with self.database.write() as connection:
            copy_id, reached = self._open(connection)
            if reached != since:
                return False
            gone = [(copy_id, values[0]) for values, left in made if left]
            if gone:
                connection.exec_driver_sql("DELETE FROM depositor WHERE copy_id = ? AND account_no = ?", gone)
            kept = [(copy_id, *values) for values, left in made if not left]
            if kept:
                connection.exec_driver_sql(_UPSERT, kept)
            told: dict[str, Any] = {"revision": revision, "complete": int(complete)}
            if ended:
                told["refreshed"] = utc_now()
            at = depositor_copy.c.copy_id == copy_id
            connection.execute(depositor_copy.update().where(at).values(told))
        return True

    def forget(self) -> None:
        """Begin anew, as when the center's revisions have begun anew."""
        with self.database.write() as connection:
            copy_id, _ = self._open(connection)
            connection.execute(depositor.delete().where(depositor.c.copy_id == copy_id))
            at = depositor_copy.c.copy_id == copy_id
            connection.execute(depositor_copy.update().where(at).values(revision=0, complete=0, refreshed=""))

    def _open(self, connection: Connection) -> tuple[int, int]:
        """Number and revision of the copy, made when it is not there."""
        connection.execute(insert(depositor_copy).values(scope=self.scope).on_conflict_do_nothing())
        found = select(depositor_copy.c.copy_id, depositor_copy.c.revision)
        row = connection.execute(found.where(depositor_copy.c.scope == self.scope)).one()
        return row.copy_id, row.revision

    @staticmethod
    def _values(row: DepositorRow) -> tuple[tuple[str | int, ...], bool]:
        """The columns behind copy_id, and whether the person has left."""
        syllables = name_syllables(row.name)
        spelled, tails = "", []
        for syllable in reversed(syllables):
            spelled = syllable + spelled
            tails.append(f"|{spelled}")
        values = (
            row.account_no,
            row.name,
            "".join([syllable[0] for syllable in syllables]),
            "".join(tails[: -SPELLED - 1 : -1]),
            row.id_number,
            same_person_key(row.id_number),
            wire_fen(row.base),
            row.unit_ratio,
            row.person_ratio,
            wire_fen(row.unit_amount),
            wire_fen(row.person_amount),
            row.status,
            row.mobile,
            row.fund_type,
            row.opened,
            row.sealed_month,
        )
        return values, row.gone

    # ---- reading -------------------------------------------------------------------------------------

    def count(self) -> int:
        """Number of depositors."""
        query = select(func.count()).select_from(depositor).where(self._mine())
        with self.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def by_account(self, account_no: str) -> Depositor | None:
        """The depositor with an account number."""
        return self._one(depositor.c.account_no == account_no)

    def by_person(self, id_number: str) -> Depositor | None:
        """The depositor with an ID number in its 15 or 18 digit form."""
        return self._one(depositor.c.person == same_person_key(id_number))

    def among(self, numbers: Sequence[str], people: Sequence[str]) -> list[Depositor]:
        """All depositors of the persons with these account numbers or keys (`same_person_key`), by number."""
        names = ", ".join(f"d.{column.name}" for column in _SHOWN)
        values = {
            "scope": self.scope,
            "numbers": json.dumps(list(numbers)),
            "people": json.dumps(list(people)),
        }
        with self.database.read() as connection:
            return [Depositor(*row) for row in connection.exec_driver_sql(_AMONG.format(names), values)]

    def after(self, account_no: str = "", limit: int = 200) -> list[Depositor]:
        """A page of depositors by account number, behind `account_no`."""
        query = select(*_SHOWN).where(self._mine(), depositor.c.account_no > account_no)
        with self.database.read() as connection:
            return [
                _depositor(row)
                for row in connection.execute(query.order_by(depositor.c.account_no).limit(limit))
            ]

    def rows(self, ids: Sequence[int]) -> list[Depositor | None]:
        """The depositors with these row numbers, in this order; None for one that has left since."""
        marks = ", ".join("?" * len(ids))
        names = ", ".join(column.name for column in _SHOWN)
        sql = f"SELECT {names} FROM depositor WHERE depositor_id IN ({marks})"
        with self.database.read() as connection:
            found = {row.depositor_id: row for row in connection.exec_driver_sql(sql, tuple(ids))}
        return [_depositor(found[number]) if number in found else None for number in ids]

    def search(self, query: str) -> Found:
        """Everybody `query` may mean; in a worker.

        Digits: an account number, its beginning or end, the end of an ID number, or the whole of it in
        either form. Letters: initials of the name or of its last characters, or their pinyin. Anything else:
        a part of the name, with or without the dots in it. "" means everybody, by account number.
        """
        where, fit, values = _meaning(query)
        sql = (
            f"SELECT depositor_id, {fit} FROM depositor"
            f" WHERE copy_id = (SELECT copy_id FROM depositor_copy WHERE scope = :scope) AND ({where})"
            " ORDER BY account_no"
        )
        # The order of the index is kept within each rank, so that nothing is sorted.
        ranks = [array("q") for _ in range(WORST + 1)]
        with self.database.read() as connection:
            # A walk reads every page once: keeping them would only cost memory.
            connection.exec_driver_sql("PRAGMA cache_size = -500")
            for page in pages(connection, sql, values | {"scope": self.scope}):
                if query.strip():
                    for number, fitting in page:
                        ranks[fitting].append(number)
                else:
                    ranks[WORST].extend([number for number, _ in page])
            connection.exec_driver_sql(f"PRAGMA cache_size = {CACHE_SIZE}")
        ids = array("q")
        for rank in ranks:
            ids.extend(rank)
        return Found(query, ids, len(ranks[0]))

    def _mine(self) -> Any:
        own = select(depositor_copy.c.copy_id).where(depositor_copy.c.scope == self.scope)
        return depositor.c.copy_id == own.scalar_subquery()

    def _one(self, condition: Any) -> Depositor | None:
        query = select(*_SHOWN).where(self._mine(), condition).limit(1)
        with self.database.read() as connection:
            row = connection.execute(query).first()
            return None if row is None else _depositor(row)


_FILLED = [column.name for column in depositor.c if column.name not in ("depositor_id", "copy_id")]
_UPSERT = (
    f"INSERT INTO depositor (copy_id, {', '.join(_FILLED)}) VALUES (?{', ?' * len(_FILLED)})"
    " ON CONFLICT (copy_id, account_no) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _FILLED if name != "account_no")
)


_AMONG = """WITH mine(copy_id) AS (SELECT copy_id FROM depositor_copy WHERE scope = :scope),
wanted(person) AS (
    SELECT value FROM json_each(:people)
    UNION
    SELECT a.person FROM json_each(:numbers) n CROSS JOIN mine
    JOIN depositor a ON a.copy_id = mine.copy_id AND a.account_no = n.value
)
SELECT {} FROM wanted CROSS JOIN mine
JOIN depositor d ON d.copy_id = mine.copy_id AND d.person = wanted.person
ORDER BY d.account_no"""


def _meaning(query: str) -> tuple[str, str, dict[str, str]]:
    """What a typed text asks for, in SQL: condition, rank of a match (0: named by its number), parameters."""
    text = to_half_width(query).strip()
    if not text:
        return "1", "1", {}
    if not all(char.isascii() and (char.isalnum() or char in "- ") for char in text):
        bare = "".join(char for char in text if char not in DOTS)
        plain = "replace(name, '·', '')"
        rank = f"CASE WHEN {plain} = :text THEN 1 WHEN instr({plain}, :text) = 1 THEN 2 ELSE 3 END"
        return f"instr({plain}, :text)", rank, {"text": bare}
    code = text.replace(" ", "")
    values = {"code": code, "head": f"{code}%", "tail": f"%{code}"}
    where = "account_no LIKE :head OR account_no LIKE :tail OR id_number LIKE :tail"
    exact = "account_no LIKE :code OR id_number LIKE :code"
    rank = "WHEN account_no LIKE :tail OR id_number LIKE :tail THEN 1"
    if len(code) in (15, 18):
        values["person"] = same_person_key(code)
        where, exact = f"{where} OR person = :person", f"{exact} OR person = :person"
    if not code.isdigit():
        values |= {"letters": code.lower(), "begun": f"|{code.lower()}"}
        where += " OR instr(initials, :letters) OR instr(spelled, :begun)"
        rank += " WHEN initials = :letters THEN 1 WHEN instr(initials, :letters) = 1 THEN 2"
        rank += " WHEN instr(spelled, :begun) = 1 THEN 2"
    return where, f"CASE WHEN {exact} THEN 0 {rank} ELSE 3 END", values


def _depositor(row: Row[Any]) -> Depositor:
    return Depositor(*tuple(row))
