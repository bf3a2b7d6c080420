"""The names of all reports, for whoever checks what an admin wrote without being able to make one."""

from __future__ import annotations

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
