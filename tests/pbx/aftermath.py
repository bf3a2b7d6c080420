"""What must be so after a race on a real Asterisk, whoever won it: the call told and ended once, nobody left ringing.

It knows how journals, rows and the floor bear each other out; it refuses to know which races there are.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from scene import cel, floor, presences, queue_log, told, until

from cti.phones import PhoneEvent
from cti.stage import Stage

ENDS = ("COMPLETEAGENT", "COMPLETECALLER", "ABANDON", "EXITEMPTY", "EXITWITHTIMEOUT", "EXITWITHKEY")


async def told_once(stage: Stage, number: str) -> dict[str, Any]:
    """This caller's only row, which every journal bears out: entered, connected at most once, ended once."""
    (row,) = await told(stage, number=number)
    lines = Counter(line.event for line in queue_log(stage) if line.call == row["call"])
    in_native = len([start for start in cel(stage, "APP_START", app="Queue") if start.leg == row["call"]])
    assert lines["ENTERQUEUE"] == 1 + in_native
    answered = row["outcome"] == "answered"
    assert lines["CONNECT"] == answered, lines
    ends = sum(lines[event] for event in ENDS)
    assert ends - lines["EXITWITHTIMEOUT"] == 1, lines
    assert lines["ABANDON"] == (not answered), lines
    assert not row["interrupted"]
    segments = (await stage.get(f"/api/calls/{row['call']}"))["segments"]
    assert all(segment["ended"] for segment in segments)
    assert sum(segment["kind"] == "talk" for segment in segments) == answered
    return row


async def all_quiet(stage: Stage, **agents: str) -> None:
    """No call is left anywhere, and every one of these agents is as said; the numbers begin with `a`."""

    left: list[Any] = []

    async def empty() -> bool:
        now = await floor(stage)
        left[:] = [*now.get("calls", ["no engine"]), *now.get("pops", ())]
        return not left

    await presences(stage, {name.removeprefix("a"): presence for name, presence in agents.items()})
    try:
        await until("an empty floor", empty)
    except AssertionError:
        raise AssertionError(f"still on the floor: {left}") from None


async def answer(stage: Stage, ring: PhoneEvent) -> PhoneEvent:
    """This phone is picked up; the leg, to hang up by."""
    await stage.phones.answer(ring)
    return await stage.phones.next("answered", phone=ring.phone, call_id=ring.call_id)
