"""The preferred agent: first when free, waited for while busy, never at the cost of anybody's place. Told as calls."""

import pytest
from acd_playbook import (
    Answered,
    Defined,
    Ended,
    Joined,
    Left,
    LoggedIn,
    LoggedOut,
    Missed,
    NoTimer,
    Offer,
    Paused,
    Playbook,
    PriorityChanged,
    QueueDefined,
    Reachable,
    Ready,
    Release,
    Removed,
    Timer,
    Unpaused,
    Wait,
    Why,
    Withdraw,
    queue,
)

from cti.core.timer_keys import PreferWait
from cti.core.words import Miss, Outcome
from cti.errors import Refused

RULES = queue("sales", (0, {"sales": 50}), (20, {"sales": 1}), prefer_wait_seconds=30.0)
HELD = PreferWait("c1", "1001")


def busy_with_c0(*more, rules=RULES) -> Playbook:
    """1001 talks with c0; everybody in `more` is ready."""
    play = Playbook(rules) >> Ready("1001", sales=90) >> Joined("c0") << Offer("c0", "1001") >> Answered("c0", "1001")
    for agent in more:
        play >> Ready(agent, sales=90)
    return play


def test_a_preferred_agent_of_a_ring_that_is_not_open_comes_first_all_the_same():
    play = Playbook(RULES) >> Ready("1001", sales=10) >> Ready("1002", sales=90)
    play >> Joined("c1", prefer="1001") << Why("c1", "offer", ring=0, chosen="1001") << Offer("c1", "1001")
    assert play.reasons() == {"1001": "chosen: preferred, ring 1, idle 0 s", "1002": "in: ring 0, idle 0 s"}
    play.nothing_more()


def test_a_preferred_agent_who_is_busy_is_waited_for():
    play = busy_with_c0("1002") >> Joined("c1", prefer="1001") << Timer(HELD, 30.0)
    play << Why("c1", "wait", why="held for preferred agent 1001 (talking) until 30 s")
    assert play.reasons() == {"1001": "out: preferred, talking", "1002": "out: held for 1001"}
    play >> Wait(29) >> Ended("c0", "1001") << NoTimer(HELD) << Offer("c1", "1001", waited_seconds=29.0)
    play.nothing_more()


def test_after_the_time_for_it_anybody_takes_the_caller():
    play = busy_with_c0("1002") >> Joined("c1", prefer="1001") >> Wait(29.9)
    play >> Wait(0.1) << Why("c1", "offer", why="preferred agent 1001 stayed busy") << Offer("c1", "1002")
    play.nothing_more()


def test_time_waited_before_counts():
    play = busy_with_c0("1002") >> Joined("c1", prefer="1001", ago=25) << Timer(HELD, 5.0)
    play >> Joined("c2", prefer="1001", ago=30) << Offer("c2", "1002")
    play.nothing_more()


def test_a_queue_without_the_option_waits_for_nobody():
    play = busy_with_c0("1002", rules=queue("sales", (0, {"sales": 50})))
    play >> Joined("c1", prefer="1001") << Offer("c1", "1002")
    play.nothing_more()


def test_those_behind_are_served_meanwhile():
    play = busy_with_c0() >> Joined("c1", prefer="1001") >> Wait(1) >> Joined("c2") >> Ready("1002", sales=90)
    play << Offer("c2", "1002")
    play.nothing_more()


def test_the_place_is_never_lost():
    play = (
        busy_with_c0() >> Joined("c1", prefer="1001") >> Wait(1) >> Joined("c2") >> Wait(29) >> Ready("1002", sales=90)
    )
    play << Offer("c1", "1002")
    play.nothing_more()


def test_being_preferred_is_no_way_past_others():
    play = busy_with_c0() >> Joined("c2", ago=5) >> Joined("c1", prefer="1001") >> Ended("c0", "1001")
    play << Offer("c2", "1001") >> Answered("c2", "1001") >> Ended("c2", "1001") << Offer("c1", "1001")
    play.nothing_more()


def test_of_two_who_wait_for_the_same_agent_the_first_comes_first():
    play = busy_with_c0("1002") >> Joined("c2", prefer="1001") >> Joined("c1", prefer="1001", ago=1)
    play >> Ended("c0", "1001") << Offer("c1", "1001")
    play.nothing_more()


@pytest.mark.parametrize(
    "away", [Paused("1001"), LoggedOut("1001"), Reachable("1001", False), Removed("1001"), Defined("1001", other=1)],
    ids=["pause asked for", "log-out asked for", "unreachable", "removed", "other skills"],
)  # fmt: skip
def test_who_will_not_be_back_is_not_waited_for(away):
    play = busy_with_c0("1002") >> away >> Joined("c1", prefer="1001") << Offer("c1", "1002")
    play.nothing_more()


@pytest.mark.parametrize(
    "away", [Paused("1001"), LoggedOut("1001"), Reachable("1001", False), Removed("1001"), Defined("1001", other=1)],
    ids=["pause asked for", "log-out asked for", "unreachable", "removed", "other skills"],
)  # fmt: skip
def test_who_goes_while_waited_for_lets_everybody_take_the_caller_at_once(away):
    play = busy_with_c0("1002") >> Joined("c1", prefer="1001") >> away << NoTimer(HELD)
    play << Why("c1", "offer", why="preferred agent 1001 is not at work") << Offer("c1", "1002")
    play.nothing_more()


def test_who_is_paused_when_the_caller_comes_is_first_again_when_back():
    play = Playbook(RULES) >> Ready("1001", sales=10) >> Paused("1001") >> Ready("1002", sales=90) >> Paused("1002")
    play >> Joined("c1", prefer="1001") >> Joined("c2", ago=1) >> Unpaused("1001") << Offer("c1", "1001")
    play.nothing_more()


def test_who_missed_the_call_is_not_waited_for_by_it():
    play = Playbook(RULES) >> Ready("1001", sales=90) >> Joined("c1", prefer="1001") << Offer("c1", "1001")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER)
    play >> Joined("c0") << Offer("c0", "1001") >> Ready("1002", sales=90)
    play >> Joined("c1", prefer="1001", again=True) << Offer("c1", "1002")
    play.nothing_more()


def test_a_caller_who_needs_what_the_preferred_agent_lacks_does_not_wait_for_them():
    play = busy_with_c0() >> Ready("1002", sales=90, english=5)
    play >> Joined("c1", prefer="1001", need={"english": 1}) << Offer("c1", "1002")
    play.nothing_more()


def test_a_stranger_is_preferred_by_nobody():
    play = Playbook(RULES) >> Ready("1002", sales=90) >> Joined("c1", prefer="9999") << Offer("c1", "1002")
    play.nothing_more()


def test_a_held_caller_who_hangs_up_is_gone_and_so_is_the_timer():
    play = busy_with_c0("1002") >> Joined("c1", prefer="1001") >> Left("c1") << NoTimer(HELD) >> Ended("c0", "1001")
    play.nothing_more()


def test_a_held_caller_still_leaves_when_the_time_in_the_queue_is_over():
    play = busy_with_c0("1002", rules=queue("sales", prefer_wait_seconds=30.0, max_wait_seconds=20.0))
    play >> Joined("c1", prefer="1001") >> Wait(20) << NoTimer(HELD) << Release("c1", outcome=Outcome.TIMEOUT)
    play.nothing_more()


def test_a_ring_that_opens_does_not_let_others_take_a_held_caller():
    play = busy_with_c0() >> Ready("1002", sales=10) >> Joined("c1", prefer="1001") >> Wait(25)
    play >> Wait(5) << Offer("c1", "1002")
    play.nothing_more()


def test_a_held_caller_is_one_more_who_waits():
    play = busy_with_c0("1002", rules=queue("sales", prefer_wait_seconds=30.0, max_length=1))
    play >> Joined("c1", prefer="1001") >> Joined("c2", prefer="1001") << Release("c2", outcome=Outcome.FULL)
    play.nothing_more()


def test_another_priority_keeps_the_caller_held():
    play = busy_with_c0("1002") >> Joined("c1", prefer="1001") >> Wait(10) >> PriorityChanged("c1", 3)
    play << NoTimer(HELD) << Timer(HELD, 20.0) >> Ended("c0", "1001") << Offer("c1", "1001")
    play.nothing_more()


def test_new_rules_without_the_option_let_everybody_take_the_caller():
    play = busy_with_c0("1002") >> Joined("c1", prefer="1001") >> QueueDefined(queue("sales"))
    play << Offer("c1", "1002")
    play.nothing_more()


def test_a_clock_set_back_changes_nothing_for_who_is_held():
    play = busy_with_c0("1002") >> Joined("c1", prefer="1001") >> Wait(10)
    play >> Joined("c8", need={"sales": 99})
    play.set_clock_back(3600)
    play >> Joined("c9", need={"sales": 99}) >> Wait(19.9)
    play >> Wait(0.1) << Offer("c1", "1002", waited_seconds=30.0)
    play.nothing_more()


def test_a_clock_set_back_with_a_request_that_is_refused_changes_nothing_for_who_is_held():
    play = busy_with_c0("1002") >> Joined("c1", prefer="1001")
    play.set_clock_back(6)
    with pytest.raises(Refused):
        play.machine.handle(LoggedIn("1002")(play.now))
    play >> Wait(29.9)
    play >> Wait(0.1) << Offer("c1", "1002", waited_seconds=30.0)
    play.nothing_more()
