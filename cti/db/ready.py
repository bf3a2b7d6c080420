"""A batch of journal lines made ready for a database by somebody else's processor: every row as its driver takes it.

`prepared` folds each conversation from the lines of the batch, as if nothing were stored of it; that is so for nearly
all. `keep` stores a batch, in one transaction, and folds the others anew from their rows. It knows neither files nor
processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from ..core.conversation import Conversation, fold
from ..core.journal import JournalLine, Source
from ..core.together import Threads, by_conversation, is_of_a_call
from .copied import Reach, presences_in
from .folded import FOLDED
from .lines import is_new, line_rows
from .plain import Driver, Form, Plain
from .refold import refold, touched_by
from .rollups import touch, touch_presences
from .work import Callers


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One conversation of a batch: every call and leg of it, its rows by table, and when its summed facts began."""

    keys: tuple[str, ...]
    rows: tuple[list[Plain], ...]
    began: set[datetime]
    callers: Callers


@dataclass(slots=True, kw_only=True)
class Ready:
    """A batch. `starts`: the first offset of each file in it; `messages`: whose lines it has."""

    lines: int
    starts: dict[tuple[Source, str], int]
    rows: list[tuple[Form, list[Plain]]]
    groups: list[Group]
    presences: Reach
    messages: set[str]
    told: list[str]  # calls whose work items somebody changed


def prepared(lines: Iterable[JournalLine], *, sqlite: bool) -> Ready:
    """The rows of these lines and of their conversations. Of two lines at one place the last counts."""
    unique = list({(line.file_id, line.offset, line.source._value_): line for line in lines}.values())
    threads = Threads()
    for line in unique:
        if is_of_a_call(line):
            threads.tie(line.call, line.leg)
    groups = threads.groups()
    theirs = by_conversation(filter(is_of_a_call, unique), threads)
    return Ready(
        lines=len(unique),
        starts=_starts(unique),
        rows=list(line_rows(unique, sqlite=sqlite)),
        groups=list(_groups([(groups[root], fold(own)) for root, own in theirs.items()], sqlite)),
        presences=presences_in(unique),
        messages={line.leg for line in unique if line.source is Source.VOICEMAIL},
        told=[line.call for line in unique if line.source is Source.ENGINE and line.kind == "work"],
    )


def _starts(lines: Iterable[JournalLine]) -> dict[tuple[Source, str], int]:
    found: dict[tuple[Source, str], int] = {}
    for (source, file_id), own in groupby(lines, key=attrgetter("source", "file_id")):
        found[source, file_id] = min(found.get((source, file_id), 1 << 62), *(line.offset for line in own))
    return found


async def keep(driver: Driver, batch: Ready) -> Callers | None:
    """Store the batch. None, and nothing is stored, where a line of it may be there already."""
    for (source, file_id), start in batch.starts.items():
        if not await is_new(driver, source, file_id, start):
            return None
    known = await _known(driver, [key for group in batch.groups for key in group.keys])
    whole = [group for group in batch.groups if known.isdisjoint(group.keys)]
    begun = [key for group in batch.groups if not known.isdisjoint(group.keys) for key in group.keys]
    for form, rows in batch.rows:
        await driver.insert(form, rows)
    for index, kind in enumerate(FOLDED):
        await driver.insert(kind.form(sqlite=driver.sqlite), [row for group in whole for row in group.rows[index]])
    await touch(driver.connection, set().union(*(group.began for group in whole)))
    await touch_presences(driver.connection, batch.presences)
    folded = await refold(driver, await touched_by(driver, (), begun))
    return Callers.of_all([*(group.callers for group in whole), Callers.of(folded)])


async def _known(driver: Driver, keys: Sequence[str]) -> set[str]:
    """Those of which a line is stored."""
    found = await driver.rows("SELECT DISTINCT call FROM journal_lines WHERE call {among}", keys)
    found += await driver.rows("SELECT DISTINCT leg FROM journal_lines WHERE leg {among}", keys)
    return {key for (key,) in found}


def _groups(told: Sequence[tuple[Iterable[str], Conversation | None]], sqlite: bool) -> Iterator[Group]:
    folded = [conversation for _, conversation in told if conversation]
    tables = zip(*(kind.rows_of_each(folded, sqlite=sqlite) for kind in FOLDED), strict=True)
    for keys, conversation in told:
        own = next(tables) if conversation else [([], [])] * len(FOLDED)
        yield Group(
            keys=tuple(keys),
            rows=tuple(rows for rows, _ in own),
            began={at for _, began in own for at in began},
            callers=Callers.of((conversation,) if conversation else ()),
        )
