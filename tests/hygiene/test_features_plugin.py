"""The feature marker: what is counted as proven, what stops the collection, alike with and without xdist."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.plugins.features import PROFILES, rows
from tools.features import matrix

ROOT = Path(__file__).parents[2]


def run(folder: Path, source: str, *options: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run pytest with the plugin over one file of tests in an empty folder."""
    (folder / "test_it.py").write_text("import pytest\n\n" + dedent(source), "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
    output = folder / "out" / "features.json"
    plugins = ["-p", "tests.plugins.features", "-p", "xdist", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", *plugins]
    done = subprocess.run(
        [*command, "--strict-markers", "--features-json", str(output), *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done, output


SOURCE = """
    @pytest.mark.feature("O-13", profile="hangzhou")
    def test_good(): pass

    @pytest.mark.feature("O-14", profile="hangzhou")
    def test_bad(): assert False

    @pytest.mark.feature("O-14", profile="hangzhou")
    def test_beside_a_bad_one(): pass

    @pytest.mark.feature("O-05", profile=["baishan", "shanxi"])
    @pytest.mark.feature("O-06", profile="all")
    def test_several(): pass

    @pytest.fixture
    def broken():
        yield
        raise RuntimeError

    @pytest.mark.feature("O-08", profile="hangzhou")
    def test_broken_afterwards(broken): pass

    @pytest.mark.feature("O-10", profile="hangzhou")
    @pytest.mark.{mark}
    def test_not_run(): pass

    def test_unmarked(): pass
""".replace("{mark}", "sk" + "ip")


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_only_pairs_whose_tests_all_pass_are_proven(tmp_path: Path, options: tuple[str, ...]) -> None:
    done, output = run(tmp_path, SOURCE, *options)
    assert done.returncode == 1, done.stdout
    assert json.loads(output.read_text("utf-8")) == {
        "O-05": {"baishan": ["test_it.py::test_several"], "shanxi": ["test_it.py::test_several"]},
        "O-06": {name: ["test_it.py::test_several"] for name in ("baishan", "lyszfgjj", "shanxi")},
        "O-13": {"hangzhou": ["test_it.py::test_good"]},
    }


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ('feature("O-99", profile="hangzhou")', "'O-99' is no row"),
        ('feature("O-13", profile="beijing")', "'beijing' is no profile"),
        ('feature("O-13", profile="baishan")', "O-13 does not apply to baishan"),
        ('feature("O-13", profile=[])', "the list of profiles is empty"),
        ('feature("O-13")', "the profile is a name"),
    ],
)
def test_an_impossible_marker_stops_the_collection(tmp_path: Path, mark: str, said: str) -> None:
    done, _ = run(tmp_path, f"@pytest.mark.{mark}\ndef test_it(): pass\n")
    assert done.returncode != 0
    assert said in done.stdout, done.stdout + done.stderr


def test_a_marker_on_one_parameter_is_checked_too(tmp_path: Path) -> None:
    source = """
        wrong = pytest.param(1, marks=pytest.mark.feature("O-99", profile="all"))

        @pytest.mark.parametrize("number", [wrong])
        def test_it(number): pass
    """
    done, _ = run(tmp_path, source)
    assert done.returncode != 0
    assert "'O-99' is no row" in done.stdout + done.stderr


def test_the_rows_are_sound() -> None:
    assert len(rows()) > 200
    for name, row in rows().items():
        assert row.title, name
        assert row.profiles, name
        assert row.profiles == tuple(profile for profile in PROFILES if profile in row.profiles), name


def test_the_matrix_counts_pairs_and_marks_each_cell() -> None:
    lines, done, total = matrix({"O-13": {"hangzhou": ["a"]}, "O-12": {}})
    assert total == sum(len(row.profiles) for row in rows().values())
    assert done == 1
    cells = {line.split()[0]: line.split()[-5:] for line in lines if line.startswith("O-1")}
    assert cells["O-13"] == ["-", "-", "✓", ".", "-"]
    assert cells["O-12"] == ["-", "-", "-", ".", "-"]
