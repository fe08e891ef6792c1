"""`gjj demo`: a demo center, a demo key and the application, ready to be tried; all of it ends together."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.app_cmd import CANNOT, on_terminal, start
from cli.config import load
from cli.demo_center import ROOT, CenterNotStarted, DemoCenter, answers, module_command, read_port
from cli.demo_folder import DemoFacts, DemoFolder
from domain.login_form import PROFILE_NAMES

DEFAULT_PROFILE = "baishan"
FAILED = 1


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `demo`."""
    parser = subparsers.add_parser("demo", help="启动演示：演示中心、演示密钥和应用程序")
    parser.add_argument("--profile", choices=PROFILE_NAMES, default=DEFAULT_PROFILE, help="演示哪个中心")
    parser.add_argument("--reset", action="store_true", help="删除原有演示数据，重新生成")
    parser.add_argument("--center-only", action="store_true", help="只启动演示中心，Ctrl+C 结束")
    parser.add_argument("--console", action="store_true", help="显示正在运行的演示中心的输出（短信验证码）")
    parser.add_argument("--data", type=Path, help="演示数据放在哪个文件夹")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Start the demo and stay until it is left; returns 0, 1 when it cannot start, 2 without a terminal."""
    folder = DemoFolder((args.data or default_root()).absolute(), args.profile)
    if args.console:
        return _follow(folder)
    if not (args.center_only or on_terminal()):
        print("演示需要在终端窗口里运行；只要演示中心请加 --center-only。", file=sys.stderr)
        return CANNOT
    os.umask(0o077)  # the folders above the demo's own are nobody else's business either
    try:
        if folder.acquire():
            try:
                return _own(folder, args)
            finally:
                folder.release()
        return _join(folder, args)
    except OSError as error:
        print(f"演示文件夹 {folder.root} 不能使用（{error.strerror}），请检查空间和权限。", file=sys.stderr)
    except CenterNotStarted as error:
        print(error.text, file=sys.stderr)
    return FAILED


def default_root() -> Path:
    """Where a user's demos are kept."""
    from platformdirs import user_data_path

    return user_data_path("gjj", appauthor=False) / "demo"


def say(text: str) -> None:
    """One progress line."""
    print(f"[演示] {text}", file=sys.stderr, flush=True)


def _own(folder: DemoFolder, args: argparse.Namespace) -> int:
    """Run the demo in this process, its center beside it."""
    facts = None if args.reset else folder.facts()
    if facts is None:
        facts = _set_up(folder)
        if facts is None:
            return FAILED
    try:
        with _center(folder, facts):
            if args.center_only:
                return _serve_only(folder, facts)
            return start(load(folder.config), folder.hint(facts))
    except KeyboardInterrupt:
        if args.center_only:
            return 0
        raise


def _set_up(folder: DemoFolder) -> DemoFacts | None:
    say("第一次使用这个演示，需要准备一次 …")
    command = module_command("cli.demo_setup", str(folder.root), folder.profile)
    code = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode
    if code != 0:
        say("准备没有完成，上面是原因；改正后重新运行即可。")
        return None
    return folder.facts()


@contextmanager
def _center(folder: DemoFolder, facts: DemoFacts) -> Iterator[None]:
    """The running center with the configuration that leads to it; gone afterwards."""
    say("启动演示中心 …")
    folder.begin_run()
    center = DemoCenter(folder)
    started = False
    try:
        url = center.wait_ready()
        folder.write_config(facts, url)
        say(f"演示中心已就绪：{url}")
        started = True
        yield
    finally:
        say("停止演示中心 …" if started else "演示中心没有启动。")
        center.stop()
        if started:
            folder.end_run()
            say("演示已结束，数据留待下次使用（--reset 可重新生成）。")


def _serve_only(folder: DemoFolder, facts: DemoFacts) -> int:
    print("\n".join(folder.hint(facts)[1:]))
    print(f"另开一个窗口运行：gjj --config {folder.config}")
    print("按 Ctrl+C 结束。", flush=True)
    shown = 0
    while True:
        shown = _print_new(folder.console, shown)
        time.sleep(0.3)


def _join(folder: DemoFolder, args: argparse.Namespace) -> int:
    """Start one more application on a demo that runs in another window."""
    facts, port = folder.facts(), read_port(folder.run / "port")
    if args.reset or args.center_only or facts is None or not folder.config.exists() or not answers(port):
        print("这个演示正在另一个窗口里使用，请先在那里退出。", file=sys.stderr)
        return FAILED
    say("演示中心已在另一个窗口里运行，本窗口加入；那边退出后中心也停止。")
    return start(load(folder.config), folder.hint(facts))


def _follow(folder: DemoFolder) -> int:
    if not folder.console.exists():
        print(f"演示 {folder.profile} 没有在运行，请先启动 gjj demo。", file=sys.stderr)
        return FAILED
    shown = 0
    try:
        while folder.console.exists():
            shown = _print_new(folder.console, shown)
            time.sleep(0.3)
    except KeyboardInterrupt:
        pass
    return 0


def _print_new(file: Path, shown: int) -> int:
    """Print what was appended to a file since `shown` bytes; returns how many are shown now."""
    try:
        with file.open("rb") as stream:
            stream.seek(shown)
            data = stream.read()
    except FileNotFoundError:
        return shown
    end = data.rfind(b"\n") + 1
    if end:
        print(data[:end].decode("utf-8", "replace"), end="", flush=True)
    return shown + end
