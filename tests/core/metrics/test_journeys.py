"""The places of a call: each menu once with its tries, queues, and who hung up where."""

from __future__ import annotations

from cti.core.metrics.journeys import MOST_STEPS, Stop, asked_in, journey


def menu(name: str, outcome: str, key: str = "", ms: int = 1000) -> Stop:
    return Stop("menu", name, outcome, key, ms)


def told(steps) -> list[tuple[str, str]]:
    return [(step.key, step.place) for step in steps]


def test_the_way_is_the_number_the_menus_with_their_keys_and_the_queue():
    steps = journey(
        "400", "answered", [menu("language", "chosen", "1"), menu("main", "chosen", "2"), Stop("wait", "sales", "")]
    )
    assert told(steps) == [("", "number 400"), ("", "menu language"), ("1", "menu main"), ("2", "queue sales")]
    assert not any(step.hung_up for step in steps)


def test_wrong_keys_and_silence_belong_to_one_visit_of_the_menu():
    tries = [menu("main", "invalid", "7"), menu("main", "timeout", ms=5000), menu("main", "chosen", "1")]
    (_, main) = journey("400", "closed", tries)
    assert (main.invalid, main.timeouts, main.ms, main.hung_up) == (1, 1, 7000, False)


def test_asked_again_after_a_key_that_it_knows_it_is_another_visit():
    steps = journey("400", "closed", [menu("main", "chosen", "9"), menu("main", "chosen", "1")])
    assert told(steps) == [("", "number 400"), ("", "menu main"), ("9", "menu main")]


def test_who_is_sent_on_without_a_key_came_by_none():
    steps = journey("400", "timeout", [menu("main", "timeout"), Stop("wait", "sales", "timeout")])
    assert told(steps)[-1] == ("-", "queue sales")


def test_who_hangs_up_is_lost_at_the_last_place():
    (number, main) = journey("400", "abandoned", [menu("main", "invalid", "7"), menu("main", "left")])
    assert (number.hung_up, main.hung_up, main.invalid) == (False, True, 1)
    (number,) = journey("400", "short_abandon", [])
    assert number.hung_up


def test_who_rings_an_agent_without_a_queue_came_to_the_agent():
    steps = journey(
        "400", "answered", [menu("main", "chosen", "1003"), Stop("ring", "1003", ""), Stop("talk", "1003", "")]
    )
    assert told(steps)[-1] == ("1003", "agent 1003")
    queued = journey("400", "answered", [Stop("wait", "sales", ""), Stop("ring", "1003", "")])
    assert told(queued)[-1] == ("", "queue sales")


def test_a_robot_that_goes_round_is_not_followed_for_ever():
    assert len(journey("400", "abandoned", [menu("main", "chosen", "1")] * 60)) == MOST_STEPS


def test_a_path_of_which_only_the_keys_are_known_is_a_way_too():
    steps = journey("400", "answered", [*asked_in("language:1>main:-"), Stop("wait", "sales", "")])
    assert told(steps) == [("", "number 400"), ("", "menu language"), ("1", "menu main"), ("-", "queue sales")]
    assert asked_in("") == []
