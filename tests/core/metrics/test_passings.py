"""Who passed callers on and what became of it: on calls recorded on a real Asterisk, and on pieces written by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cti.core.metrics.passings import Became, Piece, passings

from ..shape_trace import seen_of, told_of

ZERO = datetime(2026, 11, 2, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return ZERO + timedelta(seconds=seconds)


def piece(kind: str, since: float, until: float | None, agent: str = "", queue: str = "sales", **said: str) -> Piece:
    more = {"outcome": "", "detail": "", "target": ""} | said
    return Piece(kind, at(since), None if until is None else at(until), agent, queue, **more)


FIRST = (
    piece("wait", 0, 5, outcome="answered"),
    piece("talk", 5, 30, "1001", outcome="held"),
    piece("hold", 30, 35, "1001"),
    piece("talk", 35, 40, "1001", outcome="transferred"),
    piece("transfer", 40, 40, "1001", detail="blind", target="1002"),
)


def told(*more: Piece, ended: float | None = 100):
    return passings([*FIRST, *more], None if ended is None else at(ended))


@pytest.mark.parametrize(
    ("shape", "how"),
    [
        ("blind_refer", "blind"),
        ("blind_keys", "blind"),
        ("attended_refer", "attended"),
        ("attended_keys", "attended"),
        ("attended_unheld", "attended"),
        ("blonde_refer", "blonde"),
        ("blonde_keys", "blonde"),
        ("conference_keys", "conference"),
    ],
)
def test_each_recorded_transfer_came_to_the_one_it_was_meant_for(shape, how):
    told_ = told_of(shape)
    pieces = [
        Piece(s.kind.value, s.started, s.ended, s.agent, s.queue, s.outcome, s.detail, s.target) for s in told_.segments
    ]
    (one,) = passings(pieces, told_.ended)
    assert (one.how, one.became, one.to_agent, one.queue) == (how, Became.ANSWERED, one.target, shape)
    assert (one.agent[-1], one.target[-1], one.to_queue) == ("1", "2", "")
    (passed,) = [seen for seen in seen_of(shape) if seen.kind == "transfer"]  # as the phones saw it
    (talk,) = [seen for seen in seen_of(shape) if (seen.kind, seen.agent) == ("talk", passed.target)]
    waited = max(0.0, (talk.started - passed.started).total_seconds())
    assert one.waited_ms / 1000 == pytest.approx(waited, abs=0.3)
    assert 1.0 < one.talked_ms / 1000 < 5.0
    assert 1.0 < one.talked_after_ms / 1000 < 3.0  # of a conference: since the first one left


def test_somebody_else_talked_next():
    (one,) = told(piece("ring", 40, 45, "1002"), piece("talk", 45, 60, "1002"), piece("talk", 70, 80, "1002"))
    assert (one.became, one.to_agent, one.talked_ms, one.waited_ms) == (Became.ANSWERED, "1002", 30_000, 5_000)
    assert one.talked_after_ms == 25_000


def test_passed_into_a_queue_the_queue_and_whoever_answered_there_are_told():
    (one,) = told(piece("wait", 40, 55, queue="service", outcome="answered"), piece("talk", 55, 60, "1003"))
    assert (one.became, one.to_queue, one.to_agent, one.waited_ms) == (Became.ANSWERED, "service", "1003", 15_000)


def test_a_queue_entry_that_queue_log_floors_to_before_the_transfer_is_the_one():
    transfer = FIRST[-1]._replace(started=at(40.7), ended=at(40.7))
    found = passings([*FIRST[:-1], transfer, piece("wait", 40, 55, queue="service", outcome="abandoned")], at(55))
    assert (found[0].to_queue, found[0].became) == ("service", Became.LOST)


def test_who_hangs_up_before_anybody_talks_is_lost():
    (one,) = told(piece("ring", 40, 50, "1002", outcome="no_answer"), ended=50)
    assert (one.became, one.to_agent, one.target, one.waited_ms) == (Became.LOST, "", "1002", 10_000)


def test_who_comes_back_to_the_same_agent_is_returned():
    (one,) = told(piece("ring", 40, 60, "1002"), piece("talk", 61, 70, "1001"))
    assert (one.became, one.to_agent) == (Became.RETURNED, "1001")


def test_voicemail_and_the_end_of_a_queues_patience_are_elsewhere():
    (one,) = told(piece("voicemail", 50, 70))
    assert one.became is Became.ELSEWHERE
    (one,) = told(piece("wait", 40, 70, queue="service", outcome="timeout"))
    assert one.became is Became.ELSEWHERE


def test_while_the_call_goes_on_nobody_knows():
    (one,) = told(piece("ring", 40, None, "1002"), ended=None)
    assert (one.became, one.waited_ms) == (Became.OPEN, 0)


def test_two_transfers_of_one_call_are_told_apart():
    second = piece("transfer", 60, 60, "1002", detail="attended", target="1003")
    one, two = told(piece("talk", 45, 60, "1002"), second, piece("talk", 60, 90, "1003"))
    assert (one.to_agent, one.talked_after_ms, two.agent, two.to_agent) == ("1002", 15_000, "1002", "1003")
    assert (two.talked_ms, two.waited_ms, two.became) == (15_000, 0, Became.ANSWERED)


def test_what_only_queue_log_tells_has_its_words_too():
    (one,) = passings([*FIRST[:-1], piece("transfer", 40, 40, "1001", detail="blindtransfer 1009")], at(50))
    assert (one.how, one.target) == ("blind", "1009")
