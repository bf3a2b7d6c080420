"""What CDRs alone tell of a call: who called, whose phone rang, and what was billed as talk.

They are asked only where neither CEL nor queue_log nor the engine saw the call (CEL off, or another installation's
history), for they know less: the talk runs from the caller's answer, so that an announcement played before the agent
answered is in it, and nobody's wait in a queue can be told. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .journal import JournalLine
from .stretches import Kind, Stretch, instant


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One CDR: channel `channel` rang or talked with `peer` ("" = with nobody)."""

    started: datetime
    ended: datetime
    answered: datetime | None
    leg: str
    app: str
    channel: str
    peer: str
    src: str
    dst: str
    did: str
    direction: str

    @property
    def agent(self) -> str:
        """Who of the house: whose phone rang, or who called out."""
        return _endpoint(self.channel if self.direction in ("outbound", "internal") else self.peer)


def rows_of(lines: Iterable[JournalLine]) -> list[Row]:
    """Each CDR once, in the order of beginning; a call's rows may have been written into several files."""
    found = set()
    for line in lines:
        said = [str(line.data.get(name, "")) for name in ("app", "channel", "peer", "src", "dst", "did", "direction")]
        started, ended = (instant(line.data.get(name)) or line.at for name in ("start", "end"))
        found.add(Row(started, ended, instant(line.data.get("answer")), line.leg, *said))
    return sorted(found, key=lambda row: (row.started, row.ended, row.leg, row.peer))


def billed(rows: Iterable[Row]) -> list[Stretch]:
    """Rings, talks and voicemail of these rows."""
    stretches: list[Stretch] = []
    for row in rows:
        if row.app.lower() == "voicemail" and row.answered:
            stretches.append(Stretch(kind=Kind.VOICEMAIL, started=row.answered, ended=row.ended))
        elif row.peer:
            agent = row.agent
            over, outcome = (row.answered, "answered") if row.answered else (row.ended, "no_answer")
            stretches.append(Stretch(kind=Kind.RING, started=row.started, ended=over, agent=agent, outcome=outcome))
            if row.answered:
                talk = Stretch(kind=Kind.TALK, started=row.answered, ended=row.ended, agent=agent, outcome="ended")
                stretches.append(talk._replace(detail="billed"))
    return stretches


def _endpoint(channel: str) -> str:
    """`PJSIP/1001-0000002a` and `Local/1001@from-queue-00000001;1` -> `1001`."""
    return channel.rpartition("-")[0].rpartition("/")[2].partition("@")[0]
