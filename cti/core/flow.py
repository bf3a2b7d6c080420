"""The way of a call as a graph: places, and the edges that lead from one to the next.

It knows kinds of places, what each asks or says, and why an edge is taken; it refuses to know YAML, templates and any
call. `site.flow` makes one of a site; `core.walk` walks it, `core.flow_faults` finds what is wrong with it, and
`cti dialplan graph` draws it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Place(NamedTuple):
    """Where a call can be: a kind (did, menu, queue, voicemail, external, hangup …) and its name."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


HANGUP = Place("hangup")
MOST_ROUNDS = 30  # menus (and inputs) that one call may enter; then it hears GOODBYE and is hung up
NO_ANSWER = "direct_no_answer"  # said when an agent who was dialled does not answer
GOODBYE = "menu_goodbye"


class Why(StrEnum):
    """Why an edge is taken."""

    CHOSEN = "chosen"  # the caller pressed or entered something
    SILENT = "silent"  # the caller did nothing
    ERRED = "erred"  # the caller pressed too often what means nothing here
    HOURS = "hours"  # a schedule decided
    WAITED = "waited"  # the queue's longest wait is over
    NOBODY = "nobody"  # nobody took the call outside
    TALKED = "talked"  # the agent has hung up, and the caller not
    REFUSED = "refused"  # the queue is too long, too busy or closed by hand; five times at most (CTI_REFUSED)
    ALWAYS = "always"


class Edge(NamedTuple):
    """A way on; `label` is what the caller pressed or the site's word for it. `says`: prompts on the way."""

    to: Place
    label: str
    why: Why
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """What a reason for being closed changes: a prompt ("" = none), and where to (None = the usual place)."""

    prompt: str = ""
    to: Place | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """A schedule that is asked, and where calls go when it is closed."""

    schedule: str
    closed: Place
    reasons: Mapping[str, Reason] = field(default_factory=dict)

    def edges(self) -> Iterator[Edge]:
        yield Edge(self.closed, f"{self.schedule} closed", Why.HOURS)
        for name, reason in self.reasons.items():
            label = f"{self.schedule} closed ({name})"
            yield Edge(reason.to or self.closed, label, Why.HOURS, _said(reason.prompt))


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A number that callers dial."""

    place: Place
    to: Place
    language: str
    gate: Gate | None = None

    @property
    def says(self) -> tuple[str, ...]:
        return ()

    def edges(self) -> Iterator[Edge]:
        if self.gate is None:
            yield Edge(self.to, "", Why.ALWAYS)
            return
        yield Edge(self.to, f"{self.gate.schedule} open", Why.HOURS)
        yield from self.gate.edges()


class Choice(NamedTuple):
    """What a key leads to (None: back to the menu the caller came from); `language` "" leaves it as it is."""

    to: Place | None
    language: str = ""


class Tries(NamedTuple):
    """Callers who err in one way hear `prompt` each time, are asked again `retries` times, and then go `to`."""

    to: Place
    retries: int
    prompt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """One question, and what becomes of wrong keys and of silence."""

    place: Place
    prompt: str
    choices: Mapping[str, Choice]
    invalid: Tries
    timeout: Tries
    direct: bool = False  # agents' numbers may be dialled as well

    @property
    def says(self) -> tuple[str, ...]:
        return (self.prompt, *_said(self.invalid.prompt), *_said(self.timeout.prompt))

    def edges(self) -> Iterator[Edge]:
        for key, choice in self.choices.items():
            if choice.to is not None:  # the way back is one that led here
                yield Edge(choice.to, key, Why.CHOSEN)
        if self.invalid.to == self.timeout.to:
            yield Edge(self.timeout.to, "otherwise", Why.SILENT)
            return
        yield Edge(self.invalid.to, "invalid", Why.ERRED)
        yield Edge(self.timeout.to, "timeout", Why.SILENT)


class Unknown(NamedTuple):
    """Where a lookup leads that finds nobody, or that nobody answers (the engine is away)."""

    not_found: Tries
    error: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Digits that a caller enters, `least` to `most`; what is entered leads `to`, `unknown` when it is looked up."""

    place: Place
    prompt: str
    to: Place
    invalid: Tries
    timeout: Tries
    least: int = 1
    most: int = 20
    terminator: str = "#"
    confirm: bool = False
    masked: bool = False
    unknown: Unknown | None = None

    @property
    def says(self) -> tuple[str, ...]:
        tries = (self.invalid, self.timeout, *([self.unknown.not_found] if self.unknown else []))
        return (self.prompt, *(prompt for one in tries for prompt in _said(one.prompt)))

    def edges(self) -> Iterator[Edge]:
        yield Edge(self.to, "found" if self.unknown else "entered", Why.CHOSEN)
        if self.unknown:
            yield Edge(self.unknown.not_found.to, "not found", Why.CHOSEN)
            yield Edge(self.unknown.error, "error", Why.SILENT)
        yield Edge(self.invalid.to, "invalid", Why.SILENT)
        yield Edge(self.timeout.to, "timeout", Why.SILENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A queue. `leaves` is where its callers go when an outcome (timeout, full …) ends their waiting unserved; `survey`
    where they are asked after the talk, if they were not told of it by `notice` and pressed `decline_key`."""

    place: Place
    leaves: Mapping[str, Place]
    gate: Gate | None = None
    greeting: str = ""
    exit_key: str = ""
    comfort: tuple[str, ...] = ()  # prompts that waiting callers hear now and then
    survey: Place | None = None
    notice: str = ""
    decline_key: str = ""

    @property
    def says(self) -> tuple[str, ...]:
        return (*_said(self.notice), *_said(self.greeting), *self.comfort)

    def edges(self) -> Iterator[Edge]:
        if self.gate is not None:
            yield from self.gate.edges()
        for outcome, to in self.leaves.items():
            label = f"key {self.exit_key}" if outcome == "exit_key" else outcome
            yield Edge(to, label, _LEAVES.get(outcome, Why.REFUSED))
        if self.survey is not None:
            yield Edge(self.survey, "after the talk", Why.TALKED)


_LEAVES = {"timeout": Why.WAITED, "exit_key": Why.CHOSEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A number outside; `otherwise` is where the caller goes when nobody takes the call."""

    place: Place
    otherwise: Place

    @property
    def says(self) -> tuple[str, ...]:
        return ()

    def edges(self) -> Iterator[Edge]:
        yield Edge(self.otherwise, "not taken", Why.NOBODY)


class Question(NamedTuple):
    """One question, answered by one of `keys`; put `tries` times in all."""

    prompt: str
    keys: str
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Questions after the talk. Whatever is answered, the call ends there."""

    place: Place
    questions: tuple[Question, ...]
    thanks: str

    @property
    def says(self) -> tuple[str, ...]:
        return (*(question.prompt for question in self.questions), self.thanks)

    def edges(self) -> Iterator[Edge]:
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A mailbox. `busy_greeting`: heard by those whom a queue had no room for."""

    place: Place
    greeting: str = ""
    busy_greeting: str = ""

    @property
    def says(self) -> tuple[str, ...]:
        return (*_said(self.greeting), *_said(self.busy_greeting))

    def edges(self) -> Iterator[Edge]:
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A place that says nothing of its own and that no call goes on from: the end, an agent."""

    place: Place

    @property
    def says(self) -> tuple[str, ...]:
        return ()

    def edges(self) -> Iterator[Edge]:
        yield from ()


Node = Door | Menu | Input | Line | Outside | Survey | Box | End


@dataclass(frozen=True, slots=True)
class Flow:
    """Every place of a site, in the order written; edges lead only to places that are in it."""

    nodes: Mapping[Place, Node]

    def doors(self) -> list[Door]:
        """The numbers, where every call begins."""
        return [node for node in self.nodes.values() if isinstance(node, Door)]

    def reached(self, start: Iterable[Place]) -> set[Place]:
        """Every place that a call from one of `start` can come to, themselves included."""
        seen: set[Place] = set()
        waiting = list(start)
        while waiting:
            place = waiting.pop()
            if place not in seen:
                seen.add(place)
                waiting += [edge.to for edge in self.nodes[place].edges()]
        return seen

    def only(self, start: Iterable[Place]) -> Flow:
        """What can be reached from `start`, and nothing else."""
        seen = self.reached(start)
        return Flow({place: node for place, node in self.nodes.items() if place in seen})


def _said(prompt: str) -> tuple[str, ...]:
    return (prompt,) if prompt else ()
