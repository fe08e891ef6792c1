"""What the login screen tells of the key before its PIN: state, certificate, expiry (L-04)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui.bars import Span
from tui.theme import ERROR, GOOD, PLAIN, STRONG, WARNING

if TYPE_CHECKING:
    from rich.style import Style

    from ukey.signer import KeyCertificate, KeyState, Signer

SOON_DAYS = 30
"""A certificate that ends within so many days is warned of."""

STATES = {
    "absent": ("无UKey", "请插入 UKey。"),
    "present": ("待验PIN", ""),
    "ready": ("已解锁", ""),
    "blocked": ("已锁死", "请携带 UKey 到住房公积金中心或发证机构解锁。"),
}
"""State of the key -> its word and what to do."""

NO_CERTIFICATE = "UKey 中没有可用于签名的证书，请更换 UKey 或联系发证机构。"
SEVERAL = "UKey 中有多个证书，请按 F4 选择。"


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What was read from a key without its PIN; `problem` is one sentence, "" when all is well."""

    label: str = ""
    serial: str = ""
    demo: bool = False
    certificates: tuple[KeyCertificate, ...] = ()
    problem: str = ""


def read_key(signer: Signer) -> KeyFacts:
    """Read label and signing certificates. Blocking; a failure becomes the `problem`."""
    from ukey.signer import SignerError

    try:
        found = tuple(one for one in signer.certificates() if one.can_sign)
        problem = "" if found else NO_CERTIFICATE
        return KeyFacts(signer.token_label(), signer.token_serial(), signer.is_demo, found, problem)
    except SignerError as error:
        return KeyFacts(demo=signer.is_demo, problem=error.text)


def name_of(certificate: KeyCertificate) -> str:
    """The subject as one line."""
    return certificate.common_name or certificate.subject


def day(moment: datetime) -> str:
    """The day of a time by the center's own clock."""
    from domain.period import CENTER_ZONE

    return moment.astimezone(CENTER_ZONE).strftime("%Y-%m-%d")


def expiry(certificate: KeyCertificate, now: float) -> tuple[str, str]:
    """(kind, sentence) of a certificate's dates at unix time `now`: kind "", warning or error."""
    moment = datetime.fromtimestamp(now, UTC)
    if moment >= certificate.not_after:
        until = day(certificate.not_after)
        return "error", f"证书已于 {until} 过期，不能登录，请携带 UKey 到中心或发证机构更新证书。"
    if moment < certificate.not_before:
        return "error", f"证书从 {day(certificate.not_before)} 起才有效，请核对本机时间或联系发证机构。"
    left = (certificate.not_after - moment).days
    if left < SOON_DAYS:
        return "warning", f"证书还有 {left} 天到期，请尽快到中心或发证机构更新。"
    return "", ""


def key_lines(
    state: KeyState | None, facts: KeyFacts, chosen: KeyCertificate | None, now: float, problem: str = ""
) -> list[Sequence[Span]]:
    """Return the lines about the key: always six, so that nothing moves when the key is pulled out."""
    word, cure = STATES[state.value] if state is not None else ("正在检测", "")
    style = {"ready": GOOD, "absent": ERROR, "blocked": ERROR}.get(state.value if state else "", STRONG)
    if problem and (state is None or state.value == "absent"):
        cure = problem
    head: list[Span] = [("UKey    ", STRONG), (word, style)]
    if facts.demo:
        head.append(("  演示密钥", WARNING))
    if facts.label and not facts.demo:
        head.append((f"  {facts.label} {facts.serial}", PLAIN))
    present = state is not None and state.value in ("present", "ready")
    lines: list[Sequence[Span]] = [head]
    if not present:
        return [*lines, *_padded([(cure, ERROR if state is not None else PLAIN)])]
    if facts.problem:
        return [*lines, *_padded([(facts.problem, ERROR)])]
    if chosen is None:
        return [*lines, *_padded([(SEVERAL if len(facts.certificates) > 1 else "正在读取证书…", WARNING)])]
    kind, said = expiry(chosen, now)
    styles: dict[str, Style] = {"error": ERROR, "warning": WARNING, "": PLAIN}
    lines.append([("证书    ", STRONG), (name_of(chosen), PLAIN)])
    lines.append([("序列号  ", STRONG), (chosen.serial, PLAIN)])
    dates = f"{day(chosen.not_before)} 至 {day(chosen.not_after)}"
    lines.append([("有效期  ", STRONG), (dates, styles[kind])])
    mark = {"error": "! ", "warning": "? ", "": ""}[kind]
    lines.append([(f"        {mark}{said}" if said else "", styles[kind])])
    return lines


def _padded(span: list[Span]) -> list[Sequence[Span]]:
    text, style = span[0]
    return [[("        " + text if text else "", style)], [], [], []]


def certificate_rows(certificates: Sequence[KeyCertificate], now: float) -> list[str]:
    """Return a line per certificate for the choice."""
    rows = []
    for one in certificates:
        kind, _ = expiry(one, now)
        mark = {"error": " 已过期", "warning": " 即将到期"}.get(kind, "")
        rows.append(f"{name_of(one)}  {one.serial[-12:]}  至 {day(one.not_after)}{mark}")
    return rows


def about(facts: KeyFacts, certificate: KeyCertificate, now: float) -> list[str]:
    """Return what stands above the PIN: which key, which certificate, until when."""
    kind, said = expiry(certificate, now)
    return [
        f"{facts.label or 'UKey'}  {facts.serial}",
        f"证书 {certificate.subject}",
        f"序列号 {certificate.serial}",
        f"有效期 {day(certificate.not_before)} 至 {day(certificate.not_after)}",
        *([f"? {said}"] if kind else []),
    ]
