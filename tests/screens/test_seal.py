"""Sealing, reduction and reopening on the screen: a person picked, the roster, the receipt, the queries."""

from __future__ import annotations

import pytest

from domain.business import AccountStatus, Source
from domain.login_form import PROFILE_NAMES
from screens.business_screen import BusinessBatchScreen
from tests.screens.conftest import MakePlace
from tests.support.filing import PDF
from tests.support.workplace import Desk, Workplace, running
from tui.grid import Grid

SEALED = AccountStatus.SEALED
BOTH = [("seal", name) for name in PROFILE_NAMES] + [
    ("unseal", name) for name in PROFILE_NAMES if name != "hangzhou"
]


def somebody(place: Workplace, business: str) -> tuple[str, str]:
    """Name and account of a person the business is for; the copy of hangzhou is brought up to date."""
    person = place.office.people(1)[0]
    status = SEALED if business == "unseal" else AccountStatus.NORMAL
    number = place.office.give_account(person, status, 202609 if business == "unseal" else None)
    if place.profile.local_database:
        place.state.synchronise(lambda progress: None)
    return person.name, number


def cells(place: Workplace, business: str, who: str) -> str:
    """The keys that record a person: who, reason, and the base where it is asked for."""
    rules = place.profile.offered()[business]
    base = "9000\r" if "base" in rules.required else ""
    return f"{who}\r{rules.reasons[0].code}\r{base}"


async def send(desk: Desk, place: Workplace, business: str) -> None:
    """F10, yes, and the attachment where the center wants one, up to the receipt."""
    rules = place.profile.offered()[business]
    await desk.press("<f10>")
    if "全部勾选" in desk.picture():
        await desk.press("y")
    await desk.see("总人数：1 人")
    paid = rules.amount_title == "总月缴存额"  # W-03: 减少人数和月缴存额
    assert ("总月缴存额：1,920.00 元" in desk.picture()) is paid, desk.picture()
    await desk.press("y")
    if rules.attachments:
        place.deliver("名册.pdf", PDF)
        await desk.press("<f6>1\r")
        assert rules.attach_label in ("", *desk.key_bar)
        await desk.press("<f10>")
    await desk.see("业务流水号")


@pytest.mark.parametrize(
    ("business", "name"),
    [
        pytest.param(
            business,
            name,
            marks=[pytest.mark.feature(row, profile=name) for row in ("S-01", "S-02", "S-06")],
        )
        for business, name in BOTH
    ],
)
async def test_a_person_is_picked_recorded_and_sent(make_place: MakePlace, business: str, name: str) -> None:
    place = make_place(name)
    rules = place.profile.offered()[business]
    who, number = somebody(place, business)
    async with running(place) as desk:
        await desk.open(f"business:{business}")
        assert desk.title == rules.title
        await desk.press(cells(place, business, number))
        assert rules.recorded in desk.status, desk.picture()
        picture = desk.picture()
        assert who[:3] in picture, picture
        await send(desk, place, business)
        assert ("总月缴存额" in desk.picture()) is bool(rules.amount_title)
        assert rules.title in desk.picture()
    receipt = place.office.unit_get("/submissions", business=business)["batches"][0]
    assert (receipt["total"], receipt["title"]) == (1, rules.title)


@pytest.mark.feature("S-03", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.parametrize("name", ["baishan", "lyszfgjj", "shanxi"])
async def test_the_words_of_recording(make_place: MakePlace, name: str) -> None:
    place = make_place(name)
    _, number = somebody(place, "seal")
    async with running(place) as desk:
        await desk.open("business:seal")
        await desk.press(cells(place, "seal", number[-4:]))
        assert "缴存人状态变更清册录入成功" in desk.status


@pytest.mark.feature("S-03", profile="hangzhou")
@pytest.mark.feature("S-11", profile="hangzhou")
async def test_who_is_reduced_already_is_refused_at_the_field(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    _, number = somebody(place, "unseal")
    async with running(place) as desk:
        await desk.open("business:seal")
        await desk.press(f"{number}\r")
        assert "职工已减少" in desk.picture()
        assert place.rows(business="seal") == []


@pytest.mark.feature("S-12", profile="hangzhou")
async def test_the_same_person_twice_is_refused(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    _, number = somebody(place, "seal")
    async with running(place) as desk:
        await desk.open("business:seal")
        await desk.press(cells(place, "seal", number) * 2)
        assert "存在相同的记录" in desk.picture()


@pytest.mark.feature("S-05", profile="all")
@pytest.mark.parametrize("name", PROFILE_NAMES)
async def test_rows_are_chosen_and_deleted_as_the_center_does_it(make_place: MakePlace, name: str) -> None:
    """One row or all of them may go anywhere, some of several where no 一条或全部 holds."""
    place = make_place(name)
    queue = place.profile.queue_of("seal")
    numbers = [place.office.give_account(person) for person in place.office.people(3)]
    if place.profile.local_database:
        place.state.synchronise(lambda progress: None)
    async with running(place) as desk:
        await desk.open("business:seal")
        for number in numbers:
            await desk.press(cells(place, "seal", number))
        grid = desk.app.screen.query_one(Grid)
        desk.app.screen.set_focus(grid)
        for row in (0, 1):
            grid.goto(row)
            await desk.press(" ")
        yes = "y" if queue.delete_confirm else ""
        await desk.press("<ctrl+k>")
        if queue.delete_mode == "one_or_all":
            assert "操作无效" in desk.status
            left = numbers
        else:
            await desk.press(yes)
            left = numbers[2:]
        assert [row.typed["account_no"] for row in place.rows(business="seal")] == left
        await desk.press("<ctrl+x><ctrl+k>y")
        assert place.rows(business="seal") == []


@pytest.mark.feature("S-14", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.feature("Q-08", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.parametrize("name", ["baishan", "lyszfgjj", "shanxi"])
async def test_changes_are_queried(make_place: MakePlace, name: str) -> None:
    place = make_place(name)
    who, number = somebody(place, "seal")
    if name != "baishan":
        place.office.file([place.office.account_row(number)], business="seal")
    async with running(place) as desk:
        await desk.open("changes")
        await desk.see("变更记录")
        picture = desk.picture()
        assert number in picture and who[:3] in picture
        assert ("封存" in picture.split("变更记录")[1]) is (name != "baishan")


@pytest.mark.feature("S-14", profile=["hangzhou", "shaanxi"])
@pytest.mark.feature("Q-13", profile="hangzhou")
@pytest.mark.parametrize("name", ["hangzhou", "shaanxi"])
async def test_batches_are_queried(make_place: MakePlace, name: str) -> None:
    place = make_place(name)
    _, number = somebody(place, "seal")
    receipt = place.office.file([place.office.account_row(number)], business="seal")
    async with running(place) as desk:
        await desk.open("query:seal")
        await desk.see(receipt["serial"])
        assert "总月缴存额" not in desk.picture()


@pytest.mark.feature("S-13", profile="hangzhou")
@pytest.mark.feature("V-26", profile="hangzhou")
async def test_a_difference_is_warned_of_and_the_center_wins(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("center.jobs.enqueue", lambda conn, job_id: None)
    place = make_place("hangzhou")
    who, number = somebody(place, "seal")
    async with running(place) as desk:
        await desk.open("batch:seal")
        screen = desk.app.shell_screen()
        assert isinstance(screen, BusinessBatchScreen)
        person = place.state.depositors().by_account(number)
        assert person is not None
        typed = {"account_no": number, "name": "张冠", "id_number": person.id_number, "reason": "02"}
        service = screen.desk.service
        source = Source.FILE
        check = service.business.check_row(typed, service.facts(source, [typed]))
        service.import_rows([(4, typed, check)], source=source)
        await screen.returned(None)
        await desk.press("<f10>")
        await desk.see("核对结果")
        assert "以中心数据为准" in desk.picture() and number in desk.picture()
        await desk.press("n")
        assert place.wire.sent("PUT") == [] and "没有提交" in desk.status
        await desk.press("<f10>y")
        await desk.see("总人数：1 人")
        await desk.press("y")
        await desk.see("业务流水号")
    batch = place.office.unit_get("/submissions", business="seal")["batches"][0]
    (row,) = place.office.unit_get(f"/submissions/{batch['submission_id']}/rows")["rows"]
    assert row["values"]["name"] == who


async def test_a_typed_account_shows_whose_it_is_before_it_is_accepted(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    who, number = somebody(place, "seal")
    async with running(place) as desk:
        await desk.open("business:seal")
        desk.app.screen.set_focus(desk.app.screen.query_one(Grid))
        await desk.press(f"\r<right>{number[:-1]}")
        assert who not in desk.picture()
        await desk.press(number[-1])
        assert who in desk.picture(), desk.picture()
        await desk.press("\r")
        assert who in desk.picture()


@pytest.mark.feature("W-01", profile="hangzhou")
@pytest.mark.parametrize("business", ["open", "seal", "makeup_missed", "makeup_short"])
async def test_beside_the_form_every_column_can_be_seen_at_80_columns(
    make_place: MakePlace, business: str
) -> None:
    """What says who and why stands there at once; the cursor brings the rest, under one mark at the edge."""
    place = make_place("hangzhou")
    async with running(place, 80, 24) as desk:
        await desk.open(f"business:{business}")
        await desk.press("<shift+tab>")
        grid = desk.app.screen.query_one(Grid)

        def heading() -> str:
            return grid.render_line(0).text

        columns = [column.title for column in grid.model.columns]
        first = {"open": columns[:2], "seal": columns[:3]}.get(business, columns[:3])
        assert all(title in heading() for title in first), heading()
        for title in columns:
            assert title in heading() and ">>" not in heading(), heading()
            await desk.press("<right>")
        assert not heading().endswith(">")


@pytest.mark.feature("S-02", profile="hangzhou")
async def test_account_and_reason_stand_whole_beside_the_form(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    who, number = somebody(place, "seal")
    async with running(place, 80, 24) as desk:
        await desk.open("business:seal")
        await desk.press(f"{number}\r")
        assert f"[{number}" in desk.picture().replace(" ", ""), "the account stands whole in its field"
        await desk.press("1\r")
        assert "减少原因没有相符的选项，请按 F4 选择。" in "".join(
            line.split("|")[0].strip() for line in desk.picture().splitlines()[7:9]
        )
        await desk.press("02\r")
        row = desk.picture().splitlines()[4][38:]
        assert number in row and "调出" in row and who[:4] in row
