"""Agents from CSV: number,name,phone,skills and maybe secret, contact, language, wrap_up, voicemail_pin and
voicemail_email; skills as sales=50;engine=70.

It knows the columns and finds every mistake at once, each with its line. It writes nothing. A column that the file does
not have says nothing: `Sheet.columns` tells which ones it has.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import UsageError
from .people import Agent, mistakes_of

_NEEDED = ("number", "name", "phone", "skills")
# column -> the field of Agent that it fills
FIELDS = {
    "name": "name",
    "phone": "phone",
    "skills": "skills",
    "secret": "phone_secret",
    "contact": "phone_contact",
    "language": "language",
    "wrap_up": "wrap_up_seconds",
    "voicemail_pin": "voicemail_pin",
    "voicemail_email": "voicemail_email",
}
_COLUMNS = ("number", *FIELDS)
_LONGEST = 1_000_000  # characters of a whole file


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A whole file: the agents in its order, the line of each (by number), and the columns that it has."""

    agents: tuple[Agent, ...]
    lines: Mapping[str, int]
    columns: frozenset[str]


def parse_agents(text: str, name: str = "agents.csv") -> list[Agent]:
    """The agents of a whole file. Raises UsageError with every mistake, one `file:line: …` a line."""
    return list(read_sheet(text, name).agents)


def read_sheet(text: str, name: str = "agents.csv") -> Sheet:
    """Read a whole file. Raises UsageError with every mistake, one `file:line: …` a line."""
    if len(text) > _LONGEST:
        raise UsageError(f"{name}: {len(text)} characters are too many for a list of agents")
    mistakes: list[str] = []
    agents: list[Agent] = []
    lines: dict[str, int] = {}
    phones: dict[str, int] = {}
    columns, rows = _rows(text, name)
    for line, row in rows:
        try:
            agent = _agent(row)
        except ValueError as error:
            mistakes.append(f"{name}:{line}: {error}")
            continue
        wrong = mistakes_of(agent)
        if agent.number in lines:
            wrong.append(f"agent {agent.number} was already in line {lines[agent.number]}")
        elif agent.phone in phones:
            wrong.append(f"phone {agent.phone} was already in line {phones[agent.phone]}; each agent needs one")
        lines.setdefault(agent.number, line)
        phones.setdefault(agent.phone, line)
        mistakes += [f"{name}:{line}: {mistake}" for mistake in wrong]
        agents.append(agent)
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return Sheet(agents=tuple(agents), lines=lines, columns=frozenset(columns))


def _rows(text: str, name: str) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    reader = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
    except csv.Error as error:
        raise UsageError(f"{name}:1: not CSV: {error}") from error
    _check_header(header, name)

    def rows() -> Iterator[tuple[int, dict[str, str]]]:
        try:
            for values in reader:
                if any(value.strip() for value in values):
                    if len(values) > len(header):
                        raise UsageError(f"{name}:{reader.line_num}: {len(values)} values for {len(header)} columns")
                    yield reader.line_num, dict(zip(header, (value.strip() for value in values), strict=False))
        except csv.Error as error:
            raise UsageError(f"{name}:{reader.line_num}: not CSV: {error}") from error

    return header, rows()


def _check_header(header: list[str], name: str) -> None:
    missing = [column for column in _NEEDED if column not in header]
    unknown = [column for column in header if column not in _COLUMNS]
    if missing or unknown:
        what = f"missing column {missing[0]}" if missing else f"unknown column {unknown[0]!r}"
        optional = ",".join(column for column in _COLUMNS if column not in _NEEDED)
        raise UsageError(f"{name}:1: {what}; the columns are {','.join(_NEEDED)} and maybe {optional}")


def _agent(row: dict[str, str]) -> Agent:
    return Agent(
        number=row.get("number", ""),
        name=row.get("name", ""),
        phone=row.get("phone", ""),
        phone_secret=row.get("secret", ""),
        phone_contact=row.get("contact", ""),
        language=row.get("language", ""),
        wrap_up_seconds=_seconds(row.get("wrap_up", "")),
        voicemail_pin=row.get("voicemail_pin", ""),
        voicemail_email=row.get("voicemail_email", ""),
        skills=parse_skills(row.get("skills", "")),
    )


def _seconds(text: str) -> float | None:
    if text and not (text.isascii() and text.isdigit() and len(text) < 6):
        raise ValueError(f"wrap_up {text[:40]!r} must be whole seconds, or empty for the queue's")
    return float(text) if text else None


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
