"""What the center has told, kept for the next start and for working without a connection; forms as typed.

Everything here is a copy that may be fetched again, but for the forms and settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from client.store.database import Database, utc_now
from client.store.rows import Scope, dump_cells
from client.store.tables import batch, form_draft, inbox_item, setting

if TYPE_CHECKING:
    from domain.wire import BatchSummary, InboxItem


class Settings:
    """Small facts by name, any JSON value. Nothing secret is put here."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def get(self, name: str, default: Any = None) -> Any:
        """The value of `name`."""
        with self.database.read() as connection:
            found = connection.execute(select(setting.c.value).where(setting.c.name == name)).scalar()
            return default if found is None else json.loads(found)

    def put(self, name: str, value: Any) -> None:
        """Keep a value."""
        with self.database.write() as connection:
            query = insert(setting).values(name=name, value=json.dumps(value))
            query = query.on_conflict_do_update(["name"], set_={"value": query.excluded.value})
            connection.execute(query)


class FormDrafts:
    """Forms as typed and not yet recorded, one per screen and operator."""

    def __init__(self, database: Database, scope: Scope) -> None:
        self.database = database
        self.scope = scope.own_key

    def save(self, screen: str, typed: Mapping[str, str]) -> None:
        """Keep a form as typed; an empty one is forgotten. Never given password fields."""
        with self.database.write() as connection:
            if not any(typed.values()):
                connection.execute(form_draft.delete().where(*self._at(screen)))
                return
            query = insert(form_draft).values(
                scope=self.scope, screen=screen, typed=dump_cells(typed), updated=utc_now()
            )
            new = {"typed": query.excluded.typed, "updated": query.excluded.updated}
            connection.execute(query.on_conflict_do_update(["scope", "screen"], set_=new))

    def load(self, screen: str) -> dict[str, str]:
        """The form as it was left, {} when there is none."""
        with self.database.read() as connection:
            found = connection.execute(select(form_draft.c.typed).where(*self._at(screen))).scalar()
            return {} if found is None else json.loads(found)

    def _at(self, screen: str) -> tuple[Any, Any]:
        return form_draft.c.scope == self.scope, form_draft.c.screen == screen


class InboxCache:
    """Inbox entries as the center last told them; `scope` is `Scope.key` or a name for the clerks'."""

    def __init__(self, database: Database, scope: str) -> None:
        self.database = database
        self.scope = scope

    def revision(self) -> int:
        """Up to which revision the cache reaches, 0 when it is empty."""
        return int(Settings(self.database).get(self._name, {}).get("rev", 0))

    def counts(self) -> dict[str, int]:
        """Entries per tab as the center counted them last."""
        return dict(Settings(self.database).get(self._name, {}).get("counts", {}))

    @property
    def _name(self) -> str:
        return f"inbox {self.scope}"

    def apply(self, rev: int, items: Iterable[InboxItem], counts: Mapping[str, int]) -> None:
        """Take changes and their revision over, in one transaction."""
        with self.database.write() as connection:
            for item in items:
                self._put(connection, item)
            self._tell(connection, rev, counts)

    def change(self, now: InboxItem) -> dict[str, int]:
        """Take over what was done here to an entry; returns the counts.

        What the center has told of it already is not counted twice.
        """
        from domain.wire import InboxItem

        entry = (inbox_item.c.scope == self.scope, inbox_item.c.item_id == now.item_id)
        with self.database.write() as connection:
            told = connection.execute(select(setting.c.value).where(setting.c.name == self._name)).scalar()
            known: dict[str, Any] = {"rev": 0, "counts": {}} if told is None else json.loads(told)
            counts: dict[str, int] = dict(known["counts"])
            found = connection.execute(select(inbox_item.c.content).where(*entry)).scalar()
            if found is not None:
                before = InboxItem.model_validate_json(found)
                for item, by in ((before, -1), (now, 1)):
                    if _counted(item):
                        counts[item.tab] = max(0, counts.get(item.tab, 0) + by)
                self._put(connection, now)
                self._tell(connection, known["rev"], counts)
        return counts

    def _put(self, connection: Connection, item: InboxItem) -> None:
        at = (inbox_item.c.scope == self.scope, inbox_item.c.item_id == item.item_id)
        connection.execute(inbox_item.delete().where(*at))
        if not item.deleted:
            connection.execute(
                insert(inbox_item).values(
                    scope=self.scope,
                    item_id=item.item_id,
                    rev=item.rev,
                    tab=item.tab,
                    content=item.model_dump_json(),
                )
            )

    def _tell(self, connection: Connection, rev: int, counts: Mapping[str, int]) -> None:
        told = json.dumps({"rev": rev, "counts": dict(counts)})
        query = insert(setting).values(name=self._name, value=told)
        query = query.on_conflict_do_update(["name"], set_={"value": query.excluded.value})
        connection.execute(query)

    def clear(self) -> None:
        """Forget everything, as when the center has begun to count anew."""
        with self.database.write() as connection:
            connection.execute(inbox_item.delete().where(inbox_item.c.scope == self.scope))
            connection.execute(setting.delete().where(setting.c.name == self._name))

    def items(self, tab: str, limit: int = 200) -> list[InboxItem]:
        """Entries of a tab, newest first."""
        from domain.wire import InboxItem

        query = (
            select(inbox_item.c.content)
            .where(inbox_item.c.scope == self.scope, inbox_item.c.tab == tab)
            .order_by(inbox_item.c.item_id.desc())
            .limit(limit)
        )
        with self.database.read() as connection:
            return [InboxItem.model_validate_json(row.content) for row in connection.execute(query)]


def _counted(item: InboxItem) -> bool:
    """Whether the center counts an entry in its tab: of messages only those unread (T-01)."""
    return not (item.deleted or (item.tab == "messages" and item.read))


class BatchCache:
    """Submissions as the registration query last listed them (O-18), to be seen without a connection."""

    def __init__(self, database: Database, scope: Scope) -> None:
        self.database = database
        self.scope = scope.key

    def put(self, batches: Iterable[BatchSummary]) -> None:
        """Keep what a query answered."""
        with self.database.write() as connection:
            for one in batches:
                at = (batch.c.scope == self.scope, batch.c.submission_id == one.submission_id)
                connection.execute(batch.delete().where(*at))
                connection.execute(
                    insert(batch).values(
                        scope=self.scope,
                        submission_id=one.submission_id,
                        month=one.month,
                        declared=one.declared,
                        content=one.model_dump_json(),
                    )
                )

    def month(self, month: int) -> list[BatchSummary]:
        """What is known of a month (YYYYMM), newest first."""
        from domain.wire import BatchSummary

        query = (
            select(batch.c.content)
            .where(batch.c.scope == self.scope, batch.c.month == month)
            .order_by(batch.c.declared.desc())
        )
        with self.database.read() as connection:
            return [BatchSummary.model_validate_json(row.content) for row in connection.execute(query)]
