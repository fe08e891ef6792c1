"""A file read in slices is judged exactly as the same file read whole."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.business import template_columns
from exports import stream
from exports.importer import check_file
from exports.roster import FileCheck, FileRow
from exports.stream import RosterStream
from exports.workbook_error import WorkbookError
from tests.support import workbooks

Rows = list[list[Any]]


def both(profile: str, path: Path, **options: Any) -> tuple[FileCheck, FileCheck, list[FileRow]]:
    """The file as a whole, in slices, and the rows of the slices."""
    business, facts = workbooks.opening(profile), workbooks.context(profile)
    whole = check_file(path, business, facts, **options)
    reader = RosterStream(path, business, facts, **options)
    rows = [row for part in reader.slices() for row in part]
    return whole, reader.result, rows


def assert_same(profile: str, path: Path, **options: Any) -> FileCheck:
    whole, sliced, rows = both(profile, path, **options)
    assert sliced.findings == whole.findings
    assert (sliced.totals, sliced.count) == (whole.totals, whole.count)
    assert (sliced.ok, sliced.structure_ok) == (whole.ok, whole.structure_ok)
    assert [(row.row_number, row.values) for row in rows] == [(r.row_number, r.values) for r in whole.rows]
    for mine, theirs in zip(rows, whole.rows, strict=True):
        assert mine.check.values == theirs.check.values
        assert mine.check.findings == theirs.check.findings
        assert mine.check.amount == theirs.check.amount
    assert sliced.rows == [], "held all the same"
    assert [row.row_number for row in sliced.whole().rows] == [row.row_number for row in whole.rows]
    return sliced


def table(profile: str, count: int) -> Rows:
    business, facts = workbooks.opening(profile), workbooks.context(profile)
    return workbooks.table_of(business, workbooks.people(count, business, facts))


def same_person(rows: Rows) -> None:
    """The last row is the first person again."""
    rows[-1] = list(rows[1])


def damaged(rows: Rows) -> None:
    rows[2] = [1.1010119900307e17 if len(str(cell)) == 18 else cell for cell in rows[2]]


def blank(rows: Rows) -> None:
    rows[3] = [None] * len(rows[0])


SPOILT: dict[str, Callable[[Rows], object]] = {
    "clean": lambda rows: None,
    "duplicate": same_person,
    "damaged": damaged,
    "blank": blank,
    "no title": lambda rows: rows.pop(0),
    "only titles": lambda rows: rows.__delitem__(slice(1, None)),
    "foreign column": lambda rows: [row.insert(len(row), "x") for row in rows],  # type: ignore[func-returns-value]
}


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
@pytest.mark.parametrize("profile", ["baishan", "hangzhou"])
@pytest.mark.parametrize("spoilt", SPOILT)
def test_slices_are_judged_like_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: str, profile: str, suffix: str
) -> None:
    monkeypatch.setattr(stream, "SLICE", 4)
    rows = table(profile, 11)
    SPOILT[spoilt](rows)
    path = workbooks.write_table(tmp_path / f"清册{suffix}", rows)
    check = assert_same(profile, path)
    assert check.findings or spoilt in ("clean", "blank")


def test_a_text_file_and_one_with_formulas_are_read_whole(tmp_path: Path) -> None:
    rows = table("baishan", 6)
    text = tmp_path / "清册.csv"
    text.write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
    assert_same("baishan", text)
    rows[2][1] = "=A1"
    assert_same("baishan", workbooks.write_table(tmp_path / "清册.xlsx", rows))


def test_too_many_rows_are_refused_wherever_the_slices_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SLICE", 4)
    path = workbooks.write_table(tmp_path / "清册.xls", table("baishan", 9))
    business, facts = workbooks.opening("baishan"), workbooks.context("baishan")
    with pytest.raises(WorkbookError) as refused:
        list(RosterStream(path, business, facts, limit_rows=8).slices())
    assert refused.value.code == "file.rows"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), size=st.integers(1, 9))
def test_rows_spoilt_at_random_are_judged_like_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, size: int
) -> None:
    monkeypatch.setattr(stream, "SLICE", size)
    chance = random.Random(seed)
    rows = table("shaanxi", 20)
    width = len(template_columns(workbooks.opening("shaanxi")))
    for _ in range(chance.randrange(12)):
        what = chance.choice(["", "?", 0.5, "  ", "12345", "#N/A"])
        rows[chance.randrange(1, 21)][chance.randrange(width)] = what
    for _ in range(chance.randrange(4)):
        rows[chance.randrange(1, 21)] = list(rows[chance.randrange(1, 21)])
    assert_same("shaanxi", workbooks.write_table(tmp_path / "清册.xlsx", rows))
