"""Dropping what has served its time: nonces, challenges, codes, ended sessions, texts of sent messages."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from sqlalchemy import Connection, delete, or_, update

from center.clock import utc_text
from center.settings import Settings
from center.store.engine import Store
from center.store.tables import challenge, login_code, login_guard, nonce, outbox, session

log = logging.getLogger("gjj.center")

PERIOD = 600.0


def sweep(conn: Connection, settings: Settings) -> None:
    """Delete what nothing refers to any more, in the caller's transaction. Evidence and audit stay."""
    now = settings.clock.now()
    moment, day_ago = utc_text(now), utc_text(now - timedelta(days=1))
    conn.execute(delete(nonce).where(nonce.c.expires < moment))
    conn.execute(delete(challenge).where(challenge.c.expires < day_ago))
    conn.execute(delete(login_code).where(login_code.c.expires < day_ago))
    conn.execute(delete(login_guard).where(login_guard.c.updated < day_ago))
    conn.execute(delete(session).where(or_(session.c.ended < day_ago, session.c.expires < day_ago)))
    spent = utc_text(now - timedelta(seconds=2 * settings.code_lifetime))
    conn.execute(update(outbox).where(outbox.c.sent < spent, outbox.c.body != "").values(body=""))


class Sweeper:
    """A thread that sweeps at its start and then every ten minutes."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the sweep under way."""
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._store.run(lambda conn: sweep(conn, self._settings))
            except Exception as error:
                log.warning("sweep failed: %s", type(error).__name__)
            self._stop.wait(PERIOD)
