"""The ledger, bank receipts, 汇缴核定, interest; balances of accounts and units move into the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEPT = ("journal", "transfer")
"""Tables whose rows are only ever added."""

HELD = "账目只增不改，更正请用冲账。"


def upgrade() -> None:
    """Go to this step. Raises RuntimeError for balances of the time before the ledger."""
    _require_no_balances()
    with op.batch_alter_table("account") as account:
        account.drop_column("balance")
    with op.batch_alter_table("unit") as unit:
        unit.drop_column("unallocated")
    with op.batch_alter_table("session") as session:
        session.add_column(sa.Column("reconciled", sa.Boolean(), nullable=False, server_default=sa.false()))
    _create_ledger()
    _create_receipts()
    _create_remittances()
    _create_interest()
    _forbid_changes()


def _require_no_balances() -> None:
    money = sa.text(
        "SELECT (SELECT COUNT(*) FROM account WHERE balance <> 0)"
        " + (SELECT COUNT(*) FROM unit WHERE unallocated <> 0)"
    )
    if op.get_bind().execute(money).scalar_one():
        raise RuntimeError("该数据库是账务启用之前的演示数据，请换一个空的数据文件夹重新生成。")


def _create_ledger() -> None:
    op.create_table(
        "ledger_head",
        sa.Column("head", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("journal_no", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("head"),
    )
    op.create_table(
        "journal",
        sa.Column("journal_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=2), nullable=False),
        sa.Column("summary", sa.String(length=120), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("time", sa.String(length=27), nullable=False),
        sa.Column("serial", sa.String(length=24), nullable=False),
        sa.Column("operator_id", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("interest", sa.BigInteger(), nullable=False),
        sa.Column("unallocated", sa.BigInteger(), nullable=False),
        sa.Column("suspense", sa.BigInteger(), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("journal_no"),
        sa.UniqueConstraint("reverses", name="uq_journal_reverses"),
    )
    op.create_index("ix_journal_unit", "journal", ["unit_account", "day", "journal_no"])
    op.create_index("ix_journal_source", "journal", ["source"])
    op.create_table(
        "transfer",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("journal_no", sa.BigInteger(), nullable=False),
        sa.Column("transfer_id", sa.String(length=80), nullable=False),
        sa.Column("debit", sa.String(length=40), nullable=False),
        sa.Column("credit", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("account_no", sa.String(length=20), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("reverses", sa.String(length=80), nullable=True),
        sa.CheckConstraint("amount > 0", name="ck_transfer_amount"),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("transfer_id", name="uq_transfer_id"),
        sa.UniqueConstraint("reverses", name="uq_transfer_reverses"),
    )
    op.create_index("ix_transfer_journal", "transfer", ["journal_no"])
    op.create_index("ix_transfer_account", "transfer", ["account_no", "seq"])
    op.create_table(
        "pool",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.CheckConstraint("balance >= 0", name="ck_pool_balance"),
        sa.PrimaryKeyConstraint("code"),
    )
    parts = ("unit_current", "person_current", "unit_carried", "person_carried")
    op.create_table(
        "holding",
        sa.Column("account_no", sa.String(length=20), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in parts),
        sa.Column("entries", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(f"{name} >= 0", name=f"ck_holding_{name}") for name in parts),
        sa.PrimaryKeyConstraint("account_no"),
    )


def _create_receipts() -> None:
    op.create_table(
        "bank_receipt",
        sa.Column("receipt_id", sa.String(length=36), nullable=False),
        sa.Column("bank_no", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("payer", sa.String(length=120), nullable=False),
        sa.Column("payer_account", sa.String(length=40), nullable=False),
        sa.Column("remark", sa.String(length=200), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("operator_id", sa.String(length=60), nullable=False),
        sa.Column("recorded", sa.String(length=27), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_receipt_amount"),
        sa.CheckConstraint("refunded >= 0 AND refunded <= amount", name="ck_receipt_refunded"),
        sa.PrimaryKeyConstraint("receipt_id"),
        sa.UniqueConstraint("bank_no", name="uq_receipt_bank_no"),
    )
    op.create_index("ix_receipt_unit", "bank_receipt", ["unit_account", "day"])
    op.create_index("ix_receipt_state", "bank_receipt", ["state", "day"])
    op.create_table(
        "receipt_event",
        sa.Column("receipt_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("time", sa.String(length=27), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("receipt_id", "version"),
    )


def _create_remittances() -> None:
    op.create_table(
        "remittance",
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("last_people", sa.Integer(), nullable=False),
        sa.Column("last_amount", sa.BigInteger(), nullable=False),
        sa.Column("more_people", sa.Integer(), nullable=False),
        sa.Column("more_amount", sa.BigInteger(), nullable=False),
        sa.Column("less_people", sa.Integer(), nullable=False),
        sa.Column("less_amount", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("unit_amount", sa.BigInteger(), nullable=False),
        sa.Column("person_amount", sa.BigInteger(), nullable=False),
        sa.Column("checked", sa.String(length=10), nullable=False),
        sa.Column("business_month", sa.Integer(), nullable=False),
        sa.Column("changed", sa.String(length=10), nullable=False),
        sa.Column("paid_by", sa.String(length=36), nullable=False),
        sa.Column("journal_no", sa.BigInteger(), nullable=True),
        sa.Column("claim", sa.String(length=30), nullable=True),
        sa.PrimaryKeyConstraint("unit_account", "submission_id", "month"),
        sa.UniqueConstraint("claim", name="uq_remittance_claim"),
    )
    op.create_index("ix_remittance_month", "remittance", ["unit_account", "month", "state"])
    op.create_index("ix_remittance_checked", "remittance", ["unit_account", "checked"])
    op.create_table(
        "remittance_row",
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("account_no", sa.String(length=20), nullable=False),
        sa.Column("person_key", sa.String(length=18), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("unit_ratio", sa.Integer(), nullable=False),
        sa.Column("person_ratio", sa.Integer(), nullable=False),
        sa.Column("unit_amount", sa.BigInteger(), nullable=False),
        sa.Column("person_amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("unit_account", "submission_id", "month", "account_no"),
    )
    op.create_table(
        "remittance_change",
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("submission_id", sa.String(length=36), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("account_no", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("person_key", sa.String(length=18), nullable=False),
        sa.Column("business", sa.String(length=20), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("unit_account", "submission_id", "month", "account_no", "seq"),
    )


def _create_interest() -> None:
    op.create_table(
        "interest",
        sa.Column("account_no", sa.String(length=20), nullable=False),
        sa.Column("fund_year", sa.Integer(), nullable=False),
        sa.Column("unit_account", sa.String(length=20), nullable=False),
        sa.Column("payee", sa.String(length=20), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("unit_amount", sa.BigInteger(), nullable=False),
        sa.Column("person_amount", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("journal_no", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_no", "fund_year"),
    )
    op.create_index("ix_interest_unit", "interest", ["unit_account", "fund_year"])
    op.create_table(
        "interest_rate",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("first_day", sa.String(length=10), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("day_count", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("kind", "first_day"),
    )


def _forbid_changes() -> None:
    """Let the database itself refuse updates and deletions of the books, where it is one we know."""
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION gjj_books_kept() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{HELD}'; END $$"
        )
    for table in KEPT:
        if dialect == "sqlite":
            for act in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}"
                    f" BEGIN SELECT RAISE(ABORT, '{HELD}'); END"
                )
        elif dialect == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION gjj_books_kept()"
            )


def downgrade() -> None:
    """Go back to the step before; the books are lost."""
    for table in (
        *("interest_rate", "interest", "remittance_change", "remittance_row", "remittance"),
        *("receipt_event", "bank_receipt", "holding", "pool", "transfer", "journal", "ledger_head"),
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION gjj_books_kept()")
    with op.batch_alter_table("session") as session:
        session.drop_column("reconciled")
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("balance", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("unit") as unit:
        unit.add_column(sa.Column("unallocated", sa.BigInteger(), nullable=False, server_default="0"))
