"""What a journal line is once it has been read: where it stands, when, whose call, what kind, which values.

It knows the shape that all four journals share, because the fold (`core.conversation`), the readers (`journal`) and
the rows (`db`) must agree on it. It knows neither files nor the formats in which Asterisk writes them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any


class Source(StrEnum):
    """Which journal a line was read from. Lines of the last one belong to a message (`leg`), never to a call."""

    QUEUE_LOG = "queue_log"
    CEL = "cel"
    CDR = "cdr"
    ENGINE = "engine"
    VOICEMAIL = "voicemail"


@dataclass(slots=True, kw_only=True)
class JournalLine:
    """One accepted line. `(source, file_id, offset)` names it for ever, wherever its file is moved to.

    Nobody changes one. It isn't frozen because a frozen one takes three times as long to make, and of years of history
    there are hundreds of millions.

    `call` is the key that the line itself carries: the caller's uniqueid (queue_log, engine journal) or the linkedid
    (CEL, CDR); "" when the line concerns no call. `leg` is the channel it is about; two lines that share a call or a
    leg belong to one conversation. `at` is aware UTC; queue_log knows whole seconds only.
    """

    source: Source
    file_id: str
    offset: int
    at: datetime
    kind: str
    call: str = ""
    leg: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a file has been read: every record that begins before `offset` (bytes) was accepted or refused.

    `file_id` is a fingerprint of the content, so it survives renaming, copying, compressing and restoring.
    `cut` says that the file was found shorter than it had been: lines at or after `offset` no longer exist.
    """

    source: Source
    file_id: str
    path: str
    offset: int
    cut: bool = False


Apart = Mapping[Source, list[JournalLine]]


def apart(lines: Iterable[JournalLine]) -> Apart:
    """The lines of each journal in written order."""
    found: dict[Source, list[JournalLine]] = {source: [] for source in Source}
    for line in lines:
        found[line.source].append(line)
    return {source: in_written_order(own) for source, own in found.items()}


def once(journals: Apart) -> Apart:
    """Without lines that another file of the same journal has told already: copies and exports of a foreign site's
    history overlap. What one file says twice was said twice.
    """
    if all(not own or own[0].file_id == own[-1].file_id for own in journals.values()):
        return journals
    return apart(_once([line for own in journals.values() for line in own]))


def _once(lines: list[JournalLine]) -> list[JournalLine]:
    told: Counter[tuple[object, ...]] = Counter()
    here: Counter[tuple[object, ...]] = Counter()
    kept: list[JournalLine] = []
    for line in in_written_order(lines):
        said = (
            line.source,
            line.at,
            line.kind,
            line.call,
            line.leg,
            json.dumps(line.data, sort_keys=True, default=str),
        )
        here[line.file_id, said] += 1
        if here[line.file_id, said] > told[said]:
            told[said] += 1
            kept.append(line)
    return kept


def in_written_order(lines: list[JournalLine]) -> list[JournalLine]:
    """Sort by file and offset, files by their first instant: a clock that is set back reorders nothing."""
    if len({line.file_id for line in lines}) < 2:
        return sorted(lines, key=_offset)
    first: dict[str, datetime] = {}
    for line in lines:
        known = first.get(line.file_id)
        if known is None or line.at < known:
            first[line.file_id] = line.at
    return sorted(lines, key=lambda line: (first[line.file_id], line.file_id, line.offset))


_offset = attrgetter("offset")
