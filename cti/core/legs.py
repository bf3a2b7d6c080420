"""From CEL lines to channels: when each began and ended, in which bridges it was, who held whom, who passed whom on.

It knows CEL's event names (Asterisk's cel.c); it knows nothing of queues, and does not judge what it heard: who talked
with whom is `meetings`, what a transfer was is `passing`. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from .journal import Apart, JournalLine, Source
from .stretches import Kind, Stretch


@dataclass(slots=True)
class Leg:
    """One channel as CEL (and the engine, for a dying Asterisk) saw it."""

    leg: str
    linked: str = ""
    origin: str = ""  # the linkedid when it began: its own for a channel that nobody dialled
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
        """Whose it was when it began; see `endpoint_of`."""
        return endpoint_of(self.channel)


@dataclass(slots=True)
class Stay:
    """One leg in one bridge, and the channel's name at that time: after a pickup it is another's."""

    leg: str
    bridge: str
    entered: datetime
    left: datetime | None = None
    channel: str = ""


class Passed(NamedTuple):
    """A word of CEL about a call that was passed on: `leg` and `channel` are of whom it is said, `told` the rest."""

    kind: str
    at: datetime
    leg: str
    channel: str
    told: Mapping[str, str]


_PASSED = frozenset({"BLINDTRANSFER", "ATTENDEDTRANSFER", "PICKUP", "PARK_START", "PARK_END", "FORWARD"})
# Where a channel of the trunk begins, and where Asterisk dials it for us (originated: in the context named).
TRUNK_CONTEXTS = frozenset({"from-trunk", "cti-callback-customer"})
_HOLDING = "holding_bridge"  # a parked channel's: whoever else is in it hears nothing of it


@dataclass(slots=True)
class Legs:
    """All channels of one conversation, with their stays in bridges and their voicemail visits."""

    legs: dict[str, Leg] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    voicemail: list[Stretch] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)
    _named: dict[str, str] = field(default_factory=dict)  # channel name -> leg, of Local halves
    _outside: str = ""  # where the dialplan dials next: an external's number, which no channel tells
    _agents: dict[str, str] = field(default_factory=dict)  # endpoint -> agent, where they differ
    _of: dict[str, list[Stay]] = field(default_factory=dict)
    _in: dict[str, list[Stay]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known, self.stays = self.stays, []
        for stay in known:
            self.add(stay)

    def read(self, line: JournalLine) -> None:
        leg = self.legs.get(line.leg)
        if leg is None:
            leg = self.legs[line.leg] = Leg(line.leg)
        leg.linked = line.call
        match line.kind:
            case "CHAN_START":
                self._start(leg, line)
            case "ANSWER":
                leg.answered = leg.answered or line.at
                if not leg.context.startswith("from-agent") and line.data.get("number") != "s":
                    leg.number = str(line.data.get("number", ""))  # by now the dialplan's FILTER() has seen it
            case "HANGUP" | "CHAN_END":
                leg.ended = max(line.at, leg.ended or line.at)
            case "LINKEDID_END":
                self._end_group(line)
            case "BRIDGE_ENTER":
                self._enter(line)
            case "BRIDGE_EXIT":
                self._leave(line)
            case "APP_START" | "APP_END" if str(line.data.get("app", "")).lower() == "voicemail":
                self._voicemail(line)
            case "USER_DEFINED" if line.data.get("user_event") == "CTI_VOICEMAIL":
                self._voicemail(line)
            case "USER_DEFINED" if line.data.get("user_event") == "CTI_EXTERNAL":
                extra = line.data.get("extra")
                self._outside = str(extra.get("extra", "")) if isinstance(extra, Mapping) else ""
            case kind if kind in _PASSED:
                extra = line.data.get("extra")
                told = extra if isinstance(extra, Mapping) else {}
                channel = str(line.data.get("channel", ""))
                about = str(line.data.get("of") or line.leg)
                self.passed.append(Passed(kind=kind, at=line.at, leg=about, channel=channel, told=told))
            case _:
                pass

    def _start(self, leg: Leg, line: JournalLine) -> None:
        leg.started, leg.origin = line.at, line.call
        if str(line.data.get("channel", "")).startswith("Local/"):
            self._named[str(line.data["channel"])] = line.leg
        leg.context, leg.exten = str(line.data.get("context", "")), str(line.data.get("exten", ""))
        leg.channel = str(line.data.get("channel", ""))
        leg.number, leg.name = str(line.data.get("number", "")), str(line.data.get("name", ""))
        if leg.context == "from-trunk" and leg.origin != leg.leg:
            leg.number = leg.number or self._outside
        if leg.context == "from-agent" and leg.number and leg.endpoint:
            self._agents[leg.endpoint] = leg.number

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

    def _enter(self, line: JournalLine) -> None:
        extra = line.data.get("extra")
        if isinstance(extra, Mapping) and extra.get("bridge_technology") == _HOLDING:
            return
        self.add(Stay(line.leg, _bridge(line), line.at, channel=str(line.data.get("channel", ""))))

    def add(self, stay: Stay) -> None:
        """A leg is in a bridge."""
        stay.channel = stay.channel or self.legs[stay.leg].channel
        self.stays.append(stay)
        self._of.setdefault(stay.leg, []).append(stay)
        self._in.setdefault(stay.bridge, []).append(stay)

    def stays_of(self, leg: str) -> Sequence[Stay]:
        """All bridges of one leg."""
        return self._of.get(leg, ())

    def in_bridge(self, bridge: str) -> Sequence[Stay]:
        """Everybody who was in one bridge."""
        return self._in.get(bridge, ())

    def far_half(self, channel: str) -> str | None:
        """The other end of a Local channel; None for any other. An end that was never seen is "": nobody is there."""
        if not channel.startswith("Local/"):
            return None
        return self._named.get(channel[:-1] + {"1": "2", "2": "1"}.get(channel[-1:], ""), "")

    def is_outside(self, leg: str) -> bool:
        """Whether it is the customer's or the provider's side: a channel of a trunk, come in or dialled."""
        return leg in self.legs and self.legs[leg].context in TRUNK_CONTEXTS

    def agent_on(self, channel: str) -> str:
        """Whose phone a channel is on: the number that we give the phone (pjsip.conf: callerid), else its endpoint."""
        endpoint = endpoint_of(channel)
        return self._agents.get(endpoint, endpoint)

    def is_of(self, leg: str, agent: str) -> bool:
        """Whether this channel was on the agent's phone."""
        told = self.legs[leg]
        return not self.is_outside(leg) and bool(told.channel) and self.agent_on(told.channel) == agent

    def _leave(self, line: JournalLine) -> None:
        for stay in reversed(self._of.get(line.leg, [])):
            if stay.bridge == _bridge(line) and stay.left is None:
                stay.left = line.at
                return

    def _voicemail(self, line: JournalLine) -> None:
        """From the greeting (our own event) or the application's start, whichever comes first, to its end."""
        open_one = bool(self.voicemail) and self.voicemail[-1].ended is None
        if line.kind == "APP_END":
            if open_one:
                self.voicemail[-1] = self.voicemail[-1]._replace(ended=line.at)
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

    def holds(self) -> list[tuple[str, datetime, datetime | None]]:
        """Every hold of every leg, with its leg; one that was never taken back ends with its leg."""
        return sorted((leg.leg, since, until or leg.ended) for leg in self.legs.values() for since, until in leg.holds)


def endpoint_of(channel: str) -> str:
    """`PJSIP/1001-0000002a` -> `1001`; by our contract an agent's endpoint is named as the agent's number."""
    return channel.rpartition("-")[0].rpartition("/")[2]


def read_legs(journals: Apart) -> Legs:
    """Read CEL, and the engine's `held` and (for legs whose end CEL never told) `leg_ended`."""
    legs = Legs()
    for line in journals[Source.CEL]:
        legs.read(line)
    for line in journals[Source.ENGINE]:
        if line.kind == "leg_ended":
            leg = legs.legs.get(str(line.data.get("leg") or line.call))
            if leg is not None and leg.ended is None:
                leg.ended = line.at
        elif line.kind == "held":
            legs.hold(line)
    return legs


def _bridge(line: JournalLine) -> str:
    extra = line.data.get("extra") or {}
    return str(extra.get("bridge_id", "")) if isinstance(extra, dict) else ""
