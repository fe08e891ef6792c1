"""One roster of one business: the declaration's rules applied to stored rows, up to the frozen submission.

`add`, `edit`, `preview`, `delete` and `findings` touch single rows; `import_rows`, `recheck`, `choose_ratio`
and `freeze` go over many and belong into a worker.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from client.errors import RosterError
from client.store.rosters import RosterStore
from client.store.rows import Change, Frozen, NewRow, Roster, StoredRow, Undone
from domain.business import (
    Business,
    CheckContext,
    Kind,
    RatioPair,
    RowCheck,
    Source,
    Totals,
    entered_values,
)
from domain.canonical import CanonicalError, canonical_json
from domain.findings import Finding
from domain.money import format_yuan

if TYPE_CHECKING:
    from domain.profile import Profile
    from domain.wire import AttachmentRef

T = TypeVar("T")

Which = Literal["selected", "all"]
"""What is submitted; a single row is named by its id instead."""

PeopleSource = Callable[[CheckContext, Business, Sequence[Mapping[str, str]]], CheckContext]
"""Adds to a context what is known of the people of some rows; may read the local store."""

MAX_ROWS = 100_000
PAGE = 500
"""Rows frozen together."""

MANY = 1000
"""From so many rows on, deleting them all is not a matter of single rows."""


class RosterService:
    """A roster under one center's rules. Raises RosterError and StoreError with one sentence each."""

    def __init__(
        self,
        store: RosterStore,
        roster: Roster,
        business: Business,
        context: CheckContext,
        profile: Profile,
        people: PeopleSource | None = None,
    ) -> None:
        """Work on `roster`; a ratio pair chosen for it earlier counts again (O-03).

        `people` tells what this computer knows of the unit's people; without it the center alone knows.
        """
        self.store = store
        self.roster_id = roster.roster_id
        self.business = business
        self.profile = profile
        chosen = roster.header.get("ratio")
        self.context = replace(context, chosen_ratio=RatioPair(*chosen)) if chosen else context
        self.queue = profile.queue_of(business.id)
        self.people = people

    # ---- single rows -------------------------------------------------------------------------------

    def add(self, typed: Mapping[str, str], *, at: int | None = None) -> StoredRow:
        """Put a typed row into the roster at position `at` (None: at the end), faulty or not."""
        entered = entered_values(self.business, typed)
        return self.store.insert(self.roster_id, self._judge(entered, Source.SINGLE), at)

    def open_row(self, at: int | None = None) -> StoredRow:
        """Open an empty row at position `at` (None: at the end); `withdraw` it when it stays empty."""
        return self.store.open_row(self.roster_id, at)

    def withdraw(self, row_id: int) -> None:
        """Take back a row that was just put in or opened, as if it had never been."""
        self.store.withdraw(self.roster_id, row_id)

    def edit(self, row_id: int, changes: Mapping[str, str], *, join: bool = False) -> StoredRow:
        """Change cells of a row and check it anew; the other cells stay as typed.

        With `join` the change is undone together with the insertion of its row, where that was the last step.
        """
        return self.store.update(row_id, self._edited(self._row(row_id), changes), join=join)

    def _edited(self, row: StoredRow, changes: Mapping[str, str]) -> NewRow:
        typed = entered_values(self.business, {**row.typed, **changes})
        new = self._judge(typed, Source(row.source))
        change: Change = "new" if row.change == "new" else "changed"
        return replace(new, sheet_row=row.sheet_row, change=change)

    def preview(self, typed: Mapping[str, str]) -> Mapping[str, str]:
        """Computed columns of a row that is still being typed (W-09)."""
        return self.business.preview(typed, self.facts(Source.SINGLE, [typed]))

    def check(self, typed: Mapping[str, str]) -> RowCheck:
        """Check a typed row without storing it."""
        return self.business.check_row(typed, self.facts(Source.SINGLE, [typed]))

    def with_people(self, context: CheckContext, rows: Sequence[Mapping[str, str]]) -> CheckContext:
        """A context with what this computer knows of the people of some rows."""
        return context if self.people is None else self.people(context, self.business, rows)

    def facts(self, source: Source, rows: Sequence[Mapping[str, str]]) -> CheckContext:
        """The context for rows of a source, with what this computer knows of their people."""
        return self.with_people(self.context.for_source(source), rows)

    def findings(self, row: StoredRow, first: str = "") -> tuple[Finding, ...]:
        """All findings of a stored row, the one about duplicates included (O-16, V-18).

        `first` is what the row it repeats is called, if not by its number in the roster.
        """
        if row.duplicate_of is None:
            return row.findings
        return (*row.findings, self.business.duplicate(first or f"第{row.duplicate_of + 1}条"))

    def delete(self, row_ids: Sequence[int]) -> int:
        """Delete rows as the center allows: some only one or all of them (W-04, V-25). Returns how many."""
        wanted = len(set(row_ids))
        limited = self.queue.delete_mode == "one_or_all" and wanted > 1
        drafts = self.store.totals(self.roster_id).draft
        if wanted >= MANY and wanted == drafts:
            return self.store.clear(self.roster_id)
        if limited and wanted < drafts:
            raise RosterError("操作无效：只能删除一条或全部记录，请重新选择。", code="roster.delete")
        return self.store.delete(row_ids)

    # ---- undo --------------------------------------------------------------------------------------

    def undo(self) -> Undone | None:
        """Undo the last step; None when there is none. For a worker."""
        return self._checked(self.store.undo(self.roster_id))

    def redo(self) -> Undone | None:
        """Redo the step undone last; None when there is none. For a worker."""
        return self._checked(self.store.redo(self.roster_id))

    def _checked(self, done: Undone | None) -> Undone | None:
        """Check rows that were judged by facts of another day."""
        if done is not None and done.row_ids:
            self.store.rewrite_rows(self.roster_id, done.row_ids, lambda rows: self._again(rows, ""))
        elif done is not None and done.stale:
            self.recheck()
        return done

    def _row(self, row_id: int) -> StoredRow:
        row = self.store.row(row_id)
        if row is None:
            raise RosterError("这条记录已经不在了，请刷新后重试。", code="roster.gone")
        return row

    # ---- many rows ---------------------------------------------------------------------------------

    def import_rows(
        self,
        rows: Iterable[tuple[int, Mapping[str, str], RowCheck]],
        *,
        source: Source = Source.FILE,
        anew: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> int:
        """Append checked rows of a workbook or of a paste, all or none; one step of undo.

        A row is (row number there, texts as read, check); `source` says how the center is to judge it. With
        `anew` they take the place of all draft rows (I-08).
        """
        return self.store.bulk_insert(
            self.roster_id,
            (self._new(typed, check, source, number) for number, typed, check in rows),
            replace=anew,
            progress=progress,
        )

    def fill_column(self, column: str, cells: Iterable[tuple[int, str]]) -> int:
        """Change one column of many rows, given as (row id, text), and check them anew. All or none."""
        return self.store.update_many(
            [(row_id, self._edited(self._row(row_id), {column: text})) for row_id, text in cells]
        )

    def recheck(self, progress: Callable[[int], None] | None = None, *, keep: str = "") -> None:
        """Check every row against today's context (W-03); findings with the code `keep` stay."""
        self.store.rewrite(self.roster_id, lambda rows: self._again(rows, keep), progress=progress)

    def choose_ratio(self, pair: RatioPair, progress: Callable[[int], None] | None = None) -> None:
        """Choose the ratio pair of the whole roster (O-03) and check every row with it."""
        self.store.set_header(self.roster_id, {"ratio": [pair.unit, pair.person]})
        self.context = replace(self.context, chosen_ratio=pair)
        self.recheck(progress)

    def _again(self, rows: Sequence[StoredRow], keep: str) -> list[NewRow]:
        """Check stored rows anew; the people of all of them are looked up together."""
        sources = {row.source for row in rows}
        contexts = {
            name: self.facts(Source(name), [row.typed for row in rows if row.source == name])
            for name in sources
        }
        again = []
        for row in rows:
            check = self.business.check_row(row.typed, contexts[row.source])
            new = self._new(row.typed, check, Source(row.source), row.sheet_row, change=row.change)
            kept = [finding for finding in row.findings if finding.code == keep] if keep else None
            again.append(replace(new, findings=[*new.findings, *kept]) if kept else new)
        return again

    def _judge(self, typed: Mapping[str, str], source: Source) -> NewRow:
        check = self.business.check_row(typed, self.facts(source, [typed]))
        return self._new(typed, check, source)

    def _new(
        self,
        typed: Mapping[str, str],
        check: RowCheck,
        source: Source,
        sheet_row: int = 0,
        *,
        change: Change = "new",
    ) -> NewRow:
        person = self.business.duplicate_key(check.values)
        values, findings = check.values, check.findings
        kept = {key: values[key] for key in self.business.CHOSEN if values.get(key)}
        typed = {**typed, **kept} if kept else typed
        return NewRow(typed, values, findings, check.amount, person, source.value, sheet_row, change)

    # ---- submission --------------------------------------------------------------------------------

    def totals(self, which: Which | int) -> Totals:
        """What a submission would come to (O-08): people and sum of monthly deposits in 分."""
        sums = self.store.totals(self.roster_id)
        if which == "all":
            return Totals(sums.good, sums.amount)
        if which == "selected":
            return Totals(sums.selected_good, sums.selected_amount)
        row = self._row(which)
        return Totals(1, row.amount) if _is_good(row) else Totals(0, 0)

    def freeze(
        self,
        which: Which | int,
        *,
        expected: Totals | None = None,
        attachments: Sequence[AttachmentRef] = (),
        remark: str = "",
    ) -> Frozen:
        """Check the rows once more and freeze them into the bytes of a submission with a new id.

        `expected` is what the person confirmed. RosterError: roster.scope, roster.empty, roster.errors,
        roster.changed, roster.loading, roster.too_many. For a worker.
        """
        self._allow(which)
        self._refuse_faulty(which)
        self.recheck()
        head = self.store.roster(self.roster_id)
        if head.loading:
            raise RosterError("文件还在导入，请等导入完成后再提交。", code="roster.loading")
        sending, rows = _Sending(self.business), self._chosen(which)
        while part := list(islice(rows, PAGE)):
            sending.add(part)
        self._refuse_faulty(which)
        count, amount = len(sending.row_ids), sending.amount
        if expected is not None and expected != Totals(count, amount):
            now = f"{count}{self.business.rules.counted}、{format_yuan(amount)}元"
            text = f"清册合计已变为{now}，与确认时不同，请刷新核对后重新确认。"
            raise RosterError(text, code="roster.changed")
        return Frozen(
            submission_id=str(uuid.uuid4()),
            roster_id=self.roster_id,
            revision=head.revision,
            business=self.business.id,
            source=sending.source,
            body=sending.body(self.profile.name, attachments, remark),
            row_ids=tuple(sending.row_ids),
            count=count,
            amount=amount,
        )

    def _allow(self, which: Which | int) -> None:
        """Submit what the center's queue allows (profile parameter 45)."""
        scope = self.queue.submit_scope
        good = which == scope or (scope == "one_or_all" and which != "selected")
        if not good:
            text = {
                "selected": "请先勾选要提交的记录，再提交。",
                "all": "本中心的清册须全部提交，不能只提交一部分。",
                "one_or_all": "只能提交一条或全部记录，请重新选择。",
            }[scope]
            raise RosterError(text, code="roster.scope")

    def _refuse_faulty(self, which: Which | int) -> None:
        """Nothing faulty is sent, and nothing at all when there is nothing."""
        sums = self.store.totals(self.roster_id)
        if which == "all":
            bad, good = sums.bad, sums.good
        elif which == "selected":
            good = sums.selected_good
            bad = sum(row.bad for row in self._chosen(which)) if sums.selected != good else 0
        else:
            row = self._row(which)
            bad, good = int(row.bad), int(_is_good(row))
        if bad:
            text = f"还有{bad}条记录有错误，请改正或删除后再提交。"
            raise RosterError(text, code="roster.errors")
        if not good:
            text = (
                "请先勾选要提交的记录，再提交。"
                if which == "selected"
                else "清册中没有可以提交的记录，请先录入。"
            )
            raise RosterError(text, code="roster.empty")
        if good > MAX_ROWS:
            raise RosterError(f"一次最多提交{MAX_ROWS}条，请分批提交。", code="roster.too_many")

    def _chosen(self, which: Which | int) -> Iterator[StoredRow]:
        rows = self.store.rows(self.roster_id) if isinstance(which, str) else iter([self._row(which)])
        for row in rows:
            mine = row.state == "draft" and row.change != "deleted" and not row.opened
            if mine and (which != "selected" or row.selected):
                yield row


def _is_good(row: StoredRow) -> bool:
    """Whether a single row can be sent."""
    return row.state == "draft" and not row.bad and not row.opened


class _Sending:
    """The rows of one submission in its canonical bytes, page by page; they are never held as a whole."""

    def __init__(self, business: Business) -> None:
        self._business = business.id
        self._unsent = {column.key for column in business.columns if column.kind is Kind.SERIAL}
        self._pieces: list[bytes] = []
        self._first: dict[str, str] = {}
        self.row_ids: list[int] = []
        self.amount = 0
        self.source: Literal["single", "file"] = "single"

    def add(self, rows: Sequence[StoredRow]) -> None:
        """Take the next rows, at least one. Raises RosterError for what the contract does not let through."""
        from domain.wire import ROWS

        sent = [
            {key: text for key, text in row.checked.items() if text and key not in self._unsent}
            for row in rows
        ]
        self._pieces.append(_kept(lambda: canonical_json(ROWS.validate_python(sent, strict=True)))[1:-1])
        self._first = self._first or sent[0]
        self.row_ids += [row.row_id for row in rows]
        self.amount += sum(row.amount for row in rows)
        if any(row.source == "file" for row in rows):
            self.source = "file"

    def body(self, profile: str, attachments: Sequence[AttachmentRef], remark: str) -> bytes:
        """The canonical bytes of the whole request."""
        from domain.wire import SubmissionRequest, dump

        request: dict[str, Any] = {
            "business": self._business,
            "profile": profile,
            "source": self.source,
            "rows": [self._first],
            "totals": {"count": len(self.row_ids), "amount": format_yuan(self.amount)},
            "attachments": [dump(attachment) for attachment in attachments],
            "remark": remark,
        }
        _kept(lambda: SubmissionRequest.model_validate(request))
        head, mark, tail = _kept(lambda: canonical_json(request | {"rows": []})).partition(NO_ROWS)
        assert mark, "a request has rows"
        return b"".join([head, mark[:-1], b",".join(self._pieces), b"]", tail])


NO_ROWS = b'"rows":[]'
"""Where the rows go; inside a text its quotes would be escaped."""


def _kept(make: Callable[[], T]) -> T:
    """What is made of rows that keep the contract."""
    from pydantic import ValidationError

    try:
        return make()
    except (ValidationError, CanonicalError):
        text = "清册中有内容过长或含有不能传送的字符，请改正后再提交。"
    raise RosterError(text, code="roster.errors")
