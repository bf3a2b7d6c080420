"""Places the ten calls and gathers what the phones, the screens and the rows say of each.

It knows where evidence is to be had; what must be true of it is in `checks`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..errors import CtiError, NotFound
from ..phones import Call, CallResult, PhoneEvent
from ..recordings.index import BYTES_PER_SECOND, sound_file
from .checks import Evidence, Offered
from .instance import Stage
from .scenes import Scene
from .traffic import Callers
from .watcher import Seen

CALL_SECONDS = 75.0  # no demo call lasts longer
ROW_SECONDS = 60.0  # the journals must be rows by then
LOOK_SECONDS = 0.25

Say = Callable[[str], None]


@dataclass(slots=True)
class _Leg:
    """One ring at an agent's phone."""

    invited: datetime
    answered: datetime | None = None
    ended: datetime | None = None


async def place(callers: Callers, scenes: Sequence[Scene], say: Say) -> list[CallResult]:
    """Everybody calls, each at their time; returns when the last one is over. Raises PhoneError, TimeoutError."""
    over = 0

    async def one(scene: Scene) -> CallResult:
        nonlocal over
        await asyncio.sleep(scene.start)
        call: Call = await callers.play(scene)
        result = await call.done(CALL_SECONDS)
        over += 1
        say(f"{over} of {len(scenes)} calls over: {scene.title}")
        return result

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(scene)) for scene in scenes]
    return [task.result() for task in tasks]


async def gather(
    stage: Stage, scenes: Sequence[Scene], results: Sequence[CallResult], pops: Sequence[Seen]
) -> list[Evidence]:
    """What is known of each call. `pops` are the pops in the order in which they reached the agents' screens."""
    offers = offers_of(pops, stage.phones.happened)
    rows = await _rows(stage, list(offers))
    found = []
    for scene, result in zip(scenes, results, strict=True):
        call = next((seen.data["call"] for seen in pops if seen.data["number"] == scene.shown_number), "")
        row = rows.get(call, {})
        entered = result.digits[-1][0] if result.digits else result.answered
        found.append(
            Evidence(
                scene=scene,
                phone_outcome=result.outcome,
                entered=entered,
                offers=tuple(offers.get(call, ())),
                row=row,
                file_seconds=_file_seconds(stage, row),
            )
        )
    return found


def offers_of(pops: Sequence[Seen], happened: Sequence[PhoneEvent]) -> dict[str, list[Offered]]:
    """call -> its offers. An agent has one offer at a time, so the n-th pop of an agent belongs to the n-th INVITE."""
    legs: dict[str, list[_Leg]] = defaultdict(list)
    by_id: dict[str, _Leg] = {}
    for event in happened:
        if not event.agent:
            continue
        if event.kind == "invite":
            by_id[event.call_id] = _Leg(event.at)
            legs[event.agent].append(by_id[event.call_id])
        elif event.kind == "answered" and event.call_id in by_id:
            by_id[event.call_id].answered = event.at
        elif event.kind == "bye" and event.call_id in by_id:
            by_id[event.call_id].ended = event.at
    found: dict[tuple[str, str, str], Offered] = {}
    for seen in pops:  # a pop comes again when the customer's name was found: the first one is the pop's instant
        key = (seen.data["call"], seen.data["agent"], seen.data["offered_at"])
        before = found.setdefault(key, Offered(agent=key[1], popped=seen.at))
        found[key] = replace(before, customer=seen.data["customer"] or before.customer)
    calls: dict[str, list[Offered]] = defaultdict(list)
    for (call, agent, _), offer in found.items():
        leg = legs[agent].pop(0) if legs[agent] else None
        if leg is not None:
            offer = replace(offer, invited=leg.invited, answered=leg.answered, ended=leg.ended)
        calls[call].append(offer)
    return calls


async def _rows(stage: Stage, calls: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Each call's conversation once it has ended and its recording is whole, or as it is when the time is over."""
    found: dict[str, Mapping[str, Any]] = {}
    deadline = asyncio.get_running_loop().time() + ROW_SECONDS
    waiting = list(calls)
    while waiting and asyncio.get_running_loop().time() < deadline:
        for call in list(waiting):
            try:
                row = await stage.get(f"/api/calls/{call}")
            except CtiError:
                continue  # not imported yet
            found[call] = {**row, "recording": next((sound["path"] for sound in row["recordings"]), "")}
            if row["ended"] and any(sound["state"] == "whole" for sound in row["recordings"]):
                waiting.remove(call)
        if waiting:
            await asyncio.sleep(LOOK_SECONDS)
    return found


def _file_seconds(stage: Stage, row: Mapping[str, Any]) -> float | None:
    """How long the recording's file really is; None when there is none."""
    if not row.get("recording"):
        return None
    try:
        return sound_file(stage.config.recordings, row["recording"]).stat().st_size / BYTES_PER_SECOND
    except NotFound:
        return None
