"""A call that somebody has missed is looked at again only when nobody is known who could still take it."""

from acd_playbook import Joined, LoggedIn, LoggedOut, Missed, Offer, Paused, Playbook, Ready, Withdraw, queue

from cti.core.retrying import Retrying
from cti.core.words import Miss


def test_a_call_is_looked_at_when_its_witness_goes_and_only_then():
    retrying = Retrying()
    retrying.add("c1")
    retrying.add("c2")
    assert list(retrying.unwitnessed) == ["c1", "c2"]
    retrying.vouch("c1", "1001")
    retrying.vouch("c2", "1002")
    retrying.gone(["1003", "1001"])
    assert list(retrying.unwitnessed) == ["c1"]
    retrying.vouch("c1", "1002")
    retrying.gone(["1002"])
    assert list(retrying.unwitnessed) == ["c2", "c1"]


def test_a_call_that_left_is_forgotten_with_its_witness():
    retrying = Retrying()
    retrying.vouch("c1", "1001")
    assert "c1" in retrying
    retrying.discard("c1")
    retrying.discard("c1")
    retrying.gone(["1001"])
    assert "c1" not in retrying
    assert not retrying.unwitnessed


def test_everybody_may_be_tried_again_when_the_last_untried_one_leaves():
    play = Playbook() >> Ready("1001") >> Ready("1002") >> Paused("1002") >> Joined("c1") << Offer("c1", "1001")
    play >> Ready("1003") >> Paused("1003") >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER)
    play >> Joined("c1") << Offer("c1", "1001")  # the others are paused: nobody at work is left untried
    play.nothing_more()


def test_the_only_one_of_a_ring_who_has_missed_the_call_is_tried_again_when_back():
    rules = queue("sales", (0, {"sales": 50}), (60, {}))
    play = Playbook(rules) >> Ready("1001", sales=90) >> Joined("c1") << Offer("c1", "1001")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER) >> LoggedOut("1001")
    play >> Ready("1002") >> Paused("1002") >> Ready("1003") >> Paused("1003") >> Joined("c1")
    play >> LoggedIn("1001") << Offer("c1", "1001")  # ring 0 counts again, and everybody in it has been tried
    play.nothing_more()
