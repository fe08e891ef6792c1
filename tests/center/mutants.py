"""Seeded bugs of the ledger and of taking submissions, each with the test that has to catch it.

A mutant is an edit of a function's source, put in place of its code, so that whoever imported the function
runs the mutant too. An edit that no longer fits its function fails loudly.
"""

from __future__ import annotations

import inspect
import textwrap
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event, insert

from center import submissions
from center.deps import UnitScope
from center.ledger import moving, post
from center.store import bulk
from center.store.engine import Store
from center.store.tables import submission
from tests.center import test_ledger, test_money_races, test_moves

Patch = pytest.MonkeyPatch
PAUSE = "__import__('time').sleep(0.05)"
"""What makes a race out of a missing lock on a quick machine too."""


def edit(patch: Patch, function: Any, old: str, new: str, times: int = 1) -> None:
    """Put `new` in the place of `old`, which stands `times` times in a function's source."""
    edit_all(patch, function, [(old, new)], times)


def edit_all(patch: Patch, function: Any, edits: Sequence[tuple[str, str]], times: int = 1) -> None:
    """Put new texts in the place of old ones, each of which stands `times` times in a function's source."""
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in edits:
        assert source.count(old) == times, f"{function.__name__} has changed: {old!r}"
        source = source.replace(old, new)
    code: dict[str, Any] = {}
    marked = "from __future__ import annotations\n" + source
    exec(compile(marked, inspect.getfile(function), "exec"), function.__globals__, code)
    patch.setattr(function, "__code__", code[function.__name__].__code__)


@dataclass(frozen=True)
class Mutant:
    """A bug and its test. `on` says what the test wants: "store" (books on SQLite), "centers" (a maker of
    centers on SQLite) or "races" (a center on PostgreSQL, for many threads). `raises` is what the test ends
    with where the bug itself raises and no assertion comes to fail."""

    name: str
    caught_by: Callable[..., None]
    make: Callable[[Patch, Store], None]
    on: str = "store"
    arguments: tuple[Any, ...] = ()
    raises: type[Exception] | None = None


# ---- the mutants ---------------------------------------------------------------------------------------


def _no_lock_on_the_head(patch: Patch, _: Store) -> None:
    slowly = ("    number = ", f"    {PAUSE}\n    number = ")
    edit_all(patch, post.post, [(".with_for_update()", ""), slowly])


def _funds_are_looked_at_before_the_lock(patch: Patch, store: Store) -> None:
    """Check, then act; and no constraint behind it that would stop it."""
    head = "    head = conn.execute("
    first = (head, f"    _require_funds(conn, _effect(entry, moves, 0, 0))\n    {PAUSE}\n{head}")
    edit_all(patch, post.post, [("    _require_funds(conn, effect)\n", ""), first])
    _no_constraints(store)


def _no_constraints(store: Store) -> None:
    """Take the constraints away that refuse balances below zero."""
    if store.is_sqlite:

        def ignore(connection: Any, *_: object) -> None:
            connection.execute("PRAGMA ignore_check_constraints = ON")

        event.listen(store.engine, "checkout", ignore)
        return
    with store.write() as conn:
        conn.exec_driver_sql("ALTER TABLE pool DROP CONSTRAINT ck_pool_balance")


def _overdraft_is_let_through(patch: Patch, store: Store) -> None:
    edit(patch, post._require_funds, "< 0:", "< -(10**18):", times=2)
    _no_constraints(store)


def _any_unit_will_do(patch: Patch, _: Store) -> None:
    edit(patch, post._require_people, ", account.c.unit_account == unit_account)", ")")


def _closed_accounts_move(patch: Patch, _: Store) -> None:
    edit(patch, post._require_people, "~account.c.gone, ", "")


def _amounts_may_be_floats(patch: Patch, _: Store) -> None:
    edit(patch, post._effect, "type(amount) is not int or ", "")


def _ids_are_made_anew(patch: Patch, _: Store) -> None:
    edit(patch, post.transfer_id, "{source}:", "{source}:{__import__('uuid').uuid4()}:")


def _reversed_as_often_as_you_like(patch: Patch, _: Store) -> None:
    edit(
        patch,
        post.reverse,
        "if old.reverses is not None or conn.execute(known).first() is not None:",
        "if False:",
    )


def _balances_are_set_and_not_added_to(patch: Patch, _: Store) -> None:
    patch.setattr(post, "update_rows", bulk.update_rows, raising=False)
    edit(patch, post._apply, 'add_to_rows(conn, pool, "code"', 'update_rows(conn, pool, "code"')


def _holdings_forget_what_was_there(patch: Patch, _: Store) -> None:
    patch.setattr(post, "update_rows", bulk.update_rows, raising=False)
    edit(patch, post._apply, "add_to_rows(conn, holding,", "update_rows(conn, holding,")


def _chained_to_the_beginning(patch: Patch, _: Store) -> None:
    edit(patch, post.post, "_line(entry, number, head.chain, effect)", "_line(entry, number, START, effect)")


def _the_last_transfer_is_not_digested(patch: Patch, _: Store) -> None:
    edit(patch, post._line, "for row in effect.rows)", "for row in effect.rows[:-1])")


def _half_a_transfer(patch: Patch, _: Store) -> None:
    """What leaves a unit does not come to the other one."""
    edit(patch, moving.move_money, "coming[one.new_unit].append(into)", "pass")


def _interest_and_allocations_go_to_the_other_part(patch: Patch, _: Store) -> None:
    edit(patch, post._effect, "parts[codes.part_of(credit)] += amount", "parts[0] += amount")


def _submissions_do_not_lock_their_unit(patch: Patch, _: Store) -> None:
    edit(patch, submissions.submit, "lock_units(conn, [scope.unit_account, *units])", PAUSE)


def _the_record_is_written_after_the_commit(patch: Patch, _: Store) -> None:
    """The submission's row, by which a repetition is known, comes in a transaction of its own."""
    later, second, kept = threading.local(), threading.Event(), list[str]()

    def keep(values: dict[str, Any]) -> None:
        later.values = values
        kept.append(values["submission_id"])
        if len(kept) > 1:
            second.set()

    def write(scope: UnitScope) -> None:
        values = later.__dict__.pop("values", None)
        if values is not None:
            second.wait(10)  # for somebody who does not see the first one
            scope.store.run(lambda conn: conn.execute(insert(submission).values(values)))

    patch.setattr(submissions, "_keep", keep, raising=False)
    patch.setattr(submissions, "_write", write, raising=False)
    stored = "self.conn.execute(insert(submission).values(values))"
    edit(patch, submissions._Taking._store, stored, "_keep(values)")
    run = "reply = scope.store.run(work)"
    edit(patch, submissions.submit, run, f"{run}\n    _write(scope)")


MUTANTS = (
    Mutant("no lock on the head", test_money_races.test_without_the_lock_of_the_unit_the_books_alone_hold,
           _no_lock_on_the_head, "races"),
    Mutant("check, then act", test_money_races.test_without_the_lock_of_the_unit_the_books_alone_hold,
           _funds_are_looked_at_before_the_lock, "races"),
    Mutant("no lock on the unit", test_money_races.test_one_submission_sent_by_many_at_once_moves_money_once,
           _submissions_do_not_lock_their_unit, "races"),
    Mutant("record after the commit",
           test_money_races.test_one_submission_sent_by_many_at_once_moves_money_once,
           _the_record_is_written_after_the_commit, "races"),
    Mutant("overdraft", test_ledger.test_more_than_there_is_is_refused, _overdraft_is_let_through),
    Mutant("no unit filter", test_ledger.test_an_account_of_another_unit_or_of_none_is_refused,
           _any_unit_will_do),
    Mutant("closed account", test_ledger.test_a_closed_account_never_moves, _closed_accounts_move),
    Mutant("float", test_ledger.test_what_is_no_amount_is_refused, _amounts_may_be_floats, "store", (1.0,),
           TypeError),
    Mutant("id anew", test_ledger.test_nothing_is_booked_twice, _ids_are_made_anew),
    Mutant("reversed twice", test_ledger.test_a_reversal_is_the_mirror_and_happens_once,
           _reversed_as_often_as_you_like),
    Mutant("pool set", test_ledger.test_a_receipt_and_its_allocation, _balances_are_set_and_not_added_to,
           raises=post.LedgerError),
    Mutant("holding set", test_ledger.test_what_is_paid_again_is_added, _holdings_forget_what_was_there),
    Mutant("wrong previous", test_ledger.test_the_chain_links_every_entry, _chained_to_the_beginning),
    Mutant("digest too short", test_ledger.test_the_chain_links_every_entry,
           _the_last_transfer_is_not_digested),
    Mutant("wrong part", test_ledger.test_a_receipt_and_its_allocation,
           _interest_and_allocations_go_to_the_other_part),
    Mutant("half a transfer", test_moves.test_an_account_goes_out_at_once_and_both_units_know,
           _half_a_transfer, "centers"),
)  # fmt: skip
