"""The fields of the login screen as the profile declares them, and those of a clerk (L-05)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.login_form import LoginField, LoginForm
from screens.fields import FieldsModel
from tui.form_model import CHECKED, UNCHECKED, FormField

CLERK_FIELDS: Final = (
    FormField("login_name", "柜员登录名", "mobile", 24, required=True),
    FormField("password", "登录密码", "password", 24, required=True),
)
KINDS: Final = {
    "password": "password",
    "check": "check",
    "static": "text",
    "code": "mobile",
}
WORDS: Final = ("unit_name", "agent_name")
"""Fields that hold names; all others are typed in half-width characters."""


class LoginModel(FieldsModel):
    """What is typed into the login screen; kept in memory only."""

    def __init__(self, fields: list[FormField], values: Mapping[str, str]) -> None:
        super().__init__(fields, values)

    @classmethod
    def agent(cls, form: LoginForm, account: str, login_name: str) -> LoginModel:
        """The fields of the profile; a field read from the configuration is shown and not entered."""
        known = {"unit_account": account, "login_name": login_name}
        values = {
            one.key: UNCHECKED if one.kind == "check" else known.get(one.key, "") for one in form.fields
        }
        return cls([_field(one) for one in form.fields], values)

    @classmethod
    def clerk(cls) -> LoginModel:
        """Login name and password of a clerk."""
        return cls(list(CLERK_FIELDS), {})

    def forget_secrets(self) -> None:
        """Empty passwords and codes."""
        for field in self._fields:
            if field.kind == "password" or field.key == "code":
                self.set(field.key, "")

    def tick(self, key: str, ticked: bool) -> None:
        """Tick or untick a box."""
        self.set(key, CHECKED if ticked else UNCHECKED)

    def has(self, key: str) -> bool:
        """Whether there is such a field."""
        return any(field.key == key for field in self._fields)


def _field(one: LoginField) -> FormField:
    if one.key == "agent_id_number":
        kind = "id"
    elif one.kind == "text":
        kind = "text" if one.key in WORDS else "mobile"
    else:
        kind = KINDS[one.kind]
    entered = one.kind not in ("check", "static")
    return FormField(one.key, one.label, kind, one.width, required=entered, readonly=one.kind == "static")
