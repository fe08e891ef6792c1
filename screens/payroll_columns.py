"""Choosing which column of a payroll holds what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.payroll import FIELDS, PayrollField
from exports.payroll_file import PayrollFile, missing, missing_text
from tui import glyphs

if TYPE_CHECKING:
    from screens.app import AppScreen

NONE = "没有这一列"
DONE = "按以上各列比对"


async def choose_columns(
    screen: AppScreen, file: PayrollFile, mapping: Mapping[str, int], told: str
) -> dict[str, int] | None:
    """Let the columns be chosen, field by field, until they do; None when the person gave up.

    `told` is said above the list. A column holds one thing: choosing it again takes it from the other field.
    """
    chosen, choices = dict(mapping), file.choices(masked=screen.state.settings.screen.mask_id)
    at = _first(chosen)
    while True:
        rows = [_line(one, chosen, choices) for one in FIELDS]
        answer = await screen.choose("列对应", [*rows, DONE], [told] if told else [], at)
        if answer is None:
            return None
        if answer == len(FIELDS):
            told = missing_text(chosen)
            if not told:
                return chosen
            screen.shell.bell()
            at = _first(chosen)
            continue
        await _choose_one(screen, FIELDS[answer], chosen, choices)
        told, at = "", _first(chosen) if missing(chosen) else len(FIELDS)


async def _choose_one(
    screen: AppScreen, one: PayrollField, chosen: dict[str, int], choices: list[str]
) -> None:
    offered = [*choices, *([] if one.required else [NONE])]
    start = chosen.get(one.key, 0 if one.required else len(choices))
    at = await screen.choose(f"“{one.title}”是哪一列", offered, (), start)
    if at is None:
        return
    chosen.pop(one.key, None)
    if at < len(choices):
        for key in [key for key, place in chosen.items() if place == at]:
            del chosen[key]
        chosen[one.key] = at


def _first(chosen: Mapping[str, int]) -> int:
    """Position of the first field that still needs a column, else of the end."""
    wanted = missing(chosen)
    return FIELDS.index(wanted[0]) if wanted else len(FIELDS)


def _line(one: PayrollField, chosen: Mapping[str, int], choices: list[str]) -> str:
    at = chosen.get(one.key, len(choices))
    star = "*" if one.required else " "
    return glyphs.fit(star + one.title, 10) + (choices[at] if at < len(choices) else "（没有指定）")
