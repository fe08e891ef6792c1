"""Rosters in the local store behave as a plain list would, at any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event

from client.errors import RosterError
from client.store import order
from client.store.changes import _BULK
from client.store.database import Database
from client.store.rosters import RosterStore
from client.store.rows import NewRow, Scope
from domain.findings import Finding, Severity

SCOPE = Scope("baishan", "test", "100001", "li")
BAD = Finding("base.format", "base", "缴存基数写错了。")
WARNING = Finding("id.area", "id_number", "请核对。", Severity.WARNING)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> RosterStore:
    return RosterStore(database)


@pytest.fixture
def roster(store: RosterStore) -> int:
    return store.create(SCOPE, "open")


def a_row(name: str, *, amount: int = 100, bad: bool = False, person: str = "") -> NewRow:
    findings = (BAD,) if bad else (WARNING,)
    return NewRow({"name": name}, {"name": name, "total_amount": "1.00"}, findings, amount, person)


def names(store: RosterStore, roster: int, start: int = 0, count: int = 1000) -> list[str]:
    return [row.typed["name"] for row in store.window(roster, start, count)]


# ---- single rows -----------------------------------------------------------------------------------


def test_rows_stand_where_they_were_put(store: RosterStore, roster: int) -> None:
    for name in "acd":
        store.insert(roster, a_row(name))
    assert store.insert(roster, a_row("b"), at=1).index == 1
    assert store.insert(roster, a_row("0"), at=0).index == 0
    assert store.insert(roster, a_row("e"), at=99).index == 5
    assert names(store, roster) == ["0", "a", "b", "c", "d", "e"]
    assert names(store, roster, 2, 2) == ["b", "c"]
    assert names(store, roster, 6, 2) == []


def test_what_was_typed_comes_back_to_the_character(store: RosterStore, roster: int) -> None:
    typed = {"name": "欧阳\udc81·阿\x1b]0;x\x07 ", "base": "８０００", "id_number": "𠮷\x00", "空": ""}
    row = store.insert(roster, NewRow(typed, person="\udc81x"))
    found = store.row(row.row_id)
    assert found is not None
    assert dict(found.typed) == typed


def test_findings_amounts_and_results_come_back(store: RosterStore, roster: int) -> None:
    row = store.insert(roster, NewRow({"name": "a"}, {"name": "A"}, (BAD, WARNING), 7, "p", "file", 12))
    assert row.findings == (BAD, WARNING)
    assert (row.amount, row.person, row.source, row.sheet_row, row.change) == (7, "p", "file", 12, "new")
    assert row.bad
    assert row.checked == {"name": "A"}


def test_the_second_row_of_a_person_names_the_first(store: RosterStore, roster: int) -> None:
    ids = [store.insert(roster, a_row(name, person="p")).row_id for name in "abc"]
    assert [row.duplicate_of for row in store.window(roster, 0, 9)] == [None, 0, 0]
    store.insert(roster, a_row("first", person="p"), at=0)
    assert [row.duplicate_of for row in store.window(roster, 0, 9)] == [None, 0, 0, 0]
    store.delete([store.window(roster, 0, 1)[0].row_id, ids[0]])
    assert [row.duplicate_of for row in store.window(roster, 0, 9)] == [None, 0]
    store.update(ids[1], a_row("b", person="other"))
    assert [row.duplicate_of for row in store.window(roster, 0, 9)] == [None, None]
    assert store.totals(roster).good == 2


def test_totals_count_what_can_be_submitted(store: RosterStore, roster: int) -> None:
    ids = [store.insert(roster, a_row(str(n), amount=10 * n, bad=n == 2)).row_id for n in range(4)]
    found = store.totals(roster)
    assert (found.count, found.bad, found.good, found.amount) == (4, 1, 3, 40)
    store.select(ids[:3], True)
    found = store.totals(roster)
    assert (found.selected, found.selected_good, found.selected_amount) == (3, 2, 10)
    store.select_all(roster, True)
    store.select(ids[:1], False)
    found = store.totals(roster)
    assert (found.selected, found.selected_good, found.selected_amount) == (3, 2, 40)
    assert store.selected_ids(roster) == ids[1:]
    later = [store.insert(roster, a_row("9")).row_id]
    store.bulk_insert(roster, [a_row("10"), a_row("11")])
    assert store.selected_ids(roster) == ids[1:], "a row that comes later is not ticked"
    store.select(later, True)
    assert store.selected_ids(roster) == [*ids[1:], *later]
    store.select_all(roster, False)
    assert store.totals(roster).selected == 0


def test_the_next_faulty_cell_is_found_and_the_search_wraps(store: RosterStore, roster: int) -> None:
    columns = ["name", "id_number", "base"]
    assert store.next_error(roster, 0, "", columns) is None
    store.bulk_insert(roster, (a_row(str(n), bad=n in (3, 700)) for n in range(1000)))
    assert store.next_error(roster, 0, "", columns) == (3, "base")
    assert store.next_error(roster, 3, "name", columns) == (3, "base")
    assert store.next_error(roster, 3, "base", columns) == (700, "base")
    assert store.next_error(roster, 700, "base", columns) == (3, "base")
    store.delete([store.window(roster, 3, 1)[0].row_id])
    assert store.next_error(roster, 699, "base", columns) == (699, "base")


def test_a_duplicate_is_a_faulty_cell_of_the_number(store: RosterStore, roster: int) -> None:
    store.insert(roster, a_row("a", person="p"))
    store.insert(roster, a_row("b", person="p"))
    assert store.next_error(roster, 0, "", ["name", "id_number"]) == (1, "id_number")


def test_a_vanished_row_or_roster_is_told_in_one_sentence(store: RosterStore, roster: int) -> None:
    row = store.insert(roster, a_row("a"))
    assert store.delete([row.row_id]) == 1
    with pytest.raises(RosterError) as gone:
        store.update(row.row_id, a_row("b"))
    assert gone.value.code == "roster.gone"
    assert gone.value.sentence == "这条记录已经不在了，请刷新后重试。"
    with pytest.raises(RosterError):
        store.roster(roster + 1)


def test_a_roster_is_found_again_by_its_scope(store: RosterStore, roster: int) -> None:
    assert store.open_draft(SCOPE, "open").roster_id == roster
    assert store.open_draft(SCOPE, "open", "file").roster_id != roster
    other = Scope("baishan", "test", "100002", "li")
    assert store.open_draft(other, "open").roster_id not in (roster, 0)
    store.set_header(roster, {"ratio": [1000, 1000]})
    assert store.roster(roster).header == {"ratio": [1000, 1000]}
    assert [found.roster_id for found in store.rosters(SCOPE, "open")][-1] == roster


def test_every_change_raises_the_revision(store: RosterStore, roster: int) -> None:
    seen = [store.roster(roster).revision]
    row = store.insert(roster, a_row("a"))
    seen.append(store.roster(roster).revision)
    store.update(row.row_id, a_row("b"))
    seen.append(store.roster(roster).revision)
    store.delete([row.row_id])
    seen.append(store.roster(roster).revision)
    assert seen == sorted(set(seen))


# ---- in bulk ---------------------------------------------------------------------------------------


def test_a_broken_import_leaves_nothing(store: RosterStore, roster: int) -> None:
    store.insert(roster, a_row("kept", person="p1"))

    def rows() -> Iterator[NewRow]:
        for number in range(2500):
            yield a_row(str(number), person=f"p{number}")
        raise ValueError("the file ends here")

    with pytest.raises(ValueError, match="ends here"):
        store.bulk_insert(roster, rows())
    assert names(store, roster) == ["kept"]
    assert store.totals(roster).good == 1


def test_duplicates_within_an_import_and_with_rows_before_it(store: RosterStore, roster: int) -> None:
    store.insert(roster, a_row("kept", person="p7"))
    told: list[int] = []
    rows = (a_row(str(n), person=f"p{n % 1500}") for n in range(2000))
    assert store.bulk_insert(roster, rows, progress=told.append, chunk=500) == 2000
    assert told == [500, 1000, 1500, 2000]
    first = store.window(roster, 8, 1)[0]
    assert (first.typed["name"], first.duplicate_of) == ("7", 0)
    assert store.totals(roster).bad == 501
    assert store.clear(roster) == 2001
    assert store.totals(roster).count == 0


def test_all_rows_are_judged_anew(store: RosterStore, roster: int) -> None:
    store.bulk_insert(roster, (a_row(str(n)) for n in range(1200)))
    changed = store.rewrite(
        roster, lambda rows: [a_row("x", bad=int(row.typed["name"]) % 2 == 0, amount=5) for row in rows]
    )
    assert changed == 1200
    found = store.totals(roster)
    assert (found.bad, found.good, found.amount) == (600, 600, 3000)
    assert names(store, roster, 0, 2) == ["0", "1"]


# ---- against a list --------------------------------------------------------------------------------


@dataclass
class Model:
    name: str
    amount: int
    bad: bool
    person: str
    picked: bool = False


class RosterMachine(RuleBasedStateMachine):
    """Any sequence of changes leaves the store equal to a list."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.model: list[Model] = []
        self.store = RosterStore(database)
        self.roster = self.store.create(SCOPE, "open")
        self.number = 0

    def make(self, bad: bool, person: str) -> tuple[NewRow, Model]:
        self.number += 1
        name = str(self.number)
        row = a_row(name, amount=self.number, bad=bad, person=person)
        return row, Model(name, self.number, bad, person, picked=False)

    @rule(
        at=st.floats(0, 1),
        bad=st.booleans(),
        person=st.sampled_from(["", "p", "q"]),
        often=st.integers(1, 90),
    )
    def put(self, at: float, bad: bool, person: str, often: int) -> None:
        index = int(at * len(self.model))
        for _ in range(often if not person else 1):
            row, model = self.make(bad, person)
            assert self.store.insert(self.roster, row, at=index).index == index
            self.model.insert(index, model)

    @rule(rows=st.lists(st.tuples(st.booleans(), st.sampled_from(["", "p", "q", "r"])), max_size=40))
    def append(self, rows: list[tuple[bool, str]]) -> None:
        made = [self.make(bad, person) for bad, person in rows]
        self.store.bulk_insert(self.roster, (row for row, _ in made), chunk=16)
        self.model += [model for _, model in made]

    @precondition(lambda self: bool(self.model))
    @rule(at=st.floats(0, 0.999), bad=st.booleans(), person=st.sampled_from(["", "p", "s"]))
    def change(self, at: float, bad: bool, person: str) -> None:
        index = int(at * len(self.model))
        row, model = self.make(bad, person)
        self.store.update(self.store.window(self.roster, index, 1)[0].row_id, row)
        model.picked = self.model[index].picked
        self.model[index] = model

    @precondition(lambda self: bool(self.model))
    @rule(at=st.floats(0, 0.999), many=st.integers(1, 30))
    def remove(self, at: float, many: int) -> None:
        index = int(at * len(self.model))
        rows = self.store.window(self.roster, index, many)
        assert self.store.delete([row.row_id for row in rows]) == len(rows)
        del self.model[index : index + many]

    @precondition(lambda self: bool(self.model))
    @rule(at=st.floats(0, 0.999), many=st.integers(1, 30), selected=st.booleans())
    def tick(self, at: float, many: int, selected: bool) -> None:
        index = int(at * len(self.model))
        self.store.select([row.row_id for row in self.store.window(self.roster, index, many)], selected)
        for model in self.model[index : index + many]:
            model.picked = selected

    @rule(selected=st.booleans())
    def tick_all(self, selected: bool) -> None:
        self.store.select_all(self.roster, selected)
        for model in self.model:
            model.picked = selected

    @invariant()
    def same_rows(self) -> None:
        rows = self.store.window(self.roster, 0, len(self.model) + 1)
        seen: dict[str, int] = {}
        wanted = []
        for index, model in enumerate(self.model):
            first = seen.setdefault(model.person, index) if model.person else index
            wanted.append((index, model.name, model.picked, None if first == index else first))
        assert [(row.index, row.typed["name"], row.selected, row.duplicate_of) for row in rows] == wanted

    @invariant()
    def same_totals(self) -> None:
        rows = self.store.window(self.roster, 0, len(self.model) + 1)
        good = [model for model, row in zip(self.model, rows, strict=True) if not row.bad]
        picked = [model for model in good if model.picked]
        found = self.store.totals(self.roster)
        assert (found.count, found.bad) == (len(self.model), len(self.model) - len(good))
        assert (found.good, found.amount) == (len(good), sum(model.amount for model in good))
        assert found.selected == sum(model.picked for model in self.model)
        assert found.selected_good == len(picked)
        assert found.selected_amount == sum(model.amount for model in picked)

    @invariant()
    def same_errors(self) -> None:
        rows = self.store.window(self.roster, 0, len(self.model) + 1)
        bad = [row.index for row in rows if row.bad]
        found = self.store.next_error(self.roster, 0, "", ["name", "base", "id_number"])
        assert (found[0] if found else None) == (bad[0] if bad else None)


def test_any_sequence_of_changes_equals_a_list(database: Database) -> None:
    limits = settings(
        max_examples=15, stateful_step_count=15, deadline=None, phases=(Phase.reuse, Phase.generate)
    )

    class Machine(RosterMachine):
        def __init__(self) -> None:
            super().__init__(database)

    run_state_machine_as_test(Machine, settings=limits)


def test_months_of_a_person_repeat_where_they_overlap(store: RosterStore, roster: int) -> None:
    """Ranges are compared as the rules compare them; what a deletion frees is free again."""
    keys = [
        "p1#202601202603",
        "p2#202601202612",
        "p1#202603202604",
        "p1#202604202605",
        "p12#202601202601",
        "p1",
    ]
    ids = [store.insert(roster, a_row(str(n), person=key)).row_id for n, key in enumerate(keys)]

    def repeated() -> list[int | None]:
        found = [store.row(row_id) for row_id in ids]
        return [None if one is None else one.duplicate_of for one in found]

    assert repeated() == [None, None, 0, 2, None, None]
    store.update(ids[2], a_row("2", person="p1#202606202606"))
    assert repeated() == [None, None, None, None, None, None]
    store.update(ids[2], a_row("2", person="p1#202602202604"))
    assert repeated() == [None, None, 0, 2, None, None]
    store.delete([ids[0]])
    assert repeated() == [None, None, None, 1, None, None]


def test_months_that_overlap_are_found_in_an_import(store: RosterStore, roster: int) -> None:
    keys = [f"p{n}#202601202606" for n in range(50)] + ["p7#202606202606", "p9#202607202607"]
    store.bulk_insert(roster, (a_row(str(n), person=key) for n, key in enumerate(keys)))
    found = {row.index: row.duplicate_of for row in store.rows(roster) if row.duplicate_of is not None}
    assert found == {50: 7}
    assert store.totals(roster).bad == 1


# ---- at size ---------------------------------------------------------------------------------------


def test_rows_put_at_one_place_for_ever_keep_order_and_stay_near(database: Database) -> None:
    """The middle runs out and buckets fill up; both are spaced anew."""
    store = RosterStore(database)
    roster = store.create(SCOPE, "open")
    store.bulk_insert(roster, (a_row(f"old{n}") for n in range(3000)))
    with database.write() as connection:
        for _ in range(2500):
            pos = order.pos_before(connection, roster, 1500)
            connection.exec_driver_sql(
                _BULK, (roster, pos, "{}", "{}", "", 0, 0, "", "single", 0, "new", "", 0)
            )
        sizes = [rows for _, rows in order.buckets(connection, roster)]
        sql = "SELECT pos, row_id FROM roster_row WHERE roster_id = ? ORDER BY pos"
        found = connection.exec_driver_sql(sql, (roster,)).fetchall()
    assert max(sizes) <= order.FULL
    assert len({pos for pos, _ in found}) == len(found)
    ids = [row_id for _, row_id in found]
    assert ids[1500:4000] == sorted(ids[1500:4000], reverse=True)
    assert ids[:1500] + ids[4000:] == sorted(ids[:1500] + ids[4000:])


class Steps:
    """Counts what SQLite does for a store: the instructions of its virtual machine, in hundreds."""

    def __init__(self, database: Database) -> None:
        self.done = 0
        event.listen(database.engine, "checkout", self._watch)

    def _watch(self, connection: Any, *_: object) -> None:
        connection.set_progress_handler(self._step, 100)

    def _step(self) -> int:
        self.done += 1
        return 0

    def of(self, call: Callable[[], object]) -> int:
        before = self.done
        call()
        return self.done - before


def test_no_key_goes_through_all_rows_of_a_large_roster(
    store: RosterStore, database: Database, roster: int
) -> None:
    """Windows, totals, insertion and deletion in the midst of 100,000 rows: an instruction for ten rows."""
    steps = Steps(database)

    count = 100_000
    store.bulk_insert(roster, (a_row(str(n), person=f"p{n}", bad=n == 99_990) for n in range(count)))
    assert steps.done > count // 100
    calls: dict[str, Callable[[], object]] = {
        "window": lambda: store.window(roster, 70_000, 60),
        "end": lambda: store.window(roster, 99_940, 60),
        "totals": lambda: store.totals(roster),
        "insert": lambda: store.insert(roster, a_row("x"), at=50_000),
        "delete": lambda: store.delete([store.window(roster, 30_000, 1)[0].row_id]),
        "next": lambda: store.next_error(roster, 5, "", ["name", "base"]),
        "ticks": lambda: store.select_all(roster, True),
    }
    done = {name: 100 * steps.of(call) for name, call in calls.items()}
    assert all(taken <= count // 10 for taken in done.values()), done
    assert store.count(roster) == count
    assert store.totals(roster).selected == count


def test_a_finding_told_late_never_replaces_what_was_typed_meanwhile(store: RosterStore, roster: int) -> None:
    row = store.insert(roster, a_row("before"))
    assert store.add_findings(row.row_id, row.typed, [BAD])
    told = store.row(row.row_id)
    assert told is not None and told.findings == (*row.findings, BAD) and store.totals(roster).bad == 1
    store.update(row.row_id, a_row("after"))
    assert not store.add_findings(row.row_id, row.typed, [BAD])
    kept = store.row(row.row_id)
    assert kept is not None and BAD not in kept.findings and kept.typed["name"] == "after"
