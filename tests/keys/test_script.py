"""Key scripts are read as they are written, and counted as they are struck."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.profile import load_profile
from tests.keys.script import HAN_KEYS, NAMED, Key, ScriptError, read, scripts
from tui.keymap import FORBIDDEN
from tui.keyparser import keys_of

TEXT = """
# 一句说明
profile: shaanxi
start: roster
budget: 30
see: 9500.00
people:
  甲
  乙 base=7000
keys:
  <ctrl+f>{乙.id:-4}<enter>
  # 说明
  {甲}<down*2>
  paste: a\\tb\\nc
roster:
  甲 base=8000.00
"""


@dataclass(frozen=True)
class Somebody:
    name: str = "张三丰"
    id_number: str = "110101199003070011"
    mobile: str = "13800138000"


def written(folder: Path, text: str) -> Path:
    path = folder / "one.keys"
    path.write_text(text, "utf-8")
    return path


def test_a_script_is_read_struck_and_counted(tmp_path: Path) -> None:
    script = read(written(tmp_path, TEXT))
    assert (script.profile, script.start, script.budget, script.back) == ("shaanxi", "roster", 30, 1)
    assert [(row.who, dict(row.cells)) for row in script.people] == [("甲", {}), ("乙", {"base": "7000"})]
    assert script.named == ["甲", "乙"]
    struck = script.struck({"甲": Somebody(), "乙": Somebody()}, {})
    assert struck[:6] == [Key("\x06", 2), *(Key(digit, 1) for digit in "0011"), Key("\r", 1)]
    assert [key.strokes for key in struck[6:]] == [HAN_KEYS] * 3 + [1, 1, 2]
    assert struck[-1] == Key("\x1b[200~a\tb\rc\x1b[201~", 2)


@pytest.mark.parametrize("line", ["keysx:", "  8000", "profil: shaanxi"])
def test_what_is_no_script_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ScriptError):
        read(written(tmp_path, f"{line}\n{TEXT}"))


def test_the_scripts_use_keys_that_arrive_as_named() -> None:
    """What a named key sends is that key to the program; none is one that some terminal swallows."""
    other = {"esc": "escape", "bs": "backspace", "del": "delete", "ins": "insert"}
    other |= {"pgup": "pageup", "pgdn": "pagedown", "ctrl+i": "tab", "ctrl+m": "enter"}
    text = "\n".join(line for script in scripts() for line in script.keys)
    used = set(re.findall(r"<([a-z0-9+]+)(?:\*\d+)?>", text))
    assert used <= {*NAMED}
    for name in used:
        assert list(keys_of(NAMED[name].encode())) == [other.get(name, name)]
        assert name == "space" or name not in FORBIDDEN


def test_every_center_has_its_scripts() -> None:
    known = scripts()
    assert len({script.name for script in known}) == len(known) >= 20
    for profile in ("baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi"):
        names = {script.name for script in known if script.profile == profile}
        assert {f"register_{profile}", f"register_three_{profile}"} <= names
        offered = load_profile(profile).offered()
        wanted = {"seal": "seal", "base_adjust": "change_base"}
        assert {f"{name}_{profile}" for business, name in wanted.items() if business in offered} <= names
    budgets = {script.name.rpartition("_")[0]: script.budget for script in known}
    assert budgets["seal"] <= 9 and budgets["change_base"] <= 3 * 15 + 2
