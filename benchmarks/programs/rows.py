"""The roster that every program of the benchmarks shows."""

from __future__ import annotations

COLUMNS = (
    ("姓名", 12),
    ("证件号码", 20),
    ("手机号码", 13),
    ("缴存基数", 12),
    ("单位月缴存额", 14),
    ("个人月缴存额", 14),
    ("合计月缴存额", 14),
)
ROWS = 500
FIELDS = ("姓名", "证件号码", "缴存基数")


def row(index: int) -> tuple[str, ...]:
    """Row `index` of the roster, one text a column."""
    base = 5000 + index % 900 * 10
    side = f"{base * 12 // 100}.00"
    name = "欧阳张王李赵"[index % 6] + "小明国强建华"[index % 5 :][:2]
    number = f"1101011990{index % 12 + 1:02}{index % 28 + 1:02}{index % 1000:03}X"
    return name, number, f"138{index:08}", f"{base}.00", side, side, f"{base * 24 // 100}.00"
