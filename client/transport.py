"""Requests and answers: connections, time limits, identity headers, and nothing but checked answers."""

from __future__ import annotations

import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from client.errors import BadAnswer, CenterBusy, CenterUnreachable, CenterUntrusted, ClientError, from_problem
from client.signing import Prepared
from domain.text import safe_text

if TYPE_CHECKING:
    import httpx
    from pydantic import BaseModel

    from domain.profile import Profile

M = TypeVar("M", bound="BaseModel")

MAX_ANSWER = 64 * 1024 * 1024
"""Longest answer in bytes after decompression."""

WRITE_SECONDS = 60.0
POOL_SECONDS = 10.0
EXACT_SECONDS = 5.0
"""An answer slower than this says too little about the center's clock."""

PROBLEM_TYPE = "application/problem+json"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is logged in. The token lives in memory only and no repr shows it."""

    token: str = field(repr=False)
    unit_account: str = ""
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer."""

    status: int
    content_type: str
    etag: str
    retry_after: str
    body: bytes = field(repr=False)


class Transport:
    """One center's connections. Thread-safe; httpx is imported at the first request."""

    def __init__(
        self,
        base_url: str,
        *,
        ca_file: Path | str | None,
        connect_seconds: float,
        read_seconds: float,
        transport: httpx.BaseTransport | None,
        clock: Callable[[], float] | None,
    ) -> None:
        self.base_url = _checked_base(base_url)
        self.identity: Identity | None = None
        self.clock_offset = 0.0
        self._ca_file = ca_file
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._given = transport
        self._clock = clock or time.time
        self._lock = threading.Lock()
        self._clients: dict[bool, httpx.Client] = {}
        self._context: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        return f"Transport({self.base_url!r})"

    def now(self) -> float:
        """Unix time of the center's clock."""
        return self._clock() + self.clock_offset

    def close(self) -> None:
        """Close the connections and forget who was logged in."""
        self.identity = None
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    # ---- sending -----------------------------------------------------------------------------------

    def send(
        self,
        prepared: Prepared,
        model: type[M],
        *,
        read_seconds: float | None = None,
        polling: bool = False,
    ) -> M:
        """Send exactly these bytes and check the answer against its model."""
        answer = self._exchange(prepared, read_seconds or self._read_seconds, polling)
        _raise_problem(answer)
        return _parse(answer, model)

    def profile(self, url: str) -> Profile:
        """The served profile, its texts fit to be drawn and written whoever has worded them."""
        from pydantic import ValidationError

        from domain.profile import Profile

        answer = self._exchange(Prepared("GET", url, {}, b""), self._read_seconds, False)
        _raise_problem(answer)
        _want_json(answer)
        try:
            profile = Profile.model_validate_json(json.dumps(_with_safe_texts(json.loads(answer.body))))
        except (ValidationError, ValueError):
            raise BadAnswer(status=answer.status) from None
        version = answer.etag.strip('"').rpartition("-")[2]
        if version and version != str(profile.version):
            raise BadAnswer(status=answer.status)
        return profile

    def _exchange(self, prepared: Prepared, read_seconds: float, polling: bool) -> Answer:
        import httpx

        client = self._client(polling)
        timeout = httpx.Timeout(
            connect=self._connect_seconds, read=read_seconds, write=WRITE_SECONDS, pool=POOL_SECONDS
        )
        request = client.build_request(
            prepared.method,
            prepared.url,
            headers={**prepared.headers, **self._identity_headers(prepared)},
            content=prepared.body or None,
            timeout=timeout,
        )
        started = time.monotonic()
        try:
            response = client.send(request, stream=True)
            try:
                answer = _read(response, started + 3 * read_seconds)
            finally:
                response.close()
        except (httpx.HTTPError, httpx.StreamError, RuntimeError) as error:
            raise _unreachable(error) from None
        if not polling:
            self._note_clock(response.headers.get("date", ""), time.monotonic() - started)
        return answer

    def _identity_headers(self, prepared: Prepared) -> dict[str, str]:
        identity = self.identity
        if identity is None or _origin(prepared.url) != _origin(self.base_url):
            return {}
        headers = {"Authorization": f"Bearer {identity.token}"}
        if identity.unit_account and "X-Unit-Account" not in prepared.headers:
            headers |= {"X-Unit-Account": identity.unit_account, "X-Operator": identity.operator}
        return headers

    def _note_clock(self, date: str, took: float) -> None:
        """Keep how far the center's clock is ahead; a Date has whole seconds, so its middle is taken."""
        if not date or took > EXACT_SECONDS:
            return
        try:
            stamp = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        offset = stamp + 0.5 - (self._clock() - took / 2)
        self.clock_offset = 0.0 if abs(offset) < 1.0 else offset

    # ---- connections ---------------------------------------------------------------------------------

    def _client(self, polling: bool) -> httpx.Client:
        with self._lock:
            client = self._clients.get(polling)
            if client is None:
                client = self._clients[polling] = self._connect()
            return client

    def _connect(self) -> httpx.Client:
        import httpx

        if self._given is not None:
            return httpx.Client(transport=self._given, trust_env=False, follow_redirects=False)
        if self._context is None:
            self._context = _tls(self._ca_file)
        return httpx.Client(
            verify=self._context,
            http1=True,
            http2=False,
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": "gjj"},
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=30.0),
        )


def _checked_base(base_url: str) -> str:
    """The address without trailing slash; plain http is taken for this machine only."""
    advice = "请在配置文件中改正中心地址，例如 https://gjj.example.cn。"
    try:
        split = urlsplit(base_url)
        host, _ = split.hostname or "", split.port
    except ValueError:
        raise ClientError(f"中心地址写错了，{advice}", code="config.center") from None
    if split.scheme not in ("http", "https") or not host or split.username or split.query or split.fragment:
        raise ClientError(f"中心地址写错了，{advice}", code="config.center")
    if split.scheme == "http" and not _is_this_machine(host):
        raise ClientError(f"中心地址必须以 https:// 开头，{advice}", code="config.center")
    return base_url.rstrip("/")


def _origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: the token goes to the center's and to no other."""
    split = urlsplit(url)
    default = 443 if split.scheme == "https" else 80
    return split.scheme, (split.hostname or "").lower(), split.port or default


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tls(ca_file: Path | str | None) -> ssl.SSLContext:
    """The one context: the system's and httpx's own authorities, and those of `ca_file`."""
    import certifi

    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError):
            text = "配置的中心证书文件不能读取，请检查配置文件中的证书路径。"
            raise ClientError(text, code="config.ca_file") from None
    return context


def _read(response: httpx.Response, deadline: float) -> Answer:
    """The whole body, within a size and a time."""
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > MAX_ANSWER:
            raise BadAnswer(status=response.status_code)
        if time.monotonic() > deadline:
            raise CenterUnreachable(_SLOW, code="center.timeout")
        parts.append(part)
    headers = response.headers
    return Answer(
        response.status_code,
        headers.get("content-type", "").partition(";")[0].strip().lower(),
        headers.get("etag", ""),
        headers.get("retry-after", ""),
        b"".join(parts),
    )


_SLOW = "中心没有按时回答，录入的内容都已保存在本机，请稍后重试。"


def _unreachable(error: Exception) -> ClientError:
    """The error for a request without an answer; nothing of the request is kept in it."""
    import httpx

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return CenterUntrusted()
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.DecodingError):
        return BadAnswer()
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
        return CenterUnreachable(_SLOW, code="center.timeout")
    return CenterUnreachable()


def _raise_problem(answer: Answer) -> None:
    """Raise what an answer other than 2xx says."""
    from pydantic import ValidationError

    from domain.wire import Problem

    if 200 <= answer.status < 300:
        return
    stated = answer.retry_after
    waiting = int(stated) if stated.isascii() and stated.isdigit() else None
    if answer.content_type == PROBLEM_TYPE:
        try:
            problem = Problem.model_validate_json(answer.body)
        except ValidationError:
            problem = None
        if problem is not None and problem.status == answer.status:
            error = from_problem(problem, answer.status)
            error.retry_after = waiting if error.retry_after is None else error.retry_after
            raise error
    if answer.status >= 500:
        raise CenterBusy(code=f"http.{answer.status}", status=answer.status, retry_after=waiting)
    raise BadAnswer(status=answer.status)


def _want_json(answer: Answer) -> None:
    if answer.content_type != JSON:
        raise BadAnswer(status=answer.status)


def _parse(answer: Answer, model: type[M]) -> M:
    from pydantic import ValidationError

    _want_json(answer)
    try:
        return model.model_validate_json(answer.body)
    except ValidationError:
        raise BadAnswer(status=answer.status) from None


def _with_safe_texts(value: Any) -> Any:
    """A JSON value in which every text, but for keys, has gone through `safe_text`."""
    if isinstance(value, dict):
        return {key: _with_safe_texts(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_safe_texts(each) for each in value]
    return safe_text(value) if isinstance(value, str) else value
