"""Setting a demo up, in a process of its own: `python -m cli.demo_setup FOLDER PROFILE`.

It loads the whole center, which the application's process never needs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cli.demo_folder import PIN, DemoFacts, DemoFolder

if TYPE_CHECKING:
    from center.demo.setup import DemoAccounts, DemoAgent

STEPS = 4
FAILED = 1


def main(arguments: list[str]) -> int:
    """Set up the demo of a profile in the folder of all demos; says every step on standard error."""
    from center.demo.setup import DemoError
    from ukey.signer import SignerError

    folder = DemoFolder(Path(arguments[0]), arguments[1])
    try:
        set_up(folder, say)
    except (DemoError, SignerError) as error:
        print(error.text, file=sys.stderr)
        return FAILED
    except OSError as error:
        print(f"演示数据写不进 {folder.root}，请检查磁盘空间和权限（{error.strerror}）。", file=sys.stderr)
        return FAILED
    return 0


def say(text: str) -> None:
    """One progress line."""
    print(f"[演示] {text}", file=sys.stderr, flush=True)


def set_up(folder: DemoFolder, say: Callable[[str], None]) -> None:
    """Create key, center and people, then put the whole in its place.

    Raises DemoError, SignerError, OSError.
    """
    from center.ca import trusted_certificates
    from center.clock import SystemClock
    from center.demo.setup import setup_demo
    from center.settings import Settings, sqlite_url
    from domain.profile import load_profile
    from ukey.demo_key import create_demo_key

    started = time.monotonic()
    fresh = folder.start_fresh()
    say(f"1/{STEPS} 生成演示密钥 …")
    key = create_demo_key(fresh / "key", bytearray(PIN.encode()), common_name="演示单位")
    say(f"2/{STEPS} 建立演示中心，生成三个单位（12、800、20000 人）及其职工，约需数秒 …")
    data = fresh / "center"
    data.mkdir(mode=0o700)
    settings = Settings(
        database_url=sqlite_url(data.absolute()),
        profile=load_profile(folder.profile),
        data_dir=data,
        demo=True,
        trusted_ca=trusted_certificates(data, demo=True),
    )
    accounts = setup_demo(settings, settings.profile, public_key_der=key.public_key_der())
    say(f"3/{STEPS} 给演示密钥装上证书 …")
    key.install_certificate(accounts.certificate)
    certificate = key.certificates()[0]
    key.close()
    say(f"4/{STEPS} 保存 …")
    last = min(certificate.not_after, SystemClock().now() + timedelta(days=365))
    folder.finish(facts_of(accounts, last.date().isoformat()))
    say(f"准备完成，用时 {time.monotonic() - started:.0f} 秒。")


def facts_of(accounts: DemoAccounts, expires: str) -> DemoFacts:
    """What a person must know to log in."""
    from domain.login_form import login_form

    agent = accounts.agents[0]
    form = login_form(accounts.profile)
    entered = _entered(agent)
    return DemoFacts(
        profile=accounts.profile,
        unit_account=agent.unit.account,
        login_name=agent.login_name if any(field.key == "login_name" for field in form.fields) else "",
        login=tuple((field.label, entered[field.key]) for field in form.fields if field.key in entered),
        clerk_login=accounts.clerk_login,
        clerk_password=accounts.clerk_password,
        expires=expires,
    )


def _entered(agent: DemoAgent) -> dict[str, str]:
    return {
        "unit_account": agent.unit.account,
        "unit_name": agent.unit.name,
        "login_name": agent.login_name,
        "agent_name": agent.person.name,
        "agent_id_number": agent.person.id_number,
        "mobile": agent.person.mobile,
        "password": agent.password,
    }


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
