"""All businesses by id, and their screens. Imports nothing: it is read before the first paint."""

from __future__ import annotations

from dataclasses import dataclass


class BusinessOff(LookupError):
    """The center does not offer a business; `text` is one Chinese sentence."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Entry:
    """A business: the module with `declare(profile)`, and its common name for where a center has none."""

    module: str
    name: str


BUSINESSES: dict[str, Entry] = {
    "open": Entry("domain.businesses.opening", "登记"),
    "seal": Entry("domain.businesses.seal", "封存"),
    "unseal": Entry("domain.businesses.unseal", "启封"),
    "transfer_out": Entry("domain.businesses.transfer_out", "本市转移"),
    "transfer_in": Entry("domain.businesses.transfer_in", "内部转移"),
    "merge": Entry("domain.businesses.merge", "个人账户合并"),
    "zero_close": Entry("domain.businesses.zero_close", "零余额销户"),
    "unit_change": Entry("domain.businesses.unit_change", "单位信息变更"),
    "person_change": Entry("domain.businesses.person_change", "缴存人信息变更"),
    "base_adjust": Entry("domain.businesses.adjust", "基数调整"),
    "annual": Entry("domain.businesses.annual", "年度核定"),
    "makeup": Entry("domain.businesses.makeup", "补缴"),
    "makeup_change": Entry("domain.businesses.makeup_change", "补缴修改"),
    "makeup_cancel": Entry("domain.businesses.makeup_cancel", "补缴取消"),
    "makeup_missed": Entry("domain.businesses.makeup_missed", "漏缴补缴"),
    "makeup_short": Entry("domain.businesses.makeup_short", "少缴补缴"),
    "remit": Entry("domain.businesses.remit", "汇缴核定"),
    "remit_cancel": Entry("domain.businesses.remit_cancel", "取消汇缴核定"),
    "allocate": Entry("domain.businesses.allocate", "汇缴分配"),
}
"""Business id -> what declares it; the ids are the fields of `domain.profile.Businesses`."""

SCREEN_KINDS = ("business", "batch", "query")
"""A screen of a business is named "business:seal", "batch:seal" or "query:seal"."""


def business_of(screen: str) -> str:
    """The business behind a screen's name, "" for a screen that belongs to none."""
    kind, _, name = screen.partition(":")
    return name if kind in SCREEN_KINDS else ""
