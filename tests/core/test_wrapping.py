"""What comes after a talk, for each of the five modes, told as calls."""

import pytest
from acd_playbook import (
    Answered,
    Busied,
    Disposed,
    Ended,
    Fired,
    Freed,
    Joined,
    LoggedIn,
    LoggedOut,
    NoTimer,
    Offer,
    Paused,
    Playbook,
    Ready,
    Removed,
    Show,
    Timer,
    Unpaused,
    Wait,
    WrapUpAsked,
    WrapUpEnded,
    card,
    queue,
)

from cti.core import events as ev
from cti.core.timer_keys import WrapUp
from cti.core.words import AgentCard, Presence, WrapUpMode

M = WrapUpMode
STRICT = (M.TIMED_NO_EARLY_EXIT, M.MANDATORY_DISPOSITION)
KEY = WrapUp("1001", "c1")


def talking(mode: WrapUpMode, seconds: float = 20.0) -> Playbook:
    play = Playbook(queue(wrap_up_mode=mode, wrap_up_seconds=seconds)) >> Ready("1001") >> Joined("c1")
    return play << Offer("c1", "1001") >> Answered("c1", "1001") >> Wait(60)


def wrapping(mode: WrapUpMode, seconds: float = 20.0) -> Playbook:
    return talking(mode, seconds) >> Ended("c1", "1001") << Show("1001", Presence.WRAP_UP, call="c1")


@pytest.mark.parametrize(("mode", "seconds"), [(M.NONE, 20.0), (M.OPTIONAL, 20.0), (M.TIMED, 0.0)])
def test_without_a_wrap_up_the_next_call_comes_at_once(mode, seconds):
    play = talking(mode, seconds) >> Joined("c2") >> Ended("c1", "1001") << Offer("c2", "1001")
    play.nothing_more()


@pytest.mark.parametrize("mode", [M.TIMED, M.TIMED_NO_EARLY_EXIT])
def test_a_timed_wrap_up_ends_by_itself(mode):
    play = talking(mode) >> Joined("c2") >> Ended("c1", "1001") << Timer(KEY, 20.0) >> Wait(19.9)
    play >> Wait(0.1) << Offer("c2", "1001")
    play.nothing_more()


@pytest.mark.parametrize("mode", STRICT)
def test_a_wrap_up_that_must_be_sat_out_cannot_be_ended_by_hand(mode):
    hint = {M.TIMED_NO_EARLY_EXIT: "ends by itself", M.MANDATORY_DISPOSITION: "say first how the call ended"}
    wrapping(mode).refuses(WrapUpEnded("1001"), hint[mode])


@pytest.mark.parametrize("mode", STRICT)
@pytest.mark.parametrize(("ask", "then"), [(Paused("1001", "tea"), "paused"), (LoggedOut("1001"), "offline")])
def test_a_pause_or_log_out_asked_for_in_it_comes_afterwards(mode, ask, then):
    play = wrapping(mode) >> ask
    assert (play.presence("1001"), play.agent("1001").next) == ("wrap_up", then)
    if mode is M.TIMED_NO_EARLY_EXIT:
        play >> Wait(20)
    else:
        play >> Disposed("c1", "1001")
    assert (play.presence("1001"), play.agent("1001").next) == (then, None)


@pytest.mark.parametrize("mode", STRICT)
def test_what_was_asked_for_in_it_can_be_taken_back(mode):
    play = wrapping(mode) >> Paused("1001") >> Unpaused("1001") >> LoggedOut("1001") >> LoggedIn("1001")
    play >> (Wait(20) if mode is M.TIMED_NO_EARLY_EXIT else Disposed("c1", "1001"))
    assert play.presence("1001") == "ready"


@pytest.mark.parametrize("mode", STRICT)
def test_a_pause_asked_for_during_the_call_does_not_skip_it(mode):
    play = talking(mode) >> Paused("1001", "tea") >> Ended("c1", "1001") << Show("1001", Presence.WRAP_UP)
    play >> (Wait(20) if mode is M.TIMED_NO_EARLY_EXIT else Disposed("c1", "1001"))
    play << Show("1001", Presence.PAUSED, reason="tea")


def test_a_pause_asked_for_during_the_call_replaces_a_wrap_up_that_is_theirs_to_end():
    play = talking(M.TIMED) >> Paused("1001", "tea") >> Ended("c1", "1001") << Show("1001", Presence.PAUSED)
    play.nothing_more()


def test_an_optional_wrap_up_comes_when_asked_for_and_lasts_as_long_as_they_like():
    play = talking(M.OPTIONAL, 0.0) >> WrapUpAsked("1001") >> Ended("c1", "1001") << Show("1001", Presence.WRAP_UP)
    play >> Joined("c2") >> Wait(3600) >> WrapUpEnded("1001") << Offer("c2", "1001") >> Answered("c2", "1001")
    play >> Ended("c2", "1001") << Show("1001", Presence.READY)  # asked for one call, not for ever


def test_an_optional_wrap_up_has_the_queues_limit_where_it_gives_one():
    play = talking(M.OPTIONAL) >> WrapUpAsked("1001") >> Ended("c1", "1001") << Timer(KEY, 20.0)
    play >> Wait(20) << Show("1001", Presence.READY)


def test_an_optional_wrap_up_asked_for_is_not_lost_to_a_pause_asked_for_as_well():
    play = talking(M.OPTIONAL) >> WrapUpAsked("1001") >> Paused("1001", "tea") >> Ended("c1", "1001")
    assert play.presence("1001") == "wrap_up"
    play >> WrapUpEnded("1001") << Show("1001", Presence.PAUSED, reason="tea")


def test_a_wrap_up_can_be_asked_for_only_during_a_call_of_a_queue():
    play = Playbook() >> Ready("1001")
    play.refuses(WrapUpAsked("1001"), "ready cannot ask for a wrap-up")
    play >> Busied("1001")
    play.refuses(WrapUpAsked("1001"), "a call of their own").refuses(WrapUpAsked("9"), "no agent '9'")


def test_agents_with_a_time_of_their_own_have_that():
    own = AgentCard(agent="1001", name="", phone="PJSIP/1001", wrap_up_seconds=5.0)
    play = talking(M.TIMED) >> (lambda at: ev.AgentDefined(at=at, card=own)) >> Ended("c1", "1001") << Timer(KEY, 5.0)
    none = AgentCard(agent="1001", name="", phone="PJSIP/1001", wrap_up_seconds=0.0)
    play = talking(M.TIMED) >> (lambda at: ev.AgentDefined(at=at, card=none)) >> Ended("c1", "1001")
    assert (play.presence("1001"), card("1001").wrap_up_seconds) == ("ready", None)


# --- dispositions -------------------------------------------------------------------------------------


def test_a_mandatory_disposition_ends_the_wrap_up_and_nothing_else_does():
    play = wrapping(M.MANDATORY_DISPOSITION) >> Joined("c2") >> Wait(86_400)
    play >> Disposed("c1", "1001") << Offer("c2", "1001")
    play.nothing_more()


def test_one_given_during_the_call_is_enough_and_leaves_a_timed_wrap_up():
    play = talking(M.MANDATORY_DISPOSITION) >> Disposed("c1", "1001") >> Ended("c1", "1001") << Timer(KEY, 20.0)
    play >> WrapUpEnded("1001") << Show("1001", Presence.READY) << NoTimer(KEY)


def test_one_call_s_disposition_does_not_count_for_the_next():
    play = talking(M.MANDATORY_DISPOSITION, 0.0) >> Disposed("c1", "1001") >> Ended("c1", "1001") >> Joined("c2")
    play << Offer("c2", "1001") >> Answered("c2", "1001") >> Ended("c2", "1001") << Show("1001", Presence.WRAP_UP)
    play.refuses(Disposed("c1", "1001"), "no call 'c1'")


@pytest.mark.parametrize("mode", [M.TIMED, M.TIMED_NO_EARLY_EXIT])
def test_a_disposition_elsewhere_changes_no_presence(mode):
    play = wrapping(mode) >> Disposed("c1", "1001") >> Disposed("c1", "1001", "other")
    assert play.presence("1001") == "wrap_up"
    play >> Wait(20) << Show("1001", Presence.READY) >> Disposed("c1", "1001")
    assert play.presence("1001") == "ready"  # late, for the last call: kept, and nothing else


def test_a_disposition_is_for_a_call_of_ones_own_that_was_answered():
    play = talking(M.TIMED) >> Ready("1002")
    play.refuses(Disposed("c1", "1002"), "no call 'c1'").refuses(Disposed("c1", "1001", ""), "needs a code")
    play >> Joined("c2") << Offer("c2", "1002")
    play.refuses(Disposed("c2", "1002"), "ringing cannot say how a call ended")
    play.refuses(Disposed("c1", "9"), "no agent '9'")


# --- races --------------------------------------------------------------------------------------------


def test_a_direct_call_during_a_wrap_up_comes_after_it():
    play = wrapping(M.MANDATORY_DISPOSITION) >> Busied("1001") >> Disposed("c1", "1001")
    play << Show("1001", Presence.TALKING, call=None) >> Joined("c2") >> Freed("1001") << Offer("c2", "1001")
    play.nothing_more()


def test_the_timer_of_a_wrap_up_that_is_over_changes_nothing():
    play = wrapping(M.TIMED) >> WrapUpEnded("1001") >> Joined("c2") << Offer("c2", "1001") >> Fired(KEY)
    assert play.presence("1001") == "ringing"


def test_who_is_removed_in_a_wrap_up_leaves_no_timer():
    play = wrapping(M.TIMED) >> Removed("1001") << NoTimer(KEY)
    play.nothing_more()
