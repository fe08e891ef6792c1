"""Login, logout and passwords."""

from __future__ import annotations

from fastapi import Request
from sqlalchemy import Connection

from center.audit import append_audit
from center.auth import login as auth
from center.auth.challenges import create_challenge
from center.auth.codes import send_code
from center.auth.sessions import end_session
from center.deps import AnySession, Parts, RawBody, TheCenter, bearer_token
from center.errors import ProblemError
from center.routing import router as make_router
from domain.wire import (
    Challenge,
    ChallengeRequest,
    ChooseUnit,
    CodeSent,
    Done,
    LoginCodeRequest,
    LoginReply,
    LoginRequest,
    PasswordChange,
    PasswordReset,
)

router = make_router("登录")


@router.post("/login/challenge", summary="取登录凭证，由UKey签名")
def challenge(body: ChallengeRequest, center: TheCenter) -> Challenge:
    """A one-time nonce for the login signature; the answer is the same for accounts that do not exist."""
    if center.profile.auth.mode == "password_sms":
        raise ProblemError("module.off", "本中心登录不用UKey，请用密码和短信验证码登录。")
    return center.store.run(lambda conn: create_challenge(conn, center.settings, body.unit_account))


@router.post("/login/code", summary="取短信验证码（登录或重置密码）")
def code(body: LoginCodeRequest, center: TheCenter) -> CodeSent:
    """Send a code to the registered telephone; the answer never says whether the details matched."""
    if center.profile.auth.mode != "password_sms":
        raise ProblemError("module.off", "本中心登录不用短信验证码，请插入UKey登录。")
    with center.store.read() as conn:
        person = auth.find_by_details(
            conn, body.unit_account, body.unit_name, body.agent_name, body.agent_id_number, body.mobile
        )
    sent = send_code(
        center.store, center.settings, body.unit_account, body.mobile, body.purpose,
        known=person is not None,
    )  # fmt: skip
    center.sms.nudge()
    return sent


@router.post("/login", summary="登录（经办人须UKey签名或验证码，柜员用密码）")
def log_in(body: LoginRequest, center: TheCenter, parts: Parts, raw: RawBody) -> LoginReply:
    """Open a session; the signature of a key profile covers these very bytes."""
    return auth.log_in(center, body, parts, raw)


@router.post("/login/unit", summary="选择单位账号")
def choose_unit(body: ChooseUnit, center: TheCenter, session: AnySession, request: Request) -> LoginReply:
    """Choose one of the key's units; the token stays the same."""
    if session.role != "agent":
        raise ProblemError("permission.denied", "柜员账号没有单位可选，请直接办理中心业务。")
    return auth.choose(center, session, bearer_token(request), body.unit_account)


@router.post("/logout", summary="退出系统")
def log_out(center: TheCenter, session: AnySession) -> Done:
    """End the session at once."""

    def work(conn: Connection) -> None:
        end_session(conn, center.settings, session.token_hash)
        append_audit(conn, center.clock, session.operator_id, "logout", unit_account=session.unit_account)

    center.store.run(work)
    return Done(message="已退出系统")


@router.post("/password", summary="修改登录密码")
def password(body: PasswordChange, center: TheCenter, session: AnySession) -> Done:
    """Change the password; the other sessions of this operator end."""
    auth.change_password(center, session, body)
    return Done(message="密码修改成功")


@router.post("/password/reset", summary="凭短信验证码重置密码")
def reset(body: PasswordReset, center: TheCenter) -> Done:
    """Set a new password with a code of purpose `reset`."""
    auth.reset_password(center, body)
    return Done(message="密码重置成功，请用新密码登录")
