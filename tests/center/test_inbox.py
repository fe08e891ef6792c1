from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from center import inbox
from center.bell import BELL
from center.inbox import Entry
from tests.support.center import CenterUnderTest, serving
from tests.support.filing import OTHER, Office, clerk

MakeCenter = Callable[..., CenterUnderTest]
NOW = "2026-11-23T02:00:00.000000Z"


def post(office: Office, title: str, tab: str = "messages") -> int:
    entry = Entry(tab=tab, title=title, body=f"{title}的内容")
    return office.center.store.run(lambda conn: inbox.post(conn, office.unit, entry, NOW))


def test_a_poll_gives_what_is_new_and_nothing_twice(center: CenterUnderTest) -> None:
    office = Office(center)
    assert office.get("/inbox") == {"rev": 0, "items": [], "jobs": [], "counts": {}}
    post(office, "一")
    post(office, "二")
    first = office.get("/inbox", after=0)
    assert [item["title"] for item in first["items"]] == ["一", "二"]
    assert (first["rev"], first["counts"]) == (2, {"messages": 2})
    assert office.get("/inbox", after=first["rev"])["items"] == []
    post(office, "三")
    assert [item["title"] for item in office.get("/inbox", after=2)["items"]] == ["三"]


def test_a_poll_from_beyond_the_end_starts_anew(center: CenterUnderTest) -> None:
    office = Office(center)
    post(office, "一")
    assert [item["title"] for item in office.get("/inbox", after=99)["items"]] == ["一"]


def test_many_changes_come_in_portions_without_a_gap(
    center: CenterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "POLL_LIMIT", 3)
    office = Office(center)
    for place in range(8):
        post(office, str(place))
    titles: list[str] = []
    after = 0
    while True:
        found = office.get("/inbox", after=after)
        if not found["items"]:
            break
        titles += [item["title"] for item in found["items"]]
        after = found["rev"]
    assert titles == [str(place) for place in range(8)]


def test_a_waiting_poll_is_answered_the_moment_something_happens(center: CenterUnderTest) -> None:
    office = Office(center)
    office.get("/inbox")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(office.get, "/inbox", after=0, wait=20)
        until(lambda: office.unit in BELL._waiting)
        office.file(office.rows(1))
        found = waiting.result(15)
    assert "messages" in {item["tab"] for item in found["items"]}


def test_changes_of_another_process_show_while_the_poll_waits(center: CenterUnderTest) -> None:
    office = Office(center)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(office.get, "/inbox", after=0, wait=20)
        until(lambda: office.unit in BELL._waiting)
        post(office, "别处来的")
        found = waiting.result(15)
    assert [item["title"] for item in found["items"]] == ["别处来的"]


def test_an_empty_poll_ends_when_its_time_is_over(center: CenterUnderTest) -> None:
    office = Office(center)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(office.get, "/inbox", after=0, wait=1)
        until(lambda: office.unit in BELL._waiting)
        assert waiting.result(15)["items"] == []


@pytest.mark.parametrize("wait", ["26", "-1", "x"])
def test_waiting_has_a_limit(center: CenterUnderTest, wait: str) -> None:
    office = Office(center)
    answer = center.client.get("/v1/inbox", params={"wait": wait}, headers=office.login.headers)
    assert answer.status_code == 400


def test_sixty_waiting_polls_hold_no_threads(center: CenterUnderTest) -> None:
    """The threadpool has 40 threads; a request still gets through while 60 polls wait."""
    office = Office(center)

    async def crowd() -> tuple[int, int]:
        transport = httpx.ASGITransport(center.app, client=("10.2.2.2", 1))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://center.test", timeout=30
        ) as client:
            polls = [
                asyncio.create_task(client.get("/v1/inbox?wait=25", headers=office.login.headers))
                for _ in range(60)
            ]
            while len(BELL._waiting.get(office.unit, ())) < len(polls):
                await asyncio.sleep(0.01)
            answer = await client.get("/v1/health")
            answered = sum(one.done() for one in polls)
            center.center.close_polls()
            answers = await asyncio.gather(*polls)
            assert {one.status_code for one in answers} == {200}
            return answer.status_code, answered

    assert asyncio.run(crowd()) == (200, 0)


def test_a_center_that_stops_answers_the_polls_that_wait(center: CenterUnderTest) -> None:
    """Else they would be cut off when the time for stopping is over, and every client would reconnect."""
    office = Office(center)
    with ThreadPoolExecutor(1) as pool:
        with serving(center.settings) as server:
            url, params = f"{server.url}/v1/inbox", {"wait": 25}
            waiting = pool.submit(httpx.get, url, params=params, headers=office.login.headers, timeout=30)
            until(lambda: office.unit in BELL._waiting)
        answer = waiting.result(30)
    assert (answer.status_code, answer.json()["rev"]) == (200, 0)
    assert office.unit not in BELL._waiting


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_bell_forgets_who_has_left() -> None:
    async def listen() -> None:
        with BELL.listen("x-scope") as event:
            threading.Thread(target=BELL.ring, args=("x-scope",)).start()
            await asyncio.wait_for(event.wait(), 5)

    asyncio.run(listen())
    BELL.ring("x-scope")
    assert "x-scope" not in BELL._waiting


# ---- reading, deleting -----------------------------------------------------------------------------------


@pytest.mark.feature("T-02", profile="all")
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shanxi"])
def test_a_message_has_name_content_time_and_channel(make_center: MakeCenter, profile: str) -> None:
    office = Office(make_center(profile))
    office.file(office.rows(1))
    item = office.inbox("messages")[0]
    assert (item["title"], item["time"], item["channel"]) == ("缴存人登记", NOW, "中心")
    assert item["body"]


@pytest.mark.parametrize(
    ("profile", "tab"),
    [
        ("baishan", "read"),
        ("shanxi", "read"),
        ("shaanxi", "read"),
        ("lyszfgjj", "messages"),
        ("hangzhou", "messages"),
    ],
)
def test_a_read_message_moves_where_there_is_a_tab_for_it(
    make_center: MakeCenter, profile: str, tab: str
) -> None:
    office = Office(make_center(profile))
    item_id = post(office, "一")
    for _ in range(2):
        answer = office.center.client.post(f"/v1/inbox/items/{item_id}/read", headers=office.login.headers)
        assert (answer.status_code, answer.json()["message"]) == (200, "已标为已阅")
    found = office.get("/inbox", after=1)
    assert [(item["tab"], item["read"]) for item in found["items"]] == [(tab, True)]
    assert found["rev"] == 2, "marking twice changes nothing"
    assert found["counts"].get("messages", 0) == 0
    assert [item["item_id"] for item in office.inbox(tab)] == [item_id]


@pytest.mark.feature("T-05", profile="all")
def test_a_message_is_deleted_where_the_center_permits_it(make_center: MakeCenter) -> None:
    office = Office(make_center("shanxi"))
    item_id, entry_id = post(office, "一"), post(office, "二", "started")
    delete = office.center.client.delete
    answer = delete(f"/v1/inbox/items/{item_id}", headers=office.login.headers)
    assert answer.json() == {"message": "消息已删除"}
    assert office.inbox("messages") == []
    assert [item["deleted"] for item in office.get("/inbox", after=2)["items"]] == [True]
    assert delete(f"/v1/inbox/items/{item_id}", headers=office.login.headers).status_code == 404
    assert delete(f"/v1/inbox/items/{entry_id}", headers=office.login.headers).status_code == 404


def test_elsewhere_messages_cannot_be_deleted(center: CenterUnderTest) -> None:
    office = Office(center)
    item_id = post(office, "一")
    answer = center.client.delete(f"/v1/inbox/items/{item_id}", headers=office.login.headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "module.off")
    assert len(office.inbox("messages")) == 1


def test_no_scope_touches_the_entries_of_another(make_center: MakeCenter) -> None:
    center = make_center("shanxi")
    office, other = Office(center), Office(center, OTHER)
    item_id = post(office, "一")
    assert other.inbox("messages") == []
    for login in (other.login, clerk(center)):
        assert center.client.post(f"/v1/inbox/items/{item_id}/read", headers=login.headers).status_code == 404
        assert center.client.delete(f"/v1/inbox/items/{item_id}", headers=login.headers).status_code == 404
    assert [item["read"] for item in office.inbox("messages")] == [False]


@pytest.mark.feature("T-06", profile="all")
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shanxi"])
def test_a_tab_is_paged_newest_first(make_center: MakeCenter, profile: str) -> None:
    office = Office(make_center(profile))
    for place in range(7):
        post(office, str(place))
    titles: list[str] = []
    before: dict[str, Any] = {}
    while True:
        page = office.get("/inbox/items", tab="messages", limit=3, **before)
        titles += [item["title"] for item in page["items"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert titles == ["6", "5", "4", "3", "2", "1", "0"]


def test_tabs_that_the_center_has_not_get_no_entries(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    office.file(office.rows(1))
    assert office.inbox("started") == []
    assert office.inbox("done") == []


@pytest.mark.parametrize("item_id", ["0", "-1", "x", "99999999999999999999"])
def test_item_ids_that_cannot_be(center: CenterUnderTest, item_id: str) -> None:
    office = Office(center)
    answer = center.client.post(f"/v1/inbox/items/{item_id}/read", headers=office.login.headers)
    assert answer.status_code == 400


def test_waiting_reads_no_entries_until_something_changes(center: CenterUnderTest) -> None:
    """A thousand open programs look once a second each; a look must be one row by its key."""
    office = Office(center)
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(center.store.engine, "before_cursor_execute", note)
    try:
        assert office.get("/inbox", after=0, wait=3)["items"] == []
    finally:
        event.remove(center.store.engine, "before_cursor_execute", note)
    looks = [statement for statement in seen if "FROM scope" in statement]
    entries = [statement for statement in seen if "FROM inbox_item" in statement]
    assert len(looks) >= 3
    assert len(entries) <= 2
