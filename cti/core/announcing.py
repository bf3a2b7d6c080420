"""What waiting callers are told, and when: position, expected wait, comfort; and which key lets them leave.

It watches the ACD from behind: each event with the commands that followed. It knows turns, rounding and what was
promised to whom; the estimate is `expected_wait`'s, who competes is `rivals`'. It knows no sound and no language: parts
are names of prompts. Nothing is said to a caller whose turn is nearly there, and a position or a wait worse than the
one said before is not said at all. A queue without `announce` and `exit_key` costs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from . import events as ev
from .commands import (
    Announce,
    CancelTimer,
    Command,
    MoveCaller,
    OfferCall,
    ReleaseCaller,
    Said,
    ShowPresence,
    StartTimer,
)
from .expected_wait import Accuracy, ExpectedWait
from .queue import CallState, Line, Waiting
from .rivals import position, stages
from .timer_keys import AnnounceDue
from .words import SILENT, AgentId, CallId, Presence, QueueName, QueueRules

WAIT_MINUTES = (1, 2, 5, 10, 15, 20, 30)  # what is said is the first that is not too short
MOST_POSITION = 99
IMMINENT_SECONDS = 8.0  # so near an answer nothing is said
MORE = "announce_wait_more"
_Announcement = tuple[tuple[str, ...], Said | None]
_IN_CALL = (Presence.RINGING, Presence.TALKING, Presence.WRAP_UP)


def position_prompt(number: int) -> str:
    """The prompt that tells this position, 1 to MOST_POSITION."""
    return f"announce_position_{number}"


def wait_prompt(minutes: int) -> str:
    """The prompt that tells a wait of at most so many minutes, one of WAIT_MINUTES; 0: more than the last of them."""
    return f"announce_wait_{minutes}" if minutes else MORE


def rounded(seconds: float) -> int:
    """Minutes that are said for this wait: one of WAIT_MINUTES, never too short; 0 for more than the last of them."""
    return next((minutes for minutes in WAIT_MINUTES if seconds <= 60 * minutes), 0)


@dataclass(slots=True, kw_only=True)
class _Told:
    """What one caller has been told, kept while the call is not over. Not `running`: nobody waits for the next turn."""

    due: datetime
    turn: int = 0
    running: bool = True
    comforted: int = 0
    position: int = MOST_POSITION + 1
    minutes: int = 0


class Announcing:
    """Shares `calls` (every call's state) and `out` (the commands) with the ACD; `lines` are all there are."""

    def __init__(self, calls: Mapping[CallId, CallState], lines: Iterable[Line], out: list[Command]) -> None:
        self._calls, self._lines, self._out = calls, lines, out
        self._queues: set[QueueName] = set()  # those that say anything
        self._told: dict[CallId, _Told] = {}
        self._serving: dict[AgentId, tuple[QueueName, datetime, bool]] = {}  # with a call of, since, talked
        self._expected = ExpectedWait()

    def follow(self, event: ev.Event) -> None:
        """What this event, and the commands that are its consequences, mean for those who wait. Called last."""
        if isinstance(event, ev.QueueDefined):
            self._defined(event.rules)
        if not self._queues:
            return
        for command in list(self._out):
            self._follow_command(command, event.at)
        match event:
            case ev.CallerJoined(call=call):
                self._joined(call, event.at)
            case ev.CallerLeft(call=call):
                self._over(call, event.at)
            case ev.QueueRemoved(queue=queue):
                self._queues.discard(queue)
            case ev.TimerFired(key=AnnounceDue() as key):
                self._due(key, event.at)

    def accuracy(self, queue: QueueName, at: datetime) -> Accuracy | None:
        """What estimates were worth lately; None for a queue that says nothing, or has no history yet."""
        return self._expected.accuracy(queue, at)

    def shift(self, back: timedelta) -> None:
        """The wall clock went back; see `WaitingRoom.shift`."""
        self._expected.shift(back)
        self._serving = {agent: (queue, since - back, t) for agent, (queue, since, t) in self._serving.items()}
        for told in self._told.values():
            told.due -= back

    # --- what happens to calls and agents ------------------------------------------------------------

    def _defined(self, rules: QueueRules) -> None:
        speaks = rules.announce != SILENT or bool(rules.exit_key)
        (self._queues.add if speaks else self._queues.discard)(rules.name)

    def _follow_command(self, command: Command, at: datetime) -> None:
        match command:
            case ShowPresence(agent=agent, presence=presence, call=call):
                self._presence(agent, presence, call, at)
            case OfferCall(call=call):
                self._expected.answered(call, at)
                self._rest(call)
            case ReleaseCaller(call=call) | MoveCaller(call=call):
                self._over(call, at)

    def _presence(self, agent: AgentId, presence: Presence, call: CallId | None, at: datetime) -> None:
        """An agent is busy with a call from the ringing to the end of the wrap-up."""
        if presence in _IN_CALL and call is not None:
            state = self._calls.get(call)
            queue, since, talked = self._serving.get(agent) or (
                state.entry.queue if state else QueueName(""),
                at,
                False,
            )
            self._serving[agent] = queue, since, talked or presence is Presence.TALKING
            return
        if agent in self._serving:
            queue, since, talked = self._serving.pop(agent)
            if talked and queue:
                self._expected.served(queue, (at - since).total_seconds(), at)

    def _joined(self, call: CallId, at: datetime) -> None:
        """The first time, or back from a miss or the fallback: the turns go on where they were."""
        state = self._calls.get(call)
        if not isinstance(state, Waiting) or state.entry.queue not in self._queues:
            return
        rules = state.line.rules
        if rules.exit_key:
            self._out.append(Announce(call=call, keys=rules.exit_key))
        if rules.announce == SILENT:
            return
        told = self._told.get(call)
        if told is None:
            self._forget_strangers()
            due = max(at, state.entry.entered + timedelta(seconds=rules.announce.first_after_seconds))
            told = self._told[call] = _Told(due=due)
            if rules.announce.wait:
                self._expected.entered(call, state.entry.queue, stages(state, self._lines, at), at)
        self._start(call, told, at)

    def _start(self, call: CallId, told: _Told, at: datetime) -> None:
        told.running = True
        seconds = max(0.0, (told.due - at).total_seconds())
        self._out.append(StartTimer(key=AnnounceDue(call, told.turn), seconds=round(seconds, 3)))

    def _rest(self, call: CallId) -> None:
        told = self._told.get(call)
        if told is not None and told.running:
            told.running = False
            self._out.append(CancelTimer(key=AnnounceDue(call, told.turn)))

    def _over(self, call: CallId, at: datetime) -> None:
        self._rest(call)
        self._told.pop(call, None)
        self._expected.gone(call, at)

    def _forget_strangers(self) -> None:
        """Calls that ended without a word to us (answered, or forgotten on their way back)."""
        if len(self._told) > 2 * len(self._calls) + 100:
            self._told = {call: told for call, told in self._told.items() if call in self._calls}

    # --- what is said --------------------------------------------------------------------------------

    def _due(self, key: AnnounceDue, at: datetime) -> None:
        state, told = self._calls.get(key.call), self._told.get(key.call)
        if not isinstance(state, Waiting) or told is None or not told.running or told.turn != key.turn:
            return
        rules = state.line.rules
        if rules.announce == SILENT:
            self._told.pop(key.call)
            return
        parts, said = self._parts(state, told, at)
        if parts:
            self._out.append(Announce(call=key.call, parts=parts, keys=rules.exit_key, said=said))
        told.turn += 1
        told.due = at + timedelta(seconds=rules.announce.every_seconds)
        self._start(key.call, told, at)

    def _parts(self, state: Waiting, told: _Told, at: datetime) -> _Announcement:
        """Numbers and comfort take turns; who has no number to say leaves the turn to comfort, and the reverse."""
        wait = self._expected.remaining(state.entry.queue, stages(state, self._lines, at), at)
        if wait is not None and wait < IMMINENT_SECONDS:
            return (), None
        if told.turn % 2 == 0 or not state.line.rules.announce.comfort:
            numbers = self._numbers(state, told, wait, at)
            return numbers if numbers[0] else (self._comfort(state, told), None)
        return self._comfort(state, told), None

    def _numbers(self, state: Waiting, told: _Told, wait: float | None, at: datetime) -> _Announcement:
        announce, parts, said = state.line.rules.announce, [], Said(queue=state.entry.queue)
        place = position(state, self._lines, at) if announce.position else 0
        if 0 < place <= min(announce.position, told.position):
            told.position = place
            parts.append(position_prompt(place))
            said = replace(said, position=place)
        if announce.wait and wait is not None and self._is_promise(state, wait, at):
            minutes = rounded(wait)
            if not told.minutes or 0 < minutes <= told.minutes:
                told.minutes = minutes or told.minutes
                parts.append(wait_prompt(minutes))
                said = replace(said, wait_minutes=minutes, expected_seconds=round(wait, 1))
        return tuple(parts), said if parts else None

    def _is_promise(self, state: Waiting, wait: float, at: datetime) -> bool:
        """Nobody is told of a wait that the queue's limit would cut off, nor one that is not believable."""
        limit = state.line.rules.max_wait_seconds
        if limit and state.entry.waited(at) + wait > limit:
            return False
        return self._expected.believable(state.entry.queue, at)

    def _comfort(self, state: Waiting, told: _Told) -> tuple[str, ...]:
        comfort = state.line.rules.announce.comfort
        if not comfort:
            return ()
        told.comforted += 1
        return (comfort[(told.comforted - 1) % len(comfort)],)
