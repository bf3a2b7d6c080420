"""Journals of a busy house that never was: queue_log, CEL, CDR and the engine's, as an instance writes them.

It knows which lines a call leaves (each shape was read off a real Asterisk 22 with our dialplan) and in which order the
files get them. The same number of calls and seed give the same bytes. It knows nothing of reading them.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from ..core.journal import Source
from ..journal.importer import JournalFiles, journal_files

BEGIN = 1_795_300_000.0
AGENTS = [f"1{number:03}" for number in range(140)]
QUEUES = ("sales", "service", "parts", "complaints", "rescue", "leasing")
_GAP_SECONDS = 2.0  # between two callers, on average
_ROTATED_AFTER = 10_000  # calls
_NAMES = ("", "", "", "李明 · VIP", "James Carter", "诚达出租车队", "Maria Lopez", "赵建国")
_ENGINE_EPOCH = datetime.fromtimestamp(BEGIN, UTC)


@dataclass(slots=True)
class House:
    """Deals out calls in the order of their coming. `told` collects (instant, line) by journal until it is written."""

    dice: random.Random
    told: dict[Source, list[tuple[float, int, bytes]]] = field(default_factory=dict)
    free: list[tuple[float, str]] = field(default_factory=lambda: [(BEGIN, agent) for agent in AGENTS])
    channels: int = 0
    lines: int = 0
    sequence: int = 0

    def tell(self, source: Source, at: float, line: bytes) -> None:
        self.sequence += 1
        heapq.heappush(self.told.setdefault(source, []), (at, self.sequence, line))

    def queue_log(self, at: float, call: str, queue: str, agent: str, event: str, *data: object) -> None:
        self.tell(Source.QUEUE_LOG, at, "|".join(map(str, (int(at), call, queue, agent, event, *data))).encode())

    def engine(self, at: float, kind: str, **values: Any) -> None:
        said = (_ENGINE_EPOCH + timedelta(seconds=at - BEGIN)).isoformat()
        self.tell(Source.ENGINE, at, orjson.dumps({"kind": kind, "at": said, **values}))

    def cel(self, at: float, leg: Leg, event: str, app: str = "", extra: dict[str, Any] | None = None) -> None:
        said = orjson.dumps(extra).decode() if extra else ""
        values = (event, f"{at:.6f}", leg.id, leg.linked, leg.number, leg.name, leg.exten, leg.context, leg.channel)
        self.tell(Source.CEL, at, _csv(*values, app, said, "", ""))

    def cdr(self, start: float, answer: float | None, end: float, leg: Leg, peer: str, word: str) -> None:
        times = (f"{start:.6f}", f"{answer:.6f}" if answer else "0.000000", f"{end:.6f}")
        seconds = (str(int(end - start)), str(int(end - answer) if answer else 0))
        values = (leg.id, leg.linked, leg.number, "s", leg.context, leg.channel, peer, "Dial")
        self.tell(Source.CDR, end, _csv(*values, *times, *seconds, word, "", str(self.sequence)))

    def leg(self, at: float, linked: str, **values: str) -> Leg:
        self.channels += 1
        name = f"{int(at)}.{self.channels}"
        channel = f"PJSIP/{values.pop('endpoint')}-{self.channels:08x}"
        return Leg(id=name, linked=linked or name, channel=channel, **values)


@dataclass(slots=True)
class Leg:
    """One channel, as its CEL lines describe it."""

    id: str
    linked: str
    channel: str
    number: str
    name: str = ""
    exten: str = "s"
    context: str = "from-agent"


def _csv(*values: str) -> bytes:
    return ",".join('"' + value.replace('"', '""') + '"' for value in values).encode()


def write_journals(folder: Path, calls: int, seed: int = 5) -> tuple[JournalFiles, int]:
    """Write `calls` calls (two seconds apart) below `folder`; the files, and how many lines they have."""
    files = journal_files(folder / "log", folder / "engine.jsonl")
    house = House(random.Random(seed))  # noqa: S311 -- believable, not secret
    for path in files.paths().values():
        path.parent.mkdir(parents=True, exist_ok=True)
    for number, at in enumerate(_arrivals(house.dice, calls)):
        _write(house, files, before=at)
        if number % _ROTATED_AFTER == 0:
            _rotate(house, files, at, number // _ROTATED_AFTER)
        _call(house, at)
    _write(house, files, before=float("inf"))
    return files, house.lines


def _arrivals(dice: random.Random, calls: int) -> Iterator[float]:
    at = BEGIN
    for _ in range(calls):
        at += dice.expovariate(1 / _GAP_SECONDS)
        yield at


def _write(house: House, files: JournalFiles, before: float) -> None:
    for source, path in files.paths().items():
        waiting, ready = house.told.get(source, []), []
        while waiting and waiting[0][0] < before:
            ready.append(heapq.heappop(waiting)[2])
        if ready:
            house.lines += len(ready)
            with path.open("ab") as file:
                file.write(b"\n".join([*ready, b""]))


def _rotate(house: House, files: JournalFiles, at: float, turn: int) -> None:
    for source, path in files.paths().items():
        if path.exists():
            old = f"{path.stem}-{turn:06}{path.suffix}" if source is Source.ENGINE else f"{path.name}.{turn}"
            path.rename(path.with_name(old))
    house.engine(at, "opened", file=f"{turn:016x}")


# --- calls ------------------------------------------------------------------------------------------


def _call(house: House, at: float) -> None:
    """One caller: through the menu into a queue; what becomes of them is dealt out."""
    dice = house.dice
    number = f"13{dice.randrange(10**9):09}"
    name, queue = dice.choice(_NAMES), dice.choice(QUEUES)
    caller = house.leg(at, "", endpoint="itsp", number=number, name=name, exten="4008001234", context="from-trunk")
    house.cel(at, caller, "CHAN_START")
    caller.exten, caller.context = "s", "cti-menu-main"
    house.cel(at + 0.008, caller, "ANSWER", "Answer")
    entered = at + dice.uniform(4, 20)
    caller.context = f"cti-queue-{queue}"
    _enter(house, entered, caller, queue)
    fate = dice.random()
    if fate < 0.10:
        _gives_up(house, at, entered, caller, queue)
    elif fate < 0.13:
        _leaves_a_message(house, at, entered, caller, queue)
    else:
        talking, agent, phone = _answered(house, entered, caller, queue)
        _talk(house, (at, entered, talking), caller, queue, agent, phone)


def _enter(house: House, at: float, caller: Leg, queue: str) -> None:
    house.queue_log(at, caller.id, queue, "NONE", "DID", "4008001234")
    house.queue_log(at, caller.id, queue, "NONE", "ENTERQUEUE", "", caller.number, 1)
    said = {"number": caller.number, "name": caller.name, "language": "zh", "customer": "", "did": "4008001234"}
    entered = (_ENGINE_EPOCH + timedelta(seconds=int(at) - BEGIN)).isoformat()
    house.engine(
        at + 0.004,
        "joined",
        call=caller.id,
        queue=queue,
        entered=entered,
        caller={**said, "path": "main:2", "digits": [["main", "2"]]},
        need=[],
        priority=0,
    )
    _explain(house, at + 0.004, caller, "wait", None)


def _explain(house: House, at: float, caller: Leg, decision: str, chosen: str | None) -> None:
    others = [[agent, "out: talking"] for agent in house.dice.sample(AGENTS, 8) if agent != chosen]
    told = [[chosen, "chosen: ring 0, idle 17 s"], *others] if chosen else others
    house.engine(at, "explain", call=caller.id, decision=decision, ring=0, chosen=chosen, candidates=told)


def _presence(house: House, at: float, agent: str, presence: str, call: str) -> None:
    house.engine(at, "presence", agent=agent, presence=presence, reason="", call=call)


def _offer(house: House, at: float, caller: Leg, queue: str, agent: str, waited: float) -> Leg:
    _explain(house, at, caller, "offer", agent)
    _presence(house, at, agent, "ringing", caller.id)
    house.engine(
        at,
        "offer",
        call=caller.id,
        agent=agent,
        queue=queue,
        phone=f"PJSIP/{agent}",
        ring_seconds=15.0,
        waited_seconds=round(waited, 3),
    )
    house.engine(at, "pop", call=caller.id, agent=agent, pushed=datetime.fromtimestamp(at + 0.002, UTC).isoformat())
    house.cel(at + 0.01, caller, "CTI_RECORDING", "CELGenUserEvent", {"extra": f"2026/11/22/{caller.id}.raw"})
    phone = house.leg(at + 0.02, caller.linked, endpoint=agent, number=agent, name="周勇")
    house.cel(at + 0.02, phone, "CHAN_START")
    return phone


def _hangup(house: House, at: float, leg: Leg) -> None:
    house.cel(at, leg, "HANGUP", "", {"hangupcause": 16, "hangupsource": leg.channel, "dialstatus": "ANSWER"})


def _bridged(house: House, since: float, until: float, one: Leg, other: Leg) -> None:
    bridge = {"bridge_id": str(UUID(int=house.dice.getrandbits(128), version=4)), "bridge_technology": "simple_bridge"}
    for number, leg in enumerate((other, one)):
        house.cel(since + 0.001 * number, leg, "BRIDGE_ENTER", "Dial", bridge)
        house.cel(until + 0.001 * number, leg, "BRIDGE_EXIT", "Dial", bridge)


def _gives_up(house: House, at: float, entered: float, caller: Leg, queue: str) -> None:
    until = entered + house.dice.uniform(1, 60)
    house.queue_log(until, caller.id, queue, "NONE", "ABANDON", 1, 1, int(until - entered))
    house.engine(until, "left", call=caller.id)
    _hangup(house, until, caller)
    house.cel(until, caller, "LINKEDID_END")
    house.cdr(at, at + 0.008, until, caller, "", "ANSWERED")


def _leaves_a_message(house: House, at: float, entered: float, caller: Leg, queue: str) -> None:
    since = entered + house.dice.uniform(20, 60)
    until = since + house.dice.uniform(5, 40)
    house.engine(since, "released", call=caller.id, queue=queue, outcome="voicemail")
    house.queue_log(since, caller.id, queue, "NONE", "VOICEMAIL")
    house.cel(since, caller, "CTI_VOICEMAIL", "CELGenUserEvent", {"extra": queue})
    house.cel(since + 0.001, caller, "APP_START", "VoiceMail")
    house.cel(until, caller, "APP_END", "VoiceMail")
    _hangup(house, until, caller)
    house.cel(until, caller, "LINKEDID_END")
    house.cdr(at, at + 0.008, until, caller, "", "ANSWERED")


def _answered(house: House, entered: float, caller: Leg, queue: str) -> tuple[float, str, Leg]:
    """The first agent who comes free takes it; one in ten does not hear it, and the next one does."""
    at = entered + 0.5
    while True:
        free, agent = heapq.heappop(house.free)
        at = max(at, free) + 0.1
        phone = _offer(house, at, caller, queue, agent, at - entered)
        if house.dice.random() > 0.1:
            break
        at += 15
        house.engine(at, "missed", call=caller.id, agent=agent, why="no_answer")
        house.queue_log(at, caller.id, queue, agent, "RINGNOANSWER", 15_000)
        _hangup(house, at, phone)
        _presence(house, at, agent, "ready", caller.id)
        house.cdr(at - 15, None, at, caller, phone.channel, "NO ANSWER")
        heapq.heappush(house.free, (at + 1, agent))
    rang = house.dice.uniform(1, 9)
    at += rang
    house.cel(at, phone, "ANSWER", "AppDial")
    house.engine(at + 0.003, "answered", call=caller.id, agent=agent)
    _presence(house, at + 0.003, agent, "talking", caller.id)
    house.queue_log(at, caller.id, queue, agent, "CONNECT", int(at - entered), phone.id, int(rang))
    return at, agent, phone


def _talk(house: House, times: tuple[float, float, float], caller: Leg, queue: str, agent: str, phone: Leg) -> None:
    at, entered, since = times
    until = since + house.dice.uniform(20, 400)
    if house.dice.random() < 0.08:
        held = since + house.dice.uniform(5, 15)
        house.engine(held, "held", call=caller.id, leg=phone.id, held=True)
        house.engine(held + 4, "held", call=caller.id, leg=phone.id, held=False)
    _bridged(house, since + 0.003, until, caller, phone)
    seconds = (int(since - entered), int(until - since), 1)
    if passed := house.dice.random() < 0.04:
        house.queue_log(until, caller.id, queue, agent, "BLINDTRANSFER", "2000", "from-agent", *seconds)
        house.cel(until, phone, "BLINDTRANSFER", "AppDial", {"extension": "2000", "context": "from-agent"})
    else:
        house.queue_log(until, caller.id, queue, agent, "COMPLETECALLER", *seconds)
    house.engine(until + 0.003, "talk_ended", call=caller.id, agent=agent)
    _presence(house, until + 0.003, agent, "wrap_up", caller.id)
    _presence(house, until + 15.003, agent, "ready", caller.id)
    heapq.heappush(house.free, (until + 15.003, agent))
    _hangup(house, until + 0.001, phone)
    house.cdr(at, at + 0.008, until, caller, phone.channel, "ANSWERED")
    over = _passed_on(house, until + 0.1, caller) if passed else until
    _hangup(house, over + 0.002, caller)
    house.cel(over + 0.002, caller, "LINKEDID_END")


def _passed_on(house: House, at: float, caller: Leg) -> float:
    """To a second phone, directly: half of them come by a linkedid of their own that merges."""
    own = house.dice.random() < 0.5
    phone = house.leg(at, "" if own else caller.linked, endpoint="2000", number="2000")
    house.cel(at, phone, "CHAN_START")
    house.cel(at + 4, phone, "ANSWER", "AppDial")
    phone.linked = caller.linked
    until = at + 4 + house.dice.uniform(20, 200)
    _bridged(house, at + 4, until, caller, phone)
    _hangup(house, until, phone)
    house.cdr(at, at + 4, until, caller, phone.channel, "ANSWERED")
    return until
