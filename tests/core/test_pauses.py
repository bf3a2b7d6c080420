"""Pause reasons: which there are, how long they may last, and what happens then. Told as a day."""

import pytest
from acd_playbook import (
    NOON,
    Answered,
    Busied,
    Ended,
    Fired,
    Joined,
    LoggedIn,
    LoggedOut,
    MirrorPause,
    Missed,
    NoTimer,
    Offer,
    Paused,
    Playbook,
    Ready,
    Reasons,
    Removed,
    Show,
    Timer,
    Unpaused,
    Wait,
    Withdraw,
    queue,
)

from cti.core import events as ev
from cti.core.timer_keys import PauseLimit
from cti.core.words import Miss, Presence

PAUSED = Presence.PAUSED
KEY = PauseLimit("1001", NOON)


def test_a_reason_that_the_site_does_not_know_is_refused_with_those_it_knows():
    play = Playbook() >> Reasons(lunch=1800, tea=0) >> Ready("1001")
    play.refuses(Paused("1001", "golf"), "no pause reason 'golf'; those in site.yaml: lunch, tea")
    play >> Paused("1001", "tea") << Show("1001", PAUSED, reason="tea")
    play.refuses(Paused("1001", "golf"), "no pause reason")


def test_a_site_without_reasons_takes_any():
    play = Playbook() >> Ready("1001") >> Paused("1001", "golf") << Show("1001", PAUSED, reason="golf")
    play.nothing_more()


def test_a_pause_from_before_a_restart_keeps_its_reason():
    play = Playbook() >> Reasons(lunch=0) >> Ready("1001")
    play >> (lambda at: ev.AgentPaused(at=at, agent="1001", reason="golf", restored=True))
    play << Show("1001", PAUSED, reason="golf")


def test_the_engines_own_reason_needs_no_definition():
    play = Playbook(queue(max_misses=1)) >> Reasons(lunch=0) >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER) << Show("1001", PAUSED, reason="missed")


def test_at_the_maximum_the_agent_is_shown_to_be_over_time_and_stays_paused():
    play = Playbook() >> Reasons(lunch=1800) >> Ready("1001") >> Paused("1001") << Timer(KEY, 1800.0)
    play >> Joined("c1") >> Wait(1799)
    play >> Wait(1) << Show("1001", PAUSED, reason="lunch", over_time=True)
    assert play.agent("1001").over_time
    play >> Wait(86_400) >> Unpaused("1001") << Show("1001", Presence.READY, over_time=False) << Offer("c1", "1001")
    assert not play.agent("1001").over_time


@pytest.mark.parametrize("back", [Unpaused("1001"), LoggedOut("1001"), Removed("1001"), Paused("1001", "tea")])
def test_who_comes_back_in_time_leaves_no_timer(back):
    play = Playbook() >> Reasons(lunch=1800, tea=0) >> Ready("1001") >> Paused("1001") >> Wait(60)
    play >> back << NoTimer(KEY) >> Wait(86_400)
    play.nothing_more()


def test_another_reason_has_a_clock_of_its_own():
    play = Playbook() >> Reasons(lunch=1800, tea=600) >> Ready("1001") >> Paused("1001") >> Wait(60)
    play >> Paused("1001", "tea") << Timer(PauseLimit("1001", play.now), 600.0) >> Fired(KEY)
    assert not play.agent("1001").over_time
    play >> Wait(600) << Show("1001", PAUSED, reason="tea", over_time=True)
    play >> Paused("1001", "lunch") << Show("1001", PAUSED, reason="lunch", over_time=False)


def test_a_pause_asked_for_during_a_call_begins_after_it():
    play = Playbook() >> Reasons(lunch=1800) >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Answered("c1", "1001") >> Paused("1001") >> Wait(300) >> Ended("c1", "1001")
    play << Timer(PauseLimit("1001", play.now), 1800.0) << MirrorPause("1001", True, "lunch")


def test_a_direct_call_during_a_pause_stops_no_clock():
    play = Playbook() >> Reasons(lunch=1800) >> Ready("1001") >> Paused("1001") >> Wait(60) >> Busied("1001")
    play >> Wait(1740) << Show("1001", PAUSED, over_time=True)


def test_new_reasons_count_for_those_who_are_paused_already():
    play = Playbook() >> Ready("1001") >> Paused("1001") >> Wait(60) >> Reasons(lunch=100) << Timer(KEY, 40.0)
    play >> Reasons(lunch=300) << NoTimer(KEY) << Timer(KEY, 240.0)
    play >> Reasons(lunch=0) << NoTimer(KEY) >> LoggedOut("1001") >> LoggedIn("1001")
    play >> Wait(86_400)
    play.nothing_more()


def test_a_maximum_that_is_over_already_is_told_at_once():
    play = Playbook() >> Ready("1001") >> Paused("1001") >> Wait(600) >> Reasons(lunch=100) << Timer(KEY, 0.0)
    play >> Wait(0) << Show("1001", PAUSED, over_time=True)
