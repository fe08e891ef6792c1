"""Which key the configuration means, and which drivers this machine has."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from ukey.signer import ModuleUnusable, Signer

_LIBRARY_FOLDERS = (
    "/usr/lib",
    "/usr/lib64",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib/loongarch64-linux-gnu",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/opt/homebrew/lib",
)
_KNOWN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("飞天诚信 ePass3000/3003", ("libshuttle_p11v220.so*",)),
    ("飞天诚信 ePass2003", ("libcastle.so*", "libcastle_v2.so*", "/opt/ePass2003*/**/libcastle*.so*")),
    (
        "握奇 WatchData",
        (
            "libwdpkcs*.so",
            "watchdata/lib*/libwdpkcs*.so",
            "watchdata/*/lib/libwdpkcs*.so",
            "WatchData/*/lib/libwdpkcs*.so",
            "/opt/watchdata/lib*/libwdpkcs*.so",
        ),
    ),
    ("龙脉 mToken", ("libcryptoid_pkcs11.so*", "/opt/CryptoIDATools/bin/lib/libcryptoid_pkcs11.so*")),
    ("OpenSC", ("opensc-pkcs11.so", "pkcs11/opensc-pkcs11.so")),
    ("p11-kit（远程 UKey）", ("pkcs11/p11-kit-client.so",)),
    ("SoftHSM", ("softhsm/libsofthsm2.so", "pkcs11/libsofthsm2.so", "libsofthsm2.so")),
)


@dataclass(frozen=True, slots=True)
class FoundModule:
    """A PKCS#11 driver found on this machine: whose it is, and its real path."""

    name: str
    path: str


def open_signer(
    module: str | None,
    demo_folder: Path | None,
    *,
    token: str | None = None,
    demo_allowed: bool,
    idle_seconds: float = 600,
    timeout: float = 30,
) -> Signer:
    """Open the key the configuration names: a driver's path or pkcs11 URI, else the demo key.

    `token` is a label, a serial number, or a pkcs11 URI (RFC 7512) with one of them. Nothing is loaded yet.
    Raises ModuleUnusable: no driver configured, a URI that carries a PIN, a demo key outside a demo.
    """
    path, wanted = module, token
    for text in (module, token):
        if text is not None and _is_uri(text):
            parts = _parse_uri(text)
            path = parts.get("module-path", None if path == text else path)
            wanted = parts.get("serial") or parts.get("token") or (None if wanted == text else wanted)
    if path:
        from ukey.pkcs11_signer import Pkcs11Signer

        return Pkcs11Signer(path, token_label=wanted or None, idle_seconds=idle_seconds, timeout=timeout)
    if module is not None and _is_uri(module):
        raise ModuleUnusable("pkcs11 地址里缺少 module-path，请在配置中填写 UKey 驱动的路径。")
    if demo_folder is None:
        raise ModuleUnusable("没有配置 UKey 驱动，请在配置中填写驱动的路径，或运行 gjj doctor 查找。")
    if not demo_allowed:
        raise ModuleUnusable("演示密钥只能在演示环境中使用，请在配置中填写 UKey 驱动的路径。")
    from ukey.demo_key import DemoKey

    return DemoKey(demo_folder, idle_seconds=idle_seconds)


def discover_modules() -> list[FoundModule]:
    """Look for well-known drivers on this machine, vendors' first; each real file is named once."""
    found: dict[str, FoundModule] = {}
    for name, patterns in _KNOWN:
        for pattern in patterns:
            folders = [""] if pattern.startswith("/") else [f"{folder}/" for folder in _LIBRARY_FOLDERS]
            for place in folders:
                for path in sorted(glob.glob(f"{place}{pattern}", recursive=True)):
                    real = str(Path(path).resolve())
                    if Path(real).is_file():
                        found.setdefault(real, FoundModule(name, real))
    return list(found.values())


def _is_uri(text: str) -> bool:
    return text.strip().lower().startswith("pkcs11:")


def _parse_uri(uri: str) -> dict[str, str]:
    """Read the attributes of a pkcs11 URI (RFC 7512, section 2.3). Raises ModuleUnusable on a PIN in it."""
    path, _, query = uri.partition(":")[2].partition("?")
    parts: dict[str, str] = {}
    for piece in (*path.split(";"), *query.split("&")):
        name, equals, value = piece.partition("=")
        if equals:
            parts[name.strip()] = unquote(value.strip())
    if parts.keys() & {"pin-value", "pin-source"}:
        raise ModuleUnusable("配置里不允许写 PIN，请从 pkcs11 地址中删去 pin-value 和 pin-source。")
    return parts
