"""Our ACD beside bare Queue(): the same SIPp load on a fresh private Asterisk each, in one run.

    scripts/bench_calls [--json] [--agents 300] [--ladder 50,100,150,200,250,300] [--seconds 6] [--quick]

Both: same numbers, phones, filters, recording (or none), CEL, CDR and queue_log; callers send one RTP packet, agents
answer at once. Ours also has the engine's journal, the importer with its database, and open screens of agents.

invite_to_agent_ms      INVITE sent by the caller -> the first one at an agent's phone; callers leave after 0.3 s
free_to_next_ms         BYE sent by an agent -> the next INVITE at that agent, while callers wait; wrap-up 0
clean_calls_per_second  the highest rung up to which no call failed and p99 stayed under 100 ms
cpu_ms_per_call         user + system time; the importer's until it had caught up. SIPp shares the machine, not counted

Top-level numbers are those of the rung named by "cps" (150 when it is on the ladder); all are in "rungs".
Aims with 300 agents on two cores: see "aims". Run it alone: whatever else runs makes both sides slower.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from ..errors import CtiError
from ..phones import Load, LoadResult, LoggedTime, read_times
from ..phones.phone_ports import free_port
from .bench_report import report, show
from .bench_sides import DID, Side, side
from .bench_times import Spread, answered, free_to_next, invite_to_agent

TALK_SECONDS = 0.3  # a caller leaves so long after the answer
BUSY = 12.0, 3.0  # seconds of an agent's talk while callers wait, ±: few enough calls a second not to measure load
CLEAN_P99_MS = 100.0
CATCH_UP_SECONDS = 40.0  # what the importer gets after each load
SCREENS = 50  # reading what 300 are sent would cost the measured machine more than the sending
QUICK = {"agents": 20, "ladder": "10", "seconds": 2.0, "busy": (2.0, 1.0)}
_callers = count(13_000_000_000)  # every call of a run has a number of its own


def say(text: str) -> None:
    """Progress, for whoever waits."""
    print(f"▸ {text}", file=sys.stderr, flush=True)


async def load(here: Side, rate: float, calls: int, at_once: int, talk: float | None) -> LoadResult:
    """Calls into the queue, each from a number of its own."""
    numbers = [str(next(_callers)) for _ in range(calls)]
    asked = Load(did=DID, rate=rate, calls=calls, at_once=at_once, numbers=numbers, talk_seconds=talk)
    run = await here.stage.phones.load(asked, server=(here.stage.config.sip_bind, here.stage.config.sip_port))
    return await run.done(timeout=calls / rate + 120)


def heard(here: Side) -> list[LoggedTime]:
    """What the agents' phones logged since they were started."""
    phones = here.stage.agent_phones
    assert phones is not None
    return list(read_times(phones.folder / f"{phones.name}.log"))


async def rung(here: Side, rate: float, seconds: float) -> dict[str, Any]:
    """One rate for some seconds: latency, failures, CPU for each call."""
    before, calls = here.cpu_ms(), max(1, round(rate * seconds))
    result = await load(here, rate, calls, 2000, TALK_SECONDS)
    after, agents = here.cpu_ms(), heard(here)
    caught_up = await here.settled(CATCH_UP_SECONDS)
    after["importer"] = here.cpu_ms().get("importer", 0.0)
    spread = Spread.of(invite_to_agent(result.times, agents))
    failed = max(result.failed, calls - answered(result.times, agents))
    cpu = {role: round((after[role] - used) / calls, 2) for role, used in before.items()}
    say(f"{here.name} {rate:g}/s: p50 {spread.p50}, p99 {spread.p99} ms; {failed} of {calls} failed; CPU ms {cpu}")
    clean = failed == 0 and spread.p99 is not None and spread.p99 < CLEAN_P99_MS
    told = {"p50": spread.p50, "p99": spread.p99, "calls": calls, "failed": failed, "clean": clean}
    return {**told, "retransmissions": result.retransmissions, "cpu_ms_per_call": cpu, "imported_in_time": caught_up}


async def climb(here: Side, ladder: Sequence[float], seconds: float) -> dict[str, Any]:
    """Rung by rung up to the first that is not clean in two tries: what comes after it would measure the overload."""
    rungs: dict[float, dict[str, Any]] = {}
    clean = 0.0
    for rate in ladder:
        rungs[rate] = await rung(here, rate, seconds)
        if not rungs[rate]["clean"]:
            again = await rung(here, rate, seconds)
            rungs[rate] = {**(again if again["clean"] else rungs[rate]), "tries": 2}
        if not rungs[rate]["clean"]:
            break
        clean = rate
    return {"rungs": rungs, "clean": clean}


async def waiting(here: Side, seconds: float, busy: tuple[float, float]) -> dict[str, Any]:
    """More callers than agents: how long an agent who hangs up stays idle."""
    agents_count = len(here.agents)
    await here.phones(*busy)
    line = max(5, agents_count // 6)
    calls = agents_count + line + round(agents_count / busy[0] * seconds)
    result = await load(here, max(10.0, agents_count / 6), calls, agents_count + line, None)
    agents = heard(here)
    spread = Spread.of(free_to_next(result.times, agents))
    failed = max(result.failed, calls - answered(result.times, agents))
    say(f"{here.name} free -> next: {asdict(spread)} ms, {failed} of {calls} failed")
    return {**asdict(spread), "calls": calls, "failed": failed}


async def measure(name: str, folder: Path, port: int, asked: argparse.Namespace) -> dict[str, Any]:
    """One side, from a fresh instance to its end."""
    async with side(name, folder, asked.agents, port, asked.screens, say, recording=asked.recording) as here:
        slow = asked.ladder[0]
        await load(here, slow, max(20, int(slow)), 2000, TALK_SECONDS)  # warm
        await here.settled(CATCH_UP_SECONDS)
        climbed = await climb(here, asked.ladder, asked.seconds)
        return {**climbed, "next": await waiting(here, asked.seconds * 3, asked.busy)}


async def run(asked: argparse.Namespace) -> dict[str, Any]:
    """Both sides, one after the other; nothing of them is left, whatever happens."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    folder = Path(tempfile.mkdtemp(prefix="cti-bench-"))
    began, load_before = time.monotonic(), os.getloadavg()[0]
    try:
        port = free_port("127.0.0.1")
        found = {name: await measure(name, folder, port, asked) for name in asked.sides}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    machine = {"cores": os.cpu_count(), "load_average_before": round(load_before, 2)}
    machine |= {"load_average_after": round(os.getloadavg()[0], 2), "seconds": round(time.monotonic() - began)}
    told = {"agents": asked.agents, "recording": asked.recording, "screens": asked.screens, "machine": machine}
    return report(found, asked.ladder, told)


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--agents", type=int, default=300)
    parser.add_argument("--ladder", default="50,100,150,200,250,300", help="calls a second, rising")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each rung")
    parser.add_argument("--screens", type=int, default=None, help="agents' screens that are open (default: 50)")
    parser.add_argument("--recording", action=argparse.BooleanOptionalAction, default=True, help="record the talks")
    parser.add_argument("--only", choices=("cti", "queue"), help="one side alone")
    parser.add_argument("--quick", action="store_true", help="20 agents, 10 calls/s for 2 s: does it work at all?")
    asked = parser.parse_args(arguments)
    asked.busy = BUSY
    if asked.quick:
        vars(asked).update(QUICK)
    asked.ladder = sorted(float(rate) for rate in asked.ladder.split(","))
    asked.screens = min(SCREENS if asked.screens is None else asked.screens, asked.agents)
    asked.sides = [asked.only] if asked.only else ["cti", "queue"]
    return asked


def main() -> int:
    """Returns the exit code."""
    asked = options()
    try:
        result = asyncio.run(run(asked))
    except CtiError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    if asked.json:
        print(json.dumps(result))
    else:
        show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
