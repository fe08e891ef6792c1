"""What terminals send for every key, in one piece and in many, and what becomes of it.

The tables are what the terminals' sources and terminfo entries say: PuTTY `terminal.c`
(format_function_key, format_arrow_key, format_small_keypad_key), xterm ctlseqs, tmux and screen
`infocmp tmux/screen`, the Linux console `infocmp linux`, rxvt `infocmp rxvt-unicode`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import constants, events

from tui.keymap import FUNCTION_DIGITS, Keymap, refusal
from tui.keyparser import SEQUENCE_SECONDS, UNKNOWN_KEY, KeyParser, decoder, keys_of

F_KEYS = tuple(f"f{n}" for n in range(1, 13))
TILDE = (11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24)
PLACES = ("up", "down", "right", "left")
EDITING = ("home", "insert", "delete", "end", "pageup", "pagedown")
VT220 = dict(zip(EDITING, (f"\x1b[{n}~" for n in range(1, 7)), strict=True))
PC = {**VT220, "home": "\x1b[H", "end": "\x1b[F"}
BASIC = {"enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "escape": "\x1b"}
KEYPAD = {char: char for char in "0123456789.+-*/"}
NAMED = {"+": "plus", "-": "minus", "*": "asterisk", ".": "full_stop", "/": "slash"}


def tilde(first: str, count: int) -> dict[str, str]:
    """F1 to F12 in the VT220's way, the first `count` as `first` and a letter from A or P."""
    letter = "P" if first.endswith("O") else "A"
    return {
        key: f"{first}{chr(ord(letter) + at)}" if at < count else f"\x1b[{number}~"
        for at, (key, number) in enumerate(zip(F_KEYS, TILDE, strict=True))
    }


def arrows(first: str) -> dict[str, str]:
    return {key: first + letter for key, letter in zip(PLACES, "ABCD", strict=True)}


NORMAL, APPLICATION = arrows("\x1b["), arrows("\x1bO")
TERMINALS: dict[str, dict[str, str]] = {
    "PuTTY, ESC[n~": {**BASIC, **tilde("", 0), **NORMAL, **VT220, **KEYPAD, "backspace": "\x7f"},
    "PuTTY, Linux": {**BASIC, **tilde("\x1b[[", 5), **NORMAL, **VT220, **KEYPAD, "backspace": "\x7f"},
    "PuTTY, Xterm R6": {**BASIC, **tilde("\x1bO", 4), **NORMAL, **VT220, **KEYPAD, "backspace": "\x7f"},
    "PuTTY, VT400": {**BASIC, **tilde("", 0), **NORMAL, **VT220, "backspace": "\x7f"},
    "PuTTY, rxvt Home and End, backspace ^H": {
        **BASIC, **tilde("", 0), **NORMAL, **VT220, "home": "\x1b[H", "end": "\x1bOw", "backspace": "\x08",
    },
    "PuTTY, cursor keys in application mode": {**BASIC, **tilde("", 0), **APPLICATION, **VT220},
    "xterm": {
        **BASIC, **tilde("\x1bO", 4), **NORMAL, **PC, **KEYPAD, "backspace": "\x7f",
        "ctrl+home": "\x1b[1;5H", "ctrl+end": "\x1b[1;5F",
    },
    "xterm, application mode": {
        **BASIC, **tilde("\x1bO", 4), **APPLICATION, **PC, "home": "\x1bOH", "end": "\x1bOF",
        "enter": "\x1bOM", "+": "\x1bOk", "-": "\x1bOm", "*": "\x1bOj", ".": "\x1bOn", "/": "\x1bOo",
        **{str(n): f"\x1bO{chr(ord('p') + n)}" for n in range(10) if n != 7},
    },
    "tmux": {
        **BASIC, **tilde("\x1bO", 4), **NORMAL, **VT220, **KEYPAD, "backspace": "\x7f",
        "ctrl+home": "\x1b[1;5H", "ctrl+end": "\x1b[1;5F",
    },
    "tmux, cursor keys in application mode": {**BASIC, **tilde("\x1bO", 4), **APPLICATION, **VT220},
    "screen": {**BASIC, **tilde("\x1bO", 4), **NORMAL, **VT220, **KEYPAD, "backspace": "\x7f"},
    "Linux console": {**BASIC, **tilde("\x1b[[", 5), **NORMAL, **VT220, **KEYPAD, "backspace": "\x7f"},
    "rxvt": {
        **BASIC, **tilde("", 0), **NORMAL, **VT220, **KEYPAD, "backspace": "\x7f",
        "home": "\x1b[7~", "end": "\x1b[8~", "ctrl+home": "\x1b[7^", "ctrl+end": "\x1b[8^",
    },
}  # fmt: skip
PLACED = [(terminal, key) for terminal, keys in TERMINALS.items() for key in keys]

SCO = {f"f{n}": f"\x1b[{'MNOPQRSTUVWX'[n - 1]}" for n in range(1, 13)}
VT100_PLUS = {f"f{n}": f"\x1bO{'PQRSTUVWXYZ['[n - 1]}" for n in range(5, 13)}
UNSUPPORTED = {
    **{f"PuTTY SCO {key}": sent for key, sent in SCO.items()},
    **{f"PuTTY VT100+ {key}": sent for key, sent in VT100_PLUS.items() if sent != "\x1bOX"},
    "PuTTY SCO PgUp": "\x1b[I",
    "PuTTY SCO PgDn, keypad 5": "\x1b[G",
    "PuTTY SCO Ins": "\x1b[L",
    "keypad 5": "\x1b[E",
    "an unknown number": "\x1b[99~",
    "an unknown modifier": "\x1b[1;77X",
    "kitty": "\x1b[49;;20320:22909u",
    "kitty, a letter": "\x1b[97;5u",
    "modifyOtherKeys": "\x1b[27;5;49~",
}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def names(parts: list[bytes], pause: float = 0.0) -> list[str]:
    """The keys of some pieces with `pause` seconds after each, the rest given up at the end."""
    clock = Clock()
    parser, read = KeyParser(clock), decoder()
    found: list[events.Event] = []
    for part in parts:
        found += parser.feed(read.decode(part))
        clock.now += pause
        found += parser.tick()
    clock.now += 10
    found += parser.tick()
    return ["paste" if isinstance(event, events.Paste) else event.key for event in found]  # type: ignore[attr-defined]


def expected(key: str) -> list[str]:
    return [NAMED.get(key, key)]


# -- the tables ---


@pytest.mark.parametrize(("terminal", "key"), PLACED)
def test_every_key_of_every_terminal(terminal: str, key: str) -> None:
    sent = TERMINALS[terminal][key].encode()
    assert names([sent]) == expected(key)
    assert names([sent + b"7"]) == [*expected(key), "7"]


@pytest.mark.parametrize("terminal", TERMINALS)
@pytest.mark.parametrize("pause", [0.0, 0.9])
def test_a_key_in_pieces_is_the_same_key(terminal: str, pause: float) -> None:
    """Every cut of every sequence, and one byte at a time; `pause` in parts of the delay for Esc."""
    seconds = pause * constants.ESCAPE_DELAY
    for key, text in TERMINALS[terminal].items():
        sent = text.encode()
        for cut in range(1, len(sent)):
            assert names([sent[:cut], sent[cut:]], seconds) == expected(key), (key, cut)
        assert names([sent[at : at + 1] for at in range(len(sent))], seconds) == expected(key), key


@pytest.mark.parametrize("terminal", TERMINALS)
def test_all_keys_in_one_burst_keep_their_order(terminal: str) -> None:
    keys = {key: sent for key, sent in TERMINALS[terminal].items() if key != "escape"}
    burst = "".join(keys.values()).encode()
    assert list(keys_of(burst)) == [name for key in keys for name in expected(key)]
    assert names([burst[at : at + 3] for at in range(0, len(burst), 3)]) == list(keys_of(burst))


@pytest.mark.parametrize("what", UNSUPPORTED)
def test_an_unsupported_key_is_one_unknown_key_and_types_nothing(what: str) -> None:
    sent = UNSUPPORTED[what].encode()
    assert list(keys_of(sent + b"12")) == [UNKNOWN_KEY, "1", "2"]
    for cut in range(1, len(sent)):
        assert names([sent[:cut], sent[cut:] + b"3"]) == [UNKNOWN_KEY, "3"]
    assert Keymap.default().resolve("grid", UNKNOWN_KEY) is None


def test_what_shift_and_a_function_key_send_is_another_function_key() -> None:
    """PuTTY: Shift+F1 is F11, Shift+F2 is F12; the others are keys that nothing may be bound to."""
    shifted = (23, 24, 25, 26, 28, 29, 31, 32, 33, 34)
    found = list(keys_of("".join(f"\x1b[{n}~" for n in shifted).encode()))
    assert found == ["f11", "f12", *(f"f{n}" for n in range(13, 21))]
    assert all(refusal(key) for key in found[2:])
    assert all(refusal(f"{with_}+f{n}") for with_ in ("shift", "ctrl", "alt") for n in range(1, 13))


def test_ctrl_and_an_arrow_is_an_arrow_in_putty() -> None:
    assert list(keys_of(b"\x1bOA\x1bOB\x1bOC\x1bOD")) == list(PLACES)


def test_the_top_row_of_the_keypad_in_vt400_mode_is_f1_to_f4() -> None:
    """A reason not to choose that mode: the keypad's * would be F3 there."""
    assert list(keys_of(b"\x1bOP\x1bOQ\x1bOR\x1bOS")) == ["f1", "f2", "f3", "f4"]


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"\n", ["enter"]),
        (b"\x04\x06\x07\x10\x12\x15", ["ctrl+d", "ctrl+f", "ctrl+g", "ctrl+p", "ctrl+r", "ctrl+u"]),
        ("张·𠮷".encode(), ["张", "middle_dot", "𠮷"]),
        ("１２．".encode(), ["１", "２", "fullwidth_full_stop"]),
        (b"\x1b[3$9", ["shift+delete", "9"]),
        (b"\x1b[1;3A9", ["escape", "up", "9"]),
    ],
)
def test_other_keys(data: bytes, keys: list[str]) -> None:
    assert list(keys_of(data)) == keys


def test_the_keypads_keys_in_application_mode_are_typed_characters() -> None:
    parser = KeyParser()
    found = list(parser.feed("\x1bOk\x1bOm\x1bOj\x1bOn\x1bOq"))
    assert [event.character for event in found if isinstance(event, events.Key)] == ["+", "-", "*", ".", "1"]


@pytest.mark.parametrize("digit", FUNCTION_DIGITS)
def test_ctrl_g_and_its_digits_arrive_anywhere(digit: str) -> None:
    key = next(iter(keys_of(digit.encode())))
    assert list(keys_of(b"\x07" + digit.encode())) == ["ctrl+g", key]
    assert Keymap.default().resolve("grid", "ctrl+g") == "function_prefix"


# -- Esc ---


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"\x1b12\r", ["escape", "1", "2", "enter"]),
        (b"\x1bb\x1bf", ["escape", "b", "escape", "f"]),
        (b"\x1bX\x1bP\x1bO\x1b]\x1b[", ["escape", "X", "escape", "P", "escape", "O",
                                          "escape", "right_square_bracket",
                                          "escape", "left_square_bracket"]),
        (b"\x1b\x1b[21~", ["escape", "f10"]),
        (b"\x1b\r", ["escape", "enter"]),
        ("\x1b张\x1bO张\x1b[张".encode(), ["escape", "张", "escape", "O", "张",
                                          "escape", "left_square_bracket", "张"]),
        (b"\x1b\x1b\x1b1", ["escape", "escape", "escape", "1"]),
    ],
)  # fmt: skip
def test_esc_before_a_character_is_two_keys_and_never_alt(data: bytes, keys: list[str]) -> None:
    assert list(keys_of(data)) == keys
    assert names([data[at : at + 1] for at in range(len(data))]) == keys


def test_esc_alone_is_known_after_its_delay_and_a_broken_sequence_later() -> None:
    clock = Clock()
    parser = KeyParser(clock)
    assert list(parser.feed("\x1b")) == [] and parser.wait == pytest.approx(constants.ESCAPE_DELAY)
    clock.now += constants.ESCAPE_DELAY + 0.001
    assert [event.key for event in parser.tick() if isinstance(event, events.Key)] == ["escape"]
    assert parser.wait is None
    assert list(parser.feed("\x1b[2")) == []
    clock.now += SEQUENCE_SECONDS - 0.01
    assert list(parser.tick()) == []
    clock.now += 0.02
    assert [event.key for event in parser.tick() if isinstance(event, events.Key)] == [UNKNOWN_KEY]


# -- answers, pastes, other encodings ---


@pytest.mark.parametrize(
    "answer",
    [
        "\x1b[?1;2c", "\x1b[>0;136;0c", "\x1b[0n", "\x1b[12;40R", "\x1b[?2026;2$y", "\x1b[8;24;80t",
        "\x1b[<0;10;5M", "\x1b[?0u", "\x1b]11;rgb:0000/0000/0000\x07", "\x1b]52;c;5byg\x1b\\",
        "\x1bP>|xterm(370)\x1b\\", "\x1bP1+r544e=787465726d\x1b\\",
    ],
)  # fmt: skip
def test_answers_of_the_terminal_are_no_keys(answer: str) -> None:
    assert list(keys_of(answer.encode() + b"5")) == ["5"]
    assert names([answer.encode()[at : at + 1] for at in range(len(answer))]) == []


def test_a_paste_is_one_event_wherever_it_is_cut() -> None:
    data = "\x1b[200~张三\t8000\r\x1b[2李四\x1b\x00\r\x1b[201~x".encode()
    for cut in range(1, len(data)):
        clock = Clock()
        parser, read = KeyParser(clock), decoder()
        found: list[events.Event] = []
        for part in (data[:cut], data[cut:]):
            found += parser.feed(read.decode(part))
            clock.now += 5 if cut > 6 else 0
            found += parser.tick()
        texts = [event.text if isinstance(event, events.Paste) else event.key for event in found]  # type: ignore[attr-defined]
        assert texts == ["张三\t8000\r\x1b[2李四\x1b\r", "x"], cut


def test_a_large_paste_is_collected_in_linear_time() -> None:
    parser = KeyParser()
    list(parser.feed("\x1b[200~"))
    for _ in range(2000):
        list(parser.feed("9" * 4096))
    [paste] = parser.feed("\x1b[201~")
    assert isinstance(paste, events.Paste) and len(paste.text) == 2000 * 4096


def test_gbk_becomes_one_replacement_per_character_and_eats_its_second_byte() -> None:
    data = "张嘅".encode("gbk") + b"1"
    assert list(keys_of(data))[-1] == "1"
    assert len(list(keys_of("丂".encode("gbk") + b"1"))) == 2


# -- anything at all ---

anything = st.lists(
    st.one_of(
        st.sampled_from([s for keys in TERMINALS.values() for s in keys.values()]),
        st.sampled_from(list(UNSUPPORTED.values())),
        st.sampled_from(["\x1b[", "\x1bO", "\x1b]", "\x1bP", "\x1b[2", "\x1b[200~", "\x1b[201~"]),
        st.sampled_from(["[", "~", ";", "5", "\x07"]),
        st.text(max_size=3),
    ),
    max_size=12,
).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass"))  # fmt: skip


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return (data[a:b] for a, b in zip(edges, edges[1:], strict=False))


@given(anything, st.lists(st.integers(0, 200), max_size=6))
def test_pieces_never_change_the_keys(data: bytes, places: list[int]) -> None:
    """Whatever arrives is the same keys in one piece and in many, and nothing of a text is lost."""
    assert names(list(cut(data, places))) == names([data])


@given(st.text(alphabet=st.characters(exclude_characters="\x1b", exclude_categories=["Cs"]), max_size=50))
def test_text_without_esc_is_typed_as_it_is(text: str) -> None:
    parser = KeyParser()
    found = [event.character for event in parser.feed(text) if isinstance(event, events.Key)]
    assert found == ["\r" if char == "\n" else char for char in text]
