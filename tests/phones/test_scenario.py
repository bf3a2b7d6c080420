"""Nothing from outside gets into a scenario, and what cannot be carried is refused."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from cti.errors import UsageError
from cti.phones import ALAW, Behaviour, Customer, Load
from cti.phones.scenario import agents_table, agents_xml, caller_header, customer_xml, load_xml

HOSTILE = ["1001\n\n200 result=1", "[local_ip]", "]]><send/>", '";tag=x', "${SHELL(id)}", "１２３😀", "\x00", "a@b>"]


@pytest.mark.parametrize("number", [*HOSTILE, b"\xff\xfe[", None, ""])
def test_a_callers_number_never_changes_the_scenario(number):
    hostile = Customer(did="4001", from_number=number, headers={"Diversion": "]]>[field0]"}, talk_seconds=1)
    plain = Customer(did="4001", headers={"Diversion": "x"}, talk_seconds=1)
    assert customer_xml(hostile, "a.pcma") == customer_xml(plain, "a.pcma")
    header = caller_header(hostile, "127.0.0.2")
    assert header.isascii()
    assert header.startswith(b"<sip:")
    assert header.endswith(b"127.0.0.2>")
    assert header.count(b"@") == (number is not None)
    assert not set(header[5:-1]) & set(b'\r\n\0 <>[]";')


def test_a_number_is_percent_encoded_byte_by_byte():
    assert caller_header(Customer(did="1", from_number="1\n[é+*"), "h") == b"<sip:1%0A%5B%C3%A9+*@h>"


def test_a_display_name_is_quoted_and_line_ends_are_refused():
    named = Customer(did="1", from_number="2", display_name='a "b\\c" 李')
    assert caller_header(named, "h") == '"a \\"b\\\\c\\" 李" <sip:2@h>'.encode()
    for end in "\r\n\0":
        with pytest.raises(UsageError, match="CR, LF or NUL"):
            caller_header(Customer(did="1", display_name=f"a{end}b"), "h")


@pytest.mark.parametrize("light", [False, True])
def test_every_scenario_is_well_formed_and_every_jump_has_its_label(light):
    scenarios = [
        customer_xml(Customer(did="1", digits=[(1, "1"), (0.5, "*")], headers={"X-A": "b"}), "a.pcma"),
        customer_xml(Customer(did="1", media="none", abandon_after=3), "a.pcma"),
        load_xml(Load(did="1", rate=1, calls=1), "a.pcma"),
        agents_xml("t.csv", ["a.pcma,-1,8,PCMA/8000"], ALAW, light),
    ]
    for text in scenarios:
        root = ElementTree.fromstring(text)
        labels = [label.get("id") for label in root.iter("label")]
        assert len(labels) == len(set(labels))
        assert {element.get("next") for element in root if element.get("next")} <= set(labels)


def test_digits_are_sent_in_their_order_with_the_gaps_between():
    text = customer_xml(Customer(did="1", digits=[(2, "#"), (0.5, "1")], talk_seconds=5), "a.pcma")
    answered = text.index('<label id="accepted"/>')
    root = ElementTree.fromstring("<all>" + text[answered : text.index('<label id="hangup"/>')] + "</all>")
    assert [pause.get("milliseconds") for pause in root.iter("pause")] == ["500", "1500", "3000"]
    assert text.index("Signal=1\n") < text.index("Signal=#\n")


def test_behaviours_become_one_line_each_and_the_first_line_is_nobodys():
    behaviours = {"1001": Behaviour(answer_after=2, ring_after=0.5, talk_seconds=3), "1002": Behaviour(refuse=486)}
    behaviours["1003"] = Behaviour(forward_to="+86139")
    assert agents_table(behaviours, [1, 0, 0]).splitlines()[1:] == [
        "-;0;0;0;404;0;-",
        "1001;500;1500;3000;0;1;-",
        "1002;0;500;100000000;486;0;-",
        "1003;0;500;100000000;302;0;+86139",
    ]


@pytest.mark.parametrize("agent", ["10;1", "", "a b", "-", "1\n2"])
def test_an_agent_that_would_break_the_table_is_refused(agent):
    with pytest.raises(UsageError):
        agents_table({agent: Behaviour()}, [1])


@pytest.mark.parametrize(
    "customer",
    [
        Customer(did="1", digits=[(1, "12")]),
        Customer(did="1", digits=[(1, "]]>")]),
        Customer(did="1", headers={"A: b\r\nC": "d"}),
        Customer(did="1", talk_seconds=-1),
        Customer(did="1", talk_seconds=float("inf")),
    ],
)
def test_what_a_phone_cannot_do_is_refused(customer):
    with pytest.raises(UsageError):
        customer_xml(customer, "a.pcma")


def test_the_templates_travel_with_the_package():
    import cti.phones

    assert (Path(cti.phones.__file__).parent / "scenarios" / "customer.xml.j2").is_file()
