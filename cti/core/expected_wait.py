"""How long a caller will probably still wait, and whether that can be believed.

The estimate is the queue-length predictor of Whitt ("Predicting queueing delays", Management Science 45(6), 1999;
compared with others in Ibrahim and Whitt, "Real-time delay estimation based on delay history", M&SOM 11(3), 2009):

    wait = (work ahead + one turn) / agents             M/M/c: (callers ahead + 1) × mean service time / c

*Work ahead* is the sum, over the callers with a higher score, of the mean recent service time of their queue (ring,
talk and wrap-up) times the part of them that falls on the same agents; a *turn* is what those agents do now. While a
wider ring is still to open the wait runs through stages: a stage in which it would take T seconds in all does L/T of it
in L seconds; agents who are ready in a ring that opens answer at once. Then it is multiplied with what recent waits
were, all in all, of what was estimated for them: callers who give up shorten a wait, those with priority lengthen it.

The measure of trust is the same comparison: what would have been said to each caller at entry, against what came true.
Nothing is said by a queue whose recent error is large, or that has too little history.

It knows history and arithmetic; it knows nothing of who competes (`rivals`) or of what is said (`announcing`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from statistics import fmean

from .rivals import Stage
from .words import CallId, QueueName

FRESH = timedelta(hours=2)  # older service times and comparisons tell of another day
MIN_SERVICES = 5  # service times of a queue, before anything is estimated
MIN_COMPARED = 10  # waits of a queue, before an estimate may be believed
MIN_CORRECTED = 20  # … and before it is corrected by them
SERVICES = 100  # the latest, whose mean is taken
CORRECTING = 100  # the latest waits, which correct: many, because those of one rush hour resemble each other
JUDGED = 30  # the latest waits, which decide whether it is believed: few, so that a change is noticed
NEAR_SECONDS = 60.0  # a mean error of so much is good enough …
NEAR_PART = 0.5  # … or one of this part of the mean wait
_LEAST, _MOST = 0.5, 2.0  # bounds of the correction
_FAR = 3.0  # a wait of more than so many times the estimate counts as that: a bad hour must not be felt all day


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """What estimates at entry were worth for a queue's latest `compared` waits. `correction` is a factor."""

    queue: QueueName
    compared: int
    mean_error_seconds: float
    mean_wait_seconds: float
    correction: float
    reliable: bool


@dataclass(frozen=True, slots=True)
class _Compared:
    at: datetime
    raw: float  # the predictor's
    said: float  # the same, corrected as it was then
    waited: float


@dataclass(slots=True)
class _History:
    services: deque[tuple[datetime, float]] = field(default_factory=lambda: deque(maxlen=SERVICES))
    compared: deque[_Compared] = field(default_factory=lambda: deque(maxlen=CORRECTING))
    correction: float = 1.0

    def correct(self) -> None:
        """The factor anew, after a comparison."""
        estimated = sum(one.raw for one in self.compared)
        if len(self.compared) >= MIN_CORRECTED and estimated > 0:
            self.correction = max(
                _LEAST, min(_MOST, sum(min(one.waited, _FAR * one.raw) for one in self.compared) / estimated)
            )


class ExpectedWait:
    """The estimator of all queues. Told of services and waits; asked for the rest of one caller's wait."""

    def __init__(self) -> None:
        self._queues: dict[QueueName, _History] = {}
        self._entered: dict[CallId, tuple[QueueName, datetime, float, float]] = {}

    # --- what it is told ---------------------------------------------------------------------------

    def served(self, queue: QueueName, seconds: float, at: datetime) -> None:
        """An agent was busy for so long with a call of this queue."""
        self._of(queue).services.append((at, max(0.0, seconds)))

    def entered(self, call: CallId, queue: QueueName, stages: Sequence[Stage], at: datetime) -> None:
        """A caller has begun to wait: keep what would be said now."""
        raw = self._raw(queue, stages, at)
        if raw is not None:
            self._entered[call] = (queue, at, raw, raw * self._of(queue).correction)

    def answered(self, call: CallId, at: datetime) -> None:
        """The wait is over: an agent is there."""
        if call in self._entered:
            queue, entered, raw, said = self._entered.pop(call)
            waited = max(0.0, (at - entered).total_seconds())
            history = self._of(queue)
            history.compared.append(_Compared(at, raw, said, waited))
            history.correct()

    def gone(self, call: CallId, at: datetime) -> None:
        """The caller left without an agent: a comparison only when that took longer than was estimated."""
        known = self._entered.get(call)
        if known is not None and (at - known[1]).total_seconds() > known[3]:
            self.answered(call, at)
        self._entered.pop(call, None)

    def shift(self, back: timedelta) -> None:
        """The wall clock went back: what is kept goes with it."""
        self._entered = {call: (q, since - back, raw, said) for call, (q, since, raw, said) in self._entered.items()}

    # --- what it is asked --------------------------------------------------------------------------

    def remaining(self, queue: QueueName, stages: Sequence[Stage], at: datetime) -> float | None:
        """Seconds until an agent, believable or not; None without history, or when nobody able is at work."""
        raw = self._raw(queue, stages, at)
        return None if raw is None else raw * self._of(queue).correction

    def believable(self, queue: QueueName, at: datetime) -> bool:
        """Whether recent estimates of this queue came true well enough to be spoken."""
        accuracy = self.accuracy(queue, at)
        return accuracy is not None and accuracy.reliable

    def accuracy(self, queue: QueueName, at: datetime) -> Accuracy | None:
        """How true the latest estimates were; None when there was nothing to compare."""
        history = self._of(queue)
        while history.compared and at - history.compared[0].at > FRESH:
            history.compared.popleft()
        kept = list(islice(reversed(history.compared), JUDGED))
        if not kept:
            return None
        error, wait = fmean(abs(one.said - one.waited) for one in kept), fmean(one.waited for one in kept)
        return Accuracy(
            queue=queue,
            compared=len(kept),
            mean_error_seconds=error,
            mean_wait_seconds=wait,
            correction=history.correction,
            reliable=len(kept) >= MIN_COMPARED and error <= max(NEAR_SECONDS, NEAR_PART * wait),
        )

    # --- arithmetic --------------------------------------------------------------------------------

    def _raw(self, queue: QueueName, stages: Sequence[Stage], at: datetime) -> float | None:
        own = self._service_seconds(queue, at)
        if own is None:
            return None
        done = 0.0
        for index, stage in enumerate(stages):
            whole = self._whole(stage, own, at)
            if whole is None:
                continue
            rest = (1 - done) * whole
            length = stages[index + 1].opens - stage.opens if index + 1 < len(stages) else rest
            if rest <= length:
                return stage.opens + rest
            done += length / whole
        return None

    def _whole(self, stage: Stage, own: float, at: datetime) -> float | None:
        """Seconds of a wait that lay in this stage altogether; None when it would never end."""
        if not stage.agents:
            return None
        count = sum(share for _, share in stage.ahead)
        if stage.ready > count:
            return 0.0
        work = sum(share * (self._service_seconds(queue, at) or own) for queue, share in stage.ahead)
        turn = (work + own) / (count + 1)
        return (work + turn) / stage.agents

    def _service_seconds(self, queue: QueueName, at: datetime) -> float | None:
        history = self._queues.get(queue)
        if history is None:
            return None
        while history.services and at - history.services[0][0] > FRESH:
            history.services.popleft()
        return fmean(s for _, s in history.services) if len(history.services) >= MIN_SERVICES else None

    def _of(self, queue: QueueName) -> _History:
        return self._queues.setdefault(queue, _History())
