"""The transition table of cases: which act, by whom, leads from which state to which.

The table drives the clerks' acts, draws the flow chart and is tested as a graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

END = "done"


@dataclass(frozen=True, slots=True)
class Step:
    """One permitted act."""

    from_state: str
    action: str
    to_state: str
    role: str


STAFF_REVIEW: tuple[Step, ...] = (
    Step("", "submit", "pending", "agent"),
    Step("pending", "take", "processing", "clerk"),
    Step("processing", "approve", END, "clerk"),
    Step("processing", "refuse", END, "clerk"),
)
"""Review of a submission by the staff (O-09): 待确认, 处理中, then 成功 or 失败."""

STATE_TITLES: Mapping[str, str] = {"pending": "待处理", "processing": "处理中", END: "已办结"}
ACTION_TITLES: Mapping[str, str] = {"submit": "提交", "take": "受理", "approve": "通过", "refuse": "不通过"}


def step_for(state: str, action: str, role: str) -> Step | None:
    """The step an act means in a state, None when it is not permitted."""
    return next(
        (step for step in STAFF_REVIEW if (step.from_state, step.action, step.role) == (state, action, role)),
        None,
    )


def actions(state: str, role: str) -> list[str]:
    """What `role` may do in a state."""
    return [step.action for step in STAFF_REVIEW if step.from_state == state and step.role == role]
