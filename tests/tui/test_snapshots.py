"""Every widget state looks as it did. After an intended change: `make snapshots`, and read the diff."""

from __future__ import annotations

import pytest

from tests.tui.pictures import FAMILIES, FOLDER, SIZES, Family, album, path_of

COMMAND = "画面有变：如果是有意的，请运行 make snapshots 并核对 git diff。"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
async def test_pictures(family: Family, size: tuple[int, int]) -> None:
    kept = path_of(family, size)
    assert await album(family, size) == kept.read_text(encoding="utf-8"), COMMAND


def test_no_picture_is_left_over_and_none_has_a_style_without_a_role() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {path_of(f, s).name for f in FAMILIES for s in SIZES}
    for path in FOLDER.iterdir():
        letters = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(" ")]
        assert not [line for line in letters if "?" in line], path.name
