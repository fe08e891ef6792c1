"""What the screens of 汇缴 share: figures of a month as people read them, and filing whole months."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from domain.business import Totals
from domain.businesses.registry import declare
from domain.money import grouped
from screens.app import AppScreen
from screens.business_screen import business_words
from screens.business_submit import SubmitFlow
from screens.roster_desk import RosterDesk, RosterWords
from tui import glyphs
from tui.bars import Span
from tui.progress import in_thread
from tui.theme import PLAIN, STRONG

if TYPE_CHECKING:
    from client.outbox import OutboxEvent
    from domain.profile import Profile
    from domain.remit_wire import RemitMonth

FOUR: Final = (("last", "上月"), ("more", "增加"), ("less", "减少"), ("", "本月"))
CELLS: Final = 17
"""Room of one column of the sheet: fifteen digits of money, grouped, are never cut."""
STATES: Final = {"due": "未核定", "declared": "已核定", "paid": "已分配", "cancelled": "已取消"}


def column(month: RemitMonth, name: str) -> tuple[int, str]:
    """People and amount of one of the four columns."""
    lead = f"{name}_" if name else ""
    return getattr(month, f"{lead}people"), getattr(month, f"{lead}amount")


def four_columns(month: RemitMonth | None) -> list[Sequence[Span]]:
    """上月, 增加, 减少, 本月 in people and money, as three lines."""
    if month is None:
        return [[("", PLAIN)]] * 3
    told = [(title, *column(month, name)) for name, title in FOUR]
    lead = f" {month.month}"
    heads = "".join(glyphs.fit(title, CELLS, ">") for title, _, _ in told)
    people = "".join(glyphs.fit(str(count), CELLS, ">") for _, count, _ in told)
    money = "".join(glyphs.fit(grouped(amount), CELLS, ">") for _, _, amount in told)
    return [
        [(glyphs.fit(lead, 8), STRONG), (heads, STRONG)],
        [(glyphs.fit(" 人数", 8), STRONG), (people, PLAIN)],
        [(glyphs.fit(" 金额", 8), STRONG), (money, PLAIN)],
    ]


def row_of(month: RemitMonth) -> dict[str, str]:
    """A month as it is filed."""
    return {"month": str(month.month), "people": str(month.people), "total_amount": month.amount}


class MonthFlow(SubmitFlow):
    """Months are not in a roster people see: what was refused is read again."""

    REFUSED = "没有受理，请按原因核对后重新办理。"


class MonthScreen(AppScreen):
    """A screen that files months of the unit."""

    with_form: ClassVar[bool] = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._flow = MonthFlow(self)
        self._desk: RosterDesk | None = None
        self._sent = False

    async def returned(self, result: Any) -> None:
        """Read again once the receipt of what was sent is left."""
        await super().returned(result)
        if self._sent:
            self._sent = False
            await self.read_again()

    @abstractmethod
    async def read_again(self) -> None:
        """Show how things stand after a submission."""

    @property
    def desk(self) -> RosterDesk:
        """What is being filed."""
        assert self._desk is not None, "nothing is being filed"
        return self._desk

    def words(self, profile: Profile) -> RosterWords:
        """The center's words for what is being filed."""
        return business_words(profile, self.desk.business.id)

    async def file(
        self, business_id: str, rows: Sequence[Mapping[str, str]], question: Sequence[str]
    ) -> bool:
        """Ask, sign, send; False where the person gave up. The rows are the months in their order."""
        self._desk = await in_thread(self._prepared, business_id, rows)
        words = self.words(self.state.profile)
        options = [("y", "确定"), ("n", "取消")]
        if await self.ask(words.title, question, options, cancel="n") != "y":
            self.status("没有提交，没有任何改动。")
            return False
        totals = await in_thread(self.desk.service.totals, "all")
        await self._flow.send(Totals(totals.count, totals.amount))
        self._sent = True
        return True

    def _prepared(self, business_id: str, rows: Sequence[Mapping[str, str]]) -> RosterDesk:
        """A draft with these months and nothing that was left of an earlier one. Blocking."""
        desk = RosterDesk(self.state, declare(business_id, self.state.profile), "single")
        desk.store.clear(desk.service.roster_id)
        for row in rows:
            desk.service.add(row)
        return desk

    def submission_told(self, event: OutboxEvent) -> None:
        """Hand answers to the submission that waits for one; tell the others."""
        if not self._flow.note(event):
            super().submission_told(event)
