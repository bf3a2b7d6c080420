"""What happens in the mailboxes becomes lines, once each, whatever was missed meanwhile."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cti.errors import StoreError
from cti.voicemail.watch import MAIL_DAYS, Watch


class Journal:
    """Lines in memory; a full disk when told so."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []
        self.full = False

    def append(self, kind: str, at: datetime, **values: Any) -> None:
        if self.full:
            raise StoreError("the engine's journal took only half a line: is the disk full?")
        self.lines.append((kind, values))

    def take(self) -> list[tuple[str, ...]]:
        told, self.lines = self.lines, []
        return [(kind, values["message"], values["folder"]) for kind, values in told]


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def now(spool) -> datetime:
    return datetime.fromtimestamp(spool.received + 60, UTC)


def watching(spool, journal, known=None) -> Watch:
    return Watch(spool.root, journal, known if known is not None else {}, lambda context, box: f"{box}@example.invalid")


def test_a_new_message_is_told_once_with_everything_in_it(spool, journal, now):
    watch = watching(spool, journal)
    assert watch.step(now) == 0
    spool.leave("sales")
    assert [watch.step(now), watch.step(now)] == [1, 0]
    ((kind, told),) = journal.lines
    assert (kind, told["box"], told["number"], told["queue"]) == ("message", "sales", "13901230001", "sales")
    assert (told["conversation"], told["mail_to"]) == ("1795310600.3", "sales@example.invalid")


def test_messages_that_came_while_we_were_down_are_told_and_old_ones_are_not_mailed(spool, journal, now):
    spool.leave("sales", 0)
    watch = watching(spool, journal)
    watch.step(now + timedelta(days=MAIL_DAYS))
    assert [told["mail_to"] for _, told in journal.lines] == [""]


def test_what_was_told_before_a_restart_is_not_told_again(spool, journal, now):
    spool.leave("sales", 0)
    spool.leave("sales", 1, folder="Old")
    known = {f"sales-{spool.received}-00000000": "INBOX", f"sales-{spool.received}-00000001": "INBOX", "sales-9": ""}
    watching(spool, journal, known).step(now)
    assert journal.take() == [("message_moved", f"sales-{spool.received}-00000001", "Old")]


def test_a_message_that_a_listener_moves_is_followed_and_never_gone_on_the_way(spool, journal, now):
    name = f"sales-{spool.received}-00000000"
    text = spool.leave("sales")
    watch = watching(spool, journal)
    watch.step(now)
    journal.take()
    for file in (text, text.with_suffix(".wav")):
        file.rename(spool.root / file.name)
    assert (watch.step(now), journal.take()) == (0, [])  # between two folders
    spool.leave("sales", 0, folder="Old")
    watch.step(now)
    assert journal.take() == [("message_moved", name, "Old")]


def test_a_message_deleted_by_phone_is_gone_after_the_second_look(spool, journal, now):
    name = f"sales-{spool.received}-00000000"
    text = spool.leave("sales")
    watch = watching(spool, journal)
    watch.step(now)
    journal.take()
    text.unlink()
    assert [watch.step(now), watch.step(now), watch.step(now)] == [0, 1, 0]
    assert journal.take() == [("message_moved", name, "")]


def test_a_full_disk_loses_nothing(spool, journal, now):
    spool.leave("sales", 0)
    spool.leave("sales", 1)
    watch, journal.full = watching(spool, journal), True
    with pytest.raises(StoreError):
        watch.step(now)
    journal.full = False
    assert (watch.step(now), len(journal.lines)) == (2, 2)


def test_a_folder_that_did_not_change_is_not_read_again(spool, journal, now, monkeypatch):
    spool.leave("sales")
    watch = watching(spool, journal)
    watch.step(now)
    reads = []
    monkeypatch.setattr("cti.voicemail.watch.messages_in", lambda *place: reads.append(place) or [])
    watch.step(now)
    assert reads == []
    spool.leave("service")
    watch.step(now)
    assert [place[1] for place in reads] == ["service"]


def test_the_lock_of_a_dead_asterisk_is_broken(spool, journal):
    lock = spool.folder("sales") / ".lock"
    lock.touch()
    os.utime(lock, (time.time() - 3600, time.time() - 3600))
    watching(spool, journal).step(datetime.now(UTC))
    assert not lock.exists()
