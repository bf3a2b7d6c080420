"""Telling waiting callers that a key keeps their place without waiting on the line.

It knows when each caller is told and who may press; it knows nothing of the callbacks that come of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .acd import Acd
from .commands import Announce, CancelTimer, Command, StartTimer
from .events import CallerJoined, KeyPressed
from .queue import Waiting
from .timer_keys import CallbackOffer
from .words import CallbackRules, CallId, QueueName, QueueRules


class CallbackOffers:
    """Callers whose queue has the option, from their entry until they are offered to an agent, move on or leave."""

    def __init__(self, acd: Acd, queues: Mapping[QueueName, QueueRules]) -> None:
        self._acd, self._queues = acd, queues
        self._told: dict[CallId, bool] = {}  # callers with a running timer; whether they know of the key

    def later(self, event: CallerJoined) -> list[Command]:
        """A caller is in line: told after the queue's time, and again from time to time; one who is back, in turn."""
        rules = self._rules(event.call)
        if rules is None:
            return []
        over = max(0.0, (event.at - event.entered).total_seconds()) - rules.offer_after_seconds
        late = over > 0
        return self._start(event.call, rules.repeat_seconds - over % rules.repeat_seconds if late else -over, late)

    def now(self, call: CallId) -> list[Command]:
        """The timer ran out."""
        rules = self._rules(call)
        if self._told.pop(call, None) is None or rules is None:
            return []
        timer = self._start(call, rules.repeat_seconds, True)
        return [*timer, self.with_key(Announce(call=call, parts=(rules.prompt,)))]

    def stop(self, call: CallId) -> list[Command]:
        """No longer in line."""
        return [] if self._told.pop(call, None) is None else [CancelTimer(key=CallbackOffer(call))]

    def with_key(self, told: Announce) -> Announce:
        """Whatever a caller is told: a key that they know of may be pressed, and the one with which they leave too."""
        state, rules = self._acd.state_of(told.call), self._rules(told.call)
        if rules is None or state is None or not self._told.get(told.call):
            return told
        keys = told.keys + rules.key + self._queues[state.entry.queue].exit_key
        return replace(told, keys="".join(dict.fromkeys(keys)))

    def is_accepted(self, event: KeyPressed) -> bool:
        """Whether this press says: call me back."""
        rules = self._rules(event.call)
        return rules is not None and event.key == rules.key and self._told.get(event.call, False)

    def _rules(self, call: CallId) -> CallbackRules | None:
        """The rules of the queue in which this caller waits, if they do."""
        state = self._acd.state_of(call)
        served = self._queues.get(state.entry.queue) if isinstance(state, Waiting) else None
        return served.callback if served is not None else None

    def _start(self, call: CallId, seconds: float, told: bool) -> list[Command]:
        self._told[call] = told
        return [StartTimer(key=CallbackOffer(call), seconds=round(seconds, 3))]
