"""The report `expected-wait`: what the engine journals of its announcements, against the stays, on both databases."""

from __future__ import annotations

from hand_made import at, question, rows, total

from cti.db.fact_tables import AnnouncementRow
from cti.journal.importer import Importer
from cti.reporting.makers import MAKERS

MAKER = MAKERS["expected-wait"]


class Said:
    def __init__(self, hand) -> None:
        self.hand, self.count = hand, 0

    async def __call__(self, call: str, minute: float, minutes: int | None, expected: int | None = None) -> None:
        self.count += 1
        row = {"file_id": "f", "offset": self.count, "call": call, "at": at(minute), "queue": "sales", "place": 1}
        await self.hand.write(AnnouncementRow, {**row, "wait_minutes": minutes, "expected_ms": expected})


async def test_promises_kept_and_broken(hand):
    said = Said(hand)
    for call, wait_ms, outcome in (("a", 90_000, "answered"), ("b", 240_000, "answered"), ("c", 40_000, "abandoned")):
        await hand.call(call, 0)
        await hand.visit(call, 0, wait_ms=wait_ms, outcome=outcome)
        await said(call, 0.5, 2, 50_000)
    await said("b", 2.5, 1, 60_000)
    await said("b", 3, None)  # only the position was said
    (line,) = rows(await MAKER.make(hand.store, question("expected-wait")))
    assert (line["told"], line["kept"], line["broken"], line["unknown"], line["judged"]) == (4, 1, 2, 1, 3)
    assert line["wait_kept_percent"] == 33.33
    # a: 60 s for an estimate of 50, b: 210 for 50 and 90 for 60
    assert (line["compared"], line["expected_seconds"], line["came_seconds"], line["error_seconds"]) == (
        3,
        53.333,
        120.0,
        66.667,
    )


async def test_of_two_stays_in_the_same_queue_it_is_the_one_in_which_it_was_said(hand):
    said = Said(hand)
    await hand.call("a", 0)
    await hand.visit("a", 0, wait_ms=300_000, outcome="timeout", agent="")
    await hand.visit("a", 10, wait_ms=60_000, position=1)
    await said("a", 10.5, 1)
    assert total(await MAKER.make(hand.store, question("expected-wait")))["kept"] == 1


async def test_a_stay_that_nobody_knows_of_is_not_taken_for_an_answer(hand):
    await Said(hand)("gone", 0, 2)
    assert total(await MAKER.make(hand.store, question("expected-wait")))["broken"] == 1


async def test_the_announcements_are_listed(hand):
    await Said(hand)("a", 0, 0, 2_400_000)
    (row,) = await MAKER.drill(hand.store, question("expected-wait"))
    assert (row["said_minutes"], row["expected_seconds"], row["promise"]) == ("more than 30", 2400.0, "open_ended")


async def test_what_the_engine_journals_becomes_rows_and_again_the_same(store, day, instant):
    call = day.call(1)
    when = instant(11).timestamp()
    day.tell("told", when, call=call, queue="sales", position=3, wait_minutes=5, expected_seconds=251.4)
    day.tell("told", when + 1, call=call, queue="sales", position=2, wait_minutes=None, expected_seconds=None)
    await Importer(day.files, store).drain()
    before = [line async for line in store.export() if '"announcements"' in line]
    assert len(before) == 2
    assert '"expected_ms": 251400' in before[0]
    await store.refold_all()
    assert [line async for line in store.export() if '"announcements"' in line] == before
