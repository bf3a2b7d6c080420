"""Which facts are asked for: of when, of which queues and agents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Facts that begin in [since, until), of these queues and agents (none = all)."""

    since: datetime
    until: datetime
    queues: Sequence[str] = field(default=())
    agents: Sequence[str] = field(default=())

    def wants(self, queue: str, agent: str) -> bool:
        """Whether a fact of this queue and agent is among those asked for."""
        return (not self.queues or queue in self.queues) and (not self.agents or agent in self.agents)
