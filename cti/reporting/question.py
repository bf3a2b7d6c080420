"""What is asked of a report's maker, and what it gives: the same for the command line, the API and the schedules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..db.counting import Span
from ..db.store import Store
from ..reports.build import Asked
from ..reports.document import Report
from ..site.model import Site
from .facts import Facts, Rows

Row = dict[str, Any]
Tell = Callable[[str, int, int], None]


def _to_nobody(_doing: str, _done: int, _of: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`more` are the report's own options, by name; `now` is until when anything is known; `site` None: it is wrong.

    `facts` None: from the rows, and from sums of them where there are some. `tell` hears what is being done, how much
    of it is done, and of how much (0 = that is not known).
    """

    asked: Asked
    span: Span
    now: datetime
    more: Mapping[str, Any] = field(default_factory=dict)
    site: Site | None = None
    facts: Facts | None = None
    tell: Tell = _to_nobody

    def facts_of(self, store: Store) -> Facts:
        """Where the report's numbers come from."""
        return self.facts or Rows(store.database)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """How one report comes about: `make` the document, `drill` the rows behind its numbers."""

    make: Callable[[Store, Question], Awaitable[Report]]
    drill: Callable[[Store, Question], Awaitable[list[Row]]]
