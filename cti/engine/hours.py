"""The schedules as they are now: their hours, and what supervisors force on them in Asterisk's database.

It knows where overrides are kept and how a schedule is shown; when something is open, `core.schedule` says. Asterisk's
console is asked for each answer and nothing is remembered here, so a phone, a command line and this engine never
disagree. Every method but `define` may block for as long as Asterisk's console does: call them in a thread.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..config import Config
from ..core.forcing import Wish, force
from ..core.schedule import Schedule, State
from ..core.schedule_override import FAMILY, Override, parse_override
from ..errors import NotFound, UsageError
from ..pbx import astdb

log = logging.getLogger(__name__)
MOST_DAYS = 400
Entity = dict[str, Any]


class Hours:
    """The schedules of one instance."""

    def __init__(self, config: Config, schedules: Mapping[str, Schedule] | None = None) -> None:
        self._config = config
        self._schedules: Mapping[str, Schedule] = schedules or {}

    def define(self, schedules: Mapping[str, Schedule]) -> None:
        """The site as it is now."""
        self._schedules = schedules

    def named(self, name: str) -> Schedule:
        """Raises NotFound."""
        if name not in self._schedules:
            known = ", ".join(self._schedules) or "none is defined"
            raise NotFound(f"no schedule {name[:40]!r}; those there are: {known}")
        return self._schedules[name]

    def overrides(self) -> dict[str, Override]:
        """Those that Asterisk keeps, also what is over by now. Raises PbxError when it does not answer."""
        found = {name: parse_override(text) for name, text in astdb.read_family(self._config, FAMILY).items()}
        return {name: override for name, override in found.items() if override and name in self._schedules}

    def all(self, at: datetime) -> list[Entity]:
        """Every schedule as it is, in the site's order."""
        forced = self.overrides()
        return [shown(schedule, at, forced.get(name)) for name, schedule in self._schedules.items()]

    def one(self, name: str, at: datetime) -> Entity:
        """One schedule at an instant."""
        return shown(self.named(name), at, in_force(self.overrides().get(name), at))

    def changes(self, name: str, start: datetime, days: int) -> list[Entity]:
        """What it says at `start`, and each change in so many days after it."""
        if not 1 <= days <= MOST_DAYS:
            raise UsageError(f"days: from 1 to {MOST_DAYS}")
        return changed(self.named(name), start, days, in_force(self.overrides().get(name), start))

    def change(self, name: str, wish: Wish, at: datetime, by: str) -> Entity:
        """Put an override in force, or take it away; the schedule afterwards. Raises NotFound, UsageError, Refused."""
        schedule = self.named(name)
        override = force(schedule, wish, at, by)
        if override is None:
            astdb.remove(self._config, FAMILY, name)
        else:
            astdb.write(self._config, FAMILY, name, override.text())
        told = override.in_words(schedule.zone) if override else "override taken away"
        log.info("schedule %s: %s, by %s", name, told, by)
        return shown(schedule, at, override)


def in_force(override: Override | None, at: datetime) -> Override | None:
    """The override as far as it counts at `at`: neither over nor yet to be put in force."""
    if override is None or not override.holds(at) or (override.since is not None and at < override.since):
        return None
    return override


def shown(schedule: Schedule, at: datetime, override: Override | None) -> Entity:
    """A schedule at an instant, as API and command line tell it; instants are aware."""
    override = in_force(override, at)
    state = schedule.state_at(at, override)
    turns = schedule.turns(at, override)
    reason = schedule.reasons.get(state.reason)
    return {
        "schedule": schedule.name,
        "timezone": schedule.timezone,
        "at": at.astimezone(schedule.zone),
        **_told(schedule, state),
        "turns": turns.astimezone(schedule.zone) if turns else None,
        "prompt": reason.prompt if reason else "",
        "to": str(reason.to) if reason and reason.to else "",
        "override": _override(schedule, override) if override else None,
        "holidays_known_until": schedule.known_until,
        "holidays_known": schedule.known_until is None or at.astimezone(schedule.zone).date() <= schedule.known_until,
    }


def changed(schedule: Schedule, start: datetime, days: int, override: Override | None) -> list[Entity]:
    """`start`, then every change within so many days, each with what holds from then on."""
    found = schedule.changes(start, days, override)
    return [{"at": one.at.astimezone(schedule.zone), **_told(schedule, one.state)} for one in found]


def _told(schedule: Schedule, state: State) -> Entity:
    until = state.until.astimezone(schedule.zone) if state.until else None
    return {"open": state.open, "reason": state.reason, "rule": state.rule, "until": until}


def _override(schedule: Schedule, override: Override) -> Entity:
    return {
        "open": override.open,
        "kind": str(override.kind),
        "until": override.until.astimezone(schedule.zone) if override.until else None,
        "reason": override.reason,
        "by": override.by,
        "since": override.since.astimezone(schedule.zone) if override.since else None,
    }
