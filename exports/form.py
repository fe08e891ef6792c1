"""One model for everything that is handed out on paper: head, list, sums, what it can be checked by.

The same form is drawn as a PDF (`exports.form_pdf`), as text for 24-pin printers (`exports.form_text`) and
as a workbook (`exports.table_export`); none of them knows which voucher it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Protocol

from domain.money import format_yuan_grouped
from domain.text import safe_text
from exports.table_export import ExportColumn, Pair, Value, write_table

Medium = Literal["pdf", "txt", "xlsx", "csv"]
MEDIA: Final[dict[Medium, str]] = {
    "pdf": "PDF文件",
    "txt": "针式打印机文本",
    "xlsx": "表格文件",
    "csv": "CSV文件",
}
"""What a form can be handed out as, by the suffix of its file."""


class Measure(Protocol):
    """How wide a character is; what the paper is measured in is the measure's own affair."""

    def __call__(self, char: str, /) -> float:
        """Return the width of one character."""


@dataclass(frozen=True, slots=True)
class PaperForm:
    """A voucher or statement. Amounts in `rows` are int 分; texts are as they came, drawing makes them safe.

    `serial` is the 业务流水号 printed on every page, `printed` the number of this print (第n次打印, 0 is not
    said), `code` what the QR code holds (empty: none), `counted` the word rows are counted in.
    """

    title: str
    head: Sequence[Pair]
    columns: Sequence[ExportColumn]
    rows: Sequence[Sequence[Value]]
    foot: Sequence[Pair] = ()
    serial: str = ""
    printed: int = 0
    code: str = ""
    counted: str = "条"
    signatures: Sequence[str] = field(default=("经办人", "复核人", "单位盖章"))

    @property
    def summed(self) -> bool:
        """Whether any column has a sum."""
        return any(column.total for column in self.columns)


def cell(column: ExportColumn, value: Value) -> str:
    """A value as it is printed: money with thousands separators, everything else as it is."""
    if value is None or value == "":
        return ""
    if column.kind == "money":
        return format_yuan_grouped(int(value))
    return safe_text(str(value))


def right(column: ExportColumn) -> bool:
    """Whether a column stands to the right: amounts and counts."""
    return column.kind != "text"


def sums(columns: Sequence[ExportColumn], rows: Sequence[Sequence[Value]]) -> list[Value]:
    """The sums of the columns that have one, in 分 or as counts; None elsewhere."""
    return [
        sum(int(row[at] or 0) for row in rows) if column.total else None for at, column in enumerate(columns)
    ]


def widest_sums(form: PaperForm) -> list[str]:
    """Texts at least as wide as any sum of any page: where amounts cancel out a page may exceed the total."""
    texts = []
    for at, column in enumerate(form.columns):
        most = sum(abs(int(row[at] or 0)) for row in form.rows) if column.total else 0
        signed = -most if column.total and any(int(row[at] or 0) < 0 for row in form.rows) else most
        texts.append(cell(column, signed) if column.total else "")
    return texts


def sum_line(form: PaperForm, word: str, rows: Sequence[Sequence[Value]]) -> tuple[str, list[str]]:
    """A line of sums: what stands in the place of the first columns without a sum, and the cell texts."""
    texts = [cell(c, value) for c, value in zip(form.columns, sums(form.columns, rows), strict=True)]
    return f"{word}（{len(rows)}{form.counted}）", texts


def lead_columns(form: PaperForm) -> int:
    """How many columns from the left have no sum: the words of a line of sums may use their room."""
    for at, column in enumerate(form.columns):
        if column.total:
            return at
    return len(form.columns)


def pieces(text: str, width: float, measure: Measure) -> Iterator[str]:
    """A text broken into lines that are at most `width` wide; one character is always taken."""
    start, used = 0, 0.0
    for at, char in enumerate(text):
        needed = measure(char)
        if at > start and used + needed > width:
            yield text[start:at]
            start, used = at, 0.0
        used += needed
    yield text[start:]


def write_form(path: Path, form: PaperForm, *, overwrite: bool = False) -> None:
    """Write the form as what the suffix of `path` says. Blocking.

    Raises WorkbookError: file.exists, file.disk_full, file.not_written.
    """
    if path.suffix == ".pdf":
        from exports.form_pdf import write_pdf

        write_pdf(path, form, overwrite=overwrite)
    elif path.suffix == ".txt":
        from exports.form_text import write_text

        write_text(path, form, overwrite=overwrite)
    elif path.suffix == ".csv":
        from exports.csv_table import write_csv

        write_csv(path, form.columns, form.rows, overwrite=overwrite)
    else:
        write_table(
            path,
            title=form.title,
            columns=form.columns,
            rows=form.rows,
            head=form.head,
            foot=form.foot,
            overwrite=overwrite,
        )
