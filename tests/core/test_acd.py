"""The ACD, told as calls: offers, answers, misses, wrap-up, and people's requests."""

import pytest
from acd_playbook import (
    NOON,
    Answered,
    Busied,
    Ended,
    Fired,
    Freed,
    Joined,
    Left,
    LoggedIn,
    LoggedOut,
    Missed,
    NoTimer,
    Offer,
    Paused,
    Playbook,
    QueueDefined,
    QueueRemoved,
    Reachable,
    Ready,
    Release,
    Removed,
    Show,
    Timer,
    Unpaused,
    Wait,
    Why,
    Withdraw,
    WrapUpEnded,
    queue,
)

from cti.core.timer_keys import MaxWait, NextRing, OfferLost, WrapUp
from cti.core.words import Caller, Miss, Outcome, Presence

# --- offers -------------------------------------------------------------------------------------------


def test_a_caller_is_offered_to_the_agent_who_is_ready():
    play = Playbook(queue("sales", ring_seconds=15.0)) >> Ready("1001")
    play >> Joined("c1", ago=3, caller=Caller(number="13800138000"))
    play << Why("c1", "offer", chosen="1001") << Show("1001", Presence.RINGING, call="c1")
    play << Offer(
        "c1", "1001", phone="PJSIP/1001", queue="sales", ring_seconds=15.0, waited_seconds=3.0,
        caller=Caller(number="13800138000"),
    )  # fmt: skip
    play << Timer(OfferLost("c1", "1001"), 25.0)
    play.nothing_more()


def test_a_caller_waits_until_somebody_logs_in():
    play = Playbook() >> Joined("c1") << Why("c1", "wait", chosen=None)
    play >> Ready("1001") << Offer("c1", "1001")
    play.nothing_more()


def test_an_agent_has_one_offer_at_a_time():
    play = Playbook() >> Ready("1001") >> Joined("c1") << Offer("c1", "1001") >> Joined("c2")
    play.nothing_more()
    play >> Answered("c1", "1001") >> Ended("c1", "1001") << Offer("c2", "1001")
    play.nothing_more()


def test_a_caller_who_hangs_up_during_the_offer_gives_the_agent_back_with_the_idle_time():
    play = Playbook() >> Ready("1001") >> Wait(60) >> Ready("1002")
    play >> Joined("c1") << Offer("c1", "1001") >> Wait(5)
    play >> Left("c1") << NoTimer(OfferLost("c1", "1001")) << Withdraw("c1", "1001", Miss.CALLER_GONE)
    play << Show("1001", Presence.READY)
    play >> Joined("c2") << Offer("c2", "1001")
    play.nothing_more()


def test_a_miss_because_the_caller_went_is_not_the_agents():
    play = Playbook(queue(max_misses=1)) >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Missed("c1", "1001", Miss.CALLER_GONE) << Withdraw("c1", "1001", Miss.CALLER_GONE)
    assert play.presence("1001") == "ready"
    assert play.acd.snapshot().calls == ()


def test_an_offer_nobody_told_us_the_end_of_is_given_up():
    play = Playbook(queue(ring_seconds=15.0)) >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Wait(24.9)
    assert play.presence("1001") == "ringing"
    play >> Wait(0.1) << Withdraw("c1", "1001", Miss.LOST) << Show("1001", Presence.READY)
    play.nothing_more()


def test_an_offer_given_up_but_answered_after_all_connects():
    play = Playbook() >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Wait(30) << Withdraw("c1", "1001", Miss.LOST)
    play >> Answered("c1", "1001") << Show("1001", Presence.TALKING, call="c1")


def test_a_caller_back_in_line_while_we_believe_an_agent_rings_ends_that_offer():
    play = Playbook(queue(max_misses=1)) >> Ready("1001") >> Ready("1002") >> Joined("c1") << Offer("c1", "1001")
    play >> Joined("c1", ago=4) << Withdraw("c1", "1001", Miss.LOST) << Offer("c1", "1002")
    assert play.presence("1001") == "ready"
    play.nothing_more()


def test_a_caller_who_joins_again_keeps_the_place_and_gets_the_new_session_data():
    play = Playbook() >> Joined("c1") >> Wait(10) >> Joined("c2") >> Wait(1)
    play >> Joined("c1", caller=Caller(name="Li"))
    first, _ = sorted(play.acd.snapshot().calls, key=lambda call: call.entered)
    assert (first.call, first.entered, first.caller.name) == ("c1", NOON, "Li")
    play >> Ready("1001") << Offer("c1", "1001", waited_seconds=11.0)
    play.nothing_more()


def test_an_entry_in_the_future_counts_as_now():
    play = Playbook() >> Ready("1001") >> Joined("c1", ago=-3600) << Offer("c1", "1001", waited_seconds=0.0)
    play.nothing_more()


def test_a_caller_sent_back_to_a_queue_by_the_agent_waits_anew():
    play = Playbook(queue(wrap_up_seconds=9.0)) >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Answered("c1", "1001") >> Wait(60)
    play >> Joined("c1") << Show("1001", Presence.WRAP_UP)
    assert [call.entered for call in play.acd.snapshot().calls] == [play.now]
    play >> Ended("c1", "1001")  # the old talk's end, late
    assert play.presence("1001") == "wrap_up"


# --- misses -------------------------------------------------------------------------------------------


def test_a_missed_call_goes_to_everybody_else_first_then_round_again():
    play = Playbook() >> Ready("1001") >> Wait(1) >> Ready("1002")
    play >> Joined("c1") << Offer("c1", "1001") >> Wait(15)
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER)
    play >> Joined("c1", ago=15) << Offer("c1", "1002") >> Wait(15)
    play >> Missed("c1", "1002") << Withdraw("c1", "1002", Miss.NO_ANSWER)
    play >> Joined("c1", ago=30) << Offer("c1", "1001", waited_seconds=30.0)
    play.nothing_more()


def test_the_only_agent_is_tried_again():
    play = Playbook() >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER)
    play >> Joined("c1") << Offer("c1", "1001")
    play.nothing_more()


def test_who_missed_the_call_waits_for_a_colleague_who_is_talking_but_not_for_one_who_pauses():
    play = Playbook() >> Ready("1001") >> Joined("c0") << Offer("c0", "1001") >> Answered("c0", "1001")
    play >> Ready("1002") >> Joined("c1") << Offer("c1", "1002")
    play >> Missed("c1", "1002") << Withdraw("c1", "1002", Miss.NO_ANSWER)
    play >> Joined("c1") << Why("c1", "wait")
    assert play.reasons() == {"1001": "out: talking", "1002": "out: missed this call"}
    play >> Paused("1001") >> Ended("c0", "1001") << Show("1001", Presence.PAUSED) << Offer("c1", "1002")
    play.nothing_more()


def test_who_missed_one_caller_is_still_offered_another():
    play = Playbook() >> Ready("1001") >> Wait(1) >> Ready("1002") >> Joined("c1") << Offer("c1", "1001")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER)
    play >> Joined("c1") << Offer("c1", "1002")
    play >> Joined("c2") << Offer("c2", "1001")
    play.nothing_more()


def test_misses_in_a_row_pause_the_agent():
    play = Playbook(queue(max_misses=2)) >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER) << Show("1001", Presence.READY)
    play >> Joined("c1") << Offer("c1", "1001")
    play >> Missed("c1", "1001", Miss.BUSY) << Withdraw("c1", "1001", Miss.BUSY)
    play << Show("1001", Presence.PAUSED, reason="missed")
    play >> Joined("c1") >> Unpaused("1001") << Offer("c1", "1001")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER) << Show("1001", Presence.READY)


@pytest.mark.parametrize(
    "fresh_start", [[LoggedOut("1001"), LoggedIn("1001")], [Paused("1001"), Unpaused("1001")]], ids=["login", "pause"]
)
def test_coming_back_ends_the_row_of_misses(fresh_start):
    play = Playbook(queue(max_misses=2)) >> Ready("1001")
    for turn in ("c1", "c2"):
        play >> Joined(turn) << Offer(turn, "1001")
        play >> Missed(turn, "1001") << Withdraw(turn, "1001", Miss.NO_ANSWER)
        assert play.presence("1001") == "ready"
        play >> fresh_start


def test_an_answer_ends_the_row_of_misses():
    play = Playbook(queue(max_misses=2)) >> Ready("1001")
    for turn in range(3):
        play >> Joined(f"c{turn}") << Offer(f"c{turn}", "1001")
        play >> Missed(f"c{turn}", "1001") << Withdraw(f"c{turn}", "1001", Miss.NO_ANSWER)
        play >> Joined(f"c{turn}") << Offer(f"c{turn}", "1001")
        play >> Answered(f"c{turn}", "1001") >> Ended(f"c{turn}", "1001")
    assert play.presence("1001") == "ready"


# --- after the talk -----------------------------------------------------------------------------------


def test_wrap_up_lasts_as_long_as_the_queue_says():
    play = Playbook(queue(wrap_up_seconds=20.0)) >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Answered("c1", "1001") << Show("1001", Presence.TALKING, call="c1")
    play >> Ended("c1", "1001") << Show("1001", Presence.WRAP_UP, call="c1") << Timer(WrapUp("1001", "c1"), 20.0)
    play >> Joined("c2") >> Wait(19.9)
    play >> Wait(0.1) << Offer("c2", "1001")
    play.nothing_more()


def test_wrap_up_ends_by_hand_and_its_timer_with_it():
    play = Playbook(queue(wrap_up_seconds=20.0)) >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Answered("c1", "1001") >> Ended("c1", "1001")
    play >> WrapUpEnded("1001") << Show("1001", Presence.READY) << NoTimer(WrapUp("1001", "c1"))


@pytest.mark.parametrize(("ask", "then"), [(Paused("1001", "tea"), "paused"), (LoggedOut("1001"), "offline")])
def test_a_presence_chosen_during_a_call_comes_after_it(ask, then):
    play = Playbook(queue(wrap_up_seconds=20.0)) >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Answered("c1", "1001") >> ask
    assert play.presence("1001") == "talking"
    assert play.agent("1001").next == then
    play >> Ended("c1", "1001")
    assert play.presence("1001") == then
    assert play.agent("1001").next is None


def test_a_presence_chosen_during_a_call_can_be_taken_back():
    play = Playbook() >> Ready("1001") >> Joined("c1") << Offer("c1", "1001") >> Paused("1001") >> Unpaused("1001")
    play >> Answered("c1", "1001") >> LoggedOut("1001") >> LoggedIn("1001") >> Ended("c1", "1001")
    assert play.presence("1001") == "ready"


def test_a_pause_asked_for_while_the_phone_rings_comes_with_the_miss():
    play = Playbook() >> Ready("1001") >> Joined("c1") << Offer("c1", "1001") >> Paused("1001", "tea")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER)
    play << Show("1001", Presence.PAUSED, reason="tea")


def test_pausing_ends_a_wrap_up():
    play = Playbook(queue(wrap_up_seconds=20.0)) >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Answered("c1", "1001") >> Ended("c1", "1001") >> Paused("1001") << NoTimer(WrapUp("1001", "c1"))
    play >> Fired(WrapUp("1001", "c1"))
    assert play.presence("1001") == "paused"


# --- the phone's own calls ----------------------------------------------------------------------------


def test_an_agent_on_a_direct_call_is_not_offered_calls():
    play = Playbook() >> Ready("1001") >> Busied("1001") << Show("1001", Presence.TALKING, call=None) >> Joined("c1")
    play.nothing_more()
    play >> Freed("1001") << Offer("c1", "1001")
    play.nothing_more()


@pytest.mark.parametrize("busy_first", [True, False])
def test_a_phone_that_is_busy_when_its_agent_comes_is_talking(busy_first):
    play = Playbook() >> Ready("1001") >> Paused("1001") >> Busied("1001")
    assert play.presence("1001") == "paused"
    play >> Joined("c1")
    if busy_first:
        play >> Unpaused("1001") << Show("1001", Presence.TALKING) >> Freed("1001") << Offer("c1", "1001")
    else:
        play >> Freed("1001") >> Unpaused("1001") << Offer("c1", "1001")
    play.nothing_more()


def test_a_direct_call_during_an_offered_talk_outlives_it():
    play = Playbook() >> Ready("1001") >> Joined("c1") << Offer("c1", "1001") >> Answered("c1", "1001")
    play >> Busied("1001") >> Ended("c1", "1001") << Show("1001", Presence.TALKING, call=None)
    play >> Freed("1001") << Show("1001", Presence.READY)


def test_an_unreachable_phone_keeps_its_login_but_gets_no_offers():
    play = Playbook() >> Ready("1001") >> Reachable("1001", False) >> Joined("c1") << Why("c1", "wait")
    assert play.presence("1001") == "ready"
    assert play.reasons() == {"1001": "out: phone unreachable"}
    play >> Reachable("1001", True) << Offer("c1", "1001")
    play.nothing_more()


@pytest.mark.parametrize(("why", "seconds"), [(Miss.BUSY, 5), (Miss.UNREACHABLE, 10)])
def test_a_phone_that_fails_at_once_rests_before_it_is_tried_again_for_anybody(why, seconds):
    play = Playbook() >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Missed("c1", "1001", why) << Withdraw("c1", "1001", why) << Show("1001", Presence.READY)
    play >> Joined("c1") << Why("c1", "wait")
    play >> Joined("c2") << Why("c2", "wait")
    assert play.reasons() == {"1001": "out: the phone has just failed to ring"}
    play >> Wait(seconds - 0.1)
    play >> Wait(0.2) << Offer("c1", "1001")
    play.nothing_more()


def test_a_phone_that_fails_costs_the_caller_no_time_where_another_is_free():
    play = Playbook() >> Ready("1001") >> Wait(1) >> Ready("1002") >> Joined("c1") << Offer("c1", "1001")
    play >> Missed("c1", "1001", Miss.UNREACHABLE) << Withdraw("c1", "1001", Miss.UNREACHABLE)
    play >> Joined("c1") << Offer("c1", "1002")
    play >> Answered("c1", "1002") >> Joined("c2") << Why("c2", "wait")
    play >> Wait(9) >> Reachable("1001", True) << Offer("c2", "1001")
    play >> Missed("c2", "1001", Miss.BUSY) << Withdraw("c2", "1001", Miss.BUSY)
    play >> Joined("c2") >> Wait(2)
    play.nothing_more()


# --- leaving ------------------------------------------------------------------------------------------


def test_a_caller_who_waited_long_enough_leaves_with_the_outcome_timeout():
    play = Playbook(queue(max_wait_seconds=300.0)) >> Joined("c1", ago=100) << Timer(MaxWait("c1", "sales"), 200.0)
    play >> Wait(199.9)
    play >> Wait(0.1) << Why("c1", "release", why="waited 300 s, as long as this queue allows")
    play << Release("c1", queue="sales", outcome=Outcome.TIMEOUT)
    assert play.acd.snapshot().calls == ()


def test_a_caller_who_comes_back_too_late_leaves_at_once():
    play = Playbook(queue(max_wait_seconds=30.0)) >> Ready("1001") >> Joined("c1", ago=30)
    play << Release("c1", outcome=Outcome.TIMEOUT)
    play.nothing_more()


def test_a_removed_queue_lets_its_callers_go():
    play = Playbook() >> Joined("c1") >> Joined("c2") >> QueueRemoved("sales") << Release("c1") << Release("c2")
    play >> QueueRemoved("sales") >> Joined("c3") << Release("c3", queue="sales")
    play.nothing_more()


def test_a_removed_agent_leaves_the_call_to_others():
    play = Playbook() >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Removed("1001") << Withdraw("c1", "1001", Miss.UNREACHABLE) << Show("1001", Presence.OFFLINE)
    play >> Joined("c1") >> Ready("1002") << Offer("c1", "1002") >> Answered("c1", "1002") >> Removed("1002")
    assert (play.acd.snapshot().agents, play.acd.snapshot().calls) == ((), ())


# --- what cannot be ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [LoggedIn("9"), LoggedOut("9"), Paused("9"), Unpaused("9"), WrapUpEnded("9")], ids=str)
def test_a_strangers_request_is_refused(ask):
    Playbook().refuses(ask, "no agent '9'")


def test_impossible_requests_are_refused_and_change_nothing():
    play = Playbook() >> Ready("1001")
    play.refuses(LoggedIn("1001"), "agent 1001: an agent who is ready cannot be logged in")
    play.refuses(Unpaused("1001"), "cannot be unpaused").refuses(WrapUpEnded("1001"), "cannot end a wrap-up")
    play >> LoggedOut("1001")
    play.refuses(Paused("1001"), "offline").refuses(LoggedOut("1001"), "offline")


@pytest.mark.parametrize(
    "fact",
    [
        Left("c9"), Answered("c9", "1001"), Answered("c1", "9"), Missed("c9", "1001"), Missed("c1", "9"),
        Ended("c9", "1001"), Ended("c1", "1001"), Busied("9"), Freed("9"), Freed("1001"), Reachable("9", False),
        Removed("9"), QueueRemoved("nowhere"), Fired(OfferLost("c1", "1001")), Fired(WrapUp("1001", "c1")),
        Fired(WrapUp("9", "c1")), Fired(NextRing("c1", 7)), Fired(MaxWait("c9", "sales")), Fired(MaxWait("c1", "x")),
    ],
)  # fmt: skip
def test_facts_about_strangers_and_stale_timers_change_nothing(fact):
    play = Playbook() >> Ready("1001") >> Paused("1001") >> Joined("c1")
    before = play.acd.snapshot()
    play >> fact
    assert play.last == []
    assert play.acd.snapshot() == before


def test_new_rules_count_for_those_who_wait_already():
    play = Playbook(queue("sales", (0, {"sales": 50}))) >> Ready("1001", sales=10) >> Joined("c1")
    play >> QueueDefined(queue("sales", (0, {"sales": 50}), (20, {})))
    play << Why("c1", "offer", ring=1) << Offer("c1", "1001")


def test_new_rings_count_for_all_who_wait_at_once():
    play = Playbook(queue("sales", (0, {"sales": 50}))) >> Ready("1001", sales=10)
    play >> Joined("c1") >> Joined("c2") >> Ready("1002", sales=10)
    play >> QueueDefined(queue("sales", (0, {"sales": 10}))) << Offer("c1", "1001") << Offer("c2", "1002")
