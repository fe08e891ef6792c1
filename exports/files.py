"""Writing files whole or not at all: a temporary file beside the target, then a rename."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from domain.text import safe_text
from exports.workbook_error import WorkbookError, sentence

FILE_MODE = 0o600


@contextmanager
def writing(path: Path | str, *, overwrite: bool = False) -> Iterator[Path]:
    """A temporary path to write to; leaving the block puts it in the place of `path`.

    An existing file is kept unless `overwrite`. Raises WorkbookError: exists, disk_full, not_written;
    whatever is raised, no half file remains and the old one is untouched.
    """
    path = Path(path)
    if not overwrite and os.path.lexists(path):
        raise sentence("file.exists", name=safe_text(path.name))
    try:
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    except OSError as error:
        raise write_error(error, path) from error
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        _put(temporary, path, overwrite=overwrite)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


class Sink(io.FileIO):
    """A file for libraries that do not survive a full disk: archives they leave open fail once more later.

    The first error is kept and everything after it is swallowed; `filling` raises it at the end.
    """

    error: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write all of `data`, or pretend to once something has failed."""
        view = memoryview(data).cast("B")
        place = 0
        while self.error is None and place < len(view):
            try:
                place += super().write(view[place:]) or 0
            except OSError as error:
                self.error = error
        return len(view)


@contextmanager
def filling(path: Path) -> Iterator[Sink]:
    """A sink on a temporary file. Raises the OSError that any of the writes met."""
    with Sink(path, "w+") as sink:
        yield sink
        if sink.error is not None:
            raise sink.error


def _put(temporary: Path, path: Path, *, overwrite: bool) -> None:
    os.chmod(temporary, FILE_MODE)
    with open(temporary, "rb") as written:
        os.fsync(written.fileno())
    if overwrite:
        os.replace(temporary, path)
    else:
        os.link(temporary, path)


def write_error(error: OSError, path: Path) -> WorkbookError:
    """The sentence for an error of the file system."""
    name = safe_text(path.name)
    if isinstance(error, FileExistsError):
        return sentence("file.exists", name=name)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return sentence("file.disk_full", name=name)
    return sentence("file.not_written", name=name)
