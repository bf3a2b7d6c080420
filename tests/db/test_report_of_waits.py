"""The reports `waits` and `heatmap`, on rows written by hand, on both databases."""

from __future__ import annotations

from hand_made import DAY, question, rows, total

from cti.core.metrics.intervals import By
from cti.reporting.makers import MAKERS


async def stays(hand) -> None:
    """09:00 Monday in Shanghai: two answered (1 s, exactly 20 s), one abandoned; Tuesday 09:00 one in service."""
    for n, (minute, wait_ms, said) in enumerate(
        (
            (0, 1_000, {}),
            (14.999, 20_000, {}),
            (59.999, 20_001, {"outcome": "abandoned", "agent": ""}),
            (DAY, 5_000, {"queue": "service", "agent": "1002"}),
            (10, 0, {"outcome": "closed", "agent": ""}),
            (11, 0, {"channel": "callback"}),
        )
    ):
        await hand.call(f"c{n}", minute)
        await hand.visit(f"c{n}", minute, wait_ms=wait_ms, **said)


async def made(hand, name, *period, **said):
    return await MAKERS[name].make(hand.store, question(name, *period, **said))


async def test_percentiles_are_exact_for_each_queue_and_day(hand):
    await stays(hand)
    report = await made(hand, "waits", 0, 2 * DAY, by=By.DAY)
    assert [
        (row["from"].day, row["queue"], row["ended"], row["calls"], row["p50_seconds"]) for row in rows(report)
    ] == [
        (2, "sales", "answered", 2, 1.0),
        (2, "sales", "abandoned", 1, 20.001),
        (3, "service", "answered", 1, 5.0),
    ]
    assert (total(report)["calls"], total(report)["longest_seconds"]) == (4, 20.001)


async def test_the_distribution_is_of_the_queues_and_agents_asked_for(hand):
    await stays(hand)
    found = {row["up_to_seconds"]: row for row in rows(await made(hand, "waits", queues=("sales",), per="bucket"))}
    assert [(found[t]["answered"], found[t]["abandoned"]) for t in (5, 20, 25)] == [(1, 0), (1, 0), (0, 1)]
    assert found[20]["service_level_offered_percent"] == 66.67
    (one,) = rows(await made(hand, "waits", 0, 2 * DAY, agents=("1002",), per="all"))
    assert (one["ended"], one["calls"]) == ("answered", 1)
    drilled = await MAKERS["waits"].drill(hand.store, question("waits", 0, 2 * DAY))
    assert [row["wait_ms"] for row in drilled] == [20_001, 20_000, 5_000, 1_000, 0]


async def test_hours_of_the_week_are_those_of_the_asker(hand):
    await stays(hand)
    report = await made(hand, "heatmap", 0, 2 * DAY)
    found = {(row["weekday"], row["hour"]): row for row in rows(report) if row["entered"]}
    assert {place: row["entered"] for place, row in found.items()} == {("Mon", "09:00"): 3, ("Tue", "09:00"): 1}
    nine = found["Mon", "09:00"]
    assert (nine["service_level_offered_percent"], nine["abandon_offered_percent"]) == (66.67, 33.33)
    assert (total(report)["entered"], total(report)["hours"]) == (4, 48.0)
    assert len(await MAKERS["heatmap"].drill(hand.store, question("heatmap", 0, 2 * DAY))) == 6
