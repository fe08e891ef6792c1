"""HTTP message signatures (RFC 9421): the signature base and its headers, for both sides.

Only the form is here, no cryptography: the client hands the base to the token, the center to its verifier.
The profile of the RFC is narrow on purpose: one signature, labelled `ukey`, plain components, all six
parameters.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from domain.canonical import content_digest

COVERED = (
    "@method",
    "@authority",
    "@path",
    "@query",
    "content-type",
    "content-digest",
    "x-unit-account",
    "x-operator",
    "idempotency-key",
)
"""Components every signed request covers."""

ALG_RSA = "rsa-v1_5-sha256"
ALG_EC = "ecdsa-p256-sha256"
"""For EC the signature is raw r||s, 64 bytes, never DER."""

TAG_LOGIN = "gjj-login"
TAG_SUBMIT = "gjj-submit"
LABEL = "ukey"
LIFETIME = 300
"""Seconds between created and expires."""

MAX_HEADER = 2048
"""Longest Signature-Input or Signature field, in characters."""

_PARAMETERS = ("created", "keyid", "alg", "expires", "nonce", "tag")
_MAX_TEXT = 256
_MAX_COMPONENTS = 32
_DERIVED = frozenset({"@method", "@authority", "@path", "@query"})
_MAX_TIME = 999_999_999_999_999

_LABEL = re.compile(r"[a-z*][a-z0-9_.*-]*")
_COMPONENT = re.compile(r"@?[a-z0-9!#$%&'*+.^_`|~-]+")
_METHOD = re.compile(r"[A-Z]+")
_INNER_LIST = re.compile(r'\(((?:"[^"\\]*"(?: "[^"\\]*")*)?)\)')
_PARAMETER = re.compile(r';([a-z*][a-z0-9_.*-]*)=(?:"((?:[^"\\]|\\["\\])*)"|(-?[0-9]{1,15}))')
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


class SignatureFormatError(ValueError):
    """Headers or parts that do not make a signature of our profile; `code` is stable, `text` Chinese.

    Codes: sig.missing, sig.too_long, sig.not_ascii, sig.label, sig.format, sig.component, sig.parameter,
    sig.algorithm, sig.value, sig.header, sig.time.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class SignatureParams:
    """What the signature says about itself; times in Unix seconds, `keyid` the SHA-256 of the certificate."""

    created: int
    expires: int
    nonce: str
    keyid: str
    alg: str
    tag: str
    covered: tuple[str, ...] = COVERED
    order: tuple[str, ...] = _PARAMETERS
    """The order in which the signer wrote the parameters; the base repeats it (RFC 9421 section 2.3)."""

    def serialize(self) -> str:
        """The value of `@signature-params`. Raises SignatureFormatError for what cannot be written."""
        if sorted(self.order) != sorted(_PARAMETERS):
            raise SignatureFormatError("sig.parameter", "签名参数不完整，请升级客户端后重试。")
        items = " ".join(f'"{_component(name)}"' for name in self.covered)
        return f"({items})" + "".join(f";{name}={self._parameter(name)}" for name in self.order)

    def _parameter(self, name: str) -> str:
        value = getattr(self, name)
        if isinstance(value, int):
            if not 0 <= value <= _MAX_TIME:
                raise SignatureFormatError("sig.parameter", f"签名参数 {name} 超出范围，请检查电脑的时间。")
            return str(value)
        return _sf_string(name, value)


@dataclass(frozen=True)
class RequestParts:
    """The request as it stands on the wire.

    `authority` is host and port without a default port, `path` percent-encoded, `query` without "?", header
    names in lower case with one value each (`combine_headers`).
    """

    method: str
    authority: str
    path: str
    query: str
    headers: Mapping[str, str]

    @classmethod
    def of(cls, method: str, url: str, headers: Iterable[tuple[str, str]]) -> RequestParts:
        """The parts of an absolute, already encoded URL and its header lines."""
        split = urlsplit(url)
        authority = normal_authority(split.netloc, split.scheme)
        return cls(method, authority, split.path, split.query, combine_headers(headers))


@dataclass(frozen=True)
class ParsedSignature:
    """The one signature of a request."""

    label: str
    params: SignatureParams
    signature: bytes


# ---- building ------------------------------------------------------------------------------------


def normal_authority(netloc: str, scheme: str) -> str:
    """Host and port as `@authority` wants them: lower case, user part and default port dropped (2.2.3)."""
    host = netloc.rpartition("@")[2].lower()
    default = {"http": ":80", "https": ":443"}.get(scheme.lower(), "")
    return host.removesuffix(default) if default else host


def combine_headers(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Header lines by lower-case name, values trimmed and joined with ", " in their order (section 2.1)."""
    combined: dict[str, str] = {}
    for name, value in lines:
        key, trimmed = name.lower(), value.strip(" \t")
        combined[key] = f"{combined[key]}, {trimmed}" if key in combined else trimmed
    return combined


def signature_base(parts: RequestParts, params: SignatureParams) -> bytes:
    """The bytes to sign (section 2.5): one line per covered component, then `@signature-params`.

    Raises SignatureFormatError for a covered header that is absent and for values that are not printable
    ASCII.
    """
    if len(set(params.covered)) != len(params.covered):
        raise SignatureFormatError("sig.component", "签名覆盖的内容有重复项，请升级客户端后重试。")
    lines = [f'"{_component(name)}": {_component_value(parts, name)}' for name in params.covered]
    lines.append(f'"@signature-params": {params.serialize()}')
    return "\n".join(lines).encode("ascii")


def signature_headers(params: SignatureParams, signature: bytes, label: str = LABEL) -> dict[str, str]:
    """The fields `Signature-Input` and `Signature` to send. Raises SignatureFormatError."""
    if not _LABEL.fullmatch(label):
        raise SignatureFormatError("sig.label", "签名标签不正确，请升级客户端后重试。")
    if not signature:
        raise SignatureFormatError("sig.value", "签名值为空，请重新签名。")
    value = base64.b64encode(signature).decode("ascii")
    return {"Signature-Input": f"{label}={params.serialize()}", "Signature": f"{label}=:{value}:"}


def missing_components(params: SignatureParams, required: Iterable[str] = COVERED) -> tuple[str, ...]:
    """Required components that a signature does not cover."""
    return tuple(name for name in required if name not in params.covered)


def check_times(params: SignatureParams, now: int, *, lifetime: int = LIFETIME, skew: int = 60) -> None:
    """Raise SignatureFormatError sig.time unless created <= now <= expires, within `skew` seconds.

    A signature that claims to live longer than `lifetime` is refused as well.
    """
    if not 0 < params.expires - params.created <= lifetime:
        raise SignatureFormatError("sig.time", f"签名有效期应在{lifetime}秒以内，请升级客户端后重试。")
    if params.created > now + skew:
        raise SignatureFormatError("sig.time", "签名时间晚于中心时间，请校准电脑时间后重试。")
    if params.expires < now - skew:
        raise SignatureFormatError("sig.time", "签名已过期，请重新签名提交。")


def _component(name: str) -> str:
    if not _COMPONENT.fullmatch(name) or (name.startswith("@") and name not in _DERIVED):
        raise SignatureFormatError("sig.component", "签名覆盖了不支持的内容，请升级客户端后重试。")
    return name


def _component_value(parts: RequestParts, name: str) -> str:
    match name:
        case "@method":
            value = parts.method if _METHOD.fullmatch(parts.method) else ""
        case "@authority":
            value = parts.authority.lower()
        case "@path":
            value = parts.path or "/"
        case "@query":
            value = "?" + parts.query
        case _:
            if name not in parts.headers:
                raise SignatureFormatError("sig.header", f"请求缺少签名覆盖的报文头 {name}，请重新提交。")
            return _header_value(name, parts.headers[name])
    if not value or value != value.strip() or not (value.isascii() and value.isprintable()):
        raise SignatureFormatError("sig.component", f"请求的 {name} 不能签名，请检查请求地址。")
    return value


def _header_value(name: str, value: str) -> str:
    value = value.strip(" \t")
    if not value.isascii() or not value.replace("\t", " ").isprintable():
        raise SignatureFormatError("sig.header", f"报文头 {name} 含有不能签名的字符，请只用半角字符。")
    return value


def _sf_string(name: str, value: str) -> str:
    if not value or len(value) > _MAX_TEXT or not (value.isascii() and value.isprintable()):
        raise SignatureFormatError("sig.parameter", f"签名参数 {name} 不正确，请升级客户端后重试。")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# ---- parsing -------------------------------------------------------------------------------------


def parse_signature_headers(headers: Mapping[str, str], label: str = LABEL) -> ParsedSignature:
    """The signature of a request from its header fields (names in any case).

    Exactly one signature with this label, in the one spelling this module writes (any parameter order), with
    known components and parameters, each once. Raises SignatureFormatError for everything else.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    given = _member(lowered, "signature-input", label)
    value = _member(lowered, "signature", label)
    params = _parse_params(given)
    return ParsedSignature(label, params, _parse_value(value))


def _member(headers: Mapping[str, str], name: str, label: str) -> str:
    """What follows `label=` in a dictionary field that holds that one member."""
    text = headers.get(name, "").strip(" \t")
    if not text:
        raise SignatureFormatError("sig.missing", "请求没有签名，请插入 UKey 重新签名。")
    if len(text) > MAX_HEADER:
        raise SignatureFormatError("sig.too_long", "签名报文头过长，请升级客户端后重试。")
    if not (text.isascii() and text.isprintable()):
        raise SignatureFormatError("sig.not_ascii", "签名报文头含有非半角字符，请升级客户端后重试。")
    found, equals, rest = text.partition("=")
    if not equals or found != label:
        raise SignatureFormatError("sig.label", "签名标签不正确，请升级客户端后重试。")
    return rest


def _parse_params(text: str) -> SignatureParams:
    inner = _INNER_LIST.match(text)
    if inner is None:
        raise SignatureFormatError("sig.format", "签名参数格式不正确，请升级客户端后重试。")
    covered = tuple(item.strip('"') for item in inner.group(1).split(" ")) if inner.group(1) else ()
    if not covered or len(covered) > _MAX_COMPONENTS or len(set(covered)) != len(covered):
        raise SignatureFormatError("sig.component", "签名覆盖的内容缺失或有重复项，请升级客户端后重试。")
    texts, numbers = _parse_parameters(text[inner.end() :])
    if numbers.keys() != {"created", "expires"} or texts.keys() != {"keyid", "alg", "nonce", "tag"}:
        raise SignatureFormatError("sig.parameter", "签名参数缺失或类型不正确，请升级客户端后重试。")
    if texts["alg"] not in (ALG_RSA, ALG_EC):
        raise SignatureFormatError("sig.algorithm", "签名算法不受支持，请使用 RSA 或 ECDSA P-256 的 UKey。")
    order = tuple(match.group(1) for match in _PARAMETER.finditer(text, inner.end()))
    params = SignatureParams(
        numbers["created"],
        numbers["expires"],
        texts["nonce"],
        texts["keyid"],
        texts["alg"],
        texts["tag"],
        covered,
        order,
    )
    if params.serialize() != text:
        raise SignatureFormatError("sig.format", "签名参数格式不正确，请升级客户端后重试。")
    return params


def _parse_parameters(text: str) -> tuple[dict[str, str], dict[str, int]]:
    """String and integer parameters; refuses repeated names and anything left over."""
    texts: dict[str, str] = {}
    numbers: dict[str, int] = {}
    position = 0
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None:
            raise SignatureFormatError("sig.format", "签名参数格式不正确，请升级客户端后重试。")
        name, string, number = match.groups()
        if name in texts or name in numbers:
            raise SignatureFormatError("sig.parameter", "签名参数重复，请升级客户端后重试。")
        if number is not None:
            numbers[name] = int(number)
        else:
            texts[name] = re.sub(r"\\(.)", r"\1", string)
        position = match.end()
    return texts, numbers


def _parse_value(text: str) -> bytes:
    """The bytes of `:base64:` in its only spelling."""
    if len(text) < 2 or text[0] != ":" or text[-1] != ":":
        raise SignatureFormatError("sig.value", "签名值格式不正确，请重新签名。")
    encoded = text[1:-1]
    try:
        value = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise SignatureFormatError("sig.value", "签名值格式不正确，请重新签名。") from None
    if not value or base64.b64encode(value).decode("ascii") != encoded:
        raise SignatureFormatError("sig.value", "签名值格式不正确，请重新签名。")
    return value


def digest_matches(header: str, body: bytes) -> bool:
    """True when a Content-Digest field is exactly the SHA-256 of the body (RFC 9530), in constant time."""
    given = header.strip(" \t")
    if not _DIGEST.fullmatch(given):
        return False
    return hmac.compare_digest(given.encode("ascii"), content_digest(body).encode("ascii"))
