"""Units and people who may log in, as the center's staff registers them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from center.auth.passwords import hash_password
from center.store.tables import operator, operator_unit, unit


class OperatorError(ValueError):
    """An operator that cannot be registered; `text` is one Chinese sentence."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class NewOperator:
    """An agent (with units, the first is the home unit) or a clerk (without).

    `permissions` are businesses allowed for every one of the units, () permits all (L-08).
    """

    login_name: str
    name: str
    units: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    id_number: str = ""
    mobile: str = ""

    @property
    def role(self) -> str:
        """Agent or clerk."""
        return "agent" if self.units else "clerk"


def add_operator(conn: Connection, new: NewOperator, password: str, *, must_change: bool) -> str:
    """Register an operator and return the id. Raises OperatorError for an unknown unit or a name in use."""
    _check(conn, new)
    operator_id = str(uuid.uuid4())
    conn.execute(
        insert(operator).values(
            operator_id=operator_id,
            role=new.role,
            login_name=new.login_name,
            home_unit=new.units[0] if new.units else "",
            name=new.name,
            id_number=new.id_number,
            mobile=new.mobile,
            password_hash=hash_password(password),
            must_change=must_change,
            active=True,
        )
    )
    for account in new.units:
        conn.execute(
            insert(operator_unit).values(
                operator_id=operator_id, unit_account=account, permissions=json.dumps(list(new.permissions))
            )
        )
    return operator_id


def _check(conn: Connection, new: NewOperator) -> None:
    known = _known(conn, new.units)
    for account in new.units:
        if account not in known:
            raise OperatorError(f"没有单位账号{account}，请核对后重试。")
    taken = select(operator.c.operator_id).where(
        operator.c.role == new.role,
        operator.c.home_unit == (new.units[0] if new.units else ""),
        operator.c.login_name == new.login_name,
    )
    if conn.scalar(taken) is not None:
        raise OperatorError(f"登录名称{new.login_name}已被使用，请另取一个。")


def _known(conn: Connection, accounts: Sequence[str]) -> set[str]:
    return set(conn.scalars(select(unit.c.unit_account).where(unit.c.unit_account.in_(accounts))))
