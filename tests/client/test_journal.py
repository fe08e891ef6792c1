"""Undo, redo, views and search of a roster behave as a plain list would, whatever is done in between."""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

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

from client.errors import RosterError
from client.store import journal, order
from client.store.database import Database
from client.store.rosters import RosterStore
from client.store.rows import NewRow, Scope, StoredRow
from client.store.tables import OPENED
from client.store.views import RosterView, SortKey
from domain.findings import Finding

SCOPE = Scope("baishan", "test", "100001", "li")
BAD = Finding("base.format", "base", "缴存基数写错了。")


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


def a_row(name: str, *, base: int = 100, bad: bool = False, person: str = "", id_number: str = "") -> NewRow:
    cells = {"name": name, "base": f"{base}.00", "id_number": id_number}
    return NewRow(cells, cells, (BAD,) if bad else (), base, person)


def names(store: RosterStore, roster: int) -> list[str]:
    return [row.typed.get("name", "") for row in store.window(roster, 0, 10_000)]


def send(store: RosterStore, roster: int, rows: list[StoredRow], submission: str = "s1") -> None:
    """Mark rows as on their way, as the outbox does."""
    with store.database.write() as connection:
        for number, row in enumerate(rows, 1):
            sql = (
                "UPDATE roster_row SET state = 'queued', submission_id = ?, submission_row = ?"
                " WHERE row_id = ?"
            )
            connection.exec_driver_sql(sql, (submission, number, row.row_id))
        journal.note_sent(connection, roster, submission)


# ---- single steps ----------------------------------------------------------------------------------


def test_edits_insertions_and_deletions_are_undone_in_turn(store: RosterStore, roster: int) -> None:
    first = store.insert(roster, a_row("a"))
    store.insert(roster, a_row("c"))
    store.insert(roster, a_row("b"), at=1)
    store.update(first.row_id, a_row("A", base=7))
    store.delete([store.window(roster, 1, 1)[0].row_id])
    states = [["A", "c"], ["A", "b", "c"], ["a", "b", "c"], ["a", "c"], ["a"], []]
    assert names(store, roster) == states[0]
    for state in states[1:]:
        assert store.undo(roster) is not None
        assert names(store, roster) == state
    assert store.undo(roster) is None
    for state in reversed(states[:-1]):
        done = store.redo(roster)
        assert done is not None and done.forward and done.count == 1
        assert names(store, roster) == state
    assert store.redo(roster) is None
    assert store.totals(roster).amount == 107


def test_something_new_ends_what_could_be_redone(store: RosterStore, roster: int) -> None:
    store.insert(roster, a_row("a"))
    store.undo(roster)
    store.insert(roster, a_row("b"))
    assert store.redo(roster) is None
    assert names(store, roster) == ["b"]
    store.open_draft(SCOPE, "open")
    assert _records(store, roster) == 1


def _records(store: RosterStore, roster: int) -> int:
    with store.database.read() as connection:
        sql = "SELECT count(*) FROM roster_row WHERE roster_id = ?"
        return int(connection.exec_driver_sql(sql, (roster,)).scalar_one())


def test_undo_is_there_after_a_restart(tmp_path: Path) -> None:
    opened = Database(tmp_path / "store")
    roster = RosterStore(opened).open_draft(SCOPE, "open").roster_id
    RosterStore(opened).bulk_insert(roster, [a_row("a"), a_row("b")])
    RosterStore(opened).clear(roster)
    opened.close()
    again = Database(tmp_path / "store")
    store = RosterStore(again)
    assert store.open_draft(SCOPE, "open").roster_id == roster
    store.undo(roster)
    assert names(store, roster) == ["a", "b"]
    again.close()


def test_one_import_is_one_step_and_one_that_replaces_too(store: RosterStore, roster: int) -> None:
    store.insert(roster, a_row("old", person="p3"))
    store.bulk_insert(roster, (a_row(str(n), person=f"p{n}") for n in range(1200)))
    assert store.totals(roster).bad == 1, "the same person as the old row"
    done = store.undo(roster)
    assert done is not None and (done.kind, done.count) == ("import", 1200)
    assert (names(store, roster), store.totals(roster).bad) == (["old"], 0)
    assert store.bulk_insert(roster, (a_row(f"n{n}") for n in range(3)), replace=True) == 3
    assert names(store, roster) == ["n0", "n1", "n2"]
    store.undo(roster)
    assert names(store, roster) == ["old"]
    store.redo(roster)
    assert (names(store, roster), store.totals(roster).good) == (["n0", "n1", "n2"], 3)


def test_a_replacing_import_that_breaks_off_leaves_the_old_rows(store: RosterStore, roster: int) -> None:
    store.insert(roster, a_row("old"))

    def rows() -> Iterator[NewRow]:
        yield from (a_row(str(n)) for n in range(700))
        raise ValueError("the disk is full")

    with pytest.raises(ValueError, match="full"):
        store.bulk_insert(roster, rows(), replace=True)
    assert names(store, roster) == ["old"]
    done = store.undo(roster)
    assert done is not None and done.kind == "insert", "the broken import is no step"


def test_the_duplicate_of_a_row_that_went_is_free_and_marked_again_by_undo(
    store: RosterStore, roster: int
) -> None:
    first = store.insert(roster, a_row("a", person="p"))
    store.insert(roster, a_row("b", person="p"))
    store.delete([first.row_id])
    assert [row.duplicate_of for row in store.window(roster, 0, 9)] == [None]
    store.undo(roster)
    assert [row.duplicate_of for row in store.window(roster, 0, 9)] == [None, 0]


def test_sent_rows_are_never_touched(store: RosterStore, roster: int) -> None:
    store.bulk_insert(roster, (a_row(str(n)) for n in range(5)))
    rows = store.window(roster, 0, 5)
    store.update(rows[1].row_id, a_row("edited"))
    send(store, roster, rows[:2])
    edit = store.undo(roster)
    assert edit is not None and (edit.count, edit.sent) == (0, 1)
    assert names(store, roster) == ["0", "edited", "2", "3", "4"]
    import_ = store.undo(roster)
    assert import_ is not None and (import_.count, import_.sent) == (3, 2)
    assert names(store, roster) == ["0", "edited"]
    assert store.undo(roster) is None
    store.redo(roster)
    assert names(store, roster) == ["0", "edited", "2", "3", "4"]


def test_what_the_center_refused_is_not_undone_with_the_step_before(store: RosterStore, roster: int) -> None:
    row = store.insert(roster, a_row("a"))
    send(store, roster, [row])
    with store.database.write() as connection:
        sql = "UPDATE roster_row SET state = 'draft', submission_id = '' WHERE row_id = ?"
        connection.exec_driver_sql(sql, (row.row_id,))
    done = store.undo(roster)
    assert done is not None and (done.count, done.sent) == (0, 1)
    assert names(store, roster) == ["a"]


def test_rows_the_center_knows_are_marked_as_deleted_and_come_back(store: RosterStore, roster: int) -> None:
    known = store.insert(roster, replace(a_row("known", bad=True), change=""))
    store.insert(roster, a_row("new"))
    assert store.delete([row.row_id for row in store.window(roster, 0, 9)]) == 2
    rows = store.window(roster, 0, 9)
    assert [(row.typed["name"], row.change, row.bad) for row in rows] == [("known", "deleted", False)]
    assert store.totals(roster).good == 0
    with pytest.raises(RosterError, match="先撤销删除"):
        store.update(known.row_id, a_row("x"))
    store.undo(roster)
    rows = store.window(roster, 0, 9)
    assert [(row.typed["name"], row.change, row.bad) for row in rows] == [
        ("known", "", True),
        ("new", "new", False),
    ]


def test_an_opened_row_is_a_step_once_it_is_typed_in(store: RosterStore, roster: int) -> None:
    store.insert(roster, a_row("a"))
    store.undo(roster)
    opened = store.open_row(roster)
    assert (opened.opened, store.opened_row(roster), store.totals(roster).good) == (True, opened.row_id, 0)
    store.withdraw(roster, opened.row_id)
    store.redo(roster)
    assert names(store, roster) == ["a"], "opening a row and leaving it empty was no step"
    opened = store.open_row(roster, 0)
    store.update(opened.row_id, a_row("b"), join=True)
    store.update(opened.row_id, a_row("bb"), join=True)
    assert store.opened_row(roster) is None
    store.undo(roster)
    assert names(store, roster) == ["a"], "the row and its cells are one step"
    store.redo(roster)
    assert names(store, roster) == ["bb", "a"]


def test_an_opened_row_counts_as_no_fault_and_is_not_ticked(store: RosterStore, roster: int) -> None:
    store.insert(roster, a_row("a"))
    opened = store.open_row(roster)
    keys = ["name"]
    for ticked in (False, True):
        store.select_all(roster, ticked)
        sums = store.totals(roster)
        assert (sums.count, sums.bad, sums.good) == (2, 0, 1)
        assert (sums.selected, sums.selected_good) == (int(ticked), int(ticked))
    assert store.next_error(roster, 0, "", keys) is None and store.next_error(roster, 1, "", keys) is None
    view = RosterView(store, roster)
    view.show_faulty(True)
    assert view.count() == 0
    store.update(opened.row_id, a_row("b", bad=True))
    assert store.totals(roster).bad == 1 and store.next_error(roster, 0, "", keys) is not None


def test_a_row_put_in_and_taken_back_leaves_no_step(store: RosterStore, roster: int) -> None:
    row = store.insert(roster, a_row("a", person="p"))
    store.withdraw(roster, row.row_id)
    assert store.undo(roster) is None
    assert _records(store, roster) == 0


def test_the_journal_is_bounded(store: RosterStore, roster: int) -> None:
    for number in range(journal.STEPS + 20):
        store.insert(roster, a_row(str(number)))
    undone = 0
    while store.undo(roster) is not None:
        undone += 1
    assert undone == journal.STEPS
    assert len(names(store, roster)) == 20


def test_places_last_while_their_neighbourhood_is_spaced_anew(store: RosterStore, roster: int) -> None:
    """Rows out of the roster are spaced with the others, so that they come back to where they were."""
    store.bulk_insert(roster, (a_row(f"n{n}") for n in range(50)))
    wanted = names(store, roster)
    store.delete([row.row_id for row in store.window(roster, 10, 20)])
    with store.database.write() as connection:
        order.respace(connection, roster, int(order.FIRST // 256))
    store.undo(roster)
    assert names(store, roster) == wanted


def test_old_judgements_are_told(store: RosterStore, roster: int) -> None:
    row = store.insert(roster, a_row("a"))
    store.insert(roster, a_row("b"))
    store.delete([row.row_id])
    store.rewrite(roster, lambda rows: [a_row(row.typed["name"], bad=True) for row in rows])
    done = store.undo(roster)
    assert done is not None and done.stale and done.row_ids == (row.row_id,)
    store.rewrite_rows(
        roster, done.row_ids, lambda rows: [a_row(row.typed["name"], bad=True) for row in rows]
    )
    assert store.totals(roster).bad == 2


# ---- against lists ---------------------------------------------------------------------------------


@dataclass
class Model:
    name: str
    base: int
    bad: bool
    person: str


class JournalMachine(RuleBasedStateMachine):
    """Changes, undo, redo and views against lists and a stack of copies."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.store = RosterStore(database)
        self.roster = self.store.create(SCOPE, "open")
        self.model: list[Model] = []
        self.before: list[list[Model]] = []
        self.after: list[list[Model]] = []
        self.view = RosterView(self.store, self.roster)
        self.seen: list[str] = []
        self.number = 0

    def make(self, bad: bool, person: str) -> Model:
        self.number += 1
        return Model(f"r{self.number}", self.number * 37 % 11, bad, person)

    @staticmethod
    def row(model: Model) -> NewRow:
        return a_row(model.name, base=model.base, bad=model.bad, person=model.person)

    def step(self) -> None:
        self.before.append(copy.deepcopy(self.model))
        self.after.clear()

    def follow(self) -> None:
        self.view.refresh()

    @rule(at=st.floats(0, 1), bad=st.booleans(), person=st.sampled_from(["", "p", "q"]))
    def put(self, at: float, bad: bool, person: str) -> None:
        self.step()
        index, model = int(at * len(self.model)), self.make(bad, person)
        self.store.insert(self.roster, self.row(model), at=index)
        self.model.insert(index, model)
        self.follow()

    @rule(
        rows=st.lists(st.tuples(st.booleans(), st.sampled_from(["", "p", "q"])), min_size=1, max_size=30),
        anew=st.booleans(),
    )
    def bring_in(self, rows: list[tuple[bool, str]], anew: bool) -> None:
        self.step()
        made = [self.make(bad, person) for bad, person in rows]
        self.store.bulk_insert(self.roster, map(self.row, made), replace=anew, chunk=7)
        self.model = made if anew else self.model + made
        self.follow()

    @precondition(lambda self: bool(self.model))
    @rule(at=st.floats(0, 0.999), bad=st.booleans(), person=st.sampled_from(["", "p", "s"]))
    def change(self, at: float, bad: bool, person: str) -> None:
        self.step()
        index, model = int(at * len(self.model)), self.make(bad, person)
        self.store.update(self.store.window(self.roster, index, 1)[0].row_id, self.row(model))
        self.model[index] = model

    @precondition(lambda self: bool(self.model))
    @rule(at=st.floats(0, 0.999), many=st.integers(1, 30))
    def remove(self, at: float, many: int) -> None:
        self.step()
        index = int(at * len(self.model))
        ids = [row.row_id for row in self.store.window(self.roster, index, many)]
        self.store.delete(ids)
        del self.model[index : index + many]
        self.view.gone(ids)

    @precondition(lambda self: bool(self.before))
    @rule()
    def take_back(self) -> None:
        assert self.store.undo(self.roster) is not None
        self.after.append(self.model)
        self.model = self.before.pop()
        self.follow()

    @precondition(lambda self: bool(self.after))
    @rule()
    def do_again(self) -> None:
        assert self.store.redo(self.roster) is not None
        self.before.append(self.model)
        self.model = self.after.pop()
        self.follow()

    @rule()
    def reopen(self) -> None:
        self.store.open_draft(SCOPE, "open")
        with self.store.database.write() as connection:
            journal.sweep(connection, self.roster)

    @rule(down=st.booleans())
    def sort(self, down: bool) -> None:
        self.view.show_faulty(False)
        self.view.sort(SortKey("base", "number"), "descending" if down else "ascending")
        wanted = sorted(self.model, key=lambda model: -model.base if down else model.base)
        assert self.shown() == [model.name for model in wanted]

    @rule()
    def only_faulty(self) -> None:
        self.view.sort(None)
        self.view.show_faulty(True)
        rows = self.store.window(self.roster, 0, len(self.model))
        assert self.shown() == [row.typed["name"] for row in rows if row.bad]

    @rule()
    def as_it_is(self) -> None:
        self.view.show_faulty(False)
        self.view.sort(None)

    def shown(self) -> list[str]:
        return [row.typed["name"] for row in self.view.window(0, len(self.model) + 5)]

    @precondition(lambda self: bool(self.model))
    @rule(at=st.floats(0, 0.999), step=st.sampled_from([-1, 0, 1]), part=st.integers(0, 40))
    def find(self, at: float, step: int, part: int) -> None:
        shown = self.shown()
        index = int(at * len(shown))
        text = f"r{part}"
        places = [place for place, name in enumerate(shown) if name.startswith(text)]
        found = self.view.find(text, index, step)
        if not places:
            assert found is None
        elif step < 0:
            assert found == max((place for place in places if place < index), default=places[-1])
        else:
            behind = [place for place in places if place > index or (place == index and not step)]
            assert found == min(behind, default=places[0])

    @invariant()
    def same_rows(self) -> None:
        rows = self.store.window(self.roster, 0, len(self.model) + 1)
        seen: dict[str, int] = {}
        wanted = []
        for index, model in enumerate(self.model):
            first = seen.setdefault(model.person, index) if model.person else index
            wanted.append((index, model.name, model.bad, None if first == index else first))
        told = [(row.index, row.typed["name"], bool(row.findings), row.duplicate_of) for row in rows]
        assert told == wanted

    @invariant()
    def same_totals(self) -> None:
        rows = self.store.window(self.roster, 0, len(self.model) + 1)
        found = self.store.totals(self.roster)
        good = [row.amount for row in rows if not row.bad]
        assert (found.count, found.bad) == (len(rows), len(rows) - len(good))
        assert (found.good, found.amount) == (len(good), sum(good))

    @invariant()
    def the_view_shows_what_is_there(self) -> None:
        shown = self.shown()
        assert len(shown) == len(set(shown)) == self.view.count()
        assert set(shown) <= {model.name for model in self.model}
        if not self.view.faulty:
            assert len(shown) == len(self.model)


@pytest.mark.parametrize("few", [500, 0])
def test_any_sequence_of_steps_equals_a_list(
    database: Database, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Row by row, and with the sums made anew as for many rows."""
    monkeypatch.setattr(journal, "FEW", few)
    limits = settings(
        max_examples=15, stateful_step_count=25, deadline=None, phases=(Phase.reuse, Phase.generate)
    )

    class Machine(JournalMachine):
        def __init__(self) -> None:
            super().__init__(database)

    run_state_machine_as_test(Machine, settings=limits)


# ---- views -----------------------------------------------------------------------------------------


def test_an_edited_row_keeps_its_place_until_sorted_again(store: RosterStore, roster: int) -> None:
    ids = [store.insert(roster, a_row(n, base=b)).row_id for n, b in (("a", 30), ("b", 10), ("c", 20))]
    view = RosterView(store, roster)
    view.sort(SortKey("base", "number"))
    assert [row.row_id for row in view.window(0, 9)] == [ids[1], ids[2], ids[0]]
    store.update(ids[1], a_row("b", base=99))
    assert [row.row_id for row in view.window(0, 9)] == [ids[1], ids[2], ids[0]]
    new = store.insert(roster, a_row("d", base=1))
    assert view.added(new.row_id, None) == 3
    view.sort(SortKey("base", "number"), "descending")
    assert [row.row_id for row in view.window(0, 9)] == [ids[1], ids[0], ids[2], new.row_id]
    store.undo(roster)
    view.refresh()
    assert [row.row_id for row in view.window(0, 9)] == [ids[1], ids[0], ids[2]]
    store.redo(roster)
    view.refresh()
    assert view.index_of(new.row_id) == 3, "it came back to its place"


def test_a_corrected_row_stays_in_sight_until_the_filter_is_set_anew(store: RosterStore, roster: int) -> None:
    rows = [store.insert(roster, a_row(str(n), bad=n % 2 == 0)) for n in range(6)]
    view = RosterView(store, roster)
    view.show_faulty(True)
    store.update(rows[2].row_id, a_row("2"))
    assert [row.typed["name"] for row in view.window(0, 9)] == ["0", "2", "4"]
    view.sort(SortKey("name", "name"), "descending")
    assert [row.typed["name"] for row in view.window(0, 9)] == ["4", "2", "0"]
    assert view.next_error(0, "base", ["name", "base"]) == (2, "base")
    view.show_faulty(True)
    assert [row.typed["name"] for row in view.window(0, 9)] == ["4", "0"]


def test_names_are_sorted_by_pinyin(store: RosterStore, roster: int) -> None:
    store.bulk_insert(roster, (a_row(name) for name in ("张三", "阿依古丽", "王五", "单飞", "李四")))
    view = RosterView(store, roster)
    view.sort(SortKey("name", "name"))
    assert [row.typed["name"] for row in view.window(0, 9)] == ["阿依古丽", "李四", "单飞", "王五", "张三"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("王小", 1),
        ("小明", 1),
        ("wxm", 1),
        ("1234", 2),
        ("123x", 3),
        ("11010119", 0),
        ("2200", 4),
        ("zsf", 0),
        ("没有", None),
        ("", None),
        ("'; --", None),
    ],
)
def test_rows_are_found_by_name_initials_account_and_the_end_of_the_number(
    store: RosterStore, roster: int, text: str, wanted: int | None
) -> None:
    for name, number, account in (
        ("张三丰", "110101199003070017", ""),
        ("王小明", "110101199003070025", ""),
        ("李四", "110101199003071234", ""),
        ("赵六", "11010119900307123X", ""),
        ("钱七", "110101199003070041", "2200123400"),
    ):
        cells = {"name": name, "id_number": number, "account_no": account}
        store.insert(roster, NewRow(cells, cells))
    view = RosterView(store, roster)
    assert view.find(text, 0) == wanted
    view.sort(SortKey("base", "number"))
    assert view.find(text, 0) == wanted


def test_many_matches_in_a_view_are_found_near(store: RosterStore, roster: int) -> None:
    store.bulk_insert(roster, (a_row(f"n{n}", base=n) for n in range(2600)), chunk=2000)
    view = RosterView(store, roster)
    view.sort(SortKey("base", "number"), "descending")
    assert view.find("n", 2599, 1) == 0
    assert view.find("n", 0, -1) == 2599
    assert view.find("n", 700, 0) == 700
    assert view.find("n2599", 700) == 0


# ---- an older store --------------------------------------------------------------------------------


def test_a_store_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir(mode=0o700)
    path = folder / "gjj.db"
    with sqlite3.connect(path) as old:
        old.executescript((Path(__file__).parent / "store_v1.sql").read_text(encoding="utf-8"))
    path.chmod(0o600)
    opened = Database(folder)
    store = RosterStore(opened)
    roster = store.open_draft(SCOPE, "open").roster_id
    assert names(store, roster) == ["张三", "李四"]
    assert RosterView(store, roster).find("ls", 0) == 1
    store.delete([store.window(roster, 0, 1)[0].row_id])
    store.undo(roster)
    assert (names(store, roster), store.totals(roster).good) == (["张三", "李四"], 2)
    store.bulk_insert(roster, [a_row("c")])
    assert store.totals(roster).count == 3
    assert OPENED < 0
    opened.close()
