"""Calls that an agent makes to somebody outside, and passes on: as in `shapes`, each function plays one.

It knows that the agent's phone may be gone before the customer is, so that the beats are somebody else's keys. It
refuses to know what journals and recordings say of it.
"""

from __future__ import annotations

from contextlib import suppress

from playing import Play, place_of

from cti.errors import PhoneError
from cti.phones import Call, PhoneEvent


async def outbound_blind(play: Play) -> None:
    call, taken = await play.calls_out()
    await play.stage.phones.transfer(call.invite, play.uri(play.agents["b"]))
    gone = await call.next("transfer")
    ring = await play.stage.phones.next("invite", agent=play.agents["b"])
    await play.beat()
    b, bye = await _answers_and_leaves(play, ring)
    await _leaves(call)
    play.note("talk", "a", taken, gone)
    play.note("transfer", "a", gone, gone, "b", "blind")
    play.note("talk", "b", b, bye)


async def outbound_attended(play: Play) -> None:
    call, taken = await play.calls_out()
    away = await _holds(play, call)
    consult = await play.dials("a", play.agents["b"])
    b = await play.answers("b", play.agents["a"])
    await play.beat()
    await play.stage.phones.transfer_to(call.invite, consult)
    gone = await call.next("transfer")
    await play.beat()
    bye = await play.hangs_up(b)
    await _leaves(call)
    play.note("talk", "a", taken, away)
    play.note("hold", "a", away, gone)
    play.note("consult", "a", b, gone, "b")
    play.note("transfer", "a", gone, gone, "b", "attended")
    play.note("talk", "b", gone, bye)


async def outbound_blonde(play: Play) -> None:
    call, taken = await play.calls_out()
    away = await _holds(play, call)
    consult = await play.dials("a", play.agents["b"])
    ring = await play.stage.phones.next("invite", agent=play.agents["b"])
    await consult.next("ringing")
    await play.beat()
    await play.stage.phones.transfer_to(call.invite, consult)
    gone = await call.next("transfer")
    await play.beat()
    b, bye = await _answers_and_leaves(play, ring)
    await _leaves(call)
    play.note("talk", "a", taken, away)
    play.note("hold", "a", away, gone)
    play.note("transfer", "a", gone, gone, "b", "blonde")
    play.note("talk", "b", b, bye)


async def outbound_parked(play: Play) -> None:
    call, taken = await play.calls_out()
    await play.stage.phones.transfer(call.invite, play.uri("700"))
    gone = await call.next("transfer")
    await play.beat()
    b = await play.dials("b", await place_of(play))
    answered = await b.next("answered")
    await play.beat()
    await b.hang_up()
    bye = await b.next("bye")
    await _leaves(call)
    play.note("talk", "a", taken, gone)
    play.note("parked", "a", gone, answered)
    play.note("talk", "b", answered, bye)


async def _leaves(call: Call) -> None:
    """As phones do when they have heard that the transfer was made; Asterisk is often quicker."""
    with suppress(PhoneError):  # it has ended
        await call.hang_up()


async def _holds(play: Play, call: Call) -> PhoneEvent:
    await play.stage.phones.hold(call.invite)
    return await call.next("changed")


async def _answers_and_leaves(play: Play, ring: PhoneEvent) -> tuple[PhoneEvent, PhoneEvent]:
    """The colleague answers, talks for a beat and hangs up."""
    await play.stage.phones.answer(ring)
    b = await play.stage.phones.next("answered", phone=ring.phone, call_id=ring.call_id)
    play.ring("b", b)
    await play.beat()
    return b, await play.hangs_up(b)
