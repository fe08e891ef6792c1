"""Reading a workbook safely: looked at first, parsed in a child process with limits.

A file from outside may be anything. The parent looks at its magic bytes and, for .xlsx, at the raw parts
(`zip_check`); python-calamine runs only in the child (`reader_child`), which has 1 GB of memory, 20 seconds
of processor time and no terminal. The two run side by side. Whatever happens ends as a `Sheet` or as a
`WorkbookError` with one Chinese sentence.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from exports.sheet import CellRange, Format, RawRow, Sheet
from exports.workbook_error import WorkbookError, sentence, wrong_format

if TYPE_CHECKING:
    from exports.zip_check import ZipFacts

MAX_FILE = 50 * 1024 * 1024
LIMIT_ROWS = 100_000
MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 20
WALL_SECONDS = 45.0
MAX_SHEET_NAME = 255
"""Excel allows 31; a much longer one could not be handed to another process."""
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
OUTPUT_SHEETS = ("错误清单", "填写说明")
"""Sheets that our own files carry beside the data."""

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"


def read_workbook(
    path: Path | str,
    *,
    sheet: str = "",
    skip: Collection[str] = OUTPUT_SHEETS,
    limit_rows: int = LIMIT_ROWS,
    formats: Collection[str] | None = None,
) -> Sheet:
    """The named sheet, or the first visible one that is not in `skip`.

    `formats` are the formats a center takes ("xls", "xlsx", "csv"); None takes all. Raises WorkbookError.
    """
    path = Path(path)
    with _opened(path) as file:
        found = sniff(file, path)
        if formats is not None and found not in formats:
            raise wrong_format(tuple(formats))
        if found == "csv":
            from exports.text_table import read_text_table

            return read_text_table(file, path, limit_rows)
        return _parse(file, path, found, sheet, skip, limit_rows)


@contextmanager
def sheet_in_batches(
    path: Path | str,
    *,
    skip: Collection[str] = OUTPUT_SHEETS,
    limit_rows: int = LIMIT_ROWS,
    formats: Collection[str] | None = None,
) -> Iterator[tuple[Sheet, Iterator[list[RawRow]]] | None]:
    """The sheet `read_workbook` would read, without rows, and its rows batch by batch.

    None for a file that has to be looked at as a whole: text, and a workbook with formulas or error values.
    Raises WorkbookError, also while the batches are taken and at the end.
    """
    path = Path(path)
    with _opened(path) as file:
        kind = sniff(file, path)
        if formats is not None and kind not in formats:
            raise wrong_format(tuple(formats))
        if kind == "csv":
            yield None
            return
        with _again(file, path) as own, _child(own, "", skip) as process:
            facts = _facts(file, kind, limit_rows)
            if facts is not None and facts.formulas_or_errors:
                yield None
                return
            lines = _lines(process)
            sheet = _head(process, lines, kind)
            process.in_time()
            sheet.has_hidden_rows = facts is not None and facts.hidden_rows
            yield sheet, _batches(process, lines)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file, proven regular, small enough, at rest and not open in Excel."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise sentence("file.not_found", name=path.name) from None
    except PermissionError:
        raise sentence("file.no_access", name=path.name) from None
    except (OSError, ValueError):
        raise sentence("file.not_file", name=path.name) from None
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        os.close(descriptor)
        raise sentence("file.not_file", name=path.name)
    with os.fdopen(descriptor, "rb") as file:
        if before.st_size == 0:
            raise sentence("file.empty")
        if before.st_size > MAX_FILE:
            raise sentence("file.too_large", limit=MAX_FILE // 1024 // 1024)
        if _is_open_elsewhere(path):
            raise sentence("file.busy")
        yield file
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise sentence("file.busy")


def _is_open_elsewhere(path: Path) -> bool:
    """True for a lock file itself, and for a file beside which a spreadsheet program left one (V-27)."""
    name = path.name
    if name.startswith(("~$", ".~lock.")):
        return True
    marks = (f"~${name}", f"~${name[2:]}", f".~lock.{name}#")
    return any(os.path.lexists(path.with_name(mark)) for mark in marks)


def sniff(file: BinaryIO, path: Path) -> Format:
    """What the content is, whatever the name says. Raises WorkbookError for what is no workbook."""
    file.seek(0)
    head = file.read(4096)
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        return "xlsx"
    from exports.ole import MAGIC

    if head.startswith(MAGIC):
        _look_at_ole(file)
        return "xls"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:512].lower()
    if start.startswith((b"<", b"mime-version")) or b"<html" in start or b"<table" in start:
        raise sentence("file.html")
    if path.suffix.lower() in TEXT_SUFFIXES and b"\0" not in head:
        return "csv"
    raise sentence("file.not_workbook")


def _look_at_ole(file: BinaryIO) -> None:
    """Refuse a compound file that is no plain Excel 97-2003 workbook."""
    from exports.ole import OleError, asks_for_password, streams

    try:
        found = streams(file)
        if found.keys() & {"EncryptedPackage", "EncryptionInfo"}:
            raise sentence("file.encrypted")
        if found.keys() & {"_VBA_PROJECT", "_VBA_PROJECT_CUR", "VBA"}:
            raise sentence("file.macro")
        books = [name for name in found if name.lower() in ("workbook", "book")]
        if not books:
            raise sentence("file.not_workbook")
        if asks_for_password(file, found[books[0]]):
            raise sentence("file.encrypted")
    except OleError as error:
        raise sentence("file.damaged") from error


# ---- the child ------------------------------------------------------------------------------------


def _parse(
    file: BinaryIO, path: Path, kind: Format, wanted: str, skip: Collection[str], limit_rows: int
) -> Sheet:
    with _again(file, path) as own, _child(own, wanted, skip) as process:
        facts = _facts(file, kind, limit_rows)
        sheet = _collect(process, kind, limit_rows)
    if facts is not None:
        sheet.has_formulas = facts.formulas_or_errors
        sheet.has_hidden_rows = facts.hidden_rows
    return sheet


def _facts(file: BinaryIO, kind: Format, limit_rows: int) -> ZipFacts | None:
    """What the raw parts of an .xlsx tell; None for an .xls."""
    if kind != "xlsx":
        return None
    from exports.zip_check import check_zip

    return check_zip(file, limit_rows)


@contextmanager
def _again(file: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    """The same file opened anew for the child: a shared descriptor would share the reading position."""
    try:
        own = os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC), "rb")
    except OSError:
        raise sentence("file.busy") from None
    with own:
        if not os.path.samestat(os.fstat(own.fileno()), os.fstat(file.fileno())):
            raise sentence("file.busy")
        yield own


class _Process:
    """The running child, whether its time ran out, and how it ended."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self.popen = popen
        self.late = False
        self.timer: threading.Timer | None = None

    def in_time(self) -> None:
        """The sheet has been parsed: from here on the child waits for whoever takes its rows."""
        if self.timer is not None:
            self.timer.cancel()

    def stop_late(self) -> None:
        self.late = True
        self.popen.kill()

    def failure(self) -> WorkbookError:
        """Why there is no whole answer."""
        code = self.popen.wait()
        if self.late or code == -24:  # SIGXCPU
            return sentence("file.timeout")
        # SIGABRT: the allocation failed; SIGKILL: the system ran out of memory or the hard limit was met.
        return sentence("file.memory" if code in (-6, -9, -11) else "file.damaged")


@contextmanager
def _child(file: BinaryIO, wanted: str, skip: Collection[str]) -> Iterator[_Process]:
    spec = find_spec("python_calamine")
    if spec is None or spec.origin is None:
        raise RuntimeError("python-calamine is not installed")
    folder = str(Path(spec.origin).parent.parent)
    script = str(Path(__file__).with_name("reader_child.py"))
    if len(wanted) > MAX_SHEET_NAME:
        raise sentence("file.damaged")
    # In JSON's ASCII, for the child may not share this process's locale, and a name may hold anything.
    sheets = json.dumps([wanted, *skip])
    command = [sys.executable, "-I", "-S", script, folder, str(MEMORY), str(CPU_SECONDS), sheets]
    popen = subprocess.Popen(
        command,
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    process = _Process(popen)
    timer = process.timer = threading.Timer(WALL_SECONDS, process.stop_late)
    timer.daemon = True
    timer.start()
    try:
        yield process
    finally:
        timer.cancel()
        popen.kill()
        assert popen.stdout is not None
        popen.stdout.close()
        popen.wait()


def _collect(process: _Process, kind: Format, limit_rows: int) -> Sheet:
    lines = _lines(process)
    sheet = _head(process, lines, kind)
    for batch in _batches(process, lines):
        sheet.rows += batch
        if len(sheet.rows) > limit_rows + 100:
            raise sentence("file.rows", limit=limit_rows)
    return sheet


def _lines(process: _Process) -> Iterator[bytes]:
    assert process.popen.stdout is not None
    return iter(process.popen.stdout)


def _head(process: _Process, lines: Iterator[bytes], kind: Format) -> Sheet:
    """The sheet without its rows."""
    head = _answer(next(lines, b""))
    if not isinstance(head, dict):
        raise process.failure()
    if "error" in head:
        raise sentence(head["error"])
    merged = [CellRange(a + 1, b, c + 1, d) for a, b, c, d in head["merged"]]
    return Sheet(head["sheet"], [], kind, merged, tuple(head["sheets"]))


def _batches(process: _Process, lines: Iterator[bytes]) -> Iterator[list[RawRow]]:
    """The rows as they come, to the mark of their end."""
    for line in lines:
        batch = _answer(line)
        if batch == []:
            return
        if batch is None:
            break
        yield list(_rows(batch))
    raise process.failure()


def _rows(batch: Iterable[Sequence[Any]]) -> Iterator[RawRow]:
    for number, texts, kinds in batch:
        yield RawRow(number, texts, dict(zip(kinds[::2], kinds[1::2], strict=True)) if kinds else {})


def _answer(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
