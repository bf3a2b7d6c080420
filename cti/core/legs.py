"""From CEL lines to channels: when each began and ended, who was bridged with the customer, who held whom.

It knows CEL's event names (Asterisk's cel.c) and the contexts of our dialplan; it knows nothing of queues. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .journal import JournalLine, Source, in_written_order
from .stretches import Kind, Stretch


@dataclass(slots=True)
class Leg:
    """One channel as CEL (and the engine, for a dying Asterisk) saw it."""

    leg: str
    linked: str = ""
    started: datetime | None = None
    answered: datetime | None = None
    ended: datetime | None = None
    context: str = ""
    exten: str = ""
    channel: str = ""
    number: str = ""
    name: str = ""
    holds: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """`PJSIP/1001-0000002a` -> `1001`; by our contract an agent's endpoint is named as the agent's number."""
        return self.channel.rpartition("-")[0].rpartition("/")[2]


@dataclass(slots=True)
class Stay:
    """One leg in one bridge."""

    leg: str
    bridge: str
    entered: datetime
    left: datetime | None = None


@dataclass(slots=True)
class Legs:
    """All channels of one conversation, with their stays in bridges and their voicemail visits."""

    legs: dict[str, Leg] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    voicemail: list[Stretch] = field(default_factory=list)

    def read(self, line: JournalLine) -> None:
        leg = self.legs.setdefault(line.leg, Leg(line.leg))
        leg.linked = line.call
        match line.kind:
            case "CHAN_START":
                self._start(leg, line)
            case "ANSWER":
                leg.answered = leg.answered or line.at
                if not leg.context.startswith("from-agent"):
                    leg.number = str(line.data.get("number", ""))  # by now the dialplan's FILTER() has seen it
            case "HANGUP" | "CHAN_END":
                leg.ended = max(line.at, leg.ended or line.at)
            case "LINKEDID_END":
                self._end_group(line)
            case "BRIDGE_ENTER":
                self.stays.append(Stay(line.leg, _bridge(line), line.at))
            case "BRIDGE_EXIT":
                self._leave(line)
            case "APP_START" | "APP_END" if str(line.data.get("app", "")).lower() == "voicemail":
                self._voicemail(line)
            case "USER_DEFINED" if line.data.get("user_event") == "CTI_VOICEMAIL":
                self._voicemail(line)
            case _:
                pass

    def _start(self, leg: Leg, line: JournalLine) -> None:
        leg.started = line.at
        leg.context, leg.exten = str(line.data.get("context", "")), str(line.data.get("exten", ""))
        leg.channel = str(line.data.get("channel", ""))
        leg.number, leg.name = str(line.data.get("number", "")), str(line.data.get("name", ""))

    def hold(self, line: JournalLine) -> None:
        """The engine's `held` (CEL knows no hold): the phone put its peer on hold, or took it back."""
        name = str(line.data.get("leg") or line.call)
        holds = self.legs.setdefault(name, Leg(name)).holds
        open_one = bool(holds) and holds[-1][1] is None
        if line.data.get("held") and not open_one:
            holds.append((line.at, None))
        elif not line.data.get("held") and open_one:
            holds[-1] = (holds[-1][0], line.at)

    def _end_group(self, line: JournalLine) -> None:
        """LINKEDID_END comes when nothing of that linkedid is left, so a leg whose own end was lost has ended too."""
        for leg in self.legs.values():
            if leg.linked == line.call and leg.ended is None:
                leg.ended = line.at

    def _leave(self, line: JournalLine) -> None:
        for stay in reversed(self.stays):
            if stay.leg == line.leg and stay.bridge == _bridge(line) and stay.left is None:
                stay.left = line.at
                return

    def _voicemail(self, line: JournalLine) -> None:
        """From the greeting (our own event) or the application's start, whichever comes first, to its end."""
        open_one = bool(self.voicemail) and self.voicemail[-1].ended is None
        if line.kind == "APP_END":
            if open_one:
                self.voicemail[-1] = replace(self.voicemail[-1], ended=line.at)
        elif not open_one:
            extra = line.data.get("extra")
            box = str(extra.get("extra", "")) if isinstance(extra, dict) else ""
            self.voicemail.append(Stretch(kind=Kind.VOICEMAIL, started=line.at, detail=box))

    @property
    def all_ended(self) -> datetime | None:
        """When the last leg ended, or None while one is open (or when none was seen)."""
        ends = [leg.ended for leg in self.legs.values() if leg.started]
        known = [end for end in ends if end]
        return max(known) if known and len(known) == len(ends) else None

    def talks(self, customer: str) -> list[Stretch]:
        """Stretches in which the customer's leg shared a bridge with another, merged per other leg."""
        found: list[Stretch] = []
        for mine in (stay for stay in self.stays if stay.leg == customer):
            for other in self.stays:
                if other.bridge != mine.bridge or other.leg == customer:
                    continue
                start, end = max(mine.entered, other.entered), _earlier(self._left(mine), self._left(other))
                if end is None or end > start:
                    agent = self.legs[other.leg].endpoint
                    found.append(Stretch(kind=Kind.TALK, started=start, ended=end, agent=agent, outcome="ended"))
        return sorted(found, key=lambda stretch: stretch.started)

    def _left(self, stay: Stay) -> datetime | None:
        return stay.left or self.legs[stay.leg].ended

    def rings(self, customer: str) -> list[Stretch]:
        """How long each other leg rang."""
        return [
            Stretch(
                kind=Kind.RING,
                started=leg.started,
                ended=leg.answered or leg.ended,
                agent=leg.endpoint,
                outcome="answered" if leg.answered else "no_answer",
            )
            for leg in self.legs.values()
            if leg.leg != customer and leg.started
        ]

    def holds(self) -> list[tuple[datetime, datetime | None]]:
        """Every hold of every leg; one that was never taken back ends with its leg."""
        return sorted((since, until or leg.ended) for leg in self.legs.values() for since, until in leg.holds)


def read_legs(lines: Iterable[JournalLine]) -> Legs:
    """Read the CEL lines among `lines`, and the engine's `held` and (for legs whose end CEL never told) `leg_ended`."""
    lines = list(lines)
    legs = Legs()
    for line in in_written_order([line for line in lines if line.source is Source.CEL]):
        legs.read(line)
    for line in in_written_order([line for line in lines if line.source is Source.ENGINE]):
        if line.kind == "leg_ended":
            leg = legs.legs.get(str(line.data.get("leg") or line.call))
            if leg is not None and leg.ended is None:
                leg.ended = line.at
        elif line.kind == "held":
            legs.hold(line)
    return legs


def apart_from(stretch: Stretch, others: list[Stretch]) -> bool:
    """Whether `stretch` tells of a time that none of `others` covers (two seconds of overlap are rounding)."""
    slack = timedelta(seconds=2)
    for other in others:
        begins_before_the_end = other.ended is None or stretch.started < other.ended - slack
        ends_after_the_start = stretch.ended is None or stretch.ended > other.started + slack
        if begins_before_the_end and ends_after_the_start:
            return False
        if abs(stretch.started - other.started) <= slack:
            return False
    return True


def _earlier(one: datetime | None, two: datetime | None) -> datetime | None:
    return min(one, two) if one and two else one or two


def _bridge(line: JournalLine) -> str:
    extra = line.data.get("extra") or {}
    return str(extra.get("bridge_id", "")) if isinstance(extra, dict) else ""
