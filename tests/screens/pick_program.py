"""Picking people from a full local copy in a program of its own, for tests through a real terminal.

`python -m tests.screens.pick_program OUT FOLDER PEOPLE`: a form of a person and an amount over the copy of
PEOPLE depositors in FOLDER (made when it is not there). F10 writes the records to OUT as JSON and ends it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from tui.launch import prepare

prepare()

from textual.app import ComposeResult  # noqa: E402

from client.store.database import Database  # noqa: E402
from client.store.depositors import DepositorCache  # noqa: E402
from client.store.rows import Scope  # noqa: E402
from domain.idnumber import check_digit  # noqa: E402
from domain.wire import DepositorRow  # noqa: E402
from screens.person_pick import PersonModel, PersonPick  # noqa: E402
from tui.app import ShellApp  # noqa: E402
from tui.form import Form  # noqa: E402
from tui.form_model import FormField  # noqa: E402
from tui.keys import ActionRequested  # noqa: E402
from tui.shellscreen import ShellScreen  # noqa: E402

SCOPE = Scope("baishan", "center", "100001", "agent")
SURNAMES, GIVEN = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高",
    "伟强磊军洋勇杰涛超明刚平辉鹏华飞鑫波斌宇芳娜敏静丽",
)
PAGE = 2000
FIELDS = (
    FormField("account_no", "职工", "person", 24),
    FormField("name", "姓名", readonly=True),
    FormField("id_number", "证件号码", readonly=True),
    FormField("base", "缴存基数", readonly=True),
    FormField("new_base", "新基数", "money", 12, required=True),
)


def person(number: int) -> DepositorRow:
    """The depositor with a number; the name and the ID follow from it."""
    name = SURNAMES[number % 20] + GIVEN[number // 20 % 25] + GIVEN[number // 500 % 25]
    born = f"19{60 + number // 28000:02}{number // 1000 % 12 + 1:02}{number % 28 + 1:02}"
    seventeen = f"110101{born}{number % 1000:03}"
    return DepositorRow(
        account_no=f"100001{number:08}", name=name, id_number=seventeen + check_digit(seventeen),
        base=f"{3000 + number % 20000}.00", unit_ratio="12", person_ratio="12", unit_amount="960.00",
        person_amount="960.00", status="01", mobile="13800138000", fund_type="general", opened="2020-01-01",
    )  # fmt: skip


def filled(folder: Path, people: int) -> DepositorCache:
    """The copy of the unit's depositors in a folder."""
    cache = DepositorCache(Database(folder), SCOPE)
    for start in range(cache.revision(), people, PAGE):
        end = min(start + PAGE, people)
        rows = [person(number) for number in range(start, end)]
        cache.apply(rows, start, end, complete=end == people, ended=end == people)
    return cache


class CopyState:
    """What `PersonPick` asks of the application's state: the copy, and a center that has nothing new."""

    profile = SimpleNamespace(terms={})
    settings = SimpleNamespace(screen=SimpleNamespace(mask_id=False))

    def __init__(self, cache: DepositorCache) -> None:
        self._cache = cache

    def form_has(self, key: str) -> bool:
        return False

    def depositors(self) -> DepositorCache:
        return self._cache

    def synchronise(self, progress: Any, stop: Any) -> None:
        time.sleep(0.002)


class PickScreen(ShellScreen):
    """The form."""

    TITLE = "缴存基数调整"
    KEY_BAR = ("help", "prompt", "submit", "back")

    def __init__(self, out: Path, cache: DepositorCache) -> None:
        super().__init__()
        self.state = CopyState(cache)
        self._out = out
        values = PersonModel(FIELDS, "account_no")
        self._people = PersonPick(cast("Any", self), values.take)
        self._form = Form(values)
        self._records: list[dict[str, Any]] = []

    def body(self) -> ComposeResult:
        yield self._form

    async def perform(self, request: ActionRequested) -> None:
        if await self._people.answer(request):
            return
        match request.action:
            case "record":
                self._records.append(request.payload["values"])
                self._form.clear_all()
            case "submit":
                self._out.write_text(json.dumps(self._records, ensure_ascii=False), encoding="utf-8")
                self.shell.exit(0)
            case _:
                await super().perform(request)


def main() -> None:
    """Run the program."""
    out, folder, people = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    cache = filled(folder, people)
    ShellApp({"pick": lambda: PickScreen(out, cache)}, start="pick").run(mouse=False)


if __name__ == "__main__":
    main()
