"""A workstation that replays key scripts, and what came of them: the roster, the submission, the bytes."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from center.demo.generator import Person
from client.roster import RosterService
from client.store.database import Database
from client.store.rosters import RosterStore
from client.store.rows import NewRow
from client.store.tables import roster as roster_table
from domain.business import CheckContext, RatioPair, Source, UnitFacts, form_columns
from domain.businesses.opening import declare
from domain.idnumber import check_digit, same_person_key
from tests.e2e.desk import SLOW, Desk
from tests.e2e.people import employ
from tests.e2e.site import MONTH, PIN, Agent, Site
from tests.keys.script import NAMED, OPEN, PEOPLE, Key, Row, Script
from tests.support.center import START

SIZE: Final = (120, 36)
STAFF: Final = 4
"""People with accounts at the agent's unit."""
ROSTER_KEY: Final = "Ctrl+K"
"""Stands in the key bar while the roster has the focus."""
GIVEN: Final = "文武明亮春秋山河海天"
_POINTER: Final = re.compile(rb"\x1b\[\?(9|1000|1002|1003|1005|1006|1015)h")
_POINTER_KEYS: Final = re.compile(r"\x1b\[(M|<\d)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay left: rows and submitted rows with people by their letters, keys struck, bytes drawn."""

    roster: tuple[tuple[str, ...], ...]
    submitted: tuple[tuple[str, ...], ...]
    strokes: int
    drawn: int
    points: bool


class KeyDesk:
    """One agent before a registration, ready for one script after the other."""

    def __init__(self, site: Site, folder: Path, stall_log: Path | None = None) -> None:
        self.site = site
        self.agent: Agent = site.agent()
        self.staff = employ(site, self.agent, STAFF)
        self.desk = Desk(
            site,
            folder,
            self.agent,
            ukey=_ukey(self.agent),
            columns=SIZE[0],
            rows=SIZE[1],
            stall_log=stall_log,
        )
        self.code = next(one.code for one in site.profile.home.modules if one.opens == "business:open")
        self.desk.log_in()
        self.desk.open()
        self.desk.home()
        self.store = RosterStore(Database(folder / "data"))
        self.columns = {column.key for column in declare(site.profile).columns if not column.computed}

    def close(self) -> None:
        """End the program."""
        self.desk.terminal.close()
        self.store.database.engine.dispose()

    # ---- before ------------------------------------------------------------------------------------

    def people(self, script: Script) -> dict[str, Person]:
        """Somebody new for every letter, with a name of three characters that nobody else there has.

        In a business about people of the unit, some of these.
        """
        if script.module != OPEN:
            return dict(zip(script.named, self.staff, strict=False))
        found = {}
        for who, last in zip(PEOPLE, GIVEN, strict=True):
            if who in script.named:
                someone = self.site.person()
                found[who] = replace(someone, name=f"{someone.name}{last}")
        return found

    def prepare(self, rows: Sequence[Row], people: Mapping[str, Person]) -> None:
        """Have these rows in the roster, and nothing half typed."""
        service = self.service()
        self.store.clear(service.roster_id)
        for row in rows:
            service.add(self.typed(people[row.who], row))

    def fill(self, count: int) -> None:
        """Have so many good rows of different people in the roster, with ten names."""
        service = self.service()
        self.store.clear(service.roster_id)
        typed = [self.typed(self.site.person(), Row(who, {})) for who in PEOPLE]
        checks = [service.check(each) for each in typed]

        def row(number: int) -> NewRow:
            place = number % len(PEOPLE)
            own = {"id_number": id_number(number)}
            checked = {**checks[place].values, **own}
            person = same_person_key(own["id_number"])
            return NewRow({**typed[place], **own}, checked, (), 192_000, person, Source.SINGLE)

        self.store.bulk_insert(service.roster_id, map(row, range(count)))

    def service(self) -> RosterService:
        """The roster of the registration, under the rules of its unit."""
        roster_id = self._roster("open")
        assert roster_id is not None
        profile = self.site.profile
        pair = RatioPair(1200, 1200)
        unit = UnitFacts(self.agent.unit, ratios=(pair,))
        context = CheckContext(START.date(), MONTH, unit, profile.limits_for(MONTH))
        return RosterService(self.store, self.store.roster(roster_id), declare(profile), context, profile)

    def _roster(self, business: str) -> int | None:
        """The draft roster of a business, None before its module was opened."""
        with self.store.database.read() as connection:
            mine = select(roster_table.c.roster_id).where(
                roster_table.c.business == business,
                roster_table.c.state == "draft",
                roster_table.c.source == "single",
            )
            return connection.execute(mine).scalar_one_or_none()

    def typed(self, someone: Person, row: Row) -> dict[str, str]:
        """What is typed for somebody, by column."""
        business = declare(self.site.profile)
        keys = [column.key for column in business.columns if column.key in self.columns]
        texts = self.site.typed(someone)
        form = [column.key for column in form_columns(business, UnitFacts("1")) if not column.computed]
        values = dict(zip(form, texts, strict=True)) | dict(row.cells)
        return {key: values[key] for key in keys if values.get(key)}

    # ---- replaying -----------------------------------------------------------------------------------

    def replay(self, script: Script, gap: float) -> Outcome:
        """Strike the keys of a script from its start, `gap` seconds between them (0: as one burst)."""
        people = self.people(script)
        business = script.module.partition(":")[2]
        if script.module == OPEN:
            self.prepare(script.people, people)
        elif (roster_id := self._roster(business)) is not None:
            self.store.clear(roster_id)
        struck = script.struck(people, {"code": self.code, "pin": PIN})
        filed = len(self.site.submissions(self.agent.unit))
        desk = self.desk
        self._go_to(script.start, script.module)
        before = desk.terminal.received
        self._strike(struck, gap)
        desk.see(script.see)
        desk.terminal.wait_quiet(0.1)
        drawn = desk.terminal.received - before
        submitted = self._submitted(filed, people)
        desk.home(script.back)
        rows = self._rows(business, people)
        sent = "".join(key.sent for key in struck)
        points = bool(_POINTER.search(desk.terminal.raw) or _POINTER_KEYS.search(sent))
        return Outcome(rows, submitted, sum(key.strokes for key in struck), drawn, points)

    def _go_to(self, start: str, module: str) -> None:
        if start == "home":
            return
        self.desk.open(module)
        # A screen begins in its form; on a busy machine it may be seen for a moment as it was left.
        self.desk.terminal.wait(lambda: ROSTER_KEY not in self.desk.text, SLOW)
        self.desk.terminal.wait_quiet(0.1)
        if start == "roster":
            self.desk.terminal.send(NAMED["shift+tab"])
            self.desk.terminal.wait(lambda: ROSTER_KEY in self.desk.text, SLOW)
        self.desk.terminal.wait_quiet(0.1)

    def _strike(self, struck: Sequence[Key], gap: float) -> None:
        terminal = self.desk.terminal
        if gap:
            for key in struck:
                terminal.send(key.sent)
                time.sleep(gap)
        else:
            terminal.send("".join(key.sent for key in struck))

    # ---- afterwards ----------------------------------------------------------------------------------

    def _rows(self, business: str, people: Mapping[str, Person]) -> tuple[tuple[str, ...], ...]:
        """Draft rows: everything typed and computed, people by their letters."""
        roster_id = self._roster(business)
        assert roster_id is not None
        found = [row for row in self.store.rows(roster_id) if row.state == "draft"]
        return tuple(_told({**row.typed, **row.checked}, people) for row in found)

    def _submitted(self, before: int, people: Mapping[str, Person]) -> tuple[tuple[str, ...], ...]:
        sent: list[Any] = self.site.submissions(self.agent.unit)[before:]
        return tuple(_told(row, people) for one in sent for row in json.loads(one.body)["rows"])


def id_number(number: int) -> str:
    """A good ID number, another for every number."""
    day = date(1990, 1, 1) + timedelta(days=number // 500)
    first = f"110101{day:%Y%m%d}{number % 500:03}"
    return first + check_digit(first)


def _ukey(agent: Agent) -> str:
    """The demo key, which wants its PIN for every submission."""
    return "" if agent.key is None else f'demo = true\ndemo_folder = "{agent.key}"\npin_every_time = true'


def _told(row: Mapping[str, str], people: Mapping[str, Person]) -> tuple[str, ...]:
    """Every column with its text, in the order of the columns' keys; a person's texts as that person."""
    texts = {someone.name: f"{who}.name" for who, someone in people.items()}
    texts |= {someone.id_number: f"{who}.id" for who, someone in people.items()}
    texts |= {someone.mobile: f"{who}.mobile" for who, someone in people.items()}
    return tuple(f"{key}={texts.get(text, text)}" for key, text in sorted(row.items()) if text)


def expected(row: Row) -> set[str]:
    """What must be told of a row of a script."""
    cells = {"name": f"{row.who}.name", "id_number": f"{row.who}.id", **row.cells}
    return {f"{key}={text}" for key, text in cells.items() if text}
