"""What supervisors ask for: callers moved, put forward or taken out, queues closed and opened by hand.

It knows which calls can still be acted on (those that wait) and refuses the others with the reason, before anything
has changed. It knows nothing of how a caller is matched.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cti.errors import Refused

from . import events as ev
from .commands import Command, MoveCaller
from .queue import Away, CallState, Connected, Entry, Offered, Waiting
from .roster import Roster, Served
from .waiting_room import WaitingRoom
from .words import CallId, Outcome, QueueName

PRIORITY_LIMIT = 10_000  # a caller's priority is cut to ± this; a week of waiting is 10,080


class Supervision:
    """Requests about callers and queues. Shares roster, room, calls and `out` with the ACD."""

    def __init__(self, roster: Roster, room: WaitingRoom, calls: dict[CallId, CallState], out: list[Command]) -> None:
        self._roster, self._room, self._calls, self._out = roster, room, calls, out

    def close_queue(self, event: ev.QueueClosed) -> None:
        """Newcomers leave; those who wait stay."""
        self._queue(event.queue).closed = True

    def open_queue(self, event: ev.QueueOpened) -> None:
        """Newcomers wait again."""
        self._queue(event.queue).closed = False

    def move(self, event: ev.CallerMoved) -> None:
        """The dialplan takes the caller to the other queue, where they ask again with the old time of entry."""
        self._queue(event.queue)
        state = self._waiting(event.call, "moved")
        if state.entry.queue == event.queue:
            raise Refused(f"call {event.call} waits in queue {event.queue} already")
        self._room.leave(state)
        self._room.send_away(replace(state.entry, queue=event.queue, missed=frozenset()), event.at)
        self._out.append(MoveCaller(call=event.call, queue=event.queue))

    def put_forward(self, event: ev.PriorityChanged) -> None:
        """Another priority from now on, whatever the dialplan says when the caller comes back from a miss."""
        state = self._calls.get(event.call)
        if state is None or isinstance(state, Connected):
            self._waiting(event.call, "put forward")
        else:
            entry = replace(state.entry, priority=limited(event.priority), by_hand=True)
            self._change(state, entry, event.at)

    def withdraw(self, event: ev.CallerWithdrawn) -> None:
        """Out of the line, to where the queue's overflow leads."""
        state = self._waiting(event.call, "taken out")
        self._room.release(state, event.at, Outcome.OVERFLOW, "taken out by a supervisor")

    def _change(self, state: Waiting | Offered | Away, entry: Entry, at: datetime) -> None:
        if isinstance(state, Waiting):
            self._room.leave(state)
            self._room.enter(entry, at)
        else:
            self._calls[entry.call] = replace(state, entry=entry)

    def _waiting(self, call: CallId, wish: str) -> Waiting:
        match self._calls.get(call):
            case Waiting() as state:
                return state
            case Offered(agent=agent):
                raise Refused(f"call {call} rings at agent {agent}: it cannot be {wish} now")
            case Connected(agent=agent):
                raise Refused(f"call {call} talks with agent {agent}: it cannot be {wish}")
            case Away():
                raise Refused(f"call {call} is on its way back to the line: ask again in a moment")
            case None:
                raise Refused(f"no call {call[:40]!r} waits")

    def _queue(self, queue: QueueName) -> Served:
        try:
            return self._roster.queues[queue]
        except KeyError:
            known = ", ".join(sorted(self._roster.queues)) or "none"
            raise Refused(f"there is no queue {queue[:40]!r}; those in site.yaml: {known}") from None


def limited(priority: int) -> int:
    """Within what a priority can be."""
    return max(-PRIORITY_LIMIT, min(priority, PRIORITY_LIMIT))
