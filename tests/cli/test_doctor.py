from __future__ import annotations

import re
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.doctor_checks import (
    chinese_font,
    clock_check,
    colours,
    folder_check,
    font_check,
    locale_check,
    store_check,
)
from cli.doctor_cmd import line_of
from cli.doctor_ukey import certificate_check
from cli.main import main
from tests.support.center import make_settings, served
from tests.support.pty_terminal import PtyTerminal
from ukey.demo_key import create_demo_key
from ukey.signer import KeyCertificate

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def config(tmp_path: Path, text: str) -> str:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def lines_of(text: str) -> dict[str, tuple[str, str, str]]:
    """Label -> (mark, text, cure)."""
    found: dict[str, tuple[str, str, str]] = {}
    label = ""
    for line in text.splitlines():
        match = re.match(r"(ok|--|!!)  (\S+) +(.*)", line)
        if match:
            label = match[2]
            found[label] = (match[1], match[3], "")
        elif "办法：" in line:
            found[label] = (*found[label][:2], line.split("办法：")[1])
    return found


def test_a_bare_machine_is_told_what_is_missing_and_how_to_cure_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = config(tmp_path, '[center]\nurl = "http://127.0.0.1:9"\n')
    assert main(["--config", given, "doctor"]) == 1
    said = capsys.readouterr().out
    found = lines_of(said)
    assert found["配置"][:2] == ("ok", given)
    assert found["中心"][0] == "!!" and "center.url" in found["中心"][2]
    assert found["UKey"][0] == "!!" and "module" in found["UKey"][2]
    assert found["数据"][0] == "ok" and found["磁盘"][0] == "ok" and found["SQLite"][0] == "ok"
    assert "字体" in found and "语言环境" in found and "终端" in found
    assert said.splitlines()[-1].startswith("发现 2 处问题")
    assert all(cure for mark, _, cure in found.values() if mark == "!!")


def test_a_bad_configuration_is_a_finding_and_the_rest_is_still_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--config", config(tmp_path, "[centre]\n")]) == 1
    found = lines_of(capsys.readouterr().out)
    assert found["配置"][0] == "!!" and "第1行" in found["配置"][1]
    assert "数据" in found


def test_everything_in_order_gives_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    center = tmp_path / "center"
    center.mkdir()
    (tmp_path / "data").mkdir(mode=0o700)
    with served(make_settings(center, "shaanxi", demo=True)) as url:
        text = f'[center]\nurl = "{url}"\nprofile = "shaanxi"\n[files]\ndata_dir = "data"\n'
        assert main(["--config", config(tmp_path, text), "doctor"]) == 0
        found = lines_of(capsys.readouterr().out)
        assert found["中心"][0] == "ok" and "演示中心" in found["中心"][1]
        assert found["规则"][0] == "ok"
        assert found["时钟"][0] == "ok"
        assert found["UKey"][0] == "--"
        other = text.replace('"shaanxi"', '"hangzhou"')
        assert main(["--config", config(tmp_path, other), "doctor"]) == 1
        found = lines_of(capsys.readouterr().out)
        assert found["规则"][0] == "!!" and 'profile = "shaanxi"' in found["规则"][2]


def test_the_demo_key_is_looked_at_without_a_pin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create_demo_key(tmp_path / "key", bytearray(b"246810"), common_name="演示单位").close()
    text = '[center]\nurl = "http://127.0.0.1:9"\n[ukey]\ndemo = true\ndemo_folder = "key"\n'
    assert main(["--config", config(tmp_path, text), "doctor"]) == 1
    found = lines_of(capsys.readouterr().out)
    assert found["UKey"][0] == "ok" and "演示密钥" in found["UKey"][1]
    assert found["PIN"][:2] == ("ok", "还可以试 6 次")
    assert found["证书"][0] == "!!"


@pytest.mark.parametrize(
    ("ukey", "words"),
    [
        ('module = "/nowhere/libnone.so"', "libnone"),
        ('demo = false\ndemo_folder = "key"', "没有配置 UKey 驱动"),
        ('demo = true\ndemo_folder = "none"', "没有插入"),
    ],
)
def test_a_key_that_cannot_be_used_says_why(
    ukey: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f'[center]\nurl = "http://127.0.0.1:9"\n[ukey]\n{ukey}\n'
    assert main(["--config", config(tmp_path, text), "doctor"]) == 1
    found = lines_of(capsys.readouterr().out)
    assert found["UKey"][0] == "!!" and found["UKey"][2]
    assert words in found["UKey"][1]


def certificate(start: datetime, end: datetime) -> KeyCertificate:
    return KeyCertificate(
        key_id=b"1",
        der=b"",
        subject="",
        common_name="示例单位",
        issuer="",
        serial="01",
        not_before=start,
        not_after=end,
        algorithm="ecdsa-p256-sha256",
        fingerprint="",
        can_sign=True,
    )


@pytest.mark.parametrize(
    ("start", "end", "state", "words"),
    [
        (-10, 400, "ok", "有效期至"),
        (-10, 20, "--", "还有 20 天"),
        (-400, -1, "!!", "已过期"),
        (5, 400, "!!", "尚未生效"),
    ],
)
def test_certificates_are_judged_by_their_dates(start: int, end: int, state: str, words: str) -> None:
    found = certificate_check(certificate(NOW + timedelta(days=start), NOW + timedelta(days=end)), NOW)
    assert found.state == state and words in found.text
    assert bool(found.cure) is (state != "ok")


def test_the_clock_may_be_a_minute_off() -> None:
    assert clock_check(59).state == "ok"
    assert "慢 90 秒" in clock_check(90).text and clock_check(90).state == "!!"
    assert "快 90 秒" in clock_check(-90).text


def test_a_data_folder_others_may_read_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert folder_check(folder).state == "ok"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    found = folder_check(folder)
    assert found.state == "!!" and "0755" in found.text and f"chmod 700 {folder}" in found.cure
    folder.chmod(0o700)
    assert folder_check(folder).state == "ok"
    file = tmp_path / "file"
    file.write_text("")
    assert folder_check(file).state == "!!"


def test_a_damaged_store_is_found_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "gjj.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (a)")
        connection.executemany("insert into t values (?)", [("x" * 500,) for _ in range(200)])
    connection.close()
    assert store_check(path).state == "ok"
    content = bytearray(path.read_bytes())
    content[4096:12288] = b"\xff" * 8192
    path.write_bytes(content)
    found = store_check(path)
    assert found.state == "!!" and found.cure
    assert path.read_bytes() == content


def test_the_best_chinese_font_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert chinese_font((tmp_path,)) is None
    for name in ("DejaVuSans.ttf", "wqy-zenhei.ttc", "a/NotoSerifCJK-Regular.ttc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert chinese_font((tmp_path,)) == tmp_path / "a" / "NotoSerifCJK-Regular.ttc"
    monkeypatch.setattr("cli.doctor_checks.FONT_FOLDERS", (tmp_path / "none",))
    found = font_check()
    assert found.state == "--" and "fonts-noto-cjk" in found.cure


def test_colours_follow_term_and_colorterm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert colours("xterm", "") == "16 色"
    assert colours("xterm-256color", "") == "256 色"
    assert colours("xterm-256color", "truecolor") == "真彩色"
    monkeypatch.setenv("NO_COLOR", "1")
    assert "单色" in colours("xterm-256color", "truecolor")


def test_a_locale_that_is_not_utf8_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getpreferredencoding", lambda do_setlocale=True: "ANSI_X3.4-1968")
    found = locale_check()
    assert found.state == "!!" and "C.UTF-8" in found.cure
    assert "办法：" in line_of(found)


def doctor_terminal(tmp_path: Path, **options: object) -> PtyTerminal:
    given = config(tmp_path, '[center]\nurl = "http://127.0.0.1:9"\n')
    argv = [sys.executable, "-m", "cli.main", "--config", given, "doctor"]
    return PtyTerminal(argv, **{"columns": 120, "rows": 36, **options})  # type: ignore[arg-type]


def test_a_good_terminal_is_in_order_and_left_as_it_was(tmp_path: Path) -> None:
    with doctor_terminal(tmp_path) as terminal:
        terminal.wait_for("处问题", 20)
        found = lines_of(terminal.text)
    assert found["终端"][:2] == ("ok", "TERM=xterm-256color，256 色")
    assert found["窗口"][:2] == ("ok", "120 列 36 行")
    assert found["编码"][0] == "ok" and "占一格" in found["编码"][1]
    assert all(line.startswith(("ok", "--", "!!", " ", "发现")) for line in terminal.lines if line)


def test_a_small_terminal_in_another_encoding_is_told_so(tmp_path: Path) -> None:
    with doctor_terminal(tmp_path, columns=70, rows=40, encoding="gb18030") as terminal:
        terminal.wait_exit(20)
        assert "the terminal is not UTF-8" in terminal.text
        assert "70" in terminal.text
