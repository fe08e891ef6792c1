"""Attachments of a submission: choose files, upload them all, submit or cancel (A-01, A-02, A-04)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from client.errors import ClientError
from client.uploads import MAX_FILES, SUFFIXES, upload
from screens.app import AppScreen
from screens.file_choice import choose_file, size_text
from screens.options import offered
from screens.roster_parts import InfoLine
from tui.keys import ActionRequested
from tui.listview import ListColumn, ListRow, ListView
from tui.progress import in_thread

if TYPE_CHECKING:
    from domain.wire import AttachmentRef


@dataclass(slots=True)
class Attachment:
    """A chosen file; `reference` is the center's once it is uploaded."""

    path: Path
    size: int
    reference: AttachmentRef | None = None
    problem: str = ""


def _size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


class AttachmentsScreen(AppScreen):
    """The files of one submission; leaves with their references, or None when cancelled."""

    RESUMABLE: ClassVar[bool] = False
    TITLE = "上传档案"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "add_row", "save", "submit", "back")
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "add_row": ("选择电脑上传", "从收件文件夹选择文件，或键入文件的路径。"),
        "save": ("全部上传", "把列出的文件传到中心。"),
        "back": ("取消上传", "不提交，回到清册；可以再来一次。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "先选择电脑上的文件（PDF、JPG、PNG，每个不超过20MB），再全部上传，最后提交。",
        "在行前输入 4 再按回车，把该文件从列表中去掉。",
    )

    def __init__(self) -> None:
        super().__init__()
        self._files: list[Attachment] = []
        self._submit_label = ""

    def body(self) -> ComposeResult:
        """The purpose over the list of files."""
        yield InfoLine()
        columns = [ListColumn("文件", 44), ListColumn("大小", 9, "right"), ListColumn("状态", 16)]
        yield ListView(columns, options=offered("4"), empty="还没有选择文件，请按 F6 选择电脑上传。")

    async def opened(self, **args: Any) -> None:
        """Start with no file; `purpose` says for what."""
        self._files = []
        self.query_one(InfoLine).show(args.get("purpose", ""))
        self._submit_label = args.get("submit", "")
        self._show()
        self.status("请选择要上传的档案。")

    def keep(self) -> dict[str, Any]:
        """Keep the files, and what the center has of them."""
        files = [
            [str(file.path), file.reference.model_dump_json() if file.reference is not None else ""]
            for file in self._files
        ]
        return {**super().keep(), "files": files}

    async def take_up(self, kept: Mapping[str, Any]) -> None:
        """List the same files; one that is gone and not at the center is left out."""
        from domain.wire import AttachmentRef

        for name, told in kept.get("files") or ():
            path, reference = Path(name), AttachmentRef.model_validate_json(told) if told else None
            size = await in_thread(_size_of, path)
            if size is not None or reference is not None:
                self._files.append(Attachment(path, size or 0, reference))
        self._show()
        await super().take_up(kept)

    def label(self, action: str) -> tuple[str, str]:
        """Return the center's word for submitting."""
        if action == "submit":
            return self._submit_label or self.state.profile.attach.submit_label, "文件全部上传后提交。"
        return super().label(action)

    def _show(self) -> None:
        rows = [
            ListRow(
                str(at),
                (file.path.name, size_text(file.size), self._state_of(file)),
                mark="!" if file.problem else " ",
            )
            for at, file in enumerate(self._files)
        ]
        self.query_one(ListView).set_rows(rows)

    @staticmethod
    def _state_of(file: Attachment) -> str:
        return "已上传" if file.reference is not None else "没有传成" if file.problem else "待上传"

    async def perform(self, request: ActionRequested) -> None:
        """Choose, upload, submit."""
        match request.action:
            case "add_row":
                await self._choose()
            case "save":
                await self._upload_all()
            case "submit":
                await self._submit()
            case "run_options":
                gone = {int(key) for key, _ in request.payload["options"]}
                self._files = [file for at, file in enumerate(self._files) if at not in gone]
                self._show()
            case "open":
                file = self._files[int(request.payload["key"])]
                self.status(file.problem or f"{file.path}：{self._state_of(file)}")
            case _:
                await super().perform(request)

    async def may_leave(self) -> bool:
        """Ask before uploaded files are given up."""
        if not any(file.reference for file in self._files):
            return True
        lines = ["已上传的文件不会提交，确认取消上传吗？"]
        return await self.ask("取消上传", lines, [("y", "确定"), ("n", "取消")], cancel="n") == "y"

    async def _choose(self) -> None:
        if len(self._files) >= MAX_FILES:
            self.status(f"附件不能超过{MAX_FILES}个，请合并后重新选择。", kind="error", beep=True)
            return
        path = await choose_file(self, "选择电脑上传", SUFFIXES)
        if path is None:
            return
        if any(file.path == path for file in self._files):
            self.status("这个文件已经在列表中。", kind="warning", beep=True)
            return
        self._files.append(Attachment(path, path.stat().st_size))
        self._show()
        self.status(f"已选择 {len(self._files)} 个文件，请按 F9 全部上传。")

    async def _upload_all(self) -> bool:
        """Upload what is not uploaded yet; False when a file failed or there is none."""
        if not self._files:
            self.status("还没有选择文件，请按 F6 选择电脑上传。", kind="warning", beep=True)
            return False
        client = self.state.session().client
        todo = [file for file in self._files if file.reference is None]
        for number, file in enumerate(todo, 1):
            file.problem = ""
            try:
                text = f"正在上传 {number}/{len(todo)} {file.path.name[:24]}…"
                file.reference = await self.busy(text, upload, client, self.state.unit, file.path)
            except ClientError as error:
                file.problem = error.sentence
            self._show()
            if file.problem:
                self.status(file.problem, kind="error", beep=True)
                return False
        self.status(f"全部上传完毕，共 {len(self._files)} 个文件。", kind="good")
        return True

    async def _submit(self) -> None:
        """Upload what is left and go on with the submission."""
        if await self._upload_all():
            references = [file.reference for file in self._files if file.reference is not None]
            await self.shell.back(references, ask=False)
