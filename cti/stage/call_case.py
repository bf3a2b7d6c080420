"""A call test as values: who calls what and when, who is there to answer, and what should become of it.

It knows nothing of YAML and of Asterisk. `Heard` is what became of it, to be held against `Expected`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from ..core.walked import Walked

SILENCE = ""  # in `digits`: the caller lets the time run out once
PAUSE = "w"  # inside one item of `digits`: half a second, as in Dial's D()
WITHIN_SECONDS = 60.0


class Doing(StrEnum):
    """What an agent who is logged in does when the phone rings."""

    ANSWERS = "answers"
    DECLINES = "declines"
    SILENT = "silent"  # lets it ring


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a case asks for; None: anything will do. `agent` is who answers."""

    path: tuple[str, ...] | None = None
    prompts: tuple[str, ...] | None = None
    destination: str | None = None
    outcome: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One call. Everything but the number has a default.

    `at`: the instant that every schedule sees (aware), None = now. `digits`: what is pressed, one item for each
    question; afterwards the caller is silent. `agents` are those who are logged in, by number. `overrides`: schedule ->
    open, closed or closed(reason). `hangs_up`: at the next question or wait once nothing is left to press;
    `hang_up_seconds`: that long after the call began. `alone`: no other case meanwhile.
    """

    did: str
    name: str = ""
    from_number: str = ""  # "" = one of its own
    at: datetime | None = None
    digits: tuple[str, ...] = ()
    engine: bool = True
    agents: Mapping[str, Doing] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)
    hangs_up: bool = False
    hang_up_seconds: float | None = None
    alone: bool = False
    within_seconds: float = WITHIN_SECONDS
    expect: Expected = Expected()
    file: str = ""
    line: int = 0

    @property
    def asked(self) -> bool:
        """Whether it tells of the questions after the talk: the agent then hangs up."""
        told = (self.expect.destination or "", *(self.expect.path or ()))
        return any(item.startswith("survey:") for item in told)

    @property
    def answered(self) -> bool:
        """Whether somebody is there who would answer."""
        return Doing.ANSWERS in self.agents.values()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What became of one call. `agent` is who answered ("" = nobody), `note` what went wrong with the test itself,
    `calls` how often it was placed."""

    walked: Walked
    agent: str = ""
    seconds: float = 0.0
    note: str = ""
    calls: int = 1


Staff = Mapping[str, Mapping[str, int]]  # agent number -> skills


@dataclass(frozen=True, slots=True)
class Round:
    """Cases that may run at the same time: the same overrides, and agents that cannot be taken for each other's."""

    cases: tuple[tuple[int, Case], ...]  # with their place in the list

    @property
    def overrides(self) -> Mapping[str, str]:
        return self.cases[0][1].overrides

    @property
    def staffed(self) -> bool:
        return bool(self.cases[0][1].agents)


class _Kind(NamedTuple):
    staffed: bool
    alone: int  # the case's place, -1 for all that may meet others
    overrides: tuple[tuple[str, str], ...]
    agents: tuple[tuple[str, str], ...]


def rounds_of(cases: Sequence[tuple[int, Case]]) -> list[Round]:
    """Cases of one engine's state, put together as far as they can be; those without agents come first.

    With the engine up each case with agents has agents of its own, whom only its caller may reach (a skill of that
    case). Asterisk's native queue knows no skills, so with the engine down only cases with the same agents meet.
    """
    found: dict[_Kind, list[tuple[int, Case]]] = {}
    for index, case in cases:
        agents = () if case.engine else tuple(sorted(case.agents.items()))
        overrides = tuple(sorted(case.overrides.items()))
        kind = _Kind(bool(case.agents), index if case.alone else -1, overrides, agents)
        found.setdefault(kind, []).append((index, case))
    return [Round(tuple(found[kind])) for kind in sorted(found)]
