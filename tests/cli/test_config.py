from __future__ import annotations

import re
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.config import ConfigError, config_path, load, parse
from client.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
HERE = Path("/somewhere/config.toml")


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, HERE)
    sentence = caught.value.text
    assert sentence.endswith("。") and sentence.count("。") == 1
    assert str(HERE) in sentence
    return sentence


def options(kind: type[Any] = Settings, prefix: str = "") -> list[str]:
    names: list[str] = []
    for item in fields(kind):
        default = item.default
        if is_dataclass(default):
            names += options(type(default), f"{item.name}.")
        elif item.name not in ("source", "keys"):
            names.append(prefix + item.name)
    return names


def uncommented() -> str:
    return re.sub(r"(?m)^# (?=[a-z_]+ = |\[)", "", EXAMPLE.read_text(encoding="utf-8"))


def test_the_example_as_it_stands_gives_the_defaults() -> None:
    settings = parse(EXAMPLE.read_text(encoding="utf-8"), HERE)
    assert settings == Settings(source=HERE)


def test_the_example_documents_every_option_with_its_default() -> None:
    given = tomllib.loads(uncommented())
    named = [f"{section}.{option}" for section, values in given.items() for option in values]
    assert sorted(name for name in named if not name.startswith("keys.")) == sorted(options())
    read, default = parse(uncommented(), HERE), Settings()
    for name in options():
        section, option = name.split(".")
        wanted = getattr(getattr(default, section), option)
        if wanted is not None:
            assert getattr(getattr(read, section), option) == wanted, name
    assert read.keys == {"grid": {"dup": ["*", "ctrl+d"]}}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[center]\nurll = "x"\n', 2, "没有“center.urll”这一项"),
        ('colour = "red"\n', 1, "没有“colour”这一项"),
        ("[centre]\n", 1, "没有“centre”这一项"),
        ("\n[center]\n\nurl = 8300\n", 4, "“center.url”应填文字"),
        ('[screen]\nsound = "yes"\n', 2, "“screen.sound”应填true 或 false"),
        ("[ukey]\ndemo = 1\n", 2, "“ukey.demo”应填true 或 false"),
        ("[ukey]\nidle_minutes = true\n", 2, "“ukey.idle_minutes”应填整数"),
        ("[ukey]\nidle_minutes = 0\n", 2, "“ukey.idle_minutes”应大于零"),
        ('[center]\nprofile = "beijing"\n', 2, "“center.profile”只能是"),
        ('[screen]\ncolours = "256"\n', 2, "“screen.colours”只能是"),
        ("[files]\ndata_dir = 5\n", 2, "“files.data_dir”应填路径"),
        ('[files]\ndata_dir = ""\n', 2, "“files.data_dir”应填路径"),
        ('files = "x"\n', 1, "应是一节 [files]"),
        ('keys = "x"\n', 1, "应是一节 [keys.画面]"),
        ('[keys]\ngrid = "x"\n', 2, "应是一节 [keys.grid]"),
        ("[keys.grid]\ndup = 7\n", 2, "应填键名"),
        ("[keys.grid]\n\ndup = [1]\n", 3, "应填键名"),
        ('[keys.nowhere]\ndup = "f7"\n', 1, "场合“nowhere”不存在"),
        ('[keys.grid]\n\nfoo = "f7"\n', 3, "动作“foo”不存在"),
        ('[keys.grid]\ndup = "*"\n[keys.form]\ndup = "alt+q"\n', 4, "收不到的键"),
        ('[keys.grid]\ndup = ["*", "+"]\n', 2, "请改掉一个"),
        ('[keys.grid]\nnegative = "-"\naccept_down = "*"\n', 3, "请改掉一个"),
        ("[keys.global]\naccept = []\n", 2, "请至少给它一个键"),
        ('center.url = "http://x"\nscreen.sound = 3\n', 2, "“screen.sound”"),
    ],
)
def test_what_does_not_belong_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    sentence = refused(text)
    assert f"第{line}行" in sentence
    assert words in sentence


@pytest.mark.parametrize(
    "text",
    [
        '[login]\npassword = "Sesame-1"\n',
        '[ukey]\npin = "Sesame-1"\n',
        '[ukey]\nuser_pin = "Sesame-1"\n',
        '[login]\n"密码" = "Sesame-1"\n',
    ],
)
def test_secrets_are_refused_and_never_repeated(text: str) -> None:
    sentence = refused(text)
    assert "不能写口令或PIN" in sentence
    assert "第2行" in sentence
    assert "Sesame" not in sentence


@pytest.mark.parametrize(
    ("text", "line"),
    [("[center\n", "第1行"), ('[center]\nurl = "x\n', "第2行"), ("[a]\n[a]\n", "第2行"), ("x", "")],
)
def test_broken_toml_is_refused_with_its_line(text: str, line: str) -> None:
    sentence = refused(text)
    assert "不合 TOML 语法" in sentence
    assert line in sentence


def test_paths_stand_relative_to_the_file_and_home() -> None:
    settings = parse('[files]\nin_dir = "in"\nout_dir = "~/out"\n[center]\nca_file = "/ca.pem"\n', HERE)
    assert settings.files.in_dir == HERE.parent / "in"
    assert settings.files.out_dir == Path.home() / "out"
    assert settings.center.ca_file == Path("/ca.pem")


def test_the_file_is_the_one_given_then_the_environments_then_the_users(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config_path() is None
    assert load() == Settings()
    own = home / "config" / "gjj" / "config.toml"
    own.parent.mkdir(parents=True)
    own.write_text('[center]\nprofile = "shanxi"\n', encoding="utf-8")
    assert load().center.profile == "shanxi"
    named = home / "named.toml"
    named.write_text('[center]\nprofile = "hangzhou"\n', encoding="utf-8")
    monkeypatch.setenv("GJJ_CONFIG", str(named))
    assert load().center.profile == "hangzhou"
    given = home / "given.toml"
    given.write_bytes(b"\xef\xbb\xbf[center]\nprofile = 'shaanxi'\n")
    assert load(given).center.profile == "shaanxi"
    assert load(given).source == given


def test_a_named_file_that_is_not_there_or_not_utf8_is_refused(home: Path) -> None:
    with pytest.raises(ConfigError, match="找不到配置文件"):
        load(home / "none.toml")
    bad = home / "gbk.toml"
    bad.write_bytes("# 中心\n".encode("gbk"))
    with pytest.raises(ConfigError, match="UTF-8"):
        load(bad)
