"""Which stays in queues, talks and wrap-ups are counted of a conversation."""

from __future__ import annotations

from datetime import timedelta

from cti.core.conversation import fold
from cti.core.metrics.facts import Channel
from cti.core.metrics.visits import offers_of, visits_of

from ..test_conversation import CALL, at, engine, lines

ANSWERED = f"""
    0|{CALL}|sales|NONE|ENTERQUEUE||13901230001
    9|{CALL}|sales|1001|RINGNOANSWER|4000
    12|{CALL}|sales|1002|CONNECT|12|a|3
    42|{CALL}|sales|1002|COMPLETECALLER|12|30|1
"""


def facts(text, *more):
    conversation = fold(lines(text, *more))
    assert conversation is not None
    return visits_of(conversation), offers_of(conversation)


def presence(seconds, agent, what):
    return engine(seconds, "presence", agent=agent, presence=what, reason="")


def test_an_answered_stay_has_its_wait_talk_and_the_agents_wrap_up():
    (visit,), offers = facts(ANSWERED, presence(42, "1002", "wrap_up"), presence(57, "1002", "ready"))
    assert (visit.queue, visit.outcome, visit.agent) == ("sales", "answered", "1002")
    assert (visit.wait_ms, visit.talk_ms, visit.wrap_ms) == (12_000, 30_000, 15_000)
    assert [(offer.agent, offer.outcome, offer.ring_ms) for offer in offers] == [
        ("1001", "no_answer", 4000),
        ("1002", "answered", 3000),
    ]
    assert visit.ring_ms == 7000


def test_a_wrap_up_whose_end_nobody_saw_is_not_guessed():
    (visit,), _ = facts(ANSWERED, presence(42, "1002", "wrap_up"))
    assert visit.wrap_ms == 0


def test_a_pause_after_the_wrap_up_ends_it_as_well():
    (visit,), _ = facts(ANSWERED, presence(42, "1002", "wrap_up"), presence(50, "1002", "paused"))
    assert visit.wrap_ms == 8000


def test_the_wrap_up_of_another_agent_is_not_this_ones():
    (visit,), _ = facts(ANSWERED, presence(42, "1009", "wrap_up"), presence(50, "1009", "ready"))
    assert visit.wrap_ms == 0


def test_two_queues_are_two_stays_and_each_has_its_own_outcome():
    visits, _ = facts(f"""
        0|{CALL}|sales|NONE|ENTERQUEUE||13901230001
        20|{CALL}|sales|NONE|EXITWITHTIMEOUT|1|1|20
        20|{CALL}|service|NONE|ENTERQUEUE||13901230001
        25|{CALL}|service|1003|CONNECT|5|a|2
        60|{CALL}|service|1003|COMPLETEAGENT|5|35|1
    """)
    assert [(v.queue, v.outcome, v.wait_ms, v.talk_ms) for v in visits] == [
        ("sales", "timeout", 20_000, 0),
        ("service", "answered", 5_000, 35_000),
    ]


def test_who_is_passed_on_into_another_queue_is_transferred_once_and_talks_with_each_agent():
    visits, _ = facts(f"""
        0|{CALL}|sales|NONE|ENTERQUEUE||13901230001
        5|{CALL}|sales|1001|CONNECT|5|a|2
        35|{CALL}|sales|1001|BLINDTRANSFER|1003
        36|{CALL}|service|NONE|ENTERQUEUE||13901230001
        40|{CALL}|service|1003|CONNECT|4|b|2
        50|{CALL}|service|1003|COMPLETEAGENT|4|10|1
    """)
    assert [(v.agent, v.talk_ms, v.transferred) for v in visits] == [("1001", 30_000, True), ("1003", 10_000, False)]


def test_a_short_abandon_keeps_its_word():
    (visit,), _ = facts(f"""
        0|{CALL}|sales|NONE|ENTERQUEUE||13901230001
        3|{CALL}|sales|NONE|ABANDON|1|1|3
    """)
    assert (visit.outcome, visit.wait_ms) == ("short_abandon", 3000)


def test_who_came_while_it_was_closed_is_a_visit_that_did_not_wait():
    (visit,), _ = facts(f"0|{CALL}|sales|NONE|CLOSED\n1|{CALL}|sales|NONE|DID|4008001234")
    assert (visit.queue, visit.outcome, visit.wait_ms) == ("sales", "closed", 0)


def test_who_still_waits_has_waited_until_now():
    conversation = fold(lines(f"0|{CALL}|sales|NONE|ENTERQUEUE||13901230001"))
    assert conversation is not None
    (visit,) = visits_of(conversation, now=at(33))
    assert (visit.outcome, visit.wait_ms) == ("", 33_000)


def test_a_callback_is_a_stay_of_its_own_kind_with_the_agents_work():
    promise = {"of": "1795299000.1", "queue": "sales", "number": "13901230001", "caller": {}}
    told = [
        engine(0, "callback", **promise),
        engine(1, "offer", agent="1001", queue="sales"),
        engine(4, "answered", agent="1001", queue="sales"),
        engine(64, "talk_ended", agent="1001"),
        presence(64, "1001", "wrap_up"),
        presence(70, "1001", "ready"),
        engine(64, "callback_ended", of="1795299000.1", why="served"),
    ]
    conversation = fold(told)
    assert conversation is not None
    (visit,) = visits_of(conversation)
    assert (visit.channel, visit.outcome) == (Channel.CALLBACK, "answered")
    assert (visit.talk_ms, visit.wrap_ms) == (60_000, 6_000)
    assert conversation.started == at(0) + timedelta(seconds=1)
