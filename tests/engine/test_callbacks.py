"""Callbacks at the edge: what is originated, what a confirmation gets, what is written down and read back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cti.core import callback as cb
from cti.core import events as ev
from cti.core.callback import Callback, End, Phase
from cti.core.commands import OfferCall
from cti.core.words import CallbackOrder, Caller, Verdict
from cti.engine.callbacks import Callbacks, Dialling
from cti.engine.promises import open_promises
from cti.errors import AgiRefused, Refused
from cti.journal.engine_log import EngineJournal

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEPT = Callback(
    of="1763781345.12",
    number="+8613800138000",
    queue="sales",
    entered=NOON - timedelta(seconds=90),
    requested=NOON,
    caller=Caller(number="+8613800138000", name="李明", language="zh", path="main:1", digits=(("main", "1"),)),
    need=(("engine", 50),),
    priority=2,
    prefer="1002",
    placed=1,
    phase=Phase.DIALLING,
    agent="1001",
)
OFFER = OfferCall(
    call=KEPT.call,
    agent="1001",
    phone="PJSIP/1001",
    queue="sales",
    ring_seconds=15,
    waited_seconds=120,
    caller=KEPT.caller,
)


class FakeDesk:
    def __init__(self):
        self.keeps_places = True
        self.kept: tuple[Callback, ...] = ()
        self.posted, self.requests, self.steps, self.refusal = [], [], [], None

    def promised(self):
        return self.kept

    def post(self, event):
        self.posted.append(event)

    async def request(self, event):
        if self.refusal:
            raise self.refusal
        self.requests.append(event)

    def phone_of(self, agent):
        return f"PJSIP/{agent}"

    def show_waiting(self, event):
        self.steps.append(("waiting", event.call))

    def show_ended(self, call, at):
        self.steps.append(("ended", call))

    def show_offer(self, offer, at):
        self.steps.append(("pop", offer.agent))

    def expect(self, call, agent, phone, leg=None):
        self.steps.append(("expect", call, agent, leg))

    def decide(self, call, verdict, variables=()):
        self.steps.append((verdict, call, variables))
        return True


class Edge:
    """Callbacks with everything around them faked; `sent` are the actions, `lines` the journal."""

    def __init__(self, tmp_path=None, *, up=True, allows=True):
        self.desk, self.sent, self.lines, self.up = FakeDesk(), [], [], up
        self.journal = EngineJournal(tmp_path / "engine.jsonl") if tmp_path else None
        self.callbacks = Callbacks(self.desk, self.send, self.write)
        line_of = lambda number: number  # noqa: E731
        self.callbacks.configure(Dialling(trunk="itsp", caller_id="400", allows=lambda _: allows, line_of=line_of))

    def send(self, action, headers):
        if self.up:
            self.sent.append((action, headers))
            self.desk.steps.append((action,))
        return self.up

    def write(self, kind, at, **values):
        self.lines.append((kind, values))
        if self.journal:
            self.journal.append(kind, at, **values)

    def perform(self, command, at=NOON):
        self.callbacks.performers[type(command)](command, at)


class FakeSession:
    def __init__(self, *arguments):
        self.args, self.variables = arguments, None

    async def finish(self, pairs):
        self.variables = list(pairs)


ASK = ["queue=sales", "call=1763781345.12", "number=13800138000", "entered=1772452700.000", "need=engine=50"]


def place(order):
    return cb.PlaceCallback(callback=KEPT, offer=OFFER, order=order, ring_seconds=30)


# --- originate ------------------------------------------------------------------------------------------


def test_agent_first_the_agents_phone_is_dialled_into_our_context_after_the_pop():
    edge = Edge()
    edge.perform(place(CallbackOrder.AGENT_FIRST))
    leg = "agent1-1763781345.12"
    assert edge.desk.steps == [("expect", KEPT.call, "1001", leg), ("pop", "1001"), ("Originate",)]
    ((action, headers),) = edge.sent
    assert action == "Originate"
    assert headers == {
        "Channel": "PJSIP/1001",
        "Context": "cti-callback-agent",
        "Exten": "+8613800138000",
        "Priority": "1",
        "Timeout": "15000",
        "CallerID": "<+8613800138000>",
        "Async": "true",
        "ChannelId": leg,
        "Variable": [
            "CTI_QUEUE=sales",
            "CTI_CALLID=callback1-1763781345.12",
            "CTI_LANGUAGE=zh",
            "CTI_PRIORITY=4",
            "CTI_AGENT=1001",
            "CTI_RING=30",
        ],
    }


def test_customer_first_the_number_is_dialled_on_the_trunk_and_the_agent_is_only_reserved():
    edge = Edge()
    edge.perform(place(CallbackOrder.CUSTOMER_FIRST))
    ((_, headers),) = edge.sent
    assert (headers["Channel"], headers["Context"]) == ("PJSIP/+8613800138000@itsp", "cti-callback-customer")
    assert (headers["ChannelId"], headers["Timeout"], headers["CallerID"]) == (KEPT.call, "30000", "<400>")
    assert ("expect", KEPT.call, "1001", None) in edge.desk.steps


@pytest.mark.parametrize("language", ["zh\r\nAction: Originate", "a,CTI_AGENT=1", "${SHELL(id)}", "x" * 3 + " y"])
def test_nothing_but_names_and_numbers_goes_into_a_variable(language):
    edge = Edge()
    kept = replace(KEPT, caller=replace(KEPT.caller, language=language))
    edge.perform(cb.PlaceCallback(callback=kept, offer=OFFER, order=CallbackOrder.AGENT_FIRST, ring_seconds=30))
    assert "CTI_LANGUAGE=" in edge.sent[0][1]["Variable"]


def test_without_a_link_nothing_is_kept_for_later_and_the_attempt_has_failed():
    edge = Edge(up=False)
    edge.perform(place(CallbackOrder.AGENT_FIRST))
    assert edge.desk.posted == [cb.CallbackUnreached(at=NOON, call=KEPT.call, why="unreachable")]


def test_a_site_that_no_longer_calls_outside_dials_nobody():
    edge = Edge()
    edge.callbacks.configure(None)
    edge.perform(place(CallbackOrder.CUSTOMER_FIRST))
    assert edge.sent == []
    assert edge.desk.posted


def test_when_the_customer_is_on_the_line_the_reserved_agent_is_rung():
    edge = Edge()
    edge.perform(cb.ConnectCallback(call=KEPT.call, agent="1001", ring_seconds=15))
    ring = (("CTI_AGENT", "1001"), ("CTI_DIAL", "PJSIP/1001"), ("CTI_RING", "15"))
    assert edge.desk.steps == [("expect", KEPT.call, "1001", None), (Verdict.DIAL, KEPT.call, ring)]


# --- the confirmation -------------------------------------------------------------------------------------


async def test_a_confirmed_number_is_kept_and_the_verdict_is_set_last():
    edge, session = Edge(), FakeSession(*ASK, "callback=13900139000")
    await edge.callbacks.serve(session)
    assert session.variables == [("CTI_STATE", "callback"), ("CTI_CALLBACK_VERDICT", "kept")]
    (asked,) = edge.desk.requests
    assert (asked.call, asked.number, asked.queue, asked.need) == (
        "1763781345.12",
        "13900139000",
        "sales",
        (("engine", 50),),
    )
    assert asked.caller.number == "13800138000"


async def test_a_number_that_the_site_does_not_call_is_refused_before_anybody_is_asked():
    edge, session = Edge(allows=False), FakeSession(*ASK, "callback=16812345")
    await edge.callbacks.serve(session)
    assert session.variables == [("CTI_CALLBACK_VERDICT", "refused")]
    assert edge.desk.requests == []


async def test_what_the_core_refuses_is_refused():
    edge, session = Edge(), FakeSession(*ASK, "callback=13900139000")
    edge.desk.refusal = Refused("a callback to this number is promised already")
    await edge.callbacks.serve(session)
    assert session.variables == [("CTI_CALLBACK_VERDICT", "refused")]


@pytest.mark.parametrize("numbers", [[], ["callback=1", "callback=2"]])
async def test_a_dialplan_that_sends_no_number_or_two_is_foreign(numbers):
    with pytest.raises(AgiRefused):
        await Edge().callbacks.serve(FakeSession(*ASK, *numbers))


# --- written down and read back -----------------------------------------------------------------------------


def read_back(tmp_path, log=""):
    (tmp_path / "queue_log").write_text(log)
    return open_promises(tmp_path / "engine.jsonl", tmp_path / "queue_log")


def test_what_was_promised_is_read_back_whole(tmp_path):
    edge = Edge(tmp_path)
    edge.perform(cb.KeepCallback(callback=KEPT))
    assert read_back(tmp_path) == [KEPT]


def test_the_last_state_counts_and_what_is_over_is_over(tmp_path):
    edge = Edge(tmp_path)
    other = replace(KEPT, of="1763781345.99", number="13900139000", phase=Phase.WAITING, agent=None)
    later = replace(other, attempt=2, phase=Phase.RESTING, due=NOON + timedelta(minutes=5), doomed=End.CANCELLED)
    for kept in (KEPT, other):
        edge.perform(cb.KeepCallback(callback=kept))
    edge.perform(cb.RestCallback(callback=later, call=other.call, due=later.due, why="busy"))
    edge.perform(cb.EndCallback(callback=KEPT, why=End.SERVED))
    assert read_back(tmp_path) == [later]


def test_a_talk_that_the_dialplan_logged_while_there_was_no_engine_is_not_called_again(tmp_path):
    edge = Edge(tmp_path)
    edge.perform(cb.KeepCallback(callback=KEPT))
    assert read_back(tmp_path, f"1772452800|{KEPT.call}|sales|1001|RINGNOANSWER|1000\n") == [KEPT]
    assert read_back(tmp_path, f"1772452800|{KEPT.call}|sales|1001|CONNECT|0|agent1-1763781345.12|3\n") == []


async def test_a_start_reads_no_further_than_the_last_time_that_all_was_told(tmp_path):
    edge = Edge(tmp_path)
    stale = replace(KEPT, of="1763781345.1")
    edge.perform(cb.KeepCallback(callback=stale))  # its end is lost: what is told later does not have it
    edge.desk.kept = (KEPT,)
    edge.callbacks.begin_checkpoints()
    edge.callbacks.close()
    assert read_back(tmp_path) == [KEPT]
    edge.desk.kept = ()
    edge.callbacks.begin_checkpoints()
    edge.callbacks.close()
    assert read_back(tmp_path) == []


def test_a_line_that_cannot_be_read_costs_that_callback_only(tmp_path):
    edge = Edge(tmp_path)
    edge.perform(cb.KeepCallback(callback=KEPT))
    line = json.dumps({"kind": "callback", "at": NOON.isoformat(), "call": "callback1-9.9", "of": "9.9"})
    with (tmp_path / "engine.jsonl").open("a") as file:
        file.write(line.replace(": ", ":") + "\n")
    assert read_back(tmp_path) == [KEPT]


def test_legs_of_a_former_engine_are_watched_in_either_order():
    edge = Edge()
    (restored,) = edge.callbacks.restore([KEPT], NOON, under_way=True)
    assert restored == cb.CallbackRestored(at=NOON, callback=KEPT, under_way=True)
    told = edge.callbacks.placed.handle(ev.LegBridged(at=NOON, leg="agent1-1763781345.12", bridge="b"))
    assert told == [cb.CallbackTalked(at=NOON, call=KEPT.call)]
    assert edge.callbacks.restore([KEPT], NOON, under_way=False) == []


def test_screens_show_it_as_a_caller_who_waits_and_no_longer_when_it_rests():
    edge = Edge()
    edge.perform(cb.LineUpCallback(callback=KEPT))
    edge.perform(cb.RestCallback(callback=KEPT, call=KEPT.call, due=NOON, why="busy"))
    assert edge.desk.steps == [("waiting", KEPT.call), ("ended", KEPT.call)]


def test_the_caller_who_pressed_the_key_gets_the_verdict():
    edge = Edge()
    edge.perform(cb.AskForCallback(call="c1"))
    assert edge.desk.steps == [(Verdict.CALLBACK, "c1", ())]
