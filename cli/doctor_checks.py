"""The checks of `gjj doctor` about terminal, locale, center, data folder and fonts."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from client.settings import Settings

MINIMUM_SIZE = (80, 24)
LITTLE_SPACE = 200 * 1024 * 1024
MAX_OFFSET = 60.0
"""Seconds by which this machine's clock may differ from the center's; signatures live five minutes."""

FONT_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/System/Library/Fonts"),
    Path("/Library/Fonts"),
)
FONT_NAMES = (
    "simsun", "songti", "notoserifcjk", "notoserifsc", "sourcehanserif", "uming",
    "notosanscjk", "notosanssc", "sourcehansans", "wqy-", "fandolsong", "droidsansfallback",
)  # fmt: skip
"""Starts of the file names of Chinese fonts, in the order they are preferred for printed forms."""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: `ok`, `--` (worth knowing), or `!!` (wrong) with its cure."""

    state: Literal["ok", "--", "!!"]
    label: str
    text: str
    cure: str = ""


# ---- terminal and locale -------------------------------------------------------------------------------


def terminal_checks() -> Iterator[Check]:
    """Kind, size, colours and encoding of the terminal."""
    kind = os.environ.get("TERM", "")
    if not all(stream is not None and stream.isatty() for stream in (sys.__stdin__, sys.__stderr__)):
        yield Check("--", "终端", "现在不是在终端里运行，终端各项没有检查")
        return
    if kind in ("", "dumb", "unknown"):
        cure = "在终端软件里把终端类型设为 xterm-256color（PuTTY：Connection > Data）。"
        yield Check("!!", "终端", f"TERM={kind or '（空）'}，不能显示画面", cure)
    else:
        yield Check("ok", "终端", f"TERM={kind}，{colours(kind, os.environ.get('COLORTERM', ''))}")
    size = shutil.get_terminal_size()
    text = f"{size.columns} 列 {size.lines} 行"
    if size.columns < MINIMUM_SIZE[0] or size.lines < MINIMUM_SIZE[1]:
        yield Check("!!", "窗口", text, "把窗口放大到 80 列 24 行以上。")
    else:
        yield Check("ok", "窗口", text)
    yield _encoding()


def colours(term: str, colorterm: str) -> str:
    """What colours a terminal of this kind shows."""
    if os.environ.get("NO_COLOR"):
        return "单色（NO_COLOR）"
    if colorterm in ("truecolor", "24bit"):
        return "真彩色"
    return "256 色" if term.endswith("256color") else "16 色"


def _encoding() -> Check:
    from tui.probe import TerminalProbe

    probe = TerminalProbe.begin()
    if probe is None:
        return Check("--", "编码", "终端不能查询，没有检查")
    try:
        facts = probe.finish()
    finally:
        probe.restore()
    if facts.wrong_encoding:
        return Check("!!", "encoding", "the terminal is not UTF-8", "set its character set to UTF-8")
    if not facts.answered:
        return Check("--", "编码", "终端没有回答查询，按 UTF-8 处理")
    width = "“·”等字符占两格" if facts.ambiguous_wide else "“·”等字符占一格"
    return Check("ok", "编码", f"UTF-8，{width}，往返 {facts.milliseconds} 毫秒")


def locale_check() -> Check:
    """Whether this process reads and writes UTF-8."""
    import locale

    name = locale.getpreferredencoding(False)
    variables = next((os.environ[key] for key in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(key)), "")
    if name.replace("-", "").lower() == "utf8":
        return Check("ok", "语言环境", f"{variables or '（默认）'}，{name}")
    return Check(
        "!!", "语言环境", f"{variables or '（未设置）'}，{name}", "设置 LANG=C.UTF-8（或 zh_CN.UTF-8）。"
    )


# ---- center --------------------------------------------------------------------------------------------


def center_checks(settings: Settings) -> Iterator[Check]:
    """Whether the center answers, which profile it serves, and how far the clocks are apart."""
    from client.api import CenterClient
    from client.errors import ClientError

    url = settings.center.url
    try:
        client = CenterClient(url, ca_file=settings.center.ca_file, connect_seconds=3, read_seconds=5)
        try:
            health = client.health()
            profile = client.profile()
            offset = client.clock_offset
        finally:
            client.close()
    except ClientError as error:
        cure = "核对配置里的 center.url 和网络；试用请运行 gjj demo。"
        yield Check("!!", "中心", f"{url}：{error.sentence}", cure)
        return
    except (OSError, ValueError):
        yield Check("!!", "中心", f"{url}：证书文件读不出来", "核对配置里的 center.ca_file。")
        return
    demo = "，演示中心" if health.demo else ""
    where = f"{url}，{profile.center}，版本 {health.version}{demo}"
    yield Check("ok", "中心", where)
    if health.profile != settings.center.profile:
        text = f"中心的规则是 {health.profile}，本机配置的是 {settings.center.profile}"
        yield Check("!!", "规则", text, f'在配置里写 profile = "{health.profile}"。')
    else:
        yield Check("ok", "规则", f"{health.profile}，第 {profile.version} 版")
    yield clock_check(offset)


def clock_check(offset: float) -> Check:
    """How far the center's clock is ahead of this machine's (seconds)."""
    if abs(offset) <= MAX_OFFSET:
        return Check("ok", "时钟", f"与中心相差 {abs(offset):.0f} 秒")
    side = "慢" if offset > 0 else "快"
    return Check(
        "!!", "时钟", f"本机比中心{side} {abs(offset):.0f} 秒", "打开系统的自动对时（NTP），或校准本机时间。"
    )


# ---- data folder and fonts -----------------------------------------------------------------------------


def data_checks(settings: Settings) -> Iterator[Check]:
    """Data folder, free space, the local store and its SQLite."""
    from client.store.database import FILE_NAME, default_folder, journal

    folder = settings.files.data_dir or default_folder()
    yield folder_check(folder)
    free = shutil.disk_usage(_existing(folder)).free
    space = f"可用 {free // (1024 * 1024)} MB"
    if free < LITTLE_SPACE:
        yield Check("!!", "磁盘", space, "清理磁盘，至少留出 200 MB。")
    else:
        yield Check("ok", "磁盘", space)
    mode = journal()[0]
    yield Check("ok", "SQLite", f"{sqlite3.sqlite_version}，日志方式 {mode}")
    if (folder / FILE_NAME).exists():
        yield store_check(folder / FILE_NAME)


def folder_check(folder: Path) -> Check:
    """Whether the data folder can be used and only its owner may read it."""
    if not folder.exists():
        return Check("ok", "数据", f"{folder}（首次使用时建立）")
    found = folder.stat()
    if not stat.S_ISDIR(found.st_mode) or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Check(
            "!!", "数据", f"{folder} 不能读写", "换一个文件夹（配置里的 files.data_dir）或改正权限。"
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        return Check("!!", "数据", f"{folder} 别人也能读（{mode}）", f"运行 chmod 700 {folder}")
    return Check("ok", "数据", f"{folder}（0700）")


def store_check(path: Path) -> Check:
    """Whether the local store's file is whole; it is only read."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)
        try:
            said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error as error:
        said = str(error)
    if said == "ok":
        return Check("ok", "本机库", f"{path.name} 完好")
    return Check("!!", "本机库", f"{path} 有损坏（{said}）", "先备份该文件，再请维护人员处理，不要删除。")


def font_check() -> Check:
    """The Chinese font that printed forms would use; nothing else needs one."""
    found = chinese_font(FONT_FOLDERS)
    if found is not None:
        return Check("ok", "字体", f"{found}（打印凭证时用；本版本尚不打印）")
    return Check(
        "--",
        "字体",
        "没有找到中文字体（本版本尚不打印，不影响使用）",
        "以后要打印凭证时安装 fonts-noto-cjk。",
    )


def chinese_font(folders: tuple[Path, ...]) -> Path | None:
    """The best Chinese font file under these folders and the user's own, None when there is none."""
    best: tuple[int, str] | None = None
    for folder in (*folders, Path.home() / ".local/share/fonts", Path.home() / ".fonts"):
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            name = path.name.lower()
            if path.suffix.lower() not in (".ttf", ".ttc", ".otf"):
                continue
            for rank, start in enumerate(FONT_NAMES):
                if name.startswith(start) and (best is None or rank < best[0]):
                    best = (rank, str(path))
    return Path(best[1]) if best else None


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
