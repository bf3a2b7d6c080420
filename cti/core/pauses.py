"""Why agents may pause, and what happens when they do so for too long.

It knows the reasons of the site and the timer of each pause that has a maximum. At the maximum the agent is shown to
be over time, and the journal says so from then on; nothing else changes. An agent is never made ready by a clock:
somebody who is not at the desk would miss every call, and each caller would pay for it with a ring time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cti.errors import Refused

from .agent import Agent
from .commands import CancelTimer, Command, ShowPresence, StartTimer
from .timer_keys import PauseLimit
from .words import PauseReason, Presence


class Pauses:
    """The reasons, and who is paused against which clock. Writes to `out`."""

    def __init__(self, out: list[Command]) -> None:
        self._out = out
        self._reasons: dict[str, PauseReason] = {}

    def define(self, reasons: Iterable[PauseReason], agents: Iterable[Agent], at: datetime) -> None:
        """The reasons from now on; pauses that last already are held against them."""
        self._reasons = {reason.name: reason for reason in reasons}
        for agent in agents:
            if agent.presence is Presence.PAUSED and not agent.over_time:
                self._watch(agent, agent.pause_limit.since if agent.pause_limit else agent.since, at)

    def check(self, reason: str) -> None:
        """Raise Refused for a reason that the site does not know; without any in the site, every reason will do."""
        if self._reasons and reason not in self._reasons:
            known = ", ".join(self._reasons)
            raise Refused(f"there is no pause reason {reason[:40]!r}; those in site.yaml: {known}")

    def changed(self, agent: Agent, at: datetime) -> None:
        """The agent's presence or reason is a new one since `at`: another clock, or none."""
        agent.over_time = False
        self._watch(agent, at, at)

    def ran_out(self, key: PauseLimit, agent: Agent | None) -> None:
        """The pause has lasted as long as its reason allows; a stale timer changes nothing."""
        if agent is None or agent.pause_limit != key:
            return
        agent.pause_limit, agent.over_time = None, True
        self._out.append(ShowPresence(agent=agent.agent, presence=agent.presence, reason=agent.reason, over_time=True))

    def _watch(self, agent: Agent, since: datetime, at: datetime) -> None:
        if agent.pause_limit is not None:
            self._out.append(CancelTimer(key=agent.pause_limit))
            agent.pause_limit = None
        reason = self._reasons.get(agent.reason) if agent.presence is Presence.PAUSED else None
        if reason is not None and reason.max_seconds > 0:
            agent.pause_limit = PauseLimit(agent.agent, since)
            left = reason.max_seconds - (at - since).total_seconds()
            self._out.append(StartTimer(key=agent.pause_limit, seconds=round(max(0.0, left), 3)))
