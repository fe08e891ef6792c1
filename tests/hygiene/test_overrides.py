"""A private name of the toolkit that is reused by chance changes the toolkit: every such use is listed."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from typing import Any

import screens
import tui

MEANT = {
    "_display",
    "_fatal_error",
    "_set_pointer_shape",
    "_sigcont_application",
    "_sigtstp_application",
    "_parse_extended_key",
    "_render_content",
    "_request_terminal_sync_mode_support",
    "_sequence_to_key_events",
}
"""Methods replaced on purpose."""


def _classes() -> list[type[Any]]:
    modules = [
        import_module(f"{package.__name__}.{module.name}")
        for package in (tui, screens)
        for module in pkgutil.iter_modules(package.__path__)
    ]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__
    ]


def test_no_private_method_of_the_toolkit_is_replaced_by_chance() -> None:
    found: dict[str, set[str]] = {}
    for kind in _classes():
        theirs = {
            name
            for base in kind.__mro__
            if base.__module__.startswith("textual")
            for name, value in vars(base).items()
            if name.startswith("_") and not name.startswith("__") and callable(value)
        }
        ours = {name for name, value in vars(kind).items() if callable(value)} & theirs
        if ours - MEANT:
            found[kind.__qualname__] = ours - MEANT
    assert found == {}
