"""`cti dialplan render|apply|diff|history` beside an Asterisk that stands still or does what it is told."""

from __future__ import annotations

import json
from pathlib import Path

from standin import SITE, FakeAsterisk, cti

OTHER = SITE.replace("queue:a", "queue:b").replace("{a:", "{b:")


def test_render_shows_one_file_and_writes_nothing(home: Path) -> None:
    shown = cti(home, "dialplan", "render", "--show", "extensions.conf")
    assert "[cti-queue-a]" in shown.stdout
    assert not (home / "var/pbx/etc").exists()


def test_render_of_an_unknown_file_lists_the_known_ones(home: Path) -> None:
    shown = cti(home, "dialplan", "render", "--show", "sip.conf")
    assert shown.exit_code == 2
    assert "extensions.conf" in shown.stderr


def test_render_writes_into_any_folder(home: Path, tmp_path: Path) -> None:
    cti(home, "dialplan", "render", "--out", tmp_path / "out")
    assert "[cti-queue-a]" in (tmp_path / "out" / "extensions.conf").read_text()


def test_a_dry_run_says_what_would_change_and_writes_nothing(home: Path) -> None:
    dry = cti(home, "dialplan", "apply", "--dry-run")
    assert "+ extensions.conf" in dry.stdout
    assert not (home / "var/pbx").exists()
    assert not (home / "var/history").exists()


def test_apply_beside_a_stopped_asterisk_reloads_nothing_and_is_not_called_proven(home: Path) -> None:
    applied = json.loads(cti(home, "dialplan", "apply", "--json").stdout)
    assert "extensions.conf" in applied["written"]
    assert applied["reloaded"] == []
    assert applied["version"]["state"] == "unproven"
    assert (home / "var/pbx/etc/extensions.conf").is_file()
    assert (home / "var/pbx/data/moh/default/melody.wav").is_file()


def test_a_changed_queue_reloads_the_dialplan_and_the_queues_of_a_running_asterisk(
    home: Path, asterisk: FakeAsterisk
) -> None:
    cti(home, "dialplan", "apply")
    asterisk.start()
    (home / "site.yaml").write_text(OTHER)
    applied = json.loads(cti(home, "dialplan", "apply", "--json").stdout)
    assert asterisk.reloads() == applied["reloaded"] == ["queue reload all", "dialplan reload"]
    assert applied["version"]["state"] == "proven"
    assert applied["version"]["words"] == ["number 400: to queue:a → queue:b", "queue a: removed", "queue b: new"]


def test_a_reload_that_failed_is_undone_and_asterisk_is_told_by_the_next_run(
    home: Path, asterisk: FakeAsterisk
) -> None:
    cti(home, "dialplan", "apply")
    asterisk.start()
    before = (asterisk.etc / "extensions.conf").read_text()
    asterisk.deaf = True
    (home / "site.yaml").write_text(OTHER)
    assert cti(home, "dialplan", "apply").exit_code == 5
    assert (asterisk.etc / "extensions.conf").read_text() == before
    asterisk.deaf = False
    (home / "site.yaml").write_text(SITE)
    cti(home, "dialplan", "apply")
    assert asterisk.reloads() == ["queue reload all", "dialplan reload"]


def test_a_wrong_site_changes_nothing(home: Path) -> None:
    cti(home, "dialplan", "apply")
    before = {file.name: file.read_bytes() for file in (home / "var/pbx/etc").iterdir()}
    (home / "site.yaml").write_text("queues: {a: {}}\n")
    assert cti(home, "dialplan", "apply").exit_code == 2
    assert {file.name: file.read_bytes() for file in (home / "var/pbx/etc").iterdir()} == before


def test_a_diff_tells_the_change_in_the_sites_words_and_line_by_line(home: Path) -> None:
    cti(home, "dialplan", "apply")
    assert cti(home, "dialplan", "diff", "--exit-code").exit_code == 0
    (home / "site.yaml").write_text(SITE.replace("overflow: hangup", "overflow: hangup, ring_seconds: 20"))
    told = cti(home, "dialplan", "diff", "--exit-code")
    assert told.exit_code == 1
    assert told.stdout.splitlines()[0] == "queue a: ring_seconds 15 → 20"
    assert "-timeout = 15\n+timeout = 20\n" in told.stdout
    assert "+++ rendered/queues.conf" in told.stdout
    assert cti(home, "dialplan", "diff").exit_code == 0


def test_a_diff_before_the_first_apply_shows_every_file_as_new_and_no_secret(home: Path) -> None:
    told = cti(home, "dialplan", "diff").stdout
    assert "--- /dev/null\n+++ rendered/extensions.conf" in told
    assert "password = ‹secret" in told
    secrets = (home / "secrets.toml").read_text().split('"')[1::2]
    assert len(secrets) == 3
    assert not [secret for secret in [*secrets, "phone;one", "phone\\;one"] if secret in told]


def test_the_history_says_who_when_why_and_what(home: Path) -> None:
    cti(home, "dialplan", "apply", "-m", "the first")
    (home / "site.yaml").write_text(OTHER)
    cti(home, "dialplan", "apply", "-m", "b instead of a")
    newest, first = cti(home, "dialplan", "history").stdout.splitlines()
    assert newest.startswith("*   2  ")
    assert "b instead of a" in newest
    assert "the first" in first
    shown = cti(home, "dialplan", "history", "show", "2").stdout
    assert "queue b: new" in shown
    assert cti(home, "dialplan", "history", "show", "1", "--file", "site.yaml").stdout == SITE
    assert "+[b]" in cti(home, "dialplan", "history", "diff", "1", "2").stdout
    assert cti(home, "dialplan", "history", "show", "7").exit_code == 3


def test_an_apply_that_changes_nothing_is_no_version(home: Path) -> None:
    cti(home, "dialplan", "apply")
    assert "nothing to apply" in cti(home, "dialplan", "apply").stdout
    assert len(json.loads(cti(home, "dialplan", "history", "--json").stdout)["versions"]) == 1
