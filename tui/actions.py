"""The registry of actions: what a key can mean, in one place.

A key never calls code. The keymap (`tui/keymap.toml` and the user's own table) turns a key into the name of
an action; a widget or a screen acts on the name. The key bar, the F1 help, the 键盘自检 screen and the
keyboard card in `docs/` are all printed from this registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

GLOBAL: Final = "global"
"""The context every other context falls back to."""

CONTEXTS: Final[dict[str, str]] = {
    GLOBAL: "各处通用",
    "grid": "清册录入",
    "form": "表单录入",
    "list": "列表、收件箱",
    "menu": "菜单",
    "picklist": "选择列表",
    "dialog": "对话框",
    "pin": "密码输入",
    "pad": "粘贴板",
    "find": "查找框",
}
"""Key contexts (a widget's `KEY_CONTEXT`) and their names on the keyboard card."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a key can do.

    `label` stands in the key bar (at most six Han), `help` is one Chinese sentence for F1 and the card.
    """

    name: str
    label: str
    help: str


_ROWS: Final[tuple[tuple[str, str, str], ...]] = (
    # Every screen
    ("help", "帮助", "说明当前栏目，再按一次说明整个画面。"),
    ("edit", "修改", "就地修改当前内容。"),
    ("exit", "退出", "退出本模块；有未提交的数据时先询问。"),
    ("prompt", "选择", "为当前栏目打开选择列表。"),
    ("refresh", "刷新", "重新读取数据。"),
    ("back", "返回", "返回上一层，或者取消正在进行的操作。"),
    ("print", "打印", "打印或导出当前内容。"),
    ("redraw", "重画", "重新画出整个屏幕。"),
    ("function_prefix", "功能键", "其后按 1 至 9、0、-、= 代替 F1 至 F12。"),
    # Moving
    ("up", "上", "上移一行。"),
    ("down", "下", "下移一行。"),
    ("left", "左", "左移一格或一列。"),
    ("right", "右", "右移一格或一列。"),
    ("home", "行首", "到行首。"),
    ("end", "行尾", "到行尾。"),
    ("top", "首行", "到第一行。"),
    ("bottom", "末行", "到最后一行。"),
    ("page_up", "上页", "上翻一页。"),
    ("page_down", "下页", "下翻一页。"),
    # Entering
    ("accept", "确定", "接受当前内容。"),
    ("next_field", "下一栏", "到下一个可录入的栏目。"),
    ("previous_field", "上一栏", "到上一个可录入的栏目。"),
    ("accept_down", "向下", "接受当前栏目，到下一行的同一栏。"),
    ("negative", "负数", "接受为负数，只在允许负数的栏目有效。"),
    ("dup", "同上", "照抄上一行或上次录入的同一栏，并到下一栏。"),
    ("check_letter", "X", "在证件号码栏输入校验码 X。"),
    ("cancel_edit", "还原", "还原当前栏目正在进行的修改。"),
    ("erase_left", "退格", "删除左边一个字。"),
    ("clear", "清除", "清除当前栏目的内容。"),
    ("clear_form", "清除", "清空表单；清册不受影响，也不提交任何内容。"),
    # Rows
    ("insert_row", "插行", "在当前行之前插入一行。"),
    ("add_row", "增行", "在末尾增加一行。"),
    ("delete_row", "删行", "删除选中的行；没有选中时删除当前行。"),
    ("select_row", "选行", "选中或取消选中当前行。"),
    ("select_all", "全选", "选中全部行；已经全部选中时全部取消。"),
    ("find", "查找", "按姓名、拼音首字母、账号或证件号码尾数查找，再按一次到下一处。"),
    ("sort", "排序", "按当前栏目从小到大、从大到小、按清册的顺序排列，依次轮换。"),
    ("filter_faulty", "只看错", "只显示有错误的行，再按一次显示全部。"),
    ("undo", "撤销", "撤销上一步修改、增行、删行、粘贴或导入；已经提交的记录不受影响。"),
    ("redo", "重做", "重做刚撤销的一步。"),
    ("goto", "定位", "按行号定位。"),
    # Modules
    ("paste_pad", "粘贴导入", "打开粘贴板，或从表格文件导入。"),
    ("check", "校验", "校验全部行并跳到第一处错误，再按到下一处。"),
    ("save", "保存", "保存草稿。"),
    ("submit", "提交", "显示人数和金额，确认后提交。"),
    ("columns", "宽窄", "显示全部栏目或只显示主要栏目。"),
    ("transaction_code", "交易码", "输入交易码，直接到达一个模块。"),
    ("run_options", "执行", "执行各行选项栏中的操作；没有选项时打开当前行。"),
    ("clear_option", "清选项", "清除当前行的选项。"),
)

ACTIONS: Final[dict[str, Action]] = {name: Action(name, label, help) for name, label, help in _ROWS}
"""Every action by its name."""


OPTIONS: Final[dict[str, str]] = {
    "1": "办理",
    "2": "修改",
    "4": "删除",
    "5": "查看",
    "6": "已阅",
    "7": "打印",
    "8": "流程",
}
"""What a digit typed beside a row does, on whatever list it is offered."""


def label(name: str) -> str:
    """Return the key-bar label of an action; raises KeyError for an unknown name."""
    return ACTIONS[name].label
