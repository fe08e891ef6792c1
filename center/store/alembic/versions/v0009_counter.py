"""The counter: corrections, key bindings, consultations, announcements."""

from __future__ import annotations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this step."""


def downgrade() -> None:
    """Go back to the step before."""
