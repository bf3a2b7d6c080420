"""Callers waiting in a FastAGI session get exactly one verdict, or are said to have left."""

import asyncio

import pytest

from cti.core.events import CallerJoined, CallerLeft, OfferMissed
from cti.core.words import Verdict
from cti.engine.lobby import Lobby
from cti.errors import AgiHangup

ASK = ["queue=sales", "call=c1", "number=13800138000"]


class FakeSession:
    def __init__(self, arguments, *, gone=False):
        self.args = arguments
        self.variables = None
        self.gone = gone

    async def finish(self, pairs):
        if self.gone:
            raise AgiHangup("gone")
        self.variables = list(pairs)


class Room:
    """A lobby whose events are collected, and a way to wait for the next one."""

    def __init__(self):
        self.events = asyncio.Queue()
        self.lobby = Lobby(self.events.put_nowait, lambda queue: queue == "sales")

    async def next(self, kind):
        event = await self.events.get()
        assert isinstance(event, kind)
        return event


async def test_the_verdict_is_set_last():
    room, session = Room(), FakeSession(ASK)
    serving = asyncio.create_task(room.lobby.serve(session))
    joined = await room.next(CallerJoined)
    assert room.lobby.decide(joined.call, Verdict.DIAL, (("CTI_DIAL", "PJSIP/1001"),))
    await serving
    assert session.variables == [("CTI_DIAL", "PJSIP/1001"), ("CTI_VERDICT", "dial")]
    assert room.events.empty()
    assert not room.lobby.decide(joined.call, Verdict.DIAL)


async def test_a_caller_who_hangs_up_has_left():
    room = Room()
    serving = asyncio.create_task(room.lobby.serve(FakeSession(ASK)))
    await room.next(CallerJoined)
    serving.cancel()
    assert (await room.next(CallerLeft)).call == "c1"
    assert len(room.lobby) == 0


async def test_a_caller_who_vanishes_under_the_verdict_has_left():
    room = Room()
    serving = asyncio.create_task(room.lobby.serve(FakeSession(ASK, gone=True)))
    await room.next(CallerJoined)
    room.lobby.decide("c1", Verdict.DIAL)
    with pytest.raises(AgiHangup):
        await serving
    await room.next(CallerLeft)


async def test_a_miss_is_told_before_the_caller_is_back_in_line():
    room = Room()
    serving = asyncio.create_task(room.lobby.serve(FakeSession([*ASK, "tried=1001:BUSY"])))
    assert (await room.next(OfferMissed)).agent == "1001"
    await room.next(CallerJoined)
    serving.cancel()


async def test_a_queue_that_the_site_does_not_have_gets_no_verdict_at_once():
    room, session = Room(), FakeSession(["queue=nowhere", "call=c1"])
    await room.lobby.serve(session)
    assert session.variables is None
    assert room.events.empty()


async def test_a_second_session_of_the_same_call_takes_the_place_without_losing_the_caller():
    room, second = Room(), FakeSession(ASK)
    first_serving = asyncio.create_task(room.lobby.serve(FakeSession(ASK)))
    await room.next(CallerJoined)
    second_serving = asyncio.create_task(room.lobby.serve(second))
    await room.next(CallerJoined)
    with pytest.raises(asyncio.CancelledError):
        await first_serving
    room.lobby.decide("c1", Verdict.OVERFLOW)
    await second_serving
    assert second.variables == [("CTI_VERDICT", "overflow")]
    assert room.events.empty()


async def test_who_knows_the_number_is_preferred_unless_the_dialplan_prefers_somebody():
    events = asyncio.Queue()
    lobby = Lobby(events.put_nowait, lambda queue: True, lambda queue, number, now: f"{queue}:{number}")
    for arguments, preferred in ((ASK, "sales:13800138000"), ([*ASK, "prefer=1009"], "1009")):
        serving = asyncio.create_task(lobby.serve(FakeSession(arguments)))
        assert (await events.get()).prefer == preferred
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await events.get()


async def test_somebody_waits_until_the_verdict_is_given():
    room = Room()
    assert not room.lobby.anybody_waits
    serving = asyncio.create_task(room.lobby.serve(FakeSession(ASK)))
    await room.next(CallerJoined)
    assert room.lobby.anybody_waits
    room.lobby.decide("c1", Verdict.OVERFLOW)
    assert not room.lobby.anybody_waits
    await serving


async def test_only_who_has_to_wait_hurries_the_news_of_agents():
    hurried = []
    lobby = Lobby(lambda event: lobby.decide("c1", Verdict.DIAL), lambda queue: True)
    lobby.hurry = lambda: hurried.append(True)
    await lobby.serve(FakeSession(ASK))
    assert hurried == []
    serving = asyncio.create_task(lobby.serve(FakeSession(["queue=sales", "call=c2"])))
    await asyncio.sleep(0)
    assert hurried == [True]
    lobby.decide("c2", Verdict.OVERFLOW)
    await serving
