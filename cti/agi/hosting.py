"""What one hosted pyst2 script sees in place of its process: AGI(), sys, signal and print.

It knows how to make `asterisk.agi.AGI` speak over a session's socket in a worker thread (its constructor calls
`signal.signal()`, reads an environment from stdin and takes SIGHUP for the hang-up; a thread has none of these).
Nothing global is patched: the script's own `import` statements are answered with stand-ins, and these look at
the session of the thread that asks. It knows nothing of files, limits or asyncio.
"""

from __future__ import annotations

import builtins
import contextlib
import logging
import select
import signal
import socket
import sys
import threading
import types
from typing import Any

import asterisk
import asterisk.agi as pyst

from ..errors import AgiError
from .wire import Environment, checked_line

MAX_LINE = 64 * 1024  # bytes of one line from Asterisk
SLICE_MS = 200  # how soon a thread that waits for Asterisk sees that its session was taken away

log = logging.getLogger(__name__)
_here = threading.local()


class Taken(BaseException):
    """The host ended this script (time limit, server stop). Not an Exception: `except Exception` must not hold it."""


class Line:
    """The session's socket as the pair of text files that pyst2 reads and writes; blocking, for one thread."""

    def __init__(self, own: socket.socket) -> None:
        self.taken = False  # set by the host: the thread must stop
        self.hung_up = False
        self._socket = own
        self._reader = select.poll()
        self._reader.register(own, select.POLLIN)
        self._writer = select.poll()
        self._writer.register(own, select.POLLOUT)
        self._buffer = b""

    def readline(self) -> str:
        """The next line that is not `HANGUP`, "" at the end; raises AGISIGPIPEHangup there, as a broken pipe does."""
        while True:
            line, newline, rest = self._buffer.partition(b"\n")
            if newline:
                self._buffer = rest
                if line != b"HANGUP":
                    return line.decode("utf-8", "replace") + "\n"
                self.hung_up = True
            elif not self._fill(SLICE_MS) and len(self._buffer) > MAX_LINE:
                raise pyst.AGIError("a line without an end")

    def look(self) -> bool:
        """Whether the caller hung up, without waiting (a process would have had SIGHUP)."""
        self._fill(0)
        if self._buffer.startswith(b"HANGUP\n"):
            self._buffer = self._buffer[7:]
            self.hung_up = True
        return self.hung_up

    def write(self, text: str) -> int:
        """Send one command. Raises AGIError for CR, LF or NUL inside it and for more than Asterisk takes at once."""
        try:
            data = memoryview(checked_line(text.removesuffix("\n")))
        except AgiError as error:
            raise pyst.AGIError(str(error)) from None
        while data:
            self._stop_if_taken()
            try:
                data = data[self._socket.send(data) :]
            except BlockingIOError:
                self._writer.poll(SLICE_MS)
            except OSError:
                raise pyst.AGISIGPIPEHangup("the session is over") from None
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """Drop this end of the socket; the server has its own."""
        self._socket.close()

    def cut(self) -> None:
        """End the connection for everyone, even while the thread is stuck and keeps its end open."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _fill(self, wait_ms: int) -> bool:
        self._stop_if_taken()
        if not self._reader.poll(wait_ms):
            return False
        self._stop_if_taken()
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data and wait_ms:
            raise pyst.AGISIGPIPEHangup("the session is over")
        self._buffer += data
        return bool(data) and len(self._buffer) <= MAX_LINE

    def _stop_if_taken(self) -> None:
        if self.taken:
            raise Taken


class Seat:
    """One run of one script: its line to Asterisk, its environment and its arguments."""

    def __init__(self, name: str, line: Line, told: Environment) -> None:
        self.name = name
        self.line = line
        self.environment = {**told.values, **{f"agi_arg_{number}": arg for number, arg in enumerate(told.args, 1)}}
        self.argv = [name, *told.args]

    def take(self) -> None:
        """From now on this thread is that script."""
        _here.seat = self


class Notes:
    """stderr and print() of a script: debug lines of our log, escaped."""

    def write(self, text: str) -> int:
        if log.isEnabledFor(logging.DEBUG) and text.strip():
            log.debug("%a: %a", _seat().name, text.strip()[:500])
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


class HostedAGI(pyst.AGI):  # type: ignore[misc]
    """pyst2's AGI over the session of the thread that makes it; arguments of the constructor are ignored."""

    def __init__(self, *_: object, **__: object) -> None:  # pyst2's own would call signal.signal() and read stdin
        seat = _seat()
        self.stdin = self.stdout = seat.line
        self.stderr = _notes
        self.env = dict(seat.environment)
        self._got_sighup = False

    def test_hangup(self) -> None:
        if self.stdin.look():
            self._got_sighup = True
        super().test_hangup()


class StandIn(types.ModuleType):
    """A module with some names of our own; every other one is the real module's."""

    def __init__(self, real: types.ModuleType, **own: Any) -> None:
        super().__init__(real.__name__, real.__doc__)
        self.__dict__.update(own, _real=real, __all__=[n for n in dir(real) if not n.startswith("_")])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_real"], name)


class HostedSys(StandIn):
    """`sys` with the arguments and the files of the thread's script."""

    @property
    def argv(self) -> list[str]:
        return _seat().argv

    @property
    def stdin(self) -> Line:
        return _seat().line

    @property
    def stdout(self) -> Line:
        return _seat().line


def namespace(name: str, file: str) -> dict[str, Any]:
    """The globals in which a script's code runs."""
    scope = dict(vars(builtins))
    scope.update(__import__=_import, print=_print)
    return {"__name__": name, "__file__": file, "__builtins__": scope}


def _seat() -> Seat:
    try:
        seat: Seat = _here.seat
    except AttributeError:
        raise pyst.AGIError("AGI() outside of a call; make it inside main()") from None
    return seat


def _import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
    module = builtins.__import__(name, globals, locals, fromlist, level)
    return _STAND_INS.get(module.__name__, module)


def _print(*values: object, **options: Any) -> None:
    if options.get("file") is not None:
        builtins.print(*values, **options)
    else:  # one note for one call: print() writes every value by itself
        _notes.write((options.get("sep") or " ").join(map(str, values)))


_notes = Notes()
_sys = HostedSys(sys, stderr=_notes)
_signal = StandIn(signal, signal=lambda *_: signal.SIG_DFL, alarm=lambda *_: 0)
_agi = StandIn(pyst, AGI=HostedAGI, sys=_sys, signal=_signal)  # `from asterisk.agi import *` brings these too
_STAND_INS: dict[str, types.ModuleType] = {
    "asterisk": StandIn(asterisk, agi=_agi),
    "asterisk.agi": _agi,
    "sys": _sys,
    "signal": _signal,
}
