"""A roster under each center's rules: rows, duplicates, deletion, totals, the frozen submission."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from client.errors import RosterError
from client.roster import Which
from domain.business import RatioPair, Source, Totals
from domain.canonical import canonical_json
from domain.wire import SubmissionRequest
from tests.client.support import Agent

MakeAgent = Callable[..., Agent]
KEYED = ["baishan", "lyszfgjj", "hangzhou", "shanxi"]


def codes(agent: Agent, index: int) -> list[str]:
    roster = agent.roster()
    return [found.code for found in roster.findings(agent.store.window(roster.roster_id, index, 1)[0])]


@pytest.mark.feature("O-16", profile="hangzhou")
@pytest.mark.feature("V-18", profile="hangzhou")
@pytest.mark.parametrize("profile", KEYED)
def test_the_same_person_twice_is_told_at_the_second_row(make_agent: MakeAgent, profile: str) -> None:
    agent = make_agent(profile)
    roster = agent.roster()
    other, typed = agent.people(2)
    roster.add(other)
    roster.add(typed)
    again = roster.add(typed)
    assert [found.text for found in roster.findings(again) if found.code == "roster.duplicate"] == [
        "存在相同的记录：与第2条是同一人，请删除重复的一条。"
    ]
    assert roster.totals("all") == Totals(2, 2 * 192_000)
    roster.delete([agent.store.window(roster.roster_id, 2, 1)[0].row_id])
    assert codes(agent, 1) == []


def test_a_faulty_row_is_kept_as_typed_with_all_its_findings(agent: Agent) -> None:
    roster = agent.roster()
    typed = {**agent.people(1)[0], "base": "８０００", "mobile": "1", "name": "张1"}
    row = roster.add(typed)
    assert dict(row.typed) == typed
    assert {found.field for found in row.findings if found.is_error} == {"base", "mobile", "name"}
    assert row.bad
    fixed = roster.edit(row.row_id, {"base": "8000", "mobile": "13800138000", "name": "张三"})
    assert not fixed.bad
    assert (fixed.shown("base"), fixed.shown("total_amount")) == ("8000.00", "1920.00")
    assert fixed.typed["base"] == "8000"


@pytest.mark.feature("W-09", profile="hangzhou")
@pytest.mark.parametrize("profile", KEYED)
def test_deposits_are_shown_while_the_row_is_typed(make_agent: MakeAgent, profile: str) -> None:
    roster = make_agent(profile).roster()
    found = roster.preview({"base": "8000"})
    assert (found["unit_amount"], found["person_amount"], found["total_amount"]) == (
        "960.00",
        "960.00",
        "1920.00",
    )
    assert roster.preview({"base": "x"})["total_amount"] == ""


@pytest.mark.feature("W-04", profile="hangzhou")
@pytest.mark.feature("V-25", profile="hangzhou")
def test_hangzhou_deletes_one_row_or_all(make_agent: MakeAgent) -> None:
    agent = make_agent("hangzhou")
    roster = agent.filled(4)
    ids = [row.row_id for row in agent.store.window(roster.roster_id, 0, 9)]
    with pytest.raises(RosterError) as some:
        roster.delete(ids[:2])
    assert some.value.sentence == "操作无效：只能删除一条或全部记录，请重新选择。"
    assert agent.store.count(roster.roster_id) == 4
    assert roster.delete(ids[:1]) == 1
    assert roster.delete(ids[1:]) == 3


@pytest.mark.feature("W-04", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shanxi"])
def test_other_centers_delete_the_ticked_rows(make_agent: MakeAgent, profile: str) -> None:
    agent = make_agent(profile)
    roster = agent.filled(4)
    ids = [row.row_id for row in agent.store.window(roster.roster_id, 0, 9)]
    assert roster.delete(ids[:2]) == 2


@pytest.mark.feature("O-03", profile=["baishan", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "shanxi"])
def test_the_ratio_chosen_for_a_roster_counts_for_all_rows_and_lasts(
    make_agent: MakeAgent, profile: str
) -> None:
    agent = make_agent(profile, ratios="[[1200,1200],[1000,1000]]")
    roster = agent.filled(3)
    roster.choose_ratio(RatioPair(1000, 1000))
    assert roster.totals("all") == Totals(3, 3 * 160_000)
    again = agent.roster()
    assert again.context.chosen_ratio == RatioPair(1000, 1000)
    frozen = agent.frozen(again)
    assert {row["unit_ratio"] for row in json.loads(frozen.body)["rows"]} == {"10"}
    agent.outbox.submit(frozen)
    assert [event.kind for event in agent.outbox.send_due()] == ["accepted"]


@pytest.mark.feature("O-08", profile="hangzhou")
@pytest.mark.parametrize("profile", KEYED)
def test_the_totals_shown_are_those_submitted(make_agent: MakeAgent, profile: str) -> None:
    agent = make_agent(profile)
    roster = agent.filled(3)
    which = agent.profile.queue.submit_scope
    assert which != "one_or_all"
    shown = roster.totals(which)
    assert shown == Totals(3, 576_000)
    frozen = roster.freeze(which, expected=shown, attachments=agent.attachments())
    request = SubmissionRequest.model_validate_json(frozen.body)
    assert (request.totals.count, request.totals.amount) == (3, "5760.00")
    assert request.profile == profile
    assert canonical_json(json.loads(frozen.body)) == frozen.body


def test_totals_that_changed_since_they_were_confirmed_stop_the_submission(agent: Agent) -> None:
    roster = agent.filled(3)
    with pytest.raises(RosterError) as changed:
        roster.freeze("selected", expected=Totals(2, 384_000))
    assert changed.value.code == "roster.changed"
    assert changed.value.sentence == "清册合计已变为3人、5760.00元，与确认时不同，请刷新核对后重新确认。"


def test_the_queue_of_the_center_decides_what_is_submitted(make_agent: MakeAgent) -> None:
    baishan, hangzhou = make_agent("baishan"), make_agent("hangzhou")
    with pytest.raises(RosterError) as ticked:
        baishan.filled().freeze("all")
    assert ticked.value.code == "roster.scope"
    with pytest.raises(RosterError):
        hangzhou.filled().freeze("selected")
    row = hangzhou.store.window(hangzhou.roster().roster_id, 0, 1)[0]
    with pytest.raises(RosterError):
        hangzhou.roster().freeze(row.row_id)


def test_an_empty_choice_is_not_submitted(agent: Agent) -> None:
    roster = agent.filled(2)
    agent.store.select_all(roster.roster_id, False)
    with pytest.raises(RosterError) as empty:
        roster.freeze("selected")
    assert (empty.value.code, empty.value.sentence) == ("roster.empty", "请先勾选要提交的记录，再提交。")


def test_a_row_that_was_opened_and_left_empty_is_not_submitted(make_agent: MakeAgent) -> None:
    roster = make_agent("hangzhou").filled(2)
    opened = roster.open_row(1)
    totals = roster.totals("all")
    assert totals.count == 2 and roster.totals(opened.row_id) == Totals(0, 0)
    frozen = roster.freeze("all", expected=totals)
    assert frozen.count == 2 and opened.row_id not in frozen.row_ids


def test_an_opened_row_alone_is_nothing_to_submit(make_agent: MakeAgent) -> None:
    roster = make_agent("hangzhou").roster()
    roster.queue = roster.queue.model_copy(update={"submit_scope": "one_or_all"})
    opened = roster.open_row()
    whole: Which = "all"
    for which in (whole, opened.row_id):
        with pytest.raises(RosterError) as empty:
            roster.freeze(which)
        assert empty.value.code == "roster.empty"


def test_only_the_ticked_rows_are_submitted_in_their_order(agent: Agent) -> None:
    roster = agent.filled(4)
    rows = agent.store.window(roster.roster_id, 0, 9)
    agent.store.select([rows[1].row_id, rows[3].row_id], False)
    frozen = agent.frozen(roster)
    assert frozen.row_ids == (rows[0].row_id, rows[2].row_id)
    agent.outbox.submit(frozen)
    assert [event.kind for event in agent.outbox.send_due()] == ["accepted"]
    left = agent.store.window(roster.roster_id, 0, 9)
    assert [row.row_id for row in left] == [rows[1].row_id, rows[3].row_id]


@pytest.mark.feature("W-03", profile="hangzhou")
def test_new_facts_of_the_unit_are_put_to_every_row(make_agent: MakeAgent) -> None:
    agent = make_agent("hangzhou")
    roster = agent.filled(2)
    context = roster.context
    unit = context.unit.__class__(context.unit.account, ratios=(RatioPair(800, 800),))
    from dataclasses import replace

    roster.context = replace(context, unit=unit)
    roster.recheck()
    assert roster.totals("all") == Totals(2, 256_000)


def test_imported_rows_come_in_with_their_findings_and_rows(agent: Agent) -> None:
    roster = agent.roster()
    context = roster.context.for_source(Source.FILE)
    good, bad = agent.people(2)
    bad = {**bad, "base": "4.5E+3"}
    checks = roster.business.check_roster([good, bad], context)
    rows = [(3, good, checks[0]), (4, bad, checks[1])]
    told: list[int] = []
    assert roster.import_rows(rows, progress=told.append) == 2
    assert told == [2]
    first, second = agent.store.window(roster.roster_id, 0, 2)
    assert (first.sheet_row, first.source, first.bad) == (3, "file", False)
    assert (second.sheet_row, second.bad) == (4, True)
    assert agent.store.next_error(roster.roster_id, 0, "", ["name", "base"]) == (1, "base")


def test_a_text_the_contract_cannot_carry_is_told_before_anything_is_signed(agent: Agent) -> None:
    roster = agent.roster()
    context = roster.context
    good = agent.people(1)[0]
    check = roster.business.check_row(good, context)
    from dataclasses import replace

    from client.store.rows import NewRow

    agent.store.insert(roster.roster_id, NewRow(good, {**check.values, "name": "x" * 500}, (), 1, "p"))
    agent.store.select_all(roster.roster_id, True)
    monkey = replace(check, values={**check.values, "name": "x" * 500})
    roster.business.check_row = lambda row, context: monkey  # type: ignore[method-assign]
    with pytest.raises(RosterError) as long:
        roster.freeze("selected")
    assert long.value.sentence == "清册中有内容过长或含有不能传送的字符，请改正后再提交。"
