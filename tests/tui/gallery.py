"""An application with every widget of the toolkit, for pictures, random keys and long use.

F3 goes to the next screen, F12 back. On every screen: F4 pick list or choice, F5 the next kind of status, F7
a PIN, F9 a long text, F10 a question, Ctrl+P a choice of forty, Ctrl+U work.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

from textual.app import ComposeResult

from screens.menu import Layout, MenuEntry, ModuleMenu
from tests.tui.entry_models import Roster, Values
from tui.app import Catalog, ShellApp
from tui.bars import STATUS_STYLES
from tui.form import Form
from tui.form_model import FormField
from tui.grid import Grid
from tui.grid_model import CellResult, GridRow
from tui.keycheck import KeyCheckScreen
from tui.keys import ActionRequested, KeyWidget
from tui.listview import ListColumn, ListRow, ListView
from tui.picklist import ChoiceSource, PickList, answer_prompt
from tui.pin import PinField, wipe
from tui.shellscreen import ShellScreen

ID = "11010519491231002X"
NAMES = (
    "张三",
    "阿依古丽·买买提",
    "李é四",
    "欧阳𠮷野家",
    "Zoë",
    "王（小）五",
    "陈　六",
    "赵钱孙李周吴郑王冯陈",
)
CHOICES = (("01", "居民身份证"), ("02", "军官证"), ("03", "护照"))
KINDS = tuple(STATUS_STYLES)
LONG = [
    f"第 {n} 条：" + "缴存单位应当按时、足额缴存住房公积金，不得逾期缴存或者少缴。" * 2 for n in range(1, 13)
]
FIELDS = (
    FormField("unit", "单位账号", "static", 12, help="100001"),
    FormField("name", "姓名", "text", 16, required=True),
    FormField("id_number", "证件号码", "id", 20, required=True),
    FormField("base", "月均工资", "money", 12, required=True),
    FormField("ratio", "缴存比例", "ratio", 5),
    FormField("month", "开始年月", "month", 6),
    FormField("kind", "证件类型", "code", 16, choices=CHOICES),
    FormField("mobile", "手机号", "mobile", 13),
    FormField("secret", "登录密码", "password", 12),
    FormField("agree", "本人同意", "check", 3),
    FormField("deposit", "月缴存额", "money", 12, readonly=True),
)


class Staff(Roster):
    """Rows with every mark, tick and colour a row can have."""

    def window(self, start: int, count: int) -> list[GridRow]:
        marks = " +*->"
        return [
            GridRow(
                row.row_id,
                row.mark if row.mark == "!" else marks[at % 5],
                row.cells,
                row.selected,
                at % 7 == 4,
            )
            for at, row in enumerate(super().window(start, count), start)
        ]


def staff(count: int = 40, *, editable: bool = True) -> Staff:
    """People of every kind of name; two faulty cells."""
    rows = (
        [NAMES[n % len(NAMES)], ID, f"{5000 + n}.00", "12", CHOICES[n % 3][0], "", "1200.00"]
        for n in range(count)
    )
    roster = Staff(rows, editable=editable)
    if count > 30:
        roster.findings = {
            (3, "base"): "月均工资低于下限 1800.00 元，请核对。",
            (30, "name"): "姓名为空，请填写姓名。",
        }
    roster.refuse_cell = lambda column, text: (
        CellResult(False, "金额只能是数字，请重新输入。") if column == "base" and "x" in text else None
    )
    return roster


def values() -> Values:
    """A form of every kind of field; one refuses."""
    model = Values(FIELDS, {"name": "李é四", "base": "8000", "kind": "01"})
    model.notes = {"base": "1800.00 至 30000.00"}
    model.refuse = lambda key, text: (
        CellResult(False, "证件号码的最后一位校验不符，请核对。")
        if key == "id_number" and text != ID
        else None
    )
    return model


def cases() -> list[ListRow]:
    """Rows of a list."""
    return [
        ListRow(
            str(n),
            (f"GJ2026{n:04}", NAMES[n % len(NAMES)], "待办理"),
            "*" if n % 3 else " ",
            highlight=n % 5 == 2,
        )
        for n in range(1, 31)
    ]


MODULES = tuple(
    MenuEntry(str(n), f"{1000 + n}", title, ("缴存", "提取", "查询", "系统")[n % 4], n % 6 != 5)
    for n, title in enumerate(("职工登记", "汇缴核定", "封存启封", "基数调整", "补缴", "转移", "销户", 
                               "查询打印", "对账", "消息", "密码修改", "退出"))
)  # fmt: skip


class Shown(ShellScreen):
    """Opens every kind of dialog."""

    KEY_BAR: ClassVar[tuple[str, ...]] = (
        "help", "exit", "prompt", "refresh", "save", "submit", "print", "back", "paste_pad", "undo",
    )  # fmt: skip
    HELP_LINES: ClassVar[tuple[str, ...]] = ("这里可以看到工具包的每一种部件。",)
    NEXT: ClassVar[str] = ""
    _kind = 0

    def screen_actions(self) -> frozenset[str]:
        return super().screen_actions() | {
            "find",
            "check",
            "open",
            "record",
            "run_options",
            "accept",
            "next_field",
        }

    async def perform(self, request: ActionRequested) -> None:
        match request.action:
            case "prompt":
                if not await answer_prompt(self, request):
                    await self.host(
                        "选择职工", PickList(ChoiceSource([(str(n), name) for n, name in enumerate(NAMES)]))
                    )
            case "refresh":
                self._kind = (self._kind + 1) % len(KINDS)
                self.status(f"状态的种类是 {KINDS[self._kind]}，请看标记。", kind=KINDS[self._kind])
            case "paste_pad":
                await self.host("输入密码", pin_field())
            case "save":
                await self.tell("缴存须知", LONG)
            case "submit":
                await self.ask(
                    "提交清册",
                    ["共 40 人，月缴存额合计 48,000.00 元，确认提交吗？"],
                    [("y", "确定"), ("n", "取消")],
                )
            case "print":
                await self.choose(
                    "选择打印的内容", [f"第 {n} 页 {NAMES[n % len(NAMES)]}" for n in range(1, 41)]
                )
            case "undo":
                await self.busy("正在撤销…", time.sleep, 0.01)
            case "exit" if self.NEXT:
                await self.shell.open_screen(self.NEXT)
            case "check":
                grid = self.query(Grid)
                if not grid or not grid.first().goto_next_error():
                    self.shell.bell()
            case "back" | "help" | "redraw":
                await super().perform(request)
            case _:
                self.shell.bell()


def pin_field() -> PinField:
    """A PIN field as wide as a dialog."""

    def done(pin: bytearray) -> None:
        wipe(pin)
        screen: Any = field.screen
        screen.finish(None)

    field = PinField(done, title="UKey PIN", minimum=4, maximum=8)
    field.styles.width = 40
    return field


def _screen(title: str, following: str, make: Any) -> type[Shown]:
    class Made(Shown):
        TITLE = title
        NEXT = following

        def body(self) -> ComposeResult:
            widget: KeyWidget = make()
            widget.styles.height = "1fr"
            yield widget

    return Made


def _list() -> ListView:
    columns = (ListColumn("流水号", 12), ListColumn("姓名", 13), ListColumn("状态", 8))
    view = ListView(
        columns, options={"1": "办理", "2": "修改", "4": "删除", "5": "查看", "7": "打印", "8": "流程"}
    )
    view.set_rows(cases())
    return view


def _menu(layout: Layout) -> ModuleMenu:
    menu = ModuleMenu()
    menu.show(
        [
            MenuEntry(e.key, e.code, e.title, "" if layout == "grid_tabs" else e.group, e.open)
            for e in MODULES
        ],
        layout,
    )
    return menu


SCREENS: dict[str, type[ShellScreen]] = {
    "grid": _screen("职工清册", "form", lambda: Grid(staff())),
    "form": _screen("职工登记", "list", lambda: Form(values())),
    "list": _screen("待办事项", "menu-grid", _list),
    "menu-grid": _screen("主菜单", "menu-columns", lambda: _menu("grid_tabs")),
    "menu-columns": _screen("主菜单", "dashboard", lambda: _menu("menus")),
    "dashboard": _screen("主菜单", "empty", lambda: _menu("dashboard")),
    "empty": _screen("空的清册", "view", lambda: Grid(Roster())),
    "view": _screen("只读的清册", "keycheck", lambda: Grid(staff(12, editable=False))),
    "keycheck": KeyCheckScreen,
}


class Gallery(ShellApp):
    """The application; it counts its bells."""

    def __init__(self, start: str = "grid", *, catalog: Catalog | None = None) -> None:
        super().__init__(catalog or SCREENS, start)
        self.banner = "示例单位 100001"
        self.beeps = 0

    def bell(self) -> None:
        self.beeps += 1
        super().bell()
