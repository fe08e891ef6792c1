"""A personnel office that drives `gjj` by commands, without a screen."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from domain.businesses.opening import declare
from exports.template import HEADER_ROW, write_template
from tests.e2e.desk import Desk
from tests.e2e.site import PASSWORD, PIN, Agent, Site
from tests.e2e.test_import import rows_of
from tests.support.pty_terminal import REPOSITORY, PtyTerminal
from tests.support.workbooks import fill_xlsx, table_of

SECRETS = (("登录密码", PASSWORD), ("UKey PIN", PIN))


class Office:
    """A folder with a configuration from which commands are run."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.folder = folder
        self.agent: Agent = site.agent()
        desk = Desk(site, folder, self.agent)
        desk.terminal.close()
        self.config = folder / "config.toml"

    def roster(self, count: int, **wrong: str) -> Path:
        """A filled template of people to be registered; `wrong` are cells of the first of them."""
        business = declare(self.site.profile)
        path = self.folder / "登记.xlsx"
        path.unlink(missing_ok=True)
        write_template(path, business, self.site.profile)
        rows = rows_of(self.site, count)
        rows[0].update(wrong)
        fill_xlsx(path, table_of(business, rows)[1:], first_row=HEADER_ROW + 1)
        return path

    def run(self, *words: str, answers: Sequence[tuple[str, str]] = (), code: int = 0) -> list[Any]:
        """Run a command, answer its questions, wait for its exit code; the JSON lines of its output."""
        out = self.folder / "stdout"
        command = " ".join(f"'{word}'" for word in [sys.executable, "-m", "cli.main", *words])
        argv = ["/bin/sh", "-c", f"{command} > '{out}'"]
        with PtyTerminal(argv, columns=200, cwd=REPOSITORY) as terminal:
            for question, answer in answers:
                terminal.wait_for(question, 30)
                terminal.send(f"{answer}\r")
            assert terminal.wait_exit(60) == code, terminal.text
            self.said = terminal.text
        return [json.loads(line) for line in out.read_text("utf-8").splitlines()]

    @property
    def who(self) -> list[str]:
        """The arguments that say who works."""
        return ["--unit", self.agent.unit, "--login-name", self.agent.login_name, "--json"] + [
            *("--config", str(self.config))
        ]
