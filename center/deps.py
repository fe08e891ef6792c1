"""What a handler may get hold of: the center, and a scope that proves who is asking.

`UnitScope` is the only way to a unit's data, `ClerkScope` the only way to the center's cases. A unit that
is not the session's own answers exactly as one that does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from center.auth.sessions import LiveSession, find_session
from center.clock import Clock
from center.errors import ProblemError, unit_not_found
from center.settings import Settings
from center.state import Center
from center.store.engine import Store
from domain.httpsig import RequestParts, combine_headers, normal_authority
from domain.profile import Profile
from domain.wire import CENTER_SCOPE

ACTIVE_HEADER = "x-user-active"
"""A poll with the value "1" says that a person is at the keyboard and keeps the session alive."""


@dataclass(frozen=True)
class UnitScope:
    """An agent acting for one unit. `permissions` are the businesses allowed, () permits all (L-08).

    `reconciled`: the separate password of 单位网上对账 was entered in this session (L-13).
    """

    store: Store
    clock: Clock
    profile: Profile
    settings: Settings
    operator_id: str
    operator_login: str
    operator_name: str
    unit_account: str
    permissions: tuple[str, ...]
    session_fingerprint: str
    session_hash: str = ""
    reconciled: bool = False

    @property
    def inbox_scope(self) -> str:
        """Scope name of the unit's inbox."""
        return self.unit_account

    def require(self, business: str) -> None:
        """Raise permission.denied unless this agent may file `business` for this unit."""
        if self.permissions and business not in self.permissions:
            raise ProblemError("permission.denied", "您没有办理该业务的权限，请联系本单位管理员或中心。")


@dataclass(frozen=True)
class ClerkScope:
    """A clerk of the center."""

    store: Store
    clock: Clock
    profile: Profile
    settings: Settings
    operator_id: str
    operator_login: str
    operator_name: str

    @property
    def inbox_scope(self) -> str:
        """Scope name of the clerks' inbox."""
        return CENTER_SCOPE


def center_of(request: Request) -> Center:
    """The center that serves a request."""
    center = request.app.state.center
    assert isinstance(center, Center)
    return center


def request_parts(request: Request) -> RequestParts:
    """The request as RFC 9421 sees it; repeated header lines are joined."""
    lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    headers = combine_headers(lines)
    raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return RequestParts(
        request.method,
        normal_authority(headers.get("host", ""), request.url.scheme),
        raw_path.partition(b"?")[0].decode("latin-1"),
        request.scope["query_string"].decode("latin-1"),
        headers,
    )


async def raw_body(request: Request) -> bytes:
    """The bytes of the body as they came."""
    return await request.body()


def live_session(request: Request) -> LiveSession:
    """The session of the bearer token. Raises auth.required, certificate.revoked, rate.limited."""
    return find_session(center_of(request), bearer_token(request), touch=not _is_poll(request))


def settled_session(session: Annotated[LiveSession, Depends(live_session)]) -> LiveSession:
    """A session that may do more than change its password. Raises password.must_change."""
    if session.must_change:
        raise ProblemError("password.must_change", "首次登录须修改初始密码，请先修改登录密码。")
    return session


def unit_scope(
    unit: str, request: Request, session: Annotated[LiveSession, Depends(settled_session)]
) -> UnitScope:
    """The scope of the unit in the path, which must be the session's own."""
    scope = _session_unit(request, session)
    if unit != scope.unit_account:
        raise unit_not_found()
    return scope


def clerk_scope(request: Request, session: Annotated[LiveSession, Depends(settled_session)]) -> ClerkScope:
    """The scope of a clerk. Agents are refused with permission.denied."""
    center = center_of(request)
    if session.role != "clerk":
        raise ProblemError("permission.denied", "该功能仅供中心柜员使用，请用柜员账号登录。")
    return ClerkScope(
        center.store,
        center.clock,
        center.profile,
        center.settings,
        session.operator_id,
        session.login_name,
        session.name,
    )


def any_scope(
    request: Request, session: Annotated[LiveSession, Depends(settled_session)]
) -> UnitScope | ClerkScope:
    """The session's own scope, whoever it is; for the inbox."""
    if session.role == "clerk":
        return clerk_scope(request, session)
    return _session_unit(request, session)


AnySession = Annotated[LiveSession, Depends(live_session)]
Unit = Annotated[UnitScope, Depends(unit_scope)]
Clerk = Annotated[ClerkScope, Depends(clerk_scope)]
Anyone = Annotated[UnitScope | ClerkScope, Depends(any_scope)]
Parts = Annotated[RequestParts, Depends(request_parts)]
RawBody = Annotated[bytes, Depends(raw_body)]
TheCenter = Annotated[Center, Depends(center_of)]


def _session_unit(request: Request, session: LiveSession) -> UnitScope:
    center = center_of(request)
    if session.role != "agent":
        raise ProblemError("permission.denied", "柜员账号不能办理单位业务，请用经办人账号登录。")
    if not session.unit_account:
        raise ProblemError("unit.not_chosen", "请先选择要办理的单位账号。")
    headers = request_parts(request).headers
    if headers.get("x-unit-account") != session.unit_account:
        raise unit_not_found()
    if headers.get("x-operator") != session.operator:
        raise ProblemError("permission.denied", "经办人与当前登录不符，请重新登录。")
    center.limiter.check("unit", session.unit_account)
    return UnitScope(
        center.store,
        center.clock,
        center.profile,
        center.settings,
        session.operator_id,
        session.operator,
        session.name,
        session.unit_account,
        session.permissions,
        session.fingerprint,
        session.token_hash,
        session.reconciled,
    )


def bearer_token(request: Request) -> str:
    """The token of the Authorization header, "" without one."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _is_poll(request: Request) -> bool:
    """True for a long poll that nobody is behind: it must not keep a session alive."""
    path: str = request.scope["path"]
    return path.endswith("/inbox") and request.headers.get(ACTIVE_HEADER) != "1"
