"""What a site asks of the work that callers leave behind, as the core takes it; and which numbers are one line.

It knows queues' `follow_up`, their schedules and numbering plans; it refuses to know items.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

import phonenumbers

from ..core.due import due_after
from ..core.schedule import Schedule
from ..core.work_item import FollowUpRules
from .check import normal
from .model import FollowUp, Site


def follow_up_rules(site: Site) -> Callable[[str], FollowUpRules]:
    """queue -> its rules; of a queue that the site does not have (any more), only messages are followed up."""
    known = {
        name: _rules(queue.follow_up, site.schedules[queue.schedule] if queue.schedule else None)
        for name, queue in site.queues.items()
    }
    others = _rules(FollowUp(abandoned=False), None)
    return lambda queue: known.get(queue, others)


def _rules(option: FollowUp, schedule: Schedule | None) -> FollowUpRules:
    def hours(at: datetime) -> tuple[bool, datetime | None]:
        if schedule is None:
            return True, None
        state = schedule.state_at(at)
        return state.open, state.until

    return FollowUpRules(
        due=lambda at: due_after(at, option.due_minutes, hours),
        abandoned=option.abandoned,
        after_seconds=float(option.after_seconds),
        talk_seconds=float(option.talk_seconds),
    )


@lru_cache(maxsize=10_000)
def spellings(number: str, country: str) -> tuple[str, ...]:
    """Every way in which this line is shown or dialled: as it is, 138…, 0138…, 86138…, +86138…, 0086138…."""
    if not number:
        return ()
    try:
        parsed = phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException:
        return (number,)
    national, code = phonenumbers.national_significant_number(parsed), str(parsed.country_code)
    forms = (number, national, f"0{national}", code + national, f"+{code}{national}", f"00{code}{national}")
    return tuple(dict.fromkeys(forms))


@lru_cache(maxsize=10_000)
def line_name(number: str, country: str) -> str:
    """The same text for every spelling of one line, "" for a withheld number."""
    return normal(number, country) if number else ""
