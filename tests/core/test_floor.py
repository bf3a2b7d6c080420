"""The floor at an instant."""

import dataclasses

import pytest
from acd_playbook import NOON, Answered, Busied, Joined, Missed, Offer, Paused, Playbook, Ready, Wait, Withdraw, queue

from cti.core.words import Miss


def test_the_floor_shows_agents_queues_and_calls():
    play = Playbook(queue("sales"), queue("service", (0, {"service": 1})))
    play >> Ready("1001") >> Joined("c1") << Offer("c1", "1001") >> Answered("c1", "1001") >> Wait(5)
    play >> Ready("1002") >> Joined("c2") << Offer("c2", "1002") >> Joined("c3", "service") >> Ready("1003")
    play >> Busied("1003") >> Ready("1004") >> Paused("1004", "tea")
    floor = play.acd.snapshot()
    assert [(a.agent, a.presence, a.call, a.reason) for a in floor.agents] == [
        ("1001", "talking", "c1", ""),
        ("1002", "ringing", "c2", ""),
        ("1003", "talking", None, ""),
        ("1004", "paused", None, "tea"),
    ]
    assert [(c.call, c.state, c.agent) for c in floor.calls] == [
        ("c1", "connected", "1001"),
        ("c2", "offered", "1002"),
        ("c3", "waiting", None),
    ]
    assert [(q.queue, q.waiting, q.ready, q.longest) for q in floor.queues] == [
        ("sales", 0, 0, None),
        ("service", 1, 0, play.now),
    ]
    assert floor.agents[0].since == NOON


def test_a_caller_between_a_miss_and_the_line_is_away_and_in_the_end_forgotten():
    play = Playbook() >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER)
    assert [(c.call, c.state) for c in play.acd.snapshot().calls] == [("c1", "away")]
    play >> Wait(3601) >> Joined("c2") << Offer("c2", "1001")
    play >> Missed("c2", "1001") << Withdraw("c2", "1001", Miss.NO_ANSWER)
    assert [c.call for c in play.acd.snapshot().calls] == ["c2"]


def test_a_snapshot_cannot_be_changed():
    floor = (Playbook() >> Ready("1001")).acd.snapshot()
    with pytest.raises(dataclasses.FrozenInstanceError):
        floor.agents[0].reason = "x"
