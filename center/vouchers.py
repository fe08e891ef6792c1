"""Printed vouchers: counted by 业务流水号, sealed by the center, checked by anybody who holds the paper."""

from __future__ import annotations

import hmac

from sqlalchemy import Connection, func, insert, select, update

from center import rows as row_store
from center.audit import append_audit
from center.clock import now_text
from center.deps import UnitScope
from center.errors import ProblemError, not_found
from center.seal_key import base64url, seal_key
from center.state import Center
from center.store.tables import submission, unit
from center.store.voucher_tables import voucher_print
from domain.canonical import canonical_json
from domain.money import format_yuan
from domain.profile import Profile
from domain.voucher_wire import CODE_LENGTH, PrintTicket, Seal, SealedFacts, VoucherFacts

CHECK_PATH = "/v1/vouchers"
"""Where a paper is checked; what follows is the 业务流水号 and the first characters of the digest."""


def facts_of(conn: Connection, profile: Profile, serial: str, unit_account: str = "") -> VoucherFacts:
    """What the center knows of a submission, of a unit or of whichever has it. Raises not_found."""
    found = (
        select(submission, unit.c.name.label("unit_name"))
        .join(unit, unit.c.unit_account == submission.c.unit_account)
        .where(submission.c.serial == serial)
    )
    if unit_account:
        found = found.where(submission.c.unit_account == unit_account)
    row = conn.execute(found).one_or_none()
    if row is None:
        raise not_found()
    key = row.unit_account, row.submission_id
    counts = row_store.state_counts(conn, [key]).get(key, {})
    return VoucherFacts(
        center=profile.center,
        serial=serial,
        unit_account=row.unit_account,
        unit_name=row.unit_name,
        business=row.business,
        title=profile.business_title(row.business),
        day=row.day,
        count=row.total,
        ok=counts.get("ok", 0),
        failed=counts.get("failed", 0),
        amount=format_yuan(row.amount),
        submission=row.digest,
    )


def count_print(scope: UnitScope, serial: str, title: str) -> PrintTicket:
    """Count one more print of a voucher (第n次打印). Raises not_found for a number that is not the unit's."""

    def work(conn: Connection) -> PrintTicket:
        facts = facts_of(conn, scope.profile, serial, scope.unit_account)
        mine = (voucher_print.c.unit_account == scope.unit_account) & (voucher_print.c.serial == serial)
        conn.execute(select(unit).where(unit.c.unit_account == scope.unit_account).with_for_update())
        last = conn.scalar(select(func.max(voucher_print.c.printed)).where(mine)) or 0
        values = {"title": title, "actor": scope.operator_id, "time": now_text(scope.clock), "digest": ""}
        conn.execute(
            insert(voucher_print).values(
                unit_account=scope.unit_account, serial=serial, printed=last + 1, **values
            )
        )
        append_audit(
            conn,
            scope.clock,
            scope.operator_id,
            "voucher.printed",
            unit_account=scope.unit_account,
            subject=serial,
            detail=f"{title} {last + 1}",
        )
        path = f"{CHECK_PATH}/{serial}?code={facts.submission[:CODE_LENGTH]}"
        return PrintTicket(printed=last + 1, path=path)

    return scope.store.run(work)


def seal(scope: UnitScope, serial: str, printed: int, digest: str) -> Seal:
    """The center's word on the file of a counted print; a print is sealed once, the same file again too.

    Raises not_found, voucher.sealed for another file under the same number.
    """
    kept = seal_key(scope.settings.data_dir, scope.profile.center, scope.clock)

    def work(conn: Connection) -> Seal:
        mine = (
            (voucher_print.c.unit_account == scope.unit_account)
            & (voucher_print.c.serial == serial)
            & (voucher_print.c.printed == printed)
        )
        row = conn.execute(select(voucher_print).where(mine).with_for_update()).one_or_none()
        if row is None:
            raise not_found()
        if row.digest not in ("", digest):
            raise ProblemError("voucher.sealed", "这一次打印已经签章，请重新打印。")
        conn.execute(update(voucher_print).where(mine).values(digest=digest))
        facts = SealedFacts(
            about=facts_of(conn, scope.profile, serial, scope.unit_account),
            document=digest,
            printed=printed,
            sealed=now_text(scope.clock),
        )
        content = canonical_json(facts.model_dump(mode="json"))
        certificate = base64url(kept.certificate)
        return Seal(facts=content.decode(), signature=kept.sign(content), certificate=certificate)

    return scope.store.run(work)


def check(center: Center, serial: str, code: str) -> VoucherFacts:
    """The facts for a paper that shows the right code. Raises not_found for a wrong number or code alike."""
    with center.store.read() as conn:
        facts = facts_of(conn, center.profile, serial)
    if not hmac.compare_digest(facts.submission[:CODE_LENGTH].encode(), code.encode()):
        raise not_found()
    return facts
