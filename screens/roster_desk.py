"""What a roster screen works with: the stored roster under the center's rules, drafts, and the dry run.

Everything here blocks and is called from a worker, but for the plain attributes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from client.local_people import LocalPeople
from client.roster import RosterService
from client.store.caches import FormDrafts, Settings
from client.store.outbox_store import OutboxStore
from domain.business import Kind
from domain.businesses.accounts import OVERRULED
from domain.money import format_ratio

if TYPE_CHECKING:
    from client.store.rows import StoredRow
    from domain.business import Business, CheckContext
    from domain.findings import Finding
    from screens.state import AppState

DRY_RUN = 500
"""Rows of one dry run at the center."""


@dataclass(frozen=True, slots=True)
class RosterWords:
    """What a center calls things around one roster."""

    title: str
    record: str
    submit: str
    recorded: str
    queue: str
    refresh: str
    amount: str = "总月缴存额"
    """What the sum is called, "" where only people are counted."""
    yes_no: bool = False
    each: str = "人"
    """What a row is."""
    count: str = "总人数"
    """What the number of rows is called."""

    @property
    def totals(self) -> str:
        """What is confirmed before a submission."""
        return f"{self.count}和{self.amount}" if self.amount else self.count


def facts_of(context: CheckContext) -> str:
    """The part of a context that a check depends on, as one text."""
    limits, unit = context.limits, context.unit
    known = [context.today.isoformat(), context.month, unit.account, unit.unified_ratio, unit.fund_types]
    known += [[(pair.unit, pair.person) for pair in unit.ratios]]
    known += [[limits.base_min, limits.base_max] if limits is not None else None]
    return json.dumps(known)


class RosterDesk:
    """One draft roster of the logged-in agent. Raises StoreError, AuthExpired when it is made."""

    def __init__(self, state: AppState, business: Business, source: Literal["single", "file"]) -> None:
        self.state = state
        self.business = business
        self.session = state.session()
        self.scope = state.scope()
        self.database = state.database()
        self.store = state.rosters()
        self.drafts = FormDrafts(self.database, self.scope)
        self.roster = self.store.open_draft(self.scope, business.id, source)
        context = self.session.check_context()
        strict = state.profile.local_database
        self.people = LocalPeople(state.depositors(), self.scope.unit_account, strict=strict)
        self.service = RosterService(self.store, self.roster, business, context, state.profile, self.people)
        self.take_back_failed()

    # ---- the unit's facts ------------------------------------------------------------------------

    @property
    def _facts_name(self) -> str:
        return f"checked with {self.service.roster_id}"

    @property
    def stale(self) -> bool:
        """Whether rows were checked with other facts (day, month, limits, ratios) than today's."""
        kept = Settings(self.database).get(self._facts_name)
        return kept != facts_of(self.service.context) and self.store.count(self.service.roster_id) > 0

    def recheck(self, progress: Callable[[int], None] | None = None, *, keep: str = "") -> None:
        """Check every row with the facts at hand; findings with the code `keep` stay."""
        self.people.forget()
        self.service.recheck(progress, keep=keep)
        Settings(self.database).put(self._facts_name, facts_of(self.service.context))

    def ask_facts(self) -> None:
        """Ask the center for the unit's facts. Raises ClientError; the known ones are good then."""
        try:
            self.session.refresh_context()
        finally:
            context = self.session.check_context(chosen_ratio=self.service.context.chosen_ratio)
            self.service.context = context

    def revision(self) -> int:
        """The roster's revision: it grows with every change of a row."""
        return self.store.roster(self.service.roster_id).revision

    # ---- what the center says --------------------------------------------------------------------

    def dry_run(self, row_ids: Sequence[int]) -> list[tuple[StoredRow, Finding]]:
        """Have the center check good draft rows; what it finds is stored with them. Raises ClientError."""
        from domain.wire import CheckRequest

        found: list[tuple[StoredRow, Finding]] = []
        rows = [row for row_id in row_ids if (row := self.store.row(row_id)) is not None]
        rows = [row for row in rows if row.state == "draft" and not row.bad]
        for start in range(0, len(rows), DRY_RUN):
            part = rows[start : start + DRY_RUN]
            source: Literal["single", "file"] = (
                "file" if any(row.source == "file" for row in part) else "single"
            )
            request = CheckRequest(
                business=self.business.id, source=source, rows=[self._sent(row) for row in part]
            )
            told = self.session.client.check(self.scope.unit_account, request).findings
            for place, row in enumerate(part, 1):
                own = [finding.finding() for finding in told if finding.row == place]
                found += [(row, finding) for finding in self._keep(row, own)]
        return found

    def dry_run_all(self, progress: Callable[[int], None], stopped: Callable[[], bool]) -> int:
        """Have the center check every good row; returns how many it found faulty. Raises ClientError."""
        total, start = 0, 0
        while not stopped():
            page = self.store.window(self.service.roster_id, start, DRY_RUN)
            if not page:
                break
            start += len(page)
            total += len({row.row_id for row, _ in self.dry_run([row.row_id for row in page])})
            progress(start)
        return total

    def _sent(self, row: StoredRow) -> dict[str, str]:
        serial = {column.key for column in self.business.columns if column.kind is Kind.SERIAL}
        return {key: text for key, text in row.checked.items() if text and key not in serial}

    def _keep(self, row: StoredRow, told: Sequence[Finding]) -> tuple[Finding, ...]:
        """Store what the center found wrong or different with a row that has not changed meanwhile."""
        telling = [one for one in told if one.is_error or one.code == OVERRULED]
        new = [finding for finding in telling if finding not in row.findings]
        if not new or not self.store.add_findings(row.row_id, row.typed, new):
            return ()
        return tuple(new)

    def take_back_failed(self) -> int:
        """Bring rows the center did not carry out back into the roster, with its reasons."""
        outbox = OutboxStore(self.database)
        answered = outbox.with_failed(self.scope, self.business.id, self.roster.source)
        return sum(outbox.reopen_failed(submission_id, self.roster.roster_id) for submission_id in answered)


def month_text(context: CheckContext) -> str:
    """The business month, as the line of facts begins."""
    return f"业务年月 {context.month}"


def facts_line(context: CheckContext, base_title: str, hours: str = "") -> str:
    """The unit's facts in one line: business month, ratio, limits of the base, hours.

    A business without a base ("" for its title) needs neither ratio nor limits, but the month paid up to.
    """
    parts = [month_text(context)]
    if not base_title:
        parts += [f"缴至 {context.unit.paid_through}"] if context.unit.paid_through else []
        return "  ".join([*parts, f"受理 {hours}"] if hours else parts)
    pair = context.chosen_ratio or context.unit.ratio
    if context.unit.unified_ratio or context.chosen_ratio is not None:
        parts.append(f"比例 单位{format_ratio(pair.unit)}% 个人{format_ratio(pair.person)}%")
    else:
        parts.append("比例 逐人录入")
    limits = context.limits
    if limits is not None:
        parts.append(f"{base_title} {short_yuan(limits.base_min)}～{short_yuan(limits.base_max)}")
    else:
        parts.append("基数上下限未公布")
    if hours:
        parts.append(f"受理 {hours}")
    return "  ".join(parts)


def short_yuan(fen: int) -> str:
    """元 of a limit in 分, without 分 where there are none."""
    return f"{fen // 100}" if fen % 100 == 0 else f"{fen // 100}.{fen % 100:02}"
