"""`cti simulate` as a planner would use it: generated and recorded callers, changes beside, mistakes in one line."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cti.cli import main
from cti.config import load_config
from cti.db.store import Store
from cti.journal.engine_log import EngineJournal
from cti.journal.importer import Importer, journal_files

AGENTS = "number,name,phone,skills\n1001,Li,PJSIP/1001,sales=90\n1002,Kim,PJSIP/1002,sales=40\n"
SITE = """
site: {name: Test, timezone: UTC}
queues:
  sales:
    steps:
      - {after: 0, need: {sales: 50}}
      - {after: 10, need: {sales: 1}}
    wrap_up_seconds: 10
    overflow: hangup
  parts:
    overflow: hangup
"""
FIRST = 1_795_300_000  # 2026-11-21 22:26:40 UTC


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "cti.toml").write_text("")
    secrets = tmp_path / "secrets.toml"
    secrets.write_text("")
    secrets.chmod(0o600)
    (tmp_path / "site.yaml").write_text(SITE)
    (tmp_path / "agents.csv").write_text(AGENTS)
    assert (
        CliRunner().invoke(main, ["--home", str(tmp_path), "agent", "import", str(tmp_path / "agents.csv")]).exit_code
        == 0
    )
    return tmp_path


@pytest.fixture
def cti(home: Path):
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(home), "simulate", *words])

    return run


@pytest.fixture
async def recorded(home: Path) -> None:
    """One hour: a caller every minute, the odd ones answered by 1001 after 4 s, every fifth hangs up after 12 s."""
    config = load_config(home)
    files = journal_files(config.log_dir, config.journal_file)
    files.queue_log.parent.mkdir(parents=True)
    files.engine.parent.mkdir(parents=True, exist_ok=True)
    engine = EngineJournal(files.engine)
    engine.append("presence", datetime.fromtimestamp(FIRST - 60, UTC), agent="1001", presence="ready", reason="")
    lines = []
    for number in range(60):
        at, call = FIRST + 60 * number, f"{FIRST + 60 * number}.{number}"
        lines.append(f"{at}|{call}|sales|NONE|ENTERQUEUE||1380000{number:04}|1")
        if number % 5 == 4:
            lines.append(f"{at + 12}|{call}|sales|NONE|ABANDON|1|1|12")
        else:
            lines += [f"{at + 4}|{call}|sales|1001|CONNECT|4||4", f"{at + 34}|{call}|sales|1001|COMPLETECALLER|4|30|1"]
    files.queue_log.write_text("\n".join(lines) + "\n")
    engine.close()
    async with Store(config.database_url) as store:
        await Importer(files, store).drain()


def test_generated_callers_beside_a_changed_roster(cti):
    told = cti("--calls", "300", "--queue", "sales", "--patience", "60", "--add", "2:sales=80", "--seeds", "3")
    assert told.exit_code == 0, told.output
    assert "300 generated callers, 3 seeds: 1800 calls" in told.stdout
    assert "as it is" in told.stdout
    assert "Erlang A" in told.stdout
    assert "answered within T seconds / offered" in told.stdout


def test_the_document_has_definitions_estimates_change_and_theory(cti):
    options = ("--calls", "300", "--queue", "sales", "--patience", "60", "--set", "1002.sales=90", "--json")
    told = json.loads(cti(*options).stdout)
    before, after = told["scenarios"]["as it is"], told["scenarios"]["changed"]
    faster = told["change"]["sales"]["asa_seconds"]
    assert faster["mean"] < -faster["margin"] < 0
    assert before["queues"]["sales"]["offered"] == after["queues"]["sales"]["offered"]
    assert set(before["agents"]) == {"1001", "1002"}
    assert before["theory"]["sales"]["agents"] == 2
    assert "service_level" in told["definitions"]
    assert told["recorded"] is None
    again = json.loads(cti(*options).stdout)
    assert {**told, "took_seconds": 0} == {**again, "took_seconds": 0}


@pytest.mark.usefixtures("recorded")
def test_recorded_callers_meet_the_agents_who_were_there(cti):
    evening = ("--from", "2026-11-21 22:00", "--to", "2026-11-22 00:00")
    told = json.loads(cti(*evening, "--without", "1001", "--json").stdout)
    really, simulated = told["recorded"]["sales"], told["scenarios"]["as it is"]["queues"]["sales"]
    assert (really["offered"], really["answered"], really["abandoned"]) == (60, 48, 0.2)
    assert really["service_level"] == 0.8
    assert simulated["offered"]["mean"] == 60
    assert simulated["service_level"]["mean"] > 0.8  # 1001 alone; two wait at once now and then
    agents = told["scenarios"]["as it is"]["agents"]
    assert agents["1001"]["answered"]["mean"] > 50
    assert agents["1002"]["answered"]["mean"] == 0  # nothing was recorded of 1002: was not there
    assert told["scenarios"]["changed"]["queues"]["sales"]["abandoned"]["mean"] == 1
    assert told["callers"]["patience_seconds"]["sales"] == pytest.approx((48 * 4 + 12 * 12) / 12)


@pytest.mark.usefixtures("recorded")
def test_a_day_that_is_not_over_ends_now(cti, home, monkeypatch):
    config = load_config(home)
    with closing(EngineJournal(config.journal_file)) as engine:
        for second, presence in ((0, "talking"), (1800, "ready")):
            engine.append("presence", datetime.fromtimestamp(FIRST + second, UTC), agent="1001", presence=presence)
    assert CliRunner().invoke(main, ["--home", str(home), "journal", "read"]).exit_code == 0
    monkeypatch.setattr("cti.cli.simulation_inputs._now", lambda: datetime.fromtimestamp(FIRST + 3600, UTC))
    told = json.loads(cti("--from", "2026-11-21 22:00", "--to", "2026-11-22 22:00", "--seeds", "1", "--json").stdout)
    assert told["recorded"]["sales"]["occupancy"] == pytest.approx(1800 / 3660, abs=1e-4)


def test_shifts_come_from_a_file(cti, home):
    (home / "shifts.csv").write_text(
        "agent,from,to,reason\n1001,00:00,00:30\n1001,00:10,00:20,break\n1002,0:00,00:00:01\n"
    )
    told = json.loads(cti("--calls", "50", "--queue", "sales", "--shifts", str(home / "shifts.csv"), "--patience", "30",
                          "--seeds", "1", "--json").stdout)  # fmt: skip
    work = told["scenarios"]["as it is"]["agents"]["1001"]["work_seconds"]["mean"]
    assert 1200 - 1 <= work < 1800


def test_another_site_is_tried(cti, home):
    (home / "wide.yaml").write_text(SITE.replace("{sales: 50}", "{sales: 1}"))
    told = json.loads(cti("--calls", "300", "--queue", "sales", "--patience", "60", "--site", str(home / "wide.yaml"),
                          "--json").stdout)  # fmt: skip
    assert told["change"]["sales"]["asa_seconds"]["mean"] < 0


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--queue", "sale"), "there is no queue 'sale'; known: sales, parts"),
        (("--queue", "sales=x"), "write NAME=SHARE"),
        (("--queue", "sales=0"), "must be more than 0"),
        (("--to", "2026-11-21"), "--to needs --from"),
        (("--from", "2020-01-01"), "nobody waited"),
        (("--from", "2026-11-21", "--to", "2026-11-20"), "--to must be after --from"),
        (("--set", "1001.sales=101"), "write AGENT.SKILL=LEVEL"),
        (("--without", "7"), "there is no agent '7'"),
    ],
)
def test_mistakes_are_one_line(cti, words, text):
    told = cti(*words)
    assert (told.exit_code, told.stderr.count("\n")) == (2, 1)
    assert text in told.stderr


@pytest.mark.parametrize(("row", "text"), [("1001,9,10", "write AGENT,HH:MM"), ("1001,10:00,09:00", "ends before")])
def test_a_mistake_in_the_shifts_has_its_line(cti, home, row, text):
    (home / "shifts.csv").write_text(f"agent,from,to\n1001,00:00,10:00\n{row}\n")
    told = cti("--shifts", str(home / "shifts.csv"))
    assert told.exit_code == 2
    assert "shifts.csv:3: " in told.stderr
    assert text in told.stderr


def test_a_mistake_in_the_other_site_is_told_with_its_line(cti, home):
    (home / "bad.yaml").write_text(SITE.replace("wrap_up_seconds: 10", "wrap_up_second: 10"))
    told = cti("--site", str(home / "bad.yaml"))
    assert told.exit_code == 2
    assert "bad.yaml:8" in told.stderr
