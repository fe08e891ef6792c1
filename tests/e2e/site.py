"""A center of a profile on a port of this machine: filled, started, frozen, killed and started again."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, delete, insert, select
from sqlalchemy.pool import NullPool

from center.auth.certificates import register_certificate
from center.ca import demo_authority
from center.clock import now_text
from center.demo.generator import Generator, Person
from center.demo.setup import publish_calendar
from center.operators import NewOperator, add_operator
from center.settings import sqlite_url
from center.store import migrate
from center.store.engine import Store
from center.store.tables import account, login_code, scope, submission, unit
from domain.business import CheckContext, UnitFacts, form_columns
from domain.businesses.opening import declare
from domain.profile import Profile, load_profile
from tests.e2e.center_child import DEADLY, EPOCH, RunningClock, site_settings
from tests.support.center import START
from tests.support.money import give_unallocated
from tests.support.pty_terminal import REPOSITORY
from ukey.demo_key import create_demo_key

PIN = "246810"
WRONG_PIN = "135799"
PASSWORD = "Zhangsan-2026"
CLERK, CLERK_NAME, CLERK_PASSWORD = "guiyuan", "柜员甲", "Guiyuan-2026"
START_SECONDS = 60.0
MONTH = 202611


@dataclass
class Agent:
    """Somebody who may log in to a unit of a site; `key` is the folder of the demo key."""

    unit: str
    unit_name: str
    login_name: str
    person: Person
    key: Path | None
    units: list[str] = field(default_factory=list)


class Site:
    """One center: its database, its people, and its process."""

    def __init__(self, folder: Path, profile: str, url: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / EPOCH).write_text(repr(time.time()))
        self.folder = folder
        self.profile: Profile = load_profile(profile)
        self.url = url or sqlite_url(folder)
        self.clock = RunningClock(float((folder / EPOCH).read_text()))
        self.authority = demo_authority(folder, START)
        self.generator = Generator(self.profile, START.date(), 7)
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._units = 0
        store = Store(site_settings(folder, profile, self.url))
        try:
            migrate.upgrade(store, profile)
            with store.write() as conn:
                publish_calendar(conn, now_text(self.clock))
                add_operator(conn, NewOperator(CLERK, CLERK_NAME), CLERK_PASSWORD, must_change=False)
        finally:
            store.close()

    # ---- the process -------------------------------------------------------------------------------

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def console(self) -> Path:
        """What it prints."""
        return self.folder / "console.log"

    def start(self) -> None:
        """Start the process, on the same port as before; does nothing while it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        port_file = self.folder / f"port-{time.monotonic_ns()}"
        arguments = [str(self.folder), self.profile.name, self.url, str(self.port), str(port_file)]
        with self.console.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.center_child", *arguments],
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + START_SECONDS
        while not port_file.exists():
            assert self.process.poll() is None, self.console.read_text("utf-8")
            assert time.monotonic() < end, "the center did not start"
            time.sleep(0.02)
        self.port = int(port_file.read_text())

    def freeze(self) -> None:
        """Stop it without ending it: it takes connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        self._signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait(30)

    def die_after_commit(self) -> None:
        """Let its next submission be committed and never answered."""
        (self.folder / DEADLY).touch()

    def close(self) -> None:
        """End it, without waiting for what is open."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def _signal(self, sign: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(sign)

    # ---- people ------------------------------------------------------------------------------------

    def agent(self, *, more_units: int = 0, certificate_of: bytes | None = None, **values: Any) -> Agent:
        """A new unit with its agent and, where the center wants one, a demo key.

        `certificate_of` is a certificate registered instead of a demo key's. `more_units` are served with
        the same key (shanxi).
        """
        units = [self._add_unit(**values) for _ in range(1 + more_units)]
        someone = self.generator.person(plain=True)
        account_no, name = units[0]
        login = account_no if self.profile.auth.account_chooser else f"jbr{account_no}"
        key = None
        store = Store(site_settings(self.folder, self.profile.name, self.url))
        try:
            certificate = certificate_of
            if certificate is None and self.profile.auth.mode != "password_sms":
                key = self.folder / f"key-{account_no}"
                certificate = self._demo_key(key, name)
            with store.write() as conn:
                served = tuple(number for number, _ in units)
                new = NewOperator(
                    login, someone.name, served, id_number=someone.id_number, mobile=someone.mobile
                )
                add_operator(conn, new, PASSWORD, must_change=False)
                if certificate is not None:
                    trusted = [self.authority.der]
                    register_certificate(conn, self.clock, self.profile, certificate, served, trusted)
        finally:
            store.close()
        return Agent(account_no, name, login, someone, key, [number for number, _ in units])

    def _add_unit(self, **values: Any) -> tuple[str, str]:
        self._units += 1
        number, name = f"{100000000000 + self._units}", f"示例{self._units}公司"
        row = {
            "unit_account": number,
            "name": name,
            "unified_ratio": True,
            "ratios": "[[1200,1200]]",
            "fund_types": json.dumps(["general"]),
            "paid_through": MONTH,
            **values,
        }
        store = Store(site_settings(self.folder, self.profile.name, self.url))
        try:
            with store.write() as conn:
                conn.execute(insert(scope).values(scope=number, inbox_rev=0))
                conn.execute(insert(unit).values(row))
        finally:
            store.close()
        return number, name

    def _demo_key(self, folder: Path, name: str) -> bytes:
        key = create_demo_key(folder, bytearray(PIN.encode()), common_name=name)
        certificate = self.issue(key.public_key_der(), name)
        key.install_certificate(certificate)
        key.close()
        return certificate

    def issue(self, public_key: bytes, name: str) -> bytes:
        """A certificate of the site's authority."""
        return self.authority.issue(public_key, common_name=name, organization=name, now=START)

    def pay_in(self, unit_account: str, amount: int) -> None:
        """Let `amount` 分 stand as the unit's 单位未分配金额, as a matched receipt does."""
        store = Store(site_settings(self.folder, self.profile.name, self.url))
        try:
            give_unallocated(store, unit_account, amount)
        finally:
            store.close()

    # ---- registrations -----------------------------------------------------------------------------

    def person(self) -> Person:
        """Somebody who may be registered."""
        return self.generator.person(plain=True)

    def typed(self, someone: Person, **cells: str) -> list[str]:
        """What a person types for somebody, field by field of the form."""
        business = declare(self.profile)
        values = {
            "name": someone.name,
            "id_number": someone.id_number,
            "mobile": someone.mobile,
            "base": "8000",
            "marriage": "20",
            "occupation": "17",
            "title": "012",
            "duty": "001A",
            "education": "20",
            **cells,
        }
        columns = form_columns(business, UnitFacts("1"))
        return [values.get(column.key, "") for column in columns if not column.computed]

    def check_context(self) -> CheckContext:
        """What an offline check of a file needs to know."""
        return CheckContext(START.date(), MONTH, UnitFacts("1"), self.profile.limits_for(MONTH))

    # ---- its books -----------------------------------------------------------------------------------

    def submissions(self, unit_account: str) -> list[Any]:
        """What a unit has submitted, oldest first."""
        mine = submission.c.unit_account == unit_account
        return self._read(select(submission).where(mine).order_by(submission.c.received))

    def accounts(self, unit_account: str) -> list[str]:
        """ID numbers' keys of the accounts a unit has."""
        mine = select(account.c.person_key).where(account.c.unit_account == unit_account)
        return [row.person_key for row in self._read(mine.order_by(account.c.account_no))]

    def _read(self, statement: Any) -> list[Any]:
        engine = create_engine(self.url, poolclass=NullPool)
        try:
            with engine.connect() as conn:
                return list(conn.execute(statement))
        finally:
            engine.dispose()

    def code(self, mobile: str) -> str:
        """The newest login code sent to a telephone, from the center's console."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            found = re.findall(rf"【短信】{mobile}：.*?(\d{{6}})", self.console.read_text("utf-8"))
            if found:
                return str(found[-1])
            time.sleep(0.05)
        raise AssertionError(self.console.read_text("utf-8"))

    def forget_codes(self) -> None:
        """Let login codes be had again at once, as after the center's pause between two."""
        store = Store(site_settings(self.folder, self.profile.name, self.url))
        try:
            with store.write() as conn:
                conn.execute(delete(login_code))
        finally:
            store.close()

    def answers(self) -> bool:
        """Whether it answers now."""
        try:
            return httpx.get(f"{self.base}/v1/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False
