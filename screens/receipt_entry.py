"""来款登记: one line of the bank, shown where it will go before it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from client.errors import Refused
from domain.money import grouped
from domain.receipts import FIELDS
from screens.app import AppScreen
from screens.fields import FieldsForm
from screens.receipt_fields import LineModel, center_day
from screens.roster_parts import NoteArea
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from domain.receipt_wire import BankLineBody, LineResult


def line_body(values: Mapping[str, str]) -> BankLineBody:
    """The body of the texts of a form."""
    from domain.receipt_wire import BankLineBody

    return BankLineBody(**{key: values.get(key, "") for key in FIELDS})


class ReceiptEntryScreen(AppScreen):
    """A form for one receipt after the other."""

    MODULE: ClassVar[bool] = False
    TITLE = "来款登记"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "submit", "back")
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {"submit": ("登记", "核对后登记这笔来款。")}
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "先按附言中的业务流水号认定单位，再按单位账号，再按与付款人完全同名的单位。",
        "认定不了的记入汇补缴不符暂存款，以后可以认领或退款。",
        "连线中断时再登记一次即可：同一交易流水号不会重复入账。",
    )

    def body(self) -> ComposeResult:
        """Form, what was done last."""
        self._model = LineModel(center_day(self.state.client()))
        self._form = FieldsForm(self._model, columns=1)
        yield self._form
        yield NoteArea()

    async def opened(self, **args: Any) -> None:
        """Start with an empty form and today's date."""
        self._model.today = center_day(self.state.client())
        self._model.start_anew()
        self._model.set("day", self._model.today.isoformat())
        self._form.rebuild()
        self.query_one(NoteArea).show("")
        self.status("")

    async def perform(self, request: ActionRequested) -> None:
        """Check the whole form, then record."""
        match request.action:
            case "submit":
                self._form.complete()
            case "record":
                await self._record(request.payload["values"])
            case _:
                await super().perform(request)

    async def _record(self, values: Mapping[str, str]) -> None:
        calls, body = self.state.client().receipts, line_body(values)
        [seen] = await self.busy("正在核对…", calls.check, [body])
        if seen.outcome == "refused":
            self._refused(seen.message, seen.findings[0].field if seen.findings else "")
            return
        if seen.outcome != "repeated" and not await self._confirmed(body, seen):
            return
        try:
            done = await self.busy("正在登记…", calls.record, body)
        except Refused as error:
            self._refused(error.sentence, error.findings[0].field if error.findings else "")
            return
        self._model.start_anew()
        self._form.rebuild()
        self.query_one(NoteArea).show(done.message, wrong=done.repeated)
        self.status("此前已登记，没有重复入账。" if done.repeated else "已登记，请录入下一笔。", kind="good")

    async def _confirmed(self, body: BankLineBody, seen: LineResult) -> bool:
        lines = [
            f"交易流水号 {body.bank_no}  {body.day}",
            f"金额 {grouped(body.amount)} 元  付款人 {body.payer or '未填'}",
            f"记入：{where(seen)}",
            seen.message,
        ]
        return await self.ask("来款登记", lines, [("y", "登记"), ("n", "取消")], cancel="n") == "y"

    def _refused(self, text: str, field: str) -> None:
        """Say why, with the cursor in the field that is meant."""
        if field in FIELDS:
            self._form.focus_field(field)
        self.status(text, kind="error", beep=True)


def where(seen: LineResult) -> str:
    """Where the money of a line goes, in words."""
    if seen.outcome == "matched":
        return f"{seen.unit_name}（{seen.unit_account}）单位未分配金额"
    whose = f"{seen.unit_name}（{seen.unit_account}）" if seen.unit_account else ""
    return f"{whose}汇补缴不符暂存款"
