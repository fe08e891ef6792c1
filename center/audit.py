"""The audit log: append-only rows, each hashed with the one before, written with the act they tell of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from center.clock import Clock, now_text
from center.store.tables import audit, audit_head
from domain.canonical import canonical_json, sha256_hex

START = "0" * 64
HEAD = 1


def append_audit(
    conn: Connection,
    clock: Clock,
    actor: str,
    action: str,
    *,
    unit_account: str = "",
    subject: str = "",
    detail: str = "",
) -> int:
    """Append a row in the caller's transaction and return its number, counted from 1.

    The end of the chain stays locked until the transaction ends, so call this last. `detail` holds no secret.
    """
    head = conn.execute(select(audit_head).where(audit_head.c.head == HEAD).with_for_update()).one()
    row = {
        "seq": head.seq + 1,
        "time": now_text(clock),
        "actor": actor[:60],
        "unit_account": unit_account,
        "action": action[:40],
        "subject": subject[:80],
        "detail": detail,
        "previous": head.chain,
    }
    chain = row_hash(row)
    conn.execute(audit.insert().values(**row, chain=chain))
    conn.execute(audit_head.update().where(audit_head.c.head == HEAD).values(seq=row["seq"], chain=chain))
    return int(head.seq) + 1


def row_hash(row: dict[str, Any]) -> str:
    """SHA-256 of a row's canonical form, its link to the row before included."""
    return sha256_hex(canonical_json(row))


def verify_audit(conn: Connection) -> int | None:
    """The number of the first row that is missing or was changed; None when the whole log is sound.

    A log cut at its end is told by the stored head: then the number is that of the first row missing.
    """
    previous, expected = START, 1
    for row in conn.execution_options(yield_per=1000).execute(select(audit).order_by(audit.c.seq)):
        fields = dict(row._mapping)
        chain = fields.pop("chain")
        if row.seq != expected or row.previous != previous or row_hash(fields) != chain:
            return expected
        previous, expected = chain, expected + 1
    head = conn.execute(select(audit_head).where(audit_head.c.head == HEAD)).one_or_none()
    if head is None or head.seq != expected - 1 or head.chain != previous:
        return expected
    return None
