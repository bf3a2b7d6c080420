"""Events come in bursts: the first is read at once, the rest of the burst together."""

from __future__ import annotations

import asyncio
from typing import Any

from cti.ami.link import AT_ONCE, Link
from cti.ami.wire import Decoder


class Transport:
    """Notes whether it is being read."""

    def __init__(self) -> None:
        self.reading = True
        self.resumed = asyncio.Event()
        self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def is_reading(self) -> bool:
        return self.reading

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
        self.waits = False  # somebody who is more urgent

    def urgent(self) -> bool:
        return self.waits

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


async def test_many_events_of_one_read_leave_turns_of_the_loop_to_others():
    side, manager, transport = connected()
    turns: list[int] = []

    def turn() -> None:
        turns.append(len(manager.seen))
        if len(manager.seen) < 50:
            loop.call_soon(turn)

    loop = asyncio.get_running_loop()
    loop.call_soon(turn)
    many = b"".join(b"Event: E%d\r\nUniqueid: 1\r\n\r\n" % number for number in range(50))
    side.data_received(b"Asterisk Call Manager/9.0\r\n" + many)
    assert len(manager.seen) == AT_ONCE
    assert not transport.reading  # what is read next comes after these
    await asyncio.wait_for(transport.resumed.wait(), 60)
    assert manager.seen == [f"E{number}" for number in range(50)]
    assert set(range(AT_ONCE, 50, AT_ONCE)) <= set(turns)


async def test_a_link_whose_peer_has_gone_tells_at_once_all_that_came_before():
    side, manager, transport = connected()
    transport.closing = True
    many = b"Event: E\r\nUniqueid: 1\r\n\r\n" * 50
    side.data_received(b"Asterisk Call Manager/9.0\r\n" + many)
    assert len(manager.seen) == 50
    assert transport.reading  # a closed one is not to be asked: uvloop raises


async def test_who_hurries_a_link_that_has_ended_meanwhile_does_nothing():
    side, _, transport = connected()
    side.data_received(b"Asterisk Call Manager/9.0\r\nEvent: BridgeLeave\r\nUniqueid: 1\r\n\r\n")
    side.data_received(b"Event: Hangup\r\nUniqueid: 1\r\n\r\n")
    transport.closing = True
    side.hurry()
    assert not transport.reading


async def test_a_link_that_ends_while_events_are_left_handles_none_of_them():
    side, manager, _ = connected()
    many = b"Event: E\r\nUniqueid: 1\r\n\r\n" * 50
    side.data_received(b"Asterisk Call Manager/9.0\r\n" + many)
    side.closed = True
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(manager.seen) == AT_ONCE


async def handled_by_turns(manager: Manager, count: int) -> set[int]:
    """How many events had been handled at each turn of the loop, until `count` were."""
    found = {len(manager.seen)}
    while len(manager.seen) < count:
        await asyncio.sleep(0)
        found.add(len(manager.seen))
    return found


async def test_while_somebody_is_more_urgent_each_turn_of_the_loop_has_one_event():
    side, manager, transport = connected()
    side.data_received(b"Asterisk Call Manager/9.0\r\n")
    manager.waits = True
    side.data_received(b"".join(b"Event: E%d\r\nUniqueid: 1\r\n\r\n" % number for number in range(20)))
    assert await handled_by_turns(manager, 20) == set(range(1, 21))
    await asyncio.wait_for(transport.resumed.wait(), 60)
    assert manager.seen == [f"E{number}" for number in range(20)]


async def test_with_nobody_more_urgent_any_longer_a_turn_has_many_events_again():
    side, manager, _ = connected()
    side.data_received(b"Asterisk Call Manager/9.0\r\n")
    manager.waits = True
    side.data_received(b"".join(b"Event: E%d\r\nUniqueid: 1\r\n\r\n" % number for number in range(20)))
    manager.waits = False
    assert await handled_by_turns(manager, 20) == {1, 1 + AT_ONCE, 1 + 2 * AT_ONCE, 20}
