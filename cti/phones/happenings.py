"""The memory of everything that the phones did, and the only place where anybody waits for it.

It knows events in the order they were read and who is still waiting. It refuses to know SIP and processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from ..errors import PhoneError
from .timeline import Kind, PhoneEvent

Wanted = Callable[[PhoneEvent], bool]


class Happenings:
    """Events are kept for good. `next` takes each one at most once; `events` shows all of them to everybody."""

    def __init__(self) -> None:
        self.all: list[PhoneEvent] = []
        self._taken: set[int] = set()
        self._waiting: list[tuple[Wanted, asyncio.Future[PhoneEvent]]] = []
        self._news = asyncio.Event()
        self._end = ""
        self._closed = False

    def add(self, event: PhoneEvent) -> None:
        self.all.append(event)
        self._wake_readers()
        for wanted, future in self._waiting:
            if not future.done() and wanted(event):
                self._taken.add(len(self.all) - 1)
                future.set_result(event)
                break

    async def next(self, wanted: Wanted, what: str, timeout: float) -> PhoneEvent:
        """The oldest event that `wanted` accepts and that no earlier `next` took; past ones count.

        Raises PhoneError after `timeout` seconds (with what happened instead), or when a phone's process broke.
        """
        for index, event in enumerate(self.all):
            if index not in self._taken and wanted(event):
                self._taken.add(index)
                return event
        if self._end:
            raise PhoneError(self._end)
        place: tuple[Wanted, asyncio.Future[PhoneEvent]] = (wanted, asyncio.get_running_loop().create_future())
        self._waiting.append(place)
        try:
            async with asyncio.timeout(timeout):
                return await place[1]
        except TimeoutError:
            raise PhoneError(f"no {what} in {timeout:g} s; the last events were: {self._recent()}") from None
        finally:
            self._waiting.remove(place)

    async def events(self) -> AsyncIterator[PhoneEvent]:
        """Every event from the first one on, live, until the phones are closed."""
        seen = 0
        while True:
            while seen < len(self.all):
                seen += 1
                yield self.all[seen - 1]
            if self._closed:
                return
            await self._news.wait()

    def fail(self, error: PhoneError) -> None:
        """A process broke: everybody who waits hears of it now."""
        self._end = str(error)
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(PhoneError(self._end))

    def close(self) -> None:
        self._closed = True
        self._wake_readers()

    def _wake_readers(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _recent(self) -> str:
        lines = [f"{e.kind}({e.agent or e.phone}{f' {e.code}' if e.code else ''})" for e in self.all[-8:]]
        return ", ".join(lines) or "none"


def matching(
    kind: Kind | None = None,
    *,
    agent: str | None = None,
    phone: str | None = None,
    call_id: str | None = None,
    number: str | None = None,
    by_phone: bool | None = None,
) -> Wanted:
    """A filter; None means any."""

    def wanted(event: PhoneEvent) -> bool:
        return (
            kind in (None, event.kind)
            and agent in (None, event.agent)
            and phone in (None, event.phone)
            and call_id in (None, event.call_id)
            and number in (None, event.number)
            and by_phone in (None, event.by_phone)
        )

    return wanted
