"""Keep what the process has in memory out of core files and away from other processes of the same user."""

from __future__ import annotations

_PR_SET_DUMPABLE = 4


def harden_process() -> list[str]:
    """Forbid core files and tracing by other processes of the user.

    Returns what could not be done, as Chinese phrases; an empty list when all was done. The application calls
    it at its start, before any PIN is typed, and goes on without what the system does not have.
    """
    missing: list[str] = []
    if not _forbid_core_files():
        missing.append("无法关闭内存转储文件")
    if not _forbid_tracing():
        missing.append("无法阻止其他进程读取本进程内存")
    return missing


def _forbid_core_files() -> bool:
    try:
        import resource
    except ImportError:  # Windows has no core files of this kind
        return False
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return False
    return True


def _forbid_tracing() -> bool:
    try:
        import ctypes

        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (ImportError, OSError, AttributeError, TypeError):
        return False
    return bool(prctl(_PR_SET_DUMPABLE, ctypes.c_ulong(0), 0, 0, 0) == 0)
