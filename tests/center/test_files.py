"""Every business of every center as a file: template, filled by several programs, checked, sent, taken.

A business that is declared is walked here by itself: rows that its check lets pass are found for it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from cli.main import main
from domain.business import Business, Kind, template_columns
from domain.businesses.adjust import BaseAdjust
from domain.businesses.registry import declare
from domain.money import format_yuan
from domain.profile import PROFILE_NAMES, load_profile
from exports.importer import check_file
from exports.places import column_letters
from exports.reader import read_workbook
from exports.template import HEADER_ROW, write_template
from tests.support.center import CenterUnderTest, running_center
from tests.support.filing import Office
from tests.support.good_rows import PAID, PAID_THROUGH, file_context, good_rows, known
from tests.support.money import give_unallocated
from tests.support.workbooks import fill_xls, fill_xlsx

pytestmark = pytest.mark.xdist_group("files")
DECLARED = [
    (name, business, bool(rules.template))
    for name in PROFILE_NAMES
    for business, rules in load_profile(name).offered().items()
]
PAIRS = [
    (name, business, kind)
    for name, business, by_file in DECLARED
    if by_file
    for kind in getattr(declare(business, load_profile(name)), "kinds", ("",))
]
TYPED_ONLY = [(name, business) for name, business, by_file in DECLARED if not by_file]
TODAY = "2026-11-23"
RATIOS = "[[1200, 1200], [1000, 1000]]"
"""What the unit may choose from; its people have the first pair."""
Rows = Sequence[Mapping[str, str]]
Writer = Callable[[Path, Business, Rows], None]


class Town:
    """The centers of this module, each started when it is first asked for; every case has its own units."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._centers: dict[str, CenterUnderTest] = {}
        self._unit = 200_000

    def offices(self, name: str, business: str) -> tuple[Office, Office]:
        if name not in self._centers:
            folder = self._folder / name
            folder.mkdir()
            self._centers[name] = self._stack.enter_context(running_center(folder, name))
        self._unit += 2
        center = self._centers[name]
        paid = PAID_THROUGH.get(business, PAID)
        mine = Office(center, str(self._unit), paid_through=paid, ratios=RATIOS)
        give_unallocated(center.store, mine.unit)
        return mine, Office(center, str(self._unit + 1))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with ExitStack() as stack:
        yield Town(tmp_path_factory.mktemp("files"), stack)


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are not worked off: what is taken waits."""
    monkeypatch.setattr("center.jobs.enqueue", lambda conn, job_id: None)


# ---- programs that write workbooks --------------------------------------------------------------------


def cells(business: Business, rows: Rows) -> list[list[str]]:
    return [[row.get(column.key, "") for column in template_columns(business)] for row in rows]


def head(path: Path) -> list[list[str]]:
    """The rows of a template down to the titles."""
    found: list[list[str]] = [[] for _ in range(HEADER_ROW)]
    for raw in read_workbook(path).rows:
        if raw.row_number <= HEADER_ROW:
            found[raw.row_number - 1] = list(raw.texts)
    return found


def by_openpyxl(path: Path, business: Business, rows: Rows) -> None:
    fill_xlsx(path, cells(business, rows), first_row=HEADER_ROW + 1)


def by_xlwt(path: Path, business: Business, rows: Rows) -> None:
    fill_xls(path, cells(business, rows), first_row=HEADER_ROW + 1)


def by_xlsxwriter(path: Path, business: Business, rows: Rows) -> None:
    """As a wage program does it: a book of its own, texts as texts, blanks with a format at the end."""
    from xlsxwriter import Workbook

    lines = [*head(path), *cells(business, rows)]
    path.unlink()
    book = Workbook(str(path), {"strings_to_numbers": False})
    sheet, text = book.add_worksheet("清册"), book.add_format({"num_format": "@"})
    for at, line in enumerate(lines):
        for column, value in enumerate(line):
            sheet.write_string(at, column, value, text)
    for at in range(len(lines), len(lines) + 200):
        sheet.write_blank(at, 0, None, text)
    book.close()


def by_libreoffice(path: Path, business: Business, rows: Rows) -> None:
    """The parts as LibreOffice Calc writes them: shared strings, rows with heights, styled blanks behind."""
    lines = [*head(path), *cells(business, rows)]
    texts = sorted({text for line in lines for text in line if text})
    place = {text: at for at, text in enumerate(texts)}
    body = []
    for at, line in enumerate(lines, 1):
        cell = [
            f'<c r="{column_letters(column)}{at}" s="1" t="s"><v>{place[text]}</v></c>'
            for column, text in enumerate(line)
            if text
        ]
        body.append(f'<row r="{at}" customFormat="false" ht="12.8" outlineLevel="0">{"".join(cell)}</row>')
    last = len(lines)
    body += [f'<row r="{at}" ht="12.8"><c r="A{at}" s="1"/></row>' for at in range(last + 1, last + 40)]
    shared = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
    parts = {name: PROLOGUE + text for name, text in LIBREOFFICE.items()}
    parts["xl/sharedStrings.xml"] = (
        f'{PROLOGUE}<sst {MAIN} count="{len(texts)}" uniqueCount="{len(texts)}">{shared}</sst>'
    )
    parts["xl/worksheets/sheet1.xml"] = (
        f'{PROLOGUE}<worksheet {MAIN}><sheetPr filterMode="false"/><dimension ref="A1:Z{last}"/>'
        f"<sheetData>{''.join(body)}</sheetData></worksheet>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)


PROLOGUE = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
LIBREOFFICE = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{_OFFICE}"><fileVersion appName="Calc"/>'
    '<sheets><sheet name="清册" sheetId="1" state="visible" r:id="rId2"/></sheets></workbook>',
    "xl/styles.xml": f'<styleSheet {MAIN}><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="49" applyFont="false"/></cellXfs></styleSheet>',
}

WRITERS: dict[str, tuple[str, Writer]] = {
    "openpyxl": (".xlsx", by_openpyxl),
    "xlsxwriter": (".xlsx", by_xlsxwriter),
    "libreoffice": (".xlsx", by_libreoffice),
    "xlwt": (".xls", by_xlwt),
}


# ---- the walk ------------------------------------------------------------------------------------------


def cases() -> Iterator[object]:
    """Every pair with one writer quickly, with the others slowly; only formats that the center takes."""
    for at, (name, business, kind) in enumerate(PAIRS):
        formats = load_profile(name).imports.formats
        able = [writer for writer, (suffix, _) in WRITERS.items() if suffix[1:] in formats]
        for writer in able:
            quick = writer == able[at % len(able)]
            marks = [] if quick else [pytest.mark.slow]
            marks.append(pytest.mark.feature("I-05", profile=name))
            case = "-".join(part for part in (name, business, kind, writer) if part)
            yield pytest.param(name, business, kind, writer, id=case, marks=marks)


def asked_for(business: str, name: str, kind: str) -> list[str]:
    """The arguments that name a business, its kind and its center."""
    return [business, "--profile", name, *(["--kind", kind] if kind else [])]


def declared(business: str, name: str, kind: str) -> Business:
    made = declare(business, load_profile(name))
    return made.of_kind(kind) if isinstance(made, BaseAdjust) else made


def checked(
    business: str,
    name: str,
    kind: str,
    path: Path,
    capsys: pytest.CaptureFixture[str],
    to_unit: str = "100002",
) -> tuple[int, list[dict[str, str]]]:
    """Exit code and findings of `gjj check`."""
    on_screen = ["--to-unit", to_unit] if declare(business, load_profile(name)).rules.on_screen else []
    ratios = ["--unit-ratio", "10", "--person-ratio", "10"] if kind == "ratio" else []
    capsys.readouterr()
    code = main(
        [
            "check",
            *asked_for(business, name, kind),
            str(path),
            "--today",
            TODAY,
            "--json",
            *on_screen,
            *ratios,
        ]
    )
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(("name", "business_id", "kind", "writer"), cases())
def test_a_filled_template_is_clean_and_the_center_takes_it(
    town: Town,
    name: str,
    business_id: str,
    kind: str,
    writer: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    office, other = town.offices(name, business_id)
    business = declared(business_id, name, kind)
    suffix, fill = WRITERS[writer]
    path = tmp_path / f"清册{suffix}"
    assert main(["template", *asked_for(business_id, name, kind), str(path)]) == 0
    good = good_rows(office, other, business, 2)
    fill(path, business, good)
    assert checked(business_id, name, kind, path, capsys, other.unit) == (0, [])
    context = known(office, business, file_context(office, business, other), good)
    read = check_file(path, business, context, formats=office.profile.imports.formats)
    assert read.ok and read.totals.count == 2
    unsent = {column.key for column in business.columns if column.kind is Kind.SERIAL}
    rows = [
        {key: text for key, text in row.check.values.items() if text and key not in unsent}
        for row in read.rows
    ]
    totals = {"count": 2, "amount": format_yuan(read.totals.amount)}
    answer = office.send(office.body(rows, business_id, source="file", totals=totals))
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert (receipt["count"], receipt["failed"], receipt["findings"]) == (2, 0, [])
    assert receipt["ok"] + receipt["pending"] == 2


@pytest.mark.parametrize(("name", "business_id", "kind"), PAIRS)
def test_an_empty_template_has_only_its_emptiness_against_it(
    name: str, business_id: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"模板.{load_profile(name).imports.template_format}"
    assert main(["template", *asked_for(business_id, name, kind), str(path)]) == 0
    code, found = checked(business_id, name, kind, path, capsys)
    assert (code, [one["code"] for one in found]) == (1, ["roster.empty"])


@pytest.mark.parametrize(("name", "business_id"), TYPED_ONLY)
def test_what_is_only_typed_has_no_template_and_no_check(
    name: str, business_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "清册.xlsx"
    assert main(["template", business_id, "--profile", name, str(path)]) == 1
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("。") == 1 and not path.exists()
    fill = template_of("seal", name, path)
    assert main(["check", business_id, "--profile", name, str(fill)]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("。") == 1


def template_of(business_id: str, name: str, path: Path) -> Path:
    """The template of another business, as a file that might be taken for one of this."""
    profile = load_profile(name)
    return write_template(path, declare(business_id, profile), profile)
