"""The settings of a workstation as plain data; `cli.config` reads them from a TOML file.

Only the standard library is used: the first screen is painted from these before anything else is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

IDLE_MINUTES = 10


@dataclass(frozen=True, slots=True)
class CenterSettings:
    """Which center: its address, its profile, and the authority that vouches for its TLS certificate."""

    url: str = "http://127.0.0.1:8300"
    profile: str = "baishan"
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class LoginSettings:
    """What the login screen starts with (L-05); passwords have no place here."""

    unit_account: str = ""
    login_name: str = ""


@dataclass(frozen=True, slots=True)
class UKeySettings:
    """The token: PKCS#11 module, token label or serial; `demo_folder` counts only where `demo` is true."""

    module: str = ""
    token: str = ""
    demo: bool = False
    demo_folder: Path | None = None
    idle_minutes: int = IDLE_MINUTES
    pin_every_time: bool = False


@dataclass(frozen=True, slots=True)
class FileSettings:
    """Folders; None means the place usual on this system."""

    data_dir: Path | None = None
    in_dir: Path | None = None
    out_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """Screen and sound. `ambiguous_width` is auto, narrow or wide; `colours` auto, 16 or none."""

    colours: str = "auto"
    ambiguous_width: str = "auto"
    mask_id: bool = False
    sound: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a workstation may set. `keys` maps a key context to {action: key or keys}."""

    center: CenterSettings = CenterSettings()
    login: LoginSettings = LoginSettings()
    ukey: UKeySettings = UKeySettings()
    files: FileSettings = FileSettings()
    screen: ScreenSettings = ScreenSettings()
    keys: dict[str, dict[str, str | list[str]]] = field(default_factory=dict)
    source: Path | None = None
    """The file these were read from, None for the defaults."""
