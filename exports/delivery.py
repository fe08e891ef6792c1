"""Files on their way between the workstation and the host: the folders `in` and `out` of one person.

Transfer programs (SFTP, ZMODEM) put files into `in` and fetch them from `out`. Names come from outside:
only a plain name of a regular file is accepted, never a path and never a link.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from domain.text import safe_text
from exports.workbook_error import sentence

FOLDER_MODE = 0o700
STABLE_SECONDS = 2.0
MAX_NAME = 255
_PARTIAL = (".part", ".filepart", ".tmp", ".crdownload")


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file: name as it is (not yet fit for a screen), bytes, time of change in seconds of the epoch.

    `stable` is False while the file may still be growing.
    """

    name: str
    size: int
    modified: float
    stable: bool


class Folder:
    """One folder, readable by its owner only, listed newest first."""

    def __init__(self, path: Path | str) -> None:
        """The folder at `path`, made for its owner alone when it is missing. Raises WorkbookError."""
        self.path = Path(path)
        self._seen: dict[str, tuple[int, int, float]] = {}
        try:
            self.path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        except OSError as error:
            raise sentence("file.not_written", name=safe_text(self.path.name)) from error

    def files(self) -> list[ListedFile]:
        """Regular files, newest first; hidden files, links and folders are left out."""
        found: list[ListedFile] = []
        seen: dict[str, tuple[int, int, float]] = {}
        now, wall = time.monotonic(), time.time()
        with os.scandir(self.path) as entries:
            for entry in entries:
                try:
                    facts = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if not stat.S_ISREG(facts.st_mode) or entry.name.startswith((".", "~$")):
                    continue
                before = self._seen.get(entry.name)
                same = before is not None and before[:2] == (facts.st_size, facts.st_mtime_ns)
                since = before[2] if before is not None and same else now
                seen[entry.name] = (facts.st_size, facts.st_mtime_ns, since)
                at_rest = now - since >= STABLE_SECONDS or wall - facts.st_mtime >= STABLE_SECONDS
                stable = at_rest and not entry.name.lower().endswith(_PARTIAL)
                found.append(ListedFile(entry.name, facts.st_size, facts.st_mtime, stable))
        self._seen = seen
        return sorted(found, key=lambda file: (-file.modified, file.name))

    def existing(self, name: str) -> Path:
        """The path of a listed file. Raises WorkbookError: file.name, file.not_found, file.not_file."""
        path = self.new(name)
        try:
            facts = path.lstat()
        except OSError:
            raise sentence("file.not_found", name=safe_text(name)) from None
        if not stat.S_ISREG(facts.st_mode):
            raise sentence("file.not_file", name=safe_text(name))
        return path

    def new(self, name: str) -> Path:
        """The path of a file to be written here. Raises WorkbookError file.name for anything but a name."""
        bad = not name or name.startswith(".") or "/" in name or "\\" in name or "\0" in name
        if bad or len(name.encode("utf-8", "surrogatepass")) > MAX_NAME:
            raise sentence("file.name", name=safe_text(name, limit=40))
        return self.path / name


@dataclass(frozen=True, slots=True)
class Delivery:
    """The two folders of one person."""

    incoming: Folder
    outgoing: Folder


def open_delivery(
    data_dir: Path | str, *, in_dir: Path | str | None = None, out_dir: Path | str | None = None
) -> Delivery:
    """The folders `in` and `out` under the data folder, or those of the configuration."""
    root = Path(data_dir)
    return Delivery(Folder(in_dir or root / "in"), Folder(out_dir or root / "out"))
