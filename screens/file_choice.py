"""Choosing a delivered file, or naming one by its path; writing a file, asking before overwriting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from exports.delivery import Delivery, ListedFile, open_delivery
from exports.workbook_error import WorkbookError
from screens.text_entry import TextEntry
from tui.progress import in_thread

if TYPE_CHECKING:
    from screens.app import AppScreen
    from screens.state import AppState

MOST = 200
"""Files offered, newest first."""


def size_text(size: int) -> str:
    """Return a size as people read it."""
    if size < 1024:
        return f"{size}B"
    return f"{size / 1024:.1f}KB" if size < 1 << 20 else f"{size / (1 << 20):.1f}MB"


def delivery(state: AppState) -> Delivery:
    """The person's folders in and out. Blocking; raises WorkbookError, StoreError."""
    files = state.settings.files
    return open_delivery(state.data_dir(), in_dir=files.in_dir, out_dir=files.out_dir)


async def choose_file(screen: AppScreen, title: str, suffixes: Sequence[str]) -> Path | None:
    """Let a file be chosen; None when the person gave up, or after saying why there is none."""
    try:
        folder = (await screen.busy("正在读取收件文件夹…", delivery, screen.state)).incoming
        listed = await screen.busy("正在读取收件文件夹…", folder.files)
    except WorkbookError as error:
        screen.status(error.text, kind="error", beep=True)
        return None
    files = [file for file in listed if _suffix(file) in suffixes][:MOST]
    rows = [*(_line(file) for file in files), "键入文件的路径…"]
    lines = [f"收件文件夹：{folder.path}", "" if files else "文件夹中没有可选的文件。"]
    chosen = await screen.choose(title, rows, [line for line in lines if line])
    if chosen is None:
        return None
    if chosen == len(files):
        return await _typed_path(screen, title)
    if not files[chosen].stable:
        screen.status("文件还没有传完，请稍候再选。", kind="warning", beep=True)
        return None
    try:
        return folder.existing(files[chosen].name)
    except WorkbookError as error:
        screen.status(error.text, kind="error", beep=True)
        return None


def _suffix(file: ListedFile) -> str:
    return file.name.rpartition(".")[2].lower()


def _line(file: ListedFile) -> str:
    when = datetime.fromtimestamp(file.modified).strftime("%m-%d %H:%M")
    return f"{when}  {size_text(file.size):>8}  {file.name}{'' if file.stable else '（还在传）'}"


async def _typed_path(screen: AppScreen, title: str) -> Path | None:
    text = await screen.host(title, TextEntry(["文件的路径："], limit=1000))
    if not text:
        return None
    path = await in_thread(_existing, str(text))
    if path is None:
        screen.status("找不到这个文件，请核对路径后重新选择。", kind="error", beep=True)
        return None
    return path


def _existing(text: str) -> Path | None:
    """The file of a typed path; None when there is none or it cannot be one. Blocking."""
    try:
        path = Path(text.strip()).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError, ValueError):
        return None


async def write_out(
    screen: AppScreen, name: str, write: Callable[[Path, bool], object], what: str
) -> Path | None:
    """Write a file into the out folder, asking before one is overwritten (FAQ 11); says where it is.

    `write(path, overwrite)` blocks and raises WorkbookError.
    """
    try:
        folder = (await screen.busy("正在准备文件…", delivery, screen.state)).outgoing
        path = folder.new(name)
        overwrite = False
        if path.exists():
            lines = [f"文件“{name}”已存在，覆盖吗？"]
            if await screen.ask("文件已存在", lines, [("y", "是"), ("n", "否")], cancel="n") != "y":
                screen.status("没有覆盖，原文件没有改动。")
                return None
            overwrite = True
        await screen.busy(f"正在写{what}…", write, path, overwrite)
    except WorkbookError as error:
        screen.status(error.text, kind="error", beep=True)
        return None
    screen.status(f"{what}已存为 {path.name}，在 {path.parent}", kind="good")
    return path
