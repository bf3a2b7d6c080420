"""`cti journal verify`: the files on disk against the stored lines, and the stored lines against the rows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import orjson

from ..config import load_config
from ..core.journal import JournalLine, Source
from ..db.proof import Proof, proving
from ..db.store import Store
from ..errors import UsageError
from ..journal.history import HistoryFile, found
from ..journal.importer import journal_files
from ..journal.verify import Piece, foreign_pieces, gaps, own_pieces
from .journal_import import known
from .rows import as_json, print_json, print_table, seen, timezone, with_store, zone

_SHOWN = 50  # differences that are printed; all are in --json


@dataclass(slots=True)
class _File:
    """One file of one journal, or one that is gone."""

    source: Source
    path: str
    bytes: int = 0
    unread: int = 0
    lines: int = 0
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Verdict:
    """What was found. `notes` are worth knowing and no difference: a file that was rotated away proves nothing."""

    files: dict[tuple[Source, str], _File] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    conversations: int = 0
    begin: datetime | None = None  # lines from before it may have been let go
    forgotten: int = 0


@click.command("verify")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@timezone
@as_json
@click.pass_obj
def verify(home: Path, paths: tuple[Path, ...], timezone: str, as_json: bool) -> None:
    """Hold the journals on disk against what is stored of them, and every conversation against a fresh fold.

    Exit code 1 and a list where they differ. With PATHS: imported files of another installation (cti journal import)
    instead of the instance's own; --timezone as it was said then.
    """
    verdict = with_store(home, lambda store: _verdict(store, home, paths, zone(home, timezone)))
    if as_json:
        print_json(_document(verdict))
    else:
        _print(verdict)
    if verdict.differences:
        raise SystemExit(1)


async def _verdict(store: Store, home: Path, paths: tuple[Path, ...], where: ZoneInfo) -> _Verdict:
    verdict, progress = _Verdict(), _Progress()
    config = load_config(home)
    own = journal_files(config.log_dir, config.journal_file)
    foreign = [(await known(store, file, where))[0] for file in found(paths)[0]] if paths else []
    if paths and not foreign:
        raise UsageError("no queue_log, CDR or CEL there")
    async with proving(store.database) as proof:
        stored, verdict.begin = await proof.files(), await proof.begin()
        for piece in _pieces(foreign, where) if paths else own_pieces(own):
            await _hold(piece, stored.get((piece.source, piece.file_id)), proof, verdict, foreign=bool(paths))
            progress.say(f"{piece.path.name}: {piece.end:,} bytes")
        await _ends(stored, proof, verdict, whole=not paths)
        async for difference in proof.rows(lambda count: _proven(verdict, progress, count)):
            verdict.differences.append(str(difference))
    verdict.notes += [] if paths else gaps(own)
    if verdict.forgotten:
        verdict.notes.append(f"{verdict.forgotten:,} lines are older than every conversation: let go by cti db forget?")
    return verdict


def _proven(verdict: _Verdict, progress: _Progress, count: int) -> None:
    verdict.conversations = count
    progress.say(f"{count:,} conversations")


def _pieces(files: list[HistoryFile], where: ZoneInfo) -> Iterator[Piece]:
    for file in files:
        yield from foreign_pieces(file, where)


async def _hold(
    piece: Piece, stored: tuple[str, int] | None, proof: Proof, verdict: _Verdict, *, foreign: bool
) -> None:
    """One piece of a file against the stored lines that begin in it, as far as it was read."""
    key = piece.source, piece.file_id
    file = verdict.files.setdefault(key, _File(piece.source, piece.path.name))
    until = stored[1] if stored else 0
    file.bytes = piece.end
    file.unread = max(0, piece.end - until)
    file.refused.update(piece.refused)
    if stored is None and foreign and piece.begin == 0:
        verdict.differences.append(f"{piece.source.value} {piece.path.name}: is not imported, or by another --timezone")
    if piece.begin >= until:
        return
    ours = await proof.lines_between(*key, piece.begin, min(piece.end, until))
    theirs = {offset: line for offset, line in piece.lines.items() if offset < until}
    file.lines += len(theirs)
    for offset in sorted(ours.keys() | theirs.keys()):
        line = theirs.get(offset)
        if line and offset not in ours and verdict.begin and line.at < verdict.begin:
            verdict.forgotten += 1
        elif why := _unlike(ours.get(offset), line):
            verdict.differences.append(f"{piece.source.value} {piece.path.name} byte {offset}: {why}")


def _unlike(stored: JournalLine | None, there: JournalLine | None) -> str:
    if stored is None:
        return "the line is not stored"
    if there is None:
        return "a line is stored, and none is there that is accepted"
    for name in ("at", "kind", "call", "leg"):
        if (ours := getattr(stored, name)) != (theirs := getattr(there, name)):
            return f"{name} is stored as {ours}, the file says {theirs}"
    same = _bytes(stored.data) == _bytes(there.data)
    return "" if same else f"stored are the values {dict(stored.data)}, the file says {dict(there.data)}"


def _bytes(values: Any) -> bytes:
    return orjson.dumps(dict(values), option=orjson.OPT_SORT_KEYS)


async def _ends(
    stored: dict[tuple[Source, str], tuple[str, int]], proof: Proof, verdict: _Verdict, whole: bool
) -> None:
    """Files that are shorter than what was read of them, and those that are gone."""
    for key, (path, until) in stored.items():
        file = verdict.files.get(key)
        if file is not None and file.bytes < until:
            beyond = await proof.count_lines(*key, file.bytes)
            what = f"ends at byte {file.bytes}, and {until} were read; {beyond} stored lines stand beyond it"
            verdict.differences.append(f"{key[0].value} {file.path}: {what}")
        elif file is None and whole and (lines := await proof.count_lines(*key)):
            verdict.notes.append(f"{key[0].value} {path} is gone: its {lines:,} stored lines cannot be held against it")
    for file in verdict.files.values():
        if file.unread:
            verdict.notes.append(f"{file.source.value} {file.path}: {file.unread:,} bytes are not read yet")


def _print(verdict: _Verdict) -> None:
    rows = [
        (file.source.value, file.path, f"{file.bytes:,}", f"{file.lines:,}", f"{file.refused.total():,}")
        for file in verdict.files.values()
    ]
    print_table(("journal", "file", "bytes", "lines", "refused"), rows, none="no journal is there")
    for file in verdict.files.values():
        for why, count in sorted(file.refused.items()):
            click.echo(f"refused {count:,} of {seen(file.path)}: {why}", err=True)
    for note in verdict.notes:
        click.echo(f"note: {seen(note)}", err=True)
    for difference in verdict.differences[:_SHOWN]:
        click.echo(f"differs: {seen(difference)}", err=True)
    if len(verdict.differences) > _SHOWN:
        click.echo(f"differs: {len(verdict.differences) - _SHOWN:,} more (--json)", err=True)
    lines = sum(file.lines for file in verdict.files.values())
    found = f"{len(verdict.differences):,} difference(s)"
    click.echo(f"{lines:,} lines on disk, {verdict.conversations:,} conversations folded anew: {found}")


def _document(verdict: _Verdict) -> dict[str, Any]:
    return {
        "files": [
            {
                "journal": file.source.value,
                "path": file.path,
                "bytes": file.bytes,
                "unread_bytes": file.unread,
                "lines": file.lines,
                "refused": dict(file.refused),
            }
            for file in verdict.files.values()
        ],
        "conversations": verdict.conversations,
        "differences": verdict.differences,
        "notes": verdict.notes,
    }


class _Progress:
    """A line on stderr each second."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def say(self, what: str) -> None:
        if time.monotonic() - self._said >= 1:
            self._said = time.monotonic()
            click.echo(seen(what), err=True)
