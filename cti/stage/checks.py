"""What became of one demo call, and whether that is right: the phones' own measurements against what we stored.

It knows the evidence of one call and the rules it must keep; it gathers nothing itself. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..core.skills import combine, satisfies
from ..core.words import AgentId, QueueName, QueueRules, Skill
from .scenes import NAMES, Scene

TOLERANCE_SECONDS = 1.0
Skills = Mapping[AgentId, Mapping[Skill, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One offer: when the agent's screen had the pop, and what that agent's phone then saw."""

    agent: str
    popped: datetime
    customer: str = ""  # the name in the pop
    invited: datetime | None = None
    answered: datetime | None = None
    ended: datetime | None = None

    @property
    def lead_ms(self) -> float | None:
        """How long the pop was there before the INVITE, in milliseconds; negative: it came too late."""
        return (self.invited - self.popped).total_seconds() * 1000 if self.invited else None

    @property
    def talk_seconds(self) -> float | None:
        """From the agent's 200 OK to the BYE."""
        return (self.ended - self.answered).total_seconds() if self.answered and self.ended else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that is known of one call. `entered` is when the customer, by its phone, entered the queue.

    `row` is the conversation as the API gives it ({} when there is none); `file_seconds` what the recording's file
    holds, None when there is no file.
    """

    scene: Scene
    phone_outcome: str
    entered: datetime | None = None
    offers: tuple[Offered, ...] = ()
    row: Mapping[str, Any]
    file_seconds: float | None = None

    @property
    def taken(self) -> Offered | None:
        """The offer that was answered."""
        return next((offer for offer in self.offers if offer.answered), None)

    @property
    def wait_seconds(self) -> float | None:
        """Entering the queue to the agent's answer, by the phones."""
        taken = self.taken
        return (taken.answered - self.entered).total_seconds() if taken and taken.answered and self.entered else None


def faults(evidence: Evidence, rules: Mapping[QueueName, QueueRules], skills: Skills) -> list[str]:
    """Everything that is not as it must be, each as a few words; empty: the call went right."""
    taken = evidence.taken
    if taken is None:
        return [f"no agent answered (the customer's phone: {evidence.phone_outcome})"]
    if not evidence.row:
        return ["no conversation was stored"]
    return [
        *_offers(evidence),
        *_agent(evidence, taken, rules, skills),
        *_row(evidence, taken),
        *_sound(evidence, taken),
    ]


def _offers(evidence: Evidence) -> list[str]:
    found = []
    if evidence.scene.first and (len(evidence.offers) < 2 or evidence.offers[0].agent != evidence.scene.first):
        found.append(f"was not offered to {evidence.scene.first} first, and then to another")
    for offer in evidence.offers:
        if offer.customer != NAMES.get(evidence.scene.shown_number, ""):
            found.append(f"the pop of {offer.agent} names {offer.customer or 'nobody'!r}")
        if offer.lead_ms is None:
            found.append(f"{offer.agent} had a pop but no INVITE")
        elif offer.lead_ms <= 0:
            found.append(f"{offer.agent}'s phone rang {-offer.lead_ms:.1f} ms before the pop")
    return found


def _agent(evidence: Evidence, taken: Offered, rules: Mapping[QueueName, QueueRules], skills: Skills) -> list[str]:
    """The agent must satisfy a ring that counted by then, and what this caller needs on top."""
    queue, waited = rules[QueueName(evidence.scene.queue)], evidence.wait_seconds or 0.0
    needs = [combine(ring.need, evidence.scene.need) for ring in queue.rings if ring.after_seconds <= waited]
    if any(satisfies(skills[AgentId(taken.agent)], need) for need in needs):
        return []
    return [f"{taken.agent} has not the skill for {queue.name}"]


def _row(evidence: Evidence, taken: Offered) -> list[str]:
    row, scene = evidence.row, evidence.scene
    wanted = {
        "outcome": "answered",
        "queue": scene.queue,
        "path": scene.path,
        "number": scene.shown_number,
        "did": scene.did,
        "agent": taken.agent,
    }
    found = [f"{name} is {row.get(name)!r}, not {value!r}" for name, value in wanted.items() if row.get(name) != value]
    found += _apart("stored wait", row["wait_seconds"], "the phones'", evidence.wait_seconds)
    return found + _apart("stored talk", row["talk_seconds"], "the phones'", taken.talk_seconds)


def _sound(evidence: Evidence, taken: Offered) -> list[str]:
    if evidence.file_seconds is None:
        return ["there is no recording"]
    return _apart("recording", evidence.file_seconds, "the talk", taken.talk_seconds)


def _apart(what: str, seconds: float, other: str, wanted: float | None) -> list[str]:
    if wanted is None:
        return [f"{other} seconds are not known"]
    if abs(seconds - wanted) <= TOLERANCE_SECONDS:
        return []
    return [f"{what} {seconds:.1f} s, {other} {wanted:.1f} s"]


COLUMNS = ("", "what", "number", "path", "queue", "wait", "agent", "talk", "recording", "pop lead", "result")


def told(number: int, evidence: Evidence, wrong: Sequence[str]) -> tuple[str, ...]:
    """One line of the table (see COLUMNS). Wait and talk are the stored ones; agents who missed it in brackets."""
    row, taken, sound = evidence.row, evidence.taken, evidence.file_seconds
    agents = [offer.agent if offer is taken else f"({offer.agent})" for offer in evidence.offers]
    leads = ["?" if offer.lead_ms is None else f"{offer.lead_ms:.1f}" for offer in evidence.offers]
    return (
        str(number),
        evidence.scene.title,
        evidence.scene.number or "withheld",
        str(row.get("path", "")),
        str(row.get("queue", "")),
        f"{row['wait_seconds']:.1f}s" if row else "",
        " ".join(agents),
        f"{row['talk_seconds']:.1f}s" if row else "",
        f"{row['recording']} {sound:.1f}s" if sound is not None else "",
        " ".join(leads) + (" ms" if leads else ""),
        "; ".join(wrong) or "right",
    )
