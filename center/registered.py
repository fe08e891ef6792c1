"""What is registered of units and people, by the item keys of `domain.businesses.fact_items`.

A unit's name, credit code and address and a person's name, ID number and mobile have columns of their own;
the other items stand in the JSON column `details`. Empty items are left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from center.store.tables import submission

UNIT_COLUMNS = {"account": "unit_account", "name": "name", "creditcode": "credit_code", "address": "address"}
"""Item of a unit -> its column."""
PERSON_COLUMNS = {"name": "name", "idnumber": "id_number", "mobile": "mobile"}
"""Item of a person -> its column."""
OPEN_STATES = ("review", "processing")
"""States of a submission that is not settled."""


def unit_items(row: Any) -> dict[str, str]:
    """The items of a row of `unit`."""
    own = {key: getattr(row, column) for key, column in UNIT_COLUMNS.items()}
    return _filled({**json.loads(row.details), **own})


def person_items(row: Any) -> dict[str, str]:
    """The items of a row of `depositor`, those that follow from the ID number too."""
    own = {key: getattr(row, column) for key, column in PERSON_COLUMNS.items()}
    return _filled({"idtype": "01", **_identity(row.person_key), **json.loads(row.details), **own})


def _identity(person_key: str) -> dict[str, str]:
    """Gender and birth as the 18 digits of an ID number say."""
    if len(person_key) != 18 or not person_key[:17].isdecimal():
        return {}
    birth = f"{person_key[6:10]}-{person_key[10:12]}-{person_key[12:14]}"
    return {"gender": "1" if int(person_key[16]) % 2 else "2", "birth": birth}


def _filled(items: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in items.items() if text}


def put_items(columns: Mapping[str, str], details: str, items: Mapping[str, str]) -> dict[str, str]:
    """The columns to write for new values of some items; `details` is the JSON text as it stands."""
    values = {columns[key]: text for key, text in items.items() if key in columns}
    others = {key: text for key, text in items.items() if key not in columns}
    if others:
        merged = _filled({**json.loads(details), **others})
        values["details"] = json.dumps(merged, ensure_ascii=False, sort_keys=True)
    return values


def open_businesses(conn: Connection, unit_account: str, *, without: str = "") -> frozenset[str]:
    """Ids of the businesses a unit has under way; the submission `without` does not count (V-01)."""
    found = select(submission.c.business).where(
        submission.c.unit_account == unit_account,
        submission.c.state.in_(OPEN_STATES),
        submission.c.submission_id != without,
    )
    return frozenset(conn.scalars(found.distinct()))
