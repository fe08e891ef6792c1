"""Importing a workbook into the roster of a business, and its template (I-01 to I-09, O-03)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client.errors import ClientError
from domain.business import Source
from domain.codes import table
from domain.money import format_ratio
from exports.workbook_error import WorkbookError, sentence
from screens.file_choice import choose_file, write_out
from screens.for_all import ask_for_all
from screens.roster_take import Cancelled, may_replace, tell_totals
from tui.progress import in_thread

if TYPE_CHECKING:
    from client.store.rows import Scope
    from domain.business import CheckContext, RowCheck
    from exports.roster import FileCheck
    from exports.stream import RosterStream
    from screens.business_screen import BusinessScreen

Say = Callable[[int], None]
"""Tells how many rows are done; may raise to stop."""


async def save_template(screen: BusinessScreen) -> None:
    """Write the center's template into the out folder (I-01), filled in where that is due (B-16)."""
    if not await screen.import_chosen():
        return
    profile = screen.state.profile
    business = screen.business(profile)
    rows = await screen.template_rows()
    name = f"{business.rules.template_title or business.title}.{profile.imports.template_format}"

    def write(path: Path, overwrite: bool) -> None:
        from exports.template import write_template

        write_template(path, business, profile, overwrite=overwrite, rows=rows)

    await write_out(screen, name, write, "模板")


class ImportFlow:
    """One import from the menu to the rows in the roster."""

    def __init__(self, screen: BusinessScreen) -> None:
        self._screen = screen
        self._uploaded: Path | None = None
        self._check: FileCheck | None = None
        self._path = Path()
        self._reviewed: FileCheck | None = None
        self._fund_type = ""
        self._on_screen: dict[str, str] = {}
        self._whose: Scope | None = None

    def forget(self) -> None:
        """Wait for no review any more; a file that was uploaded stays with the agent who uploaded it."""
        self._check = None
        whose = self._screen.state.scope()
        if whose != self._whose:
            self._uploaded, self._fund_type, self._on_screen, self._whose = None, "", {}, whose

    @property
    def waits_for_review(self) -> bool:
        """Whether the review of a file's findings is open."""
        return self._check is not None

    async def menu(self) -> None:
        """Offer what this center has: import in one step or two, template, the batch module."""
        screen, profile = self._screen, self._screen.state.profile
        options: list[tuple[str, str]] = screen.import_options()
        rules = screen.desk.business.rules
        own_module = bool(rules.batch_title)
        if own_module and screen.with_form:
            options.append((f"{rules.batch_title}：从 Excel 导入", "batch"))
            options.append(("批量业务文本格式下载", "templates"))
        elif profile.imports.two_step:
            name = f"（已上传 {self._uploaded.name}）" if self._uploaded else "（先上传文件）"
            options += [("上传文件", "upload"), (f"批量导入{name}", "take"), ("下载模板", "template")]
        else:
            title = "从 Excel 导入" if own_module else "批量导入"
            options += [(title, "import"), ("下载模板", "template")]
        options.append(("粘贴板：粘贴从表格复制的行", "pad"))
        chosen = await screen.choose("批量导入", [title for title, _ in options])
        if chosen is not None:
            await self._do(options[chosen][1])

    async def _do(self, what: str) -> None:
        screen = self._screen
        match what:
            case "batch":
                await screen.shell.open_screen(f"batch:{screen.desk.business.id}")
            case "templates":
                await screen.shell.open_screen("templates")
            case "template":
                await save_template(screen)
            case "pad":
                await screen.pasting.open_pad()
            case "upload":
                await self._upload()
            case "take":
                await self._take_uploaded()
            case "import":
                path = await self._choose()
                if path is not None:
                    await self._read(path)
            case _:
                await screen.import_option(what)

    # ---- over a cut ----------------------------------------------------------------------------------

    def chosen(self) -> dict[str, Any]:
        """What was chosen and typed for all rows, as JSON values; the ratio stands in the roster's head."""
        return {"fund_type": self._fund_type, "on_screen": dict(self._on_screen)}

    def _use(self, chosen: Mapping[str, Any]) -> None:
        self._fund_type = str(chosen.get("fund_type") or "")
        self._on_screen = {str(key): str(text) for key, text in dict(chosen.get("on_screen") or {}).items()}

    def step(self) -> dict[str, Any] | None:
        """What led to the review that is open."""
        if self._check is None:
            return None
        return {"path": str(self._path), "uploaded": self._uploaded is not None, **self.chosen()}

    async def again(self, step: Mapping[str, Any]) -> None:
        """Review the same file again; nothing is imported, even if it has been put right meanwhile."""
        screen = self._screen
        self._use(step)
        self._path = Path(str(step["path"]))
        self._uploaded = self._path if step.get("uploaded") else None
        try:
            check = await screen.busy("正在读取文件…", self._check_file, lambda done: None)
        except WorkbookError as error:
            screen.status(error.text, kind="warning", beep=True)
            return
        if check.findings:
            await self._review(check)
        else:
            screen.status(f"文件“{self._path.name}”已没有错误，请重新导入。", kind="warning")

    # ---- pasted rows -------------------------------------------------------------------------------

    async def paste_context(
        self, source: Source, chosen: Mapping[str, Any] | None = None
    ) -> CheckContext | None:
        """How pasted rows are to be judged; None when a choice they need was not made.

        The ratio is asked for only while none is chosen and there are several: pasting asks nothing twice.
        With `chosen` all that has been chosen in an earlier run.
        """
        service = self._screen.desk.service
        if chosen is not None:
            self._use(chosen)
            file = source is Source.FILE
            return self._of_file(service.context) if file else replace(service.context, source=source)
        several = service.context.chosen_ratio is None and len(service.context.unit.ratios) > 1
        if several and not await self._ratio_chosen():
            return None
        if source is not Source.FILE:
            return replace(service.context, source=source)
        if not await self._fund_type_chosen() or not await self._on_screen_typed():
            return None
        return self._of_file(service.context)

    # ---- choosing ----------------------------------------------------------------------------------

    async def _choose(self) -> Path | None:
        if not await self._screen.import_chosen():
            return None
        if not await self._ratio_chosen() or not await self._fund_type_chosen():
            return None
        if not await self._on_screen_typed():
            return None
        return await choose_file(self._screen, "选择文件", ("xls", "xlsx"))

    async def _ratio_chosen(self) -> bool:
        """Have the ratio of the file chosen first where the center wants it (O-03)."""
        screen, service = self._screen, self._screen.desk.service
        if service.business.rules.ratio_choice != "on_import":
            return True
        pairs = service.context.unit.ratios
        rows = [f"单位 {format_ratio(pair.unit)}%  个人 {format_ratio(pair.person)}%" for pair in pairs]
        current = service.context.chosen_ratio or service.context.unit.ratio
        count = await in_thread(service.store.count, service.roster_id)
        lines = [f"清册中已有的 {count} 条也按所选比例计算。"] if count else []
        start = pairs.index(current) if current in pairs else 0
        chosen = await screen.choose("选择缴存比例", rows, lines, start)
        if chosen is None:
            return False
        if pairs[chosen] != current or service.context.chosen_ratio is None:
            await screen.busy("正在按缴存比例计算…", service.choose_ratio, pairs[chosen])
            screen.show_facts()
        return True

    async def _fund_type_chosen(self) -> bool:
        """Have 资金性质 of the file chosen where there are several (W-05); all rows must have it (I-07)."""
        service = self._screen.desk.service
        kinds = service.context.unit.fund_types
        if "fund_type" not in service.business.template_order or not kinds:
            return True
        at: int | None = 0
        if len(kinds) > 1:
            label = table("fund_type").label
            start = kinds.index(self._fund_type) if self._fund_type in kinds else 0
            at = await self._screen.choose("选择资金性质", [label(kind) for kind in kinds], (), start)
        if at is None:
            return False
        self._fund_type = kinds[at]
        return True

    async def _on_screen_typed(self) -> bool:
        """Have typed what the center wants on the screen for a whole file (X-02)."""
        business = self._screen.desk.business
        titles = {column.key: column.title for column in business.columns}
        for key in business.rules.on_screen:
            text = await ask_for_all(self._screen, key, titles[key], self._on_screen.get(key, ""))
            if text is None:
                return False
            self._on_screen[key] = text
        return True

    def _of_file(self, context: CheckContext) -> CheckContext:
        """The context of rows of a file, with what was chosen and typed for all of them."""
        return replace(
            context,
            source=Source.FILE,
            chosen_fund_type=self._fund_type,
            on_screen=dict(self._on_screen),
        )

    async def _upload(self) -> None:
        """First step of two: take the file up (I-02)."""
        path = await self._choose()
        if path is not None:
            self._uploaded = path
            self._screen.status(f"文件上传成功：{path.name}，请按 F7 选择批量导入。", kind="good")

    async def _take_uploaded(self) -> None:
        if self._uploaded is None:
            self._screen.status("还没有上传文件，请先上传文件，再批量导入。", kind="warning", beep=True)
            return
        await self._read(self._uploaded)

    # ---- reading -----------------------------------------------------------------------------------

    async def _read(self, path: Path) -> None:
        """Read and check in a worker; findings go to the review, a clean file into the roster.

        Rows go into the roster slice by slice while they are read, and all come out again when the file has
        findings. Where they would replace others, that is asked when the file has proven clean.
        """
        screen = self._screen
        self._path = path
        service = screen.desk.service
        kept = not screen.with_form and bool(await in_thread(service.store.count, service.roster_id))
        check = await self._pass(
            "正在读取文件…", "正在校验", self._check_file if kept else self._import_clean
        )
        if check is None:
            return
        if check.findings:
            await self._review(check)
            return
        if kept:
            await self._take(check)
        else:
            await self._taken(check)

    async def _review(self, check: FileCheck) -> None:
        """Show what is wrong with the file."""
        screen, self._check = self._screen, check
        await screen.shell.open_screen(
            "import_review",
            check=check,
            source=self._path,
            atomic=screen.state.profile.imports.atomic,
            refusal=screen.state.profile.messages.get("import_bad", ""),
        )

    async def _pass(self, first: str, word: str, work: Callable[[Say], FileCheck]) -> FileCheck | None:
        """Go through the file in a worker; None when that came to nothing, which has been told."""
        screen = self._screen
        say, stop = screen.shell.progress.say, list[bool]()

        def progress(done: int) -> None:
            if stop:
                raise Cancelled
            say(f"{word} {done} 行")

        try:
            return await screen.busy(first, work, progress, on_cancel=lambda: stop.append(True))
        except WorkbookError as error:
            screen.shell.bell()
            await screen.tell("文件不能导入", [error.text])
            screen.status(error.text, kind="error")
        except Cancelled:
            screen.status("已停止读取，没有导入。", kind="warning")
        except ClientError as error:
            screen.status(error.sentence, kind="error", beep=True)
        return None

    def _stream(self) -> RosterStream:
        from exports.stream import RosterStream

        service = self._screen.desk.service
        return RosterStream(
            self._path,
            service.business,
            self._of_file(service.context),
            formats=tuple(self._screen.state.profile.imports.formats),
            with_people=service.with_people,
        )

    def _check_file(self, progress: Say) -> FileCheck:
        """Check the file and keep no row."""
        stream, done = self._stream(), 0
        for part in stream.slices():
            done += len(part)
            progress(done)
        return stream.result

    def _import_clean(self, progress: Say) -> FileCheck:
        """Put all rows into the roster, or none when there is a finding."""
        stream = self._stream()
        try:
            self._import(stream, progress, lambda check: bool(check.findings))
        except _NotTaken as refused:
            return refused.check
        return stream.result

    def _import_good(self, progress: Say) -> FileCheck:
        """Put the rows without error into the roster, as they were reviewed."""
        stream, reviewed = self._stream(), self._reviewed
        try:
            self._import(stream, progress, lambda check: reviewed is None or check.totals != reviewed.totals)
        except _NotTaken:
            raise sentence("file.busy") from None
        return stream.result

    def _import(self, stream: RosterStream, progress: Say, bad: Callable[[FileCheck], bool]) -> None:
        """Append the good rows in one step, all or none; none when the whole turns out `bad`."""

        def rows() -> Iterator[tuple[int, Mapping[str, str], RowCheck]]:
            for part in stream.slices():
                yield from [(row.row_number, row.values, row.check) for row in part if row.check.ok]
            if bad(stream.result):
                raise _NotTaken(stream.result)

        service, anew = self._screen.desk.service, not self._screen.with_form
        service.import_rows(rows(), source=Source.FILE, anew=anew, progress=progress)

    async def reviewed(self, answer: object) -> None:
        """Go on after the review: import the good rows, or nothing."""
        check, self._check = self._check, None
        if check is None or answer != "good":
            self._screen.status("没有导入，清册没有改动。", kind="warning")
            return
        await self._take(check)

    # ---- into the roster -----------------------------------------------------------------------------

    async def _take(self, reviewed: FileCheck) -> None:
        """Import the good rows of a file that has been looked at."""
        if not self._screen.with_form and not await may_replace(self._screen, "导入"):
            return
        self._reviewed = reviewed
        check = await self._pass("正在导入…", "正在导入", self._import_good)
        if check is not None:
            await self._taken(check)

    async def _taken(self, check: FileCheck) -> None:
        self._uploaded = None
        await self._screen.returned(None)
        await tell_totals(self._screen, f"导入成功 {check.totals.count} 条")


class _NotTaken(Exception):
    """A file whose rows do not go into the roster."""

    def __init__(self, check: FileCheck) -> None:
        super().__init__("not taken")
        self.check = check
