"""Customers on the telephone: one scene played to its end, or one after another for as long as the floor is shown.

It knows the phones and people's habits: who loses patience, who ends the talk, who comes back from a missed call. It
knows nothing of screens, and checks nothing.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from ..errors import CtiError
from ..phones import Behaviour, Call, PhoneEvent
from .demo_site import ABSENT
from .instance import Stage
from .scenes import Scene, random_scene
from .watcher import Seen

AT_ONCE = 10  # callers; phones alone shall not keep two cores busy
PACE_SECONDS = 2.4  # between two callers, on average
CALL_SECONDS = 600.0
MISSED_SECONDS = 20.0  # an agent who was paused because of a missed call is back after so long
ONCE_TALK_SECONDS = 4.5


def behaviours(agents: Sequence[str], *, lively: bool) -> Mapping[str, Behaviour]:
    """How each agent's phone reacts. One never answers; on the live floor talks are longer and differ."""
    found = {}
    for index, agent in enumerate(agents):
        talk = 7.0 + 1.5 * (index % 5) if lively else ONCE_TALK_SECONDS
        answer = None if agent == ABSENT else 0.9 + 0.3 * (index % 4)
        found[agent] = Behaviour(answer_after=answer, talk_seconds=talk, sound=600.0 + 60 * index)
    return found


class Callers:
    """`async with Callers(stage) as callers:` then `play` one scene, or `wander`. Exit ends its tasks, not the calls.

    `see` is told everything that a phone does, in order.
    """

    def __init__(self, stage: Stage, see: Callable[[PhoneEvent], None] = lambda _: None) -> None:
        self._stage, self._see = stage, see
        self._rung: dict[str, str] = {}  # an agent's leg -> the caller's number that it showed
        self._answers: dict[str, asyncio.Event] = {}  # the caller's number -> an agent has answered
        self._calling: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        self._start(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def play(self, scene: Scene) -> Call:
        """The customer calls; returns when the INVITE is out. Hanging up and losing patience come by themselves."""
        answered = self._answers[scene.shown_number] = asyncio.Event()
        call = await self._stage.call(scene.customer())
        if scene.hang_up_after is not None or scene.patience is not None:
            self._start(_behave(scene, call, answered))
        return call

    async def wander(self, chance: random.Random) -> None:
        """Callers come one after another until cancelled. Raises PhoneError when a phone broke."""
        async with asyncio.TaskGroup() as group:
            while True:
                await asyncio.sleep(min(chance.expovariate(1 / PACE_SECONDS), 4 * PACE_SECONDS))
                scene = random_scene(chance)
                if len(self._calling) < AT_ONCE and scene.shown_number not in self._calling:
                    group.create_task(self._one(scene))

    def noticed(self, seen: Seen) -> None:
        """An agent who was paused because of a missed call comes back to work after a while."""
        data = seen.data
        if seen.kind == "presence" and data["presence"] == "paused" and data["reason"] == "missed":
            self._start(self._back_to_work(data["agent"]))

    async def _one(self, scene: Scene) -> None:
        self._calling.add(scene.shown_number)
        try:
            call = await self.play(scene)
            with suppress(TimeoutError):
                await call.done(CALL_SECONDS)
            for file in (self._stage.home / "var" / "phones").glob(f"{call.phone}.*"):
                file.unlink(missing_ok=True)  # hours of demo shall not fill the disk
        finally:
            self._calling.discard(scene.shown_number)

    async def _back_to_work(self, agent: str) -> None:
        await asyncio.sleep(MISSED_SECONDS)
        with suppress(CtiError, OSError):  # the engine may be away, or somebody else has done it
            await self._stage.post(f"/api/agents/{agent}/unpause")

    async def _listen(self) -> None:
        async for event in self._stage.phones.events():
            self._see(event)
            if event.agent and event.kind == "invite":
                self._rung[event.call_id] = "" if event.number == "anonymous" else event.number
            elif event.agent and event.kind == "answered" and (waiting := self._answers.get(self._rung[event.call_id])):
                waiting.set()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _behave(scene: Scene, call: Call, answered: asyncio.Event) -> None:
    with suppress(CtiError):  # the far side hung up at the same moment
        try:
            async with asyncio.timeout(scene.patience):
                await answered.wait()
        except TimeoutError:
            await call.hang_up()
            return
        if scene.hang_up_after is not None:
            await asyncio.sleep(scene.hang_up_after)
            await call.hang_up()
