"""Recorded key scripts against the real program: one roster and one submission at any speed of typing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import MakeSite, at
from tests.e2e.key_desk import KeyDesk, Outcome, expected
from tests.keys.script import Row, Script, scripts

GAPS = (0.0, 0.001, 0.01)
BYTES_PER_KEY, SCREEN = 300, 2560


@pytest.fixture(scope="session")
def key_desk(site_of: MakeSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, KeyDesk]]:
    """The workstations of this process, by profile."""
    desks: dict[str, KeyDesk] = {}

    class Desks(dict[str, KeyDesk]):
        def __missing__(self, profile: str) -> KeyDesk:
            self[profile] = KeyDesk(site_of(profile), tmp_path_factory.mktemp(f"keys-{profile}"))
            return self[profile]

    desks = Desks()
    yield desks
    for desk in desks.values():
        desk.close()


QUICK = (
    *("register_baishan", "register_hangzhou", "register_lyszfgjj", "register_shaanxi", "register_shanxi"),
    *("change_base_shaanxi", "option_hangzhou", "paste_shaanxi", "delete_undo_hangzhou", "dialogs_hangzhou"),
    *("sort_shaanxi", "submit_pin_shanxi", "seal_hangzhou", "change_base_shanxi"),
)
"""Scripts that every run replays; the others are slow tests."""


def _grouped(script: Script) -> object:
    marks = [at(script.profile)]
    if script.name not in QUICK:
        marks.append(pytest.mark.slow)
    return pytest.param(script, id=script.name, marks=marks)


@pytest.mark.parametrize("script", [_grouped(script) for script in scripts()])
def test_a_script_gives_one_roster_at_any_speed(key_desk: dict[str, KeyDesk], script: Script) -> None:
    desk = key_desk[script.profile]
    try:
        outcomes = [desk.replay(script, gap) for gap in GAPS]
    except AssertionError:
        desk.close()
        del key_desk[script.profile]
        raise
    first = outcomes[0]
    _holds(first.roster, script.roster)
    _holds(first.submitted, script.submitted)
    assert first.strokes <= script.budget, f"{first.strokes} keys"
    for outcome in outcomes:
        assert (outcome.roster, outcome.submitted) == (first.roster, first.submitted)
        assert not outcome.points
        assert outcome.drawn <= BYTES_PER_KEY * first.strokes + SCREEN * script.screens, _bytes(outcomes)


def _holds(found: tuple[tuple[str, ...], ...], wanted: list[Row]) -> None:
    assert len(found) == len(wanted), found
    for row, want in zip(found, wanted, strict=True):
        assert expected(want) <= set(row), (row, expected(want))


def _bytes(outcomes: list[Outcome]) -> str:
    return "、".join(f"{outcome.drawn} bytes for {outcome.strokes} keys" for outcome in outcomes)
