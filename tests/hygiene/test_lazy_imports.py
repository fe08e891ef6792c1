"""Heavy libraries come only when they are used: nothing but Textual stands before the first paint."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from screens.state import WARM

ROOT = Path(__file__).parents[2]
HEAVY = {
    *("sqlalchemy", "alembic", "psycopg", "httpx", "pydantic", "fastapi", "starlette", "uvicorn", "dbos"),
    *("openpyxl", "python_calamine", "xlsxwriter", "rustpy_xlsxwriter"),
    *("reportlab", "segno", "PIL", "pypinyin"),
    *("pkcs11", "cryptography", "argon2"),
}
PYDANTIC_IN_DOMAIN = (
    "domain.profile",
    "domain.rules",
    "domain.wire",
    "domain.facts_wire",
    "domain.statements_wire",
    "domain.deadlines_wire",
    "domain.receipt_rules",
    "domain.remit_wire",
    "domain.receipt_wire",
    "domain.voucher_wire",
    "domain.remit_wire",
    "domain.businesses.",
)
"""Modules that need it, and declarations, which need the rules of a profile."""
LIGHT = ("domain.businesses.names",)
"""Read before the first paint all the same."""

REPORT = """
import json, sys
for name in sys.argv[1:]:
    __import__(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def imported_by(*modules: str) -> set[str]:
    """The top-level packages a fresh interpreter holds after importing these modules."""
    command = [sys.executable, "-c", REPORT, *modules]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def modules_of(package: str) -> list[str]:
    """Every module of a package, the package itself first."""
    found = import_module(package)
    return [package, *(info.name for info in pkgutil.walk_packages(found.__path__, package + "."))]


def test_importing_the_toolkit_brings_nothing_heavy() -> None:
    assert not imported_by(*modules_of("tui")) & HEAVY


def test_domain_needs_the_standard_library_only() -> None:
    modules = [
        name for name in modules_of("domain") if name in LIGHT or not name.startswith(PYDANTIC_IN_DOMAIN)
    ]
    foreign = imported_by(*modules) - set(sys.stdlib_module_names) - {"domain", "__main__"}
    assert not {name for name in foreign if not name.startswith("_")}


def test_the_measure_sees_what_is_there() -> None:
    assert "pydantic" in imported_by("domain.wire")


def test_the_working_program_holds_no_command_line_of_a_library() -> None:
    held = imported_by(*WARM)
    assert {"httpx", "sqlalchemy", "pydantic"} <= held
    assert "click" not in held
