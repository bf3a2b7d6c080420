"""One call from outside -> the places it came through, in order: the number, menus, queues, and where it ended.

It knows segments; it counts nothing. A menu that asks again after a wrong key or silence is one place, with the tries
beside it; asked again after a key that it knows, it is another. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..menu_story import Came
from ..stretches import Kind
from ..words import Outcome

MOST_STEPS = 12  # what a robot does after that says nothing of people
_RETRIED = (Came.INVALID, Came.TIMEOUT)
_HUNG_UP = (Outcome.ABANDONED, Outcome.SHORT_ABANDON)


class Stop(NamedTuple):
    """A segment, as far as journeys need it."""

    kind: str
    name: str  # the queue, the menu, the box, or the agent
    outcome: str
    key: str = ""
    ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One place. `key`: with what the caller left the menu before it ("-" without a key, "" = it was no menu)."""

    kind: str  # number, menu, queue, voicemail, agent
    name: str
    key: str = ""
    ms: int = 0  # spent there, of a menu
    invalid: int = 0
    timeouts: int = 0
    hung_up: bool = False  # the call ended here, and the caller ended it

    @property
    def place(self) -> str:
        return f"{self.kind} {self.name}".strip()


def journey(number: str, outcome: str, stops: Sequence[Stop]) -> list[Step]:
    """`stops` in order; `outcome` is the call's."""
    steps: list[Step] = []
    key = ""
    for group in _visits(stops):
        last = group[-1]
        steps.append(_step(group, key))
        key = "" if last.kind != Kind.MENU else last.key if last.outcome == Came.CHOSEN else "-"
    if not any(step.kind == "queue" for step in steps):
        steps += [Step(kind="agent", name=stop.name, key=key) for stop in stops if stop.kind in _PHONES][:1]
    steps = [Step(kind="number", name=number), *steps][:MOST_STEPS]
    if outcome in _HUNG_UP:
        steps[-1] = replace(steps[-1], hung_up=True)
    return steps


_PHONES = (Kind.RING, Kind.TALK)
_KINDS = {Kind.MENU.value: "menu", Kind.WAIT.value: "queue", Kind.VOICEMAIL.value: "voicemail"}


def _visits(stops: Sequence[Stop]) -> list[list[Stop]]:
    """Askings of one menu until a key that it knows stand together; everything else is alone."""
    found: list[list[Stop]] = []
    for stop in stops:
        if stop.kind not in _KINDS or (stop.kind == Kind.MENU and not stop.name):
            continue
        before = found[-1][-1] if found else None
        again = before is not None and before[:2] == stop[:2] and before.outcome in _RETRIED
        if again and stop.kind == Kind.MENU:
            found[-1].append(stop)
        else:
            found.append([stop])
    return found


def _step(group: Sequence[Stop], key: str) -> Step:
    return Step(
        kind=_KINDS[group[0].kind],
        name=group[0].name,
        key=key,
        ms=sum(stop.ms for stop in group) if group[0].kind == Kind.MENU else 0,
        invalid=sum(stop.outcome == Came.INVALID for stop in group),
        timeouts=sum(stop.outcome == Came.TIMEOUT for stop in group),
    )


def asked_in(path: str) -> list[Stop]:
    """The menus of a path such as `language:1>main:-`, for calls of which nothing more is known."""
    found = []
    for part in filter(None, path.split(">")):
        menu, _, key = part.partition(":")
        came = Came.LEFT if key == "-" else Came.CHOSEN  # how often it was asked before, the path does not say
        found.append(Stop(Kind.MENU.value, menu, came.value, key))
    return found
