"""Telling other units what a submission has changed of their accounts (X-01)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection

from center import inbox
from center.effects.apply import Results, Row, Work, effect_of
from domain.businesses.move_rules import TransferRules

SHOWN = 5
"""Names told before the number stands for the rest."""


def other_units(work: Work, rows: Sequence[Row]) -> list[str]:
    """The other units whose accounts rows may change."""
    return sorted(set(effect_of(work.business).units(work, rows)) - {work.unit_account})


def tell_others(work: Work, rows: Sequence[Row], results: Results, sender: str, now: str) -> None:
    """Put a message into the inbox of each other unit that the rows carried out have changed."""
    rules = work.profile.rules(work.business)
    if not isinstance(rules, TransferRules):
        return
    names: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.row_no in results.accounts:
            for name in other_units(work, [row]):
                names[name].append(row.values.get("name", "") or row.facts.name)
    for name in sorted(names):
        _tell(work.conn, work, rules, name, names[name], sender, now)


def _tell(
    conn: Connection, work: Work, rules: TransferRules, unit: str, people: list[str], sender: str, now: str
) -> None:
    shown = "、".join(people[:SHOWN]) + ("等" if len(people) > SHOWN else "")
    body = rules.told.format(unit=sender, count=len(people), names=shown)
    inbox.post_where_shown(conn, work.profile, unit, inbox.Entry("messages", rules.title, body), now)
