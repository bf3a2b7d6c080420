"""What waiting callers are told, as stories: turns, promises kept, silence, and the key that lets them leave."""

from __future__ import annotations

import pytest
from acd_playbook import (
    Answered,
    Ended,
    Joined,
    Left,
    LoggedOut,
    Missed,
    NoTimer,
    Offer,
    Playbook,
    Pressed,
    QueueDefined,
    QueueRemoved,
    Ready,
    Release,
    Say,
    Timer,
    Wait,
    Withdraw,
    queue,
)
from hypothesis import given
from hypothesis import strategies as st

from cti.core.announcing import WAIT_MINUTES, rounded, wait_prompt
from cti.core.timer_keys import AnnounceDue
from cti.core.words import AnnounceRules, Miss, Outcome

SALES = {"sales": 50}


def says(**rules) -> AnnounceRules:
    return AnnounceRules(**{"first_after_seconds": 10.0, "every_seconds": 30.0, **rules})


def shop(*steps, **rules):
    return queue("sales", *(steps or [(0, SALES)]), announce=says(**rules))


def experienced(book: Playbook, calls: int = 20, talk: float = 120.0) -> Playbook:
    """A day so far in which agent 1001 talked `talk` seconds with each caller while the next one waited."""
    book >> Ready("1001", sales=90) >> Joined("p0") << Offer("p0", "1001")
    book >> Answered("p0", "1001")
    for n in range(1, calls + 1):
        book >> Joined(f"p{n}")
        quiet_wait(book, talk)
        book >> Ended(f"p{n - 1}", "1001") << Offer(f"p{n}", "1001")
        book >> Answered(f"p{n}", "1001")
    return book


def quiet_wait(book: Playbook, seconds: float) -> None:
    """Time in which whatever is said does not matter to the story."""
    book >> Wait(seconds)
    book.pending = []


# --- turns --------------------------------------------------------------------------------------


def test_the_position_is_told_first_after_a_while_and_then_again_and_again_with_comfort_between():
    book = Playbook(shop(position=5, comfort=("thanks", "website")))
    book >> Joined("c1") << Timer(AnnounceDue("c1", 0), 10.0)
    book >> Wait(10) << Say("c1", "announce_position_1") << Timer(AnnounceDue("c1", 1), 30.0)
    book >> Wait(30) << Say("c1", "thanks")
    book >> Wait(30) << Say("c1", "announce_position_1")
    book >> Wait(30) << Say("c1", "website")
    book >> Wait(30) << Say("c1", "announce_position_1")
    book >> Wait(30) << Say("c1", "thanks")


def test_without_numbers_comfort_has_every_turn():
    book = Playbook(shop(comfort=("thanks", "website")))
    book >> Joined("c1") >> Wait(10) << Say("c1", "thanks")
    book >> Wait(30) << Say("c1", "website")
    book >> Wait(30) << Say("c1", "thanks")


def test_a_queue_that_announces_nothing_starts_no_timer():
    book = Playbook(queue("sales", (0, SALES)))
    book >> Joined("c1") >> Wait(600)
    assert not [key for key in book.timers if isinstance(key, AnnounceDue)]


def test_a_position_beyond_the_limit_is_not_told():
    book = Playbook(shop(position=2))
    book >> Joined("c1") >> Joined("c2") >> Joined("c3")
    book >> Wait(10) << Say("c1", "announce_position_1") << Say("c2", "announce_position_2")
    book >> Left("c1") >> Wait(30) << Say("c2", "announce_position_1") << Say("c3", "announce_position_2")


def test_a_worse_position_than_the_one_told_before_is_kept_back():
    book = Playbook(shop(position=5))
    book >> Joined("c1") >> Wait(10) << Say("c1", "announce_position_1")
    book >> Joined("vip", priority=5) >> Wait(10) << Say("vip", "announce_position_1")
    book >> Wait(21)  # a turn of c1, second in line now
    book >> Left("vip") >> Wait(30) << Say("c1", "announce_position_1")


def test_a_caller_who_is_being_offered_hears_nothing_and_goes_on_where_they_were_after_a_miss():
    book = Playbook(shop(position=5))
    book >> Joined("c1") >> Wait(10) << Say("c1", "announce_position_1")
    book >> Wait(10) >> Ready("1001", sales=90) << Offer("c1", "1001") << NoTimer(AnnounceDue("c1", 1))
    book >> Wait(5) >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER)
    book >> LoggedOut("1001") >> Joined("c1", ago=25) << Timer(AnnounceDue("c1", 1), 15.0)
    book >> Wait(15) << Say("c1", "announce_position_1")


def test_who_comes_back_from_the_fallback_after_the_first_turn_was_due_is_told_at_once():
    book = Playbook(shop(position=5))
    book >> Joined("c1", ago=60) << Timer(AnnounceDue("c1", 0), 0.0)


def test_who_left_or_was_released_is_told_nothing_more():
    book = Playbook(queue("sales", (0, SALES), announce=says(position=5), max_wait_seconds=20))
    book >> Joined("c1") >> Joined("c2") >> Left("c1") << NoTimer(AnnounceDue("c1", 0))
    book >> Wait(10) << Say("c2", "announce_position_1")
    book >> Wait(10) << Release("c2", outcome=Outcome.TIMEOUT)
    book >> Wait(300)


def test_a_queue_that_stops_announcing_or_goes_is_silent_from_the_next_turn_on():
    book = Playbook(shop(position=5), queue("parts", (0, SALES), announce=says(position=5)))
    book >> Joined("c1") >> Joined("c2", "parts") >> QueueDefined(queue("sales", (0, SALES)))
    book >> QueueRemoved("parts") << Release("c2")
    book >> Wait(300)


# --- position by skill ----------------------------------------------------------------------------


def test_only_those_who_want_the_same_agents_count_over_all_queues():
    book = Playbook(
        queue("sales", (0, {"sales": 50}), announce=says(position=9)),
        queue("parts", (0, {"parts": 50})),
        queue("service", (0, {"service": 50})),
    )
    book >> Ready("1001", sales=90, parts=90) >> Ready("1002", service=90)
    book >> Joined("b1") << Offer("b1", "1001")
    book >> Joined("b2", "service") << Offer("b2", "1002")
    book >> Joined("other", "service") >> Joined("rival", "parts") >> Joined("c1")
    book >> Wait(10) << Say("c1", "announce_position_2")


def test_a_caller_who_needs_a_rare_skill_does_not_count_those_who_cannot_have_that_agent():
    book = Playbook(shop(position=9))
    book >> Ready("1001", sales=90) >> Ready("1002", sales=40, english=90) >> Joined("b1") << Offer("b1", "1001")
    book >> Joined("zh", need={}) >> Joined("en", need={"english": 50})
    book >> Wait(10) << Say("zh", "announce_position_1") << Say("en", "announce_position_2")


# --- the wait -------------------------------------------------------------------------------------


def test_a_wait_that_history_supports_is_told_rounded_up_and_shrinks():
    book = experienced(Playbook(shop(wait=True)))  # 120 s each
    book >> Joined("c1") >> Joined("c2")
    book >> Wait(10) << Say("c1", "announce_wait_2") << Say("c2", "announce_wait_5")
    book >> Wait(30) << Say("c1", "announce_wait_2") << Say("c2", "announce_wait_5")
    book >> Left("c1") >> Wait(30) << Say("c2", "announce_wait_2")


def test_without_enough_history_no_wait_is_told():
    book = experienced(Playbook(shop(wait=True, position=9)), calls=4)
    book >> Joined("c1") >> Wait(10) << Say("c1", "announce_position_1")


def test_when_what_was_said_has_not_come_true_lately_no_wait_is_told():
    book = experienced(Playbook(shop(wait=True, position=9)))
    for n, talk in enumerate([1200.0, 20.0] * 10):  # a day gone mad
        book >> Joined(f"m{n}")
        quiet_wait(book, talk)
        book >> Ended(f"m{n - 1}" if n else "p20", "1001") << Offer(f"m{n}", "1001")
        book >> Answered(f"m{n}", "1001")
    assert not book.acd.accuracy("sales").reliable
    book >> Joined("c1") >> Wait(10) << Say("c1", "announce_position_1")


def test_nobody_is_told_a_wait_when_nobody_is_at_work():
    book = experienced(Playbook(shop(wait=True, position=9)))
    book >> Ended("p20", "1001") >> LoggedOut("1001")
    book >> Joined("c1") >> Wait(10) << Say("c1", "announce_position_1")


def test_a_longer_wait_than_the_one_told_before_is_kept_back():
    book = experienced(Playbook(shop(wait=True)))
    book >> Joined("c1") >> Wait(10) << Say("c1", "announce_wait_2")
    book >> [Joined(f"vip{n}", priority=9) for n in range(3)] >> Wait(10)
    book.pending = []  # what the VIPs hear
    book >> Wait(20) << Timer(AnnounceDue("c1", 2), 30.0)  # and nothing was said


def test_no_wait_is_told_that_the_queue_would_cut_off():
    rules = queue("sales", (0, SALES), announce=says(wait=True), max_wait_seconds=200)
    book = experienced(Playbook(rules))
    book >> Joined("c1") >> Joined("c2") >> Wait(10) << Say("c1", "announce_wait_2")


def test_a_caller_whose_turn_is_nearly_there_is_left_in_peace():
    book = experienced(Playbook(shop(wait=True, position=9)), talk=6.0)
    book >> Joined("c1") >> Wait(100)


# --- keys -----------------------------------------------------------------------------------------


def test_the_exit_key_is_listened_for_from_the_beginning_and_lets_the_caller_out():
    book = Playbook(queue("sales", (0, SALES), exit_key="*", announce=says(position=5)))
    book >> Joined("c1") << Say("c1", keys="*")
    book >> Wait(10) << Say("c1", "announce_position_1", keys="*")
    book >> Pressed("c1", "*") << Release("c1", outcome=Outcome.EXIT_KEY)
    book >> Wait(60)


@pytest.mark.parametrize("key", ["1", "", "#"])
def test_another_key_lets_nobody_out(key):
    book = Playbook(queue("sales", (0, SALES), exit_key="*"), queue("parts", (0, SALES)))
    book >> Joined("c1") << Say("c1", keys="*")
    book >> Joined("c2", "parts")
    book >> Pressed("c1", key) >> Pressed("c2", "*") >> Pressed("nobody", "*")


def test_a_key_pressed_too_late_does_not_take_the_call_from_the_agent():
    book = Playbook(queue("sales", (0, SALES), exit_key="*"))
    book >> Ready("1001", sales=90) >> Joined("c1") << Offer("c1", "1001")
    book >> Pressed("c1", "*")


# --- rounding -------------------------------------------------------------------------------------


@given(st.floats(min_value=0, max_value=1e6))
def test_what_is_said_is_never_too_short_and_never_a_step_too_long(seconds):
    said = rounded(seconds)
    shorter = [minutes for minutes in WAIT_MINUTES if not said or minutes < said]
    assert not said or seconds <= 60 * said
    assert all(seconds > 60 * minutes for minutes in shorter)


def test_the_longest_waits_are_told_as_more_than_half_an_hour():
    assert wait_prompt(rounded(30 * 60 + 1)) == "announce_wait_more"
