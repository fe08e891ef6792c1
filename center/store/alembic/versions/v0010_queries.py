"""Indexes and revisions that queries and the sync need."""

from __future__ import annotations

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this step."""


def downgrade() -> None:
    """Go back to the step before."""
