"""Skills and needs: who is able to take what.

It knows levels and comparisons; it knows nothing of presence, queues or time. A level is 1–100; a skill that an
agent doesn't have never satisfies anything, whatever the level asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cti.errors import UsageError

from .words import LEVEL_MAX, LEVEL_MIN, Need, Skill

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LEVEL = re.compile(r"[0-9]{1,3}", re.ASCII)


def satisfies(skills: Mapping[Skill, int], need: Need) -> bool:
    """Whether these skills meet every part of `need`; the empty need is met by anybody."""
    return missing(skills, need) is None


def missing(skills: Mapping[Skill, int], need: Need) -> tuple[Skill, int] | None:
    """The first part of `need` that these skills don't meet, to explain a refusal; None when they meet it all."""
    for skill, level in need:
        if skill not in skills or skills[skill] < level:
            return skill, level
    return None


def combine(*needs: Need) -> Need:
    """All of these needs at once: per skill the highest level, sorted by skill."""
    levels: dict[Skill, int] = {}
    for skill, level in (part for need in needs for part in need):
        levels[skill] = max(level, levels.get(skill, level))
    return tuple(sorted(levels.items()))


def mastery(skills: Mapping[Skill, int], wanted: Iterable[Skill]) -> int:
    """How good somebody is at what a queue asks for: the sum of the levels; a missing skill adds nothing."""
    return sum(skills.get(skill, 0) for skill in wanted)


def parse_need(text: str) -> Need:
    """`engine=4,language_en=1` as a Need; blank is nobody's need. Raises UsageError for anything else."""
    return combine(tuple(_part(part) for part in text.split(",") if text.strip()))


def need_text(need: Need) -> str:
    """The text that `parse_need` reads back."""
    return ",".join(f"{skill}={level}" for skill, level in need)


def _part(text: str) -> tuple[Skill, int]:
    name, _, level = text.strip().partition("=")
    if not (_NAME.fullmatch(name) and _LEVEL.fullmatch(level) and LEVEL_MIN <= int(level) <= LEVEL_MAX):
        raise UsageError(f"a need is skill=level with a level of {LEVEL_MIN} to {LEVEL_MAX}, got {text[:60]!r}")
    return Skill(name), int(level)
