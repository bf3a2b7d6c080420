"""Whose call it is: its name, its direction, who called what, and which side served it.

It lays the journals of one conversation side by side (`Told`) and knows which one to believe for each fact. It does not
know what the time was spent on, nor the outcome. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from operator import attrgetter
from typing import Any

from .billed import Row, rows_of
from .journal import Apart, JournalLine, Source
from .legs import Legs, read_legs
from .menu_story import MenuStory, menu_story
from .stretches import QueueStory, Stretch, queue_story

_SECOND = timedelta(seconds=1)
_OF_A_LEG = frozenset({"held", "leg_ended", "interrupted"})  # the engine's lines whose call is the leg's own name
_when, _place = attrgetter("at", "file_id", "offset"), attrgetter("file_id", "offset")


@dataclass(slots=True)
class Told:
    """What the journals tell, side by side, before anything is decided."""

    id: str
    journals: Apart
    story: QueueStory
    legs: Legs
    caller: Mapping[str, Any]
    customer_leg: str
    talker: str  # whose meetings are the conversation: the customer's channel, also where the agent made the call
    promise: Mapping[str, Any]  # the callback that this conversation is, {} for any other call
    rows: list[Row]  # CDRs, where nothing but they tell of the call
    menus: MenuStory

    _in_time: dict[Source, list[JournalLine]] = field(default_factory=dict)

    def of(self, source: Source, *kinds: str) -> list[JournalLine]:
        """The lines of one journal, as their instants say; of these kinds only, if any are named."""
        found = self._in_time.get(source)
        if found is None:
            found = self._in_time[source] = sorted(self.journals[source], key=_when)
        return [line for line in found if line.kind in kinds] if kinds else found


def listen(journals: Apart) -> Told:
    engine = journals[Source.ENGINE]
    joined = [line for line in engine if line.kind == "joined"]
    last = max(joined, key=lambda line: (line.at, line.offset), default=None)
    caller = last.data.get("caller") if last else None
    legs = read_legs(journals)
    name = conversation_id(journals)
    known = sorted((leg.started, leg.leg) for leg in legs.legs.values() if leg.started)
    customer = name if name in legs.legs else (known[0][1] if known else name)
    promise = next((line.data for line in engine if line.kind == "callback"), {})
    if promise:
        caller, customer = promise.get("caller"), _called(legs) or customer
    told = caller if isinstance(caller, Mapping) else {}
    return Told(
        id=name,
        journals=journals,
        story=queue_story(journals),
        legs=legs,
        caller=told,
        customer_leg=customer,
        talker=customer if legs.is_outside(customer) else _called(legs) or customer,
        promise=promise,
        rows=rows_of(journals[Source.CDR]) if [one for one in journals if journals[one]] == [Source.CDR] else [],
        menus=menu_story(journals[Source.CEL]),
    )


def _called(legs: Legs) -> str:
    """Of the channels that we dialled on the trunk: the one that came to a talk, else the last."""
    dialled = sorted((leg.started, leg.leg) for leg in legs.legs.values() if leg.started and legs.is_outside(leg.leg))
    met = {stay.leg for stay in legs.stays}
    return max(dialled, key=lambda one: (one[1] in met, one), default=(None, ""))[1]


def conversation_id(journals: Apart) -> str:
    """The caller's uniqueid as queue_log and the engine know it; for a call that met neither, its oldest linkedid."""
    engines = (line for line in journals[Source.ENGINE] if line.kind not in _OF_A_LEG)
    ours = [line for line in (*journals[Source.QUEUE_LOG], *engines) if line.call]
    ours = ours or [line for own in journals.values() for line in own if line.call]
    if not ours:
        return ""
    until = min([line.at for line in ours]).replace(microsecond=0) + _SECOND  # queue_log knows whole seconds only
    return min([line for line in ours if line.at < until], key=_place).call


def direction_of(told: Told) -> str:
    """By our contexts: trunks come in by `from-trunk`, phones by `from-agent`; a queued call without CEL is inbound."""
    if told.promise:
        return "outbound"
    if told.rows and told.rows[0].direction:
        return told.rows[0].direction
    leg = told.legs.legs.get(told.customer_leg)
    if leg is None or not leg.context:
        contexts = [str(line.data.get("context", "")) for line in told.of(Source.CDR)]
        return "internal" if contexts and all(context == "from-agent" for context in contexts) else "inbound"
    if not leg.context.startswith("from-agent"):
        return "inbound"
    others = [other for other in told.legs.legs.values() if other.leg != leg.leg]
    return "outbound" if any(other.context.startswith("from-trunk") for other in others) else "internal"


def agent_of(told: Told, direction: str, talk: Stretch | None) -> str:
    """Who of us talked first; on a call that an agent made, the agent who made it."""
    if direction == "inbound" or told.promise:
        return talk.agent if talk else ""
    if told.rows:
        return told.rows[0].agent
    leg = told.legs.legs.get(told.customer_leg)
    return leg.endpoint if leg and leg.endpoint else (talk.agent if talk else "")


def number_of(told: Told) -> str:
    if told.promise:
        return _digits(str(told.promise.get("number", "")))
    leg = told.legs.legs.get(told.customer_leg)
    entered = next((str(line.data.get("number", "")) for line in told.of(Source.QUEUE_LOG, "ENTERQUEUE")), "")
    cdr = next((str(line.data.get("src", "")) for line in told.of(Source.CDR)), "")
    if told.rows:
        cdr = told.rows[0].dst if told.rows[0].direction == "outbound" else told.rows[0].src
    return _digits(str(told.caller.get("number", "")) or (leg.number if leg else "") or entered or cdr)


def _digits(number: str) -> str:
    """CHAN_START is written before the dialplan's FILTER(): keep what FILTER(0-9+) keeps (`words.Caller.number`)."""
    if number.isascii() and number.isdigit():
        return number
    return "".join(character for character in number if character in "+0123456789")


def name_of(told: Told) -> str:
    leg = told.legs.legs.get(told.customer_leg)
    return str(told.caller.get("name", "")) or (leg.name if leg else "")


def did_of(told: Told) -> str:
    leg = told.legs.legs.get(told.customer_leg)
    line = next((str(line.data.get("did", "")) for line in told.of(Source.QUEUE_LOG, "DID")), "")
    cdr = next((str(line.data.get("dst", "")) for line in told.of(Source.CDR)), "")
    if told.rows:
        cdr = told.rows[0].did or told.rows[0].dst
    return line or str(told.caller.get("did", "")) or (leg.exten if leg else "") or cdr


def path_of(told: Told) -> str:
    """As CEL tells it; of calls without menu events, as the engine was told."""
    return told.menus.path or str(told.caller.get("path", ""))


def source_of(told: Told, waits: list[Stretch], talk: Stretch | None) -> str:
    """`engine` when the engine offered the call to the agent who took it (or from whom it was taken while it rang); not
    taken, when it held it at all."""
    if not waits:
        return "direct"
    if talk is not None:
        offered = {str(line.data.get("agent", "")) for line in told.of(Source.ENGINE, "offer", "answered")}
        elsewhere = any(passed.kind in ("PICKUP", "FORWARD") for passed in told.legs.passed)
        return "engine" if talk.agent in offered or (offered and elsewhere) else "fallback"
    return "engine" if told.of(Source.ENGINE, "joined", "offer", "released") else "fallback"
