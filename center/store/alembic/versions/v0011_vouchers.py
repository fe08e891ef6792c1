"""How often a voucher was printed."""

from __future__ import annotations

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this step."""


def downgrade() -> None:
    """Go back to the step before."""
