"""The text of extensions.conf taken apart as Asterisk's own reader would: contexts, extensions, steps.

It knows the file's grammar (pbx/pbx_config.c: pbx_load_config, process_dialplan_line; main/config.c for comments); it
refuses to know what a step does. What cannot be read is noted with its line, and reading goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST_LINE = 8191  # bytes; main/config.c reads no more of a line
_SECTION = re.compile(r"\[([^\]]*)\](\(.*\))?")
_STEP = re.compile(r"(?P<number>[0-9]+|n|s|hint)(?P<plus>\+[0-9]+)?(?:\((?P<label>[^()]*)\))?")
_PLAIN = frozenset({"general", "globals"})


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something wrong at a rendered line. `error`: Asterisk would not do what is written."""

    line: int
    rule: str
    text: str
    hint: str = ""
    error: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One priority: `app` with `args` as written (backslashes before `;` taken away)."""

    line: int
    priority: int
    label: str
    app: str
    args: str


@dataclass(slots=True)
class Context:
    """A context: its extensions' steps in the order written, and what it includes."""

    name: str
    line: int
    extens: dict[str, list[Step]] = field(default_factory=dict)
    includes: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class DialplanText:
    """Everything that was read, and what could not be."""

    contexts: dict[str, Context] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)

    def steps(self) -> Iterator[tuple[Context, str, Step]]:
        """Every step with its context and extension."""
        for context in self.contexts.values():
            for exten, steps in context.extens.items():
                yield from ((context, exten, step) for step in steps)


def read_dialplan(text: str) -> DialplanText:
    """Take a whole extensions.conf apart."""
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        reader.take(number, line)
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found = DialplanText()
        self._context: Context | None = None
        self._exten = ""
        self._skips = False  # within [general] or [globals]

    def take(self, number: int, raw: str) -> None:
        if len(raw.encode()) > LONGEST_LINE:
            self._wrong(number, "long-line", f"the line is longer than {LONGEST_LINE} bytes: Asterisk cuts it")
        line, comment = _without_comment(raw)
        line = line.strip()
        if section := _SECTION.fullmatch(line):
            self._open(number, section[1])
        elif line and not self._skips and not line.startswith("#"):
            self._directive(number, line, comment)

    def _open(self, number: int, name: str) -> None:
        self._exten = ""
        self._skips = name in _PLAIN
        self._context = None
        if not self._skips:
            self._context = self.found.contexts.setdefault(name, Context(name, number))

    def _directive(self, number: int, line: str, comment: bool) -> None:
        name, equals, value = line.partition("=")
        word, value = name.strip().lower(), value.removeprefix(">").strip()
        if self._context is None:
            self._wrong(number, "no-context", f"{line[:60]!r} stands in no context", "begin one with [name]")
        elif not equals:
            self._wrong(
                number, "syntax", f"{line[:60]!r} is no line of a dialplan", "exten => …, same => … or include =>"
            )
        elif word == "exten":
            self._exten, _, rest = value.partition(",")
            self._exten = self._exten.strip().partition("/")[0]
            self._step(number, rest.strip(), comment)
        elif word == "same":
            if not self._exten:
                self._wrong(number, "same-without-exten", "`same` comes before any `exten` of this context")
            else:
                self._step(number, value, comment)
        elif word == "include":
            self._context.includes.append((number, value.partition(",")[0].strip()))
        elif word not in ("switch", "lswitch", "eswitch", "ignorepat", "autohints"):
            self._wrong(
                number,
                "syntax",
                f"{name.strip()!r} is no word of a dialplan",
                "exten, same, include, switch, ignorepat",
            )

    def _step(self, number: int, value: str, comment: bool) -> None:
        assert self._context is not None
        where, comma, call = value.partition(",")
        match = _STEP.fullmatch(where.strip())
        if match is None or not comma:
            hint = "exten => NUMBER,1,App(…), then same => n,App(…)"
            self._wrong(number, "priority", f"{where.strip()[:40]!r} is no priority", hint)
            return
        if match["number"] == "hint":
            return
        steps = self._context.extens.setdefault(self._exten, [])
        priority = self._priority(number, match, steps)
        app, args = self._call(number, call.strip(), comment)
        label = match["label"] or ""
        for step in steps:
            if step.priority == priority:
                text = f"{self._exten} has the priority {priority} twice, first on line {step.line}"
                self._wrong(number, "duplicate-priority", text, "n counts by itself")
            if label and step.label == label:
                text = f"{self._exten} has the label {label} twice, first on line {step.line}"
                self._wrong(number, "duplicate-label", text, "Asterisk takes one of them")
        steps.append(Step(number, priority, label, app, args))

    def _priority(self, number: int, match: re.Match[str], steps: list[Step]) -> int:
        plus = int(match["plus"] or 0)
        if match["number"] in ("n", "s"):
            if not steps:
                self._wrong(
                    number, "priority", f"{self._exten} begins with {match['number']}", "the first priority is 1"
                )
                return 1
            return steps[-1].priority + (match["number"] == "n") + plus
        return int(match["number"]) + plus

    def _call(self, number: int, call: str, comment: bool) -> tuple[str, str]:
        """`App(args)` as Asterisk splits it: at the first `(` and the last `)`."""
        app, bracket, rest = call.partition("(")
        if bracket and ")" not in rest:
            hint = "a ; begins a comment; write \\;" if comment else "close it with )"
            self._wrong(number, "brackets", f"{app.strip()}( is not closed", hint)
            return app.strip(), rest
        args = rest.rpartition(")")[0] if bracket else ""
        if comment and call.count("(") > call.count(")"):
            self._wrong(number, "comment", f"a ; within {app.strip()}(…) begins a comment", "write \\; for a semicolon")
        return app.strip(), args.replace("\\;", ";")

    def _wrong(self, number: int, rule: str, text: str, hint: str = "") -> None:
        self.found.wrong.append(Wrong(number, rule, text, hint))


def _without_comment(line: str) -> tuple[str, bool]:
    """What stands before an unescaped `;`, and whether there was one."""
    for match in re.finditer(";", line):
        if not line[: match.start()].endswith("\\"):
            return line[: match.start()], True
    return line, False
