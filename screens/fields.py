"""Forms over a list of fields, on a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tui.form import Form
from tui.form_model import FormField
from tui.grid_model import CellResult

Check = Callable[[str, str, Mapping[str, str]], str]
"""(key, text, values) -> what is wrong as a sentence, "" when nothing is."""


class FieldsModel:
    """A `FormModel` of plain fields: required ones may not be empty, `check` may say more."""

    def __init__(
        self, fields: Sequence[FormField], values: Mapping[str, str] | None = None, check: Check | None = None
    ) -> None:
        self._fields = list(fields)
        self._values = {field.key: "" for field in fields} | dict(values or {})
        self._check = check

    def fields(self) -> Sequence[FormField]:
        """Return the fields."""
        return self._fields

    def values(self) -> Mapping[str, str]:
        """Return the values."""
        return self._values

    def commit(self, key: str, text: str) -> CellResult:
        """Take a value, trimmed but for passwords."""
        field = next(field for field in self._fields if field.key == key)
        value = text if field.kind == "password" else text.strip()
        self._values[key] = value
        if field.required and not value:
            return CellResult(False, f"{field.title}不能为空，请填写。")
        wrong = self._check(key, value, self._values) if self._check is not None else ""
        return CellResult(False, wrong) if wrong else CellResult(True, text=value)

    def preview(self, key: str, text: str) -> Mapping[str, str]:
        """Return nothing: no field is computed."""
        return {}

    def note(self, key: str) -> str:
        """Return the help of the field as its note."""
        return ""

    def clear(self) -> None:
        """Forget everything entered."""
        for field in self._fields:
            if field.entered:
                self._values[field.key] = ""

    def set(self, key: str, text: str) -> None:
        """Put a value without checking it."""
        self._values[key] = text


class FieldsForm(Form):
    """A form whose model may be exchanged, or changed behind it."""

    def use(self, model: FieldsModel) -> None:
        """Show another model, from its first empty field."""
        self._model = model
        self.rebuild()
        values = model.values()
        empty = next((one.key for one in model.fields() if one.entered and not values[one.key]), None)
        if empty is not None:
            self.focus_field(empty)

    def take_typed(self) -> None:
        """Accept what stands half typed in the current field, if anything does."""
        if self._field.entered and self._typed().strip():
            self._store()
