"""What the engine keeps of an agent's day: dispositions, pauses and what they count as, and whom a caller knows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cti.core import events as ev
from cti.core.timer_keys import PauseLimit
from cti.core.words import (
    AgentCard,
    AgentId,
    Caller,
    CallId,
    Linkedid,
    PauseReason,
    Phone,
    QueueName,
    QueueRules,
    Uniqueid,
    WrapUpMode,
)
from cti.engine.familiar import Window
from cti.engine.loop import Engine
from cti.errors import Refused
from cti.journal.engine_log import EngineJournal

ANNA, CALL, SALES, LEG = AgentId("1001"), CallId("c1"), QueueName("sales"), Uniqueid("a1")
RULES = QueueRules(name=SALES, wrap_up_mode=WrapUpMode.MANDATORY_DISPOSITION)
LUNCH = PauseReason(name="lunch", billable=True, payable=False, max_seconds=60.0)
BEGAN = datetime.now(UTC) + timedelta(hours=1)  # told ahead, so that nothing waits for a real clock


class Nobody:
    def look_up(self, *_: object) -> None: ...

    def name_of(self, _: object) -> str:
        return ""

    def post(self, *_: object) -> None: ...


class Day:
    """An engine whose events come at told seconds."""

    def __init__(self, engine: Engine, journal: Path) -> None:
        self.engine, self._journal = engine, journal

    def tell(self, seconds: float, kind: type, **values: object) -> None:
        self.engine.handle(kind(at=BEGAN + timedelta(seconds=seconds), **values))

    def offer(self) -> None:
        caller = Caller(number="13800138000")
        self.tell(0, ev.AgentLoggedIn, agent=ANNA)
        self.engine.lobby.decide = lambda *_: True  # type: ignore[method-assign] # the dialplan takes the verdict
        self.tell(1, ev.CallerJoined, call=CALL, queue=SALES, entered=BEGAN, caller=caller)

    def ring(self) -> None:
        self.offer()
        self.tell(2, ev.LegCreated, leg=LEG, linked=Linkedid(CALL), phone=Phone("PJSIP/1001"))
        self.tell(2, ev.DialBegan, caller=Uniqueid(CALL), callee=LEG)

    def talk(self, until: float) -> None:
        self.offer()
        self.tell(5, ev.OfferAnswered, call=CALL, agent=ANNA)
        self.tell(until, ev.TalkEnded, call=CALL, agent=ANNA)

    def lines(self, kind: str) -> list[dict[str, object]]:
        told = [json.loads(line) for line in self._journal.read_text().splitlines()]
        return [line for line in told if line["kind"] == kind]


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[Day]:
    nobody, path = Nobody(), tmp_path / "engine.jsonl"
    journal = EngineJournal(path)
    engine = Engine(journal=journal, publish=lambda *_: None, customers=nobody, actions=nobody)
    engine.familiar.define({SALES: Window(30, 60)})
    card = AgentCard(agent=ANNA, name="Anna", phone=Phone("PJSIP/1001"))
    engine.define([RULES], [card], [LUNCH, PauseReason(name="meeting")])
    running = asyncio.create_task(engine.run())
    await asyncio.sleep(0)
    yield Day(engine, path)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    journal.close()


async def test_a_disposition_is_journaled_with_its_call(day: Day) -> None:
    day.talk(until=70)
    assert day.engine.floor.agents[ANNA]["presence"] == "wrap_up"
    day.tell(80, ev.DispositionGiven, call=CALL, agent=ANNA, code="sold", note="一辆 SUV")
    assert day.engine.floor.agents[ANNA]["presence"] == "ready"
    (line,) = day.lines("disposition")
    assert (line["call"], line["agent"], line["code"], line["note"]) == ("c1", "1001", "sold", "一辆 SUV")


async def test_a_disposition_that_is_refused_is_not_journaled(day: Day) -> None:
    day.talk(until=70)
    with pytest.raises(Refused, match="no call 'c9'"):
        day.tell(80, ev.DispositionGiven, call=CallId("c9"), agent=ANNA, code="sold", note="")
    assert day.lines("disposition") == []


async def test_who_talked_long_enough_is_preferred_by_that_number_from_then_on(day: Day) -> None:
    day.talk(until=70)
    assert day.engine.familiar.prefers(SALES, "13800138000", BEGAN + timedelta(days=1)) == ANNA


async def test_a_short_talk_makes_nobody_preferred(day: Day) -> None:
    day.talk(until=30)
    assert day.engine.familiar.prefers(SALES, "13800138000", BEGAN + timedelta(days=1)) is None


async def test_a_pause_is_journaled_with_what_it_counts_as_and_once_more_when_it_is_over_time(day: Day) -> None:
    day.tell(0, ev.AgentLoggedIn, agent=ANNA)
    day.tell(10, ev.AgentPaused, agent=ANNA, reason="lunch")
    day.tell(70, ev.TimerFired, key=PauseLimit(ANNA, BEGAN + timedelta(seconds=10)))
    shown = day.engine.floor.agents[ANNA]
    assert (shown["presence"], shown["over_time"]) == ("paused", True)
    assert shown["since"] == BEGAN + timedelta(seconds=10)  # the pause goes on: its clock on the screen does, too
    day.tell(90, ev.AgentUnpaused, agent=ANNA)
    assert not day.engine.floor.agents[ANNA]["over_time"]
    first, over, back = day.lines("presence")[-3:]
    assert (first["billable"], first["payable"], first["over_time"]) == (True, False, False)
    assert (over["presence"], over["reason"], over["over_time"]) == ("paused", "lunch", True)
    assert "billable" not in back


async def test_a_reason_that_the_site_does_not_have_is_refused(day: Day) -> None:
    day.tell(0, ev.AgentLoggedIn, agent=ANNA)
    with pytest.raises(Refused, match="lunch, meeting"):
        day.tell(1, ev.AgentPaused, agent=ANNA, reason="golf")


@pytest.mark.parametrize(("digit", "reason"), [("", "lunch"), ("1", "lunch"), ("2", "meeting"), ("3", None)])
async def test_a_digit_on_the_phone_is_a_reason_in_the_order_of_the_site(
    day: Day, digit: str, reason: str | None
) -> None:
    assert day.engine.pause_reason(digit) == reason


async def test_a_caller_who_hangs_up_while_it_rings_leaves_the_floor_and_is_counted_as_lost_once(day: Day) -> None:
    day.ring()
    day.tell(4, ev.DialEnded, caller=CALL, callee=LEG, result="CANCEL")
    assert day.engine.floor.pops == {}
    day.tell(5, ev.LegEnded, leg=LEG)
    day.tell(5, ev.LegEnded, leg=CALL)
    floor = day.engine.floor
    assert floor.calls == {}
    assert floor.agents[ANNA]["presence"] == "ready"
    assert len(day.lines("missed")) == len(day.lines("left")) == 1
    assert floor.today.of(SALES, BEGAN)["abandoned"] == 1
