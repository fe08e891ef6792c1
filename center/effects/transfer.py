"""Transfer of sealed accounts between units of the center (X-01 to X-06)."""

from __future__ import annotations

from collections.abc import Sequence

from center.effects.apply import OVERTAKEN, Effect, Row, RowFailed, Work
from center.effects.moves import Move, move_accounts
from domain.business import AccountStatus
from domain.businesses.transfer_out import TO_UNIT
from domain.businesses.transfers import sealed_elsewhere


def effect(business: str) -> Effect:
    """The effect of `transfer_out` or `transfer_in`."""
    return OutEffect() if business == "transfer_out" else InEffect()


class OutEffect:
    """The unit's sealed account goes to the unit that the row names."""

    def units(self, work: Work, rows: Sequence[Row]) -> Sequence[str]:
        """The receiving units."""
        return [name for row in rows if (name := row.values.get(TO_UNIT, ""))]

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Move each row's account out."""
        return move_accounts(work, [self._move(work, row) for row in rows])

    @staticmethod
    def _move(work: Work, row: Row) -> Move:
        old = row.account(work.unit_account)
        if old.status is not AccountStatus.SEALED:
            raise RowFailed("account.changed", OVERTAKEN)
        return Move(row, old, row.values[TO_UNIT])


class InEffect:
    """A sealed account of another unit comes to the unit that files."""

    def units(self, work: Work, rows: Sequence[Row]) -> Sequence[str]:
        """The units that lose the accounts."""
        found = (sealed_elsewhere(row.facts, work.unit_account) for row in rows)
        return [known.unit_account for known in found if known is not None]

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Move each person's account in."""
        return move_accounts(work, [self._move(work, row) for row in rows])

    @staticmethod
    def _move(work: Work, row: Row) -> Move:
        old = sealed_elsewhere(row.facts, work.unit_account)
        if old is None:
            raise RowFailed("account.changed", OVERTAKEN)
        return Move(row, old, work.unit_account)
