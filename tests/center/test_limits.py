from __future__ import annotations

import pytest

from center.errors import ProblemError
from center.limits import MAX_BUCKETS, Limiter, body_limit
from center.settings import Rates
from tests.center.conftest import MakeCenter
from tests.support.center import CenterUnderTest


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(limiter: Limiter, count: int, who: str = "a") -> int:
    """How many of `count` requests pass."""
    passed = 0
    for _ in range(count):
        try:
            limiter.check("login", who)
        except ProblemError:
            continue
        passed += 1
    return passed


def test_a_bucket_empties_and_fills() -> None:
    clock = Seconds()
    limiter = Limiter(Rates(login=(2.0, 5)), clock)
    assert taken(limiter, 10) == 5
    clock.now = 1.0
    assert taken(limiter, 10) == 2
    clock.now = 1000.0
    assert taken(limiter, 10) == 5


def test_buckets_are_apart() -> None:
    limiter = Limiter(Rates(login=(1.0, 1), unit=(1.0, 1)), Seconds())
    assert taken(limiter, 3, "a") == taken(limiter, 3, "b") == 1
    limiter.check("unit", "a")


def test_the_refusal_says_how_long_to_wait() -> None:
    limiter = Limiter(Rates(login=(0.1, 1)), Seconds())
    limiter.check("login", "a")
    with pytest.raises(ProblemError) as caught:
        limiter.check("login", "a")
    assert caught.value.problem.retry_after == 10
    assert caught.value.problem.detail == "操作过于频繁，请10秒后再试。"


def test_buckets_are_forgotten_not_hoarded() -> None:
    limiter = Limiter(Rates(login=(1.0, 1)), Seconds())
    for number in range(MAX_BUCKETS + 10):
        limiter.check("login", str(number))
    assert len(limiter._buckets) == MAX_BUCKETS


def test_logins_of_one_address_are_limited(make_center: MakeCenter) -> None:
    center = make_center("baishan", rates=Rates(login=(0.001, 3)))
    answers = [center.clerk_login("nobody", "x") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[3].json()["code"] == "rate.limited"
    assert int(answers[3].headers["retry-after"]) > 900
    assert center.get("/v1/health").status_code == 200


def test_requests_of_one_session_are_limited(make_center: MakeCenter) -> None:
    center = make_center("baishan", rates=Rates(session=(0.001, 5)))
    key = center.ready_agent()
    login, other = center.login(key), center.login(key)
    codes = [center.get("/v1/units/100001/context", login).status_code for _ in range(7)]
    assert codes == [200] * 5 + [429] * 2
    center.context(other)


def test_requests_of_one_unit_are_limited(make_center: MakeCenter) -> None:
    center = make_center("baishan", rates=Rates(unit=(0.001, 4)))
    key = center.ready_agent()
    codes = [
        center.get("/v1/units/100001/context", login).status_code
        for login in (center.login(key), center.login(key))
        for _ in range(3)
    ]
    assert codes == [200] * 4 + [429] * 2


def test_body_limits(center: CenterUnderTest) -> None:
    settings = center.settings
    unit = "/v1/units/100001"
    assert body_limit(settings, "POST", "/v1/login") == settings.max_body
    assert body_limit(settings, "PUT", f"{unit}/submissions/x") == settings.max_roster_body
    assert body_limit(settings, "POST", f"{unit}/checks") == settings.max_roster_body
    assert body_limit(settings, "PUT", f"{unit}/attachments/x") == settings.max_attachment == 20 * 2**20
    assert body_limit(settings, "GET", f"{unit}/context") == settings.max_body
