"""The wire contract of printed vouchers: how often one was printed, and the center's seal on a file.

What a center seals are its own facts of a submission together with the digest of the file; whoever holds the
center's certificate can check a file without asking anybody.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from domain.wire import Amount, Sha256, Wire

Serial = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]
CODE_LENGTH = 16
"""Characters of a submission's digest that a paper shows: enough that none is guessed."""


class PrintRequest(Wire):
    """A voucher is about to be printed under this title."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=60)]


class PrintTicket(Wire):
    """Which print it is (第n次打印), and the path at the center where the paper can be checked."""

    printed: int
    path: str


class SealRequest(Wire):
    """The SHA-256 of the file as it was made, without the seal."""

    digest: Sha256


class VoucherFacts(Wire):
    """What the center knows of the submission a voucher is about; amounts in 元, `submission` its SHA-256."""

    center: str
    serial: str
    unit_account: str
    unit_name: str
    business: str
    title: str
    day: str
    count: int
    ok: int
    failed: int
    amount: Amount
    submission: Sha256


class Seal(Wire):
    """The center's word on a file: `facts` are the signed bytes (canonical JSON of `SealedFacts`).

    `signature` is ECDSA P-256 with SHA-256 (RFC 7515 base64url of the DER form), `certificate` the center's,
    DER in base64url.
    """

    facts: str
    signature: str
    certificate: str


class SealedFacts(Wire):
    """What stands in `Seal.facts`; `document` is the digest of the file."""

    about: VoucherFacts
    document: Sha256
    printed: int
    sealed: str


class SealCertificate(Wire):
    """The certificate to check seals with, DER in base64url."""

    certificate: str
