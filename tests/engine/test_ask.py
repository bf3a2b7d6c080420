"""What the dialplan asks, read as one value."""

from datetime import UTC, datetime, timedelta

import pytest

from cti.core.words import Miss
from cti.engine.ask import parse_ask
from cti.errors import AgiRefused

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PLAIN = ["queue=sales", "call=1795306641.1"]


TOLD = [
    *PLAIN,
    f"entered={NOW.timestamp() - 30:.3f}",
    "number=13800138000",
    "name=张伟",
    "need=engine=4,language_en=1",
    "priority=2",
    "language=en",
    "path=language:9>main:1>",
    "did=4008001234",
    "digits=language=9&main=1",
    "customer=",
    "prefer=1001",
    "tried=1002:NOANSWER",
    "again=1",
]


@pytest.mark.parametrize("arguments", [["|".join(TOLD)], TOLD], ids=["in one", "one by one"])
def test_the_arguments_of_the_dialplan_become_one_value(arguments):
    ask = parse_ask(arguments, NOW)
    assert ask.entered == NOW - timedelta(seconds=30)
    assert ask.need == (("engine", 4), ("language_en", 1))
    assert ask.caller.path == "language:9>main:1"
    assert ask.caller.digits == (("language", "9"), ("main", "1"))
    assert (ask.prefer, ask.priority, ask.tried) == ("1001", 2, ("1002", Miss.NO_ANSWER))
    assert ask.again


@pytest.mark.parametrize("text", ["", "0"])
def test_a_newcomer_says_so_with_nothing_or_zero(text):
    assert not parse_ask([*PLAIN, f"again={text}"], NOW).again
    assert not parse_ask(PLAIN, NOW).again


@pytest.mark.parametrize("arguments", [[], ["queue=sales"], ["call=1"], [*PLAIN, "queue=x"], [*PLAIN, "evil=1"]])
def test_what_the_dialplan_would_never_send_is_refused(arguments):
    with pytest.raises(AgiRefused):
        parse_ask(arguments, NOW)


@pytest.mark.parametrize("entered", ["", "soon", "nan", "inf", "-1e30", "1e30", str(NOW.timestamp() + 3600), "0"])
def test_a_nonsensical_entry_time_becomes_now(entered):
    assert parse_ask([*PLAIN, f"entered={entered}"], NOW).entered == NOW


@pytest.mark.parametrize(
    ("status", "why"),
    [("BUSY", Miss.BUSY), ("CHANUNAVAIL", Miss.UNREACHABLE), ("", Miss.NO_ANSWER), ("?", Miss.NO_ANSWER)],
)
def test_a_dial_status_becomes_a_miss(status, why):
    assert parse_ask([*PLAIN, f"tried=1001:{status}"], NOW).tried == ("1001", why)


def test_a_need_that_cannot_be_read_is_nobodys_need():
    assert parse_ask([*PLAIN, "need=a=5,b=1000"], NOW).need == ()


def test_a_value_of_a_megabyte_is_cut():
    assert len(parse_ask([*PLAIN, "name=" + "x" * 1_000_000], NOW).caller.name) == 1_000
