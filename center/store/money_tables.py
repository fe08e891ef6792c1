"""Tables of the ledger and of what money does (SQLAlchemy Core); conventions as in `center.store.tables`.

Rows of `journal` and `transfer` are only ever added: triggers of the migration refuse anything else.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from center.store.tables import ACCOUNT, DAY, ID, TIME, metadata

CODE = String(40)
TRANSFER_ID = String(80)
DIGEST = String(64)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("head", Integer, primary_key=True, autoincrement=False),
    Column("journal_no", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("chain", DIGEST, nullable=False),
)
"""One row (head 1): numbers of the last entry and transfer, end of the chain; locked while one posts."""

journal = Table(
    "journal",
    metadata,
    Column("journal_no", BigInteger, primary_key=True, autoincrement=False),
    Column("unit_account", ACCOUNT, nullable=False, default=""),
    Column("act", String(20), nullable=False),
    Column("kind", String(2), nullable=False),
    Column("summary", String(120), nullable=False),
    Column("day", DAY, nullable=False),
    Column("month", Integer, nullable=False, default=0),
    Column("time", TIME, nullable=False),
    Column("serial", String(24), nullable=False, default=""),
    Column("operator_id", String(60), nullable=False, default=""),
    Column("source", String(60), nullable=False),
    Column("people", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("interest", BigInteger, nullable=False),
    Column("unallocated", BigInteger, nullable=False),
    Column("suspense", BigInteger, nullable=False),
    Column("transfers", Integer, nullable=False),
    Column("reverses", BigInteger),
    Column("digest", DIGEST, nullable=False),
    Column("previous", DIGEST, nullable=False),
    Column("chain", DIGEST, nullable=False),
    UniqueConstraint("reverses", name="uq_journal_reverses"),
    Index("ix_journal_unit", "unit_account", "day", "journal_no"),
    Index("ix_journal_source", "source"),
)
"""Entries of the books, one a business act, numbered without gaps and chained by hash.

`act` says what was done (`center.ledger.post.ACTS`), `kind` is its 业务明细类型 (standard table A.5).
`source` is what the ids of its transfers begin with: a submission's id, a receipt's, a year's. Signed
effects in 分: `amount` on the unit's personal accounts, `interest` the part of it that is interest,
`unallocated` on 单位未分配金额, `suspense` on 汇补缴不符暂存款. `reverses` is the entry it takes back
(冲账标志 02).
"""

transfer = Table(
    "transfer",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("journal_no", BigInteger, nullable=False),
    Column("transfer_id", TRANSFER_ID, nullable=False),
    Column("debit", CODE, nullable=False),
    Column("credit", CODE, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("account_no", ACCOUNT, nullable=False, default=""),
    Column("row_no", Integer, nullable=False, default=0),
    Column("reverses", TRANSFER_ID),
    CheckConstraint("amount > 0", name="ck_transfer_amount"),
    UniqueConstraint("transfer_id", name="uq_transfer_id"),
    UniqueConstraint("reverses", name="uq_transfer_reverses"),
    Index("ix_transfer_journal", "journal_no"),
    Index("ix_transfer_account", "account_no", "seq"),
)
"""One amount in 分 from the account debited to the account credited; see `center.ledger.codes`.

`account_no` is the personal account it touches, at most one. The id derives from source and row, so that
nothing is ever booked twice.
"""

pool = Table(
    "pool",
    metadata,
    Column("code", CODE, primary_key=True),
    Column("balance", BigInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    CheckConstraint("balance >= 0", name="ck_pool_balance"),
)
"""Balances of the accounts that are nobody's own, in their natural sense, with the number of transfers."""

holding = Table(
    "holding",
    metadata,
    Column("account_no", ACCOUNT, primary_key=True),
    Column("unit_current", BigInteger, nullable=False),
    Column("person_current", BigInteger, nullable=False),
    Column("unit_carried", BigInteger, nullable=False),
    Column("person_carried", BigInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    CheckConstraint("unit_current >= 0", name="ck_holding_unit_current"),
    CheckConstraint("person_current >= 0", name="ck_holding_person_current"),
    CheckConstraint("unit_carried >= 0", name="ck_holding_unit_carried"),
    CheckConstraint("person_carried >= 0", name="ck_holding_person_carried"),
)
"""Money of personal accounts in 分: 单位部分 and 个人部分, each 当年归集 and 上年结转; no row is no money."""

bank_receipt = Table(
    "bank_receipt",
    metadata,
    Column("receipt_id", ID, primary_key=True),
    Column("bank_no", String(40), nullable=False),
    Column("day", DAY, nullable=False),
    Column("payer", String(120), nullable=False, default=""),
    Column("payer_account", String(40), nullable=False, default=""),
    Column("remark", String(200), nullable=False, default=""),
    Column("amount", BigInteger, nullable=False),
    Column("unit_account", ACCOUNT, nullable=False, default=""),
    Column("state", String(10), nullable=False),
    Column("operator_id", String(60), nullable=False),
    Column("recorded", TIME, nullable=False),
    Column("source", String(10), nullable=False),
    Column("note", String(200), nullable=False, default=""),
    Column("refunded", BigInteger, nullable=False, default=0),
    Column("version", Integer, nullable=False, default=1),
    CheckConstraint("amount > 0", name="ck_receipt_amount"),
    CheckConstraint("refunded >= 0 AND refunded <= amount", name="ck_receipt_refunded"),
    UniqueConstraint("bank_no", name="uq_receipt_bank_no"),
    Index("ix_receipt_unit", "unit_account", "day"),
    Index("ix_receipt_state", "state", "day"),
)
"""来款: lines of the bank's statement, each recorded once by its number.

States: `matched` (单位未分配), `suspense` (汇补缴不符暂存款), `refunded`, `reversed` (错录). `refunded` is
what of it went back to the payer, in 分. `note` says why it lies where it lies.
Changed only where `version` matches.
"""

receipt_event = Table(
    "receipt_event",
    metadata,
    Column("receipt_id", ID, nullable=False),
    Column("version", Integer, nullable=False),
    Column("time", TIME, nullable=False),
    Column("actor", String(60), nullable=False),
    Column("action", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("unit_account", ACCOUNT, nullable=False, default=""),
    Column("amount", BigInteger, nullable=False),
    Column("serial", String(24), nullable=False, default=""),
    Column("reason", String(200), nullable=False, default=""),
    PrimaryKeyConstraint("receipt_id", "version"),
)
"""Append-only: what was done with a receipt, by whom and why; `version` is the one the act led to.

`amount` in 分 is what the act was about. Its entries in the books have the source "receipt:ID:VERSION".
"""

remittance = Table(
    "remittance",
    metadata,
    Column("unit_account", ACCOUNT, nullable=False),
    Column("submission_id", ID, nullable=False),
    Column("month", Integer, nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("last_people", Integer, nullable=False),
    Column("last_amount", BigInteger, nullable=False),
    Column("more_people", Integer, nullable=False),
    Column("more_amount", BigInteger, nullable=False),
    Column("less_people", Integer, nullable=False),
    Column("less_amount", BigInteger, nullable=False),
    Column("people", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("unit_amount", BigInteger, nullable=False),
    Column("person_amount", BigInteger, nullable=False),
    Column("checked", DAY, nullable=False),
    Column("business_month", Integer, nullable=False),
    Column("changed", DAY, nullable=False),
    Column("paid_by", ID, nullable=False, default=""),
    Column("journal_no", BigInteger),
    Column("claim", String(30)),
    PrimaryKeyConstraint("unit_account", "submission_id", "month"),
    UniqueConstraint("claim", name="uq_remittance_claim"),
    Index("ix_remittance_month", "unit_account", "month", "state"),
    Index("ix_remittance_checked", "unit_account", "checked"),
)
"""汇缴核定, a row a month: `declared` (已核定), then `paid` (已分配) or `cancelled`.

The four columns 上月, 增加, 减少, 本月 in people and 分. `claim` is "unit/month" while it is not cancelled,
so that a month is verified once. `paid_by` is the submission or receipt that had it allocated.
"""

remittance_row = Table(
    "remittance_row",
    metadata,
    Column("unit_account", ACCOUNT, nullable=False),
    Column("submission_id", ID, nullable=False),
    Column("month", Integer, nullable=False),
    Column("account_no", ACCOUNT, nullable=False),
    Column("person_key", String(18), nullable=False),
    Column("base", BigInteger, nullable=False),
    Column("unit_ratio", Integer, nullable=False),
    Column("person_ratio", Integer, nullable=False),
    Column("unit_amount", BigInteger, nullable=False),
    Column("person_amount", BigInteger, nullable=False),
    PrimaryKeyConstraint("unit_account", "submission_id", "month", "account_no"),
)
"""Who pays how much in a month that was verified (R-10)."""

remittance_change = Table(
    "remittance_change",
    metadata,
    Column("unit_account", ACCOUNT, nullable=False),
    Column("submission_id", ID, nullable=False),
    Column("month", Integer, nullable=False),
    Column("account_no", ACCOUNT, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("person_key", String(18), nullable=False),
    Column("business", String(20), nullable=False),
    Column("people", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    PrimaryKeyConstraint("unit_account", "submission_id", "month", "account_no", "seq"),
)
"""The difference list that explains 增加 and 减少 (变更清册): `people` +1, 0 or -1, `amount` signed."""

interest = Table(
    "interest",
    metadata,
    Column("account_no", ACCOUNT, nullable=False),
    Column("fund_year", Integer, nullable=False),
    Column("unit_account", ACCOUNT, nullable=False),
    Column("payee", ACCOUNT, nullable=False),
    Column("product", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("unit_amount", BigInteger, nullable=False),
    Column("person_amount", BigInteger, nullable=False),
    Column("day", DAY, nullable=False),
    Column("journal_no", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_no", "fund_year"),
    Index("ix_interest_unit", "unit_account", "fund_year"),
)
"""年度结息, once an account and fund year; `product` is the 积数 in 分 times days, which outgrows 64 bits.

`account_no` earned it, maybe at another unit; `payee` is the account of `unit_account` that was paid.
"""

interest_rate = Table(
    "interest_rate",
    metadata,
    Column("kind", String(10), nullable=False),
    Column("first_day", DAY, nullable=False),
    Column("rate", Integer, nullable=False),
    Column("day_count", Integer, nullable=False),
    Column("source", String(120), nullable=False, default=""),
    PrimaryKeyConstraint("kind", "first_day"),
)
"""Rates from a day on, in basis points a year, for `current` (当年归集) and `carried` (上年结转) money."""
