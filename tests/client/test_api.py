"""What comes back from a center is checked; whatever else comes gives one Chinese sentence."""

from __future__ import annotations

import json
import logging
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from client.api import CenterClient
from client.errors import (
    AuthExpired,
    BadAnswer,
    CenterBusy,
    CenterUnreachable,
    CenterUntrusted,
    CertificateRefused,
    ClientError,
    LoginRefused,
    NotFound,
    Refused,
    SignatureRefused,
)
from client.signing import wire_url
from client.transport import Identity
from domain.profile import load_profile
from tests.client.support import problem

BASE = "https://center.test"
HEALTH = {
    "status": "ok",
    "center_id": "c",
    "time": "2026-11-23T02:00:00Z",
    "profile": "baishan",
    "version": "1",
    "demo": True,
}


def client_of(answer: Callable[[httpx.Request], httpx.Response], **more: Any) -> CenterClient:
    return CenterClient(BASE, transport=httpx.MockTransport(answer), **more)


def failing(answer: Callable[[httpx.Request], httpx.Response]) -> ClientError:
    with pytest.raises(ClientError) as found:
        client_of(answer).health()
    assert found.value.sentence.endswith("。")
    assert "\n" not in found.value.sentence
    return found.value


def told(body: Any, content_type: str = "application/json", status: int = 200) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, content=content, headers={"content-type": content_type})


# ---- answers -----------------------------------------------------------------------------------------


def test_a_good_answer_is_a_model() -> None:
    found = client_of(lambda request: told(HEALTH)).health()
    assert (found.profile, found.demo) == ("baishan", True)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(told(b""), id="empty"),
        pytest.param(told(b"{"), id="cut"),
        pytest.param(told(b"\xff\xfe"), id="bytes"),
        pytest.param(told([]), id="list"),
        pytest.param(told({**HEALTH, "more": 1}), id="unknown-key"),
        pytest.param(told({**HEALTH, "demo": "yes"}), id="wrong-type"),
        pytest.param(told({**HEALTH, "demo": 1}), id="coercible-type"),
        pytest.param(told(b"[" * 100_000), id="deep"),
        pytest.param(told(b"<html>", "text/html"), id="html"),
        pytest.param(told(HEALTH, "text/plain"), id="text"),
        pytest.param(httpx.Response(204), id="no-content"),
        pytest.param(httpx.Response(302, headers={"location": "https://evil.test/"}), id="redirect"),
        pytest.param(told(b"{}", "application/problem+json", 403), id="empty-problem"),
        pytest.param(
            told({"title": "x", "status": 200, "code": "x"}, "application/problem+json", 403), id="lie"
        ),
        pytest.param(told(b"no", "text/plain", 404), id="plain-404"),
    ],
)
def test_an_answer_that_is_not_the_contract_is_told_as_such(answer: httpx.Response) -> None:
    error = failing(lambda request: answer)
    assert isinstance(error, BadAnswer)
    assert error.retryable
    assert error.sentence == "中心的回答无法识别，请稍后重试，仍不行请联系中心。"


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.transport.MAX_ANSWER", 1 << 20)

    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 65536

    answer = httpx.Response(200, content=endless(), headers={"content-type": "application/json"})
    assert isinstance(failing(lambda request: answer), BadAnswer)


def test_a_bomb_in_gzip_is_measured_after_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr("client.transport.MAX_ANSWER", 1 << 20)
    packed = gzip.compress(b" " * (1 << 24))
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert isinstance(
        failing(lambda request: httpx.Response(200, content=packed, headers=headers)), BadAnswer
    )


def test_broken_gzip_is_a_bad_answer() -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert isinstance(
        failing(lambda request: httpx.Response(200, content=b"junk", headers=headers)), BadAnswer
    )


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "auth.required", AuthExpired),
        (401, "auth.bad_credentials", LoginRefused),
        (423, "auth.locked", LoginRefused),
        (401, "auth.challenge", LoginRefused),
        (401, "signature.expired", SignatureRefused),
        (400, "digest.mismatch", SignatureRefused),
        (403, "certificate.revoked", CertificateRefused),
        (404, "unit.not_found", NotFound),
        (404, "not_found", NotFound),
        (403, "outside_hours", Refused),
        (422, "submission.rejected", Refused),
        (409, "case.version", Refused),
        (413, "too_large", Refused),
        (429, "rate.limited", CenterBusy),
        (503, "server.busy", CenterBusy),
        (500, "server.error", CenterBusy),
    ],
)
def test_every_stable_code_has_its_kind(status: int, code: str, kind: type[ClientError]) -> None:
    error = failing(lambda request: problem(status, code, "这是中心的话。", tries_left=4, retry_after=9))
    assert type(error) is kind
    assert (error.code, error.status, error.tries_left, error.retry_after) == (code, status, 4, 9)
    assert error.sentence == "这是中心的话。"
    assert error.retryable is (kind is CenterBusy)


def test_findings_of_rows_come_with_the_refusal() -> None:
    finding = {"row": 2, "field": "base", "code": "base.format", "text": "写错了。", "severity": "error"}
    error = failing(lambda request: problem(422, "submission.rejected", findings=[finding]))
    assert [(found.row, found.code) for found in error.findings] == [(2, "base.format")]


def test_a_gateway_that_fails_is_busy_and_says_when_to_come_back() -> None:
    answer = httpx.Response(503, text="<html>", headers={"content-type": "text/html", "retry-after": "30"})
    error = failing(lambda request: answer)
    assert (type(error), error.code, error.retry_after) == (CenterBusy, "http.503", 30)


@pytest.mark.parametrize(
    ("raised", "kind", "code"),
    [
        (httpx.ConnectError("x"), CenterUnreachable, "center.unreachable"),
        (httpx.ConnectTimeout("x"), CenterUnreachable, "center.unreachable"),
        (httpx.ReadTimeout("x"), CenterUnreachable, "center.timeout"),
        (httpx.WriteTimeout("x"), CenterUnreachable, "center.timeout"),
        (httpx.PoolTimeout("x"), CenterUnreachable, "center.timeout"),
        (httpx.ReadError("x"), CenterUnreachable, "center.unreachable"),
        (httpx.RemoteProtocolError("x"), CenterUnreachable, "center.unreachable"),
        (httpx.LocalProtocolError("x"), CenterUnreachable, "center.unreachable"),
    ],
)
def test_no_answer_is_told_with_what_to_do(raised: Exception, kind: type[ClientError], code: str) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise raised

    error = failing(fail)
    assert (type(error), error.code, error.retryable) == (kind, code, True)


def test_a_closed_client_answers_like_a_cut() -> None:
    client = client_of(lambda request: told(HEALTH))
    client.health()
    transport = client._transport
    http = transport._client(False)
    http.close()
    with pytest.raises(CenterUnreachable):
        client.health()


# ---- the served profile --------------------------------------------------------------------------------


def test_the_served_profile_is_checked() -> None:
    profile = load_profile("hangzhou")
    body = profile.model_dump(mode="json")
    etag = {"content-type": "application/json", "etag": f'"hangzhou-{profile.version}"'}
    good = client_of(lambda request: httpx.Response(200, json=body, headers=etag))
    assert good.profile() == profile
    other = client_of(
        lambda request: httpx.Response(200, json=body, headers={**etag, "etag": '"hangzhou-99"'})
    )
    with pytest.raises(BadAnswer):
        other.profile()
    wrong = client_of(lambda request: httpx.Response(200, json={**body, "x": 1}, headers=etag))
    with pytest.raises(BadAnswer):
        wrong.profile()


# ---- identity ------------------------------------------------------------------------------------------


def test_the_token_goes_to_the_center_and_nowhere_else() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return told(HEALTH)

    client = client_of(answer)
    client.health()
    assert "authorization" not in seen[-1].headers
    client.identify(Identity("s3cret-token", "100001", "li"))
    client.health()
    assert seen[-1].headers["authorization"] == "Bearer s3cret-token"
    assert (seen[-1].headers["x-unit-account"], seen[-1].headers["x-operator"]) == ("100001", "li")
    assert "s3cret-token" not in repr(client) + repr(client.identity) + repr(client._transport)
    client.close()
    assert client.identity is None


def test_nothing_secret_is_logged_at_any_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_of(lambda request: problem(401, "auth.bad_credentials", "密码不正确。"))
    client.identify(Identity("s3cret-token"))
    with pytest.raises(LoginRefused) as refused:
        client.change_password("old-s3cret", "new-s3cret")
    assert "s3cret" not in caplog.text + repr(refused.value) + str(refused.value)


def test_what_was_typed_is_not_repeated_when_it_does_not_fit() -> None:
    client = client_of(lambda request: told({}))
    with pytest.raises(Refused) as short:
        client.change_password("old-s3cret", "a1")
    assert short.value.sentence == "新密码应为6至128个字符，请重新设定。"
    assert short.value.__cause__ is None
    with pytest.raises(Refused) as wrong:
        client.challenge("单位１")
    assert wrong.value.code == "input.invalid"
    assert "单位账号只能用半角字母" in wrong.value.sentence


# ---- the center's clock --------------------------------------------------------------------------------


@pytest.mark.parametrize(("ahead", "offset"), [(0, 0), (3600, 3600), (-86_400, -86_400)])
def test_the_clock_of_the_center_is_followed(ahead: int, offset: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        response = told(HEALTH)
        response.headers["date"] = formatdate(1_800_000_000 + ahead, usegmt=True)
        return response

    client = client_of(answer, clock=lambda: 1_800_000_000.2)
    assert client.clock_offset == 0.0
    client.health()
    assert abs(client.clock_offset - offset) < 2
    assert abs(client.now() - 1_800_000_000.2 - offset) < 2


def test_a_date_that_is_none_changes_nothing() -> None:
    response = told(HEALTH)
    response.headers["date"] = "gestern"
    client = client_of(lambda request: response)
    client.health()
    assert client.clock_offset == 0.0


# ---- addresses and certificates ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["", "center.test", "ftp://center.test", "http://center.test", "https://u:p@center.test", "https://[::1"],
)
def test_an_address_that_is_not_safe_is_refused(url: str) -> None:
    with pytest.raises(ClientError) as refused:
        CenterClient(url)
    assert refused.value.code == "config.center"
    assert "请在配置文件中改正" in refused.value.sentence


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8300", "http://localhost:1/", "http://[::1]:5", "https://a.cn"]
)
def test_plain_http_is_for_this_machine(url: str) -> None:
    assert CenterClient(url).base_url == url.rstrip("/")


def test_a_missing_authority_file_is_told(tmp_path: Path) -> None:
    client = CenterClient("https://127.0.0.1:1", ca_file=tmp_path / "none.pem")
    with pytest.raises(ClientError) as missing:
        client.health()
    assert missing.value.code == "config.ca_file"


def test_urls_are_signed_as_they_are_sent() -> None:
    seen: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return told({"rows": [], "next": None})

    client = CenterClient("https://Center.Test:443/api", transport=httpx.MockTransport(answer))
    client.accounts("10 /?#中", opened_from="2026-01-01", account_no="a&b")
    assert str(seen[0]) == wire_url(str(seen[0]))
    assert seen[0].raw_path.startswith(b"/api/v1/units/10%20%2F%3F%23%E4%B8%AD/accounts?")
    assert seen[0].params["account_no"] == "a&b"
    assert seen[0].host == "center.test"


# ---- real sockets --------------------------------------------------------------------------------------


class _Quiet(BaseHTTPRequestHandler):
    body = json.dumps(HEALTH).encode()
    pause = 0.0
    begun = whole = 0
    """How many answers were begun, and how many sent to their end."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        type(self).begun += 1
        for byte in self.body:
            try:
                self.wfile.write(bytes([byte]))
            except OSError:  # the client has given up
                return
            time.sleep(self.pause)
        type(self).whole += 1

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    servers: list[ThreadingHTTPServer] = []

    def start(context: ssl.SSLContext | None = None, handler: type[BaseHTTPRequestHandler] = _Quiet) -> int:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return int(server.server_address[1])

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _self_signed(folder: Path) -> tuple[ssl.SSLContext, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    bare = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    certificate, both = folder / "certificate.pem", folder / "both.pem"
    certificate.write_bytes(made.public_bytes(pem))
    both.write_bytes(made.public_bytes(pem) + bare)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, certificate


def test_an_unknown_certificate_stops_everything(serve: Callable[..., int], tmp_path: Path) -> None:
    context, certificate = _self_signed(tmp_path)
    port = serve(context)
    stranger = CenterClient(f"https://127.0.0.1:{port}")
    with pytest.raises(CenterUntrusted) as untrusted:
        stranger.health()
    assert untrusted.value.sentence == "中心的安全证书不能验证，没有发送任何内容，请联系中心或网络管理员。"
    known = CenterClient(f"https://127.0.0.1:{port}", ca_file=certificate)
    assert known.health().status == "ok"
    known.close()
    wrong_name = CenterClient(f"https://localhost:{port}", ca_file=certificate)
    with pytest.raises(CenterUntrusted):
        wrong_name.health()


def test_a_center_that_drips_is_given_up(serve: Callable[..., int]) -> None:
    class Dripping(_Quiet):
        pause = 0.05
        begun = whole = 0

    client = CenterClient(f"http://127.0.0.1:{serve(handler=Dripping)}", read_seconds=0.3)
    with pytest.raises(CenterUnreachable) as slow:
        client.health()
    assert slow.value.code == "center.timeout"
    client.close()
    assert Dripping.begun and not Dripping.whole


def test_a_closed_port_is_unreachable(serve: Callable[..., int]) -> None:
    with pytest.raises(CenterUnreachable):
        CenterClient("http://127.0.0.1:1").health()


def test_one_client_serves_many_threads(serve: Callable[..., int]) -> None:
    client = CenterClient(f"http://127.0.0.1:{serve()}")
    good: list[str] = []
    threads = [threading.Thread(target=lambda: good.append(client.health().status)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert good == ["ok"] * 12
    client.close()


def test_importing_the_client_brings_neither_httpx_nor_pydantic_nor_sqlalchemy() -> None:
    names = "client.api, client.errors, client.session, client.signing, client.transport"
    code = f"import sys, {names}; print(sorted({{'httpx', 'pydantic', 'sqlalchemy'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
