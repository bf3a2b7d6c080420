"""Who called again, and whose request was settled by the first call: what no sum of counters can say.

It knows the contacts of customers and a window of days; it refuses to count a contact whose window is not over: such a
one is *censored* and told beside the number, whether it was followed already or not. (Counting it as settled would make
every recent week look better than it was; counting only those that were followed already, worse.)

    repeat rate            contacts that the same number followed by another within the window / contacts not censored
    first-call resolution  answered contacts that nobody followed within the window, and that did not follow one
                           themselves / answered contacts that did not follow one and are not censored

A withheld number cannot be followed and is left out of both. A callback that we made is no contact of the customer's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A customer got in touch. `number` "" = withheld. Only contacts of the same `topic` repeat each other."""

    call: str
    number: str
    at: datetime
    answered: bool
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """What became of the contacts of a period. Rates are percent; None: nothing to divide by."""

    contacts: int
    repeated: int
    first_calls: int
    resolved: int
    censored: int
    withheld: int

    @property
    def repeat_percent(self) -> float | None:
        return 100.0 * self.repeated / self.contacts if self.contacts else None

    @property
    def first_call_resolution_percent(self) -> float | None:
        return 100.0 * self.resolved / self.first_calls if self.first_calls else None


def repeats(
    contacts: Iterable[Contact], first: datetime, last: datetime, *, window: timedelta, known_until: datetime
) -> Repeats:
    """Of the contacts in [first, last). `contacts` must reach from `first - window` to `known_until` (or as far as
    there are any); exactly `window` later still counts as a repeat.
    """
    by_person: dict[tuple[str, str], list[Contact]] = defaultdict(list)
    withheld = 0
    for contact in contacts:
        if contact.number:
            by_person[contact.number, contact.topic].append(contact)
        else:
            withheld += first <= contact.at < last
    sums = [0, 0, 0, 0, 0]
    for theirs in by_person.values():
        theirs.sort(key=lambda contact: contact.at)
        for index, contact in enumerate(theirs):
            if first <= contact.at < last:
                told = _told(theirs, index, window, known_until)
                sums = [so_far + one for so_far, one in zip(sums, told, strict=True)]
    counted, repeated, firsts, resolved, censored = sums
    return Repeats(
        contacts=counted,
        repeated=repeated,
        first_calls=firsts,
        resolved=resolved,
        censored=censored,
        withheld=withheld,
    )


def _told(theirs: Sequence[Contact], index: int, window: timedelta, known_until: datetime) -> tuple[int, ...]:
    """What one contact adds: counted, repeated, a first call, resolved, censored."""
    contact = theirs[index]
    if contact.at + window > known_until:
        return 0, 0, 0, 0, 1
    followed = index + 1 < len(theirs) and theirs[index + 1].at - contact.at <= window
    follows = index > 0 and contact.at - theirs[index - 1].at <= window
    is_first = contact.answered and not follows
    return 1, int(followed), int(is_first), int(is_first and not followed), 0
