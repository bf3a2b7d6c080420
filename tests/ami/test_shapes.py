"""What the engine believes while a call is passed on: recorded AMI events of every shape, through the tracker.

The traces are those of tests/core/test_shapes.py; here their events stand beside the offers that the engine made.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cti.ami.translate import phone_of, translate
from cti.ami.wire import Decoder
from cti.core import events as ev
from cti.core.call import CallTracker

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))  # how a recorded call is read

from shape_trace import FOLDER, SLACK, Seen, seen_of, shapes

ENGINES = [name for name in shapes() if (FOLDER / name / "engine.jsonl").stat().st_size and "fallback" not in name]
OFFERED = [name for name in ENGINES if b'"offer"' in (FOLDER / name / "engine.jsonl").read_bytes()]
# The agent hears at which place the caller is parked; by keys Asterisk lets go of a phone when the colleague answers.
LATE = {"parked_and_returned": 6.0, "blonde_keys": 5.0}
TAKEN_ELSEWHERE = ("pickup", "forwarded")


def story(name: str) -> Iterator[tuple[datetime, Any]]:
    """The leg facts of AMI and the engine's own lines, in the order of their instants."""
    found: list[tuple[datetime, Any]] = []
    for message in Decoder().feed((FOLDER / name / "events.ami").read_bytes()):
        at = datetime.fromtimestamp(float(message.get("Timestamp")), UTC)
        found += [(at, fact) for fact in translate(message, at)]
    for line in (FOLDER / name / "engine.jsonl").read_text().splitlines():
        told = json.loads(line)
        found.append((datetime.fromisoformat(told["at"]), told))
    yield from sorted(found, key=lambda one: one[0])


def facts_of(name: str) -> list[Any]:
    """What the tracker makes of it, with the offers that the engine made."""
    tracker, facts = CallTracker(), []
    roles = {one.agent for one in seen_of(name) if one.agent}
    tracker.set_phones({f"PJSIP/{agent}": agent for agent in roles})
    for at, one in story(name):
        if not isinstance(one, dict):
            facts += tracker.handle(one)
        elif one["kind"] == "joined":
            tracker.introduce(one["call"])
        elif one["kind"] == "offer":
            tracker.expect(one["call"], one["agent"], one["phone"])
            facts += tracker.refresh(at)
    assert tracker.known_legs() == frozenset(), "a channel that nobody told the end of"
    return facts


def have(name: str, agent: str) -> list[Seen]:
    """When this agent had the customer, as the phones saw it."""
    return [one for one in seen_of(name) if one.agent == agent and one.kind in ("talk", "hold")]


@pytest.mark.parametrize("name", [name for name in OFFERED if name not in TAKEN_ELSEWHERE])
def test_an_agents_talk_ends_for_the_engine_when_the_customer_is_passed_on(name: str) -> None:
    facts = facts_of(name)
    (answered,) = [fact for fact in facts if isinstance(fact, ev.OfferAnswered)]
    (ended,) = [fact for fact in facts if isinstance(fact, ev.TalkEnded)]
    spans = have(name, answered.agent)
    if "returned" in name:
        spans = spans[:1]  # the second is a direct call to that phone
    assert abs((answered.at - spans[0].started).total_seconds()) <= SLACK
    late = (ended.at - spans[-1].ended).total_seconds()
    assert -SLACK <= late <= LATE.get(name, SLACK)
    assert not any(isinstance(fact, ev.CallerLeft) for fact in facts)


@pytest.mark.parametrize("name", TAKEN_ELSEWHERE)
def test_a_caller_who_is_taken_elsewhere_waits_no_longer(name: str) -> None:
    facts = facts_of(name)
    (taken,) = [one for one in seen_of(name) if one.kind == "talk"]
    (left,) = [fact for fact in facts if isinstance(fact, ev.CallerLeft)]
    assert abs((left.at - taken.started).total_seconds()) <= SLACK
    assert not any(isinstance(fact, ev.OfferAnswered | ev.TalkEnded) for fact in facts)


def passed_on(name: str) -> bool:
    """Whether a colleague had the customer in the end."""
    return any(have(name, one.target) for one in seen_of(name) if one.kind == "transfer")


@pytest.mark.parametrize("name", [name for name in ENGINES if passed_on(name)])
def test_the_colleague_is_on_the_phone_until_the_customer_has_gone(name: str) -> None:
    (passed,) = [one for one in seen_of(name) if one.kind == "transfer"]
    mine = [f for f in facts_of(name) if isinstance(f, ev.AgentBusied | ev.AgentFreed) and f.agent == passed.target]
    assert [type(fact) for fact in mine] == [ev.AgentBusied, ev.AgentFreed]
    assert mine[0].at <= have(name, passed.target)[0].started
    assert abs((mine[1].at - have(name, passed.target)[-1].ended).total_seconds()) <= SLACK


def test_the_channels_of_a_pickup_keep_their_phones() -> None:
    """Asterisk renames nothing that we follow: whoever picked up goes on with the channel that dialled the code."""
    named = [fact.phone for _, fact in story("pickup") if isinstance(fact, ev.LegCreated)]
    assert {phone_of(f"{phone}-00000000") for phone in named} >= {"PJSIP/1211", "PJSIP/1212"}
