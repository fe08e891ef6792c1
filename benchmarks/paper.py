"""Exports and vouchers: a table of 100,000 rows by 12 columns, a voucher of 2,000 rows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, middle

ROOT = Path(__file__).parents[1]
ROWS, VOUCHER_ROWS, TIMES = 100_000, 2_000, 3

PRELUDE = """
import resource, sys, time
path, count = sys.argv[1], int(sys.argv[2])
def row(n):
    return [f"{n:012d}", "赵小明", "220602198001010000", 800000, 96000, 96000, 192000, "01", "一般公积金",
            "2026-11-01", "202611", "备注"]
KINDS = ["text"] * 3 + ["money"] * 4 + ["text"] * 5
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
"""
TIMED = """
before, began = peak(), time.perf_counter()
work()
print((time.perf_counter() - began) * 1000, peak() - before)
"""
OURS = """
from exports.table_export import CountedRows, ExportColumn, write_table
import rustpy_xlsxwriter
columns = [ExportColumn(f"第{n}列", kind, 14, kind == "money") for n, kind in enumerate(KINDS)]
def work():
    rows = CountedRows(count, lambda: map(row, range(count)))
    write_table(path, title="缴存明细", columns=columns, rows=rows)
"""
OPENPYXL = """
from openpyxl import Workbook
def work():
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for n in range(count):
        sheet.append([v / 100 if kind == "money" else v for v, kind in zip(row(n), KINDS)])
    book.save(path)
"""
VOUCHER = """
from exports.form import PaperForm
from exports.form_pdf import write_pdf, _face
from exports.table_export import ExportColumn
from pathlib import Path
columns = [ExportColumn(f"第{n}列", kind, 10, kind == "money") for n, kind in enumerate(KINDS[:8])]
rows = [row(n)[:8] for n in range(count)]
_face()
def work():
    write_pdf(Path(path), PaperForm("开户清册凭证", [("单位", "示例公司")], columns, rows), overwrite=True)
"""
BARE = """
from importlib.resources import files
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen.canvas import Canvas
name = str(files("exports") / "fonts" / "GJJSansSC-Regular.ttf")
pdfmetrics.registerFont(ttfonts.TTFont("S", name))
rows = [row(n)[:8] for n in range(count)]
def work():
    canvas = Canvas(path, pagesize=landscape(A4), initialFontName="S")
    for start in range(0, count, 30):
        canvas.setFont("S", 9)
        for down, values in enumerate(rows[start:start + 30]):
            for across, value in enumerate(values):
                canvas.drawString(40 + 95 * across, 540 - 15 * down, str(value))
            canvas.line(40, 536 - 15 * down, 800, 536 - 15 * down)
        canvas.showPage()
    canvas.save()
"""


def measure(say: Callable[[str], None]) -> list[Figure]:
    """Milliseconds and megabytes beyond what the program had before."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        say(f"导出：{ROWS} 行 12 列 …")
        ours, memory = _run(OURS, folder / "a.xlsx", ROWS)
        peer, _ = _run(OPENPYXL, folder / "b.xlsx", ROWS)
        say(f"凭证：{VOUCHER_ROWS} 行 …")
        voucher, _ = _run(VOUCHER, folder / "a.pdf", VOUCHER_ROWS)
        bare, _ = _run(BARE, folder / "b.pdf", VOUCHER_ROWS)
    return [
        Figure(f"导出 {ROWS} 行 12 列", ours, "毫秒", peer, "openpyxl write_only", 0.1, True),
        Figure("导出时多用的内存", memory, "MB", goal=10.0),
        Figure(f"{VOUCHER_ROWS} 行的凭证（PDF）", voucher, "毫秒", bare, "裸 reportlab"),
    ]


def _run(program: str, path: Path, count: int) -> tuple[float, float]:
    """Middle of several runs: milliseconds, and MB of peak memory beyond the start."""
    times, extra = [], []
    for _ in range(TIMES):
        path.unlink(missing_ok=True)
        command = [sys.executable, "-c", PRELUDE + program + TIMED, str(path), str(count)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        taken, memory = map(float, done.stdout.split())
        times.append(taken)
        extra.append(memory)
    return middle(times), middle(extra)
