"""What became of each scheduled report: an append-only file, from which a restart knows what was sent and what was not.

One line is one fact: `planned` (from now on this goes to that address at those times), `dropped` (no longer), `trying`,
`sent`, `failed` (it will be tried again), `gave_up`, `by_hand`. A try is written before it is made: on a full disk
nothing is sent, instead of the same again and again. The file is written by whoever sends, and belongs to no database:
one that is deleted and built anew makes nobody get last week's reports again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from ..journal.engine_log import EngineJournal, Kind

PAUSES = (60, 300, 900, 3600)  # seconds before the next attempt; the last one repeats
Key = tuple[str, str]  # a scheduled report's name, and to whom
DueKey = tuple[str, str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one due report to one address. `attempts` that failed; `next` is when it is tried again."""

    what: str
    at: datetime
    attempts: int = 0
    error: str = ""

    @property
    def is_final(self) -> bool:
        return self.what in ("sent", "gave_up")

    @property
    def next(self) -> datetime:
        """When it is tried again."""
        return self.at + timedelta(seconds=PAUSES[min(max(self.attempts, 1), len(PAUSES)) - 1])


class Ledger:
    """Reads the file once; what is told is written first and known then."""

    def __init__(self, path: Path) -> None:
        self._journal = EngineJournal(path)
        self.planned: dict[Key, tuple[str, datetime]] = {}
        self.fates: dict[DueKey, Fate] = {}
        for line in _lines(path):
            self._know(line)

    def plan(self, name: str, to: str, when: str, at: datetime) -> None:
        """From now on this is due at those times."""
        self._tell("planned", at, report=name, to=to, when=when)

    def drop(self, name: str, to: str, at: datetime) -> None:
        """It is not any more."""
        self._tell("dropped", at, report=name, to=to)

    def tell(self, name: str, to: str, due: datetime, what: str, at: datetime, *, error: str = "") -> Fate:
        """`trying`, `sent`, `failed`, `gave_up` or `by_hand`. Raises StoreError, and then it is not known."""
        before = self.fates.get((name, to, due))
        tried = before is not None and before.what == "trying"
        attempts = (before.attempts if before else 0) + (what == "trying" or (what == "failed" and not tried))
        self._tell(what, at, report=name, to=to, due=due, attempts=attempts, error=error)
        return Fate(what=what, at=at, attempts=attempts, error=error)

    def is_open(self, name: str, to: str, due: datetime, now: datetime) -> bool:
        """Whether this must be sent now: neither sent nor given up, and no pause runs."""
        fate = self.fates.get((name, to, due))
        return fate is None or (not fate.is_final and fate.next <= now)

    def last(self, name: str, to: str) -> tuple[datetime, Fate] | None:
        """The newest due time of which anything is known."""
        known = [(due, fate) for (one, whom, due), fate in self.fates.items() if (one, whom) == (name, to)]
        return max(known, key=lambda pair: pair[0], default=None)

    def close(self) -> None:
        self._journal.close()

    def _tell(self, what: str, at: datetime, **values: Any) -> None:
        self._journal.append(Kind.REPORT, at, what=what, **values)
        self._know({"what": what, "at": at, **values})

    def _know(self, line: Mapping[str, Any]) -> None:
        key = str(line["report"]), str(line["to"])
        match line["what"]:
            case "planned":
                self.planned[key] = str(line["when"]), line["at"]
            case "dropped":
                self.planned.pop(key, None)
            case "trying" | "sent" | "failed" | "gave_up" as what:
                fate = Fate(what=what, at=line["at"], attempts=int(line["attempts"]), error=str(line["error"]))
                self.fates[*key, line["due"]] = fate


def _lines(path: Path) -> list[dict[str, Any]]:
    """Rotated files first. A torn line (killed while writing) tells nothing."""
    found = []
    for file in [*sorted(path.parent.glob(f"{path.stem}-*{path.suffix}")), path]:
        if not file.exists():
            continue
        for raw in file.read_bytes().splitlines():
            try:
                line = orjson.loads(raw)
                line["at"] = datetime.fromisoformat(line["at"])
                line |= {"due": datetime.fromisoformat(line["due"])} if "due" in line else {}
            except (ValueError, TypeError, KeyError):
                continue
            if line.get("kind") == Kind.REPORT:
                found.append(line)
    return found
