"""The engine's own journal: what is appended comes back, whatever dies in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cti.core.words import Caller, Outcome
from cti.errors import StoreError
from cti.journal.engine_log import EngineJournal, Kind, parse
from cti.journal.refusal import LineError

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def read(path: Path) -> list:
    found = []
    for raw in path.read_bytes().split(b"\n"):
        try:
            line = parse(raw, "f", 0)
        except LineError:
            continue
        found += [line] if line else []
    return found


def test_what_is_appended_is_read_back(tmp_path):
    journal = EngineJournal(tmp_path / "j" / "engine.jsonl")
    caller = Caller(number="1", language="zh", digits=(("main", "1"),))
    journal.append(Kind.JOINED, NOW, call="1.1", caller=caller, entered=NOW, wait=timedelta(seconds=2))
    journal.append("released", NOW, call="1.1", outcome=Outcome.OVERFLOW)
    joined, released = read(journal.path)
    journal.close()
    assert (joined.kind, joined.call, joined.at) == ("joined", "1.1", NOW)
    assert joined.data["caller"]["language"] == "zh"
    assert (joined.data["entered"], joined.data["wait"]) == (NOW.isoformat(), 2.0)
    assert released.data == {"outcome": "overflow"}


def test_a_line_torn_by_a_death_is_ended_and_refused(tmp_path):
    path = tmp_path / "engine.jsonl"
    path.write_bytes(b'{"kind":"left","at":"2026-11-22T07:00:00+00:00","call":"1.1"}\n{"kind":"left","at":"20')
    journal = EngineJournal(path)
    journal.append(Kind.LEFT, NOW, call="1.2")
    journal.close()
    assert [line.call for line in read(path)] == ["1.1", "1.2"]


def test_kill_9_loses_no_line_that_append_returned_for(tmp_path):
    script = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path\n"
        "from cti.journal.engine_log import EngineJournal\n"
        "journal = EngineJournal(Path(sys.argv[1]))\n"
        "for number in range(10**9):\n"
        "    journal.append('left', datetime.now(UTC), call=f'1.{number}')\n"
        "    sys.stdout.buffer.write(b'x' if number % 500 else b'\\n'); sys.stdout.flush()\n"
    )
    path = tmp_path / "engine.jsonl"
    child = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE)
    returned = child.stdout.read(3000)
    os.kill(child.pid, signal.SIGKILL)
    returned += child.stdout.read()
    child.wait()
    child.stdout.close()
    assert len(read(path)) - len(returned) in (0, 1)  # at most the one it died in


def test_a_full_file_is_kept_under_another_name(tmp_path):
    journal = EngineJournal(tmp_path / "engine.jsonl", rotate_bytes=500)
    for number in range(30):
        journal.append(Kind.LEFT, NOW + timedelta(seconds=number), call=f"1.{number}")
    journal.close()
    files = sorted(tmp_path.glob("engine*.jsonl"))
    assert len(files) > 3
    assert all(file.stat().st_size <= 500 for file in files)
    calls = [
        line.call for file in sorted(files, key=lambda f: (f.name == "engine.jsonl", f.name)) for line in read(file)
    ]
    assert calls == [f"1.{number}" for number in range(30)]
    assert len({file.read_bytes().splitlines()[0] for file in files}) == len(files)


def test_text_that_no_file_or_database_can_hold_is_made_harmless(tmp_path):
    journal = EngineJournal(tmp_path / "engine.jsonl")
    journal.append(Kind.JOINED, NOW, call="1.1", caller={"name": "a\ud800\x00\nb\u2028", "\udc00": 1})
    journal.close()
    (line,) = read(journal.path)
    assert "\x00" not in line.data["caller"]["name"]
    str(line.data).encode()
    assert len(journal.path.read_bytes().splitlines()) == 2


def test_a_line_that_is_too_long_is_refused_and_nothing_is_written(tmp_path):
    journal = EngineJournal(tmp_path / "engine.jsonl")
    journal.append(Kind.LEFT, NOW, call="1.1")
    with pytest.raises(StoreError, match="too long"):
        journal.append(Kind.EXPLAIN, NOW, call="1.1", candidates=["x" * 70_000])
    journal.close()
    assert len(read(journal.path)) == 1


def test_a_full_disk_is_said_and_the_next_line_is_whole(tmp_path, monkeypatch):
    journal = EngineJournal(tmp_path / "engine.jsonl")
    journal.append(Kind.LEFT, NOW, call="1.1")
    true_write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, data: true_write(file, data[:10]))
        with pytest.raises(StoreError, match="disk full"):
            journal.append(Kind.LEFT, NOW, call="1.2")
    journal.append(Kind.LEFT, NOW, call="1.3")
    journal.close()
    assert [line.call for line in read(journal.path)] == ["1.1", "1.3"]


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[]", b"null", b'{"kind":"x","at":"2026-11-22T07:00:00+00:00"}', b"[" * 99999]
)
def test_foreign_lines_are_refused(raw):
    with pytest.raises(LineError):
        parse(raw, "f", 0)


def test_an_instant_without_a_zone_is_not_journalled(tmp_path):
    with pytest.raises(ValueError, match="time zone"):
        EngineJournal(tmp_path / "engine.jsonl").append(Kind.LEFT, datetime(2026, 1, 1), call="1.1")  # noqa: DTZ001 -- the point
