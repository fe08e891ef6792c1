"""The files speak only of the project: no machine's paths, no registries, nothing undone, no test evaded."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEFT_OUT = {".git", ".venv", "build", "dist", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
LEFT_OUT |= {".hypothesis", ".import_linter_cache", ".schemathesis"}
BINARY = {".ttf", ".xlsx", ".xls", ".png", ".pdf", ".pyc", ".gz"}
SELF = Path(__file__).name
LONGEST_FILE = 600


def files() -> Iterator[Path]:
    """Every text file of the project."""
    for folder, names, leaves in os.walk(ROOT):
        names[:] = [name for name in names if name not in LEFT_OUT and not name.endswith(".egg-info")]
        for leaf in leaves:
            path = Path(folder, leaf)
            if leaf not in LEFT_OUT and path.suffix not in BINARY and leaf != SELF:
                yield path


def lines(*suffixes: str) -> Iterator[tuple[str, str]]:
    """(place, line) of every line of the files so ending; of all of them when nothing is named."""
    for path in files():
        if not suffixes or path.suffix in suffixes:
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                yield f"{path.relative_to(ROOT)}:{number}", line


def places(pattern: str, *suffixes: str) -> list[str]:
    """Where a pattern stands."""
    wanted = re.compile(pattern)
    return [f"{place}: {line.strip()[:90]}" for place, line in lines(*suffixes) if wanted.search(line)]


MACHINE = r"""(?:^|[\s"'`(=:])/(?:work|root|home)/"""
TEMPORARY = r"""(?:^|[\s"'`(=:])/tmp/"""
REGISTRY = (
    r"(?i)pypi\.org|pythonhosted|--(?:extra-)?index-url|--find-links|--trusted-host"
    r"|(?:pypi|mirrors?)\.\w+\.(?:cn|com|edu)"
)
UNDONE = r"\b(?:TODO|FIXME|XXX|HACK|NotImplementedError)\b"
EVADED = r"pytest\.(?:skip|xfail|importorskip)\b|mark\.(?:skip|skipif|xfail)\b|unittest\.skip|raise SkipTest"
CONFLICT = r"^(?:<{7} |>{7} |={7}$)"


@pytest.mark.parametrize(
    ("pattern", "suffixes"),
    [
        pytest.param(MACHINE, (), id="machine-paths"),
        pytest.param(TEMPORARY, (".md", ".toml"), id="temporary-paths"),
        pytest.param(REGISTRY, (), id="registries"),
        pytest.param(UNDONE, (), id="undone"),
        pytest.param(EVADED, (".py", ".toml"), id="evaded-tests"),
        pytest.param(CONFLICT, (), id="conflicts"),
    ],
)
def test_no_such_words(pattern: str, suffixes: tuple[str, ...]) -> None:
    found = places(pattern, *suffixes)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (MACHINE, "see /work/thing"),
        (TEMPORARY, "kept in `/tmp/x`"),
        (REGISTRY, "pip install --index-url x"),
        (UNDONE, "# TODO: later"),
        (EVADED, "@pytest.mark.skipif(True)"),
        (CONFLICT, "<<<<<<< ours"),
    ],
)
def test_the_patterns_find_what_they_look_for(pattern: str, line: str) -> None:
    assert re.search(pattern, line)


def test_every_file_is_text_that_ends_with_one_newline() -> None:
    wrong = []
    for path in files():
        data = path.read_bytes()
        if data and (not data.endswith(b"\n") or data.endswith(b"\n\n") or b"\r" in data):
            wrong.append(str(path.relative_to(ROOT)))
    assert not wrong, "\n".join(wrong)


def test_no_source_file_is_too_long_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in files()
        if path.suffix == ".py" and (count := len(path.read_text("utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long


def test_modules_have_annotations_from_the_future() -> None:
    """Every module with code in it postpones its annotations."""
    wrong = []
    for path in files():
        if path.suffix != ".py" or path.parent == ROOT:
            continue
        text = path.read_text("utf-8")
        has_code = re.search(r"^(?:def|class|async def) ", text, re.M)
        if has_code and "from __future__ import annotations" not in text:
            wrong.append(str(path.relative_to(ROOT)))
    assert not wrong, "\n".join(wrong)
