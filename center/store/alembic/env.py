"""Run by Alembic: the connection is handed over by `center.store.migrate`."""

from __future__ import annotations

from alembic import context

from center.store import money_tables as money_tables
from center.store import voucher_tables as voucher_tables
from center.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
