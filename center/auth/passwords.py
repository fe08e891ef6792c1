"""Login passwords: argon2id, the policy for new ones, and equal work for names that do not exist."""

from __future__ import annotations

import secrets
import string
import threading
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from center.errors import ProblemError
from center.settings import PasswordPolicy
from domain.profile import Profile
from domain.wire import RowFinding

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(4)
"""Hashes under way at the same time; each takes 19 MiB."""

RANDOM_LENGTH = 12
_CLEAR = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """True when the password fits. With None the same work is done and the answer is False."""
    with _AT_ONCE:
        try:
            _HASHER.verify(stored if stored is not None else _decoy(), password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """True when a stored hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _decoy() -> str:
    return _HASHER.hash(secrets.token_urlsafe(16))


def initial_password(profile: Profile) -> str:
    """The initial password of a new operator: the profile's literal one (L-09), else a random one."""
    given = profile.auth.initial_password
    if given in ("random", "set_by_user"):
        return "".join(secrets.choice(_CLEAR) for _ in range(RANDOM_LENGTH))
    return given


def require_strong(new: str, old: str, profile: Profile, policy: PasswordPolicy) -> None:
    """Raise body.invalid (finding on `new`, code password.weak) unless a new password is good enough."""
    text = _weakness(new, old, profile, policy)
    if text:
        finding = RowFinding(row=0, field="new", code="password.weak", text=text)
        raise ProblemError("body.invalid", text, findings=[finding])


def _weakness(new: str, old: str, profile: Profile, policy: PasswordPolicy) -> str:
    if new == old:
        return "新密码不能与原密码相同，请另设一个。"
    if new == profile.auth.initial_password:
        return "新密码不能是初始密码，请另设一个。"
    kinds = sum(
        (
            any(char.isalpha() for char in new),
            any(char.isdigit() for char in new),
            any(not char.isalnum() for char in new),
        )
    )
    if len(new) < policy.min_length or kinds < policy.kinds:
        return f"新密码至少{policy.min_length}位，并含字母、数字、符号中的{policy.kinds}种，请重新设置。"
    if not new.isprintable() or new != new.strip():
        return "新密码首尾不能是空格，也不能含不可见字符，请重新设置。"
    return ""
