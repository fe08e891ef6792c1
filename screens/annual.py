"""年度核定: a roster that comes only from the center's workbook, with its people filled in (B-15, B-16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from client.errors import ClientError
from screens.business_screen import BusinessScreen
from screens.roster_desk import short_yuan
from screens.roster_model import RosterModel
from tui.progress import in_thread

if TYPE_CHECKING:
    from client.store.depositors import DepositorCache
    from domain.business import CheckContext
    from domain.businesses.annual import Annual
    from screens.roster_desk import RosterDesk

PAGE = 5000


class AnnualRows(RosterModel):
    """Rows that are corrected in place but never added by hand."""

    def new_row(self, at: int | None = None) -> int:
        """Refuse: rows come from the workbook."""
        return -1


def people_rows(cache: DepositorCache, business: Annual, context: CheckContext) -> list[dict[str, str]]:
    """The rows of everybody who takes part, with the base of now; in a worker."""
    from domain.money import format_yuan

    rows: list[dict[str, str]] = []
    after = ""
    while page := cache.after(after, PAGE):
        after = page[-1].account_no
        rows += [
            {
                "account_no": one.account_no,
                "name": one.name,
                "id_number": one.id_number,
                "base": format_yuan(one.base),
            }
            for one in page
            if business.takes_part(one.status, one.opened, context)
        ]
    return rows


class AnnualScreen(BusinessScreen):
    """The roster of the year; a row may be corrected, deleting is one or all."""

    with_form: ClassVar[bool] = False
    source: ClassVar[Literal["single", "file"]] = "file"
    GRID_KEYS: ClassVar[tuple[str, ...]] = (
        *("help", "paste_pad", "refresh", "check", "submit", "delete_row", "back", "select_row"),
        "select_all",
        "print",
    )
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "下载清册模板，逐人填写新基数，上传文件后批量导入；核对无误后全部提交。",
        "每年6月份汇缴完成后、7月份汇缴前办理，一个公积金年度办理一次，参加的是缴至当年6月的所有正常职工。",
        "可以在清册中修改一条的新基数；提交后到交易查询查看结果。",
    )

    def label(self, action: str) -> tuple[str, str]:
        """Return what F7 offers here."""
        if action == "paste_pad":
            return "导入", "下载清册模板，上传填好的文件，批量导入。"
        return super().label(action)

    def rows_of(self, desk: RosterDesk) -> RosterModel:
        """Return rows that are not added by hand."""
        mask = self.state.settings.screen.mask_id
        return AnnualRows(desk.service, amount_title=self._words.amount, mask=mask)

    async def opened(self, **args: Any) -> None:
        """Ask how far the unit is: much depends on it, and it changes once a year."""
        await super().opened(**args)
        if self.has_desk:
            try:
                await self.reading("正在查询核定情况…", self.desk.ask_facts)
            except ClientError as error:
                self.status(f"没有查到最新的核定情况：{error.sentence}", kind="warning")
            self.show_facts()

    def show_facts(self) -> None:
        """Draw the year, its limits and how far the unit has paid."""
        context, business = self.desk.service.context, cast("Annual", self.desk.business)
        year, paid = business.year(context), context.unit.paid_through
        limits = context.limits_for(
            business.target_month(context), self.state.profile.calendar.fund_year_start
        )
        parts = [f"{year}年度", f"缴至月份 {paid or '尚未缴存'}"]
        if limits is None:
            parts.append("基数上下限未公布")
        else:
            parts.append(f"新基数 {short_yuan(limits.base_min)}～{short_yuan(limits.base_max)}")
        done = context.unit.verified_year
        parts.append(f"已核定至 {done}年度" if done is not None else "还没有核定过")
        self._info.show("  ".join(parts))

    async def template_rows(self) -> Sequence[Mapping[str, str]]:
        """Bring the copy of the unit's people up to date and list those who take part."""
        await self._picking.prepare()
        try:
            cache = await in_thread(self.state.depositors)
            business, context = cast("Annual", self.desk.business), self.desk.service.context
            rows = await self.busy("正在列出职工…", people_rows, cache, business, context)
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
            return ()
        self.desk.people.forget()
        return rows
