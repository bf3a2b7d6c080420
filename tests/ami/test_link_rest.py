"""Events come in bursts: the first is read at once, the rest of the burst together."""

from __future__ import annotations

import asyncio
from typing import Any

from cti.ami.link import Link
from cti.ami.wire import Decoder


class Transport:
    """Notes whether it is being read."""

    def __init__(self) -> None:
        self.reading = True
        self.resumed = asyncio.Event()
        self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True
        self.resumed.set()


class Instant:
    """A loop in which no time passes between two reads; what is due later comes as in any."""

    def __init__(self) -> None:
        self.call_later = asyncio.get_running_loop().call_later

    def time(self) -> float:
        return 1_000.0


class Manager:
    """The little of a connection that the byte side needs."""

    def __init__(self) -> None:
        self.loop = Instant()
        self.greeted = asyncio.get_running_loop().create_future()
        self.seen: list[str] = []
        self.rests: list[float] = []

    def rest(self) -> float:
        """Between two reads of a burst; a link that asks although it may not is seen in `rests`."""
        self.rests.append(0.05)
        return 0.05

    def dispatch(self, event: Any) -> None:
        self.seen.append(event.name)


def connected() -> tuple[Link, Manager, Transport]:
    manager, transport = Manager(), Transport()
    side = Link(manager, Decoder(None), "own-")  # type: ignore[arg-type]
    side.connection_made(transport)  # type: ignore[arg-type]
    return side, manager, transport


async def test_a_lone_event_stops_nothing():
    side, manager, transport = connected()
    side.data_received(b"Asterisk Call Manager/9.0\r\nEvent: Hangup\r\nUniqueid: 1\r\n\r\n")
    assert manager.seen == ["Hangup"]
    assert transport.reading


async def test_after_two_reads_in_quick_succession_the_rest_comes_together():
    side, manager, transport = connected()
    side.data_received(b"Asterisk Call Manager/9.0\r\nEvent: BridgeLeave\r\nUniqueid: 1\r\n\r\n")
    side.data_received(b"Event: Hangup\r\nUniqueid: 1\r\n\r\n")
    assert manager.seen == ["BridgeLeave", "Hangup"]
    assert not transport.reading
    assert manager.rests == [0.05]
    await asyncio.wait_for(transport.resumed.wait(), 60)
    assert transport.reading


async def test_a_link_that_closes_is_left_alone():
    side, manager, transport = connected()
    side.data_received(b"Asterisk Call Manager/9.0\r\n")
    transport.closing = True
    side.data_received(b"Event: Hangup\r\nUniqueid: 1\r\n\r\n")
    assert transport.reading
    assert manager.rests == []


async def test_a_rest_ends_at_once_for_whoever_hurries():
    side, _, transport = connected()
    side.data_received(b"Asterisk Call Manager/9.0\r\nEvent: BridgeLeave\r\nUniqueid: 1\r\n\r\n")
    side.hurry()
    assert not transport.resumed.is_set()
    side.data_received(b"Event: Hangup\r\nUniqueid: 1\r\n\r\n")
    assert not transport.reading
    side.hurry()
    assert transport.reading
