"""What is counted: one stay in a queue, one offer, one stretch of an agent's time.

It knows the fields that definitions may ask for and their units; it refuses to know where a fact comes from (a row, the
running engine, a simulation). Time is in whole milliseconds, so that sums are the same to the last digit in whatever
order and by whatever database they are made.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Channel(StrEnum):
    """How the customer came to the queue."""

    LIVE = "live"  # waiting on the line
    CALLBACK = "callback"  # called back; the wait on the line was another visit, whose outcome is callback_requested
    TRANSFER = "transfer"  # passed on by a colleague: never waited in the queue, so in no number of who entered it


class Visit(NamedTuple):
    """One stay of one caller in one queue. A conversation has as many as queues were entered.

    `outcome`: a word of `core.words.Outcome`; "" = still waiting when the facts were taken, `wait_ms` until then.
    `wait_ms`: from entry to the talk or the exit, ringing included. `talk_ms` without holds; `wrap_ms` of the agent who
    answered. `transferred`: that agent passed the caller on. Each further agent who talked with the caller has a
    visit of their own (channel transfer, of the same queue; entered when the caller was passed on, waited until the
    talk).
    """

    call: str
    queue: str
    entered: datetime
    outcome: str
    wait_ms: int
    channel: Channel = Channel.LIVE
    agent: str = ""
    ring_ms: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    wrap_ms: int = 0
    transferred: bool = False


class Offer(NamedTuple):
    """One ring at one agent. `outcome`: answered, or a word of `core.words.Miss`; "" = still ringing."""

    call: str
    queue: str
    agent: str
    offered: datetime
    outcome: str
    ring_ms: int


class AgentTime(NamedTuple):
    """One stretch of one agent's time, already cut to the period. `presence`: a word of `core.words.Presence`.

    Of a pause: its reason, and what it counted as at that time.
    """

    agent: str
    started: datetime
    presence: str
    ms: int
    reason: str = ""
    payable: bool = True
    billable: bool = False


class SurveyAnswer(NamedTuple):
    """One question that a caller was asked after the talk, `position` its place in the survey, from 1.

    `outcome`: answered, or silent, invalid (the last key was wrong) or hung_up. `answer`: the key, from `worst` to
    `best` (either may be the higher one); None unless answered. `top_two`: it is the best or the one next to it.
    `agent`: who talked last.
    """

    call: str
    position: int
    queue: str
    agent: str
    survey: str
    question: str
    at: datetime
    outcome: str
    answer: int | None
    worst: int
    best: int
    top_two: bool


Fact = Visit | Offer | AgentTime | SurveyAnswer
