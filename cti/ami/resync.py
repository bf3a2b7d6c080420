"""What a snapshot says against what was known: the facts that were missed while the line was down. Pure.

It knows the rows that `AmiClient` gives to `on_up`. It refuses to guess what it cannot see: who rang whom, who is on
hold and which bridge a leg has left are not in Asterisk's lists, so legs that are still there keep what was known.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ..core.events import Event, LegAnswered, LegCreated, LegEnded, LegRelinked
from ..core.words import Uniqueid
from .translate import translate
from .wire import Message


def diff_snapshot(known: Iterable[Uniqueid], snapshot: Iterable[Message], at: datetime) -> list[Event]:
    """The facts that bring `known` legs to `snapshot`, ends first; `at` is when the snapshot was whole.

    A vanished leg gives LegEnded (cause 0), in the order of `known`. A new one gives LegCreated and LegBridged. One
    that is still there gives LegRelinked, LegAnswered when it is up, and LegBridged when it is in a bridge: facts that
    may have been told before. Devices give PhoneReachable.
    """
    before = dict.fromkeys(known)
    there: set[Uniqueid] = set()
    facts: list[Event] = []
    for row in snapshot:
        for fact in translate(row, at):
            if isinstance(fact, LegCreated):
                there.add(fact.leg)
                facts += _still_there(fact) if fact.leg in before else [fact]
            else:
                facts.append(fact)
    return [LegEnded(at=at, leg=leg) for leg in before if leg not in there] + facts


def _still_there(leg: LegCreated) -> list[Event]:
    relinked: list[Event] = [LegRelinked(at=leg.at, leg=leg.leg, linked=leg.linked)]
    return [*relinked, LegAnswered(at=leg.at, leg=leg.leg)] if leg.up else relinked
