from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.center import running_center, serving
from tests.support.workplace import Workplace, workplace

MakePlace = Callable[..., Workplace]


@pytest.fixture
def make_place(tmp_path: Path) -> Iterator[MakePlace]:
    """Workplaces before centers of any profile; the asynchronous one is served, for its jobs."""
    with ExitStack() as stack:

        def make(profile: str = "baishan", **unit: Any) -> Workplace:
            folder = tmp_path / f"center-{profile}"
            folder.mkdir(exist_ok=True)
            center = stack.enter_context(running_center(folder, profile))
            server = stack.enter_context(serving(center.settings)) if profile == "shaanxi" else None
            return stack.enter_context(workplace(center, tmp_path / f"desk-{profile}", server, **unit))

        yield make
