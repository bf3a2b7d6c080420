"""A batch of journal lines made ready for a database by somebody else's processor: every row as its driver takes it.

`prepared` folds each conversation from the lines of the batch, as if nothing were stored of it; that is so for nearly
all. `keep` stores a batch, in one transaction, and folds the others anew from their rows. It knows neither files nor
processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress

from ..core.conversation import Conversation, fold
from ..core.journal import JournalLine, Source
from ..core.together import Threads, by_conversation
from .copied import Reach, presences_in
from .folded import FOLDED
from .lines import is_new, line_loads
from .loads import Load, load
from .plain import Driver
from .refold import refold, touched_by
from .rollups import touch, touch_presences
from .work import Callers


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


def prepared(files: Iterable[Sequence[JournalLine]], *, sqlite: bool) -> Ready:
    """The rows of these lines and of their conversations; of each file its lines as they stand in it."""
    told = [own for own in files if own]
    lines = [line for own in told for line in own]
    engine = [line for own in told if own[0].source is Source.ENGINE for line in own]
    threads = Threads()
    ours = [line for line in lines if line.call and line.source is not Source.VOICEMAIL]
    for call, leg in {(line.call, line.leg) for line in ours}:
        threads.tie(call, leg)
    keys = threads.groups()
    theirs = by_conversation(ours, threads)
    groups, folded = _folded([(keys[root], fold(own)) for root, own in theirs.items()], sqlite)
    return Ready(
        lines=len(lines),
        starts={(own[0].source, own[0].file_id): own[0].offset for own in told},
        rows=list(line_loads(lines, sqlite=sqlite)),
        folded=folded,
        groups=groups,
        presences=presences_in(engine),
        messages={line.leg for line in lines if line.source is Source.VOICEMAIL},
        told=[line.call for line in engine if line.kind == "work"],
    )


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
    found = await driver.rows("SELECT DISTINCT call FROM journal_lines WHERE call {among}", keys)
    found += await driver.rows("SELECT DISTINCT leg FROM journal_lines WHERE leg {among}", keys)
    return {key for (key,) in found}


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
