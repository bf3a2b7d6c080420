"""`cti journal import`: another installation's whole history, to try the reports on years of calls."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ..config import load_config
from ..core.journal import Source
from ..db.store import Store
from ..db.stored import sampled
from ..errors import UsageError
from ..journal.history import HistoryFile, Reading, bring_in, found
from .rolled import roll_up_now
from .rows import as_json, clock, localised, print_json, print_table, seen, timezone, zone

_SHOWN = 8  # files that are no journals


@dataclass(slots=True)
class Brought:
    """What came of an import."""

    readings: list[Reading] = field(default_factory=list)
    conversations: int = 0

    @property
    def span(self) -> tuple[datetime | None, datetime | None]:
        firsts = [reading.first for reading in self.readings if reading.first]
        lasts = [reading.last for reading in self.readings if reading.last]
        return min(firsts, default=None), max(lasts, default=None)


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@timezone
@click.option("--dry-run", is_flag=True, help="Read everything and say what would come of it; keep nothing.")
@as_json
@click.pass_obj
def import_history(home: Path, paths: tuple[Path, ...], timezone: str, dry_run: bool, as_json: bool) -> None:
    """Read another installation's history: queue_log, CDR and CEL files, or folders of them, in any order.

    Known by what is in them: queue_log; cdr_csv, cdr_custom and cel_custom as Asterisk's samples set them up; the
    tables cdr and cel (FreePBX, Issabel) as CSV or TSV with a header; all of it also rotated, gz, bz2 or xz. CDRs are
    in local time, which is that of --timezone (default: the site's). Again reads only what is new. Keep it apart from
    your own calls: an instance of its own (cti init) is made for that.
    """
    where = zone(home, timezone)
    files, others = found(paths)
    if not files:
        raise UsageError(f"no queue_log, CDR or CEL there: {_why(others)}")
    brought = asyncio.run(_dry(files, where) if dry_run else import_files(load_config(home).database_url, files, where))
    if as_json:
        print_json(localised(_document(brought, others, where), where))
    else:
        _print(brought, others, where, dry_run)
    if not dry_run:
        roll_up_now(home)
    if not any(reading.accepted or reading.lines == 0 for reading in brought.readings):
        raise UsageError("no line of these could be read as Asterisk writes them")


async def _dry(files: Sequence[HistoryFile], where: tzinfo) -> Brought:
    """Into a database that is thrown away, so that it is told what would really come of it."""
    with tempfile.TemporaryDirectory(prefix="cti-import-") as folder:
        return await import_files(f"sqlite:///{folder}/rows.sqlite", files, where)


async def import_files(url: str, files: Sequence[HistoryFile], where: tzinfo) -> Brought:
    """Read these into the database at `url`; clocks are of `where`. Raises StoreError."""
    brought, said = Brought(), time.monotonic()

    def say(readings: Sequence[Reading]) -> None:
        nonlocal said
        if time.monotonic() - said > 1:
            said = time.monotonic()
            done = sum(one.lines for one in readings)
            click.echo(f"{done:,} lines", err=True)

    async with Store(url) as store:
        before = await store.count_conversations()
        for some in _apart(files):
            known_ones = [await known(store, file, where) for file in some]
            brought.readings += await bring_in(known_ones, where, store.import_lines, say)
        brought.conversations = await store.count_conversations() - before
    return brought


def _apart(files: Sequence[HistoryFile]) -> Iterator[list[HistoryFile]]:
    """Files that begin alike (copies, exports of the same calls) one after the other: each is held against what is
    stored of those before it."""
    first = {file.file_id: file for file in reversed(files)}
    yield [file for file in files if first[file.file_id] is file]
    yield from ([file] for file in files if first[file.file_id] is not file)


async def known(store: Store, file: HistoryFile, where: tzinfo) -> tuple[HistoryFile, int]:
    """The file by the name under which it is stored, or is to be, and up to which byte it is."""
    offsets = await store.positions(file.source)
    for name in file.names:
        since = offsets.get(name, 0)
        if not since or file.is_of(await sampled(store.database, file.source, name, since), where):
            return replace(file, names=(name,)), since
    return replace(file, names=file.names[-1:]), offsets[file.names[-1]]


def _print(brought: Brought, others: list[tuple[Path, str]], where: ZoneInfo, dry_run: bool) -> None:
    rows = [
        (
            one.source,
            one.path,
            *(f"{count:,}" for count in (one.lines, one.accepted, _refused(one))),
            *_dates(one, where),
        )
        for one in brought.readings
    ]
    print_table(("journal", "file", "lines", "new", "refused", "from", "to"), rows, none="")
    for one in brought.readings:
        for why, (count, examples) in sorted(one.refused.items()):
            places = ", ".join(map(str, examples)) + (" …" if count > len(examples) else "")
            click.echo(f"refused {count:,} of {seen(one.path)}: {why} (line {places})", err=True)
        if one.broken:
            click.echo(f"{seen(one.path)} breaks off: {seen(one.broken)}; what stood before it is read", err=True)
    for path, why in others[:_SHOWN]:
        click.echo(f"not read: {seen(path)}: {why}", err=True)
    if len(others) > _SHOWN:
        click.echo(f"not read: {len(others) - _SHOWN} more", err=True)
    first, last = brought.span
    lines = sum(one.lines for one in brought.readings)
    new = sum(one.accepted for one in brought.readings)
    would = "would be " if dry_run else ""
    click.echo(f"{lines:,} lines, {would}{new:,} new; {would}{brought.conversations:,} new conversations", nl=False)
    click.echo(f", {clock(first, where)} to {clock(last, where)} ({where.key})" if first else "")
    if first and not dry_run:
        click.echo(f"next: {_next(brought, where)}")


def _dates(reading: Reading, where: ZoneInfo) -> tuple[str, str]:
    return clock(reading.first, where, "%Y-%m-%d"), clock(reading.last, where, "%Y-%m-%d")


def _refused(reading: Reading) -> int:
    return sum(count for count, _ in reading.refused.values())


def _next(brought: Brought, where: ZoneInfo) -> str:
    """The command that has something to say about what came. Only queue_log tells of queues."""
    first, last = brought.span
    if first is None or last is None:
        return ""
    queued = any(one.source is Source.QUEUE_LOG and one.accepted for one in brought.readings)
    begin, end = (clock(at, where, "%Y-%m-%d") for at in (first, last + timedelta(days=1)))
    words = "report queue --by month" if queued else "call list"
    return f"cti {words} --from {begin} --to {end} --timezone {where.key}"


def _document(brought: Brought, others: list[tuple[Path, str]], where: ZoneInfo) -> dict[str, Any]:
    first, last = brought.span
    return {
        "files": [
            {
                "journal": one.source.value,
                "path": str(one.path),
                "lines": one.lines,
                "new": one.accepted,
                "from": one.first,
                "to": one.last,
                "broken": one.broken,
                "refused": [{"why": why, "lines": n, "first": examples} for why, (n, examples) in one.refused.items()],
            }
            for one in brought.readings
        ],
        "not_read": [{"path": str(path), "why": why} for path, why in others],
        "new_lines": sum(one.accepted for one in brought.readings),
        "new_conversations": brought.conversations,
        "from": first,
        "to": last,
        "next": _next(brought, where),
    }


def _why(others: list[tuple[Path, str]]) -> str:
    told = "; ".join(f"{seen(path.name)}: {why}" for path, why in others[:3])
    return told + (" …" if len(others) > 3 else "") or "the folder is empty"
