"""How a roster lies in a worksheet: header row, columns by title, version mark of the template."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.business import Business, Column, Kind, template_columns
from domain.findings import Finding, Severity
from domain.text import safe_text
from exports.places import column_letters
from exports.sheet import RawRow, Sheet

REASON_TITLE = "错误原因"
"""Column that the error workbook adds and the import passes over."""
MAX_HEADER_ROW = 10
PASSED_OVER = ("", "序号", REASON_TITLE)
_DROPPED = str.maketrans("", "", "*＊:：\n\r\t \u00a0\u3000\u200b\ufeff")
_NOTE = re.compile(r"\([^()]*\)$")
_MARK = re.compile(r"模板版本[:：]?\s*GJJ-([a-z_]+)-([a-z]+)-([0-9]+)")


@dataclass(frozen=True, slots=True)
class ImportRules:
    """What a center demands of the file itself.

    `fixed_layout`: column order unchanged and no blank rows inside (I-06, V-27), where the whole file is
    taken or refused. `text_only`: every cell a text, titles exactly those of the center's template (V-34).
    """

    profile: str = ""
    version: int = 0
    fixed_layout: bool = False
    text_only: bool = False


def rules_of(business: Business) -> ImportRules:
    """The rules of the business's center."""
    profile = business.profile
    return ImportRules(
        profile=profile.name,
        version=profile.version,
        fixed_layout=profile.imports.atomic,
        text_only=business.rules.text_cells_only,
    )


@dataclass(frozen=True, slots=True)
class TemplateMark:
    """The version a template carries in its first rows."""

    business: str
    profile: str
    version: int

    def __str__(self) -> str:
        return f"GJJ-{self.business}-{self.profile}-{self.version}"


@dataclass(slots=True)
class Layout:
    """Where the columns stand. `header_row` is 0 and `columns` empty when no header was found."""

    header_row: int = 0
    columns: list[tuple[Column, int]] = field(default_factory=list)
    """Template columns found, in worksheet order, with their column index (from 0)."""
    findings: list[tuple[int | None, Finding]] = field(default_factory=list)
    """(column index or None, finding); the finding's field is a column key, or a title of the file."""
    missing: frozenset[str] = frozenset()
    mark: TemplateMark | None = None

    def say(
        self, code: str, text: str, field: str = "", at: int | None = None, *, error: bool = True
    ) -> None:
        """Add a finding about the file as a whole."""
        severity = Severity.ERROR if error else Severity.WARNING
        self.findings.append((at, Finding(code, field, text, severity)))


def fold(text: str) -> str:
    """A title without blanks, line breaks, stars and colons, brackets half-width."""
    return text.translate(_DROPPED).replace("（", "(").replace("）", ")")


def find_layout(sheet: Sheet, business: Business, rules: ImportRules, *, least: int = 2) -> Layout:
    """Match the sheet's header, a row with `least` known titles, against the business's template columns."""
    layout = Layout(mark=_find_mark(sheet.rows))
    titles = _titles(business, exact=rules.text_only)
    best: tuple[int, RawRow] | None = None
    for row in sheet.rows:
        if row.row_number > MAX_HEADER_ROW:
            break
        known = {key for text in row.texts if (key := _key(text, titles))} - {"serial"}
        if len(known) >= least and (best is None or len(known) > best[0]):
            best = (len(known), row)
    if best is None:
        _say_foreign(layout, business, rules)
        return layout
    _match(layout, best[1], business, titles, rules)
    _judge_mark(layout, business, rules)
    return layout


def _titles(business: Business, *, exact: bool) -> dict[str, str]:
    """Folded title -> column key; a title weighs more than an alias of another column."""
    columns = template_columns(business)
    titles = {} if exact else {fold(alias): c.key for c in reversed(columns) for alias in c.aliases}
    return titles | {fold(column.title): column.key for column in columns}


def _key(text: str, titles: dict[str, str]) -> str | None:
    folded = fold(text)
    if not folded:
        return None
    return titles.get(folded) or titles.get(_NOTE.sub("", folded))


def _find_mark(rows: Sequence[RawRow]) -> TemplateMark | None:
    for row in rows:
        if row.row_number > MAX_HEADER_ROW:
            break
        for text in row.texts:
            if found := _MARK.search(text):
                return TemplateMark(found[1], found[2], int(found[3]))
    return None


def _match(
    layout: Layout, row: RawRow, business: Business, titles: dict[str, str], rules: ImportRules
) -> None:
    """Give every template column its place; say what is too many, twice, missing or out of order."""
    layout.header_row = row.row_number
    by_key = {column.key: column for column in template_columns(business)}
    seen: dict[str, int] = {}
    for index, text in enumerate(row.texts):
        key = _key(text, titles)
        shown = safe_text(text.strip(), limit=20)
        if key is None:
            if fold(text) not in PASSED_OVER:
                cure = "不是模板里的列，请用本中心的模板" if rules.text_only else "不会导入，请核对列名"
                sentence = f"多余的列“{shown}”{cure}。"
                layout.say("column.unknown", sentence, shown, index, error=rules.text_only)
        elif key in seen:
            where = f"{column_letters(seen[key])}列和{column_letters(index)}列"
            layout.say("column.duplicate", f"“{shown}”有两列（{where}），请删除一列。", key, index)
        else:
            seen[key] = index
            layout.columns.append((by_key[key], index))
    missing = [column for column in by_key.values() if column.key not in seen]
    for column in missing:
        if column.required:
            sentence = f"缺少必填的“{column.title}”列，请用本中心的模板填写后再导入。"
            layout.say("column.missing", sentence, column.key)
    layout.missing = frozenset(column.key for column in missing)
    if rules.fixed_layout:
        _judge_order(layout, list(by_key.values()))


def _judge_order(layout: Layout, template: Sequence[Column]) -> None:
    columns = [column for column in template if column.kind is not Kind.SERIAL]
    actual = [column.key for column, _ in layout.columns if column.kind is not Kind.SERIAL]
    if actual != [column.key for column in columns if column.key in actual]:
        order = "、".join(column.title for column in columns)
        layout.say("column.order", f"列的次序被改动，请按模板次序排列（{order}）后再导入。")


def _say_foreign(layout: Layout, business: Business, rules: ImportRules) -> None:
    titles = "、".join(column.title for column in template_columns(business))
    what = "请下载本中心的模板填写后再导入" if rules.text_only else f"请用模板填写，第一行列名应有{titles}"
    layout.say("template.foreign", f"没有找到{business.title}模板的列名，{what}。")


def _judge_mark(layout: Layout, business: Business, rules: ImportRules) -> None:
    mark = layout.mark
    if mark is None or not rules.profile:
        return
    if (mark.business, mark.profile) != (business.template_id, rules.profile):
        text = f"这不是本中心{business.title}的模板（{mark}），请下载本中心的模板填写后再导入。"
        layout.say("template.foreign", text)
    elif mark.version < rules.version:
        text = f"模板版本 {mark} 已旧，请尽快改用新模板。"
        layout.say("template.old", text, error=False)
