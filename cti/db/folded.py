"""The rows of a folded conversation: its own, its segments, and the facts that are counted of it.

It knows which tables these are and how each gets its values from `core`; a further kind of fact is a further line of
`FOLDED`. It knows neither lines nor statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from ..core.conversation import Conversation
from ..core.metrics.asked import survey_answers_of
from ..core.metrics.visits import offers_of, visits_of
from .fact_tables import OfferRow, SurveyRow, VisitRow
from .plain import Form, Plain, form_of
from .tables import ConversationRow, SegmentRow, Table

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of one table, as the driver takes them; `began`: when the facts that are summed up began."""

    form: Form
    rows: list[Plain]
    began: set[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One table of theirs. `key` is its column with the conversation's id; `first` are the columns that the fact itself
    has no word for, of which `facts` gives the values beside each fact; `began` is the column with the instant by which
    it is summed up ("" = it isn't)."""

    table: type[Table]
    key: str
    first: tuple[str, ...]
    facts: Callable[[Conversation], Iterable[tuple[Values, Any]]]
    began: str = ""
    within: bool = False  # its rows begin while their conversation lasts, from its first instant to its last
    words: tuple[str, ...] = ()  # columns with members of a StrEnum

    def form(self, *, sqlite: bool) -> Form:
        return form_of(self.table, *self.first, sqlite=sqlite, words=self.words)

    def rows(self, conversations: Iterable[Conversation], *, sqlite: bool) -> Rows:
        """All of their rows of this table."""
        form = self.form(sqlite=sqlite)
        values = [row for own in self.values(conversations) for row in own]
        return Rows(form=form, rows=form.rows(values), began=set(self.began_in(values)))

    def values(self, conversations: Iterable[Conversation | None]) -> Iterator[list[Values]]:
        """Of each conversation its rows of this table, as values; of none, none."""
        told = attrgetter(*self.form(sqlite=True).columns[len(self.first) :])
        for conversation in conversations:
            facts = self.facts(conversation) if conversation else ()
            yield [first + told(fact) for first, fact in facts]

    def began_in(self, values: Iterable[Values]) -> list[datetime]:
        """When the facts of these rows began, where they are summed up."""
        at = self.form(sqlite=True).columns.index(self.began) if self.began else -1
        return [row[at] for row in values] if self.began else []


def _itself(conversation: Conversation) -> Iterable[tuple[Values, Any]]:
    return (((), conversation),)


def _segments(conversation: Conversation) -> Iterable[tuple[Values, Any]]:
    return (((conversation.id,), segment) for segment in conversation.segments)


def _visits(conversation: Conversation) -> Iterable[tuple[Values, Any]]:
    return (((n,), visit) for n, visit in enumerate(visits_of(conversation)))


def _offers(conversation: Conversation) -> Iterable[tuple[Values, Any]]:
    return (((n,), offer) for n, offer in enumerate(offers_of(conversation)))


def _answers(conversation: Conversation) -> Iterable[tuple[Values, Any]]:
    return (((), answer) for answer in survey_answers_of(conversation))


# In the order of their making; all but the first go when it goes.
FOLDED = (
    Kind(table=ConversationRow, key="id", first=(), facts=_itself),
    Kind(table=SegmentRow, key="call", first=("call",), facts=_segments, within=True, words=("kind",)),
    Kind(table=VisitRow, key="call", first=("position",), facts=_visits, began="entered", words=("channel",)),
    Kind(table=OfferRow, key="call", first=("position",), facts=_offers, began="offered", within=True),
    Kind(table=SurveyRow, key="call", first=(), facts=_answers),
)
