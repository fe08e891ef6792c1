"""The application at an agent's workplace, before a center of any profile in this process."""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
from textual import events
from textual.app import ComposeResult

from center.demo.generator import Person as Someone
from center.state import Center
from client.api import CenterClient
from client.session import Person, Session
from client.settings import CenterSettings, FileSettings, Settings
from client.store.rows import StoredRow
from client.transport import Identity
from screens.app import AppScreen, GjjApp
from screens.catalog import catalog
from screens.roster_parts import FactsView
from screens.state import AppState
from tests.client.support import BASE, KeyInHand
from tests.support.center import CenterUnderTest, Server
from tests.support.filing import Office, clerk
from tui.bars import KeyBar, StatusLine, TitleBar
from tui.form import Form
from tui.grid import Grid
from ukey.signer import PinIncorrect

PIN = "246810"
KEYS = {"\r": "enter", "\t": "tab", " ": "space", ".": "full_stop", "-": "minus"}
WAIT = 20.0


class Wire(httpx.BaseTransport):
    """The line to the center. `down` cuts it; `slow` holds answers to what is sent until it is cleared.

    Long polls last a second at most, so that nothing of a test is left behind.
    """

    def __init__(self, inner: httpx.BaseTransport, far_end: Center) -> None:
        self.inner = inner
        self._far_end = far_end
        self.down = False
        self.slow = threading.Event()
        self.slow.set()
        self.seen: list[httpx.Request] = []
        self._lock = threading.Lock()
        self._under_way = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("the line is cut", request=request)
        if "wait" in request.url.params:
            wait = min(1, int(request.url.params["wait"]))
            request.url = request.url.copy_set_param("wait", wait)
        else:
            self.seen.append(request)
            assert self.slow.wait(WAIT)
        with self._lock:
            self._under_way += 1
        try:
            return self.inner.handle_request(request)
        finally:
            with self._lock:
                self._under_way -= 1

    def sent(self, method: str, part: str = "") -> list[httpx.Request]:
        return [request for request in self.seen if request.method == method and part in request.url.path]

    def rest(self) -> None:
        """Cut the line and wait until nothing is under way; waiting polls are answered at once."""
        self.down = True
        self.slow.set()
        self._far_end.close_polls()
        end = time.monotonic() + WAIT
        while self._under_way and time.monotonic() < end:
            time.sleep(0.002)
        self._far_end.open_polls()


class PinnedKey(KeyInHand):
    """A key whose PIN is checked and wiped."""

    def unlock(self, pin: bytearray | None) -> None:
        typed = bytes(pin or b"").decode()
        if pin is not None:
            pin[:] = bytes(len(pin))
        if typed != PIN:
            raise PinIncorrect(2)
        self.unlocked = True


class Start(AppScreen):
    """The bottom of the stack, in the place of the home screen."""

    TITLE = "起点"

    def body(self) -> ComposeResult:
        yield FactsView([("", "起点")])


class Workplace:
    """One agent with state, key and center. `wire` stands between client and center and may cut."""

    def __init__(
        self, center: CenterUnderTest, folder: Path, server: Server | None = None, **unit: Any
    ) -> None:
        """With `server` the center is reached over a real socket, else in this process."""
        self.center = center
        self.url = server.url if server else BASE
        self.office = Office(center, **unit)
        self.profile = center.settings.profile
        self.folder = folder
        if server:
            self.wire = Wire(httpx.HTTPTransport(), server.center)
        else:
            self.wire = Wire(center.transport, center.center)
        self.key = None if self.office.login.key is None else PinnedKey(self.office.login.key)
        self.state = self._state()

    def _state(self) -> AppState:
        settings = Settings(
            center=CenterSettings(self.url, self.profile.name),
            files=FileSettings(data_dir=self.folder, in_dir=self.folder / "in", out_dir=self.folder / "out"),
        )
        state = AppState(settings)
        client = CenterClient(self.url, transport=self.wire, clock=self._now)
        session = Session(client, profile_name=self.profile.name, signer=self.key)
        state._session, state._signer, state._signer_asked = session, self.key, True
        self._enter(state, session)
        return state

    def _now(self) -> float:
        return self.center.clock.now().timestamp()

    def _enter(self, state: AppState, session: Session) -> None:
        """Be logged in with the session the office has opened."""
        reply = self.office.login.reply
        unit, operator = str(reply["unit_account"]), str(reply["operator"])
        session.client.identify(Identity(str(reply["token"]), unit, operator))
        session.person = Person("agent", operator, "经办人", unit, (), "", False, "")
        session.profile()
        session.use_key(self.key, self.key.certificates()[0] if self.key is not None else None)
        session.refresh_context()
        state.enter()

    def again(self) -> None:
        """A new start of the program on the same data folder."""
        self.state.stop()
        self.state = self._state()

    def close(self) -> None:
        self.state.stop()
        self.wire.rest()
        self.state.database().close()

    def typed(self, someone: Someone, **cells: str) -> dict[str, str]:
        """What a person types for somebody: the texts of the form's fields, in form order."""
        row = self.office.row(someone, **cells)
        from domain.business import form_columns

        business = self._business()
        columns = [c for c in form_columns(business, self.office.context().unit) if not c.computed]
        return {c.key: cells.get(c.key, row.get(c.key, "")) for c in columns}

    def _business(self) -> Any:
        from domain.businesses.opening import declare

        return declare(self.profile)

    def deliver(self, name: str, content: bytes) -> Path:
        """A file put into the person's folder a while ago."""
        path = self.folder / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (time.time() - 60, time.time() - 60))
        return path

    def log_in_anew(self) -> None:
        """A session as of now: the center's clock may have moved on."""
        from sqlalchemy import select

        from center.auth.sessions import open_session
        from center.store.tables import operator

        login, mine = self.office.login, operator.c.login_name == f"agent{self.office.unit}"
        fingerprint = login.key.fingerprint if login.key is not None else ""
        with self.center.store.write() as conn:
            operator_id = conn.execute(select(operator.c.operator_id).where(mine)).scalar_one()
            token, _ = open_session(conn, self.center.settings, operator_id, self.office.unit, fingerprint)
        login.reply["token"] = token

    def rows(self, source: str = "single", business: str = "open") -> list[StoredRow]:
        """The stored rows of the draft roster."""
        store = self.state.rosters()
        head = store.open_draft(self.state.scope(), business, source)  # type: ignore[arg-type]
        return list(store.rows(head.roster_id))


@contextmanager
def workplace(
    center: CenterUnderTest, folder: Path, server: Server | None = None, **unit: Any
) -> Iterator[Workplace]:
    """An agent's workplace at a center."""
    place = Workplace(center, folder, server, **unit)
    try:
        yield place
    finally:
        place.close()


class Desk:
    """The running application of a workplace: keys in, pictures out."""

    def __init__(self, app: GjjApp, pilot: Any) -> None:
        self.app = app
        self.pilot = pilot

    # ---- keys --------------------------------------------------------------------------------------

    def strike(self, keys: str) -> None:
        """Strike keys as one burst; named ones stand as <f10>, <shift+tab>."""
        for name, char in re.findall(r"<([^<>]+)>|(.)", keys, re.DOTALL):
            if name:
                self.app._take(events.Key(name, None))
            else:
                self.app._take(events.Key(KEYS.get(char, char), None if char in "\r\t" else char))

    async def press(self, keys: str) -> None:
        """Strike keys and wait until they have had their effect."""
        self.strike(keys)
        await self.settle()

    async def settle(self) -> None:
        """Wait until the gate is open or a dialog waits for an answer, and nothing moves any more."""
        end = time.monotonic() + WAIT
        quiet = 0
        while quiet < 3:
            assert time.monotonic() < end, f"no rest:\n{self.picture()}"
            await self.pilot.pause(0.01)
            gate = self.app.gate
            focused = self.app.screen.focused
            pausing = isinstance(focused, (Form, Grid)) and focused._typing_pause.waiting
            quiet = quiet + 1 if not gate.closed and not gate.waiting and not pausing else 0

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait for something."""
        end = time.monotonic() + WAIT
        while not condition():
            assert time.monotonic() < end, f"waited in vain for {what}:\n{self.picture()}"
            await asyncio.sleep(0.02)
        await self.pilot.pause(0.01)

    async def see(self, text: str) -> None:
        """Wait until a text stands on the screen."""
        await self.until(lambda: text in self.picture(), text)

    async def open(self, name: str, **args: Any) -> AppScreen:
        """Open a screen of the catalog."""
        screen = await self.app.open_screen(name, **args)
        await self.settle()
        assert isinstance(screen, AppScreen)
        return screen

    async def fill(self, typed: Mapping[str, str]) -> None:
        """Type the fields of a form, Enter after each: the last one records."""
        await self.press("".join(f"{text}\r" for text in typed.values()))

    # ---- pictures ----------------------------------------------------------------------------------

    def picture(self) -> str:
        """The screen on top as text, a line per row."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    def marked(self, mark: str) -> list[str]:
        """The rows of a grid with digits beside them that bear this mark, from behind the mark."""
        row = re.compile(rf"(?:^|\|)_{re.escape(mark)} (.*)")
        return [found[1] for line in self.picture().splitlines() if (found := row.search(line))]

    @property
    def status(self) -> str:
        screen = self.app.shell_screen()
        assert screen is not None
        return screen.query_one(StatusLine).text

    @property
    def title(self) -> str:
        screen = self.app.shell_screen()
        assert screen is not None
        return screen.query_one(TitleBar)._title

    @property
    def key_bar(self) -> dict[str, str]:
        """Label -> key of the key bar."""
        screen = self.app.shell_screen()
        assert screen is not None
        return {label: key for key, label in screen.query_one(KeyBar)._items}


@asynccontextmanager
async def running(
    place: Workplace,
    columns: int = 80,
    rows: int = 24,
    more: Mapping[str, Callable[[], AppScreen]] | None = None,
) -> AsyncIterator[Desk]:
    """The application of a workplace, on its start screen; `more` screens stand beside the catalog's."""
    app = GjjApp({**catalog(), "start": Start, **(more or {})}, place.state, start="start")
    async with app.run_test(size=(columns, rows)) as pilot:
        desk = Desk(app, pilot)
        await desk.settle()
        yield desk


def employ(center: CenterUnderTest, someone: Someone, unit: str = "100002") -> None:
    """Give somebody a normal account at another unit of the center."""
    from datetime import date

    from center.demo.generator import Employee
    from center.demo.setup import DemoUnit, add_employees
    from domain.business import AccountStatus, RatioPair

    pair = RatioPair(1200, 1200)
    center.add_unit(unit, "别的单位")
    staff = [Employee(someone, 800_000, pair, 96_000, 96_000, AccountStatus.NORMAL, date(2020, 1, 1))]
    with center.store.write() as conn:
        add_employees(conn, DemoUnit(unit, "别的单位", 1, True, (pair,)), staff)


def decide(place: Workplace, refused: dict[int, str]) -> None:
    """A clerk takes the first waiting case and approves it but for some rows."""
    login = clerk(place.center)
    case = place.center.get("/v1/cases", login).json()["cases"][0]
    path, post = f"/v1/cases/{case['case_id']}/actions", place.center.client.post
    taken = post(path, json={"action": "take", "version": case["version"]}, headers=login.headers)
    assert taken.status_code == 200, taken.text
    act = {
        "action": "approve",
        "version": taken.json()["case"]["version"],
        "opinion": "已核对",
        "refused": [{"row": row, "reason": reason} for row, reason in refused.items()],
    }
    assert post(path, json=act, headers=login.headers).status_code == 200
