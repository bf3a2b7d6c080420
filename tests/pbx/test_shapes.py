"""Every shape of call at once, with real SIP on a real Asterisk: the conversation is what the phones measured.

With the engine, and with the engine dead. The same journals, kept as traces (scripts/record_shapes), are told on in
tests/core/test_shapes.py without Asterisk.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio
from playing import Play
from scene import ask_asterisk, told
from shape_trace import Seen, differences
from theatre import AWAY, NAMES, PRESENT, all_of, number_of, seen, theatre, told_of

from cti.core.conversation import Conversation
from cti.pbx import Installation

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Played:
    """What was played, what the journals make of it, and what the API answered while the engine lived."""

    plays: dict[str, Play | BaseException]
    conversations: dict[str, Conversation]
    rows: dict[str, dict[str, Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Played]:
    async with theatre(tmp_path_factory.mktemp("shapes") / "home") as stage:

        async def console(line: str) -> str:
            return await ask_asterisk(stage, asterisk, line)

        plays = await all_of(stage, PRESENT, console)
        rows = {}
        for name in (name for name in PRESENT if isinstance(plays[name], Play)):
            found = await told(stage, number=number_of(name))
            rows[name] = await stage.get(f"/api/calls/{found[0]['call']}")
        await stage.stop_engine()
        plays |= await all_of(stage, AWAY, console)
        yield Played(plays, await told_of(stage, plays), rows)


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


@pytest.mark.parametrize("name", PRESENT)
async def test_the_rows_say_the_same(played: Played, name: str) -> None:
    row, whole = played.rows[name], played.conversations[name]
    assert (row["outcome"], row["agent"], row["queue"]) == (whole.outcome, whole.agent, whole.queue)
    names = ("kind", "agent", "queue", "target", "detail", "outcome")
    rows = [tuple(segment[key] for key in names) for segment in row["segments"]]
    assert rows == [tuple(str(getattr(segment, key)) for key in names) for segment in whole.segments]


@pytest.mark.parametrize("name", AWAY)
async def test_with_the_engine_dead_the_native_queue_serves_and_is_told_alike(played: Played, name: str) -> None:
    whole = played.conversations[name]
    assert (whole.outcome, whole.source, whole.queue) == ("answered", "fallback", name)
