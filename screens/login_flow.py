"""The steps of a login: reach the center, certificate, PIN, challenge, password, unit (L-04 to L-09)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from screens.key_facts import NO_CERTIFICATE, about, certificate_rows, expiry, read_key
from screens.password import change_password
from screens.pin_entry import unlock
from tui.form_model import CHECKED

if TYPE_CHECKING:
    from client.session import Person, Session
    from screens.login import LoginScreen
    from ukey.signer import KeyCertificate, Signer


class Stopped(Exception):
    """The person gave up, or must do something first; `text` says what, "" for nothing."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.text = text


async def log_in_agent(screen: LoginScreen, values: Mapping[str, str]) -> None:
    """Log an agent in as the profile wants it, up to an open unit.

    Raises Stopped, ClientError, SignerError; nothing is logged in then.
    """
    session = await connected(screen)
    if screen.state.form.needs_key:
        signer, certificate = await choose_key(screen, session)
        await unlock_key(screen, signer, certificate)
        person = await screen.busy(
            "正在登录…",
            session.login_with_key,
            values["unit_account"],
            values["password"],
            certificate,
            values.get("login_name", ""),
        )
    else:
        person = await screen.busy(
            "正在登录…", session.login_with_code, values, values["password"], values["code"]
        )
    await finish_agent(screen, session, person, values)


async def log_in_clerk(screen: LoginScreen, values: Mapping[str, str]) -> None:
    """Log a clerk of the center in. Raises Stopped, ClientError."""
    session = await connected(screen)
    person = await screen.busy("正在登录…", session.login_clerk, values["login_name"], values["password"])
    await first_password(screen, session, person, values["password"])
    await screen.busy("正在进入…", screen.state.enter)


async def connected(screen: LoginScreen) -> Session:
    """The session with a center that answers and is the configured one. Raises ClientError."""
    session = await screen.busy("正在连接中心…", screen.state.session)
    await screen.busy("正在连接中心…", session.profile)
    screen.note_clock(session.client.clock_offset)
    return session


async def choose_key(screen: LoginScreen, session: Session) -> tuple[Signer, KeyCertificate]:
    """The key and the certificate to log in with, asked for when there are several (L-06)."""
    signer = await screen.busy("正在检查 UKey…", screen.state.signer)
    if signer is None:
        raise Stopped(screen.state.signer_problem)
    facts = await screen.busy("正在读取证书…", read_key, signer)
    screen.facts = facts
    if facts.problem:
        raise Stopped(facts.problem)
    now = session.client.now()
    known = [one for one in facts.certificates if screen.certificate == one]
    if known:
        certificate = known[0]
    elif len(facts.certificates) == 1:
        certificate = facts.certificates[0]
    elif facts.certificates:
        rows = certificate_rows(facts.certificates, now)
        at = await screen.choose("选择证书", rows, ["UKey 中有多个证书，请选择登录用的证书。", ""])
        if at is None:
            raise Stopped
        certificate = facts.certificates[at]
    else:
        raise Stopped(NO_CERTIFICATE)
    screen.certificate = certificate
    screen.show_key()
    kind, said = expiry(certificate, now)
    if kind == "error":
        raise Stopped(said)
    return signer, certificate


async def unlock_key(screen: LoginScreen, signer: Signer, certificate: KeyCertificate) -> None:
    """Have the PIN given where the key is not unlocked yet. Raises Stopped, SignerError."""
    from ukey.signer import KeyState, PinLocked

    state = await screen.busy("正在检查 UKey…", signer.state)
    if state is KeyState.BLOCKED:
        raise PinLocked
    if state is KeyState.READY:
        return
    if not await unlock(screen, signer, about(screen.facts, certificate, screen.now())):
        raise Stopped("没有输入 PIN，未登录。")


async def finish_agent(
    screen: LoginScreen, session: Session, person: Person, values: Mapping[str, str]
) -> None:
    """Change an initial password, choose the unit, begin to work, synchronise (L-07, L-09, E-02)."""
    from screens.unit_choice import choose_unit

    await first_password(screen, session, person, values["password"])
    if person.must_choose_unit:
        chosen = screen.wanted_unit if _serves(person, screen.wanted_unit) else None
        chosen = chosen or await choose_unit(screen, person)
        if chosen is None:
            await screen.busy("正在退出…", session.logout)
            raise Stopped("没有选择单位，未登录。")
        await screen.busy("正在打开单位…", session.choose_unit, chosen)
    elif session.context is None:
        await screen.busy("正在读取单位信息…", session.refresh_context)
    await screen.busy("正在进入…", screen.state.enter)
    if values.get("sync") == CHECKED or await must_synchronise(screen):
        await synchronise(screen)


def _serves(person: Person, unit: str) -> bool:
    return any(one.unit_account == unit for one in person.units)


async def first_password(screen: LoginScreen, session: Session, person: Person, password: str) -> None:
    """Have an initial password changed before anything else (L-09)."""
    if person.must_change_password and not await change_password(screen, forced=True, old=password):
        await screen.busy("正在退出…", session.logout)
        raise Stopped("初始密码没有修改，未登录。")


async def must_synchronise(screen: LoginScreen) -> bool:
    """Whether this workstation has never had the unit's depositors (E-02)."""
    if not screen.state.form_has("sync"):
        return False
    return not await screen.busy("正在检查本地数据…", screen.state.depositors_complete)


async def synchronise(screen: LoginScreen) -> None:
    """Fetch the unit's depositors; a failure is said and does not stop the login (E-02, E-05)."""
    from client.errors import AuthExpired, ClientError

    try:
        await screen.busy("正在同步职工信息…", screen.state.synchronise, screen.say_synchronised)
    except AuthExpired:
        raise
    except ClientError as error:
        await screen.tell("同步职工信息", [error.sentence, "可以登录后在“职工信息同步”里再次同步。"])
