from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.client.support import Agent, an_agent
from tests.support.center import CenterUnderTest, running_center

MakeAgent = Callable[..., Agent]


@pytest.fixture
def make_center(tmp_path: Path) -> Iterator[Callable[..., CenterUnderTest]]:
    """Start centers of any profile in this process; they are closed after the test."""
    with ExitStack() as stack:

        def make(profile: str = "baishan", **values: Any) -> CenterUnderTest:
            folder = tmp_path / f"center-{profile}"
            folder.mkdir(exist_ok=True)
            return stack.enter_context(running_center(folder, profile, **values))

        yield make


@pytest.fixture
def make_agent(tmp_path: Path, make_center: Callable[..., CenterUnderTest]) -> Iterator[MakeAgent]:
    """An agent of a new unit at a center of any profile, logged in."""
    with ExitStack() as stack:

        def make(profile: str = "baishan", **values: Any) -> Agent:
            return stack.enter_context(an_agent(make_center(profile), tmp_path / profile, **values))

        yield make


@pytest.fixture
def agent(make_agent: MakeAgent) -> Agent:
    """An agent of the baishan center."""
    return make_agent()
