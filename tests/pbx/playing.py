"""One call being played by simulated phones, and what they measured of it.

It keeps the instants of the SIP messages that begin and end each stretch. It refuses to know which shape is played
(`shapes`) and what journals say of it (`test_shapes`). Nothing sleeps: a phone presses a key at every beat.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scene import take, until

from cti.phones import Call, Customer, PhoneEvent
from cti.stage import Stage

BEAT = 1.2  # seconds between two keys of a customer's phone
BEATS = [(BEAT * n, "5") for n in range(1, 40)]
CLOCK = "49999"  # who calls it is a clock, as no phone can be told to wait
TONES = {"customer": 440.0, "a": 880.0, "b": 660.0, "o": 550.0}  # Hz, of each one's voice


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
    begins: asyncio.Semaphore  # how many calls are made at one time: thirty at once hold up each other
    alone: bool = False  # the engine is dead
    outside: str = ""  # a telephone that our trunk reaches
    call: Call | None = None
    clock: Call | None = None  # whose keys are the beats, where it is not `call`
    measured: list[Measured] = field(default_factory=list)
    beats: int = 0  # of the customer's keys, those that were waited for

    async def customer(self, **how: Any) -> Call:
        """Calls in, and presses a key at each beat."""
        async with self.begins:
            self.call = await self.stage.call(
                Customer(did=self.did, from_number=self.number, sound=TONES["customer"], **{"digits": BEATS, **how})
            )
        return self.call

    async def beat(self) -> None:
        """At least one whole beat of the customer's keys, counted from now."""
        clock = self.clock or self.call
        assert clock is not None
        pressed = [e for e in self.stage.phones.happened if e.kind == "digit" and e.call_id == clock.call_id]
        for _ in range(len(pressed) - self.beats + 2):
            await clock.next("digit")
        self.beats = len(pressed) + 2

    async def answers(self, role: str, number: str | None = None) -> PhoneEvent:
        """This agent's phone rings and is answered."""
        leg = await take(self.stage, self.agents[role], number)
        self.ring(role, leg)
        return leg

    def rang_at(self, leg: PhoneEvent) -> PhoneEvent:
        """The INVITE of a leg."""
        return next(e for e in self.stage.phones.happened if e.kind == "invite" and e.call_id == leg.call_id)

    def ring(self, role: str, over: PhoneEvent, target: str = "") -> None:
        """It rang from the INVITE to `over`."""
        self.note("ring", role, self.rang_at(over), over, target)

    async def dials(self, role: str, number: str) -> Call:
        """This agent's phone makes a call."""
        server = (self.stage.config.sip_bind, self.stage.config.sip_port)
        who = Customer(did=number, from_number=self.agents[role], sound=TONES[role])
        return await self.stage.phones.call(who, server=server, local="127.0.0.1")

    async def calls_out(self) -> tuple[Call, PhoneEvent]:
        """Agent a calls somebody outside, who answers, and they talk: a's call, and the leg outside."""
        async with self.begins:
            self.clock = await self.stage.call(
                Customer(did=CLOCK, from_number="13999999999", media="one_packet", digits=BEATS)
            )
            self.call = call = await self.dials("a", self.outside)
        ring = await self.stage.phones.next("invite", agent=self.outside)
        await self.stage.phones.answer(ring)
        taken = await self.stage.phones.next("answered", phone=ring.phone, call_id=ring.call_id)
        self.ring("", taken, "o")
        await self.beat()
        return call, taken

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


async def place_of(play: Play) -> str:
    """Where this play's caller is parked, as the console says."""

    async def look() -> str:
        lots = await play.console("parking show default")
        found = re.findall(r"Space +: +([0-9]+)\s+Channel +: +\S+\s+Parker Dial String +: +PJSIP/([0-9]+)", lots)
        return next((space for space, parker in found if parker == play.agents["a"]), "")

    return await until("a parked caller", look)
