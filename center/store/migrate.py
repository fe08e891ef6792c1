"""Bringing a database to the present schema, and binding it to one center profile."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from functools import cache
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select

from center.audit import HEAD, START
from center.interest.rates import seed_rates
from center.store.engine import Store
from center.store.money_tables import ledger_head
from center.store.tables import audit_head, metadata, scope, setting, year_rules
from domain.profile import Profile, load_profile
from domain.wire import CENTER_SCOPE

PROFILE_SETTING = "profile"
IDENTITY_SETTING = "center_id"


class ProfileMismatch(RuntimeError):
    """The database belongs to a center with another profile; `text` is one Chinese sentence."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def upgrade(store: Store, profile: str = "") -> None:
    """Run all migrations and put the fixed rows in place, in one transaction.

    With `profile` the database is bound to that profile. Raises ProfileMismatch.
    """
    with store.write() as conn:
        if current_revision(conn) != _head():
            command.upgrade(_config(conn), "head")
        _settle(conn)
        if profile:
            _bind(conn, profile)
            _seed_years(conn, load_profile(profile))


def current_revision(conn: Connection) -> str | None:
    """The schema revision of a database, None when it is empty."""
    return MigrationContext.configure(conn).get_current_revision()


def differences(conn: Connection) -> list[str]:
    """How the database's schema differs from `tables.metadata`; empty when they agree."""
    context = MigrationContext.configure(conn, opts={"compare_type": True})
    return [repr(item) for item in compare_metadata(context, metadata)]


def _config(conn: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.attributes["connection"] = conn
    return config


@cache
def _head() -> str | None:
    """The newest revision there is."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _settle(conn: Connection) -> None:
    if conn.execute(select(audit_head).where(audit_head.c.head == HEAD)).one_or_none() is None:
        conn.execute(insert(audit_head).values(head=HEAD, seq=0, chain=START))
    if conn.execute(select(ledger_head).where(ledger_head.c.head == HEAD)).one_or_none() is None:
        conn.execute(insert(ledger_head).values(head=HEAD, journal_no=0, seq=0, chain=START))
    if conn.execute(select(scope).where(scope.c.scope == CENTER_SCOPE)).one_or_none() is None:
        conn.execute(insert(scope).values(scope=CENTER_SCOPE, inbox_rev=0))
    seed_rates(conn)


def center_id(conn: Connection) -> str:
    """The center's identity, made when its database was first opened."""
    known: str | None = conn.scalar(select(setting.c.value).where(setting.c.name == IDENTITY_SETTING))
    if known is None:
        raise LookupError("the database has no identity; run upgrade first")
    return known


def _seed_years(conn: Connection, profile: Profile) -> None:
    """Put in what the profile says of fund years the center has nothing of; its own rows stay."""
    known = set(conn.scalars(select(year_rules.c.fund_year)))
    sources = {cap.fund_year: cap.source for cap in profile.caps}
    for year, limits in profile.yearly().items():
        if year not in known:
            conn.execute(insert(year_rules).values(**asdict(limits), source=sources[year]))


def _bind(conn: Connection, profile: str) -> None:
    known = conn.scalar(select(setting.c.value).where(setting.c.name == PROFILE_SETTING))
    if known is None:
        conn.execute(insert(setting).values(name=PROFILE_SETTING, value=profile))
    elif known != profile:
        raise ProfileMismatch(
            f"该数据库属于“{known}”中心，不能以“{profile}”启动，请换用另一个数据库或改用 --profile {known}。"
        )
    if conn.scalar(select(setting.c.value).where(setting.c.name == IDENTITY_SETTING)) is None:
        conn.execute(insert(setting).values(name=IDENTITY_SETTING, value=str(uuid.uuid4())))
