"""The screens of a business: entry, pending roster, import, submission; driven by declaration and profile.

Rows O-01 to O-16, S-01 to S-06, W-01 to W-09, I-01 to I-09 of the feature matrix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from domain.business import Business, Source
from domain.businesses.registry import declare
from screens.business_import import ImportFlow
from screens.business_submit import SubmitFlow
from screens.roster_desk import RosterWords
from screens.roster_export import export_roster
from screens.roster_screen import RosterScreen

if TYPE_CHECKING:
    from client.outbox import OutboxEvent
    from domain.business import CheckContext
    from domain.profile import Profile


def business_words(profile: Profile, business: str, *, batch: bool = False) -> RosterWords:
    """What a center calls things around the roster of a business."""
    rules, queue = profile.rules(business), profile.queue_of(business)
    assert rules is not None, f"{business} is not offered"
    return RosterWords(
        title=(rules.batch_title if batch else "") or rules.title,
        record=rules.record_label,
        submit=(rules.batch_submit_label if batch else "") or rules.submit_label,
        recorded=rules.recorded,
        queue=queue.title,
        refresh=queue.refresh_label,
        amount=rules.amount_title,
        yes_no=rules.confirm == "yes_no",
        each=rules.counted,
        count=rules.count_title,
    )


class BusinessScreen(RosterScreen):
    """A business one by one; where the center has no module of its own for it, from files too."""

    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "逐人录入后放进清册，核对无误再提交；提交前都可以删除，提交后不能再改。",
        "在表格中复制的行可以直接粘贴到录入栏或清册，先预览，按回车才追加；终端不能直接粘贴时用粘贴板。",
        "Tab 在录入栏和清册之间切换；清册中按空格键勾选，Ctrl+F 查找，Ctrl+U 撤销。",
        "行首 + 是新增，* 是已修改，? 是有提示，! 是有错误，> 是已提交等待回执。",
    )

    def __init__(self, business_id: str) -> None:
        super().__init__()
        self.business_id = business_id
        self._submitting = SubmitFlow(self)
        self._importing = ImportFlow(self)

    def business(self, profile: Profile) -> Business:
        """Return the declaration."""
        return declare(self.business_id, profile)

    def words(self, profile: Profile) -> RosterWords:
        """Return the center's words."""
        return business_words(profile, self.business_id, batch=not self.with_form)

    async def opened(self, **args: Any) -> None:
        """Begin anew: what an earlier visit had open, or another unit's file, is not taken up."""
        self._submitting.forget()
        self._importing.forget()
        await super().opened(**args)

    async def submit(self) -> None:
        """Confirm, attach, sign, send (O-05, O-08)."""
        await self._submitting.begin()

    async def import_menu(self) -> None:
        """Import a file, download a template (I-01, I-02)."""
        await self._importing.menu()

    @property
    def pasted_as(self) -> Source:
        """As rows of a file; where files have a module of their own, rows pasted elsewhere count as typed."""
        rules = self.state.profile.rules(self.business_id)
        own_module = rules is not None and bool(rules.batch_title)
        return Source.SINGLE if own_module and self.with_form else Source.FILE

    def chosen_for_all(self) -> dict[str, Any]:
        """Return what was chosen for all rows of a file."""
        return self._importing.chosen()

    async def paste_context(self, chosen: Mapping[str, Any] | None = None) -> CheckContext | None:
        """Have chosen what a file would need as well."""
        return await self._importing.paste_context(self.pasted_as, chosen)

    def step(self, name: str) -> dict[str, Any] | None:
        """Keep what is being submitted or imported while the screen for that is open."""
        match name:
            case "attachments":
                return self._submitting.step()
            case "import_review":
                return self._importing.step()
        return super().step(name)

    async def step_again(self, name: str, step: Mapping[str, Any]) -> None:
        """Open the attachments of the same submission, or the review of the same file."""
        if self.has_desk and name == "attachments":
            await self._submitting.again(step)
        elif self.has_desk and name == "import_review":
            await self._importing.again(step)
        else:
            await super().step_again(name, step)

    def import_options(self) -> list[tuple[str, str]]:
        """What the menu of imports offers besides, as (words, name)."""
        return []

    async def import_option(self, name: str) -> None:
        """Do what `import_options` offered."""

    async def import_chosen(self) -> bool:
        """Have chosen what a file or its template depends on; False when the person gave up."""
        return True

    async def template_rows(self) -> Sequence[Mapping[str, str]]:
        """What a template is filled with beforehand, as texts by column key."""
        return ()

    async def export(self) -> None:
        """Write the roster to a workbook."""
        await export_roster(self, self.desk, self.words(self.state.profile))

    async def returned(self, result: Any) -> None:
        """Go on where the screen above was opened: attachments, or the review of an import."""
        await super().returned(result)
        if self._submitting.waits_for_attachments:
            self.run_gated(lambda: self._submitting.attached(result))
        elif self._importing.waits_for_review:
            self.run_gated(lambda: self._importing.reviewed(result))

    def submission_told(self, event: OutboxEvent) -> None:
        """Hand answers to the submission that waits for one; tell the others."""
        if not self._submitting.note(event):
            super().submission_told(event)


class BusinessBatchScreen(BusinessScreen):
    """A business from files in a module of its own (批量职工登记): a roster without an entry form."""

    with_form: ClassVar[bool] = False
    source: ClassVar[Literal["single", "file"]] = "file"
    GRID_KEYS: ClassVar[tuple[str, ...]] = (
        *("help", "paste_pad", "refresh", "check", "submit", "delete_row", "back", "select_row"),
        "select_all",
        "print",
    )
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "从 Excel 导入填好的表格，核对总人数和金额后批量发送；发送后约十分钟可在综合查询中查看结果。",
        "在表格中复制的行可以直接粘贴到清册，规定与文件相同。",
        "文件中有一条不符合要求，整个文件都不导入；发送前可删除记录或重新导入。",
    )

    def label(self, action: str) -> tuple[str, str]:
        """Return the batch module's word for importing."""
        if action == "paste_pad":
            return "从Excel导入", "从填好的表格导入、打开粘贴板，或下载表格。"
        return super().label(action)
