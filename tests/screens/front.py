"""The application before its login: a center of any profile, a demo key or a scripted one."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from client.api import CenterClient
from client.session import Session
from client.settings import CenterSettings, FileSettings, LoginSettings, Settings, UKeySettings
from screens.app import GjjApp
from screens.catalog import catalog
from screens.state import AppState, DemoHint
from tests.client.support import BASE, KeyInHand, Meddler
from tests.support.center import PASSWORD, START, CenterUnderTest, SoftKey, running_center
from tests.support.workplace import Desk
from ukey.demo_key import DemoKey, create_demo_key
from ukey.signer import KeyAbsent, KeyCertificate, KeyState, PinIncorrect, PinLocked, PinStatus, Signer

PIN = "246810"
UNIT, SECOND = "100001", "100002"
LOGIN = "zhangsan"
PERSON = {"name": "张三", "id_number": "110101199003070017", "mobile": "13800000001"}


class ScriptedKey(KeyInHand):
    """A key that can be pulled out, that counts tries or does not, and may hold several certificates."""

    def __init__(self, key: SoftKey) -> None:
        super().__init__(key)
        self.unlocked = False
        self.inserted = True
        self.blocked = False
        self.counted: int | None = None
        self.low = False
        self.final = False
        self.pad = False
        self.pins: list[str | None] = []
        self.others: list[KeyCertificate] = []
        self.not_after = START + timedelta(days=365)

    def state(self) -> KeyState:
        if not self.inserted:
            return KeyState.ABSENT
        if self.blocked:
            return KeyState.BLOCKED
        return super().state()

    def certificates(self) -> list[KeyCertificate]:
        if not self.inserted:
            raise KeyAbsent
        own = replace(super().certificates()[0], not_after=self.not_after)
        return [*self.others, own]

    def pin_status(self) -> PinStatus:
        return PinStatus(self.counted, self.low, self.final, self.blocked, 4, 16, self.pad)

    def unlock(self, pin: bytearray | None) -> None:
        typed = None if pin is None else bytes(pin).decode()
        self.pins.append(typed)
        if pin is not None:
            pin[:] = bytes(len(pin))
        if self.blocked:
            raise PinLocked
        if typed not in (None, PIN):
            self.low = True
            raise PinIncorrect(self.counted, len(self.pins))
        self.unlocked = True

    def pull(self) -> None:
        self.inserted = self.unlocked = False


class ShortPolls(httpx.BaseTransport):
    """Lets the inbox be asked for a second at a time, so that a test ends soon after its program."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if int(request.url.params.get("wait", "0")) > 1:
            url = request.url.copy_merge_params({"wait": "1"})
            request = httpx.Request(request.method, url, headers=request.headers.raw)
        return self.inner.handle_request(request)


def _cut(request: httpx.Request, _: object) -> httpx.Response:
    raise httpx.ConnectError("cut", request=request)


class Front:
    """A workstation at its login screen, with the wire to the center in between."""

    def __init__(self, center: CenterUnderTest, folder: Path, **login: Any) -> None:
        self.center = center
        self.folder = folder
        self.profile = center.settings.profile
        self.wire = Meddler(ShortPolls(center.transport))
        self.key: Signer | None = None
        self.hint: DemoHint | None = None
        self.login = LoginSettings(**login)

    def state(self) -> AppState:
        """A fresh start of the program."""
        self.wire.handler = None if self.wire.handler is _cut else self.wire.handler
        settings = Settings(
            center=CenterSettings(BASE, self.profile.name),
            login=self.login,
            ukey=UKeySettings(demo=True),
            files=FileSettings(data_dir=self.folder),
        )
        state = AppState(settings, self.hint)
        client = CenterClient(BASE, transport=self.wire, clock=lambda: self.center.clock.now().timestamp())
        state._session = Session(client, profile_name=self.profile.name, signer=self.key)
        state._signer, state._signer_asked = self.key, True
        if self.key is None:
            state.signer_problem = "没有配置 UKey 驱动，请在配置中填写驱动的路径。"
        return state

    def key_state(self) -> KeyState:
        """Where the key stands now."""
        assert self.key is not None
        return self.key.state()

    def stop(self, state: AppState) -> None:
        """End the background work and wait until its threads are gone."""
        state.stop()
        self.wire.handler = _cut
        self.center.center.close_polls()
        for thread in threading.enumerate():
            if thread.name in ("gjj-inbox", "gjj-outbox"):
                thread.join(10)
        self.center.center.open_polls()

    # ---- people and keys ---------------------------------------------------------------------------

    def people(self, *units: str, login_name: str = LOGIN, **more: Any) -> None:
        """Units and their agent."""
        for unit in units:
            self.center.add_unit(unit, f"示例单位{unit}")
        self.center.add_operator(login_name, units, **(PERSON | more))

    def demo_key(self, *units: str, **issue: Any) -> DemoKey:
        """The demo key of a workstation, registered for the units."""
        key = create_demo_key(self.folder / "key", bytearray(PIN.encode()), common_name="示例单位")
        issue = {"now": self.center.clock.now(), "common_name": "示例单位", **issue}
        certificate = self.center.issuer.issue(key.public_key_der(), **issue)
        key.install_certificate(certificate)
        self.register(certificate, *units)
        self.key = key
        return key

    def scripted_key(self, *units: str) -> ScriptedKey:
        soft = self.center.new_key()
        self.center.register(soft, *units)
        key = ScriptedKey(soft)
        self.key = key
        return key

    def register(self, certificate: bytes, *units: str) -> None:
        soft = SoftKey.make()
        soft.certificate = certificate
        self.center.register(soft, *units)

    def clerk(self, **more: Any) -> None:
        self.center.add_operator("guiyuan", (), name="柜员甲", **more)


class LoginDesk(Desk):
    """Keys and pictures of the login."""

    def who(self) -> str:
        """Who is logged in, "" for nobody."""
        person = self.app.state.person
        return person.operator if person is not None else ""

    async def type_login(self, password: str = PASSWORD, *, ending: str = "\r") -> None:
        """Fill the login form of the profile with the agent of `Front.people`."""
        texts = {"unit_account": UNIT, "login_name": LOGIN, "password": password}
        form = self.app.state.form
        given = self.app.state.settings.login
        keys = [field.key for field in form.fields if field.kind not in ("static", "check")]
        known = {"unit_account": given.unit_account, "login_name": given.login_name}
        await self.press("\r".join(texts[key] for key in keys if not known.get(key)))
        if any(field.kind == "check" for field in form.fields):
            ending = "<f10>" if ending == "\r" else ending
        self.strike(ending)

    async def log_in(self, password: str = PASSWORD, pin: str = PIN) -> None:
        """Log in as far as the home screen."""
        await self.type_login(password)
        await self.see("UKey PIN: [")
        await self.press(f"{pin}\r")
        await self.see("收件箱")
        await self.settle()
        if "欢迎" in self.picture():
            await self.press("\r")


@asynccontextmanager
async def at_login(front: Front, columns: int = 80, rows: int = 24) -> AsyncIterator[LoginDesk]:
    """The application at its login screen; key and center have been looked at once."""
    app = GjjApp(catalog(), front.state())
    async with app.run_test(size=(columns, rows)) as pilot:
        desk = LoginDesk(app, pilot)
        await desk.settle()
        await desk.until(lambda: app.state.warm and app.state.key_state is not None or front.key is None)
        try:
            yield desk
        finally:
            front.stop(app.state)


@contextmanager
def front_of(folder: Path, profile: str, **login: Any) -> Iterator[Front]:
    """A center of a profile and a workstation before it."""
    where = folder / f"center-{profile}"
    where.mkdir()
    desk = folder / f"desk-{profile}"
    desk.mkdir(mode=0o700)
    with running_center(where, profile) as center:
        yield Front(center, desk, **login)


def configured(profile: str) -> dict[str, str]:
    """What the configuration must say: hangzhou reads its account from there."""
    return {"unit_account": UNIT} if profile == "hangzhou" else {}
