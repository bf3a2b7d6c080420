"""What would be decided now, if: told on a floor with callers waiting."""

from __future__ import annotations

import pytest
from acd_playbook import NOON, Answered, Ended, Joined, LoggedOut, Missed, Paused, Playbook, Ready, queue

from cti.core.acd import Acd
from cti.core.twin import twin
from cti.core.what_if import Ask, Call, Consequences, Level, Place, Rings, what_if
from cti.core.words import Ring, WrapUpMode
from cti.errors import Refused

SALES = queue("sales", (0, {"sales": 50}), (60, {"sales": 1}), wrap_up_seconds=30.0)
PARTS = queue("parts", (0, {"parts": 1}))


@pytest.fixture
def acd() -> Acd:
    """1001 talks, 1002 is off, 1003 is paused, 1004 is ready for parts only; c2 (30 s), c3 (10 s, priority 1) wait."""
    play = Playbook(SALES, PARTS) >> Ready("1001", sales=90)
    play >> Joined("c1")
    play.pending = []
    play >> Answered("c1", "1001") >> Ready("1002", sales=20) >> LoggedOut("1002") >> Ready("1003", sales=60)
    play >> Paused("1003") >> Ready("1004", parts=50) >> Joined("c2", ago=30.0) >> Joined("c3", ago=10.0, priority=1)
    play.nothing_more()
    return play.acd


def ask(acd: Acd, *suppositions) -> Consequences:
    before = acd.snapshot()
    found = what_if(twin(acd), suppositions, NOON)
    assert acd.snapshot() == before
    return found


def offers(found: Consequences) -> list[tuple[str, str | None]]:
    return [(one.call, one.agent) for one in found.decisions if one.decision == "offer"]


def places(found: Consequences) -> list[tuple[str, int | None, int | None, str]]:
    return [(one.call, one.before, one.after, one.becomes) for one in found.waiting]


def test_an_agent_who_comes_free_gets_the_highest_score_and_the_others_move_up(acd):
    found = ask(acd, Ask(agent="1001", what="free"))
    assert offers(found) == [("c3", "1001")]
    assert places(found) == [("c3", 1, None, "offered"), ("c2", 2, 1, "waiting")]
    assert dict(found.decisions[-1].candidates)["1001"].startswith("chosen: ring 0")
    assert ("1001", "talking", "ringing") in found.agents


def test_free_ends_a_wrap_up_and_a_mandatory_one_too():
    for mode in (WrapUpMode.TIMED, WrapUpMode.TIMED_NO_EARLY_EXIT, WrapUpMode.MANDATORY_DISPOSITION):
        play = Playbook(queue("sales", wrap_up_seconds=30.0, wrap_up_mode=mode)) >> Ready("1001") >> Joined("c1")
        play.pending = []
        play >> Answered("c1", "1001") >> Ended("c1", "1001") >> Joined("c2")
        assert play.presence("1001") == "wrap_up"
        assert offers(ask(play.acd, Ask(agent="1001", what="free"))) == [("c2", "1001")]


def test_a_login_serves_only_when_the_ring_is_open(acd):
    assert offers(ask(acd, Ask(agent="1002", what="login"))) == []
    wide = Rings(queue="sales", rings=(Ring(need=(("sales", 1),)),))
    assert offers(ask(acd, wide, Ask(agent="1002", what="login"))) == [("c3", "1002")]


def test_a_level_opens_a_line_to_a_ready_agent(acd):
    found = ask(acd, Level(agent="1004", skill="sales", level=50))
    assert offers(found) == [("c3", "1004")]
    assert offers(ask(acd, Level(agent="1004", skill="parts", level=0))) == []


def test_one_more_caller_has_a_place_or_an_agent(acd):
    waits = ask(acd, Call(queue="sales", priority=2))
    assert places(waits) == [("c3", 1, 2, "waiting"), ("c2", 2, 3, "waiting"), ("what-if-1", None, 1, "waiting")]
    assert waits.decisions[-1].decision == "wait"
    assert dict(waits.decisions[-1].candidates)["1001"] == "out: talking"
    served = ask(acd, Call(queue="parts"))
    assert offers(served) == [("what-if-1", "1004")]
    assert served.waiting[-1] == Place(
        call="what-if-1", queue="parts", number="", waited_seconds=0.0, before=None, after=None, becomes="offered",
        agent="1004",
    )  # fmt: skip


def test_a_pause_takes_the_agent_from_the_next_caller(acd):
    found = ask(acd, Ask(agent="1004", what="pause"), Call(queue="parts"))
    assert offers(found) == []
    assert ("1004", "ready", "paused") in found.agents


def test_unpause_and_logout_are_what_they_are(acd):
    assert offers(ask(acd, Ask(agent="1003", what="unpause"))) == [("c3", "1003")]
    assert ("1004", "ready", "offline") in ask(acd, Ask(agent="1004", what="logout")).agents


@pytest.mark.parametrize(
    ("supposition", "text"),
    [
        (Ask(agent="1001", what="login"), "agent 1001: an agent who is talking cannot be logged in"),
        (Ask(agent="1002", what="pause"), "offline cannot be paused"),
        (Ask(agent="1003", what="free"), "agent 1003 is paused, not busy; suppose an unpause instead"),
        (Ask(agent="1002", what="free"), "suppose a login instead"),
        (Ask(agent="77", what="pause"), "there is no agent '77'"),
        (Level(agent="77", skill="sales", level=1), "there is no agent '77'"),
        (Call(queue="sale"), "there is no queue 'sale'"),
        (Rings(queue="sale", rings=(Ring(),)), "there is no queue 'sale'"),
    ],
)
def test_what_could_not_happen_now_is_refused(acd, supposition, text):
    with pytest.raises(Refused, match=text):
        ask(acd, supposition)


def test_a_caller_on_the_way_back_is_not_in_the_order():
    play = Playbook(queue()) >> Ready("1001") >> Joined("c1")
    play.pending = []
    play >> Missed("c1", "1001")
    play.pending = []
    assert ask(play.acd, Ask(agent="1001", what="pause")).waiting == ()
