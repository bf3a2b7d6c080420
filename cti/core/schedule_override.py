"""What a supervisor puts above a schedule's own hours: forced open or closed, until an instant or until undone.

It knows the five states and their text in Asterisk's database (family `cti-schedule`, key: the schedule's name), where
the dialplan reads it without the engine. It refuses to know who may do so, and it never reads the time.

The text is `state:end:kind:reason:by:since`, such as `closed:1795348800:period:weather:cli-anna:1795310608`. `end` is
an absolute epoch, so what is over stays over; 0 = until undone. The dialplan looks at the first, second and fourth
part only. Asterisk writes its database to disk within a second of a change (db.c: db_sync_thread), and when it stops.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

FAMILY = "cti-schedule"
_UNFIT_REASON = re.compile(r"[^a-z0-9_-]")
_UNFIT_AUTHOR = re.compile(r"[^A-Za-z0-9_.@-]")
_LAST = 221_845_391_999  # the end of the year 8999: nothing is forced for longer


class Kind(StrEnum):
    """How it ends."""

    PERIOD = "period"  # when the hours would next have opened or closed
    UNTIL = "until"  # at an instant that somebody named
    UNDONE = "undone"  # when somebody takes it back


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Forced open or closed. `until` is None exactly with `undone`; `by` and `since` tell who did it and when."""

    open: bool
    kind: Kind
    until: datetime | None = None
    reason: str = ""
    by: str = ""
    since: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at this instant; it is not asked about what was before it."""
        return self.until is None or at < self.until

    def in_words(self, zone: tzinfo) -> str:
        """What it is, with its end on the clocks of `zone`."""
        state = ("open" if self.open else "closed") + (f" ({self.reason})" if self.reason else "")
        if self.until is None:
            return f"override: {state} until undone"
        return f"override: {state} until {self.until.astimezone(zone):%Y-%m-%d %H:%M}"

    def text(self) -> str:
        """As Asterisk's database keeps it."""
        ends = int(self.until.timestamp()) if self.until else 0
        since = int(self.since.timestamp()) if self.since else 0
        return f"{'open' if self.open else 'closed'}:{ends}:{self.kind}:{self.reason}:{self.by}:{since}"


def parse_override(text: str) -> Override | None:
    """The Override of a database text; None for what the dialplan, too, takes for none.

    As tolerant as the dialplan, for somebody who types `database put cti-schedule office closed` in an emergency.
    """
    state, end, kind, reason, by, since = (text.split(":") + [""] * 6)[:6]
    if state not in ("open", "closed"):
        return None
    until = _instant(end)
    known = Kind(kind) if kind in set(Kind) else Kind.UNTIL
    return Override(
        open=state == "open",
        kind=Kind.UNDONE if until is None else Kind.UNTIL if known is Kind.UNDONE else known,
        until=until,
        reason=_UNFIT_REASON.sub("", reason) if state == "closed" else "",
        by=fit_author(by),
        since=_instant(since),
    )


def fit_author(name: str) -> str:
    """A name as the text can hold it."""
    return _UNFIT_AUTHOR.sub("", name)[:40]


def _instant(epoch: str) -> datetime | None:
    seconds = int("".join(character for character in epoch if character in "0123456789")[:15] or "0")
    return datetime.fromtimestamp(min(seconds, _LAST), UTC) if seconds else None
