"""Every shape of call at once, with real SIP on a real Asterisk: the conversation is what the phones measured.

With the engine, and with the engine dead. The same journals, kept as traces (scripts/record_shapes), are told on in
tests/core/test_shapes.py without Asterisk.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playing import TONES, Play
from scene import ask_asterisk, told, until
from shape_trace import SLACK, Seen, differences
from theatre import AWAY, NAMES, PRESENT, all_of, cast, number_of, seen, theatre, told_of

from cti.core.conversation import Conversation
from cti.core.stretches import Kind
from cti.pbx import Installation
from cti.phones.sound import RATE, loudness, power, read_stereo_raw
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Played:
    """What was played, what the journals make of it, and what the API answers."""

    plays: dict[str, Play | BaseException]
    conversations: dict[str, Conversation]
    rows: dict[str, dict[str, Any]]
    recordings: Path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Played]:
    async with theatre(tmp_path_factory.mktemp("shapes") / "home") as stage:

        async def console(line: str) -> str:
            return await ask_asterisk(stage, asterisk, line)

        plays = await all_of(stage, PRESENT, console)
        await stage.stop_engine()
        plays |= await all_of(stage, AWAY, console)
        conversations = await told_of(stage, plays)
        await stage.serve()
        rows = {name: await row_of(stage, name) for name in NAMES if isinstance(plays[name], Play)}
        yield Played(plays, conversations, rows, stage.config.recordings)


async def row_of(stage: Stage, name: str) -> dict[str, Any]:
    """What the API tells of this call, once its sound is whole."""
    (row,) = await told(stage, number=number_of(name))

    async def look() -> dict[str, Any] | None:
        found: dict[str, Any] = await stage.get(f"/api/calls/{row['call']}")
        return found if all(sound["state"] == "whole" for sound in found["recordings"]) else None

    return await until(f"whole recordings of {name}", look) or {}


@pytest.mark.parametrize("name", NAMES)
async def test_the_conversation_is_what_the_phones_measured(played: Played, name: str) -> None:
    play = played.plays[name]
    if isinstance(play, BaseException):
        raise play
    measured = [
        Seen(
            **{**one, "started": datetime.fromisoformat(one["started"]), "ended": datetime.fromisoformat(one["ended"])}
        )
        for one in seen(play)
    ]
    told = played.conversations[name]
    assert differences(told.segments, measured) == []
    assert told.ended is not None


@pytest.mark.parametrize("name", NAMES)
async def test_the_rows_say_the_same(played: Played, name: str) -> None:
    row, whole = played.rows[name], played.conversations[name]
    assert (row["outcome"], row["agent"], row["queue"]) == (whole.outcome, whole.agent, whole.queue)
    names = ("kind", "agent", "queue", "target", "detail", "outcome")
    rows = [tuple(segment[key] for key in names) for segment in row["segments"]]
    assert rows == [tuple(str(getattr(segment, key)) for key in names) for segment in whole.segments]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "left_a_message"])
async def test_every_second_of_the_customers_talk_is_recorded_with_all_voices(played: Played, name: str) -> None:
    """Each voice is a tone. One file has the whole talk, the customer in its left channel; a colleague who was
    consulted before the customer came may be heard in another file of the conversation only (dialplan: cti-record-on).
    """
    talks: dict[str, float] = {}
    for segment in played.conversations[name].segments:
        if segment.kind is Kind.TALK and segment.ended:
            who = segment.agent or segment.target
            talks[who] = talks.get(who, 0.0) + (segment.ended - segment.started).total_seconds()
    roles = {cast(name)[role]: role for role in ("a", "b", "o")}
    sounds = sorted(played.rows[name]["recordings"], key=lambda one: one["bytes"])
    sides = [read_stereo_raw(played.recordings / sound["path"]) for sound in sounds]
    customer, spoken = heard(sides[-1][0], TONES["o" if "outbound" in name else "customer"])
    assert customer == pytest.approx(len(sides[-1][0]) / RATE, abs=SLACK)
    assert customer >= sum(talks.values()) - SLACK
    assert spoken > sum(talks.values()) / 3
    assert talks
    if name == "fallback_keys":
        talks.pop(cast(name)["a"])  # part of it is a hold that nobody was told of
    for who, seconds in talks.items():
        span, spoken = max(heard(side, TONES[roles[who]]) for file in sides for side in file)
        assert span >= seconds - SLACK, who
        assert spoken > seconds / 3, who


def heard(samples: Sequence[int], hertz: float) -> tuple[float, float]:
    """Seconds from where this tone is first loud to where it is last, and those in which it is, looked at for 50 ms
    every 200: a pressed key silences one of those, and a phone that is not run for a second is silent as long."""
    windows = [samples[start : start + RATE // 20] for start in range(0, len(samples), RATE // 5)]
    there = [n for n, one in enumerate(windows) if loudness(one) > 0.05 and power(one, hertz) > 0.2]
    return (there[-1] - there[0] + 1) / 5 if there else 0.0, len(there) / 5


@pytest.mark.parametrize("name", [name for name in AWAY if "outbound" not in name])
async def test_with_the_engine_dead_the_native_queue_serves_and_is_told_alike(played: Played, name: str) -> None:
    whole = played.conversations[name]
    assert (whole.outcome, whole.source, whole.queue) == ("answered", "fallback", name)
