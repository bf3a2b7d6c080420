"""Every fault of a rendered dialplan, seeded once; and that what we ship has none."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cti.config import Config
from cti.render.dial_pattern import example, takes
from cti.render.expressions import split, unbalanced
from cti.render.inputs import Installation, PhoneCard
from cti.render.lint import lint
from cti.render.render import Renderer
from cti.site.model import Site

MODULES = "[modules]\nautoload = no\n" + "".join(
    f"load = {name}.so\n"
    for name in ("app_dial", "app_stack", "app_playback", "app_read", "app_exec", "app_mixmonitor", "func_callerid")
)
SOUND = """
[from-trunk]
exten => 400,1,Answer()
 same => n(ask),Read(KEY,cti/hello,1,,1,5)
 same => n,GotoIf($["${KEY}" = "1"]?other,s,1:ask)
 same => n,Hangup(16)
[other]
exten => s,1,Set(CALLERID(name)=a\\;b)
 same => n,ExecIf($["${KEY}" = "1"]?Gosub(sub,s,1(x,y)))
 same => n,Dial(PJSIP/1001,30,gb(sub^s^1(x))U(sub^x))
 same => n,Goto(sub-${KEY},s,1)
[sub]
exten => s,1,Return(a,b)
[sub-1]
include => sub
exten => s,1,Hangup()
"""


def faults(dialplan: str, **others: str) -> list[tuple[int, str, str]]:
    files: Mapping[str, str] = {"extensions.conf": dialplan, "modules.conf": MODULES} | {
        f"{name}.conf": text for name, text in others.items()
    }
    return [(fault.line, fault.rule, fault.text) for found in lint(files).values() for fault in found]


def seeded(*lines: str) -> list[tuple[int, str, str]]:
    """The sound dialplan with these lines as one more context, at line 1."""
    return faults("\n".join(["[seeded]", *lines, *SOUND.splitlines()]))


def test_a_sound_dialplan_has_no_fault() -> None:
    assert faults(SOUND) == []


def test_what_we_ship_has_no_fault(
    config: Config, installation: Installation, demo: Site, phones: list[PhoneCard]
) -> None:
    assert lint(Renderer(config, installation).render(demo, phones)) == {}


@pytest.mark.parametrize(
    ("step", "rule", "said"),
    [
        ("Goto(nowhere,s,1)", "target", "there is no context nowhere"),
        ("Goto(other,7,1)", "target", "there is no extension 7 in other"),
        ("Goto(other,s,9)", "target", "there is no priority 9 at s"),
        ("Goto(other,s,gone)", "target", "there is no label gone at s"),
        ("Goto(gone)", "target", "there is no label gone at 1"),
        ("Goto(sabotage-${KEY},s,1)", "target", "there is no context sabotage-${KEY}"),
        ("GotoIf($[1]?other,s,1:gone)", "target", "there is no label gone"),
        ("GotoIfTime(09:00-17:00,mon-fri,*,*?nowhere,s,1)", "target", "there is no context nowhere"),
        ("Gosub(nowhere,s,1(a))", "target", "there is no context nowhere"),
        ("ExecIf($[1]?Gosub(nowhere,s,1))", "target", "there is no context nowhere"),
        ("ExecIf($[1]?Playback(x):Goto(nowhere,s,1))", "target", "there is no context nowhere"),
        ("Dial(PJSIP/1,30,gU(nowhere^s))", "target", "there is no context nowhere"),
        ("Dial(PJSIP/1,30,b(nowhere^s^1(x))gm)", "target", "there is no context nowhere"),
        ("Set(CHANNEL(hangup_handler_push)=nowhere,s,1)", "target", "there is no context nowhere"),
        (r"MSet(A=1,CHANNEL(hangup_handler_push)=nowhere\,s\,1,B=2)", "target", "there is no context nowhere"),
        ('Set(X=$["${KEY}" = "1)', "expression", "$[ without ]"),
        ("Set(X=${KEY)", "expression", "${ without }"),
        ('Set(X=$["${KEY} = "1"])', "expression", "a quote is not closed"),
        ("Set(X=f(1)", "expression", "( and ) do not match"),
        ("Playbak(x)", "application", "there is no application 'Playbak'"),
        ("Queue(sales)", "application", "Queue is in app_queue.so, which is not loaded"),
        ("Set(X=${SHEL(id)})", "function", "there is no function 'SHEL'"),
        ("Set(X=${CURL(http://x)})", "function", "CURL is in func_curl.so, which is not loaded"),
        ("Set(GROUP()=x)", "function", "GROUP is in func_groupcount.so, which is not loaded"),
        ("System(id)", "shell", "System runs a shell"),
        ("ExecIf($[1]?TrySystem(id))", "shell", "TrySystem runs a shell"),
        ("Set(X=${SHELL(id)})", "shell", "SHELL runs a shell"),
        ("MixMonitor(a.raw,b,rm ${X})", "shell", "the third argument of MixMonitor is a shell line"),
        ("Playback(a,b,c)", "arguments", "Playback takes 2 arguments, not 3"),
        ("Read(K,welcome,1,,1,5,x)", "arguments", "Read takes 6 arguments, not 7"),
        ("Goto()", "arguments", "Goto needs 1 argument"),
        ("Playback(a;b)", "brackets", "Playback( is not closed"),
        ("Playback(a", "brackets", "Playback( is not closed"),
        ("Set(X=f(a);b)", "comment", "a ; within Set(…) begins a comment"),
    ],
)
def test_a_seeded_step_is_found_at_its_line(step: str, rule: str, said: str) -> None:
    found = seeded(f"exten => 1,1,{step}", " same => n,Hangup()")
    told = [(line, kind) for line, kind, text in found if said in text]
    assert told == [(2, rule)], found


@pytest.mark.parametrize(
    ("lines", "rule", "said"),
    [
        ([" same => n,Hangup()"], "same-without-exten", "`same` comes before any `exten`"),
        (["exten => 1,n,Hangup()"], "priority", "1 begins with n"),
        (["exten => 1,x,Hangup()"], "priority", "'x' is no priority"),
        (["exten => 1,1,NoOp()", "exten => 1,1,Hangup()"], "duplicate-priority", "has the priority 1 twice"),
        (["exten => 1,1(a),NoOp()", " same => n(a),Hangup()"], "duplicate-label", "has the label a twice"),
        (["exten => 1,1,Answer()"], "dead-end", "1 in seeded ends with Answer"),
        (["exten => 1,1,GotoIf($[1]?other,s,1)"], "dead-end", "ends with GotoIf"),
        (["exten => _1X,1,Hangup()", "exten => _X1,1,Hangup()"], "overlap", "_X1 and _1X in seeded both take 11"),
        (["exten => *131,1,Hangup()", "exten => _*13X,1,Hangup()"], "overlap", "*131 and _*13X in seeded both take"),
        (["include => nowhere"], "target", "include => nowhere"),
        (["extn => 1,1,Hangup()"], "syntax", "'extn' is no word of a dialplan"),
        (["hello"], "syntax", "'hello' is no line of a dialplan"),
        (["exten => 1,1,NoOp(" + "x" * 8200 + ")", " same => n,Hangup()"], "long-line", "longer than 8191 bytes"),
    ],
)
def test_seeded_lines_are_found(lines: list[str], rule: str, said: str) -> None:
    found = seeded(*lines)
    assert [kind for _, kind, text in found if said in text] == [rule], found


def test_a_step_outside_of_every_context_is_found() -> None:
    assert [rule for _, rule, _ in faults("exten => 1,1,Hangup()\n")] == ["no-context"]


def test_a_context_that_a_phone_or_queue_names_must_be_there() -> None:
    found = faults(SOUND, pjsip="[1001]\ncontext = form-agent\n", queues="[q]\ncontext = other\n")
    assert [(line, rule) for line, rule, _ in found] == [(2, "target")]


def test_what_is_only_there_to_be_asked_for_is_no_dead_end() -> None:
    assert seeded("exten => 10,1,NoOp()") == []


def test_where_every_module_is_loaded_every_application_is_there() -> None:
    text = "[a]\nexten => 1,1,Queue(x)\n same => n,Hangup()\n"
    assert lint({"extensions.conf": text, "modules.conf": "autoload=yes\n"}) == {}


@pytest.mark.parametrize(
    ("pattern", "number", "taken"),
    [
        ("400", "400", True),
        ("_4XX", "400", True),
        ("_4XX", "4000", False),
        ("_Z.", "0", False),
        ("_Z.", "12", True),
        ("_1!", "1", True),
        ("_[+0-9]XXXXX.", "+8613800138000", True),
        ("_*13X", "*13", False),
        ("_1-2X", "125", True),
    ],
)
def test_patterns_take_what_asterisk_would(pattern: str, number: str, taken: bool) -> None:
    assert takes(pattern, number) is taken


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [("_1X", "_2X", ""), ("_1X", "_1.", "10"), ("_1X", "_1XX", ""), ("12", "_1X", "12"), ("_X.", "_X.", "00")],
)
def test_a_number_that_two_patterns_share(one: str, other: str, shared: str) -> None:
    assert example(one, other) == shared


def test_arguments_split_as_asterisk_splits_them() -> None:
    assert split('a,"b,c",${IF(x,y)},d\\,e') == ["a", '"b,c"', "${IF(x,y)}", "d\\,e"]


def test_a_quote_inside_a_function_is_its_own() -> None:
    assert unbalanced('$["${IF("a" = "b"?x)}" = ""]') == ""
