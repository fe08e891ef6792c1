"""A form in a dialog, which ends with the values."""

from __future__ import annotations

from typing import Any

from screens.fields import FieldsModel
from tui.dialog import AnswerScreen
from tui.form import Form


class DialogForm(Form):
    """A form that ends its dialog with the values."""

    def __init__(self, model: FieldsModel, *, width: int = 62) -> None:
        super().__init__(model, columns=1)
        self.styles.width = width
        self.styles.height = len(model.fields()) + 1

    def request(self, action: str, **payload: Any) -> None:
        """End the dialog when the form is complete; the rest goes to the dialog's screen."""
        screen = self.screen
        if action == "record" and isinstance(screen, AnswerScreen):
            screen.finish(payload["values"])
        else:
            super().request(action, **payload)
