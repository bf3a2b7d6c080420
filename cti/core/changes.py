"""Changes of a roster to try: other levels, fewer people, more people, each as one short text.

It knows how `1001.sales=80`, `1002` and `3:sales=70,service=40` are read and what they do to a list of cards. It knows
no presence and no row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cti.errors import UsageError

from .skills import parse_need
from .words import LEVEL_MAX, AgentCard, AgentId, Phone, Skill

MOST_ADDED = 1_000
_SET = re.compile(r"([0-9A-Za-z_-]{1,40})\.([a-z][a-z0-9_-]{0,39})=([0-9]{1,3})", re.ASCII)
_ADD = re.compile(r"([0-9]{1,4}):(.*)", re.ASCII)


def with_levels(cards: Sequence[AgentCard], texts: Iterable[str]) -> list[AgentCard]:
    """`AGENT.SKILL=LEVEL`; level 0 takes the skill away. Raises UsageError."""
    known = {card.agent: card for card in cards}
    for text in texts:
        agent, skill, level = parse_level(text)
        card = _card(known, agent)
        skills = {name: value for name, value in card.skills.items() if name != skill}
        known[agent] = replace(card, skills=skills | ({skill: level} if level else {}))
    return list(known.values())


def parse_level(text: str) -> tuple[AgentId, Skill, int]:
    """`1001.sales=80` -> its parts. Raises UsageError."""
    found = _SET.fullmatch(text)
    if found is None or int(found[3]) > LEVEL_MAX:
        raise UsageError(f"write AGENT.SKILL=LEVEL, such as 1001.sales=80, with a level of 0 to 100; got {text[:60]!r}")
    return AgentId(found[1]), Skill(found[2]), int(found[3])


def without(cards: Sequence[AgentCard], agents: Iterable[str]) -> list[AgentCard]:
    """The others. Raises UsageError for somebody who isn't there."""
    known = {card.agent: card for card in cards}
    for agent in agents:
        del known[_card(known, AgentId(agent)).agent]
    return list(known.values())


def with_more(cards: Sequence[AgentCard], texts: Iterable[str]) -> list[AgentCard]:
    """`COUNT:SKILLS` adds so many agents, named +1, +2 and so on. Raises UsageError."""
    found, number = list(cards), 0
    for text in texts:
        count, skills = _count_and_skills(text)
        for _ in range(count):
            number += 1
            agent = AgentId(f"+{number}")
            found.append(AgentCard(agent=agent, name="added", phone=Phone(f"simulated/{number}"), skills=skills))
    return found


def _count_and_skills(text: str) -> tuple[int, dict[Skill, int]]:
    found = _ADD.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= MOST_ADDED:
        raise UsageError(f"write COUNT:SKILLS, such as 3:sales=70,service=40, for 1 to {MOST_ADDED}; got {text[:60]!r}")
    return int(found[1]), dict(parse_need(found[2].replace(";", ",")))


def _card(known: dict[AgentId, AgentCard], agent: AgentId) -> AgentCard:
    try:
        return known[agent]
    except KeyError:
        raise UsageError(f"there is no agent {agent[:40]!r} here; see: cti agent list") from None
