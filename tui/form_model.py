"""What a form asks of the values behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from tui.grid_model import CellResult

CHECKED: Final = "1"
"""Value of a ticked box; an unticked one is "0"."""
UNCHECKED: Final = "0"
PERSON_HELP: Final = "可填账号、姓名、拼音、首字母，或账号、证件号码的末几位；F4 打开名单。"
"""What a field or column of kind person takes."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field.

    `kind` is one of text, id, money, ratio, month, code, password, mobile, person, check, static. `width` is
    the room for the value in cells. The value of a person is an account number. `choices` are (code, label)
    pairs: the code, the label or its initials may be typed, and the value is the code. A `readonly` or static
    field is shown and never entered.
    """

    key: str
    title: str
    kind: str = "text"
    width: int = 20
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    readonly: bool = False
    help: str = ""

    @property
    def entered(self) -> bool:
        """Whether the cursor goes there."""
        return not self.readonly and self.kind != "static"


class FormModel(Protocol):
    """Values of a form. Called from the event loop on every key; must answer at once."""

    def fields(self) -> Sequence[FormField]:
        """Return the fields in entry order; constant between two calls of `Form.rebuild`.

        But for `readonly`, which may follow the value of another field: asked for after every commit.
        """
        ...

    def values(self) -> Mapping[str, str]:
        """Return the present values by field key, computed and read-only ones too."""
        ...

    def commit(self, key: str, text: str) -> CellResult:
        """Take a value; when it is refused the cursor stays in the field."""
        ...

    def preview(self, key: str, text: str) -> Mapping[str, str]:
        """Return read-only fields (key -> text) as they would be with `text` in field `key` (W-09)."""
        ...

    def note(self, key: str) -> str:
        """Return a short note drawn behind the field, for instance its limits; "" for none."""
        ...

    def clear(self) -> None:
        """Forget everything entered; the read-only values stay (W-02)."""
        ...
