"""Who comes first, against a count by hand over every caller and every agent, on floors of any shape."""

from __future__ import annotations

from acd_playbook import Answered, Joined, LoggedOut, Offer, Playbook, Ready, Wait, queue
from hypothesis import given, settings
from hypothesis import strategies as st

from cti.core import commands as cmd
from cti.core.queue import Waiting
from cti.core.rivals import position, stages
from cti.core.skills import combine, satisfies

SKILLS = ("a", "b", "c")
LEVELS = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 3), max_size=3)
CALLERS = st.lists(st.tuples(st.sampled_from(["one", "two"]), LEVELS, st.integers(0, 3)), min_size=1, max_size=8)


def floor(first, second, agents, callers):
    """Two queues with two rings each; agents who are all busy; callers who came one after the other."""
    book = Playbook(queue("one", (0, first), (20, {})), queue("two", (0, second), (40, {"a": 1})))
    for n, skills in enumerate(agents):
        go(book, Ready(f"100{n}", **skills))
        go(book, Joined(f"busy{n}", "one"))
    for n, (name, need, priority) in enumerate(callers):
        go(book, Wait(7))
        go(book, Joined(f"c{n}", name, need=need, priority=priority))
    return book


def go(book, step) -> None:
    """Whoever is offered to somebody is answered; nothing of it matters here."""
    book >> step
    for offer in [command for command in book.pending if isinstance(command, cmd.OfferCall)]:
        book.pending = []
        book >> Answered(offer.call, offer.agent)
    book.pending = []


def waiting(book):
    return [state for state in book.acd._calls.values() if isinstance(state, Waiting)]


def able(book, state) -> set[str]:
    """Agents at work who may have this caller now, asked one by one."""
    rings = state.line.rules.rings[: state.line.open_ring(state.entry, book.now) + 1]
    needs = [combine(ring.need, state.entry.need) for ring in rings]
    cards = book.acd._roster.agents.values()
    return {agent.agent for agent in cards if agent.is_serving and any(satisfies(agent.card.skills, n) for n in needs)}


@settings(max_examples=40)
@given(LEVELS, LEVELS, st.lists(LEVELS, max_size=5), CALLERS)
def test_the_position_is_exact(first, second, agents, callers):
    book = floor(first, second, agents, callers)
    for state in waiting(book):
        mine = able(book, state)
        ahead = [other for other in waiting(book) if other.entry.place < state.entry.place]
        if mine:
            count = sum(bool(mine & _widest(book, other)) for other in ahead)
        else:
            count = sum(other.entry.queue == state.entry.queue for other in ahead)
        assert position(state, book.acd._room.lines, book.now) == 1 + count


def _widest(book, other) -> set[str]:
    """Of a line the first caller's rings stand for all."""
    line = other.line
    return able(book, next(state for state in waiting(book) if state.entry is line.entries[0][1]))


@settings(max_examples=40)
@given(LEVELS, LEVELS, st.lists(LEVELS, max_size=5), CALLERS)
def test_a_stage_never_counts_more_than_everybody_ahead_and_later_stages_have_more_agents(
    first, second, agents, callers
):
    book = floor(first, second, agents, callers)
    for state in waiting(book):
        found = stages(state, book.acd._room.lines, book.now)
        ahead = sum(other.entry.place < state.entry.place for other in waiting(book))
        assert found[0].opens == 0
        assert all(sum(share for _, share in stage.ahead) <= ahead + 1e-9 for stage in found)
        sizes = [(stage.opens, stage.agents) for stage in found]
        assert sizes == sorted(sizes)


def test_a_rival_with_other_agents_to_choose_from_counts_as_the_part_that_falls_on_ours():
    book = Playbook(queue("one", (0, {"a": 1})), queue("two", (0, {"b": 1})))
    book >> Ready("1001", a=5) >> Ready("1002", a=5, b=5) >> Ready("1003", b=5)
    book >> Joined("x", "two") << Offer("x", "1002")
    book >> Joined("y", "two") << Offer("y", "1003")
    book >> Joined("z", "one") << Offer("z", "1001")
    book >> Joined("r1", "two") >> Joined("r2", "two") >> Joined("c", "one")
    (now,) = stages(book.acd._calls["c"], book.acd._room.lines, book.now)
    assert (now.agents, now.ahead) == (2, (("two", 1.0),))  # two callers, half of whose agents are ours


def test_a_ring_that_is_still_to_open_says_when_and_who_is_ready_in_it():
    book = Playbook(queue("one", (0, {"a": 9}), (20, {"a": 1})))
    book >> Ready("1001", a=9) >> Ready("1002", a=5)
    book >> Joined("x", "one") << Offer("x", "1001")
    book >> Joined("c", "one") >> Wait(5)
    now, later = stages(book.acd._calls["c"], book.acd._room.lines, book.now)
    assert (now.opens, now.agents, now.ready) == (0, 1, 0)
    assert (later.opens, later.agents, later.ready) == (15, 2, 1)


def test_who_has_gone_home_is_nobodys_rival():
    book = Playbook(queue("one", (0, {"a": 1})))
    book >> Ready("1001", a=9) >> Ready("1002", a=9) >> LoggedOut("1002")
    book >> Joined("x", "one") << Offer("x", "1001")
    book >> Joined("c", "one")
    (now,) = stages(book.acd._calls["c"], book.acd._room.lines, book.now)
    assert now.agents == 1
