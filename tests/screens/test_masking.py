"""ID numbers covered on the screen where the workstation wants it, and whole in what is stored and edited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from domain.business import Source
from tests.screens.conftest import MakePlace
from tests.screens.front import at_login, front_of
from tests.screens.test_import import begin, deliver, rows_of, take
from tests.support.center import PASSWORD
from tests.support.filing import Office
from tests.support.workplace import Workplace, running
from tui.grid import Grid
from tui.masking import cover_middle


def covered(place: Workplace) -> None:
    """Have the workstation cover ID numbers."""
    settings = place.state.settings
    place.state.settings = replace(settings, screen=replace(settings.screen, mask_id=True))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("110101199003070017", "110101********0017"),
        ("110101900307001", "110101*****7001"),
        ("11010119900", "110101*9900"),
        ("1101011990", "**********"),
        ("", ""),
    ],
)
def test_only_the_ends_are_left(text: str, shown: str) -> None:
    assert cover_middle(text) == shown


@pytest.mark.parametrize("profile", ["baishan", "hangzhou", "shaanxi"])
async def test_the_roster_covers_what_is_stored_whole(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    covered(place)
    someone = place.office.people(1)[0]
    number = someone.id_number
    async with running(place) as desk:
        await desk.open("business:open")
        await desk.fill(place.typed(someone))
        await desk.until(lambda: len(place.rows()) == 1)
        assert place.rows()[0].checked["id_number"] == number
        picture = desk.picture()
        assert number not in picture and cover_middle(number) in picture
        grid = desk.app.screen.query_one(Grid)
        desk.app.screen.set_focus(grid)
        if place.profile.queue.edit_row:
            await desk.press("<right><f2><home>")
            assert number in desk.picture()
            await desk.press("<esc>")
        await desk.press("\r")
        assert number not in desk.picture() and cover_middle(number) in desk.picture()


async def test_the_review_of_a_file_covers_what_stands_in_its_cells(make_place: MakePlace) -> None:
    place = make_place("baishan")
    covered(place)
    rows = rows_of(place, 2)
    good = rows[0]["id_number"]
    rows[0]["id_number"] = wrong = f"{good[:-1]}{'1' if good[-1] != '1' else '2'}"
    check = place._business().check_row(rows[0], place.office.context(Source.FILE))
    assert [finding.field for finding in check.findings] == ["id_number"]
    deliver(place, rows)
    async with running(place) as desk:
        await begin(desk, place)
        await take(desk, place)
        await desk.see("导入校验结果")
        assert wrong not in desk.picture() and cover_middle(wrong) in desk.picture()
        await desk.press("\r")
        assert f"内容：{cover_middle(wrong)}" in desk.picture() and wrong not in desk.picture()


async def test_a_clerk_sees_the_people_of_a_case_covered(tmp_path: Path) -> None:
    with front_of(tmp_path, "hangzhou") as front:
        front.clerk()
        office = Office(front.center)
        rows = office.rows(1)
        office.file(rows)
        async with at_login(front) as desk:
            settings = desk.app.state.settings
            desk.app.state.settings = replace(settings, screen=replace(settings.screen, mask_id=True))
            await desk.press(f"<f6>guiyuan\r{PASSWORD}\r")
            await desk.see("待处理(1)")
            await desk.press("\r")
            await desk.see("职工登记审核")
            await desk.settle()
            number = rows[0]["id_number"]
            assert number not in desk.picture() and cover_middle(number) in desk.picture()
