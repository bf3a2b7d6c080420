"""The published definitions on ten calls: a conformance test whose calls and values come from outside."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cti.core.metrics.catalogue import METRICS
from cti.core.metrics.counters import count
from cti.core.metrics.facts import AgentTime, Channel, Fact, Visit
from cti.core.metrics.thresholds import Thresholds

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "ten_calls.json").read_text(encoding="utf-8"))
NOTES, EXPECTED = DOCUMENT["notes"], DOCUMENT["expected"]
THRESHOLDS = Thresholds(
    within_ms=NOTES["threshold_seconds"] * 1000,
    short_ms=NOTES["short_abandon_seconds"] * 1000,
)
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
# Where the document's groups are in our catalogue; a group is a number or numbers by variant.
GROUPS = {
    "service_level": "service_level",
    "asa_seconds": "asa",
    "aht_seconds": "aht",
    "abandon_percent": "abandon",
    "average_time_to_abandon_seconds": "time_to_abandon",
    "answer_rate_percent": "answer_rate",
    "transfer_percent": "transfer",
}
CASES = {
    f"{ours}.{variant}": value
    for group, ours in GROUPS.items()
    for variant, value in (EXPECTED[group].items() if isinstance(EXPECTED[group], dict) else ())
} | {"asa": EXPECTED["asa_seconds"], "occupancy": EXPECTED["occupancy_percent"]["value"]}


def visit(call: dict[str, Any], channel: Channel = Channel.LIVE, **more: Any) -> Visit:
    times = {f"{name}_ms": call.get(f"{name}_seconds", 0) * 1000 for name in ("wait", "talk", "hold", "wrap")}
    named = {"call": str(call["id"]), "queue": "service", "entered": AT, "outcome": call["outcome"]}
    return Visit(**{**named, **times, "channel": channel, "transferred": call.get("transferred", False), **more})


def facts() -> list[Fact]:
    found: list[Fact] = []
    for call in DOCUMENT["calls"]:
        found.append(visit(call))
        if back := call.get("callback"):
            found.append(visit({**back, "id": call["id"], "outcome": "answered"}, Channel.CALLBACK))
    handled = [one for one in found if isinstance(one, Visit)]
    talking = sum(one.talk_ms + one.hold_ms for one in handled)
    wrapping = sum(one.wrap_ms for one in handled)
    idle = EXPECTED["occupancy_percent"]["idle_seconds"] * 1000
    for presence, ms in (("talking", talking), ("wrap_up", wrapping), ("ready", idle)):
        found.append(AgentTime(agent="1001", started=AT, presence=presence, ms=ms))
    return found


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_published_definition_gives_its_published_value(name: str) -> None:
    value = METRICS[name].value(count(facts(), THRESHOLDS))
    assert value is not None
    assert round(value, 2) == CASES[name]


def test_every_value_of_the_document_is_asked_for() -> None:
    known = {*GROUPS, "occupancy_percent"}
    assert set(EXPECTED) == known
    assert len(CASES) == 15 + 1 + 2 + 4 + 2 + 2 + 2 + 1


def test_the_handled_seconds_are_those_of_the_document() -> None:
    counts = count(facts(), THRESHOLDS)
    assert counts["talking_ms"] + counts["wrap_up_ms"] == EXPECTED["occupancy_percent"]["handled_seconds"] * 1000
