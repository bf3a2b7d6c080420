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
