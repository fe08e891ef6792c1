"""The demo center as a process of its own, which never outlives the demo.

The child's standard input is a pipe whose other end only the demo holds: however the demo ends (left, hung
up, killed), the pipe closes and the center stops.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from cli.demo_folder import DemoFolder

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 8.0
TERMINATED = 130


class CenterNotStarted(RuntimeError):
    """The demo center has ended or is not reachable; `text` is one Chinese sentence."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def module_command(module: str, *arguments: str) -> list[str]:
    """How to run one of our modules in another process; its working folder must be ROOT."""
    return [sys.executable, "-m", module, *arguments]


class DemoCenter:
    """The running center of a demo folder."""

    def __init__(self, folder: DemoFolder) -> None:
        self._folder = folder
        self._port_file = folder.run / "port"
        descriptor = os.open(folder.console, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self.process = subprocess.Popen(
                module_command(
                    "cli.demo_center", str(folder.path / "center"), folder.profile, str(self._port_file)
                ),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=descriptor,
                stderr=descriptor,
                # Ctrl+C and the terminal's hang-up are for the application; it ends the center.
                start_new_session=True,
            )
        finally:
            os.close(descriptor)

    def wait_ready(self) -> str:
        """Wait until the center answers; returns its URL. Raises CenterNotStarted."""
        limit = time.monotonic() + START_SECONDS
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                break
            port = read_port(self._port_file)
            if port and answers(port):
                return f"http://127.0.0.1:{port}"
            time.sleep(0.05)
        log = self._folder.console
        raise CenterNotStarted(f"演示中心没有启动，原因记在 {log}，可加 --reset 重新生成演示。")

    def stop(self) -> None:
        """End the center and wait until it is gone."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def read_port(file: Path) -> int:
    """The port written by a center that has started; 0 when there is none yet."""
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def answers(port: int) -> bool:
    """True when a center answers on this port of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/v1/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


# ---- the child -----------------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """Serve the center in a folder until standard input closes: DATA PROFILE PORT-FILE."""
    threading.Thread(target=_end_with_parent, name="end-with-demo", daemon=True).start()
    from center.ca import trusted_certificates
    from center.server import serve
    from center.settings import Settings, sqlite_url
    from domain.profile import load_profile

    data, profile, port_file = Path(arguments[0]), arguments[1], Path(arguments[2])
    settings = Settings(
        database_url=sqlite_url(data.absolute()),
        profile=load_profile(profile),
        data_dir=data,
        demo=True,
        trusted_ca=trusted_certificates(data, demo=True),
    )
    return serve(settings, port=0, port_file=port_file)


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(TERMINATED)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(TERMINATED)
