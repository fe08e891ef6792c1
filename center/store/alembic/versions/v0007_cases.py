"""Cases: who holds them, decisions on rows, roles inside a unit."""

from __future__ import annotations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this step."""


def downgrade() -> None:
    """Go back to the step before."""
