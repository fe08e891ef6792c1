"""The separate password of 单位网上对账 (L-13): the unit's own, counted apart from the login."""

from __future__ import annotations

from sqlalchemy import Connection, select

from center.audit import append_audit
from center.auth import lockout
from center.auth.passwords import verify_password
from center.auth.sessions import note_reconciled
from center.deps import UnitScope
from center.errors import ProblemError
from center.store.tables import unit
from domain.wire import Done, ReconcileLogin

PLACE = "单位网上对账"
WHAT = "单位客户号或对账密码"


def enter_reconcile(scope: UnitScope, given: ReconcileLogin) -> Done:
    """Check what was entered; a unit without a separate password may enter with its login alone.

    Raises module.off where the center has no such password, auth.bad_credentials, auth.locked.
    """
    if not scope.profile.auth.reconcile_password:
        raise ProblemError("module.off", "本中心没有单独的对账密码，登录后即可查询单位信息。")
    with scope.store.read() as conn:
        query = select(unit.c.reconcile_hash).where(unit.c.unit_account == scope.unit_account)
        stored = conn.scalar(query)
    if stored is None:
        return Done(message="对账密码与交易密码相同，可以直接进入。")
    subject = lockout.subject_of("reconcile", scope.unit_account)
    left = scope.store.run(lambda conn: lockout.charge(conn, scope.settings, subject, PLACE))
    own = given.unit_account.strip() == scope.unit_account
    fits = verify_password(stored if own else None, given.password)
    scope.store.run(lambda conn: _note(conn, scope, subject, fits))
    if not fits:
        raise lockout.wrong(scope.settings, WHAT, left, PLACE)
    return Done(message="对账密码正确，可以进入。")


def _note(conn: Connection, scope: UnitScope, subject: str, fits: bool) -> None:
    if fits:
        lockout.clear(conn, subject)
        note_reconciled(conn, scope.session_hash)
    action = "reconcile" if fits else "reconcile.failed"
    append_audit(conn, scope.clock, scope.operator_id, action, unit_account=scope.unit_account)
