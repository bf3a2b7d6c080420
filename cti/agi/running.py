"""One run of a hosted script in a thread of its own, which can be stopped at any instant.

It knows the thread, how `Taken` is raised in it and what became of the run; it knows nothing of files, limits and how
many may run. `Taken` comes between two steps in Python, and only between the first and the last one of the run: before,
it would kill the thread, which then never tells that it has ended; after, it would be a traceback in the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import threading
from collections.abc import Callable

import asterisk.agi as pyst

from .hosting import Seat, Taken

log = logging.getLogger(__name__)


class Run:
    """`work` in the seat of one session. `verdict` is done or error, and holds when `report` has been called.

    Starting a thread costs 60 µs; it is a daemon, which never holds up the engine's end.
    """

    def __init__(self, seat: Seat, work: Callable[[], None]) -> None:
        self.verdict = "error"
        self._seat = seat
        self._work = work
        self._runs_in: int | None = None  # the thread, between its first and its last step
        self._turn = threading.Lock()  # to look at it and to act on that

    def start(self, loop: asyncio.AbstractEventLoop, report: Callable[[], None]) -> None:
        """Begin. `report` is called in the loop, once, when the thread has ended."""

        def body() -> None:
            with contextlib.suppress(Taken):  # raised at most once, but anywhere: also in the handlers of _play
                if self._begins():
                    self._play()
                    self._ends()
            self._seat.line.close()
            with contextlib.suppress(RuntimeError):  # the loop is closed: the engine is gone, nobody waits
                loop.call_soon_threadsafe(report)

        threading.Thread(target=body, name=f"agi-{self._seat.name}", daemon=True).start()

    def stop(self) -> None:
        """Take the session away, and raise `Taken` where the script computes (not inside a call into C)."""
        with self._turn:
            self._seat.line.taken = True
            if self._runs_in is not None:
                _raise_in(self._runs_in, Taken)

    def _begins(self) -> bool:
        """Whether there is still something to run."""
        with self._turn:
            self._runs_in = None if self._seat.line.taken else threading.get_ident()
        return self._runs_in is not None

    def _ends(self) -> None:
        """From here on nothing is raised in this thread."""
        with self._turn:
            ident, self._runs_in = threading.get_ident(), None
        _raise_in(ident, None)

    def _play(self) -> None:
        self._seat.take()
        try:
            self._work()
            self.verdict = "done"
        except Taken:
            log.info("script %a: gone after it was stopped", self._seat.name)
        except SystemExit as end:
            self.verdict = "done" if end.code in (None, 0) else "error"
        except pyst.AGIHangup:
            log.info("script %a: the caller went", self._seat.name)
        except BaseException:
            log.exception("script %a failed", self._seat.name)


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Raise it there before the next step in Python; None takes back what has not been raised yet."""
    what = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)
