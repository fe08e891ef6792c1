"""Text messages out of the center: an outbox table written with the business, and a pump that empties it.

A gateway is a plug-in: a class without arguments that has `send`, named in the entry point group `gjj.sms`.
"""

from __future__ import annotations

import logging
import sys
import threading
import uuid
from importlib.metadata import entry_points
from typing import Protocol, TextIO

from sqlalchemy import Connection, select, update

from center.clock import now_text
from center.settings import Settings
from center.store.engine import Store
from center.store.tables import outbox

log = logging.getLogger("gjj.center")

GROUP = "gjj.sms"
CHANNEL = "sms"
PERIOD = 2.0
BATCH = 50


class SmsGateway(Protocol):
    """What carries a message to a telephone."""

    def send(self, message_id: str, mobile: str, text: str) -> None:
        """Send once; `message_id` lets the carrier drop a repetition. Raises OSError to be asked again."""


class ConsoleGateway:
    """The demo's gateway: the message appears on the center's console."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, message_id: str, mobile: str, text: str) -> None:
        """Print one line."""
        del message_id
        print(f"【短信】{mobile}：{text}", file=self._stream or sys.stdout, flush=True)


def load_gateway(settings: Settings) -> SmsGateway | None:
    """The gateway of the settings; None leaves messages in the outbox table. Raises LookupError."""
    if settings.sms_gateway:
        found = entry_points(group=GROUP, name=settings.sms_gateway)
        for point in found:
            gateway: SmsGateway = point.load()()
            return gateway
        raise LookupError(f"没有名为“{settings.sms_gateway}”的短信网关插件，请检查安装。")
    return ConsoleGateway() if settings.demo else None


def queue_sms(conn: Connection, settings: Settings, mobile: str, text: str) -> str:
    """Write a message into the outbox, in the caller's transaction; returns its id."""
    message_id = str(uuid.uuid4())
    conn.execute(
        outbox.insert().values(
            outbox_id=message_id,
            channel=CHANNEL,
            recipient=mobile,
            body=text,
            created=now_text(settings.clock),
        )
    )
    return message_id


class SmsPump:
    """A thread that sends what is in the outbox. `nudge()` makes it look at once."""

    def __init__(self, settings: Settings, store: Store, gateway: SmsGateway | None) -> None:
        self._settings = settings
        self._store = store
        self._gateway = gateway
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin sending."""
        if self._gateway is not None and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sms-pump", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Finish the message under way and stop."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None

    def nudge(self) -> None:
        """There may be something to send."""
        self._wake.set()

    def deliver(self) -> int:
        """Send what waits, at most 50 messages; returns how many went out."""
        if self._gateway is None:
            return 0
        with self._store.read() as conn:
            waiting = conn.execute(
                select(outbox)
                .where(outbox.c.sent.is_(None), outbox.c.channel == CHANNEL)
                .order_by(outbox.c.created)
                .limit(BATCH)
            ).all()
        for row in waiting:
            self._gateway.send(row.outbox_id, row.recipient, row.body)
            sent = now_text(self._settings.clock)
            change = update(outbox).where(outbox.c.outbox_id == row.outbox_id).values(sent=sent)
            with self._store.write() as conn:
                conn.execute(change)
        return len(waiting)

    def _run(self) -> None:
        while not self._stopping:
            try:
                if self.deliver() == BATCH:
                    continue
            except Exception as error:
                log.warning("sms delivery failed: %s", type(error).__name__)
            self._wake.wait(PERIOD)
            self._wake.clear()
