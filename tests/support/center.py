"""A center for tests, in this process without a port or as a real server; with units, people and keys."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fastapi import FastAPI
from sqlalchemy import insert

from center.app import create_app
from center.auth.certificates import register_certificate
from center.ca import Authority, make_authority
from center.clock import ManualClock
from center.operators import NewOperator, add_operator
from center.server import bind, make_server
from center.settings import Settings, sqlite_url
from center.state import Center
from center.store.engine import Store
from center.store.tables import scope as scope_table
from center.store.tables import unit as unit_table
from domain.canonical import canonical_json, content_digest
from domain.httpsig import (
    ALG_EC,
    ALG_RSA,
    TAG_LOGIN,
    TAG_SUBMIT,
    RequestParts,
    SignatureParams,
    signature_base,
    signature_headers,
)
from domain.profile import load_profile
from domain.wire import UnitContext
from tests.support.databases import migrated_sqlite

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Monday 23 November 2026, ten o'clock at the center."""

AUTHORITY = "center.test"
PASSWORD = "Zhangsan-2026"


class SoftKey:
    """A UKey in software: a private key and its certificate."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        self.key = key
        self.certificate = b""

    @classmethod
    def make(cls, algorithm: str = ALG_EC) -> SoftKey:
        if algorithm == ALG_RSA:
            return cls(rsa.generate_private_key(65537, 2048))
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_der(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def algorithm(self) -> str:
        return ALG_RSA if isinstance(self.key, rsa.RSAPrivateKey) else ALG_EC

    @property
    def fingerprint(self) -> str:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self.certificate)
        return digest.finalize().hex()

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)


def code_of(answer: httpx.Response) -> str:
    """The code of a problem document, checked for its form."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"] and body["detail"].endswith("。")
    return str(body["code"])


@dataclass
class SignedRequest:
    """A request ready to be sent; change any part of it to attack."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def sign_request(
    key: SoftKey,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    *,
    tag: str,
    nonce: str,
    now: datetime,
    authority: str = AUTHORITY,
    **overrides: Any,
) -> SignedRequest:
    """Sign as the client does; `overrides` replace fields of SignatureParams."""
    full = {"content-type": "application/json", "content-digest": content_digest(body), **headers}
    created = int(now.timestamp())
    params = SignatureParams(created, created + 300, nonce, key.fingerprint, key.algorithm, tag)
    params = replace(params, **overrides)
    where, _, query = path.partition("?")
    base = signature_base(RequestParts(method, authority, where, query, full), params)
    full.update(signature_headers(params, key.sign(base)))
    return SignedRequest(method, path, full, body)


class AppTransport(httpx.BaseTransport):
    """Calls an application in this process from synchronous tests."""

    def __init__(self, app: FastAPI, address: str = "10.1.1.1") -> None:
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50000))
        self._thread = threading.Thread(target=self._loop.run_forever, name="app-transport", daemon=True)
        self._thread.start()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._closed:
            raise httpx.ConnectError("the center has ended", request=request)
        try:
            return asyncio.run_coroutine_threadsafe(self._call(request), self._loop).result(60)
        except CancelledError:
            raise httpx.ReadError("the center has ended", request=request) from None

    async def _call(self, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(request.method, request.url, headers=request.headers.raw, content=request.read())
        response = await self._inner.handle_async_request(sent)
        body = b"".join([part async for part in response.aiter_raw()])
        return httpx.Response(response.status_code, headers=response.headers.raw, content=body)

    @staticmethod
    async def _cut() -> None:
        """Cut off what is under way, so that no thread of a test waits for it in a later test."""
        calls = asyncio.all_tasks() - {asyncio.current_task()}
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@dataclass
class Login:
    """An open session of a test."""

    reply: dict[str, Any]
    key: SoftKey | None

    @property
    def headers(self) -> dict[str, str]:
        return {
            "authorization": f"Bearer {self.reply['token']}",
            "x-unit-account": self.reply["unit_account"],
            "x-operator": self.reply["operator"],
        }


class CenterUnderTest:
    """A center with helpers to fill it and to talk to it. `start` also starts jobs and housekeeping."""

    def __init__(self, settings: Settings, clock: ManualClock, issuer: Authority) -> None:
        self.settings = settings
        self.clock = clock
        self.issuer = issuer
        self.store = Store(settings)
        self.app = create_app(settings, self.store)
        self.transport = AppTransport(self.app)
        self.client = httpx.Client(transport=self.transport, base_url=f"http://{AUTHORITY}")

    @property
    def center(self) -> Center:
        center: Center = self.app.state.center
        return center

    def close(self) -> None:
        self.client.close()
        self.store.close()

    # ---- filling -----------------------------------------------------------------------------------

    def add_unit(self, account: str = "100001", name: str = "示例一中", **values: Any) -> str:
        row = {
            "unit_account": account,
            "name": name,
            "unified_ratio": True,
            "ratios": "[[1200,1200]]",
            "fund_types": '["general"]',
            **values,
        }
        with self.store.write() as conn:
            conn.execute(insert(unit_table).values(row))
            conn.execute(insert(scope_table).values(scope=account, inbox_rev=0))
        return account

    def add_operator(
        self,
        login_name: str = "zhangsan",
        units: tuple[str, ...] = (),
        *,
        password: str = PASSWORD,
        must_change: bool = False,
        **values: Any,
    ) -> str:
        new = NewOperator(login_name, values.pop("name", "张三"), units, **values)
        with self.store.write() as conn:
            return add_operator(conn, new, password, must_change=must_change)

    def new_key(self, algorithm: str = ALG_EC, **issue: Any) -> SoftKey:
        key = SoftKey.make(algorithm)
        issue.setdefault("now", self.clock.now())
        issue.setdefault("common_name", "示例一中")
        issuer = issue.pop("issuer", self.issuer)
        key.certificate = issuer.issue(key.public_der, **issue)
        return key

    def register(self, key: SoftKey, *units: str) -> None:
        with self.store.write() as conn:
            register_certificate(
                conn, self.clock, self.settings.profile, key.certificate, units, self.settings.trusted_ca
            )

    def ready_agent(self, account: str = "100001", login_name: str = "zhangsan") -> SoftKey:
        """A unit, its agent and its registered key."""
        self.add_unit(account)
        self.add_operator(login_name, (account,))
        key = self.new_key()
        self.register(key, account)
        return key

    # ---- talking -----------------------------------------------------------------------------------

    def send(self, request: SignedRequest) -> httpx.Response:
        return self.client.request(
            request.method, request.path, content=request.body, headers=request.headers
        )

    def post(self, path: str, body: dict[str, Any], login: Login | None = None) -> httpx.Response:
        return self.client.post(path, json=body, headers=login.headers if login else {})

    def get(self, path: str, login: Login | None = None, **headers: str) -> httpx.Response:
        return self.client.get(path, headers={**(login.headers if login else {}), **headers})

    def challenge(self, unit: str = "100001") -> dict[str, Any]:
        answer = self.post("/v1/login/challenge", {"unit_account": unit})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def login_request(
        self,
        key: SoftKey,
        unit: str = "100001",
        login_name: str = "zhangsan",
        password: str = PASSWORD,
        *,
        challenge: dict[str, Any] | None = None,
        **overrides: Any,
    ) -> SignedRequest:
        challenge = challenge or self.challenge(unit)
        body = json.dumps(
            {
                "unit_account": unit,
                "login_name": login_name,
                "password": password,
                "challenge_id": challenge["challenge_id"],
            }
        ).encode()
        headers = {
            "x-unit-account": unit,
            "x-operator": login_name or "-",
            "idempotency-key": challenge["challenge_id"],
        }
        headers.update(overrides.pop("headers", {}))
        settings: dict[str, Any] = {"tag": TAG_LOGIN, "nonce": challenge["nonce"], "now": self.clock.now()}
        return sign_request(key, "POST", "/v1/login", body, headers, **{**settings, **overrides})

    def try_login(self, key: SoftKey, *args: Any, **more: Any) -> httpx.Response:
        return self.send(self.login_request(key, *args, **more))

    def login(self, key: SoftKey, *args: Any, **more: Any) -> Login:
        answer = self.try_login(key, *args, **more)
        assert answer.status_code == 200, answer.text
        return Login(answer.json(), key)

    def clerk_login(self, login_name: str = "guiyuan", password: str = PASSWORD) -> httpx.Response:
        return self.post("/v1/login", {"kind": "clerk", "login_name": login_name, "password": password})

    def context(self, login: Login) -> UnitContext:
        answer = self.get(f"/v1/units/{login.reply['unit_account']}/context", login)
        assert answer.status_code == 200, answer.text
        return UnitContext.model_validate(answer.json())

    def submission(self, login: Login, body: dict[str, Any], **overrides: Any) -> SignedRequest:
        """A signed submission of a session; `submission_id` and fields of the signature may be given."""
        submission_id = overrides.pop("submission_id", str(uuid.uuid4()))
        key = overrides.pop("key", login.key)
        assert key is not None
        unit = overrides.pop("unit", login.reply["unit_account"])
        headers = {**login.headers, "idempotency-key": submission_id, **overrides.pop("headers", {})}
        settings: dict[str, Any] = {"tag": TAG_SUBMIT, "nonce": uuid.uuid4().hex, "now": self.clock.now()}
        path = f"/v1/units/{unit}/submissions/{submission_id}"
        return sign_request(key, "PUT", path, canonical_json(body), headers, **{**settings, **overrides})


def make_settings(folder: Path, profile: str = "baishan", *, url: str = "", **values: Any) -> Settings:
    """Settings of a center in `folder` with a clock that stands still and an issuer of its own."""
    clock = values.pop("clock", None) or ManualClock(START)
    issuer = values.pop("issuer", None) or make_authority("测试证书机构", START)
    return Settings(
        database_url=url or sqlite_url(folder),
        profile=load_profile(profile),
        data_dir=folder,
        clock=clock,
        authorities=(AUTHORITY,),
        trusted_ca=(issuer.der,),
        **values,
    )


@contextmanager
def running_center(
    folder: Path, profile: str = "baishan", *, url: str = "", **values: Any
) -> Iterator[CenterUnderTest]:
    """A center in this process, without port, jobs and housekeeping; an SQLite database comes migrated."""
    url = migrated_sqlite(url or sqlite_url(folder))
    clock = ManualClock(START)
    issuer = make_authority("测试证书机构", START)
    settings = make_settings(folder, profile, url=url, clock=clock, issuer=issuer, **values)
    center = CenterUnderTest(settings, clock, issuer)
    try:
        yield center
    finally:
        center.close()


@dataclass(frozen=True)
class Server:
    """A server in a thread of this process: its address http://127.0.0.1:PORT, and what it serves."""

    url: str
    center: Center


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """A real server in a thread, jobs and all; gives its address http://127.0.0.1:PORT."""
    with serving(settings) as server:
        yield server.url


@contextmanager
def serving(settings: Settings) -> Iterator[Server]:
    """Like `served`, for tests that need the served center itself."""
    ready = threading.Event()
    with bind("127.0.0.1", 0) as sock:
        server = make_server(settings, sock, ready.set)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [sock]}, name="center-server", daemon=True
        )
        thread.start()
        assert ready.wait(30), "the center did not start"
        try:
            yield Server(f"http://127.0.0.1:{sock.getsockname()[1]}", server.center)
        finally:
            server.should_exit = True
            thread.join(30)
