"""A folder of Parquet files, one for each table and day, as Hive lays them out: `visits/day=2026-11-22/part-0.parquet`.

It knows the layout, and how a file appears whole or not at all. A day that has not changed keeps its file; a day that
has no rows any more loses it. It touches no file that it would not have written itself.
"""

from __future__ import annotations

import fcntl
import filecmp
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..errors import Refused, StoreError
from .parquet import Columns, RowWriter

NAME = "part-0.parquet"
_NEW = f".{NAME}.new"  # every engine passes over names that begin with a dot
_DAY = re.compile(r"day=([0-9]{4}-[0-9]{2}-[0-9]{2})", re.ASCII)


class Became(StrEnum):
    """What an export did to the file of a day."""

    WRITTEN = "written"
    SAME = "same"
    REMOVED = "removed"


class DayFile:
    """The file of one day while it is being written beside the old one."""

    def __init__(self, folder: Path, columns: Columns, *, dry_run: bool = False) -> None:
        self.path = folder / NAME
        self._new = folder / _NEW
        self._made = not folder.exists()
        self._dry = dry_run
        folder.mkdir(parents=True, exist_ok=True)
        self._writer = RowWriter(self._new, columns)

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        self._writer.add(rows)

    def finish(self) -> tuple[Became, int]:
        """Put it in place, unless the old one says the same: (what became of it, rows)."""
        self._writer.close()
        same = self.path.exists() and filecmp.cmp(self._new, self.path, shallow=False)
        if not same and not self._dry:
            with self._new.open("rb") as file:
                os.fsync(file.fileno())
            self._new.replace(self.path)
        self.drop()
        return Became.SAME if same else Became.WRITTEN, self._writer.rows

    def drop(self) -> None:
        """Leave nothing half done."""
        with suppress(OSError):
            self._writer.close()
        self._new.unlink(missing_ok=True)
        if self._made:
            with suppress(OSError):
                self.path.parent.rmdir()  # only when it is empty


class DayFolder:
    """All days of one table. Put rows day by day, then finish; what is not finished leaves no trace (`with`).

    `became` counts days; `rows` those that the files hold.
    """

    def __init__(self, root: Path, table: str, columns: Columns, *, dry_run: bool = False) -> None:
        self.path = root / table
        self.became = dict.fromkeys(Became, 0)
        self.rows = 0
        self._columns = columns
        self._dry = dry_run
        self._open: tuple[date, DayFile] | None = None
        self._seen: set[date] = set()

    def __enter__(self) -> DayFolder:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            self._open[1].drop()

    def put(self, day: date, rows: Sequence[Sequence[Any]]) -> None:
        """Rows of a day, in any portions; days one after the other. Raises StoreError."""
        with _said(self.path):
            if self._open is None or self._open[0] != day:
                self._close()
                self._open = day, DayFile(self._of(day), self._columns, dry_run=self._dry)
            self._open[1].add(rows)

    def finish(self, since: date, until: date) -> None:
        """All days of this span that have rows have been put: the others lose their file. Raises StoreError."""
        with _said(self.path):
            self._close()
            for day in self.days() - self._seen:
                if since <= day <= until:
                    self._remove(day)

    def days(self) -> set[date]:
        """Days that have a file."""
        found = set()
        for folder in self.path.glob("day=*"):
            if (day := _DAY.fullmatch(folder.name)) and (folder / NAME).is_file():
                with suppress(ValueError):
                    found.add(date.fromisoformat(day[1]))
        return found

    def _close(self) -> None:
        if self._open is not None:
            day, file = self._open
            what, rows = file.finish()
            self.became[what] += 1
            self.rows += rows
            self._seen.add(day)
            self._open = None

    def _remove(self, day: date) -> None:
        self.became[Became.REMOVED] += 1
        if not self._dry:
            (self._of(day) / NAME).unlink(missing_ok=True)
            with suppress(OSError):
                self._of(day).rmdir()

    def _of(self, day: date) -> Path:
        return self.path / f"day={day.isoformat()}"


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """One export into a folder at a time. Raises Refused while another one is at it, StoreError."""
    with _said(root):
        root.mkdir(parents=True, exist_ok=True)
        with (root / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Refused(f"another export into {root} is running: wait for its end") from error
            yield


@contextmanager
def _said(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot write {error.filename or where}: {error.strerror or error}") from error
