"""Balances of accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this step."""
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("balance", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Go back to the step before."""
    with op.batch_alter_table("account") as account:
        account.drop_column("balance")
