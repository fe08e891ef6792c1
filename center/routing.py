"""Routes whose JSON bodies have one meaning: duplicate keys, floats and deep nesting are refused."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from center.errors import ProblemError, invalid_body
from domain.canonical import CanonicalError, strict_loads
from domain.wire import API, RowFinding

M = TypeVar("M", bound=BaseModel)

_IN_LOOP = 32 * 1024
"""Bodies up to this size are read in the event loop, larger ones in a thread."""


class StrictRequest(Request):
    """A request whose JSON body was read by `strict_loads`."""

    parsed: object = None

    async def json(self) -> Any:
        """The body as read."""
        return self.parsed


class StrictRoute(APIRoute):
    """A route that reads its JSON body with `strict_loads`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of FastAPI behind the strict reader."""
        inner = super().get_route_handler()
        wants_body = self.body_field is not None

        async def handle(request: Request) -> Response:
            if not wants_body:
                return await inner(request)
            strict = StrictRequest(request.scope, request.receive)
            body = await strict.body()
            if body and _is_json(strict.headers.get("content-type", "")):
                if len(body) <= _IN_LOOP:
                    strict.parsed = strict_json(body)
                else:
                    strict.parsed = await run_in_threadpool(strict_json, body)
            return await inner(strict)

        return handle


def router(tag: str, prefix: str = API) -> APIRouter:
    """A router of strict routes under the API's prefix; `tag` names the group in the OpenAPI document."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=StrictRoute)


def strict_json(body: bytes) -> object:
    """The value of a JSON body. Raises ProblemError body.invalid."""
    try:
        value = strict_loads(body)
    except CanonicalError as error:
        raise _refused(error.code, error.text) from None
    if b"\\u0000" in body and _holds_nul(value):
        raise _refused("json.nul", "报文中有空字符（NUL），请检查发送方程序。")
    return value


def parse_body(model: type[M], body: bytes) -> M:
    """A request body from its bytes. Raises ProblemError body.invalid."""
    try:
        return model.model_validate(strict_json(body))
    except ValidationError as error:
        raise invalid_body(error.errors()) from None


def _refused(code: str, text: str) -> ProblemError:
    return ProblemError("body.invalid", text, findings=[RowFinding(row=0, field="", code=code, text=text)])


def _holds_nul(value: object) -> bool:
    """True when a text inside holds U+0000, which PostgreSQL cannot store."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(_holds_nul(item) for item in value)


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"
