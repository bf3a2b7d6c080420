"""One run of a hosted script in a thread of its own, which can be stopped at any instant.

It knows the thread, how `Taken` is raised in it and what became of the run; it knows nothing of files, limits and how
many may run. `Taken` comes between two steps in Python, and only between the first and the last one of the run: before,
it would kill the thread, which then never tells that it has ended; after, it would be a traceback in the log. What was
raised is never taken back: CPython 3.11 would look for it at every step from then on (pycore_ceval.h: eval_breaker).
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
        self._told = False

    def start(self, loop: asyncio.AbstractEventLoop, report: Callable[[], None]) -> None:
        """Begin. `report` is called in the loop, once, when the thread has ended."""

        def once() -> None:
            if not self._told:
                self._told = True
                report()

        def tell() -> None:
            self._seat.line.close()
            with contextlib.suppress(RuntimeError):  # the loop is closed: the engine is gone, nobody waits
                loop.call_soon_threadsafe(once)

        def body() -> None:
            try:
                if self._begins():
                    self._play()
                    self._ends()
                tell()
            except Taken:  # raised at most once, but anywhere: also in the handlers of _play
                tell()

        threading.Thread(target=body, name=f"agi-{self._seat.name}", daemon=True).start()

    def stop(self) -> None:
        """Take the session away, and raise `Taken` where the script computes (not inside a call into C)."""
        with self._turn:
            self._seat.line.taken = True
            if self._runs_in is not None:
                ident = ctypes.c_ulong(self._runs_in)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(Taken))

    def _begins(self) -> bool:
        """Whether there is still something to run."""
        with self._turn:
            self._runs_in = None if self._seat.line.taken else threading.get_ident()
        return self._runs_in is not None

    def _ends(self) -> None:
        """From here on nothing is raised in this thread; what was comes out now, as Python looks at each turn."""
        with self._turn:
            self._runs_in = None
        for _ in range(3):
            pass

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
