"""What happens to an unexpected error: one sentence for the person, the details into a private file."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from cli.config import user_config_dir


def report(error: BaseException, folder: Path | None = None) -> str:
    """Write the traceback (never values of variables) to a 0600 file; returns the sentence to show."""
    now = datetime.now(UTC)
    name = f"incident-{now:%Y%m%d-%H%M%S}-{os.getpid()}.log"
    target = (folder or user_config_dir() / "incidents") / name
    lines = [f"{type(error).__name__}\n"]
    for frame in traceback.extract_tb(error.__traceback__):
        lines.append(f"  {frame.filename}:{frame.lineno} {frame.name}\n")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError:
        kind = type(error).__name__
        return f"程序出错已停止（{kind}），已录入的内容没有丢失，请重新启动；仍然出错请联系维护人员。"
    return f"程序出错已停止，已录入的内容没有丢失，请重新启动；仍然出错请把 {target} 交给维护人员。"
