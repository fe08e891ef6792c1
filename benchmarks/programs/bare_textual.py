"""The smallest Textual application: one line of text."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class Bare(App[None]):
    """Shows one word."""

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("就绪")


if __name__ == "__main__":
    Bare().run()
