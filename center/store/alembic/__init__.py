"""Alembic environment of the center's database."""
