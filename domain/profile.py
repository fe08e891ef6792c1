"""A center profile: everything that differs between centers, as checked data.

Parameters follow features.md section 21; a `°` there is a default of ours. The files stand in
`domain/profiles/`; the center serves its profile to the client, and both sides enforce it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from domain.business import Limits
from domain.businesses.adjust_rules import AdjustRules, AnnualRules
from domain.businesses.fact_rules import PersonChangeRules, UnitChangeRules
from domain.businesses.makeup_rules import MakeupRules
from domain.businesses.move_rules import MergeRules, TransferRules, ZeroCloseRules
from domain.businesses.names import business_of
from domain.businesses.open_rules import OpenRules
from domain.businesses.remit_rules import AllocateRules, RemitCancelRules, RemitRules
from domain.businesses.seal_rules import SealRules, UnsealRules
from domain.login_form import PROFILE_NAMES, raw_profile
from domain.money import Rounding
from domain.period import fund_year
from domain.receipt_rules import ReceiptRules
from domain.rules import BusinessRules, Strict

__all__ = ["PROFILE_NAMES", "Profile", "load_profile", "parse_profile"]


class LoginFieldSpec(Strict):
    """One field of the login screen (L-05)."""

    key: str
    label: str
    kind: Literal["text", "password", "code", "check", "static"] = "text"
    source: Literal["typed", "config"] = "typed"
    width: int = 24


class Auth(Strict):
    """Login and access (features.md section 1, parameters 1 to 8)."""

    mode: Literal["ukey_password", "bank_key", "password_sms"]
    fields: list[LoginFieldSpec]
    keys_per_unit: int = Field(description="0 = any number")
    units_per_key: int = Field(description="0 = any number")
    account_chooser: bool = False
    account_permissions: bool = False
    initial_password: str = Field(description='"random", "set_by_user" or the literal initial password')
    must_change_initial: bool = True
    reset: Literal["counter", "bank", "self_sms", "counter_letter"]
    reset_text: str
    access_text: str = Field(description="how access is obtained and ended (L-01, L-02)")
    platform_text: str = Field(description="what the workstation needs (L-03)")
    requires: list[str] = []
    change_password: Literal["inside", "bank"] = "inside"
    submission_signature: Literal["required", "if_registered"] = "required"
    reconcile_password: bool = False
    """Separate password of 单位网上对账 (L-13)."""
    manual_download: bool = False
    """The operation manual can be had on the login page (L-12)."""


class Module(Strict):
    """One entry of the module list (H-03); `code` is its transaction code."""

    code: str
    title: str
    group: str = ""
    opens: str = Field(
        default="",
        description='screen name, "business:<id>", "batch:<id>" or "query:<id>"; empty: done at the counter',
    )
    tabs: list[str] = Field(default=[], description="several screens, as `opens` names them, in one module")

    @property
    def screens(self) -> tuple[str, ...]:
        """The screens this module opens; several are chosen from."""
        return tuple(one for one in (self.opens, *self.tabs) if one)

    @property
    def businesses(self) -> tuple[str, ...]:
        """The businesses this module files or shows."""
        return tuple(dict.fromkeys(name for one in self.screens if (name := business_of(one))))


class Home(Strict):
    """Home screen (features.md section 3, parameters 11 to 14)."""

    layout: Literal["grid_tabs", "menus", "dashboard"]
    modules: list[Module]
    sound_toggle: bool = False
    welcome: str = Field(default="", description="text of the welcome box that must be closed (H-09)")


class InboxTab(Strict):
    """A tab of the task inbox."""

    key: Literal["messages", "todo", "done", "started", "read"]
    title: str


class Inbox(Strict):
    """Inbox behaviour (features.md section 4, parameters 15 to 18)."""

    tabs: list[InboxTab]
    read_mode: Literal["auto", "manual"] = "auto"
    delete: bool = False
    end_process: bool = False


class Calendar(Strict):
    """Business month and hours (parameters 23 to 26)."""

    business_month: Literal["calendar", "21-20"] = "calendar"
    hours: str = Field(default="", description='"09:00-16:30" or "" for always')
    cutoff_pull_forward: bool = False
    fund_year_start: int = 7


class RatioRule(Strict):
    """Deposit ratio limits in basis points (parameters 72 to 74)."""

    min: int = 500
    max: int = 1200
    single_out_of_range: Literal["reject", "clamp"] = "reject"


class Cap(Strict):
    """What holds in one fund year, in 分 and basis points (parameters 71, 73, 75).

    What is left out is taken from `[ratio]` and `[money]`. A center keeps its own rows in its database; these
    are what it is set up with, and what offline checks use.
    """

    fund_year: int
    base_min: int
    base_max: int
    amount_min: int = 0
    amount_max: int | None = None
    ratio_min: int | None = None
    ratio_max: int | None = None
    unit_rounding: Rounding | None = None
    person_rounding: Rounding | None = None
    source: str = ""


class Money(Strict):
    """Rounding of a monthly deposit, each side by itself (parameter 71)."""

    unit_rounding: Rounding = Rounding.TO_FEN
    person_rounding: Rounding = Rounding.TO_FEN


class Businesses(Strict):
    """What the center does on line: a table `[business.<id>]` each; a business without one is not offered.

    The fields are the ids of `domain.businesses.registry`.
    """

    open: OpenRules | None = None
    seal: SealRules | None = None
    unseal: UnsealRules | None = None
    transfer_out: TransferRules | None = None
    transfer_in: TransferRules | None = None
    merge: MergeRules | None = None
    zero_close: ZeroCloseRules | None = None
    unit_change: UnitChangeRules | None = None
    person_change: PersonChangeRules | None = None
    base_adjust: AdjustRules | None = None
    annual: AnnualRules | None = None
    makeup: MakeupRules | None = None
    makeup_change: MakeupRules | None = None
    makeup_cancel: MakeupRules | None = None
    makeup_missed: MakeupRules | None = None
    makeup_short: MakeupRules | None = None
    remit: RemitRules | None = None
    remit_cancel: RemitCancelRules | None = None
    allocate: AllocateRules | None = None


StatementKind = Literal[
    "unit_account",
    "unit_flow",
    "flow_detail",
    "unit_ledger",
    "unit_interest",
    "person_ledger",
    "annual_statement",
]
"""Queries of the unit's money: Q-02 to Q-05, Q-09, Q-10; `unit_ledger` is what Q-03 prints."""


class Import(Strict):
    """Workbook import (features.md section 14, parameters 38 to 42)."""

    atomic: bool = False
    errors_per_row: Literal["all", "first"] = "all"
    formats: list[Literal["xls", "xlsx"]]
    two_step: bool = False
    template_format: Literal["xls", "xlsx"] = "xlsx"


class Queue(Strict):
    """The pending roster (parameters 42 to 45); a business may differ, see `Profile.queue_of`."""

    layout: Literal["side", "below"] = "below"
    title: str
    delete_mode: Literal["one", "one_or_all"] = "one"
    edit_row: bool = False
    submit_scope: Literal["selected", "all", "one_or_all"]
    delete_ticked: bool = False
    """Whether rows must be ticked before they can be deleted (W-04); else the current row goes without."""
    delete_confirm: bool = True
    refresh_label: str = ""
    """Label of the action that reads the queue again (W-03)."""


class Attach(Strict):
    """Attachments (parameter 37); which business needs them stands in its rules."""

    channels: list[Literal["pc", "qr"]] = []
    submit_label: str = "上传完成并提交审批"


class UnitDefaults(Strict):
    """Facts of a unit used by the offline validator when none are given."""

    unit_ratio: int = 1200
    person_ratio: int = 1200
    unified: bool = True


class Profile(Strict):
    """One center's rules and words."""

    name: Literal["baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi"]
    center: str
    phone: str = ""
    version: int = Field(description="raised when the profile changes; served with it")
    auth: Auth
    home: Home
    inbox: Inbox
    terms: dict[str, str]
    calendar: Calendar
    ratio: RatioRule
    money: Money = Money()
    receipts: ReceiptRules = ReceiptRules()
    caps: list[Cap]
    business: Businesses
    imports: Import
    queue: Queue
    attach: Attach = Attach()
    local_database: bool = False
    sync_on_login: Literal["none", "optional"] = "none"
    messages: dict[str, str]
    statements: dict[StatementKind, str] = {}
    """Queries of the unit's money that the center offers, with its names for them; others are refused."""
    settlement: list[str] = Field(
        default=[], description="how 汇缴 and 补缴 are paid, a paragraph each (R-19)"
    )
    unit_defaults: UnitDefaults = UnitDefaults()

    def limits_for(self, month: int) -> Limits | None:
        """What holds in the fund year of `month` (YYYYMM), None when it is not published."""
        return self.yearly().get(fund_year(month, self.calendar.fund_year_start))

    def yearly(self) -> dict[int, Limits]:
        """What holds in each published fund year."""
        return {cap.fund_year: self._limits(cap) for cap in self.caps}

    def _limits(self, cap: Cap) -> Limits:
        ratio, money = self.ratio, self.money
        return Limits(
            fund_year=cap.fund_year,
            base_min=cap.base_min,
            base_max=cap.base_max,
            amount_min=cap.amount_min,
            amount_max=cap.amount_max,
            ratio_min=ratio.min if cap.ratio_min is None else cap.ratio_min,
            ratio_max=ratio.max if cap.ratio_max is None else cap.ratio_max,
            unit_rounding=cap.unit_rounding or money.unit_rounding,
            person_rounding=cap.person_rounding or money.person_rounding,
        )

    def rules(self, business: str) -> BusinessRules | None:
        """The rules of a business, None when the center does not offer it or nobody knows it."""
        found = getattr(self.business, business, None) if business in Businesses.model_fields else None
        return found if isinstance(found, BusinessRules) else None

    def offered(self) -> dict[str, BusinessRules]:
        """The businesses of this center by id, in the order of `Businesses`."""
        return {name: rules for name in Businesses.model_fields if (rules := self.rules(name)) is not None}

    def business_title(self, business: str) -> str:
        """What the center calls a business; one it does not offer keeps its id."""
        rules = self.rules(business)
        return business if rules is None else rules.title

    def queue_of(self, business: str) -> Queue:
        """How the pending roster of a business behaves at this center."""
        rules = self.rules(business)
        changes = {} if rules is None else rules.queue.model_dump(exclude_none=True)
        return self.queue.model_copy(update=changes)

    @model_validator(mode="after")
    def _modules_are_offered(self) -> Profile:
        """A module opens no business that the center does not have."""
        for one in self.home.modules:
            for name in one.businesses:
                if self.rules(name) is None:
                    raise ValueError(f"module {one.code} opens {name}, which has no table [business.{name}]")
            for name in set(one.screens) & set(get_args(StatementKind)) - set(self.statements):
                raise ValueError(f"module {one.code} opens {name}, which [statements] does not name")
            if "suspense" in one.screens and not self.receipts.suspense_query:
                raise ValueError(f"module {one.code} opens suspense, which [receipts] does not allow")
        return self

    def module(self, code: str) -> Module | None:
        """The module with a transaction code, None when the center has no such module."""
        return next((module for module in self.home.modules if module.code == code), None)

    def term(self, key: str) -> str:
        """The center's word for `key`, e.g. `account_no` -> 个人客户号."""
        return self.terms[key]


def parse_profile(raw: dict[str, Any]) -> Profile:
    """Check a profile; raises pydantic.ValidationError naming the offending key."""
    return Profile.model_validate(raw)


@lru_cache(maxsize=8)
def load_profile(name: str) -> Profile:
    """The packaged profile `name`, checked. Raises LookupError for an unknown name."""
    return parse_profile(dict(raw_profile(name)))
