"""What the configuration says of the screen, seen in a real terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.pty_terminal import PtyTerminal

CONFIG = """
[center]
url = "http://127.0.0.1:9"
[login]
login_name = "买·提"
[files]
data_dir = "{folder}"
[screen]
ambiguous_width = "{width}"
"""


@pytest.mark.parametrize(("width", "shown"), [("wide", "买・提"), ("auto", "买·提")])
def test_the_width_of_ambiguous_characters_is_as_configured(tmp_path: Path, width: str, shown: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(folder=tmp_path / "data", width=width), encoding="utf-8")
    command = [sys.executable, "-m", "cli.main", "--config", str(config)]
    with PtyTerminal(command, columns=80, rows=24) as terminal:
        terminal.wait_for(shown, 25)
