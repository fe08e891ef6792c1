"""Paths as people type them, and drafts stored one after the other."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from screens.file_choice import _existing
from screens.roster_drafts import DraftSaver


@pytest.mark.parametrize(
    "typed", ["~nobody-of-this-name/名单.xlsx", "/" + "长" * 400, "/no\x00where", "", "/no/such/file"]
)
def test_a_path_that_cannot_be_one_is_no_file(typed: str) -> None:
    assert _existing(typed) is None


def test_a_path_with_blanks_around_it_is_found(tmp_path: Path) -> None:
    path = tmp_path / "名单.xlsx"
    path.write_bytes(b"x")
    assert _existing(f" {path} ") == path


async def test_an_older_snapshot_is_never_stored_last() -> None:
    typed = {"name": "王"}
    stored: list[str] = []
    slow = threading.Event()

    def keep(snapshot: dict[str, str]) -> None:
        if not stored and snapshot["name"] == "王":
            slow.wait(5)
        stored.append(snapshot["name"])

    saver = DraftSaver(cast(Any, None), lambda: dict(typed), keep)
    first = asyncio.create_task(saver.finish())
    await asyncio.sleep(0.05)
    typed["name"] = "王小明"
    second = asyncio.create_task(saver.finish())
    await asyncio.sleep(0.05)
    slow.set()
    await asyncio.gather(first, second)
    assert stored == ["王", "王小明"]
