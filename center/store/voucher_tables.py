"""How often vouchers were printed, and what was sealed."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from center.store.tables import metadata

voucher_print = Table(
    "voucher_print",
    metadata,
    Column("unit_account", String(20), ForeignKey("unit.unit_account"), primary_key=True),
    Column("serial", String(40), primary_key=True),
    Column("printed", Integer, primary_key=True),
    Column("title", String(60), nullable=False),
    Column("actor", String(60), nullable=False),
    Column("time", String(30), nullable=False),
    Column("digest", String(64), nullable=False, default=""),
)
"""One row for each print, counted from 1 by serial; `digest` is the file's once it is sealed."""
