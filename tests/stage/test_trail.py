"""A caller's way as the manager tells it: each step of the dialplan is the item of the path that a walk would say."""

from __future__ import annotations

import pytest

from cti.ami.message import Message
from cti.core.walked import Walked
from cti.stage.trail import Trail


def event(name: str, **fields: str) -> Message:
    lines = [f"Event: {name}", *(f"{key}: {value}" for key, value in fields.items())]
    return Message("\r\n".join(lines).encode(), name)


def step(context: str, application: str = "NoOp", data: str = "", *, exten: str = "s", priority: int = 2) -> Message:
    where = {"Context": context, "Extension": exten, "Priority": str(priority)}
    return event("Newexten", **where, Application=application, AppData=data)


def enter(context: str, exten: str = "s") -> Message:
    return step(context, exten=exten, priority=1)


def variable(name: str, value: str) -> Message:
    return event("VarSet", Variable=name, Value=value)


def plays(prompt: str, application: str = "Read") -> Message:
    extra = f'{{"sound":"cti/{prompt}","format":"slin","language":"zh"}}'
    return event("CEL", EventName="STREAM_BEGIN", Application=application, Extra=extra)


HANGUP = (event("CEL", EventName="HANGUP"), event("Hangup"))
BY_DAY = [
    variable("__CTI_DID", "4008001234"),
    enter("cti-did-4008001234"),
    enter("cti-schedule-office"),
    variable("GOSUB_RETVAL", "open"),
    enter("cti-menu-main"),
    variable("CTI_INVALID", "0"),
    step("cti-menu-main", "Read", "CTI_KEY,cti/main_menu,1,,1,5"),
    plays("main_menu"),
]
WAITS = [
    variable("__CTI_PATH", "main:1>"),
    enter("cti-queue-sales"),
    step("cti-queue-sales", "Playback", "cti/greeting"),
    plays("greeting", "Playback"),
    step("cti-queue-sales", "AGI", "agi://127.0.0.1:4573/acd,queue=sales"),
]
AT_THE_MENU = ("did:4008001234", "schedule:office=open")


def trail(*events: Message) -> Trail:
    found = Trail()
    for one in events:
        found.hear(one)
    return found


def test_a_caller_who_is_answered_in_a_queue() -> None:
    answer = event("DialEnd", DestChannel="PJSIP/1001-0000002a", DialStatus="ANSWER")
    found = trail(*BY_DAY, *WAITS, answer, event("BridgeEnter"))
    path = (*AT_THE_MENU, "menu:main=1", "queue:sales")
    assert found.told() == Walked(path, ("main_menu", "greeting"), "queue:sales", "answered")
    assert found.agent == "1001"


def test_a_caller_who_stays_is_asked_when_the_agent_has_hung_up() -> None:
    found = trail()
    found.stays = True
    answer = event("DialEnd", DestChannel="PJSIP/1001-0000002a", DialStatus="ANSWER")
    for one in (*BY_DAY, *WAITS, answer, event("BridgeEnter")):
        found.hear(one)
    assert (found.talking, found.waiting, found.reached) == (True, False, "")
    asks = step("cti-question", "Read", "CTI_KEY,cti/content,1,,1,5")
    logs = step("cti-question", "QueueLog", "sales,1.1,1001,SURVEY,care|content|1|4|1|5")
    for one in (enter("cti-survey-care"), asks, plays("content"), logs, step("cti-survey-care", "Hangup", "16")):
        found.hear(one)
    told = found.told()
    assert told.path[-3:] == ("queue:sales", "survey:care", "survey:care=4")
    assert (told.destination, told.outcome, told.prompts[-1]) == ("survey:care", "answered", "content")


def test_who_is_still_in_the_queue_is_waiting_and_who_hangs_up_there_has_abandoned() -> None:
    assert trail(*BY_DAY, *WAITS).told().outcome == "waiting"
    assert trail(*BY_DAY, *WAITS, *HANGUP).told().outcome == "abandoned"


def test_who_hangs_up_in_a_menu_leaves_no_item_behind() -> None:
    told = trail(*BY_DAY, *HANGUP).told()
    assert (told.path, told.destination, told.outcome) == (AT_THE_MENU, "hangup", "hangup")


def test_each_try_of_a_menu_is_an_item() -> None:
    tries = [variable("CTI_INVALID", "1"), variable("CTI_TIMEOUTS", "1"), variable("__CTI_PATH", "main:->")]
    assert trail(*BY_DAY, *tries).told().path == (*AT_THE_MENU, "menu:main=invalid", "menu:main=timeout")


def test_a_key_that_leads_back_is_told_as_that() -> None:
    back = [variable("__CTI_PATH", "main:*>"), enter("cti-back")]
    assert trail(*BY_DAY, *back).told().path[-1] == "menu:main=back"


def test_the_reason_of_a_closed_schedule_is_told() -> None:
    shut = [enter("cti-schedule-office"), variable("CTI_REASON", "holiday"), variable("GOSUB_RETVAL", "closed")]
    assert trail(*shut).told().path == ("schedule:office=closed(holiday)",)


@pytest.mark.parametrize(
    ("logged", "outcome"),
    [("EXITWITHTIMEOUT", "timeout"), ("FULL", "full"), ("OVERFLOW", "overflow"), ("EXITWITHKEY", "exit_key")],
)
def test_a_queue_that_lets_a_caller_go_to_the_end_says_why(logged: str, outcome: str) -> None:
    leaves = step("cti-queue-sales", "QueueLog", f"sales,1.1,NONE,{logged},1|1|20")
    end = [step("cti-hangup", "Hangup", "16", priority=1)]
    told = trail(*BY_DAY, *WAITS, leaves, *end).told()
    assert (told.path[-1], told.destination, told.outcome) == ("hangup", "hangup", outcome)


def test_a_mailbox_is_the_end_as_soon_as_its_greeting_begins() -> None:
    box = [enter("cti-voicemail-sales"), step("cti-voicemail-sales", "Playback", "cti/box")]
    found = trail(*BY_DAY, *WAITS, *box, plays("box", "Playback"), plays("beep", "VoiceMail"), *HANGUP)
    told = found.told()
    assert (told.destination, told.outcome) == ("voicemail:sales", "voicemail")
    assert told.prompts == ("main_menu", "greeting", "box")
    assert found.over


def test_what_a_caller_enters_and_what_was_found_are_items() -> None:
    entered = [enter("cti-input-car-plate"), variable("__CTI_DIGITS", "main=1&car-plate=12345")]
    found = variable("__CTI_PATH", "main:1>car-plate:found>")
    assert trail(*entered, found).told().path == ("input:car-plate=12345", "lookup:car-plate=found")
    assert trail(*entered, variable("CTI_PATH", "car-plate:ok>")).told().path == ("input:car-plate=12345",)


def test_masked_digits_are_stars_here_too() -> None:
    entered = [enter("cti-input-card"), variable("CTI_DIGITS_card", "4711"), variable("__CTI_DIGITS", "card=***")]
    assert trail(*entered, variable("__CTI_PATH", "card:ok>")).told().path == ("input:card=***",)


def test_it_does_not_matter_how_the_two_streams_are_mixed() -> None:
    cel = [one for one in [*BY_DAY, *WAITS, *HANGUP] if one.name == "CEL"]
    rest = [one for one in [*BY_DAY, *WAITS, *HANGUP] if one.name != "CEL"]
    assert trail(*cel, *rest).told() == trail(*rest, *cel).told() == trail(*BY_DAY, *WAITS, *HANGUP).told()
    assert trail(*cel, *rest).over
    assert trail(*rest, *cel).over


def test_nothing_changes_once_the_test_has_let_go() -> None:
    found = trail(*BY_DAY, *WAITS)
    found.let_go()
    for one in (step("cti-end", "QueueLog", "sales,1.1,NONE,ABANDON,1|1|2"), enter("cti-voicemail-sales"), *HANGUP):
        found.hear(one)
    assert (found.told().destination, found.told().outcome) == ("queue:sales", "waiting")


def test_keys_are_heard_in_a_queue_only_while_no_phone_rings() -> None:
    ringing = step("cti-queue-sales", "Dial", "PJSIP/1001,15")
    assert trail(*BY_DAY, *WAITS).listening
    found = trail(*BY_DAY, *WAITS, ringing)
    assert (found.waiting, found.listening) == (True, False)


def test_only_a_question_with_a_prompt_is_one() -> None:
    more = step("cti-menu-main", "Read", "CTI_MORE,,1,,1,3")
    assert trail(*BY_DAY, more).questions == 1


@pytest.mark.parametrize("extra", ["", "no json", "[]", '{"extra": 3}', '{"class":"default"}', '{"sound":"beep"}'])
def test_sounds_that_are_not_the_sites_are_no_prompts(extra: str) -> None:
    assert trail(event("CEL", EventName="STREAM_BEGIN", Extra=extra)).told().prompts == ()
