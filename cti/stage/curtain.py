"""The curtain: one demo at a time in an instance folder, and nothing of it left running however it ends.

It knows a lock file, the command lines of what an instance starts, and how to end processes; nothing of calls.

Asterisk and `cti serve` live in process groups of their own, so a demo that is killed with SIGKILL cannot take them
along. A guard process can: it holds the other end of a pipe, sees it close when the demo is gone, and ends what is
left. It also holds the lock until then, so that the next demo waits instead of starting in between. Linux only (pidfd,
/proc).
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import Refused
from ..pbx.process import command_line

CLEANING_SECONDS = 60.0  # how long a new demo waits for the end of the one before
_DONE = b"d"

Say = Callable[[str], None]


class Curtain:
    """`with Curtain(home, say):` ends leftovers first and last. Raises Refused while another demo runs here."""

    def __init__(self, home: Path, say: Say = lambda _: None) -> None:
        self.home, self._say = home.resolve(), say
        self._lock = -1
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._lock = os.open(self.home, os.O_RDONLY | os.O_DIRECTORY)
        self._take()
        for name in sweep(self.home):
            self._say(f"ended {name}, which an earlier demo had left behind")
        self._guard = subprocess.Popen(
            [sys.executable, "-m", __name__, str(self.home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(self._lock,),
            process_group=0,  # Ctrl-C in the terminal is not for the guard
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sweep(self.home)
        if self._guard is not None:
            self._guard.communicate(_DONE)
        os.close(self._lock)

    def _take(self) -> None:
        """The lock is on the folder itself: it needs no file, and goes with the last process that holds it."""
        deadline, waiting = time.monotonic() + CLEANING_SECONDS, False
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(self._lock)
                    raise Refused(f"another demo runs in {self.home}; end it first, or name another folder") from None
            if not waiting:
                self._say("another demo holds this folder; waiting for its end")
            waiting = True
            time.sleep(0.1)


def sweep(home: Path) -> list[str]:
    """End what runs for this instance because a demo (or a test) started it; returns what it was, in that order.

    The supervisor goes first, so that it starts nothing anew; a `cti serve` typed by a person is left alone.
    """
    ended = []
    for name, ours in _OURS.items():
        found = [pid for pid in _pids() if ours(str(home), command_line(pid))]
        ended += [name for pid in found if _end(pid, partial(ours, str(home)))]
    return ended


def _serve(home: str, argv: list[str]) -> bool:
    return argv[1:6] == ["-m", "cti", "--home", home, "serve"]


def _command(home: str, argv: list[str]) -> bool:
    return argv[1:5] == ["-m", "cti", "--home", home] or argv[1:5] == ["-m", "cti", "init", home]


def _child(home: str, argv: list[str]) -> bool:
    return argv[1:3] == ["-m", "cti.app"] and argv[4:5] == [home]


def _pbx(home: str, argv: list[str]) -> bool:
    return "-f" in argv and f"{home}/var/pbx/etc/asterisk.conf" in argv


_OURS: dict[str, Callable[[str, list[str]], bool]] = {
    "cti serve": _serve,
    "the engine": _child,
    "a command": _command,
    "Asterisk": _pbx,
}


def _end(pid: int, is_it: Callable[[list[str]], bool]) -> bool:
    """SIGTERM, then SIGKILL; False when it was gone before, or the number means another process by now."""
    try:
        handle = os.pidfd_open(pid)  # from here on the number cannot come to mean another process
    except OSError:
        return False
    try:
        if not is_it(command_line(pid)):
            return False
        for number, patience in ((signal.SIGTERM, 8.0), (signal.SIGKILL, 5.0)):
            signal.pidfd_send_signal(handle, number)
            if number == signal.SIGTERM:
                signal.pidfd_send_signal(handle, signal.SIGCONT)  # a stopped process cannot end
            if select.select([handle], [], [], patience)[0]:
                break
    except ProcessLookupError:
        pass
    finally:
        os.close(handle)
    return True


def _pids() -> list[int]:
    """Everybody but ourselves."""
    found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in found if pid != os.getpid()]


def _guard(home: Path) -> None:
    """Wait until the demo says that it is done, or is gone; then end what is left, also what was just being started."""
    if sys.stdin.buffer.read() == _DONE:
        return
    while sweep(home):
        time.sleep(0.5)


if __name__ == "__main__":
    _guard(Path(sys.argv[1]))
