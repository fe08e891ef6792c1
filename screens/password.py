"""Passwords: changed inside, forced for an initial one (L-09, L-11), reset by a code (L-10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from screens.dialog_form import DialogForm
from screens.fields import FieldsModel
from tui.form_model import FormField

if TYPE_CHECKING:
    from screens.app import AppScreen

LEAST = 6
"""Characters of the shortest password of the contract; a center may ask for more."""

DIFFERENT = "两次输入的新密码不一致，请重新输入。"
CHANGED = "密码已修改，下次登录请使用新密码。"


def _twice(key: str, text: str, values: Mapping[str, str]) -> str:
    """What is wrong with a new password or its repetition."""
    if key == "new" and len(text) < LEAST:
        return f"新密码至少 {LEAST} 位，请重新输入。"
    if key == "new" and text == values.get("old"):
        return "新密码不能与原密码相同，请重新输入。"
    return DIFFERENT if key == "again" and text != values.get("new") else ""


def _new_fields(old: str) -> list[FormField]:
    first = [FormField("old", old, "password", 24, required=True)] if old else []
    return [
        *first,
        FormField("new", "新密码", "password", 24, required=True),
        FormField("again", "再输一次", "password", 24, required=True),
    ]


async def change_password(screen: AppScreen, *, forced: bool = False, old: str = "") -> bool:
    """Ask for the old and the new password and change it; False when the person gave up.

    `forced`: an initial password must be changed before anything else; `old` is the one just used. Raises
    ClientError when the center does not do it for another reason than the passwords.
    """
    from client.errors import AuthExpired, ClientError

    profile = screen.state.profile
    if profile.auth.change_password == "bank" and not forced:
        await screen.tell("修改密码", [f"交易密码不在这里修改。{profile.auth.reset_text}"])
        return False
    session = screen.state.session()
    if forced:
        await screen.tell("修改初始密码", ["您使用的是初始密码，请先设定新密码，再办理业务。"])
    while True:
        known = {"old": old} if forced else {}
        model = FieldsModel(_new_fields("" if forced else "原密码"), known, _twice)
        values = await screen.host("修改密码", DialogForm(model))
        if values is None:
            return False
        try:
            await screen.busy(
                "正在修改密码…", session.change_password, known.get("old") or values["old"], values["new"]
            )
        except AuthExpired:
            raise
        except ClientError as error:
            if error.retryable:
                raise
            await screen.tell("修改密码", [error.sentence])
            continue
        screen.status(CHANGED, kind="good")
        await screen.tell("修改密码", [CHANGED])
        return True


async def reset_password(screen: AppScreen, typed: Mapping[str, str]) -> bool:
    """Reset the password by a code to the registered mobile; elsewhere say what to do (L-10).

    `typed` is what stands in the login form already. Raises ClientError when the center cannot be reached.
    """
    from client.errors import ClientError

    form = screen.state.form
    if form.reset != "self_sms":
        await screen.tell("忘记密码", [form.reset_text])
        return False
    wanted = [field for field in form.fields if field.key not in ("password", "code")]
    fields = [FormField(one.key, one.label, _kind(one.key), one.width, required=True) for one in wanted]
    filled = {one.key: str(typed.get(one.key, "")) for one in wanted}
    given = await screen.host("忘记密码：登记信息", DialogForm(FieldsModel(fields, filled)))
    if given is None:
        return False
    session = await screen.busy("正在连接中心…", screen.state.session)
    sent = await screen.busy("正在获取验证码…", session.request_code, given, "reset")
    code = [FormField("code", "验证码", "mobile", 8, required=True)]
    note = f"登记信息相符的，验证码已发到手机，{_minutes(sent.expires, session.client.now())}分钟内有效。"
    await screen.tell("忘记密码", [note])
    while True:
        model = FieldsModel([*code, *_new_fields("")], None, _twice)
        values = await screen.host("忘记密码：新密码", DialogForm(model))
        if values is None:
            return False
        try:
            await screen.busy(
                "正在重置密码…",
                session.reset_password,
                given["unit_account"],
                given["mobile"],
                values["code"],
                values["new"],
            )
        except ClientError as error:
            if error.retryable:
                raise
            await screen.tell("忘记密码", [error.sentence])
            continue
        await screen.tell("忘记密码", ["密码已重置，请用新密码登录。"])
        return True


def _minutes(until: str, now: float) -> int:
    from datetime import datetime

    return max(1, round((datetime.fromisoformat(until).timestamp() - now) / 60))


def _kind(key: str) -> str:
    """The kind of a login field: everything but names is typed in half-width characters."""
    return {"agent_id_number": "id", "unit_name": "text", "agent_name": "text"}.get(key, "mobile")
