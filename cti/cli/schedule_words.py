"""Schedules in words, for `cti schedule`: states, weeks and days. It knows wording; `engine.hours` knows what is so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..core.schedule import WEEKDAYS, Schedule


def moment(at: datetime | str | None) -> str:
    """`Thu 2026-10-01 09:00`, with seconds where there are any."""
    if at is None:
        return "never"
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    day = WEEKDAYS[found.isoweekday() - 1].capitalize()
    return f"{day} {found:%Y-%m-%d %H:%M}" + (f":{found:%S}" if found.second else "")


def say_state(entity: Mapping[str, Any]) -> list[str]:
    """What a schedule says at an instant: state, rule, next change, and what a caller then meets."""
    lines = [f"{entity['schedule']} at {moment(entity['at'])} ({entity['timezone']}): {_state(entity)}"]
    lines.append(f"  because  {entity['rule']}")
    lines.append(f"  until    {_until(entity)}")
    if entity["prompt"] or entity["to"]:
        way = (f"prompt {entity['prompt']}" if entity["prompt"] else "", f"to {entity['to']}" if entity["to"] else "")
        lines.append(f"  callers  {', then '.join(part for part in way if part)}")
    if entity["override"]:
        lines.append(f"  by hand  {entity['override']['by'] or 'somebody'}, {moment(entity['override']['since'])}")
    if not entity["holidays_known"]:
        lines.append(f"  note     public holidays are known until {entity['holidays_known_until']}")
    return lines


def line_of(entity: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """One schedule in a table."""
    return (entity["schedule"], _state(entity), _until(entity), entity["rule"])


def describe(schedule: Schedule) -> list[str]:
    """The week, one line for each day that has hours, and the reasons."""
    found = []
    for number, day in enumerate(WEEKDAYS, 1):
        hours = [f"{_clock(first)}-{_clock(last)}" for weekday, first, last in schedule.periods if weekday == number]
        found.append(f"  {day}  {', '.join(hours) or 'closed'}")
    return found


def day_lines(schedule: Schedule, now: datetime, days: int) -> list[tuple[str, str, str, str]]:
    """The days to come that differ from the week: date, weekday, hours, what they are called."""
    today = now.astimezone(schedule.zone).date()
    listed = (one for one in schedule.exceptions if today <= one.day <= today + timedelta(days=days))
    return [
        (
            str(one.day),
            WEEKDAYS[one.day.isoweekday() - 1],
            ", ".join(f"{_clock(first)}-{_clock(last)}" for first, last in one.spans) or "closed",
            ", ".join(word for word in (one.note, one.reason) if word),
        )
        for one in listed
    ]


def _state(entity: Mapping[str, Any]) -> str:
    return ("open" if entity["open"] else "closed") + (f" ({entity['reason']})" if entity["reason"] else "")


def _until(entity: Mapping[str, Any]) -> str:
    """When something changes, and when it opens or closes where that is later."""
    if entity["until"] is None:
        return "it is undone" if entity["override"] and entity["override"]["kind"] == "undone" else "for ever"
    turn = "closes" if entity["open"] else "opens"
    if entity["turns"] == entity["until"]:
        return f"{moment(entity['until'])}, then it {turn}"
    return f"{moment(entity['until'])}; {turn} {moment(entity['turns'])}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
