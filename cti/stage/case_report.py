"""What call tests have shown, for people, for programs and for a CI server.

It knows how an expectation is held against what was heard, and how the difference is laid out; it refuses to know how a
call was placed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from xml.etree import ElementTree

from .call_case import SILENCE, Case, Heard

_LISTS = ("path", "prompts")
_WORDS = ("destination", "outcome", "agent")
_UNPRINTABLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd]")  # XML 1.0 has no word for these


@dataclass(frozen=True, slots=True)
class Tried:
    """A case and what became of it."""

    case: Case
    heard: Heard

    @property
    def wrong(self) -> list[str]:
        """The fields that are not as expected, in order. A call that the time limit cut off is wrong as a whole."""
        if self.heard.note.startswith("still"):
            return [*_WORDS, *_LISTS]
        return [name for name in (*_WORDS, *_LISTS) if _wanted(self.case, name) not in (None, _got(self.heard, name))]

    @property
    def fine(self) -> bool:
        return not self.wrong


def _wanted(case: Case, name: str) -> Any:
    return getattr(case.expect, name)


def _got(heard: Heard, name: str) -> Any:
    return heard.agent if name == "agent" else getattr(heard.walked, name)


# --- for people ------------------------------------------------------------------------------------------


def headline(tried: Tried) -> str:
    """`✓  6.2 s  a holiday by day`."""
    mark = "✓" if tried.fine else "✗"
    again = " (went another way at first: is this machine busy?)" if tried.fine and tried.heard.calls > 1 else ""
    return f"{mark} {tried.heard.seconds:5.1f} s  {tried.case.name}{again}"


def difference(tried: Tried) -> Iterator[str]:
    """What a person needs to mend a case: its line, then expected beside got, list items aligned."""
    case, heard = tried.case, tried.heard
    yield f"✗ {case.file}:{case.line}: {case.name}"
    if heard.note:
        yield f"    {heard.note}"
    for name in _WORDS:
        if name in tried.wrong and _wanted(case, name) is not None:
            yield f"    {name}: expected {_wanted(case, name)}, got {_got(heard, name) or 'nobody'}"
    for name in _LISTS:
        if name in tried.wrong:
            yield f"    {name}:"
            yield from _columns(_wanted(case, name), _got(heard, name))


def _columns(wanted: Sequence[str] | None, got: Sequence[str]) -> Iterator[str]:
    """`  same`, `- expected`, `+ got`, in the order of the call."""
    if wanted is None:
        yield from (f"        {item}" for item in got)
        return
    for kind, a, b, c, d in SequenceMatcher(None, wanted, got, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (f"        {item}" for item in wanted[a:b])
        else:
            yield from (f"      - {item}" for item in wanted[a:b])
            yield from (f"      + {item}" for item in got[c:d])


# --- for programs -----------------------------------------------------------------------------------------


def plain(tried: Sequence[Tried], seconds: float) -> dict[str, Any]:
    """Everything as JSON values; `seconds` is the whole run, from the first process to the last."""
    return {
        "cases": len(tried),
        "failed": sum(not one.fine for one in tried),
        "seconds": round(seconds, 2),
        "longest_call_seconds": round(max((one.heard.seconds for one in tried), default=0.0), 2),
        "results": [_result(one) for one in tried],
    }


def _result(one: Tried) -> dict[str, Any]:
    case, heard = one.case, one.heard
    fields = (*_LISTS, *_WORDS)
    return {
        "name": case.name,
        "file": case.file,
        "line": case.line,
        "ok": one.fine,
        "wrong": one.wrong,
        "seconds": round(heard.seconds, 2),
        "note": heard.note,
        "calls": heard.calls,
        "expected": {name: _wanted(case, name) for name in fields if _wanted(case, name) is not None},
        "got": {name: _got(heard, name) for name in fields},
    }


def junit(tried: Sequence[Tried], seconds: float) -> str:
    """A JUnit report, as CI servers read it."""
    failed = str(sum(not one.fine for one in tried))
    counts: dict[str, Any] = {"tests": str(len(tried)), "failures": failed, "errors": "0", "time": f"{seconds:.3f}"}
    suite = ElementTree.Element("testsuite", name="cti dialplan test", **counts)
    for one in tried:
        case: dict[str, Any] = {
            "classname": one.case.file or "calls",
            "name": _clean(one.case.name),
            "file": one.case.file,
        }
        element = ElementTree.SubElement(
            suite, "testcase", line=str(one.case.line), time=f"{one.heard.seconds:.3f}", **case
        )
        if not one.fine:
            failure = ElementTree.SubElement(element, "failure", message=f"differs in: {', '.join(one.wrong)}")
            failure.text = _clean("\n".join(difference(one)))
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("?", text)


# --- as a file of cases again ---------------------------------------------------------------------------------


def recorded(tried: Iterable[Tried], staff: Any) -> dict[str, Any]:
    """What is now, as the expectation of tomorrow: a document for a case file."""
    document: dict[str, Any] = {"agents": {number: dict(skills) for number, skills in staff.items()}} if staff else {}
    return {**document, "calls": [_recorded(one) for one in tried]}


def _recorded(one: Tried) -> dict[str, Any]:
    case, walked = one.case, one.heard.walked
    call: dict[str, Any] = {"name": case.name, "did": case.did}
    call |= {"from": case.from_number} if case.from_number else {}
    call |= {"at": case.at.isoformat()} if case.at else {}
    call |= {"digits": ",".join("-" if item == SILENCE else item for item in case.digits)} if case.digits else {}
    call |= {} if case.engine else {"engine": "down"}
    call |= {"agents": {number: str(doing) for number, doing in case.agents.items()}} if case.agents else {}
    call |= {"schedules": dict(case.overrides)} if case.overrides else {}
    call |= {"hang_up": case.hang_up_seconds or True} if case.hangs_up or case.hang_up_seconds is not None else {}
    call |= {"alone": True} if case.alone else {}
    call |= {"within_seconds": case.within_seconds} if case.within_seconds != type(case)(did="").within_seconds else {}
    expect = {"path": list(walked.path), "prompts": list(walked.prompts)}
    words = {"destination": walked.destination, "outcome": walked.outcome}
    agent = {"agent": one.heard.agent} if one.heard.agent else {}
    return {**call, "expect": {**expect, **words, **agent}}
