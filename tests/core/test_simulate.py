"""The simulator tells the same stories as the playbooks, and the same ones every time."""

from __future__ import annotations

import math
import random

import pytest
from acd_playbook import Answered, Defined, Ended, Joined, LoggedIn, Missed, Offer, Playbook, Ready, Wait, card, queue

from cti.core import commands as do
from cti.core import events as ev
from cti.core.acd import Acd
from cti.core.arrivals import Demand, generate
from cti.core.scenario import Arrival, Run, Scenario, Shift, Visit
from cti.core.simulate import EPOCH, MOST_MISSES, simulate
from cti.core.words import Outcome, Presence, WrapUpMode

SALES = queue("sales", (0, {"sales": 50}), (20, {"sales": 1}), (45, {}), ring_seconds=15.0)


def call(name: str, at: float = 0.0, talk: float = 60.0, patience: float = math.inf, **fields) -> Arrival:
    return Arrival(
        call=name, at=at, queue=fields.pop("queue", "sales"), talk_seconds=talk, patience_seconds=patience, **fields
    )


def visit(run: Run, name: str) -> Visit:
    return next(v for v in run.visits if v.call == name)


def served(run: Run) -> list[tuple[str, str | None, float]]:
    """(call, agent, wait) in the order of the answers."""
    answered = sorted((v for v in run.visits if v.agent), key=lambda v: (v.joined + v.wait_seconds, v.call))
    return [(v.call, v.agent, round(v.wait_seconds, 3)) for v in answered]


def test_rings_and_order_are_those_of_the_playbook():
    agents = [card("1001", sales=90), card("1002", sales=10), card("1003")]
    run = simulate(
        Scenario(queues=[SALES], agents=agents),
        [call("c0", 0), call("c1", 1), call("c2", 2), call("c3", 3), call("c4", 4, priority=1)],
    )
    play = Playbook(SALES) >> Ready("1001", sales=90) >> Ready("1002", sales=10) >> Ready("1003")
    play >> Joined("c0") << Offer("c0", "1001") >> Answered("c0", "1001") >> Wait(1) >> Joined("c1")
    play >> Wait(1) >> Joined("c2") >> Wait(1) >> Joined("c3") >> Wait(1) >> Joined("c4", priority=1)
    play >> Wait(17) << Offer("c1", "1002") >> Answered("c1", "1002")
    play >> Wait(26) << Offer("c2", "1003") >> Answered("c2", "1003")
    play >> Wait(13) >> Ended("c0", "1001") << Offer("c4", "1001") >> Answered("c4", "1001")
    play >> Wait(21) >> Ended("c1", "1002") << Offer("c3", "1002")
    assert served(run) == [
        ("c0", "1001", 0.0), ("c1", "1002", 20.0), ("c2", "1003", 45.0), ("c4", "1001", 56.0), ("c3", "1002", 78.0),
    ]  # fmt: skip


def test_a_miss_costs_the_ringing_and_the_next_agent_answers_as_in_the_playbook():
    agents = [card("1001", sales=90), card("1002", sales=80)]
    scenario = Scenario(queues=[SALES], agents=agents, miss_chance=0.5)
    run = simulate(scenario, [call("c1", luck=0.1, answer_seconds=3.0)])  # luck 0.1, then 0.72
    play = Playbook(SALES) >> Ready("1001", sales=90) >> Ready("1002", sales=80)
    play >> Joined("c1") << Offer("c1", "1001") >> Wait(15) >> Missed("c1", "1001")
    play << (do.WithdrawOffer, {"call": "c1"})
    play >> Joined("c1", ago=15.0) << Offer("c1", "1002")
    assert served(run) == [("c1", "1002", 18.0)]
    assert visit(run, "c1").misses == 1


def test_a_phone_that_would_be_answered_after_the_ringing_is_missed():
    scenario = Scenario(queues=[SALES], agents=[card("1001", sales=90)])
    run = simulate(scenario, [call("c1", answer_seconds=16.0, patience=40.0)])
    assert (visit(run, "c1").outcome, visit(run, "c1").misses, visit(run, "c1").wait_seconds) == ("abandoned", 2, 40.0)


def test_an_impatient_caller_leaves_and_takes_no_agent():
    run = simulate(
        Scenario(queues=[SALES], agents=[card("1001", sales=90)]),
        [call("c1", 0, talk=100), call("c2", 1, patience=30), call("c3", 2, patience=200)],
    )
    assert visit(run, "c2").outcome is Outcome.ABANDONED
    assert visit(run, "c2").wait_seconds == 30
    assert served(run) == [("c1", "1001", 0.0), ("c3", "1001", 98.0)]


def test_a_caller_who_hangs_up_while_the_phone_rings_was_not_answered():
    run = simulate(
        Scenario(queues=[SALES], agents=[card("1001", sales=90)]), [call("c1", patience=5, answer_seconds=8)]
    )
    assert visit(run, "c1").outcome is Outcome.ABANDONED
    assert run.agents["1001"].answered == 0


def test_wrap_up_keeps_the_agent_from_the_next_caller():
    scenario = Scenario(queues=[queue("sales", wrap_up_seconds=30.0)], agents=[card("1001")])
    run = simulate(scenario, [call("c1", 0, talk=60), call("c2", 1, talk=10)])
    assert served(run) == [("c1", "1001", 0.0), ("c2", "1001", 89.0)]
    seconds = run.agents["1001"].seconds
    assert (seconds[Presence.TALKING], seconds[Presence.WRAP_UP]) == (70.0, 30.0)


def test_after_the_longest_wait_the_caller_goes_on_to_the_next_queue():
    first, second = queue("sales", (0, {"sales": 1}), max_wait_seconds=50.0), queue("service")
    scenario = Scenario(
        queues=[first, second],
        agents=[card("1001")],
        onward={("sales", Outcome.TIMEOUT): "service"},
        shifts=[Shift(agent="1001", start=60)],
    )
    run = simulate(scenario, [call("c1"), call("c2", queue="service")])
    assert [(v.call, v.queue, v.agent, v.wait_seconds) for v in run.visits] == [
        ("c1", "sales", None, 50.0),
        ("c2", "service", "1001", 60.0),
        ("c1", "service", "1001", 70.0),
    ]
    assert run.visits[0].outcome not in (Outcome.ANSWERED, Outcome.ABANDONED, None)


def test_shifts_and_breaks_are_kept_and_a_talk_is_finished_first():
    shifts = [
        Shift(agent="1001", start=10, end=100),
        Shift(agent="1001", start=30, end=50, reason="break"),
        Shift(agent="1002", start=0, end=1),
    ]
    run = simulate(
        Scenario(queues=[queue()], agents=[card("1001"), card("1002")], shifts=shifts),
        [call("c1", 5, talk=35), call("c2", 6, talk=10), call("c3", 95, talk=20), call("c4", 96, patience=60)],
    )
    assert served(run) == [("c1", "1001", 5.0), ("c2", "1001", 44.0), ("c3", "1001", 0.0)]
    assert visit(run, "c4").outcome is Outcome.ABANDONED
    assert run.agents["1001"].seconds[Presence.PAUSED] == 5.0  # from the end of c1's talk at 45


def test_an_agent_paused_for_misses_comes_back():
    rules = queue("sales", ring_seconds=10.0, max_misses=1)
    scenario = Scenario(queues=[rules], agents=[card("1001")], miss_chance=0.5, missed_pause_seconds=40.0)
    run = simulate(scenario, [call("c1", luck=0.1)])
    assert served(run) == [("c1", "1001", 50.0)]


def test_nobody_at_work_ends_with_the_last_callers_patience():
    run = simulate(Scenario(queues=[queue()], agents=[]), [call("c1", patience=10), call("c2", 5, patience=10)])
    assert [v.outcome for v in run.visits] == [Outcome.ABANDONED] * 2
    assert run.seconds == 15


def test_callers_whom_nobody_will_ever_answer_are_left_without_an_outcome():
    run = simulate(Scenario(queues=[queue()], agents=[]), [call("c1")])
    assert visit(run, "c1").outcome is None


def busy_floor() -> tuple[Scenario, Demand]:
    queues = [
        queue("sales", (0, {"sales": 70}), (20, {"sales": 1}), order="best_skill", wrap_up_seconds=20.0, max_misses=2),
        queue("service", (0, {"service": 50}), (30, {}), max_wait_seconds=120.0, ring_seconds=12.0),
    ]
    cards = [card(str(1000 + n), **({"sales": 20 + n % 80} if n % 2 else {"service": 30 + n % 70})) for n in range(24)]
    demand = Demand(
        calls=600, rate=0.13, shares={"sales": 2, "service": 1}, talk_seconds=150, patience_seconds=90, answer_seconds=4
    )
    return Scenario(
        queues=queues, agents=cards, miss_chance=0.1, onward={("service", Outcome.TIMEOUT): "sales"}
    ), demand


def draw(demand: Demand, seed: int) -> list[Arrival]:
    return generate(demand, lambda purpose: random.Random(f"{seed} {purpose}").random)


def test_the_same_seed_gives_the_same_result_and_another_seed_another():
    scenario, demand = busy_floor()
    first, again, other = (simulate(scenario, draw(demand, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first.visits != other.visits


def test_longer_talks_meet_the_same_callers():
    _, demand = busy_floor()
    longer = [a.at for a in draw(Demand(**{**_fields(demand), "talk_seconds": 300.0}), 1)]
    assert longer == [a.at for a in draw(demand, 1)]


def _fields(demand: Demand) -> dict[str, object]:
    return {name: getattr(demand, name) for name in Demand.__dataclass_fields__}


def test_every_caller_of_a_busy_floor_ends_exactly_once_and_time_adds_up():
    scenario, demand = busy_floor()
    run = simulate(scenario, draw(demand, 3))
    ended = [v.call for v in run.visits if v.outcome in (Outcome.ANSWERED, Outcome.ABANDONED)]
    assert sorted(ended) == sorted(f"call {n}" for n in range(1, 601))
    assert sum(one.answered for one in run.agents.values()) == sum(v.outcome is Outcome.ANSWERED for v in run.visits)
    for one in run.agents.values():
        assert sum(one.seconds.values()) == pytest.approx(run.seconds)
    talked = sum(v.talk_seconds for v in run.visits)
    assert sum(one.seconds.get(Presence.TALKING, 0.0) for one in run.agents.values()) == pytest.approx(talked, abs=0.01)


def test_without_explanations_the_acd_makes_the_same_offers():
    plain, told = Acd(explain=False), Acd()
    steps = [Defined("1001"), LoggedIn("1001"), Joined("c1"), Joined("c2")]
    for event in [ev.QueueDefined(at=EPOCH, rules=queue()), *(make(EPOCH) for make in steps)]:
        commands = told.handle(event)
        assert plain.handle(event) == [c for c in commands if not isinstance(c, do.Explain)]
    assert plain.snapshot() == told.snapshot()


def test_a_phone_that_is_never_answered_does_not_ring_for_ever():
    scenario = Scenario(queues=[SALES], agents=[card("1001", sales=90)])
    run = simulate(scenario, [call("c1", answer_seconds=16.0)])
    assert (visit(run, "c1").outcome, visit(run, "c1").misses) == (Outcome.ABANDONED, MOST_MISSES)


@pytest.mark.parametrize(
    ("mode", "wait"),
    [(WrapUpMode.NONE, 59.0), (WrapUpMode.OPTIONAL, 59.0), (WrapUpMode.TIMED_NO_EARLY_EXIT, 89.0),
     (WrapUpMode.MANDATORY_DISPOSITION, 89.0)],
)  # fmt: skip
def test_every_kind_of_wrap_up_ends(mode, wait):
    rules = queue("sales", wrap_up_seconds=30.0, wrap_up_mode=mode)
    run = simulate(Scenario(queues=[rules], agents=[card("1001")]), [call("c1", 0, talk=60), call("c2", 1, talk=10)])
    assert served(run) == [("c1", "1001", 0.0), ("c2", "1001", wait)]
