"""Journals on disk = stored lines = rows, on both databases; whatever is changed anywhere is found and named."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, insert, update

from cti.cli import main
from cti.config import load_config
from cti.db.fact_tables import AnnouncementRow, OfferRow, PresenceRow, VisitRow
from cti.db.plain import Driver
from cti.db.proof import Proof, proving
from cti.db.store import Store
from cti.db.tables import ConversationRow, ExplanationRow, JournalLineRow, SegmentRow
from cti.journal.importer import Importer, journal_files


async def differences(store: Store) -> list[str]:
    async with proving(store.database) as proof:
        return [str(difference) async for difference in proof.rows(lambda count: None)]


@pytest.fixture
async def filled(store, day) -> Store:
    for number in range(6):
        day.call(number)
    day.tell("presence", 1_795_300_000.5, agent="1001", presence="ready", reason="")
    day.tell(
        "told", 1_795_300_001.5, call="1795300000.0", queue="sales", position=1, wait_minutes=2, expected_seconds=90
    )
    await Importer(day.files, store).drain()
    return store


async def test_rows_that_the_lines_make_are_proven(filled):
    assert await differences(filled) == []
    await filled.refold_all()
    assert await differences(filled) == []


# table, what is done to it, what is said of it
_DAMAGE = [
    (update(ConversationRow).where(ConversationRow.agent == "1001").values(agent="1009"), "agent is '1009', the lines"),
    (update(VisitRow).where(VisitRow.agent == "1002").values(wait_ms=VisitRow.wait_ms + 1), "wait_ms is "),
    (delete(OfferRow).where(OfferRow.agent == "1003"), "offers 1795300030.30 0: is missing"),
    (delete(SegmentRow).where(SegmentRow.kind == "menu", SegmentRow.call == "1795300010.10"), "segments 1795300010.10"),
    (delete(PresenceRow), "is missing"),
    (delete(AnnouncementRow), "announcements "),
    (delete(ExplanationRow).where(ExplanationRow.call == "1795300010.10"), "explanations "),
    (update(PresenceRow).values(presence="paused"), "presence is 'paused', the lines say 'ready'"),
    (
        update(VisitRow).where(VisitRow.call == "1795300010.10").values(call="99.9"),
        "visits 99.9: is there, and no line",
    ),
]


class Undo(Exception):
    """Ends a transaction without a trace."""


async def test_each_row_that_was_changed_is_named(filled):
    for damage, said in _DAMAGE:
        with suppress(Undo):
            async with filled.database.writing() as connection:
                await connection.execute(damage)
                proof = Proof(connection, await Driver.under(connection))
                found = [str(difference) async for difference in proof.rows(lambda count: None)]
                raise Undo
        assert 1 <= len(found) <= 2, said
        assert said in " ".join(found)


async def test_a_conversation_that_no_line_tells_of_is_named(filled):
    async with filled.database.writing() as connection:
        some = ConversationRow.__table__.select().order_by(ConversationRow.id).limit(1)
        row = dict((await connection.execute(some)).mappings().one())
        await connection.execute(delete(ConversationRow).where(ConversationRow.id == row["id"]))
        await connection.execute(insert(ConversationRow), [row | {"id": "77.7"}])
    assert await differences(filled) == [
        f"conversations {row['id']}: is missing",
        "conversations 77.7: is there, and no line says so",
    ]


# --- files, by the command -----------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path, day) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    for name, words in (("cti.toml", ""), ("secrets.toml", ""), ("site.yaml", "site: {timezone: UTC}\n")):
        (home / name).write_text(words)
    (home / "secrets.toml").chmod(0o600)
    config = load_config(home)
    files = journal_files(config.log_dir, config.journal_file)
    for number in range(30):
        day.call(number)
    for ours, theirs in zip(day.files.paths().values(), files.paths().values(), strict=True):
        theirs.parent.mkdir(parents=True, exist_ok=True)
        for one in ours.parent.glob(f"{ours.stem}*"):
            if one.is_file():
                theirs.with_name(one.name).write_bytes(one.read_bytes())
    assert CliRunner().invoke(main, ["--home", str(home), "journal", "read"]).exit_code == 0
    return home


def verify(home: Path, *words: str) -> tuple[int, dict]:
    result = CliRunner().invoke(main, ["--home", str(home), "journal", "verify", "--json", *words])
    assert result.exit_code in (0, 1), result.output
    return result.exit_code, json.loads(result.stdout)


def change(path: Path, old: bytes, new: bytes) -> None:
    raw = path.read_bytes()
    assert old in raw
    path.write_bytes(raw.replace(old, new, 1))


def test_what_was_read_is_what_is_there(home):
    code, told = verify(home)
    assert (code, told["differences"], told["notes"], told["conversations"]) == (0, [], [], 30)
    assert {file["journal"] for file in told["files"]} == {"queue_log", "cel", "engine"}
    assert sum(file["lines"] for file in told["files"]) > 300
    plain = CliRunner().invoke(main, ["--home", str(home), "journal", "verify"])
    assert "30 conversations folded anew: 0 difference(s)" in plain.stdout


def test_a_line_that_was_rewritten_is_named_with_its_place(home):
    change(load_config(home).log_dir / "queue_log", b"|ABANDON|1|1|5", b"|ABANDON|1|1|7")
    code, told = verify(home)
    assert code == 1
    (said,) = told["differences"]
    assert said.startswith("queue_log queue_log byte ")
    assert "'wait_seconds': 5" in said
    assert "'wait_seconds': 7" in said


def test_a_line_that_became_a_torn_one_is_named_and_counted(home):
    change(load_config(home).log_dir / "queue_log", b"|ABANDON|1|1|5", b"|ABANDON|x|x|x")
    code, told = verify(home)
    assert (code, len(told["differences"])) == (1, 1)
    assert "none is there that is accepted" in told["differences"][0]
    assert next(file for file in told["files"] if file["journal"] == "queue_log")["refused"] == {
        "a count that cannot be": 1
    }


def test_a_file_that_lost_its_end_is_named_with_what_stands_beyond_it(home):
    path = load_config(home).log_dir / "queue_log"
    lines = path.read_bytes().splitlines(True)
    path.write_bytes(b"".join(lines[:-3]))
    code, told = verify(home)
    assert code == 1
    assert "3 stored lines stand beyond it" in told["differences"][0]


def test_a_line_that_was_lost_from_the_database_is_named(home):
    import asyncio

    async def lose() -> None:
        async with Store(load_config(home).database_url) as store, store.database.writing() as connection:
            await connection.execute(delete(JournalLineRow).where(JournalLineRow.kind == "ABANDON"))

    asyncio.run(lose())
    code, told = verify(home)
    assert code == 1
    assert sum("the line is not stored" in said for said in told["differences"]) == 10


def test_what_is_new_or_gone_is_a_note(home):
    log = load_config(home).log_dir
    (log / "queue_log.3").write_text("1795300000|1.1|q|NONE|ENTERQUEUE||1|1\n")
    next((log / "cel-custom").iterdir()).unlink()
    code, told = verify(home)
    assert code == 0
    assert "queue_log queue_log.3: 38 bytes are not read yet" in told["notes"]
    assert "queue_log.1 is not there, but queue_log.3 is" in told["notes"]
    assert any("cel Master.csv is gone" in note for note in told["notes"])


def test_lines_of_months_that_were_let_go_are_a_note(home):
    import asyncio

    change(load_config(home).log_dir / "queue_log", b"17953000", b"17053000")
    assert CliRunner().invoke(main, ["--home", str(home), "journal", "read"]).exit_code == 0

    async def forget() -> None:
        async with Store(load_config(home).database_url) as store, store.database.writing() as connection:
            await connection.execute(delete(JournalLineRow).where(JournalLineRow.at < datetime(2025, 1, 1, tzinfo=UTC)))

    asyncio.run(forget())
    _, told = verify(home)
    assert any("older than every conversation" in note for note in told["notes"])


def test_files_of_another_installation_are_verified_where_they_lie(home, tmp_path):
    old = tmp_path / "old" / "queue_log"
    old.parent.mkdir()
    old.write_text(
        "1700000001|1700000001.7|Über|NONE|ENTERQUEUE||0049|1\n1700000009|1700000001.7|Über|NONE|ABANDON|1|1|8\n"
    )
    run = ["--home", str(home), "journal", "import", str(old.parent)]
    assert CliRunner().invoke(main, run).exit_code == 0
    assert verify(home, str(old.parent))[0] == 0
    change(old, b"ABANDON|1|1|8", b"ABANDON|1|1|9")
    assert verify(home, str(old.parent))[0] == 1
    old.write_text("1700000000|1700000000.7|q|NONE|ENTERQUEUE||0049|1\n")
    assert "is not imported" in verify(home, str(old.parent))[1]["differences"][0]
