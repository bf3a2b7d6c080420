"""`cti report NAME --check`: what is said of the differences between sums, rows and journals. It asks and prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click

from ..db.store import Store
from ..reporting.check import Check
from ..reporting.differing import Difference
from ..reporting.question import Question
from .rows import seen

_MOST_SAID = 1_000  # differences: who has more of them needs a rebuild, not a list


@dataclass(slots=True, kw_only=True)
class Found:
    """So many differences; the first of them. `since`: from when on there was something to compare."""

    since: datetime
    asked: datetime
    numbers: int = 0
    ways: tuple[str, ...] = ()
    count: int = 0
    first: list[Difference] = field(default_factory=list)

    @property
    def entity(self) -> dict[str, Any]:
        """For JSON."""
        told = [{"place": one.place, "told": {k: _plain(v) for k, v in one.told.items()}} for one in self.first]
        since = self.since.isoformat()
        return {
            "since": since,
            "numbers": self.numbers,
            "from": list(self.ways),
            "differences": self.count,
            "listed": told,
        }

    def say(self, name: str) -> None:
        """One line for each, and one for all, on stderr."""
        for one in self.first:
            click.echo(f"differs: {seen(one)}", err=True)
        if self.since > self.asked:
            end = self.since.strftime("%Y-%m-%d %H:%M")
            click.echo(f"{name}: up to {end} only sums are left, and nothing to hold them against", err=True)
        if not self.ways:
            return
        became = f"{self.count:,} difference(s)" if self.count else "all equal"
        ways = f"{', '.join(self.ways[:-1])} and {self.ways[-1]}"
        click.echo(f"{name}: {self.numbers:,} numbers compared from {ways}: {became}", err=True)


async def checked(store: Store, question: Question) -> Found:
    """Goes through the whole period."""
    zone = question.asked.zone
    check, asked = Check(question), question.span.since.astimezone(zone)
    found = Found(since=asked, asked=asked)
    async for difference in check.differences(store):
        found.count += 1
        if found.count <= _MOST_SAID:
            found.first.append(difference)
    found.numbers, found.ways, found.since = check.numbers, check.ways, check.since.astimezone(zone)
    return found


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | None) else str(value)
