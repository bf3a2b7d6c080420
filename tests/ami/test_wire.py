"""The codec against good, cut and hostile streams (HOSTILE 26, 30, 34, 36, 37)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.ami.message import _SHAPES, MAX_SHAPES
from cti.ami.wire import MAX_HEADS, MAX_LINE, MAX_MESSAGE, Decoder, Message, encode
from cti.errors import AmiError

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def decode(stream: bytes, wanted: frozenset[bytes] | None = None) -> list[Message]:
    decoder = Decoder(wanted)
    return decoder.feed(BANNER + stream)


def values(messages: list[Message]) -> list[tuple[str, list[tuple[str, str]], str]]:
    return [(m.name, m.pairs, m.forged) for m in messages]


def test_an_event_is_decoded_into_its_headers_in_order() -> None:
    (message,) = decode(b"Event: Hangup\r\nUniqueid: 1.2\r\nCause: 16\r\nAccountCode: \r\n\r\n")
    assert message.name == "Hangup"
    assert list(message.headers.items()) == [
        ("Event", "Hangup"),
        ("Uniqueid", "1.2"),
        ("Cause", "16"),
        ("AccountCode", ""),
    ]
    assert message.get("Nothing", "none") == "none"


PIECES = st.sampled_from(
    [
        *(b"Event: Hangup", b"Event: VarSet", b"Event:Odd", b"Response: Success", b"no colon", b"K: v", b"K: ", b"\r"),
        *(b"\n", b"\r\n", b"\r\n\r\n", b"N: \xe5\xbc\xa0", b"\xff", b"A: b: c", b": x", b"Uniqueid: 1", b"x:y"),
        *(b"\r\n\r\n\r\n", b"ChannelState: 0", b"Priority: 1\r\nUniqueid: 1\r\nLinkedid: 1\r\n"),
    ]
)


@given(st.lists(PIECES, max_size=25), st.sampled_from([None, frozenset({b"Hangup"})]))
def test_one_byte_at_a_time_gives_the_same_as_all_at_once(pieces: list[bytes], wanted: frozenset[bytes] | None) -> None:
    stream = BANNER + b"".join(pieces)
    slow = Decoder(wanted)
    bytewise = [m for i in range(len(stream)) for m in slow.feed(stream[i : i + 1])]
    assert values(bytewise) == values(Decoder(wanted).feed(stream))


@given(st.lists(PIECES, max_size=25))
def test_nothing_in_a_message_makes_reading_it_raise(pieces: list[bytes]) -> None:
    for message in decode(b"".join(pieces) + b"\r\n\r\n"):
        assert message.raw in b"".join(pieces)
        assert set(message.headers) == {key for key, _ in message.pairs}
        assert all(message.get(key) == message.all(key)[0] for key in message.headers)
        assert isinstance(message.forged, str)


SAME_HEAD = st.sampled_from(
    [b"A: 1", b"A: ", b"B: 1", b"A", b"B", b"A: B: 1", b"A:1", b": A", b"", b"A: 1\nB: 2", b"C: \xff"]
)


@given(st.lists(st.lists(SAME_HEAD, min_size=2, max_size=4), max_size=8))
def test_what_earlier_messages_of_that_name_had_changes_nothing_in_how_one_is_read(seen: list[list[bytes]]) -> None:
    for lines in seen:
        message = Message(b"\r\n".join((b"Event: Same", *lines)), "Same")
        plain: dict[str, str] = {}
        for key, value in message.pairs:
            plain.setdefault(key, value)
        assert list(message.headers.items()) == list(plain.items())


def test_keys_that_somebody_makes_up_are_not_remembered_without_end() -> None:
    for number in range(3 * MAX_SHAPES):
        decoder = Decoder()
        (message,) = decoder.feed(BANNER + f"Event: E{number}\r\n{'k' * number}: v\r\n\r\n".encode())
        assert message.get("k" * number) == "v"
        assert len(_SHAPES) <= MAX_SHAPES
    wide = "".join(f"Key{number}: v\r\n" for number in range(1_000))
    (message,) = decode(f"Event: Wide\r\n{wide}\r\n".encode())
    assert len(message.headers) == 1_001
    assert ("Event: Wide", 1_001) not in _SHAPES


def test_names_that_somebody_makes_up_are_not_remembered_without_end() -> None:
    decoder = Decoder(frozenset({b"Hangup"}))
    decoder.feed(BANNER + b"".join(b"Event: E%d\r\n\r\n" % number for number in range(2 * MAX_HEADS)))
    got = decoder.feed(b"Event: Hangup\r\n\r\nEvent: E1\r\n\r\nEvent: " + b"x" * 10_000 + b"\r\nA: b\r\n\r\n")
    assert [message.name for message in got] == ["Hangup"]
    assert len(decoder._heads) <= MAX_HEADS
    assert max(map(len, decoder._heads)) < 100


def test_a_stream_split_at_every_byte_gives_the_same_messages(traces: Path) -> None:
    stream = (traces / "lists.ami").read_bytes()
    whole = values(Decoder().feed(stream))
    assert len(whole) >= 10
    for cut in range(len(stream)):
        decoder = Decoder()
        assert values(decoder.feed(stream[:cut]) + decoder.feed(stream[cut:])) == whole


def test_a_character_split_over_two_segments_is_not_lost() -> None:
    decoder = Decoder()
    decoder.feed(BANNER + b"Event: A\r\nN: \xe5\xbc")
    assert decoder.feed(b"\xa0\r\n\r\n")[0].get("N") == "张"


def test_bytes_that_are_not_utf8_survive_the_round_trip() -> None:
    (message,) = decode(b"Event: A\r\nN: \xd5\xc5\xff\r\n\r\n")
    assert message.get("N").encode("utf-8", "surrogateescape") == b"\xd5\xc5\xff"


def test_a_lone_lf_or_cr_is_part_of_the_value() -> None:
    (message,) = decode(b"Event: A\r\nN: 1\nUniqueid: forged\n\nx\ry\r\n\r\n")
    assert message.get("N") == "1\nUniqueid: forged\n\nx\ry"
    assert message.get("Uniqueid") == ""


def test_unwanted_events_are_skipped_and_responses_kept() -> None:
    decoder = Decoder(frozenset({b"Hangup"}))
    got = decoder.feed(BANNER + b"Event: VarSet\r\nA: b\r\n\r\nResponse: Success\r\n\r\nEvent: Hangup\r\n\r\n")
    assert [m.name for m in got] == ["", "Hangup"]
    assert decoder.skipped == 1


def test_an_unwanted_event_cannot_smuggle_a_wanted_one_as_a_header() -> None:
    assert decode(b"Event: VarSet\r\nValue: 1\r\nEvent: Hangup\r\nUniqueid: 1\r\n\r\n", frozenset({b"Hangup"})) == []


def test_rows_of_our_own_lists_are_kept_while_an_action_waits() -> None:
    decoder = Decoder(frozenset())
    decoder.own = b"\r\nActionID: ours-"
    got = decoder.feed(BANNER + b"Event: Row\r\nActionID: ours-1\r\n\r\nEvent: Row\r\nActionID: theirs-1\r\n\r\n")
    assert [m.get("ActionID") for m in got] == ["ours-1"]


@pytest.mark.parametrize("key", ["Uniqueid", "Linkedid", "Channel", "DestUniqueid", "ActionID", "BridgeUniqueid"])
def test_a_repeated_identity_key_marks_the_message_forged(key: str) -> None:
    (message,) = decode(f"Event: Hangup\r\n{key}: victim\r\nX: y\r\n{key}: own\r\n\r\n".encode())
    assert key in message.forged


def test_repeated_channel_variables_are_no_forgery() -> None:
    (message,) = decode(b"Event: Hangup\r\nUniqueid: 1\r\nChanVariable: a=1\r\nChanVariable: b=2\r\n\r\n")
    assert message.forged == ""
    assert message.all("ChanVariable") == ["a=1", "b=2"]
    assert message.get("ChanVariable") == "a=1"


def test_an_event_before_a_tail_without_a_name_is_marked_forged() -> None:
    head = b"Event: Newchannel\r\nChannel: x\r\nCallerIDNum: 1\r\n\r\n"
    got = decode(head + b"Event: Hangup\r\nUniqueid: victim\r\n\r\n" + b"CallerIDName: x\r\nUniqueid: own\r\n\r\n")
    assert [m.name for m in got] == ["Newchannel", "Hangup"]
    assert got[0].forged == ""
    assert got[1].forged != ""


def test_an_event_after_a_head_without_its_end_is_marked_forged() -> None:
    head = b"Event: DialBegin\r\nDestChannel: x\r\nDestChannelState: 0\r\nDestConnectedLineNum: 1\r\n\r\n"
    tail = b"DestLanguage: en\r\nDestPriority: 1\r\nDestUniqueid: 2\r\nDestLinkedid: 1\r\n\r\n"
    false, true = decode(head + b"Event: Hangup\r\nUniqueid: victim\r\n" + tail + tail_of("3"), frozenset({b"Hangup"}))
    assert false.forged != ""
    assert true.forged == ""


def tail_of(uniqueid: str) -> bytes:
    return f"Event: Hangup\r\nUniqueid: {uniqueid}\r\nLinkedid: {uniqueid}\r\n\r\n".encode()


@pytest.mark.parametrize("trace", ["answered_hold", "abandoned", "transferred", "originated", "lists"])
def test_nothing_that_asterisk_said_itself_is_taken_for_forged(traces: Path, trace: str) -> None:
    messages = Decoder().feed((traces / f"{trace}.ami").read_bytes())
    assert len(messages) > 8
    assert [m for m in messages if m.forged] == []


def test_a_tail_cannot_discredit_an_event_that_it_does_not_follow() -> None:
    stream = b"Event: Hangup\r\nUniqueid: 1\r\n\r\nEvent: Other\r\n\r\nCallerIDName: x\r\n\r\n"
    (message,) = decode(stream, frozenset({b"Hangup"}))
    assert message.forged == ""


def test_the_injections_recorded_over_sip_are_all_marked_or_useless(traces: Path) -> None:
    messages = Decoder().feed((traces / "injected.ami").read_bytes())
    victims = [m for m in messages if m.get("Uniqueid") == "victim.1"]
    assert len(victims) > 100
    assert [m for m in victims if not m.forged] == []


def test_headers_without_colon_or_blank_do_no_harm() -> None:
    (message,) = decode(b"Event:Hangup\r\nno colon here\r\nCause:16\r\n\r\n")
    assert (message.name, message.get("Cause"), len(message.headers)) == ("Hangup", "16", 2)


def test_a_message_without_event_or_response_is_not_delivered() -> None:
    assert decode(b"Uniqueid: 1\r\nCause: 16\r\n\r\n") == []


def test_blank_lines_too_many_are_skipped() -> None:
    assert [m.name for m in decode(b"\r\n\r\n\r\nEvent: A\r\n\r\n\r\nEvent: B\r\n\r\n")] == ["A", "B"]


@pytest.mark.parametrize(
    "stream",
    [
        b"Event: A\r\nN: " + b"x" * 2_000_000,
        b"Event: A\r\nN: " + b"x" * 2_000_000 + b"\r\n\r\n",
        b"Event: A\r\nN: " + b"x" * (MAX_LINE + 10),
        b"Event: A\r\nN: " + b"x" * (MAX_LINE + 10) + b"\r\n\r\n",
        b"Event: A\r\n" + b"N: x\r\n" * 10_000 + b"\r\n",
        b"Event: A\r\n" + b"N: 0123456789\r\n" * (MAX_MESSAGE // 10),
    ],
)
def test_too_much_without_an_end_raises(stream: bytes) -> None:
    with pytest.raises(AmiError):
        decode(stream)
    decoder = Decoder()
    decoder.feed(BANNER)
    with pytest.raises(AmiError):
        [decoder.feed(stream[start : start + 1_000]) for start in range(0, len(stream), 1_000)]


def test_a_stream_that_ends_inside_a_message_raises_at_the_end() -> None:
    decoder = Decoder()
    decoder.feed(BANNER + b"Event: A\r\n\r\n")
    decoder.close()
    decoder.feed(b"Event: B\r\n")
    with pytest.raises(AmiError, match="inside a message"):
        decoder.close()


@pytest.mark.parametrize(
    ("first", "says"),
    [
        (b"Asterisk Call Manager/1.1\r\n", "older"),
        (b"Asterisk Call Manager/x\r\n", "version"),
        (b"\x16\x03\x01\x02\x00\x01", "TLS"),
        (b"HTTP/1.1 400 Bad Request\r\n", "HTTP"),
        (b"SSH-2.0-OpenSSH\r\n", "SSH"),
        (b"Response: Success\r\n", "not AMI"),
        (b"Asterisk Call Manager/" + b"1" * 200, "not AMI"),
    ],
)
def test_a_peer_that_is_not_ami_is_named(first: bytes, says: str) -> None:
    with pytest.raises(AmiError, match=says):
        Decoder().feed(first)


def test_a_message_in_a_log_cannot_begin_a_new_line() -> None:
    (message,) = decode(b"Event: A\r\nN: \n[ERROR] forged \x1b[31m\r\n\r\n")
    assert "\n" not in repr(message)
    assert "\x1b" not in repr(message)


def test_an_action_is_encoded_with_its_repeated_keys() -> None:
    assert encode("Originate", {"Channel": "PJSIP/1", "Variable": ["a=1", "b=2"]}, "x-1") == (
        b"Action: Originate\r\nActionID: x-1\r\nChannel: PJSIP/1\r\nVariable: a=1\r\nVariable: b=2\r\n\r\n"
    )


HOSTILE_HEADERS = [(k, v) for bad in ("\r", "\n", "\r\n", "\0", "\r\n\r\n") for k, v in ((f"A{bad}B", "x"), ("A", bad))]


@pytest.mark.parametrize("header", [*HOSTILE_HEADERS, ("A: b", "x"), ("", "x"), ("A B", "x"), ("A", "x" * 1_025)])
def test_what_the_wire_cannot_carry_never_goes_out(header: tuple[str, str]) -> None:
    with pytest.raises(AmiError) as error:
        encode("Setvar", [header], "x-1")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("action", ["", "  ", "Ping\r\nAction: Originate", "Ping\n", "Ping\0"])
def test_an_action_name_cannot_be_empty_or_carry_another(action: str) -> None:
    with pytest.raises(AmiError):
        encode(action, {}, "x-1")


@pytest.mark.parametrize("key", ["Action", "action", "ActionID", "ACTIONID"])
def test_a_header_cannot_replace_the_action(key: str) -> None:
    with pytest.raises(AmiError, match="cannot be given"):
        encode("Ping", {key: "Originate"}, "x-1")


def test_the_longest_line_that_asterisk_takes_is_sent_and_one_byte_more_is_not() -> None:
    encode("Setvar", {"Value": "v" * 1_015}, "x-1")  # 1,024 bytes with CRLF: taken by a real Asterisk 22.10
    with pytest.raises(AmiError, match="1025 bytes"):
        encode("Setvar", {"Value": "v" * 1_016}, "x-1")
    with pytest.raises(AmiError):
        encode("Setvar", {"Value": "张" * 339}, "x-1")


def test_more_than_128_headers_are_refused() -> None:
    encode("Originate", {"Variable": ["a=1"] * 126}, "x-1")
    with pytest.raises(AmiError, match="129 headers"):
        encode("Originate", {"Variable": ["a=1"] * 127}, "x-1")


@given(st.text(), st.text(min_size=1, max_size=20), st.text())
def test_whatever_is_encoded_is_one_message(action: str, key: str, value: str) -> None:
    try:
        data = encode(action, {key: value}, "x-1")
    except AmiError:
        return
    assert data.count(b"\r\n") == 4
    assert data.count(b"\n") == data.count(b"\r") == 4
    assert data.endswith(b"\r\n\r\n")
