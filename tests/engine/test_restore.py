"""After its own death the engine knows again who was at work."""

from datetime import UTC, datetime

from cti.core.events import AgentLoggedIn, AgentPaused
from cti.core.words import Presence
from cti.engine import restore
from cti.journal.engine_log import EngineJournal, Kind

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def journal_of(path, *lines, rotate_bytes=1 << 20):
    journal = EngineJournal(path, rotate_bytes=rotate_bytes)
    for agent, presence, reason in lines:
        journal.append(Kind.PRESENCE, NOW, agent=agent, presence=presence, reason=reason)
    journal.close()


def test_the_last_word_of_each_agent_counts(tmp_path):
    path = tmp_path / "engine.jsonl"
    journal_of(path, ("1001", "ready", ""), ("1002", "ready", ""), ("1001", "paused", "lunch"), ("1002", "offline", ""))
    found = restore.last_presences(path, {"1001", "1002", "1003"})
    assert found == {"1001": (Presence.PAUSED, "lunch"), "1002": (Presence.OFFLINE, "")}
    assert restore.restoring_events(found, NOW) == [
        AgentLoggedIn(at=NOW, agent="1001"),
        AgentPaused(at=NOW, agent="1001", reason="lunch", restored=True),
    ]


def test_an_agent_who_talked_when_the_engine_died_is_logged_in_again():
    assert restore.restoring_events({"1001": (Presence.TALKING, "")}, NOW) == [AgentLoggedIn(at=NOW, agent="1001")]


def test_it_looks_into_rotated_files_and_over_block_borders(tmp_path, monkeypatch):
    monkeypatch.setattr(restore, "BLOCK", 37)
    path = tmp_path / "engine.jsonl"
    journal_of(path, ("1001", "ready", ""), *[("1002", "ready", "")] * 50, rotate_bytes=1_000)
    assert len(list(tmp_path.iterdir())) > 2
    assert restore.last_presences(path, {"1001"}) == {"1001": (Presence.READY, "")}


def test_a_torn_last_line_and_no_journal_at_all_are_fine(tmp_path):
    path = tmp_path / "engine.jsonl"
    assert restore.last_presences(path, {"1001"}) == {}
    journal_of(path, ("1001", "ready", ""))
    with path.open("ab") as file:
        file.write(b'{"kind":"presence","at":"2026-')
    assert restore.last_presences(path, {"1001"}) == {"1001": (Presence.READY, "")}


def test_the_queues_that_were_closed_are_known_after_any_number_of_new_files(tmp_path):
    path = tmp_path / "engine.jsonl"
    assert restore.closed_queues(path) == set()
    journal = EngineJournal(path, rotate_bytes=400)
    journal.stand(Kind.QUEUES, NOW, closed=["parts"])
    journal.stand(Kind.QUEUES, NOW, closed=["parts", "sales"])
    for number in range(40):
        journal.append(Kind.PRESENCE, NOW, agent=f"10{number}", presence="ready", reason="")
    journal.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) > 5
    assert all(b'"kind":"queues"' in file.read_bytes() for file in files)
    assert restore.closed_queues(path) == {"parts", "sales"}
    EngineJournal(path).stand(Kind.QUEUES, NOW, closed=[])
    assert restore.closed_queues(path) == set()
