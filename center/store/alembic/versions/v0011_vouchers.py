"""How often a voucher was printed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this step."""
    op.create_table(
        "voucher_print",
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("printed", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("time", sa.String(length=30), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["unit_account"], ["unit.unit_account"]),
        sa.PrimaryKeyConstraint("unit_account", "serial", "printed"),
    )


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_table("voucher_print")
