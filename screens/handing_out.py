"""A form on its way out: as a PDF, as text for a 24-pin printer or as a workbook, into the out folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from screens.file_choice import write_out

if TYPE_CHECKING:
    from exports.form import PaperForm
    from screens.app import AppScreen


async def hand_out(
    screen: AppScreen, stem: str, day: date, make: Callable[[], PaperForm], *, what: str = ""
) -> Path | None:
    """Ask what the form is wanted as and write it; None when the person gave up or it was not written.

    `make` blocks and gives the form; `stem` is the beginning of the file's name, `what` the form's name.
    """
    from exports.form import MEDIA, write_form
    from exports.table_export import export_name

    media = list(MEDIA)
    chosen = await screen.choose(f"打印{what or stem}", list(MEDIA.values()))
    if chosen is None:
        return None
    name = export_name(stem, day, screen.state.unit, suffix=media[chosen])

    def write(path: Path, overwrite: bool) -> None:
        write_form(path, make(), overwrite=overwrite)

    return await write_out(screen, name, write, what or stem)
