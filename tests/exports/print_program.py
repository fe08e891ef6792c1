"""Prints a file to the terminal it runs in, as the application does: `print_program FILE COPIES`."""

from __future__ import annotations

import os
import sys
import termios
from pathlib import Path

from exports.print_terminal import TerminalPrinter, this_terminal
from exports.printing import PrintError, PrintJob

if __name__ == "__main__":
    content = Path(sys.argv[1]).read_bytes()
    before = termios.tcgetattr(2)
    try:
        sink = TerminalPrinter(this_terminal(os.environ), 2)
        sink.send(PrintJob("测试", lambda medium: content, int(sys.argv[2])))
        print("printed", termios.tcgetattr(2) == before)
    except PrintError as error:
        print(error.code)
    sys.stdin.readline()
