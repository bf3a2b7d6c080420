"""`cti journal import`: what an admin sees who tries the reports on a day of another installation."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cti.cli import main

QUEUE_LOG = """1700000000|NONE|NONE|NONE|QUEUESTART|
1700000001|1700000001.7|Kundendienst|NONE|ENTERQUEUE||0049301234|1
1700000009|1700000001.7|Kundendienst|Müller, Ute|CONNECT|8|1700000005.8|3
1700000069|1700000001.7|Kundendienst|Müller, Ute|COMPLETECALLER|8|60|1
not a line at all
"""
CDR = (
    '"""Ute"" <030>","030","10","ext-local","SIP/t-01","SIP/1001-02","Dial","SIP/1001","2023-11-14 23:30:00",'
    '"2023-11-14 23:30:05","2023-11-14 23:31:05","65","60","ANSWERED","DOCUMENTATION","","1700001000.1","",1\n'
)


@pytest.fixture
def cti(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    for name, text in (("cti.toml", ""), ("secrets.toml", ""), ("site.yaml", "site: {timezone: Europe/Berlin}\n")):
        (home / name).write_text(text)
    (home / "secrets.toml").chmod(0o600)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(home), *words])

    return run


@pytest.fixture
def old(tmp_path: Path) -> Path:
    (tmp_path / "old" / "cdr-csv").mkdir(parents=True)
    (tmp_path / "old" / "queue_log.1.gz").write_bytes(gzip.compress(QUEUE_LOG.encode()))
    (tmp_path / "old" / "cdr-csv" / "Master.csv").write_text(CDR)
    (tmp_path / "old" / "full").write_text("[Nov 14] NOTICE[1]: hello\n")
    return tmp_path / "old"


def test_a_folder_is_read_whole_and_the_next_command_is_said(cti, old):
    result = cti("journal", "import", str(old))
    assert result.exit_code == 0, result.output
    assert "7 lines" not in result.stdout
    assert (
        "6 lines, 4 new; 2 new conversations, 2023-11-14 23:13:21 to 2023-11-14 23:31:05 (Europe/Berlin)"
        in result.stdout
    )
    assert "refused 1 of" in result.stderr
    assert "not epoch|callid|queue|agent|event|… (line 5)" in result.stderr
    assert "full: no queue_log, CDR or CEL" in result.stderr
    command = result.stdout.splitlines()[-1].removeprefix("next: cti ")
    found = cti(*command.split(), "--format", "json")
    assert [(row["queue"], row["answered"]) for row in json.loads(found.stdout)["rows"]] == [("Kundendienst", 1)]
    assert cti("journal", "import", str(old)).stdout.count(" 0 new conversations") == 1


def test_a_dry_run_says_what_would_come_of_it_and_keeps_nothing(cti, old):
    result = cti("journal", "import", "--dry-run", str(old))
    assert "would be 4 new; would be 2 new conversations" in result.stdout
    assert json.loads(cti("journal", "status", "--json").stdout) == []


def test_clocks_are_those_of_the_time_zone_that_is_said(cti, old):
    result = cti("journal", "import", "--timezone", "Asia/Shanghai", "--json", str(old / "cdr-csv"))
    told = json.loads(result.stdout)
    assert (told["from"], told["new_conversations"]) == ("2023-11-14T23:31:05+08:00", 1)
    assert told["next"] == "cti call list --from 2023-11-14 --to 2023-11-15 --timezone Asia/Shanghai"
    (call,) = json.loads(cti(*told["next"].split()[1:], "--json").stdout)
    assert (call["outcome"], call["talk_seconds"], call["agents"]) == ("answered", 60.0, ["1001"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Dear Sir,\nyours\n", "no queue_log, CDR or CEL there: dear.txt: no queue_log, CDR or CEL"),
        ("", "dear.txt: empty"),
        ("1700000000|1.1|q|NONE|ENTERQUEUE\x1b[2J||1|1\n", "no line of these could be read"),
    ],
)
def test_what_is_no_journal_is_refused_with_a_reason(cti, tmp_path, text, said):
    (tmp_path / "dear.txt").write_text(text)
    result = cti("journal", "import", str(tmp_path / "dear.txt"))
    assert result.exit_code == 2
    assert said in result.stderr
    assert "\x1b" not in result.output


def test_names_of_files_cannot_forge_a_line(cti, old):
    (old / "x\n4 lines, 9 new\x1b[2J.txt").write_text("no")
    result = cti("journal", "import", str(old))
    assert "\x1b" not in result.output
    assert "x\\n4 lines" in result.stderr
