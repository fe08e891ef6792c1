"""Steps of a roster's work over a cut: preview of a paste, review of a file, attachments; order, filter."""

from __future__ import annotations

from pathlib import Path

import pytest

from screens.attachments import AttachmentsScreen
from screens.business_submit import CHANGED
from screens.places import RESTORED
from screens.roster_model import RosterModel
from tests.screens.conftest import MakePlace
from tests.screens.test_attachments import begin as to_attachments
from tests.screens.test_import import begin as to_import
from tests.screens.test_import import deliver, rows_of, take
from tests.screens.test_paste import copied, paste
from tests.screens.test_places import cut, kept, logged_in, top
from tests.screens.test_submit import fill
from tests.support.filing import PDF
from tests.support.workplace import Workplace
from tui.grid import Grid


def broken(place: Workplace) -> list[dict[str, str]]:
    """Four rows of a file, the second faulty."""
    rows = rows_of(place, 4)
    rows[1] |= {"base": "12.345"}
    return rows


@pytest.mark.parametrize("profile", ["baishan", "hangzhou"])
async def test_the_preview_of_a_paste_is_back_and_adds_the_same_rows(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile)
    module, source = ("batch:open", "file") if profile == "hangzhou" else ("business:open", "single")
    rows = rows_of(place, 3) if profile == "hangzhou" else broken(place)
    async with logged_in(place) as desk:
        await desk.open(module)
        await paste(desk, copied(place, rows))
        assert desk.title == "粘贴预览"
        await desk.press("<down>")
        cursor = desk.app.screen.query_one(Grid).cursor
        await cut(desk)
    place.again()
    async with logged_in(place) as desk:
        assert (desk.title, desk.status) == ("粘贴预览", RESTORED)
        assert desk.app.screen.query_one(Grid).cursor == cursor and rows[0]["name"] in desk.picture()
        assert place.rows(source) == []
        await desk.press("\r")
        await desk.until(lambda: len(place.rows(source)) == len(rows), "the pasted rows")
        assert kept(place)["stack"][-1]["name"] == module


async def test_a_paste_too_long_to_be_kept_leaves_its_roster(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.paste_flow.KEPT", 10)
    place = make_place("baishan")
    async with logged_in(place) as desk:
        await desk.open("business:open")
        await paste(desk, copied(place, rows_of(place, 2)))
        await cut(desk)
        assert [one["name"] for one in kept(place)["stack"]] == ["business:open"]


@pytest.mark.parametrize("profile", ["baishan", "shaanxi"])
async def test_the_review_of_a_file_is_back_and_imports_its_good_rows(
    make_place: MakePlace, profile: str
) -> None:
    place = make_place(profile)
    deliver(place, broken(place))
    async with logged_in(place) as desk:
        await to_import(desk, place)
        await take(desk, place)
        await desk.see("导入校验结果")
        await cut(desk)
    place.again()
    async with logged_in(place) as desk:
        assert (desk.title, desk.status) == ("导入校验结果", RESTORED)
        assert "共 4 行，正确 3 行，有错误 1 行" in desk.picture() and place.rows() == []
        await desk.press("<f10>")
        await desk.until(lambda: len(place.rows()) == 3, "the good rows")


@pytest.mark.parametrize(("change", "told"), [("gone", "名单"), ("mended", "已没有错误，请重新导入")])
async def test_a_file_that_is_another_now_is_not_imported_by_itself(
    make_place: MakePlace, change: str, told: str
) -> None:
    place = make_place("baishan")
    path = deliver(place, broken(place))
    async with logged_in(place) as desk:
        await to_import(desk, place)
        await take(desk, place)
        await desk.see("导入校验结果")
        await cut(desk)
    place.again()
    _change(place, path, change)
    async with logged_in(place) as desk:
        assert "登记" in desk.title and told in desk.status and place.rows() == []


def _change(place: Workplace, path: Path, change: str) -> None:
    if change == "gone":
        path.unlink()
    else:
        deliver(place, rows_of(place, 4))


async def test_attachments_are_back_with_what_is_uploaded_and_the_totals_are_confirmed_again(
    make_place: MakePlace,
) -> None:
    place = make_place("baishan")
    place.deliver("名册.pdf", PDF)
    place.deliver("续页.pdf", PDF)
    async with logged_in(place) as desk:
        await to_attachments(desk, place)
        await desk.press("<f6>1\r<f9><f6>2\r")
        assert desk.picture().count("已上传") == 1 and desk.picture().count("待上传") == 1
        await cut(desk)
    place.again()
    sent = len(place.wire.sent("PUT", "attachments"))
    async with logged_in(place) as desk:
        assert (desk.title, desk.status) == ("上传档案", RESTORED)
        assert desk.picture().count("已上传") == 1 and desk.picture().count("待上传") == 1
        await desk.press("<f10>")
        await desk.see("总人数：1")
        assert place.wire.sent("PUT", "submissions") == [], "keys struck ahead confirm nothing"
        await desk.press("y")
        await desk.see("业务流水号")
    assert len(place.wire.sent("PUT", "attachments")) == sent + 1
    assert len(place.wire.sent("PUT", "submissions")) == 1


async def test_attachments_of_a_roster_that_has_changed_are_not_taken_up(make_place: MakePlace) -> None:
    place = make_place("baishan")
    place.deliver("名册.pdf", PDF)
    async with logged_in(place) as desk:
        await to_attachments(desk, place)
        await cut(desk)
        store = place.state.rosters()
        store.select_all(store.open_draft(place.state.scope(), "open", "single").roster_id, False)
    place.again()
    async with logged_in(place) as desk:
        assert not isinstance(top(desk), AttachmentsScreen) and desk.status == CHANGED


async def test_order_and_filter_are_back_under_the_half_typed_cell(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    async with logged_in(place) as desk:
        await desk.open("business:open")
        await fill(desk, place, 4)
        grid = desk.app.screen.query_one(Grid)
        model = grid.model
        assert isinstance(model, RosterModel)
        for number, row in enumerate(place.rows()):
            model.service.edit(
                row.row_id, {"base": str(9000 - 100 * number)} if number != 2 else {"base": "x"}
            )
        await desk.press("<shift+tab>")
        grid.reload()
        grid.goto(0, "base")
        await desk.press("<ctrl+o><ctrl+e>")
        assert model.view_text and model.order == ("base", False) and model.count() == 1
        await desk.press("7")
        row_id, draft = grid.snapshot()["row_id"], grid.draft
        assert draft == (0, "base", "7")
        await top(desk).may_leave()
        await cut(desk)
    place.again()
    async with logged_in(place) as desk:
        grid = desk.app.screen.query_one(Grid)
        model = grid.model
        assert isinstance(model, RosterModel)
        assert model.view_text and model.order == ("base", False) and "缴存基数*^" in desk.picture()
        assert grid.draft == draft and grid.snapshot()["row_id"] == row_id
        await desk.press("800\r")
        assert {row.row_id: row.typed["base"] for row in place.rows()}[row_id] == "7800"


def test_a_corrected_row_with_the_cursor_stays_in_the_filtered_view(tmp_path: Path) -> None:
    from tests.support.roster_program import person, service

    mine = service(tmp_path)
    rows = [mine.add(person(number) | ({"base": "x"} if number == 1 else {})) for number in range(5)]
    model = RosterModel(mine)
    model.take_view({"sort": "base", "down": True, "faulty": True}, [rows[3].row_id])
    shown = [row.row_id for row in model.window(0, 9)]
    assert sorted(shown) == [rows[1].row_id, rows[3].row_id]
    model.take_view({"sort": "gone", "down": True, "faulty": False}, [rows[3].row_id])
    assert model.order is None and model.count() == 5
