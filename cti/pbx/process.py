"""The private Asterisk as a process: start it detached, see that it lives, ask it something, stop it.

It knows one process per instance, recognised by the configuration file on its command line (never by a pid file
alone: pids are reused). It knows nothing of calls or of what is configured.

Measured (Asterisk 22.10, two cores, our modules.conf): `start` returns after 0.3-0.4 s (1.0 s on a busy machine),
62 MB resident, 46 threads. Asterisk sets its own locale, C.UTF-8, whatever its environment says (main/asterisk.c).

It gets a process group of its own, for Ctrl-C is not for it, and no session: Linux gives every session an equal share
of the processor, whatever its processes' niceness (sched(7), autogroup), and with Linux 6.18 a session that was always
busy kept a waiting engine, in another session, from running at all for more than 20 s (/proc/PID/schedstat).
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import resource
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..config import Config
from ..errors import PbxError
from .find import Installation
from .folders import make_folders, run_folder

_BOOT_SECONDS = 30.0
_OPEN_FILES = 65_536  # about five a call; not the hard limit: Asterisk closes every possible one when it starts a child


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxStatus:
    """What the process says of itself; all but `running` are empty when it does not run (or does not answer)."""

    running: bool
    pid: int = 0
    version: str = ""
    uptime_seconds: float = 0.0
    channels: int = 0
    calls: int = 0


def start(config: Config, installation: Installation, progress: Callable[[str], None]) -> None:
    """Start this instance's Asterisk and return when it is fully booted; nothing happens when it runs already.

    It is a session of its own and outlives us. Raises PbxError: not a private PBX, nothing rendered yet, it died
    or did not boot within 30 s (with its last log lines).
    """
    if config.pbx != "private":
        raise PbxError('the system\'s own Asterisk is not ours to start (pbx = "system" in cti.toml)')
    conf = _conf(config)
    if not conf.is_file():
        raise PbxError(f"{conf} is missing; run: cti dialplan apply")
    dirs = make_folders(config, installation)
    with _only_starter(dirs.lib / "start.lock"):
        pid = find_pid(config)
        if pid:
            progress(f"Asterisk runs already (pid {pid})")
            return
        for stale in ("asterisk.pid", "asterisk.ctl"):
            (dirs.run / stale).unlink(missing_ok=True)
        begun = time.monotonic()
        pid = _spawn((*installation.argv, "-C", str(conf), "-f"), dirs.log / "console.out")
        progress(f"Asterisk {'.'.join(map(str, installation.version))} is booting (pid {pid})")
        _wait_booted(config, installation, pid, begun + _BOOT_SECONDS)
        progress(f"fully booted after {time.monotonic() - begun:.1f} s")


def stop(config: Config) -> bool:
    """Stop this instance's Asterisk: `core stop now`, then SIGTERM, then SIGKILL. False: none ran.

    Live calls are hung up first, so their journal lines are written (all but after SIGKILL).
    """
    pid = find_pid(config)
    if not pid:
        return False
    try:
        handle = os.pidfd_open(pid)  # from here on the number cannot come to mean another process
    except ProcessLookupError:
        return False
    try:
        if find_pid(config) == pid:
            _stop(config, pid, handle)
    finally:
        os.close(handle)
        _reap(pid)
    return True


def status(config: Config) -> PbxStatus:
    """Whether it runs and what it carries. Never raises for a PBX that is down, dying or deaf."""
    pid = find_pid(config)
    if not pid:
        return PbxStatus(running=False)
    prefix = _prefix(pid)
    try:
        version = _ask(prefix, config, "core show version", 5)
        counts = _ask(prefix, config, "core show channels count", 5)
    except PbxError:
        return PbxStatus(running=find_pid(config) == pid, pid=pid)
    numbers = dict(re.findall(r"(?m)^(\d+) active (channels?|calls?)", counts))
    found = {word.rstrip("s"): int(number) for number, word in numbers.items()}
    match = re.search(r"Asterisk (\S+)", version)
    return PbxStatus(
        running=True,
        pid=pid,
        version=match[1] if match else "",
        uptime_seconds=_age(pid),
        channels=found.get("channel", 0),
        calls=found.get("call", 0),
    )


def command(config: Config, installation: Installation, text: str) -> str:
    """What the console answers to one command line (`asterisk -rx`). Raises PbxError when nothing answers."""
    if "\n" in text or "\r" in text or "\0" in text:
        raise PbxError("a console command is one line")
    return _ask(installation.argv, config, text, 15)


def console(config: Config) -> None:
    """Become Asterisk's own console (`asterisk -r`); does not return. Raises PbxError when none runs."""
    pid = find_pid(config)
    prefix = _prefix(pid) if pid else ()
    if not prefix:
        raise PbxError("Asterisk does not run; start it with: cti pbx up")
    os.execv(prefix[0], [*prefix, "-C", str(_conf(config)), "-r"])  # noqa: S606  no shell is what we want


def find_pid(config: Config) -> int:
    """The pid of this instance's Asterisk, 0 when none runs. A pid file whose process is another one counts as none."""
    try:
        pid = int((run_folder(config) / "asterisk.pid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
    _reap(pid)
    line = command_line(pid)
    return pid if "-C" in line and "-f" in line and str(_conf(config)) in line else 0


def _conf(config: Config) -> Path:
    return config.etc / "asterisk.conf"


def _spawn(argv: tuple[str, ...], output: Path) -> int:
    """Start detached, with nothing of ours open but `output`. posix_spawn runs no Python between fork and exec."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(output), append, 0o640),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    env = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    try:
        return os.posix_spawn(argv[0], argv, env, file_actions=actions, setpgroup=0)
    except OSError as error:
        raise PbxError(f"{argv[0]} cannot be started: {error}") from error
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _wait_booted(config: Config, installation: Installation, pid: int, deadline: float) -> None:
    socket = run_folder(config) / "asterisk.ctl"
    while time.monotonic() < deadline:
        # Not by its command line: for an instant after exec that is still empty.
        if _reap(pid):
            raise PbxError(f"Asterisk died while booting: {_last_words(config)}")
        if socket.exists():
            # Answers once every module is loaded; refused while the socket is not yet listened on.
            done = _rx(installation.argv, config, "core waitfullybooted", max(1.0, deadline - time.monotonic()))
            if done is not None and "fully booted" in done:
                return
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)  # our own child, not yet reaped; left alone it would hold the ports for ever
    os.waitpid(pid, 0)
    raise PbxError(f"Asterisk (pid {pid}) did not boot within {_BOOT_SECONDS:.0f} s: {_last_words(config)}")


def _stop(config: Config, pid: int, handle: int) -> None:
    prefix = _prefix(pid)
    if prefix and _rx(prefix, config, "core stop now", 5) is not None and _ended(handle, 15):
        return
    for number, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0)):
        try:
            signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            return
        if _ended(handle, patience):
            return
    raise PbxError(f"Asterisk (pid {pid}) survived SIGKILL; it hangs in the kernel")


def _ended(handle: int, patience: float) -> bool:
    """A pidfd turns readable when its process ends."""
    return bool(select.select([handle], [], [], patience)[0])


def _ask(prefix: tuple[str, ...], config: Config, text: str, patience: float) -> str:
    answer = _rx(prefix, config, text, patience) if prefix else None
    if answer is None:
        raise PbxError("Asterisk does not answer on its console; start it with: cti pbx up")
    return answer


def _rx(prefix: tuple[str, ...], config: Config, text: str, patience: float) -> str | None:
    """`asterisk -rx TEXT`; None when it cannot connect or does not answer in time."""
    argv = [*prefix, "-C", str(_conf(config)), "-rx", text]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=patience, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _prefix(pid: int) -> tuple[str, ...]:
    """How the process was started, up to `-C`: loader, library path and binary of a fetched one."""
    line = command_line(pid)
    return tuple(line[: line.index("-C")]) if "-C" in line else ()


def command_line(pid: int) -> list[str]:
    """Empty for a process that is gone, a zombie, or not ours to see."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="surrogateescape").split("\0")[:-1]
    except OSError:
        return []


def _age(pid: int) -> float:
    """Seconds since the process began: proc(5), field 22 of stat, in clock ticks after boot."""
    try:
        began = int(_stat(pid)[19]) / os.sysconf("SC_CLK_TCK")
        uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0.0
    return max(0.0, uptime - began)


def worked_seconds(pid: int) -> float | None:
    """User and system time of a process until now, of all its threads: proc(5), fields 14 and 15. None: it is gone."""
    try:
        return sum(map(int, _stat(pid)[11:13])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return None


def _stat(pid: int) -> list[str]:
    """The fields of proc(5)'s stat from the third one on: the second may hold anything. Raises OSError."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()


def _reap(pid: int) -> bool:
    """Take the exit status of a child of ours, so that no zombie is left. True: it was our child and had ended."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except OSError:
        return False


def _last_words(config: Config) -> str:
    """The end of what it said: complaints of its own log first, else of its console."""
    for file in (config.log_dir / "full", config.log_dir / "console.out"):
        if not file.is_file():
            continue
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()[-200:]
        words = [_plain(line) for line in lines if re.search("ERROR|WARNING|cannot|Unable", line)] or lines
        if words:
            return " | ".join(words[-3:])
    return f"it said nothing; see {config.log_dir}"


def _plain(line: str) -> str:
    """The message of a line of `full`, which is JSON (logger.conf says why); the console's lines are plain already."""
    try:
        return " ".join(json.loads(line)["logmsg"]["message"].split())
    except (ValueError, KeyError, TypeError, AttributeError):
        return line.strip()


@contextmanager
def _only_starter(file: Path) -> Iterator[None]:
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
