"""Agents from a CSV file: `number,name,phone,skills[,secret][,contact][,language]`, skills as `sales=50;engine=70`.

It knows the columns and finds every mistake at once, each with its line. It writes nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from ..errors import UsageError
from .people import Agent, mistakes_of

_NEEDED = ("number", "name", "phone", "skills")
_OPTIONAL = ("secret", "contact", "language")
_LONGEST = 1_000_000  # characters of a whole file


def parse_agents(text: str, name: str = "agents.csv") -> list[Agent]:
    """Read a whole file. Raises UsageError with every mistake, one `file:line: …` a line."""
    if len(text) > _LONGEST:
        raise UsageError(f"{name}: {len(text)} characters are too many for a list of agents")
    mistakes: list[str] = []
    agents: list[Agent] = []
    first: dict[str, int] = {}
    for line, row in _rows(text, name):
        try:
            agent = _agent(row)
            wrong = mistakes_of(agent)
        except ValueError as error:
            mistakes.append(f"{name}:{line}: {error}")
            continue
        if agent.number in first:
            wrong.append(f"agent {agent.number} was already in line {first[agent.number]}")
        first.setdefault(agent.number, line)
        mistakes += [f"{name}:{line}: {mistake}" for mistake in wrong]
        agents.append(agent)
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return agents


def _rows(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        _check_header(header, name)
        for values in reader:
            if any(value.strip() for value in values):
                if len(values) > len(header):
                    raise UsageError(f"{name}:{reader.line_num}: {len(values)} values for {len(header)} columns")
                yield reader.line_num, dict(zip(header, (value.strip() for value in values), strict=False))
    except csv.Error as error:
        raise UsageError(f"{name}:{reader.line_num}: not CSV: {error}") from error


def _check_header(header: list[str], name: str) -> None:
    missing = [column for column in _NEEDED if column not in header]
    unknown = [column for column in header if column not in _NEEDED + _OPTIONAL]
    if missing or unknown:
        what = f"missing column {missing[0]}" if missing else f"unknown column {unknown[0]!r}"
        raise UsageError(f"{name}:1: {what}; the columns are {','.join(_NEEDED)} and maybe {','.join(_OPTIONAL)}")


def _agent(row: dict[str, str]) -> Agent:
    return Agent(
        number=row.get("number", ""),
        name=row.get("name", ""),
        phone=row.get("phone", ""),
        phone_secret=row.get("secret", ""),
        phone_contact=row.get("contact", ""),
        language=row.get("language", ""),
        skills=parse_skills(row.get("skills", "")),
    )


def parse_skills(text: str) -> dict[str, int]:
    """`sales=50;engine=70` (also with commas) -> {"sales": 50, "engine": 70}. Raises ValueError."""
    skills: dict[str, int] = {}
    for part in text.replace(",", ";").split(";"):
        if not part.strip():
            continue
        skill, equals, level = (piece.strip() for piece in part.partition("="))
        if not equals or not (level.isascii() and level.isdigit()) or len(level) > 3:
            raise ValueError(f"skill {part.strip()!r} must look like sales=50")
        if skill in skills:
            raise ValueError(f"skill {skill!r} is given twice")
        skills[skill] = int(level)
    return skills
