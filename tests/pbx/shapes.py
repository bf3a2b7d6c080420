"""Every shape that a call can take, played with real SIP: what each phone does, and what the phones measured of it.

It knows how a transfer, a pickup, a parking … is made by phones, and keeps the instants of the SIP messages that begin
and end each stretch. It refuses to know what journals say of it: `test_shapes` compares the two, and
`scripts/record_shapes` keeps both as traces. Nothing sleeps: the customer's phone presses a key at every beat.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scene import take, until

from cti.phones import Behaviour, Call, Customer, PhoneEvent
from cti.stage import Stage

BEAT = 1.2  # seconds between two keys of a customer's phone
KEYS = """
call_keys: {blind_transfer: "##", attended_transfer: "*2", conference: "*3", park: "*4"}
parking: {number: "700", places: 40, return_seconds: 10}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One stretch as SIP saw it. `agent` and `target` are roles (a, b, c), or a number outside."""

    kind: str
    agent: str = ""
    started: datetime
    ended: datetime
    target: str = ""
    detail: str = ""


@dataclass(slots=True)
class Play:
    """One call being played: its people, and what was measured so far."""

    stage: Stage
    name: str
    did: str
    number: str
    agents: Mapping[str, str]  # role -> agent number
    console: Callable[[str], Awaitable[str]]
    call: Call | None = None
    measured: list[Measured] = field(default_factory=list)
    beats: int = 0  # of the customer's keys, those that were waited for

    async def customer(self, **how: Any) -> Call:
        """Calls in, and presses a key at each beat."""
        beats = [(BEAT * n, "5") for n in range(1, 40)]
        self.call = await self.stage.call(
            Customer(did=self.did, from_number=self.number, media="one_packet", **{"digits": beats, **how})
        )
        return self.call

    async def beat(self) -> None:
        """At least one whole beat of the customer's keys, counted from now."""
        assert self.call is not None
        pressed = [e for e in self.stage.phones.happened if e.kind == "digit" and e.call_id == self.call.call_id]
        for _ in range(len(pressed) - self.beats + 2):
            await self.call.next("digit")
        self.beats = len(pressed) + 2

    async def answers(self, role: str, number: str | None = None) -> PhoneEvent:
        """This agent's phone rings and is answered."""
        leg = await take(self.stage, self.agents[role], number)
        self.ring(role, leg)
        return leg

    def ring(self, role: str, over: PhoneEvent) -> None:
        """It rang from the INVITE to `over`."""
        invite = next(e for e in self.stage.phones.happened if e.kind == "invite" and e.call_id == over.call_id)
        self.note("ring", role, invite, over)

    async def dials(self, role: str, number: str) -> Call:
        """This agent's phone makes a call."""
        server = (self.stage.config.sip_bind, self.stage.config.sip_port)
        who = Customer(did=number, from_number=self.agents[role], media="one_packet")
        return await self.stage.phones.call(who, server=server, local="127.0.0.1")

    async def over(self, leg: PhoneEvent) -> PhoneEvent:
        """The BYE of a leg, whoever sent it."""
        return await self.stage.phones.next("bye", phone=leg.phone, call_id=leg.call_id)

    async def hangs_up(self, leg: PhoneEvent) -> PhoneEvent:
        await self.stage.phones.hang_up(leg)
        return await self.over(leg)

    async def presses(self, leg: PhoneEvent, keys: str) -> PhoneEvent:
        """Digits during a call; the last one."""
        for key in keys:
            await self.stage.phones.press(leg, key)
            pressed = await self.stage.phones.next("digit", phone=leg.phone, call_id=leg.call_id)
        return pressed

    def uri(self, number: str) -> str:
        return f"sip:{number}@{self.stage.config.sip_bind}:{self.stage.config.sip_port}"

    def note(
        self, kind: str, role: str, begun: PhoneEvent, over: PhoneEvent, target: str = "", detail: str = ""
    ) -> None:
        stretch = Measured(kind=kind, agent=role, started=begun.at, ended=over.at, target=target, detail=detail)
        self.measured.append(stretch)


Shape = Callable[[Play], Awaitable[None]]


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
    pressed = await play.presses(a, f"##{play.agents['b']}#")
    ring = await play.stage.phones.next("invite", agent=play.agents["b"])
    await play.stage.phones.answer(ring)
    b = await play.stage.phones.next("answered", phone=ring.phone, call_id=ring.call_id)
    play.ring("b", b)
    await play.beat()
    bye = await play.hangs_up(b)
    play.note("talk", "a", a, pressed)
    play.note("transfer", "a", pressed, pressed, "b", "blind")
    play.note("talk", "b", b, bye)


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
    await play.customer()
    a = await play.answers("a")
    await play.beat()
    away = await play.presses(a, "*2")
    await play.presses(a, play.agents["b"] + "#")
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
    ring = await play.stage.phones.next("invite", agent=play.agents["a"], timeout=20)
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


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        plain,
        held,
        blind_refer,
        blind_keys,
        attended_refer,
        attended_unheld,
        blonde_refer,
        attended_keys,
        blonde_keys,
        conference_keys,
        conference_phone,
        pickup,
        parked,
        parked_and_returned,
        forwarded,
    )
}


def cast(name: str) -> dict[str, str]:
    """Role -> agent number of a shape: a is who the queue rings."""
    base = 1100 + 10 * list(SHAPES).index(name)
    roles = {"a": str(base + 1), "b": str(base + 2)}
    return roles | ({"f": roles["a"]} if name == "forwarded" else {})


def did_of(name: str) -> str:
    return f"400{list(SHAPES).index(name):02}"


def site() -> str:
    numbers = "".join(f'  "{did_of(name)}": {{to: "queue:{name}"}}\n' for name in SHAPES)
    queues = "".join(
        f"  {name}: {{steps: [{{after: 0, need: {{s{did_of(name)}: 1}}}}], overflow: hangup}}\n" for name in SHAPES
    )
    return f"{KEYS}numbers:\n{numbers}queues:\n{queues}"


def agents() -> dict[str, str]:
    """number -> skills"""
    found = {}
    for name in SHAPES:
        people = cast(name)
        found |= {people["a"]: f"s{did_of(name)}=9", people["b"]: "other=1"}
    return found


def behaviours() -> dict[str, Behaviour]:
    people = cast("forwarded")
    return {people["a"]: Behaviour(answer_after=0.3, forward_to=people["b"], media="none")}


async def place_of(play: Play) -> str:
    """Where this play's caller is parked, as the console says."""

    async def look() -> str:
        lots = await play.console("parking show default")
        found = re.findall(r"Space +: +([0-9]+)\s+Channel +: +\S+\s+Parker Dial String +: +PJSIP/([0-9]+)", lots)
        return next((space for space, parker in found if parker == play.agents["a"]), "")

    return await until("a parked caller", look)


async def perform(stage: Stage, name: str, console: Callable[[str], Awaitable[str]]) -> Play:
    """Play one shape to its end."""
    play = Play(
        stage=stage,
        name=name,
        did=did_of(name),
        number=f"138{list(SHAPES).index(name):08}",
        agents=cast(name),
        console=console,
    )
    await SHAPES[name](play)
    assert play.call is not None
    await play.call.done()
    return play
