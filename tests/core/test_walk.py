"""Calls on paper: what a key, a silence, a schedule and a queue do, told as paths."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cti.core.flow import (
    HANGUP,
    MOST_ROUNDS,
    Box,
    Choice,
    Door,
    End,
    Flow,
    Gate,
    Input,
    Line,
    Menu,
    Node,
    Outside,
    Place,
    Reason,
    Tries,
    Unknown,
)
from cti.core.schedule import State
from cti.core.walk import SILENCE, Caller, Staff, walk
from cti.core.walked import Walked
from cti.errors import NotFound

SALES, BOX, DUTY, MAIN = (
    Place("queue", "sales"),
    Place("voicemail", "box"),
    Place("external", "duty"),
    Place("menu", "main"),
)
MENU = Menu(
    place=MAIN,
    prompt="main",
    choices={"1": Choice(SALES), "#": Choice(DUTY), "9": Choice(MAIN, "en")},
    invalid=Tries(BOX, 1, "wrong"),
    timeout=Tries(BOX, 1),
)
QUEUE = Line(
    place=SALES,
    greeting="hello",
    exit_key="*",
    leaves={"timeout": BOX, "full": DUTY, "closed": BOX, "exit_key": MAIN},
)
OPEN, CLOSED = State(True, "", "", None), State(False, "", "", None)
DOOR = Door(place=Place("did", "400"), to=MAIN, language="zh", gate=Gate("office", HANGUP))


def flow(*changed: Node) -> Flow:
    nodes = [DOOR, MENU, QUEUE, Box(place=BOX), Outside(place=DUTY, otherwise=HANGUP), End(place=HANGUP), *changed]
    return Flow({node.place: node for node in nodes})


def walked(*digits: str, site: Flow | None = None, hours: State = OPEN, **how: Any) -> Walked:
    return walk(site or flow(), Caller(did="400", digits=digits, **how), lambda _: hours).walked


def after_menu(told: Walked) -> tuple[str, ...]:
    assert told.path[:2] == ("did:400", "schedule:office=open")
    return told.path[2:]


def test_a_key_leads_to_a_queue_where_somebody_answers() -> None:
    assert walked("1") == Walked(
        path=("did:400", "schedule:office=open", "menu:main=1", "queue:sales"),
        prompts=("main", "hello"),
        destination="queue:sales",
        outcome="answered",
    )


def test_silences_and_wrong_keys_are_counted_apart() -> None:
    told = walked("5", SILENCE, "6")
    assert after_menu(told) == ("menu:main=invalid", "menu:main=timeout", "menu:main=invalid", "voicemail:box")
    assert told.prompts == ("main", "wrong", "main", "main", "wrong")
    assert (told.destination, told.outcome) == ("voicemail:box", "voicemail")


def test_a_caller_who_has_nothing_left_to_press_is_silent() -> None:
    assert after_menu(walked()) == ("menu:main=timeout", "menu:main=timeout", "voicemail:box")


def test_a_menu_counts_anew_at_every_entry() -> None:
    told = walked("5", "9", "5", "1")
    assert after_menu(told) == ("menu:main=invalid", "menu:main=9", "menu:main=invalid", "menu:main=1", "queue:sales")


def test_the_pound_key_is_a_key_like_any_other() -> None:
    told = walked("#")
    assert after_menu(told) == ("menu:main=#", "external:duty")
    assert (told.destination, told.outcome) == ("external:duty", "external")


def test_who_hangs_up_in_a_menu_has_heard_its_prompt() -> None:
    told = walked("5", hangs_up=True)
    assert after_menu(told) == ("menu:main=invalid",)
    assert told.prompts == ("main", "wrong", "main")
    assert (told.destination, told.outcome) == ("hangup", "hangup")


def test_a_key_may_change_the_language_in_which_the_rest_is_told() -> None:
    steps = walk(flow(), Caller(did="400", digits=("9", "1")), lambda _: OPEN).steps
    assert [step.language for step in steps if step.says] == ["zh", "en", "en"]


def test_a_closed_schedule_sends_the_call_elsewhere() -> None:
    told = walked(hours=CLOSED)
    assert told.path == ("did:400", "schedule:office=closed", "hangup")
    assert (told.destination, told.outcome) == ("hangup", "closed")


def test_a_reason_for_being_closed_has_its_own_prompt_and_place() -> None:
    gate = Gate("office", HANGUP, {"holiday": Reason("merry", BOX), "stocktaking": Reason("counting")})
    site = flow(replace(DOOR, gate=gate))
    holiday = walked(site=site, hours=CLOSED._replace(reason="holiday"))
    assert holiday == Walked(
        ("did:400", "schedule:office=closed(holiday)", "voicemail:box"), ("merry",), "voicemail:box", "voicemail"
    )
    counting = walked(site=site, hours=CLOSED._replace(reason="stocktaking"))
    assert (counting.prompts, counting.destination) == (("counting",), "hangup")


def test_a_queue_asks_its_own_schedule_after_the_call_has_come_to_it() -> None:
    site = flow(replace(QUEUE, gate=Gate("sales_hours", DUTY)), replace(DOOR, gate=None))
    told = walk(site, Caller(did="400", digits=("1",)), lambda _: CLOSED).walked
    assert told.path == ("did:400", "menu:main=1", "queue:sales", "schedule:sales_hours=closed", "external:duty")
    assert "hello" not in told.prompts


def test_a_wait_that_is_too_long_ends_where_the_queue_says() -> None:
    told = walked("1", usually=Staff.BUSY)
    assert after_menu(told) == ("menu:main=1", "queue:sales", "voicemail:box")
    assert told.outcome == "voicemail"


def test_without_a_longest_wait_the_caller_waits_for_ever() -> None:
    site = flow(replace(QUEUE, leaves={"closed": BOX}, exit_key=""))
    told = walked("1", "7", site=site, usually=Staff.BUSY)
    assert (told.destination, told.outcome) == ("queue:sales", "waiting")


def test_a_mailbox_greets_those_for_whom_there_was_no_room_in_its_own_words() -> None:
    box = Box(place=BOX, greeting="leave_word", busy_greeting="all_busy")
    site = flow(box, replace(QUEUE, leaves={"timeout": BOX, "full": BOX}))
    assert walked("1", site=site, usually=Staff.FULL).prompts[-1] == "all_busy"
    assert walked("1", site=site, usually=Staff.BUSY).prompts[-1] == "leave_word"
    assert walked("1", site=site, usually=Staff.FULL, engine=False).prompts[-1] == "leave_word"


def test_a_caller_may_hang_up_while_waiting() -> None:
    told = walked("1", usually=Staff.BUSY, hangs_up=True)
    assert (told.destination, told.outcome) == ("queue:sales", "abandoned")


def test_the_exit_key_leads_out_of_the_line_and_other_keys_do_nothing_there() -> None:
    told = walked("1", "7", "*", "#", usually=Staff.BUSY)
    assert after_menu(told) == ("menu:main=1", "queue:sales", "menu:main=#", "external:duty")
    assert walked("1", "7", usually=Staff.BUSY).destination == "voicemail:box"
    assert walked("1", "7", usually=Staff.BUSY, hangs_up=True).outcome == "abandoned"


def test_a_full_queue_refuses_while_the_engine_runs_and_only_then() -> None:
    full = {"sales": Staff.FULL}
    assert walked("1", staff=full).destination == "external:duty"
    assert walked("1", staff=full, engine=False).destination == "voicemail:box"


def test_what_a_queue_has_no_limit_for_does_not_happen_to_it() -> None:
    assert walked("1", staff={"sales": Staff.RATIO}).destination == "voicemail:box"


def test_who_was_refused_five_times_may_wait() -> None:
    site = flow(replace(QUEUE, leaves={"timeout": BOX, "full": SALES}))
    told = walked("1", site=site, usually=Staff.FULL)
    assert told.path.count("queue:sales") == 6
    assert told.destination == "voicemail:box"


def test_the_last_exit_says_why_a_call_was_hung_up() -> None:
    site = flow(replace(QUEUE, leaves={"timeout": HANGUP}))
    assert walked("1", site=site, usually=Staff.BUSY).outcome == "timeout"


def test_a_call_that_goes_round_for_ever_is_told_and_ends() -> None:
    found = walk(flow(replace(MENU, timeout=Tries(MAIN, 0))), Caller(did="400"), lambda _: OPEN)
    assert after_menu(found.walked) == ("menu:main=timeout",) * MOST_ROUNDS + ("hangup",)
    assert found.walked.prompts[-1] == "menu_goodbye"


def test_back_leads_to_the_menu_that_led_here_and_from_the_first_one_to_itself() -> None:
    second = replace(MENU, place=Place("menu", "second"), choices={"1": Choice(SALES), "*": Choice(None)})
    first = replace(MENU, choices={"1": Choice(second.place), "2": Choice(SALES), "*": Choice(None)})
    told = walked("1", "*", "*", "2", site=flow(first, second))
    assert after_menu(told)[:4] == ("menu:main=1", "menu:second=back", "menu:main=back", "menu:main=2")


def test_an_unknown_number_says_which_there_are() -> None:
    with pytest.raises(NotFound, match=r"'401'.*400"):
        walk(flow(), Caller(did="401"), lambda _: OPEN)


# --- inputs -------------------------------------------------------------------------------------------

MEMBER = Input(
    place=Place("input", "member"),
    prompt="member",
    to=SALES,
    invalid=Tries(DUTY, 1, "wrong"),
    timeout=Tries(BOX, 0),
    least=4,
    most=6,
    confirm=True,
    unknown=Unknown(Tries(BOX, 1, "who"), DUTY),
)


def entered(*digits: str, entry: Input = MEMBER, **how: Any) -> tuple[str, ...]:
    told = walked(*digits, site=flow(entry, replace(DOOR, to=entry.place)), **how)
    return after_menu(told)


def test_what_is_entered_is_confirmed_and_looked_up() -> None:
    assert entered("1234#", "1") == ("input:member=1234", "lookup:member=found", "queue:sales")
    assert entered("123456", "2", "1234", "1") == (
        "input:member=invalid",
        "input:member=1234",
        "lookup:member=found",
        "queue:sales",
    )


def test_too_few_digits_and_too_many_are_invalid_and_silence_is_not() -> None:
    assert entered("123", "1234567") == ("input:member=invalid", "input:member=invalid", "external:duty")
    assert entered(SILENCE) == ("input:member=timeout", "voicemail:box")
    assert entered("1234#", "5") == ("input:member=timeout", "voicemail:box"), "neither yes nor no"


def test_an_unknown_number_is_asked_for_again_and_without_the_engine_there_is_only_the_error() -> None:
    lookups = {"member": "not_found"}
    once = ("input:member=1234", "lookup:member=not_found")
    assert entered("1234", "1", "1234", "1", lookups=lookups) == (*once, *once, "voicemail:box")
    assert entered("1234", "1", engine=False)[1:] == ("lookup:member=error", "external:duty")


def test_masked_digits_are_not_told() -> None:
    card = replace(MEMBER, masked=True, confirm=False, unknown=None)
    assert entered("1234", entry=card) == ("input:member=***", "queue:sales")


DIRECT = replace(MENU, direct=True)
AGENTS = {"1001": True, "1002": False}


def test_an_agents_number_dialled_in_a_menu_rings_that_agent() -> None:
    told = walked("1002", site=flow(DIRECT), agents=AGENTS)
    assert after_menu(told) == ("menu:main=1002", "agent:1002")
    assert (told.destination, told.outcome) == ("agent:1002", "direct")
    assert walked("1002#", site=flow(DIRECT), agents=AGENTS) == told


def test_an_agent_who_does_not_answer_has_a_box_or_sends_the_caller_back_to_the_menu() -> None:
    boxed = walked("1001", site=flow(DIRECT), agents=AGENTS, usually=Staff.BUSY)
    assert (boxed.destination, boxed.outcome) == ("voicemail:agent-1001", "voicemail")
    again = walked("1002", "#", site=flow(DIRECT), agents=AGENTS, usually=Staff.BUSY)
    assert after_menu(again) == ("menu:main=1002", "agent:1002", "menu:main=#", "external:duty")
    assert again.prompts == ("main", "direct_no_answer", "main")


def test_a_number_that_is_nobodys_or_a_menu_that_takes_none_is_a_wrong_key() -> None:
    assert after_menu(walked("1009", "1", site=flow(DIRECT), agents=AGENTS))[0] == "menu:main=invalid"
    assert after_menu(walked("1001", "1", site=flow(), agents=AGENTS))[0] == "menu:main=invalid"
