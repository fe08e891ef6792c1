"""The folder of a demo: where its parts are, what was set up in it, and who is using it.

    <data>/demo/<profile>/demo.json   what was set up; written last, so that its presence means all is there
                         /center/     the demo center's data
                         /key/        the demo key
                         /client/     the application's own data
                         /run/        configuration, port and console of the running demo
    <data>/demo/<profile>.lock        held while a demo runs

Only its owner may read any of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from domain.login_form import login_form
from domain.text import cell_width

FORMAT = 1
"""Raised when a demo set up by an older program can no longer be used."""

PIN = "123456"
"""Of every demo key; like all names and passwords of a demo it is no secret and stands on its screen."""

SHORT_CELLS = 76
"""Cells of a line under the login form."""


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """Who can log in to a demo. `expires` is the day (ISO) from which the demo certificate is not valid."""

    profile: str
    unit_account: str
    login_name: str
    login: tuple[tuple[str, str], ...]
    """Labels of the login screen's fields and what to enter."""
    clerk_login: str
    clerk_password: str
    expires: str
    format: int = FORMAT


class DemoFolder:
    """One profile's demo under the folder of all demos."""

    def __init__(self, root: Path, profile: str) -> None:
        self.root = root
        self.profile = profile
        self.path = root / profile
        self.fresh = root / f"{profile}.new"
        """Where a demo is set up before it takes its place."""
        self.lock_file = root / f"{profile}.lock"
        self._lock: IO[bytes] | None = None

    @property
    def run(self) -> Path:
        """Files of the running demo."""
        return self.path / "run"

    @property
    def config(self) -> Path:
        """The configuration another terminal joins with."""
        return self.run / "config.toml"

    @property
    def console(self) -> Path:
        """What the demo center prints, text messages among it."""
        return self.run / "console.log"

    def acquire(self) -> bool:
        """Take the demo for this process until it ends; False when another one has it. Raises OSError."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.lock_file.open("wb")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._lock = file
        return True

    def release(self) -> None:
        """Let another process take the demo."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def facts(self) -> DemoFacts | None:
        """What was set up; None when nothing was, or by a program of another format, or too long ago."""
        try:
            raw = json.loads((self.path / "demo.json").read_text(encoding="utf-8"))
            facts = DemoFacts(**(raw | {"login": tuple((label, value) for label, value in raw["login"])}))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        today = datetime.now(UTC).date().isoformat()
        return facts if facts.format == FORMAT and today < facts.expires else None

    def remove(self) -> None:
        """Delete the demo and what an interrupted set-up has left. Raises OSError."""
        for folder in (self.path, self.fresh):
            if folder.exists():
                shutil.rmtree(folder)

    def start_fresh(self) -> Path:
        """An empty folder to set the demo up in. Raises OSError."""
        self.remove()
        self.fresh.mkdir(mode=0o700)
        return self.fresh

    def finish(self, facts: DemoFacts) -> None:
        """Put the demo that was set up in its place. Raises OSError."""
        write_private(self.fresh / "demo.json", json.dumps(asdict(facts), ensure_ascii=False, indent=1))
        self.fresh.rename(self.path)

    def begin_run(self) -> None:
        """Make the folder of the running demo, emptied of what a killed one has left."""
        self.end_run()
        self.run.mkdir(mode=0o700)

    def end_run(self) -> None:
        """Delete the files of the running demo."""
        shutil.rmtree(self.run, ignore_errors=True)

    def write_config(self, facts: DemoFacts, url: str) -> None:
        """Write the configuration of an application that uses this demo."""
        values: dict[str, dict[str, str | bool]] = {
            "center": {"url": url, "profile": self.profile},
            "login": {"unit_account": facts.unit_account, "login_name": facts.login_name},
            "ukey": {"demo": True, "demo_folder": str(self.path / "key")},
            "files": {"data_dir": str(self.path / "client")},
        }
        lines: list[str] = []
        for section, options in values.items():
            lines.append(f"[{section}]")
            lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in options.items()]
        write_private(self.config, "\n".join(lines) + "\n")

    def hint(self, facts: DemoFacts) -> tuple[str, ...]:
        """What the login screen tells about the demo: all one needs in the first line, if that fits."""
        entered = [f"{label} {value}" for label, value in facts.login]
        short = "  ".join(["演示", *(value for _, value in facts.login), f"PIN {PIN}"])
        return (
            short if cell_width(short) <= SHORT_CELLS else "演示账号请按 F1 查看。",
            f"{login_form(self.profile).center}的演示，数据都是虚构的。",
            *entered,
            f"演示密钥 PIN {PIN}",
            f"柜员登录名称 {facts.clerk_login}  密码 {facts.clerk_password}",
            f"短信验证码在另一窗口看：gjj demo --profile {self.profile} --console",
        )


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner may read. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
