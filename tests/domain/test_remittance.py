"""The four columns: the worked example, the identity, and the history taken back, counted independently."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import dropwhile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.period import add_months
from domain.remittance import Facts, Figures, Held, Line, Share, Sheet, cause, sheet, who_pays

NORMAL, SEALED = "01", "02"
FIRST = 202601


def facts(amount: int, status: str = NORMAL) -> Facts:
    """An account that pays `amount` 分, the odd one by the unit."""
    return Facts(status, amount * 4, 1200, 1200, amount - amount // 2, amount // 2)


def share(number: str, amount: int) -> Share:
    return Share(number, f"p{number}", *facts(amount)[1:])


def shares(amounts: Mapping[str, int]) -> dict[str, Share]:
    return {number: share(number, amount) for number, amount in amounts.items()}


# ---- the worked example --------------------------------------------------------------------------


@pytest.mark.feature("R-08", profile=["baishan", "lyszfgjj", "shaanxi"])
def test_the_worked_example() -> None:
    """上月 100 人 50,000.00: 2 opened at 400, 1 unsealed at 500, 3 sealed at 600, bases +120 and -40."""
    last = {f"s{at}": 60_000 for at in range(3)} | {f"k{at:02d}": 50_000 for at in range(96)}
    last["rest"] = 5_000_000 - sum(last.values())
    assert len(last) == 100
    now = {number: amount for number, amount in last.items() if not number.startswith("s")}
    now |= {"o1": 40_000, "o2": 40_000, "u1": 50_000}
    now["k00"] += 12_000
    now["k01"] -= 4_000
    causes = {"o1": "open", "o2": "open", "u1": "unseal", "k00": "base_adjust", "k01": "base_adjust"}
    causes |= {f"s{at}": "seal" for at in range(3)}
    made = sheet(202611, shares(last), shares(now), causes)
    assert made.last == Figures(100, 5_000_000)
    assert made.more == Figures(3, 142_000)
    assert made.less == Figures(3, 184_000)
    assert made.now == Figures(100, 4_958_000)
    told = [(one.business, one.people, one.amount) for one in made.differences]
    assert sorted(told) == sorted(
        [("open", 1, 40_000)] * 2
        + [("unseal", 1, 50_000)]
        + [("seal", -1, -60_000)] * 3
        + [("base_adjust", 0, 12_000), ("base_adjust", 0, -4_000)]
    )


# ---- the identity --------------------------------------------------------------------------------

AMOUNTS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(1, 2**40), max_size=12)


def assert_explained(made: Sheet) -> None:
    """本月 is 上月 with what the list says, and the columns are the list's sums."""
    assert made.now.people == made.last.people + made.more.people - made.less.people
    assert made.now.amount == made.last.amount + made.more.amount - made.less.amount
    assert made.now.people - made.last.people == sum(one.people for one in made.differences)
    assert made.now.amount - made.last.amount == sum(one.amount for one in made.differences)
    assert min(*made.more, *made.less) >= 0
    assert made.unit_amount + made.person_amount == made.now.amount


@given(AMOUNTS, AMOUNTS)
def test_the_columns_always_come_out(last: dict[str, int], now: dict[str, int]) -> None:
    made = sheet(202611, shares(last), shares(now), {})
    assert_explained(made)
    assert {one.account_no for one in made.differences} == {
        number for number in {*last, *now} if last.get(number) != now.get(number)
    }


# ---- the history ---------------------------------------------------------------------------------

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 7),
        st.sampled_from(["open", "seal", "unseal", "base_adjust"]),
        st.integers(1, 5_000),
    ),
    max_size=25,
)


def told(events: list[tuple[str, int, str, int]]) -> tuple[list[Held], list[Line]]:
    """A unit's accounts and history after events (account, months after the first, what, amount)."""
    now: dict[str, Facts] = {}
    opened: dict[str, int] = {}
    lines = []
    for number, step, what, amount in events:
        before = now.get(number, Facts())
        month = add_months(FIRST, step)
        if what == "open" and not before.status:
            after = facts(amount)
            opened[number] = month
        elif what == "seal" and before.status == NORMAL:
            after = before._replace(status=SEALED)
        elif what == "unseal" and before.status == SEALED:
            after = before._replace(status=NORMAL)
        elif what == "base_adjust" and before.status == NORMAL:
            after = facts(amount)
        else:
            continue
        now[number] = after
        lines.append(Line(number, f"p{number}", what, month, before, after))
    return [Held(number, f"p{number}", one, opened[number]) for number, one in now.items()], lines


def replayed(lines: list[Line], month: int) -> dict[str, int]:
    """What accounts pay in a month, counted forward: what is paid changes in the month of a change, the
    status in the latest month of the account's changes up to it."""
    paid: dict[str, Facts] = {}
    status: dict[str, str] = {}
    counts: dict[str, int] = {}
    for line in lines:
        number = line.account_no
        counts[number] = max(line.month, counts.get(number, 0))
        if counts[number] <= month:
            status[number] = line.after.status
        if line.month <= month:
            changed: dict[str, Any] = {
                key: now
                for key, was, now in zip(Facts._fields, line.before, line.after, strict=True)
                if was != now
            }
            paid[number] = paid.get(number, Facts())._replace(**changed)
    now = {number: paid.get(number, Facts())._replace(status=one) for number, one in status.items()}
    return {number: one.pays for number, one in now.items() if one.pays}


def behind(lines: list[Line], month: int) -> list[Line]:
    """The lines from the first one of a later month on."""
    return list(dropwhile(lambda line: line.month <= month, lines))


@given(EVENTS)
def test_who_pays_is_the_same_counted_forward(events: list[tuple[str, int, str, int]]) -> None:
    accounts, lines = told(events)
    last: dict[str, Share] = {}
    for step in range(9):
        month = add_months(FIRST, step)
        now = who_pays(accounts, lines, month)
        assert {number: one.amount for number, one in now.items()} == replayed(lines, month)
        later = behind(lines, month)
        assert who_pays(accounts, later, month) == now, "older lines are not needed"
        causes = {
            number: cause(
                [line for line in lines if line.account_no == number],
                month,
                joined=(number in last) != (number in now),
            )
            for number in {*last, *now}
        }
        made = sheet(month, last, now, causes)
        assert_explained(made)
        kinds = {1: {"open", "unseal"}, -1: {"seal"}, 0: {"open", "seal", "unseal", "base_adjust"}}
        assert all(one.business in kinds[one.people] for one in made.differences)
        last = now


def test_a_base_counts_from_its_month_though_something_later_was_filed_before() -> None:
    """A unit that is behind: sealed and reopened this month, then a new base from the month before on."""
    was, now = facts(100), facts(120)
    rests = was._replace(status=SEALED)
    lines = [
        Line("a", "p", "seal", 202611, was, rests),
        Line("a", "p", "unseal", 202611, rests, was),
        Line("a", "p", "base_adjust", 202610, was, now),
    ]
    held = [Held("a", "p", now, opened=202001)]
    pays = {month: who_pays(held, lines, month)["a"].amount for month in (202609, 202610, 202611)}
    assert pays == {202609: 100, 202610: 120, 202611: 120}
    assert cause(lines, 202610, joined=False) == "base_adjust"


def test_an_account_without_a_history_follows_its_months() -> None:
    new = Held("new", "p", facts(100), opened=202605, told=False)
    old = Held("old", "p", facts(100), opened=202605, told=True)
    rested = Held("rested", "p", facts(100, SEALED), opened=202001, sealed=202605)
    pays = {month: list(who_pays([new, old, rested], [], month)) for month in (202604, 202605)}
    assert pays == {202604: ["old", "rested"], 202605: ["new", "old"]}


def test_only_normal_accounts_pay() -> None:
    held = [
        Held(status, "p", facts(100, status)) for status in ("", "01", "02", "03", "04", "05", "06", "99")
    ]
    assert list(who_pays(held, [], 202611)) == ["01"]
