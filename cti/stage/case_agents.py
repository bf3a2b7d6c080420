"""The agents of a run of cases: copies of the named ones, so that no case takes another's.

It knows numbers and skills. A copy has as many digits as its original, and the same first one: what the dialplan makes
of agents' numbers (how long a menu waits for another digit) stays the same. The originals have phones too, for calls to
their own numbers; they never log in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import UsageError
from .call_case import Case, Doing, Staff

_OWN_LEVEL = 100


@dataclass(frozen=True, slots=True)
class Copy:
    """One agent's stand-in for one case."""

    index: int  # of the case
    original: str
    doing: Doing


@dataclass(frozen=True, slots=True)
class Crew:
    """Everybody of one run. `numbers` are the callers', by case."""

    copies: Mapping[str, Copy]
    skills: Mapping[str, Mapping[str, int]]
    numbers: Mapping[int, str]
    cases: Mapping[int, Case]

    def of(self, index: int) -> list[str]:
        """The copies of one case, in the order in which the case names them."""
        return [number for number, copy in self.copies.items() if copy.index == index]

    def original(self, endpoint: str) -> str:
        """Whose number an admin knows: the original of a copy, else the endpoint itself."""
        return self.copies[endpoint].original if endpoint in self.copies else endpoint

    def need(self, index: int) -> str:
        """What the case's caller needs on top, so that only its own agents are reached; "" without agents."""
        case = self.cases[index]
        return f"case{index}=1" if case.engine and case.agents else ""

    def doing(self, endpoint: str, caller: str) -> Doing | None:
        """What this phone does when `caller` rings it; None: nobody's case."""
        if endpoint in self.copies:
            return self.copies[endpoint].doing
        for index, number in self.numbers.items():
            if number == caller and endpoint in self.cases[index].agents:
                return self.cases[index].agents[endpoint]
        return None


def crew_of(cases: Sequence[tuple[int, Case]], staff: Staff) -> Crew:
    """Raises UsageError for an agent who is not in `staff`."""
    copies: dict[str, Copy] = {}
    skills: dict[str, Mapping[str, int]] = dict(staff)
    free = _Numbers(staff)
    for index, case in cases:
        for original, doing in case.agents.items():
            if original not in staff:
                raise UsageError(f"{case.file}:{case.line}: there is no agent {original} in `agents`")
            number = free.next(original)
            copies[number] = Copy(index, original, doing)
            own = {f"case{index}": _OWN_LEVEL} if case.engine else {}
            skills[number] = {**staff[original], **own}
    numbers = {index: case.from_number or f"138{index:08d}" for index, case in cases}
    return Crew(copies, skills, numbers, dict(cases))


class _Numbers:
    """Numbers that no agent has, as long as an agent's and with the same first digit, from the highest down."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff
        self._free: dict[str, Iterator[str]] = {}

    def next(self, original: str) -> str:
        for digits in range(len(original) - 1, 10):
            kind = original[0] + "9" * digits
            if found := next(self._free.setdefault(kind, self._downwards(kind)), ""):
                return found
        raise UsageError("too many agents in these cases; split the file")

    def _downwards(self, highest: str) -> Iterator[str]:
        numbers = (highest[0] + f"{value:0{len(highest) - 1}d}" for value in range(int(highest[1:] or 0), -1, -1))
        return (number for number in numbers if number not in self._staff)
