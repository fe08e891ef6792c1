"""Reading and changing rosters within a transaction that somebody else has begun."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from client.errors import RosterError
from client.store import order
from client.store.database import utc_now
from client.store.rows import Roster, RosterTotals, Scope, StoredRow, load_findings
from client.store.tables import FAULTY, OPENED, SUMS
from client.store.tables import roster as roster_table
from domain.overlap import MARK, repeats, subject_of

FIELDS = (
    "row_id, pos, typed, checked, findings, amount, person, dup_of, source, sheet_row, change, picked,"
    " state, submission_id, submission_row, result, reason, account_no, in_step"
)
_NO_ROSTER = "这份清册已经不在了，请刷新后重试。"


def create_roster(
    connection: Connection,
    scope: Scope,
    business: str,
    source: str,
    header: Mapping[str, Any],
    state: str = "draft",
    submission_id: str = "",
) -> int:
    """A new roster within a transaction."""
    now = utc_now()
    added = connection.execute(
        insert(roster_table).values(
            profile=scope.profile,
            center=scope.center,
            unit_account=scope.unit_account,
            operator=scope.operator,
            business=business,
            source=source,
            header=json.dumps(dict(header)),
            state=state,
            submission_id=submission_id,
            created=now,
            updated=now,
        )
    )
    return int(added.lastrowid)


def touch(connection: Connection, roster_id: int) -> None:
    """Raise the roster's revision."""
    sql = "UPDATE roster SET revision = revision + 1, updated = ? WHERE roster_id = ?"
    connection.exec_driver_sql(sql, (utc_now(), roster_id))


def totals(connection: Connection, roster_id: int) -> RosterTotals:
    """Sums over a roster within a transaction."""
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in SUMS)
    sql = f"SELECT {sums} FROM roster_bucket WHERE roster_id = ?"
    found = connection.exec_driver_sql(sql, (roster_id,)).one()
    count, draft, bad, good, amount, picked, picked_good, picked_amount = found
    base = base_picked(connection, roster_id)
    if base:
        picked, picked_good, picked_amount = draft - picked, good - picked_good, amount - picked_amount
    opened = _opened(connection, roster_id)
    draft, bad, picked = draft - len(opened), bad - len(opened), picked - sum(own != base for own in opened)
    return RosterTotals(count, draft, bad, good, amount, picked, picked_good, picked_amount)


def _opened(connection: Connection, roster_id: int) -> list[int]:
    """`picked` of the rows that were opened and are still empty: they stand in the sums as faulty rows."""
    sql = (
        "SELECT picked FROM roster_row WHERE in_step = ? AND in_step <> 0"
        " AND +roster_id = ? AND +pos > 0 AND state = 'draft'"
    )
    return list(connection.exec_driver_sql(sql, (OPENED, roster_id)).scalars())


def window(connection: Connection, roster_id: int, start: int, count: int) -> list[StoredRow]:
    """At most `count` rows from position `start`."""
    place = order.locate(connection, roster_id, start)
    if place is None or count <= 0:
        return []
    sql = f"SELECT {FIELDS} FROM roster_row WHERE roster_id = ? AND pos >= ? ORDER BY pos LIMIT ? OFFSET ?"
    rows = connection.exec_driver_sql(sql, (roster_id, place[0], count, place[1])).fetchall()
    base = base_picked(connection, roster_id)
    return [as_row(connection, roster_id, row, start + number, base) for number, row in enumerate(rows)]


def find_row(connection: Connection, row_id: int) -> StoredRow | None:
    """One row within a transaction."""
    sql = f"SELECT {FIELDS}, roster_id FROM roster_row WHERE row_id = ? AND pos > 0"
    row = connection.exec_driver_sql(sql, (row_id,)).first()
    if row is None:
        return None
    index = order.rank(connection, row.roster_id, row.pos)
    return as_row(connection, row.roster_id, row, index, base_picked(connection, row.roster_id))


def rows_of(connection: Connection, row_ids: Sequence[int], start: int) -> list[StoredRow]:
    """Rows by id, in the order given; positions count from `start`. Rows that are gone are left out."""
    marks = ", ".join("?" * len(row_ids))
    sql = f"SELECT {FIELDS}, roster_id FROM roster_row WHERE row_id IN ({marks}) AND pos > 0"
    found = {row.row_id: row for row in connection.exec_driver_sql(sql, tuple(row_ids))} if row_ids else {}
    if not found:
        return []
    roster_id = next(iter(found.values())).roster_id
    base = base_picked(connection, roster_id)
    placed = [(place, found[row_id]) for place, row_id in enumerate(row_ids, start) if row_id in found]
    return [as_row(connection, roster_id, row, place, base) for place, row in placed]


def mark_duplicates(connection: Connection, roster_id: int, person: str) -> None:
    """Let rows that repeat an earlier one name the first (O-16, V-18); keys meet as in `domain.overlap`."""
    if not person:
        return
    subject = subject_of(person)
    among = "person = ?" if not subject else "person >= ? AND person < ?"
    sought = (person,) if not subject else (subject + MARK, subject + chr(ord(MARK) + 1))
    sql = (
        "SELECT row_id, dup_of, person FROM roster_row INDEXED BY ix_row_person"
        f" WHERE roster_id = ? AND {among} AND person <> ''"
        " AND pos > 0 AND change <> 'deleted' ORDER BY pos"
    )
    found = connection.exec_driver_sql(sql, (roster_id, *sought)).fetchall()
    for row, place in zip(found, repeats(row[2] for row in found), strict=True):
        first = None if place is None else found[place][0]
        if row[1] != first:
            connection.exec_driver_sql("UPDATE roster_row SET dup_of = ? WHERE row_id = ?", (first, row[0]))


def all_duplicates(connection: Connection, roster_id: int) -> None:
    """Mark the duplicates of a whole roster."""
    upto = f"substr(person, 1, instr(person, '{MARK}'))"
    sql = (
        "SELECT person FROM roster_row WHERE roster_id = ? AND person <> '' AND pos > 0"
        " GROUP BY person HAVING count(*) > 1"
        f" UNION SELECT person FROM roster_row WHERE roster_id = ? AND pos > 0 AND ({FAULTY})"
        " AND dup_of IS NOT NULL"
        " UNION SELECT min(person) FROM roster_row WHERE roster_id = ? AND person <> '' AND pos > 0"
        f" AND instr(person, '{MARK}') > 0 GROUP BY {upto} HAVING count(*) > 1"
    )
    found = connection.exec_driver_sql(sql, (roster_id, roster_id, roster_id)).scalars()
    one_each = {subject_of(person) or person: person for person in found}
    for person in one_each.values():
        mark_duplicates(connection, roster_id, person)


def drop_batch(connection: Connection, roster_id: int, batch: int) -> None:
    """Drop the rows of an import that did not end."""
    sql = "DELETE FROM roster_row WHERE roster_id = ? AND in_step = ?"
    connection.exec_driver_sql(sql, (roster_id, batch))
    connection.exec_driver_sql("DELETE FROM roster_step WHERE step_id = ?", (batch,))
    end_batch(connection, roster_id)


def end_batch(connection: Connection, roster_id: int) -> None:
    """No import is under way any more."""
    sql = "UPDATE roster_step SET state = 'done' WHERE roster_id = ? AND state = 'loading'"
    connection.exec_driver_sql(sql, (roster_id,))
    connection.exec_driver_sql("UPDATE roster SET loading = 0 WHERE roster_id = ?", (roster_id,))
    all_duplicates(connection, roster_id)
    touch(connection, roster_id)


def drop_broken_batch(connection: Connection, roster_id: int) -> None:
    """Drop the rows of an import whose process has ended without ending it."""
    sql = "SELECT loading, loader FROM roster WHERE roster_id = ? AND loading > 0"
    found = connection.exec_driver_sql(sql, (roster_id,)).first()
    if found is not None and found[1] != os.getpid() and not _runs(found[1]):
        drop_batch(connection, roster_id, found[0])


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def get_roster(connection: Connection, roster_id: int) -> Roster:
    """A roster's head; RosterError roster.gone."""
    query = select(roster_table).where(roster_table.c.roster_id == roster_id)
    found = connection.execute(query).first()
    if found is None:
        raise RosterError(_NO_ROSTER, code="roster.gone")
    return as_roster(found)


def as_roster(found: Row[Any]) -> Roster:
    """The head that a record of `roster` holds."""
    return Roster(
        roster_id=found.roster_id,
        scope=Scope(found.profile, found.center, found.unit_account, found.operator),
        business=found.business,
        source=found.source,
        header=json.loads(found.header),
        state=found.state,
        submission_id=found.submission_id,
        revision=found.revision,
        loading=found.loading > 0,
        created=found.created,
        updated=found.updated,
    )


def base_picked(connection: Connection, roster_id: int) -> int:
    """What `picked` of an unticked row is: a row is ticked when its own differs."""
    sql = "SELECT base_picked FROM roster WHERE roster_id = ?"
    return int(connection.exec_driver_sql(sql, (roster_id,)).scalar() or 0)


def as_row(connection: Connection, roster_id: int, row: Row[Any], index: int, base: int) -> StoredRow:
    """The row that a record of `FIELDS` holds."""
    first = None
    if row.dup_of is not None:
        sql = "SELECT pos FROM roster_row WHERE row_id = ?"
        pos = connection.exec_driver_sql(sql, (row.dup_of,)).scalar()
        first = None if pos is None else order.rank(connection, roster_id, pos)
    return StoredRow(
        row_id=row.row_id,
        index=index,
        typed=json.loads(row.typed),
        checked=json.loads(row.checked),
        findings=load_findings(row.findings),
        amount=row.amount,
        person=row.person,
        duplicate_of=first,
        source=row.source,
        sheet_row=row.sheet_row,
        change=row.change,
        selected=row.picked != base and row.state == "draft",
        state=row.state,
        submission_id=row.submission_id,
        submission_row=row.submission_row,
        result=row.result,
        reason=row.reason,
        account_no=row.account_no,
        in_step=row.in_step,
    )


def next_bad(connection: Connection, roster_id: int, index: int) -> int | None:
    """The position of the next faulty row behind `index`, wrapping round to `index` itself."""
    pos = order.pos_at(connection, roster_id, index)
    sql = (
        "SELECT pos FROM roster_row INDEXED BY ix_row_faulty WHERE roster_id = ? AND pos > ?"
        f" AND state = 'draft' AND ({FAULTY}) AND in_step <> {OPENED} ORDER BY pos LIMIT 1"
    )
    for behind in (0.0 if pos is None else pos, 0.0):
        found = connection.exec_driver_sql(sql, (roster_id, behind)).scalar()
        if found is not None:
            return order.rank(connection, roster_id, found)
    return None


def draft_row(connection: Connection, row_id: int) -> Row[Any]:
    """(roster_id, person, in_step) of a row that may be changed."""
    sql = "SELECT roster_id, person, in_step, state, change FROM roster_row WHERE row_id = ? AND pos > 0"
    found = connection.exec_driver_sql(sql, (row_id,)).first()
    if found is None:
        raise RosterError("这条记录已经不在了，请刷新后重试。", code="roster.gone")
    if found.state != "draft":
        raise RosterError("这条记录已经提交，不能再修改，如需更正请重新申报。", code="roster.frozen")
    if found.change == "deleted":
        raise RosterError("这条记录已标为删除，请先撤销删除再修改。", code="roster.deleted")
    return found
