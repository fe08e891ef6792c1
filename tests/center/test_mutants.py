"""Every seeded bug is caught by the test that is named for it, and that test passes without the bug."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from center.ledger.post import LedgerError
from center.settings import sqlite_url
from center.store.engine import Store
from tests.center import test_money_races
from tests.center.mutants import MUTANTS, Mutant
from tests.center.test_ledger import made_store
from tests.support.center import make_settings, running_center
from tests.support.databases import migrated_postgres, migrated_sqlite

FEW = 12
"""Threads that a race with a mutant in it needs to go wrong."""

SEQUENTIAL = [one for one in MUTANTS if one.on != "races"]
RACES = [one for one in MUTANTS if one.on == "races"]


@contextmanager
def prepared(one: Mutant, folder: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Store, Any]]:
    """The store a mutant is made for, and what its test wants."""
    if one.on == "store":
        store = made_store(folder, migrated_sqlite(sqlite_url(folder)))
        yield store, store
        store.close()
    elif one.on == "centers":
        with running_center(folder, "lyszfgjj") as center:
            yield center.store, lambda profile: center
    else:
        with migrated_postgres(request.getfixturevalue("postgres")) as url:
            with running_center(folder, "lyszfgjj", url=url) as center:
                yield center.store, center


def is_caught(one: Mutant, folder: Path, request: pytest.FixtureRequest, patch: pytest.MonkeyPatch) -> bool:
    """Whether an assertion of the named test failed; any other exception than the mutant's own goes on."""
    caught: tuple[type[BaseException], ...] = (AssertionError, pytest.fail.Exception)
    if one.raises is not None:
        caught += (one.raises,)
    with prepared(one, folder, request) as (store, wanted):
        one.make(patch, store)
        patch.setattr(test_money_races, "MANY", FEW)
        try:
            one.caught_by(wanted, *one.arguments)
        except caught:
            return True
        return False


@pytest.mark.parametrize(
    "one",
    [pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one in RACES else []) for one in MUTANTS],
)
def test_the_named_test_catches_it(
    one: Mutant, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_caught(one, tmp_path, request, monkeypatch)


@pytest.mark.parametrize("error", [TypeError, LedgerError])
def test_a_test_that_breaks_down_has_caught_nothing(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Only what fails an assertion counts, or what the mutant is said to end with."""

    def broken(_: Store) -> None:
        raise LedgerError("ledger.invalid", "坏了。") if error is LedgerError else error("broken")

    def nothing(patch: pytest.MonkeyPatch, store: Store) -> None: ...

    with pytest.raises(error):
        is_caught(Mutant("broken", broken, nothing), tmp_path / "first", request, monkeypatch)
    assert is_caught(
        Mutant("broken", broken, nothing, raises=error), tmp_path / "second", request, monkeypatch
    )
    assert not is_caught(Mutant("sound", lambda _: None, nothing), tmp_path / "third", request, monkeypatch)


@pytest.mark.parametrize("one", SEQUENTIAL, ids=lambda one: one.name)
def test_the_named_test_passes_without_it(
    one: Mutant, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with prepared(one, tmp_path, request) as (_, wanted):
        one.caught_by(wanted, *one.arguments)


@pytest.mark.slow
@pytest.mark.parametrize("one", RACES, ids=lambda one: one.name)
def test_the_named_race_passes_without_it(
    one: Mutant, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with prepared(one, tmp_path, request) as (_, wanted):
        one.caught_by(wanted, *one.arguments)


def test_the_database_keeps_its_settings(tmp_path: Path) -> None:
    """A mutant takes the constraints out of its own store only."""
    store = Store(make_settings(tmp_path, url=migrated_sqlite(sqlite_url(tmp_path))))
    with store.read() as conn:
        assert conn.exec_driver_sql("PRAGMA ignore_check_constraints").scalar() == 0
    store.close()
