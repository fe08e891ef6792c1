"""From what was taken of a comparison to the draft rosters: reasons, confirmation, where the rosters are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from domain.money import format_yuan_grouped
from domain.reconcile import FILED
from screens.payroll_model import kind_words

if TYPE_CHECKING:
    from client.payroll import Made, PayrollDesk, Plan
    from domain.profile import Profile
    from screens.app import AppScreen
    from screens.payroll_model import PayrollModel

ONE_BY_ONE: Final = "不在这里选，在清册中逐人填写"
STAY: Final = "留在本画面"


async def make_drafts(screen: AppScreen, desk: PayrollDesk, plan: Plan, model: PayrollModel) -> None:
    """Confirm and put what was taken into the rosters; then one of them may be opened."""
    taken = model.proposals()
    if not taken:
        screen.status("没有列入的行，请用空格键选定后再生成清册。", kind="warning", beep=True)
        return
    counts = {name: sum(one.kind == name for one in taken) for name in FILED}
    reasons: dict[str, str] = {}
    for name in FILED:
        if counts[name]:
            reason = await _reason(screen, desk, name, counts[name])
            if reason is None:
                screen.status("没有生成清册。")
                return
            reasons[name] = reason
    lines = _question(screen.state.profile, plan, model, counts)
    if await screen.ask("生成清册", lines, [("y", "确定"), ("n", "取消")], cancel="n") != "y":
        screen.status("没有生成清册。")
        return
    made = await screen.busy("正在生成清册…", desk.make, taken, reasons)
    await _told(screen, made)


async def _reason(screen: AppScreen, desk: PayrollDesk, name: str, count: int) -> str | None:
    """The reason for everybody of a business; "" for none here, None when the person gave up."""
    reasons = desk.reasons(name)
    if not reasons:
        return ""
    title = screen.state.profile.business_title(name)
    rows = [f"{code} {words}" for code, words in reasons]
    at = await screen.choose(f"{title}的原因", [*rows, ONE_BY_ONE], [f"{count} 人都用这个原因："])
    return None if at is None else reasons[at][0] if at < len(reasons) else ""


def _question(profile: Profile, plan: Plan, model: PayrollModel, counts: dict[str, int]) -> list[str]:
    words = kind_words(profile)
    now, last = model.columns_now.now, model.columns_now.last
    lines = ["，".join(f"{words[name]} {count} 人" for name, count in counts.items() if count) + "。"]
    lines.append(f"办理后本月 {now.people} 人，{format_yuan_grouped(now.money)} 元。")
    if last.people and counts["seal"] * 2 > last.people:
        lines.append(
            f"在缴 {last.people} 人中要{words['seal']} {counts['seal']} 人，请确认这是全单位的工资表。"
        )
    doubts = plan.comparison.count("check")
    if doubts:
        lines.append(f"另有 {doubts} 行要核对的没有列入。")
    return [*lines, "放进各业务的清册，提交前可以修改、删除。确定吗？"]


async def _told(screen: AppScreen, made: list[Made]) -> None:
    """Say which rosters the rows stand in, and open one of them."""
    profile = screen.state.profile
    rows = [_line(profile, one) for one in made]
    chosen = await screen.choose("清册已生成，打开哪一张", [*rows, STAY], (), 0)
    added = sum(one.added for one in made)
    present = sum(one.present for one in made)
    more = f"，{present} 人原来就在清册中" if present else ""
    screen.status(f"已放进清册 {added} 人{more}；请到各业务核对后提交。", kind="good")
    if chosen is not None and chosen < len(made):
        await screen.shell.open_screen(f"business:{made[chosen].business}")


def _line(profile: Profile, one: Made) -> str:
    code = next((m.code for m in profile.home.modules if f"business:{one.business}" in m.screens), "")
    more = f"，原已有 {one.present} 条" if one.present else ""
    faulty = f"，{one.faulty} 条要补充或改正" if one.faulty else ""
    where = f"（交易码{code}）" if code else ""
    return f"{profile.queue_of(one.business).title} {one.title}{where}：放入 {one.added} 条{more}{faulty}"
