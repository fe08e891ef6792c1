"""A center profile: everything that differs between centers, as checked data.

Parameters follow features.md section 21; a `°` there is a default of ours. The files stand in
`domain/profiles/`; the center serves its profile to the client, and both sides enforce it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.business import Limits
from domain.login_form import PROFILE_NAMES, raw_profile
from domain.money import Rounding
from domain.period import fund_year

__all__ = ["PROFILE_NAMES", "Profile", "load_profile", "parse_profile"]

Workflow = Literal["immediate", "staff_review", "approval", "async"]


class Strict(BaseModel):
    """Base of all profile tables: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
    opens: str = Field(default="", description="screen name; empty: done at the counter in this release")


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
    """Base limits of one fund year in 分 (parameter 75)."""

    fund_year: int
    base_min: int
    base_max: int
    source: str = ""


class Money(Strict):
    """Rounding of a monthly deposit, each side by itself (parameter 71)."""

    unit_rounding: Rounding = Rounding.TO_FEN
    person_rounding: Rounding = Rounding.TO_FEN


class AgeRule(Strict):
    """Ages in full years; outside goes to the counter (O-12)."""

    min: int
    max_female: int
    max_male: int


class Opening(Strict):
    """Registration (features.md section 9, parameters 63 to 69)."""

    title: str
    batch_title: str = ""
    workflow: Workflow
    columns: list[str] = Field(description="column keys in roster order")
    required: list[str]
    titles: dict[str, str] = Field(default={}, description="titles that differ from the catalogue")
    template: list[str] = Field(description="column keys of the workbook template, in order")
    form: list[str] = Field(description="column keys of the entry form, in order")
    template_title: str = ""
    template_notes: list[str] = []
    record_label: str = Field(description="button that puts the form into the roster: 录入清册, 录入, 添加")
    submit_label: str
    batch_submit_label: str = ""
    confirm: Literal["yes_no", "ok_cancel"] = "ok_cancel"
    ratio_choice: Literal["none", "on_import", "per_row"] = "none"
    name_max_han: int = 0
    name_max: int = 50
    id15_allowed: bool = False
    residents_only: bool = Field(
        default=False, description="only 身份证; residence permits go to the counter"
    )
    age: AgeRule | None = None
    base_out_of_range: Literal["reject", "clamp"] = "reject"
    active_elsewhere: Literal["reject", "transfer"] = "reject"
    sealed_elsewhere: Literal["reject", "reopen"] = "reject"
    text_cells_only: bool = Field(default=False, description="every template cell must be text (V-34)")
    late_highlight: bool = False
    sla_workdays: int = 0
    settle_delay_seconds: float = Field(default=0.0, description="async: pause between chunks")
    voucher: bool = False


class Import(Strict):
    """Workbook import (features.md section 14, parameters 38 to 42)."""

    atomic: bool = False
    errors_per_row: Literal["all", "first"] = "all"
    formats: list[Literal["xls", "xlsx"]]
    two_step: bool = False
    template_format: Literal["xls", "xlsx"] = "xlsx"


class Queue(Strict):
    """The pending roster (parameters 42 to 45)."""

    layout: Literal["side", "below"] = "below"
    title: str
    delete_mode: Literal["one", "one_or_all"] = "one"
    edit_row: bool = False
    submit_scope: Literal["selected", "all", "one_or_all"]
    delete_confirm: bool = True
    refresh_label: str = ""
    """Label of the action that reads the queue again (W-03)."""


class Attach(Strict):
    """Attachments (parameters 36 and 37)."""

    required: list[str] = []
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
    caps: list[Cap]
    opening: Opening
    imports: Import
    queue: Queue
    attach: Attach = Attach()
    local_database: bool = False
    sync_on_login: Literal["none", "optional"] = "none"
    messages: dict[str, str]
    unit_defaults: UnitDefaults = UnitDefaults()

    def limits_for(self, month: int) -> Limits | None:
        """Base limits of the fund year of `month` (YYYYMM), None when the center has not published them."""
        year = fund_year(month, self.calendar.fund_year_start)
        for cap in self.caps:
            if cap.fund_year == year:
                return Limits(year, cap.base_min, cap.base_max)
        return None

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
