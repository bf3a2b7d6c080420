"""The values of `reports:`: what is sent to whom, when, and what "in time" means. It knows no other section."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.metrics.due import When
from .value import Value


class ScheduledReport(Value):
    """One report that is made and sent by itself. `when` in the site's zone; `to` are e-mail addresses; `folder` "" =
    none, else absolute or relative to the instance's folder; `by` and `per` "" = the report's own way."""

    name: str
    report: str
    when: When
    to: tuple[str, ...] = ()
    folder: str = ""
    formats: tuple[str, ...] = ("html",)
    languages: tuple[str, ...] = ()
    by: str = ""
    queues: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    against: str = ""
    per: str = ""
    window_days: int = 7
    target_percent: int = 80


class ServiceLevel(Value):
    """What "in time" and "short" mean in one queue; None: as in all of them (`Reports`)."""

    within_seconds: float | None = None
    short_seconds: float | None = None


class Reports(Value):
    """`within_seconds` and `short_seconds`: what "in time" and "short" mean where nothing else is asked for;
    `service_level`: which definition of it the floor shows, a metric's name without `service_level.`."""

    within_seconds: float = 20.0
    short_seconds: float = 5.0
    service_level: str = "offered"
    scheduled: Mapping[str, ScheduledReport] = {}
