"""Choosing without a machine around: penalties, ranks, and when everybody has been tried."""

from dataclasses import replace
from datetime import timedelta

import pytest
from acd_playbook import NOON, card, queue

from cti.core.agent import Agent
from cti.core.pool import Pools
from cti.core.queue import Entry, Line
from cti.core.routing import choose, explain, penalty, untried
from cti.core.words import Caller, Presence

RULES = queue("sales", (0, {"sales": 50}), (20, {"sales": 1}), (45, {}))
AGENTS = {
    name: Agent(card=card(name, sales=level), since=NOON, idle_since=NOON, presence=presence)
    for name, level, presence in [("1", 90, "talking"), ("2", 10, "ready"), ("3", 20, "ready"), ("4", 80, "offline")]
    for presence in [Presence(presence)]
}
CALL = Entry(call="c", queue="sales", entered=NOON - timedelta(seconds=20), arrival=1, caller=Caller())


def line(rules=RULES):
    return Line(("sales", (), 0), rules, Pools(AGENTS))


@pytest.mark.parametrize(("level", "ring"), [(90, 0), (50, 0), (49, 1), (1, 1)])
def test_the_penalty_is_the_first_ring_satisfied(level, ring):
    assert penalty(card("1", sales=level), RULES) == ring
    assert penalty(card("1"), RULES) == 2
    assert penalty(card("1"), queue("sales", (0, {"sales": 1}))) is None


def test_who_missed_the_call_is_left_out():
    assert choose(CALL, line(), AGENTS, NOON).agent is AGENTS["2"]
    assert choose(replace(CALL, missed=frozenset("2")), line(), AGENTS, NOON).agent is AGENTS["3"]
    assert choose(replace(CALL, missed=frozenset("23")), line(), AGENTS, NOON).agent is None


def test_everybody_has_been_tried_when_nobody_at_work_is_left():
    assert untried(CALL, line(), NOON) in ("1", "2", "3")
    assert untried(replace(CALL, missed=frozenset("23")), line(), NOON) == "1"
    assert untried(replace(CALL, missed=frozenset("123")), line(), NOON) is None


def test_the_explanation_names_everybody_the_best_first():
    choice = choose(CALL, line(queue("sales", *[(0, {"sales": 1})], order="best_skill")), AGENTS, NOON)
    assert choice.agent is AGENTS["3"]
    assert explain(CALL, line(queue("sales", (0, {"sales": 1}), order="best_skill")), AGENTS, AGENTS, choice, NOON) == (
        ("3", "chosen: ring 0, level 20"),
        ("2", "in: ring 0, level 10"),
        ("1", "out: talking"),
        ("4", "out: offline"),
    )
