"""The center as Python sees it: one method per endpoint, blocking, called from worker threads.

One `httpx.Client` (HTTP/1.1, one SSLContext) carries everything; the long poll of the inbox has a second one.
Certificates are always verified. httpx and the wire models are imported at first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from client.errors import Refused
from client.receipt_calls import ReceiptCalls
from client.remit_api import RemitCalls
from client.signing import JSON_TYPE, Prepared
from client.statement_calls import StatementCalls, unit_path
from client.transport import Identity, Transport
from client.voucher_calls import VoucherCalls
from domain.canonical import canonical_json, content_digest, sha256_hex

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx
    from pydantic import BaseModel

    from domain import deadlines_wire, facts_wire, wire
    from domain.profile import Profile

API = "/v1"
M = TypeVar("M", bound="BaseModel")
SUBMIT_SECONDS = 180.0
"""Longest wait for the answer to a submission of many rows."""


def encode(model: BaseModel) -> bytes:
    """The canonical bytes of a body (RFC 8785)."""
    from domain.wire import dump

    return canonical_json(dump(model))


_INPUT = {
    "unit_account": "单位账号只能用半角字母、数字和连字符，且不超过20位，请核对后重填。",
    "login_name": "登录名称只能用半角字母、数字和 _ . @ -，请核对后重填。",
    "new": "新密码应为6至128个字符，请重新设定。",
}


def body_of(model: type[M], **values: object) -> M:
    """A body from what people typed. Refused (input.invalid) with one sentence that repeats no value."""
    from pydantic import ValidationError

    try:
        return model(**values)
    except ValidationError as error:
        fields = [str(found["loc"][0]) for found in error.errors(include_input=False) if found["loc"]]
    text = next(
        (_INPUT[name] for name in fields if name in _INPUT), "填写的内容过长或格式不对，请核对后重试。"
    )
    raise Refused(text, code="input.invalid")


class CenterClient(RemitCalls, StatementCalls):
    """A center's HTTP API. Every call blocks and may be made from any thread.

    Every method raises ClientError: CenterUnreachable, CenterUntrusted, CenterBusy, BadAnswer, AuthExpired,
    LoginRefused, NotFound, Refused and its other kinds. The session's token is kept in memory only.
    """

    def __init__(
        self,
        base_url: str,
        *,
        ca_file: Path | str | None = None,
        connect_seconds: float = 5.0,
        read_seconds: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Connect to nothing yet.

        `ca_file` adds certificates to the trusted ones; `transport` replaces the network in tests. Raises
        ClientError `config.center` for an address that is not https (http only on this machine).
        """
        self._center_id = ""
        self._transport = Transport(
            base_url,
            ca_file=ca_file,
            connect_seconds=connect_seconds,
            read_seconds=read_seconds,
            transport=transport,
            clock=clock,
        )

    def __repr__(self) -> str:
        return f"CenterClient({self._transport.base_url!r})"

    # ---- connection and identity ---------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """The center's address without a trailing slash."""
        return self._transport.base_url

    @property
    def identity(self) -> Identity | None:
        """Who is logged in, None before login."""
        return self._transport.identity

    def identify(self, identity: Identity | None) -> None:
        """Use this identity for the calls to come; None forgets the token."""
        self._transport.identity = identity

    @property
    def clock_offset(self) -> float:
        """Seconds the center's clock is ahead of this machine's, 0.0 before the first answer."""
        return self._transport.clock_offset

    def now(self) -> float:
        """Unix time of the center's clock."""
        return self._transport.now()

    def url(self, path: str) -> str:
        """The absolute URL of an API path such as "/units"."""
        return self.base_url + API + path

    def close(self) -> None:
        """Close all connections and forget the token."""
        self._transport.close()

    # ---- open to everybody -----------------------------------------------------------------------

    def health(self) -> wire.Health:
        """Whether the center is there, its time and its profile's name."""
        from domain import wire

        told = self._get("/health", wire.Health)
        self._center_id = told.center_id
        return told

    @property
    def center_id(self) -> str:
        """The center's identity whatever its address, "" before the first `health`."""
        return self._center_id

    def profile(self) -> Profile:
        """The center's profile. BadAnswer when it is not one or its ETag is not its version."""
        return self._transport.profile(self.url("/profile"))

    def challenge(self, unit_account: str) -> wire.Challenge:
        """A one-time login challenge."""
        from domain import wire

        body = body_of(wire.ChallengeRequest, unit_account=unit_account)
        return self._send("POST", "/login/challenge", wire.Challenge, body)

    def login_code(self, request: wire.LoginCodeRequest) -> wire.CodeSent:
        """Ask for a code by SMS (L-05, L-10)."""
        from domain import wire

        return self._send("POST", "/login/code", wire.CodeSent, request)

    def login(self, prepared: Prepared) -> wire.LoginReply:
        """Log in with an encoded LoginRequest, signed where the profile wants the key."""
        from domain import wire

        return self._transport.send(prepared, wire.LoginReply)

    def reset_password(self, request: wire.PasswordReset) -> wire.Done:
        """Set a new password by SMS code (L-10)."""
        from domain import wire

        return self._send("POST", "/password/reset", wire.Done, request)

    # ---- session ---------------------------------------------------------------------------------

    def choose_unit(self, unit_account: str) -> wire.LoginReply:
        """Choose one of the key's units (L-07)."""
        from domain import wire

        body = body_of(wire.ChooseUnit, unit_account=unit_account)
        return self._send("POST", "/login/unit", wire.LoginReply, body)

    def change_password(self, old: str, new: str) -> wire.Done:
        """Change the login password (L-11); a new one needs 6 to 128 characters."""
        from domain import wire

        return self._send("POST", "/password", wire.Done, body_of(wire.PasswordChange, old=old, new=new))

    def logout(self) -> wire.Done:
        """End the session at the center (L-14)."""
        from domain import wire

        return self._send("POST", "/logout", wire.Done)

    def unit_context(self, unit: str) -> wire.UnitContext:
        """The unit, its limits, and the center's clock and month (H-01, H-02)."""
        from domain import wire

        return self._get(unit_path(unit, "/context"), wire.UnitContext)

    def deadline_basis(self, unit: str) -> deadlines_wire.DeadlineBasis:
        """What the unit's deadlines follow from."""
        from domain import deadlines_wire

        return self._get(unit_path(unit, "/deadlines"), deadlines_wire.DeadlineBasis)

    def enter_reconcile(self, unit: str, unit_account: str, password: str) -> wire.Done:
        """Check the separate password of 单位网上对账 (L-13)."""
        from domain import wire

        body = body_of(wire.ReconcileLogin, unit_account=unit_account, password=password)
        return self._send("POST", unit_path(unit, "/reconcile"), wire.Done, body)

    # ---- submissions -----------------------------------------------------------------------------

    def submission_url(self, unit: str, submission_id: str) -> str:
        """Where a submission is put."""
        return self.url(unit_path(unit, f"/submissions/{submission_id}"))

    def submit(self, prepared: Prepared) -> wire.Receipt:
        """Send a frozen submission; sent again it gives the same receipt with `replayed`."""
        from domain import wire

        return self._transport.send(prepared, wire.Receipt, read_seconds=SUBMIT_SECONDS)

    def submission(self, unit: str, submission_id: str) -> wire.Receipt:
        """The receipt of a submission; NotFound when it never arrived."""
        from domain import wire

        return self._get(unit_path(unit, f"/submissions/{submission_id}"), wire.Receipt)

    def submission_rows(
        self, unit: str, submission_id: str, *, state: str = "", after: int = 0, limit: int = 1000
    ) -> wire.RowPage:
        """A page of a submission's rows with their results."""
        from domain import wire

        path = unit_path(unit, f"/submissions/{submission_id}/rows")
        return self._get(path, wire.RowPage, state=state, after=after, limit=limit)

    def check(self, unit: str, request: wire.CheckRequest) -> wire.CheckReply:
        """Check rows against the center's data; nothing is stored."""
        from domain import wire

        return self._send("POST", unit_path(unit, "/checks"), wire.CheckReply, request, SUBMIT_SECONDS)

    def attach(self, unit: str, name: str, content: bytes, media_type: str) -> wire.AttachmentRef:
        """Upload an attachment (pdf, jpeg, png, at most 20 MB) under its SHA-256."""
        from domain import wire

        path = unit_path(unit, f"/attachments/{sha256_hex(content)}") + _query({"name": name})
        headers = {"Content-Type": media_type, "Content-Digest": content_digest(content)}
        prepared = Prepared("PUT", self.url(path), headers, content)
        return self._transport.send(prepared, wire.AttachmentRef, read_seconds=SUBMIT_SECONDS)

    # ---- queries ---------------------------------------------------------------------------------

    def submissions(
        self,
        unit: str,
        business: str = "",
        *,
        month: int = 0,
        start: str = "",
        end: str = "",
        about: Mapping[str, str] | None = None,
    ) -> wire.BatchList:
        """Submissions of a business ("": all) in a month (YYYYMM) or a span of days, newest first (O-18).

        `about` asks for those with a row of these texts, by column key (X-06, X-09).
        """
        from domain import wire

        query = {"business": business, "month": month or "", "from": start, "to": end, **(about or {})}
        return self._get(unit_path(unit, "/submissions"), wire.BatchList, **query)

    def changes(
        self,
        unit: str,
        business: str = "",
        *,
        start: str = "",
        end: str = "",
        account_no: str = "",
        after: int = 0,
        limit: int = 200,
    ) -> wire.ChangePage:
        """A page of what businesses ("": all) changed of accounts, oldest first (Q-08, S-14)."""
        from domain import wire

        query = {"business": business, "from": start, "to": end, "account_no": account_no}
        return self._get(unit_path(unit, "/changes"), wire.ChangePage, **query, after=after, limit=limit)

    def unit_facts(self, unit: str) -> facts_wire.RegisteredFacts:
        """What is registered of the unit (U-01)."""
        from domain import facts_wire

        return self._get(unit_path(unit, "/facts"), facts_wire.RegisteredFacts)

    def person_facts(self, unit: str, account_no: str) -> facts_wire.RegisteredFacts:
        """What is registered of a person of the unit (P-02). Refused with 404 for anybody else's."""
        from domain import facts_wire

        return self._get(
            unit_path(unit, f"/people/{quote(account_no, safe='')}/facts"), facts_wire.RegisteredFacts
        )

    def fact_changes(
        self,
        unit: str,
        business: str,
        *,
        start: str = "",
        end: str = "",
        account_no: str = "",
        after: int = 0,
        limit: int = 200,
    ) -> facts_wire.FactChangePage:
        """A page of changed items of a business, oldest first (Q-01, Q-07)."""
        from domain import facts_wire

        query = {"business": business, "from": start, "to": end, "account_no": account_no}
        page = unit_path(unit, "/fact-changes")
        return self._get(page, facts_wire.FactChangePage, **query, after=after, limit=limit)

    def accounts(
        self,
        unit: str,
        *,
        opened_from: str = "",
        opened_to: str = "",
        account_no: str = "",
        after: str = "",
        limit: int = 200,
    ) -> wire.AccountPage:
        """A page of personal accounts (Q-06)."""
        from domain import wire

        query = {"opened_from": opened_from, "opened_to": opened_to, "account_no": account_no}
        return self._get(unit_path(unit, "/accounts"), wire.AccountPage, **query, after=after, limit=limit)

    def depositors(self, unit: str, *, since: int = 0, limit: int = 2000) -> wire.DepositorPage:
        """Changes of the unit's depositors since a revision (E-02, E-03)."""
        from domain import wire

        return self._get(unit_path(unit, "/depositors"), wire.DepositorPage, since=since, limit=limit)

    # ---- inbox -----------------------------------------------------------------------------------

    def poll_inbox(self, after: int, wait: int = 25, *, active: bool = False) -> wire.InboxPoll:
        """Changes since revision `after`, at once or after `wait` seconds; has its own connection.

        `active` says that a person is at the keyboard, which keeps the session alive.
        """
        from domain import wire

        path = "/inbox" + _query({"after": after, "wait": wait})
        prepared = Prepared("GET", self.url(path), {"X-User-Active": "1"} if active else {}, b"")
        return self._transport.send(prepared, wire.InboxPoll, read_seconds=wait + 15.0, polling=True)

    def inbox_items(self, tab: str, *, before: int = 0, limit: int = 50) -> wire.InboxPage:
        """A page of a tab, newest first."""
        from domain import wire

        return self._get("/inbox/items", wire.InboxPage, tab=tab, before=before or "", limit=limit)

    def mark_read(self, item_id: int) -> wire.Done:
        """Mark a message read (T-04)."""
        from domain import wire

        return self._send("POST", f"/inbox/items/{item_id}/read", wire.Done)

    def delete_item(self, item_id: int) -> wire.Done:
        """Delete a message where the profile allows it (T-05)."""
        from domain import wire

        return self._send("DELETE", f"/inbox/items/{item_id}", wire.Done)

    # ---- cases, clerks only ------------------------------------------------------------------------

    def cases(self, *, state: str = "", limit: int = 200) -> wire.CaseList:
        """Cases of a state, oldest first."""
        from domain import wire

        return self._get("/cases", wire.CaseList, state=state, limit=limit)

    def case(self, case_id: str) -> wire.CaseDetail:
        """A case with its events and the actions open to this clerk."""
        from domain import wire

        return self._get(f"/cases/{quote(case_id, safe='')}", wire.CaseDetail)

    def case_rows(self, case_id: str, *, state: str = "", after: int = 0, limit: int = 1000) -> wire.RowPage:
        """A page of a case's rows."""
        from domain import wire

        path = f"/cases/{quote(case_id, safe='')}/rows"
        return self._get(path, wire.RowPage, state=state, after=after, limit=limit)

    def act_on_case(self, case_id: str, action: wire.CaseAction) -> wire.CaseDetail:
        """Take, approve or refuse a case; Refused with code case.version when it has moved on."""
        from domain import wire

        path = f"/cases/{quote(case_id, safe='')}/actions"
        return self._send("POST", path, wire.CaseDetail, action, SUBMIT_SECONDS)

    @property
    def receipts(self) -> ReceiptCalls:
        """来款: the clerks' calls, and what a unit sees of its own."""
        return ReceiptCalls(self._get, self._send)

    @property
    def vouchers(self) -> VoucherCalls:
        """Vouchers: prints counted, files sealed, papers checked."""
        return VoucherCalls(self._get, self._send)

    # ---- inside ----------------------------------------------------------------------------------

    def _get(self, path: str, model: type[M], **query: str | int) -> M:
        prepared = Prepared("GET", self.url(path + _query(query)), {}, b"")
        return self._transport.send(prepared, model)

    def _send(
        self,
        method: str,
        path: str,
        model: type[M],
        body: BaseModel | None = None,
        read_seconds: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> M:
        content = b"" if body is None else encode(body)
        given = {} if body is None else {"Content-Type": JSON_TYPE}
        prepared = Prepared(method, self.url(path), {**given, **(headers or {})}, content)
        return self._transport.send(prepared, model, read_seconds=read_seconds)


def _query(values: Mapping[str, str | int]) -> str:
    """A query string of the values that say something."""
    given = [f"{name}={quote(str(value), safe='')}" for name, value in values.items() if value != ""]
    return "?" + "&".join(given) if given else ""
