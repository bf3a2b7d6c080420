"""One caller of a call test: calls, presses what the case says when asked, and stays until it is clear what becomes.

It knows the case, the phone and the trail, and nothing of what is expected beyond how long to stay for it. A key is
pressed a moment after a question began, as prompts may be cut short; a queue is a question only while keys are left.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from ..core.walked import Walked
from ..errors import PhoneError
from ..phones import Call, Customer
from .call_case import PAUSE, Case, Doing, Heard
from .case_agents import Crew
from .proving import ProvingGround
from .trail import WAITING, Trail

THINKING_SECONDS = 0.25  # from the beginning of a prompt to the first key
KEY_SECONDS = 0.15  # between two keys
PAUSE_SECONDS = 0.5
SETTLED_SECONDS = 1.5  # in a queue: by then an engine has refused whom it refuses
GOODBYE_SECONDS = 5.0
TELLING_SECONDS = 2.0  # until the manager has told what the phone has known for some time
FOREVER = 86_400.0


async def place_call(ground: ProvingGround, crew: Crew, index: int, case: Case) -> Heard:
    """The whole call. Raises PhoneError when the phone broke, StageError when Asterisk is gone."""
    token = f"case{index}"
    trail = ground.ear.expect(token)
    trail.stays = case.asked
    begun = time.monotonic()
    async with ground.starting:
        call = await ground.phones.call(_customer(crew, index, case, token), server=ground.server)
    caller = _Caller(ground, case, call, trail)
    note = ""
    try:
        async with asyncio.timeout(case.within_seconds):
            await caller.stay()
    except TimeoutError:
        note = f"still going on after {case.within_seconds:g} s"
    if caller.ended:  # the phone hears of it before the manager has told the last steps
        await ground.ear.until(lambda: trail.over or not trail.uniqueid, GOODBYE_SECONDS)
    if not caller.left:
        trail.let_go()
    if trail.reached == "voicemail":
        await asyncio.sleep(THINKING_SECONDS)  # so that the box's greeting has begun
    if not caller.ended:
        patience = GOODBYE_SECONDS if await _hung_up(call) else TELLING_SECONDS
        await ground.ear.until(lambda: trail.over or not trail.uniqueid, patience)
    ground.ear.forget(token)
    seconds = time.monotonic() - begun
    if not trail.uniqueid:
        return Heard(walked=Walked((), (), "hangup", "hangup"), seconds=seconds, note=note or "no such number")
    return Heard(walked=trail.told(), agent=crew.original(trail.agent), seconds=seconds, note=note)


async def _hung_up(call: Call) -> bool:
    """False: Asterisk was quicker, or the phone has heard nothing but 100 Trying, and SIPp then knows no CANCEL. Such a
    call stays until its ground goes."""
    try:
        await call.hang_up()
    except PhoneError:
        return False
    return True


def _customer(crew: Crew, index: int, case: Case, token: str) -> Customer:
    headers = {"X-CTI-Case": token}
    if case.at is not None:
        headers["X-CTI-Now"] = str(int(case.at.timestamp()))
    if need := crew.need(index):
        headers["X-CTI-Need"] = need
    return Customer(did=case.did, from_number=crew.numbers[index], headers=headers, media="one_packet")


class _Caller:
    """Somebody on the phone until the trail has reached its end. `left`: the caller hung up, as the case says."""

    def __init__(self, ground: ProvingGround, case: Case, call: Call, trail: Trail) -> None:
        self._ground, self._case, self._call, self._trail = ground, case, call, trail
        self._ear = ground.ear
        self._digits = list(case.digits)
        self._asked = 0  # questions that were met, with keys or silence
        self.left = False
        self.ended = False  # by the other side

    async def stay(self) -> None:
        """Returns when nothing more will happen, or when the case says that the caller hangs up."""
        line = asyncio.ensure_future(self._call.done(FOREVER))
        way = asyncio.ensure_future(self._go())
        try:
            await asyncio.wait((line, way), timeout=self._case.hang_up_seconds, return_when=asyncio.FIRST_COMPLETED)
            if line.done():  # refused, or hung up by the dialplan
                line.result()
                self.ended = True
            elif way.done():
                way.result()
            else:
                self.left = True
        finally:
            line.cancel()
            way.cancel()
            await asyncio.gather(line, way, return_exceptions=True)

    async def _go(self) -> None:
        trail = self._trail
        while not (trail.over or trail.reached or self.left):
            if trail.questions > self._asked:
                self._asked = trail.questions
                await self._reply()
            elif trail.talking:
                await self._end_talk()
            elif (trail.dialling and self._direct_is_over()) or (trail.waiting and await self._wait()):
                return
            else:
                await self._ear.until(self._has_news, FOREVER)

    def _has_news(self) -> bool:
        trail = self._trail
        rung = bool(trail.dialling) and self._direct_is_over()
        return (
            trail.over or bool(trail.reached) or trail.questions > self._asked or trail.waiting or rung or trail.talking
        )

    async def _reply(self) -> None:
        """To a question: the next keys, silence, or the end."""
        if not self._digits and self._case.hangs_up:
            await asyncio.sleep(THINKING_SECONDS)
            self.left = True
        elif self._digits:
            await self._press(self._digits.pop(0))

    async def _press(self, keys: str) -> None:
        await asyncio.sleep(THINKING_SECONDS if keys else 0)
        for key in keys:
            try:
                await (asyncio.sleep(PAUSE_SECONDS) if key == PAUSE else self._call.press(key))
            except PhoneError:  # a phone that is gone says so before the manager has told of the end
                if not await self._ear.until(lambda: self._trail.over, TELLING_SECONDS):
                    raise
                return
            await asyncio.sleep(KEY_SECONDS)

    async def _end_talk(self) -> None:
        """The agent hangs up, for the caller to be asked."""
        self._trail.talking = False
        legs = (event for event in reversed(self._ground.phones.happened) if event.kind == "answered")
        leg = next((event for event in legs if event.agent == self._trail.agent), None)
        if leg is not None:
            with suppress(PhoneError):
                await self._ground.phones.hang_up(leg)

    def _direct_is_over(self) -> bool:
        """An agent's own number rings: whether it is enough that it does."""
        doing = self._case.agents.get(self._trail.dialling)
        there = self._case.expect.destination == f"agent:{self._trail.dialling}"
        return doing is None or (doing is not Doing.ANSWERS and there)

    async def _wait(self) -> bool:
        """In a queue. Whether that was all."""
        if self._digits:
            await asyncio.sleep(THINKING_SECONDS)  # by then a phone rings, if one is to ring
            if await self._ear.until(lambda: self._trail.listening or self._is_elsewhere(), FOREVER) and not (
                self._is_elsewhere()
            ):
                await self._press(self._digits.pop(0))
                await self._ear.until(self._is_elsewhere, SETTLED_SECONDS)
            return False
        if self._waits_for_more():
            await self._ear.until(self._is_elsewhere, FOREVER)
            return False
        if await self._ear.until(self._is_elsewhere, SETTLED_SECONDS):
            return False
        self.left = self._case.hangs_up
        return True

    def _waits_for_more(self) -> bool:
        case, place = self._case, self._trail.told().destination
        if case.hangs_up or case.expect.outcome == WAITING:
            return False
        elsewhere = case.expect.destination not in (None, place)
        return elsewhere or case.answered or case.expect.outcome is not None or case.hang_up_seconds is not None

    def _is_elsewhere(self) -> bool:
        trail = self._trail
        return trail.over or bool(trail.reached) or not trail.waiting or trail.questions > self._asked
