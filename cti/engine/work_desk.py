"""What people do with work items: checked against the table, journalled, and seen at once.

It knows requests that the rows do not show yet (the importer folds the journal a moment later) and lays them over the
rows, so that two people never see or take one item in different states. It knows no row and no HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from ..core.work_item import TRANSITIONS, Action, WorkItem, WorkSignal, after
from ..journal.engine_log import Kind

_LAG = timedelta(minutes=10)  # the rows have it by then, or an item that a later fact closed does not take it any more


class Lines(Protocol):
    """The engine's journal. Raises StoreError."""

    def append(self, kind: Kind, at: datetime, **values: Any) -> None: ...


class WorkDesk:
    """`act` does what a person asks; `seen` is an item as it is now."""

    def __init__(self, journal: Lines, now: Callable[[], datetime]) -> None:
        self._journal, self._now = journal, now
        self._done: dict[str, list[Action]] = {}

    def act(self, item: WorkItem, signal: WorkSignal, by: str, owner: str = "", note: str = "") -> WorkItem:
        """The item afterwards. Raises IllegalTransition (nothing was changed), StoreError (nothing was kept)."""
        action = Action(item=item.id, at=self._now(), signal=signal, by=by, owner=owner, note=note)
        result = after(self.seen(item), action)
        values = {"item": item.id, "signal": signal, "by": by, "owner": owner, "note": note}
        self._journal.append(Kind.WORK, action.at, call=item.id.rstrip("+"), **values)
        self._done.setdefault(item.id, []).append(action)
        return result

    def seen(self, item: WorkItem) -> WorkItem:
        """The row, and what was done since it was written."""
        recent = [a for a in self._done.get(item.id, ()) if a.at > item.changed and a.at > self._now() - _LAG]
        if not recent:
            self._done.pop(item.id, None)
            return item
        for action in recent:
            if action.signal in TRANSITIONS[item.state]:
                item = after(item, action)
        return item
