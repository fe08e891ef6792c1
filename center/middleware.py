"""Around the whole application: how much, how often, and an answer even when something breaks."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from center.errors import ProblemError, incident, problem_response
from center.limits import body_limit
from center.state import Center
from domain.wire import Problem

LOGIN_PATHS = ("/v1/login", "/v1/password/reset")
HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))


class Shield:
    """Rate by address, size of bodies, NUL in addresses, safe headers, an answer when something breaks."""

    def __init__(self, app: ASGIApp, center: Center) -> None:
        self._app = app
        self._center = center

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reply = _Reply(send)
        try:
            self._admit(scope)
            limit = body_limit(self._center.settings, scope["method"], scope["path"])
            _check_length(scope, limit)
            await self._app(scope, _Measured(receive, limit), reply)
        except ProblemError as error:
            await self._answer(scope, receive, reply, error.problem)
        except Exception as error:
            await self._answer(scope, receive, reply, incident(error))

    def _admit(self, scope: Scope) -> None:
        client = scope.get("client")
        address = str(client[0]) if client else ""
        self._center.limiter.check("address", address)
        if scope["path"].startswith(LOGIN_PATHS):
            self._center.limiter.check("login", address)
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            raise ProblemError("body.invalid", "请求地址中有空字符（NUL），请升级客户端后重试。")

    @staticmethod
    async def _answer(scope: Scope, receive: Receive, reply: _Reply, problem: Problem) -> None:
        if not reply.started:
            await problem_response(problem)(scope, receive, reply)


class _Reply:
    """The sending side: adds headers and remembers that the answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            _add_headers(message)
        await self._send(message)


class _Measured:
    """The receiving side: raises too_large when the body grows past its limit."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._size = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise _too_large(self._limit)
        return message


def _check_length(scope: Scope, limit: int) -> None:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            raise _too_large(limit)


def _too_large(limit: int) -> ProblemError:
    size = f"{limit // 2**20}MB" if limit >= 2**20 else f"{limit // 2**10}KB"
    return ProblemError("too_large", f"发送的内容超过{size}，请拆分或缩小后重试。")


def _add_headers(message: MutableMapping[str, Any]) -> None:
    headers = list(message.get("headers", []))
    names = {name.lower() for name, _ in headers}
    headers.extend(pair for pair in HEADERS if pair[0] not in names)
    if b"cache-control" not in names:
        headers.append((b"cache-control", b"no-store"))
    message["headers"] = headers
