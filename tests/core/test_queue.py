"""The waiting line: places, and lines that are taken down when empty."""

from datetime import timedelta

from acd_playbook import NOON, card, queue
from hypothesis import given
from hypothesis import strategies as st

from cti.core.agent import Agent
from cti.core.pool import Pools
from cti.core.queue import Entry, Lines
from cti.core.words import Caller, Presence

RULES = queue("sales", (0, {"sales": 50}), (20, {}))


def entry(call, ago=0, *, need=(), priority=0, arrival=1):
    return Entry(
        call=call, queue="sales", entered=NOON - timedelta(seconds=ago), arrival=arrival, caller=Caller(), need=need,
        priority=priority,
    )  # fmt: skip


def agent(name, **skills):
    return Agent(card=card(name, **skills), since=NOON, idle_since=NOON, presence=Presence.READY)


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(-1, 1), st.booleans()), max_size=12), st.randoms())
def test_callers_leave_and_the_rest_stand_in_order(callers, random):
    pools = Pools({})
    lines = Lines(pools)
    here = []
    for number, (ago, priority, picky) in enumerate(callers):
        one = entry(f"c{number}", ago, need=(("x", 1),) if picky else (), priority=priority, arrival=number)
        here.append((lines.add(one, RULES), one))
    random.shuffle(here)
    while here:
        assert lines.waiting("sales") == len(here)
        assert lines.longest("sales") == min(one.entered for _, one in here)
        for line in lines:
            assert [one.place for _, one in line.entries] == sorted(e.place for at, e in here if at is line)
        lines.remove(*here.pop())
    assert list(lines) == []
    assert lines.longest("sales") is None
    assert all(pool.users == 0 for pool in pools)


def test_the_place_is_the_score_turned_round():
    assert entry("a", 60).place[0] == entry("b", 0, priority=1).place[0]
    assert entry("a", 61).place < entry("b", 0, priority=1).place < entry("c", 59).place


def test_an_agent_finds_the_first_caller_whose_rings_reach_him():
    expert, novice = agent("1001", sales=90), agent("1002")
    agents = {a.agent: a for a in (expert, novice)}
    lines = Lines(Pools(agents))
    line = lines.add(entry("young", 5), RULES)
    assert line.first_for("1002", NOON) is None
    lines.add(entry("old", 20, arrival=2), RULES)
    assert line.first_for("1002", NOON).call == "old"
    assert line.first_for("1002", NOON - timedelta(seconds=1)) is None
    assert line.first_for("1001", NOON).call == "old"
    assert line.first_for("nobody", NOON) is None


def test_a_timer_that_is_a_rounding_error_early_still_opens_the_ring():
    line = Lines(Pools({})).add(entry("c", 20), RULES)
    assert line.clock_ring(entry("c", 20), NOON - timedelta(microseconds=900)) == 1
    assert line.clock_ring(entry("c", 20), NOON - timedelta(microseconds=1100)) == 0
