"""What one writes without thinking: openpyxl, a pydantic model a row, Textual's DataTable: `... FILE`."""

from __future__ import annotations

import sys
from typing import Annotated, Any, ClassVar

from openpyxl import load_workbook
from pydantic import BaseModel, StringConstraints, field_validator
from textual.app import App, ComposeResult
from textual.widgets import DataTable

from domain.idnumber import check_digit

DONE = "rows loaded"


class Person(BaseModel):
    """A row."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    id_number: Annotated[str, StringConstraints(pattern=r"^\d{17}[\dX]$")]
    mobile: Annotated[str, StringConstraints(pattern=r"^1[3-9]\d{9}$")]
    base: Annotated[str, StringConstraints(pattern=r"^\d{1,9}\.\d{2}$")]

    @field_validator("id_number")
    @classmethod
    def checked(cls, text: str) -> str:
        """The check digit is right."""
        if check_digit(text[:17]) != text[17]:
            raise ValueError("check digit")
        return text


class Naive(App[None]):
    """All rows in a table."""

    KEYS: ClassVar[tuple[str, ...]] = ("name", "id_number", "mobile", "base")

    def compose(self) -> ComposeResult:
        """The table."""
        yield DataTable()

    def on_mount(self) -> None:
        """Read, check, show."""
        sheet: Any = load_workbook(sys.argv[1], read_only=True).worksheets[0]
        grid = self.query_one(DataTable)
        grid.add_columns(*self.KEYS)
        people = []
        for row in sheet.iter_rows(values_only=True):
            texts = [str(cell) for cell in row if cell is not None]
            found = [text for text in texts if len(text) == 18 and text[:17].isdigit()]
            if found:
                at = texts.index(found[0])
                mobile = next(text for text in texts if len(text) == 11 and text.isdigit())
                base = next(text for text in texts if text.endswith(".00"))
                people.append(Person(name=texts[at - 1], id_number=found[0], mobile=mobile, base=base))
        grid.add_rows([tuple(person.model_dump().values()) for person in people])
        self.call_after_refresh(self.notify, f"{len(people)} {DONE}", timeout=60)


if __name__ == "__main__":
    Naive().run(mouse=False)
