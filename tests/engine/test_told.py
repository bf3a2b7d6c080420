"""What waiting callers are told is journalled, so that reports can hold it against what came."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cti.core import events as ev
from cti.core.commands import Announce, Said
from cti.core.timer_keys import AnnounceDue
from cti.core.words import AnnounceRules, Caller, CallId, QueueName, QueueRules
from cti.engine.loop import Engine
from cti.journal.engine_log import EngineJournal, parse

CALL, SALES = CallId("1795300000.1"), QueueName("sales")
BEGAN = datetime.now(UTC) + timedelta(hours=1)  # told ahead, so that nothing waits for a real clock


class Nobody:
    def look_up(self, *_: object) -> None: ...

    def name_of(self, _: object) -> str:
        return ""

    def post(self, *_: object) -> None: ...


async def test_the_numbers_of_an_announcement_are_journalled_with_their_call(tmp_path: Path):
    journal = EngineJournal(tmp_path / "engine.jsonl")
    engine = Engine(journal=journal, publish=lambda *_: None, customers=Nobody(), actions=Nobody())
    said: list[tuple[str, ...]] = []
    engine.lobby.say = lambda _call, parts, _keys="": said.append(parts)  # type: ignore[method-assign]
    speaks = AnnounceRules(first_after_seconds=10, every_seconds=30, position=5, comfort=("thanks",))
    engine.define([QueueRules(name=SALES, announce=speaks)], [])
    engine.handle(ev.CallerJoined(at=BEGAN, call=CALL, queue=SALES, entered=BEGAN, caller=Caller(number="1")))
    for turn in (0, 1):
        at = BEGAN + timedelta(seconds=10 + 30 * turn)
        engine.handle(ev.TimerFired(at=at, key=AnnounceDue(CALL, turn)))
    promise = Announce(
        call=CALL,
        parts=("announce_wait_5",),
        said=Said(queue=SALES, wait_minutes=5, expected_seconds=251.4),
    )
    engine._announce(promise, BEGAN + timedelta(seconds=50))
    engine._timers.close()
    journal.close()
    raw = (tmp_path / "engine.jsonl").read_bytes().splitlines()
    told = [line for line in (parse(one, "f", 0) for one in raw) if line and line.kind == "told"]
    assert said == [("announce_position_1",), ("thanks",), ("announce_wait_5",)]  # comfort says no number
    assert [(line.call, line.data["position"], line.data["wait_minutes"]) for line in told] == [
        (CALL, 1, None),
        (CALL, 0, 5),
    ]
    assert told[1].data["expected_seconds"] == 251.4
    assert json.loads(raw[-1])["queue"] == "sales"
