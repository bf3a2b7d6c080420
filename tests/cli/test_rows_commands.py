"""`cti call`, `cti agent` and `cti token` on an instance folder, as a person or a script would use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cti.cli import main

CALL = "1795300000.1"
LOG = f"""1795300001|{CALL}|sales|NONE|ENTERQUEUE||13800138000|1
1795300011|{CALL}|sales|1001|CONNECT|10||4
1795300041|{CALL}|sales|1001|COMPLETEAGENT|10|30|1
"""
CSV = "number,name,phone,skills\n1001,Li,PJSIP/1001,sales=50\n1002,Kim,PJSIP/1002,\n"


@pytest.fixture
def database_line(on_both: str) -> str:
    return on_both


@pytest.fixture
def home(tmp_path, database_line) -> Path:
    (tmp_path / "cti.toml").write_text(database_line)
    secrets = tmp_path / "secrets.toml"
    secrets.write_text("")
    secrets.chmod(0o600)
    (tmp_path / "site.yaml").write_text("site: {timezone: Asia/Shanghai}\n")
    return tmp_path


@pytest.fixture
def cti(home):
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(home), *words])

    return run


@pytest.fixture
async def imported(home):
    from cti.config import load_config
    from cti.db.store import Store
    from cti.journal.importer import Importer, journal_files

    config = load_config(home)
    files = journal_files(config.log_dir, config.journal_file)
    files.queue_log.parent.mkdir(parents=True)
    files.queue_log.write_text(LOG)
    async with Store(config.database_url) as store:
        await Importer(files, store).drain()


@pytest.mark.usefixtures("imported")
def test_calls_are_listed_in_the_sites_time(cti):
    result = cti("call", "list")
    assert result.exit_code == 0
    assert f"{CALL}" in result.stdout
    assert "2026-11-22 06:26:41" in result.stdout


@pytest.mark.usefixtures("imported")
def test_calls_are_json_for_scripts(cti):
    (row,) = json.loads(cti("call", "list", "--json", "--queue", "sales").stdout)
    assert (row["id"], row["talk_seconds"], row["started"]) == (CALL, 30.0, "2026-11-22T06:26:41+08:00")
    assert json.loads(cti("call", "list", "--json", "--from", "2026-11-23").stdout) == []
    assert json.loads(cti("call", "list", "--json", "--to", "2026-11-22 06:26:41").stdout) == []


@pytest.mark.usefixtures("imported")
def test_a_call_is_shown_with_its_timeline(cti):
    text = cti("call", "show", CALL).stdout
    assert [line.split()[1] for line in text.splitlines() if "█" in line] == ["wait", "ring", "talk"]
    assert [s["kind"] for s in json.loads(cti("call", "show", CALL, "--json").stdout)["segments"]] == [
        "wait",
        "ring",
        "talk",
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("call", "show", "1.1"), 3, "no conversation"),
        (("call", "list", "--from", "2026-02-30"), 2, "no instant"),
        (("call", "list", "--timezone", "../../etc/localtime"), 2, "no time zone"),
        (("call", "list", "--limit", "-1"), 2, "limit"),
        (("agent", "show", "1\n001"), 3, "no agent"),
        (("agent", "add", "x", "Li"), 2, "digits"),
        (("agent", "skill", "1001", "sales=5"), 3, "no agent"),
        (("agent", "skill", "1001", "sales", "5"), 2, "no change of a skill"),
        (("agent", "skill", "1001"), 2, "for example"),
        (("agent", "skill", "1001", "sales=٥"), 2, "no change of a skill"),
        (("agent", "remove", "1001"), 3, "no agent"),
        (("agent", "pause", "1001"), 1, "cti serve"),
        (("token", "create"), 2, "--agent"),
        (("token", "create", "--agent", "1001"), 3, "no agent"),
        (("token", "revoke", "x"), 3, "no token"),
    ],
)
def test_a_mistake_is_told_in_words_and_by_exit_code(cti, words, code, said):
    result = cti(*words)
    assert result.exit_code == code
    assert said in result.stderr
    assert result.stdout == ""


def test_agents_are_added_changed_listed_and_removed(cti):
    assert cti("agent", "add", "1001", "[red]Li\x1b[2J", "--secret", "longenough").exit_code == 2
    assert cti("agent", "add", "1001", "[red]李雷", "--skills", "sales=50", "--secret", "longenough").exit_code == 0
    assert cti("agent", "add", "1001", "Li").exit_code == 4
    assert cti("agent", "skill", "1001", "engine=70", "parts=5", "parts-").exit_code == 0
    (row,) = json.loads(cti("agent", "list", "--json").stdout)
    assert (row["name"], row["phone"], row["skills"]) == ("[red]李雷", "PJSIP/1001", {"engine": 70, "sales": 50})
    shown = cti("agent", "list").stdout + cti("agent", "show", "1001").stdout
    assert "[red]李雷" in shown
    assert "longenough" not in shown + str(row)
    assert "nothing was changed: 1 removed" in cti("agent", "remove", "1001", "--dry-run").stdout
    assert cti("agent", "remove", "1001", "1009").exit_code == 3
    assert len(json.loads(cti("agent", "list", "--json").stdout)) == 1
    assert cti("agent", "remove", "1001").exit_code == 0
    assert json.loads(cti("agent", "list", "--json").stdout) == []


def test_agents_are_imported_all_or_none(cti, home):
    file = home / "agents.csv"
    file.write_text(CSV)
    assert "dry run, nothing was changed: 2 added" in cti("agent", "import", str(file), "--dry-run").stdout
    assert json.loads(cti("agent", "list", "--json").stdout) == []
    assert cti("agent", "import", str(file)).exit_code == 0
    file.write_text(CSV + "10x,Eve,PJSIP/1,\n1001,Li,PJSIP/1001,sales=999\n")
    result = cti("agent", "import", str(file))
    assert result.exit_code == 2
    assert [line.split(":")[1] for line in result.stderr.splitlines()[:-1]] == ["4", "5", "5"]
    assert len(json.loads(cti("agent", "list", "--json").stdout)) == 2


def test_a_dry_run_shows_line_by_line_what_an_import_then_does(cti, home):
    file = home / "agents.csv"
    file.write_text(CSV)
    cti("agent", "import", str(file))
    file.write_text("number,name,phone,skills\n1001,Li,PJSIP/1001,sales=80\n1003,Ann,PJSIP/1003,parts=5\n")
    told = cti("agent", "import", str(file), "--prune", "--dry-run").stdout.splitlines()
    assert told == [
        "agents.csv:2: change 1001 Li: sales 50 -> 80",
        "agents.csv:3: add    1003 Ann: PJSIP/1003 parts=5",
        "remove 1002 Kim: PJSIP/1002",
        "dry run, nothing was changed: 1 added, 1 changed, 1 removed",
    ]
    before = cti("agent", "list", "--json").stdout
    done = json.loads(cti("agent", "import", str(file), "--prune", "--json").stdout)
    assert [(change["number"], change["what"]) for change in done["changes"]] == [
        ("1001", "change"),
        ("1003", "add"),
        ("1002", "remove"),
    ]
    after = json.loads(cti("agent", "list", "--json").stdout)
    assert [(row["number"], row["skills"]) for row in after] == [("1001", {"sales": 80}), ("1003", {"parts": 5})]
    assert before != after
    secret = cti("agent", "show", "1001", "--secret").stdout
    assert "2 unchanged" in cti("agent", "import", str(file)).stdout
    assert cti("agent", "show", "1001", "--secret").stdout == secret


def test_skills_of_several_agents_are_changed_at_once(cti, home):
    file = home / "agents.csv"
    file.write_text(CSV)
    cti("agent", "import", str(file))
    told = cti("agent", "skill", "1001", "1002", "sales=60", "german=5", "--dry-run").stdout.splitlines()
    assert told[:2] == ["change 1001 Li: +german=5; sales 50 -> 60", "change 1002 Kim: +german=5; +sales=60"]
    assert cti("agent", "skill", "1001", "1002", "sales=60", "german=5").exit_code == 0
    assert cti("agent", "skill", "1001", "german-", "sales=101").exit_code == 2
    skills = {row["number"]: row["skills"] for row in json.loads(cti("agent", "list", "--json").stdout)}
    assert skills == {"1001": {"sales": 60, "german": 5}, "1002": {"sales": 60, "german": 5}}


def test_two_agents_never_share_a_phone(cti):
    assert cti("agent", "add", "1001", "Li").exit_code == 0
    refused = cti("agent", "add", "1002", "Kim", "--phone", "PJSIP/1001")
    assert (refused.exit_code, "1001 and 1002" in refused.stderr) == (4, True)


def test_a_token_is_printed_once_and_can_be_revoked(cti):
    made = cti("token", "create", "--supervisor", "wang", "--days", "30").stdout.strip()
    assert len(made) >= 43
    (row,) = json.loads(cti("token", "list", "--json").stdout)
    assert made not in str(row)
    assert cti("token", "revoke", row["id"]).exit_code == 0
    assert json.loads(cti("token", "list", "--json").stdout)[0]["revoked"]


STORY = [
    ("joined", 0, {"queue": "sales", "need": [["language_en", 50]], "priority": 2}),
    ("explain", 0, {"decision": "wait", "ring": 0, "chosen": None, "candidates": [["1002", "out: lacks sales 50"]]}),
    (
        "explain",
        9,
        {
            "decision": "offer",
            "ring": 1,
            "chosen": "1001",
            "candidates": [["1001", "chosen: ring 1, idle 21 s"], ["1002", "in: ring 1, idle 3 s"], ["", "and 3 more"]],
        },
    ),
    ("missed", 14, {"agent": "1001", "why": "no_answer"}),
    ("moved", 15, {"queue": "service"}),
    ("released", 20, {"queue": "service", "outcome": "full"}),
]


@pytest.fixture
async def decided(home):
    from datetime import UTC, datetime, timedelta

    from cti.config import load_config
    from cti.db.store import Store
    from cti.journal.engine_log import EngineJournal
    from cti.journal.importer import Importer, journal_files

    config, start = load_config(home), datetime(2026, 11, 21, 22, 26, 41, tzinfo=UTC)
    journal = EngineJournal(config.journal_file)
    for kind, seconds, values in STORY:
        more = {"entered": start} if kind == "joined" else {}
        journal.append(kind, start + timedelta(seconds=seconds), call=CALL, **values, **more)
    journal.close()
    async with Store(config.database_url) as store:
        await Importer(journal_files(config.log_dir, config.journal_file), store).drain()


@pytest.mark.usefixtures("decided")
def test_every_decision_on_a_call_is_explained_in_order(cti):
    cti("agent", "add", "1001", "李雷")
    told = cti("call", "explain", CALL).stdout.splitlines()
    assert told[1:] == [
        "06:26:41     +0.0 s  enters sales  needs language_en 50 besides the queue's; priority 2",
        "06:26:41     +0.0 s  waits on  ring 0  nobody could be offered the call",
        "                      out     1002  lacks sales 50",
        "06:26:50     +9.0 s  offered to 1001 李雷  ring 1  the first of 2 who could take it",
        "                      chosen  1001 李雷  ring 1, idle 21 s",
        "                      in      1002  ring 1, idle 3 s",
        "                                and 3 more",
        "06:26:55    +14.0 s  1001 李雷 did not answer",
        "06:26:56    +15.0 s  moved to service by a supervisor",
        "06:27:01    +20.0 s  released from service: full",
    ]


@pytest.mark.usefixtures("decided")
def test_the_explanation_is_json_for_scripts(cti):
    found = json.loads(cti("call", "explain", CALL, "--json").stdout)
    assert [(step["what"], step["waited"]) for step in found["steps"]][2:4] == [
        ("offered to 1001", 9.0),
        ("1001 did not answer", 14.0),
    ]
    assert found["steps"][2]["candidates"][1] == {
        "agent": "1002",
        "state": "in",
        "why": "ring 1, idle 3 s",
        "name": "",
    }
    assert cti("call", "explain", "1.1").exit_code == 3
