"""Printing through `lp`, with commands in its place that behave as CUPS was measured to."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from exports.print_cups import CupsPrinter, printers
from exports.printing import PrintError, PrintJob, PrintMedium, copies_of

LP = """#!/bin/sh
[ "$LC_ALL" = C ] || exit 99
printf '%s\\n' "$@" > "$FAKE/args"
cat > "$FAKE/content"
[ -n "$FAKE_SLEEP" ] && exec sleep "$FAKE_SLEEP"
if [ -n "$FAKE_SAYS" ]; then echo "$FAKE_SAYS" >&2; exit 1; fi
echo "request id is $2-12 (1 file(s))"
"""
LPSTAT = """#!/bin/sh
[ "$1" = -e ] || exit 98
if [ -n "$FAKE_SAYS" ]; then echo "$FAKE_SAYS" >&2; exit 1; fi
printf '%s' "$FAKE_PRINTERS"
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `lp` and `lpstat`, first on the PATH; what they got lies beside them."""
    for name, text in (("lp", LP), ("lpstat", LPSTAT)):
        path = tmp_path / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    for name in ("FAKE_SAYS", "FAKE_SLEEP", "FAKE_PRINTERS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def job(title: str = "开户清册凭证", copies: int = 1) -> PrintJob:
    def render(medium: PrintMedium) -> bytes:
        return {"pdf": b"%PDF-1.7\n\x00\xff", "txt": b"\x1b@\xd7\xa1\r\n\f"}[medium]

    return PrintJob(title, render, copies)


def test_the_document_reaches_the_printer_as_it_is(fake: Path) -> None:
    said = CupsPrinter("HP_3楼").send(job(copies=3))
    assert "3 份" in said and "HP_3楼-12" in said
    assert (fake / "content").read_bytes() == b"%PDF-1.7\n\x00\xff"
    words = (fake / "args").read_text().splitlines()
    assert words == ["-d", "HP_3楼", "-n", "3", "-t", "开户清册凭证", "-o", "media=A4"]


def test_text_for_24_pin_printers_goes_raw(fake: Path) -> None:
    CupsPrinter("LQ630", raw=True).send(job())
    assert (fake / "content").read_bytes() == b"\x1b@\xd7\xa1\r\n\f"
    assert (fake / "args").read_text().splitlines()[-2:] == ["-o", "raw"]


@pytest.mark.parametrize("title", ["-o raw; touch x", "$(touch x)", "a\nb", "\x1b[2J", "`touch x`"])
def test_a_title_is_never_an_option_nor_a_command(fake: Path, title: str) -> None:
    CupsPrinter("P").send(job(title))
    words = (fake / "args").read_text().splitlines()
    assert len(words) == 8 and words[4] == "-t" and "\x1b" not in words[5]
    assert not (fake / "x").exists()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("lp: Error - No default destination.", "print.no_default"),
        ("lp: The printer or class does not exist.", "print.missing"),
        ('lp: Error - unknown destination "P"!', "print.missing"),
        ("lp: Error - scheduler is not running!", "print.no_service"),
        ("lp: Connection refused", "print.no_service"),
        ('lp: Destination "P" is not accepting jobs.', "print.rejected"),
        ("lp: Printer is offline", "print.offline"),
        ("lp: Forbidden", "print.forbidden"),
        ("lp: \x1b[31msomething else", "print.failed"),
        ("", "print.failed"),
    ],
)
def test_every_failure_is_one_sentence(
    fake: Path, monkeypatch: pytest.MonkeyPatch, said: str, code: str
) -> None:
    monkeypatch.setenv("FAKE_SAYS", said or " ")
    with pytest.raises(PrintError) as refused:
        CupsPrinter("P").send(job())
    assert refused.value.code == code
    assert refused.value.text.endswith("。") and refused.value.text.count("。") == 1
    assert "\x1b" not in refused.value.text


def test_a_service_that_does_not_answer_is_given_up(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_SLEEP", "60")
    monkeypatch.setattr("exports.print_cups.SEND_SECONDS", 0.3)
    with pytest.raises(PrintError) as refused:
        CupsPrinter("P").send(job())
    assert refused.value.code == "print.timeout"


def test_printers_are_those_the_host_lists(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_PRINTERS", "LQ630\nHP@host.example\n-d\n\x1b[31mred\na b\n")
    assert printers() == ["LQ630", "HP@host.example"]
    monkeypatch.setenv("FAKE_PRINTERS", "")
    assert printers() == []
    monkeypatch.setenv("FAKE_SAYS", "lpstat: Connection refused")
    with pytest.raises(PrintError) as refused:
        printers()
    assert refused.value.code == "print.no_service"


def test_a_host_without_cups_has_no_printers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert printers() == []
    with pytest.raises(PrintError) as refused:
        CupsPrinter("P").send(job())
    assert refused.value.code == "print.no_command"


@pytest.mark.parametrize("typed", ["0", "-1", "100", "1.5", "二", "１", "9" * 5000])
def test_a_number_of_copies_nobody_means_is_refused(typed: str) -> None:
    with pytest.raises(PrintError):
        copies_of(typed)


def test_copies_typed(fake: Path) -> None:
    assert [copies_of(text) for text in ("", " 2 ", "99")] == [1, 2, 99]
    with pytest.raises(PrintError):
        job(copies=100)
