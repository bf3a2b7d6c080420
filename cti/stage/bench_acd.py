"""What a decision costs: `Acd.handle` on a floor of 100, 1,000 and 10,000 agents, on a busy day and on the worst.

    scripts/bench_acd [--json] [--sizes 100,1000,10000] [--events 20000]

Scenes, each with as many callers in line as there are agents, 20 queues and 50 skills: `busy_day` (everything
happens, the line never ends), `quiet_day` (nearly all agents are free), `all_free` (every agent comes free at one
instant), `nobody_can` (as many callers again wait for a skill that nobody has), `everybody_missed` (every caller has
been missed once, and a third of the offers still are). `reload` reads all queues and agents again.

Latency is the CPU time of one call of `handle`, so that a shared machine disturbs it little; the garbage collector
runs as in the product. `seen` are the different agents and callers that one event looks at, counted in a run of its
own by classes that tell when they are read. `growth` compares each size with the one before: an index keeps it near
1, a scan makes it the ratio of the sizes; `log_linear` is what n log n would give. Aims: p99 under 1 ms, growth of the
mean far below log-linear.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from statistics import fmean, quantiles
from typing import Any

from ..core import events as ev
from ..core.acd import Acd
from ..core.agent import Agent
from ..core.commands import Command, OfferCall
from ..core.queue import Entry
from ..core.words import QueueName
from ..errors import Refused
from .acd_load import RARE, Floor, queues

SIZES = (100, 1_000, 10_000)


class Watch:
    """Hands events to an ACD; once `started`, notes how long each took, what it looked at and what came of it."""

    def __init__(self, acd: Acd, seen: set[int] | None = None) -> None:
        self._acd, self._seen = acd, seen
        self.started = False
        self.took: list[int] = []  # nanoseconds
        self.looked: list[int] = []
        self.offers = 0

    def tell(self, event: ev.Event) -> list[Command]:
        if self._seen is not None:
            self._seen.clear()
        commands: list[Command] = []
        began = time.thread_time_ns()
        with suppress(Refused):  # somebody's break was over after they had gone home
            commands = self._acd.handle(event)
        took = time.thread_time_ns() - began
        if self.started:
            self.took.append(took)
            self.looked.append(len(self._seen or ()))
            self.offers += sum(isinstance(command, OfferCall) for command in commands)
        return commands

    def start(self) -> None:
        """From now on it counts. What was made by now stays, as in the product."""
        if self._seen is None:
            gc.collect()
            gc.freeze()
        self.started = True


Scene = Callable[[Floor, Watch, int], None]


def busy_day(floor: Floor, watch: Watch, events: int) -> None:
    """Agents are always too few."""
    _line_up(floor)
    floor.free()
    floor.run(len(floor.names))
    watch.start()
    floor.run(events)


def quiet_day(floor: Floor, watch: Watch, events: int) -> None:
    """One in ten agents has something to do."""
    floor.keeps, floor.least_due = 0, max(2, len(floor.names) // 10)
    floor.open()
    floor.run(len(floor.names))
    watch.start()
    floor.run(events)


def all_free(floor: Floor, watch: Watch, events: int) -> None:  # noqa: ARG001 (as many as there are agents)
    """Every phone is free at one instant, and everybody has a caller to take."""
    _line_up(floor)
    watch.start()
    floor.free()


def nobody_can(floor: Floor, watch: Watch, events: int) -> None:
    """A line of callers that nobody can serve lies across the way of the others."""
    size = floor.keeps
    floor.habits = replace(floor.habits, hang_up=0.0)
    floor.open()
    floor.fill(need=RARE, queue=QueueName("q00"))
    floor.keeps = size + size // 10
    floor.busy()
    floor.fill()
    floor.free()
    floor.run(size)
    watch.start()
    floor.run(events)


def everybody_missed(floor: Floor, watch: Watch, events: int) -> None:
    """No caller in line without a miss."""
    _line_up(floor)
    habits, floor.habits = floor.habits, replace(floor.habits, miss=1.0, hang_up=0.0)
    floor.free()
    floor.run(3 * len(floor.names))
    floor.habits = replace(habits, miss=0.3, hang_up=0.0)
    watch.start()
    floor.run(events)


SCENES: dict[str, Scene] = {
    scene.__name__: scene for scene in (busy_day, quiet_day, all_free, nobody_can, everybody_missed)
}


def _line_up(floor: Floor) -> None:
    floor.open()
    floor.busy()
    floor.fill()


# --- measuring ------------------------------------------------------------------------------------


def timed(scene: Scene, agents: int, events: int) -> dict[str, float]:
    """Latency and rate of one scene."""
    watch = Watch(Acd())
    floor = Floor(agents, watch.tell)
    try:
        scene(floor, watch, events)
    finally:
        gc.unfreeze()
    cuts = quantiles(watch.took, n=100, method="inclusive")
    return {
        "events": len(watch.took),
        "offers": watch.offers,
        "per_second": round(1e9 / fmean(watch.took)),
        "mean_us": round(fmean(watch.took) / 1e3, 1),
        "p50_us": round(cuts[49] / 1e3, 1),
        "p99_us": round(cuts[98] / 1e3, 1),
        "max_us": round(max(watch.took) / 1e3, 1),
    }


def counted(scene: Scene, agents: int, events: int) -> dict[str, float]:
    """How many different agents and callers one event looks at: the mean and the most."""
    with _telling() as seen:
        watch = Watch(Acd(), seen)
        scene(Floor(agents, watch.tell), watch, events)
    return {"seen_mean": round(fmean(watch.looked), 2), "seen_max": max(watch.looked)}


@contextmanager
def _telling() -> Iterator[set[int]]:
    """While this lasts, new agents and entries of the core note in the set that they are read."""
    seen: set[int] = set()

    def telling(kind: type[Any]) -> type[Any]:
        def read(self: Any, name: str) -> Any:
            seen.add(id(self))
            return object.__getattribute__(self, name)

        return type(kind.__name__, (kind,), {"__slots__": (), "__getattribute__": read})

    kinds = {kind: telling(kind) for kind in (Agent, Entry)}
    modules = [module for name, module in sys.modules.items() if name.startswith("cti.core.")]
    places = [(m, name, kind) for m in modules for name, kind in vars(m).items() if kind in (Agent, Entry)]
    try:
        for module, name, kind in places:
            setattr(module, name, kinds[kind])
        yield seen
    finally:
        for module, name, kind in places:
            setattr(module, name, kind)


def reload(agents: int) -> dict[str, float]:
    """Milliseconds until every queue and agent has been read again: nothing changed, then one queue's rules."""
    watch = Watch(Acd())
    floor = Floor(agents, watch.tell)
    _line_up(floor)
    floor.free()
    took = {}
    for name, seconds in (("unchanged_ms", 15.0), ("one_queue_ms", 16.0)):
        began = time.perf_counter()
        for number, rules in enumerate(queues()):
            floor.tell(ev.QueueDefined(at=floor.now, rules=replace(rules, ring_seconds=15.0 if number else seconds)))
        for card in floor.cards.values():
            floor.tell(ev.AgentDefined(at=floor.now, card=card))
        took[name] = round((time.perf_counter() - began) * 1e3, 1)
    return took


def growth(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """How many times as much per event."""
    return {name: round(after[name] / max(before[name], 0.01), 2) for name in ("mean_us", "p99_us", "seen_mean")}


def measured(sizes: list[int], events: int, say: Callable[[str], None]) -> dict[str, Any]:
    """All scenes at all sizes, and how they grow."""
    found: dict[str, Any] = {"queues": 20, "skills": 50, "scenes": {}, "reload": {}}
    for name, scene in SCENES.items():
        found["scenes"][name] = sides = {}
        for size in sizes:
            sides[str(size)] = {**timed(scene, size, events), **counted(scene, size, min(events, 2_000))}
            say(f"{name:17} {size:6} " + "  ".join(f"{key} {value}" for key, value in sides[str(size)].items()))
    pairs = list(pairwise(sizes))
    for name, sides in found["scenes"].items():
        grown = {f"{a}-{b}": growth(sides[str(a)], sides[str(b)]) for a, b in pairs}
        found.setdefault("growth", {})[name] = grown
        say(f"{name:17} grows  " + "  ".join(f"{key} {value}" for key, value in grown.items()))
    found["log_linear"] = {f"{a}-{b}": round(b * math.log(b) / (a * math.log(a)), 1) for a, b in pairs}
    for size in sizes:
        found["reload"][str(size)] = reload(size)
        say(f"reload            {size:6} {found['reload'][str(size)]}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of agents, and of callers in line")
    parser.add_argument("--events", type=int, default=20_000, help="events measured in each scene")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    result = measured(sizes, options.events, lambda text: print(text, file=sys.stderr, flush=True))
    if options.json:
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
