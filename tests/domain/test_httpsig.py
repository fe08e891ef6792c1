"""The base and the headers, against the independent library http-message-signatures."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import content_digest
from domain.httpsig import (
    ALG_EC,
    ALG_RSA,
    COVERED,
    TAG_SUBMIT,
    ParsedSignature,
    RequestParts,
    SignatureFormatError,
    SignatureParams,
    check_times,
    combine_headers,
    digest_matches,
    missing_components,
    normal_authority,
    parse_signature_headers,
    signature_base,
    signature_headers,
)

BODY = '{"business":"open","rows":[{"name":"阿依古丽·买买提"}]}'.encode()
KEY_ID = "5f" * 32
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def sign_rsa(base: bytes) -> bytes:
    return RSA_KEY.sign(base, padding.PKCS1v15(), hashes.SHA256())


def sign_ec(base: bytes) -> bytes:
    r, s = decode_dss_signature(EC_KEY.sign(base, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Keys(HTTPSignatureKeyResolver):
    def __init__(self, key: Any) -> None:
        self.key = key

    def resolve_public_key(self, key_id: str) -> Any:
        return self.key.public_key() if key_id == KEY_ID else None

    def resolve_private_key(self, key_id: str) -> Any:
        assert key_id == KEY_ID
        return self.key


Kind = tuple[str, Any, Any, Callable[[bytes], bytes]]
KINDS: list[Kind] = [
    (ALG_RSA, algorithms.RSA_V1_5_SHA256, RSA_KEY, sign_rsa),
    (ALG_EC, algorithms.ECDSA_P256_SHA256, EC_KEY, sign_ec),
]
URLS = [
    "https://gjj.example.cn/v1/units/0110001234/submissions/6f1c",
    "https://GJJ.Example.cn:443/v1/submissions?month=202611&kind=open",
    "http://127.0.0.1:8801/v1/login",
    "https://gjj.example.cn:8443",
    "https://gjj.example.cn/v1/%E5%8D%95%E4%BD%8D;a=b?q=%E5%BC%A0%20x&q=&r",
    "http://[::1]:80/v1/x?",
]


def request(url: str, method: str = "PUT") -> httpx.Request:
    headers = {
        "content-type": "application/json",
        "content-digest": content_digest(BODY),
        "x-unit-account": "0110001234",
        "x-operator": " op01\t",
        "idempotency-key": "0b6f7c1e-2f60-4a0f-9f0e-1d3a5c7e9b21",
    }
    return httpx.Request(method, url, content=BODY, headers=headers)


def parts_of(message: httpx.Request) -> RequestParts:
    return RequestParts.of(message.method, str(message.url), message.headers.multi_items())


def params(alg: str = ALG_RSA, **changes: Any) -> SignatureParams:
    now = int(datetime.now(UTC).timestamp())
    made = SignatureParams(now, now + 300, "n-0123456789abcdef", KEY_ID, alg, TAG_SUBMIT)
    return replace(made, **changes)


# ---- against the independent library -------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=["rsa", "ec"])
@pytest.mark.parametrize("url", URLS)
def test_our_base_is_byte_identical_to_the_librarys(url: str, kind: Kind) -> None:
    alg, algorithm, _key, _sign = kind
    message = request(url)
    ours = params(alg, nonce='quote " and \\ backslash')
    prepared = HTTPMessageSigner(signature_algorithm=algorithm).prepare(
        message,
        key_id=KEY_ID,
        created=datetime.fromtimestamp(ours.created, UTC),
        expires=datetime.fromtimestamp(ours.expires, UTC),
        nonce=ours.nonce,
        tag=ours.tag,
        label="ukey",
        covered_component_ids=COVERED,
        body=BODY,
        use_existing_digest=True,
    )
    assert signature_base(parts_of(message), ours) == prepared.signature_base
    assert ours.serialize() == prepared.signature_params


@pytest.mark.parametrize("kind", KINDS, ids=["rsa", "ec"])
@pytest.mark.parametrize("url", URLS)
def test_our_headers_are_accepted_by_the_librarys_verifier(url: str, kind: Kind) -> None:
    alg, algorithm, key, sign = kind
    message = request(url)
    ours = params(alg)
    message.headers.update(signature_headers(ours, sign(signature_base(parts_of(message), ours))))
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=Keys(key))
    (result,) = verifier.verify(
        message, max_age=timedelta(minutes=5), expect_tag=TAG_SUBMIT, require_components=COVERED, body=BODY
    )
    assert result.label == "ukey"
    assert result.nonce == ours.nonce
    assert result.body == BODY


@pytest.mark.parametrize("kind", KINDS, ids=["rsa", "ec"])
def test_the_librarys_headers_are_read_by_our_parser(kind: Kind) -> None:
    alg, algorithm, key, _sign = kind
    message = request(URLS[1])
    signer = HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=Keys(key))
    now = datetime.now(UTC)
    signer.sign(
        message,
        key_id=KEY_ID,
        created=now,
        expires=now + timedelta(minutes=5),
        nonce='a"b\\c',
        tag=TAG_SUBMIT,
        label="ukey",
        covered_component_ids=COVERED,
        body=BODY,
        use_existing_digest=True,
    )
    parsed = parse_signature_headers(message.headers)
    assert parsed.params == SignatureParams(
        int(now.timestamp()), int(now.timestamp()) + 300, 'a"b\\c', KEY_ID, alg, TAG_SUBMIT
    )
    base = signature_base(parts_of(message), parsed.params)
    algorithm(public_key=key.public_key()).verify(signature=parsed.signature, message=base)


@pytest.mark.parametrize(
    "change",
    [
        lambda message: httpx.Request("POST", message.url, headers=message.headers, content=BODY),
        lambda message: httpx.Request("PUT", URLS[0], headers=message.headers, content=BODY),
        lambda message: httpx.Request("PUT", f"{message.url}&x", headers=message.headers, content=BODY),
        lambda message: httpx.Request(
            "PUT", message.url, headers={**message.headers, "x-unit-account": "0110009999"}, content=BODY
        ),
        lambda message: httpx.Request(
            "PUT", message.url, headers={**message.headers, "content-digest": content_digest(b"{}")}
        ),
    ],
    ids=["method", "path", "query", "unit", "digest"],
)
def test_an_altered_request_has_another_base(change: Callable[[httpx.Request], httpx.Request]) -> None:
    message = request(URLS[1])
    ours = params(ALG_EC)
    message.headers.update(signature_headers(ours, sign_ec(signature_base(parts_of(message), ours))))
    altered = change(message)
    assert signature_base(parts_of(altered), ours) != signature_base(parts_of(message), ours)
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=Keys(EC_KEY)
    )
    with pytest.raises(InvalidSignature):
        verifier.verify(altered, expect_tag=TAG_SUBMIT)


# ---- the base ------------------------------------------------------------------------------------


def plain_parts(**changes: Any) -> RequestParts:
    headers = {name: f"value-{name}" for name in COVERED if not name.startswith("@")}
    return replace(RequestParts("PUT", "gjj.example.cn", "/v1/x", "", headers), **changes)


def test_the_base_in_full() -> None:
    parts = RequestParts(
        "PUT",
        "GJJ.example.cn:8443",
        "",
        "",
        {
            "content-type": "  application/json ",
            "content-digest": content_digest(b"{}"),
            "x-unit-account": "0110001234",
            "x-operator": "op\t01",
            "idempotency-key": "k",
        },
    )
    given = SignatureParams(1700000000, 1700000300, "n", "k1", ALG_EC, "gjj-submit")
    assert signature_base(parts, given).decode("ascii").split("\n") == [
        '"@method": PUT',
        '"@authority": gjj.example.cn:8443',
        '"@path": /',
        '"@query": ?',
        '"content-type": application/json',
        f'"content-digest": {content_digest(b"{}")}',
        '"x-unit-account": 0110001234',
        '"x-operator": op\t01',
        '"idempotency-key": k',
        '"@signature-params": ("@method" "@authority" "@path" "@query" "content-type" "content-digest" '
        '"x-unit-account" "x-operator" "idempotency-key");created=1700000000;keyid="k1";'
        'alg="ecdsa-p256-sha256";expires=1700000300;nonce="n";tag="gjj-submit"',
    ]


@pytest.mark.parametrize(
    ("netloc", "scheme", "authority"),
    [
        ("GJJ.Example.CN", "https", "gjj.example.cn"),
        ("gjj.example.cn:443", "https", "gjj.example.cn"),
        ("gjj.example.cn:443", "http", "gjj.example.cn:443"),
        ("gjj.example.cn:80", "HTTP", "gjj.example.cn"),
        ("user:pw@gjj.example.cn:8443", "https", "gjj.example.cn:8443"),
        ("[::1]:80", "http", "[::1]"),
        ("gjj.example.cn:443", "wss", "gjj.example.cn:443"),
    ],
)
def test_the_authority_is_normalised(netloc: str, scheme: str, authority: str) -> None:
    assert normal_authority(netloc, scheme) == authority


def test_header_lines_are_trimmed_and_joined_in_their_order() -> None:
    lines = [("X-A", " 1 "), ("x-b", "\t2"), ("x-a", "3\t"), ("X-a", "")]
    assert combine_headers(lines) == {"x-a": "1, 3, ", "x-b": "2"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"headers": {}}, "sig.header"),
        ({"method": "put"}, "sig.component"),
        ({"method": ""}, "sig.component"),
        ({"method": "PUT\nX"}, "sig.component"),
        ({"authority": ""}, "sig.component"),
        ({"path": "/a\nb"}, "sig.component"),
        ({"path": "/单位"}, "sig.component"),
        ({"query": "a\r\nb"}, "sig.component"),
    ],
)
def test_a_request_that_cannot_be_signed(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(SignatureFormatError) as caught:
        signature_base(plain_parts(**changes), params())
    assert caught.value.code == code


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\x00", "张三", "a\x7f", "\x1b[0m"])
def test_header_values_are_printable_ascii(value: str) -> None:
    headers = {**plain_parts().headers, "x-operator": value}
    with pytest.raises(SignatureFormatError) as caught:
        signature_base(plain_parts(headers=headers), params())
    assert caught.value.code == "sig.header"
    assert caught.value.text.endswith("。")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"covered": ("@method", "@method")}, "sig.component"),
        ({"covered": ("@status",)}, "sig.component"),
        ({"covered": ("@signature-params",)}, "sig.component"),
        ({"covered": ("Content-Type",)}, "sig.component"),
        ({"covered": ('x"y',)}, "sig.component"),
        ({"nonce": ""}, "sig.parameter"),
        ({"nonce": "随机"}, "sig.parameter"),
        ({"nonce": "a\nb"}, "sig.parameter"),
        ({"keyid": "k" * 257}, "sig.parameter"),
        ({"created": -1}, "sig.parameter"),
        ({"expires": 10**15}, "sig.parameter"),
        ({"order": ("created", "keyid")}, "sig.parameter"),
        ({"order": ("created", "created", "keyid", "alg", "nonce", "tag")}, "sig.parameter"),
    ],
)
def test_parameters_that_cannot_be_written(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(SignatureFormatError) as caught:
        signature_base(plain_parts(), params(**changes))
    assert caught.value.code == code


# ---- the headers ---------------------------------------------------------------------------------


def headers_with(**changes: str) -> dict[str, str]:
    made = signature_headers(params(), b"\x01\x02\xff" * 20)
    return {**made, **{name.replace("_", "-").title(): value for name, value in changes.items()}}


@given(
    st.integers(0, 999_999_999_999_999),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40),
    st.sampled_from([ALG_EC, ALG_RSA]),
    st.permutations(("created", "keyid", "alg", "expires", "nonce", "tag")),
    st.lists(st.sampled_from(COVERED), min_size=1, unique=True),
    st.binary(min_size=1, max_size=512),
)
def test_headers_read_back(
    time: int, text: str, alg: str, order: list[str], covered: list[str], signature: bytes
) -> None:
    given_params = SignatureParams(time, time, text, text[::-1], alg, text, tuple(covered), tuple(order))
    parsed = parse_signature_headers(signature_headers(given_params, signature))
    assert parsed == ParsedSignature("ukey", given_params, signature)


def test_names_of_headers_may_come_in_any_case() -> None:
    made = {name.upper(): f" {value} " for name, value in headers_with().items()}
    assert parse_signature_headers(made).params.covered == COVERED


GOOD = params(created=1795229420, expires=1795229720).serialize()
LABELLED = f"ukey={GOOD}"


@pytest.mark.parametrize(
    ("signature_input", "code"),
    [
        ("", "sig.missing"),
        ("ukey=" + "x" * 2048, "sig.too_long"),
        (LABELLED.replace("n-0", "随机"), "sig.not_ascii"),
        (LABELLED + "\x00", "sig.not_ascii"),
        (LABELLED.replace(";created", ";\tcreated"), "sig.not_ascii"),
        ("ukey", "sig.label"),
        (f"other={GOOD}", "sig.label"),
        (f"UKEY={GOOD}", "sig.label"),
        (f"{LABELLED}, ukey={GOOD}", "sig.format"),
        (f"{LABELLED}, other={GOOD}", "sig.format"),
        (f"other={GOOD}, {LABELLED}", "sig.label"),
        (f"ukey= {GOOD}", "sig.format"),
        ("ukey=" + GOOD[1:], "sig.format"),
        ("ukey=()" + GOOD.partition(")")[2], "sig.component"),
        (LABELLED.replace('"@path"', '"@method"'), "sig.component"),
        (LABELLED.replace('"@path"', '"@status"'), "sig.component"),
        (LABELLED.replace('"@path"', '"Path"'), "sig.component"),
        (LABELLED.replace('"@path"', '"@path";req'), "sig.format"),
        (LABELLED.replace('"@path"', '"a b"'), "sig.format"),
        (LABELLED.replace('"@path" ', '"@path"  '), "sig.format"),
        (LABELLED.replace(";created", "; created"), "sig.format"),
        (LABELLED.replace(";tag", ";x"), "sig.parameter"),
        (LABELLED + ";x=1", "sig.parameter"),
        (LABELLED + ";flag", "sig.format"),
        (LABELLED + ';tag="gjj-submit"', "sig.parameter"),
        (LABELLED.replace(';tag="gjj-submit"', ""), "sig.parameter"),
        (LABELLED.replace('nonce="', 'nonce="\\x'), "sig.format"),
        (LABELLED.replace("created=", "created=-"), "sig.parameter"),
        (LABELLED.replace("created=", "created=0"), "sig.format"),
        (LABELLED.replace("created=", 'created="').replace(";keyid", '";keyid'), "sig.parameter"),
        (LABELLED.replace("created=", "created=99999999"), "sig.format"),
        (LABELLED.replace(ALG_RSA, "rsa-pss-sha512"), "sig.algorithm"),
        (LABELLED.replace(ALG_RSA, "hmac-sha256"), "sig.algorithm"),
        (LABELLED.replace(ALG_RSA, "none"), "sig.algorithm"),
        (LABELLED.replace('nonce="n', 'nonce="' + "n" * 300), "sig.parameter"),
    ],
    ids=itertools.count(),
)
def test_only_our_profile_of_signature_input_is_read(signature_input: str, code: str) -> None:
    with pytest.raises(SignatureFormatError) as caught:
        parse_signature_headers(headers_with(signature_input=signature_input))
    assert caught.value.code == code
    assert caught.value.text.endswith("。")


@pytest.mark.parametrize(
    ("signature", "code"),
    [
        ("", "sig.missing"),
        ("ukey=:" + "A" * 2048 + ":", "sig.too_long"),
        ("other=:AQI=:", "sig.label"),
        ("ukey=:AQI=:, ukey=:AQI=:", "sig.value"),
        ("ukey=:AQI=:, other=:AQI=:", "sig.value"),
        ("ukey=AQI=", "sig.value"),
        ("ukey=::", "sig.value"),
        ("ukey=:", "sig.value"),
        ("ukey=:AQI:", "sig.value"),
        ("ukey=:AQJ=:", "sig.value"),  # bits left over in the last character
        ("ukey=:A QI=:", "sig.value"),
        ("ukey=:AQ-_:", "sig.value"),
        ('ukey="AQI="', "sig.value"),
    ],
    ids=itertools.count(),
)
def test_only_one_spelling_of_the_signature_is_read(signature: str, code: str) -> None:
    with pytest.raises(SignatureFormatError) as caught:
        parse_signature_headers(headers_with(signature=signature))
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["Signature", "Signature-Input"])
def test_a_request_without_a_signature(name: str) -> None:
    made = headers_with()
    del made[name]
    with pytest.raises(SignatureFormatError) as caught:
        parse_signature_headers(made)
    assert caught.value.code == "sig.missing"


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_headers_are_read_or_refused(first: str, second: str) -> None:
    for start in ("", "ukey=", 'ukey=("@method");created=1'):
        try:
            parse_signature_headers({"Signature-Input": start + first, "Signature": start + second})
        except SignatureFormatError as error:
            assert error.code.startswith("sig.")


def test_an_empty_signature_or_a_bad_label_is_not_sent() -> None:
    with pytest.raises(SignatureFormatError) as caught:
        signature_headers(params(), b"")
    assert caught.value.code == "sig.value"
    with pytest.raises(SignatureFormatError) as caught:
        signature_headers(params(), b"x", label="UKey 1")
    assert caught.value.code == "sig.label"


def test_what_a_signature_leaves_out_is_named() -> None:
    assert missing_components(params()) == ()
    assert missing_components(params(covered=("@method", "x-operator")), ("@path", "x-operator")) == (
        "@path",
    )


@pytest.mark.parametrize(
    ("now", "fault"),
    [(939, "晚于"), (940, ""), (1000, ""), (1300, ""), (1360, ""), (1361, "过期")],
)
def test_a_signature_lives_five_minutes_give_or_take_the_skew(now: int, fault: str) -> None:
    made = params(created=1000, expires=1300)
    if fault:
        with pytest.raises(SignatureFormatError, match=fault) as caught:
            check_times(made, now)
        assert caught.value.code == "sig.time"
    else:
        check_times(made, now)


@pytest.mark.parametrize("expires", [1000, 999, 1301, 10**9])
def test_a_lifetime_of_its_own_choice_is_refused(expires: int) -> None:
    with pytest.raises(SignatureFormatError, match="有效期"):
        check_times(params(created=1000, expires=expires), 1000)


# ---- the digest ----------------------------------------------------------------------------------


@given(st.binary(max_size=100))
def test_the_digest_of_the_body_matches(body: bytes) -> None:
    assert digest_matches(content_digest(body), body)
    assert digest_matches(f" {content_digest(body)}\t", body)
    assert not digest_matches(content_digest(body), body + b" ")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha-256",
        "sha-256=::",
        "sha-512=" + content_digest(b"x").partition("=")[2],
        content_digest(b"x") + ", " + content_digest(b"x"),
        content_digest(b"x").upper(),
        content_digest(b"x").replace("=:", "=: "),
        content_digest(b"x") + "\n",
        "sha-256=:" + base64.b64encode(b"x" * 31).decode() + ":",
        "校验",
    ],
)
def test_any_other_digest_field_does_not_match(header: str) -> None:
    assert not digest_matches(header, b"x")
