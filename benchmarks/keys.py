"""What a key costs: bytes, time to the visible change and CPU, in our form and grid and in other toolkits."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks import peers as p
from benchmarks.figures import Figure, Matrix, middle
from benchmarks.peers import Peer
from benchmarks.timed_terminal import Cost, TimedTerminal, median_cost

COLUMNS, LINES = 120, 36
ROUNDS: Final = 2
REPEATS: Final = 3
HAN_TEXT, ASCII_TEXT, ID_NUMBER = "张三李四", "zhangsan", "11010519491231002X"
GOALS: Final = {
    p.CHAR: 32,
    p.HAN: 32,
    p.FIELD: 100,
    p.DOWN: 300,
    p.SCROLL: 300,
    p.PAGE: 1024,
    p.DIALOG: 900,
    p.SCREEN: 2560,
    p.BACK: 2560,
}
"""Bytes."""
SLOW_LINE, HOLD_KEYS, HOLD_RATE, LAG_GOAL = 8000, 30, 30.0, 100.0

LAGGING: Final = (p.OURS, p.CURSES, p.URWID, p.PTK)

Costs = dict[str, Cost]


def measure(say: Callable[[str], None]) -> list[Figure | Matrix]:
    """All programs in turn, round after round, so that a busy machine is busy for all of them."""
    rounds: dict[str, list[Costs]] = {}
    lags: dict[str, list[Cost]] = {}
    missing: list[str] = []
    with TemporaryDirectory() as name:
        everyone = p.peers(Path(name))
        for number in range(ROUNDS):
            for peer in everyone:
                if peer.missing:
                    missing += [peer.name] if number == 0 else []
                    continue
                say(f"每键：第 {number + 1}/{ROUNDS} 轮，{peer.name} …")
                try:
                    rounds.setdefault(peer.name, []).append(costs_of(peer))
                    if peer.name in LAGGING and number == 0:
                        lags.setdefault(peer.name, []).append(lag_of(peer))
                except AssertionError as error:
                    if peer.name == p.OURS:
                        raise
                    say(f"　{peer.name} 没有测到：{str(error).splitlines()[0]}")
    found = {name: _medians(each) for name, each in rounds.items()}
    lag = {name: median_cost(each) for name, each in lags.items()}
    return [*_matrices(found, missing), *_verdicts(found), *_lag_verdicts(lag)]


def _medians(rounds: list[Costs]) -> Costs:
    """The medians over the rounds, in the order of the table."""
    actions = [action for action in p.ACTIONS if any(action in each for each in rounds)]
    return {action: median_cost([each[action] for each in rounds if action in each]) for action in actions}


# ---- one program -----------------------------------------------------------------------------------------


def costs_of(peer: Peer) -> Costs:
    """Every action it can do."""
    began = time.perf_counter()
    with TimedTerminal(peer.argv, env=peer.env, columns=COLUMNS, rows=LINES) as terminal:
        terminal.wait_for(peer.ready, 30)
        terminal.wait_quiet(max(peer.quiet, 0.4), 30)
        found = {p.FIRST: Cost(terminal.received, terminal.changed_after(began), terminal.cpu())}

        def each(*keys: str) -> Cost:
            return median_cost([terminal.cost(key, peer.quiet) for key in keys])

        if peer.types:
            terminal.cost(peer.prepare, peer.quiet)
            found[p.CHAR] = each(*ASCII_TEXT)
            found[p.HAN] = each(*HAN_TEXT)
        bursts = []
        for at in range(2 if peer.fields else 1):
            if peer.fields:
                found[p.FIELD] = each("\t")
            if peer.types:
                bursts.append(terminal.cost(ID_NUMBER, peer.quiet))
            if at == 0:
                _screens(peer, each, found)
        if bursts:
            found[p.BURST] = median_cost(bursts)
        terminal.cost(peer.to_rows, peer.quiet)
        found[p.DOWN] = each(*[peer.down] * 6)
        terminal.send_keys([peer.down] * 34, 0.03)
        terminal.wait_quiet(max(peer.quiet, 0.4), 30)
        found[p.SCROLL] = each(*[peer.down] * 6)
        found[p.PAGE] = each(*[peer.page] * 4)
        return found


def _screens(peer: Peer, each: Callable[..., Cost], found: Costs) -> None:
    """Dialog and second screen; the first time, in which something may still be loaded, does not count."""
    if peer.dialog:
        pairs = [(each(peer.dialog), each(peer.close)) for _ in range(REPEATS + 1)]
        found[p.DIALOG] = median_cost([opened for opened, _ in pairs[1:]])
    if peer.other:
        pairs = [(each(peer.other), each(peer.back)) for _ in range(REPEATS + 1)]
        found[p.SCREEN] = median_cost([there for there, _ in pairs[1:]])
        found[p.BACK] = median_cost([back for _, back in pairs[1:]])


def lag_of(peer: Peer) -> Cost:
    """Down held for a second on a slow line: how long the picture runs on after the last key."""
    with TimedTerminal(
        peer.argv, env=peer.env, columns=COLUMNS, rows=LINES, bytes_per_second=SLOW_LINE
    ) as terminal:
        terminal.wait_for(peer.ready, 30)
        terminal.wait_quiet(0.5, 30)
        if peer.fields:
            for _ in range(3):
                terminal.send("\t")
                terminal.wait_quiet(0.3, 30)
        terminal.send_keys([peer.down] * 28, 0.05)
        terminal.wait_quiet(0.3, 60)
        terminal.forget()
        return terminal.hold(peer.down, HOLD_KEYS, HOLD_RATE, 0.5)


# ---- what is printed ---------------------------------------------------------------------------------------


def _matrices(found: dict[str, Costs], missing: list[str]) -> list[Matrix]:
    note = f"没有安装：{'、'.join(missing)}" if missing else ""

    def matrix(title: str, value: Callable[[Cost], float]) -> Matrix:
        cells = {
            name: {action: value(cost) for action, cost in costs.items()} for name, costs in found.items()
        }
        return Matrix(title, p.ACTIONS, cells, note)

    return [
        matrix("字节", lambda cost: cost.sent),
        matrix("到看得见为止，毫秒", lambda cost: cost.visible),
        matrix("处理器时间，毫秒", lambda cost: cost.cpu),
    ]


def _verdicts(found: dict[str, Costs]) -> list[Figure]:
    """The limits, and the goals beside the peers that could be measured."""
    ours, figures = found[p.OURS], []
    for action, goal in GOALS.items():
        figures.append(Figure(action, ours[action].sent, "字节", goal=goal))

    def beside(peer: str, action: str, goal: float, *, sent: bool) -> None:
        theirs = found.get(peer, {}).get(action)
        if theirs is None:
            return
        what, unit = (action, "字节") if sent else (f"{action}，到看得见", "毫秒")
        mine, other = (ours[action].sent, theirs.sent) if sent else (ours[action].visible, theirs.visible)
        figures.append(Figure(what, mine, unit, other, peer, goal, True))

    for action in (p.CHAR, p.HAN, p.BURST):
        beside(p.CURSES, action, 1, sent=True)
    for action in p.ACTIONS[:-1]:
        beside(p.PTK, action, 1, sent=False)
    for action in (p.SCREEN, p.BACK):
        beside(p.STOCK, action, 0.1, sent=True)
        beside(p.STOCK, action, 0.15, sent=False)
    if p.STOCK in found:
        mine, other = (
            middle([found[name][action].cpu for action in (p.CHAR, p.FIELD, p.DOWN)])
            for name in (p.OURS, p.STOCK)
        )
        figures.append(Figure("一键的处理器时间", mine, "毫秒", other, p.STOCK, 1, True))
    return figures


def _lag_verdicts(lag: dict[str, Cost]) -> list[Figure]:
    """Ours has the goal; the peers stand beside it."""
    what = f"{SLOW_LINE // 1000} KB/s 线路按住下键一秒后的滞后"
    ours = lag[p.OURS].visible
    figures = [Figure(what, ours, "毫秒", goal=LAG_GOAL)]
    return figures + [
        Figure("　同上，对照", ours, "毫秒", cost.visible, name)
        for name, cost in lag.items()
        if name != p.OURS
    ]
