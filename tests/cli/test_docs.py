"""The documents name every option and every code that the program has, and none that it has not."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

from cli.main import COMMANDS
from cli.queries import QUERIES
from client.settings import Settings
from domain.idnumber import ErrorCode

ROOT = Path(__file__).parents[2]
OPTION = re.compile(r"^\| `([a-z]+)` \| `([a-z_]+)` \|", re.MULTILINE)
CODE = re.compile(r"`([a-z_]+(?:\.[a-z_]+)?)`")
RAISED = "MoneyError|RatioError|IdNumberError|PeriodError"
GIVEN = re.compile(rf'(?:Finding|layout\.say|{RAISED}|found)\(\s*"([a-z_.]+)"')
NAME = re.compile(r'return "(name\.[a-z_]+)"')
READING = re.compile(r'^    "(file\.[a-z_]+)":', re.MULTILINE)
WRITING = {"file.exists", "file.disk_full", "file.not_written", "file.name"}
"""Of files that are written; a check writes none."""


def documented() -> set[str]:
    rows = [
        line.split("|")[1] for line in (ROOT / "docs/check.md").read_text("utf-8").splitlines() if "|" in line
    ]
    return {code for row in rows for code in CODE.findall(row) if "." in code or code == "required"}


def in_source() -> set[str]:
    found: set[str] = set(get_args(ErrorCode))
    for folder in ("domain", "exports"):
        for file in (ROOT / folder).rglob("*.py"):
            text = file.read_text("utf-8")
            found |= {*GIVEN.findall(text), *NAME.findall(text)}
    money = {code.removeprefix("money.") for code in found if code.startswith("money.")}
    found = {code for code in found if not code.startswith("money.")}
    found |= {f"{kind}.{code}" for kind in ("base", "amount") for code in money}
    return found | set(READING.findall((ROOT / "exports/workbook_error.py").read_text("utf-8"))) - WRITING


def options(kind: type[Any], prefix: str = "") -> set[str]:
    """Every option as section.name; keys are free."""
    found: set[str] = set()
    for item in fields(kind):
        if is_dataclass(item.default):
            found |= options(type(item.default), f"{item.name}.")
        elif prefix:
            found.add(prefix + item.name)
    return found


def test_every_code_of_a_finding_is_documented_and_no_other() -> None:
    assert documented() == in_source()


def test_every_option_is_documented_and_no_other() -> None:
    rows = OPTION.findall((ROOT / "docs/config.md").read_text("utf-8"))
    assert {f"{section}.{name}" for section, name in rows} == options(Settings)


def test_every_command_of_the_documents_exists() -> None:
    for name in ("check.md", "config.md", "headless.md"):
        for command in re.findall(r"\bgjj ([a-z]+)\b", (ROOT / "docs" / name).read_text("utf-8")):
            assert command in COMMANDS, f"{name}: {command}"


def test_every_named_query_is_documented_with_its_options_and_no_other() -> None:
    text = (ROOT / "docs/headless.md").read_text("utf-8").split("## 查询")[1]
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| `")]
    told = {row[1].strip(" `"): set(re.findall(r"`--([a-z-]+)`", row[3])) for row in rows}
    assert told == {name: set(query.may) for name, query in QUERIES.items()}
