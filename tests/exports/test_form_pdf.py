"""Forms as PDF: read back by an independent reader, as text and as a picture."""

from __future__ import annotations

from typing import Any

import pypdfium2 as pdfium
import pytest
import zxingcpp

from domain.money import format_yuan_grouped
from exports.form import PaperForm
from exports.form_pdf import FONT, PORTRAIT, render_pdf
from exports.table_export import ExportColumn
from tests.support.paper import pdf_pages

COLUMNS = (
    ExportColumn("序号", width=4),
    ExportColumn("姓名", width=10),
    ExportColumn("证件号码", width=20),
    ExportColumn("单位月缴存额", "money", 12, total=True),
    ExportColumn("个人月缴存额", "money", 12, total=True),
)


def form(count: int, name: str = "张三丰", **more: Any) -> PaperForm:
    rows = [(str(n + 1), name, "110101199003070011", 96_000, 96_000) for n in range(count)]
    head = [("中心", "示例中心"), ("单位", "100001 示例单位"), ("业务流水号", "SN2026112600001")]
    return PaperForm(
        "补缴清册凭证", head, COLUMNS, rows, [("SHA-256", "ab" * 32)], serial="SN2026112600001", **more
    )


def test_a_page_says_everything() -> None:
    [text] = pdf_pages(render_pdf(form(3, printed=2)))
    for wanted in ("补缴清册凭证", "单位：100001 示例单位", "张三丰", "110101199003070011", "960.00"):
        assert wanted in text
    assert "合计（3条）" in text and "2,880.00" in text
    assert "第2次打印" in text and "第 1 页" in text and "共 1 页" in text
    assert "本页小计" not in text


def test_every_page_has_its_sum_and_together_they_are_the_total() -> None:
    told = pdf_pages(render_pdf(form(200)))
    assert len(told) > 3
    names = 0
    for number, text in enumerate(told, 1):
        count = text.count("张三丰")
        names += count
        assert f"本页小计（{count}条）" in text
        assert format_yuan_grouped(count * 96_000) in text
        assert f"第 {number} 页" in text and f"共 {len(told)} 页" in text
        assert "证件号码" in text
        assert ("合计（200条）" in text) is (number == len(told))
    assert names == 200


def test_nothing_leaves_the_paper_or_its_cell() -> None:
    data = render_pdf(form(40, name="欧阳" * 15))
    for page in pdfium.PdfDocument(data):
        width, height = page.get_size()
        text = page.get_textpage()
        for at in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(at)
            assert 40 <= left < right <= width - 40 and 40 <= bottom < top <= height - 30


def place_of(data: bytes, wanted: str) -> tuple[float, float, float, float]:
    """Where a text stands on the first page, in points: left, bottom, right, top; it must be in one piece."""
    text = pdfium.PdfDocument(data)[0].get_textpage()
    found = text.search(wanted).get_next()
    assert found is not None, f"{wanted} is not on the page in one piece"
    boxes = [text.get_charbox(found[0] + at) for at in range(found[1])]
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def test_short_lines_of_the_head_stand_beside_each_other_and_a_long_one_alone() -> None:
    head = [("中心", "示例中心"), ("单位账号", "100001"), ("单位", "很长的名称" * 9), ("日期", "2026-11-26")]
    data = render_pdf(PaperForm("凭证", head, COLUMNS, [("1", "张三", "110101199003070011", 1, 1)]))
    center, account, unit, day = (place_of(data, f"{label}：{value[:12]}") for label, value in head)
    assert abs(center[1] - account[1]) < 3 and center[2] < account[0] < PORTRAIT[0] / 2 + 30
    assert unit[3] < center[1] and unit[0] == pytest.approx(center[0], abs=1)
    assert day[3] < unit[1] and day[0] == pytest.approx(center[0], abs=1)


def test_a_few_long_names_wrap_and_numbers_never_do() -> None:
    columns = [ExportColumn("姓名"), ExportColumn("证件号码"), *[ExportColumn(f"第{n}列") for n in range(5)]]
    names = [f"张三{'甲乙丙丁'[n % 4]}{'子丑寅卯辰巳'[n // 4]}" for n in range(24)]
    long = "欧阳" * 14
    rows = [(name, "110101199003070011", *["12345678"] * 5) for name in (*names, long)]
    data = render_pdf(PaperForm("清册", [], columns, rows))
    page = pdfium.PdfDocument(data)[0]
    assert page.get_width() == pytest.approx(PORTRAIT[0], abs=1)
    told = page.get_textpage().get_text_bounded()
    assert long not in told and "".join(told.split()).count(long) == 1
    assert told.count("110101199003070011") == len(rows)


def test_a_wide_list_turns_the_paper() -> None:
    columns = [ExportColumn(f"第{n}列", width=14) for n in range(12)]
    wide = PaperForm("明细账", [], columns, [("一二三四五六七八",) * 12])
    [page] = pdfium.PdfDocument(render_pdf(wide))
    assert page.get_size() == pytest.approx(PORTRAIT[::-1], abs=0.1)


@pytest.mark.parametrize("name", ["𬱖𫖯", "㐱禕濬澔龍華國", "骉·艾力"])
def test_rare_characters_are_drawn_and_can_be_copied(name: str) -> None:
    [text] = pdf_pages(render_pdf(form(1, name=name)))
    assert name in text and "字库没有的字" not in text


def test_a_character_without_glyph_is_named() -> None:
    [text] = pdf_pages(render_pdf(form(1, name="张\U0002a6d6")))
    assert "张□" in text and "字库没有的字印作□：U+2A6D6" in text


def test_hostile_text_is_shown_not_obeyed() -> None:
    [text] = pdf_pages(render_pdf(form(1, name="a\x1b[2Jb‮c")))
    assert "<ESC>" in text and "\x1b" not in text


def test_only_our_font_is_in_it_and_the_bytes_do_not_change() -> None:
    data = render_pdf(form(3))
    assert data == render_pdf(form(3))
    assert b"Helvetica" not in data and FONT.encode() in data


def test_the_code_can_be_read_from_the_picture() -> None:
    code = "HTTPS://GJJ.EXAMPLE/V/SN2026112600001/ABABABABABABABAB"
    [page] = pdfium.PdfDocument(render_pdf(form(3, code=code)))
    [found] = zxingcpp.read_barcodes(page.render(scale=3).to_pil())
    assert found.text == code
