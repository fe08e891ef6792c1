"""What goes wrong with roster files in real life: read as it was meant, or refused with its sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from client.roster import RosterService
from client.store.database import Database
from client.store.rosters import RosterStore
from client.store.rows import Scope
from domain.business import Business, CheckContext, Kind, Source, template_columns
from domain.businesses.registry import declare
from domain.findings import errors
from domain.profile import PROFILE_NAMES, load_profile
from exports.importer import check_file
from exports.roster import FileCheck
from tests.support.center import CenterUnderTest, running_center
from tests.support.filing import Office
from tests.support.good_rows import PAID, PAID_THROUGH, file_context, good_rows, known
from tests.support.workbooks import table_of, write_table, write_xlsx

pytestmark = pytest.mark.xdist_group("file-pitfalls")
QUICK = {("lyszfgjj", "transfer_out"), ("hangzhou", "makeup_missed"), ("shaanxi", "transfer_in")}
PAIRS = [
    pytest.param(name, business, marks=[] if (name, business) in QUICK else [pytest.mark.slow])
    for name in PROFILE_NAMES
    for business, rules in load_profile(name).offered().items()
    if rules.template
]
every_business = pytest.mark.parametrize(("name", "business_id"), PAIRS)
Table = list[list[Any]]


class Case:
    """A business with good rows in a table, and how a file of it is checked."""

    def __init__(self, folder: Path, business: Business, rows: list[dict[str, str]], facts: CheckContext):
        self.folder = folder
        self.business = business
        self.rows = rows
        self.facts = facts
        self.columns = template_columns(business)
        self.table: Table = table_of(business, rows)
        self.suffix = ".xls" if business.profile.imports.formats == ["xls"] else ".xlsx"

    def at(self, key: str) -> int | None:
        """Place of a column, None when the template has no such."""
        return next((place for place, column in enumerate(self.columns) if column.key == key), None)

    def check(self, path: Path) -> FileCheck:
        return check_file(path, self.business, self.facts)

    def written(self, table: Table, suffix: str = "") -> FileCheck:
        path = self.folder / f"清册{suffix or self.suffix}"
        path.unlink(missing_ok=True)
        return self.check(write_table(path, table))


MakeCase = Callable[[str, str], Case]


@pytest.fixture(scope="module")
def centers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], CenterUnderTest]]:
    folder, made = tmp_path_factory.mktemp("pitfalls"), dict[str, CenterUnderTest]()
    with ExitStack() as stack:

        def of(name: str) -> CenterUnderTest:
            if name not in made:
                (folder / name).mkdir()
                made[name] = stack.enter_context(running_center(folder / name, name))
            return made[name]

        yield of


_UNITS = iter(range(400_000, 999_999, 2))


@pytest.fixture
def make_case(centers: Callable[[str], CenterUnderTest], tmp_path: Path) -> MakeCase:
    def make(name: str, business_id: str) -> Case:
        center, number = centers(name), next(_UNITS)
        office = Office(center, str(number), paid_through=PAID_THROUGH.get(business_id, PAID))
        other = Office(center, str(number + 1))
        business = declare(business_id, office.profile)
        rows = good_rows(office, other, business, 2)
        facts = known(office, business, file_context(office, business, other), rows)
        return Case(tmp_path, business, rows, facts)

    return make


def told(check: FileCheck) -> list[str]:
    """Codes of the errors; every sentence is whole."""
    found = [one for one in check.findings if one.is_error]
    assert all(one.text.endswith("。") for one in found)
    return [one.code for one in found]


# ---- read as it was meant ------------------------------------------------------------------------------


@every_business
def test_blanks_around_texts_are_passed_over(make_case: MakeCase, name: str, business_id: str) -> None:
    case = make_case(name, business_id)
    padded = [
        case.table[0],
        *([f" {text}\u3000 \u00a0" if text else "" for text in row] for row in case.table[1:]),
    ]
    assert told(case.written(padded)) == []


@every_business
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_text_tables_of_every_encoding(
    make_case: MakeCase, name: str, business_id: str, encoding: str
) -> None:
    case = make_case(name, business_id)
    lines = [",".join(str(cell) for cell in row) for row in case.table]
    path = case.folder / "清册.csv"
    path.write_bytes("\r\n".join([*lines, "", ""]).encode(encoding))
    assert told(case.check(path)) == []


@every_business
def test_empty_rows_behind_and_titles_over_the_header(
    make_case: MakeCase, name: str, business_id: str
) -> None:
    from openpyxl import load_workbook

    case = make_case(name, business_id)
    path = write_xlsx(case.folder / "清册.xlsx", case.table, first_row=4)
    book = load_workbook(path)
    sheet = book.active
    sheet["A1"] = "某单位职工清册"
    sheet.merge_cells("A1:E1")
    sheet.merge_cells("A2:E2")
    for row in range(8, 60):
        sheet.cell(row, 1).number_format = "@"
    book.save(path)
    check = case.check(path)
    assert (told(check), check.totals.count) == ([], 2)


@every_business
def test_the_order_of_columns(make_case: MakeCase, name: str, business_id: str) -> None:
    """Free, but where the center fixes it (V-27)."""
    case = make_case(name, business_id)
    turned = [list(reversed(row)) for row in case.table]
    fixed = case.business.profile.imports.atomic
    assert told(case.written(turned)) == (["column.order"] if fixed else [])


# ---- refused with its sentence -------------------------------------------------------------------------


@every_business
def test_an_id_number_that_is_a_number_has_lost_its_end(
    make_case: MakeCase, name: str, business_id: str
) -> None:
    case = make_case(name, business_id)
    place = case.at("id_number")
    if place is None:
        assert case.business.profile.name == "hangzhou", "elsewhere everybody is named by ID number"
        return
    case.table[1][place] = float(case.table[1][place][:17] + "0")
    assert told(case.written(case.table))[0] == "id.number_cell"


@every_business
def test_full_width_digits_are_not_repaired(make_case: MakeCase, name: str, business_id: str) -> None:
    case = make_case(name, business_id)
    key = "id_number" if case.at("id_number") is not None else "account_no"
    place = case.at(key)
    assert place is not None
    case.table[1][place] = chr(ord(case.table[1][place][0]) + 0xFEE0) + case.table[1][place][1:]
    assert told(case.written(case.table))[0] == ("id.full_width" if key == "id_number" else "account.length")


@every_business
def test_the_same_row_twice(make_case: MakeCase, name: str, business_id: str) -> None:
    case = make_case(name, business_id)
    check = case.written([*case.table, case.table[1]])
    assert told(check) == ["roster.duplicate"]
    (found,) = [one for one in check.findings if one.is_error]
    assert found.row_number == 4 and "第2行" in found.text


@every_business
def test_the_same_row_in_the_queue_already(make_case: MakeCase, name: str, business_id: str) -> None:
    case = make_case(name, business_id)
    check = case.written(case.table)
    database = Database(case.folder / "store")
    try:
        store = RosterStore(database)
        scope = Scope(name, "center", "400000", "agent")
        roster = store.open_draft(scope, case.business.id, "file")
        facts = case.facts.for_source(Source.FILE)
        service = RosterService(store, roster, case.business, facts, case.business.profile)
        for _ in range(2):
            service.import_rows([(row.row_number, row.values, row.check) for row in check.rows])
        stored = list(store.rows(roster.roster_id))
        assert [row.duplicate_of for row in stored] == [None, None, 0, 1]
        texts = [errors(service.findings(row))[-1].text for row in stored[2:]]
        assert "第1条" in texts[0] and "第2条" in texts[1]
    finally:
        database.close()


# ---- account numbers and months ------------------------------------------------------------------------


def test_an_account_number_that_lost_its_zeros(
    centers: Callable[[str], CenterUnderTest], tmp_path: Path
) -> None:
    center = centers("lyszfgjj")
    office, other = Office(center, "001230"), Office(center, "001231")
    business = declare("transfer_out", office.profile)
    rows = good_rows(office, other, business, 1)
    facts = known(office, business, file_context(office, business, other), rows)
    case = Case(tmp_path, business, rows, facts)
    place = case.at("account_no")
    assert place is not None and case.table[1][place].startswith("00")
    case.table[1][place] = int(case.table[1][place])
    check = case.written(case.table)
    assert told(check) == ["account.length"]
    assert "应为14位" in check.findings[0].text


MONTHS: list[tuple[Any, str]] = [
    (202610, ""),
    (date(2026, 10, 1), ""),
    ("2026-10", "month.format"),
    ("2026年10月", "month.format"),
    ("２０２６１０", "month.full_width"),
    (46296, "month.length"),
    ("20261001", "month.length"),
    ("202613", "month.format"),
]


@pytest.mark.feature("W-07", profile=["baishan", "hangzhou", "shanxi"])
@pytest.mark.parametrize(
    ("name", "business_id"),
    [("shanxi", "makeup"), ("baishan", "makeup"), ("hangzhou", "makeup_missed")],
)
def test_months_are_six_digits_however_they_look(make_case: MakeCase, name: str, business_id: str) -> None:
    case = make_case(name, business_id)
    place = next(at for at, column in enumerate(case.columns) if column.kind is Kind.MONTH)
    good = case.table[1][place]
    for cell, code in MONTHS:
        case.table[1][place] = cell
        found = [one.code for one in case.written(case.table, ".xlsx").findings if one.is_error]
        assert found[:1] == ([code] if code else []), (cell, found)
        case.table[1][place] = good


def test_where_cells_must_be_texts_a_date_is_none(make_case: MakeCase) -> None:
    case = make_case("shaanxi", "makeup")
    place = next(at for at, column in enumerate(case.columns) if column.kind is Kind.MONTH)
    case.table[1][place] = date(2026, 10, 1)
    assert told(case.written(case.table))[0] == "cell.not_text"
