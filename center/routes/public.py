"""What anyone may ask: is the center there, and which rules does it have."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from center.clock import now_text
from center.deps import TheCenter
from center.routing import router as make_router
from center.store.migrate import center_id
from domain.profile import Profile
from domain.wire import Health

router = make_router("公开信息")


@router.get("/health", summary="中心是否在运行")
def health(center: TheCenter) -> Health:
    """State, time and profile of the center; the database is asked too."""
    with center.store.read() as conn:
        identity = center_id(conn)
    return Health(
        status="ok",
        center_id=identity,
        time=now_text(center.clock),
        profile=center.profile.name,
        version=version("gjj"),
        demo=center.settings.demo,
    )


@router.get("/profile", summary="中心配置（全部业务规则与用语）", response_model=Profile)
def profile(center: TheCenter, request: Request) -> Response:
    """The center's profile; `ETag` changes with its version, `If-None-Match` is honoured."""
    etag = f'"{center.profile.name}-{center.profile.version}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    body: dict[str, Any] = center.profile.model_dump(mode="json")
    return JSONResponse(body, headers=headers)
