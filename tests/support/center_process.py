"""A center as a process of its own that a test may kill; run as a module it is that process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 60


class CenterProcess:
    """A served center; its clock stands still at the tests' start."""

    def __init__(self, folder: Path, profile: str, url: str) -> None:
        self.port_file = folder / f"port-{time.monotonic_ns()}"
        command = [sys.executable, "-m", "tests.support.center_process"]
        arguments = [str(folder), profile, url, str(self.port_file)]
        self.log = open(folder / "center.log", "ab")  # noqa: SIM115
        self.process = subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=self.log, stderr=self.log)
        end = time.monotonic() + START_SECONDS
        while not self.port_file.exists():
            assert self.process.poll() is None, (folder / "center.log").read_text("utf-8")
            assert time.monotonic() < end, "the center did not start"
            time.sleep(0.05)
        self.base = f"http://127.0.0.1:{self.port_file.read_text().strip()}"

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is tidied up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)
        self.log.close()

    def stop(self) -> int:
        """SIGTERM, and wait; gives the exit code."""
        self.process.terminate()
        try:
            return self.process.wait(30)
        finally:
            self.log.close()


def main() -> int:
    from center.server import serve
    from tests.support.center import make_settings

    folder, profile, url, port_file = sys.argv[1:]
    return serve(make_settings(Path(folder), profile, url=url), port_file=Path(port_file))


if __name__ == "__main__":
    sys.exit(main())
