"""The center as an application: routers, jobs, housekeeping, error answers and its OpenAPI document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware

from center.errors import MEDIA_TYPE, install_handlers
from center.jobs import JobEngine
from center.limits import Limiter
from center.middleware import Shield
from center.routes import (
    attachments,
    cases,
    deadlines,
    facts,
    inbox,
    login,
    public,
    queries,
    receipts,
    remit,
    statements,
    submissions,
    units,
    vouchers,
)
from center.settings import Settings
from center.sms import SmsPump, load_gateway
from center.state import Center
from center.store import migrate
from center.store.engine import Store
from center.sweep import Sweeper
from domain.wire import Problem

ROUTERS = tuple(
    module.router
    for module in (
        *(public, login, units, attachments, submissions, inbox, cases, queries, facts),
        *(receipts, deadlines, remit, statements, vouchers),
    )
)

OPEN = ("/v1/health", "/v1/profile", "/v1/login", "/v1/password/reset", "/v1/vouchers")
"""Beginnings of addresses that need no session."""

COMPRESSED_FROM = 20_000
"""Bytes from which an answer is compressed where the client takes that: pages of rows, not single answers."""


def create_app(settings: Settings, store: Store | None = None) -> FastAPI:
    """A center ready to be served; its database is brought to the present schema first.

    Without `store` one is opened and closed with the application. Raises ProfileMismatch, LookupError
    for an unknown SMS gateway.
    """
    own = store is None
    store = store or Store(settings)
    migrate.upgrade(store, settings.profile.name)
    pump = SmsPump(settings, store, load_gateway(settings))
    center = Center(settings, store, Limiter(settings.rates), pump)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        jobs, sweeper = JobEngine(settings, store), Sweeper(settings, store)
        await run_in_threadpool(jobs.start)
        pump.start()
        sweeper.start()
        yield
        for part in (pump, sweeper, jobs):
            await run_in_threadpool(part.stop)
        if own:
            store.close()

    app = FastAPI(
        title=settings.profile.center,
        version=version("gjj"),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.center = center
    app.add_middleware(GZipMiddleware, minimum_size=COMPRESSED_FROM, compresslevel=1)
    app.add_middleware(Shield, center=center)
    install_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1: the framework's 422 gives way to problem documents, and the two ways to prove oneself."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        summary="单位网厅与中心柜台接口",
        description="出错时一律返回 RFC 9457 问题文档；业务申报须按 RFC 9421 用UKey签名。",
        routes=app.routes,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    document["components"]["securitySchemes"] = {
        "session": {"type": "http", "scheme": "bearer", "description": "登录所得的令牌"}
    }
    answer = {
        "description": "出错：问题文档（RFC 9457）",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
            operation["responses"]["default"] = answer
            if not path.startswith(OPEN):
                operation["security"] = [{"session": []}]
    app.openapi_schema = document
    return document
