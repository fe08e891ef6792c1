"""Routes whose JSON bodies have one meaning: duplicate keys, floats, deep nesting and the like are refused."""

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
    """A router of strict routes under the API's prefix; `tag` is the Chinese group name in the OpenAPI document."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=StrictRoute)


def strict_json(body: bytes) -> object:
    """The value of a JSON body. Raises ProblemError body.invalid."""
    try:
        return strict_loads(body)
    except CanonicalError as error:
        finding = RowFinding(row=0, field="", code=error.code, text=error.text)
        raise ProblemError("body.invalid", error.text, findings=[finding]) from None


def parse_body(model: type[M], body: bytes) -> M:
    """A request body from its bytes. Raises ProblemError body.invalid."""
    try:
        return model.model_validate(strict_json(body))
    except ValidationError as error:
        raise invalid_body(error.errors()) from None


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"
