"""Two periods side by side, on calls written by hand, on both databases."""

from __future__ import annotations

from hand_made import DAY, at, question, rows

from cti.core.metrics.intervals import By
from cti.reporting.answer import answer_beside

YESTERDAY = (at(-DAY), at(0))


async def calls(hand) -> None:
    """Today sales answers two of four, parts one of one; yesterday sales answered one of one."""
    for n, (minute, queue, outcome) in enumerate(
        [
            (0, "sales", "answered"),
            (1, "sales", "answered"),
            (2, "sales", "abandoned"),
            (70, "sales", "abandoned"),
            (3, "parts", "answered"),
            (-DAY + 5, "sales", "answered"),
        ]
    ):
        await hand.call(f"c{n}", minute)
        wait = 10_000 if outcome == "answered" else 30_000
        await hand.visit(f"c{n}", minute, queue=queue, outcome=outcome, wait_ms=wait)


async def beside(hand, name="queue", against=YESTERDAY, **said):
    report = await answer_beside(hand.store, question(name, 0, DAY, **said), against)
    return report, {(row.get("queue"), row["metric"]): row for row in rows(report)}


def numbers(row: dict) -> tuple:
    return tuple(row[name] for name in ("now", "of_now", "then", "of_then", "difference", "change_percent", "few"))


async def test_a_count_and_a_share_with_what_they_are_made_of(hand):
    await calls(hand)
    _, found = await beside(hand)
    assert numbers(found["sales", "entered"]) == (4, None, 1, None, 3, 300.0, "few")
    assert numbers(found["sales", "service level: offered"]) == (50.0, 4, 100.0, 1, -50.0, -50.0, "few")
    assert found["sales", "service level: offered"]["unit"] == "%"


async def test_where_there_was_nothing_there_is_no_change(hand):
    await calls(hand)
    _, found = await beside(hand)
    assert numbers(found["parts", "entered"]) == (1, None, 0, None, 1, None, "few")
    assert numbers(found["parts", "asa"]) == (10.0, 1, None, None, None, None, "few")


async def test_everything_together_stands_last(hand):
    await calls(hand)
    report, found = await beside(hand)
    assert numbers(found["all", "entered"])[:4] == (5, None, 1, None)
    assert report.rows[-1][0] == "all"


async def test_the_nth_interval_stands_beside_the_nth(hand):
    await calls(hand)
    report, _ = await beside(hand, "interval", by=By.HOUR)
    entered = [row for row in rows(report) if row["metric"] == "entered"]
    told = [
        (row["from"] and row["from"].hour, row["then_from"] and row["then_from"].day, row["now"]) for row in entered
    ]
    assert told == [(9, 1, 4), (10, 1, 1), (None, None, 5)]


async def test_enough_calls_are_not_marked(hand):
    for n in range(60):
        await hand.call(f"c{n}", n - 30)
        await hand.visit(f"c{n}", n - 30)
    _, found = await beside(hand, against=(at(-60), at(0)))
    assert numbers(found["sales", "asa"]) == (10.0, 30, 10.0, 30, 0.0, 0.0, "")


async def test_a_report_with_a_maker_of_its_own_is_compared_alike(hand):
    await calls(hand)
    _, found = await beside(hand, "repeat")
    assert numbers(found["", "repeat rate"])[:4] == (80.0, 5, 100.0, 1)


async def test_both_periods_and_every_definition_are_told(hand):
    await calls(hand)
    report, _ = await beside(hand)
    assert (report.about["from"][:10], report.about["then from"][:10]) == ("2026-11-02", "2026-11-01")
    assert {"difference v1", "service_level.offered v1"} <= {one[0] for one in report.definitions}
