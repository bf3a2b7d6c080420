"""Leaves no process behind, whatever kills us: a small process that waits for our end and then ends what we started.

It knows instance folders and their pid files. It refuses to know why the processes were started.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..config import load_config
from ..errors import CtiError
from ..pbx.process import stop

_ENDING_SECONDS = 8.0  # what `cti serve` gets to end its children


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """While this lasts, our end (SIGKILL too) ends every instance that is a folder in `folder`, and removes it."""
    command = [sys.executable, "-m", "cti.stage.guard", str(folder)]
    guard = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # no Ctrl-C reaches it
    try:
        yield
    finally:
        assert guard.stdin is not None
        guard.stdin.close()
        guard.wait()


def clear(folder: Path) -> None:
    """End the server and the Asterisk of every instance in `folder`; then remove it."""
    for home in sorted(folder.glob("*/cti.toml")):
        with suppress(CtiError):
            config = load_config(home.parent)
            _end_server(config.home)
            stop(config)
    shutil.rmtree(folder, ignore_errors=True)


def _end_server(home: Path) -> None:
    """SIGTERM, then SIGKILL, for the supervisor that serves `home`; its children end when it does."""
    try:
        pid = int((home / "var" / "run" / "supervisor.pid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _ENDING_SECONDS
        while _serves(pid, home) and time.monotonic() < deadline:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            time.sleep(0.1)


def _serves(pid: int, home: Path) -> bool:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return str(home).encode() in line and b"serve" in line


if __name__ == "__main__":
    sys.stdin.buffer.read()  # until whoever started us is gone, or has finished
    clear(Path(sys.argv[1]))
