"""What every measured entry program shows: three fields over a roster of 500 people, seven columns."""

from __future__ import annotations

FIELDS = ("姓名", "证件号码", "缴存基数")
TITLES = ("姓名", "证件号码", "缴存基数", "比例", "类型", "调整", "月缴存额")
WIDTHS = (12, 18, 12, 5, 10, 10, 12)
COUNT = 500
READY = "职工000001"
"""Stands on the screen of every entry program once it is drawn."""


def row(index: int) -> tuple[str, ...]:
    """The cells of one person."""
    number = f"110101199{index % 10}0307{index % 1000:03}X"
    return (
        f"职工{index:06}",
        number,
        f"{8000 + index}.00",
        "12",
        "身份证",
        "",
        f"{(8000 + index) * 24 // 100}.00",
    )


def line(index: int) -> str:
    """One person as a line of text with the columns in place."""
    from domain.text import cell_width

    cells = zip(row(index), WIDTHS, strict=True)
    return "  ".join(text + " " * (width - cell_width(text)) for text, width in cells)


def heading() -> str:
    """The titles over the lines."""
    from domain.text import cell_width

    return "  ".join(t + " " * (width - cell_width(t)) for t, width in zip(TITLES, WIDTHS, strict=True))


TITLE = "职工登记"
KEY_BAR = "F5校验 F6查询 F12返回"
DIALOG = ("提交", ("总人数：3 人", "总月缴存额：5,760.00 元", "确认提交吗？"), "Y 是    N 否")
"""Title, lines and answers of the dialog that F5 opens and "n" closes."""
OTHER_TITLE = "缴存查询"
OTHER_FIRST = 250
"""The other screen, which F6 opens and leaves, shows the people from this one on."""
