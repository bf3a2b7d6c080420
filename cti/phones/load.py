"""Many calls at once: SIPp's own counts and the times that its scenario logs.

It knows SIPp's statistics file and our log lines. It refuses to judge: it counts and lists, a benchmark compares.
"""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import PhoneError, UsageError
from .process import SippProcess
from .scenario import Load

_LINE = re.compile(r"(invite|answered|bye) (\d+)\.\d+ (\d+)\.\d+ (\S+) ?(.*)")
_NUMBER = re.compile(r"sips?:([^@;>]*)@")


@dataclass(frozen=True, slots=True)
class LoggedTime:
    """A moment of one leg. `epoch` is seconds since 1970, read from the clock when the message was handled."""

    kind: str  # invite, answered, or bye (sent by this side)
    epoch: float
    call_id: str
    agent: str  # empty on the customers' side
    number: str  # the caller's; empty for a bye


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """SIPp's last row of statistics, and each call's times. `failed` counts calls that SIPp gave up."""

    calls: int
    succeeded: int
    failed: int
    retransmissions: int
    seconds: float
    times: tuple[LoggedTime, ...]

    @property
    def answered(self) -> int:
        return sum(time.kind == "answered" for time in self.times)


class LoadRun:
    """A running load."""

    def __init__(self, process: SippProcess) -> None:
        self.process = process

    async def done(self, timeout: float = 600.0) -> LoadResult:
        """Wait for the last call. Raises PhoneError when SIPp broke, TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            await self.process.wait()
        return _read_statistics(self._file(".stat"), tuple(self.times()))

    def times(self) -> list[LoggedTime]:
        """What has been logged so far."""
        log = self._file(".log")
        return list(read_times(log)) if log.exists() else []

    def _file(self, suffix: str) -> Path:
        return (self.process.folder / self.process.name).with_suffix(suffix)


def load_arguments(load: Load, name: str, folder: Path, user: str) -> list[str]:
    """SIPp's arguments for `load`; writes its injection file into `folder`."""
    for number in load.numbers:
        if not re.fullmatch(r"\+?[0-9A-Za-z]{1,32}", number):
            raise UsageError(f"{number!r}: a load calls from plain numbers; use Customer for hostile ones")
    lines = ["SEQUENTIAL", *(f"{number};" for number in load.numbers)]
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="ascii")
    pace = ["-r", f"{load.rate:g}", "-m", str(load.calls), "-l", str(load.at_once)]
    if load.rate < 1 or load.rate != int(load.rate):
        pace[1:2] = [str(round(load.rate * 100)), "-rp", "100s"]
    files = ["-trace_stat", "-stf", f"{name}.stat", "-fd", "1", "-trace_logs", "-log_file", f"{name}.log"]
    return [*pace, "-inf", f"{name}.csv", "-key", "did", user, *files]


def read_times(log: Path) -> Iterator[LoggedTime]:
    """The times in a light process's log: `<folder>/<name>.log`."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if (found := _LINE.match(line)) is None:
                continue
            kind, second, microsecond, call_id, rest = found.groups()
            yield _time(kind, int(second) + int(microsecond) / 1_000_000, call_id, rest.strip())


def _time(kind: str, epoch: float, call_id: str, rest: str) -> LoggedTime:
    agent, space, origin = rest.partition(" ")
    address = _NUMBER.search(origin)
    if space:
        return LoggedTime(kind, epoch, call_id, agent, address[1] if address else "")
    return LoggedTime(kind, epoch, call_id, "", rest)


def _read_statistics(file: Path, times: tuple[LoggedTime, ...]) -> LoadResult:
    with file.open(encoding="ascii", errors="replace", newline="") as source:
        rows = list(csv.DictReader(source, delimiter=";"))
    if not rows:
        raise PhoneError(f"{file}: SIPp wrote no statistics")
    last = rows[-1]
    hours, minutes, seconds = last["ElapsedTime(C)"].split(":")[:3]
    return LoadResult(
        calls=int(last["TotalCallCreated"]),
        succeeded=int(last["SuccessfulCall(C)"]),
        failed=int(last["FailedCall(C)"]),
        retransmissions=int(last["Retransmissions(C)"]),
        seconds=int(hours) * 3600 + int(minutes) * 60 + float(seconds),
        times=times,
    )
