"""Importing httpx without its command line, which takes 3 MB and a tenth of the time with what it draws by.

Whoever imports this first gets httpx lean; httpx then believes that its command line is not installed.
"""

from __future__ import annotations

import sys

COMMAND_LINE = "click"
"""What httpx's command line is made of, and nothing else of it."""

if COMMAND_LINE not in sys.modules:
    sys.modules[COMMAND_LINE] = None  # type: ignore[assignment]
    try:
        import httpx  # noqa: F401
    finally:
        del sys.modules[COMMAND_LINE]
