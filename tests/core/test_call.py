"""The call tracker: legs as Asterisk tells them, read as what agents and callers did."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti.core import events as ev
from cti.core.call import CallTracker
from cti.core.words import Miss

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PHONES = {"PJSIP/1001": "1001", "PJSIP/1002": "1002"}


class Switch:
    """An Asterisk in words: each method is one AMI event; the facts told so far are in `facts`."""

    def __init__(self) -> None:
        self.tracker = CallTracker()
        self.tracker.set_phones(PHONES)
        self.facts: list[tuple] = []
        self.note(self.tracker.refresh(NOON))

    def note(self, facts) -> None:
        for fact in facts:
            values = {name: getattr(fact, name) for name in fact.__slots__ if name != "at"}
            self.facts.append((type(fact).__name__, *values.values()))

    def happened(self) -> list[tuple]:
        facts, self.facts = self.facts, []
        return facts

    def tell(self, kind, **fields) -> None:
        self.note(self.tracker.handle(kind(at=NOON, **fields)))

    def created(self, leg, phone, **fields):
        self.tell(ev.LegCreated, leg=leg, linked=fields.pop("linked", leg), phone=phone, **fields)

    def dials(self, caller, callee):
        self.tell(ev.DialBegan, caller=caller, callee=callee)

    def dialled(self, caller, callee, result):
        self.tell(ev.DialEnded, caller=caller, callee=callee, result=result)

    def bridged(self, bridge, *legs):
        for leg in legs:
            self.tell(ev.LegBridged, leg=leg, bridge=bridge)

    def unbridged(self, bridge, *legs):
        for leg in legs:
            self.tell(ev.LegUnbridged, leg=leg, bridge=bridge)

    def ended(self, *legs):
        for leg in legs:
            self.tell(ev.LegEnded, leg=leg)

    def caller(self, leg="c1"):
        self.created(leg, "PJSIP/itsp", number="13800138000")
        self.tracker.introduce(leg)

    def rings(self, leg="a1", phone="PJSIP/1001", call="c1"):
        self.tracker.expect(call, PHONES[phone], phone)
        self.created(leg, phone, linked=call)
        self.dials(call, leg)

    def talks(self, leg="a1", phone="PJSIP/1001", call="c1"):
        self.rings(leg, phone, call)
        self.tell(ev.LegAnswered, leg=leg)
        self.dialled(call, leg, "ANSWER")
        self.bridged("b1", leg, call)


@pytest.fixture
def switch():
    switch = Switch()
    switch.caller()
    return switch


ANSWERED, ENDED = ("OfferAnswered", "c1", "1001"), ("TalkEnded", "c1", "1001")
BUSY, FREE = ("AgentBusied", "1001"), ("AgentFreed", "1001")


def test_an_offer_that_rings_is_not_the_phones_own_call(switch):
    switch.rings()
    assert switch.happened() == []


def test_an_answered_offer_and_its_end(switch):
    switch.talks()
    assert switch.happened() == [ANSWERED]
    switch.unbridged("b1", "c1", "a1")
    switch.ended("a1", "c1")
    assert switch.happened() == [ENDED]
    assert switch.tracker.known_legs() == frozenset()


def test_a_miss_is_left_to_the_dialplan_to_tell(switch):
    switch.rings()
    switch.dialled("c1", "a1", "NOANSWER")
    switch.tracker.forget("c1", "1001")
    switch.ended("a1")
    assert switch.happened() == []


def test_a_caller_who_hangs_up_while_it_rings_ends_the_offer_and_then_leaves_once(switch):
    switch.rings()
    switch.dialled("c1", "a1", "CANCEL")
    assert switch.happened() == [("OfferMissed", "c1", "1001", Miss.CALLER_GONE)]
    switch.ended("a1", "c1")
    assert switch.happened() == [("CallerLeft", "c1")], "the offer's end frees the agent, this takes them off the floor"
    switch.ended("c1")
    assert switch.happened() == []


def test_a_caller_whom_a_colleague_picked_up_waits_no_longer_and_the_colleague_is_on_the_phone(switch):
    switch.rings()
    switch.created("p", "PJSIP/1002")  # dials the code; then Asterisk puts its channel in the place of the ringing one
    assert switch.happened() == [("AgentBusied", "1002")]
    switch.ended("a1")
    switch.dialled("c1", "p", "ANSWER")
    switch.bridged("b1", "p", "c1")
    assert switch.happened() == [("CallerLeft", "c1")]
    switch.tracker.forget("c1", "1001")
    switch.unbridged("b1", "p", "c1")
    switch.ended("p", "c1")
    assert switch.happened() == [("AgentFreed", "1002")]


def test_a_caller_who_hangs_up_while_waiting_left(switch):
    switch.ended("c1")
    assert switch.happened() == [("CallerLeft", "c1")]


def test_a_caller_gone_without_the_dials_end_left_and_the_ringing_leg_stays_quiet(switch):
    switch.rings()
    switch.ended("c1")
    assert switch.happened() == [("CallerLeft", "c1")]
    switch.tracker.forget("c1", "1001")
    assert switch.tracker.refresh(NOON) == []
    switch.ended("a1")
    assert switch.happened() == []


def test_a_blind_transfer_ends_the_talk_though_the_caller_lives_on(switch):
    switch.talks()
    switch.unbridged("b1", "a1")
    switch.ended("a1")
    assert switch.happened() == [ANSWERED, ENDED]
    switch.created("x", "PJSIP/1002")
    switch.dials("c1", "x")
    assert switch.happened() == [("AgentBusied", "1002")]
    switch.ended("x", "c1")
    assert switch.happened() == [("AgentFreed", "1002")]


def test_a_consultation_by_keys_that_is_given_up_or_becomes_a_conference_is_still_the_call(switch):
    switch.talks()
    switch.happened()
    switch.unbridged("b1", "a1")
    switch.bridged("b2", "a1")
    switch.unbridged("b2", "a1")  # back to the caller, who has heard music in b1
    switch.bridged("b1", "a1")
    assert switch.happened() == []
    switch.unbridged("b1", "a1")
    switch.ended("a1")
    assert switch.happened() == [ENDED]


def test_consulting_a_colleague_is_still_the_call_until_the_transfer_is_done(switch):
    switch.talks()
    switch.happened()
    switch.unbridged("b1", "a1")  # the caller hears music in b1
    switch.created("x", "PJSIP/1002")
    switch.dials("a1", "x")
    switch.bridged("b2", "a1", "x")
    assert switch.happened() == [("AgentBusied", "1002")]
    switch.unbridged("b2", "a1")
    switch.unbridged("b1", "c1")
    switch.bridged("b2", "c1")
    assert switch.happened() == [BUSY, ENDED]
    switch.ended("a1")
    assert switch.happened() == [FREE]


def test_a_leg_that_outlives_its_caller_is_the_phones_own(switch):
    switch.talks()
    switch.happened()
    switch.unbridged("b1", "c1", "a1")
    switch.ended("c1")
    assert switch.happened() == [BUSY, ENDED]
    switch.ended("a1")
    assert switch.happened() == [FREE]


def test_direct_and_outbound_calls_make_the_agent_busy_until_the_last_leg_ends():
    switch = Switch()
    switch.created("a1", "PJSIP/1001", exten="013800138000")
    switch.created("a2", "PJSIP/1001")
    assert switch.happened() == [BUSY]
    switch.ended("a1")
    assert switch.happened() == []
    switch.ended("a2")
    assert switch.happened() == [FREE]


def test_the_fallback_queue_makes_the_agent_busy(switch):
    switch.created("a1", "PJSIP/1001")
    switch.dials("c1", "a1")
    switch.dialled("c1", "a1", "ANSWER")
    switch.bridged("b", "c1", "a1")
    assert switch.happened() == [BUSY, ("CallerLeft", "c1")]
    switch.ended("c1", "a1")
    assert switch.happened() == [FREE]


def test_another_call_to_a_phone_with_an_offer_is_not_taken_for_it(switch):
    switch.tracker.expect("c1", "1001", "PJSIP/1001")
    switch.created("o", "PJSIP/1002")
    switch.created("d", "PJSIP/1001")
    assert switch.happened() == [("AgentBusied", "1002")]
    switch.dials("o", "d")
    assert switch.happened() == [BUSY]
    switch.dialled("o", "d", "ANSWER")
    assert switch.happened() == []


def test_dialling_out_while_an_offer_is_expected_is_seen_when_it_goes_up(switch):
    switch.tracker.expect("c1", "1001", "PJSIP/1001")
    switch.created("d", "PJSIP/1001")
    assert switch.happened() == []
    switch.tell(ev.LegAnswered, leg="d")
    assert switch.happened() == [BUSY]


def test_an_offer_forgotten_but_answered_is_the_phones_own_call(switch):
    switch.rings()
    switch.tell(ev.LegAnswered, leg="a1")
    switch.tracker.forget("c1", "1001")
    switch.note(switch.tracker.refresh(NOON))
    assert switch.happened() == [BUSY]
    switch.dialled("c1", "a1", "ANSWER")
    switch.bridged("b1", "a1")
    assert switch.happened() == []


def test_a_bridge_answers_when_the_dials_end_was_lost(switch):
    switch.rings()
    switch.bridged("b1", "a1", "c1")
    switch.dialled("c1", "a1", "ANSWER")
    assert switch.happened() == [ANSWERED]


def test_events_of_legs_never_seen_are_ignored():
    switch = Switch()
    switch.tracker.expect("c1", "1001", "PJSIP/1001")
    switch.dials("c1", "ghost")
    switch.dialled("c1", "ghost", "ANSWER")
    switch.bridged("b", "ghost", "c1")
    switch.ended("ghost", "c1")
    assert switch.happened() == []
    assert switch.tracker.known_legs() == frozenset()


def test_a_caller_never_seen_cannot_turn_a_leg_into_the_offers():
    switch = Switch()
    switch.tracker.expect("c1", "1001", "PJSIP/1001")
    switch.created("a1", "PJSIP/1001")
    switch.dials("c1", "a1")
    switch.dialled("c1", "a1", "ANSWER")
    assert switch.happened() == []


def test_a_fastagi_session_proves_a_leg_that_was_not_seen_created():
    switch = Switch()
    switch.tracker.introduce("c1", channel="PJSIP/itsp-1", number="1380")
    switch.talks()
    assert switch.happened() == [ANSWERED]
    assert switch.tracker.channel_of("c1") == "PJSIP/itsp-1"


def test_a_phone_that_cannot_be_rung_is_told_once():
    switch = Switch()
    for reachable in (True, False, False, True):
        switch.tell(ev.PhoneReachable, phone="PJSIP/1001", reachable=reachable)
    switch.tell(ev.PhoneReachable, phone="PJSIP/itsp", reachable=False)
    assert switch.happened() == [("AgentReachable", "1001", False), ("AgentReachable", "1001", True)]


def test_phones_learnt_after_the_snapshot_tell_who_is_busy():
    switch = Switch()
    switch.tracker.set_phones({})
    switch.created("a1", "PJSIP/1001", up=True)
    assert switch.happened() == []
    switch.tracker.set_phones(PHONES)
    switch.note(switch.tracker.refresh(NOON))
    assert switch.happened() == [BUSY]


def test_a_snapshot_of_a_known_leg_does_not_take_its_talk_away(switch):
    switch.talks()
    switch.created("a1", "PJSIP/1001", linked="c1", channel="PJSIP/1001-00000009", up=True)
    assert switch.happened() == [ANSWERED]
    assert switch.tracker.channel_of("a1") == "PJSIP/1001-00000009"
    switch.ended("a1")
    assert switch.happened() == [ENDED]


LEG = st.sampled_from(["c1", "c2", "a1", "a2"])
PHONE = st.sampled_from(["PJSIP/itsp", "PJSIP/1001", "PJSIP/1002"])
BRIDGE = st.sampled_from(["b1", "b2"])
EVENTS = st.one_of(
    st.builds(ev.LegCreated, at=st.just(NOON), leg=LEG, linked=LEG, phone=PHONE, up=st.booleans()),
    st.builds(ev.LegAnswered, at=st.just(NOON), leg=LEG),
    st.builds(ev.LegRelinked, at=st.just(NOON), leg=LEG, linked=LEG),
    st.builds(ev.DialBegan, at=st.just(NOON), caller=LEG | st.just(""), callee=LEG),
    st.builds(
        ev.DialEnded, at=st.just(NOON), caller=LEG, callee=LEG, result=st.sampled_from(["ANSWER", "CANCEL", "BUSY"])
    ),
    st.builds(ev.LegBridged, at=st.just(NOON), leg=LEG, bridge=BRIDGE),
    st.builds(ev.LegUnbridged, at=st.just(NOON), leg=LEG, bridge=BRIDGE),
    st.builds(ev.LegEnded, at=st.just(NOON), leg=LEG),
    st.tuples(st.just("introduce"), LEG),
    st.tuples(st.just("expect"), LEG, st.sampled_from(["1001", "1002"])),
    st.tuples(st.just("forget"), LEG, st.sampled_from(["1001", "1002"])),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=40))
def test_any_order_of_events_is_survived_and_leaves_nothing_behind(events):
    switch = Switch()
    for event in events:
        match event:
            case ("introduce", leg):
                switch.tracker.introduce(leg)
            case ("expect", call, agent):
                switch.tracker.expect(call, agent, f"PJSIP/{agent}")
            case ("forget", call, agent):
                switch.tracker.forget(call, agent)
            case _:
                switch.note(switch.tracker.handle(event))
    for call in ("c1", "c2", "a1", "a2"):
        for agent in ("1001", "1002"):
            switch.tracker.forget(call, agent)
    switch.ended("c1", "c2", "a1", "a2")
    facts = switch.happened()
    for agent in ("1001", "1002"):
        busy = [fact[0] for fact in facts if fact in (("AgentBusied", agent), ("AgentFreed", agent))]
        assert busy == ["AgentBusied", "AgentFreed"] * (len(busy) // 2)
    for call in ("c1", "c2", "a1", "a2"):
        taken = [f for f in facts if f[0] == "OfferAnswered" and f[1] == call]
        assert len(taken) == len([f for f in facts if f[0] == "TalkEnded" and f[1] == call])
    assert left_behind(switch.tracker) == []


def left_behind(tracker: CallTracker) -> list[str]:
    names = ("_legs", "_on_phone", "_offers", "_talkers", "_waiting", "_told_busy", "_stale")
    return [name for name in names if getattr(tracker, name)]
