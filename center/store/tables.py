"""Tables of the reference center (SQLAlchemy Core), portable between SQLite and PostgreSQL.

Amounts are integer 分, months integers YYYYMM, days ISO text, times ISO text in UTC with microseconds
and "Z", ids text. `unit_account` leads the key of everything that belongs to a unit. No triggers,
arrays, partial indexes or RETURNING are needed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

ID = String(36)
DAY = String(10)
TIME = String(27)
ACCOUNT = String(20)

setting = Table(
    "setting",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
"""Center-wide settings: profile name, demo flag, serial counters."""

unit = Table(
    "unit",
    metadata,
    Column("unit_account", ACCOUNT, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("credit_code", String(18), nullable=False, default=""),
    Column("address", String(200), nullable=False, default=""),
    Column("state", String(2), nullable=False, default="01"),
    Column("unified_ratio", Boolean, nullable=False),
    Column("ratios", Text, nullable=False),
    Column("fund_types", Text, nullable=False),
    Column("paid_through", Integer),
    Column("depositor_rev", Integer, nullable=False, default=0),
    Column("account_counter", Integer, nullable=False, default=0),
    Column("reconcile_hash", String(200)),
    Column("verified_year", Integer),
    Column("details", Text, nullable=False, default="{}"),
)
"""`ratios` is JSON [[unit_bp, person_bp], ...], `fund_types` JSON [..].

`depositor_rev` grows under the row's lock. `reconcile_hash` is NULL where the unit has no separate password
of 单位网上对账 (L-13). `verified_year` is the fund year of the last 年度核定. `details` is JSON of the other
registered items (`center.registered`).
"""

scope = Table(
    "scope",
    metadata,
    Column("scope", ACCOUNT, primary_key=True),
    Column("inbox_rev", Integer, nullable=False, default=0),
)
"""Inbox revision of a scope: every unit account and "@center"."""

operator = Table(
    "operator",
    metadata,
    Column("operator_id", ID, primary_key=True),
    Column("role", String(10), nullable=False),
    Column("login_name", String(40), nullable=False),
    Column("home_unit", ACCOUNT, nullable=False, default=""),
    Column("name", String(60), nullable=False),
    Column("id_number", String(18), nullable=False, default=""),
    Column("mobile", String(20), nullable=False, default=""),
    Column("password_hash", String(200), nullable=False),
    Column("must_change", Boolean, nullable=False, default=False),
    Column("active", Boolean, nullable=False, default=True),
    UniqueConstraint("role", "home_unit", "login_name", name="uq_operator_login"),
)
"""Agents (经办人, role agent) and clerks (柜员, role clerk)."""

login_guard = Table(
    "login_guard",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("locked_until", TIME),
    Column("updated", TIME, nullable=False),
)
"""Wrong passwords of an account, or of a name that does not exist; both look the same from outside."""

operator_unit = Table(
    "operator_unit",
    metadata,
    Column("operator_id", ID, ForeignKey("operator.operator_id"), nullable=False),
    Column("unit_account", ACCOUNT, ForeignKey("unit.unit_account"), nullable=False),
    Column("permissions", Text, nullable=False, default="[]"),
    PrimaryKeyConstraint("operator_id", "unit_account"),
)
"""Which units an agent serves, with the businesses allowed (L-06 to L-08); "[]" permits all."""

certificate = Table(
    "certificate",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("der", LargeBinary, nullable=False),
    Column("subject", String(300), nullable=False),
    Column("serial", String(64), nullable=False),
    Column("not_after", TIME, nullable=False),
    Column("registered", TIME, nullable=False),
    Column("revoked", TIME),
)
"""Certificates registered with the center; a revoked one has the time of revocation."""

certificate_unit = Table(
    "certificate_unit",
    metadata,
    Column("fingerprint", String(64), ForeignKey("certificate.fingerprint"), nullable=False),
    Column("unit_account", ACCOUNT, ForeignKey("unit.unit_account"), nullable=False),
    PrimaryKeyConstraint("fingerprint", "unit_account"),
)
"""Which units a key may act for (L-06)."""

challenge = Table(
    "challenge",
    metadata,
    Column("challenge_id", ID, primary_key=True),
    Column("unit_account", ACCOUNT, nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("expires", TIME, nullable=False),
    Column("used", TIME),
)
"""Login challenges, each answered at most once."""

nonce = Table(
    "nonce",
    metadata,
    Column("nonce", String(64), primary_key=True),
    Column("base_hash", String(64), nullable=False),
    Column("expires", TIME, nullable=False),
)
"""Signature nonces already seen, with the SHA-256 of what was signed; dropped after the signature's end."""

login_code = Table(
    "login_code",
    metadata,
    Column("code_id", ID, primary_key=True),
    Column("unit_account", ACCOUNT, nullable=False),
    Column("mobile", String(20), nullable=False),
    Column("purpose", String(10), nullable=False),
    Column("code_hash", String(200), nullable=False),
    Column("created", TIME, nullable=False),
    Column("expires", TIME, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("used", TIME),
)
"""One-time codes by SMS, hashed."""

outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", ID, primary_key=True),
    Column("channel", String(10), nullable=False),
    Column("recipient", String(60), nullable=False),
    Column("body", Text, nullable=False),
    Column("created", TIME, nullable=False),
    Column("sent", TIME),
)
"""What must leave the center (SMS); a gateway plug-in sends and marks it."""

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("operator_id", ID, ForeignKey("operator.operator_id"), nullable=False),
    Column("unit_account", ACCOUNT, nullable=False, default=""),
    Column("fingerprint", String(64), nullable=False, default=""),
    Column("created", TIME, nullable=False),
    Column("seen", TIME, nullable=False),
    Column("expires", TIME, nullable=False),
    Column("ended", TIME),
    Column("reconciled", Boolean, nullable=False, default=False),
)
"""Sessions; the token itself is never stored, only its SHA-256.

`reconciled` says that the separate password of 单位网上对账 was entered (L-13).
"""

depositor = Table(
    "depositor",
    metadata,
    Column("person_key", String(18), primary_key=True),
    Column("id_number", String(18), nullable=False),
    Column("name", String(60), nullable=False),
    Column("mobile", String(20), nullable=False, default=""),
    Column("details", Text, nullable=False, default="{}"),
)
"""People, one row a person whatever form of ID was used; `details` is JSON of the optional columns."""

account = Table(
    "account",
    metadata,
    Column("account_no", ACCOUNT, primary_key=True),
    Column("unit_account", ACCOUNT, ForeignKey("unit.unit_account"), nullable=False),
    Column("person_key", String(18), ForeignKey("depositor.person_key"), nullable=False),
    Column("status", String(2), nullable=False),
    Column("base", BigInteger, nullable=False),
    Column("unit_ratio", Integer, nullable=False),
    Column("person_ratio", Integer, nullable=False),
    Column("unit_amount", BigInteger, nullable=False),
    Column("person_amount", BigInteger, nullable=False),
    Column("fund_type", String(10), nullable=False, default="general"),
    Column("opened", DAY, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("gone", Boolean, nullable=False, default=False),
    Column("sealed_month", Integer),
    Column("sealed_reason", String(10), nullable=False, default=""),
    Index("ix_account_unit_rev", "unit_account", "rev", "account_no"),
    Index("ix_account_person", "person_key"),
)
"""Personal accounts; `rev` is the unit's `depositor_rev` at the last change.

`sealed_month` and `sealed_reason` tell of the last sealing at the unit while the account is sealed.
"""

account_change = Table(
    "account_change",
    metadata,
    Column("unit_account", ACCOUNT, ForeignKey("unit.unit_account"), nullable=False),
    Column("rev", Integer, nullable=False),
    Column("account_no", ACCOUNT, nullable=False),
    Column("person_key", String(18), nullable=False),
    Column("business", String(20), nullable=False),
    Column("submission_id", ID, nullable=False, default=""),
    Column("row_no", Integer, nullable=False, default=0),
    Column("reason", String(10), nullable=False, default=""),
    Column("day", DAY, nullable=False),
    Column("month", Integer, nullable=False),
    Column("status_from", String(2), nullable=False, default=""),
    Column("status_to", String(2), nullable=False),
    Column("base_from", BigInteger, nullable=False, default=0),
    Column("base_to", BigInteger, nullable=False),
    Column("unit_ratio_from", Integer, nullable=False, default=0),
    Column("unit_ratio_to", Integer, nullable=False),
    Column("person_ratio_from", Integer, nullable=False, default=0),
    Column("person_ratio_to", Integer, nullable=False),
    Column("unit_amount_from", BigInteger, nullable=False, default=0),
    Column("unit_amount_to", BigInteger, nullable=False),
    Column("person_amount_from", BigInteger, nullable=False, default=0),
    Column("person_amount_to", BigInteger, nullable=False),
    PrimaryKeyConstraint("unit_account", "rev"),
    Index("ix_change_month", "unit_account", "month"),
    Index("ix_change_account", "unit_account", "account_no"),
)
"""Append-only: what a business changed of an account, from and to (S-14, Q-08; 增加 and 减少 of a month).

`rev` is the unit's `depositor_rev` of the change; `month` the business month in which it counts. Of a new
account `status_from` is "" and the rest 0.
"""

fact_change = Table(
    "fact_change",
    metadata,
    Column("unit_account", ACCOUNT, ForeignKey("unit.unit_account"), nullable=False),
    Column("rev", Integer, nullable=False),
    Column("account_no", ACCOUNT, nullable=False, default=""),
    Column("person_key", String(18), nullable=False, default=""),
    Column("business", String(20), nullable=False),
    Column("submission_id", ID, nullable=False, default=""),
    Column("row_no", Integer, nullable=False, default=0),
    Column("item", String(20), nullable=False),
    Column("value_from", String(200), nullable=False, default=""),
    Column("value_to", String(200), nullable=False, default=""),
    Column("day", DAY, nullable=False),
    Column("month", Integer, nullable=False),
    PrimaryKeyConstraint("unit_account", "rev"),
    Index("ix_fact_change_day", "unit_account", "business", "day"),
)
"""Append-only: what a business changed of what is registered, as people read it (U-10, P-08, Q-01, Q-07).

`person_key` and `account_no` are "" for an item of the unit. `rev` is taken from the unit's `depositor_rev`.
"""

makeup_order = Table(
    "makeup_order",
    metadata,
    Column("unit_account", ACCOUNT, ForeignKey("unit.unit_account"), nullable=False),
    Column("submission_id", ID, nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("month", Integer, nullable=False),
    Column("account_no", ACCOUNT, nullable=False),
    Column("person_key", String(18), nullable=False),
    Column("fund_type", String(10), nullable=False),
    Column("business", String(20), nullable=False),
    Column("reason", String(10), nullable=False, default=""),
    Column("unit_amount", BigInteger, nullable=False),
    Column("person_amount", BigInteger, nullable=False),
    Column("funding", String(12), nullable=False),
    Column("state", String(10), nullable=False),
    Column("declared", DAY, nullable=False),
    Column("business_month", Integer, nullable=False),
    Column("changed", DAY, nullable=False),
    Column("claim", String(50)),
    PrimaryKeyConstraint("unit_account", "submission_id", "row_no", "month"),
    UniqueConstraint("claim", name="uq_makeup_claim"),
    Index("ix_makeup_person", "person_key", "state"),
    Index("ix_makeup_state", "unit_account", "state", "declared"),
)
"""Months to be made up, one row a month and account: `declared`, then `settled` by money or `cancelled`.

`claim` names account, fund and month while a whole month may be made up only once (M-12); it is empty for
differences and after cancelling. `funding` says what pays (parameter 57).
"""

submission = Table(
    "submission",
    metadata,
    Column("unit_account", ACCOUNT, ForeignKey("unit.unit_account"), nullable=False),
    Column("submission_id", ID, nullable=False),
    Column("serial", String(24), nullable=False),
    Column("business", String(20), nullable=False),
    Column("operator_id", ID, nullable=False),
    Column("source", String(10), nullable=False),
    Column("received", TIME, nullable=False),
    Column("day", DAY, nullable=False),
    Column("month", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("status_code", Integer, nullable=False),
    Column("reply", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("signature_base", Text, nullable=False, default=""),
    Column("signature", LargeBinary),
    Column("fingerprint", String(64), nullable=False, default=""),
    Column("attachments", Text, nullable=False, default="[]"),
    PrimaryKeyConstraint("unit_account", "submission_id"),
    UniqueConstraint("serial", name="uq_submission_serial"),
    Index("ix_submission_month", "unit_account", "month"),
    Index("ix_submission_day", "unit_account", "day"),
)
"""Submissions with their evidence and stored reply; the row is the idempotency record, kept for ever."""

submission_row = Table(
    "submission_row",
    metadata,
    Column("unit_account", ACCOUNT, nullable=False),
    Column("submission_id", ID, nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("person_key", String(18), nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("code", String(40), nullable=False, default=""),
    Column("reason", String(300), nullable=False, default=""),
    Column("account_no", ACCOUNT, nullable=False, default=""),
    Column("processed", DAY, nullable=False, default=""),
    PrimaryKeyConstraint("unit_account", "submission_id", "row_no"),
    Index("ix_row_person", "person_key", "state"),
)
"""Rows of a submission; states pending, processing, ok, failed."""

case = Table(
    "case_file",
    metadata,
    Column("case_id", ID, primary_key=True),
    Column("unit_account", ACCOUNT, nullable=False),
    Column("submission_id", ID, nullable=False),
    Column("business", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False, default=1),
    Column("maker", ID, nullable=False),
    Column("created", TIME, nullable=False),
    Column("due", DAY, nullable=False),
    Column("taken_by", ID, nullable=False, default=""),
    Index("ix_case_state", "state", "created"),
    UniqueConstraint("unit_account", "submission_id", name="uq_case_submission"),
)
"""Staff review and approval cases; changed only where `version` matches."""

case_event = Table(
    "case_event",
    metadata,
    Column("case_id", ID, ForeignKey("case_file.case_id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("time", TIME, nullable=False),
    Column("actor", String(60), nullable=False),
    Column("action", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("opinion", String(500), nullable=False, default=""),
    PrimaryKeyConstraint("case_id", "seq"),
)
"""Append-only history of a case."""

inbox_item = Table(
    "inbox_item",
    metadata,
    Column("scope", ACCOUNT, nullable=False),
    Column("item_id", Integer, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("tab", String(10), nullable=False),
    Column("title", String(80), nullable=False),
    Column("body", String(500), nullable=False),
    Column("time", TIME, nullable=False),
    Column("channel", String(40), nullable=False),
    Column("state", String(20), nullable=False, default=""),
    Column("read", Boolean, nullable=False, default=False),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("submission_id", ID, nullable=False, default=""),
    Column("case_id", ID, nullable=False, default=""),
    PrimaryKeyConstraint("scope", "item_id"),
    Index("ix_inbox_rev", "scope", "rev"),
)
"""Inbox entries; `item_id` and `rev` come from the scope's `inbox_rev`."""

job = Table(
    "job",
    metadata,
    Column("job_id", ID, primary_key=True),
    Column("unit_account", ACCOUNT, nullable=False),
    Column("submission_id", ID, nullable=False),
    Column("business", String(20), nullable=False),
    Column("state", String(12), nullable=False),
    Column("total", Integer, nullable=False),
    Column("ok", Integer, nullable=False, default=0),
    Column("failed", Integer, nullable=False, default=0),
    Column("rev", Integer, nullable=False),
    Column("created", TIME, nullable=False),
    Column("updated", TIME, nullable=False),
    Index("ix_job_rev", "unit_account", "rev"),
)
"""Asynchronous processing of a submission's rows.

`rev` is the unit scope's `inbox_rev` at the last change.
"""

attachment = Table(
    "attachment",
    metadata,
    Column("unit_account", ACCOUNT, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("name", String(120), nullable=False),
    Column("media_type", String(40), nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("uploaded", TIME, nullable=False),
    PrimaryKeyConstraint("unit_account", "sha256"),
)
"""Uploaded attachments by digest (A-01)."""

workday = Table(
    "workday",
    metadata,
    Column("day", DAY, primary_key=True),
    Column("working", Boolean, nullable=False),
)
"""Published exceptions of the calendar: holidays and make-up working days."""

calendar_year = Table(
    "calendar_year",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("published", TIME, nullable=False),
)
"""Years whose calendar is published; for others the state 年历未发布 is shown."""

year_rules = Table(
    "year_rules",
    metadata,
    Column("fund_year", Integer, primary_key=True, autoincrement=False),
    Column("base_min", BigInteger, nullable=False),
    Column("base_max", BigInteger, nullable=False),
    Column("amount_min", BigInteger, nullable=False, default=0),
    Column("amount_max", BigInteger),
    Column("ratio_min", Integer, nullable=False),
    Column("ratio_max", Integer, nullable=False),
    Column("unit_rounding", String(20), nullable=False),
    Column("person_rounding", String(20), nullable=False),
    Column("source", String(120), nullable=False, default=""),
)
"""What holds in a fund year (limits, ratios, rounding), by the target month; kept by the center."""

audit = Table(
    "audit_log",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("time", TIME, nullable=False),
    Column("actor", String(60), nullable=False),
    Column("unit_account", ACCOUNT, nullable=False, default=""),
    Column("action", String(40), nullable=False),
    Column("subject", String(80), nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    Column("previous", String(64), nullable=False),
    Column("chain", String(64), nullable=False),
)
"""Append-only, each row hashed with the one before."""

audit_head = Table(
    "audit_head",
    metadata,
    Column("head", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("chain", String(64), nullable=False),
)
"""One row (head 1): the end of the audit chain; locked while a row is appended."""
