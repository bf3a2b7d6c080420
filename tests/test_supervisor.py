"""The supervisor replaces children that died or fell silent, and leaves nothing behind."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cti.config import Config
from cti.supervisor import BACKOFF_SECONDS, Supervisor, pid_file

BEATS = """
import os, sys, time
print(os.getpid(), flush=True)
while True:
    os.write(int(sys.argv[-1]), b".")
    time.sleep(0.05)
"""
STOPS = """
import os, signal, sys
print(os.getpid(), flush=True)
os.write(int(sys.argv[-1]), b".")
os.kill(os.getpid(), signal.SIGSTOP)
"""
# Is asked to read again before it has a handler; tells its pid once more when the handler has run.
EARLY = """
import os, signal, sys, time
print(os.getpid(), flush=True)
while signal.SIGHUP not in signal.sigpending():
    os.write(int(sys.argv[-1]), b".")
    time.sleep(0.01)
signal.signal(signal.SIGHUP, lambda *_: print(os.getpid(), flush=True))
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
while True:
    os.write(int(sys.argv[-1]), b".")
    time.sleep(0.05)
"""
# A supervisor that is told by SIGUSR1 to sleep for an hour between two steps.
SLEEPER = """
import signal, sys, types
from pathlib import Path
import cti.supervisor
from cti.config import Config
told, slept, clock = [], [], cti.supervisor.time.monotonic
cti.supervisor.time = types.SimpleNamespace(monotonic=lambda: clock() + 3600 * len(slept))
signal.signal(signal.SIGUSR1, lambda *_: told.append(1))
class Sleeper(cti.supervisor.Supervisor):
    def _step(self):
        slept[:] = told
        super()._step()
"""


class Run:
    """A supervisor in a process of its own; its children write their pids to one pipe.

    It is patient, as a machine may keep any of these processes from running at any instant.
    """

    def __init__(self, home: Path, child: str, **settings: float) -> None:
        reader, writer = os.pipe()
        options = ", ".join(f"{name}={value}" for name, value in settings.items())
        code = (
            f"{SLEEPER}config = Config(home=Path({str(home)!r}), {options})\n"
            f"Sleeper(config, {{'child': [sys.executable, '-c', {child!r}]}}).run()\n"
        )
        self.process = subprocess.Popen([sys.executable, "-c", code], stdout=writer, stderr=subprocess.DEVNULL)
        os.close(writer)
        self._pids = os.fdopen(reader, "rb")

    def next_child(self) -> int:
        """The pid of the next child that began; waits for it. 0 when there will never be one."""
        return int(self._pids.readline() or b"0")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def close(self) -> None:
        self.stop()
        self._pids.close()


@pytest.fixture
def start(tmp_path):
    runs = []

    def begin(child: str, **settings: float) -> Run:
        runs.append(Run(tmp_path, child, **{"heartbeat_seconds": 0.05, "stalled_seconds": 60.0, **settings}))
        return runs[-1]

    yield begin
    for run in runs:
        run.close()


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def has_ended(pid: int, *, within_seconds: float) -> bool:
    """Whether the process ends in this time; nobody need have reaped it (pidfd_open(2): readable from then on)."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watch], [], [], within_seconds)[0])
    finally:
        os.close(watch)


def test_a_supervisor_that_was_stopped_does_not_take_its_own_silence_for_its_childrens(start):
    run = start(BEATS.replace("    time.sleep", "    print(os.getpid(), flush=True)\n    time.sleep"))
    first = run.next_child()
    assert run.next_child() == first  # it has beaten
    run.process.send_signal(signal.SIGUSR1)
    assert {run.next_child() for _ in range(20)} == {first}


def test_a_stopped_child_is_killed_and_replaced(start):
    run = start(STOPS, stalled_seconds=1.0)
    first = run.next_child()
    assert run.next_child() != first
    assert not is_alive(first)


def test_a_child_that_dies_is_started_again_and_its_pid_is_written_down(start, tmp_path):
    run = start(BEATS)
    first = run.next_child()
    os.kill(first, signal.SIGKILL)
    second = run.next_child()
    assert is_alive(second)
    assert int(pid_file(Config(home=tmp_path), "child").read_text()) == second


def test_a_child_that_is_told_to_read_again_while_it_starts_does_so_and_lives(start):
    run = start(EARLY)
    child = run.next_child()
    os.kill(child, signal.SIGHUP)
    assert run.next_child() == child


def test_a_child_that_dies_at_once_is_not_started_in_a_rush(start):
    run = start("import time; print(time.monotonic_ns(), flush=True)")
    _, second, third, fourth = [run.next_child() / 1e9 for _ in range(4)]  # when each of them lived
    assert third - second >= BACKOFF_SECONDS[1] > 0
    assert fourth - third >= BACKOFF_SECONDS[2] > BACKOFF_SECONDS[1]


def test_sigterm_ends_the_children_too_even_a_stopped_one(start):
    run = start(BEATS)
    child = run.next_child()
    os.kill(child, signal.SIGSTOP)
    assert run.stop() == 0
    assert not is_alive(child)


def test_a_child_notices_that_its_supervisor_was_killed(start):
    run = start(BEATS)
    child = run.next_child()
    run.process.kill()
    run.process.wait()
    assert run.next_child() == 0  # its end of the pipe was closed: it is going
    assert has_ended(child, within_seconds=60)


def test_systemd_is_told_of_readiness_and_life(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        supervisor = Supervisor(Config(home=tmp_path), {})
        words = []

        def read() -> None:
            words.extend(notify.recv(64) for _ in range(2))
            os.kill(os.getpid(), signal.SIGTERM)

        reader = threading.Thread(target=read)
        reader.start()
        supervisor.run()
        reader.join()
    assert words == [b"READY=1", b"WATCHDOG=1"]
