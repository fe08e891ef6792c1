"""The configuration file: found, read, checked strictly, refused with the line.

Nothing but the standard library is loaded here, because this runs before the first paint.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from client.settings import Settings
from domain.login_form import PROFILE_NAMES

NAME = "config.toml"
ENVIRONMENT = "GJJ_CONFIG"
SECRET_KEYS = ("password", "pwd", "pin", "token_value", "secret", "口令", "密码")
CHOICES = {
    "center.profile": PROFILE_NAMES,
    "screen.colours": ("auto", "16", "none"),
    "screen.ambiguous_width": ("auto", "narrow", "wide"),
}
KINDS = {str: "文字", int: "整数", bool: "true 或 false", Path: "路径"}


class ConfigError(Exception):
    """A configuration that cannot be used; `text` is one Chinese sentence with file and line."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def config_path(given: Path | None = None) -> Path | None:
    """The file to read: the one given, the one named by GJJ_CONFIG, or the user's own if it exists.

    Raises ConfigError when a named file does not exist.
    """
    named = given or (Path(os.environ[ENVIRONMENT]) if os.environ.get(ENVIRONMENT) else None)
    if named is not None:
        if not named.is_file():
            raise ConfigError(f"找不到配置文件 {named}，请核对路径。")
        return named
    own = user_config_dir() / NAME
    return own if own.is_file() else None


def user_config_dir() -> Path:
    """Where this system keeps a user's configuration of gjj."""
    if sys.platform == "win32":
        base = os.environ.get("APPDATA")
        return Path(base) / "gjj" if base else Path.home() / "AppData" / "Roaming" / "gjj"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "gjj"
    base = os.environ.get("XDG_CONFIG_HOME")
    return Path(base) / "gjj" if base else Path.home() / ".config" / "gjj"


def load(given: Path | None = None) -> Settings:
    """The settings of this workstation; the defaults when there is no file.

    Raises ConfigError: unreadable file, bad TOML, unknown key, wrong type, secret in the file.
    """
    path = config_path(given)
    if path is None:
        return Settings()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"配置文件 {path} 读不出来，请确认可读且为 UTF-8 编码。") from error
    return parse(text, path)


def parse(text: str, path: Path) -> Settings:
    """Settings from TOML text; `path` is named in errors and stands for relative paths."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = f"第{place.group(1)}行" if place else "末尾"
        raise ConfigError(
            f"配置文件 {path} {line}不合 TOML 语法，请对照 config.example.toml 改正。"
        ) from None
    reader = _Reader(text, path)
    settings: Settings = reader.table(Settings, raw, "")
    return settings


class _Reader:
    """Turns parsed TOML into the settings, refusing whatever does not belong."""

    def __init__(self, text: str, path: Path) -> None:
        self.text = text
        self.path = path

    def table(self, kind: type[Any], raw: dict[str, Any], prefix: str) -> Any:
        known = {item.name: item for item in fields(kind) if item.name != "source"}
        hints = get_type_hints(kind)
        values: dict[str, Any] = {}
        for key, value in raw.items():
            name = f"{prefix}{key}"
            if key not in known:
                self._unknown(name, key, tuple(known))
            values[key] = self.value(known[key], hints[key], value, name)
        if kind is Settings:
            values["source"] = self.path
        return kind(**values)

    def value(self, item: Field[Any], hint: Any, value: Any, name: str) -> Any:
        if is_dataclass(hint):
            if not isinstance(value, dict):
                raise self._error(name, f"“{name}”应是一节 [{name}]")
            return self.table(hint, value, f"{name}.")  # type: ignore[arg-type]
        if name == "keys":
            return self._keys(value)
        wanted = _plain(hint)
        if wanted is Path:
            return self._path(value, name)
        if type(value) is not wanted:
            raise self._error(name, f"“{name}”应填{KINDS[wanted]}")
        if name in CHOICES and value not in CHOICES[name]:
            raise self._error(name, f"“{name}”只能是 {'、'.join(CHOICES[name])}")
        if wanted is int and value < 1:
            raise self._error(name, f"“{name}”应大于零")
        if item.default is MISSING:
            raise TypeError(f"setting {name} has no default")
        return value

    def _path(self, value: Any, name: str) -> Path:
        if not isinstance(value, str) or not value or "\0" in value:
            raise self._error(name, f"“{name}”应填路径")
        path = Path(value).expanduser()
        return path if path.is_absolute() else self.path.parent / path

    def _keys(self, value: Any) -> dict[str, dict[str, str | list[str]]]:
        if not isinstance(value, dict):
            raise self._error("keys", "“keys”应是一节 [keys.画面]")
        for context, actions in value.items():
            if not isinstance(actions, dict):
                raise self._error(f"keys.{context}", f"“keys.{context}”应是一节 [keys.{context}]")
            for action, keys in actions.items():
                several = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
                if not (isinstance(keys, str) or several):
                    name = f"keys.{context}.{action}"
                    raise self._error(name, f'“{name}”应填键名，如 "f7" 或 ["*", "ctrl+d"]')
        self._usable(value)
        return value

    def _usable(self, keys: dict[str, dict[str, str | list[str]]]) -> None:
        """Refuse what the keymap does not know or may not use."""
        from tui.keymap import Keymap, KeymapError

        try:
            Keymap.default().override(keys)
        except KeymapError as error:
            context, *actions = error.place
            own = [action for action in actions if action in keys.get(context, ())]
            raise self._error(".".join(("keys", context, *own[:1])), str(error).rstrip("。")) from None

    def _unknown(self, name: str, key: str, known: tuple[str, ...]) -> None:
        if any(secret in key.lower() for secret in SECRET_KEYS):
            raise self._error(name, "配置文件里不能写口令或PIN，请删除这一行")
        raise self._error(name, f"没有“{name}”这一项，可用的有：{'、'.join(known)}")

    def _error(self, name: str, what: str) -> ConfigError:
        return ConfigError(f"配置文件 {self.path} 第{self.line_of(name)}行：{what}。")

    def line_of(self, name: str) -> int:
        """Line of a dotted key in the text; 1 when it cannot be told."""
        wanted = name.split(".")
        section: list[str] = []
        for number, line in enumerate(self.text.splitlines(), 1):
            head = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(#.*)?$", line)
            if head:
                section = _split(head.group(1))
                if section == wanted:
                    return number
                continue
            match = re.match(r"\s*([^=#]+?)\s*=", line)
            if match and section + _split(match.group(1)) == wanted:
                return number
        return self._nearest(wanted)

    def _nearest(self, wanted: list[str]) -> int:
        for number, line in enumerate(self.text.splitlines(), 1):
            if re.search(rf"(?<![\w.-]){re.escape(wanted[-1])}(?![\w-])", line.split("#")[0]):
                return number
        return 1


def _split(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _plain(hint: Any) -> Any:
    """The one concrete type of a hint such as `Path | None`."""
    if get_origin(hint) in (Union, UnionType):
        return next(part for part in get_args(hint) if part is not type(None))
    return hint
