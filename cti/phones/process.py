"""One SIPp process: started, its message trace read as it is written, ended with us.

It knows SIPp's command line, exit codes and files. It refuses to know what a call is. The trace comes through a pipe,
so nothing is polled, and is copied to `<name>.trace` for people to read afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import itertools
import os
import signal
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from ..errors import PhoneError
from .phone_ports import FIRST_PORT, free_port, let_go
from .trace import Traced, TraceReader

FINE = (0, 1, 97, 99)  # all calls well; some failed; stopped by a command; no calls (sipp -h)
_PIPE_BYTES = 1 << 20
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Between Linux's ephemeral ports and phones' own. SIPp goes on from the media port that it is given.
_media_ports = (61_000 + 16 * n % 2_400 for n in itertools.count(os.getpid()))
_libc = ctypes.CDLL(None, use_errno=True)


class Tool(Protocol):
    """How to run SIPp: the argument list it starts with and the environment it needs beyond ours."""

    @property
    def argv(self) -> Sequence[str]: ...
    @property
    def env(self) -> Mapping[str, str]: ...


class SippProcess:
    """A running SIPp. `read` is called with each message of its trace, in order, on the event loop."""

    def __init__(
        self,
        name: str,
        folder: Path,
        address: str,
        port: int,
        child: asyncio.subprocess.Process,
        picked: Collection[int] = (),
    ) -> None:
        self.name, self.folder, self.address, self.port = name, folder, address, port
        self._child = child
        self._picked = picked  # ports that nobody comes back to when it has ended
        self._following: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.returncode is None

    def follow(self, source: int, read: Callable[[Traced], None]) -> None:
        self._following = asyncio.create_task(_follow(source, self.folder / f"{self.name}.trace", read))

    async def wait(self) -> int:
        """Its exit code, after the whole trace was read. Raises PhoneError when SIPp could not do its work."""
        code = await self._ended()
        if self._following is not None:
            await asyncio.shield(self._following)  # whoever gives up waiting must not stop the reading
        if code not in FINE and code != -signal.SIGKILL:
            raise PhoneError(f"{self.name}: SIPp ended with {code}: {self.complaint()}")
        return code

    async def kill(self) -> None:
        """Ends it at once; its calls are simply gone."""
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()
        await self._ended()
        if self._following is not None:
            await self._following

    async def _ended(self) -> int:
        code = await self._child.wait()
        for port in self._picked:
            let_go(port)
        return code

    def complaint(self) -> str:
        """The last thing that SIPp wrote on stderr or into its error file, as one line."""
        for suffix in ("errors", "stderr"):
            file = self.folder / f"{self.name}.{suffix}"
            text = file.read_text(errors="replace").strip() if file.is_file() else ""
            if text:
                return " ".join(text.splitlines()[-3:])[-400:]
        return "it said nothing"


async def start_sipp(
    tool: Tool,
    folder: Path,
    name: str,
    arguments: Sequence[str | bytes],
    *,
    address: str,
    port: int,
    read: Callable[[Traced], None] | None,
) -> SippProcess:
    """Start SIPp on address:port in `folder` (0: a port of our own); without `read` no messages are traced.

    Raises PhoneError when the port is taken or SIPp cannot be executed. It dies with the thread that starts it (Linux).
    """
    own, control = free_port(address, port), free_port("")
    source, sink = _pipe() if read else (-1, -1)
    command = [*tool.argv, *_common(name, address, own, control), *arguments]
    if read:
        command += ["-trace_msg", "-message_file", f"/dev/fd/{sink}"]
    try:
        with (folder / f"{name}.stderr").open("wb") as errors:
            child = await _spawn(command, tool.env, folder, errors, sink)
    except OSError as error:
        if read:
            os.close(source)
        raise PhoneError(f"{name}: cannot run {tool.argv[0]}: {error}") from error
    finally:
        if read:
            os.close(sink)
    process = SippProcess(name, folder, address, own, child, (control,) if port else (own, control))
    if read:
        process.follow(source, read)
    return process


def _common(name: str, address: str, port: int, control: int) -> list[str]:
    first = next(_media_ports)
    where = ["-i", address, "-mi", address, "-bind_local", "-p", str(port), "-cp", str(control)]
    media = ["-min_rtp_port", str(first), "-max_rtp_port", str(FIRST_PORT - 2)]
    # An unexpected message is left to the far side's retransmission instead of ending the call.
    habits = ["-default_behaviors", "all,-abortunexp", "-nostdin", "-trace_err", "-error_file", f"{name}.errors"]
    return [*where, *media, *habits]


async def _spawn(
    command: Sequence[str | bytes], env: Mapping[str, str], folder: Path, errors: IO[bytes], sink: int
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, **env, "TZ": "UTC", "TERM": "dumb"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,  # its screens
        stderr=errors,
        pass_fds=(sink,) if sink >= 0 else (),
        preexec_fn=_die_with_parent,
    )


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _pipe() -> tuple[int, int]:
    source, sink = os.pipe()
    with contextlib.suppress(OSError):  # beyond the user's share of pipe memory: the usual 64 kB do, too
        fcntl.fcntl(sink, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return source, sink


async def _follow(source: int, copy: Path, read: Callable[[Traced], None]) -> None:
    stream = asyncio.StreamReader()
    pipe = os.fdopen(source, "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), pipe
    )
    trace = TraceReader()
    try:
        with copy.open("ab", buffering=0) as out:
            while data := await stream.read(1 << 16):
                out.write(data)
                for message in trace.feed(data):
                    read(message)
    finally:
        transport.close()
