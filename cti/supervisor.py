"""Keeps the engine and the importer alive; knows processes and heartbeats, nothing of calls.

Why it exists: Asterisk has no timeout for a FastAGI server that hangs, so a stopped engine would hold its waiting
callers for ever. Killing it closes their sockets, `AGI()` returns without a verdict, and the dialplan puts them in
the native queue. Each child writes one byte to a pipe every `heartbeat_seconds`; after `stalled_seconds` of
silence it is killed with SIGKILL (which works on a stopped process too) and started again.

The importer (journals -> database) is a second child, not a task of the engine: decoding a thousand journal lines
takes tens of milliseconds, and that must never delay an offer. (DESIGN §8 speaks of two processes; this is the third.)

A child that notices that its supervisor is gone (the pipe breaks) ends itself, so nothing is left holding ports.
Under systemd (`Type=notify`, `WatchdogSec=`) the supervisor in turn reports to systemd's watchdog (sd_notify(3)).
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .config import Config

log = logging.getLogger(__name__)

STARTING_SECONDS = 30.0  # a child that is still importing and migrating is not stalled yet
UNHURRIED = {"importer": 60.0}  # it gets what calls leave of the CPU, and nobody waits for it
BACKOFF_SECONDS = (0.0, 0.2, 1.0, 2.0, 5.0)  # after quick deaths in a row
DEAF_SECONDS = 1.0  # our own pause between two steps, which take 0.2 s and the start of a child
SETTLED_SECONDS = 30.0  # a child that lived this long starts with a clean record


@dataclass(slots=True)
class Child:
    """One supervised process: its pipe, its last sign of life, its deaths in a row."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    pipe: int = -1
    started: float = 0.0
    last_beat: float = 0.0
    beating: bool = False
    deaths: int = 0
    due: float = 0.0


def children_of(config: Config) -> dict[str, list[str]]:
    """What an instance runs: name -> command, to which the number of the heartbeat pipe is added."""
    return {name: [sys.executable, "-m", "cti.app", name, str(config.home)] for name in ("engine", "importer")}


class Supervisor:
    """Runs `commands` (default: an instance's children) until asked to stop. Times are monotonic seconds."""

    def __init__(self, config: Config, commands: Mapping[str, Sequence[str]] | None = None) -> None:
        self.config = config
        self._commands = children_of(config) if commands is None else commands
        self.children = [Child(name) for name in self._commands]
        self._selector = selectors.DefaultSelector()
        self._stopping = False
        self._listened = time.monotonic()

    def run(self) -> None:
        """Supervise until SIGTERM or SIGINT; then end the children and return."""
        with self._signals():
            tell_systemd("READY=1")
            try:
                while not self._stopping:
                    self._step()
            finally:
                self._end_all()

    def _step(self) -> None:
        now = time.monotonic()
        self._forgive(now)
        for child in self.children:
            if child.process is None:
                if now >= child.due:
                    self._start(child)
            elif child.process.poll() is not None:
                self._buried(child, f"ended with {child.process.returncode}")
            elif now - child.last_beat > self._patience(child):
                self._replace(child, now)
        for key, _ in self._selector.select(timeout=0.2):
            self._beat(key.data)
        tell_systemd("WATCHDOG=1")

    def _forgive(self, now: float) -> None:
        """Nobody is silent because we did not listen: who was stopped (or the whole machine) begins to count anew."""
        if now - self._listened > DEAF_SECONDS:
            for child in self.children:
                child.last_beat = now
        self._listened = now

    def _patience(self, child: Child) -> float:
        if not child.beating:
            return STARTING_SECONDS
        return max(UNHURRIED.get(child.name, 0.0), self.config.stalled_seconds)

    def _start(self, child: Child) -> None:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        # Blocked, and inherited so: `cti dialplan apply` may ask a child that is still importing to read all again, and
        # without a handler SIGHUP kills. It stays pending until the child unblocks it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        try:
            child.process = subprocess.Popen(
                [*self._commands[child.name], str(writer)],
                pass_fds=(writer,),
                stdin=subprocess.DEVNULL,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(writer)
        child.pipe, child.beating = reader, False
        child.started = child.last_beat = time.monotonic()
        self._selector.register(reader, selectors.EVENT_READ, child)
        self._write_pids()
        log.info("%s started, pid %d", child.name, child.process.pid)

    def _beat(self, child: Child) -> None:
        try:
            data = os.read(child.pipe, 4096)
        except BlockingIOError:
            return
        if data:
            child.beating, child.last_beat = True, time.monotonic()
        else:  # the child closed its end: it is dying; poll() will tell
            self._forget_pipe(child)

    def _replace(self, child: Child, now: float) -> None:
        assert child.process is not None
        log.error("%s is silent for %.1f s: killing it", child.name, now - child.last_beat)
        child.process.kill()
        child.process.wait()
        self._buried(child, "killed because it was silent")

    def _buried(self, child: Child, why: str) -> None:
        now = time.monotonic()
        child.deaths = 1 if now - child.started > SETTLED_SECONDS else child.deaths + 1
        pause = BACKOFF_SECONDS[min(child.deaths, len(BACKOFF_SECONDS)) - 1]
        child.process, child.due = None, now + pause
        self._forget_pipe(child)
        log.error("%s %s; starting it again in %.1f s", child.name, why, pause)

    def _forget_pipe(self, child: Child) -> None:
        if child.pipe >= 0:
            self._selector.unregister(child.pipe)
            os.close(child.pipe)
            child.pipe = -1

    def _end_all(self) -> None:
        living = [child.process for child in self.children if child.process is not None]
        for process in living:
            process.terminate()
            process.send_signal(signal.SIGCONT)  # a stopped process cannot end
        deadline = time.monotonic() + 5.0
        for process in living:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for child in self.children:
            self._forget_pipe(child)
        self._selector.close()
        pid_file(self.config, "supervisor").unlink(missing_ok=True)

    def _write_pids(self) -> None:
        pids = {child.name: child.process.pid for child in self.children if child.process is not None}
        for name, pid in {"supervisor": os.getpid(), **pids}.items():
            file = pid_file(self.config, name)
            file.with_suffix(".new").write_text(f"{pid}\n")
            file.with_suffix(".new").replace(file)  # whoever reads it never reads half of it

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(*_: object) -> None:
            self._stopping = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def pid_file(config: Config, name: str) -> Path:
    """Where the pid of the supervisor or of a child is written, for the command line and for tests."""
    folder = config.var / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.pid"


def tell_systemd(word: str) -> None:
    """One word of sd_notify(3) to the service manager, when there is one: a datagram to $NOTIFY_SOCKET."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    name = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        try:
            notify.sendto(word.encode(), name)
        except OSError as error:
            log.warning("cannot tell systemd %s: %s", word, error.strerror)
