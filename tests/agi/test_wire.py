"""FastAGI's bytes: what Asterisk says is read, what it never says is refused (HOSTILE 4, 5, 20, 21, 41, 42)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.agi.environment import KEYS, MAX_ENVIRONMENT
from cti.agi.wire import MAX_REPLY, EnvironmentParser, Hangup, Reply, ReplyParser, encode, encode_variables
from cti.errors import AgiError, AgiRefused


def whole(told, *args, **kw):
    return EnvironmentParser().feed(told(*args, **kw))


def test_the_environment_of_a_real_asterisk_is_read(told):
    env = whole(told, "acd?x", "sales", "a: b", agi_calleridname="王小明")
    assert env is not None
    assert env.args == ("sales", "a: b")
    assert env.values["agi_calleridname"] == "王小明"
    assert tuple(env.values) == KEYS


def test_a_url_without_a_path_has_no_network_script(told):
    env = whole(told, "")
    assert env is not None
    assert "agi_network_script" not in env.values


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"agi_uniqueid: 1700000000.1\n", b"agi_uniqueid: 1\nagi_uniqueid: 2\n"),
        (b"agi_version: \n", b""),
        (b"agi_version: \n", b"agi_evil: 1\nagi_version: \n"),
        (b"agi_callerid: 10086\n", b"agi_callerid: 1001\nagi_arg_1: admin\n\n200 result=1\n"),
        (b"agi_callerid: 10086\n", b"agi_callerid: 1001\nagi_arg_1: admin\n"),
        (b"agi_arg_1: one\n", b"agi_arg_2: one\n"),
        (b"agi_arg_1: one\n", b"agi_arg_1: one\nagi_arg_1: two\n"),
        (b"agi_arg_1: one\n", b"agi_threadid: 1\n"),
        (b"agi_network: yes\n", b""),
        (b"agi_network: yes\n", b"GET / HTTP/1.1\n"),
        (b"agi_network: yes\n", b"agi_network: yes\r\n\r\n"),
        (b"agi_language: ", b"agi_language "),
        (b"agi_language: ", b"agi_language: " + b"x" * 9000),
    ],
)
def test_a_forged_environment_is_refused(told, old, new):
    data = told("acd", "one")
    assert old in data
    with pytest.raises(AgiRefused):
        EnvironmentParser().feed(data.replace(old, new, 1))


def test_a_reply_before_our_first_command_is_refused(told):
    with pytest.raises(AgiRefused):
        EnvironmentParser().feed(told() + b"200 result=1\n")


def test_a_hangup_before_our_first_command_is_kept(told):
    parser = EnvironmentParser()
    assert parser.feed(told() + b"HANG") is not None
    assert parser.feed(b"UP\n") is None
    assert parser.rest == b"HANGUP\n"


def test_an_endless_environment_is_refused_within_its_bound(told):
    parser = EnvironmentParser()
    parser.feed(told("acd").removesuffix(b"\n"))
    lines = [b"agi_arg_%d: %s\n" % (number, b"x" * 900) for number in range(1, 10_000)]
    taken = 0
    with contextlib.suppress(AgiRefused):
        for line in lines:
            taken += len(line)
            parser.feed(line)
    assert taken <= MAX_ENVIRONMENT + 1000


def test_control_characters_and_bad_utf8_cannot_travel_on(told):
    env = EnvironmentParser().feed(told(agi_calleridname="NAME").replace(b"NAME", b"a\r\x1b[2J\x00\xff\xc4\xe3"))
    assert env is not None
    name = env.values["agi_calleridname"]
    assert name.isprintable()
    assert name.encode()


def test_a_name_cannot_turn_around_the_text_beside_it(told):
    env = EnvironmentParser().feed(told(agi_calleridname="NAME").replace(b"NAME", "\u202e\u2067\u200f王".encode()))
    assert env is not None
    assert env.values["agi_calleridname"] == "\ufffd\ufffd\ufffd王"


@given(st.binary(max_size=60), st.integers(1, 40))
def test_an_environment_fed_in_any_pieces_reads_the_same(junk, size):
    from_lines = b"".join(key.encode() + b": v\n" for key in KEYS) + b"agi_arg_1: " + junk + b"\n\n"

    def read(pieces):
        parser, found = EnvironmentParser(), None
        try:
            for piece in pieces:
                found = parser.feed(piece) or found
        except AgiRefused:
            return "refused"
        return found

    pieces = [from_lines[i : i + size] for i in range(0, len(from_lines), size)]
    assert read(pieces) == read([from_lines])


# --- replies -----------------------------------------------------------------------------------------

REPLIES = [
    (b"200 result=1\n", Reply(200, "1")),
    (b"200 result=-1\n", Reply(200, "-1")),
    (b"200 result=\n", Reply(200, "")),
    (b"200 result= (timeout)\n", Reply(200, "", "timeout")),
    (b"200 result=1 ()\n", Reply(200, "1")),
    (b"200 result=1 (Zhang (Li) 3)\n", Reply(200, "1", "Zhang (Li) 3")),
    (b"200 result=1 (a\nb\n)\n", Reply(200, "1", "a\nb\n")),
    (b"200 result=1 (a\nHANGUP\n200 result=0\nb)\n", Reply(200, "1", "a\nHANGUP\n200 result=0\nb")),
    (b"200 result=0 endpos=2240\n", Reply(200, "0", attributes={"endpos": "2240"})),
    (b"200 result=1 (digit) digit=# endpos=9\n", Reply(200, "1", "digit", {"digit": "#", "endpos": "9"})),
    (b"510 Invalid or unknown command\n", Reply(510, text="Invalid or unknown command")),
    (b"511 Command Not Permitted on a dead channel\n", Reply(511, text="Command Not Permitted on a dead channel")),
    (b"520 Invalid command syntax.\n", Reply(520, text="Invalid command syntax.")),
    (b"520-Usage:\n ANSWER\n520 End.\n", Reply(520, text="520-Usage:\n ANSWER\n520 End.")),
    (b"100 Trying\n200 result=0\n", Reply(200, "0")),
    (b"HANGUP\n", Hangup()),
]


@pytest.mark.parametrize(("data", "item"), REPLIES)
def test_a_reply_is_read(data, item):
    assert ReplyParser().feed(data) == [item]


def test_endpos_is_a_number_of_samples():
    assert Reply(200, "0", attributes={"endpos": "2240"}).endpos == 2240
    assert Reply(200, "0", attributes={"endpos": "9" * 5000}).endpos == 0
    assert Reply(200).endpos == 0


def test_hangup_comes_between_replies_and_three_times():
    data = b"HANGUP\n200 result=-1\nHANGUP\nHANGUP\n"
    assert ReplyParser().feed(data) == [Hangup(), Reply(200, "-1"), Hangup(), Hangup()]


@pytest.mark.parametrize(
    "data",
    [
        b"200\n",
        b"200 result 1\n",
        b"200 result=1 x\n",
        b"200 resuHANGUP\nlt=1\n",
        b"\n",
        b"Asterisk Call Manager/2.10\n",
        b"\x16\x03\x01\x02\n",
        b"200 result=1 (endless" + b"\nx" * MAX_REPLY,
        b"520-" + b"usage\n" * MAX_REPLY,
        b"x" * (MAX_REPLY + 1),
        b"100 Trying\n" * 100,
        b"HANGUP\n" * 100,
        b"100 " + b"x" * MAX_REPLY + b"\n",
    ],
)
def test_what_is_no_reply_is_refused_within_its_bound(data):
    with pytest.raises(AgiError):
        ReplyParser().feed(data)


@given(
    st.lists(st.sampled_from([data for data, _ in REPLIES] + [b"200\n", b"200 result=1 (", b")\n"]), max_size=8),
    st.data(),
)
def test_replies_fed_in_any_pieces_read_the_same(parts, data):
    stream = b"".join(parts)
    size = data.draw(st.integers(1, max(1, len(stream))))

    def read(pieces):
        parser, items = ReplyParser(), []
        with contextlib.suppress(AgiError):
            for piece in pieces:
                for byte in range(len(piece)):
                    items += parser.feed(piece[byte : byte + 1])
            return items, parser.idle
        return items, "refused"

    def read_at_once(pieces):
        parser, items = ReplyParser(), []
        try:
            for piece in pieces:
                items += parser.feed(piece)
        except AgiError:
            return None, "refused"
        return items, parser.idle

    slow, slow_end = read([stream])
    for pieces in ([stream], [stream[i : i + size] for i in range(0, len(stream), size)]):
        items, end = read_at_once(pieces)
        assert end == slow_end
        assert items is None or items == slow


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_parsers(data):
    for parser in (ReplyParser(), EnvironmentParser()):
        with contextlib.suppress(AgiError):
            parser.feed(data)


# --- commands ----------------------------------------------------------------------------------------


def asterisk_reads(line: bytes) -> list[str]:
    """res_agi.c `parse_args`, word for word."""
    words: list[str] = []
    quoted = escaped = False
    blank = True
    for char in line.decode().removesuffix("\n"):
        if char == '"' and not escaped:
            quoted = not quoted
            if quoted and blank:
                words.append("")
                blank = False
        elif char in " \t" and not quoted and not escaped:
            blank = True
        elif char == "\\" and not escaped:
            escaped = True
            continue
        else:
            if blank:
                words.append("")
                blank = False
            words[-1] += char
        escaped = False
    return words


@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=("Cs",)), max_size=200))
def test_asterisk_reads_every_argument_as_it_was_given(value):
    assert asterisk_reads(encode("set variable", "A", value)) == ["SET", "VARIABLE", "A", value]


@pytest.mark.parametrize("value", ["a\nHANGUP", "a\rb", "a\0b", "\ud800", "x" * 8190])
def test_what_the_wire_cannot_carry_is_refused(value):
    with pytest.raises(AgiError):
        encode("SET VARIABLE", "A", value)


def test_plain_words_are_set_in_one_step_and_anything_else_each_by_itself():
    plain = [("CTI_AGENT", "1001"), ("CTI_DIAL", "PJSIP/1001"), ("CTI_VERDICT", "dial")]
    assert encode_variables(plain) == [b'EXEC "MSet" "CTI_AGENT=1001,CTI_DIAL=PJSIP/1001,CTI_VERDICT=dial"\n']
    for odd in ("a,B=c", 'a"b', "a\\b", "a b", "(a", "${A}", "", "SIP/1&SIP/2", "名"):
        lines = encode_variables([("A", odd), ("CTI_VERDICT", "dial")])
        assert [asterisk_reads(line)[3] for line in lines] == [odd, "dial"]
    assert len(encode_variables([(f"V{number}", "x") for number in range(99)])) == 99


def test_a_variable_that_is_none_is_refused_in_one_step_too():
    with pytest.raises(AgiError):
        encode_variables([("A", "1"), ("SHELL(id)", "x")])


def test_the_longest_line_is_8190_bytes():
    rest = 8190 - len(encode("VERBOSE", ""))
    assert len(encode("VERBOSE", "x" * rest)) == 8190
    with pytest.raises(AgiError):
        encode("VERBOSE", "x" * (rest + 1))


@pytest.mark.parametrize(
    "words",
    [
        ("GET FULL VARIABLE", "${SHELL(id)}"),
        ("get full  variable", "A"),
        ("GET", "FULL", "VARIABLE", "${SHELL(id)}"),
        ("GET VARIABLE", "SHELL(id)"),
        ("GET", "VARIABLE", "SHELL(id)"),
        ("SET VARIABLE", "SHELL(id)", "x"),
        ("SET VARIABLE", "FILE(/etc/passwd)", "x"),
        ("SET VARIABLE", "", "x"),
        ("EXEC", "System", "id"),
        ("EXEC", "TrySystem", "id"),
        ("NOOP\nHANGUP",),
        ('NOOP "x"',),
        ("",),
    ],
)
def test_what_could_run_a_program_is_never_sent(words):
    with pytest.raises(AgiError):
        encode(*words)


def test_harmless_functions_can_be_read_and_set():
    assert encode("GET VARIABLE", "CALLERID(num)") == b'GET VARIABLE "CALLERID(num)"\n'
    assert encode("SET VARIABLE", "TIMEOUT(absolute)", 30) == b'SET VARIABLE "TIMEOUT(absolute)" "30"\n'
