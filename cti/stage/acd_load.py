"""A made-up floor of any size that keeps itself busy: the load of `bench_acd`.

It knows what people do (answer, miss, hang up, pause, log out, give up waiting) and how often, and replaces every
caller who leaves the line, so that as many wait at the end as at the beginning. Its clock is its own and its dice are
loaded with a seed: the same numbers give the same day. It knows nothing of how the ACD decides, nor of real time.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ..core import commands as cmd
from ..core import events as ev
from ..core.words import AgentCard, AgentId, CallId, Miss, Need, Phone, Presence, QueueName, QueueRules, Ring, Skill

QUEUES, SKILLS, LANGUAGES = 20, 50, 2
ORDERS = ("longest_idle", "best_skill", "fewest_calls")
RARE: Need = ((Skill("nobody"), 1),)  # no agent has this skill
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Tell = Callable[[ev.Event], list[cmd.Command]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How likely people do what; seconds where the name says so."""

    miss: float = 0.05  # an offer is not answered
    give_up: float = 0.05  # the caller leaves while the phone rings
    hang_up: float = 0.03  # of all that happens, this share is a waiting caller who hangs up
    pause: float = 0.02  # likewise: an agent takes a break
    log_out: float = 0.005
    unreachable: float = 0.005
    talk_seconds: float = 120.0
    break_seconds: float = 200.0


def queues() -> list[QueueRules]:
    """Twenty queues, each asking for a skill of its own in two rings; half of them open to anybody in a third."""
    return [_queue(number) for number in range(QUEUES)]


def _queue(number: int) -> QueueRules:
    skill = Skill(f"s{number:02}")
    rings = [Ring(need=((skill, 70),)), Ring(after_seconds=20, need=((skill, 40),)), Ring(after_seconds=60)]
    return QueueRules(
        name=QueueName(f"q{number:02}"),
        rings=tuple(rings[: 2 + number % 2]),
        order=ORDERS[number % len(ORDERS)],
        wrap_up_seconds=15.0,
        max_misses=3,
    )


class Floor:
    """`agents` agents; `keeps` callers are kept in line. `tell` gets every event and returns the ACD's commands."""

    def __init__(self, agents: int, tell: Tell, habits: Habits | None = None, seed: int = 1) -> None:
        self.keeps, self.habits, self.now = agents, habits or Habits(), MORNING
        self.names = [AgentId(str(100_000 + number)) for number in range(agents)]
        self.line: dict[CallId, int] = {}  # who waits, with the place in `_waiting`
        self._waiting: list[CallId] = []
        self._joins: dict[CallId, ev.CallerJoined] = {}
        self._dice = random.Random(seed)  # noqa: S311 (the same day for the same seed)
        self._tell, self._calls, self._serial = tell, 0, 0
        self._agenda: list[tuple[datetime, int, ev.Event]] = []
        self._timers: dict[object, int] = {}
        self.least_due = 1  # calls and breaks going on: callers come until there are so many
        self.presence: dict[AgentId, Presence] = {}
        self.cards = {name: self._card(name) for name in self.names}

    # --- the beginning ----------------------------------------------------------------------------

    def open(self) -> None:
        """Queues and agents are defined; everybody logs in."""
        for rules in queues():
            self.tell(ev.QueueDefined(at=self.now, rules=rules))
        for card in self.cards.values():
            self.tell(ev.AgentDefined(at=self.now, card=card))
        for name in self.names:
            self.tell(ev.AgentLoggedIn(at=self.now, agent=name))

    def _card(self, name: AgentId) -> AgentCard:
        """Three of the queues' skills, three others, one or both languages."""
        skills = self._dice.sample(range(QUEUES), 3) + self._dice.sample(range(QUEUES, SKILLS - LANGUAGES), 3)
        spoken = self._dice.sample(range(SKILLS - LANGUAGES, SKILLS), self._dice.randint(1, LANGUAGES))
        levels = {Skill(f"s{skill:02}"): self._dice.randint(10, 100) for skill in skills + spoken}
        return AgentCard(agent=name, name=name, phone=Phone(f"PJSIP/{name}"), skills=levels)

    def busy(self) -> None:
        """Everybody's phone is taken by calls of their own, so that a line can form."""
        for name in self.names:
            self.tell(ev.AgentBusied(at=self.now, agent=name))

    def free(self) -> None:
        """All phones are free again, at one instant."""
        for name in self.names:
            self.tell(ev.AgentFreed(at=self.now, agent=name))

    def fill(self, need: Need | None = None, queue: QueueName | None = None) -> None:
        """Callers join until as many wait as are kept; the first of them have waited for ten minutes."""
        while (missing := self.keeps - len(self.line)) > 0:
            self.join(waited=600.0 * missing / self.keeps, need=need, queue=queue)

    def join(self, waited: float = 0.0, need: Need | None = None, queue: QueueName | None = None) -> None:
        """One more caller."""
        self._calls += 1
        joined = ev.CallerJoined(
            at=self.now,
            call=CallId(f"c{self._calls}"),
            queue=queue or QueueName(f"q{self._dice.randrange(QUEUES):02}"),
            entered=self.now - timedelta(seconds=waited),
            need=self._need() if need is None else need,
            priority=self._dice.choice((0, 0, 0, 0, 0, 0, 0, 1, 2, 3)),
            prefer=self._dice.choice(self.names) if self._dice.random() < 0.1 else None,
        )
        self.tell(joined)

    def _need(self) -> Need:
        dice = self._dice.random()
        if dice < 0.6:
            return ()
        language = (Skill(f"s{self._dice.randrange(SKILLS - LANGUAGES, SKILLS)}"), 20)
        return (language,) if dice < 0.95 else ((Skill(f"s{self._dice.randrange(QUEUES, QUEUES + 5)}"), 10), language)

    # --- the day ----------------------------------------------------------------------------------

    def run(self, events: int) -> None:
        """So many things happen, in the order of their time; who leaves the line is replaced at once."""
        for _ in range(events):
            while len(self.line) < self.keeps or len(self._agenda) < self.least_due:
                self.join()
            if not self._whim():
                at, number, event = heapq.heappop(self._agenda)
                self.now = max(self.now, at)
                if not isinstance(event, ev.TimerFired) or self._timers.pop(event.key, None) == number:
                    self.tell(replace(event, at=self.now))

    def _whim(self) -> bool:
        """Sometimes somebody does something of their own accord."""
        habits, dice = self.habits, self._dice.random()
        if self._waiting and dice < habits.hang_up:
            self.tell(ev.CallerLeft(at=self.now, call=self._dice.choice(self._waiting)))
            return True
        agent, dice = self._dice.choice(self.names), dice - habits.hang_up
        back = self._dice.expovariate(1 / habits.break_seconds)
        if self.presence.get(agent, Presence.OFFLINE) in (Presence.OFFLINE, Presence.PAUSED):
            return False
        if dice < habits.pause:
            self.tell(ev.AgentPaused(at=self.now, agent=agent, reason="tea"))
            self._later(back, ev.AgentUnpaused(at=self.now, agent=agent))
        elif dice < habits.pause + habits.log_out:
            self.tell(ev.AgentLoggedOut(at=self.now, agent=agent))
            self._later(back, ev.AgentLoggedIn(at=self.now, agent=agent))
        elif dice < habits.pause + habits.log_out + habits.unreachable:
            self.tell(ev.AgentReachable(at=self.now, agent=agent, reachable=False))
            self._later(back, ev.AgentReachable(at=self.now, agent=agent, reachable=True))
        else:
            return False
        return True

    def tell(self, event: ev.Event) -> None:
        """The ACD hears of it; what it wants done will happen."""
        if isinstance(event, ev.CallerJoined):
            self._joins[event.call] = event
            self._stand(event.call)
        elif isinstance(event, ev.CallerLeft):
            self._step_out(event.call)
        for command in self._tell(event):
            self._act(command)

    def _act(self, command: cmd.Command) -> None:
        match command:
            case cmd.OfferCall(call=call, agent=agent, ring_seconds=seconds):
                self._step_out(call)
                self._offered(call, agent, seconds)
            case cmd.WithdrawOffer(call=call, why=why) if why is not Miss.CALLER_GONE:
                self._later(0.1, self._joins[call])  # the dialplan brings the caller back
            case cmd.ReleaseCaller(call=call):
                self._step_out(call)
            case cmd.ShowPresence(agent=agent, presence=presence, reason=reason):
                self.presence[agent] = presence
                if reason == "missed":
                    self._later(self.habits.break_seconds, ev.AgentUnpaused(at=self.now, agent=agent))
            case cmd.StartTimer(key=key, seconds=seconds):
                self._timers[key] = self._later(seconds, ev.TimerFired(at=self.now, key=key))
            case cmd.CancelTimer(key=key):
                self._timers.pop(key, None)

    def _offered(self, call: CallId, agent: AgentId, seconds: float) -> None:
        dice, at = self._dice.random(), self.now
        if dice < self.habits.miss:
            self._later(seconds, ev.OfferMissed(at=at, call=call, agent=agent, why=Miss.NO_ANSWER))
        elif dice < self.habits.miss + self.habits.give_up:
            self._later(seconds / 2, ev.CallerLeft(at=at, call=call))
        else:
            rings = self._dice.uniform(1, seconds / 2)
            talks = rings + self._dice.expovariate(1 / self.habits.talk_seconds)
            self._later(rings, ev.OfferAnswered(at=at, call=call, agent=agent))
            self._later(talks, ev.TalkEnded(at=at, call=call, agent=agent))

    def _later(self, seconds: float, event: ev.Event) -> int:
        self._serial += 1
        heapq.heappush(self._agenda, (self.now + timedelta(seconds=seconds), self._serial, event))
        return self._serial

    def _stand(self, call: CallId) -> None:
        if call not in self.line:
            self.line[call] = len(self._waiting)
            self._waiting.append(call)

    def _step_out(self, call: CallId) -> None:
        place = self.line.pop(call, None)
        if place is None:
            return
        last = self._waiting.pop()
        if last != call:
            self._waiting[place] = last
            self.line[last] = place
