"""The queries that commands know by name, before a center in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from center.auth.passwords import hash_password
from cli.headless import Problem
from cli.queries import QUERIES, Asked, Found
from cli.query_cmd import _answered, _cells
from client.errors import LoginRefused, Refused
from exports.table_export import ExportColumn
from tests.center.test_statements import Books, settle_all
from tests.support.center import running_center
from tests.support.workplace import Workplace, workplace

pytestmark = pytest.mark.xdist_group("named-queries")
RECONCILE = "Duizhang-2026"
NOTHING = dict.fromkeys(("account", "name", "id_number", "kind", "business", "serial", "state"), "")


USUAL = {"accounts", "depositors", "changes", "unit_account", "unit_flow", "flow_detail"}
FILLED = {
    "shanxi": USUAL | {"submissions", "submission_rows", "unit_interest", "interest_slip"},
    "shaanxi": USUAL | {"person_ledger", "annual"},
}
"""Queries of a center that find something."""


@pytest.fixture(scope="module", params=FILLED)
def place(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Workplace]:
    """A unit with a year of money behind it and a batch filed today."""
    folder = tmp_path_factory.mktemp("named")
    with (
        running_center(folder / "center", request.param) as center,
        workplace(center, folder / "desk") as place,
    ):
        Books(place.office)
        settle_all(center)
        if "submissions" in FILLED[request.param]:
            place.office.file(place.office.rows(2))
        place.log_in_anew()
        yield place


def asked(**given: Any) -> Asked:
    span = {"spanned": True, "first": "2025-01-01", "last": "2026-12-31"}
    values: dict[str, Any] = {**span, "month": 202611, "year": 2025, "number": 1, **NOTHING, **given}
    return Asked(**values)


def answer(place: Workplace, name: str, **given: Any) -> Found:
    return _answered(place.state, QUERIES[name], asked(**given))


def test_every_query_gives_rows_with_a_cell_for_each_column(place: Workplace) -> None:
    account = place.office.accounts()[0].account_no
    batches = list(answer(place, "submissions").rows)
    line = next(row for row in answer(place, "unit_flow").rows if row.people)
    given = {"serial": batches[0].serial if batches else "", "number": line.number}
    told = {}
    for name in QUERIES:
        try:
            found = answer(place, name, account=account if name == "person_ledger" else "", **given)
        except (Refused, Problem) as error:
            told[name] = "module.off" if isinstance(error, Refused) else "0"
            continue
        rows = list(found.rows)
        columns = [ExportColumn(c.title, k) for c, k in zip(found.columns, found.kinds, strict=True)]
        for row in rows:
            cells = _cells(columns, found.texts(row))
            assert len(cells) == len(columns) and row.model_dump(mode="json")
            money = [cell for c, cell in zip(columns, cells, strict=True) if c.kind != "text"]
            assert all(isinstance(cell, int) for cell in money), (name, cells)
        told[name] = str(len(rows))
    empty = {name for name in FILLED[place.profile.name] if told[name] in ("0", "module.off")}
    assert not empty, told


def test_a_center_that_wants_its_own_password_for_money_is_told_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = [b"wrong", RECONCILE.encode()]
    monkeypatch.setattr("cli.query_cmd.ask_secret", lambda prompt: bytearray(typed.pop(0)))
    with running_center(tmp_path / "center", "hangzhou") as center:
        with workplace(center, tmp_path / "desk", reconcile_hash=hash_password(RECONCILE)) as place:
            Books(place.office)
            with pytest.raises(LoginRefused):
                answer(place, "unit_flow")
            assert list(answer(place, "unit_flow").rows) and not typed
            assert list(answer(place, "unit_account").rows), "asked once for a session"
