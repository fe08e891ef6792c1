"""At the first paint nothing but Textual and the standard library has been imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hygiene.test_lazy_imports import HEAVY, modules_of
from tests.support.first_paint import NeverPainted, first_paint

BARE = """
from textual.app import App
from textual.widgets import Static
{before}

class Bare(App):
    def compose(self):
        yield Static("登录")

    def on_mount(self):
        self.set_timer(0.5, self.later)

    def later(self):
        import openpyxl

Bare().run()
"""

SHELL = """
from tui.launch import prepare

prepare()
{imports}
from tui.app import ShellApp
from tui.shellscreen import ShellScreen

class First(ShellScreen):
    TITLE = "单位网厅"

ShellApp({{"first": First}}, start="first").run(mouse=False)
"""


def test_the_whole_toolkit_paints_without_anything_heavy(tmp_path: Path) -> None:
    imports = "\n".join(f"import {name}" for name in modules_of("tui") if name != "tui.launch")
    painted = first_paint(SHELL.format(imports=imports), tmp_path)
    assert "单位网厅".encode() in painted.output
    assert not painted.modules & HEAVY


def test_the_probe_tells_before_from_after(tmp_path: Path) -> None:
    early = first_paint(BARE.format(before="import httpx"), tmp_path)
    assert {"textual", "httpx"} <= early.modules
    assert "openpyxl" not in early.modules
    assert "登录".encode() in early.output


def test_the_probe_says_when_nothing_is_painted(tmp_path: Path) -> None:
    with pytest.raises(NeverPainted, match="gone wrong"):
        first_paint("raise SystemExit('gone wrong')", tmp_path)


@pytest.mark.parametrize("profile", ["baishan", "hangzhou", "shaanxi"])
def test_the_login_screen_is_painted_before_anything_heavy_is_loaded(tmp_path: Path, profile: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'[center]\nurl = "http://127.0.0.1:9"\nprofile = "{profile}"\n[files]\ndata_dir = "{tmp_path}"\n'
    )
    painted = first_paint(f"from cli.main import main; main(['--config', {str(config)!r}])", tmp_path)
    assert "登录".encode() in painted.output
    assert not painted.modules & HEAVY
