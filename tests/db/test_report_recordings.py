"""The report `recordings`, on calls and files written by hand, on both databases."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from hand_made import at, question, rows, total
from sqlalchemy import insert

from cti.db.tables import JournalLineRow
from cti.reporting.makers import MAKERS
from cti.site.model import RecordingPolicy

MAKER = MAKERS["recordings"]


def asked(policy: RecordingPolicy | None = None, **said):
    site = SimpleNamespace(recording=policy or RecordingPolicy())
    return replace(question("recordings", **said), site=site)


async def talks(hand) -> None:
    """Sales: whole (with a hold), short, missing; one direct call whose file is empty; a call that nobody answered."""
    for call, queue, agent in (("whole", "sales", "1001"), ("short", "sales", "1001"), ("lost", "sales", "1002")):
        await hand.call(call, 0, queue=queue, agent=agent)
    await hand.call("direct", 1, agent="1002", source="direct")
    await hand.call("abandoned", 2, queue="sales", outcome="abandoned")
    await hand.segment("whole", 0, 0, 1)
    await hand.segment("whole", 1, 1, 1.5, kind="hold")
    await hand.segment("whole", 2, 1.5, 2)
    await hand.segment("short", 0, 0, 1)
    await hand.segment("lost", 0, 0, 2)
    await hand.segment("direct", 0, 1, 2, queue="")
    await hand.segment("abandoned", 0, 2, 3, kind="wait")
    await hand.sound("whole", 120)
    await hand.sound("short", 30)
    await hand.sound("direct", 0, state="empty")


async def test_talk_and_hold_are_held_against_the_sound_of_each_queue(hand):
    await talks(hand)
    direct, sales = rows(await MAKER.make(hand.store, asked()))
    assert (sales["calls"], sales["talk_seconds"], sales["recorded_seconds"]) == (3, 300.0, 150.0)
    assert sales["recorded_share_percent"] == 50.0
    assert [sales[state] for state in ("whole", "short", "missing", "empty", "growing")] == [1, 1, 1, 0, 0]
    assert (direct["queue"], direct["empty"], direct["recorded_share_percent"]) == ("(direct)", 1, 0.0)


async def test_what_need_not_be_recorded_is_not_missed(hand):
    await talks(hand)
    report = await MAKER.make(hand.store, asked(RecordingPolicy(direct=False)))
    assert [row["queue"] for row in rows(report)] == ["sales"]
    assert (await MAKER.make(hand.store, asked(RecordingPolicy(queues=False, direct=False)))).rows == ()


async def test_each_agent_has_a_line(hand):
    await talks(hand)
    found = rows(await MAKER.make(hand.store, asked(per="agent")))
    assert [(row["agent"], row["calls"], row["missing"]) for row in found] == [("1001", 2, 0), ("1002", 2, 1)]


async def test_the_bad_ones_are_listed(hand):
    await talks(hand)
    found = await MAKER.drill(hand.store, asked())
    assert [(row["call"], row["state"], row["lost_seconds"], row["files"]) for row in found] == [
        ("lost", "missing", 120.0, ""),
        ("short", "short", 30.0, "short.raw"),
        ("direct", "empty", 60.0, "direct.raw"),
    ]


async def test_a_customer_who_was_called_back_is_recorded_under_the_channel_that_was_dialled(hand):
    await hand.call("promise", 0, queue="sales", agent="1001", callback_of="first")
    await hand.segment("promise", 0, 0, 1)
    await hand.sound("leg", 60)
    line = {"source": "engine", "file_id": "f", "offset": 1, "at": at(0), "kind": "callback", "data": {}}
    async with hand.store.database.writing() as connection:
        await connection.execute(insert(JournalLineRow), [{**line, "call": "promise", "leg": "leg"}])
    assert total(await MAKER.make(hand.store, asked()))["whole"] == 1


async def test_a_call_that_goes_on_is_not_judged(hand):
    await hand.call("now", 0, queue="sales", agent="1001", ended=None)
    await hand.segment("now", 0, 0, None)
    report = await MAKER.make(hand.store, asked())
    assert (total(report)["growing"], total(report)["recorded_share_percent"]) == (1, None)


async def test_a_site_with_mistakes_does_not_hide_what_is_missing(hand):
    await talks(hand)
    report = await MAKER.make(hand.store, question("recordings"))
    assert total(report)["calls"] == 4
    assert "cannot be read" in report.notes[0].says
