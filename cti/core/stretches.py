"""From one conversation's journal lines to stretches of time: waits, rings, talks, holds, transfers, voicemail.

It knows what each journal's events say about time. It refuses what cannot be: a completion without a connect, a connect
without an entry. It does not know outcomes of the whole (that is `core.conversation`). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from .journal import Apart, JournalLine, Source
from .words import Outcome

_SECOND = timedelta(seconds=1)


class Kind(StrEnum):
    """What the customer was living through. The order of declaration sorts stretches that begin together.

    A consultation is the agent's: the customer is on hold meanwhile. A transfer is an instant.
    """

    MENU = "menu"
    WAIT = "wait"
    RING = "ring"
    TALK = "talk"
    HOLD = "hold"
    CONSULT = "consult"
    TRANSFER = "transfer"
    PARKED = "parked"
    SURVEY = "survey"
    VOICEMAIL = "voicemail"


class Stretch(NamedTuple):
    """One stretch of a conversation. `ended` None = still going on (or never seen to end)."""

    kind: Kind
    started: datetime
    ended: datetime | None = None
    agent: str = ""
    queue: str = ""
    outcome: str = ""
    detail: str = ""
    target: str = ""  # of a transfer, a consultation, a talk with somebody outside: the other's number


class TurnedAway(NamedTuple):
    """Somebody came and was not let in: closed, full or blocked. `queue` "" = by the number that was called."""

    at: datetime
    queue: str
    outcome: Outcome


class Answer(NamedTuple):
    """What became of one question after the talk. `place` is its place in the survey, from 1; `answer` a key from
    `worst` to `best`, None unless `outcome` is answered (else silent, invalid or hung_up). `agent`: who talked last."""

    place: int
    queue: str
    survey: str
    question: str
    at: datetime
    outcome: str
    worst: int
    best: int
    answer: int | None = None
    agent: str = ""


# How app_queue and our dialplan say that a waiting caller left without an agent.
_EXITS = {
    "ABANDON": Outcome.ABANDONED,
    "EXITWITHTIMEOUT": Outcome.TIMEOUT,
    "EXITWITHKEY": Outcome.EXIT_KEY,
    "EXITEMPTY": Outcome.OVERFLOW,
    "OVERFLOW": Outcome.OVERFLOW,
    "VOICEMAIL": Outcome.VOICEMAIL,
    "CALLBACK": Outcome.CALLBACK_REQUESTED,
    "CLOSED": Outcome.CLOSED,
    "FULL": Outcome.FULL,
    "BLOCKED": Outcome.BLOCKED,
}
_TRANSFERS = {"BLINDTRANSFER": "blind", "ATTENDEDTRANSFER": "attended", "TRANSFER": "blind"}
_METHODS = ("BRIDGE", "APP", "LINK")  # app_queue.c says how an attended transfer was made, not to whom
_COMPLETIONS = {"COMPLETEAGENT": "agent_hung_up", "COMPLETECALLER": "caller_hung_up"}
_OF_THE_ENGINE = frozenset({"offer", "answered", "missed", "talk_ended"})
FINAL = frozenset({*_EXITS, *_TRANSFERS, *_COMPLETIONS, "SURVEYEND"})


@dataclass(slots=True)
class QueueStory:
    """Reads the queue_log lines of one call in written order; `stretches` holds the result.

    The native queue enters a caller again that the engine had entered before (and again after each of its time-outs):
    as long as it is the same queue and nobody has talked, that is one wait.
    """

    stretches: list[Stretch] = field(default_factory=list)
    turned_away: list[TurnedAway] = field(default_factory=list)
    answers: dict[int, Answer] = field(default_factory=dict)  # by place
    last_exit: Outcome | None = None
    _wait: Stretch | None = None
    _talk: Stretch | None = None
    _survey: Stretch | None = None

    def read(self, line: JournalLine) -> None:
        match line.kind:
            case "ENTERQUEUE":
                self._enter(line.at, line.data["queue"])
            case "CONNECT":
                self._connect(line)
            case "RINGNOANSWER" | "RINGCANCELED":
                self._missed(line)
            case kind if kind in _COMPLETIONS:
                self._end_talk(line.at, _COMPLETIONS[kind])
            case kind if kind in _TRANSFERS:
                self._transfer(line)
            case kind if kind in _EXITS:
                self._exit(line, _EXITS[kind])
            case "SURVEYBEGIN" | "SURVEY" | "SURVEYEND":
                self._asked(line)
            case _:
                pass

    def close(self) -> list[Stretch]:
        """Everything read so far; what has not ended has `ended` None."""
        left = [stretch for stretch in (self._wait, self._talk, self._survey) if stretch]
        return [*self.stretches, *left]

    def _enter(self, at: datetime, queue: str) -> None:
        self._end_talk(at, "transferred")
        if self._same_queue_again(queue):
            return
        self._end_wait(at, Outcome.OVERFLOW)
        self._wait = Stretch(kind=Kind.WAIT, started=at, queue=queue)
        self.last_exit = None

    def _same_queue_again(self, queue: str) -> bool:
        if self._wait is not None:
            return self._wait.queue == queue
        last = self.stretches[-1] if self.stretches else None
        if last and last.kind is Kind.WAIT and last.queue == queue and last.outcome == Outcome.TIMEOUT:
            self._wait = self.stretches.pop()._replace(ended=None, outcome="")
            self.last_exit = None
            return True
        return False

    def _connect(self, line: JournalLine) -> None:
        queue, agent = line.data["queue"], line.data["agent"]
        if not self._same_queue_again(queue) or self._wait is None:
            return  # nobody was waiting there: cannot be, so it says nothing
        ring = timedelta(seconds=line.data.get("ring_seconds", 0))
        if ring:
            started = max(line.at - ring, self._wait.started)  # in whole seconds it may seem to begin before the wait
            self.stretches.append(
                Stretch(kind=Kind.RING, started=started, ended=line.at, agent=agent, queue=queue, outcome="answered")
            )
        self._end_wait(line.at, Outcome.ANSWERED)
        self._talk = Stretch(kind=Kind.TALK, started=line.at, agent=agent, queue=queue)

    def _missed(self, line: JournalLine) -> None:
        queue = line.data["queue"]
        if not self._same_queue_again(queue):
            return
        rang = timedelta(milliseconds=line.data.get("ring_ms", 0))
        outcome = "no_answer" if line.kind == "RINGNOANSWER" else "canceled"
        agent = line.data["agent"]
        self.stretches.append(
            Stretch(kind=Kind.RING, started=line.at - rang, ended=line.at, agent=agent, queue=queue, outcome=outcome)
        )

    def _transfer(self, line: JournalLine) -> None:
        if self._talk is None:
            return
        talk = self._talk
        self._end_talk(line.at, "transferred")
        target = str(line.data.get("target", ""))
        self.stretches.append(
            Stretch(
                kind=Kind.TRANSFER,
                started=line.at,
                ended=line.at,
                agent=talk.agent,
                queue=talk.queue,
                detail=_TRANSFERS[line.kind],
                target="" if target in _METHODS else target,
            )
        )

    def _exit(self, line: JournalLine, outcome: Outcome) -> None:
        if self._wait is None and line.kind in ("ABANDON", "EXITWITHTIMEOUT", "EXITWITHKEY", "EXITEMPTY"):
            return
        if self._wait is None and outcome in (Outcome.CLOSED, Outcome.FULL, Outcome.BLOCKED):
            self.turned_away.append(TurnedAway(at=line.at, queue=str(line.data.get("queue", "")), outcome=outcome))
        self._end_wait(line.at, outcome)
        self.last_exit = outcome

    def _asked(self, line: JournalLine) -> None:
        """The talk is over when its survey begins, whatever line comes late."""
        queue, survey = line.data["queue"], line.data["survey"]
        if line.kind == "SURVEYBEGIN":
            self._end_talk(line.at, "agent_hung_up")
            self._survey = Stretch(kind=Kind.SURVEY, started=line.at, queue=queue, detail=survey)
        elif line.kind == "SURVEY":
            told = {name: value for name, value in line.data.items() if name not in ("queue", "agent")}
            self.answers.setdefault(line.data["place"], Answer(queue=queue, at=line.at, **told))
        elif self._survey is not None:
            ended = max(line.at, self._survey.started)
            self.stretches.append(self._survey._replace(ended=ended, outcome=line.data["outcome"]))
            self._survey = None

    def _end_wait(self, at: datetime, outcome: Outcome) -> None:
        if self._wait is not None:
            self.stretches.append(self._wait._replace(ended=max(at, self._wait.started), outcome=outcome.value))
            self._wait = None

    def _end_talk(self, at: datetime, outcome: str) -> None:
        if self._talk is not None:
            self.stretches.append(self._talk._replace(ended=max(at, self._talk.started), outcome=outcome))
            self._talk = None


def queue_story(journals: Apart) -> QueueStory:
    """Read queue_log. A missing entry line is replaced by the engine's `joined`."""
    queued = journals[Source.QUEUE_LOG]
    joined = [line for line in journals[Source.ENGINE] if line.kind == "joined"]
    story = QueueStory()
    if joined and not any(line.kind == "ENTERQUEUE" for line in queued):
        first = min(joined, key=lambda line: line.at)
        story._enter(instant(first.data.get("entered")) or first.at, str(first.data.get("queue", "")))
    for line in queued:
        story.read(line)
    return story


def instant(value: Any) -> datetime | None:
    """An ISO instant of the engine's journal, aware, or None."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def engine_stretches(lines: Iterable[JournalLine], known: list[Stretch]) -> list[Stretch]:
    """Rings and talks of the engine's lines that only it saw: none that a queue_log stretch of the same agent tells."""
    offers: dict[str, Stretch] = {}
    talks: dict[str, Stretch] = {}
    found: list[Stretch] = []
    for line in lines:
        if line.kind not in _OF_THE_ENGINE:
            continue
        agent, queue = str(line.data.get("agent", "")), str(line.data.get("queue", ""))
        if line.kind == "offer":
            offers[agent] = Stretch(kind=Kind.RING, started=line.at, agent=agent, queue=queue)
        elif line.kind in ("answered", "missed") and agent in offers:
            outcome = "answered" if line.kind == "answered" else str(line.data.get("why", "missed"))
            ring = offers.pop(agent)
            found.append(ring._replace(ended=max(line.at, ring.started), outcome=outcome))
        if line.kind == "answered":
            queue = queue or (found[-1].queue if found else "")
            talks[agent] = Stretch(kind=Kind.TALK, started=line.at, agent=agent, queue=queue)
        elif line.kind == "talk_ended" and agent in talks:
            found.append(talks.pop(agent)._replace(ended=line.at, outcome="ended"))
    open_ones = [*offers.values(), *talks.values()]
    return [mine for mine in [*found, *open_ones] if not any(_same(mine, other) for other in known)]


def _same(mine: Stretch, other: Stretch) -> bool:
    """Same kind, same agent, overlapping; queue_log floors to seconds, so a little apart still is the same."""
    if mine.kind is not other.kind or mine.agent != other.agent:
        return False
    slack = 2 * _SECOND
    mine_end, other_end = mine.ended or mine.started, other.ended or other.started
    if other.ended is None or mine.ended is None:
        return abs(mine.started - other.started) <= 5 * _SECOND or other.started - slack <= mine.started <= other_end
    return mine.started <= other_end + slack and other.started - slack <= mine_end
