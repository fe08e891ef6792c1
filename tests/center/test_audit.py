from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from center.audit import append_audit, verify_audit
from center.store.tables import audit, audit_head
from tests.support.center import CenterUnderTest


def fill(center: CenterUnderTest, count: int = 5) -> None:
    for number in range(count):
        center.store.run(
            lambda conn, number=number: append_audit(  # type: ignore[misc]
                conn, center.clock, "张三", "test", unit_account="100001", subject=f"第{number}条"
            )
        )


def check(center: CenterUnderTest) -> int | None:
    with center.store.read() as conn:
        return verify_audit(conn)


def test_a_sound_log(any_center: CenterUnderTest) -> None:
    assert check(any_center) is None
    fill(any_center)
    assert check(any_center) is None
    with any_center.store.read() as conn:
        assert list(conn.scalars(select(audit.c.seq).order_by(audit.c.seq))) == [1, 2, 3, 4, 5]


Damage = Callable[[Connection], object]


@pytest.mark.parametrize(
    ("damage", "first"),
    [
        (lambda conn: conn.execute(update(audit).where(audit.c.seq == 3).values(actor="李四")), 3),
        (lambda conn: conn.execute(update(audit).where(audit.c.seq == 3).values(detail="x")), 3),
        (lambda conn: conn.execute(update(audit).where(audit.c.seq == 2).values(chain="0" * 64)), 2),
        (lambda conn: conn.execute(delete(audit).where(audit.c.seq == 1)), 1),
        (lambda conn: conn.execute(delete(audit).where(audit.c.seq == 4)), 4),
        (lambda conn: conn.execute(delete(audit).where(audit.c.seq >= 4)), 4),
        (lambda conn: conn.execute(delete(audit)), 1),
        (lambda conn: conn.execute(delete(audit_head)), 6),
        (lambda conn: conn.execute(update(audit_head).values(seq=4)), 6),
    ],
)
def test_the_first_damaged_row_is_named(center: CenterUnderTest, damage: Damage, first: int) -> None:
    fill(center)
    with center.store.write() as conn:
        damage(conn)
    assert check(center) == first


def test_an_inserted_row_is_found(center: CenterUnderTest) -> None:
    fill(center, 2)
    with center.store.write() as conn:
        row = dict(conn.execute(select(audit).where(audit.c.seq == 2)).one()._mapping)
        conn.execute(insert(audit).values({**row, "seq": 3}))
    assert check(center) == 3


def test_a_row_goes_away_with_its_transaction(center: CenterUnderTest) -> None:
    fill(center, 1)
    with pytest.raises(RuntimeError), center.store.write() as conn:
        append_audit(conn, center.clock, "x", "test")
        raise RuntimeError
    fill(center, 1)
    assert check(center) is None
    with center.store.read() as conn:
        assert len(conn.execute(select(audit)).all()) == 2


def test_appending_at_the_same_moment_keeps_one_chain(any_center: CenterUnderTest) -> None:
    threads = [threading.Thread(target=fill, args=(any_center, 10)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert check(any_center) is None
    with any_center.store.read() as conn:
        assert len(conn.execute(select(audit)).all()) == 60
