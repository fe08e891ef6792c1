"""汇缴 at a center under test: what can be verified, verified as a client would, money that comes."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from center.auth.sessions import open_session
from center.effects.apply import lock_units
from center.ledger import codes
from center.ledger.audit import audit_store
from center.ledger.post import Entry, Move, balance, post
from center.moment import Moment
from center.settling import money_arrived
from center.store.engine import Store
from center.store.money_tables import bank_receipt, remittance
from center.store.tables import account, account_change, depositor, operator, unit
from domain.money import format_yuan
from tests.support.carry_out import carry_out
from tests.support.center import Login
from tests.support.filing import Office, moved


def settle_in(office: Office) -> None:
    """Let the unit's people have been there for long."""
    with office.center.store.write() as conn:
        mine = account.c.unit_account == office.unit
        conn.execute(update(account).where(mine).values(opened="2020-01-01"))
        lines = account_change.c.unit_account == office.unit
        conn.execute(update(account_change).where(lines).values(month=202001))


def on_day(office: Office, day: date) -> None:
    """Go on at ten o'clock of another day, logged in anew."""
    moved(office.center, day)
    login = office.login
    with office.center.store.write() as conn:
        who = conn.execute(
            select(operator.c.operator_id).where(operator.c.login_name == f"agent{office.unit}")
        )
        fingerprint = login.key.fingerprint if login.key is not None else ""
        token, _ = open_session(conn, office.center.settings, who.scalar_one(), office.unit, fingerprint)
    office.login = Login({**login.reply, "token": token}, login.key)


def plan(office: Office) -> dict[str, Any]:
    """What can be verified now."""
    found: dict[str, Any] = office.unit_get("/remittances/plan")
    return found


def month_row(month: dict[str, Any]) -> dict[str, str]:
    """A month as a client sends it."""
    return {
        "month": str(month["month"]),
        "people": str(month["people"]),
        "total_amount": month["amount"],
    }


def due(office: Office, count: int = 1) -> list[dict[str, str]]:
    """Rows of the next months that can be verified."""
    return [month_row(one) for one in plan(office)["months"][:count]]


def verify(office: Office, count: int = 1) -> list[dict[str, str]]:
    """Verify the next months, one submission each where the center wants that; gives their rows."""
    rules = office.profile.business.remit
    assert rules is not None
    rows = due(office, count)
    for part in [rows] if rules.multi_month else [[row] for row in rows]:
        done = carry_out(office, part, "remit")
        assert (done["state"], done["ok"]) == ("done", len(part)), done
    return rows


def come(office: Office, amount: int, *, remark: str = "") -> str:
    """Let `amount` 分 arrive as 单位未分配金额, as a matched receipt does; gives the receipt."""
    receipt = str(uuid.uuid4())
    center = office.center
    with center.store.write() as conn:
        lock_units(conn, [office.unit])
        moment = Moment.read(conn, center.clock, office.profile)
        row = {
            "receipt_id": receipt,
            "bank_no": receipt.upper(),
            "day": moment.day.isoformat(),
            "amount": amount,
            "unit_account": office.unit,
            "state": "matched",
            "operator_id": "gy",
            "recorded": moment.now,
            "source": "single",
            "remark": remark,
        }
        conn.execute(insert(bank_receipt).values(row))
        entry = Entry("receipt", f"receipt:{receipt}:1", office.unit, moment.day, moment.now)
        post(conn, entry, [Move(codes.BANK, codes.unallocated(office.unit), amount, "0")])
        money_arrived(conn, office.unit, moment, receipt)
    return receipt


def waiting(office: Office) -> str:
    """单位未分配金额 in 元."""
    with office.center.store.read() as conn:
        return format_yuan(balance(conn, codes.unallocated(office.unit)))


def standing(store: Store, unit_account: str) -> tuple[int | None, list[tuple[int, str]]]:
    """缴至月份, and the months that were verified with their states, cancelled ones included."""
    with store.read() as conn:
        paid = conn.scalar(select(unit.c.paid_through).where(unit.c.unit_account == unit_account))
        found = select(remittance.c.month, remittance.c.state).where(
            remittance.c.unit_account == unit_account
        )
        rows = conn.execute(found.order_by(remittance.c.month, remittance.c.state)).all()
        return paid, [(row.month, row.state) for row in rows]


def leaving(office: Office, other: Office, number: str) -> tuple[Office, dict[str, str], str]:
    """Who files that an account goes to another unit, the row and the business."""
    if office.profile.business.transfer_out is not None:
        return office, {"account_no": number, "to_unit": other.unit}, "transfer_out"
    with office.center.store.read() as conn:
        mine = account.c.person_key == depositor.c.person_key
        person = conn.execute(
            select(depositor).join(account, mine).where(account.c.account_no == number)
        ).one()
    row = {"name": person.name, "id_number": person.id_number, "reason": "01"}
    return other, row, "transfer_in"


def assert_audited(store: Store) -> None:
    """Nothing is wrong with the books."""
    assert [one.broken for one in audit_store(store) if one.broken] == []
