from __future__ import annotations

import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from exports.print_log import NAME, Printed, PrintLog
from exports.workbook_error import WorkbookError
from tests.support.pty_terminal import REPOSITORY

ONE = Printed("2026-11-27T01:00:00Z", "张三", "开户清册凭证", "2611270001", "lp:HP", 2, 1, "ab" * 32)


def test_how_often_a_paper_was_printed(tmp_path: Path) -> None:
    log = PrintLog(tmp_path)
    assert log.times(ONE.title, ONE.key) == 0
    log.note(ONE)
    log.note(replace(ONE, number=2, sink="terminal"))
    log.note(replace(ONE, title="补缴凭条", number=7))
    log.note(replace(ONE, key="", number=0))
    assert log.times(ONE.title, ONE.key) == 2
    assert log.times(ONE.title, "") == 0
    assert log.entries()[0] == ONE and len(log.entries()) == 4
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_a_line_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    log = PrintLog(tmp_path)
    log.note(ONE)
    with open(tmp_path / NAME, "ab") as file:
        file.write(b'{"half": \n\xff\xfe\n[]\n{"time": 1}\n')
    log.note(replace(ONE, number=2))
    assert [one.number for one in log.entries()] == [1, 2]


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    (tmp_path / NAME).symlink_to(tmp_path / "other")
    with pytest.raises(WorkbookError):
        PrintLog(tmp_path).note(ONE)
    assert (tmp_path / "other").read_text() == ""


FULL = """
import resource, signal, sys
from pathlib import Path
from exports.print_log import PrintLog
from tests.exports.test_print_log import ONE
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
PrintLog(folder).note(ONE)
size = (folder / "prints.jsonl").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, size + 20))
try:
    PrintLog(folder).note(ONE)
except Exception as error:
    print(error.code)
print((folder / "prints.jsonl").stat().st_size == size)
"""


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL, str(tmp_path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["file.disk_full", "True"]
