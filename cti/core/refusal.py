"""Whether a newcomer may wait here: closed by hand, full, or too many for those at work.

It knows the three rules and what each is called when the caller leaves. It counts nothing itself. A newcomer whom an
agent takes at once does not wait and is not asked; nobody who comes back (a miss, the fallback queue, a restart of the
engine, a supervisor's move) is ever refused.
"""

from __future__ import annotations

from .words import Outcome, QueueRules

Refusal = tuple[Outcome, str]  # what the call's outcome is, and why in words


def refusal(rules: QueueRules, waiting: int, at_work: int) -> Refusal | None:
    """Why this newcomer, counted in `waiting` already, may not wait; None: they may.

    With nobody at work any ratio is exceeded.
    """
    if 0 < rules.max_length < waiting:
        return Outcome.FULL, f"full: {waiting - 1} wait, at most {rules.max_length} may"
    if rules.max_ratio > 0 and waiting > rules.max_ratio * at_work:
        why = f"too many: {waiting} would wait for {at_work} at work, at most {rules.max_ratio:g} each"
        return Outcome.OVERFLOW, why
    return None
