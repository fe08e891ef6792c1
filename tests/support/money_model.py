"""What money a small world of two units has, in plain numbers: the model the center is compared with.

Amounts in 分, months YYYYMM. An act gives False when it has to be refused, and then changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate

from domain.period import add_months, months_between

UC, PC, UO, PO = range(4)
SIDE = 96_000
"""What unit and person pay a month each: 12% of 8000.00."""


@dataclass(frozen=True)
class Rules:
    """What the profiles decide differently."""

    by_hand: bool
    """The agent allocates, and makeups are paid from what is there; else money finds its way by its sum."""
    fit: bool
    """Money that fits nothing is 汇补缴不符暂存款."""
    this_year: bool
    """Only months of the current fund year are made up."""
    second: bool
    """A person may have two accounts at a unit."""
    step: int
    """Sides of a makeup are rounded to this many 分."""


@dataclass
class Account:
    """A personal account; it pays from the month `since` up to, not including, `until`."""

    unit: str
    person: int
    since: int
    until: int = 999_912
    heir: str = ""
    """The account that got its money when it ended."""
    parts: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    moves: list[tuple[date, int, int]] = field(default_factory=list)
    """Day from which it counts, part, signed amount."""

    @property
    def sealed(self) -> bool:
        return self.until < 999_912

    def put(self, day: date, part: int, amount: int) -> None:
        self.parts[part] += amount
        self.moves.append((day, part, amount))


@dataclass
class Receipt:
    """来款: whose it is, what of it has not gone back, whether it became 单位未分配金额."""

    unit: str
    amount: int
    left: int
    matched: bool = False
    refunds: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Month:
    """A month verified: who pays."""

    month: int
    payers: tuple[str, ...]

    @property
    def amount(self) -> int:
        return len(self.payers) * 2 * SIDE


@dataclass(frozen=True)
class Makeup:
    """A month made up for an account."""

    account: str
    month: int
    amount: int


@dataclass
class Unit:
    """A unit: 单位未分配金额, 缴至月份, months verified and makeups declared that are not paid."""

    paid: int
    waiting: int = 0
    unpaid: list[Month] = field(default_factory=list)
    makeups: list[Makeup] = field(default_factory=list)

    @property
    def last(self) -> int:
        return self.unpaid[-1].month if self.unpaid else self.paid


@dataclass
class Model:
    """All there is. `suspense` is 汇补缴不符暂存款 by unit, "" of nobody known."""

    rules: Rules
    today: date
    units: dict[str, Unit] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    suspense: dict[str, int] = field(default_factory=dict)
    made_up: set[tuple[int, int]] = field(default_factory=set)
    settled: set[tuple[str, int]] = field(default_factory=set)
    bank: int = 0
    expense: int = 0
    began: date | None = None
    """The day of the first entry of the books."""

    @property
    def month(self) -> int:
        return self.today.year * 100 + self.today.month

    def live(self, unit: str = "") -> list[str]:
        """Accounts that have not ended, of a unit or of all."""
        return [no for no, one in self.accounts.items() if not one.heir and unit in ("", one.unit)]

    # ---- accounts ------------------------------------------------------------------------------------

    def begin(self, account_no: str, day: date, amount: int) -> None:
        """An opening balance, spread as `tests.support.money.give_money` does."""
        small = amount // 4
        for place, part in enumerate((amount - 3 * small, small, small, small)):
            self.accounts[account_no].put(day, place, part)
        self.bank += amount
        self.began = min(day, self.began or day)

    def seal(self, account_no: str) -> bool:
        one = self.accounts[account_no]
        if one.sealed or one.heir:
            return False
        one.until = self.month
        return True

    def may_end(self, account_no: str) -> bool:
        """Only a sealed account ends, and none for which money is still to come."""
        one, unit = self.accounts[account_no], self.units[self.accounts[account_no].unit]
        awaited = any(account_no in month.payers for month in unit.unpaid)
        waiting = any(order.account == account_no for order in unit.makeups)
        owed = max(one.since, add_months(unit.last, 1)) < one.until
        return one.sealed and not (one.heir or awaited or waiting or owed)

    def may_go(self, account_no: str, to_unit: str) -> bool:
        one = self.accounts[account_no]
        there = any(self.accounts[no].person == one.person for no in self.live(to_unit))
        return self.may_end(account_no) and one.unit != to_unit and (self.rules.second or not there)

    def move(self, old: str, new: str) -> None:
        """All money goes over, and the old account ends."""
        for place, amount in enumerate(self.accounts[old].parts):
            self.accounts[old].put(self.today, place, -amount)
            self.accounts[new].put(self.today, place, amount)
        self.accounts[old].heir = new

    # ---- months --------------------------------------------------------------------------------------

    def due(self, unit: str) -> Month | None:
        """The month to be verified next."""
        month = add_months(self.units[unit].last, 1)
        mine = [(no, one) for no, one in self.accounts.items() if one.unit == unit]
        payers = (no for no, one in mine if one.since <= month < one.until)
        return Month(month, tuple(payers)) if months_between(month, self.month) >= 0 else None

    def remit(self, unit: str, asked: Month) -> bool:
        due = self.due(unit)
        if due is None or (due.month, len(due.payers)) != (asked.month, len(asked.payers)):
            return False
        self.units[unit].unpaid.append(due)
        self._pass_empty(unit)
        self.arrived(unit)
        return True

    def cancel(self, unit: str, asked: Month) -> bool:
        unpaid = self.units[unit].unpaid
        if not unpaid or (unpaid[-1].month, unpaid[-1].amount) != (asked.month, asked.amount):
            return False
        unpaid.pop()
        return True

    def allocate(self, unit: str, asked: Sequence[Month]) -> bool:
        """Exactly what is there goes to the oldest months."""
        one = self.units[unit]
        oldest = [(month.month, month.amount) for month in one.unpaid[: len(asked)]]
        if oldest != [(month.month, month.amount) for month in asked]:
            return False
        if sum(month.amount for month in asked) != one.waiting:
            return False
        for _ in asked:
            self._pay_month(unit)
        self._pass_empty(unit)
        return True

    def _pay_month(self, unit: str) -> None:
        month = self.units[unit].unpaid.pop(0)
        self.units[unit].waiting -= month.amount
        self.units[unit].paid = month.month
        for number in month.payers:
            self.accounts[number].put(self.today, UC, SIDE)
            self.accounts[number].put(self.today, PC, SIDE)

    def _pass_empty(self, unit: str) -> None:
        while self.units[unit].unpaid and not self.units[unit].unpaid[0].payers:
            self._pay_month(unit)

    # ---- makeups -------------------------------------------------------------------------------------

    def make_up(self, unit: str, asked: Makeup) -> bool:
        one, mine = self.accounts[asked.account], self.units[unit]
        year = self.month // 100 - (self.month % 100 < 7)
        old = self.rules.this_year and asked.month < year * 100 + 7
        known = (one.person, asked.month) in self.made_up
        short = self.rules.by_hand and asked.amount > mine.waiting
        if one.heir or one.unit != unit or asked.month > mine.paid or old or known or short:
            return False
        self.made_up.add((one.person, asked.month))
        mine.makeups.append(asked)
        if self.rules.by_hand:
            self._pay_makeup(unit, asked)
        self.arrived(unit)
        return True

    def unmake(self, unit: str, account_no: str, month: int) -> bool:
        """取消补缴: what waits for its money no longer does, and the month may be made up anew."""
        mine = self.units[unit]
        found = [one for one in mine.makeups if (one.account, one.month) == (account_no, month)]
        if not found:
            return False
        mine.makeups.remove(found[0])
        self.made_up.discard((self.accounts[account_no].person, month))
        return True

    def _pay_makeup(self, unit: str, order: Makeup) -> None:
        step = self.rules.step
        of_unit = min((order.amount + step) // (2 * step) * step, order.amount)
        self.accounts[order.account].put(self.today, UC, of_unit)
        self.accounts[order.account].put(self.today, PC, order.amount - of_unit)
        self.units[unit].waiting -= order.amount
        self.units[unit].makeups.remove(order)

    # ---- money that arrives --------------------------------------------------------------------------

    def fits(self, unit: str) -> list[tuple[int, int, list[Makeup]]]:
        """Sums with the number of months and the makeups they pay, the likeliest first."""
        if self.rules.by_hand:
            return []
        one = self.units[unit]
        months = [0, *accumulate(month.amount for month in one.unpaid)]
        orders = [0, *accumulate(order.amount for order in one.makeups)]
        both = [(i, j) for i in range(len(months)) for j in range(len(orders)) if j and (i or j > 1)]
        return [
            *((sum_, count, []) for count, sum_ in enumerate(months) if count),
            *((order.amount, 0, [order]) for order in one.makeups),
            *((months[i] + orders[j], i, one.makeups[:j]) for i, j in both),
        ]

    def expected(self, unit: str) -> set[int]:
        sums = {sum_ for sum_, _, _ in self.fits(unit)}
        return {one for one in sums | {sum_ - self.units[unit].waiting for sum_ in sums} if one > 0}

    def arrived(self, unit: str, brought: int = 0) -> None:
        """What is there, else what a receipt brought, pays what it exactly is for."""
        there = self.units[unit].waiting
        for amount in (there, brought):
            for sum_, months, orders in self.fits(unit):
                if sum_ == amount and 0 < amount <= there:
                    for _ in range(months):
                        self._pay_month(unit)
                    for order in orders:
                        self._pay_makeup(unit, order)
                    self._pass_empty(unit)
                    return

    def record(self, receipt: str, unit: str, amount: int) -> None:
        """Money of nobody known waits in suspense, and where it must fit what does not."""
        fits = bool(unit) and (not self.rules.fit or amount in self.expected(unit))
        one = self.receipts[receipt] = Receipt(unit, amount, amount, fits)
        self.bank += amount
        self.began = self.began or self.today
        self._lie(one, amount)
        if fits:
            self.arrived(unit, amount)

    def match(self, receipt: str, unit: str) -> bool:
        one = self.receipts[receipt]
        if one.matched or one.left == 0:
            return False
        self._lie(one, -one.left)
        one.unit, one.matched = unit, True
        self._lie(one, one.left)
        self.arrived(unit, one.amount)
        return True

    def give_back(self, receipt: str, amount: int, *, whole: bool = False) -> bool:
        """A refund; `whole` is a receipt that never was, which a part refunded before forbids."""
        one = self.receipts[receipt]
        there = self.units[one.unit].waiting if one.matched else self.suspense[one.unit]
        if not one.left or amount > min(one.left, there) or (whole and one.refunds):
            return False
        self._lie(one, -amount)
        self.bank -= amount
        one.left -= amount
        if not whole:
            one.refunds.append(amount)
        return True

    def take_again(self, receipt: str) -> bool:
        """The last refund never was: the money lies where the rest of the receipt lies."""
        one = self.receipts[receipt]
        if not one.refunds:
            return False
        amount = one.refunds.pop()
        self.bank += amount
        one.left += amount
        self._lie(one, amount)
        if one.matched:
            self.arrived(one.unit, one.amount)
        return True

    def correct(self, receipt: str, unit: str, amount: int) -> bool:
        """The receipt with other facts; what was booked of it must still lie there, all of it."""
        one = self.receipts[receipt]
        there = self.units[one.unit].waiting if one.matched else self.suspense.get(one.unit, 0)
        if one.refunds or one.left > there or (one.left and (one.unit, one.amount) == (unit, amount)):
            return False
        self._lie(one, -one.left)
        self.bank -= one.left
        self.record(receipt, unit, amount)
        return True

    def _lie(self, one: Receipt, amount: int) -> None:
        if one.matched:
            self.units[one.unit].waiting += amount
        else:
            self.suspense[one.unit] = self.suspense.get(one.unit, 0) + amount

    # ---- interest ------------------------------------------------------------------------------------

    def interest(self, year: int) -> bool:
        """年度结息 at 1.50% over 360 days; what an account that ended has earned goes to its heir."""
        first, end = date(year, 7, 1), date(year + 1, 7, 1)
        if self.today < end or self.began is None or self.began >= end:
            return False
        spare = {number: self.accounts[number].parts[:2] for number in self.live()}
        for number in sorted(self.accounts):
            moves = [move for move in self.accounts[number].moves if move[0] < end]
            if moves and (number, year) not in self.settled:
                self.settled.add((number, year))
                self._credit(self._payee(number), moves, spare, (first, end))
        return True

    def _payee(self, number: str) -> str:
        while self.accounts[number].heir:
            number = self.accounts[number].heir
        return number

    def _credit(
        self,
        payee: str,
        moves: Sequence[tuple[date, int, int]],
        spare: dict[str, list[int]],
        year: tuple[date, date],
    ) -> None:
        first, end = year
        closing, product = [0, 0, 0, 0], [0, 0]
        for day, part, amount in moves:
            closing[part] += amount
            product[part % 2] += amount * (end - max(day, first)).days
        whole, of_unit = (
            (2 * one * 150 + 3_600_000) // (2 * 3_600_000) for one in (sum(product), product[0])
        )
        self.expense += whole
        into = self.accounts[payee]
        for side, earned in ((UC, of_unit), (PC, whole - of_unit)):
            over = max(0, min(closing[side], spare[payee][side]))
            spare[payee][side] -= over
            into.put(end, side, -over)
            into.put(end, side + 2, over + earned)
