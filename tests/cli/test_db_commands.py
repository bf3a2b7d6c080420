"""`cti db` as people who write reporting jobs use it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from cti.cli import main


@pytest.fixture
def database_line(on_both: str) -> str:
    return on_both


@pytest.fixture
def cti(floor_home):
    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(floor_home), "db", *words])

    return run


def test_the_list_names_what_jobs_may_read_and_nothing_else(cti):
    shown = cti("dictionary").output
    assert "agent_states" in shown
    assert "会话" in shown
    assert "phone_secret" not in shown
    assert "tokens" not in shown
    assert "tokens" in cti("dictionary", "--all").output


def test_a_table_is_told_column_by_column(cti):
    shown = cti("dictionary", "offers", "--format", "json")
    (table,) = json.loads(shown.output)
    columns = {column["name"]: column for column in table["columns"]}
    assert (table["kind"], table["parted_by"]) == ("table", "offered")
    assert columns["ring_ms"]["unit"] == "milliseconds"
    assert "no_answer" in columns["outcome"]["values"]
    assert "milliseconds" in cti("dictionary", "offers").output


def test_the_dictionary_goes_into_a_file(cti, tmp_path):
    assert cti("dictionary", "--format", "html", "--out", str(tmp_path / "words.html")).exit_code == 0
    assert "坐席" in (tmp_path / "words.html").read_text("utf-8")
    assert cti("dictionary", "--format", "markdown", "visits").output.startswith("## visits")


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (("dictionary", "visit"), "no table or view 'visit'", 3),
        (("dictionary", "--format", "json", "--out", "x"), "redirect", 2),
        (("dictionary", "--format", "html", "--out", "/nowhere/at/all"), "cannot write", 2),
        (("forget", "--before", "2024"), "no month", 2),
        (("forget", "--before", "2024-13"), "no month", 2),
        (("forget", "--before", "2099-01"), "has not begun", 2),
    ],
)
def test_what_cannot_be_is_refused_with_a_hint(cti, words, told, code):
    result = cti(*words)
    assert result.exit_code == code
    assert told in result.stderr


def test_rights_are_given_where_there_are_roles_and_a_hint_where_not(cti, database_line):
    result = cti("grant", "nobody_made_this")
    on_sqlite = "sqlite" in database_line
    assert ("mode=ro" if on_sqlite else "CREATE ROLE") in result.stderr
    assert result.exit_code == (2 if on_sqlite else 3)
    assert ("GRANT SELECT" in cti("grant", "reports", "--dry-run").output) == (not on_sqlite)


def test_months_are_forgotten_after_a_look_at_what_would_go(cti):
    assert "would be deleted" in cti("forget", "--before", "2020-01", "--dry-run").output
    gone = json.loads(cti("forget", "--before", "2020-01", "--json").output)
    assert {"table": "conversations", "rows": 0} in gone
