"""`cti report NAME --check`: what is said of the differences between sums, rows and journals. It asks and prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import click

from ..db.store import Store
from ..reporting.check import Check
from ..reporting.differing import Difference
from ..reporting.question import Question
from .rows import seen

_MOST_SAID = 1_000  # differences: who has more of them needs a rebuild, not a list


@dataclass(slots=True)
class Found:
    """So many differences; the first of them."""

    numbers: int = 0
    ways: tuple[str, ...] = ()
    count: int = 0
    first: list[Difference] = field(default_factory=list)

    @property
    def entity(self) -> dict[str, Any]:
        """For JSON."""
        told = [{"place": one.place, "told": {k: _plain(v) for k, v in one.told.items()}} for one in self.first]
        return {"numbers": self.numbers, "from": list(self.ways), "differences": self.count, "listed": told}

    def say(self, name: str) -> None:
        """One line for each, and one for all, on stderr."""
        for one in self.first:
            click.echo(f"differs: {seen(one)}", err=True)
        became = f"{self.count:,} difference(s)" if self.count else "all equal"
        ways = f"{', '.join(self.ways[:-1])} and {self.ways[-1]}"
        click.echo(f"{name}: {self.numbers:,} numbers compared from {ways}: {became}", err=True)


async def checked(store: Store, question: Question) -> Found:
    """Goes through the whole period."""
    check, found = Check(question), Found()
    async for difference in check.differences(store):
        found.count += 1
        if found.count <= _MOST_SAID:
            found.first.append(difference)
    found.numbers, found.ways = check.numbers, check.ways
    return found


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | None) else str(value)
