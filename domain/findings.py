"""What a check says about a roster row: code, field, one Chinese sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    """The row cannot be submitted."""
    WARNING = "warning"
    """The row may be submitted; a person should look."""
    ADJUSTED = "adjusted"
    """The program changed a value by a rule of the center and says so (O-13, O-14)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of one row.

    `code` is stable and dotted (`id.check_digit`), `field` the column key or "" for the whole row,
    `text` one Chinese sentence saying what is wrong and what to do.
    """

    code: str
    field: str
    text: str
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        """True when the row cannot be submitted because of this finding."""
        return self.severity is Severity.ERROR


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Only the findings that stop a submission, in order."""
    return tuple(finding for finding in findings if finding.is_error) if findings else ()
