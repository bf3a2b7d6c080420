"""`cti report` on an instance with a morning of calls: numbers, definitions, intervals, and the rows behind them."""

from __future__ import annotations

import asyncio
import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from cti.cli import main
from cti.cli.report_options import FORMATS
from cti.config import load_config
from cti.db.store import Store
from cti.journal.engine_log import EngineJournal
from cti.journal.importer import Importer, journal_files
from cti.reporting.makers import MAKERS

ZERO = datetime(2026, 11, 2, 1, tzinfo=UTC)  # 09:00 in Shanghai
DAY = ("--from", "2026-11-02", "--to", "2026-11-03")


def log(minute: float, call: str, queue: str, agent: str, event: str, *data: object) -> str:
    at = int((ZERO + timedelta(minutes=minute)).timestamp())
    return "|".join(map(str, (at, call, queue, agent, event, *data)))


# Answered after 10 s; after 20 s (exactly T); abandoned after 5 s (exactly S); timed out into service, where the caller
# was answered after 30 s; came while sales was closed.
MORNING = "\n".join(
    [
        log(0, "1793580000.1", "sales", "NONE", "ENTERQUEUE", "", "13800000001", 1),
        log(10 / 60, "1793580000.1", "sales", "1001", "CONNECT", 10, "1793580000.9", 4),
        log(70 / 60, "1793580000.1", "sales", "1001", "COMPLETEAGENT", 10, 60, 1),
        log(20, "1793580000.2", "sales", "NONE", "ENTERQUEUE", "", "13800000002", 1),
        log(20 + 20 / 60, "1793580000.2", "sales", "1002", "CONNECT", 20, "1793580000.9", 4),
        log(20 + 50 / 60, "1793580000.2", "sales", "1002", "COMPLETECALLER", 20, 30, 1),
        log(30, "1793580000.3", "sales", "NONE", "ENTERQUEUE", "", "13800000003", 1),
        log(30 + 5 / 60, "1793580000.3", "sales", "NONE", "ABANDON", 1, 1, 5),
        log(59, "1793580000.4", "sales", "NONE", "ENTERQUEUE", "", "13800000004", 1),
        log(60, "1793580000.4", "sales", "NONE", "EXITWITHTIMEOUT", 1, 1, 60),
        log(60, "1793580000.4", "service", "NONE", "ENTERQUEUE", "", "13800000004", 1),
        log(60.5, "1793580000.4", "service", "1002", "CONNECT", 30, "1793580000.9", 4),
        log(61, "1793580000.4", "service", "1002", "COMPLETEAGENT", 30, 30, 1),
        log(90, "1793580000.5", "sales", "NONE", "CLOSED"),
    ]
)


@pytest.fixture
def database_line(on_both: str) -> str:
    return on_both


@pytest.fixture
async def home(tmp_path: Path, database_line: str) -> Path:
    (tmp_path / "cti.toml").write_text(database_line)
    (tmp_path / "secrets.toml").write_text("")
    (tmp_path / "secrets.toml").chmod(0o600)
    (tmp_path / "site.yaml").write_text("site: {timezone: Asia/Shanghai}\n")
    config = load_config(tmp_path)
    files = journal_files(config.log_dir, config.journal_file)
    files.queue_log.parent.mkdir(parents=True)
    files.queue_log.write_text(MORNING + "\n")
    journal = EngineJournal(config.journal_file)
    for minute, presence, more in (
        (-30, "ready", {}),
        (60, "paused", {"reason": "lunch", "payable": False, "billable": False}),
        (120, "offline", {}),
    ):
        at = ZERO + timedelta(minutes=minute)
        journal.append("presence", at, **{"agent": "1001", "presence": presence, "reason": "", **more})
    journal.close()
    async with Store(config.database_url) as store:
        await Importer(files, store).drain()
    return tmp_path


@pytest.fixture
def cti(home: Path):
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(home), "report", *words])

    return run


def rows(result: Result, key: str = "queue") -> dict[str, dict]:
    assert result.exit_code == 0, result.output
    return {row[key]: row for row in json.loads(result.stdout)["rows"]}


def test_each_queue_has_its_own_line_and_everything_together_the_last(cti):
    result = cti("queue", *DAY, "--format", "json")
    found = rows(result)
    sales, service = found["sales"], found["service"]
    assert [sales[n] for n in ("entered", "answered", "abandoned", "short_abandoned", "sent_on", "closed")] == [
        4,
        2,
        1,
        1,
        1,
        1,
    ]
    assert (sales["service_level_offered_percent"], sales["asa_seconds"]) == (50.0, 15.0)
    assert (service["service_level_offered_percent"], service["asa_seconds"]) == (0.0, 30.0)
    total = json.loads(result.stdout)["total"]
    assert (total["entered"], total["answered"], total["service_level_offered_percent"]) == (5, 3, 40.0)


def test_the_threshold_can_be_asked_for_and_is_printed(cti):
    result = cti("queue", *DAY, "--format", "json", "--within", "30")
    assert rows(result)["service"]["service_level_offered_percent"] == 100.0
    assert json.loads(result.stdout)["about"]["T (answered in time)"] == "30 s"


def test_an_interval_without_calls_has_no_line_and_no_invented_number(cti):
    found = rows(cti("interval", *DAY, "--by", "hour", "--format", "json"), "from")
    assert {start[11:16]: row["entered"] for start, row in found.items()} == {"09:00": 4, "10:00": 1}
    assert found["2026-11-02T09:00:00+08:00"]["answered"] == 2


def test_the_same_calls_by_every_definition(cti):
    sales = rows(cti("service-level", *DAY, "--queue", "sales", "--format", "json"))["sales"]
    assert sales["service_level_asterisk_perf_percent"] == 100.0
    assert sales["service_level_offered_percent"] == 50.0
    assert sales["service_level_genesys_short_off_percent"] == 100.0


def test_an_agents_time_is_cut_to_the_period(cti):
    found = rows(cti("agent", "--from", "2026-11-02 09:00", "--to", "2026-11-02 10:30", "--format", "json"), "agent")
    agent = found["1001"]
    assert (agent["answered"], agent["ready_seconds"], agent["paused_seconds"]) == (1, 3600.0, 1800.0)
    assert (agent["paused_payable_seconds"], agent["logged_in_seconds"]) == (0.0, 5400.0)
    assert found["1002"]["occupancy_percent"] is None


def test_the_rows_behind_the_numbers_are_shown(cti):
    found = json.loads(cti("abandoned", *DAY, "--drill", "--format", "json").stdout)
    assert [(row["call"], row["wait_ms"], row["entered"]) for row in found] == [
        ("1793580000.3", 5000, "2026-11-02T09:30:00+08:00")
    ]


def test_counted_again_from_rows_and_journals_a_report_is_the_same(cti):
    for name in ("queue", "agent", "waits", "pauses"):
        result = cti(name, *DAY, "--check", "--by", "15min")
        assert result.exit_code == 0, result.output
        assert f"{name}: " in result.stderr
        assert "rows and journals: all equal\n" in result.stderr


def test_a_check_is_part_of_the_document(cti, home):
    said = json.loads(cti("waits", *DAY, "--check", "--json").stdout)
    told = {"numbers": 35, "from": ["rows", "journals"], "differences": 0, "listed": []}
    assert said["check"] == {"since": "2026-11-02T00:00:00+08:00", **told}
    asyncio.run(tampered(home, "UPDATE visits SET wait_ms = 9000 WHERE wait_ms = 10000"))
    result = cti("waits", *DAY, "--check", "--json")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert said["rows"]
    told = {"rows": 9000, "journals": 10000}
    assert {"place": "visits 1793580000.1 0: wait_ms", "told": told} in said["check"]["listed"]


async def tampered(home: Path, statement: str) -> None:
    async with Store(load_config(home).database_url) as store, store.database.writing() as connection:
        await connection.execute(text(statement))


def test_a_sum_that_is_not_that_of_the_rows_is_told(cti, journal, home):
    assert "quarters of an hour" in journal("rebuild", "--rollups").stdout
    asked = ("queue", *DAY, "--check", "--within", "20", "--short", "5")
    assert cti(*asked).stderr == "queue: 57 numbers compared from rollups, rows and journals: all equal\n"
    asyncio.run(tampered(home, "UPDATE rollup_queue_visits SET answered = 7 WHERE queue = 'service'"))
    result = cti(*asked)
    assert result.exit_code == 1
    assert "differs: rollup of 2026-11-02 10:00 service: answered is 7 in rollups, 1 in rows\n" in result.stderr
    assert "differs: report, service: answered is 7 in rollups, 1 in rows, 1 in journals\n" in result.stderr
    told = json.loads(cti(*asked, "--format", "json").stdout)["rows"]
    assert {row["queue"]: row["answered"] for row in told}["service"] == 7
    assert journal("rebuild", "--rollups").exit_code == 0
    assert cti(*asked).exit_code == 0


def test_csv_carries_its_definitions_and_cannot_be_a_formula(cti, home):
    lines = list(csv.reader(cti("queue", *DAY, "--format", "csv").stdout.splitlines()))
    head = lines[0]
    assert dict(zip(head, lines[1], strict=True))["service_level_offered_percent"] == "50.0"
    assert ["# service_level_offered_percent", "service_level.offered v1"] in lines
    assert ["# T (answered in time)", "20 s"] in lines


def test_a_table_for_people_says_its_period(cti):
    result = cti("queue", *DAY)
    assert "sales" in result.stdout
    assert "from 2026-11-02 00:00+08:00" in result.stdout


def test_a_comparison_explains_itself_too(cti):
    shown = {line["metric"] for line in json.loads(cti("explain", "compare", "--json").stdout)}
    assert shown == {"difference v1", "change v1", "of v1"}


def test_a_report_explains_itself_in_two_languages(cti):
    shown = {line["metric"]: line for line in json.loads(cti("explain", "queue", "--json").stdout)}
    assert shown["asa v1"]["formula"] == "answered_wait_ms / answered"
    assert "平均" in shown["asa v1"]["says_zh"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("queue", "--from", "2026-11-03", "--to", "2026-11-02"), "the period is empty"),
        (("queue", "--from", "yesterday"), "is no instant"),
        (("queue", "--within", "-1"), "0 or more"),
        (("queue", "--short", "nan"), "0 or more"),
        (("queue", "--within", "inf"), "0 or more"),
        (("repeat", "--from", "0002-01-01"), "between the years"),
        (("wallboard", "--to", "9999-12-31"), "between the years"),
        (("compare", "queue", "--from", "1980-01-02", "--to", "1990-01-01"), "between the years"),
    ],
)
def test_a_wrong_question_is_answered_in_one_line(cti, words, said):
    result = cti(*words)
    assert result.exit_code != 0
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.fixture
def journal(home: Path):
    return lambda *words: CliRunner().invoke(main, ["--home", str(home), "journal", *words])


def test_what_is_read_of_the_journals_is_told(journal, home):
    found = {row["source"]: row for row in json.loads(journal("status", "--json").stdout)}
    assert (found["queue_log"]["lines"], found["engine"]["lines"]) == (14, 3)
    assert {row["unread_bytes"] for row in found.values()} == {0}
    path = load_config(home).log_dir / "queue_log"
    path.write_text(path.read_text() + log(130, "1793580000.6", "sales", "NONE", "CLOSED") + "\n")
    assert max(row["unread_bytes"] for row in json.loads(journal("status", "--json").stdout)) > 0
    assert "1 new lines" in journal("read").stdout


def test_a_rebuild_changes_no_number(journal, cti):
    before = cti("queue", *DAY, "--format", "csv").stdout
    assert journal("rebuild").stdout.startswith("5 conversations\n")
    assert cti("queue", *DAY, "--format", "csv").stdout == before


FOREIGN = """1700000000|NONE|NONE|NONE|QUEUESTART|
1700000001|1700000001.7|Kundendienst|NONE|ENTERQUEUE||0049301234|1
1700000009|1700000001.7|Kundendienst|Müller, Ute|CONNECT|8|1700000005.8|3
1700000069|1700000001.7|Kundendienst|Müller, Ute|COMPLETECALLER|8|60|1
not a line at all
"""


def test_a_page_needs_nothing_else_and_has_charts_and_definitions(cti, tmp_path):
    page = tmp_path / "week.html"
    result = cti("queue", *DAY, "--by", "hour", "--format", "html", "--out", str(page))
    assert result.exit_code == 0, result.output
    text = page.read_text()
    assert text.count("<svg") == 2
    assert "service_level.offered v1 = answered_in_time / entered" in text
    assert "http" not in text.replace("http-equiv", "")
    assert '<td class="count">4</td>' in text


def test_what_people_are_called_stays_text_in_a_page(cti, journal, tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "queue_log").write_text(FOREIGN.replace("Müller, Ute", "<script>alert(1)</script>"))
    journal("import", str(tmp_path / "old" / "queue_log"))
    text = cti("agent", "--from", "2023-11-01", "--to", "2023-12-01", "--format", "html").stdout
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_a_spreadsheet_has_numbers_and_local_instants(cti, tmp_path):
    path = tmp_path / "week.xlsx"
    assert cti("interval", *DAY, "--by", "hour", "--format", "xlsx", "--out", str(path)).exit_code == 0
    book = openpyxl.load_workbook(path)
    head, first, *_ = book["interval"].iter_rows(values_only=True)
    row = dict(zip(head, first, strict=True))
    assert (row["from"].hour, row["entered"], row["asa_seconds"]) == (9, 4, 15.0)
    assert "service_level.offered v1" in {line[0] for line in book["definitions"].iter_rows(values_only=True)}


def test_a_file_that_cannot_be_written_is_told_in_one_line(cti, tmp_path):
    result = cti("queue", *DAY, "--out", str(tmp_path / "no" / "such.csv"))
    assert result.exit_code != 0
    assert result.stderr.count("\n") == 1
    assert "cannot write" in result.stderr


@pytest.mark.parametrize("name", sorted(set(MAKERS)))
def test_a_report_with_a_maker_of_its_own_is_written_in_every_format(cti, tmp_path, name):
    for form in FORMATS:
        file = tmp_path / f"{name}.{form}"
        result = cti(name, *DAY, "--format", form, "--out", str(file))
        assert result.exit_code == 0, result.output
        assert file.stat().st_size > 0
    assert cti(name, *DAY).exit_code == 0
    assert json.loads(cti(name, *DAY, "--drill", "--format", "json").stdout) is not None
    explained = json.loads(cti("explain", name, "--json").stdout)
    assert all(line["says_zh"] for line in explained)


@pytest.mark.parametrize("length", ["0d", "week", "-1d", "7"])
def test_a_window_is_a_length_of_time(cti, length):
    result = cti("repeat", *DAY, "--window", length)
    assert result.exit_code == 2
    assert "is no length; write 7d" in result.stderr


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["queue", "agent", "wallboard"])
def test_two_periods_side_by_side_are_written_in_every_format(cti, tmp_path, name, form):
    file = tmp_path / f"beside.{form}"
    result = cti("compare", name, *DAY, "--against", "last-week", "--format", form, "--out", str(file))
    assert result.exit_code == 0, result.output
    assert file.stat().st_size > 0


def test_a_period_beside_another_one_is_printed_with_both(cti):
    result = cti("compare", "queue", *DAY, "--against", "2026-10-01..2026-10-08")
    assert result.exit_code == 0, result.output
    assert "then from 2026-10-01 00:00+08:00" in result.stdout
    assert "service level: offered" in result.stdout


@pytest.mark.parametrize("against", ["last-century", "2026-11-08..2026-11-01", "..", "2026-11-01"])
def test_a_period_that_is_none_is_told_in_one_line(cti, against):
    result = cti("compare", "queue", *DAY, "--against", against)
    assert result.exit_code == 2
    assert "--against" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_what_in_time_means_is_the_sites_where_nothing_else_is_asked_for(cti, home):
    site = (
        "site: {name: x, timezone: Asia/Shanghai, languages: [en]}\nreports: {within_seconds: 30, short_seconds: 2.5}\n"
    )
    (home / "site.yaml").write_text(site)
    about = json.loads(cti("queue", *DAY, "--format", "json").stdout)["about"]
    assert (about["T (answered in time)"], about["S (short abandon)"]) == ("30 s", "2.5 s")
    asked = json.loads(cti("queue", *DAY, "--within", "10", "--format", "json").stdout)["about"]
    assert (asked["T (answered in time)"], asked["S (short abandon)"]) == ("10 s", "2.5 s")


def test_a_queue_with_its_own_threshold_is_counted_with_it_unless_another_is_asked_for(cti, home):
    usual = json.loads(cti("queue", *DAY, "--format", "json").stdout)
    site = "site: {name: x, timezone: Asia/Shanghai, languages: [en]}\nqueues:\n"
    site += "  sales: {overflow: hangup, service_level: {within_seconds: 0, short_seconds: 0}}\n"
    (home / "site.yaml").write_text(site)
    told = cti("queue", *DAY, "--format", "json")
    assert json.loads(told.stdout)["about"]["T (answered in time)"] == "20 s; sales 0 s"
    names = ("entered", "short_abandoned", "service_level_offered_percent")
    assert [rows(told)["sales"][name] for name in names] == [4, 0, 0.0]
    assert rows(told)["service"] == {row["queue"]: row for row in usual["rows"]}["service"]
    assert json.loads(cti("queue", *DAY, "--within", "20", "--short", "5", "--format", "json").stdout) == usual


def test_what_agents_and_callers_did_is_drawn(cti, tmp_path):
    drawn = {}
    for name in ("wallboard", "staffing", "recordings"):
        page = tmp_path / f"{name}.html"
        result = cti(name, *DAY, "--format", "html", "--out", str(page))
        assert result.exit_code == 0, result.output
        drawn[name] = page.read_text().count("<svg")
    assert drawn == {"wallboard": 2, "staffing": 2, "recordings": 1}
