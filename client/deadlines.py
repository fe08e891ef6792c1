"""What deadlines follow from, kept on this computer: the center's part as last told, the unit's own part.

So `gjj deadlines` needs neither a login nor a center. Methods block and raise StoreError.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from client.store.caches import Settings
from client.store.database import utc_now
from client.store.depositors import DepositorCache
from client.store.rows import Scope
from domain.business import AccountStatus
from domain.deadlines import DeadlineFacts, Duty, facts_of
from domain.period import CENTER_ZONE

if TYPE_CHECKING:
    from client.api import CenterClient
    from client.store.database import Database
    from domain.deadlines_wire import DeadlineBasis
    from domain.profile import Profile

UNITS: Final = "deadline units"
"""Setting with the units of which something is kept, as [profile, center, unit]."""


class DeadlineCache:
    """What is kept of the deadlines of one unit, the same for all its operators."""

    def __init__(self, database: Database, scope: Scope) -> None:
        self._settings = Settings(database)
        self._people = DepositorCache(database, scope)
        self._scope = scope

    def fetch(self, client: CenterClient) -> None:
        """Ask the center and keep what it tells. Raises ClientError."""
        self.keep(client.deadline_basis(self._scope.unit_account))

    def keep(self, basis: DeadlineBasis) -> None:
        """Keep what the center told just now."""
        self._settings.put(self._name("basis"), {"kept": utc_now(), "told": basis.model_dump(mode="json")})
        own = [self._scope.profile, self._scope.center, self._scope.unit_account]
        known = self._settings.get(UNITS, [])
        if own not in known:
            self._settings.put(UNITS, [*known, own])

    def keep_duties(self, month: int, duties: Iterable[Duty]) -> None:
        """Keep what a payroll compared in a business month told of people, in place of the one before."""
        told = [[one.kind, one.key, one.name, one.day.isoformat()] for one in duties]
        self._settings.put(self._name("duties"), {"month": month, "duties": told})

    def facts(self, profile: Profile, now: datetime | None = None) -> tuple[DeadlineFacts, str] | None:
        """The facts as of `now` and when the center told them (UTC); None where nothing is kept.

        The day is the center's: its clock when it told, and what has passed here since.
        """
        kept: dict[str, Any] | None = self._settings.get(self._name("basis"))
        basis = _read(kept)
        if kept is None or basis is None:
            return None
        passed = (now or datetime.now(UTC)) - datetime.fromisoformat(kept["kept"])
        today = (datetime.fromisoformat(basis.time) + passed).astimezone(CENTER_ZONE).date()
        own: dict[str, Any] = self._settings.get(self._name("duties"), {})
        duties = [self._judged(*one) for one in own.get("duties", [])]
        facts = facts_of(
            basis,
            profile,
            today=max(today, date.fromisoformat(basis.today)),
            duties=duties,
            compared=int(own.get("month", 0)),
        )
        return facts, basis.time

    def unit_name(self) -> str:
        """The unit's name as the center told it, "" where nothing is kept."""
        basis = _read(self._settings.get(self._name("basis")))
        return basis.name if basis is not None else ""

    def _judged(self, kind: Any, key: str, name: str, day: str) -> Duty:
        """A duty, and whether the copy of the unit's people says that it is done."""
        person = self._people.by_person(key)
        normal = person is not None and person.status == AccountStatus.NORMAL
        duty = Duty(kind, key, name, date.fromisoformat(day))
        return replace(duty, done=normal if kind == "open" else person is not None and not normal)

    def _name(self, what: str) -> str:
        return f"deadline {what} {self._scope.key}"


def kept_units(database: Database, profile: str) -> list[Scope]:
    """The units of a profile of which something is kept, in the order in which they were first met."""
    known = Settings(database).get(UNITS, [])
    return [Scope(one[0], one[1], one[2], "") for one in known if one[0] == profile]


def _read(kept: dict[str, Any] | None) -> DeadlineBasis | None:
    """What the center told; None for what another version of the program kept."""
    from pydantic import ValidationError

    from domain.deadlines_wire import DeadlineBasis

    try:
        return DeadlineBasis.model_validate(kept["told"]) if kept is not None else None
    except (ValidationError, KeyError, TypeError):
        return None
