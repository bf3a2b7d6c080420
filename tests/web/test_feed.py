"""The numbered stream: audiences, resuming, snapshots."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cti.core.words import AgentId
from cti.errors import UsageError
from cti.web.auth import Kind, Subject
from cti.web.feed import MOST_MISSED, Everybody, Feed, Fresh, Missed, OneAgent, Position, Supervisors, sees

AT = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
BOSS = Subject(kind=Kind.SUPERVISOR, name="Boss")
ANNA = Subject(kind=Kind.AGENT, name="Anna", agent=AgentId("1001"))
STATE: dict[str, Any] = {
    "agents": [{"agent": "1001"}, {"agent": "1002"}],
    "queues": [{"queue": "sales"}],
    "calls": [{"call": "c1"}],
    "pops": [{"agent": "1001", "call": "c1"}, {"agent": "1002", "call": "c2"}],
}


def feed(ring: int = 10) -> Feed:
    return Feed(lambda: STATE, epoch="e1", ring=ring)


def publish(stream: Feed, *agents: str) -> None:
    for agent in agents:
        stream.publish("pop", {"agent": agent, "call": "c"}, None, AT)


def seqs(answer: Missed | Fresh) -> list[int]:
    assert isinstance(answer, Missed)
    head, *rest = map(json.loads, answer.payloads)
    assert head["type"] == "resumed"
    assert head["missed"] == len(rest)
    return [message["seq"] for message in rest]


def test_deltas_are_numbered_without_a_hole_and_say_when() -> None:
    stream = feed()
    first = stream.publish("queue", {"queue": "sales", "waiting": 1}, None, AT)
    second = stream.publish("queue", {"queue": "sales", "waiting": 2}, None, AT)
    assert (first.seq, second.seq) == (1, 2)
    assert json.loads(second.payload) == {
        "type": "queue", "seq": 2, "at": "2026-10-01T08:00:00.000Z", "data": {"queue": "sales", "waiting": 2},
    }  # fmt: skip


def test_a_delta_that_cannot_be_encoded_uses_no_number() -> None:
    stream = feed()
    with pytest.raises(TypeError, match="cannot be sent"):
        stream.publish("queue", {"waiting": {1}}, None, AT)
    with pytest.raises(UsageError, match="no delta is called"):
        stream.publish("rumour", {}, None, AT)
    assert stream.seq == 0


@pytest.mark.parametrize(
    ("audience", "seen_by_anna"),
    [
        (Everybody(), True),
        (Supervisors(), False),
        (OneAgent(AgentId("1001")), True),
        (OneAgent(AgentId("1002")), False),
    ],
)
def test_an_agent_sees_their_own_and_everybodys_and_a_supervisor_sees_all(
    audience: Everybody | Supervisors | OneAgent, seen_by_anna: bool
) -> None:
    assert sees(ANNA, audience) is seen_by_anna
    assert sees(BOSS, audience)


def test_an_agent_without_a_number_sees_nobodys_pop() -> None:
    nobody = Subject(kind=Kind.AGENT, name="?")
    assert not sees(nobody, OneAgent(AgentId("1001")))


def test_a_screen_that_comes_back_gets_what_it_missed_in_order() -> None:
    stream = feed()
    publish(stream, "1001", "1002", "1001")
    assert seqs(stream.connect(BOSS, Position(epoch="e1", seq=1), AT)) == [2, 3]
    assert seqs(stream.connect(ANNA, Position(epoch="e1", seq=0), AT)) == [1, 3]
    assert seqs(stream.connect(BOSS, Position(epoch="e1", seq=3), AT)) == []


@pytest.mark.parametrize(
    "resume",
    [None, Position(epoch="other", seq=3), Position(epoch="e1", seq=99), Position(epoch="e1", seq=-1)],
)
def test_a_screen_of_another_run_or_of_an_impossible_position_gets_a_snapshot(resume: Position | None) -> None:
    stream = feed()
    publish(stream, "1001", "1001", "1001")
    answer = stream.connect(BOSS, resume, AT)
    assert isinstance(answer, Fresh)
    message = json.loads(answer.payload)
    assert (message["type"], message["epoch"], message["seq"]) == ("snapshot", "e1", 3)


def test_the_ring_is_bounded_and_a_hole_in_it_means_a_snapshot() -> None:
    stream = feed(ring=3)
    publish(stream, *["1001"] * 5)
    assert isinstance(stream.connect(BOSS, Position(epoch="e1", seq=1), AT), Fresh)
    assert seqs(stream.connect(BOSS, Position(epoch="e1", seq=2), AT)) == [3, 4, 5]


def test_too_much_missed_is_told_as_a_snapshot() -> None:
    stream = feed(ring=MOST_MISSED + 10)
    publish(stream, *["1001"] * (MOST_MISSED + 1))
    assert isinstance(stream.connect(BOSS, Position(epoch="e1", seq=0), AT), Fresh)
    assert isinstance(stream.connect(BOSS, Position(epoch="e1", seq=1), AT), Missed)


def test_an_agents_floor_has_their_own_card_and_pop_and_every_queue() -> None:
    floor = feed().floor(ANNA, AT)
    assert [agent["agent"] for agent in floor["agents"]] == ["1001"]
    assert [pop["call"] for pop in floor["pops"]] == ["c1"]
    assert floor["calls"] == []
    assert floor["queues"] == STATE["queues"]
    assert len(feed().floor(BOSS, AT)["agents"]) == 2


def test_every_run_has_an_epoch_of_its_own() -> None:
    assert Feed(lambda: STATE).epoch != Feed(lambda: STATE).epoch
