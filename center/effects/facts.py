"""Changes of what is registered of the unit and of its people (U-01 to U-10, P-01 to P-08).

Only the changed items are written; each leaves a line of `fact_change` with what it was and what it became.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update

from center.batches import batches
from center.effects.apply import Effect, Row, RowFailed, Work
from center.effects.changes import take_revisions
from center.registered import PERSON_COLUMNS, UNIT_COLUMNS, person_items, put_items, unit_items
from center.store.tables import account, depositor, fact_change, unit
from domain.businesses.fact_items import PERSON_ITEMS, UNIT_ITEMS, Item
from domain.businesses.facts import ITEM, NEW, OLD, overtaken

SYNCHRONISED = ("mobile",)
"""Items of a person that the copies of the units hold (E-01)."""
_UNIT = {item.key: item for item in UNIT_ITEMS}
_PERSON = {item.key: item for item in PERSON_ITEMS}


def effect(business: str) -> Effect:
    """The effect of `unit_change` or `person_change`."""
    return UnitEffect() if business == "unit_change" else PersonEffect()


class UnitEffect:
    """The unit's items become what the rows say."""

    def units(self, work: Work, rows: Sequence[Row]) -> Sequence[str]:
        """No other unit is concerned."""
        return ()

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Register each row's item."""
        mine = unit.c.unit_account == work.unit_account
        known = work.conn.execute(select(unit).where(mine)).one()
        items = _new_values(work, _UNIT, unit_items(known), rows)
        work.conn.execute(update(unit).where(mine).values(**put_items(UNIT_COLUMNS, known.details, items)))
        _write_history(work, rows, take_revisions(work, len(rows)))
        return {row.row_no: "" for row in rows}


class PersonEffect:
    """Each person's items become what the rows say, at whatever units the person has accounts."""

    def units(self, work: Work, rows: Sequence[Row]) -> Sequence[str]:
        """The units whose copies of the person change."""
        concerned = [row for row in rows if row.values[ITEM] in SYNCHRONISED]
        return sorted({known.unit_account for row in concerned for known in row.facts.accounts})

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Register each row's item."""
        own: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            own[row.person_key].append(row)
        for batch in batches(own):
            for known in work.conn.execute(select(depositor).where(depositor.c.person_key.in_(batch))).all():
                items = _new_values(work, _PERSON, person_items(known), own[known.person_key])
                values = put_items(PERSON_COLUMNS, known.details, items)
                one = depositor.c.person_key == known.person_key
                work.conn.execute(update(depositor).where(one).values(**values))
        before = take_revisions(work, len(rows))
        numbers = _write_history(work, rows, before)
        self._tell_units(work, [row for row in rows if row.values[ITEM] in SYNCHRONISED])
        return numbers

    @staticmethod
    def _tell_units(work: Work, rows: Sequence[Row]) -> None:
        """Have every unit's copy of the people brought up to date."""
        for row in rows:
            for known in row.facts.accounts:
                theirs = unit.c.unit_account == known.unit_account
                rev = work.conn.execute(select(unit.c.depositor_rev).where(theirs)).scalar_one() + 1
                work.conn.execute(update(unit).where(theirs).values(depositor_rev=rev))
                one = update(account).where(account.c.account_no == known.account_no)
                work.conn.execute(one.values(rev=rev))


def _new_values(
    work: Work, known: Mapping[str, Item], present: Mapping[str, str], rows: Sequence[Row]
) -> dict[str, str]:
    """What the rows of one subject register. Raises RowFailed where an item has another value by now."""
    items: dict[str, str] = {}
    for row in rows:
        item = known[row.values[ITEM]]
        now = items.get(item.key, present.get(item.key, ""))
        if told := overtaken(item, row.values.get(OLD, ""), now, work.day):
            raise RowFailed("fact.changed", told)
        items[item.key] = item.registered(row.values.get(NEW, ""))
    return items


def _write_history(work: Work, rows: Sequence[Row], rev: int) -> dict[int, str]:
    """Write a line for each row under the revisions behind `rev`; returns account numbers by row."""
    lines: list[dict[str, Any]] = []
    for row in rows:
        rev += 1
        lines.append(
            {
                "unit_account": work.unit_account,
                "rev": rev,
                "account_no": row.values.get("account_no", ""),
                "person_key": row.person_key,
                "business": work.business,
                "submission_id": work.submission_id,
                "row_no": row.row_no,
                "item": row.values[ITEM],
                "value_from": row.values.get(OLD, ""),
                "value_to": row.values.get(NEW, ""),
                "day": work.day.isoformat(),
                "month": work.month,
            }
        )
    if lines:
        work.conn.execute(insert(fact_change), lines)
    return {row.row_no: row.values.get("account_no", "") for row in rows}
