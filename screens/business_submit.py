"""Submitting a roster: totals confirmed, attachments, the key, the outbox, the answer (O-05, O-08, W-08)."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from client.errors import ClientError
from client.roster import Which
from client.store.rows import Frozen
from domain.business import Totals
from domain.businesses.accounts import OVERRULED
from screens.app import AppScreen
from screens.key_facts import day, name_of
from screens.pin_entry import unlock
from screens.receipt import local_time
from screens.roster_model import money_text
from tui.progress import in_thread
from ukey.signer import NotUnlocked, SignerError

if TYPE_CHECKING:
    from client.outbox import OutboxEvent
    from domain.wire import AttachmentRef, Receipt
    from screens.month_screen import MonthScreen
    from screens.roster_screen import RosterScreen

WAITING = "中心暂时连不上，已保存在发件箱，恢复后自动发送。"
NO_SIGNATURE = "没有提交；需要 UKey 签名才能提交，清册没有改动。"
CHANGED = "清册合计已变，上次的提交没有恢复，请核对后重新提交。"
IN_BACKGROUND = "已转到后台发送，结果到达时会提示。"


class AnswerWait:
    """Waits in a thread for what becomes of one submission, or until nobody waits any more."""

    def __init__(self, submission_id: str) -> None:
        self.submission_id = submission_id
        self.event: OutboxEvent | None = None
        self.detached = False
        self._done = threading.Event()

    def note(self, event: OutboxEvent) -> None:
        """Take an answer, if it is this submission's."""
        if event.submission_id == self.submission_id:
            self.event = event
            self._done.set()

    def detach(self) -> None:
        """Stop waiting: the outbox goes on by itself."""
        self.detached = True
        self._done.set()

    def wait(self) -> None:
        """Block until there is an answer or the wait was given up."""
        self._done.wait()


class SubmitFlow:
    """One submission from the key that asks for it to the receipt."""

    REFUSED = "没有受理，各条已退回清册，请按原因改正后重新提交。"

    def __init__(self, screen: RosterScreen | MonthScreen) -> None:
        self._screen = screen
        self._which: Which | int = "all"
        self._totals = Totals(0, 0)
        self._attaching = False
        self._resumed = False
        """Whether the totals were confirmed before a cut, so that they are shown once more."""
        self._wait: AnswerWait | None = None

    @property
    def waits_for_attachments(self) -> bool:
        """Whether the attachments screen is open for this submission."""
        return self._attaching

    def forget(self) -> None:
        """Wait for no attachments any more: the screen has been opened anew."""
        self._attaching = False

    # ---- before --------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Ask for everything that is needed and submit."""
        which = await self._choose()
        if which is None:
            return
        desk = self._screen.desk
        totals = await in_thread(desk.service.totals, which)
        if not await self._sound(which, totals) or not await self._same_people():
            return
        if not await self._confirmed(totals):
            return
        self._which, self._totals, self._resumed = which, totals, False
        if desk.business.rules.attachments:
            await self._attach()
        else:
            await self._submit(())

    async def _attach(self) -> None:
        business, self._attaching = self._screen.desk.business, True
        title = f"{business.title}：共 {self._totals.count} {business.rules.counted}"
        await self._screen.shell.open_screen("attachments", purpose=title, submit=business.rules.attach_label)

    async def send(self, totals: Totals) -> None:
        """Submit all rows of the roster, which have been confirmed."""
        self._which, self._totals = "all", totals
        await self._submit(())

    async def attached(self, references: Sequence[AttachmentRef] | None) -> None:
        """Go on with what was uploaded; None means that the upload was cancelled (A-04)."""
        self._attaching = False
        if not references:
            self._screen.status("已取消上传，没有提交；清册没有改动。", kind="warning")
            return
        if not self._resumed or await self._confirmed(self._totals):
            await self._submit(references)

    def step(self) -> dict[str, Any] | None:
        """What the attachments that are open are for, as JSON values."""
        if not self._attaching:
            return None
        return {"which": self._which, "count": self._totals.count, "amount": self._totals.amount}

    async def again(self, step: Mapping[str, Any]) -> None:
        """Open the attachments of a submission again after a cut; what is sent is confirmed once more."""
        desk, found = self._screen.desk, step["which"]
        which: Which | int = found if isinstance(found, int) else "all" if found == "all" else "selected"
        totals = await in_thread(desk.service.totals, which)
        if totals != Totals(int(step["count"]), int(step["amount"])):
            self._screen.status(CHANGED, kind="warning", beep=True)
            return
        self._which, self._totals, self._resumed = which, totals, True
        await self._attach()

    async def _choose(self) -> Which | int | None:
        """Which rows: as many as the center lets be submitted at once."""
        screen, desk = self._screen, self._screen.desk
        scope = desk.service.queue.submit_scope
        ids = await in_thread(desk.store.selected_ids, desk.service.roster_id)
        count = (await in_thread(desk.store.totals, desk.service.roster_id)).draft
        if not count:
            screen.status("清册中没有可以提交的记录，请先录入。", kind="warning", beep=True)
            return None
        if scope == "selected" and not ids:
            lines = ["还没有勾选要提交的记录。", f"全部勾选（共 {count} 条）后提交吗？"]
            if await screen.ask("提交", lines, [("y", "全部勾选"), ("n", "取消")], cancel="n") != "y":
                screen.status("请先勾选要提交的记录（按空格键），再提交。")
                return None
            await in_thread(desk.store.select_all, desk.service.roster_id, True)
            await screen.returned(None)
        if scope == "one_or_all" and 0 < len(ids) < count:
            if len(ids) > 1:
                screen.status("只能提交一条或全部记录，请重新选择。", kind="error", beep=True)
                return None
            return ids[0]
        return "selected" if scope == "selected" else "all"

    async def _sound(self, which: Which | int, totals: Totals) -> bool:
        """Nothing faulty is submitted; the first fault is shown."""
        screen, desk = self._screen, self._screen.desk
        sums = await in_thread(desk.store.totals, desk.service.roster_id)
        bad = sums.bad if which == "all" else sums.selected - sums.selected_good if which == "selected" else 0
        if bad > 0:
            text = f"还有 {bad} 条记录有错误，按 F8 逐条查看，改正或删除后再提交。"
            screen.status(text, kind="error", beep=True)
            return False
        if not totals.count:
            screen.status("没有可以提交的记录，请核对清册。", kind="error", beep=True)
            return False
        return True

    async def _same_people(self) -> bool:
        """Warn of rows that differ from the center's data; 是 lets the center's data count (S-13, V-26)."""
        from screens.roster_screen import RosterScreen

        screen, desk = self._screen, self._screen.desk
        assert isinstance(screen, RosterScreen), "months name nobody"
        count, rows = await in_thread(desk.store.found, desk.service.roster_id, OVERRULED)
        if not count:
            return True
        lines = [
            f"{screen.rows.number_of(row)} {row.shown('account_no')}：{found.text}"
            for row in rows
            for found in row.findings
            if found.code == OVERRULED
        ]
        more = [f"…… 共 {count} 条，见核对结果一列。"] if count > len(rows) else []
        lines += [*more, "", "选“是”以中心数据为准继续提交，选“否”返回清册修改。"]
        if await screen.ask("核对结果", lines, [("y", "是"), ("n", "否")], cancel="n") == "y":
            return True
        screen.status("没有提交，请按核对结果修改后再提交。")
        return False

    async def _confirmed(self, totals: Totals) -> bool:
        """Show people and sum; the answer is another key than the one that asked (O-08)."""
        screen, words = self._screen, self._screen.words(self._screen.state.profile)
        lines = [
            f"{words.count}：{totals.count} {words.each}",
            *([f"{words.amount}：{money_text(totals.amount)} 元"] if words.amount else []),
            "",
            "提交后不能再修改或删除，确认提交吗？",
        ]
        yes, no = ("是", "否") if words.yes_no else ("确定", "取消")
        if await screen.ask(words.submit, lines, [("y", yes), ("n", no)], cancel="n") == "y":
            return True
        again = words.refresh or "刷新"
        screen.status(f"没有提交；对人数或金额有疑问请按 F5 {again}，核对后再提交。")
        return False

    # ---- signing and sending ----------------------------------------------------------------------------

    async def _submit(self, references: Sequence[AttachmentRef]) -> None:
        screen, desk = self._screen, self._screen.desk
        try:
            if not await self._key_ready():
                screen.status(NO_SIGNATURE, kind="warning")
                return
            frozen = await screen.busy(
                "正在核对清册…",
                desk.service.freeze,
                self._which,
                expected=self._totals,
                attachments=references,
            )
            await self._send(frozen)
        except ClientError as error:
            await self._not_sent(error.sentence)
        except SignerError as error:
            await self._not_sent(error.text)

    async def _not_sent(self, sentence: str) -> None:
        await self._screen.returned(None)
        self._screen.status(sentence, kind="error", beep=True)

    async def _key_ready(self) -> bool:
        """Ask for the PIN when the key wants it; False when the person gave up."""
        screen, session = self._screen, self._screen.desk.session
        if not session.signs:
            return True
        if session.certificate is None and not await self._choose_key():
            return False
        signer, certificate = session.signer, session.certificate
        if signer is None or certificate is None:
            from ukey.signer import NoSigningCertificate

            raise NoSigningCertificate
        ready = await screen.busy("正在检查 UKey…", lambda: session.can_sign_now)
        if ready and not screen.state.settings.ukey.pin_every_time:
            return True
        about = [
            self._what(),
            f"证书 {name_of(certificate)}",
            f"有效期至 {day(certificate.not_after)}",
        ]
        return await unlock(screen, signer, about)

    def _what(self) -> str:
        """What is signed, in one line."""
        words, totals = self._screen.words(self._screen.state.profile), self._totals
        amount = f"，{money_text(totals.amount)} 元" if words.amount else ""
        return f"提交 {totals.count} {words.each}{amount}"

    async def _choose_key(self) -> bool:
        """After a login without key: take the key's certificate, asking when it has several."""
        screen, session = self._screen, self._screen.desk.session
        found = await screen.busy("正在读取 UKey…", session.usable_certificates)
        chosen: int | None = 0
        if len(found) > 1:
            rows = [f"{name_of(one)}  有效期至 {day(one.not_after)}" for one in found]
            chosen = await screen.choose("选择签名用的证书", rows)
        if chosen is None:
            return False
        session.use_key(session.signer, found[chosen])
        return True

    async def _send(self, frozen: Frozen) -> None:
        screen, outbox = self._screen, self._screen.state.outbox
        if outbox is None:
            from client.errors import AuthExpired

            raise AuthExpired
        self._wait = wait = AnswerWait(frozen.submission_id)
        try:
            try:
                await screen.busy("正在签名…", outbox.submit, frozen)
            except NotUnlocked:
                if not await self._key_ready():
                    screen.status(NO_SIGNATURE, kind="warning")
                    return
                await screen.busy("正在签名…", outbox.submit, frozen)
            await screen.returned(None)
            await screen.busy("正在提交…", wait.wait, on_cancel=wait.detach, stop="转到后台")
        finally:
            self._wait = None
        await self._answered(wait)

    def note(self, event: OutboxEvent) -> bool:
        """Take what the outbox tells of the submission that is being waited for; False when there is none."""
        if self._wait is None:
            return False
        self._wait.note(event)
        return True

    async def _answered(self, wait: AnswerWait) -> None:
        """Show what came of it."""
        screen, event = self._screen, wait.event
        await screen.returned(None)
        if event is None:
            screen.status(IN_BACKGROUND)
        elif event.kind == "accepted" and event.receipt is not None:
            batch = not screen.with_form
            told = screen.state.profile.messages.get("batch_sent", "") if batch else ""
            wanted = await self._wants_print()
            shown = await screen.shell.open_screen("receipt", receipt=event.receipt, told=told)
            if wanted and isinstance(shown, AppScreen):
                await self._print(shown, event.receipt)
        elif event.kind == "refused":
            await self._refused(event)
        elif event.kind == "waiting":
            screen.status(WAITING, kind="warning", beep=True)
        else:
            screen.status(f"已保存在发件箱：{event.sentence}", kind="warning", beep=True)

    async def _wants_print(self) -> bool:
        """Ask whether to print, where the center asks that (M-07)."""
        screen, rules = self._screen, self._screen.desk.business.rules
        if not rules.print_after:
            return False
        options = [("y", "是"), ("n", "否")]
        return await screen.ask(rules.title, [rules.print_after], options, cancel="n") == "y"

    async def _print(self, shown: AppScreen, receipt: Receipt) -> None:
        """Write the voucher of what was filed; the screen with the receipt says where it is."""
        from screens.vouchers import FILED, write_batch_voucher

        business = self._screen.desk.business
        day = date.fromisoformat(local_time(receipt.received)[:10])
        try:
            await write_batch_voucher(shown, business, receipt.submission_id, receipt.serial, day, FILED)
        except ClientError as error:
            shown.status(f"凭条没有写成，可在查询中再导出：{error.sentence}", kind="warning", beep=True)

    async def _refused(self, event: OutboxEvent) -> None:
        screen = self._screen
        told = event.error.findings if event.error is not None else []
        reasons = [f"第 {found.row} 行：{found.text}" if found.row else found.text for found in told]
        shown = reasons[:10]
        more = [f"其余 {len(reasons) - 10} 条见清册中带 ! 的记录。"] if len(reasons) > 10 else []
        await screen.tell("中心没有受理", [event.sentence, *([""] if shown else []), *shown, *more])
        screen.status(self.REFUSED, kind="error")
