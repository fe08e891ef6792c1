"""基数调整: the kind of change is chosen for what is entered next: form, file or grid (B-01 to B-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from client.errors import ClientError
from domain.businesses.adjust import BaseAdjust
from domain.businesses.registry import declare
from screens.business_screen import BusinessScreen
from tui.progress import in_thread

if TYPE_CHECKING:
    from client.store.rosters import RosterStore
    from client.store.rows import Roster, Scope
    from domain.business import Business, CheckContext
    from domain.profile import Profile

HEADER = "kind"
"""Key of the kind of change in a roster's header."""


def adjusting(profile: Profile) -> BaseAdjust:
    """The declaration of a center that has the business, of its usual kind."""
    return cast("BaseAdjust", declare("base_adjust", profile))


def stored(store: RosterStore, scope: Scope) -> Roster:
    """The draft roster."""
    return store.open_draft(scope, "base_adjust", "single")


def chosen_kind(business: BaseAdjust, roster: Roster) -> str:
    """The kind that was chosen last; the usual one of the center where none was."""
    kind = str(roster.header.get(HEADER, ""))
    return kind if kind in business.kinds else business.kind


def facts_line(business: BaseAdjust, context: CheckContext) -> str:
    """Kind, month and limits of the changes that are entered (B-04)."""
    from domain.money import format_yuan

    month = business.target_month(context)
    limits = context.limits_for(month, business.profile.calendar.fund_year_start)
    parts = [f"变更类别 {business.kinds[business.kind]}", f"变更月度 {month}"]
    if limits is None:
        return "  ".join([*parts, "基数上下限未公布"])
    low, high = (format_yuan(one).removesuffix(".00") for one in (limits.base_min, limits.base_max))
    return "  ".join([*parts, f"{limits.fund_year}年度缴存基数 {low}～{high}"])


class AdjustScreen(BusinessScreen):
    """Form and roster of one kind of change; rows entered under another kind keep theirs."""

    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "先按 F7 选定变更类别，再选职工，录入调整后的内容；可以逐人录入，也可以从文件导入。",
        *BusinessScreen.HELP_LINES,
    )

    def __init__(self, business_id: str) -> None:
        super().__init__(business_id)
        self._kind = ""

    def business(self, profile: Profile) -> Business:
        """Return the declaration of the chosen kind."""
        business = adjusting(profile)
        return business.of_kind(self._kind) if self._kind in business.kinds else business

    @property
    def draft_name(self) -> str:
        """Return a name of its own for every kind: their forms differ."""
        return f"{super().draft_name} {self._kind}"

    async def opened(self, **args: Any) -> None:
        """Go on with the kind that was chosen last; ask which month the change counts from.

        It moves on with every month that is verified or paid, in this session or by somebody else.
        """
        state = self.state
        roster = await in_thread(stored, state.rosters(), state.scope())
        self._kind = chosen_kind(adjusting(state.profile), roster)
        await super().opened(**args)
        if self.has_desk:
            try:
                await self.reading("正在查询变更月度…", self.desk.ask_facts)
            except ClientError as error:
                self.status(f"没有查到最新的变更月度：{error.sentence}", kind="warning")
            self.show_facts()

    def show_facts(self) -> None:
        """Draw kind, month and limits."""
        self._info.show(facts_line(self._declared, self.desk.service.context))

    @property
    def _declared(self) -> BaseAdjust:
        return cast("BaseAdjust", self.desk.business)

    def label(self, action: str) -> tuple[str, str]:
        """Return what F7 offers here."""
        if action == "paste_pad" and len(adjusting(self.state.profile).kinds) > 1:
            return "类别导入", "更换变更类别，从表格文件导入，下载模板，或打开粘贴板。"
        return super().label(action)

    # ---- the kind ------------------------------------------------------------------------------------

    def import_options(self) -> list[tuple[str, str]]:
        """Offer the kinds where there are several, and the grid where the center has one (B-06)."""
        business = self._declared
        options = []
        if len(business.kinds) > 1:
            options.append((f"变更类别（现为{business.kinds[business.kind]}）", "kind"))
        if business.own_rules.grid:
            options.append(("批量录入：在表格中逐人修改", "grid"))
        return options

    async def import_option(self, name: str) -> None:
        """Choose another kind, or open the grid."""
        if name == "kind":
            await self.import_chosen()
        else:
            await self.shell.open_screen("adjust_grid")

    async def import_chosen(self) -> bool:
        """Have the kind chosen (B-07); what is entered already stays as it is."""
        business = self._declared
        kinds = list(business.kinds)
        if len(kinds) == 1:
            return True
        titles = list(business.kinds.values())
        chosen = await self.choose("选择变更类别", titles, (), kinds.index(business.kind))
        if chosen is None:
            return False
        if kinds[chosen] != business.kind:
            await self._use(kinds[chosen])
        return True

    async def _use(self, kind: str) -> None:
        """Enter another kind from now on."""
        await self._saver.finish()
        desk = self.desk
        await in_thread(desk.store.set_header, desk.service.roster_id, {HEADER: kind})
        await self.opened()
        self.status(f"变更类别：{self._declared.kinds[kind]}。", kind="good")
