"""Small files only their owner may read: written whole or not at all, refused when they are not ours."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from ukey.signer import ModuleUnusable

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_folder(folder: Path) -> None:
    """Make a folder (0700), or see to an existing one. Raises ModuleUnusable."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    check_folder(folder)


def check_folder(folder: Path) -> None:
    """Take away what others may do in the folder. Raises ModuleUnusable when it is not a folder of ours."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or not _ours(found):
        raise ModuleUnusable(f"演示密钥文件夹 {folder} 不属于当前用户，请换一个文件夹重新生成演示密钥。")
    if found.st_mode & 0o077:
        folder.chmod(FOLDER_MODE)


def read_private(path: Path) -> bytes:
    """Read a file after taking away what others may do with it.

    Raises FileNotFoundError; ModuleUnusable when it is a link, no plain file, or somebody else's.
    """
    refusal = ModuleUnusable(f"演示密钥文件 {path} 不属于当前用户或不是普通文件，请重新生成演示密钥。")
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise refusal from error
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or not _ours(found):
            raise refusal
        if found.st_mode & 0o077:
            os.fchmod(handle, FILE_MODE)
        return file.read()


def write_private(path: Path, content: bytes) -> None:
    """Replace a file in one step (0600), on disk before this returns. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Let one process at a time work in the folder."""
    try:
        import fcntl
    except ImportError:  # no such lock on this system; the demo there is one process
        yield
        return
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _ours(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
