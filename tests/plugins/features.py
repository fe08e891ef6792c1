"""The `feature` marker: which test proves which row of docs/features.toml for which center profile.

`--features-json PATH` writes {row: {profile: [ids of passing tests]}}. A pair with a test that did not
pass is left out: it is not proven. A marker that names an unknown row, an unknown profile, or a profile
to which the row does not apply stops the collection.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

ROWS_FILE = Path(__file__).parents[2] / "docs" / "features.toml"
PROFILES = ("baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi")
PROPERTY = "feature"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its title and the profiles it applies to, in the order of PROFILES."""

    title: str
    profiles: tuple[str, ...]


@cache
def rows() -> dict[str, Row]:
    """All rows by id, in the file's order."""
    data = tomllib.loads(ROWS_FILE.read_text("utf-8"))
    return {name: Row(entry["title"], tuple(entry["profiles"])) for name, entry in data.items()}


class MarkError(ValueError):
    """A feature marker that says something impossible; the text names the remedy."""


def claims(mark: pytest.Mark) -> tuple[str, tuple[str, ...]]:
    """The row and the profiles a marker claims. `profile="all"` is every profile the row applies to."""
    if len(mark.args) != 1 or set(mark.kwargs) != {"profile"}:
        raise MarkError('write feature("O-13", profile="hangzhou"); the profile is a name, a list or "all"')
    name, wanted = mark.args[0], mark.kwargs["profile"]
    row = rows().get(name)
    if row is None:
        raise MarkError(f"{name!r} is no row of {ROWS_FILE.name}")
    if wanted == "all":
        return name, row.profiles
    profiles = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    for profile in profiles:
        if profile not in PROFILES:
            raise MarkError(f"{profile!r} is no profile; the profiles are {', '.join(PROFILES)}")
        if profile not in row.profiles:
            raise MarkError(f"row {name} does not apply to {profile}, only to {', '.join(row.profiles)}")
    if not profiles:
        raise MarkError(f"row {name}: the list of profiles is empty")
    return name, profiles


def _pair(claim: str) -> tuple[str, str]:
    row, _, profile = claim.partition("@")
    return row, profile


@dataclass(slots=True)
class Evidence:
    """What the run has shown so far, gathered where the reports arrive (the controller under xdist)."""

    claimed: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    def add(self, report: pytest.TestReport) -> None:
        """Take in one phase of one test."""
        pairs = {_pair(str(value)) for key, value in report.user_properties if key == PROPERTY}
        if not pairs:
            return
        self.claimed.setdefault(report.nodeid, set()).update(pairs)
        if not report.passed or hasattr(report, "wasxfail"):
            self.failed.add(report.nodeid)
        elif report.when == "call":
            self.passed.add(report.nodeid)

    def proven(self) -> dict[str, dict[str, list[str]]]:
        """{row: {profile: [ids]}} of the pairs every claiming test of which has passed."""
        broken = {pair for node in self.failed for pair in self.claimed[node]}
        found: dict[tuple[str, str], list[str]] = {}
        for node in sorted(self.passed - self.failed):
            for pair in self.claimed[node] - broken:
                found.setdefault(pair, []).append(node)
        result: dict[str, dict[str, list[str]]] = {}
        for name, row in rows().items():
            for profile in row.profiles:
                if (name, profile) in found:
                    result.setdefault(name, {})[profile] = found[name, profile]
        return result


EVIDENCE = pytest.StashKey[Evidence]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --features-json."""
    parser.addoption("--features-json", metavar="PATH", help="write which feature rows the run has proven")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and gather evidence where the reports arrive."""
    config.addinivalue_line(
        "markers", "feature(row, profile): the test proves this row of docs/features.toml for the profile(s)"
    )
    if not hasattr(config, "workerinput"):
        config.stash[EVIDENCE] = Evidence()
        config.pluginmanager.register(_Gatherer(config), "feature-evidence")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Refuse an impossible marker as an error of the file it stands in."""
    for mark in metafunc.definition.iter_markers("feature"):
        try:
            claims(mark)
        except MarkError as error:
            pytest.fail(f"{metafunc.definition.nodeid}: feature marker: {error}", pytrace=False)


def _marks(item: pytest.Item) -> Iterator[str]:
    for mark in item.iter_markers("feature"):
        try:
            row, profiles = claims(mark)
        except MarkError as error:
            raise pytest.UsageError(f"{item.nodeid}: feature marker: {error}") from error
        yield from (f"{row}@{profile}" for profile in profiles)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hand the claims to the reports, which travel from xdist's workers to the controller."""
    for item in items:
        item.user_properties.extend((PROPERTY, claim) for claim in sorted(set(_marks(item))))


class _Gatherer:
    """The part that runs once: in the controller, or in the only process."""

    def __init__(self, config: pytest.Config) -> None:
        self.evidence = config.stash[EVIDENCE]
        self.path: str | None = config.getoption("--features-json")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.evidence.add(report)

    def pytest_sessionfinish(self) -> None:
        if self.path:
            target = Path(self.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self.evidence.proven(), ensure_ascii=False, indent=1)
            target.write_text(text + "\n", "utf-8")
