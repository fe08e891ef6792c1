"""Checked rows into the roster, wherever they come from: a file or the clipboard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from client.errors import ClientError
from screens.roster_model import money_text
from tui.progress import in_thread

if TYPE_CHECKING:
    from domain.business import RowCheck, Source
    from screens.roster_screen import RosterScreen


class Cancelled(Exception):
    """The person broke the work off."""


async def take_rows(
    screen: RosterScreen,
    rows: Iterable[tuple[int, Mapping[str, str], RowCheck]],
    total: int,
    source: Source,
    word: str,
    *,
    left: int = 0,
) -> bool:
    """Append `total` rows (row number, texts, check) in one step and tell; False when nothing was appended.

    `word` is what is done: 导入 or 粘贴; `left` says how many rows were left out.
    """
    desk = screen.desk
    anew = not screen.with_form
    if anew and not await may_replace(screen, word):
        return False
    say, stop = screen.shell.progress.say, list[bool]()

    def progress(done: int) -> None:
        if stop:
            raise Cancelled
        say(f"正在{word} {done}/{total} 行")

    try:
        count = await screen.busy(
            f"正在{word}…",
            desk.service.import_rows,
            rows,
            source=source,
            anew=anew,
            progress=progress,
            on_cancel=lambda: stop.append(True),
        )
    except Cancelled:
        screen.status(f"已停止{word}，清册没有改动。", kind="warning")
        return False
    except ClientError as error:
        screen.status(error.sentence, kind="error", beep=True)
        return False
    await screen.returned(None)
    await tell_totals(screen, f"{word}成功 {count} 条" + (f"（另 {left} 行没有追加）" if left else ""))
    return True


async def tell_totals(screen: RosterScreen, done: str) -> None:
    """Say what was done and what the roster comes to now."""
    desk = screen.desk
    sums = await in_thread(desk.store.totals, desk.service.roster_id)
    if sums.bad:
        # The totals stand below the rows; what is to be done must not be cut off behind them.
        screen.status(f"{done}，有 {sums.bad} 条与清册重复或有错误，按 F8 查看。", kind="warning")
        return
    words = screen.words(screen.state.profile)
    amount = f"，{words.amount} {money_text(sums.amount)} 元" if words.amount else ""
    screen.status(f"{done}：{words.count} {sums.good}{amount}。", kind="good")


async def may_replace(screen: RosterScreen, word: str) -> bool:
    """A batch roster holds one file: importing again replaces it (I-08)."""
    desk = screen.desk
    count = await in_thread(desk.store.count, desk.service.roster_id)
    if not count:
        return True
    lines = [
        f"清册中已有 {count} 条尚未发送的记录，重新{word}将替换它们（可以按 Ctrl+U 撤销）。",
        f"确认重新{word}吗？",
    ]
    if await screen.ask(f"重新{word}", lines, [("y", "是"), ("n", "否")], cancel="n") != "y":
        screen.status(f"没有{word}，清册没有改动。")
        return False
    return True
