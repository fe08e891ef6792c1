"""`gjj verify`: whether a voucher file is what the center has sealed, and what the center knows of it."""

from __future__ import annotations

import argparse
import base64
import hashlib
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.headless import CANNOT, DONE, NOT_DONE, Problem, guarded, say, tell

if TYPE_CHECKING:
    from domain.voucher_wire import Seal, SealedFacts, VoucherFacts

LARGEST: Final = 200 * 1024 * 1024


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `verify`."""
    parser = subparsers.add_parser(
        "verify",
        help="核对凭证文件是否由中心签章、有没有改动",
        description="核对 PDF 凭证。给出 --certificate 时不联网。退出码：0 相符，1 不符，2 核对不了。",
    )
    parser.add_argument("file", type=Path, metavar="文件", help="PDF 凭证")
    parser.add_argument(
        "--certificate", type=Path, metavar="证书", help="中心的签章证书（PEM 或 DER），不联网"
    )
    parser.add_argument("--json", action="store_true", help="结果写成 JSON")
    parser.add_argument(
        "--config", type=Path, metavar="文件", default=argparse.SUPPRESS, help="用哪个配置文件"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check the file; 0 when it is the center's and unchanged, 1 when not, 2 when that cannot be told."""
    return guarded(_verify, args)


def _verify(args: argparse.Namespace) -> int:
    from domain.voucher_wire import Seal, SealedFacts
    from exports.sealed import split_seal

    document, text = split_seal(_content(args.file))
    if not text:
        return _wrong(args, "文件没有中心的签章：不是本系统打印的 PDF 凭证，或签章已被去掉。")
    try:
        seal = Seal.model_validate_json(text)
        facts = SealedFacts.model_validate_json(seal.facts)
    except ValueError:
        return _wrong(args, "文件的签章已损坏，不能作为凭证。")
    known, center = _trusted(args, facts)
    if _plain(seal.certificate) != known:
        return _wrong(args, "文件的签章不是这个中心的，不能作为凭证。")
    if not _signed(seal):
        return _wrong(args, "签章与内容不符，文件不能作为凭证。")
    if hashlib.sha256(document).hexdigest() != facts.document:
        return _wrong(args, "文件在签章之后被改动过，不能作为凭证。")
    if center is not None and center.submission != facts.about.submission:
        return _wrong(args, "中心的记录与凭证不符，请与中心核对。")
    _tell(args, facts, center)
    return DONE


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise Problem(f"文件“{path.name}”太大，不是凭证。")
        return path.read_bytes()
    except OSError:
        raise Problem(f"文件“{path.name}”读不出来，请核对路径。", CANNOT) from None


def _trusted(args: argparse.Namespace, facts: SealedFacts) -> tuple[bytes, VoucherFacts | None]:
    """The center's certificate (DER), and what the center says now where it was asked. Raises Problem."""
    if args.certificate is not None:
        try:
            content = args.certificate.read_bytes()
            if content.lstrip().startswith(b"-----BEGIN"):
                content = ssl.PEM_cert_to_DER_cert(content.decode("ascii").strip())
        except (OSError, ValueError):
            raise Problem(f"证书“{args.certificate.name}”读不出来，请换成 PEM 或 DER 格式的证书。") from None
        return content, None
    from cli.config import ConfigError, load

    try:
        settings = load(args.config)
    except ConfigError as error:
        raise Problem(error.text) from None
    import client.lean  # noqa: F401
    from client.api import CenterClient
    from client.errors import NotFound
    from domain.voucher_wire import CODE_LENGTH

    center = CenterClient(settings.center.url, ca_file=settings.center.ca_file)
    try:
        known = _plain(center.vouchers.certificate().certificate)
        try:
            about = facts.about
            return known, center.vouchers.check(about.serial, about.submission[:CODE_LENGTH])
        except NotFound:
            raise Problem("中心没有这张凭证的记录，不能作为凭证。", NOT_DONE) from None
    finally:
        center.close()


def _signed(seal: Seal) -> bool:
    """Whether the certificate's key made the signature (ECDSA P-256 with SHA-256)."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        key = x509.load_der_x509_certificate(_plain(seal.certificate)).public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(_plain(seal.signature), seal.facts.encode(), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _plain(text: str) -> bytes:
    """Bytes of base64url; empty for what is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


def _wrong(args: argparse.Namespace, text: str) -> int:
    if args.json:
        say({"valid": False, "reason": text})
    tell(text)
    return NOT_DONE


def _tell(args: argparse.Namespace, facts: SealedFacts, center: VoucherFacts | None) -> None:
    from domain.text import safe_text

    if args.json:
        told = facts.model_dump(mode="json")
        say({"valid": True, "asked_center": center is not None, **told})
        return
    one = center or facts.about
    how = "已向中心核对" if center is not None else "未联网，按签章核对"
    lines = [
        f"凭证有效（{how}）：{one.center}",
        f"单位 {one.unit_account} {one.unit_name}",
        f"业务流水号 {one.serial}  {one.title}  {one.day}",
        f"{one.count} 条，成功 {one.ok}，失败 {one.failed}，金额 {one.amount} 元",
        f"第 {facts.printed} 次打印，签章时间 {facts.sealed}",
    ]
    for line in lines:
        print(safe_text(line))
