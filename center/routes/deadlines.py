"""What a unit's deadlines follow from."""

from __future__ import annotations

from center.deadlines import deadline_basis
from center.deps import Unit
from center.routing import router as make_router
from domain.deadlines_wire import DeadlineBasis

router = make_router("期限")


@router.get("/units/{unit}/deadlines", summary="期限的依据")
def deadlines(scope: Unit) -> DeadlineBasis:
    """Pay day, months paid, bases of the fund year and the published calendar; the client makes deadlines."""
    with scope.store.read() as conn:
        return deadline_basis(conn, scope)
