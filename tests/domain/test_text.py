from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.text import (
    cell_width,
    clean_cell,
    han_count,
    has_full_width,
    is_han,
    name_problem,
    safe_text,
    to_half_width,
)

# st.text() leaves lone surrogates out; foreign text may hold them.
ANY_TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from("\x1b\u202e\u0301\ufe0f\ud800"))
RARE = "\U00020bb7\U0002a6de\U0002ebf0\U00031350\U000323b0"  # planes 2 and 3, some newer than the tables


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("张三", "张三"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        (RARE, RARE),
        ("[bold red]张三[/] [@click=app.quit]x[/]", "[bold red]张三[/] [@click=app.quit]x[/]"),
        ("\x1b[31m红", "<ESC>[31m红"),
        ("\x1b]52;c;aGFjaw==\x07", "<ESC>]52;c;aGFjaw==<U+0007>"),
        ("\x1b]8;;http://x\x1b\\链接\x1b]8;;\x1b\\", "<ESC>]8;;http://x<ESC>\\链接<ESC>]8;;<ESC>\\"),
        ("\x9b31m", "<U+009B>31m"),
        ("a\x00b\x7fc\x08", "a<U+0000>b<U+007F>c<U+0008>"),
        ("甲\u202e乙\u2066丙", "甲<U+202E>乙<U+2066>丙"),
        ("张\u200b三\ufeff", "张<U+200B>三<U+FEFF>"),
        ("a\u200db", "a<U+200D>b"),
        ("葛\U000e0100", "葛<U+E0100>"),
        ("☺\ufe0f", "☺<U+FE0F>"),
        ("字\ue863", "字<U+E863>"),
        ("x\U0010ffff", "x<U+10FFFF>"),
        ("x\U000e0041", "x<U+E0041>"),
        ("x\u0378", "x<U+0378>"),
        ("x\ud800y", "x<U+D800>y"),
        ("\u3164\u115f\u2800", "<U+3164><U+115F><U+2800>"),
        ("一\n二\r\n三\t四\r五", "一 二 三 四 五"),
        ("\u2028\u2029", "<U+2028><U+2029>"),
        ("a\u00a0b\u2003c\u3000d", "a b c\u3000d"),
        ("e\u0301", "e\u0301"),
        ("e\u0301\u0302\u0303\u0304", "e\u0301\u0302"),
        ("\u0301x", "<U+0301>x"),
        ("\n\u0301", " <U+0301>"),
        ("\x1b\u0301\u0301", "<ESC><U+0301><U+0301>"),
        ("", ""),
    ],
)
def test_what_is_shown_for_a_hostile_text(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_a_flood_of_marks_is_cut_quickly() -> None:
    assert safe_text("z" + "\u0336" * 100_000 + "!") == "z\u0336\u0336!"


@given(ANY_TEXT)
@example("\u302a\u302b")
@example("\u00ad")
@example("\ufff9")
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    shown = safe_text(text)
    marks = 0
    for char in shown:
        category = unicodedata.category(char)
        assert is_han(char) or category not in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn")
        assert not "\ufe00" <= char <= "\ufe0f"
        marks = marks + 1 if category in ("Mn", "Me") else 0
        assert marks <= 2
    assert safe_text(shown) == shown
    shown.encode("utf-8")


@given(ANY_TEXT, st.integers(2, 40))
def test_a_limited_text_is_the_start_of_the_whole(text: str, limit: int) -> None:
    whole, short = safe_text(text), safe_text(text, limit=limit)
    assert len(short) <= limit
    if len(whole) <= limit:
        assert short == whole
    else:
        assert short.endswith("..")
        assert whole.startswith(short[:-2])
        if "<" not in text and ">" not in text:
            assert short.count("<") == short.count(">")


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("一二三四五", 5, "一二三四五"),
        ("一二三四五六", 5, "一二三.."),
        ("ab\u202ecd", 6, "ab.."),
        ("ab\u202ecd", 11, "ab.."),
        ("ab\u202ecd", 12, "ab<U+202E>cd"),
        ("abcdef", 1, "a"),
        ("abcdef", 0, ""),
        ("x" * 1_000_000, 4, "xx.."),
    ],
)
def test_a_token_is_never_cut_in_the_middle(text: str, limit: int, shown: str) -> None:
    assert safe_text(text, limit=limit) == shown


# ---- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "张三",
        "欧阳娜娜",
        "阿依古丽·买买提·热合曼",
        "〇一",
        "\u9fff\u3400" + RARE,
        "Li Ming",
        "José Núñez",
        "Nguyễn Văn",
        "张 三",
        "王" * 60,
    ],
)
def test_names_of_people_are_accepted(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name.empty"),
        ("张\x1b[31m三", "name.control"),
        ("张三\x1b]52;c;aGk=\x07", "name.control"),
        ("张\x9b三", "name.control"),
        ("张\n三", "name.control"),
        ("张\t三", "name.control"),
        ("张\u2028三", "name.control"),
        ("张\u202e三", "name.bidi"),
        ("\u2067张三", "name.bidi"),
        ("张\u200b三", "name.zero_width"),
        ("张三\ufeff", "name.zero_width"),
        ("张\u200d三", "name.zero_width"),
        ("葛\U000e0100", "name.hidden"),
        ("张\ufe0f", "name.hidden"),
        ("张\u0301", "name.hidden"),
        ("e\u0336\u0336\u0336", "name.hidden"),
        ("张\u3164", "name.hidden"),
        ("张\u0378", "name.hidden"),
        ("张\ud800", "name.hidden"),
        ("张\ue863", "name.private_use"),
        ("张\U000f0000", "name.private_use"),
        ("阿依古丽•买买提", "name.dot"),
        ("阿依古丽・买买提", "name.dot"),
        ("阿依古丽.买买提", "name.dot"),
        ("阿依古丽．买买提", "name.dot"),
        ("·张三", "name.dot"),
        ("张三·", "name.dot"),
        ("张··三", "name.dot"),
        ("张3", "name.digit"),
        ("张３", "name.digit"),
        ("张\U0001d7d9", "name.digit"),
        ("Ｌｉ", "name.full_width"),
        ("张\u3000三", "name.full_width"),
        ("张\u00a0三", "name.full_width"),
        (" 张三", "name.blank"),
        ("张三 ", "name.blank"),
        ("张  三", "name.blank"),
        ("[@click=app.quit]x[/]", "name.character"),
        ("=cmd", "name.character"),
        ("张三'--", "name.character"),
        ("张%三", "name.character"),
        ("\u2f00", "name.character"),
        ("Иван", "name.character"),
        ("\u0430", "name.character"),
        ("\u2163", "name.character"),
        ("张🙂", "name.character"),
        ("Jose\u0301", "name.not_normal"),
        ("\uf900", "name.not_normal"),
        ("\U0002f800", "name.not_normal"),
        ("王" * 61, "name.too_long"),
    ],
)
def test_every_fault_of_a_name_has_its_code(name: str, code: str) -> None:
    problem = name_problem(name)
    assert problem is not None
    assert problem[0] == code
    assert problem[1].endswith("。")
    assert safe_text(problem[1]) == problem[1]


def test_the_sentence_proposes_the_cure() -> None:
    assert "“·”" in (name_problem("阿依古丽•买买提") or ("", ""))[1]
    assert "José" in (name_problem("Jose\u0301") or ("", ""))[1]
    assert "一" in (name_problem("\u2f00") or ("", ""))[1]
    assert "<ESC>" in (name_problem("\x1b[0m") or ("", ""))[1]


@given(ANY_TEXT)
def test_an_accepted_name_is_shown_as_it_is(name: str) -> None:
    if name_problem(name) is None:
        assert safe_text(name) == name
        assert clean_cell(name) == name
        assert unicodedata.normalize("NFC", name) == name
        assert len(name) <= 60


# ---- cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  张三  ", "张三"),
        ("\ufeff110105\u200b", "110105"),
        ("\u00a0\u30008000\r\n", "8000"),
        ("张 三", "张 三"),
        ("\u2003\u202f\u205f", ""),
        ("\x1b", "\x1b"),
    ],
)
def test_blanks_are_taken_off_the_ends_only(text: str, cleaned: str) -> None:
    assert clean_cell(text) == cleaned


def test_full_width_forms() -> None:
    assert to_half_width("１２３ＡＢｘ，．（）　％") == "123ABx,.() %"
    assert to_half_width("张三·𠮷。、“”￥") == "张三·𠮷。、“”￥"
    assert has_full_width("1２3")
    assert has_full_width("a\u3000b")
    assert not has_full_width("张三 123。")


@given(ANY_TEXT)
def test_half_width_text_has_no_full_width_left(text: str) -> None:
    assert not has_full_width(to_half_width(text))
    assert has_full_width(text) == (to_half_width(text) != text)


def test_ideographs_are_counted_in_all_planes() -> None:
    assert han_count("阿依古丽·买买提 A1") == 7
    assert han_count(RARE) == len(RARE) == 5
    assert han_count("〇") == 1
    assert han_count("あカ한，") == 0


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("abc", 3),
        ("张三", 4),
        ("阿·买", 5),
        (RARE, 10),
        ("e\u0301", 1),
        ("１a", 3),
        ("…", 1),
        ("─│", 2),
        ("🙂", 2),
        ("a\x1bb", 2),
        ("\u1112\u1161\u11ab", 2),
        ("ｱ", 1),
    ],
)
def test_cells_taken_on_a_terminal(text: str, width: int) -> None:
    assert cell_width(text) == width
