"""An hour's work leaves nothing behind."""

from __future__ import annotations

import pytest

from benchmarks.long_use import GOAL, grown_megabytes


@pytest.mark.slow
def test_memory_after_two_thousand_moves_and_three_hundred_screens_and_dialogs() -> None:
    assert grown_megabytes() < GOAL
