"""A program that submits three rows and dies at a named point: FOLDER URL POINT [resume]."""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path
from typing import Any

from client.api import CenterClient
from client.outbox import Outbox
from client.session import Person, Session
from client.store.database import Database
from client.store.outbox_store import OutboxStore
from client.store.rosters import RosterStore
from client.store.rows import Frozen, NewRow, Scope
from client.transport import Identity, Transport
from domain.canonical import canonical_json
from domain.wire import UnitContext

SCOPE = Scope("baishan", "test", "100001", "li")


def die() -> None:
    os._exit(9)


def set_traps(point: str) -> None:
    """Die where `point` says, as a power cut would."""

    def wrap(owner: Any, name: str, *, before: bool) -> None:
        real = getattr(owner, name)

        def trapped(self: Any, *args: Any, **more: Any) -> Any:
            if before:
                die()
            result = real(self, *args, **more)
            die()
            return result

        setattr(owner, name, trapped)

    match point:
        case "before-commit":
            wrap(OutboxStore, "enqueue", before=True)
        case "after-commit":
            wrap(OutboxStore, "enqueue", before=False)
        case "before-send":
            wrap(Outbox, "_attempt", before=True)
        case "before-arrival":
            wrap(OutboxStore, "begin_attempt", before=False)
        case "after-arrival":
            wrap(Transport, "_exchange", before=False)
        case "before-final":
            wrap(OutboxStore, "accept", before=True)
        case "after-final":
            wrap(OutboxStore, "accept", before=False)


def frozen(store: RosterStore) -> Frozen:
    roster = store.open_draft(SCOPE, "open").roster_id
    rows = [store.insert(roster, NewRow({"name": name}, {"name": name}, amount=100)) for name in "abc"]
    request = {"totals": {"count": 3, "amount": "3.00"}, "rows": [dict(row.checked) for row in rows]}
    return Frozen(
        submission_id=str(uuid.uuid4()),
        roster_id=roster,
        revision=store.roster(roster).revision,
        business="open",
        source="single",
        body=canonical_json(request),
        row_ids=tuple(row.row_id for row in rows),
        count=3,
        amount=300,
    )


def main(folder: str, url: str, point: str, *resume: str) -> int:
    set_traps(point)
    database = Database(Path(folder))
    client = CenterClient(url)
    client.identify(Identity("token", "100001", "li"))
    session = Session(client, profile_name="baishan")
    session.context = UnitContext(
        unit_account="100001",
        name="示例一中",
        unified_ratio=True,
        ratios=[],
        fund_types=[],
        limits=None,
        month=202611,
        today="2026-11-20",
        server_time="2026-11-20T02:00:00Z",
        signature_required=False,
        revision=0,
    )
    session.person = Person("agent", "li", "李四", "100001", (), "", False, "")
    outbox = Outbox(database, session, SCOPE)
    if resume:
        outbox.wake()
    else:
        outbox.submit(frozen(RosterStore(database)))
    while outbox.store.open_ids(SCOPE):
        outbox.wake()
        outbox.send_due()
    database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
