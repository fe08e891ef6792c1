"""A payroll against the local copy of the unit's people, up to draft rosters with the domain's checks run.

Everything here blocks and belongs into a worker; StoreError and RosterError say what went wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from client.deadlines import DeadlineCache
from client.local_people import LocalPeople
from client.roster import RosterService
from client.store.caches import Settings
from client.store.depositors import DepositorCache
from client.store.rosters import RosterStore
from domain.business import AccountStatus, Business, CheckContext, RatioPair, RowCheck, Source
from domain.businesses.adjust import KIND, Adjusting, BaseAdjust
from domain.businesses.registry import declare
from domain.findings import errors
from domain.idnumber import same_person_key
from domain.money import format_ratio, format_yuan, parse_ratio, parse_yuan
from domain.reconcile import FILED, Comparison, Proposal, Terms, UnitPerson, compare, duties

if TYPE_CHECKING:
    from client.session import Session
    from client.store.database import Database
    from client.store.rows import Scope
    from domain.payroll import PayrollRow
    from domain.profile import Profile

PAGE: Final = 5000
CHECKED: Final = 500
"""Rows whose people are read together."""
BASE: Final = "base"
"""The kind of change of a base in 基数调整."""
COMPLETED: Final = "required"
"""Code of a finding that the agent answers by filling a cell in."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A proposal with what the business's own check says of its row; `fault` is the first error, "" none."""

    proposal: Proposal
    fault: str = ""
    completes: bool = False
    """Whether nothing is wrong but cells that must be filled in."""

    @property
    def takes(self) -> bool:
        """Whether it is proposed to be done."""
        one = self.proposal
        return one.filed and one.takes and (not self.fault or self.completes)


@dataclass(frozen=True, slots=True)
class Plan:
    """A comparison with its checks; `unallocated` is the unit's money at the center in 分."""

    comparison: Comparison
    judged: tuple[Judged, ...]
    unallocated: int
    month: int


@dataclass(frozen=True, slots=True)
class Made:
    """A roster that rows went into: how many, how many were there already, how many have errors."""

    business: str
    title: str
    added: int
    present: int
    faulty: int


class PayrollDesk:
    """What a comparison works with: the copy of the people, the center's rules, the rosters."""

    def __init__(
        self, database: Database, session: Session, scope: Scope, profile: Profile, permitted: frozenset[str]
    ) -> None:
        """`permitted` are the businesses this agent may file."""
        self._database = database
        self._session = session
        self._scope = scope
        self._profile = profile
        self._offered = frozenset(name for name in FILED if name in permitted and profile.rules(name))
        self._cache = DepositorCache(database, scope)
        self._people = LocalPeople(self._cache, scope.unit_account, strict=profile.local_database)
        self._store = RosterStore(database)

    # ---- remembered columns --------------------------------------------------------------------------

    @property
    def _columns_name(self) -> str:
        return f"payroll columns {self._scope.key}"

    def remembered(self) -> dict[str, str]:
        """The titles of the columns chosen last, by key."""
        kept = Settings(self._database).get(self._columns_name, {})
        return {str(key): str(title) for key, title in kept.items()}

    def remember(self, columns: Mapping[str, str]) -> None:
        """Remember the titles of the columns."""
        Settings(self._database).put(self._columns_name, dict(columns))

    # ---- lining up -----------------------------------------------------------------------------------

    def people(self) -> Iterator[UnitPerson]:
        """The unit's accounts as the copy has them."""
        after = ""
        while page := self._cache.after(after, PAGE):
            for one in page:
                yield UnitPerson(
                    account_no=one.account_no,
                    name=one.name,
                    id_number=one.id_number,
                    key=same_person_key(one.id_number),
                    status=AccountStatus(one.status),
                    base=one.base,
                    ratio=RatioPair(parse_ratio(one.unit_ratio), parse_ratio(one.person_ratio)),
                    unit_amount=one.unit_amount,
                    person_amount=one.person_amount,
                )
            after = page[-1].account_no

    def terms(self, *, yearly: bool) -> Terms:
        """What the center and the unit decide, as of the facts at hand."""
        context, profile = self._session.check_context(), self._profile
        base_limits = context.limits
        if profile.business.base_adjust is not None or profile.business.annual is not None:
            changed = declare(
                "base_adjust" if profile.business.base_adjust is not None else "annual", profile
            )
            assert isinstance(changed, Adjusting)
            month = changed.target_month(context)
            base_limits = context.limits_for(month, profile.calendar.fund_year_start)
        opening, unsealing = profile.business.open, profile.business.unseal
        return Terms(
            offered=self._offered,
            today=context.today,
            limits=context.limits,
            base_limits=base_limits,
            ratio=self._opening_ratio(context),
            unified=context.unit.unified_ratio,
            unseal_with_base=unsealing is not None and unsealing.needs_base,
            reopen_by_open=opening is not None and opening.sealed_elsewhere == "reopen",
            yearly=yearly,
            annual=profile.business.annual is not None,
        )

    def _opening_ratio(self, context: CheckContext) -> RatioPair:
        """The ratio of people who begin: the one chosen for the draft roster, else the unit's (O-03)."""
        if "open" not in self._offered:
            return context.unit.ratio
        return self._service("open").context.chosen_ratio or context.unit.ratio

    def plan(self, rows: Sequence[PayrollRow], *, yearly: bool) -> Plan:
        """Line a payroll up with the copy, and check what is proposed by the rules of each business."""
        self._people.forget()
        comparison = compare(rows, self.people(), self.terms(yearly=yearly))
        proposals = comparison.proposals
        judged = [Judged(one) for one in proposals]
        for name in self._offered:
            mine = [at for at, one in enumerate(proposals) if one.kind == name]
            checked = self._checked(self._service(name), [proposals[at] for at in mine])
            for at, (_, check) in zip(mine, checked, strict=True):
                judged[at] = _judged(proposals[at], check)
        context = self._session.context
        unallocated = parse_yuan(context.unallocated) if context is not None else 0
        month = context.month if context is not None else 0
        return Plan(comparison, tuple(judged), unallocated, month)

    def _checked(
        self, service: RosterService, proposals: Sequence[Proposal], reason: str = ""
    ) -> Iterator[tuple[dict[str, str], RowCheck]]:
        """The cells of each proposal and what the business says of them; people are read a page at a time."""
        business, context = service.business, service.context.for_source(Source.SINGLE)
        for start in range(0, len(proposals), CHECKED):
            part = proposals[start : start + CHECKED]
            rows = [cells_of(one, business, context, reason) for one in part]
            known = service.with_people(context, rows)
            for cells in rows:
                yield cells, business.check_row(cells, known)

    # ---- rosters -------------------------------------------------------------------------------------

    def _service(self, name: str) -> RosterService:
        """The draft roster of a business, as its screen has it."""
        business = declare(name, self._profile)
        if isinstance(business, BaseAdjust):
            business = business.of_kind(BASE)
        roster = self._store.open_draft(self._scope, name, "single")
        context = self._session.check_context()
        return RosterService(self._store, roster, business, context, self._profile, self._people)

    def reasons(self, name: str) -> list[tuple[str, str]]:
        """The center's reasons of a business as (code, words), empty where it asks for none."""
        rules = self._profile.rules(name)
        return list(rules.reason_table.items()) if rules is not None and "reason" in rules.columns else []

    def make(self, taken: Sequence[Proposal], reasons: Mapping[str, str]) -> list[Made]:
        """Put what was taken into the draft rosters, one step of undo each; `reasons` are codes by business.

        Who stands in a roster already is left as that row is.
        """
        made = []
        for name in FILED:
            mine = [one for one in taken if one.kind == name]
            if mine:
                made.append(self._fill(name, mine, reasons.get(name, "")))
        return made

    def _fill(self, name: str, taken: Sequence[Proposal], reason: str) -> Made:
        service = self._service(name)
        there = {row.person for row in self._store.rows(service.roster_id) if row.state == "draft"}
        rows: list[tuple[int, Mapping[str, str], RowCheck]] = []
        for one, (cells, check) in zip(taken, self._checked(service, taken, reason), strict=True):
            if service.business.duplicate_key(check.values) not in there:
                rows.append((one.row.line if one.row is not None else 0, cells, check))
        if rows:
            service.import_rows(rows, source=Source.SINGLE)
        faulty = sum(not check.ok for _, _, check in rows)
        return Made(name, service.business.title, len(rows), len(taken) - len(rows), faulty)

    def keep_duties(self, plan: Plan) -> None:
        """Keep the payroll's dates for the deadlines of the unit."""
        cache = DeadlineCache(self._database, replace(self._scope, operator=""))
        cache.keep_duties(plan.month, duties(plan.comparison.proposals))


def _judged(one: Proposal, check: RowCheck) -> Judged:
    """What the check of a row means for it; the reason, chosen when rosters are made, is not missed yet."""
    wrong = errors(check.findings)
    found = [each for each in wrong if (each.code, each.field) != (COMPLETED, "reason")]
    if not found:
        return Judged(one)
    return Judged(one, found[0].text, all(each.code == COMPLETED for each in found))


def cells_of(one: Proposal, business: Business, context: CheckContext, reason: str = "") -> dict[str, str]:
    """What a person would type for a proposal, by column key."""
    cells: dict[str, str] = {}
    if one.person is not None and one.kind != "open":
        person = one.person
        cells |= {"account_no": person.account_no, "name": person.name, "id_number": person.id_number}
    elif one.row is not None:
        cells |= {"name": one.row.name, "id_number": one.row.id_number, "mobile": one.row.mobile}
    if one.base is not None:
        cells["new_base" if one.kind == "base_adjust" else "base"] = format_yuan(one.base)
    if one.kind == "open" and not context.unit.unified_ratio:
        cells["ratio"] = format_ratio((context.chosen_ratio or context.unit.ratio).unit)
    if one.kind == "base_adjust":
        cells[KIND] = BASE
    cells["reason"] = reason
    keys = {column.key for column in business.columns}
    return {key: text for key, text in cells.items() if key in keys and text}
