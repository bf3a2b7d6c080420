"""Who has to be called back, and what closes that: told as calls, messages and people's actions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from cti.core.due import due_after
from cti.core.voicemail import AGENTS, Message
from cti.core.work_item import (
    MOST_ATTEMPTS,
    TRANSITIONS,
    Action,
    Contact,
    FollowUpRules,
    WorkItem,
    WorkKind,
    WorkSignal,
    WorkState,
    after,
    work_items,
)
from cti.errors import IllegalTransition

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
RULES = FollowUpRules(due=lambda at: at + timedelta(hours=1), after_seconds=10, talk_seconds=20)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def call(name: str, minute: float, outcome: str = "abandoned", **how) -> Contact:
    usual = {"number": "139", "direction": "inbound", "queue": "sales", "wait_seconds": 30.0, "name": "Li Lei"}
    return Contact(id=name, ended=at(minute), outcome=outcome, **usual | how)


def talk(name: str, minute: float, seconds: float = 60, **how) -> Contact:
    return call(name, minute, "answered", talk_seconds=seconds, agent="1001", **how)


def message(name: str, minute: float, conversation: str = "", queue: str = "sales", **how) -> Message:
    usual = {"box": "sales", "context": "default", "folder": "INBOX", "seconds": 5.0, "number": "139"}
    return Message(id=name, received=at(minute), conversation=conversation, queue=queue, **usual | how)


def did(item: str, minute: float, signal: WorkSignal, owner: str = "", note: str = "") -> Action:
    return Action(item=item, at=at(minute), signal=signal, by="boss", owner=owner, note=note)


def items(*facts, rules=RULES) -> list[WorkItem]:
    return work_items(facts, lambda _: rules)


def test_a_message_from_a_queue_is_work_that_is_due():
    (item,) = items(message("m1", 0, "c1"), call("c1", 1, "voicemail"))
    assert (item.id, item.kind, item.state) == ("c1", WorkKind.VOICEMAIL, WorkState.OPEN)
    assert (item.messages, item.calls) == (("m1",), ("c1",))
    assert (item.created, item.due, item.name) == (at(0), at(60), "Li Lei")


def test_a_message_from_no_queue_is_only_a_message():
    assert items(message("m1", 0, queue="")) == []


def test_an_abandoned_call_is_work():
    (item,) = items(call("c1", 0))
    assert (item.id, item.kind, item.calls, item.due) == ("c1", WorkKind.ABANDONED, ("c1",), at(60))


@pytest.mark.parametrize(
    "contact",
    [
        call("c1", 0, wait_seconds=9.9),
        call("c1", 0, "short_abandon", wait_seconds=4),
        call("c1", 0, "callback_requested"),
        call("c1", 0, "closed", wait_seconds=0),
        call("c1", 0, number=""),
        call("c1", 0, queue=""),
        call("c1", 0, "voicemail", wait_seconds=5),
        call("c1", 0, direction="outbound"),
        talk("c1", 0),
    ],
    ids=lambda contact: f"{contact.direction} {contact.outcome} {contact.number} {contact.queue}",
)
def test_who_hung_up_at_once_or_withheld_the_number_or_is_cared_for_otherwise_is_no_work(contact):
    assert items(contact) == []


@pytest.mark.parametrize("outcome", ["timeout", "overflow", "full", "exit_key", "voicemail", "abandoned"])
def test_who_was_sent_away_without_talking_to_anybody_is_work(outcome):
    (item,) = items(call("c1", 0, outcome))
    assert item.kind is WorkKind.ABANDONED


def test_a_queue_may_ask_for_messages_only():
    rules = FollowUpRules(due=RULES.due, abandoned=False)
    (item,) = items(call("c1", 0), message("m1", 5, "c2"), rules=rules)
    assert item.id == "c2"


def test_who_called_again_and_was_answered_is_done_and_it_says_by_which_call():
    (item,) = items(call("c1", 0), talk("c2", 5))
    assert (item.state, item.closed, item.closed_by, item.owner) == (WorkState.DONE, at(5), "c2", "1001")


def test_an_answered_call_out_closes_it_whoever_owned_it():
    (item,) = items(
        call("c1", 0), did("c1", 1, WorkSignal.ASSIGN, "1002"), talk("c2", 5, direction="outbound", queue="")
    )
    assert (item.state, item.closed_by, item.owner, item.by) == (WorkState.DONE, "c2", "1002", "1001")


@pytest.mark.parametrize(
    ("contact", "tried"),
    [
        (talk("c2", 5, seconds=19.9), True),
        (call("c2", 5, "failed", direction="outbound", queue=""), True),
        (talk("c2", 5, direction="internal"), False),
        (call("c2", 5), False),
        (call("c2", 5, "callback_requested"), False),
    ],
)
def test_what_did_not_reach_the_customer_is_an_attempt_and_leaves_it_open(contact, tried):
    (item,) = items(call("c1", 0), contact)
    assert item.state is WorkState.OPEN
    assert [attempt.conversation for attempt in item.attempts] == (["c2"] if tried else [])


def test_a_talk_that_was_over_before_the_customer_gave_up_closes_nothing():
    (item,) = items(talk("c1", 0), call("c2", 5))
    assert item.state is WorkState.OPEN


def test_who_talks_and_then_leaves_a_message_in_the_same_call_still_waits_for_a_call_back():
    (item,) = items(message("m1", 3, "c1"), talk("c1", 4))
    assert (item.state, item.messages) == (WorkState.OPEN, ("m1",))


def test_one_item_is_open_for_a_number_and_a_queue():
    (item,) = items(call("c1", 0), call("c2", 5), message("m3", 7, "c3"), call("c3", 8, "voicemail"))
    assert (item.kind, item.calls, item.messages, item.due) == (
        WorkKind.VOICEMAIL,
        ("c1", "c2", "c3"),
        ("m3",),
        at(60),
    )


def test_another_queue_has_an_item_of_its_own_and_one_talk_closes_both():
    first, second = items(call("c1", 0), call("c2", 5, queue="service"), talk("c3", 9))
    assert [item.queue for item in (first, second)] == ["sales", "service"]
    assert [item.closed_by for item in (first, second)] == ["c3", "c3"]


def test_after_it_was_done_the_next_lost_call_is_new_work():
    first, second = items(call("c1", 0), talk("c2", 5), call("c3", 9))
    assert (first.state, second.state, second.id) == (WorkState.DONE, WorkState.OPEN, "c3")


def test_a_caller_of_the_queue_who_was_sent_to_an_agents_box_is_that_agents_work():
    (item,) = items(message("m1", 0, "c1", box="1001", context=AGENTS))
    assert (item.state, item.owner) == (WorkState.ASSIGNED, "1001")


def test_a_withheld_number_has_an_item_for_its_message():
    (item,) = items(message("m1", 0, "c1", number=""))
    assert (item.id, item.number) == ("c1", "")


def test_people_assign_release_finish_and_reopen_it():
    facts = [call("c1", 0), did("c1", 1, WorkSignal.ASSIGN, "1001"), did("c1", 2, WorkSignal.RELEASE)]
    (item,) = items(*facts)
    assert (item.state, item.owner) == (WorkState.OPEN, "")
    facts += [did("c1", 3, WorkSignal.DONE, note="wrong number")]
    (item,) = items(*facts)
    assert (item.state, item.by, item.note, item.closed) == (WorkState.DONE, "boss", "wrong number", at(3))
    (item,) = items(*facts, did("c1", 4, WorkSignal.REOPEN))
    assert (item.state, item.closed, item.note) == (WorkState.OPEN, None, "wrong number")


def test_what_was_done_to_an_item_that_another_fact_closed_before_did_not_happen():
    (item,) = items(call("c1", 0), talk("c2", 5), did("c1", 6, WorkSignal.ASSIGN, "1002"))
    assert (item.state, item.owner) == (WorkState.DONE, "1001")
    first, second = items(call("c1", 0), talk("c2", 5), call("c3", 6), did("c1", 7, WorkSignal.REOPEN))
    assert (first.state, second.state) == (WorkState.DONE, WorkState.OPEN)


def test_facts_in_any_order_give_the_same_items():
    facts = [
        call("c1", 0),
        message("m2", 2, "c2"),
        call("c2", 3, "voicemail"),
        talk("c4", 9, seconds=5),
        talk("c5", 11),
    ]
    told = items(*facts)
    assert all(items(*order) == told for order in permutations(facts))


def test_attempts_are_bounded():
    (item,) = items(call("c0", 0), *[talk(f"c{n}", n, seconds=1) for n in range(1, 80)])
    assert (len(item.attempts), item.attempts[-1].conversation) == (MOST_ATTEMPTS, "c79")


@pytest.mark.parametrize("state", WorkState)
@pytest.mark.parametrize("signal", WorkSignal)
def test_every_pair_of_state_and_signal_moves_by_the_table_or_is_refused(state, signal):
    (new,) = items(call("c1", 0))
    start = WorkItem(**{name: getattr(new, name) for name in new.__slots__} | {"state": state})
    action = did("c1", 1, signal, "1001")
    if signal in TRANSITIONS[state]:
        assert after(start, action).state is TRANSITIONS[state][signal]
    else:
        with pytest.raises(IllegalTransition):
            after(start, action)


@pytest.mark.parametrize(
    ("hour", "minutes", "due"),
    [(10, 60, 11), (17.5, 60, 33.5), (20, 60, 34), (3, 30, 9.5), (10, 12 * 60, 37), (9, 60 * 9, 18)],
)
def test_what_is_due_counts_opening_hours_only(hour, minutes, due):
    """Open from 9 to 18 each day."""
    midnight = datetime(2026, 11, 22, tzinfo=UTC)

    def hours(instant: datetime) -> tuple[bool, datetime]:
        today = instant.replace(hour=0, minute=0)
        opens, closes = today + timedelta(hours=9), today + timedelta(hours=18)
        if instant < opens:
            return False, opens
        return (True, closes) if instant < closes else (False, opens + timedelta(days=1))

    assert due_after(midnight + timedelta(hours=hour), minutes, hours) == midnight + timedelta(hours=due)


@pytest.mark.parametrize(
    "hours", [lambda at: (False, None), lambda at: (False, at + timedelta(days=365)), lambda at: (True, None)]
)
def test_hours_that_never_come_do_not_put_off_what_is_due(hours):
    assert due_after(START, 60, hours) == at(60)
