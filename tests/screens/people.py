"""Screens that pick people by form and by grid, as those of the businesses do, and people to pick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from textual.app import ComposeResult

from center.demo.generator import Person
from client.store.depositors import Depositor
from domain.business import AccountStatus
from screens.app import AppScreen
from screens.person_pick import PersonModel, PersonPick
from tests.support.workplace import Workplace
from tests.tui.entry_models import Roster
from tui.form import Form
from tui.form_model import FormField
from tui.grid import Grid
from tui.grid_model import CellResult, GridColumn
from tui.keys import ActionRequested

FIELDS = (
    FormField("account_no", "职工", "person", 24, required=True),
    FormField("name", "姓名", readonly=True),
    FormField("id_number", "证件号码", readonly=True),
    FormField("status", "状态", readonly=True),
    FormField("base", "缴存基数", readonly=True),
    FormField("total_amount", "月缴存额", readonly=True),
    FormField("new_base", "新基数", "money", 12, required=True),
)
COLUMNS = (
    GridColumn("account_no", "个人账号", 16, "person", required=True),
    GridColumn("name", "姓名", 12, "computed", editable=False),
    GridColumn("new_base", "新基数", 12, "money", align="right", required=True),
)


class ChosenPeople(Roster):
    """Rows of chosen people."""

    def __init__(self) -> None:
        super().__init__()
        self.columns = COLUMNS
        self.person: Depositor | None = None
        self._insert(0, {})

    def take(self, person: Depositor | None, text: str) -> str:
        self.person = person
        return ""

    def commit_cell(self, index: int, column: str, text: str) -> CellResult:
        result = super().commit_cell(index, column, text)
        if column == "account_no":
            self.rows[index]["name"] = self.person.name if self.person is not None else ""
        return result

    def preview(self, index: int, column: str, text: str) -> Mapping[str, str]:
        return {}


class PickScreen(AppScreen):
    """A form whose first field is a person; its records are kept."""

    TITLE = "缴存基数调整"
    KEY_BAR = ("help", "prompt", "submit", "back")

    def __init__(self) -> None:
        super().__init__()
        self.records: list[dict[str, str]] = []
        self.submitted: list[dict[str, Any]] = []
        self.values = PersonModel(FIELDS, "account_no", allowed=self._allowed)
        self.people = PersonPick(self, self.values.take)

    @staticmethod
    def _allowed(person: Depositor) -> str:
        return f"{person.name}的账户不是正常状态，不能调整，请另选职工。" if person.status != "01" else ""

    def body(self) -> ComposeResult:
        self.form = Form(self.values)
        yield self.form

    async def opened(self, **args: Any) -> None:
        await self.people.prepare()

    async def perform(self, request: ActionRequested) -> None:
        if await self.people.answer(request):
            return
        if request.action == "record":
            self.records.append(request.payload["values"])
            self.form.clear_all()
        elif request.action == "submit":
            self.submitted.append(request.payload)
        else:
            await super().perform(request)


class PickGridScreen(AppScreen):
    """A grid whose first column is a person."""

    TITLE = "批量调整"
    KEY_BAR = ("help", "prompt", "check", "back")

    def __init__(self) -> None:
        super().__init__()
        self.model = ChosenPeople()
        self.people = PersonPick(self, self.model.take)
        self.checks = 0

    def body(self) -> ComposeResult:
        self.grid = Grid(self.model)
        yield self.grid

    async def opened(self, **args: Any) -> None:
        await self.people.prepare()

    async def perform(self, request: ActionRequested) -> None:
        if await self.people.answer(request):
            return
        if request.action == "check":
            self.checks += 1
        else:
            await super().perform(request)


def employ(
    place: Workplace, names: Sequence[str], status: AccountStatus = AccountStatus.NORMAL
) -> list[Person]:
    """Give people of these names accounts at the unit."""
    people = [
        replace(someone, name=name)
        for someone, name in zip(place.office.people(len(names)), names, strict=True)
    ]
    for someone in people:
        place.office.give_account(someone, status)
    return people
