"""The names of all reports, and what a line of each may be about: for whoever checks a question without an answer."""

from __future__ import annotations

from collections.abc import Mapping

from .intervals import By

REPORT_NAMES = (
    "queue",
    "interval",
    "abandoned",
    "service-level",
    "agent",
    "outcome",
    "funnel",
    "heatmap",
    "waits",
    "transfers",
    "missed",
    "pauses",
    "repeat",
    "recordings",
    "survey",
    "wallboard",
    "staffing",
    "expected-wait",
    "adherence",
)

# What a line may be about, where that can be chosen; the first one unless asked otherwise.
PER: Mapping[str, tuple[str, ...]] = {
    "outcome": ("queue", "did", "all"),
    "funnel": ("path", "place"),
    "waits": ("queue", "all", "bucket"),
    "transfers": ("pair", "agent", "queue"),
    "missed": ("agent", "reason", "hour"),
    "pauses": ("both", "agent", "reason"),
    "repeat": ("queue", "agent"),
    "recordings": ("queue", "agent"),
    "survey": ("queue", "agent", "survey"),
}


def intervals_of(report: str) -> tuple[By, ...]:
    """How long its intervals may be: moments are known by the minute, theory is of hours, sums are of quarters."""
    if report == "wallboard":
        return tuple(By)
    return (By.QUARTER, By.HOUR) if report == "staffing" else tuple(by for by in By if by is not By.MINUTE)
