"""A form on its way out: as a file into the out folder, or to a printer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from screens.file_choice import write_out

if TYPE_CHECKING:
    from client.api import CenterClient
    from exports.form import PaperForm
    from screens.app import AppScreen

PAPER: Final = (".pdf", ".txt")
"""Files that are printed: the center counts them, a workbook it does not."""


async def hand_out(
    screen: AppScreen, stem: str, day: date, make: Callable[[], PaperForm], *, what: str = ""
) -> Path | None:
    """Ask what the form is wanted as and write it; None when the person gave up or it was not written.

    `make` blocks and gives the form; `stem` is the beginning of the file's name, `what` the form's name.
    Raises ClientError when the center does not count the print of a voucher; nothing is written then.
    """
    from exports.form import MEDIA
    from exports.table_export import export_name
    from screens.printing import print_by, ways

    media = list(MEDIA)
    more, problem = await ways(screen)
    rows = [*MEDIA.values(), *(way.title for way in more)]
    chosen = await screen.choose(f"打印{what or stem}", rows, [problem] if problem else [])
    if chosen is None:
        return None
    client, unit = screen.state.session().client, screen.state.unit
    serials = [""]

    def write(path: Path, overwrite: bool) -> None:
        form = make()
        serials.append(form.serial)
        write_counted(client, unit, path, form, overwrite=overwrite)

    if chosen >= len(media):
        await print_by(screen, more[chosen - len(media)], what or stem, write, lambda: serials[-1])
        return None
    name = export_name(stem, day, screen.state.unit, suffix=media[chosen])
    return await write_out(screen, name, write, what or stem)


def write_counted(
    client: CenterClient, unit: str, path: Path, form: PaperForm, *, overwrite: bool = False
) -> None:
    """Write a form; a voucher that is printed says which print it is and where to check it, a PDF is sealed.

    Blocking; raises ClientError, WorkbookError.
    """
    from exports.form import write_form

    if not form.serial or path.suffix not in PAPER:
        write_form(path, form, overwrite=overwrite)
        return
    ticket = client.vouchers.count_print(unit, form.serial, form.title)
    form = replace(form, printed=ticket.printed, code=f"{client.base_url}{ticket.path}")
    if path.suffix != ".pdf":
        write_form(path, form, overwrite=overwrite)
        return
    import hashlib

    from exports.files import writing
    from exports.form_pdf import render_pdf
    from exports.sealed import with_seal

    document = render_pdf(form)
    digest = hashlib.sha256(document).hexdigest()
    seal = client.vouchers.seal(unit, form.serial, ticket.printed, digest)
    with writing(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(with_seal(document, seal.model_dump_json(ensure_ascii=True)))
