"""The rules and words of one business at one center: what every `[business.<id>]` table of a profile holds.

A business with rules of its own has a class beside its declaration that adds them.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.age import AgeBoundary, AgeLimits
from domain.codes import CodeTable

Workflow = Literal["immediate", "staff_review", "approval", "async"]
QueryMode = Literal["month", "span", "accounts"]


class Strict(BaseModel):
    """Base of all profile tables: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reason(Strict):
    """A reason of the center: its code and what people read (parameter 76)."""

    code: str
    title: str
    aliases: list[str] = []
    """Other words accepted in cells."""


class AgeRule(Strict):
    """Ages in full years; outside goes to the counter (O-12, S-09).

    `policy` gradual replaces the upper limits by the statutory retirement month of 国发〔2024〕18号, counted
    from the limits as original ages; `boundary` says whether the birthday itself counts as reached.
    """

    min: int | None = None
    max_female: int
    max_male: int
    policy: Literal["fixed", "gradual"] = "fixed"
    boundary: AgeBoundary = AgeBoundary.BIRTHDAY

    @property
    def limits(self) -> AgeLimits:
        """The limits as `domain.age` takes them."""
        return AgeLimits(self.min, self.max_female, self.max_male)


class QueueRules(Strict):
    """Where the pending roster of a business differs from `[queue]` (parameters 43 to 45); None: as there."""

    title: str | None = None
    delete_mode: Literal["one", "one_or_all"] | None = None
    edit_row: bool | None = None
    submit_scope: Literal["selected", "all", "one_or_all"] | None = None
    delete_confirm: bool | None = None


class BusinessRules(Strict):
    """What every business says in a profile; columns are keys of the business's own catalogue."""

    title: str
    batch_title: str = Field(default="", description="title of a module of its own for files")
    workflow: Workflow
    batch_workflow: Workflow | None = Field(default=None, description="of submissions from files, if another")
    columns: list[str] = Field(description="column keys in roster order")
    required: list[str]
    required_in_file: list[str] = Field(default=[], description="required besides, in files only (V-22)")
    titles: dict[str, str] = Field(default={}, description="titles that differ from the catalogue")
    template: list[str] = Field(description="column keys of the workbook template, in order")
    form: list[str] = Field(description="column keys of the entry form, in order")
    template_title: str = ""
    template_notes: list[str] = []
    text_cells_only: bool = Field(default=False, description="every template cell must be text (V-34)")
    id15_allowed: bool = False
    record_label: str = Field(description="button that puts the form into the roster: 录入清册, 录入, 添加")
    submit_label: str
    batch_submit_label: str = ""
    confirm: Literal["yes_no", "ok_cancel"] = "ok_cancel"
    amount_title: str = Field(default="", description="what the sum is called (O-08); empty: people only")
    counted: str = Field(default="人", description="what a row is: 人, or 项 of a change")
    recorded: str = Field(
        default="录入成功", description="said when the form went into the roster; may hold {amount}"
    )
    done: str = Field(description="message when it is done; may hold {unit}, {ok}, {failed}")
    submitted: str = Field(default="", description="what is said first of a submission that waits")
    queue: QueueRules = QueueRules()
    ratio_choice: Literal["none", "on_import", "per_row"] = "none"
    attachments: bool = Field(default=False, description="must be uploaded before the submission (A-01)")
    attach_label: str = Field(default="", description="button that ends the upload, e.g. 上传并启封 (S-06)")
    reasons: list[Reason] = []
    blocked_by: list[str] = Field(
        default=[],
        description='businesses under way for the person that stop this one, beside its own kind; "*": all',
    )
    on_screen: list[str] = Field(
        default=[], description="column keys typed on the screen for a whole file, not in its template (X-02)"
    )
    query: QueryMode = "span"
    query_title: str = Field(default="", description="what the query is called, if not the title with 查询")
    query_by: list[str] = Field(default=[], description="column keys that the query may ask for (X-06, X-09)")
    query_days: bool = Field(default=True, description="the query asks for days as well")
    query_with: list[str] = Field(default=[], description="businesses that its query lists as well (Q-12)")
    query_kind: str = Field(default="", description="column that tells them apart, e.g. 补缴类型")
    month_in_red: bool = Field(default=False, description="the business month stands out (H-01)")
    print_after: str = Field(default="", description="question after the submission whether to print (M-07)")
    day_title: str = Field(default="办理日期", description="what the query calls the day")
    voucher: str = Field(default="", description="title of the voucher of a batch; empty: none")
    late_highlight: bool = False
    sla_workdays: int = 0
    settle_delay_seconds: float = Field(default=0.0, description="async: pause between chunks")

    @cached_property
    def reason_table(self) -> CodeTable:
        """The reasons as a code table."""
        pairs = tuple((one.code, one.title) for one in self.reasons)
        aliases = tuple((word, one.code) for one in self.reasons for word in one.aliases)
        return CodeTable("reason", "原因", pairs, aliases)

    @property
    def count_title(self) -> str:
        """What the number of rows is called before a submission (O-08)."""
        return "总人数" if self.counted == "人" else f"总{self.counted}数"

    def workflow_of(self, source: str) -> Workflow:
        """The workflow of a submission typed in ("single") or imported ("file")."""
        return (self.batch_workflow or self.workflow) if source == "file" else self.workflow
