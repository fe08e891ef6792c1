"""Everything a center process is told at its start."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from center.clock import Clock, SystemClock
from domain.profile import Profile

DATABASE_FILE = "center.sqlite3"
CA_FOLDER = "ca"
TRUSTED_FOLDER = "trusted_ca"
KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a new login password must be: length in characters, kinds out of letters, digits and marks."""

    min_length: int = 8
    kinds: int = 2


@dataclass(frozen=True, slots=True)
class Rates:
    """Token buckets: (requests per second, burst). `login` and `address` count by network address."""

    login: tuple[float, int] = (2.0, 60)
    address: tuple[float, int] = (100.0, 400)
    session: tuple[float, int] = (30.0, 120)
    unit: tuple[float, int] = (60.0, 240)


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a center.

    `authorities` are the names under which clients reach it ("host:port", lower case); a signature made
    for any other name is refused. `trusted_ca` are DER certificates of the issuers of UKeys.
    `enforce_hours` refuses submissions outside the profile's business hours (N-02).
    Durations are in seconds.
    """

    database_url: str = field(repr=False)
    profile: Profile
    data_dir: Path
    demo: bool = False
    clock: Clock = field(default_factory=SystemClock)
    authorities: tuple[str, ...] = ()
    trusted_ca: tuple[bytes, ...] = field(default=(), repr=False)
    enforce_hours: bool = False
    sms_gateway: str = ""
    """Name of a gateway plug-in (`center.sms`); "" with `demo` prints on the console."""
    session_idle: int = 30 * 60
    session_absolute: int = 12 * 3600
    challenge_lifetime: int = 120
    code_lifetime: int = 300
    code_resend: int = 60
    code_tries: int = 5
    password_tries: int = 5
    password_lock: int = 15 * 60
    password_policy: PasswordPolicy = PasswordPolicy()
    rates: Rates = Rates()
    max_body: int = 256 * KIB
    max_roster_body: int = 48 * MIB
    max_attachment: int = 20 * MIB


def sqlite_url(data_dir: Path) -> str:
    """The URL of the center's own SQLite file in a data folder."""
    return f"sqlite:///{data_dir / DATABASE_FILE}"
