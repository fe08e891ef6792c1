"""Choosing a person in a form and in a grid: by account, name, pinyin and last digits, in bursts of keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from center.demo.generator import Person
from domain.business import AccountStatus
from tests.screens.conftest import MakePlace
from tests.screens.people import PickGridScreen, PickScreen, employ
from tests.support.workplace import Desk, Workplace, running

NAMES = ("王小明", "王明", "单于飞", "王明华", "古丽·买买提", "赵一")


@asynccontextmanager
async def picking(place: Workplace) -> AsyncIterator[tuple[Desk, PickScreen]]:
    async with running(place, more={"pick": PickScreen, "grid": PickGridScreen}) as desk:
        screen = await desk.open("pick")
        assert isinstance(screen, PickScreen)
        yield desk, screen


def account(place: Workplace, person: Person) -> str:
    found = place.state.depositors().by_person(person.id_number)
    assert found is not None
    return found.account_no


async def test_the_only_match_is_taken_and_the_persons_data_appear(make_place: MakePlace) -> None:
    place = make_place("baishan")
    people = employ(place, NAMES)
    async with picking(place) as (desk, screen):
        await desk.press("cyf\r")
        picture = desk.picture()
        for text in ("单于飞", people[2].id_number, "正常", "8,000.00", "1,920.00"):
            assert text in picture
        await desk.press("9000\r")
        assert [one["account_no"] for one in screen.records] == [account(place, people[2])]
        assert screen.records[0]["new_base"] == "9000"
        assert "单于飞" not in desk.picture()


@pytest.mark.parametrize("how", ["account", "account end", "id", "id end", "name", "spelled"])
async def test_everything_that_names_a_person_works_in_one_burst(make_place: MakePlace, how: str) -> None:
    place = make_place("baishan")
    person = employ(place, NAMES)[0]
    async with picking(place) as (desk, screen):
        number = account(place, person)
        typed = {
            "account": number, "account end": number[-6:], "id": person.id_number.lower(),
            "id end": person.id_number[-6:].replace("X", "."), "name": "王小", "spelled": "wangxiaoming",
        }  # fmt: skip
        await desk.press(f"{typed[how]}\r9000\r赵一\r7000\r")
        assert [one["new_base"] for one in screen.records] == ["9000", "7000"]
        assert screen.records[0]["account_no"] == number


async def test_several_open_the_list_with_what_was_typed_and_typing_goes_on(make_place: MakePlace) -> None:
    place = make_place("baishan")
    people = employ(place, NAMES)
    async with picking(place) as (desk, screen):
        await desk.press("王\r")
        picture = desk.picture()
        assert "查找: 王" in picture and "共 3 人" in picture and people[1].id_number in picture
        await desk.press("明\r9000\r")
        assert (screen.records[0]["account_no"], screen.records[0]["name"]) == (
            account(place, people[1]),
            "王明",
        )
        await desk.press("王\r明华\r8000\rwm\r<down>\r7000\r")
        assert [one["name"] for one in screen.records] == ["王明", "王明华", "王明华"]


async def test_f4_enter_and_the_next_field_in_one_burst(make_place: MakePlace) -> None:
    place = make_place("baishan")
    employ(place, NAMES)
    async with picking(place) as (desk, screen):
        await desk.press("<f4>gl\r9000\r<f4><f12>xm\r8000\r")
        assert [(one["name"], one["new_base"]) for one in screen.records] == [
            ("古丽·买买提", "9000"),
            ("王小明", "8000"),
        ]


async def test_nobody_is_said_in_one_sentence_and_what_was_typed_stays(make_place: MakePlace) -> None:
    place = make_place("baishan")
    employ(place, NAMES)
    async with picking(place) as (desk, screen):
        await desk.press("<f1>")
        assert "可填账号、姓名、拼音、首字母" in desk.picture()
        await desk.press("<f12>猫\r")
        assert "本单位没有与“猫”相符的职工" in desk.picture() and "猫" in desk.picture()
        await desk.press("\r<f10>")
        assert (screen.records, screen.submitted) == ([], [])
        await desk.press("zy\r")
        assert "赵一" in desk.picture()
        await desk.press("<up><f4>猫狗\r")
        assert "没有相符的职工" in desk.picture()
        await desk.press("<f12>")
        assert "赵一" in desk.picture()


async def test_one_who_may_not_be_chosen_is_refused_with_the_reason(make_place: MakePlace) -> None:
    place = make_place("baishan")
    employ(place, NAMES)
    employ(place, ["钱二"], AccountStatus.SEALED)
    async with picking(place) as (desk, screen):
        await desk.press("钱二\r")
        assert "钱二的账户不是正常状态" in desk.picture() and "钱二" in desk.picture()
        await desk.press("王小\r9000\r")
        assert [one["name"] for one in screen.records] == ["王小明"]


async def test_the_data_of_another_vanish_while_one_is_typed(make_place: MakePlace) -> None:
    place = make_place("baishan")
    employ(place, NAMES)
    async with picking(place) as (desk, _):
        await desk.press("单于飞\r<up>")
        assert "8,000.00" in desk.picture()
        await desk.press("赵")
        assert "8,000.00" not in desk.picture()
        await desk.press("<escape>")
        assert "8,000.00" in desk.picture()


async def test_the_state_of_now_is_fetched_for_the_chosen_one(make_place: MakePlace) -> None:
    place = make_place("baishan")
    employ(place, NAMES)
    async with picking(place) as (desk, screen):
        late = employ(place, ["孙三"])[0]
        await desk.press("孙三\r9000\r")
        assert screen.records[0]["account_no"] == account(place, late)


async def test_without_a_connection_the_copy_serves_and_its_age_is_said(make_place: MakePlace) -> None:
    place = make_place("baishan")
    employ(place, NAMES)
    async with picking(place) as (desk, screen):
        place.wire.down = True
        await desk.press("赵一\r")
        assert "连不上中心" in desk.status and "的职工信息" in desk.status and "赵一" in desk.picture()
        await desk.press("9000\r10000100009999\r7000\r")
        assert [one["name"] for one in screen.records] == ["赵一", ""]
        assert screen.records[1]["account_no"] == "10000100009999"


async def test_without_any_copy_one_may_type_all_the_same(make_place: MakePlace) -> None:
    place = make_place("baishan")
    place.wire.down = True
    async with picking(place) as (desk, screen):
        assert "连不上中心" in desk.status and "可以照常录入" in desk.status
        await desk.press("10000100000001\r")
        assert "没有核对" in desk.status
        await desk.press("9000\r")
        assert screen.records[0]["account_no"] == "10000100000001"


@pytest.mark.feature("E-06", profile="hangzhou")
async def test_one_not_in_the_copy_that_agents_synchronise_is_refused_with_advice(
    make_place: MakePlace,
) -> None:
    place = make_place("hangzhou")
    employ(place, NAMES)
    async with picking(place) as (desk, screen):
        assert "职工信息同步" in desk.status
        await desk.press("赵一\r")
        assert "该职工不存在缴存关系或不属于此单位" in desk.picture() and "同步" in desk.picture()
        await desk.press("<f12>")
        await desk.open("sync")
        await desk.press("<f10><f12>")
        await desk.open("pick")
        await desk.press("赵一\r9000\r")
        assert [one["name"] for one in screen.records] == ["赵一"]


async def test_submitting_waits_for_the_person_that_was_typed(make_place: MakePlace) -> None:
    place = make_place("baishan")
    people = employ(place, NAMES)
    async with picking(place) as (desk, screen):
        await desk.press("赵一<f10>")
        assert screen.submitted[0]["account_no"] == account(place, people[5])
        assert screen.submitted[0]["name"] == "赵一"


async def test_a_draft_is_recalled(make_place: MakePlace) -> None:
    place = make_place("baishan")
    people = employ(place, NAMES)
    async with picking(place) as (desk, screen):
        number = account(place, people[0])
        await screen.people.recall(number)
        screen.form.load({"account_no": number, "new_base": "9000"})
        await desk.settle()
        assert people[0].name in desk.picture() and screen.values.person is not None
        await desk.press("\r\r")
        assert screen.records[0]["name"] == "王小明"


async def test_a_grid_takes_people_by_the_same_keys(make_place: MakePlace) -> None:
    place = make_place("baishan")
    people = employ(place, NAMES)
    async with running(place, more={"grid": PickGridScreen}) as desk:
        screen = await desk.open("grid")
        assert isinstance(screen, PickGridScreen)
        await desk.press("cyf\r9000\r王\r<down>\r8000\r<f4>zy\r7000\r猫\r")
        rows = [(row["account_no"], row["name"], row["new_base"]) for row in screen.model.rows]
        assert rows == [
            (account(place, people[2]), "单于飞", "9000"),
            (account(place, people[1]), "王明", "8000"),
            (account(place, people[5]), "赵一", "7000"),
            ("", "", ""),
        ]
        assert "没有与“猫”相符的职工" in desk.picture() and screen.grid.draft is not None
        await desk.press("xm<f8>")
        assert (screen.model.rows[3]["name"], screen.checks) == ("王小明", 1)
        await desk.press("<up>gl<down>")
        assert [row["name"] for row in screen.model.rows] == ["单于飞", "王明", "古丽·买买提", "王小明"]
