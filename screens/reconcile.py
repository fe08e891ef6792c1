"""单位网上对账: the unit's account facts, behind a separate password where the unit has one (L-13)."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult

from client.errors import AuthExpired, ClientError
from screens.app import AppScreen
from screens.dialog_form import DialogForm
from screens.fields import FieldsModel
from screens.roster_parts import FactsView
from screens.unit_info import unit_facts
from tui.form_model import FormField
from tui.keys import ActionRequested

TITLE = "单位网上对账"
SEPARATE = "本单位的对账密码与交易密码不同，请输入单位客户号和对账密码。"


class ReconcileScreen(AppScreen):
    """What the center knows of the unit; nothing is shown before the password is right."""

    TITLE = TITLE
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "prompt", "refresh", "back")
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "prompt": ("账务查询", "选择要查询的账务：账户、明细、年度对账。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "对账密码与交易密码相同的单位直接进入，不同的须输入单位客户号和对账密码。",
        "信息以中心登记的为准，有误请按中心的规定办理变更。",
    )

    def __init__(self) -> None:
        super().__init__()
        self._inside = False

    def body(self) -> ComposeResult:
        """One page."""
        yield FactsView()

    async def opened(self, **args: Any) -> None:
        """Enter anew each time."""
        self._inside = False
        self.query_one(FactsView).show([])
        self.status("")
        await self._read()

    async def _read(self) -> None:
        context = await self.reading("正在读取单位信息…", self.state.session().refresh_context)
        if not self._inside and context.reconcile_password and not await self._ask_password():
            key = self.shell.keymap.label(self.key_context(), "refresh")
            self.status(f"没有进入单位网上对账，按 {key} 可以重新输入密码。", kind="warning")
            return
        self._inside = True
        self.status("")
        self.query_one(FactsView).show(unit_facts(context))

    async def _ask_password(self) -> bool:
        """Ask until the center accepts what was entered; False when the person gave up."""
        await self.tell(TITLE, [SEPARATE])
        fields = [
            FormField("unit_account", "单位客户号", "mobile", 20, required=True),
            FormField("password", "对账密码", "password", 24, required=True),
        ]
        session = self.state.session()
        while True:
            model = FieldsModel(fields)
            values = await self.host(TITLE, DialogForm(model))
            if values is None:
                model.clear()
                return False
            try:
                await self.busy(
                    "正在核对密码…", session.enter_reconcile, values["unit_account"], values["password"]
                )
            except AuthExpired:
                raise
            except ClientError as error:
                if error.retryable:
                    raise
                await self.tell(TITLE, [error.sentence])
                continue
            finally:
                del values
                model.clear()
            return True

    async def _open_statement(self) -> None:
        """Let a query of the unit's money be chosen (Q-17)."""
        if not self._inside:
            await self._read()
            if not self._inside:
                return
        offered = self.state.profile.statements
        chosen = await self.choose(TITLE, list(offered.values()))
        if chosen is not None:
            await self.shell.open_screen(list(offered)[chosen])

    async def perform(self, request: ActionRequested) -> None:
        """Read again on F5, or ask again for the password; choose a query on F4."""
        if request.action == "refresh":
            await self._read()
        elif request.action == "prompt":
            await self._open_statement()
        else:
            await super().perform(request)
