"""The wire contract between a client and a center: every request and response body.

Money is text in 元 with two decimals ("8000.00"), ratios text in percent ("12"), months integers
YYYYMM, dates ISO 8601, times ISO 8601 in UTC with "Z". Roster rows map column keys of the business
declaration to texts. Unknown keys are refused. Errors are RFC 9457 problem documents (`Problem`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from domain.findings import Finding, Severity

API = "/v1"
"""Path prefix of every endpoint."""

MAX_ROWS = 100_000
"""Most rows of one submission."""

CENTER_SCOPE = "@center"
"""Inbox scope shared by the clerks of the center."""

UnitAccount = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,20}$")]
LoginName = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_.@-]{1,40}$")]
SubmissionId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
BusinessId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,19}$")]
"""Id of a business; one the center does not offer is refused with `module.off`."""
Cell = Annotated[str, StringConstraints(max_length=200)]
Month = Annotated[int, Field(ge=190001, le=299912)]
Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,13}\.[0-9]{2}$")]
AnyTotal = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}\.[0-9]{2}$")]
"""Sum over rows that may all be wrong: `MAX_ROWS` times the largest amount there is."""

RowState = Literal["pending", "processing", "ok", "failed"]
"""待确认 / 处理中 / 成功 / 失败 (O-09)."""

SubmissionState = Literal["done", "review", "processing", "refused"]
"""办结 / 待中心审核 / 处理中 / 未受理."""


class Wire(BaseModel):
    """Base of all bodies: unknown keys are refused, values immutable, no type coercion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


# ---- errors ----------------------------------------------------------------------------------------


class RowFinding(Wire):
    """A finding at the center. `row` is 1-based within the submission; 0 concerns the whole."""

    row: int
    field: str
    code: str
    text: str
    severity: Literal["error", "warning", "adjusted"] = "error"

    @classmethod
    def of(cls, row: int, finding: Finding) -> RowFinding:
        """The wire form of a domain finding."""
        return cls(
            row=row,
            field=finding.field,
            code=finding.code,
            text=finding.text,
            severity=finding.severity.value,
        )

    def finding(self) -> Finding:
        """The domain form."""
        return Finding(self.code, self.field, self.text, Severity(self.severity))


class Problem(Wire):
    """RFC 9457 problem document. `code` is stable; `title` and `detail` are Chinese for people."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    instance: str = ""
    findings: list[RowFinding] = []
    tries_left: int | None = None
    retry_after: int | None = None
    """Seconds to wait."""


# ---- login -----------------------------------------------------------------------------------------


class Health(Wire):
    """What `GET /v1/health` says. `center_id` stays the same for the life of the center's database."""

    status: Literal["ok"]
    center_id: str
    time: str
    profile: str
    version: str
    demo: bool


class ChallengeRequest(Wire):
    """Ask for a login challenge; nothing is revealed about whether the account exists."""

    unit_account: UnitAccount


class Challenge(Wire):
    """A one-time login challenge; `nonce` goes into the signature, valid until `expires`."""

    challenge_id: str
    nonce: str
    expires: str


class LoginCodeRequest(Wire):
    """Ask for a code by SMS (password_sms profiles): all must match what the center has registered (L-05)."""

    unit_account: UnitAccount
    unit_name: Cell
    agent_name: Cell
    agent_id_number: Cell
    mobile: Cell
    purpose: Literal["login", "reset"] = "login"


class CodeSent(Wire):
    """The answer never says whether the data matched; `expires` is the code's end."""

    expires: str
    resend_after: int


class LoginRequest(Wire):
    """Login of an agent or a clerk.

    With a key the request is signed (tag `gjj-login`, nonce of the challenge). `kind` clerk uses
    `login_name` and `password` alone, with unit_account "" and no key.
    """

    kind: Literal["agent", "clerk"] = "agent"
    unit_account: Cell = ""
    login_name: Cell = ""
    password: Annotated[str, StringConstraints(max_length=128)] = Field(repr=False)
    challenge_id: Cell = ""
    unit_name: Cell = ""
    agent_name: Cell = ""
    agent_id_number: Cell = ""
    mobile: Cell = ""
    code: Annotated[str, StringConstraints(max_length=12)] = Field(default="", repr=False)


class UnitChoice(Wire):
    """A unit of the key that logged in (L-07)."""

    unit_account: UnitAccount
    name: str
    permissions: list[str] = []


class LoginReply(Wire):
    """An open session. With several units none is chosen yet and `POST /v1/login/unit` must follow."""

    token: str = Field(repr=False)
    expires: str
    role: Literal["agent", "clerk"]
    operator: LoginName
    operator_name: str
    units: list[UnitChoice]
    unit_account: str
    """The chosen unit, "" while a choice is due or for a clerk."""
    must_change_password: bool
    certificate_expires: str = ""
    """End of the certificate used, ISO time; "" without a key."""


class ChooseUnit(Wire):
    """Choose one of the key's units (L-07)."""

    unit_account: UnitAccount


class PasswordChange(Wire):
    """Change the login password (L-11)."""

    old: Annotated[str, StringConstraints(max_length=128)] = Field(repr=False)
    new: Annotated[str, StringConstraints(min_length=6, max_length=128)] = Field(repr=False)


class ReconcileLogin(Wire):
    """Enter 单位网上对账 with its separate password (L-13)."""

    unit_account: Annotated[str, StringConstraints(max_length=20)]
    password: Annotated[str, StringConstraints(max_length=128)] = Field(repr=False)


class PasswordReset(Wire):
    """Reset by SMS code (L-10, shaanxi)."""

    unit_account: UnitAccount
    mobile: Cell
    code: Annotated[str, StringConstraints(max_length=12)] = Field(repr=False)
    new: Annotated[str, StringConstraints(min_length=6, max_length=128)] = Field(repr=False)


# ---- home ------------------------------------------------------------------------------------------


class RatioPairWire(Wire):
    """Ratios of the unit's and the person's side, percent texts."""

    unit: str
    person: str


class LimitsWire(Wire):
    """What holds in a fund year (`domain.limits_wire`): 元 texts, percent texts, roundings by name."""

    fund_year: int
    base_min: Amount
    base_max: Amount
    amount_min: Amount = "0.00"
    amount_max: Amount | None = None
    ratio_min: str = "5"
    ratio_max: str = "12"
    unit_rounding: str = "to_fen"
    person_rounding: str = "to_fen"


class UnitContext(Wire):
    """What a client needs to know of the chosen unit (H-01, H-02) and of the center's clock.

    `month` is the business month, `today` the center's date, `permissions` the businesses this agent
    may file; `calendar_known` is False when the year's calendar is not published (年历未发布).
    """

    unit_account: UnitAccount
    name: str
    credit_code: str = ""
    address: str = ""
    account_state: str = ""
    paid_through: int | None = None
    verified_through: int | None = None
    """The month verified last, paid or not; where none was it is `paid_through`."""
    headcount: int = 0
    sealed_count: int = 0
    unallocated: Amount = "0.00"
    agent_name: str = ""
    agent_mobile: str = ""
    unified_ratio: bool
    ratios: list[RatioPairWire]
    fund_types: list[str]
    limits: LimitsWire | None
    years: list[LimitsWire] = []
    """What holds in every published fund year; `limits` is that of `month`."""
    verified_year: int | None = None
    """Fund year of the unit's last 年度核定."""
    month: Month
    today: str
    server_time: str
    hours: str = ""
    is_open: bool = True
    calendar_known: bool = True
    permissions: list[str] = []
    certificate_expires: str = ""
    signature_required: bool = True
    """Whether the unit's submissions must be signed by its key."""
    reconcile_password: bool = False
    """Whether 单位网上对账 asks for a separate password (L-13)."""
    revision: int
    """Revision of the unit's depositors, see `DepositorPage`."""


# ---- submissions -----------------------------------------------------------------------------------


class AttachmentRef(Wire):
    """An uploaded attachment by digest."""

    sha256: Sha256
    name: Cell
    size: int


class SubmissionTotals(Wire):
    """What the agent was shown and confirmed (O-08)."""

    count: int = Field(ge=1, le=MAX_ROWS)
    amount: Amount


class SubmissionRequest(Wire):
    """One submission of one business. The bytes are frozen before the first attempt and resent unchanged."""

    business: BusinessId
    profile: str
    source: Literal["single", "file"]
    rows: list[dict[str, Cell]] = Field(min_length=1, max_length=MAX_ROWS)
    totals: SubmissionTotals
    attachments: list[AttachmentRef] = []
    remark: Cell = ""


ROWS = TypeAdapter(list[dict[str, Cell]])
"""Some of the rows of a submission."""


class Receipt(Wire):
    """What the center answers to a submission and to every repetition of it.

    `serial` is the 业务流水号 (Q-18), `digest` the SHA-256 of the request body.
    """

    submission_id: SubmissionId
    serial: str
    received: str
    business: str
    title: str
    state: SubmissionState
    count: int
    amount: AnyTotal
    ok: int
    failed: int
    pending: int
    digest: Sha256
    message: str
    """Sentence for the agent, e.g. 已完成缴存人登记."""
    replayed: bool = False
    findings: list[RowFinding] = []


class CheckRequest(Wire):
    """Dry run of rows against the center's data; nothing is stored."""

    business: BusinessId
    source: Literal["single", "file"]
    rows: list[dict[str, Cell]] = Field(min_length=1, max_length=MAX_ROWS)


class CheckReply(Wire):
    """Findings of a dry run."""

    findings: list[RowFinding]
    totals_count: int
    totals_amount: Amount


class RowResult(Wire):
    """State of one row of a submission."""

    row: int
    values: dict[str, str]
    state: RowState
    account_no: str = ""
    code: str = ""
    reason: str = ""
    declared: str
    processed: str = ""
    highlight: bool = False
    """Declared and processed on different days (O-19)."""


class RowPage(Wire):
    """A page of rows; `next` is the `after` of the following page, None at the end."""

    rows: list[RowResult]
    next: int | None = None


class BatchSummary(Wire):
    """One submission as a query lists it (O-18, Q-11 to Q-13, Y-01); `title` is the center's name for it."""

    submission_id: SubmissionId
    serial: str
    business: str = "open"
    title: str = ""
    declared: str
    month: Month
    state: SubmissionState
    total: int
    ok: int
    failed: int
    pending: int
    processing: int
    amount: Amount


class BatchList(Wire):
    """Submissions of a period, newest first."""

    batches: list[BatchSummary]


class AccountRow(Wire):
    """A personal account as the account query lists it (Q-06)."""

    account_no: str
    name: str
    id_number: str
    base: Amount
    unit_amount: Amount
    person_amount: Amount
    state: str
    opened: str


class AccountPage(Wire):
    """A page of accounts; `next` is the account to continue after."""

    rows: list[AccountRow]
    next: str | None = None


class ChangeRow(Wire):
    """One change of an account: what it was and became, by which business (Q-08, S-14)."""

    account_no: str
    name: str
    id_number: str
    business: str
    title: str
    reason: str
    day: str
    month: Month
    status_from: str
    status_to: str
    base_from: Amount
    base_to: Amount
    amount_from: Amount
    amount_to: Amount
    serial: str


class ChangePage(Wire):
    """A page of changes, oldest first; `next` is the `after` of the following page, None at the end."""

    rows: list[ChangeRow]
    next: int | None = None


class DepositorRow(Wire):
    """A depositor in the delta sync; `gone` marks one that left the unit."""

    account_no: str
    name: str
    id_number: str
    base: Amount
    unit_ratio: str
    person_ratio: str
    unit_amount: Amount
    person_amount: Amount
    status: str
    mobile: str = ""
    fund_type: str = ""
    opened: str = ""
    sealed_month: int = 0
    """YYYYMM since which a sealed account is sealed, 0 for none."""
    gone: bool = False
    sealed_reason: str = ""
    """Code of the center's reason for the sealing."""


class DepositorPage(Wire):
    """Changes of the unit's depositors since a revision (E-02, E-03); repeat while `more`."""

    rows: list[DepositorRow]
    revision: int
    more: bool


# ---- inbox -----------------------------------------------------------------------------------------


class InboxItem(Wire):
    """A message or a case entry of the inbox (T-02). `rev` grows with every change."""

    item_id: int
    rev: int
    tab: Literal["messages", "todo", "done", "started", "read"]
    title: str
    body: str
    time: str
    channel: str
    state: str
    read: bool = False
    submission_id: str = ""
    case_id: str = ""
    deleted: bool = False


class JobProgress(Wire):
    """Progress of an asynchronous business (Y-01)."""

    submission_id: SubmissionId
    serial: str
    business: str = "open"
    title: str
    state: SubmissionState
    total: int
    ok: int
    failed: int
    updated: str


class InboxPoll(Wire):
    """Changes since `after`; answered at once when there are any, else after `wait` seconds."""

    rev: int
    items: list[InboxItem]
    jobs: list[JobProgress]
    counts: dict[str, int]


class InboxPage(Wire):
    """A page of a tab, newest first; `next` is the `before` of the following page."""

    items: list[InboxItem]
    next: int | None = None


# ---- cases -----------------------------------------------------------------------------------------


class CaseEvent(Wire):
    """A step of a case: who did what, when, with which opinion (T-09)."""

    time: str
    actor: str
    action: str
    state: str
    opinion: str = ""


class CaseSummary(Wire):
    """A case in a clerk's list."""

    case_id: str
    serial: str
    business: str
    title: str
    unit_account: str
    unit_name: str
    declared: str
    due: str
    count: int
    amount: Amount
    state: str
    version: int


class CaseList(Wire):
    """Cases of a state, oldest first."""

    cases: list[CaseSummary]


class CaseDetail(Wire):
    """A case with its events; rows come from `GET /v1/cases/{id}/rows`."""

    case: CaseSummary
    events: list[CaseEvent]
    actions: list[str]


class RowDecision(Wire):
    """A row that the clerk refuses within an approved case."""

    row: int
    reason: Cell


class CaseAction(Wire):
    """A clerk's act on a case: take it, approve it (with refused rows), refuse it whole."""

    action: Literal["take", "approve", "refuse"]
    version: int
    opinion: Annotated[str, StringConstraints(max_length=500)] = ""
    refused: list[RowDecision] = []


class Done(Wire):
    """Plain acknowledgement."""

    message: str


def dump(model: BaseModel) -> dict[str, Any]:
    """The JSON object of a body."""
    return model.model_dump(mode="json")
