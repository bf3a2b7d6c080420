"""The live floor: what feed and phones tell is what is drawn, and nothing from outside becomes a command."""

import io
from datetime import UTC, datetime, timedelta

from rich.console import Console

from cti.phones import PhoneEvent
from cti.stage.live_floor import LiveFloor
from cti.stage.live_view import ago, counters, draw, line
from cti.stage.watcher import Seen

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
AGENT = {"agent": "1001", "name": "王芳", "presence": "ready", "reason": "", "since": AT.isoformat(), "call": None}
QUEUE = {"queue": "sales", "waiting": 1, "ready": 2, "oldest": AT.isoformat()}
CALL = {
    "call": "c1",
    "queue": "sales",
    "number": "13901230001",
    "name": "",
    "language": "zh",
    "path": "language:1>main:1",
    "state": "waiting",
    "agent": None,
    "entered": AT.isoformat(),
    "since": AT.isoformat(),
}
POP = {**CALL, "agent": "1001", "customer": "李明 · VIP", "digits": {}, "waited_seconds": 3.0, "offered_at": "x"}


def at(ms):
    return AT + timedelta(milliseconds=ms)


def seen(kind, data, ms=0):
    return Seen(at=at(ms), kind=kind, seq=1, data=data)


def invite(ms, agent="1001"):
    return PhoneEvent(at=at(ms), kind="invite", phone="agents-1", agent=agent, call_id=f"x{ms}", by_phone=False)


def told(*messages):
    floor = LiveFloor()
    floor.heard(seen("snapshot", {"agents": [AGENT], "queues": [QUEUE], "calls": [], "pops": []}))
    for message in messages:
        floor.heard(message) if isinstance(message, Seen) else floor.rang(message)
    return floor


def drawn(floor, link="live", terminal=False):
    out = io.StringIO()
    console = Console(file=out, width=150, force_terminal=terminal)
    console.print(draw(floor, AT + timedelta(seconds=75), "http://127.0.0.1:1/#token=x", link))
    return out.getvalue()


def test_agents_queues_calls_and_pops_are_drawn_with_their_ticking_times():
    text = drawn(told(seen("call", CALL), seen("pop", POP, 2), invite(10)))
    for word in ("王芳", "ready", "1:15", "sales", "13901230001 李明 · VIP", "language:1>main:1", "8.0 ms", "#token=x"):
        assert word in text


def test_a_pop_is_led_by_the_agents_next_invite_whichever_is_read_first():
    assert told(seen("pop", POP, 2), invite(10)).pops[0].lead_ms == 8.0
    assert told(invite(10), seen("pop", POP, 2)).pops[0].lead_ms == 8.0
    assert told(seen("pop", POP, 2), invite(1)).pops[0].lead_ms == -1.0


def test_an_invite_at_another_agent_is_not_this_pops():
    assert told(seen("pop", POP, 2), invite(10, "1002")).pops[0].lead_ms is None


def test_an_invite_of_the_native_queue_which_has_no_pop_is_no_later_pops():
    floor = told(invite(0), seen("pop", POP, 8000), invite(8004))
    assert floor.pops[0].lead_ms == 4.0


def test_a_pop_that_ended_before_its_invite_takes_nobody_elses():
    gone = seen("pop_end", {"call": "c1", "agent": "1001", "why": "caller_gone"})
    later = seen("pop", {**POP, "call": "c2", "offered_at": "y"}, 100)
    floor = told(seen("pop", POP, 2), gone, later, invite(104))
    assert [pop.lead_ms for pop in floor.pops] == [None, 4.0]


def test_the_same_pop_with_a_name_is_not_a_second_pop():
    floor = told(seen("pop", {**POP, "customer": ""}, 0), seen("pop", POP, 3), invite(9))
    assert len(floor.pops) == 1
    assert floor.pops[0].data["customer"] == "李明 · VIP"
    assert floor.pops[0].lead_ms == 9.0


def test_calls_answers_misses_and_those_who_gave_up_are_counted():
    connected = {**CALL, "state": "connected", "agent": "1001", "since": at(4000).isoformat()}
    missed = seen("pop_end", {"call": "c1", "agent": "1001", "why": "no_answer"})
    other = {**CALL, "call": "c2"}
    floor = told(
        seen("call", CALL), missed, seen("call", connected), seen("call", connected), seen("call_end", {"call": "c1"}),
        seen("call", other), seen("call_end", {"call": "c2"}),
    )  # fmt: skip
    assert dict(floor.counted) == {"calls": 2, "answered": 1, "given_up": 1, "missed": 1}
    assert counters(floor).startswith(
        "2 calls queued, 1 answered, 1 given up, 1 offers missed   waited 4.0 s on average"
    )


def test_a_floor_on_which_nothing_has_happened_can_be_drawn():
    floor = LiveFloor()
    assert "nobody is on the telephone" in drawn(floor, link="the engine is away")
    assert floor.median_lead_ms is None


def test_what_comes_from_outside_is_text_and_no_terminal_command():
    nasty = {**POP, "number": "", "customer": "\x1b]0;x\x07[bold]red[/]"}
    text = drawn(told(seen("call", {**CALL, "name": "\x1b[2J"}), seen("pop", nasty)), terminal=True)
    assert "\x1b]0" not in text
    assert "\x1b[2J" not in text
    assert "[bold]red[/]" in text


def test_output_that_is_no_terminal_has_no_control_codes():
    floor = told(seen("pop", POP, 2), invite(10))
    assert "\x1b" not in drawn(floor)
    assert line(floor.pops[0]) == (
        "pop for 1001: 13901230001 李明 · VIP, sales by language:1>main:1, waited 3.0 s, 8.0 ms before the phone"
    )


def test_a_clock_that_is_a_little_ahead_shows_zero():
    assert ago(at(500).isoformat(), AT) == "0:00"
    assert ago(AT.isoformat(), at(61_000)) == "1:01"
