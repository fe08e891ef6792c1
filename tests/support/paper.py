"""Printed files read back by an independent reader."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium


def pdf_pages(source: Path | bytes) -> list[str]:
    """The text of every page."""
    document = pdfium.PdfDocument(source)
    return [page.get_textpage().get_text_bounded() for page in document]
