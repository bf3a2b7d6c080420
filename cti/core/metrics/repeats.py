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
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One contact of the period. `follows`, `followed`: the same person's contact before or after it within the window.

    A censored one has no `followed`, even where it is known already.
    """

    contact: Contact
    censored: bool = False
    follows: Contact | None = None
    followed: Contact | None = None

    @property
    def is_first(self) -> bool:
        """Answered, and no repeat itself."""
        return self.contact.answered and self.follows is None and not self.censored

    @property
    def is_resolved(self) -> bool:
        return self.is_first and self.followed is None


def judged(
    contacts: Iterable[Contact], first: datetime, last: datetime, *, window: timedelta, known_until: datetime
) -> Iterator[Judged]:
    """The contacts in [first, last) whose number is known. `contacts` must reach from `first - window` to
    `known_until` (or as far as there are any); exactly `window` later still counts as a repeat.
    """
    by_person: dict[tuple[str, str], list[Contact]] = defaultdict(list)
    for contact in contacts:
        if contact.number:
            by_person[contact.number, contact.topic].append(contact)
    for theirs in by_person.values():
        theirs.sort(key=lambda contact: contact.at)
        for before, contact, after in zip([None, *theirs], theirs, [*theirs[1:], None], strict=False):
            if first <= contact.at < last:
                follows = before if before and contact.at - before.at <= window else None
                censored = contact.at + window > known_until
                followed = after if after and after.at - contact.at <= window and not censored else None
                yield Judged(contact=contact, censored=censored, follows=follows, followed=followed)


def repeats(
    contacts: Iterable[Contact], first: datetime, last: datetime, *, window: timedelta, known_until: datetime
) -> Repeats:
    """What became of the contacts in [first, last); see `judged`."""
    known = list(contacts)
    withheld = sum(first <= contact.at < last for contact in known if not contact.number)
    return summed(judged(known, first, last, window=window, known_until=known_until), withheld)


def summed(told: Iterable[Judged], withheld: int = 0) -> Repeats:
    """Several contacts together."""
    line = Line(withheld=withheld)
    for one in told:
        line.add(one)
    return line.repeats


@dataclass(slots=True, kw_only=True)
class Line:
    """Contacts that are added up one by one."""

    contacts: int = 0
    repeated: int = 0
    first_calls: int = 0
    resolved: int = 0
    censored: int = 0
    withheld: int = 0

    def add(self, one: Judged) -> None:
        if one.censored:
            self.censored += 1
            return
        self.contacts += 1
        self.repeated += one.followed is not None
        self.first_calls += one.is_first
        self.resolved += one.is_resolved

    @property
    def repeats(self) -> Repeats:
        return Repeats(**asdict(self))
