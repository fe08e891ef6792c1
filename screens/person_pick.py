"""Choosing one of the unit's people: a form field or grid column of kind "person", F4, type-ahead.

In such a field an account number is typed, a name or a part of it, its initials or pinyin, or the last digits
of the account or ID number. Enter takes the only match and fills the read-only fields (反显); several open
the pick list with what was typed, F4 opens it at any time. The value of the field is the account number.

A screen with a form::

    def body(self):
        fields = [FormField("account_no", "职工", "person", 24, required=True),
                  FormField("name", "姓名", readonly=True), FormField("base", "缴存基数", readonly=True), ...]
        self._values = PersonModel(fields, "account_no", allowed=self._may_be_sealed)
        self._people = PersonPick(self, self._values.take)
        yield Form(self._values)

    async def opened(self, **args):
        await self._people.prepare()                    # brings the local copy up to date, F12 stops it
        await self._people.recall(draft["account_no"])  # before Form.load() of a draft

    async def perform(self, request):
        if await self._people.answer(request):          # "pick" and "prompt"
            return

Read-only fields are filled by their key, see `FILLS`; `PersonModel.person` is the whole `Depositor`.

With a grid the model of the grid gives `take`: it is called with the person right before `commit_cell` gets
the account number, and may refuse with a sentence. It is called with None and the typed text where nobody
could look the person up (no copy, no connection): the center then checks the account when it is submitted.

Where the agents synchronise by themselves (E-01 to E-06) the copy is used as it is. Elsewhere it is brought
up to date when the screen opens, and again for the person chosen, so what appears is the state of now.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from client.errors import AuthExpired, ClientError
from domain.businesses.base import ACCOUNT_CELLS
from screens.fields import Check, FieldsModel
from screens.receipt import local_time
from tui.form_model import FormField
from tui.grid_model import CellResult
from tui.keys import ActionRequested
from tui.picklist import Asking, PickList, PickRow
from tui.progress import in_thread

if TYPE_CHECKING:
    from client.store.depositors import Depositor, DepositorCache, Found
    from client.sync import SyncProgress
    from screens.app import AppScreen

Take = Callable[["Depositor | None", str], str]
"""(person, or None with the typed text) -> why not, a sentence, "" when taken."""

Read = Callable[["Depositor"], Awaitable[str]]
"""Reads what a screen shows of a person before that person is taken -> why not, "" when it was read."""

HOW: Final = "请输入账号、姓名、拼音首字母或证件号码末几位"
AGAIN_AFTER: Final = 30.0
"""Seconds for which a center that did not answer is not asked again."""


def _status(person: Depositor) -> str:
    from domain.codes import table

    return table("account_status").label(person.status)


def _yuan(fen: int) -> str:
    from domain.money import format_yuan_grouped

    return format_yuan_grouped(fen)


FILLS: Final[dict[str, Callable[[Depositor], str]]] = {
    "name": lambda person: person.name,
    "id_number": lambda person: person.id_number,
    "status": _status,
    "base": lambda person: _yuan(person.base),
    "unit_ratio": lambda person: f"{person.unit_ratio}%",
    "person_ratio": lambda person: f"{person.person_ratio}%",
    "unit_amount": lambda person: _yuan(person.unit_amount),
    "person_amount": lambda person: _yuan(person.person_amount),
    "total_amount": lambda person: _yuan(person.unit_amount + person.person_amount),
    "mobile": lambda person: person.mobile,
    "opened": lambda person: person.opened,
    "sealed_month": lambda person: str(person.sealed_month or ""),
}
"""What a read-only field of this key shows of the chosen person."""


class PersonModel(FieldsModel):
    """A `FormModel` with one field of kind person and read-only fields that follow it.

    `allowed` says why a person cannot be taken here (封存 of a sealed one), "" when there is no reason.
    """

    def __init__(
        self,
        fields: Sequence[FormField],
        key: str,
        *,
        allowed: Callable[[Depositor], str] = lambda person: "",
        check: Check | None = None,
    ) -> None:
        super().__init__(fields, check=check)
        self.person: Depositor | None = None
        self._key = key
        self._allowed = allowed
        self._known: Depositor | None = None
        self._unknown = ""
        self._follow = [field.key for field in fields if field.readonly and field.key in FILLS]

    def take(self, person: Depositor | None, text: str) -> str:
        """Make a person known, or a text that nobody could look up; see `Take`."""
        wrong = self._allowed(person) if person is not None else ""
        if not wrong:
            self._known, self._unknown = person, text if person is None else ""
        return wrong

    def commit(self, key: str, text: str) -> CellResult:
        """Take a value; that of the person is an account number that `take` has made known."""
        if key != self._key:
            return super().commit(key, text)
        account = text.strip()
        known = self._known if self._known is not None and self._known.account_no == account else None
        if account and known is None and account != self._unknown:
            return CellResult(False, f"{HOW}后按回车选定职工，或按 F4 选择。")
        self.person = known
        self._fill(known)
        return super().commit(key, account)

    def preview(self, key: str, text: str) -> Mapping[str, str]:
        """Empty the fields of the person while another one is being typed."""
        if key != self._key or text.strip() == self._values[self._key]:
            return {}
        return dict.fromkeys(self._follow, "")

    def clear(self) -> None:
        """Forget everything entered, the person too."""
        super().clear()
        self.person = None
        self._fill(None)

    def _fill(self, person: Depositor | None) -> None:
        for follower in self._follow:
            self._values[follower] = "" if person is None else FILLS[follower](person)


class DepositorSource:
    """The unit's people for a pick list (`tui.picklist.SearchedSource`)."""

    widths = (ACCOUNT_CELLS, 10, 18, 8, 10)

    def __init__(self, cache: DepositorCache, *, account_title: str = "个人账号", mask: bool = False) -> None:
        from client.store.depositors import Found

        self.titles = (account_title, "姓名", "证件号码", "状态", "缴存基数".rjust(6))
        self._cache = cache
        self._mask = mask
        self._found = Found("")

    def search(self, query: str) -> Found:
        """Search the copy; in a worker."""
        return self._cache.search(query)

    def take(self, found: Found) -> None:
        """Answer from now on with what was found."""
        self._found = found

    def count(self, query: str) -> int:
        """Return how many people were found."""
        return len(self._found.ids)

    def window(self, query: str, start: int, count: int) -> Sequence[PickRow]:
        """Return a run of the people found."""
        return [self._row(person) for person in self._cache.rows(self._found.ids[start : start + count])]

    def _row(self, person: Depositor | None) -> PickRow:
        if person is None:
            return PickRow("", ("", "已不在本单位"))
        from domain.idnumber import mask

        number = mask(person.id_number) if self._mask else person.id_number
        base = _yuan(person.base).rjust(self.widths[-1])
        return PickRow(person.account_no, (person.account_no, person.name, number, _status(person), base))

    def summary(self, query: str, at: int) -> str:
        """Return how many people fit, or what to do when none does."""
        found = len(self._found.ids)
        return f"第 {at + 1:,} 人，共 {found:,} 人" if found else f"没有相符的职工，{HOW}查找。"


class PersonPick:
    """Finds out for a screen whom a typed text means."""

    def __init__(
        self, screen: AppScreen, take: Take, read: Read | None = None, hint: Callable[[], str] = str
    ) -> None:
        """`hint` says what F4 on an empty field looks for, "" for everybody."""
        self._screen = screen
        self._take = take
        self._read = read
        self._hint = hint
        self._unreached = float("-inf")

    @property
    def _by_hand(self) -> bool:
        """Whether the agents synchronise by themselves and the copy is theirs to see (E-01)."""
        return self._screen.state.form_has("sync")

    # ---- the copy ------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Bring the local copy up to date where that is not left to the agents; say it when it cannot be."""
        state = self._screen.state
        wrong = "" if self._by_hand else await self._refresh("正在读取职工信息…")
        cache = await in_thread(state.depositors)
        if not await in_thread(cache.complete):
            advice = "请先到“职工信息同步”同步" if self._by_hand else "可以照常录入，提交时由中心核对"
            self._screen.status(f"{wrong}本机没有完整的职工信息，{advice}。", kind="warning")
        elif wrong:
            when = local_time(await in_thread(cache.refreshed)) or "以前"
            self._screen.status(f"{wrong}职工信息是 {when} 的，可以照常录入。", kind="warning")

    async def recall(self, account_no: str) -> None:
        """Make the person of a draft known again, from the copy as it is."""
        if account_no:
            cache = await in_thread(self._screen.state.depositors)
            self._take(await in_thread(cache.by_account, account_no), account_no)

    async def _refresh(self, text: str) -> str:
        """Fetch the changes; returns why that was not possible, "" when it was (or was stopped)."""
        if time.monotonic() - self._unreached < AGAIN_AFTER:
            return "连不上中心，"
        screen, stop = self._screen, threading.Event()

        def progress(now: SyncProgress) -> None:
            if not now.done:
                total = f"/{now.total}" if now.total else ""
                screen.shell.progress.say(f"{text.rstrip('…')} {now.rows}{total} 人")

        try:
            await screen.busy(text, screen.state.synchronise, progress, stop, on_cancel=stop.set)
        except AuthExpired:
            raise
        except ClientError as error:
            self._unreached = time.monotonic()
            return error.sentence
        return ""

    # ---- whom a text means ---------------------------------------------------------------------------

    async def answer(self, request: ActionRequested) -> bool:
        """Serve `pick` and `prompt` of a field or cell of kind person; False when it is none of these."""
        widget: Any = request.widget
        if request.action not in ("pick", "prompt") or not isinstance(widget, Asking):
            return False
        asked = widget.asked_text()
        if asked is None:
            return False
        then = str(request.payload.get("then", ""))
        title, text = asked
        await self._answer(widget, title, text or self._hint(), then)
        return True

    async def _answer(self, widget: Any, title: str, text: str, then: str) -> None:
        """`then` is the action that is to go on, "" for F4, which goes on to the next field."""
        screen = self._screen
        cache = await in_thread(screen.state.depositors)
        found = await in_thread(cache.search, text)
        if not found.ids and not self._by_hand:
            await self._refresh("正在向中心查询…")
            found = await in_thread(cache.search, text)
        if then and not found.ids:
            await self._nobody(widget, cache, text, then)
            return
        account: str | None = None
        if then and found.only is not None:
            person = (await in_thread(cache.rows, [found.only]))[0]
            account = person.account_no if person is not None else None
        if account is None:
            account = await self._choose(cache, found, title, extend=bool(then))
        if account is not None:
            await self._settle(widget, cache, account, then)

    async def _choose(self, cache: DepositorCache, found: Found, title: str, *, extend: bool) -> str | None:
        state = self._screen.state
        source = DepositorSource(
            cache,
            account_title=state.profile.terms.get("account_no", "个人账号"),
            mask=state.settings.screen.mask_id,
        )
        source.take(found)
        chosen = await self._screen.host(title, PickList(source, query=found.query, extend=extend))
        return None if chosen is None else str(chosen)

    async def _settle(self, widget: Any, cache: DepositorCache, account: str, then: str) -> None:
        stale = "" if self._by_hand else await self._refresh("正在读取职工信息…")
        person = await in_thread(cache.by_account, account)
        if person is None:
            widget.refuse_text(f"账号 {account} 的职工已不在本单位，请另选职工。")
            return
        wrong = await self._read(person) if self._read is not None else ""
        wrong = wrong or self._take(person, account)
        if wrong:
            widget.refuse_text(wrong)
            return
        if stale:
            when = local_time(await in_thread(cache.refreshed)) or "以前"
            self._screen.status(f"{stale}显示的是 {when} 的职工信息。", kind="warning")
        if then:
            widget.settle(account, then)
        else:
            widget.enter_text(account)

    async def _nobody(self, widget: Any, cache: DepositorCache, text: str, then: str) -> None:
        """Refuse what fits nobody, or let it through where nobody could look (no copy, no connection)."""
        if self._by_hand:
            widget.refuse_text(
                f"“{text}”：该职工不存在缴存关系或不属于此单位，请核对；刚办理的请先同步职工信息。"
            )
            return
        reached = time.monotonic() - self._unreached >= AGAIN_AFTER
        if reached and await in_thread(cache.complete):
            widget.refuse_text(f"本单位没有与“{text}”相符的职工，{HOW}。")
            return
        if self._take(None, text.strip()) == "":
            self._screen.status(f"“{text}”没有核对（没有完整的职工信息），提交时由中心核对。", kind="warning")
            widget.settle(text.strip(), then)
