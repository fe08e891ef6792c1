"""The checks of `gjj doctor` about the UKey; no PIN is asked for and nothing is written to the key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli.doctor_checks import Check
from client.settings import Settings
from domain.login_form import login_form

if TYPE_CHECKING:
    from ukey.signer import KeyCertificate, Signer

SOON_DAYS = 30
LABEL = "UKey"


def ukey_checks(settings: Settings) -> Iterator[Check]:
    """Driver, inserted key, PIN tries and certificates."""
    from ukey.factory import open_signer
    from ukey.signer import ModuleUnusable, SignerError

    keys = settings.ukey
    if not keys.module and not (keys.demo and keys.demo_folder):
        yield no_driver(needed=login_form(settings.center.profile).needs_key)
        return
    try:
        signer = open_signer(
            keys.module or None,
            keys.demo_folder,
            token=keys.token or None,
            demo_allowed=keys.demo,
            timeout=10,
        )
        try:
            yield from _key(signer, keys.module)
        finally:
            signer.close()
    except ModuleUnusable as error:
        yield Check("!!", LABEL, error.text, f"本机找到的驱动：{_drivers() or '没有'}。")
    except SignerError as error:
        yield Check("!!", LABEL, error.text, "重新插入 UKey 后再运行。")


def no_driver(*, needed: bool) -> Check:
    """No driver is configured: wrong where the center's login needs a key."""
    found = _drivers()
    cure = (
        f"在配置的 [ukey] 里写 module，本机找到：{found}。"
        if found
        else "安装 UKey 的驱动，再在配置的 [ukey] 里写 module。"
    )
    if needed:
        return Check("!!", LABEL, "没有配置 UKey 驱动，该中心登录需要 UKey", cure)
    return Check("--", LABEL, "没有配置 UKey 驱动；该中心登录不需要，单位登记了 UKey 时提交业务要用", cure)


def _drivers() -> str:
    from ukey.factory import discover_modules

    return "；".join(f"{module.name} {module.path}" for module in discover_modules())


def _key(signer: Signer, module: str) -> Iterator[Check]:
    from ukey.signer import KeyState

    state = signer.state()
    driver = module or signer.name
    if state is KeyState.ABSENT:
        yield Check("!!", LABEL, f"{driver}：驱动正常，没有插入 UKey", "插入 UKey 后再运行。")
        return
    kind = "演示密钥，" if signer.is_demo else ""
    yield Check("ok", LABEL, f"{driver}：{kind}{signer.token_label()}，序列号 {signer.token_serial()}")
    status = signer.pin_status()
    if state is KeyState.BLOCKED or status.locked:
        yield Check("!!", "PIN", "已锁死", "到发放机构解锁或更换 UKey。")
    elif status.final_try:
        yield Check("!!", "PIN", "只剩最后一次机会", "确认 PIN 后再试，再错就锁死。")
    else:
        left = "UKey 未报告剩余次数" if status.tries_left is None else f"还可以试 {status.tries_left} 次"
        yield Check("ok", "PIN", left)
    signing = [certificate for certificate in signer.certificates() if certificate.can_sign]
    if not signing:
        yield Check("!!", "证书", "UKey 里没有签名证书", "到发放机构写入证书。")
    for certificate in signing:
        yield certificate_check(certificate, datetime.now(UTC))


def certificate_check(certificate: KeyCertificate, now: datetime) -> Check:
    """Whether a signing certificate is valid now and for how long."""
    until = certificate.not_after.astimezone().date().isoformat()
    name = f"{certificate.common_name}，有效期至 {until}"
    if now >= certificate.not_after:
        return Check("!!", "证书", f"{name}，已过期", "到发放机构更新证书。")
    if now < certificate.not_before:
        return Check("!!", "证书", f"{name}，尚未生效", "核对本机时间，时间正确则联系发放机构。")
    days = (certificate.not_after - now).days
    if days < SOON_DAYS:
        return Check("--", "证书", f"{name}，还有 {days} 天", "请尽早到发放机构更新证书。")
    return Check("ok", "证书", name)
