"""A supervisor opens or closes by telephone: the key that was pressed becomes an override, or is refused.

It knows the keys of the spoken menu and the contract of `agi://…/schedule`. The dialplan has asked for the PIN and
keeps the override in Asterisk's database itself, as it does for three of the five keys when no engine answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from ..core.forcing import Wish, force
from ..core.schedule import Schedule
from ..core.schedule_override import Kind
from ..errors import AgiRefused, NotFound, Refused
from .session import Session, named

log = logging.getLogger(__name__)
KEYS = {
    "1": Wish(state="open", kind=Kind.PERIOD),
    "2": Wish(state="closed", kind=Kind.PERIOD),
    "3": Wish(state="open"),
    "4": Wish(state="closed"),
    "0": Wish(state="none"),
}
_FIELDS = ("name", "key", "by")


class ScheduleCode:
    """`serve` is the handler of `agi://…/schedule`; `named` finds a schedule or raises NotFound."""

    def __init__(self, named: Callable[[str], Schedule]) -> None:
        self._named = named

    async def serve(self, session: Session) -> None:
        """Set CTI_OVERRIDE to the text to keep, `none` or `refused`. Raises AgiRefused for a foreign dialplan."""
        values = named("schedule", session.args, _FIELDS)
        if len(values) != len(_FIELDS) or values["key"] not in KEYS:
            raise AgiRefused("schedule: not the arguments of our dialplan; render it again: cti dialplan apply")
        await session.finish([("CTI_OVERRIDE", self._decided(values["name"], KEYS[values["key"]], values["by"]))])

    def _decided(self, name: str, wish: Wish, by: str) -> str:
        try:
            schedule = self._named(name)
            override = force(schedule, wish, datetime.now(UTC), by)
        except (Refused, NotFound) as error:
            log.info("schedule code of %s: %s", by, error)
            return "refused"
        log.info("schedule %s: %s, by %s", name, override.in_words(schedule.zone) if override else "none", by)
        return override.text() if override else "none"
