"""Writing files whole or not at all: a temporary file beside the target, then a rename."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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
    except Exception as error:
        # XlsxWriter wraps a full disk into an exception of its own.
        cause = next((part for part in error.args if isinstance(part, OSError)), None)
        if cause is not None and not isinstance(error, WorkbookError):
            raise write_error(cause, path) from error
        raise
    finally:
        with suppress(OSError):
            temporary.unlink()


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
