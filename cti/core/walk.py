"""A call on paper: from the number that was dialled to where it ends, as the rendered dialplan would lead it.

It knows what the dialplan does with a key, a silence, a schedule and a queue's verdict (dialplan/_menus.j2,
_numbers.j2, _queues.j2, _schedules.j2); it refuses to know the site's spelling, any clock and any Asterisk.

Read() takes one key, or silence until its time is over. `#` ends it with nothing stored, which the menu takes for the
key `#` (app_read.c: AST_GETDATA_EMPTY_END_TERMINATED is OK). Invalid keys and silences are counted apart, from 0 at
every entry of the menu. A wait in a queue is a question while keys are left; only the exit key does anything there.
What time alone decides (announcements, the offer of a callback) is left out. Keys that are left when an agent answers
are for the questions after the talk, where the queue has some; without any the walk ends with the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from ..errors import NotFound
from .flow import (
    GOODBYE,
    HANGUP,
    MOST_ROUNDS,
    NO_ANSWER,
    Box,
    Door,
    End,
    Flow,
    Gate,
    Input,
    Line,
    Menu,
    Outside,
    Place,
    Survey,
    Tries,
)
from .schedule import State
from .walk_asked import asked
from .walked import Walked

SILENCE = ""  # in `digits`: the caller lets the time run out once
REFUSALS = 5  # _queues.j2: who was turned away so often is not turned away again
MASK = "***"  # what stands for masked digits (_inputs.j2)
_MOST_STEPS = 1000


class Staff(StrEnum):
    """How a queue's agents are; with the engine away only whether somebody answers counts."""

    FREE = "free"  # somebody answers
    BUSY = "busy"  # nobody answers: the caller waits as long as the queue allows
    FULL = "full"  # engine only: as many wait as may
    RATIO = "overflow"  # engine only: too many wait for those at work
    CLOSED = "closed"  # engine only: closed by hand


@dataclass(frozen=True, kw_only=True)
class Caller:
    """One call. `digits`: what is pressed, one item for each question (SILENCE: nothing); afterwards the caller is
    silent, or `hangs_up` at the next question or wait. `staff` by queue; a queue that is not named is `usually`.
    `lookups` by input: found (the default), not_found or error; with the engine away always error. `agents`: numbers
    that may be dialled in a menu, and whether each has a mailbox; whether they answer is `usually`.
    """

    did: str
    digits: tuple[str, ...] = ()
    hangs_up: bool = False
    engine: bool = True
    staff: Mapping[str, Staff] = field(default_factory=dict)
    usually: Staff = Staff.FREE
    lookups: Mapping[str, str] = field(default_factory=dict)
    agents: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the tale: the item of the path ("" = the call's end), what is said there, and why, in words."""

    item: str
    says: tuple[str, ...]
    why: str
    language: str


@dataclass(frozen=True, slots=True)
class Walk:
    """A walked call. `endless`: it goes round for ever, and was left there. `unused`: keys that nothing asked for."""

    walked: Walked
    steps: tuple[Step, ...]
    endless: bool = False
    unused: tuple[str, ...] = ()


def walk(flow: Flow, caller: Caller, hours: Callable[[str], State]) -> Walk:
    """Lead `caller` through `flow`; `hours` tells what a schedule says at the call's instant.

    Raises NotFound for a number that the site does not have.
    """
    door = Place("did", caller.did)
    if door not in flow.nodes:
        known = ", ".join(node.place.name for node in flow.doors()) or "none"
        raise NotFound(f"no number {caller.did!r}; there are: {known}")
    feet = _Feet(flow, caller, hours)
    place: Place | None = door
    while place is not None and len(feet.steps) < _MOST_STEPS:
        place = feet.enter(place)
    if place is not None:
        feet.end(place, "endless", "goes round for ever")
    return feet.told(endless=place is not None)


class _Feet:
    """A call on its way: what it has met so far, and what the caller has left to press."""

    def __init__(self, flow: Flow, caller: Caller, hours: Callable[[str], State]) -> None:
        self._flow, self._caller, self._hours = flow, caller, hours
        self._digits = list(caller.digits)
        self.steps: list[Step] = []
        self._language = ""
        self._refused = 0
        self._exit = ""  # why a queue or a number let the caller go
        self._verdict = ""  # why the last queue did (CTI_OUTCOME)
        self._end = ("", "")
        self._came: list[Place] = []  # the menus that led here, this one last
        self._rounds = 0
        self._declined = False  # to be asked after the talk

    def told(self, *, endless: bool) -> Walk:
        path = tuple(step.item for step in self.steps if step.item)
        prompts = tuple(prompt for step in self.steps for prompt in step.says)
        return Walk(Walked(path, prompts, *self._end), tuple(self.steps), endless, tuple(self._digits))

    def end(self, place: Place, outcome: str, why: str = "") -> None:
        self._end = (str(place), outcome)
        if why:
            self._tell("", why=why)

    def enter(self, place: Place) -> Place | None:
        """Be at this place; where to next, None at the end."""
        node = self._flow.nodes[place]
        match node:
            case Door():
                self._language = node.language
                self._tell(str(place))
                return self._shut(node.gate) or node.to
            case Menu():
                return self._ask(node) if self._round(place) else HANGUP
            case Input():
                return self._read(node) if self._round(place) else HANGUP
            case Line():
                return self._queue(node)
            case Box():
                self._tell(str(place), self._greeting(node))
                self.end(place, "voicemail")
                return None
            case Survey():
                self._tell(str(place), why="the agent hangs up")
                for item, says, why in asked(node, self._digits, hangs_up=self._caller.hangs_up):
                    self._tell(item, says, why)
                self.end(place, "answered")
                return None
            case Outside():
                self._tell(str(place))
                self.end(place, "external")
                return None
            case End():
                self._tell(str(place))
                self.end(place, _ENDS.get(place.kind) or self._exit or "hangup")
                return None
            case _:
                assert_never(node)

    def _shut(self, gate: Gate | None) -> Place | None:
        """Where a closed schedule sends the call; None when it is open or there is none."""
        if gate is None:
            return None
        said = self._hours(gate.schedule)
        if said.open:
            self._tell(f"schedule:{gate.schedule}=open", why=said.rule)
            return None
        reason = gate.reasons.get(said.reason)
        says = (reason.prompt,) if reason and reason.prompt else ()
        word = f"closed({said.reason})" if said.reason else "closed"
        self._tell(f"schedule:{gate.schedule}={word}", says, said.rule)
        self._exit = "closed"
        return (reason.to if reason else None) or gate.closed

    def _ask(self, menu: Menu) -> Place | None:
        """Until a key leads on or the caller has erred too often."""
        invalid = timeouts = 0
        while not self._gone(menu.place, (menu.prompt,)):
            key = self._digits.pop(0) if self._digits else SILENCE
            if key in menu.choices:
                choice = menu.choices[key]
                self._tell(f"{menu.place}={'back' if choice.to is None else key}", (menu.prompt,))
                self._language = choice.language or self._language
                return choice.to or self._back()
            if menu.direct and (number := key.removesuffix("#")) in self._caller.agents:
                self._tell(f"{menu.place}={number}", (menu.prompt,))
                return self._dial(number)
            if key == SILENCE:
                timeouts += 1
                self._tell(f"{menu.place}=timeout", (menu.prompt, *_said(menu.timeout)), "silence")
            else:
                invalid += 1
                self._tell(f"{menu.place}=invalid", (menu.prompt, *_said(menu.invalid)), f"pressed {key}")
            if invalid > menu.invalid.retries:
                return menu.invalid.to
            if timeouts > menu.timeout.retries:
                return menu.timeout.to
        return None

    def _dial(self, number: str) -> Place | None:
        """An agent's own phone rings (_menus.j2: cti-direct); unanswered it is the box, else the menu again."""
        agent = Place("agent", number)
        self._tell(str(agent))
        if self._caller.usually is Staff.FREE:
            self.end(agent, "direct", "the agent answers")
            return None
        if self._caller.agents[number]:
            box = Place("voicemail", f"agent-{number}")
            self._tell(str(box), why="the agent does not answer")
            self.end(box, "voicemail")
            return None
        self._tell("", (NO_ANSWER,), "the agent does not answer")
        return self._came[-1]

    def _read(self, entry: Input) -> Place | None:
        """Until digits are entered, confirmed and looked up, or the caller has erred too often (_inputs.j2)."""
        erred = Counter[str]()
        ways = {"invalid": entry.invalid, "timeout": entry.timeout, "refused": entry.invalid._replace(prompt="")}
        if entry.unknown:
            ways["not_found"] = entry.unknown.not_found
        while not self._gone(entry.place, (entry.prompt,)):
            keys = self._digits.pop(0) if self._digits else SILENCE
            became = self._entered(entry, keys, erred)
            if became in ("entered", "found"):
                return entry.to
            if became == "error" and entry.unknown:
                return entry.unknown.error
            if became == "gone":
                return None
            way = ways[became]
            counted = "invalid" if became == "refused" else became
            erred[counted] += 1
            if way.prompt:
                self._tell("", (way.prompt,))
            if erred[counted] > way.retries:
                return way.to
        return None

    def _entered(self, entry: Input, keys: str, erred: Counter[str]) -> str:
        """What becomes of one entry: entered, found, not_found, error, timeout, invalid, refused, or gone."""
        digits = keys.removesuffix(entry.terminator) if entry.terminator else keys
        good = digits.isdecimal() and entry.least <= len(digits) <= entry.most
        if not good:
            why = "invalid" if keys else "timeout"
            self._tell(f"{entry.place}={why}", (entry.prompt,), f"pressed {len(keys)} keys" if keys else "silence")
            return why
        self._tell("", (entry.prompt,))
        if entry.confirm and (unsure := self._confirm(entry, digits, erred)):
            return unsure
        self._tell(f"{entry.place}={MASK if entry.masked else digits}")
        if entry.unknown is None:
            return "entered"
        found = self._caller.lookups.get(entry.place.name, "found") if self._caller.engine else "error"
        self._tell(f"lookup:{entry.place.name}={found}")
        return found

    def _confirm(self, entry: Input, digits: str, erred: Counter[str]) -> str:
        """Read back until the caller says yes (""); refused, timeout or gone otherwise."""
        says = ("input_read_back", *(f"digit_{digit}" for digit in digits), "input_confirm")
        while not self._gone(entry.place, says):
            key = self._digits.pop(0) if self._digits else SILENCE
            item = {"1": "", "2": f"{entry.place}=invalid"}.get(key, f"{entry.place}=timeout")
            self._tell(item, says, "read back")
            if key in ("1", "2"):
                return "" if key == "1" else "refused"
            if erred["timeout"] >= entry.timeout.retries:
                return "timeout"
            erred["timeout"] += 1
        return "gone"

    def _round(self, place: Place) -> bool:
        """Enter a menu or an input (_inputs.j2: cti-round); False when the caller has gone round too often."""
        self._rounds += 1
        if self._rounds > MOST_ROUNDS:
            self._tell("", (GOODBYE,), f"{MOST_ROUNDS} menus in one call")
            return False
        if place.kind == "menu" and self._came[-1:] != [place]:
            self._came.append(place)
        return True

    def _back(self) -> Place:
        """To the menu that led here; from the first one to itself."""
        if len(self._came) > 1:
            self._came.pop()
        return self._came[-1]

    def _gone(self, place: Place, says: tuple[str, ...] = ()) -> bool:
        """Whether the caller hangs up here, having nothing left to press."""
        if self._digits or not self._caller.hangs_up:
            return False
        self._tell("", says, f"hangs up in {place}")
        self.end(HANGUP, self._exit or "hangup")
        return True

    def _queue(self, line: Line) -> Place | None:
        self._tell(str(line.place))
        shut = self._shut(line.gate)
        if shut is not None:
            return shut
        asks = self._will_be_asked(line)
        if self._end[0]:
            return None
        if line.greeting:
            self._tell("", (line.greeting,))
        staff = self._caller.staff.get(line.place.name, self._caller.usually)
        if staff is Staff.FREE:
            self.end(line.place, "answered", "an agent answers")
            return line.survey if asks and self._digits else None
        refusal = self._refusal(line, staff)
        return self._leave(line, refusal) if refusal else self._wait(line)

    def _will_be_asked(self, line: Line) -> bool:
        """Before the waiting (_macros.j2: survey_notice): who is told of the survey may decline it."""
        if line.survey is None or self._declined:
            return False
        if not line.notice:
            return True
        self._tell("", (line.notice,))
        if not line.decline_key:
            return True
        if not self._digits and self._caller.hangs_up:
            self.end(line.place, "abandoned", "hangs up before waiting")
            return False
        if (self._digits.pop(0) if self._digits else SILENCE).startswith(line.decline_key):
            self._declined = True
        return not self._declined

    def _refusal(self, line: Line, staff: Staff) -> str:
        """The outcome with which the engine turns a newcomer away, "" when it does not."""
        can = staff in (Staff.FULL, Staff.RATIO, Staff.CLOSED) and staff.value in line.leaves
        return staff.value if can and self._caller.engine and self._refused < REFUSALS else ""

    def _wait(self, line: Line) -> Place | None:
        while self._digits:
            pressed = self._digits.pop(0)
            if line.exit_key and line.exit_key in pressed:
                return self._leave(line, "exit_key")
        if self._caller.hangs_up:
            self.end(line.place, "abandoned", "hangs up while waiting")
            return None
        if "timeout" in line.leaves:
            return self._leave(line, "timeout")
        self.end(line.place, "waiting", "nobody answers, and the queue has no longest wait")
        return None

    def _leave(self, line: Line, outcome: str) -> Place:
        refused = outcome not in ("timeout", "exit_key")
        self._refused = self._refused + 1 if refused else 0
        self._exit = self._verdict = outcome
        self._tell("", why=_LEFT.get(outcome, outcome))
        return line.leaves[outcome]

    def _greeting(self, box: Box) -> tuple[str, ...]:
        """_voicemail.j2: those for whom there was no room hear the busy one; Asterisk's own are not the site's."""
        busy = self._caller.engine and self._verdict in ("full", "overflow")
        said = (busy and box.busy_greeting) or box.greeting
        return (said,) if said else ()

    def _tell(self, item: str, says: tuple[str, ...] = (), why: str = "") -> None:
        self.steps.append(Step(item, says, why, self._language))


def _said(tries: Tries) -> tuple[str, ...]:
    return (tries.prompt,) if tries.prompt else ()


_ENDS = {"agent": "direct"}
_LEFT = {
    "timeout": "nobody answers within the longest wait",
    "full": "the queue is full",
    "overflow": "too many wait for those at work",
    "closed": "closed by hand",
    "exit_key": "leaves with the exit key",
}
