"""Chapters of the operation manual that follow from a center's rules: its businesses, import, questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from domain.business import template_columns
from domain.businesses.fact_rules import FactRules
from domain.businesses.makeup_rules import MakeupRules
from domain.businesses.open_rules import OpenRules
from domain.businesses.seal_rules import UnsealRules
from domain.money import format_ratio, format_yuan

if TYPE_CHECKING:
    from domain.business import Business
    from domain.businesses.facts import FactBusiness
    from domain.profile import Profile

PORTS = {"https": 443, "http": 80}
WORKFLOWS = {
    "immediate": "提交后当即办结。",
    "staff_review": "提交后由中心工作人员审核，审核通过才办结。",
    "approval": "提交后进入审批，审批通过才办结。",
    "async": "提交后由中心逐人处理，可在交易进度中查看。",
}
EDITS = {True: "可以直接修改清册中的记录", False: "清册中的记录不能修改，删除后重新录入"}
DELETES = {"one": "可以删除当前的一条或勾选的几条", "one_or_all": "只能删除一条或全部"}
SCOPES = {
    "selected": "提交勾选的记录。",
    "all": "清册中的记录一次全部提交。",
    "one_or_all": "可以提交一条或全部。",
}


def business_lines(business: Business) -> list[str]:
    """What may be entered in a business and what becomes of it (O-02 to O-17, S-01 to S-10)."""
    profile, rules = business.profile, business.rules
    queue = profile.queue_of(business.id)
    by_key = {column.key: column for column in business.columns}
    ticked = "勾选后才能删除，" if queue.delete_ticked else ""
    sums = f"和{rules.amount_title}" if rules.amount_title else ""
    lines = [
        f"## {rules.title}的规则",
        "",
        *_entered(business),
        *(_limits(profile, by_key["base"].title) if "base" in by_key else []),
        *_people(business),
        *_months(business),
        f"- 清册：{EDITS[queue.edit_row]}；{ticked}{DELETES[queue.delete_mode]}。",
        f"- 提交：按“{rules.submit_label}”，核对{rules.count_title}{sums}后确认。"
        f"{SCOPES[queue.submit_scope]}提交后不能再改。",
        f"- 办理：{WORKFLOWS[rules.workflow]}",
    ]
    if rules.reasons:
        lines.append(f"- 原因：{'、'.join(f'{one.code} {one.title}' for one in rules.reasons)}。")
    if rules.sla_workdays:
        lines.append(f"- 时间：要 {rules.sla_workdays} 个工作日，处理成功后才能为该职工办理其他业务。")
    if rules.attachments:
        lines.append("- 附件：提交时须上传附件。")
    return [*lines, ""]


def _entered(business: Business) -> list[str]:
    """What is typed, and what must be; of a change which items it may be of (U-02, U-03, P-01, P-03)."""
    if not isinstance(business.rules, FactRules):
        by_key = {column.key: column for column in business.columns}
        form = [by_key[key] for key in business.form_order if not by_key[key].computed]
        return [
            f"- 录入：{'、'.join(column.title for column in form)}。",
            f"- 必填：{'、'.join(column.title for column in business.columns if column.required)}。",
        ]
    declared: Any = business
    facts: FactBusiness = declared
    titles = {item.key: item.title for item in facts.changes.items}
    own, counter = business.rules.editable, business.rules.counter
    return [
        f"- 可变更的项目：{'、'.join(titles[key] for key in own)}。",
        f"- 到柜台变更的项目：{'、'.join(titles[key] for key in counter)}。",
    ]


def _limits(profile: Profile, base: str) -> list[str]:
    opening, ratio = profile.business.open, profile.ratio
    clamps = opening is not None and opening.base_out_of_range == "clamp"
    over = "按上下限调整并提示" if clamps else "不能录入"
    lines = [
        f"- {cap.fund_year} 年度{base}：下限 {format_yuan(cap.base_min)} 元，"
        f"上限 {format_yuan(cap.base_max)} 元，超出的{over}。"
        for cap in profile.caps
    ]
    over = "单笔录入时调整到最近的一端" if ratio.single_out_of_range == "clamp" else "不能录入"
    lines.append(
        f"- 缴存比例：{format_ratio(ratio.min)}% 至 {format_ratio(ratio.max)}%，"
        f"超出的{over}；导入时不能超出。"
    )
    return lines


def _people(business: Business) -> list[str]:
    rules = business.rules
    lines = []
    if isinstance(rules, OpenRules):
        if rules.name_max_han:
            lines.append(f"- 姓名：不超过 {rules.name_max_han} 个汉字，超过的到中心柜台办理。")
        digits = "15 位或 18 位" if rules.id15_allowed else "18 位"
        only = "，持其他证件的到中心柜台办理" if rules.residents_only else ""
        lines.append(f"- 证件号码：{digits}，须符合校验规则；号码无误却不能录入的到中心柜台办理{only}。")
    age = rules.age if isinstance(rules, OpenRules | UnsealRules) else None
    if age is not None:
        young = f"不满 {age.min} 周岁，" if age.min is not None else ""
        lines.append(f"- 年龄：{young}女超过 {age.max_female}、男超过 {age.max_male} 周岁的到中心柜台办理。")
    return lines


def _months(business: Business) -> list[str]:
    """Which months may be made up, and at what ratios (M-09 to M-13)."""
    rules = business.rules
    if not isinstance(rules, MakeupRules) or business.id == "makeup_cancel":
        return []
    until = "不超过单位的缴至月份" if rules.month_max == "remitted" else "早于当前业务年月"
    lines = [f"- 补缴年月：六位数字，如 202610；{until}。同一职工的年月不能重复。"]
    if rules.years == "current":
        lines.append("- 只能补缴本年度，补缴往年的到中心柜台办理。")
    if rules.cap_check:
        lines.append("- 补缴金额与该月已汇缴额合计，不超过该月所属年度的月缴存额上限。")
    if rules.ratio_rule == "unified_band":
        lines += [
            "- 缴存比例：非统一比例单位为 5% 至 12%；统一比例单位当前比例在 8% 以上的为 8% 至 12%，"
            "不到 8% 的为单位当前比例至 12%。",
            "- 月均工资按补缴年月所属年度的上下限调整；跨年度且上下限不同的，按年度分开录入，"
            "或到中心柜台办理。",
        ]
    return lines


def import_lines(business: Business) -> list[str]:
    """How a workbook is filled in and imported (I-01 to I-09)."""
    rules, imports = business.rules, business.profile.imports
    if not business.template_order:
        return []
    columns = template_columns(business)
    name = f"{rules.template_title or rules.title}.{imports.template_format}"
    bad = "整个文件都不导入" if imports.atomic else "其余正确的记录仍可导入"
    shown = "每条只提示第一个错误" if imports.errors_per_row == "first" else "全部错误一次列出"
    lines = [
        f"## {rules.batch_title or f'{rules.title}的批量导入'}",
        "",
        f"- 模板：{name}，各列为{'、'.join(column.title for column in columns)}。",
        *(f"- 填写：{note}" for note in rules.template_notes),
        f"- 导入：{'先上传文件，再选择批量导入' if imports.two_step else '选择文件即导入'}。"
        f"有错误时{bad}，{shown}。",
    ]
    if rules.ratio_choice == "on_import":
        lines.append("- 比例：导入前先选择缴存比例，文件中各人都按它计算。")
    if any(column.key == "fund_type" for column in columns):
        lines.append(
            "- 资金性质：只有一种的默认选定；有几种的在画面上选择，文件每一行都须与所选的相同，否则不能导入。"
        )
    return [*lines, ""]


def question_lines(profile: Profile, address: str) -> list[str]:
    """Common questions of installation, network and files (W-10); `address` is the center's URL."""
    asked = [
        ("没有弹出打印窗口，或者窗口跳到了别处怎么办？", _WINDOWS),
        ("防火墙、网络端口要怎样设置？", _network(address)),
        ("要多少磁盘空间？", "本机数据和导出的文件都在数据文件夹，所在磁盘请留出 300M 以上的空间。"),
        *_certificates(profile),
        ("下载模板时提示文件已存在？", "选“是”覆盖原文件，选“否”保留；先把原文件改名，可以两份都留下。"),
        ("文件打开着能导入吗？", "请先保存并关闭文件再导入，否则读到的可能是没有保存完的内容。"),
        ("表格存成什么版本？", _version(profile)),
        (
            "不能在本程序办理的业务怎么办？",
            "到中心柜面办理，所需资料与相关手续同一般柜面业务。"
            + (f"咨询电话 {profile.phone}。" if profile.phone else ""),
        ),
    ]
    lines = ["## 常见问题", ""]
    for number, (question, answer) in enumerate(asked, 1):
        lines += [f"- {number}. {question}", f"  {answer}"]
    return [*lines, ""]


_WINDOWS = "本程序只用终端这一个窗口，不弹出窗口，也不跳转；要打印的内容写成文件，放在发件文件夹。"


def _network(address: str) -> str:
    parts = urlsplit(address)
    port = parts.port or PORTS.get(parts.scheme, 443)
    where = f"中心 {parts.hostname} 的 TCP 端口 {port}" if parts.hostname else "配置里所写的中心"
    return (
        f"本程序只连接{where}。防火墙询问时请允许；单位网络有限制的，请信息技术部门放行这个端口。"
        "连不上时程序自动重试，录入的内容都保存在本机；gjj doctor 逐项检查终端、UKey 和网络。"
    )


def _certificates(profile: Profile) -> list[tuple[str, str]]:
    if profile.auth.mode == "password_sms":
        return []
    answer = "在登录画面按 F4 选择当前插入的那个证书，核对持有人、序列号和有效期后再输入 PIN。"
    return [("有多个证书时选哪一个？", answer)]


def _version(profile: Profile) -> str:
    if profile.imports.formats == ["xls"]:
        return "另存为时请选择“Excel 97-2003 工作簿”（.xls），其他版本的文件不能识别。"
    return f"可以导入的是 {'、'.join('.' + name for name in profile.imports.formats)} 文件。"
