"""What was printed from this workstation: when, what, where to, how often (第n次打印).

One line of JSON per print in a file only its owner reads; programs that run side by side take turns.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from exports.files import FILE_MODE, write_error

NAME: Final = "prints.jsonl"
MOST_LINES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Printed:
    """One print. `key` says what it is of (a 业务流水号, or "" for what has none), `number` which it was.

    `time` is ISO in UTC; `sink` is the name of the way to paper; `sha256` is of the bytes that were handed
    over, in hex.
    """

    time: str
    operator: str
    title: str
    key: str
    sink: str
    copies: int
    number: int
    sha256: str


class PrintLog:
    """The prints of this workstation. Calls block."""

    def __init__(self, folder: Path) -> None:
        """Keep the log in the folder of the local data."""
        self.path = folder / NAME

    def times(self, title: str, key: str) -> int:
        """How often this paper of this key has been printed; 0 for what has no key."""
        if not key:
            return 0
        return max((one.number for one in self.entries() if (one.title, one.key) == (title, key)), default=0)

    def note(self, entry: Printed) -> None:
        """Add a print. Raises WorkbookError: file.disk_full, file.not_written."""
        line = json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n"
        try:
            with self._locked() as number:
                size = os.fstat(number).st_size
                try:
                    written = os.write(number, line)
                    if written < len(line):
                        raise OSError(28, "no space")
                except OSError:
                    os.ftruncate(number, size)
                    raise
        except OSError as error:
            raise write_error(error, self.path) from error

    def entries(self) -> list[Printed]:
        """All prints, oldest first; what cannot be read is passed over."""
        try:
            lines = self.path.read_bytes().splitlines()[-MOST_LINES:]
        except OSError:
            return []
        found = []
        for line in lines:
            try:
                found.append(Printed(**json.loads(line)))
            except (ValueError, TypeError):
                continue
        return found

    @contextmanager
    def _locked(self) -> Iterator[int]:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        number = os.open(self.path, flags, FILE_MODE)
        try:
            fcntl.flock(number, fcntl.LOCK_EX)
            yield number
        finally:
            os.close(number)
