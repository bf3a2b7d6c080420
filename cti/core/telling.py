"""What is told of the lines: how long they are, and why each decision was taken.

It knows what was told last, so that only changes are told. It decides nothing.
"""

from __future__ import annotations

from datetime import datetime

from .commands import Command, Explain, ShowQueue
from .queue import Entry, Lines, Waiting
from .roster import Roster
from .routing import Choice, Reasons, explain
from .words import QueueName


class Telling:
    """Writes `ShowQueue` and `Explain` to `out`; without `explain` no reasons agent by agent."""

    def __init__(self, roster: Roster, lines: Lines, out: list[Command], *, explain: bool = True) -> None:
        self._roster, self._lines, self._out, self._explains = roster, lines, out, explain
        self._shown: dict[QueueName, tuple[int, int]] = {}

    def sizes(self, queue: QueueName) -> tuple[int, int]:
        """How many wait, how many agents are ready."""
        return self._lines.waiting(queue), len(self._roster.queues[queue].ready)

    def show_queues(self) -> None:
        """Tell of each queue whose line, or whose number of ready agents, is not what was told last."""
        for queue in self._lines.changed | self._roster.changed:
            if queue in self._roster.queues and self._shown.get(queue) != (sizes := self.sizes(queue)):
                self._shown[queue] = sizes
                self._out.append(ShowQueue(queue=queue, waiting=sizes[0], ready=sizes[1]))
        self._lines.changed.clear()
        self._roster.changed.clear()

    def forget_queue(self, queue: QueueName) -> None:
        """The queue is gone; should it come back, it is shown anew."""
        self._shown.pop(queue, None)

    def explain(self, decision: str, state: Waiting, choice: Choice, at: datetime, why: str = "") -> None:
        """Keep why `decision` was taken for a caller in line, agent by agent."""
        if not self._explains:
            return
        roster, held = self._roster, state.held is not None
        reasons = explain(state.entry, state.line, roster.agents, roster.here, choice, at, held)
        self.say(decision, state.entry, choice, reasons, why)

    def say(self, decision: str, entry: Entry, choice: Choice, reasons: Reasons = (), why: str = "") -> None:
        """Keep a decision that is told already in words, of a caller who may not be in line."""
        chosen = choice.agent.agent if choice.agent else None
        self._out.append(
            Explain(call=entry.call, decision=decision, ring=choice.ring, chosen=chosen, candidates=reasons, why=why)
        )
