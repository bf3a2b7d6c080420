"""The dialplan read as Asterisk reads it, and what `dialplan show` printed of it (Asterisk 22.10.1)."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

from cti.ship import complaints
from cti.ship.complaints import LogTail
from cti.ship.origin import Origins
from cti.ship.probe import differs
from cti.ship.rendered import Step, sections, steps

DIALPLAN = """[general]
static=yes
[tpl](!)
exten => t,1,NoOp()
[cti-a]
exten => s,1,Set(x=${IF($["a" = "b"]?(1):2)})  ; a comment
 same => n(back),NoOp(one\\;two)
 same => n,GotoIf($[${x} > 1]?back)
exten => _[+0-9]XX!/123,1,Hangup(16)
exten => 100,hint,PJSIP/1001
 same => n,${APP}(x)
; same => n,NoOp(not there)
"""
SHOWN = """[ Context 'cti-a' created by 'pbx_config' ]
  '100' =>          hint: PJSIP/1001                              [extensions.conf:10]
                    2. ${APP}(x)()                                [extensions.conf:11]
  's' =>            1. Set(x=${IF($["a" = "b"]?(1):2)})           [extensions.conf:6]
     [back]         2. NoOp(one;two)                              [extensions.conf:7]
                    3. GotoIf($[${x} > 1]?back)                   [extensions.conf:8]
  '_[+0-9]XX!' (CID match '123') =>  1. Hangup(16)                [extensions.conf:9]
  Include =>        'parkedcalls'                                 [pbx_config]

[ Context 'theirs' created by 'func_periodic_hook' ]
  'beep' (CID match '') =>  1. Answer()                           [func_periodic_hook]

-= 4 extensions (7 priorities) in 2 contexts. =-
"""


def test_every_line_is_found_with_its_extension_application_and_data() -> None:
    found = steps("extensions.conf", DIALPLAN)
    assert [(s.line, s.exten, s.app, s.data) for s in found] == [
        (6, "s", "Set", 'x=${IF($["a" = "b"]?(1):2)}'),
        (7, "s", "NoOp", "one;two"),
        (8, "s", "GotoIf", "$[${x} > 1]?back"),
        (9, "_[+0-9]XX!", "Hangup", "16"),
        (10, "100", "PJSIP/1001", ""),
        (11, "100", "${APP}(x)", ""),
    ]
    assert found[0] == Step("extensions.conf", 6, "cti-a", "s", "Set", 'x=${IF($["a" = "b"]?(1):2)}')


def test_what_asterisk_shows_of_it_is_the_same() -> None:
    assert differs({"extensions.conf": DIALPLAN}, lambda _: SHOWN) == []


@pytest.mark.parametrize(
    ("there", "instead", "line", "said"),
    [
        ("Hangup(16)  ", "Hangup(17)  ", 9, "another line in [cti-a], extension _[+0-9]XX!: Hangup(17)"),
        ("[extensions.conf:8]", "[extensions.conf:18]", 8, "no such line in [cti-a], extension s: GotoIf($[${x} > 1]"),
        ("'s' =>", "'t' =>", 6, "no such line in [cti-a], extension s: Set("),
    ],
)
def test_a_line_that_is_missing_or_another_is_found(there: str, instead: str, line: int, said: str) -> None:
    found = differs({"extensions.conf": DIALPLAN}, lambda _: SHOWN.replace(there, instead))
    assert found[0].line == line
    assert said in found[0].text


def test_a_section_has_what_its_templates_say() -> None:
    found = sections("[t](!)\ntype = endpoint\n[itsp](t)\naors = itsp\n[itsp]\ntype=aor\n")
    assert [(s.name, s.get("type"), s.is_template) for s in found] == [
        ("t", "endpoint", True),
        ("itsp", "endpoint", False),
        ("itsp", "aor", False),
    ]


def test_the_log_is_read_from_where_it_ended_and_after_it_was_rotated(tmp_path: Path) -> None:
    log = tmp_path / "full"
    log.write_text("[x] ERROR[1] config.c: before\n")
    tail = LogTail(log)
    with log.open("a") as file:
        file.write(
            '{"identifiers":{"lwp":1,"callid":""},"logmsg":{"location":{"filename":"pbx_config.c","function":"f",'
        )
        file.write('"line":1},"level":"WARNING","message":"Invalid priority at line 7 of extensions.conf\\n"}}\n')
        file.write('{"identifiers":{"lwp":1,"callid":"C-1"},"logmsg":{"location":{"filename":"pbx.c","function":"f",')
        file.write('"line":1},"level":"WARNING","message":"of a call"}}\n')
        file.write("[x] WARNING[1][C-00000001] pbx.c: of a call, too\n[x] NOTICE[1] config.c: fine\n")
        file.write("[x] WARNING[1] res_pjsip/pjsip_distributor.c: of a stranger\n\xff{[1\n")
    (found,) = tail.complaints()
    assert (found.text, found.file, found.line) == (
        "Invalid priority at line 7 of extensions.conf",
        "extensions.conf",
        7,
    )
    log.write_text("[x] ERROR[1] config.c: after\n")
    assert [each.text for each in tail.complaints()] == ["after"]
    assert LogTail(tmp_path / "none").complaints() == []


def test_a_word_that_asterisk_wrote_while_we_were_not_running_has_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, minutes = tmp_path / "full", itertools.count()

    def clock() -> float:
        minute = next(minutes)
        if minute == 1:
            log.write_text("the mark\n")
        return 60.0 * minute

    monkeypatch.setattr(complaints, "time", SimpleNamespace(monotonic=clock))
    tail = LogTail(log)
    assert tail.wait_for("the mark")
    assert not tail.wait_for("another one")


def test_an_origin_is_told_only_where_it_is_certain(tmp_path: Path) -> None:
    (tmp_path / "extensions.conf.j2").write_text('{% include "_a.j2" %}\n[cti-b]\nexten => s,1,NoOp()\n')
    (tmp_path / "_a.j2").write_text(
        "{% for name in names %}\n[cti-queue-{{ name }}]\nexten => s,1,Queue({{ name }},t)\n same => n,NoOp({{ x }})\n"
        " same => n,NoOp({{ y }})\n{% endfor %}\n"
    )
    (tmp_path / "site.yaml").write_text("site: {}\nqueues:\n  a: {}\n  b: {}\n")
    text = "[cti-queue-b]\nexten => s,1,Queue(b,t)\n same => n,NoOp(1)\n same => n,NoOp(2)\n[x]\nexten => s,1,X()\n"
    origins = Origins([tmp_path], tmp_path / "site.yaml")
    site = f"{tmp_path}/site.yaml:4"
    assert origins.of("extensions.conf", text, 2) == f"{tmp_path}/_a.j2:3, {site}"
    assert origins.of("extensions.conf", text, 3) == f"{tmp_path}/_a.j2:2, {site}"  # two lines would do: the section's
    assert origins.of("extensions.conf", text, 6) == ""
    assert origins.of("extensions.conf", text, 99) == ""
