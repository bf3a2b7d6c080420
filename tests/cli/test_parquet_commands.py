"""The README's queries over the exported files, as they stand there; a report as a Parquet file."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import sqlglot
from click.testing import CliRunner, Result
from sqlglot import exp

from cti.cli import main
from cti.config import load_config
from cti.db.store import Store
from cti.journal.engine_log import EngineJournal
from cti.journal.importer import Importer, journal_files

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
BEGIN = datetime(2026, 11, 1, 10, tzinfo=UTC)  # 18:00 in Shanghai; 40 hours follow
CALLS = 400


def queue_log(chance: random.Random) -> list[str]:
    lines: list[tuple[int, str]] = []
    for number in range(CALLS):
        at = int((BEGIN + timedelta(seconds=chance.randrange(40 * 3600))).timestamp())
        queue, call = chance.choice(["sales", "service", "parts"]), f"{at}.{number}"
        wait, agent = chance.choice([3, 5, 20, 21, chance.randrange(90)]), f"10{chance.randrange(7):02}"
        story = [(at, "NONE", "ENTERQUEUE", "", f"1380000{number % 50:04}", 1)]
        if chance.random() < 0.3:
            story.append((at + wait, "NONE", "ABANDON", 1, 1, wait))
        else:
            talk = chance.randrange(1, 300)
            story.append((at + wait, agent, "CONNECT", wait, f"{at}.{number + 1000}", min(wait, 4)))
            story.append((at + wait + talk, agent, "COMPLETEAGENT", wait, talk, 1))
        lines += [(when, "|".join(map(str, (when, call, queue, *rest)))) for when, *rest in story]
    lines.append((at, f"{at}.9999|sales|NONE|CLOSED"))
    return [line for _, line in sorted(lines)]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    import asyncio

    home = tmp_path_factory.mktemp("home")
    for name, text in (("cti.toml", ""), ("secrets.toml", ""), ("site.yaml", "site: {timezone: Asia/Shanghai}\n")):
        (home / name).write_text(text)
    (home / "secrets.toml").chmod(0o600)
    config, chance = load_config(home), random.Random(7)
    files = journal_files(config.log_dir, config.journal_file)
    files.queue_log.parent.mkdir(parents=True)
    files.queue_log.write_text("\n".join(queue_log(chance)) + "\n")
    journal = EngineJournal(config.journal_file)
    for number in range(60):
        call, agent = f"1793600000.{9000 + number}", f"10{number % 4:02}"
        at, caller = BEGIN + timedelta(minutes=number), {"number": f"1390000{number % 9:04}"}
        journal.append("joined", at, call=call, queue="sales", caller=caller)
        journal.append("offer", at + timedelta(seconds=1), call=call, agent=agent, queue="sales")
        journal.append("missed", at + timedelta(seconds=9), call=call, agent=agent, why="no_answer")
    journal.close()

    async def fill() -> None:
        async with Store(config.database_url) as store:
            await Importer(files, store).drain()

    asyncio.run(fill())
    return home


@pytest.fixture(scope="module")
def cti(home):
    def run(*words: str) -> Result:
        result = CliRunner().invoke(main, ["--home", str(home), *words])
        assert result.exit_code == 0, result.output
        return result

    return run


@pytest.fixture(scope="module")
def lake(cti, home) -> Path:
    cti("report", "export", str(home / "lake"))
    return home / "lake"


def query(which: int, lake: Path) -> str:
    """The n-th query of the README; only the folder is put into its place."""
    found = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)[which]
    assert "/srv/calls" in found
    return found.replace("/srv/calls", str(lake))


def test_duckdb_says_what_the_report_says_to_the_last_digit(cti, lake):
    said = re.search(r"`cti (report queue --from \S+ --to \S+)`", README)
    lines = json.loads(cti(*said[1].split(), "--format", "json").stdout)["rows"]
    found = duckdb.sql(query(0, lake))
    names = ["entered" if name == "came" else name for name in found.columns]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    assert rows == [{name: line[name] for name in names} for line in lines]
    assert len(rows) == 3
    assert 0 < sum(row["entered"] for row in rows) < CALLS  # the period cuts both ends


def test_spark_sql_means_what_the_rows_say(cti, lake, home):
    """Spark itself was asked by hand; here its dialect is read by a parser and the same query is run by DuckDB."""
    tree = sqlglot.parse_one(query(1, lake), read="spark")
    for table in tree.find_all(exp.Table):
        assert table.db == "parquet"
        table.replace(
            sqlglot.parse_one(f"SELECT * FROM read_parquet('{table.name}/*/*')", read="duckdb").subquery(table.alias)
        )
    found = duckdb.sql(tree.sql("duckdb"))
    rows = {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.fetchall()}
    drill = ("report", "agent", "--from", "2026-11-01 08:00", "--to", "2026-11-04 08:00", "--drill", "--format", "json")
    offers = json.loads(cti(*drill).stdout)
    assert {agent: row["rings"] for agent, row in rows.items()} == {
        agent: sum(offer["agent"] == agent for offer in offers) for agent in {offer["agent"] for offer in offers}
    }
    assert sum(row["missed"] for row in rows.values()) == 60
    assert sum(row["ring_ms"] for row in rows.values()) == sum(offer["ring_ms"] for offer in offers)


def test_a_report_is_a_parquet_file_with_its_definitions(cti, home):
    week = ("report", "queue", "--from", "2026-11-01", "--to", "2026-11-04", "--by", "hour")
    cti(*week, "--format", "parquet", "--out", str(home / "week.parquet"))
    expected = json.loads(cti(*week, "--format", "json").stdout)["rows"]
    names = [name for name in expected[0] if name != "from"]
    quoted = ", ".join(f'"{name}"' for name in names)
    found = duckdb.sql(f"SELECT epoch(\"from\") AS begin, {quoted} FROM '{home}/week.parquet'").fetchall()
    begins = [datetime.fromisoformat(row["from"]).timestamp() for row in expected]
    assert found == [(begin, *(row[name] for name in names)) for begin, row in zip(begins, expected, strict=True)]
    about = dict(
        duckdb.sql(f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{home}/week.parquet')").fetchall()
    )
    assert about["T (answered in time)"] == "20 s"
    assert about["definition of asa_seconds"] == "asa v1"


def test_an_export_tells_what_it_did(cti, lake, home):
    lines = json.loads(cti("report", "export", str(lake), "--table", "visits", "--from", "2026-11-02", "--json").stdout)
    assert [(line["table"], line["days_written"], line["days_same"]) for line in lines] == [("visits", 0, 3)]
    assert "days_written" in cti("report", "export", str(home / "other"), "--dry-run").stdout
    assert not list((home / "other").rglob("*.parquet"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "2026-11-03", "--to", "2026-11-02"), "the period is empty"),
        (("--from", "9999-12-31T23:59:59-23:00"), "is no instant"),
        (("--table", "cdr; drop table x"), "is not one of"),
    ],
)
def test_a_wrong_export_is_refused_in_one_line(home, words, said):
    result = CliRunner().invoke(main, ["--home", str(home), "report", "export", str(home / "no"), *words])
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_folder_that_cannot_be_written_is_told_in_one_line(home):
    (home / "file").write_text("")
    result = CliRunner().invoke(main, ["--home", str(home), "report", "export", str(home / "file" / "lake")])
    assert result.exit_code == 7
    assert result.stderr.startswith("error: cannot write")
    assert result.stderr.count("\n") == 1
