"""How much of a talk is on disk: what should have been recorded against the sound that there is. Pure.

It knows lengths and states of files. It knows that sound is written only while two sides are bridged (MixMonitor's
option `b`), so that a file's length is to be held against talk and holds together, and cannot be laid over the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

SHORT_MS = 2_000  # journals of whole seconds and the first packets of a bridge may differ by so much


class Coverage(StrEnum):
    """What became of one call's recording."""

    WHOLE = "whole"
    SHORT = "short"  # more than SHORT_MS of the talk are not there
    MISSING = "missing"  # no file was ever seen, or it is gone
    EMPTY = "empty"  # a file without a sound
    GROWING = "growing"  # the call is not over: nobody can say yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """One file. `state` as the recordings' rows have it: whole, growing, empty, missing."""

    path: str
    state: str
    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One call's talk and what of it is there; `recorded_ms` is never more than `talk_ms`."""

    state: Coverage
    talk_ms: int
    recorded_ms: int

    @property
    def lost_ms(self) -> int:
        return self.talk_ms - self.recorded_ms


def covered(talk_ms: int, sounds: Iterable[Sound], *, over: bool) -> Covered:
    """Of one call. `talk_ms` has the holds; `over`: whether the call has ended."""
    there = [sound for sound in sounds if sound.state != "missing"]
    recorded = min(talk_ms, sum(sound.ms for sound in there))
    return Covered(state=_state(talk_ms - recorded, there, over), talk_ms=talk_ms, recorded_ms=recorded)


def _state(lost_ms: int, there: Sequence[Sound], over: bool) -> Coverage:
    if not over or any(sound.state == "growing" for sound in there):
        return Coverage.GROWING
    if not there:
        return Coverage.MISSING
    if not any(sound.ms for sound in there):
        return Coverage.EMPTY
    return Coverage.SHORT if lost_ms > SHORT_MS else Coverage.WHOLE
