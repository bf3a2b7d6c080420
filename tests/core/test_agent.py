"""Presence is one table: every pair is either in it or refused, and a refusal changes nothing."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from cti.core.agent import TRANSITIONS, WRAP_UPS, Agent, Signal, after
from cti.core.words import AgentCard, Presence, WrapUpMode
from cti.errors import IllegalTransition

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FACTS = {Signal.BUSIED, Signal.FREED}


def agent(presence: Presence) -> Agent:
    card = AgentCard(agent="1001", name="Li", phone="PJSIP/1001")
    return Agent(card=card, since=NOON, idle_since=NOON, presence=presence, reason="tea", call="c1")


ASKED = {
    Signal.WRAP_UP_ASKED: "ask for a wrap-up",
    Signal.WRAP_UP_ENDED: "end a wrap-up",
    Signal.DISPOSED: "say how a call ended",
}


@pytest.mark.parametrize(("presence", "signal"), list(itertools.product(Presence, Signal)))
def test_every_pair_is_in_the_table_or_refused_without_a_change(presence, signal):
    somebody = agent(presence)
    if signal in TRANSITIONS[presence]:
        somebody.take(signal, NOON)
        assert somebody.presence is after(presence, signal) is TRANSITIONS[presence][signal]
    else:
        who = "in wrap-up" if presence is Presence.WRAP_UP else presence
        with pytest.raises(IllegalTransition, match=f"an agent who is {who} cannot {ASKED.get(signal, 'be')}"):
            somebody.take(signal, NOON + timedelta(seconds=1))
        assert somebody == agent(presence)


@pytest.mark.parametrize(("mode", "signal"), list(itertools.product(WRAP_UPS, Signal)))
def test_every_pair_of_a_wrap_up_is_in_its_table_or_refused_without_a_change(mode, signal):
    somebody, before = agent(Presence.WRAP_UP), agent(Presence.WRAP_UP)
    somebody.wrap_up = before.wrap_up = mode
    if signal in WRAP_UPS[mode]:
        somebody.take(signal, NOON)
        assert somebody.presence is after(Presence.WRAP_UP, signal, mode) is WRAP_UPS[mode][signal]
    else:
        with pytest.raises(IllegalTransition, match=f"who is in wrap-up cannot {ASKED.get(signal, 'be')}"):
            somebody.take(signal, NOON + timedelta(seconds=1))
        assert somebody == before


@pytest.mark.parametrize(
    ("presence", "signal", "said"),
    [
        (Presence.READY, Signal.WRAP_UP_ENDED, "an agent who is ready cannot end a wrap-up"),
        (Presence.READY, Signal.WRAP_UP_ASKED, "an agent who is ready cannot ask for a wrap-up"),
        (Presence.RINGING, Signal.DISPOSED, "an agent who is ringing cannot say how a call ended"),
        (Presence.WRAP_UP, Signal.LOGGED_IN, "an agent who is in wrap-up cannot be logged in"),
    ],
)
def test_what_is_refused_is_said_in_words(presence, signal, said):
    with pytest.raises(IllegalTransition, match=f"^{said}$"):
        after(presence, signal)


def test_only_the_end_of_the_time_or_a_disposition_ends_a_wrap_up_that_must_be_sat_out():
    def ends(mode):
        return {signal for signal, to in WRAP_UPS[mode].items() if to is not Presence.WRAP_UP}

    assert ends(WrapUpMode.TIMED_NO_EARLY_EXIT) == {Signal.WRAP_UP_RAN_OUT}
    assert ends(WrapUpMode.MANDATORY_DISPOSITION) == {Signal.DISPOSED}
    assert set(WRAP_UPS) == set(WrapUpMode) - {WrapUpMode.NONE}


def test_every_presence_is_in_the_table_and_can_be_reached_and_left():
    assert set(TRANSITIONS) == set(Presence)
    for presence in Presence:
        assert presence in {to for at, row in TRANSITIONS.items() if at is not presence for to in row.values()}
        assert set(TRANSITIONS[presence].values()) - {presence}


def test_a_fact_about_the_phone_is_possible_in_every_presence():
    assert all(set(row) >= FACTS for row in TRANSITIONS.values())


def test_only_a_ready_agent_can_be_offered_a_call():
    assert [presence for presence in Presence if Signal.OFFERED in TRANSITIONS[presence]] == [Presence.READY]


def test_an_illegal_request_names_the_agent():
    with pytest.raises(IllegalTransition, match="agent 1001: an agent who is offline cannot be paused"):
        agent(Presence.OFFLINE).allow(Signal.PAUSED)


def test_since_is_kept_while_the_presence_stays():
    somebody = agent(Presence.PAUSED)
    somebody.take(Signal.PAUSED, NOON + timedelta(seconds=5), reason="lunch")
    assert (somebody.since, somebody.reason) == (NOON, "lunch")
    somebody.take(Signal.UNPAUSED, NOON + timedelta(seconds=9))
    assert (somebody.since, somebody.idle_since, somebody.reason) == (NOON + timedelta(seconds=9),) * 2 + ("",)


def test_agent_numbers_sort_as_numbers():
    agents = [Agent(card=AgentCard(agent=n, name="", phone=""), since=NOON, idle_since=NOON) for n in ("1001", "999")]
    assert [a.agent for a in sorted(agents, key=lambda a: a.order)] == ["999", "1001"]
