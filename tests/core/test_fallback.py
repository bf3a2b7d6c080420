"""Penalties for the native queue say the same as the queue's own order."""

from acd_playbook import (
    Defined,
    LoggedIn,
    LoggedOut,
    Member,
    MirrorPause,
    Paused,
    Playbook,
    Ready,
    card,
    queue,
)

from cti.core.fallback import HIGHEST_PENALTY, native_penalty

STEPS = [(0, {"sales": 70}), (20, {"sales": 40}), (45, {})]


def test_the_step_is_the_penalty_where_skill_is_no_order():
    cards = [card("1", sales=90), card("2", sales=70), card("3", sales=69), card("4")]
    assert [native_penalty(one, queue("sales", *STEPS)) for one in cards] == [0, 0, 1, 2]
    assert native_penalty(card("4"), queue("sales", *STEPS[:2])) is None


def test_the_better_skilled_has_the_lower_penalty_within_a_step_and_never_beyond_it():
    best = queue("sales", *STEPS, order="best_skill")
    cards = [card("1", sales=100), card("2", sales=70), card("3", sales=69), card("4", sales=1), card("5")]
    assert [native_penalty(one, best) for one in cards] == [0, 30, 131, 299, 299]


def test_several_skills_count_with_their_mean_and_none_at_all_costs_nothing():
    two = queue("sales", (0, {"sales": 1, "english": 1}), order="best_skill")
    assert native_penalty(card("1", sales=100, english=50), two) == 25
    assert native_penalty(card("1", sales=100), queue("sales", (0, {}), order="best_skill")) == 0


def test_no_penalty_is_more_than_app_queue_can_count_with():
    many = queue("sales", *[(n, {"sales": 100 - n}) for n in range(60)], order="best_skill")
    assert native_penalty(card("1", sales=42), many) == HIGHEST_PENALTY
    assert HIGHEST_PENALTY * 1_000_000 + 1_000_000 < 2**31


def test_new_skills_change_the_penalty_where_skill_is_the_order():
    play = Playbook(queue("sales", (0, {"sales": 1}), order="best_skill")) >> Ready("1001", sales=40)
    play << Member("sales", "1001", 60)
    play >> Defined("1001", sales=90) << Member("sales", "1001", 10)
    play >> Defined("1002", sales=50) >> LoggedIn("1002") << Member("sales", "1002", 50)


def test_a_pause_ends_with_the_working_day_and_is_not_mirrored_on_the_next():
    play = Playbook() >> Ready("1001") >> Paused("1001") << MirrorPause("1001", paused=True, reason="lunch")
    play >> LoggedOut("1001") << MirrorPause("1001", paused=False) >> LoggedIn("1001") << Member("sales", "1001", 0)
