"""What can be counted of facts: each counter is a condition, and a field to add up (or one for each fact).

Counters add: those of two intervals together are those of both. So a rollup by 15 minutes, the rows and the running
engine give the same numbers, which is tested and not hoped for. A counter says itself what it means, in Python
(`count`) and in SQL (`sql_of`, the same text on SQLite, PostgreSQL and DuckDB). It knows no database and no metric.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..words import Miss, Outcome, Presence
from .facts import AgentTime, Channel, Fact, Offer, SurveyAnswer, Visit
from .thresholds import Thresholds


class Op(StrEnum):
    """How a field is compared; the text is SQL's."""

    IN = "IN"
    AT_MOST = "<="
    UNDER = "<"
    OVER = ">"
    IS = "="


_QUOTE = "'"
_COMPARE = {Op.AT_MOST: operator.le, Op.UNDER: operator.lt, Op.OVER: operator.gt}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a field with words, with a flag, or with a threshold by its name."""

    field: str
    op: Op
    value: tuple[str, ...] | bool | str

    def holds(self, fact: Fact, thresholds: Thresholds) -> bool:
        found: Any = getattr(fact, self.field)
        if isinstance(self.value, tuple):
            return found in self.value
        if isinstance(self.value, bool):
            return bool(found == self.value)
        return bool(_COMPARE[self.op](found, getattr(thresholds.of(getattr(fact, "queue", "")), self.value)))

    def sql(self, thresholds: Thresholds) -> str:
        """The comparison as SQL. Words come from this file only, so there is nothing to quote in them."""
        if isinstance(self.value, tuple):
            words = ", ".join(f"'{word}'" for word in self.value)
            return f"{self.field} IN ({words})"
        if isinstance(self.value, bool):
            return self.field if self.value else f"NOT {self.field}"
        return f"{self.field} {self.op.value} {_limit(thresholds, self.value)}"


def _limit(thresholds: Thresholds, name: str) -> str:
    """A threshold in milliseconds as SQL; of each queue its own."""
    usual = int(getattr(thresholds, name))
    own = {queue: int(getattr(theirs, name)) for queue, theirs in thresholds.own.items()}
    cases = " ".join(
        f"WHEN '{queue.replace(_QUOTE, _QUOTE * 2)}' THEN {ms}" for queue, ms in own.items() if ms != usual
    )
    return f"CASE queue {cases} ELSE {usual} END" if cases else str(usual)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """So many facts of one kind, or the sum of one of their fields, where all `tests` hold."""

    name: str
    fact: type[Visit] | type[Offer] | type[AgentTime] | type[SurveyAnswer]
    says: str
    tests: tuple[Condition, ...] = ()
    adds: str = ""  # a whole number, or milliseconds; "" = one for each fact

    @property
    def by_threshold(self) -> bool:
        """Whether T or S decide what it counts."""
        return any(isinstance(test.value, str) for test in self.tests)

    def of(self, fact: Fact, thresholds: Thresholds) -> int:
        """What this fact adds to the counter."""
        if not isinstance(fact, self.fact):
            return 0
        for test in self.tests:  # not all(…): a generator costs more than the tests
            if not test.holds(fact, thresholds):
                return 0
        return int(getattr(fact, self.adds)) if self.adds else 1


def count(facts: Iterable[Fact], thresholds: Thresholds) -> dict[str, int]:
    """Every counter over these facts."""
    found = dict.fromkeys(COUNTERS, 0)
    for fact in facts:
        for counter in _BY_FACT[type(fact)]:
            found[counter.name] += counter.of(fact, thresholds)
    return found


def add(some: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """The counters of both together."""
    return {name: some.get(name, 0) + more.get(name, 0) for name in some.keys() | more.keys()}


def sql_of(counter: Counter, thresholds: Thresholds) -> str:
    """The counter as an aggregate over rows that have the fact's fields as columns; 0 where there are none."""
    what = counter.adds or "1"
    if not counter.tests:
        return f"CAST(COALESCE(SUM({what}), 0) AS BIGINT)"
    where = " AND ".join(test.sql(thresholds) for test in counter.tests)
    return f"CAST(COALESCE(SUM(CASE WHEN {where} THEN {what} ELSE 0 END), 0) AS BIGINT)"


# --- the counters --------------------------------------------------------------------------------------

_LIVE = Condition("channel", Op.IN, (Channel.LIVE.value,))
_TRANSFER = Condition("channel", Op.IN, (Channel.TRANSFER.value,))
_CALLBACK = Condition("channel", Op.IN, (Channel.CALLBACK.value,))
_ANSWERED = Condition("outcome", Op.IN, (Outcome.ANSWERED.value,))
_ABANDONED = Condition("outcome", Op.IN, (Outcome.ABANDONED.value, Outcome.SHORT_ABANDON.value))
# Left the queue alive, neither answered nor with a place kept: sent on by time, number, ratio, by hand or by a key.
_SENT_ON = Condition(
    "outcome",
    Op.IN,
    (
        Outcome.OVERFLOW.value,
        Outcome.TIMEOUT.value,
        Outcome.EXIT_KEY.value,
        Outcome.FULL.value,
        Outcome.VOICEMAIL.value,
    ),
)
_IN_TIME, _UNDER_TIME = Condition("wait_ms", Op.AT_MOST, "within_ms"), Condition("wait_ms", Op.UNDER, "within_ms")
_LATE = Condition("wait_ms", Op.OVER, "within_ms")
_SHORT, _UNDER_SHORT = Condition("wait_ms", Op.AT_MOST, "short_ms"), Condition("wait_ms", Op.UNDER, "short_ms")
_NOT_SHORT = Condition("wait_ms", Op.OVER, "short_ms")
_CLOSED = (Outcome.CLOSED.value, Outcome.BLOCKED.value)
_ENTERED = Condition("outcome", Op.IN, ("", *(word.value for word in Outcome if word.value not in _CLOSED)))


def _visits(name: str, says: str, *tests: Condition, adds: str = "") -> Counter:
    return Counter(name=name, fact=Visit, says=says, tests=tests, adds=adds)


def _presence(name: str, says: str, *presences: Presence, more: tuple[Condition, ...] = ()) -> Counter:
    tests = (Condition("presence", Op.IN, tuple(word.value for word in presences)), *more)
    return Counter(name=name, fact=AgentTime, says=says, tests=tests, adds="ms")


def _survey(name: str, says: str, *tests: Condition, adds: str = "") -> Counter:
    return Counter(name=name, fact=SurveyAnswer, says=says, tests=tests, adds=adds)


def _outcome(name: str, says: str, word: Outcome) -> Counter:
    return _visits(name, says, _LIVE, Condition("outcome", Op.IN, (word.value,)))


# With answered, abandoned, callback_requested and still_waiting: every stay is in exactly one of them.
_WORDS = (
    ("overflowed", "sent on: too busy, nobody there, or by hand", Outcome.OVERFLOW),
    ("timed_out", "sent on after the longest wait", Outcome.TIMEOUT),
    ("left_by_key", "left by the exit key", Outcome.EXIT_KEY),
    ("found_full", "found the queue full", Outcome.FULL),
    ("left_for_voicemail", "went on to voicemail", Outcome.VOICEMAIL),
    ("failed", "left in a way that no rule foresees, or cut by a dying Asterisk", Outcome.FAILED),
    ("found_closed", "came while the hours said closed", Outcome.CLOSED),
    ("blocked", "were not let in", Outcome.BLOCKED),
)
_MISSES = tuple(word.value for word in Miss if word is not Miss.CALLER_GONE)
_WORK = (Presence.READY, Presence.RINGING, Presence.TALKING, Presence.WRAP_UP)

_ALL = (
    _visits("entered", "callers who entered the queue; who came while it was closed did not", _LIVE, _ENTERED),
    _visits("closed", "callers who came while the queue was closed", _LIVE, Condition("outcome", Op.IN, _CLOSED)),
    _visits("answered", "of them, those who talked with an agent", _LIVE, _ANSWERED),
    _visits("answered_in_time", "answered after at most T", _LIVE, _ANSWERED, _IN_TIME),
    _visits("answered_under_time", "answered after less than T", _LIVE, _ANSWERED, _UNDER_TIME),
    _visits("abandoned", "hung up while waiting, or while a phone rang for them", _LIVE, _ABANDONED),
    _visits("abandoned_in_time", "abandoned after at most T", _LIVE, _ABANDONED, _IN_TIME),
    _visits("short_abandoned", "abandoned after at most S", _LIVE, _ABANDONED, _SHORT),
    _visits("under_short_abandoned", "abandoned after less than S", _LIVE, _ABANDONED, _UNDER_SHORT),
    _visits("abandoned_after_short_in_time", "abandoned after S, within T", _LIVE, _ABANDONED, _NOT_SHORT, _IN_TIME),
    _visits("late", "whatever became of them: waited longer than T", _LIVE, _ENTERED, _LATE),
    _visits("sent_on", "left by time, number, ratio, key or hand", _LIVE, _SENT_ON),
    _visits(
        "callback_requested",
        "hung up and kept their place",
        _LIVE,
        Condition("outcome", Op.IN, ("callback_requested",)),
    ),
    *(_outcome(name, says, word) for name, says, word in _WORDS),
    _visits("still_waiting", "waited still at the end", _LIVE, Condition("outcome", Op.IN, ("",))),
    _visits("called_back", "talked with an agent by being called back", _CALLBACK, _ANSWERED),
    _visits(
        "transferred",
        "of the answered, those whom the agent passed on",
        _LIVE,
        _ANSWERED,
        Condition("transferred", Op.IS, True),
    ),
    _visits(
        "called_back_transferred",
        "of the called back, those passed on",
        _CALLBACK,
        _ANSWERED,
        Condition("transferred", Op.IS, True),
    ),
    _visits("wait_ms", "waits of everybody who entered", _LIVE, _ENTERED, adds="wait_ms"),
    _visits("answered_wait_ms", "waits of the answered", _LIVE, _ANSWERED, adds="wait_ms"),
    _visits("abandoned_wait_ms", "waits of the abandoned", _LIVE, _ABANDONED, adds="wait_ms"),
    _visits(
        "abandoned_after_short_wait_ms",
        "waits of those who abandoned after S",
        _LIVE,
        _ABANDONED,
        _NOT_SHORT,
        adds="wait_ms",
    ),
    _visits("talk_ms", "talks of the answered, without holds", _LIVE, _ANSWERED, adds="talk_ms"),
    _visits("hold_ms", "holds of the answered", _LIVE, _ANSWERED, adds="hold_ms"),
    _visits("wrap_ms", "wrap-up after them", _LIVE, _ANSWERED, adds="wrap_ms"),
    _visits("callback_talk_ms", "talks of the called back", _CALLBACK, _ANSWERED, adds="talk_ms"),
    _visits("callback_hold_ms", "their holds", _CALLBACK, _ANSWERED, adds="hold_ms"),
    _visits("callback_wrap_ms", "wrap-up after them", _CALLBACK, _ANSWERED, adds="wrap_ms"),
    _visits("taken_over", "callers whom a colleague had passed on, talks with them", _TRANSFER, _ANSWERED),
    _visits(
        "taken_over_transferred",
        "of them, passed on again",
        _TRANSFER,
        _ANSWERED,
        Condition("transferred", Op.IS, True),
    ),
    _visits("taken_over_talk_ms", "talks with them, without holds", _TRANSFER, _ANSWERED, adds="talk_ms"),
    _visits("taken_over_hold_ms", "their holds", _TRANSFER, _ANSWERED, adds="hold_ms"),
    _visits("taken_over_wrap_ms", "wrap-up after them", _TRANSFER, _ANSWERED, adds="wrap_ms"),
    Counter(name="offers", fact=Offer, says="rings at agents"),
    Counter(
        name="offers_answered",
        fact=Offer,
        says="of them, answered",
        tests=(Condition("outcome", Op.IN, ("answered",)),),
    ),
    Counter(
        name="offers_missed",
        fact=Offer,
        says="of them, missed by the agent",
        tests=(Condition("outcome", Op.IN, _MISSES),),
    ),
    Counter(
        name="offers_withdrawn",
        fact=Offer,
        says="of them, ended by the caller, or taken elsewhere: picked up by a colleague, forwarded by the phone",
        tests=(Condition("outcome", Op.IN, (Miss.CALLER_GONE.value, "picked_up", "forwarded")),),
    ),
    Counter(name="ring_ms", fact=Offer, says="ringing at agents", adds="ring_ms"),
    _presence("ready_ms", "time ready", Presence.READY),
    _presence("ringing_ms", "time with a ringing phone", Presence.RINGING),
    _presence("talking_ms", "time talking, holds included", Presence.TALKING),
    _presence("wrap_up_ms", "time in wrap-up", Presence.WRAP_UP),
    _presence("paused_ms", "time paused", Presence.PAUSED),
    _presence("paused_payable_ms", "pauses that are paid", Presence.PAUSED, more=(Condition("payable", Op.IS, True),)),
    _presence(
        "paused_billable_ms", "pauses that the client pays", Presence.PAUSED, more=(Condition("billable", Op.IS, True),)
    ),
    _presence("at_work_ms", "time logged in and not paused", *_WORK),
    _presence("logged_in_ms", "time logged in", *_WORK, Presence.PAUSED),
    _survey("survey_asked", "questions put to callers after the talk"),
    _survey("survey_answered", "of them, answered with a key of their scale", _ANSWERED),
    _survey("survey_points", "the keys that were pressed, added up", _ANSWERED, adds="answer"),
    _survey("survey_top_two", "answers that are the best or next to it", _ANSWERED, Condition("top_two", Op.IS, True)),
)
COUNTERS: Mapping[str, Counter] = {counter.name: counter for counter in _ALL}
_FACTS = (Visit, Offer, AgentTime, SurveyAnswer)
_BY_FACT = {kind: [counter for counter in _ALL if counter.fact is kind] for kind in _FACTS}
