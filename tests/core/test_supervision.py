"""What supervisors ask for, told as calls: moved, put forward, taken out; queues closed and opened by hand."""

import pytest
from acd_playbook import (
    Answered,
    Ended,
    Joined,
    Left,
    Missed,
    Move,
    Moved,
    Offer,
    Playbook,
    PriorityChanged,
    QueueClosed,
    QueueDefined,
    QueueOpened,
    Ready,
    Release,
    Wait,
    Why,
    Withdraw,
    Withdrawn,
    queue,
)

from cti.core.words import Miss, Outcome

SALES = queue("sales", (0, {"sales": 1}))
SERVICE = queue("service", (0, {"service": 1}), max_length=1)


def test_a_moved_caller_keeps_the_time_of_entry_and_is_never_refused_there():
    play = Playbook(SALES, SERVICE) >> Joined("c0", "service") >> Joined("c1") >> Wait(60)
    play >> Moved("c1", "service") << Move("c1", "service")
    play >> Joined("c1", "service", again=True) >> Ready("1001", service=9) << Offer("c0", "1001", waited_seconds=60.0)
    play >> Answered("c0", "1001") >> Wait(5) >> Ended("c0", "1001") << Offer("c1", "1001", waited_seconds=65.0)
    play.nothing_more()


def test_a_moved_caller_comes_before_who_entered_later():
    play = Playbook(SALES, SERVICE) >> Joined("c1") >> Wait(1) >> Joined("c2", "service")
    play >> Moved("c1", "service") << Move("c1", "service") >> Joined("c1", "service", again=True)
    play >> Ready("1001", service=9) << Offer("c1", "1001")
    play.nothing_more()


def test_who_missed_the_call_in_the_old_queue_may_be_tried_in_the_new_one():
    play = Playbook(SALES, SERVICE) >> Ready("1001", sales=9, service=9) >> Joined("c1") << Offer("c1", "1001")
    play >> Ready("1002", sales=9) >> Joined("c0") << Offer("c0", "1002") >> Answered("c0", "1002")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER) >> Joined("c1", again=True)
    play >> Moved("c1", "service") << Move("c1", "service") >> Joined("c1", "service", again=True)
    play << Offer("c1", "1001")
    play.nothing_more()


def test_a_moved_caller_who_hangs_up_on_the_way_is_gone():
    play = Playbook(SALES, SERVICE) >> Joined("c1") >> Moved("c1", "service") << Move("c1", "service") >> Left("c1")
    play >> Ready("1001", service=9)
    play.refuses(Withdrawn("c1"), "no call 'c1' waits")


def test_a_priority_given_by_hand_puts_the_caller_forward_and_outlives_a_miss():
    play = Playbook() >> Joined("c1") >> Wait(30) >> Joined("c2") >> PriorityChanged("c2", 1) >> Ready("1001")
    play << Offer("c2", "1001")
    play >> Missed("c2", "1001") << Withdraw("c2", "1001", Miss.NO_ANSWER) << Offer("c1", "1001")
    play >> Joined("c2", ago=0, priority=0, again=True) >> Joined("c3", ago=59) >> Ready("1002") << Offer("c2", "1002")
    play.nothing_more()


def test_a_priority_can_be_given_while_a_phone_rings():
    play = Playbook() >> Ready("1001") >> Joined("c1") << Offer("c1", "1001") >> PriorityChanged("c1", 5)
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER)
    play >> Joined("c0", ago=200) << Offer("c0", "1001") >> Joined("c1", again=True)
    play >> Joined("c2", ago=200) >> Ready("1002") << Offer("c1", "1002")
    play.nothing_more()


def test_a_caller_taken_out_goes_where_the_overflow_leads():
    play = Playbook() >> Joined("c1") >> Withdrawn("c1") << Why("c1", "release", why="taken out by a supervisor")
    play << Release("c1", queue="sales", outcome=Outcome.OVERFLOW) >> Ready("1001")
    play.nothing_more()


@pytest.mark.parametrize("ask", [Moved("c1", "service"), Withdrawn("c1")], ids=["move", "withdraw"])
def test_a_call_that_rings_or_talks_is_left_alone(ask):
    play = Playbook(SALES, SERVICE) >> Ready("1001", sales=9) >> Joined("c1") << Offer("c1", "1001")
    play.refuses(ask, "rings at agent 1001")
    play >> Answered("c1", "1001")
    play.refuses(ask, "talks with agent 1001").refuses(PriorityChanged("c1", 1), "talks with agent 1001")


def test_what_is_not_there_cannot_be_asked_for():
    play = Playbook(SALES, SERVICE) >> Joined("c1")
    play.refuses(Moved("c1", "nowhere"), "no queue 'nowhere'; those in site.yaml: sales, service")
    play.refuses(Moved("c1", "sales"), "waits in queue sales already").refuses(Moved("c9", "sales"), "no call 'c9'")
    play.refuses(PriorityChanged("c9", 1), "no call 'c9'").refuses(Withdrawn("c9"), "no call 'c9'")
    play.refuses(QueueClosed("nowhere"), "no queue").refuses(QueueOpened("nowhere"), "no queue")


# --- who may not wait ---------------------------------------------------------------------------------


def test_a_queue_closed_by_hand_turns_newcomers_away_and_serves_who_waits():
    play = Playbook() >> Joined("c1") >> QueueClosed("sales") >> Joined("c2")
    play << Why("c2", "release", why="closed by hand") << Release("c2", outcome=Outcome.CLOSED)
    play >> Ready("1001") << Offer("c1", "1001")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER)
    play >> Joined("c1", again=True) << Offer("c1", "1001")
    play.nothing_more()


def test_a_closed_queue_outlives_a_reload_and_can_be_opened():
    play = Playbook() >> QueueClosed("sales") >> QueueDefined(queue("sales", ring_seconds=9.0)) >> Joined("c1")
    play << Release("c1", outcome=Outcome.CLOSED)
    play >> QueueOpened("sales") >> Joined("c2") >> Ready("1001") << Offer("c2", "1001")
    play.nothing_more()


def test_a_newcomer_to_a_full_line_leaves_and_who_comes_back_does_not():
    play = Playbook(queue("sales", max_length=2)) >> Joined("c1") >> Joined("c2") >> Joined("c3")
    play << Why("c3", "release", why="full: 2 wait, at most 2 may") << Release("c3", outcome=Outcome.FULL)
    play >> Joined("c4", again=True)
    play.nothing_more()


def test_a_newcomer_whom_an_agent_takes_at_once_is_not_refused():
    rules = queue("sales", (0, {"sales": 1}), max_length=1, max_ratio=0.5)
    play = Playbook(rules) >> Ready("1001", sales=9) >> Joined("c0", need={"english": 1}, again=True)
    play >> Joined("c1") << Offer("c1", "1001")
    play.nothing_more()


def test_more_waiting_for_each_agent_at_work_than_allowed_overflow():
    play = Playbook(queue("sales", max_ratio=2.0)) >> Ready("1001") >> Joined("c0") << Offer("c0", "1001")
    play >> Joined("c1") >> Joined("c2") >> Joined("c3")
    play << Why("c3", "release", why="too many: 3 would wait for 1 at work, at most 2 each")
    play << Release("c3", outcome=Outcome.OVERFLOW) >> Joined("c4", again=True)
    play.nothing_more()


def test_with_nobody_at_work_a_ratio_lets_no_newcomer_wait():
    play = Playbook(queue("sales", max_ratio=50.0)) >> Joined("c1") << Release("c1", outcome=Outcome.OVERFLOW)
    play.nothing_more()


def test_new_rules_refuse_nobody_who_waits_already():
    play = Playbook() >> Joined("c1") >> Joined("c2") >> QueueDefined(queue("sales", max_length=1, max_ratio=1.0))
    play.nothing_more()
