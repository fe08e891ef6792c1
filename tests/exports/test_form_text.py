"""Forms for 24-pin printers: the bytes, the columns, the pages."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import format_yuan_grouped
from exports.form import PaperForm
from exports.form_text import WIDE, Paper, printer_width, render_text, text_pages
from exports.table_export import ExportColumn
from tests.exports.test_form_pdf import COLUMNS, form


def test_the_bytes_begin_and_end_as_the_printer_wants_them() -> None:
    data = render_text(form(2), Paper(80, 33))
    assert data.startswith(b"\x1b@\x1c&\x1b2\x1bC\x21")
    assert data.endswith(b"\r\n\f")
    body = data[9:].decode("gb18030")
    assert "补缴清册凭证" in body and "张三丰" in body and "\n" not in body.replace("\r\n", "")


@pytest.mark.parametrize("lines", [22, 33, 66])
def test_no_page_is_longer_than_the_paper_and_its_sums_add_up(lines: int) -> None:
    pages = text_pages(form(150, printed=3), Paper(80, lines))
    names = 0
    for number, page in enumerate(pages, 1):
        assert len(page) <= lines
        count = sum("张三丰" in line for line in page)
        names += count
        if count:
            [told] = [line for line in page if "本页小计" in line]
            assert f"本页小计（{count}条）" in told and format_yuan_grouped(count * 96_000) in told
        assert page[-1] == f"业务流水号 SN2026112600001  第3次打印  第{number}页 共{len(pages)}页"
    assert names == 150
    assert sum("合计（150条）" in line for page in pages for line in page) == 1


def test_every_line_of_the_list_is_equally_wide_for_the_printer() -> None:
    rows = [("1", "买买提·艾力√①", "11010119900307001X", 12_345_678_901, 5)]
    [page] = text_pages(PaperForm("凭证", [], COLUMNS, rows))
    boxed = {printer_width(line) for line in page if line.startswith(("+", "|"))}
    assert len(boxed) == 1 and boxed.pop() <= 80


def test_a_wide_list_is_condensed() -> None:
    columns = [ExportColumn(f"第{n}列", width=14) for n in range(8)]
    wide = PaperForm("明细账", [], columns, [("一二三四五六",) * 8])
    assert b"\x0f" in render_text(wide) and render_text(wide).endswith(b"\x12")
    widest = max(printer_width(line) for page in text_pages(wide) for line in page)
    assert 80 < widest <= WIDE


def test_what_the_printer_lacks_is_named() -> None:
    [page] = text_pages(form(1, name="张𬱖"))
    text = "\n".join(page)
    assert "张□" in text and "印作□的字：U+2CC56，请手写补上并核对" in text


def test_no_control_of_another_hand_reaches_the_printer() -> None:
    data = render_text(form(1, name="a\x1bm\x0c\x0fb"))
    assert data.count(b"\x0c") == 1 and data.count(b"\x1b") == 3 and b"\x0f" not in data


@given(
    rows=st.lists(st.tuples(st.text(max_size=60), st.integers(-(10**12), 10**12)), max_size=40),
    lines=st.sampled_from([22, 33, 66]),
)
def test_whatever_is_in_it_the_paper_holds_it(rows: list[tuple[str, int]], lines: int) -> None:
    columns = [ExportColumn("姓名", width=10), ExportColumn("金额", "money", 12, total=True)]
    pages = text_pages(PaperForm("凭证", [("单位", "甲")], columns, rows), Paper(80, lines))
    boxes = {printer_width(line) for page in pages for line in page if line[:1] + line[-1:] in ("++", "||")}
    assert len(boxes) == 1 and max(boxes) <= WIDE
    # A text that needs more lines than a page has is the only thing that may run over.
    assert all(len(page) <= lines for page in pages) or max(len(name) for name, _ in rows) * 9 > lines
    assert [len(page) > 1 for page in pages] == [True] * len(pages)
    assert all(first is not second for first, second in pairwise(pages))
