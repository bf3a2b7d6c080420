"""Callers who hang up and keep their place: told to the ACD with virtual hold before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from acd_playbook import (
    LOUD,
    NOON,
    Answered,
    Ended,
    Fired,
    Joined,
    Left,
    Missed,
    NoTimer,
    Offer,
    Playbook,
    QueueRemoved,
    Ready,
    Release,
    Say,
    Show,
    Timer,
    Wait,
    Withdraw,
    queue,
)

from cti.core import callback as cb
from cti.core import commands as cmd
from cti.core import events as ev
from cti.core.callback import End, Phase, attempt_of
from cti.core.timer_keys import CallbackDue, CallbackLost, CallbackOffer, OfferLost
from cti.core.virtual_hold import VirtualHold
from cti.core.words import CallbackOrder, CallbackRules, Caller, Miss, Outcome

HOLD = (cmd.Announce, cb.AskForCallback, cb.PlaceCallback, cb.ConnectCallback, cb.RestCallback, cb.EndCallback)
HIM, HER = Caller(number="13800138000"), Caller(number="13900139000")


class Book(Playbook):
    """A playbook whose machine keeps places; a national and an international spelling are the same number."""

    loud = (*LOUD, *HOLD)

    def before(self, acd):
        self.hold = VirtualHold(acd, lambda number: number.removeprefix("+86"))
        return self.hold

    def keeps(self, call="c1", caller=HIM, **fields):
        """A caller who confirmed a number is released, and kept."""
        return self >> Requested(call, caller, **fields) << Release(call, outcome=Outcome.CALLBACK_REQUESTED)

    def kept(self, of="c1"):
        return next(kept for kept in self.hold.callbacks() if kept.of == of)


def sales(order=CallbackOrder.AGENT_FIRST, *, name="sales", queue_rules=None, **rules):
    rules = {"offer_after_seconds": 30, "repeat_seconds": 60, "retries": 1, "gap_seconds": 300, **rules}
    return queue(name, ring_seconds=15, callback=CallbackRules(order=order, **rules), **(queue_rules or {}))


def Pressed(call, key="1"):
    return lambda at: ev.KeyPressed(at=at, call=call, key=key)


def Requested(call, caller=HIM, *, number="", queue="sales", ago=0.0, **fields):
    return lambda at: cb.CallbackRequested(
        at=at,
        call=call,
        number=number or caller.number,
        queue=queue,
        entered=at - timedelta(seconds=ago),
        caller=caller,
        **fields,
    )


def Unreached(call, why="no_answer"):
    return lambda at: cb.CallbackUnreached(at=at, call=call, why=why)


def Talked(call):
    return lambda at: cb.CallbackTalked(at=at, call=call)


def Cancelled(of):
    return lambda at: cb.CallbackCancelled(at=at, of=of)


def Restored(kept, under_way=False):
    return lambda at: cb.CallbackRestored(at=at, callback=kept, under_way=under_way)


def Told(call, prompt="callback_offer_1", keys="1"):
    return cmd.Announce, {"call": call, "parts": (prompt,), "keys": keys}


def Ask(call):
    return cb.AskForCallback, {"call": call}


def Placed(call, agent, order=CallbackOrder.AGENT_FIRST):
    """Dial in this order, with this agent reserved."""
    return cb.PlaceCallback, {"call": call, "agent": agent, "order": order}


def Connect(call, agent):
    return cb.ConnectCallback, {"call": call, "agent": agent}


def Rest(call, why):
    return cb.RestCallback, {"call": call, "why": why}


def Over(why, **fields):
    return cb.EndCallback, {"why": why, **fields}


CB, CB2 = attempt_of("c1", 1), attempt_of("c1", 2)


def asked_for(book, *, ago=40.0, caller=HIM):
    """c1 has waited for `ago` seconds and knows of the key, presses it, confirms, and is kept."""
    book >> Joined("c1", ago=ago, caller=caller) >> Pressed("c1") << Ask("c1")
    return book >> Requested("c1", caller, ago=ago) << Release("c1", outcome=Outcome.CALLBACK_REQUESTED)


# --- the offer to the caller --------------------------------------------------------------------------


def test_a_callback_is_offered_after_the_queues_time_and_again_from_time_to_time():
    book = Book(sales())
    book >> Joined("c1") << Timer(CallbackOffer("c1"), 30)
    book >> Wait(29) >> Wait(1) << Told("c1")
    book >> Wait(59) >> Wait(1) << Told("c1")


def test_a_caller_who_comes_back_from_a_miss_is_told_again_in_turn_not_at_once():
    Book(sales()) >> Joined("c1", ago=100, again=True) << Timer(CallbackOffer("c1"), 50)


def test_a_queue_without_the_option_never_offers_it():
    Book(queue("sales")) >> Joined("c1") >> Wait(1000)


def test_whatever_else_is_told_then_the_key_still_counts_and_the_key_to_leave_does_too():
    book = Book(sales(key="5", prompt="ours", queue_rules={"exit_key": "9"}))
    book >> Joined("c1") << Say("c1", keys="9")
    book >> Wait(30) << Told("c1", "ours", "59")
    assert book.hold.offers.with_key(cmd.Announce(call="c1", parts=("hold_on",), keys="9")).keys == "95"
    book >> Pressed("c1", "5") << Ask("c1")


def test_a_key_of_which_the_caller_has_not_heard_does_nothing():
    book = Book(sales())
    book >> Joined("c1") >> Wait(20) >> Pressed("c1") >> Ready("1001") << Offer("c1", "1001")


def test_nobody_is_told_of_it_while_an_agents_phone_rings_for_them():
    book = Book(sales())
    book >> Joined("c1") >> Wait(25) >> Ready("1001") << Offer("c1", "1001")
    book >> Wait(10)


def test_whoever_presses_the_key_is_out_of_line_and_no_agent_is_offered_to_them():
    book = Book(sales())
    book >> Joined("c1") >> Wait(30) << Told("c1")
    book >> Pressed("c1") << NoTimer(CallbackOffer("c1")) << Ask("c1")
    book >> Ready("1001") >> Joined("c2") << Offer("c2", "1001")


def test_a_key_that_comes_while_an_agents_phone_rings_changes_nothing():
    book = Book(sales())
    book >> Joined("c1") >> Ready("1001") << Offer("c1", "1001")
    book >> Pressed("c1") >> Answered("c1", "1001")


def test_who_declines_comes_back_to_the_old_place():
    book = Book(sales())
    book >> Joined("c1") >> Wait(30) << Told("c1")
    book >> Joined("c2") >> Pressed("c1") << Ask("c1")
    book >> Wait(8) >> Joined("c1", ago=38, again=True)
    book >> Ready("1001") << Offer("c1", "1001")


# --- the place ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(CallbackOrder))
def test_the_exact_place_is_kept_between_earlier_and_later_callers(order):
    book = Book(sales(order))
    book >> Joined("c0", ago=60) >> Joined("c1", ago=50, caller=HIM) >> Joined("c2", ago=40)
    book >> Pressed("c1") << Ask("c1")
    book >> Requested("c1", ago=50) << Release("c1", outcome=Outcome.CALLBACK_REQUESTED)
    book >> Ready("1001") << Offer("c0", "1001")
    book >> Ready("1002") << Placed(CB, "1002", order)
    book >> Ready("1003") << Offer("c2", "1003")


def test_priority_need_and_preferred_agent_are_kept_too():
    book = Book(sales())
    need = (("engine", 50),)
    book.keeps(ago=10, need=need, priority=3, prefer="1002")
    book >> Ready("1001") >> Joined("c2", ago=120) << Offer("c2", "1001")
    book >> Ready("1002", engine=60) << Placed(CB, "1002")


def test_a_kept_place_outlasts_the_queues_longest_wait():
    book = Book(sales(queue_rules={"max_wait_seconds": 60}))
    asked_for(book)
    book >> Wait(1000) >> Ready("1001") << Placed(CB, "1001")


def test_callbacks_in_flight_never_exceed_the_free_agents():
    book = Book(sales())
    for n in range(5):
        book.keeps(f"c{n}", Caller(number=f"1390000000{n}"))
    book >> Ready("1001") << Placed(attempt_of("c0", 1), "1001")
    book >> Ready("1002") << Placed(attempt_of("c1", 1), "1002")
    assert [kept.phase for kept in book.hold.callbacks()] == [Phase.DIALLING] * 2 + [Phase.WAITING] * 3


# --- agent first ----------------------------------------------------------------------------------------


def test_agent_first_the_agent_rings_until_both_talk_and_then_it_is_served():
    book = asked_for(Book(sales()))
    book >> Ready("1001") << Placed(CB, "1001") << Timer(OfferLost(CB, "1001"), 15 + 10 + 30)
    assert book.presence("1001") == "ringing"
    book >> Wait(20) >> Answered(CB, "1001") << Show("1001", "talking", call=CB) << Over(End.SERVED)
    assert book.hold.callbacks() == ()
    book >> Ended(CB, "1001") << Show("1001", "ready")


def test_an_agent_who_does_not_answer_misses_it_and_the_next_one_is_rung_with_the_place_kept():
    book = asked_for(Book(sales()))
    book >> Joined("c2") >> Ready("1001") << Placed(CB, "1001")
    book >> Ready("1002") << Offer("c2", "1002")
    book >> Ready("1003")
    book >> Missed(CB, "1001") << Withdraw(CB, "1001", Miss.NO_ANSWER)
    book << Placed(CB, "1003")
    assert (book.kept().attempt, book.kept().placed) == (1, 2)  # the customer's phone has not rung yet


def test_a_customer_who_is_not_reached_is_tried_again_after_the_gap_and_the_agent_needs_no_wrap_up():
    book = asked_for(Book(sales(queue_rules={"wrap_up_seconds": 60})))
    book >> Ready("1001") << Placed(CB, "1001")
    book >> Unreached(CB, "busy") << Withdraw(CB, "1001", Miss.CALLER_GONE) << Show("1001", "ready")
    book << Timer(CallbackDue("c1"), 300) << Rest(CB, "busy")
    book >> Joined("c2") << Offer("c2", "1001")
    book >> Left("c2") << Withdraw("c2", "1001", Miss.CALLER_GONE)
    book >> Wait(299) >> Wait(1) << Placed(CB2, "1001")


def test_after_the_last_attempt_it_is_given_up():
    book = asked_for(Book(sales(retries=0)))
    book >> Ready("1001") << Placed(CB, "1001")
    book >> Unreached(CB) << Withdraw(CB, "1001", Miss.CALLER_GONE) << Over(End.GIVEN_UP)
    assert book.presence("1001") == "ready"
    book >> Wait(10_000)


def test_after_a_failed_attempt_it_has_the_place_of_its_first_entry_again():
    book = Book(sales(offer_after_seconds=10_000)).keeps(ago=40)
    book >> Ready("1001") << Placed(CB, "1001")
    book >> Joined("c2", ago=39) >> Unreached(CB) << Withdraw(CB, "1001", Miss.CALLER_GONE)
    book << Offer("c2", "1001") << Rest(CB, "no_answer")
    book >> Answered("c2", "1001") >> Joined("c3", ago=30) >> Wait(300)
    assert book.kept().phase is Phase.WAITING
    book >> Ready("1002") << Placed(CB2, "1002")
    book >> Ready("1003") << Offer("c3", "1003")


def test_phones_of_which_nothing_is_heard_are_given_up_and_the_agent_is_free():
    book = asked_for(Book(sales()))
    book >> Ready("1001") << Placed(CB, "1001")
    book >> Wait(55) << Withdraw(CB, "1001", Miss.LOST) << Rest(CB, "lost")
    assert book.presence("1001") == "ready"


# --- customer first ---------------------------------------------------------------------------------------


def test_customer_first_the_reserved_agent_is_rung_when_the_customer_has_answered():
    book = asked_for(Book(sales(CallbackOrder.CUSTOMER_FIRST)))
    book >> Ready("1001") << Placed(CB, "1001", CallbackOrder.CUSTOMER_FIRST)
    book >> Wait(10) >> Joined(CB) << Timer(OfferLost(CB, "1001"), 25) << Connect(CB, "1001")
    book >> Answered(CB, "1001") << Over(End.SERVED)


def test_customer_first_an_agent_who_then_misses_leaves_the_customer_in_their_place():
    book = asked_for(Book(sales(CallbackOrder.CUSTOMER_FIRST)))
    book >> Ready("1001") << Placed(CB, "1001", CallbackOrder.CUSTOMER_FIRST)
    book >> Joined(CB) << Connect(CB, "1001")
    book >> Joined("c2", ago=20) >> Missed(CB, "1001") << Withdraw(CB, "1001", Miss.NO_ANSWER) << Offer("c2", "1001")
    book >> Joined(CB) >> Ready("1002") << Offer(CB, "1002")
    book >> Answered(CB, "1002") << Over(End.SERVED)


def test_customer_first_no_answer_frees_the_agent_at_once():
    book = asked_for(Book(sales(CallbackOrder.CUSTOMER_FIRST)))
    book >> Ready("1001") << Placed(CB, "1001", CallbackOrder.CUSTOMER_FIRST)
    book >> Unreached(CB) << Withdraw(CB, "1001", Miss.CALLER_GONE) << Rest(CB, "no_answer")
    assert book.presence("1001") == "ready"


def test_customer_first_a_customer_who_hangs_up_before_the_agent_answers_is_called_again():
    book = asked_for(Book(sales(CallbackOrder.CUSTOMER_FIRST)))
    book >> Ready("1001") << Placed(CB, "1001", CallbackOrder.CUSTOMER_FIRST)
    book >> Joined(CB) << Connect(CB, "1001")
    book >> Missed(CB, "1001", Miss.CALLER_GONE) << Withdraw(CB, "1001", Miss.CALLER_GONE) << Rest(CB, "hung_up")


def test_customer_first_a_customer_who_answers_without_an_agent_waits_like_anybody_in_the_old_place():
    book = asked_for(Book(sales(CallbackOrder.CUSTOMER_FIRST)))
    book >> Ready("1001") << Placed(CB, "1001", CallbackOrder.CUSTOMER_FIRST)
    book >> Wait(55) << Withdraw(CB, "1001", Miss.LOST) << Timer(CallbackLost(CB), 40)
    book >> Joined("c2", ago=10) << Offer("c2", "1001")
    book >> Joined("c3", ago=9) >> Joined(CB) << NoTimer(CallbackLost(CB))
    book >> Ready("1002") << Offer(CB, "1002")


# --- when it is not wanted any more -------------------------------------------------------------------------


def test_a_customer_who_calls_again_takes_the_callbacks_place():
    book = asked_for(Book(sales()), ago=100)
    book >> Joined("c2", ago=50)
    book >> Joined("c3", caller=Caller(number="+8613800138000")) << Over(End.CAME_BACK, by="c3")
    book >> Ready("1001") << Offer("c3", "1001")
    assert book.hold.callbacks() == ()


def test_an_answer_elsewhere_cancels_exactly_once():
    book = Book(sales(), queue("parts", (0, {"parts": 1})))
    book.keeps() >> Joined("c2", "parts", ago=100, caller=HIM)
    book >> Ready("1001", parts=1) << Offer("c2", "1001")
    book >> Answered("c2", "1001") << Over(End.SERVED_OTHERWISE, by="c2")
    book >> Ended("c2", "1001")
    book >> Wait(1000)


def test_an_answer_elsewhere_while_phones_ring_for_it_lets_the_attempt_be_the_last():
    book = Book(sales(), queue("parts", (0, {"parts": 1})))
    book.keeps() >> Ready("1001") << Placed(CB, "1001")
    book >> Joined("c2", "parts", caller=HIM) >> Ready("1002", parts=1) << Offer("c2", "1002")
    book >> Answered("c2", "1002")
    book >> Unreached(CB, "busy") << Withdraw(CB, "1001", Miss.CALLER_GONE) << Over(End.SERVED_OTHERWISE)


def test_there_is_one_callback_for_each_number():
    book = Book(sales(), sales(name="parts"))
    asked_for(book, ago=100)
    book.refuses(Requested("c9", queue="parts"), "promised already")
    book >> Requested("c2", number="+8613800138000") << Release("c2", outcome=Outcome.CALLBACK_REQUESTED)
    assert [(kept.of, kept.entered) for kept in book.hold.callbacks()] == [("c1", NOON - timedelta(seconds=100))]


def test_who_has_a_callback_elsewhere_is_not_offered_another_one():
    book = Book(sales(), sales(name="parts"))
    book.keeps() >> Joined("c2", "parts", caller=HIM) >> Wait(100)


def test_a_queue_that_offers_none_refuses():
    Book(queue("sales")).refuses(Requested("c1"), "offers no callbacks")


def test_it_can_be_cancelled_once():
    book = asked_for(Book(sales()))
    book >> Cancelled("c1") << Over(End.CANCELLED)
    book.refuses(Cancelled("c1"), "no callback")
    book >> Ready("1001")
    assert book.presence("1001") == "ready"


def test_cancelled_while_phones_ring_it_is_not_tried_again():
    book = asked_for(Book(sales()))
    book >> Ready("1001") << Placed(CB, "1001")
    book >> Cancelled("c1") >> Unreached(CB) << Withdraw(CB, "1001", Miss.CALLER_GONE) << Over(End.CANCELLED)


def test_cancelled_while_it_rests_its_timer_goes():
    book = asked_for(Book(sales()))
    book >> Ready("1001") << Placed(CB, "1001")
    book >> Unreached(CB) << Withdraw(CB, "1001", Miss.CALLER_GONE) << Rest(CB, "no_answer")
    book >> Cancelled("c1") << NoTimer(CallbackDue("c1")) << Over(End.CANCELLED)
    book >> Fired(CallbackDue("c1"))


def test_it_ends_with_its_queue():
    book = asked_for(Book(sales()))
    book >> QueueRemoved("sales") << Release(CB, outcome=Outcome.OVERFLOW) << Over(End.WITHDRAWN)


# --- when customers may be called ---------------------------------------------------------------------------


class Until:
    """A window that closes at an instant and opens again an hour later."""

    def __init__(self, closes):
        self.closes = closes

    def is_open(self, instant):
        return not self.closes <= instant < self.closes + timedelta(hours=1)


def test_outside_the_window_it_rests_and_nobody_is_reserved_and_inside_again_it_has_its_place():
    window = Until(NOON + timedelta(minutes=5))
    book = Book(sales(window=window))
    asked_for(book)
    book >> Wait(300) >> Ready("1001") << Withdraw(CB, "1001", Miss.CALLER_GONE) << Rest(CB, "window")
    assert book.presence("1001") == "ready"
    book >> Joined("c2") << Offer("c2", "1001")
    book >> Left("c2") << Withdraw("c2", "1001", Miss.CALLER_GONE)
    book >> Wait(3540) >> Wait(60) << Placed(CB, "1001")


def test_asked_for_outside_the_window_it_waits_for_the_opening():
    book = Book(sales(window=Until(NOON)))
    book >> Ready("1001")
    book >> Requested("c1") << Release("c1") << Rest(CB, "window")
    book >> Wait(3599) >> Wait(61) << Placed(CB, "1001")


# --- a new engine -------------------------------------------------------------------------------------------


def promised(**changes):
    """What the engine before this one had promised."""
    return replace(asked_for(Book(sales()), ago=100).kept(), **changes)


def test_a_restored_callback_stands_in_its_old_place():
    book = Book(sales())
    book >> Joined("c2", ago=90) >> Restored(promised()) >> Ready("1001") << Placed(CB, "1001")


def test_restored_twice_it_is_there_once():
    book = Book(sales())
    book >> Restored(promised()) >> Restored(promised())
    assert len(book.hold.callbacks()) == 1


def test_restored_while_it_rests_it_goes_on_resting():
    book = Book(sales())
    book >> Ready("1001") >> Restored(promised(attempt=2, due=NOON + timedelta(seconds=70)))
    book >> Wait(69) >> Wait(1) << Placed(CB2, "1001")


def test_a_talk_that_a_dead_engine_had_begun_is_served_not_called_twice():
    book = Book(sales())
    book >> Ready("1001") >> Restored(promised(), under_way=True) << Timer(CallbackLost(CB), 40)
    book >> Talked(CB) << NoTimer(CallbackLost(CB)) << Over(End.SERVED)
    book >> Wait(1000)


def test_an_attempt_of_a_dead_engine_that_came_to_nothing_is_followed_by_the_next():
    book = Book(sales())
    book >> Ready("1001") >> Restored(promised(), under_way=True)
    book >> Wait(40) << Rest(CB, "lost")
    book >> Wait(300) << Placed(CB2, "1001")
