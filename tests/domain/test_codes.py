from __future__ import annotations

import pytest

from domain.codes import TITLES, CodeTable, read_table, table


@pytest.mark.parametrize("name", sorted(TITLES))
def test_every_table_can_be_read_and_every_entry_found_again(name: str) -> None:
    codes = table(name)
    assert codes.items()
    for code, label in codes.items():
        assert codes.label(code) == label
        assert codes.display(code) == (label if name == "fund_type" else f"{code} {label}")
        assert code in codes
        for typed in (code, label, f"{code} {label}", f"{code}-{label}", f" {code}　{label} "):
            assert codes.parse(typed) == code


@pytest.mark.parametrize(
    ("name", "code", "label"),
    [
        ("id_type", "01", "身份证"),
        ("id_type", "99", "其他"),
        ("unit_status", "03", "缓缴"),
        ("account_status", "01", "正常"),
        ("account_status", "04", "外部转出销户"),
        ("business_type", "10", "基数调整"),
        ("gender", "2", "女"),
        ("marriage", "40", "离婚"),
        ("occupation", "54", "个体经营者"),
        ("education", "21", "大学本科毕业"),
        ("education", "28", "大学普通班毕业"),
        ("title", "080", "工程技术人员"),
        ("title", "133", "会计师"),
        ("duty", "001A", "书记"),
        ("fund_type", "general", "一般公积金"),
    ],
)
def test_entries_of_the_standards(name: str, code: str, label: str) -> None:
    assert table(name).label(code) == label


def test_the_codes_have_the_form_of_their_standard() -> None:
    lengths = {"title": 3, "duty": 4, "education": 2, "marriage": 2, "occupation": 2, "gender": 1}
    for name, length in lengths.items():
        assert {len(code) for code, _label in table(name).items()} == {length}
    for name in ("duty", "education", "marriage", "occupation", "title"):
        last_code, last_label = table(name).items()[-1]
        assert last_code.startswith("9")
        assert last_label in ("其他", "未说明", "无职称或其他")


@pytest.mark.parametrize(
    ("name", "typed", "code"),
    [
        ("duty", "001a", "001A"),
        ("duty", "001a 书记", "001A"),
        ("fund_type", "GENERAL", "general"),
        ("marriage", "20—已婚", "20"),
        ("marriage", "20：已婚", "20"),
        ("marriage", "已婚20", None),
        ("marriage", "10 已婚", None),  # code and name disagree
        ("marriage", "2", None),
        ("marriage", "020", None),
        ("marriage", "", None),
        ("marriage", "  ", None),
        ("marriage", "-", None),
        ("marriage", "20 ", "20"),
        ("marriage", "20 不详", None),
        ("marriage", "２０", None),
        ("occupation", "退（离）休", "80"),
        ("occupation", "80 退（离）休", "80"),
        ("title", "讲师（高校）", "013"),
        ("education", "\x1b[31m", None),
    ],
)
def test_what_a_cell_means(name: str, typed: str, code: str | None) -> None:
    assert table(name).parse(typed) == code


def test_an_unknown_code_stays_visible() -> None:
    assert table("marriage").label("77") == "77"
    assert table("marriage").display("77") == "77"
    assert "77" not in table("marriage")


def test_an_unknown_table_is_a_fault_of_the_caller() -> None:
    with pytest.raises(KeyError):
        table("../money")


def test_a_table_is_read_once() -> None:
    assert table("gender") is table("gender")


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([], None),
        (["code\tname", "", "1\t甲", "\t"], None),
        (["名称\t代码", "1\t甲"], "line 1"),
        (["code\tname", "1"], "line 2"),
        (["code\tname", "1\t甲\t乙\t丙"], "line 2"),
        (["code\tname\taliases", "1\t甲\t丙/丁", "2\t乙\t丁"], "not of one code"),
        (["code\tname\taliases", "1\t甲\t乙", "2\t乙"], "not of one code"),
        (["code\tname", "1\t "], "line 2"),
        (["code\tname", "1\t甲", "1\t乙"], "twice"),
        (["code\tname", "1\t甲", "2\t甲"], "twice"),
        (["code\tname", "1\t甲(乙)", "2\t甲（乙）"], "twice"),
    ],
)
def test_an_edited_table_is_checked(lines: list[str], fault: str | None) -> None:
    if fault is None:
        assert isinstance(read_table("own", "自编", lines), CodeTable)
    else:
        with pytest.raises(ValueError, match=fault):
            read_table("own", "自编", lines)


def test_everyday_words_are_understood_and_never_shown() -> None:
    education = table("education")
    assert education.parse("本科") == education.parse("大学本科") == "20"
    assert education.display("20") == "20 大学本科教育"
    assert table("title").parse("无") == "999"
    assert table("duty").parse("职员") == "990C"
