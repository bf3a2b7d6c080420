"""What the fallback queue is told of agents, told as a day."""

from acd_playbook import (
    Defined,
    Joined,
    LoggedIn,
    LoggedOut,
    Member,
    MirrorPause,
    Missed,
    NoMember,
    Offer,
    Paused,
    Playbook,
    QueueDefined,
    QueueRemoved,
    Ready,
    Removed,
    Unpaused,
    Withdraw,
    queue,
)

from cti.core import commands as cmd
from cti.core.words import Miss

SALES = queue("sales", (0, {"sales": 50}), (20, {"sales": 1}))
MIRRORED = (cmd.MirrorMember, cmd.UnmirrorMember, cmd.MirrorPause)


def mirrored(play):
    return [command for command in play.last if isinstance(command, MIRRORED)]


def test_a_member_has_the_penalty_of_the_first_ring_satisfied():
    play = Playbook(SALES, queue("service")) >> Defined("1001", sales=10)
    assert mirrored(play) == []
    play >> LoggedIn("1001") << Member("sales", "1001", 1) << Member("service", "1001", 0)


def test_who_satisfies_no_ring_is_no_member():
    play = Playbook(SALES) >> Ready("1001", other=90)
    assert mirrored(play) == []


def test_who_logs_out_or_is_removed_is_no_member_any_more():
    play = Playbook(SALES) >> Ready("1001", sales=90) >> LoggedOut("1001") << NoMember("sales", "1001")
    play >> LoggedIn("1001") << Member("sales", "1001", 0) >> Removed("1001") << NoMember("sales", "1001")


def test_new_skills_change_the_penalty():
    play = Playbook(SALES) >> Ready("1001", sales=90) >> Defined("1001", sales=10) << Member("sales", "1001", 1)
    play >> Defined("1001") << NoMember("sales", "1001")
    play >> Defined("1001")
    assert mirrored(play) == []


def test_queues_that_come_and_go_bring_and_take_their_members():
    play = Playbook(SALES) >> Ready("1001") >> Paused("1001", "tea") >> QueueDefined(queue("service"))
    play << Member("service", "1001", 0) << MirrorPause("1001", True, "tea")
    play >> QueueRemoved("service") << NoMember("service", "1001")


def test_pauses_are_mirrored_and_wrap_up_is_not():
    play = Playbook(queue(wrap_up_seconds=9.0)) >> Ready("1001")
    play >> Paused("1001", "tea") << MirrorPause("1001", True, "tea")
    play >> Paused("1001", "lunch") << MirrorPause("1001", True, "lunch")
    play >> Unpaused("1001") << MirrorPause("1001", False) >> Joined("c1") << Offer("c1", "1001")
    assert mirrored(play) == []


def test_a_pause_for_misses_is_mirrored():
    play = Playbook(queue(max_misses=1)) >> Ready("1001") >> Joined("c1") << Offer("c1", "1001")
    play >> Missed("c1", "1001") << Withdraw("c1", "1001", Miss.NO_ANSWER) << MirrorPause("1001", True, "missed")
