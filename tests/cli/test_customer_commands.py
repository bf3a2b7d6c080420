"""`cti customer` on an instance folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cti.cli import main


@pytest.fixture
def cti(tmp_path: Path, on_both: str):
    for name, text in (("cti.toml", on_both), ("secrets.toml", "")):
        (tmp_path / name).write_text(text)
    (tmp_path / "secrets.toml").chmod(0o600)
    (tmp_path / "site.yaml").write_text("site: {timezone: Asia/Shanghai}\n")

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(tmp_path), "customer", *words])

    return run


def test_a_customer_is_added_changed_listed_and_removed(cti):
    assert cti("add", "c7", "韩梅梅", "13800138000", "--priority", "5", "--prefer", "1001").stdout == "added c7\n"
    assert cti("add", "c7", "韩梅梅", "13800138000", "--priority", "6").stdout == "changed c7\n"
    assert cti("add", "c7", "韩梅梅", "13800138000", "--priority", "6").stdout == "unchanged c7\n"
    (row,) = json.loads(cti("list", "梅梅", "--json").stdout)
    assert (row["id"], row["priority"], row["prefer"]) == ("c7", 6, "")
    assert cti("remove", "c7").stdout == "removed c7\n"
    assert cti("list").stdout == "no customers; add one with: cti customer add\n"
    assert cti("list", "Han").stdout == "no such customer\n"


def test_a_file_is_tried_then_taken(cti, tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("id,name,number\nc1,Li,13800138000\nc2,Kim,13800138001\n")
    assert json.loads(cti("import", str(path), "--dry-run", "--json").stdout)["added"] == 2
    assert cti("list").stdout == "no customers; add one with: cti customer add\n"
    assert cti("import", str(path)).stdout == "2 added, 0 changed, 0 same, 0 removed\n"


def test_a_wrong_customer_is_refused_in_one_line(cti):
    result = cti("add", "c7", "Li", "unknown", "--priority", "500")
    assert result.exit_code != 0
    assert "number 'unknown'" in result.stderr
    assert "priority 500" in result.stderr
    assert result.stderr.count("\n") == 1
