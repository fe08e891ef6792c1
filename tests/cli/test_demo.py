from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.config import load
from cli.demo_center import answers
from cli.demo_folder import PIN, DemoFolder
from cli.demo_setup import main as set_up_demo
from domain.login_form import login_form
from domain.profile import PROFILE_NAMES
from domain.text import cell_width
from tests.support.pty_terminal import PtyTerminal

ROOT = Path(__file__).parents[2]
GONE_SECONDS = 12.0

pytestmark = pytest.mark.xdist_group("demo")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cli.main", "demo", *arguments]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all demos, baishan set up in it."""
    root = tmp_path_factory.mktemp("demos")
    folder = DemoFolder(root, "baishan")
    assert folder.acquire()
    try:
        assert set_up_demo([str(root), "baishan"]) == 0
    finally:
        folder.release()
    return root


@contextmanager
def center_only(root: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command("--center-only", "--data", str(root), *more),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def port_of(process: subprocess.Popen[str]) -> int:
    """Read what the demo says until the center is up."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if found:
            return int(found[1])
    raise AssertionError(said)


def is_gone(port: int) -> bool:
    limit = time.monotonic() + GONE_SECONDS
    while time.monotonic() < limit:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    "profile",
    ["baishan", *(pytest.param(n, marks=pytest.mark.slow) for n in PROFILE_NAMES if n != "baishan")],
)
def test_set_up_says_every_step_and_gives_what_the_login_asks_for(
    profile: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = DemoFolder(tmp_path, profile)
    folder.acquire()
    assert folder.facts() is None
    assert set_up_demo([str(tmp_path), profile]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert [f"{n}/4" in said.err for n in (1, 2, 3, 4)] == [True] * 4
    facts = folder.facts()
    assert facts is not None
    labels = [label for label, value in facts.login if value]
    asked = [f.label for f in login_form(profile).fields if f.kind not in ("code", "check")]
    assert labels == asked
    hint = folder.hint(facts)
    assert all(cell_width(line) <= 78 for line in hint)
    assert any(PIN in line for line in hint) and any(facts.clerk_password in line for line in hint)
    folder.begin_run()
    folder.write_config(facts, "http://127.0.0.1:1")
    settings = load(folder.config)
    assert (settings.center.profile, settings.login.unit_account) == (profile, facts.unit_account)
    assert settings.ukey.demo and settings.ukey.demo_folder == folder.path / "key"
    assert PIN not in folder.config.read_text(encoding="utf-8")
    for path in (folder.path, folder.run, folder.config):
        assert path.stat().st_mode & 0o077 == 0
    folder.end_run()
    assert not folder.run.exists()
    folder.release()


def test_a_second_start_takes_no_set_up_and_leaves_nothing_behind(root: Path) -> None:
    with center_only(root) as process:
        port = port_of(process)
        assert answers(port)
        assert (root / "baishan" / "run" / "console.log").exists()
        assert process.stdout is not None
        told = ""
        while "Ctrl+C" not in told:
            told += process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=20)
    out = told + rest
    assert process.returncode == 0
    assert "1/4" not in err and "演示已结束" in err
    assert f"gjj --config {root / 'baishan' / 'run' / 'config.toml'}" in out
    assert "Traceback" not in out + err
    assert is_gone(port)
    assert not (root / "baishan" / "run").exists()


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_the_center_ends_however_the_demo_ends(root: Path, sign: signal.Signals) -> None:
    with center_only(root) as process:
        port = port_of(process)
        assert answers(port)
        process.send_signal(sign)
        assert process.wait(15) == -sign
        assert is_gone(port)


def test_a_killed_demo_starts_again(root: Path) -> None:
    with center_only(root) as process:
        first = port_of(process)
        process.kill()
    assert is_gone(first)
    with center_only(root) as process:
        assert answers(port_of(process))


def test_a_demo_in_use_is_neither_reset_nor_started_twice(root: Path) -> None:
    with center_only(root) as process:
        port = port_of(process)
        for more in ("--center-only", "--reset"):
            done = subprocess.run(
                command("--data", str(root), "--center-only", more),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                check=False,
                timeout=30,
            )
            assert done.returncode == 1
            assert done.stderr == "这个演示正在另一个窗口里使用，请先在那里退出。\n"
        assert answers(port)


def test_reset_makes_a_new_demo(root: Path, tmp_path: Path) -> None:
    assert set_up_demo([str(tmp_path), "shanxi"]) == 0
    old = (tmp_path / "shanxi" / "key" / "certificate.der").read_bytes()
    with center_only(tmp_path, "--profile", "shanxi", "--reset") as process:
        assert answers(port_of(process))
    assert (tmp_path / "shanxi" / "key" / "certificate.der").read_bytes() != old


def test_what_an_interrupted_set_up_left_is_cleared(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path, "lyszfgjj")
    rest = folder.fresh / "center"
    rest.mkdir(parents=True)
    (rest / "center.sqlite3").write_bytes(b"half")
    assert folder.facts() is None
    with center_only(tmp_path, "--profile", "lyszfgjj") as process:
        assert answers(port_of(process))
    assert not folder.fresh.exists() and folder.facts() is not None


def test_a_demo_of_another_format_or_out_of_date_is_made_again(root: Path, tmp_path: Path) -> None:
    text = (root / "baishan" / "demo.json").read_text(encoding="utf-8")
    folder = DemoFolder(tmp_path, "baishan")
    folder.path.mkdir()
    file = folder.path / "demo.json"
    file.write_text(text, encoding="utf-8")
    assert folder.facts() is not None
    for pattern, value in (
        (r'"format": 1', '"format": 0'),
        (r'"expires": "[^"]*"', '"expires": "2020-01-01"'),
    ):
        file.write_text(re.sub(pattern, value, text), encoding="utf-8")
        assert folder.facts() is None
    file.write_text(text[:-20], encoding="utf-8")
    assert folder.facts() is None


def test_the_console_shows_what_the_center_prints(root: Path) -> None:
    with center_only(root) as process:
        port_of(process)
        console = subprocess.Popen(
            command("--console", "--data", str(root)), cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8"
        )
        assert console.stdout is not None
        assert "中心已启动" in console.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert console.wait(20) == 0
        console.stdout.close()
    none = subprocess.run(
        command("--console", "--data", str(root)),
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert none.returncode == 1 and "没有在运行" in none.stderr


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    done = subprocess.run(
        command("--center-only", "--data", str(file)),
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("演示文件夹") and len(done.stderr.splitlines()) == 1


def test_without_a_terminal_only_the_center_can_run(root: Path) -> None:
    done = subprocess.run(
        command("--data", str(root)),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=30,
    )
    assert done.returncode == 2 and "--center-only" in done.stderr


def demo_terminal(root: Path, profile: str = "baishan") -> PtyTerminal:
    folders = {name: os.environ[name] for name in os.environ if name.startswith("XDG_")}
    arguments = command("--data", str(root), "--profile", profile)
    return PtyTerminal(arguments, env=folders, columns=80, rows=24)


def running_port(root: Path) -> int:
    return int((root / "baishan" / "run" / "port").read_text())


def test_the_demo_shows_the_login_and_ends_with_the_application(root: Path) -> None:
    with demo_terminal(root) as terminal:
        terminal.wait_for(login_form("baishan").fields[0].label, 20)
        terminal.wait_for("100000000800")
        port = running_port(root)
        assert answers(port)
        terminal.process.send_signal(signal.SIGTERM)
        terminal.wait_exit(20)
        assert b"Traceback" not in terminal.raw
    assert is_gone(port)
    assert not (root / "baishan" / "run").exists()


def test_leaving_the_application_ends_the_demo(root: Path) -> None:
    with demo_terminal(root) as terminal:
        terminal.wait_for(login_form("baishan").fields[0].label, 20)
        terminal.wait_for("已连接", 20)
        port = running_port(root)
        terminal.send("\x1bOR")
        terminal.wait_for("确定退出", 10)
        terminal.send("y")
        assert terminal.wait_exit(20) == 0
        terminal.wait_for("演示已结束")
    assert is_gone(port)


def test_a_closed_terminal_ends_the_center(root: Path) -> None:
    with demo_terminal(root) as terminal:
        terminal.wait_for(login_form("baishan").fields[0].label, 20)
        port = running_port(root)
        terminal.hang_up()
        terminal.wait_exit(20)
    assert is_gone(port)


def test_a_second_window_joins_the_running_demo(root: Path) -> None:
    with demo_terminal(root) as first:
        first.wait_for(login_form("baishan").fields[0].label, 20)
        port = running_port(root)
        with demo_terminal(root) as second:
            second.wait_for(login_form("baishan").fields[0].label, 20)
            second.process.send_signal(signal.SIGTERM)
            second.wait_exit(20)
        assert answers(port)
