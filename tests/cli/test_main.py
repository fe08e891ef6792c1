from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import cli.check_cmd
from cli.incident import report
from cli.main import COMMANDS, FAILED, INTERRUPTED, SUMMARIES, main
from tests.support.pty_terminal import PtyTerminal

ROOT = Path(__file__).parents[2]
GIVEN = ["check", "open", "x.xlsx", "--profile", "baishan"]


def gjj(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def test_help_is_chinese_and_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    shown = capsys.readouterr().out
    assert left.value.code == 0
    assert shown.startswith("用法：gjj")
    for name, summary in SUMMARIES.items():
        assert name in shown and summary in shown
    assert SUMMARIES.keys() == COMMANDS.keys()
    assert "show this help" not in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    shown = capsys.readouterr().out
    assert left.value.code == 0
    assert f"gjj {command}" in shown
    assert "show this help" not in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["chek"],
            "没有 'chek' 这个命令，可用的有：" + ", ".join(f"'{name}'" for name in COMMANDS),
        ),
        (["check"], "缺少参数：业务, 文件, --profile"),
        (["check", "open", "x", "--profile", "beijing"], "--profile 不能是 'beijing'"),
        (["check", "open", "x", "--profile"], "--profile 后面缺少内容"),
        ([*GIVEN, "--unified", "--not-unified"], "不能与"),
        ([*GIVEN, "--frobnicate"], "不认识的参数：--frobnicate"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_wrong_arguments_get_one_sentence_and_exit_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    said = capsys.readouterr()
    assert left.value.code == 2
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert said.err.endswith("。\n")
    if words.startswith("缺少参数"):
        assert all(name in said.err for name in words.removeprefix("缺少参数：").split(", "))
    else:
        assert words in said.err


def test_an_unexpected_error_is_one_sentence_and_a_private_file_without_values(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(args: object) -> int:
        password = "Sesame-1"
        raise RuntimeError(f"with {password}")

    monkeypatch.setattr(cli.check_cmd, "run", broken)
    assert main(GIVEN) == FAILED
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err and "Sesame" not in said.err
    assert len(said.err.splitlines()) == 1
    files = list((home / "config" / "gjj" / "incidents").iterdir())
    assert len(files) == 1 and str(files[0]) in said.err
    assert files[0].stat().st_mode & 0o777 == 0o600
    text = files[0].read_text(encoding="utf-8")
    assert "RuntimeError" in text and "broken" in text
    assert "Sesame" not in text


def test_an_incident_that_cannot_be_written_is_still_one_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    said = report(ValueError("x"), blocked)
    assert said.startswith("程序出错已停止（ValueError）") and said.endswith("。")


def test_an_interrupt_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.check_cmd, "run", interrupted)
    assert main(GIVEN) == INTERRUPTED
    assert capsys.readouterr() == ("", "")


def test_the_application_wants_a_terminal() -> None:
    done = gjj()
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("应用程序需要在终端窗口里运行") and len(done.stderr.splitlines()) == 1


def test_a_bad_configuration_stops_the_application_with_its_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('[center]\nurll = ""\n', encoding="utf-8")
    done = gjj("--config", str(bad))
    assert done.returncode == 2
    assert f"{bad} 第2行" in done.stderr and "Traceback" not in done.stderr


def colours_of(text: str, folder: Path) -> set[bytes]:
    """The colours (SGR 30 to 49, 90 to 107) a login screen is drawn with; one field of it is in error."""
    file = folder / "config.toml"
    file.write_text(f'[center]\nurl = "http://127.0.0.1:9"\n[files]\ndata_dir = "data"\n{text}', "utf-8")
    with PtyTerminal([sys.executable, "-m", "cli.main", "--config", str(file)]) as terminal:
        terminal.wait_for("连不上", 20)
        terminal.wait_quiet(0.5)
        codes = {
            code for found in re.findall(rb"\x1b\[([0-9;]*)m", terminal.raw) for code in found.split(b";")
        }
        return {code for code in codes if re.fullmatch(rb"[349][0-7]|10[0-7]", code)}


def test_the_configured_colours_are_used(tmp_path: Path) -> None:
    assert colours_of("", tmp_path)
    assert colours_of('[screen]\ncolours = "none"\n', tmp_path) == set()
