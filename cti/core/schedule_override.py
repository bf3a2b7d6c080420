"""What a supervisor puts above a schedule's own hours: forced open or closed, until an instant or until undone.

It knows the five states and their text in Asterisk's database (family `cti-schedule`, key: the schedule's name), where
the dialplan reads it without the engine. It refuses to know who may do so, and it never reads the time.

The text is `state:end:kind:reason:by:since`, such as `closed:1795348800:period:weather:cli-anna:1795310608`. `end` is
an absolute epoch, so what is over stays over; 0 = until undone. The dialplan looks at the first, second and fourth
part only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

FAMILY = "cti-schedule"
_TEXT = re.compile(
    r"(open|closed):([0-9]{1,11}):(period|until|undone):([a-z][a-z0-9_-]{0,39})?:([A-Za-z0-9_.@-]{0,40}):([0-9]{1,11})",
    re.ASCII,
)


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
    """The Override of a database text; None for what the dialplan, too, takes for none."""
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    state, ends, kind, reason, by, since = match.groups(default="")
    return Override(
        open=state == "open",
        kind=Kind(kind),
        until=_instant(ends),
        reason=reason,
        by=by,
        since=_instant(since),
    )


def _instant(epoch: str) -> datetime | None:
    return datetime.fromtimestamp(int(epoch), UTC) if int(epoch) else None
