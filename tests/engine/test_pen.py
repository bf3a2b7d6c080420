"""What is journalled of one event goes out with one write, and before anything that Asterisk is asked for."""

import json
import os
from datetime import UTC, datetime

import pytest

from cti.engine.pen import Pen
from cti.journal.engine_log import EngineJournal, Kind

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "engine.jsonl"


@pytest.fixture
def pen(path):
    journal = EngineJournal(path)
    yield Pen(journal)
    journal.close()


def kinds(path):
    lines = path.read_text().splitlines() if path.exists() else []
    return [kind for line in lines if (kind := json.loads(line)["kind"]) != "opened"]


def test_lines_of_one_event_are_written_together_in_their_order(pen, path):
    pen.write(Kind.JOINED, NOW, call="1.1")
    assert kinds(path) == ["joined"]
    with pen:
        pen.write(Kind.EXPLAIN, NOW, call="1.1")
        pen.write(Kind.OFFER, NOW, call="1.1")
        assert kinds(path) == ["joined"]
    assert kinds(path) == ["joined", "explain", "offer"]


def test_nothing_is_sent_before_what_was_written_until_then_is_in_the_file(pen, path):
    seen = []
    send = pen.before(lambda action, headers: seen.append((action, headers, kinds(path))) is None)
    with pen:
        pen.write(Kind.CALLBACK, NOW, call="1.1")
        assert send("Originate", {"Channel": "PJSIP/1001"})
        pen.write(Kind.PRESENCE, NOW, agent="1001")
    assert seen == [("Originate", {"Channel": "PJSIP/1001"}, ["callback"])]
    assert kinds(path) == ["callback", "presence"]


def test_a_standing_line_keeps_its_place(pen, path):
    with pen:
        pen.write(Kind.LEFT, NOW, call="1.1")
        pen.stand(Kind.QUEUES, NOW, closed=["sales"])
    assert kinds(path) == ["left", "queues"]


def test_a_line_that_cannot_be_written_costs_that_line_and_is_said(pen, path, caplog, monkeypatch):
    with pen:
        pen.write(Kind.LEFT, NOW, call="1.1", text="x" * 70_000)
        pen.write(Kind.ANSWERED, NOW, call="1.1")
    assert kinds(path) == ["answered"]
    monkeypatch.setattr(os, "write", lambda *_: 0)
    pen.write(Kind.LEFT, NOW, call="1.1")
    monkeypatch.undo()
    pen.write(Kind.TALK_ENDED, NOW, call="1.1")
    assert kinds(path) == ["answered", "talk_ended"]
    assert [("too long" in text, "disk full" in text) for text in caplog.messages] == [(True, False), (False, True)]
