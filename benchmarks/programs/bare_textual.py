"""The smallest Textual application."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class Bare(App[None]):
    """One line of text."""

    def compose(self) -> ComposeResult:
        yield Static("住房公积金")


if __name__ == "__main__":
    Bare().run(mouse=False)
