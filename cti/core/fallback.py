"""What app_queue must know of an agent to serve about as we would: a penalty in each queue, the lowest rung first.

It knows how a step and a skill become one small number; it knows nothing of presence, nor of how it is sent. With a
penalty app_queue rings whoever is free and has the lowest, at once: the clocks of the steps do not run in the fallback,
which lasts seconds, and nobody waits there while somebody could answer.
"""

from __future__ import annotations

from .routing import penalty
from .skills import mastery
from .words import LEVEL_MAX, AgentCard, QueueRules

# app_queue.c: calc_metric multiplies a penalty by 1,000,000 and adds less than that, all in an int.
HIGHEST_PENALTY = 2_000


def native_penalty(card: AgentCard, rules: QueueRules) -> int | None:
    """The first step that this agent satisfies, 0 the innermost; None: does not serve this queue.

    In a queue of order best_skill each step is worth 100, and what the agent lacks of full mastery (the mean level of
    the skills that the queue asks for, 100 the best) is added: app_queue has no order by skill.
    """
    step = penalty(card, rules)
    if step is None or rules.order != "best_skill":
        return step
    wanted = {skill for ring in rules.rings for skill, _ in ring.need}
    lacking = LEVEL_MAX - mastery(card.skills, wanted) // len(wanted) if wanted else 0
    return min(LEVEL_MAX * step + min(lacking, LEVEL_MAX - 1), HIGHEST_PENALTY)
