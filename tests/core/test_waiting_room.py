"""Rings, the order of callers and of agents, and the explanation: told as calls."""

from datetime import timedelta

from acd_playbook import (
    Answered,
    Busied,
    Defined,
    Ended,
    Freed,
    Joined,
    Line,
    LoggedOut,
    Missed,
    Offer,
    Paused,
    Playbook,
    Ready,
    Timer,
    Wait,
    Why,
    Withdraw,
    queue,
)

from cti.core.timer_keys import NextRing
from cti.core.words import Miss

SALES = queue("sales", (0, {"sales": 50}), (20, {"sales": 1}), (45, {}), ring_seconds=15.0)


def test_a_wider_ring_opens_with_time():
    play = Playbook(SALES) >> Ready("1001", sales=90) >> Ready("1002", sales=10) >> Ready("1003")
    play >> Joined("c0") << Offer("c0", "1001") >> Answered("c0", "1001")
    play >> Joined("c1") << Timer(NextRing("c1", 1), 20.0) << Why("c1", "wait", ring=0)
    assert play.reasons() == {
        "1001": "out: talking", "1002": "out: ring 1 opens after 20 s", "1003": "out: ring 2 opens after 45 s",
    }  # fmt: skip
    play >> Wait(19.9)
    play >> Wait(0.1) << Why("c1", "offer", ring=1, chosen="1002") << Offer("c1", "1002")


def test_a_rings_clock_runs_while_a_phone_rings():
    play = Playbook(SALES) >> Ready("1001", sales=90) >> Ready("1003") >> Joined("c1", ago=35)
    play << Offer("c1", "1001") >> Wait(10)
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER)
    play >> Joined("c1", ago=45) << Why("c1", "offer", ring=2) << Offer("c1", "1003")
    play.nothing_more()


def test_a_ring_that_nobody_logged_in_satisfies_is_skipped_at_once():
    play = Playbook(SALES) >> Ready("1003") >> Joined("c1") << Why("c1", "offer", ring=2) << Offer("c1", "1003")
    play.nothing_more()


def test_a_paused_expert_keeps_the_ring_but_one_who_logs_out_opens_the_next():
    play = Playbook(SALES) >> Ready("1001", sales=90) >> Paused("1001") >> Ready("1002", sales=10)
    play >> Joined("c1") << Why("c1", "wait", ring=0)
    play >> LoggedOut("1001") << Offer("c1", "1002")
    play.nothing_more()


def test_new_skills_can_empty_a_ring():
    play = Playbook(SALES) >> Ready("1001", sales=90) >> Paused("1001") >> Ready("1002", sales=10) >> Joined("c1")
    play >> Defined("1001", sales=10) << Offer("c1", "1002")
    play.nothing_more()


def test_new_skills_can_make_an_agent_fit_who_waits():
    play = Playbook(queue("sales", (0, {"sales": 50}))) >> Ready("1001", sales=10) >> Joined("c1")
    play >> Defined("1001", sales=50) << Offer("c1", "1001")
    play.nothing_more()


def test_the_callers_own_need_is_added_to_every_ring():
    play = Playbook(SALES) >> Ready("1001", sales=90) >> Ready("1004", english=3) >> Ready("1005", english=2)
    play >> Joined("c1", need={"english": 3}) << Offer("c1", "1004")  # the rings that need sales, too, are empty
    play >> Joined("c2", need={"english": 4}) << Why("c2", "wait")
    assert play.reasons()["1005"] == "out: lacks english 4"
    play >> Joined("c3", need={"sales": 95}) << Why("c3", "wait")
    play.nothing_more()


def test_inner_ring_agents_come_first_however_short_their_idle_time():
    play = Playbook(SALES) >> Ready("1002", sales=10) >> Wait(600) >> Ready("1001", sales=50)
    play >> Joined("c1", ago=30) << Why("c1", "offer", ring=1) << Offer("c1", "1001")
    play.nothing_more()


def test_the_explanation_lists_inner_rings_first():
    play = Playbook(SALES) >> Ready("1002", sales=10) >> Wait(600) >> Ready("1001", sales=50)
    play >> Joined("c1", ago=30) << Offer("c1", "1001")
    assert list(play.reasons().items()) == [
        ("1001", "chosen: ring 0, idle 0 s"),
        ("1002", "in: ring 1, idle 600 s"),
    ]


def test_the_longest_idle_comes_first_then_the_lower_number():
    play = Playbook() >> Ready("1003") >> Wait(1) >> Ready("1002") >> Ready("999")
    for call, agent in [("c1", "1003"), ("c2", "999"), ("c3", "1002")]:
        play >> Joined(call) << Offer(call, agent)
    play.nothing_more()


def test_a_miss_starts_the_idle_time_anew():
    play = Playbook() >> Ready("1001") >> Wait(10) >> Ready("1002") >> Wait(10) >> Joined("c1") << Offer("c1", "1001")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER)
    play >> Joined("c2") << Offer("c2", "1002")
    play.nothing_more()


def test_the_best_skilled_comes_first():
    rules = queue("sales", (0, {"sales": 1}), order="best_skill")
    play = Playbook(rules) >> Ready("1001", sales=10) >> Wait(9) >> Ready("1002", sales=20, other=1)
    play >> Joined("c1") << Offer("c1", "1002")
    assert play.reasons() == {"1001": "in: ring 0, level 10", "1002": "chosen: ring 0, level 20"}


def test_the_one_with_the_fewest_calls_comes_first():
    play = Playbook(queue(order="fewest_calls")) >> Ready("1001") >> Ready("1002")
    play >> Joined("c1") << Offer("c1", "1001") >> Answered("c1", "1001") >> Ended("c1", "1001") >> Wait(100)
    play >> Joined("c2") << Offer("c2", "1002")
    assert play.reasons() == {"1001": "in: ring 0, 1 calls", "1002": "chosen: ring 0, 0 calls"}


def test_a_preferred_agent_who_is_ready_comes_first():
    play = Playbook() >> Ready("1001") >> Wait(9) >> Ready("1002")
    play >> Joined("c1", prefer="1002") << Offer("c1", "1002") >> Joined("c2", prefer="nobody") << Offer("c2", "1001")
    play.nothing_more()


def test_the_longest_waiting_of_all_queues_is_served_first_and_a_priority_is_worth_a_minute():
    play = Playbook(queue("sales"), queue("service"))
    play >> Joined("c1", ago=30) >> Joined("c2", "service", ago=40) >> Joined("c3", ago=1, priority=1)
    play >> Ready("1001") << Offer("c3", "1001")
    for done, following in [("c3", "c2"), ("c2", "c1")]:
        play >> Answered(done, "1001") >> Ended(done, "1001") << Offer(following, "1001")
    play.nothing_more()


def test_callers_of_the_same_second_keep_their_order_over_a_miss():
    play = Playbook() >> Ready("1001") >> Joined("c1") << Offer("c1", "1001") >> Joined("c2")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER) << Offer("c2", "1001")
    play >> Joined("c3") >> Joined("c1") >> Answered("c2", "1001") >> Ended("c2", "1001") << Offer("c1", "1001")
    play.nothing_more()


def test_an_agent_takes_the_first_caller_he_may_take_not_the_first():
    play = Playbook(SALES) >> Ready("1001", sales=90) >> Paused("1001")
    play >> Joined("c1", ago=10) >> Joined("c2", need={"english": 1}) >> Ready("1002", english=1)
    play << Offer("c2", "1002")  # nobody logged in has sales and english, so c2 has the widest ring
    play.nothing_more()


def test_an_agent_passes_over_the_caller_he_missed():
    play = Playbook() >> Ready("1001") >> Joined("c0") << Offer("c0", "1001") >> Answered("c0", "1001")
    play >> Ready("1002") >> Joined("c1") << Offer("c1", "1002")
    play >> Missed("c1", "1002") << Withdraw("c1", "1002", Miss.NO_ANSWER)
    play >> Busied("1002") >> Joined("c1", ago=15) >> Joined("c2") << Why("c2", "wait")
    play >> Freed("1002") << Offer("c2", "1002")
    play.nothing_more()


def test_a_clock_set_back_stops_neither_rings_nor_waits():
    play = Playbook(SALES) >> Ready("1001", sales=90) >> Paused("1001") >> Ready("1003") >> Joined("c1") >> Wait(20)
    play.set_clock_back(3600)
    play >> Joined("c2") >> Wait(24.9)
    play >> Wait(0.1) << Offer("c1", "1003", waited_seconds=45.0)
    play.nothing_more()
    assert play.agent("1001").since == play.now - timedelta(seconds=45)


def test_an_event_that_comes_late_counts_as_now():
    play = Playbook(SALES) >> Ready("1003", other=1) >> Joined("c0") << Offer("c0", "1003") >> Wait(10) >> Joined("c1")
    play.now -= timedelta(seconds=3)
    play >> Answered("c0", "1003")
    assert play.agent("1003").since == play.now + timedelta(seconds=3)


def test_the_line_is_shown_when_it_changes():
    play = Playbook() >> Joined("c1") << Line("sales", 1, 0) >> Ready("1001") << Offer("c1", "1001")
    play << Line("sales", 0, 0) >> Ready("1002") << Line("sales", 0, 1)
    (sales,) = play.acd.snapshot().queues
    assert (sales.waiting, sales.ready, sales.longest) == (0, 1, None)


def test_a_long_explanation_is_cut_and_counted():
    play = Playbook()
    for number in range(1000, 1060):
        play >> Ready(str(number))
    play >> Joined("c1") << Offer("c1", "1000")
    reasons = play.reasons()
    assert len(reasons) == 21
    assert reasons[""] == "and 40 more"
    assert reasons["1000"].startswith("chosen: ring 0, idle")
