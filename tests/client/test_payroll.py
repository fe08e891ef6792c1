"""A payroll against the copy of the people: terms by center, checks, and draft rosters the center takes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from client.deadlines import DeadlineCache
from client.payroll import Judged, Made, PayrollDesk, Plan
from client.store.depositors import DepositorCache
from client.store.rows import StoredRow
from client.sync import DepositorSync
from domain.business import AccountStatus
from domain.findings import errors
from domain.money import format_yuan
from domain.payroll import PayrollRow, read_row
from domain.profile import PROFILE_NAMES
from domain.reconcile import FILED, Sum, four_columns
from domain.wire import CheckRequest
from tests.client.conftest import MakeAgent
from tests.client.support import Agent

SEALED, NORMAL = AccountStatus.SEALED, AccountStatus.NORMAL
TODAY = date(2026, 11, 23)
OFFERED = {
    "baishan": {"open", "unseal", "seal", "base_adjust"},
    "lyszfgjj": {"open", "unseal", "seal", "base_adjust"},
    "hangzhou": {"open", "seal"},
    "shaanxi": {"open", "unseal", "seal"},
    "shanxi": {"open", "unseal", "seal", "base_adjust"},
}


class Staff:
    """People of a unit by what is to become of them, and the payroll that says so."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        office = agent.office
        self.stays, self.raised, self.gone, self.back, self.new = office.people(5)
        for person in (self.stays, self.raised, self.gone):
            office.give_account(person)
        office.give_account(self.back, SEALED, 202601)

    def rows(self, **wages: str) -> list[PayrollRow]:
        """Everybody but `gone`, at 8000 but for `raised`."""
        told = {"stays": "8000", "raised": "9000", "back": "8000", "new": "8000"} | wages
        return [
            read_row(
                line,
                {
                    "name": getattr(self, who).name,
                    "id_number": getattr(self, who).id_number,
                    "wage": wage,
                    "mobile": getattr(self, who).mobile,
                    "hired": "2026-11-02" if who == "new" else "",
                },
                TODAY,
            )
            for line, (who, wage) in enumerate(told.items(), 2)
        ]


def desk_of(agent: Agent, *, permitted: frozenset[str] = frozenset(FILED)) -> PayrollDesk:
    DepositorSync(agent.client, DepositorCache(agent.database, agent.scope), agent.office.unit).run()
    agent.session.refresh_context()
    return PayrollDesk(agent.database, agent.session, agent.scope, agent.profile, permitted)


def told(plan: Plan) -> dict[str, Judged]:
    return {one.proposal.name: one for one in plan.judged}


def rows_of(agent: Agent, business: str) -> list[StoredRow]:
    head = agent.store.open_draft(agent.scope, business, "single")
    return list(agent.store.rows(head.roster_id))


@pytest.fixture(params=PROFILE_NAMES)
def staff(request: pytest.FixtureRequest, make_agent: MakeAgent) -> Staff:
    profile = str(request.param)
    if profile == "shaanxi":
        agent = make_agent(profile, login=False)
        from client.transport import Identity

        reply = agent.office.login.reply
        agent.client.health()
        agent.client.identify(Identity(str(reply["token"]), agent.office.unit, str(reply["operator"])))
        from client.session import Person

        agent.session.person = Person(
            "agent", str(reply["operator"]), "经办人", agent.office.unit, (), "", False, ""
        )
    else:
        agent = make_agent(profile)
    return Staff(agent)


def test_what_a_center_has_on_line_is_proposed_and_nothing_else(staff: Staff) -> None:
    agent, name = staff.agent, staff.agent.profile.name
    plan = desk_of(agent).plan(staff.rows(), yearly=True)
    found = told(plan)
    kinds = {
        who: found[getattr(staff, who).name].proposal.kind
        for who in ("stays", "raised", "gone", "back", "new")
    }
    assert (kinds["stays"], kinds["gone"], kinds["new"]) == ("same", "seal", "open")
    assert kinds["back"] == ("unseal" if "unseal" in OFFERED[name] else "open")
    assert kinds["raised"] == ("base_adjust" if "base_adjust" in OFFERED[name] else "none")
    faults = {one.fault for one in plan.judged if one.fault}
    assert all(one.takes or not one.proposal.filed for one in plan.judged)
    assert bool(faults) is (name == "lyszfgjj")
    columns = four_columns(plan.comparison.last, [one.proposal for one in plan.judged if one.takes])
    assert plan.comparison.last == Sum(3, 3 * 192_000)
    more = 24_000 if kinds["raised"] == "base_adjust" else 0
    assert (columns.more, columns.less) == (Sum(2, 384_000 + more), Sum(1, 192_000))
    assert columns.now.people == 4


def test_the_drafts_stand_in_the_rosters_and_the_center_takes_their_rows(staff: Staff) -> None:
    agent = staff.agent
    desk = desk_of(agent)
    plan = desk.plan(staff.rows(), yearly=True)
    taken = [one.proposal for one in plan.judged if one.takes]
    reasons = {name: desk.reasons(name)[0][0] for name in ("seal", "unseal") if agent.profile.rules(name)}
    made = {one.business: one for one in desk.make(taken, reasons)}
    assert set(made) == OFFERED[agent.profile.name]
    assert all(one.title == agent.profile.business_title(name) for name, one in made.items())
    for name in made:
        rows = rows_of(agent, name)
        assert (len(rows), made[name].present) == (made[name].added, 0)
        if agent.profile.name == "lyszfgjj" and name == "open":
            assert {f.code for row in rows for f in errors(row.findings)} == {"required"}
            continue
        assert (made[name].faulty, [row.bad for row in rows]) == (0, [False] * len(rows))
        sent = [{key: text for key, text in row.checked.items() if text and key != "serial"} for row in rows]
        asked = CheckRequest(business=name, source="single", rows=sent)
        reply = agent.client.check(agent.office.unit, asked)
        assert [one for one in reply.findings if one.severity == "error"] == []
    totals = agent.store.totals(agent.store.open_draft(agent.scope, "open", "single").roster_id)
    if agent.profile.name != "lyszfgjj":
        assert totals.amount == 192_000 * made["open"].added


def test_who_stands_in_a_roster_already_is_left_as_the_row_is(staff: Staff) -> None:
    desk = desk_of(staff.agent)
    plan = desk.plan(staff.rows(), yearly=True)
    taken = [one.proposal for one in plan.judged if one.takes]
    first: list[Made] = desk.make(taken, {})
    before = {one.business: [row.row_id for row in rows_of(staff.agent, one.business)] for one in first}
    again = desk.make(taken, {"seal": "99"})
    assert [(one.added, one.present) for one in again] == [(0, one.added) for one in first]
    assert before == {
        one.business: [row.row_id for row in rows_of(staff.agent, one.business)] for one in first
    }


def test_rows_made_by_mistake_are_one_step_of_undo(make_agent: MakeAgent) -> None:
    staff = Staff(make_agent("baishan"))
    desk = desk_of(staff.agent)
    taken = [
        one.proposal for one in desk.plan(staff.rows(), yearly=True).judged if one.proposal.kind == "seal"
    ]
    desk.make(taken, {"seal": "01"})
    head = staff.agent.store.open_draft(staff.agent.scope, "seal", "single")
    assert staff.agent.store.undo(head.roster_id) is not None
    assert rows_of(staff.agent, "seal") == []


def test_a_row_its_business_refuses_is_not_taken_by_itself(make_agent: MakeAgent) -> None:
    agent = make_agent("hangzhou")
    desk = desk_of(agent)
    (person,) = agent.office.people(1)
    cells = {"name": "欧阳司马上官夏侯", "id_number": person.id_number, "wage": "8000"}
    (one,) = desk.plan([read_row(2, cells, TODAY)], yearly=True).judged
    assert one.proposal.kind == "open" and "超过5个汉字" in one.fault
    assert not one.takes and not one.completes


def test_a_business_the_agent_may_not_file_is_not_proposed(make_agent: MakeAgent) -> None:
    staff = Staff(make_agent("baishan"))
    desk = desk_of(staff.agent, permitted=frozenset({"open"}))
    kinds = {one.proposal.kind for one in desk.plan(staff.rows(), yearly=True).judged}
    assert kinds == {"open", "check", "none", "same"}


def test_the_ratio_chosen_for_the_roster_counts_in_the_money(make_agent: MakeAgent) -> None:
    agent = make_agent("baishan", ratios="[[1200, 1200], [500, 500]]")
    head = agent.store.open_draft(agent.scope, "open", "single")
    agent.store.set_header(head.roster_id, {"ratio": [500, 500]})
    (person,) = agent.office.people(1)
    cells = {"name": person.name, "id_number": person.id_number, "wage": "8000"}
    (one,) = desk_of(agent).plan([read_row(2, cells, TODAY)], yearly=True).judged
    assert format_yuan(one.proposal.amount) == "800.00"


def test_columns_are_remembered_for_the_unit(make_agent: MakeAgent) -> None:
    agent = make_agent("baishan")
    desk = desk_of(agent)
    assert desk.remembered() == {}
    desk.remember({"name": "姓名", "hired": ""})
    assert desk_of(agent).remembered() == {"name": "姓名", "hired": ""}


def test_days_of_the_payroll_become_deadlines(make_agent: MakeAgent) -> None:
    staff = Staff(make_agent("baishan"))
    desk = desk_of(staff.agent)
    desk.keep_duties(desk.plan(staff.rows(), yearly=True))
    cache = DeadlineCache(staff.agent.database, staff.agent.scope)
    cache.fetch(staff.agent.client)
    found: Any = cache.facts(staff.agent.profile)
    assert [(one.kind, one.name, one.day) for one in found[0].duties] == [
        ("open", staff.new.name, date(2026, 11, 2))
    ]
    assert found[0].compared == 202611
