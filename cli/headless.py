"""What commands that work at the center without a screen have in common: who asks, the login, the answers.

Secrets are typed at the terminal the command runs in, never taken from arguments, the environment or a pipe.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from client.session import Person, Session
    from client.settings import Settings
    from domain.login_form import LoginForm
    from screens.state import AppState
    from ukey.signer import KeyCertificate, Signer

DONE, NOT_DONE, CANNOT, WAITING = 0, 1, 2, 3
"""Exit codes: done; refused or in part failed; it could not be tried; on its way, ask again later."""
MOST_SECRET = 256
"""Bytes of the longest password or PIN that is read."""
NO_TERMINAL = "密码和 PIN 只在终端上输入，请在终端中运行这个命令，不要接管道或放进后台。"


class Problem(Exception):
    """Why a command cannot go on: one Chinese sentence, and the exit code."""

    def __init__(self, text: str, code: int = CANNOT) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


def add_login(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say who works where."""
    parser.add_argument("--unit", metavar="账号", help="单位账号")
    parser.add_argument("--login-name", metavar="名称", help="登录名称")
    parser.add_argument("--certificate", metavar="序号", type=int, help="UKey 有多个证书时用第几个，从 1 起")
    parser.add_argument("--json", action="store_true", help="结果写成 JSON（UTF-8），供其它程序读取")
    parser.add_argument(
        "--config", type=Path, metavar="文件", default=argparse.SUPPRESS, help="用哪个配置文件"
    )


def say(value: Any) -> None:
    """One line of JSON on standard output."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def tell(text: str) -> None:
    """A sentence for a person, on standard error: standard output is for results."""
    from domain.text import safe_text

    print(safe_text(text), file=sys.stderr, flush=True)


def prepare_output(args: argparse.Namespace) -> None:
    """Have output encoded so that no character ends the program."""
    if isinstance(sys.stdout, TextIOWrapper):
        errors = "backslashreplace" if args.json else "replace"
        sys.stdout.reconfigure(encoding="utf-8" if args.json else None, errors=errors)


# ---- the terminal ----------------------------------------------------------------------------------


@contextmanager
def _terminal() -> Iterator[int]:
    """The terminal of the command, whatever its input and output are. Raises Problem without one."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        raise Problem(NO_TERMINAL) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _line(descriptor: int, *, hidden: bool) -> bytearray:
    """A line as bytes. Raises Problem at the end of input or for one that is too long."""
    line = bytearray()
    while True:
        byte = os.read(descriptor, 1)
        if byte in (b"", b"\x04"):
            raise Problem("输入中断，没有办理。")
        if byte in (b"\n", b"\r"):
            if hidden:
                os.write(descriptor, b"\r\n")
            return line
        line += byte
        if len(line) > MOST_SECRET:
            line[:] = bytes(len(line))
            raise Problem("输入太长，没有办理，请重新运行。")


def ask(prompt: str) -> str:
    """A line typed at the terminal, shown while it is typed. Raises Problem without a terminal."""
    with _terminal() as descriptor:
        os.write(descriptor, f"{prompt}：".encode())
        return _line(descriptor, hidden=False).decode("utf-8", "replace").strip()


def ask_secret(prompt: str) -> bytearray:
    """A password or PIN typed at the terminal without echo; the caller wipes it. Raises Problem."""
    with _terminal() as descriptor:
        before = termios.tcgetattr(descriptor)
        silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
        try:
            os.write(descriptor, f"{prompt}：".encode())
            return _line(descriptor, hidden=True)
        finally:
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)


def confirmed(question: str) -> bool:
    """Whether a person at the terminal says yes; anything but y is no."""
    return ask(f"{question} [y/N]").lower() in ("y", "yes", "是")


# ---- the login -------------------------------------------------------------------------------------


@contextmanager
def signed_in(args: argparse.Namespace) -> Iterator[AppState]:
    """The state of an agent who is logged in; logged out and the key locked at the end.

    Raises Problem, ClientError, SignerError.
    """
    from cli.config import ConfigError, load
    from screens.state import AppState

    try:
        settings = load(args.config)
    except ConfigError as error:
        raise Problem(error.text) from None
    state = AppState(settings)
    try:
        _log_in(state, args)
        yield state
    finally:
        state.close()


def _log_in(state: AppState, args: argparse.Namespace) -> None:
    import client.lean  # noqa: F401

    session = state.session()
    session.profile()
    values = _fields(state.form, state.settings, args)
    password = ask_secret("登录密码" if state.form.mode != "bank_key" else "交易密码")
    try:
        text = password.decode("utf-8", "replace")
        if state.form.needs_key:
            certificate = _key_of(state, session, args.certificate)
            name = values.get("login_name", "")
            person = session.login_with_key(values["unit_account"], text, certificate, name)
        else:
            session.request_code(values)
            tell("验证码已发到登记的手机。")
            person = session.login_with_code(values, text, ask("验证码"))
    finally:
        password[:] = bytes(len(password))
    _open_unit(session, person, args.unit)


def _fields(form: LoginForm, settings: Settings, args: argparse.Namespace) -> dict[str, str]:
    """What the center's login form asks for: from the arguments, the configuration, or typed."""
    given = {"unit_account": args.unit or settings.login.unit_account, "login_name": args.login_name or ""}
    values: dict[str, str] = {}
    for field in form.fields:
        if field.kind in ("password", "code", "check"):
            continue
        values[field.key] = given.get(field.key) or ask(field.label)
    if not values.get("unit_account"):
        raise Problem("没有单位账号，请用 --unit 指明。")
    return values


def _key_of(state: AppState, session: Session, wanted: int | None) -> KeyCertificate:
    """The certificate to log in with, its key unlocked. Raises Problem, SignerError."""
    from ukey.signer import KeyState

    signer = state.signer()
    if signer is None:
        raise Problem(state.signer_problem or "没有找到 UKey，请插好后再运行。")
    found = session.usable_certificates()
    if len(found) > 1 and wanted is None:
        raise Problem(f"UKey 中有{len(found)}个可用的证书，请用 --certificate 指明用第几个。")
    if wanted is not None and not 1 <= wanted <= len(found):
        raise Problem(f"--certificate 应为 1 至 {len(found)} 之间的数，请改正。")
    certificate = found[(wanted or 1) - 1]
    session.use_key(signer, certificate)
    if signer.state() is not KeyState.READY:
        unlock(signer)
    return certificate


def unlock(signer: Signer) -> None:
    """Have the PIN typed, here or on the key's own pad, and give it to the key.

    The last try is asked for first. Raises Problem, SignerError.
    """
    from ukey.signer import PinLocked

    status = signer.pin_status()
    if status.locked:
        raise PinLocked
    if status.final_try and not confirmed("PIN 只剩最后 1 次机会，再输错 UKey 将被锁死，确实要再试吗"):
        raise Problem("没有再试 PIN，没有办理。")
    if status.pin_pad:
        tell("请在 UKey 上输入 PIN 并按确认键。")
        signer.unlock(None)
        return
    pin = ask_secret("UKey PIN")
    try:
        if not pin:
            raise Problem("没有输入 PIN，没有办理。")
        signer.unlock(pin)
    finally:
        pin[:] = bytes(len(pin))


def _open_unit(session: Session, person: Person, wanted: str | None) -> None:
    if person.must_change_password:
        raise Problem("初始密码还没有修改，请先启动 gjj 登录一次并修改密码。")
    if person.must_choose_unit:
        known = {one.unit_account for one in person.units}
        if wanted not in known:
            raise Problem(f"这个登录可用的单位账号是{'、'.join(sorted(known))}，请用 --unit 指明。")
        session.choose_unit(wanted or "")
    elif session.context is None:
        session.refresh_context()


def guarded(work: Any, args: argparse.Namespace) -> int:
    """Run a command's work; every failure is one sentence on standard error and an exit code."""
    from client.errors import ClientError
    from exports.workbook_error import WorkbookError
    from ukey.signer import SignerError

    prepare_output(args)
    try:
        return int(work(args))
    except Problem as problem:
        tell(problem.text)
        return problem.code
    except ClientError as error:
        tell(error.sentence)
        return CANNOT
    except SignerError as error:
        tell(error.text)
        return CANNOT
    except WorkbookError as error:
        tell(error.text)
        return CANNOT
