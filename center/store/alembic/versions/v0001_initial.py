"""The center's tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this step."""
    op.create_table(
        "attachment",
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("unit_account", "sha256"),
    )
    op.create_table(
        "audit_head",
        sa.Column("head", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("head"),
    )
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("time", sa.String(length=27), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("year"),
    )
    op.create_table(
        "case_file",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("business", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("maker", sa.String(length=36), nullable=False),
        sa.Column("created", sa.String(length=27), nullable=False),
        sa.Column("due", sa.String(length=10), nullable=False),
        sa.Column("taken_by", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
        sa.UniqueConstraint("unit_account", "submission_id", name="uq_case_submission"),
    )
    with op.batch_alter_table("case_file", schema=None) as batch_op:
        batch_op.create_index("ix_case_state", ["state", "created"], unique=False)

    op.create_table(
        "certificate",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("not_after", sa.String(length=27), nullable=False),
        sa.Column("registered", sa.String(length=27), nullable=False),
        sa.Column("revoked", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint"),
    )
    op.create_table(
        "challenge",
        sa.Column("challenge_id", sa.String(length=36), nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("expires", sa.String(length=27), nullable=False),
        sa.Column("used", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("challenge_id"),
    )
    op.create_table(
        "depositor",
        sa.Column("person_key", sa.String(length=18), nullable=False),
        sa.Column("id_number", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("mobile", sa.String(length=20), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person_key"),
    )
    op.create_table(
        "inbox_item",
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("tab", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("body", sa.String(length=500), nullable=False),
        sa.Column("time", sa.String(length=27), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("scope", "item_id"),
    )
    with op.batch_alter_table("inbox_item", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_rev", ["scope", "rev"], unique=False)

    op.create_table(
        "job",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("business", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("ok", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created", sa.String(length=27), nullable=False),
        sa.Column("updated", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("job_id"),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_rev", ["unit_account", "rev"], unique=False)

    op.create_table(
        "login_code",
        sa.Column("code_id", sa.String(length=36), nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("mobile", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("code_hash", sa.String(length=200), nullable=False),
        sa.Column("created", sa.String(length=27), nullable=False),
        sa.Column("expires", sa.String(length=27), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("code_id"),
    )
    op.create_table(
        "login_guard",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.String(length=27), nullable=True),
        sa.Column("updated", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "nonce",
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("base_hash", sa.String(length=64), nullable=False),
        sa.Column("expires", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("nonce"),
    )
    op.create_table(
        "operator",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("login_name", sa.String(length=40), nullable=False),
        sa.Column("home_unit", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("id_number", sa.String(length=18), nullable=False),
        sa.Column("mobile", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id"),
        sa.UniqueConstraint("role", "home_unit", "login_name", name="uq_operator_login"),
    )
    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.String(length=60), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created", sa.String(length=27), nullable=False),
        sa.Column("sent", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("outbox_id"),
    )
    op.create_table(
        "scope",
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("inbox_rev", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("scope"),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "submission_row",
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("person_key", sa.String(length=18), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("account_no", sa.String(length=20), nullable=False),
        sa.Column("processed", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("unit_account", "submission_id", "row_no"),
    )
    with op.batch_alter_table("submission_row", schema=None) as batch_op:
        batch_op.create_index("ix_row_person", ["person_key", "state"], unique=False)

    op.create_table(
        "unit",
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("unified_ratio", sa.Boolean(), nullable=False),
        sa.Column("ratios", sa.Text(), nullable=False),
        sa.Column("fund_types", sa.Text(), nullable=False),
        sa.Column("paid_through", sa.Integer(), nullable=True),
        sa.Column("unallocated", sa.BigInteger(), nullable=False),
        sa.Column("depositor_rev", sa.Integer(), nullable=False),
        sa.Column("account_counter", sa.Integer(), nullable=False),
        sa.Column("reconcile_hash", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("unit_account"),
    )
    op.create_table(
        "workday",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "account",
        sa.Column("account_no", sa.String(length=20), nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("person_key", sa.String(length=18), nullable=False),
        sa.Column("status", sa.String(length=2), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("unit_ratio", sa.Integer(), nullable=False),
        sa.Column("person_ratio", sa.Integer(), nullable=False),
        sa.Column("unit_amount", sa.BigInteger(), nullable=False),
        sa.Column("person_amount", sa.BigInteger(), nullable=False),
        sa.Column("fund_type", sa.String(length=10), nullable=False),
        sa.Column("opened", sa.String(length=10), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_key"],
            ["depositor.person_key"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_account"],
            ["unit.unit_account"],
        ),
        sa.PrimaryKeyConstraint("account_no"),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index("ix_account_person", ["person_key"], unique=False)
        batch_op.create_index("ix_account_unit_rev", ["unit_account", "rev", "account_no"], unique=False)

    op.create_table(
        "case_event",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("time", sa.String(length=27), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("opinion", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case_file.case_id"],
        ),
        sa.PrimaryKeyConstraint("case_id", "seq"),
    )
    op.create_table(
        "certificate_unit",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["fingerprint"],
            ["certificate.fingerprint"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_account"],
            ["unit.unit_account"],
        ),
        sa.PrimaryKeyConstraint("fingerprint", "unit_account"),
    )
    op.create_table(
        "operator_unit",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("permissions", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operator.operator_id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_account"],
            ["unit.unit_account"],
        ),
        sa.PrimaryKeyConstraint("operator_id", "unit_account"),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("created", sa.String(length=27), nullable=False),
        sa.Column("seen", sa.String(length=27), nullable=False),
        sa.Column("expires", sa.String(length=27), nullable=False),
        sa.Column("ended", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operator.operator_id"],
        ),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_table(
        "submission",
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("serial", sa.String(length=24), nullable=False),
        sa.Column("business", sa.String(length=20), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("received", sa.String(length=27), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature_base", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("attachments", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_account"],
            ["unit.unit_account"],
        ),
        sa.PrimaryKeyConstraint("unit_account", "submission_id"),
        sa.UniqueConstraint("serial", name="uq_submission_serial"),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index("ix_submission_day", ["unit_account", "day"], unique=False)
        batch_op.create_index("ix_submission_month", ["unit_account", "month"], unique=False)


def downgrade() -> None:
    """Go back to the step before."""
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index("ix_submission_month")
        batch_op.drop_index("ix_submission_day")

    op.drop_table("submission")
    op.drop_table("session")
    op.drop_table("operator_unit")
    op.drop_table("certificate_unit")
    op.drop_table("case_event")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index("ix_account_unit_rev")
        batch_op.drop_index("ix_account_person")

    op.drop_table("account")
    op.drop_table("workday")
    op.drop_table("unit")
    with op.batch_alter_table("submission_row", schema=None) as batch_op:
        batch_op.drop_index("ix_row_person")

    op.drop_table("submission_row")
    op.drop_table("setting")
    op.drop_table("scope")
    op.drop_table("outbox")
    op.drop_table("operator")
    op.drop_table("nonce")
    op.drop_table("login_guard")
    op.drop_table("login_code")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix_job_rev")

    op.drop_table("job")
    with op.batch_alter_table("inbox_item", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_rev")

    op.drop_table("inbox_item")
    op.drop_table("depositor")
    op.drop_table("challenge")
    op.drop_table("certificate")
    with op.batch_alter_table("case_file", schema=None) as batch_op:
        batch_op.drop_index("ix_case_state")

    op.drop_table("case_file")
    op.drop_table("calendar_year")
    op.drop_table("audit_log")
    op.drop_table("audit_head")
    op.drop_table("attachment")
