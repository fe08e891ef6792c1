"""Months to be made up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this step."""
    op.create_table(
        "makeup_order",
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("account_no", sa.String(length=20), nullable=False),
        sa.Column("person_key", sa.String(length=18), nullable=False),
        sa.Column("fund_type", sa.String(length=10), nullable=False),
        sa.Column("business", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("unit_amount", sa.BigInteger(), nullable=False),
        sa.Column("person_amount", sa.BigInteger(), nullable=False),
        sa.Column("funding", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("declared", sa.String(length=10), nullable=False),
        sa.Column("business_month", sa.Integer(), nullable=False),
        sa.Column("changed", sa.String(length=10), nullable=False),
        sa.Column("claim", sa.String(length=50), nullable=True),
        sa.ForeignKeyConstraint(["unit_account"], ["unit.unit_account"]),
        sa.PrimaryKeyConstraint("unit_account", "submission_id", "row_no", "month"),
        sa.UniqueConstraint("claim", name="uq_makeup_claim"),
    )
    op.create_index("ix_makeup_person", "makeup_order", ["person_key", "state"])
    op.create_index("ix_makeup_state", "makeup_order", ["unit_account", "state", "declared"])


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_table("makeup_order")
