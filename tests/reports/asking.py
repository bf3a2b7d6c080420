"""Questions for the makers of reports: a zone, a period, a clock; and a report's rows by the names of its columns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cti.core.metrics.intervals import By
from cti.core.metrics.thresholds import Thresholds
from cti.reports.build import Asked
from cti.reports.document import Report

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def asked(name: str, since: str, until: str, *, zone: ZoneInfo = SHANGHAI, by: str = "", **more: Any) -> Asked:
    """`since` and `until` are local times; T is 20 s and S is 5 s."""
    return Asked(
        name=name,
        since=local(since, zone),
        until=local(until, zone),
        zone=zone,
        thresholds=Thresholds(),
        by=By(by) if by else None,
        **more,
    )


def local(text: str, zone: ZoneInfo = SHANGHAI, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def rows(report: Report) -> list[dict[str, Any]]:
    names = [column.name for column in report.columns]
    return [dict(zip(names, row, strict=True)) for row in report.rows]


def total(report: Report) -> dict[str, Any]:
    return dict(zip((column.name for column in report.columns), report.total, strict=True))
