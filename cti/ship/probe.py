"""Asks a running Asterisk whether it has what was rendered, and sends one call through it that touches nobody.

Needed because Asterisk refuses lines in silence: `dialplan reload` says "Dialplan reloaded." whatever it left out, a
wrong endpoint is only gone, and that an application does not exist is found out by a caller. It knows console commands
and their answers (Asterisk 22; `dialplan show` names file and line of each priority); it changes nothing.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from .complaints import LogTail
from .rendered import Step, dialplan_files, sections, steps

Ask = Callable[[str], str]
CONTEXT = "cti-probe"
_NAME_BYTES = 20  # where `core show functions` cuts a name (pbx_functions.c: %-20.20s)
CALL_SECONDS = 10.0  # the test call takes some milliseconds; a schedule that never returns takes for ever
_SHOWN = re.compile(
    r"^  (?:'(?P<exten>.*?)' (?:\(CID match '.*?'\) )?=>| *\[[^\]]*\]|) *"
    r"(?:(?P<hint>hint): (?P<what>.*?)|\d+\. (?P<app>[^(]*)\((?P<data>.*)\)) *\[(?P<file>[^\[\]:]+):(?P<line>\d+)\]$"
)
_CONTEXT = re.compile(r"^\[ Context '(.*)' created by '.*' \]$")
_FUNCTION = re.compile(r"\$\{([A-Z][A-Z0-9_]+)\(")
_SHOWN_BYTES = 900  # of a line: `dialplan show` cuts it at 1,023


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was rendered. `line` 0: no single line; `file` "": no single file."""

    text: str
    file: str = ""
    line: int = 0
    context: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return where + self.text


def probe(files: Mapping[str, str], ask: Ask, log: LogTail, accepted: Iterable[str] = ()) -> list[Finding]:
    """Everything that is wrong; [] when Asterisk has what these files say. Raises PbxError when nothing answers.

    `log` stands where Asterisk's log ended before the reload; `accepted` are complaints to live with.
    """
    found = [*_dialplan(files, ask), *_objects(files, ask), *_test_call(files, ask, log)]
    told = {finding.line for finding in found if finding.line}
    accepted = set(accepted)
    complaints = [c for c in log.complaints() if c.text not in accepted and c.line not in told]
    return found + [Finding(f"Asterisk says: {c.text}", c.file, c.line) for c in complaints]


def differs(files: Mapping[str, str], ask: Ask) -> list[Finding]:
    """Where the dialplan that Asterisk runs is not what these files say."""
    return list(_loaded(_wanted(files), ask))


# --- the dialplan ---------------------------------------------------------------------------------------------


def _wanted(files: Mapping[str, str]) -> list[Step]:
    return [step for name, text in dialplan_files(files).items() for step in steps(name, text)]


def _dialplan(files: Mapping[str, str], ask: Ask) -> Iterator[Finding]:
    wanted = _wanted(files)
    yield from _loaded(wanted, ask)
    yield from _unknown(wanted, ask)


def _loaded(wanted: list[Step], ask: Ask) -> Iterator[Finding]:
    shown = {(step.file, step.line): step for step in _parsed(ask("dialplan show"))}
    for step in wanted:
        there = shown.get((step.file, step.line))
        if there is None or (there.context, there.exten) != (step.context, step.exten):
            text = f"Asterisk has no such line in [{step.context}], extension {step.exten}: {_line(step)}"
        elif _line(there) != _line(step):
            text = f"Asterisk has another line in [{step.context}], extension {step.exten}: {_line(there)}"
        else:
            continue
        yield Finding(text, step.file, step.line, step.context)


def _parsed(answer: str) -> Iterator[Step]:
    context = exten = ""
    for line in answer.splitlines():
        if header := _CONTEXT.match(line):
            context, exten = header[1], ""
        elif found := _SHOWN.match(line):
            exten = found["exten"] if found["exten"] is not None else exten
            app, data = (found["what"], "") if found["hint"] else (found["app"], found["data"])
            yield Step(found["file"], int(found["line"]), context, exten, app, data, hint=bool(found["hint"]))


def _line(step: Step) -> str:
    """As both sides can be compared: not beyond where `dialplan show` cuts, and whatever the terminal's letters are."""
    text = step.app if step.hint or not step.data else f"{step.app}({step.data})"
    return re.sub(r"[^\x00-\x7f]+", "?", text)[:_SHOWN_BYTES].rstrip().removesuffix("()")


def _unknown(wanted: list[Step], ask: Ask) -> Iterator[Finding]:
    """Applications and functions that no module brings: a caller would be the first to notice."""
    applications = {word.lower() for word in re.findall(r"(?m)^ *([\w-]+):", ask("core show applications"))}
    functions = set(re.findall(r"(?m)^([A-Z][A-Z0-9_]+) ", ask("core show functions")))
    for step in wanted:
        if not step.hint and "$" not in step.app and step.app.lower() not in applications:
            text = f"there is no application {step.app}"
        elif missing := next(
            (name for name in _FUNCTION.findall(step.data) if name[:_NAME_BYTES] not in functions), None
        ):
            text = f"there is no function {missing}"
        else:
            continue
        yield Finding(f"{text}, in [{step.context}], extension {step.exten}", step.file, step.line, step.context)


# --- endpoints, queues, mailboxes -----------------------------------------------------------------------------


def _objects(files: Mapping[str, str], ask: Ask) -> Iterator[Finding]:
    for file, what, names, command, pattern in (
        ("pjsip.conf", "endpoint", _endpoints, "pjsip show endpoints", r"(?m)^ Endpoint: +([^/\s]+)"),
        ("queues.conf", "queue", _queues, "queue show", r"(?m)^(\S+) +has \d+ calls"),
        ("voicemail.conf", "mailbox", _mailboxes, "voicemail show users", r"(?m)^\S+ +(\S+) "),
    ):
        wanted = dict(names(files.get(file, "")))
        there = set(re.findall(pattern, ask(command))) if wanted else set()
        for name, line in wanted.items():
            if name not in there and not any(len(each) > 30 and name.startswith(each) for each in there):
                yield Finding(f"Asterisk has no {what} {name}", file, line)


def _endpoints(text: str) -> Iterator[tuple[str, int]]:
    found = (section for section in sections(text) if not section.is_template)
    return ((section.name, section.line) for section in found if section.get("type") == "endpoint")


def _queues(text: str) -> Iterator[tuple[str, int]]:
    found = (section for section in sections(text) if not section.is_template)
    return ((section.name, section.line) for section in found if section.name != "general")


def _mailboxes(text: str) -> Iterator[tuple[str, int]]:
    for section in sections(text):
        if section.name not in ("general", "zonemessages"):
            yield from ((name, line) for name, _, line in section.settings)


# --- a call ------------------------------------------------------------------------------------------------------


def _test_call(files: Mapping[str, str], ask: Ask, log: LogTail) -> Iterator[Finding]:
    """A Local channel through [cti-probe], which asks every schedule, keeps the answers in AstDB and ends."""
    context = next((s for s in sections(files.get("extensions.conf", "")) if s.name == CONTEXT), None)
    if context is None:
        return  # somebody's own extensions.conf.j2 without it
    token = str(secrets.randbelow(10**9) + 10**9)
    if "No such command" in ask("core show help channel originate"):
        ask("module load res_clioriginate.so")  # an Asterisk that was started with an older modules.conf
    ask(f"channel originate Local/{token}@{CONTEXT}/n application NoOp {CONTEXT}")
    answer = _answer(ask, token)
    wrong = [word for word in answer.split()[1:] if word.partition("=")[2] not in ("open", "closed")]
    if not answer:
        text = f"the test call through [{CONTEXT}] did not come to its end within {CALL_SECONDS:.0f} s"
        yield Finding(text, "extensions.conf", context.line, CONTEXT)
    for word in wrong:
        name, _, said = word.partition("=")
        line = next(
            (s.line for s in sections(files["extensions.conf"]) if s.name == f"cti-schedule-{name}"), context.line
        )
        yield Finding(
            f"schedule {name} answers {said!r}, not open or closed", "extensions.conf", line, f"cti-schedule-{name}"
        )
    log.wait_for(f"{CONTEXT} {token}")


def _answer(ask: Ask, token: str) -> str:
    """`TOKEN office=open night=closed`, as the call left it; "" when it never came."""
    until = time.monotonic() + CALL_SECONDS
    while time.monotonic() < until:
        found = re.search(rf"Value: ({token}.*)", ask(f"database get {CONTEXT} result"))
        if found:
            return found[1].strip()
        time.sleep(0.05)
    return ""
