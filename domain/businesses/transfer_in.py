"""内部转移: the new unit takes a sealed account of another unit of the center over (X-02 to X-06, X-08).

The person is a stranger to the unit, so what the center knows of the account is told only to who states the
registered name with the ID number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.business import CheckContext, Column, Kind
from domain.businesses.accounts import LIVE, AccountBusiness, Match, account_columns
from domain.businesses.leaving import money_awaited
from domain.businesses.names import BusinessOff
from domain.businesses.transfers import movable, sealed_elsewhere, second_account
from domain.findings import Finding
from domain.idnumber import same_person_key

if TYPE_CHECKING:
    from domain.businesses.move_rules import TransferRules  # noqa: F401 - named in a base class
    from domain.profile import Profile

CATALOGUE = account_columns(
    Column("reason", "转移原因", Kind.CODE, 14, aliases=("转入原因", "原因")),
)
UNKNOWN = "该职工在本中心的其他单位没有缴存账户，不能转入，请核对姓名和证件号码。"
NOT_SEALED = "该职工在原单位的账户没有封存，不能转入，请联系原单位先办理封存。"


class TransferIn(AccountBusiness["TransferRules"]):
    """内部转移 under one center's profile."""

    id = "transfer_in"
    CATALOGUE = CATALOGUE
    needs_history = True

    def _as_registered(self, typed: Mapping[str, str], context: CheckContext) -> Match | None:
        """No account of the unit is meant, so no row can be about one."""
        return None

    def _find(self, typed: Mapping[str, str], context: CheckContext) -> tuple[Match | None, list[Finding]]:
        """The person's account at another unit, or why there is none to be taken over (X-03)."""
        if not context.people_known or not typed.get("id_number"):
            return None, []
        own, name = context.unit.account, typed.get("name", "")
        person = context.people.get(same_person_key(typed["id_number"]))
        theirs = [one for one in person.accounts if one.unit_account != own] if person is not None else []
        theirs = [one for one in theirs if one.status in LIVE]
        if person is None or not theirs:
            return None, [Finding("transfer.unknown", self._person_column, UNKNOWN)]
        if name.casefold() != person.name.casefold():
            text = "姓名与中心登记的不一致，请核对姓名和证件号码；确实无误的，请到中心柜台办理。"
            return None, [Finding("person.differs", "name", text)] if name else []
        return Match(person, sealed_elsewhere(person, own) or theirs[0]), []

    def _agrees(self, typed: Mapping[str, str], values: dict[str, str], match: Match) -> list[Finding]:
        """Name and ID number stand as registered; the account number is the other unit's and is not told."""
        values["name"], values["id_number"] = match.person.name, match.person.id_number
        return []

    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """Only a sealed account moves; a second one at the unit is merged afterwards (X-03, X-08)."""
        field = self._person_column
        found = movable(match.account, field, NOT_SEALED) + money_awaited(match, field)
        if found or self.rules.second_account:
            return found
        return second_account(match.person, context.unit.account, field, "本单位")


def declare(profile: Profile) -> TransferIn:
    """内部转移 at a center. Raises BusinessOff."""
    rules = profile.business.transfer_in
    if rules is None:
        raise BusinessOff("本中心没有开通网上内部转移，请到中心柜台办理。")
    return TransferIn(profile, rules)
