"""Every way in which phones pass a call on: each function plays one, and notes what the phones measured.

It knows how a transfer, a pickup, a parking … is made by phones. It refuses to know what journals say of it.
"""

from __future__ import annotations

from playing import Play, place_of


async def plain(play: Play) -> None:
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    bye = await play.hangs_up(a)
    play.note("talk", "a", a, bye)


async def held(play: Play) -> None:
    phones = play.stage.phones
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    await phones.hold(a)
    away = await phones.next("changed", phone=a.phone, call_id=a.call_id)
    await play.beat()
    await phones.hold(a, on=False)
    back = await phones.next("changed", phone=a.phone, call_id=a.call_id)
    await play.beat()
    bye = await play.hangs_up(a)
    play.note("talk", "a", a, away)
    play.note("hold", "a", away, back)
    play.note("talk", "a", back, bye)


async def blind_refer(play: Play) -> None:
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    await play.stage.phones.transfer(a, play.uri(play.agents["b"]))
    gone = await play.stage.phones.next("transfer", phone=a.phone, call_id=a.call_id)
    await play.hangs_up(a)
    ring = await play.stage.phones.next("invite", agent=play.agents["b"])
    await play.beat()
    await play.stage.phones.answer(ring)
    b = await play.stage.phones.next("answered", phone=ring.phone, call_id=ring.call_id)
    play.ring("b", b)
    await play.beat()
    bye = await play.hangs_up(b)
    play.note("talk", "a", a, gone)
    play.note("transfer", "a", gone, gone, "b", "blind")
    play.note("talk", "b", b, bye)


async def blind_keys(play: Play) -> None:
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    away = await play.presses(a, "##")
    await play.beat()  # as a hand would: what is pressed before Asterisk asks for the number is lost
    pressed = await play.presses(a, play.agents["b"] + "#")
    ring = await play.stage.phones.next("invite", agent=play.agents["b"])
    await play.stage.phones.answer(ring)
    b = await play.stage.phones.next("answered", phone=ring.phone, call_id=ring.call_id)
    play.ring("b", b)
    await play.beat()
    bye = await play.hangs_up(b)
    play.note("talk", "a", a, away)
    play.note("hold", "a", away, pressed)
    play.note("transfer", "a", pressed, pressed, "b", "blind")
    play.note("talk", "b", b, bye)


async def blind_returned(play: Play) -> None:
    """The colleague does not answer: the caller is back with the agent, who had passed them on."""
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    await play.stage.phones.transfer(a, play.uri(play.agents["b"]))
    gone = await play.stage.phones.next("transfer", phone=a.phone, call_id=a.call_id)
    await play.hangs_up(a)
    ring = await play.stage.phones.next("invite", agent=play.agents["b"])
    stopped = await play.stage.phones.next("cancel", phone=ring.phone, call_id=ring.call_id)
    again = await play.answers("a")
    await play.beat()
    bye = await play.hangs_up(again)
    play.note("talk", "a", a, gone)
    play.note("transfer", "a", gone, gone, "b", "blind")
    play.note("ring", "b", ring, stopped)
    play.note("talk", "a", again, bye)


async def attended_refer(play: Play) -> None:
    phones = play.stage.phones
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    await phones.hold(a)
    away = await phones.next("changed", phone=a.phone, call_id=a.call_id)
    consult = await play.dials("a", play.agents["b"])
    b = await play.answers("b", play.agents["a"])
    await play.beat()
    await phones.transfer_to(a, consult)
    gone = await phones.next("transfer", phone=a.phone, call_id=a.call_id)
    await play.hangs_up(a)
    await play.beat()
    bye = await play.hangs_up(b)
    play.note("talk", "a", a, away)
    play.note("hold", "a", away, gone)
    play.note("consult", "a", b, gone, "b")
    play.note("transfer", "a", gone, gone, "b", "attended")
    play.note("talk", "b", gone, bye)


async def attended_unheld(play: Play) -> None:
    """A phone that tells nobody of its hold (or an engine that was not there to hear of it)."""
    phones = play.stage.phones
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    consult = await play.dials("a", play.agents["b"])
    b = await play.answers("b", play.agents["a"])
    await play.beat()
    await phones.transfer_to(a, consult)
    gone = await phones.next("transfer", phone=a.phone, call_id=a.call_id)
    await play.hangs_up(a)
    await play.beat()
    bye = await play.hangs_up(b)
    play.note("talk", "a", a, b)
    play.note("hold", "a", b, gone)
    play.note("consult", "a", b, gone, "b")
    play.note("transfer", "a", gone, gone, "b", "attended")
    play.note("talk", "b", gone, bye)


async def blonde_refer(play: Play) -> None:
    phones = play.stage.phones
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    await phones.hold(a)
    away = await phones.next("changed", phone=a.phone, call_id=a.call_id)
    consult = await play.dials("a", play.agents["b"])
    ring = await phones.next("invite", agent=play.agents["b"])
    await consult.next("ringing")
    await play.beat()
    await phones.transfer_to(a, consult)
    gone = await phones.next("transfer", phone=a.phone, call_id=a.call_id)
    await play.hangs_up(a)
    await play.beat()
    await phones.answer(ring)
    b = await phones.next("answered", phone=ring.phone, call_id=ring.call_id)
    play.ring("b", b)
    await play.beat()
    bye = await play.hangs_up(b)
    play.note("talk", "a", a, away)
    play.note("hold", "a", away, gone)
    play.note("transfer", "a", gone, gone, "b", "blonde")
    play.note("talk", "b", b, bye)


async def attended_keys(play: Play) -> None:
    """With the engine dead nobody hears of the hold that the key begins: it is seen from when the bridge is left."""
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    away = await play.presses(a, "*2")
    await play.beat()
    asked = await play.presses(a, play.agents["b"] + "#")
    away = asked if play.alone else away
    b = await play.answers("b")
    await play.beat()
    gone = await play.hangs_up(a)
    await play.beat()
    bye = await play.hangs_up(b)
    play.note("talk", "a", a, away)
    play.note("hold", "a", away, gone)
    play.note("consult", "a", b, gone, "b")
    play.note("transfer", "a", gone, gone, "b", "attended")
    play.note("talk", "b", gone, bye)


async def blonde_keys(play: Play) -> None:
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    away = await play.presses(a, "*2")
    await play.beat()
    await play.presses(a, play.agents["b"] + "#")
    ring = await play.stage.phones.next("invite", agent=play.agents["b"])
    await play.beat()
    gone = await play.hangs_up(a)
    await play.beat()
    await play.stage.phones.answer(ring)
    b = await play.stage.phones.next("answered", phone=ring.phone, call_id=ring.call_id)
    play.ring("b", b)
    await play.beat()
    bye = await play.hangs_up(b)
    play.note("talk", "a", a, away)
    play.note("hold", "a", away, gone)
    play.note("transfer", "a", gone, gone, "b", "blonde")
    play.note("talk", "b", b, bye)


async def conference_keys(play: Play) -> None:
    """All three in Asterisk's bridge; the first agent leaves it and the two go on."""
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    away = await play.presses(a, "*2")
    await play.beat()
    await play.presses(a, play.agents["b"] + "#")
    b = await play.answers("b")
    await play.beat()
    joined = await play.presses(a, "*3")
    await play.beat()
    left = await play.hangs_up(a)
    await play.beat()
    bye = await play.hangs_up(b)
    play.note("talk", "a", a, away)
    play.note("hold", "a", away, joined)
    play.note("consult", "a", b, joined, "b")
    play.note("talk", "a", joined, left)
    play.note("transfer", "a", left, left, "b", "conference")
    play.note("talk", "b", joined, bye)


async def conference_phone(play: Play) -> None:
    """The phone mixes its own two calls: off hold while it talks with the colleague. Nothing tells anybody that the two
    belong together, so the conversation is the agent's alone, and the colleague's call one of its own."""
    phones = play.stage.phones
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    await phones.hold(a)
    away = await phones.next("changed", phone=a.phone, call_id=a.call_id)
    consult = await play.dials("a", play.agents["b"])
    b = await play.answers("b", play.agents["a"])
    await play.beat()
    await phones.hold(a, on=False)
    joined = await phones.next("changed", phone=a.phone, call_id=a.call_id)
    await play.beat()
    await consult.hang_up()
    await play.over(b)
    await play.beat()
    bye = await play.hangs_up(a)
    play.measured.clear()
    play.ring("a", a)
    play.note("talk", "a", a, away)
    play.note("hold", "a", away, joined)
    play.note("talk", "a", joined, bye)


async def pickup(play: Play) -> None:
    await play.customer()
    ring = await play.stage.phones.next("invite", agent=play.agents["a"])
    await play.beat()
    b = await play.dials("b", "*8" + play.agents["a"])
    answered = await b.next("answered")
    stopped = await play.stage.phones.next("cancel", phone=ring.phone, call_id=ring.call_id)
    await play.beat()
    await b.hang_up()
    bye = await b.next("bye")
    play.note("ring", "a", ring, stopped)
    play.note("talk", "b", answered, bye)


async def parked(play: Play) -> None:
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    await play.stage.phones.transfer(a, play.uri("700"))
    gone = await play.stage.phones.next("transfer", phone=a.phone, call_id=a.call_id)
    await play.hangs_up(a)
    await play.beat()
    b = await play.dials("b", await place_of(play))
    answered = await b.next("answered")
    await play.beat()
    await b.hang_up()
    bye = await b.next("bye")
    play.note("talk", "a", a, gone)
    play.note("parked", "a", gone, answered)
    play.note("talk", "b", answered, bye)


async def parked_and_returned(play: Play) -> None:
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    gone = await play.presses(a, "*4")
    await play.over(a)
    ring = await play.stage.phones.next("invite", agent=play.agents["a"])
    await play.stage.phones.answer(ring)
    again = await play.stage.phones.next("answered", phone=ring.phone, call_id=ring.call_id)
    play.ring("a", again)
    await play.beat()
    bye = await play.hangs_up(again)
    play.note("talk", "a", a, gone)
    play.note("parked", "a", gone, ring)
    play.note("talk", "a", again, bye)


async def forwarded(play: Play) -> None:
    """The agent's phone sends the caller on to a colleague's (302)."""
    await play.customer()
    ring = await play.stage.phones.next("invite", agent=play.agents["f"])
    moved = await play.stage.phones.next("refused", phone=ring.phone, call_id=ring.call_id)
    b = await play.answers("b")
    await play.beat()
    bye = await play.hangs_up(b)
    play.note("ring", "f", ring, moved)
    play.note("talk", "b", b, bye)


async def forwarded_on(play: Play) -> None:
    """The dialplan sends the caller to a number outside (an external)."""
    call = await play.customer()
    ring = await play.stage.phones.next("invite", agent=play.outside)
    await play.stage.phones.answer(ring)
    taken = await play.stage.phones.next("answered", phone=ring.phone, call_id=ring.call_id)
    play.note("ring", "", ring, taken, "o")
    await play.beat()
    await call.hang_up()
    bye = await play.over(taken)
    play.note("talk", "", taken, bye, "o")


async def overflowed(play: Play) -> None:
    """Nobody is there for the first queue: after two seconds the caller waits in the second."""
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    bye = await play.hangs_up(a)
    play.note("talk", "a", a, bye)


async def left_a_message(play: Play) -> None:
    call = await play.customer()
    begun = await call.next("answered")
    await play.beat()
    await call.hang_up()
    bye = await call.next("bye")
    play.note("voicemail", "", begun, bye)
