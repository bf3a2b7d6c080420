"""Every fault of a call flow, seeded once; and what is no fault though it looks like one."""

from __future__ import annotations

from dataclasses import replace

from cti.core.flow import HANGUP, Choice, Door, End, Flow, Gate, Line, Menu, Node, Outside, Place, Reason, Tries
from cti.core.flow_faults import FlowFault, faults_of


def menu(name: str, otherwise: str, **keys: str) -> Menu:
    choices = {key.removeprefix("k"): Choice(place(to)) for key, to in (keys or {"k1": "box:x"}).items()}
    tries = Tries(place(otherwise), 1)
    return Menu(place=place(f"menu:{name}"), prompt=name, choices=choices, invalid=tries, timeout=tries)


def queue(name: str, gate: Gate | None = None, **leaves: str) -> Line:
    return Line(place=place(f"queue:{name}"), leaves={why: place(to) for why, to in leaves.items()}, gate=gate)


def door(to: str, gate: Gate | None = None) -> Door:
    return Door(place=place("did:400"), to=place(to), language="en", gate=gate)


def place(text: str) -> Place:
    kind, _, name = text.partition(":")
    return Place(kind, name)


def faults(*nodes: Node) -> list[FlowFault]:
    ends = [End(place=place("box:x")), End(place=HANGUP)]
    return faults_of(Flow({node.place: node for node in [*nodes, *ends]}))


def rules(*nodes: Node) -> list[tuple[str, str, bool]]:
    return [(fault.rule, str(fault.place), fault.error) for fault in faults(*nodes)]


def test_a_sound_flow_has_no_fault() -> None:
    gate = Gate("office", place("box:x"))
    assert faults(door("menu:a", gate), menu("a", "queue:q"), queue("q", gate, timeout="box:x")) == []


def test_menus_that_lead_a_silent_caller_to_each_other_are_a_loop() -> None:
    found = faults(door("menu:a"), menu("a", "menu:b"), menu("b", "menu:a"))
    assert [(fault.rule, str(fault.place), fault.error) for fault in found] == [("loop", "menu:a", True)]
    assert "menu:a (otherwise) → menu:b (otherwise) → menu:a" in found[0].text


def test_a_menu_that_leads_a_silent_caller_to_itself_is_a_loop() -> None:
    assert rules(door("menu:a"), menu("a", "menu:a", k1="box:x")) == [("loop", "menu:a", True)]


def test_only_silence_makes_a_loop_and_not_wrong_keys() -> None:
    wrong = replace(menu("a", "box:x"), invalid=Tries(place("menu:a"), 1))
    assert rules(door("menu:a"), wrong) == []
    assert rules(door("menu:a"), replace(wrong, timeout=Tries(place("menu:a"), 1))) == [("loop", "menu:a", True)]


def test_a_key_that_leads_back_is_no_loop() -> None:
    assert rules(door("menu:a"), menu("a", "box:x", k1="menu:b"), menu("b", "box:x", k9="menu:a")) == []


def test_queues_whose_longest_waits_lead_to_each_other_are_a_loop() -> None:
    nodes = (door("queue:a"), queue("a", timeout="queue:b"), queue("b", timeout="menu:c"), menu("c", "queue:a"))
    assert (
        rules(
            *nodes,
        )
        == [("loop", "queue:a", True), ("unreachable", "box:x", False)][:1]
    )


def test_queues_that_are_full_and_lead_to_each_other_end_after_five_times() -> None:
    assert rules(door("queue:a"), queue("a", full="queue:b"), queue("b", full="queue:a", timeout="box:x")) == []


def test_closed_queues_that_lead_to_each_other_are_a_loop() -> None:
    gate = Gate("office", place("queue:b"))
    nodes = (door("queue:a"), queue("a", gate), queue("b", replace(gate, closed=place("queue:a")), exit_key="box:x"))
    assert rules(*nodes) == [("loop", "queue:a", True)]


def test_a_round_that_one_schedule_makes_impossible_is_none() -> None:
    gate = Gate("office", place("queue:b"))  # closed: a leads to b, which is closed too and leads to the mailbox
    b = queue("b", replace(gate, closed=place("box:x")), timeout="queue:a")
    assert rules(door("queue:a"), queue("a", gate), b) == []


def test_a_round_that_needs_two_schedules_closed_is_a_warning() -> None:
    day, night = Gate("day", place("queue:b")), Gate("night", place("queue:a"))
    found = faults(door("queue:a"), queue("a", day), queue("b", night, exit_key="box:x"))
    assert [(fault.rule, fault.error) for fault in found] == [("loop", False)]
    assert "whenever day and night are so at once" in found[0].text


def test_a_round_in_which_somebody_outside_is_rung_each_time_is_a_warning() -> None:
    duty = Outside(place=place("external:duty"), otherwise=place("queue:q"))
    assert rules(door("queue:q"), queue("q", timeout="external:duty", closed="box:x"), duty) == [
        ("loop", "queue:q", False)
    ]


def test_a_reason_for_being_closed_can_make_a_loop_of_its_own() -> None:
    gate = Gate("office", place("box:x"), {"holiday": Reason("", place("menu:a"))})
    assert rules(door("queue:q"), menu("a", "queue:q"), queue("q", gate)) == [("loop", "menu:a", True)]


def test_menus_that_lead_only_to_menus_are_dead_ends() -> None:
    nodes = (door("box:x"), menu("a", "menu:b", k1="menu:a"), menu("b", "menu:a", k1="menu:b"))
    found = rules(*nodes)
    assert ("dead-end", "menu:a", True) in found
    assert ("dead-end", "menu:b", True) in found


def test_what_no_number_leads_to_is_unreachable() -> None:
    assert rules(door("box:x"), queue("lonely", timeout="box:x")) == [("unreachable", "queue:lonely", False)]


def test_a_number_that_hangs_up_without_a_word_is_told() -> None:
    assert ("cut-off", "did:400", False) in rules(door("hangup"))
    assert ("cut-off", "did:400", False) in rules(door("box:x", Gate("office", HANGUP)))
    told = Gate("office", place("box:x"), {"holiday": Reason("merry", HANGUP)})
    assert rules(door("box:x", told)) == []


def test_a_menu_without_keys_is_told() -> None:
    assert ("no-keys", "menu:a", False) in rules(door("menu:a"), replace(menu("a", "box:x"), choices={}))


def test_errors_come_first() -> None:
    found = faults(door("hangup"), menu("a", "menu:a"), queue("b", timeout="box:x"))
    assert [fault.error for fault in found] == sorted((fault.error for fault in found), reverse=True)


def test_ten_thousand_menus_in_a_row_are_looked_at_quickly() -> None:
    menus = [menu(f"m{number}", f"menu:m{number + 1}") for number in range(10_000)]
    last = menu("m10000", "menu:m0")
    assert [rule for rule, _, _ in rules(door("menu:m0"), *menus, last)] == ["loop"]
