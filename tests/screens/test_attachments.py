"""Attachments before a submission: choose, upload all, submit; or cancel and come back."""

from __future__ import annotations

import pytest

from tests.screens.conftest import MakePlace
from tests.support.filing import PDF
from tests.support.workplace import Desk, Workplace, running

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


async def begin(desk: Desk, place: Workplace) -> None:
    """One person in the roster, up to the attachments."""
    await desk.open("business:open")
    await desk.fill(place.typed(place.office.people(1)[0]))
    await desk.press("<f10>y")
    await desk.press("y")
    await desk.see("上传档案")


@pytest.mark.feature("A-01", profile="baishan")
@pytest.mark.feature("A-02", profile="baishan")
@pytest.mark.feature("A-03", profile="baishan")
async def test_files_are_chosen_uploaded_and_submitted(make_place: MakePlace) -> None:
    place = make_place("baishan")
    place.deliver("名册.pdf", PDF)
    place.deliver("照片.png", PNG)
    async with running(place) as desk:
        await begin(desk, place)
        assert place.profile.attach.submit_label in desk.key_bar
        assert {"选择电脑上传", "全部上传", "取消上传"} <= desk.key_bar.keys()
        await desk.press("<f6>")
        assert "名册.pdf" in desk.picture() and "照片.png" in desk.picture()
        await desk.press("1\r<f6>2\r")
        assert desk.picture().count("待上传") == 2 and place.wire.sent("PUT") == []
        await desk.press("<f9>")
        assert desk.picture().count("已上传") == 2
        assert len(place.wire.sent("PUT", "attachments")) == 2
        await desk.press("<f10>")
        await desk.see("业务流水号")
        assert len(place.wire.sent("PUT", "attachments")) == 2
        assert len(place.wire.sent("PUT", "submissions")) == 1


@pytest.mark.feature("A-04", profile="baishan")
async def test_a_cancelled_upload_submits_nothing_and_may_begin_again(make_place: MakePlace) -> None:
    place = make_place("baishan")
    place.deliver("名册.pdf", PDF)
    async with running(place) as desk:
        await begin(desk, place)
        await desk.press("<f6>1\r<f9><f12>")
        assert "确认取消上传吗" in desk.picture()
        await desk.press("y")
        assert "已取消上传" in desk.status and place.wire.sent("PUT", "submissions") == []
        assert len(place.rows()) == 1
        await desk.press("<f10>y")
        await desk.see("上传档案")
        assert "还没有选择文件" in desk.picture()


@pytest.mark.parametrize(("name", "content"), [("假的.pdf", b"MZ not a pdf"), ("空的.png", b"")])
async def test_what_is_no_picture_or_document_is_not_uploaded(
    make_place: MakePlace, name: str, content: bytes
) -> None:
    place = make_place("baishan")
    place.deliver(name, content)
    async with running(place) as desk:
        await begin(desk, place)
        await desk.press("<f6>1\r<f10>")
        assert "不是 PDF、JPG 或 PNG" in desk.status and "没有传成" in desk.picture()
        assert place.wire.sent("PUT") == []
        await desk.press("4\r")
        assert "还没有选择文件" in desk.picture()


async def test_a_cut_line_during_the_upload_loses_nothing(make_place: MakePlace) -> None:
    place = make_place("baishan")
    place.deliver("名册.pdf", PDF)
    async with running(place) as desk:
        await begin(desk, place)
        await desk.press("<f6>1\r")
        place.wire.down = True
        await desk.press("<f10>")
        assert "连不上中心" in desk.status and "没有传成" in desk.picture()
        place.wire.down = False
        await desk.press("<f10>")
        await desk.see("业务流水号")
