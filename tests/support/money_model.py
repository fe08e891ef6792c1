"""What money a small world of two units has, in plain numbers: the model the center is compared with.

Amounts in 分. An act gives False when it has to be refused, and then changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

UC, PC, UO, PO = range(4)


@dataclass
class Account:
    """A personal account: whose it is, whether it is sealed, whether it has ended, its four parts."""

    unit: str
    person: int
    sealed: bool
    gone: bool = False
    parts: list[int] = field(default_factory=lambda: [0, 0, 0, 0])


@dataclass
class Receipt:
    """来款: whose it is, what of it has not gone back, whether it became 单位未分配金额."""

    unit: str
    left: int
    matched: bool = False
    refunded: bool = False


@dataclass
class Model:
    """All there is. `waiting` is 单位未分配金额 by unit, `suspense` 汇补缴不符暂存款 ("" of nobody known)."""

    accounts: dict[str, Account] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    suspense: dict[str, int] = field(default_factory=dict)
    bank: int = 0
    expense: int = 0

    def live(self, unit: str = "") -> list[str]:
        """Accounts that have not ended, of a unit or of all."""
        return [no for no, one in self.accounts.items() if not one.gone and unit in ("", one.unit)]

    def of_person(self, person: int) -> list[str]:
        return [no for no in self.live() if self.accounts[no].person == person]

    def begin(self, account_no: str, amount: int) -> None:
        """An opening balance, spread as `tests.support.money.give_money` does."""
        small = amount // 4
        for place, part in enumerate((amount - 3 * small, small, small, small)):
            self.accounts[account_no].parts[place] += part
        self.bank += amount

    def record(self, receipt: str, unit: str, amount: int) -> None:
        """Money nobody has asked for waits in suspense, of a unit or of nobody known."""
        self.bank += amount
        self.receipts[receipt] = Receipt(unit, amount)
        self._lie(self.receipts[receipt], amount)

    def match(self, receipt: str, unit: str) -> bool:
        one = self.receipts[receipt]
        if one.matched or one.left == 0:
            return False
        self._lie(one, -one.left)
        one.unit, one.matched = unit, True
        self._lie(one, one.left)
        return True

    def give_back(self, receipt: str, amount: int, *, whole: bool = False) -> bool:
        """A refund; `whole` is a receipt that never was, which a part refunded before forbids."""
        one = self.receipts[receipt]
        there = self.waiting[one.unit] if one.matched else self.suspense[one.unit]
        if not one.left or amount > min(one.left, there) or (whole and one.refunded):
            return False
        self._lie(one, -amount)
        self.bank -= amount
        one.left -= amount
        one.refunded = True
        return True

    def _lie(self, one: Receipt, amount: int) -> None:
        place = self.waiting if one.matched else self.suspense
        place[one.unit] = place.get(one.unit, 0) + amount

    def allocate(self, unit: str, parts: Mapping[str, tuple[int, int]]) -> bool:
        total = sum(sum(both) for both in parts.values())
        if total > self.waiting[unit] or any(self.accounts[number].gone for number in parts):
            return False
        self.waiting[unit] -= total
        for number, both in parts.items():
            self.accounts[number].parts[UC] += both[0]
            self.accounts[number].parts[PC] += both[1]
        return True

    def interest(self, amounts: Mapping[str, int]) -> None:
        self.expense += sum(amounts.values())
        for number, amount in amounts.items():
            self.accounts[number].parts[PO] += amount

    def carry(self, account_no: str, amount: int) -> bool:
        parts = self.accounts[account_no].parts
        if parts[UC] < amount:
            return False
        parts[UC] -= amount
        parts[UO] += amount
        return True

    def transfer(self, person: int, to_unit: str, new: str = "") -> bool:
        """The person's sealed account at another unit goes to `to_unit`; `new` is its number there."""
        known = self.of_person(person)
        if len(known) != 1 or self.accounts[known[0]].unit == to_unit or not self.accounts[known[0]].sealed:
            return False
        if new:
            self._move(known[0], new, Account(to_unit, person, True))
        return True

    def merge(self, old: str, kept: str) -> bool:
        known = (self.accounts[old], self.accounts[kept])
        if known[0].gone or known[1].gone or not known[0].sealed:
            return False
        self._move(old, kept, known[1])
        return True

    def _move(self, old: str, new: str, into: Account) -> None:
        self.accounts[new] = into
        for place, amount in enumerate(self.accounts[old].parts):
            into.parts[place] += amount
        self.accounts[old].parts = [0, 0, 0, 0]
        self.accounts[old].gone = True
