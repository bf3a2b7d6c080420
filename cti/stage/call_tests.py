"""Call tests: cases in, what became of each on a real Asterisk out.

    async with CallTests(folder) as tests:
        heard = await tests.run(site_text_or_instance_folder, cases, staff)

It knows which cases may run at the same time and gives each agents of its own; it refuses to judge: `right` does, and a
call that is not right is placed once more, when nearly nobody else calls. On a busy machine a key may come seconds
after the question's time has run out, which is another call than the one that was meant; a fault stays a fault. There
are up to three proving grounds, each made when a case needs it, at work at the same time: with an engine and agents,
with an engine and nobody, and without an engine.

What is shared: all cases of a round call the same queues, so what counts callers or agents (max_length, max_ratio,
announced positions) sees the others' too. `alone: true` keeps a case to itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..errors import StageError
from .call_case import Case, Heard, Round, Staff, rounds_of
from .caller import place_call
from .case_agents import Crew, crew_of
from .proving import ProvingGround

_DEAD = "no-engine"
AT_ONCE = 24  # calls at a time on each ground; two cores carry more, a caller's reaction time would suffer

AT_ONCE_AGAIN = 2
MOST_AGAIN = 10  # of one ground: when more went wrong it is not the machine

Say = Callable[[str], None]
Tell = Callable[[int, Heard], None]
Right = Callable[[int, Heard], bool]


class CallTests:
    """`tell(index, heard)` comes as soon as a call is over, in any order; `say` gets progress lines."""

    def __init__(self, folder: Path, say: Say = lambda _: None, *, at_once: int = AT_ONCE) -> None:
        self._folder, self._say, self._at_once = folder, say, at_once
        self._grounds: dict[str, ProvingGround] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops all grounds at the same time: each takes some seconds."""
        ends = [ground.__aexit__(kind, error, trace) for ground in self._grounds.values()]
        for end in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(end, BaseException):
                raise end

    async def run(
        self,
        candidate: Path | str,
        cases: Sequence[Case],
        staff: Staff | None = None,
        tell: Tell = lambda *_: None,
        right: Right = lambda *_: True,
    ) -> list[Heard]:
        """What became of each case, in their order. `staff` are the skills of every agent that a case names. Of a call
        that was wrong twice the first one is told, of others the last.

        Raises StageError when the candidate cannot be served.
        """
        heard: dict[int, Heard] = {}

        def told(index: int, one: Heard) -> None:
            heard[index] = one
            tell(index, one)

        crowds: dict[str, list[tuple[int, Case]]] = {}
        for index, case in enumerate(cases):
            crowds.setdefault(_ground_of(case), []).append((index, case))
        ways = [self._run(name, candidate, mine, staff or {}, _Hearing(told, right)) for name, mine in crowds.items()]
        await _all(ways)
        return [heard[index] for index in range(len(cases))]

    async def _run(
        self, name: str, candidate: Path | str, cases: Sequence[tuple[int, Case]], staff: Staff, hearing: _Hearing
    ) -> None:
        crew = crew_of(cases, staff)
        ground = await self._ground(name)
        try:
            await ground.load(candidate, crew.skills)
        except StageError as error:  # of a template, say: the admin's own file is meant, not our copy
            where = str(candidate) if isinstance(candidate, Path) else "."
            raise StageError(str(error).replace(str(ground.home), where)) from error
        async with ground.attended(crew.doing):
            last = await self._rounds(ground, crew, rounds_of(cases), None, hearing.first, self._at_once)
            if again := [(index, case) for index, case in cases if index in hearing.wrong]:
                if len(again) <= MOST_AGAIN:
                    await self._rounds(ground, crew, rounds_of(again), last, hearing.second, AT_ONCE_AGAIN)
                else:
                    hearing.give_up()

    async def _rounds(
        self, ground: ProvingGround, crew: Crew, rounds: Sequence[Round], before: Round | None, tell: Tell, at_once: int
    ) -> Round | None:
        """Play them in turn after the round `before`; returns the last one."""
        for one in rounds:
            await ground.override(one.overrides, before.overrides if before else ())
            await ground.log_in([agent for index, _ in one.cases for agent in crew.of(index)])
            await self._play(ground, crew, one, tell, at_once)
            before = one
        return before

    async def _ground(self, name: str) -> ProvingGround:
        if name not in self._grounds:
            ground = ProvingGround(self._folder / name, engine=name != _DEAD, say=self._say)
            self._grounds[name] = await ground.__aenter__()
        return self._grounds[name]

    async def _play(self, ground: ProvingGround, crew: Crew, one: Round, tell: Tell, at_once: int) -> None:
        room = asyncio.Semaphore(at_once)
        lines = {number: asyncio.Lock() for number in crew.numbers.values()}

        async def play(index: int, case: Case) -> None:
            number = crew.numbers[index]
            async with lines[number], room:  # agents' phones know callers by their number
                tell(index, await place_call(ground, crew, index, case))

        longest = sorted(one.cases, key=lambda item: _patience(item[1]), reverse=True)
        await _all([play(index, case) for index, case in longest])


class _Hearing:
    """Tells of calls: at once of those that are right, of the others after the second call."""

    def __init__(self, tell: Tell, right: Right) -> None:
        self._tell, self._right = tell, right
        self.wrong: dict[int, Heard] = {}

    def first(self, index: int, heard: Heard) -> None:
        if self._right(index, heard):
            self._tell(index, heard)
        else:
            self.wrong[index] = heard

    def second(self, index: int, heard: Heard) -> None:
        shown = heard if self._right(index, heard) else self.wrong[index]
        self._tell(index, replace(shown, calls=2))

    def give_up(self) -> None:
        """Nothing is called again."""
        for index, heard in self.wrong.items():
            self._tell(index, heard)


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Everything at the same time; the first error ends the rest and comes out as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


def _ground_of(case: Case) -> str:
    """With agents about, a queue's `max_ratio` lets more callers wait: cases without any are elsewhere."""
    if not case.engine:
        return _DEAD
    return "staffed" if case.agents else "alone"


def _patience(case: Case) -> tuple[bool, int]:
    """Those who will wait for something begin first: a queue's timeout, then those who press little."""
    return case.expect.outcome == "timeout", -len(case.digits)
