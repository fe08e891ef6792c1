"""A form on its way out: as a file into the out folder, or to a printer."""

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
    from screens.printing import print_by, ways

    media = list(MEDIA)
    more, problem = await ways(screen)
    rows = [*MEDIA.values(), *(way.title for way in more)]
    chosen = await screen.choose(f"打印{what or stem}", rows, [problem] if problem else [])
    if chosen is None:
        return None

    serials = [""]

    def write(path: Path, overwrite: bool) -> None:
        form = make()
        serials.append(form.serial)
        write_form(path, form, overwrite=overwrite)

    if chosen >= len(media):
        await print_by(screen, more[chosen - len(media)], what or stem, write, lambda: serials[-1])
        return None
    name = export_name(stem, day, screen.state.unit, suffix=media[chosen])
    return await write_out(screen, name, write, what or stem)
