"""Attachments sent in pieces, upload codes for a phone."""

from __future__ import annotations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this step."""


def downgrade() -> None:
    """Go back to the step before."""
