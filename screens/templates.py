"""批量业务文本格式下载: the templates of all batch modules with their filling notes (I-01, I-06, FAQ 11)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult

from domain.business import Business, template_columns
from domain.businesses.registry import declare
from screens.app import AppScreen
from screens.file_choice import write_out
from screens.options import offered
from screens.roster_parts import FactsView, Heading
from tui.keys import ActionRequested
from tui.listview import ListColumn, ListRow, ListView


class TemplatesScreen(AppScreen):
    """Choose a template; it is written into the out folder."""

    TITLE = "批量业务文本格式下载"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "run_options", "back")
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {"run_options": ("下载", "把选中的表格存到发件文件夹。")}
    HELP_LINES: ClassVar[tuple[str, ...]] = ("已有同名文件时会询问是否覆盖。",)

    def body(self) -> ComposeResult:
        """The list over the notes."""
        columns = [ListColumn("表格", 40), ListColumn("格式", 24)]
        listed = ListView(columns, options=offered("7"))
        listed.styles.height = 5
        yield listed
        yield Heading("填写说明")
        yield FactsView()

    async def opened(self, **args: Any) -> None:
        """List what there is."""
        profile = self.state.profile
        kind = "Excel 97-2003（.xls）" if profile.imports.template_format == "xls" else "Excel（.xlsx）"
        rows = [
            ListRow(name, (rules.template_title or rules.title, kind))
            for name, rules in profile.offered().items()
            if rules.template
        ]
        self.query_one(ListView).set_rows(rows)
        facts = [fact for row in rows for fact in self._facts(declare(row.key, profile))]
        self.query_one(FactsView).show(facts[1:])
        self.status("选择表格后按回车下载。")

    @staticmethod
    def _facts(business: Business) -> list[tuple[str, str]]:
        """The notes of one template."""
        columns = template_columns(business)
        required = "、".join(column.title for column in columns if column.required)
        facts = [("", ""), ("", f"【{business.rules.template_title or business.title}】")]
        facts += [("", note) for note in business.rules.template_notes]
        return [*facts, ("各列", "、".join(column.title for column in columns)), ("必填", required)]

    async def perform(self, request: ActionRequested) -> None:
        """Write the chosen template."""
        match request.action:
            case "open":
                await self._write(str(request.payload["key"]))
            case "run_options":
                for key, _digit in request.payload["options"]:
                    await self._write(str(key))
            case _:
                await super().perform(request)

    async def _write(self, business_id: str) -> None:
        profile = self.state.profile
        business = declare(business_id, profile)
        name = f"{business.rules.template_title or business.title}.{profile.imports.template_format}"

        def write(path: Path, overwrite: bool) -> None:
            from exports.template import write_template

            write_template(path, business, profile, overwrite=overwrite)

        await write_out(self, name, write, "模板")
