"""What a rendered file asks of Asterisk: the dialplan's lines, and the sections of the others.

It reads as Asterisk does (main/config.c, pbx/pbx_config.c of 22): `;` begins a comment unless a backslash stands before
it, an application's data lie between the first and the last bracket. It refuses to judge what it reads. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_SECTION = re.compile(r"\[([^\]]+)\](?:\(([^)]*)\))?")
_SETTING = re.compile(r"\s*([^=\s]+)\s*=>?\s*(.*?)\s*$")
_COMMENT = re.compile(r"(?<!\\);.*")


@dataclass(frozen=True, slots=True)
class Step:
    """One priority of the dialplan. `hint` has no priority number. `line` counts from 1 in `file`."""

    file: str
    line: int
    context: str
    exten: str
    app: str
    data: str
    hint: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One section with its settings, those of the templates that it names included; `line` is its header's."""

    name: str
    line: int
    settings: tuple[tuple[str, str, int], ...]  # name, value, line
    is_template: bool = False
    inherits: bool = False

    def get(self, name: str) -> str:
        """The first value of a setting, or ""."""
        return next((value for each, value, _ in self.settings if each.lower() == name), "")


def dialplan_files(files: Mapping[str, str]) -> dict[str, str]:
    """Those of the files that are dialplan."""
    return {name: text for name, text in files.items() if re.fullmatch(r"extensions([_-].*)?\.conf", name)}


def steps(file: str, text: str) -> list[Step]:
    """Every `exten` and `same` line, in order. A context made from a template is left out: its lines are elsewhere."""
    found: list[Step] = []
    for section in sections(text):
        if section.is_template or section.inherits or section.name.lower() in ("general", "globals"):
            continue
        exten = ""
        for name, value, line in section.settings:
            if name.lower() == "exten":
                exten, _, value = value.partition(",")
            elif not name.lower().startswith("same"):
                continue
            priority, _, action = value.partition(",")
            found.append(_step(file, line, section.name, exten, priority.strip(), action))
    return found


def _step(file: str, line: int, context: str, exten: str, priority: str, action: str) -> Step:
    app, bracket, data = action.lstrip().partition("(")
    if "${" in app or "$[" in app:
        app, data = action.lstrip(), ""
    elif bracket and ")" in data:
        data = data[: data.rindex(")")]
    return Step(file, line, context, exten.partition("/")[0].strip(), app.strip(), data, hint=priority == "hint")


def sections(text: str) -> list[Section]:
    """Every section of a file, in order."""
    return list(_resolved(_raw(text)))


def _raw(text: str) -> Iterator[tuple[str, str, int, list[tuple[str, str, int]]]]:
    """Name, what stands in brackets behind it, line, settings."""
    current: tuple[str, str, int, list[tuple[str, str, int]]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        plain = _COMMENT.sub("", line).replace("\\;", ";").rstrip()
        if header := _SECTION.match(plain.strip()):
            if current:
                yield current
            current = (header[1], header[2] or "", number, [])
        elif current and not plain.startswith("#") and (setting := _SETTING.match(plain)):
            current[3].append((setting[1], setting[2], number))
    if current:
        yield current


def _resolved(raw: Iterator[tuple[str, str, int, list[tuple[str, str, int]]]]) -> Iterator[Section]:
    templates: dict[str, tuple[tuple[str, str, int], ...]] = {}
    for name, options, line, own in raw:
        words = [word.strip() for word in options.split(",") if word.strip()]
        inherited = [setting for word in words for setting in templates.get(word, ())]
        settings = (*inherited, *own)
        if "!" in words:
            templates[name] = settings
        yield Section(name, line, settings, is_template="!" in words, inherits=bool(inherited))
