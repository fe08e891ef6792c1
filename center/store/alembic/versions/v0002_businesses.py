"""Sealing, the history of accounts, the rules of fund years."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this step."""
    with op.batch_alter_table("unit") as unit:
        unit.add_column(sa.Column("verified_year", sa.Integer()))
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("sealed_month", sa.Integer()))
        account.add_column(
            sa.Column("sealed_reason", sa.String(length=10), nullable=False, server_default="")
        )
    op.create_table(
        "account_change",
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("account_no", sa.String(length=20), nullable=False),
        sa.Column("person_key", sa.String(length=18), nullable=False),
        sa.Column("business", sa.String(length=20), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("status_from", sa.String(length=2), nullable=False),
        sa.Column("status_to", sa.String(length=2), nullable=False),
        sa.Column("base_from", sa.BigInteger(), nullable=False),
        sa.Column("base_to", sa.BigInteger(), nullable=False),
        sa.Column("unit_ratio_from", sa.Integer(), nullable=False),
        sa.Column("unit_ratio_to", sa.Integer(), nullable=False),
        sa.Column("person_ratio_from", sa.Integer(), nullable=False),
        sa.Column("person_ratio_to", sa.Integer(), nullable=False),
        sa.Column("unit_amount_from", sa.BigInteger(), nullable=False),
        sa.Column("unit_amount_to", sa.BigInteger(), nullable=False),
        sa.Column("person_amount_from", sa.BigInteger(), nullable=False),
        sa.Column("person_amount_to", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["unit_account"], ["unit.unit_account"]),
        sa.PrimaryKeyConstraint("unit_account", "rev"),
    )
    op.create_index("ix_change_month", "account_change", ["unit_account", "month"])
    op.create_index("ix_change_account", "account_change", ["unit_account", "account_no"])
    op.create_table(
        "year_rules",
        sa.Column("fund_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("base_min", sa.BigInteger(), nullable=False),
        sa.Column("base_max", sa.BigInteger(), nullable=False),
        sa.Column("amount_min", sa.BigInteger(), nullable=False),
        sa.Column("amount_max", sa.BigInteger()),
        sa.Column("ratio_min", sa.Integer(), nullable=False),
        sa.Column("ratio_max", sa.Integer(), nullable=False),
        sa.Column("unit_rounding", sa.String(length=20), nullable=False),
        sa.Column("person_rounding", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("fund_year"),
    )


def downgrade() -> None:
    """Go back to the step before."""
    op.drop_table("year_rules")
    op.drop_table("account_change")
    with op.batch_alter_table("account") as account:
        account.drop_column("sealed_reason")
        account.drop_column("sealed_month")
    with op.batch_alter_table("unit") as unit:
        unit.drop_column("verified_year")
