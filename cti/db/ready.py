"""A batch of journal lines made ready for a database by somebody else's processor: every row as its driver takes it.

`prepared` folds each conversation from the lines of the batch, as if nothing were stored of it; that is so for nearly
all. `keep` stores a batch, in one transaction, and folds the others anew from their rows. It knows neither files nor
processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, compress

from ..core.conversation import Conversation, fold
from ..core.journal import JournalLine, Source
from ..core.together import Calls, Threads, by_conversation, tie_calls
from .copied import Reach, presences_in
from .folded import FOLDED
from .lines import is_new, line_loads
from .loads import Load, joined, load
from .plain import Driver
from .refold import refold, touched_by
from .rollups import touch, touch_presences
from .work import Callers

_AT_ONCE = 50  # conversations


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One conversation of a batch: every call and leg of it, and when its summed facts began."""

    keys: tuple[str, ...]
    began: tuple[datetime, ...]
    callers: Callers


@dataclass(slots=True, kw_only=True)
class Ready:
    """A batch. `starts`: the first offset of each file in it; `folded`: rows of its groups, a part of each for each;
    `messages`: whose lines it has."""

    lines: int
    starts: dict[tuple[Source, str], int]
    rows: list[Load]
    folded: list[Load]
    groups: list[Group]
    presences: Reach
    messages: set[str]
    told: list[str]  # calls whose work items somebody changed


def prepared(files: Iterable[Iterable[Sequence[JournalLine]]], *, sqlite: bool) -> Ready:
    """The rows of these lines and of their conversations; of each file its lines as they stand in it, some at a time.

    What is done with a line is done at once, with a few conversations as well: what a processor has at hand it need not
    fetch, and a batch is larger than its cache.
    """
    batch = Ready(lines=0, starts={}, rows=[], folded=[], groups=[], presences={}, messages=set(), told=[])
    threads, calls = Threads(), Calls(list)
    for lines in filter(None, chain.from_iterable(files)):
        batch.rows += line_loads(lines, sqlite=sqlite)
        _note(batch, lines)
        tie_calls(lines, threads, calls)
    keys = threads.groups()
    told = [(keys[root], lines) for root, lines in by_conversation(calls, threads).items()]
    for start in range(0, len(told), _AT_ONCE):
        groups, loads = _folded([(keys, fold(lines)) for keys, lines in told[start : start + _AT_ONCE]], sqlite)
        batch.groups += groups
        batch.folded += loads
    batch.rows, batch.folded = joined(batch.rows), joined(batch.folded)
    return batch


def _note(batch: Ready, lines: Sequence[JournalLine]) -> None:
    """What a batch tells of these lines of one file besides their rows."""
    first = lines[0]
    batch.lines += len(lines)
    batch.starts.setdefault((first.source, first.file_id), first.offset)
    if first.source is Source.VOICEMAIL:
        batch.messages.update(line.leg for line in lines)
    elif first.source is Source.ENGINE:
        batch.presences = presences_in(lines, batch.presences)
        batch.told += [line.call for line in lines if line.kind == "work"]


async def keep(driver: Driver, batch: Ready) -> Callers | None:
    """Store the batch. None, and nothing is stored, where a line of it may be there already."""
    for (source, file_id), start in batch.starts.items():
        if not await is_new(driver, source, file_id, start):
            return None
    known = await _known(driver, [key for group in batch.groups for key in group.keys])
    is_whole = [known.isdisjoint(group.keys) for group in batch.groups]
    begun = [key for group in batch.groups if not known.isdisjoint(group.keys) for key in group.keys]
    for rows in batch.rows:
        await rows.store(driver)
    for rows in batch.folded:
        await rows.store(driver, is_whole)
    whole = list(compress(batch.groups, is_whole))
    await touch(driver.connection, {at for group in whole for at in group.began})
    await touch_presences(driver.connection, batch.presences)
    folded = await refold(driver, await touched_by(driver, (), begun))
    return Callers.of_all([*(group.callers for group in whole), Callers.of(folded)])


async def _known(driver: Driver, keys: Sequence[str]) -> set[str]:
    """Those of which a line is stored."""
    found = await driver.known(keys, "SELECT 1 FROM journal_lines WHERE call = key")
    return found | await driver.known(keys, "SELECT 1 FROM journal_lines WHERE leg = key AND leg <> call")


def _folded(told: Sequence[tuple[Iterable[str], Conversation | None]], sqlite: bool) -> tuple[list[Group], list[Load]]:
    conversations = [conversation for _, conversation in told]
    values = [list(kind.values(conversations)) for kind in FOLDED]
    groups = [
        Group(
            keys=tuple(keys),
            began=tuple(at for kind, rows in zip(FOLDED, own, strict=True) for at in kind.began_in(rows)),
            callers=Callers.of((conversation,) if conversation else ()),
        )
        for (keys, conversation), *own in zip(told, *values, strict=True)
    ]
    loads = [
        load(kind.table, kind.form(sqlite=sqlite), parts, sqlite=sqlite)
        for kind, parts in zip(FOLDED, values, strict=True)
    ]
    return groups, loads
