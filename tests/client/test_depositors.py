"""The local copy of depositors: what a search finds, in which order, and what a second program does to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.store.database import Database
from client.store.depositors import Depositor, DepositorCache, Found
from client.store.rows import Scope
from domain.wire import DepositorRow

SCOPE = Scope("baishan", "center", "100001", "agent")
PEOPLE = (
    ("10000100000001", "王小明", "110101199003070011"),
    ("10000100000002", "王明", "110101199003072025"),
    ("10000100000003", "单于飞", "11010119900307203X"),
    ("10000100000004", "王明华", "110101199003070046"),
    ("10000100000005", "古丽·买买提", "110101900307202"),
    ("10000100002025", "吕布", "110101199003070062"),
)


def row(account_no: str, name: str, id_number: str, **values: Any) -> DepositorRow:
    told: dict[str, Any] = {
        "base": "8000.00", "unit_ratio": "12", "person_ratio": "12", "unit_amount": "960.00",
        "person_amount": "960.00", "status": "01",
    }  # fmt: skip
    return DepositorRow(account_no=account_no, name=name, id_number=id_number, **(told | values))


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[DepositorCache]:
    database = Database(tmp_path)
    cache = DepositorCache(database, SCOPE)
    assert cache.apply([row(*one) for one in PEOPLE], 0, 6, complete=True)
    yield cache
    database.close()


def names(cache: DepositorCache, found: Found) -> list[str]:
    return [person.name for person in cache.rows(found.ids) if person is not None]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "王小明 王明 单于飞 王明华 古丽·买买提 吕布"),
        ("王明", "王明 王明华"), ("明", "王小明 王明 王明华"), ("小明", "王小明"), ("  王明华 ", "王明华"),
        ("古丽买", "古丽·买买提"), ("古丽·买", "古丽·买买提"), ("古丽.买", "古丽·买买提"),
        ("wm", "王明 王明华"), ("WXM", "王小明"), ("xm", "王小明"), ("cyf", "单于飞"), ("dyf", ""),
        ("wangming", "王明 王明华"), ("ming", "王小明 王明 王明华"), ("lvb", "吕布"),
        ("wang m", "王明 王明华"),
        ("10000100000003", "单于飞"), ("100001", "王小明 王明 单于飞 王明华 古丽·买买提 吕布"),
        ("0004", "王明华"), ("2025", "王明 吕布"), ("203X", "单于飞"), ("203x", "单于飞"),
        ("２０３Ｘ", "单于飞"),
        ("11010119900307203x", "单于飞"), ("110101199003072025", "王明 古丽·买买提"),
        ("110101900307202", "王明 古丽·买买提"),
        ("猫", ""), ("zz", ""), ("%", ""), ("_", ""), ("'", ""), ("\x00", ""),
    ],
)  # fmt: skip
def test_what_a_typed_text_finds(cache: DepositorCache, query: str, found: str) -> None:
    assert names(cache, cache.search(query)) == found.split()


@pytest.mark.parametrize(
    ("query", "only"),
    [
        ("王小明", "王小明"), ("王明", None), ("2025", None), ("cyf", "单于飞"), ("10000100000002", "王明"),
        ("11010119900307203X", "单于飞"), ("0004", "王明华"), ("", None), ("zz", None),
    ],
)  # fmt: skip
def test_the_one_whom_a_text_can_only_mean(cache: DepositorCache, query: str, only: str | None) -> None:
    found = cache.search(query)
    assert (None if found.only is None else names(cache, Found(query, found.ids[:1]))[0]) == only
    if found.only is not None:
        assert found.ids[0] == found.only


def test_what_stands_first_is_what_was_meant_most(cache: DepositorCache) -> None:
    assert cache.apply([row("2025", "赵一", "110101199003070097")], 6, 7, complete=True)
    assert names(cache, cache.search("2025")) == ["赵一", "王明", "吕布"]


def test_all_that_the_center_tells_is_kept(cache: DepositorCache) -> None:
    told = row(
        "10000100000001", "王小明", "110101199003070011",
        mobile="13800138000", fund_type="general", opened="2020-01-01", sealed_month=202601, status="02",
    )  # fmt: skip
    assert cache.apply([told], 6, 7, complete=True)
    found = cache.by_account("10000100000001")
    assert isinstance(found, Depositor)
    for name in (
        "name",
        "id_number",
        "unit_ratio",
        "status",
        "mobile",
        "fund_type",
        "opened",
        "sealed_month",
    ):
        assert getattr(found, name) == getattr(told, name)
    assert (found.base, found.unit_amount, found.person_amount) == (800_000, 96_000, 96_000)
    assert cache.count() == len(PEOPLE)


def test_one_that_has_left_leaves_a_gap_in_what_was_found(cache: DepositorCache) -> None:
    found = cache.search("王明")
    assert cache.apply([row(*PEOPLE[1], gone=True)], 6, 7, complete=True)
    assert [person and person.name for person in cache.rows(found.ids)] == [None, "王明华"]
    assert names(cache, cache.search("王明")) == ["王明华"]


def test_a_page_is_refused_when_another_program_was_faster(cache: DepositorCache) -> None:
    second = DepositorCache(cache.database, SCOPE)
    assert second.apply([row(*PEOPLE[0], base="9000.00")], 6, 8, complete=True)
    assert not cache.apply([row(*PEOPLE[0], base="8500.00")], 6, 7, complete=True)
    found = cache.by_account(PEOPLE[0][0])
    assert found is not None and (found.base, cache.revision()) == (900_000, 8)


def test_units_and_centers_have_copies_of_their_own(cache: DepositorCache) -> None:
    for other in (
        Scope("baishan", "center", "100002", "agent"),
        Scope("baishan", "another", "100001", "agent"),
        Scope("hangzhou", "center", "100001", "agent"),
    ):
        copy = DepositorCache(cache.database, other)
        assert (copy.count(), copy.revision(), copy.complete(), copy.refreshed()) == (0, 0, False, "")
        assert len(copy.search("").ids) == 0 and copy.by_account(PEOPLE[0][0]) is None
    assert DepositorCache(cache.database, Scope("baishan", "center", "100001", "other")).count() == 6


def test_the_time_of_the_copy_is_that_of_its_last_page(tmp_path: Path) -> None:
    database = Database(tmp_path)
    cache = DepositorCache(database, SCOPE)
    assert cache.apply([row(*PEOPLE[0])], 0, 1, complete=False, ended=False)
    assert (cache.refreshed(), cache.complete()) == ("", False)
    assert cache.apply([row(*PEOPLE[1])], 1, 2, complete=True)
    assert cache.refreshed().endswith("Z")
    cache.forget()
    assert (cache.count(), cache.revision(), cache.refreshed(), cache.complete()) == (0, 0, "", False)
    database.close()


@given(st.text(max_size=20))
def test_any_text_may_be_searched_for(any_cache: DepositorCache, query: str) -> None:
    found = any_cache.search(query)
    assert len(set(found.ids)) == len(found.ids) <= len(PEOPLE)


@given(at=st.sampled_from(range(len(PEOPLE))), cut=st.integers(1, 20), kind=st.sampled_from("hta"))
def test_whoever_is_named_in_part_is_found(any_cache: DepositorCache, at: int, cut: int, kind: str) -> None:
    account_no, name, id_number = PEOPLE[at]
    parts: dict[str, Callable[[], str]] = {
        "h": lambda: account_no[:cut], "t": lambda: id_number[-cut:], "a": lambda: name[:cut],
    }  # fmt: skip
    found = any_cache.search(parts[kind]())
    assert name in names(any_cache, found)


@pytest.fixture(scope="module")
def any_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DepositorCache]:
    database = Database(tmp_path_factory.mktemp("copy"))
    copy = DepositorCache(database, SCOPE)
    assert copy.apply([row(*one) for one in PEOPLE], 0, 6, complete=True)
    yield copy
    database.close()
