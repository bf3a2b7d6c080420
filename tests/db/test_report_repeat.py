"""The report `repeat`, on calls written by hand, on both databases."""

from __future__ import annotations

from datetime import timedelta

from hand_made import DAY, question, rows, total

from cti.core.metrics.intervals import By
from cti.db import streamed
from cti.reporting.makers import MAKERS

LI, WANG = "13800000001", "13900000002"
WEEK = timedelta(days=7)


async def calls(hand) -> None:
    """Li: Monday (sales, settled by nobody), Wednesday again (service). Wang: Monday, and never again."""
    await hand.call("li-before", -8 * DAY, queue="sales", number=LI)
    await hand.call("li-1", 0, queue="sales", agent="1001", number=LI)
    await hand.call("li-2", 2 * DAY, queue="service", agent="1002", number=LI)
    await hand.call("wang", 10, queue="sales", agent="1001", number=WANG)
    await hand.call("hidden", 20, queue="sales", number="")
    await hand.call("ours", 30, queue="sales", number=WANG, callback_of="wang")
    await hand.call("out", 40, direction="outbound", number=WANG)


async def made(hand, since=0.0, until=7.0, **said):
    return await MAKERS["repeat"].make(hand.store, question("repeat", since * DAY, until * DAY, **said))


async def test_who_calls_again_counts_where_the_first_call_was(hand):
    await calls(hand)
    report = await made(hand)
    sales, service = rows(report)
    assert (sales["queue"], sales["contacts"], sales["repeated"], sales["repeat_rate_percent"]) == ("sales", 2, 1, 50.0)
    assert (sales["first_calls"], sales["resolved"], sales["first_call_resolution_percent"]) == (2, 1, 50.0)
    assert (sales["withheld"], service["contacts"], service["first_calls"]) == (1, 1, 0)
    assert service["first_call_resolution_percent"] is None
    assert (total(report)["contacts"], total(report)["first_call_resolution_percent"]) == (3, 50.0)


async def test_a_call_of_before_the_period_makes_the_first_of_it_a_repeat(hand):
    await calls(hand)
    sales, _ = rows(await made(hand, window=timedelta(days=8)))
    assert (sales["first_calls"], sales["resolved"]) == (1, 1)


async def test_a_call_after_the_period_is_seen_too(hand):
    await calls(hand)
    (sales,) = rows(await made(hand, until=1))
    assert (sales["contacts"], sales["repeated"]) == (2, 1)


async def test_while_the_window_runs_nothing_is_said(hand):
    await calls(hand)
    sales, service = rows(await made(hand, now=3 * DAY))
    assert (sales["contacts"], sales["censored"], sales["repeat_rate_percent"]) == (0, 2, None)
    assert service["censored"] == 1
    assert "younger than 7 days" in (await made(hand, now=3 * DAY)).notes[0].says


async def test_another_queue_is_another_matter_when_asked_so(hand):
    await calls(hand)
    sales, service = rows(await made(hand, same_queue=True))
    assert (sales["repeated"], service["first_calls"], service["resolved"]) == (0, 1, 1)


async def test_lines_by_agent_and_day(hand):
    await calls(hand)
    found = rows(await made(hand, per="agent", by=By.DAY))
    assert [(row["from"].day, row["agent"], row["contacts"], row["repeated"]) for row in found] == [
        (2, "1001", 2, 1),
        (4, "1002", 1, 0),
    ]


async def test_a_filter_chooses_lines_and_not_who_follows_whom(hand):
    await calls(hand)
    (sales,) = rows(await made(hand, queues=("sales",)))
    assert sales["repeated"] == 1  # the second call went to service


async def test_the_rows_behind_it_are_pairs_of_calls(hand):
    await calls(hand)
    (row,) = await MAKERS["repeat"].drill(hand.store, question("repeat", 0, 7 * DAY))
    assert (row["call"], row["followed_by"], row["hours_later"], row["then_queue"]) == ("li-1", "li-2", 48.0, "service")


async def test_without_calls_there_are_no_lines(hand):
    report = await made(hand)
    assert (report.rows, total(report)["repeat_rate_percent"]) == ((), None)


async def test_in_however_many_portions_the_rows_come_the_reports_are_the_same(hand, monkeypatch):
    await calls(hand)
    for call in ("li-1", "li-2", "wang"):
        await hand.segment(call, 0, 0, 1, kind="menu", detail="main", outcome="chosen", target="1")
        await hand.segment(call, 1, 1, 2)
        await hand.segment(call, 2, 2, 2, kind="transfer", detail="blind", target="1003")
    for name in ("repeat", "funnel", "transfers"):
        asked = question(name, 0, 7 * DAY)
        monkeypatch.setattr(streamed, "ROWS", 1_000)
        at_once = await MAKERS[name].make(hand.store, asked)
        monkeypatch.setattr(streamed, "ROWS", 2)
        assert await MAKERS[name].make(hand.store, asked) == at_once
        assert at_once.rows
