"""`cti plan`: a week of shifts in, shown, replaced, and out again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cti.cli import main
from cti.config import load_config
from cti.db.people import Agent, People
from cti.db.store import Store

WEEK = """agent,from,to,reason
1001,2026-11-02 09:00,2026-11-02 17:00,
1001,2026-11-02 12:00,2026-11-02 13:00,lunch
1001,2026-11-03 22:00,2026-11-04 06:00,
"""


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    (tmp_path / "cti.toml").write_text("")
    (tmp_path / "secrets.toml").write_text("")
    (tmp_path / "secrets.toml").chmod(0o600)
    (tmp_path / "site.yaml").write_text("site: {timezone: Asia/Shanghai}\n")
    async with Store(load_config(tmp_path).database_url) as store:
        await People(store.database).save_agents([Agent(number="1001", name="王芳", phone="PJSIP/1001")])
    return tmp_path


@pytest.fixture
def cti(home: Path):
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(home), *words])

    return run


@pytest.fixture
def week(tmp_path: Path) -> str:
    path = tmp_path / "week.csv"
    path.write_text(WEEK)
    return str(path)


def listed(cti) -> list[tuple[str, str]]:
    found = json.loads(cti("plan", "list", "--from", "2026-11-02", "--json").stdout)
    return [(row["from"][5:16], row["reason"]) for row in found]


def test_a_plan_comes_in_and_is_shown_in_local_time(cti, week):
    assert "dry run, nothing was changed: 3 planned" in cti("plan", "import", week, "--dry-run").stdout
    assert listed(cti) == []
    assert cti("plan", "import", week).stdout == "3 planned, 0 replaced, of 1 agent(s)\n"
    assert cti("plan", "import", week).stdout == "3 planned, 3 replaced, of 1 agent(s)\n"
    assert listed(cti) == [("11-02T09:00", ""), ("11-02T12:00", "lunch"), ("11-03T22:00", "")]
    assert "lunch" in cti("plan", "list", "--from", "2026-11-02").stdout


def test_the_report_tells_how_it_was(cti, week):
    cti("plan", "import", week)
    result = cti("report", "adherence", "--from", "2026-11-02", "--to", "2026-11-03", "--format", "json")
    (row,) = json.loads(result.stdout)["rows"]
    assert (row["agent_name"], row["planned_seconds"], row["adherence_percent"]) == ("王芳", 28_800.0, 0.0)


def test_a_plan_goes_out_again(cti, week):
    cti("plan", "import", week)
    days = ("--from", "2026-11-02", "--to", "2026-11-03")
    assert "2 would be removed" in cti("plan", "remove", *days, "--dry-run").stdout
    assert cti("plan", "remove", *days, "--agent", "1002").stdout == "0 removed\n"
    assert cti("plan", "remove", *days).stdout == "2 removed\n"
    assert len(listed(cti)) == 1


def test_mistakes_are_told_all_at_once_and_nothing_is_imported(cti, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(WEEK + "1009,2026-11-02 09:00,2026-11-02 17:00,\n1001,=cmd,2026-11-02 17:00,\n")
    result = cti("plan", "import", str(path))
    assert result.exit_code == 2
    assert "bad.csv:5: no agent '1009'" in result.stderr
    assert "bad.csv:6: " in result.stderr
    assert "2 mistake(s)" in result.stderr
    assert listed(cti) == []
