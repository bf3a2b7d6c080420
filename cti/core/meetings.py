"""Who was together with whom, and when: channels in bridges, with Local channels seen through.

It knows that a Local channel is two halves (`…;1`, `…;2`) that hear each other, whatever is at their ends; that a
parked channel meets nobody; and that a channel may change its name when somebody takes its place (a pickup). Which of
two channels is a customer, and what they talked about, it refuses to know. Pure.

Local channels stay in the path as long as somebody records them or listens for keys, and until the first sound of both
sides has passed (core_local.c: it optimises itself away only then), so most consultations by keys run through one for
good.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from .legs import Legs, Stay, endpoint_of

_SAME = timedelta(milliseconds=500)  # a bridge that is changed for another takes milliseconds


class Meeting(NamedTuple):
    """Two channels could hear each other. `channel` is the other's name then; `ended` None = still together."""

    leg: str
    channel: str
    started: datetime
    ended: datetime | None

    @property
    def endpoint(self) -> str:
        return endpoint_of(self.channel)

    def overlaps(self, started: datetime, ended: datetime | None) -> bool:
        """Whether some of it lies between these two."""
        return (self.ended is None or started < self.ended) and (ended is None or self.started < ended)


def meetings(legs: Legs, leg: str) -> list[Meeting]:
    """With every real channel that this one met, in order; a change of bridge does not end a meeting."""
    found: list[Meeting] = []
    for met in sorted(_met(legs, leg, frozenset({leg})), key=lambda one: one.started):
        last = next((n for n in reversed(range(len(found))) if found[n].leg == met.leg), None)
        before = found[last] if last is not None else None
        if last is not None and before is not None and (before.ended is None or met.started <= before.ended + _SAME):
            found[last] = before._replace(ended=_later(before.ended, met.ended))
        else:
            found.append(met)
    return sorted(found, key=lambda one: one.started)


def _met(legs: Legs, leg: str, seen: frozenset[str]) -> Iterator[Meeting]:
    for mine in legs.stays_of(leg):
        for other in legs.in_bridge(mine.bridge):
            if other.leg in seen:
                continue
            started, ended = max(mine.entered, other.entered), _sooner(left(legs, mine), left(legs, other))
            if ended is not None and ended <= started:
                continue
            far = legs.far_half(other.channel)
            if far is None:
                yield Meeting(leg=other.leg, channel=other.channel, started=started, ended=ended)
                continue
            for beyond in _met(legs, far, seen | {other.leg, far}):
                since, until = max(started, beyond.started), _sooner(ended, beyond.ended)
                if until is None or until > since:
                    yield beyond._replace(started=since, ended=until)


def left(legs: Legs, stay: Stay) -> datetime | None:
    """When it ended: by its own word, else with the channel."""
    return stay.left or legs.legs[stay.leg].ended


def _sooner(one: datetime | None, two: datetime | None) -> datetime | None:
    return min(one, two) if one and two else one or two


def _later(one: datetime | None, two: datetime | None) -> datetime | None:
    return max(one, two) if one and two else None
