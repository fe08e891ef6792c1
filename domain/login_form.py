"""The login screen of a center as data, readable without the checked profile.

The first screen is painted before anything heavy is imported, so it reads the profile's `auth` table
with `tomllib` alone; `domain.profile` checks the same table completely a moment later.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

PROFILE_NAMES = ("baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi")


@dataclass(frozen=True, slots=True)
class LoginField:
    """One field of the login screen (L-05).

    `kind` is text, password, code, check or static; `source` says where a static value comes from
    ("config": `login.unit_account` of the configuration, shown and not editable).
    """

    key: str
    label: str
    kind: str = "text"
    source: str = "typed"
    width: int = 24


@dataclass(frozen=True, slots=True)
class LoginForm:
    """What the login screen of a center asks for.

    `mode` is ukey_password, bank_key or password_sms (profile parameter 1); `needs_key` says whether
    the token must answer the login challenge.
    """

    profile: str
    center: str
    mode: str
    needs_key: bool
    fields: tuple[LoginField, ...]
    reset: str
    reset_text: str
    """What to do about a forgotten password (L-10)."""


@lru_cache(maxsize=8)
def raw_profile(name: str) -> Mapping[str, Any]:
    """The profile file `name` as parsed TOML.

    Raises:
        LookupError: there is no such profile; the text names the known ones.

    """
    if name not in PROFILE_NAMES:
        raise LookupError(f"没有名为“{name}”的中心配置，可用的有：{'、'.join(PROFILE_NAMES)}。")
    text = files("domain").joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def login_form(name: str) -> LoginForm:
    """The login screen of the center `name`."""
    raw = raw_profile(name)
    auth = raw["auth"]
    fields = tuple(LoginField(**item) for item in auth["fields"])
    return LoginForm(
        profile=name,
        center=raw["center"],
        mode=auth["mode"],
        needs_key=auth["mode"] != "password_sms",
        fields=fields,
        reset=auth["reset"],
        reset_text=auth["reset_text"],
    )
