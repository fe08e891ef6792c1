"""Registered details of units, the history of changed facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this step."""
    with op.batch_alter_table("unit") as unit:
        unit.add_column(sa.Column("details", sa.Text(), nullable=False, server_default="{}"))
    op.create_table(
        "fact_change",
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("account_no", sa.String(length=20), nullable=False),
        sa.Column("person_key", sa.String(length=18), nullable=False),
        sa.Column("business", sa.String(length=20), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=20), nullable=False),
        sa.Column("value_from", sa.String(length=200), nullable=False),
        sa.Column("value_to", sa.String(length=200), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_account"], ["unit.unit_account"]),
        sa.PrimaryKeyConstraint("unit_account", "rev"),
    )
    op.create_index("ix_fact_change_day", "fact_change", ["unit_account", "business", "day"])


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_table("fact_change")
    with op.batch_alter_table("unit") as unit:
        unit.drop_column("details")
