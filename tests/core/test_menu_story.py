"""What a caller did at menus, as CEL tells it: each asking with what came of it, and the path through them."""

from __future__ import annotations

from cti.core.conversation import fold
from cti.core.journal import JournalLine, Source

from .test_conversation import CALL, at, lines

BEGIN = f"cel 0|{CALL}|{CALL}|CHAN_START|context=from-trunk|exten=4008001234|number=13901230001|channel=PJSIP/itsp-1"


def event(seconds: float, kind: str, said: str) -> JournalLine:
    return JournalLine(
        source=Source.CEL,
        file_id="c",
        offset=1000 + int(seconds * 1000),
        at=at(seconds),
        kind="USER_DEFINED",
        call=CALL,
        leg=CALL,
        data={"user_event": kind, "extra": {"extra": said}},
    )


def asked(seconds: float, menu: str) -> JournalLine:
    return event(seconds, "CTI_MENU", menu)


def came(seconds: float, said: str) -> JournalLine:
    return event(seconds, "CTI_KEY", said)


def folded(*events: JournalLine, ended: float | None = 20, more: str = ""):
    end = f"\ncel {ended}|{CALL}|{CALL}|HANGUP" if ended is not None else ""
    conversation = fold(lines(BEGIN + end + more, *events))
    assert conversation is not None
    return conversation


def told(conversation) -> list[tuple[str, str, str, float, float | None]]:
    return [
        (one.detail, one.outcome, one.target, (one.started - at(0)).total_seconds(),
         (one.ended - at(0)).total_seconds() if one.ended else None)
        for one in conversation.segments if one.kind == "menu"
    ]  # fmt: skip


def test_each_menu_is_a_segment_with_the_key_that_was_chosen():
    found = folded(asked(1, "language"), came(3, "language chosen 1"), asked(3, "main"), came(8, "main chosen 2"))
    assert told(found) == [("language", "chosen", "1", 1, 3), ("main", "chosen", "2", 3, 8)]
    assert found.path == "language:1>main:2"


def test_wrong_keys_and_silence_are_segments_of_their_own():
    found = folded(asked(1, "main"), came(2, "main invalid 7"), came(9, "main timeout"), came(11, "main chosen #"))
    assert told(found) == [
        ("main", "invalid", "7", 1, 2),
        ("main", "timeout", "", 2, 9),
        ("main", "chosen", "#", 9, 11),
    ]
    assert found.path == "main:#"


def test_who_is_sent_on_without_a_key_was_not_asked_again():
    queued = f"\n10|{CALL}|sales|NONE|ENTERQUEUE||13901230001\n20|{CALL}|sales|NONE|ABANDON|1|1|10"
    found = folded(asked(1, "main"), came(9, "main timeout"), came(9.5, "main none"), more=queued)
    assert told(found) == [("main", "timeout", "", 1, 9)]
    assert (found.path, found.queue) == ("main:-", "sales")


def test_who_hangs_up_in_a_menu_left_it_with_the_end_of_the_call():
    found = folded(asked(1, "main"), came(3, "main invalid 9"))
    assert told(found) == [("main", "invalid", "9", 1, 3), ("main", "left", "", 3, 20)]
    assert (found.path, found.outcome) == ("", "abandoned")


def test_who_is_still_in_a_menu_has_not_left_it():
    found = folded(asked(1, "main"), ended=None)
    assert told(found) == [("main", "", "", 1, None)]


def test_of_an_input_no_digit_is_told():
    found = folded(asked(1, "card"), came(5, "card invalid"), came(9, "card chosen found"))
    assert told(found) == [("card", "invalid", "", 1, 5), ("card", "chosen", "found", 5, 9)]


def test_a_menu_after_a_queue_stands_after_it():
    queued = f"\n4|{CALL}|sales|NONE|ENTERQUEUE||13901230001\n10|{CALL}|sales|NONE|EXITWITHKEY|1|1|6"
    found = folded(asked(1, "main"), came(4, "main chosen 1"), asked(10, "after"), more=queued)
    assert [(one.kind, one.detail) for one in found.segments] == [("menu", "main"), ("wait", ""), ("menu", "after")]


def test_words_that_nobody_writes_say_nothing():
    found = folded(asked(1, "main"), came(2, "main shouted 5"), event(3, "CTI_KEY", ""), event(4, "OTHER", "main"))
    assert told(found) == [("main", "left", "", 1, 20)]
