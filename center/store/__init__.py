"""The center's store: tables, engine, migrations."""
