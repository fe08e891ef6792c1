"""The center of a `Site` as a process: FOLDER PROFILE URL PORT PORT-FILE.

Its clock showed the tests' START when the site was made, and runs; its answers are dated by that clock.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from center.settings import Settings
from tests.support.center import START

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from center.store.engine import Store

EPOCH = "epoch"
"""File of a site's folder: the machine's time at which its clock showed START."""

DEADLY = "deadly"
"""While this file is in a site's folder, the center dies between a commit and its answer."""


class RunningClock:
    """A clock that showed START at a moment of this machine, and runs."""

    def __init__(self, epoch: float) -> None:
        self._epoch = epoch

    def now(self) -> datetime:
        """The present moment of the center."""
        return (START + timedelta(seconds=time.time() - self._epoch)).astimezone(UTC)


def site_settings(folder: Path, profile: str, url: str) -> Settings:
    """Settings of a site's center: a demo, whose codes appear on its console."""
    from center.ca import trusted_certificates
    from domain.profile import load_profile

    return Settings(
        database_url=url,
        profile=load_profile(profile),
        data_dir=folder,
        demo=True,
        clock=RunningClock(float((folder / EPOCH).read_text())),
        trusted_ca=trusted_certificates(folder, demo=True),
    )


def date_answers(clock: RunningClock) -> None:
    """Have the server date its answers by the center's clock instead of the machine's."""
    import email.utils

    import uvicorn.server

    def dated(timeval: float | None = None, localtime: bool = False, usegmt: bool = False) -> str:
        return email.utils.formatdate(clock.now().timestamp(), localtime, usegmt)

    uvicorn.server.formatdate = dated  # type: ignore[attr-defined]


class DeadlyAnswer:
    """Around the application: while a file is there, an accepted submission is the process' last act."""

    def __init__(self, app: ASGIApp, file: Path) -> None:
        self._app = app
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        filed = scope["type"] == "http" and scope["method"] == "PUT" and "/submissions/" in scope["path"]

        async def answer(message: Message) -> None:
            if filed and self._file.exists():
                self._file.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
            await send(message)

        await self._app(scope, receive, answer)


def arm(file: Path) -> None:
    """Wrap every application the server makes."""
    import center.server
    from center.app import create_app

    def made(settings: Settings, store: Store | None = None) -> FastAPI:
        app = create_app(settings, store)
        app.add_middleware(DeadlyAnswer, file=file)
        return app

    center.server.create_app = made  # type: ignore[attr-defined]


def main() -> int:
    from center.server import serve

    folder, profile, url, port, port_file = sys.argv[1:]
    settings = site_settings(Path(folder), profile, url)
    arm(Path(folder) / DEADLY)
    date_answers(RunningClock(float((Path(folder) / EPOCH).read_text())))
    return serve(settings, port=int(port), port_file=Path(port_file))


if __name__ == "__main__":
    sys.exit(main())
