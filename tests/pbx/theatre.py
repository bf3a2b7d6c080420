"""The house in which every shape of call is played at once: numbers, queues, agents and phones of each of them.

It knows who plays what, and finds the journals of one call among those of all. What is played is `shapes`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import shapes
import shapes_outbound
from playing import CLOCK, TONES, Play
from scene import house, until
from shape_trace import FILES

from cti.config import Config
from cti.core.conversation import Conversation, fold
from cti.core.journal import JournalLine
from cti.journal.records import Record
from cti.phones import Behaviour
from cti.phones.phone_ports import free_port
from cti.stage import Stage

Shape = Callable[[Play], Awaitable[None]]
_WITH_ENGINE: tuple[Shape, ...] = (
    shapes.plain,
    shapes.held,
    shapes.blind_refer,
    shapes.blind_keys,
    shapes.attended_refer,
    shapes.attended_unheld,
    shapes.blonde_refer,
    shapes.attended_keys,
    shapes.blonde_keys,
    shapes.conference_keys,
    shapes.conference_phone,
    shapes.pickup,
    shapes.parked,
    shapes.parked_and_returned,
    shapes.forwarded,
    shapes.forwarded_on,
    shapes_outbound.outbound_blind,
    shapes_outbound.outbound_attended,
    shapes_outbound.outbound_blonde,
    shapes_outbound.outbound_parked,
    shapes.overflowed,
    shapes.left_a_message,
    shapes.blind_returned,
)
# With the engine dead the native queue serves; the same phones do the same.
AWAY: Mapping[str, Shape] = {
    "fallback_plain": shapes.plain,
    "fallback_blind": shapes.blind_refer,
    "fallback_attended": shapes.attended_unheld,
    "fallback_keys": shapes.attended_keys,
    "fallback_pickup": shapes.pickup,
    "fallback_parked": shapes.parked,
    "fallback_returned": shapes.blind_returned,
    "away_outbound": shapes_outbound.outbound_attended,
}
PRESENT: Mapping[str, Shape] = {shape.__name__: shape for shape in _WITH_ENGINE}
NAMES = (*PRESENT, *AWAY)
_SITE = """
outbound: {trunk: itsp, caller_id: "4008001234"}
call_keys: {blind_transfer: "##", attended_transfer: "*2", conference: "*3", park: "*4"}
transfers: {return_seconds: 8}
parking: {number: "700", places: 40, return_seconds: 10}
"""
AT_ONCE = 4
JOURNALS = {
    "queue_log": "queue_log",
    "cel.csv": "cel-custom/Master.csv",
    "cdr.csv": "cdr-custom/Master.csv",
}


def cast(name: str) -> dict[str, str]:
    """Role -> agent number: `a` is whom the queue rings, `o` somebody outside."""
    base = 1100 + 10 * NAMES.index(name)
    return {"a": str(base + 1), "b": str(base + 2), "f": str(base + 1), "o": f"1390000{base}"}


def did_of(name: str) -> str:
    return f"400{NAMES.index(name):02}"


def number_of(name: str) -> str:
    """Who calls in; where an agent calls out, that agent."""
    return cast(name)["a"] if "outbound" in name else f"138{NAMES.index(name):08}"


def site() -> str:
    to = {"forwarded_on": "external:mobile", "left_a_message": "voicemail:box", "overflowed": "queue:nobody"}
    numbers = f'  "{CLOCK}": {{to: "voicemail:box"}}\n'
    numbers += "".join(f'  "{did_of(name)}": {{to: "{to.get(name, f"queue:{name}")}"}}\n' for name in NAMES)
    queues = '  nobody: {steps: [{after: 0, need: {nothing: 1}}], max_wait_seconds: 2, overflow: "queue:overflowed"}\n'
    queues += "".join(
        f"  {name}: {{steps: [{{after: 0, need: {{s{did_of(name)}: 1}}}}], overflow: hangup}}\n" for name in NAMES
    )
    outside = f'externals: {{mobile: {{number: "{cast("forwarded_on")["o"]}"}}}}\nvoicemail: {{box: {{pin: "4711"}}}}\n'
    return f"{_SITE}{outside}numbers:\n{numbers}queues:\n{queues}"


@asynccontextmanager
async def theatre(home: Path) -> AsyncIterator[Stage]:
    """Everybody at work, and the telephones outside there."""
    agents: dict[str, str] = {}
    for name in NAMES:
        agents |= {cast(name)["a"]: f"s{did_of(name)}=9", cast(name)["b"]: "other=1"}
    voices = {cast(name)[role]: _speaks(role) for name in NAMES for role in ("a", "b")}
    voices[cast("forwarded")["a"]] = Behaviour(answer_after=0.3, forward_to=cast("forwarded")["b"], media="none")
    port = free_port("127.0.0.2")
    async with house(home, site(), agents, voices, trunk=f"127.0.0.2:{port}") as stage:
        outside = {cast(name)["o"]: _speaks("o") for name in NAMES}
        await stage.phones.agents(outside, address="127.0.0.2", port=port)
        await stage.serve()
        await stage.log_in(agents)
        yield stage


def _speaks(role: str) -> Behaviour:
    return Behaviour(answer_after=None, sound=TONES[role])


async def perform(stage: Stage, name: str, console: Callable[[str], Awaitable[str]], begins: asyncio.Semaphore) -> Play:
    """Play one shape to its end."""
    roles = cast(name)
    play = Play(
        stage=stage,
        name=name,
        did=did_of(name),
        number=number_of(name),
        agents=roles,
        console=console,
        begins=begins,
        outside=roles["o"],
        alone=name in AWAY,
    )
    await (PRESENT | AWAY)[name](play)
    if play.clock is not None:
        await play.clock.hang_up()
    elif play.call is not None:
        await play.call.done()
    return play


def seen(play: Play) -> list[dict[str, str]]:
    """What the phones measured, with numbers instead of roles."""
    found = []
    for one in play.measured:
        values = asdict(one) | {"started": one.started.isoformat(), "ended": one.ended.isoformat()}
        agent, target = play.agents.get(one.agent, one.agent), play.agents.get(one.target, one.target)
        found.append(values | {"agent": agent, "target": target})
    return found


class Journals:
    """All lines of an instance, and which belong to one call."""

    def __init__(self, config: Config) -> None:
        self.read: list[tuple[str, Record, JournalLine]] = []
        self._parent: dict[str, str] = {}
        for name, (split, parse) in FILES.items():
            path = config.journal_file if name == "engine.jsonl" else config.log_dir / JOURNALS[name]
            for record in split(path.read_bytes(), 0)[0]:
                line = parse(record.raw, name, record.offset)
                if line is not None:
                    self.read.append((name, record, line))
                    if line.call:
                        self._parent[self._root(line.call)] = self._root(line.leg or line.call)

    def of(self, number: str) -> list[tuple[str, Record, JournalLine]]:
        """Those of the call that this number made first."""
        begun = next(
            line
            for _, _, line in self.read
            if line.kind == "CHAN_START" and line.data.get("number") == number and line.leg == line.call
        )
        root = self._root(begun.leg)
        return [one for one in self.read if one[2].call and self._root(one[2].call) == root]

    def keys_of(self, number: str) -> set[str]:
        """Every channel of that call."""
        return {key for _, _, line in self.of(number) for key in (line.call, line.leg)}

    def _root(self, key: str) -> str:
        self._parent.setdefault(key, key)
        while self._parent[key] != key:
            key = self._parent[key]
        return key


async def all_of(
    stage: Stage, names: Iterable[str], console: Callable[[str], Awaitable[str]]
) -> dict[str, Play | BaseException]:
    """Play these at once; what failed stands in its play's place."""
    names, begins = list(names), asyncio.Semaphore(AT_ONCE)
    plays = await asyncio.gather(*(perform(stage, name, console, begins) for name in names), return_exceptions=True)
    return dict(zip(names, plays, strict=True))


async def told_of(stage: Stage, plays: Mapping[str, Play | BaseException]) -> dict[str, Conversation]:
    """What the journals make of what was played, once every channel of it has ended there."""

    async def look() -> dict[str, Conversation]:
        journals = Journals(stage.config)
        played = [play for play in plays.values() if isinstance(play, Play)]
        found = {play.name: fold([line for _, _, line in journals.of(play.number)]) for play in played}
        ended = {name: one for name, one in found.items() if one is not None and one.ended is not None}
        return ended if len(ended) == len(played) else {}

    return await until("the end of all that was played", look)
