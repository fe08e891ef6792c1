"""A receipt in full, and what a clerk may do with it: 认领, 退款, 撤销退款, 更正, 冲销."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from domain.money import grouped
from domain.receipts import ACTIONS, FIELDS, STATES, reason_finding
from screens.app import AppScreen
from screens.dialog_form import DialogForm
from screens.fields import FieldsModel
from screens.receipt_entry import line_body
from screens.receipt_fields import REASON, LineModel, center_day
from screens.receipts import receipt_events
from screens.roster_parts import FactsView
from tui.form_model import FormField
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from domain.receipt_wire import ReceiptDetail

MOVED: Final = "该笔来款刚被其他柜员办理，已重新读取，请核对后再办。"
KEYS: Final = {
    "add_row": "match",
    "paste_pad": "refund",
    "edit": "correct",
    "save": "reverse",
    "delete_row": "unrefund",
}
"""Action of a key -> act on the receipt."""
SOURCES: Final = {"single": "柜员登记", "file": "对账单导入"}


def _check_reason(key: str, text: str, values: Any) -> str:
    found = reason_finding(text) if key == REASON.key else None
    return found.text if found is not None else ""


class ReceiptDetailScreen(AppScreen):
    """One receipt: facts, history, acts."""

    MODULE: ClassVar[bool] = False
    TITLE = "来款明细"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "refresh", *KEYS, "back")
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "refresh": ("刷新", "重新读取这笔来款。"),
        "add_row": ("认领", "把暂存款转入一个单位的未分配金额。"),
        "paste_pad": ("退款", "把余下的钱全部或部分退给付款人。"),
        "edit": ("更正", "冲销后按正确的内容重新入账；交易流水号不能改。"),
        "delete_row": ("撤销退款", "最近一次退款登记错了，银行并没有退出去；钱回到原来的地方。"),
        "save": ("冲销", "这笔来款登记错了，银行并没有收到；钱已用掉的不能冲销。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = ("每次办理都须填写原因，并记入流程和审计日志。",)

    def __init__(self) -> None:
        super().__init__()
        self._receipt_id = ""
        self._detail: ReceiptDetail | None = None

    def body(self) -> ComposeResult:
        """One page."""
        yield FactsView()

    def key_bar_actions(self) -> Sequence[str]:
        """Return the keys; what may not be done now is not offered."""
        permitted = self._detail.actions if self._detail is not None else []
        return [name for name in self.KEY_BAR if name not in KEYS or KEYS[name] in permitted]

    async def opened(self, **args: Any) -> None:
        """Read the receipt given as `receipt_id`."""
        self._detail, self._receipt_id = None, str(args["receipt_id"])
        self.query_one(FactsView).show([])
        self.status("")
        await self._read()

    async def _read(self) -> None:
        calls = self.state.client().receipts
        self._detail = await self.reading("正在读取来款…", calls.detail, self._receipt_id)
        self._show(self._detail)

    def _show(self, detail: ReceiptDetail) -> None:
        one = detail.receipt
        whose = f"{one.unit_name}（{one.unit_account}）" if one.unit_account else "未认定"
        history = [("", line) for line in receipt_events(detail.events)]
        self.query_one(FactsView).show(
            [
                ("交易流水号", one.bank_no),
                ("交易日期", one.day),
                ("金额", f"{grouped(one.amount)} 元"),
                ("付款人", one.payer or "未填"),
                ("付款账号", one.payer_account or "未填"),
                ("附言", one.remark or "未填"),
                ("所属单位", whose),
                ("状态", STATES[one.state]),
                ("说明", one.note),
                ("已退款", f"{grouped(one.refunded)} 元"),
                ("可退款", f"{grouped(detail.available)} 元"),
                ("登记", f"{one.recorded[:10]}  {SOURCES.get(one.source, one.source)}"),
                ("", ""),
                ("", "办理流程"),
                *history,
            ]
        )
        self.refresh_bars()

    # ---- acts ----------------------------------------------------------------------------------------

    async def perform(self, request: ActionRequested) -> None:
        """Read again, or do what is permitted."""
        if request.action == "refresh":
            await self._read()
            return
        act = KEYS.get(request.action)
        if act is None or self._detail is None:
            await super().perform(request)
        elif act in self._detail.actions:
            await self._act(act, self._detail)
        else:
            self.shell.bell()

    async def _act(self, act: str, detail: ReceiptDetail) -> None:
        from client.errors import Refused
        from domain.receipt_wire import ReceiptAction

        values = await self.host(ACTIONS[act], DialogForm(self._form_of(act, detail), width=70))
        if values is None or not await self._confirmed(act, detail, values):
            return
        body: dict[str, Any] = {"action": act, "reason": values[REASON.key]}
        if act == "correct":
            body["line"] = line_body({**values, "bank_no": detail.receipt.bank_no})
        body |= {key: values[key] for key in ("unit_account", "amount") if key in values and act != "correct"}
        calls, one = self.state.client().receipts, detail.receipt
        action = ReceiptAction.model_validate(body)
        try:
            self._detail = await self.busy("正在办理…", calls.act, one.receipt_id, one.version, action)
        except Refused as error:
            await self._read()
            moved = error.code == "receipt.version"
            self.status(MOVED if moved else error.sentence, kind="error", beep=True)
            return
        self._show(self._detail)
        self.status(f"已{ACTIONS[act]}。", kind="good")

    def _form_of(self, act: str, detail: ReceiptDetail) -> FieldsModel:
        """What an act asks for."""
        one = detail.receipt
        if act == "correct":
            values = {key: str(getattr(one, key)) for key in FIELDS}
            return LineModel(center_day(self.state.client()), more=[REASON], values=values, fixed_number=True)
        fields, values = [REASON], {}
        if act == "match":
            fields.insert(0, FormField("unit_account", "认领单位账号", "mobile", 20, required=True))
            values = {"unit_account": one.unit_account}
        elif act == "refund":
            fields.insert(0, FormField("amount", "退款金额", "money", 18, required=True))
            values = {"amount": detail.available}
        return FieldsModel(fields, values, _check_reason)

    async def _confirmed(self, act: str, detail: ReceiptDetail, values: dict[str, str]) -> bool:
        one = detail.receipt
        what = {
            "match": f"把 {grouped(one.left)} 元记入单位 {values.get('unit_account', '')} 的未分配金额",
            "refund": f"退款 {values.get('amount', '')} 元给 {one.payer or '付款人'}",
            "correct": f"冲销原来的 {grouped(one.amount)} 元，按更正后的内容重新入账",
            "unrefund": f"撤销最近一次退款（已退款共 {grouped(one.refunded)} 元）",
            "reverse": f"冲销这笔 {grouped(one.amount)} 元的来款",
        }[act]
        lines = [f"交易流水号 {one.bank_no}", f"{what}，确定吗？"]
        return await self.ask(ACTIONS[act], lines, [("y", "确定"), ("n", "取消")], cancel="n") == "y"
