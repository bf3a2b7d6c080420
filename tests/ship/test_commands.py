"""`cti dialplan render|apply|diff|history` beside an Asterisk that stands still or does what it is told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from standin import SITE, FakeAsterisk, cti

from cti.cli.shipping import mask_of
from cti.config import load_config
from cti.render.inputs import PhoneCard

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
    secrets = [secret for secret in secrets if len(secret) > 10]
    assert len(secrets) >= 3
    assert not [secret for secret in [*secrets, "phone;one", "phone\\;one"] if secret in told]


def test_a_providers_password_is_no_more_shown_than_our_own(home: Path) -> None:
    with (home / "secrets.toml").open("a") as file:
        file.write('[trunks]\nitsp = "hunter-2"\n')
    config = load_config(home)
    assert mask_of(config, {}).hide("pjsip.conf", "x = hunter-2\n") == "x = ‹secret 1›\n"


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


# --- proof, rollback, drift ---------------------------------------------------------------------------------------


def test_a_line_that_asterisk_refuses_is_undone_and_told_with_every_place_it_comes_from(
    home: Path, asterisk: FakeAsterisk
) -> None:
    asterisk.start()
    cti(home, "dialplan", "apply")
    before = asterisk.has
    (home / "site.yaml").write_text(SITE.replace("overflow: hangup", "overflow: hangup, music: loud"))
    asterisk.refuses = lambda line: line == "StartMusicOnHold(loud)"
    failed = cti(home, "dialplan", "apply", "-m", "louder")
    assert failed.exit_code == 8
    first, *_, last = failed.stderr.splitlines()
    assert "Asterisk has no such line in [cti-queue-a], extension s: StartMusicOnHold(loud) (from " in first
    assert first.startswith("extensions.conf:")
    assert "dialplan/_queues.j2:" in first
    assert f"{home}/site.yaml:4)" in first
    assert last == "error: version 2 is not what Asterisk runs: version 1 serves again"
    assert asterisk.has == before
    assert "failed, undone" in cti(home, "dialplan", "history").stdout.splitlines()[0]
    assert "StartMusicOnHold(loud)" in cti(home, "dialplan", "history", "show", "2").stdout


def test_a_new_complaint_in_the_log_undoes_it_unless_it_is_accepted(
    home: Path, asterisk: FakeAsterisk, templates: Path
) -> None:
    asterisk.start()
    cti(home, "dialplan", "apply")
    (home / "site.yaml").write_text(OTHER)
    asterisk.on_reload = lambda: asterisk.complain("Unknown keyword at line 4 of queues.conf", source="app_queue.c")
    failed = cti(home, "dialplan", "apply")
    assert failed.exit_code == 8
    told, _ = failed.stderr.splitlines()
    template = templates / "asterisk_conf" / "queues.conf.j2"
    assert told == f"queues.conf:4: Asterisk says: Unknown keyword at line 4 of queues.conf (from {template}:4)"
    accepted = cti(home, "dialplan", "apply", "--accept", "Unknown keyword at line 4 of queues.conf")
    assert accepted.exit_code == 0
    assert "[cti-queue-b]" in asterisk.has["extensions.conf"]


def test_what_strangers_make_asterisk_complain_of_undoes_nothing(home: Path, asterisk: FakeAsterisk) -> None:
    asterisk.start()
    cti(home, "dialplan", "apply")
    (home / "site.yaml").write_text(OTHER)
    asterisk.on_reload = lambda: asterisk.complain("Failed to authenticate", source="res_pjsip/pjsip_distributor.c")
    assert cti(home, "dialplan", "apply").exit_code == 0


def test_a_rollback_puts_the_files_back_and_says_what_of_now_is_missing(
    home: Path, asterisk: FakeAsterisk, phones: list[PhoneCard]
) -> None:
    asterisk.start()
    cti(home, "dialplan", "apply")
    first = asterisk.has
    (home / "site.yaml").write_text(OTHER)
    phones.append(PhoneCard(endpoint="1002", name="B", agent="1002", secret="two"))
    cti(home, "dialplan", "apply")
    second = asterisk.has
    dry = cti(home, "dialplan", "rollback", "--dry-run")
    assert "+ extensions.conf" in dry.stdout
    assert asterisk.has == second
    back = cti(home, "dialplan", "rollback", "-m", "too early")
    assert back.exit_code == 0
    assert "telephones of now that version 1 does not know: 1002" in back.stdout
    assert "    queue a: new" in back.stdout
    assert asterisk.has == first
    assert "rollback to 1" in cti(home, "dialplan", "history").stdout.splitlines()[0]
    assert cti(home, "dialplan", "rollback").exit_code == 4  # nothing is older
    assert cti(home, "dialplan", "rollback", "2").exit_code == 0
    assert asterisk.has == second
    assert cti(home, "dialplan", "rollback", "9").exit_code == 3


def test_a_rollback_that_would_shut_the_engine_out_is_refused(home: Path, asterisk: FakeAsterisk) -> None:
    cti(home, "dialplan", "apply")
    (home / "site.yaml").write_text(OTHER)
    cti(home, "dialplan", "apply")
    secrets = (home / "secrets.toml").read_text()
    (home / "secrets.toml").write_text(secrets.replace('ami_password = "', 'ami_password = "new'))
    refused = cti(home, "dialplan", "rollback")
    assert refused.exit_code == 4
    assert "AMI password" in refused.stderr


def test_drift_is_what_somebody_edited_in_place_and_it_is_kept_before_it_is_undone(
    home: Path, asterisk: FakeAsterisk
) -> None:
    assert cti(home, "dialplan", "drift").exit_code == 0
    asterisk.start()
    cti(home, "dialplan", "apply")
    assert cti(home, "dialplan", "drift").stdout == "no drift: version 1 is in place\n"
    queues = asterisk.etc / "queues.conf"
    applied = queues.read_text()
    queues.write_text(applied.replace("timeout = 15", "timeout = 99"))
    (asterisk.etc / "acl.conf").unlink()
    drift = cti(home, "dialplan", "drift")
    assert drift.exit_code == 2
    assert "queues.conf: edited in place, 20" in drift.stdout
    assert "acl.conf: removed" in drift.stdout
    assert "-timeout = 15\n+timeout = 99" in drift.stdout
    assert "cti dialplan rollback 1" in drift.stdout
    assert cti(home, "dialplan", "rollback", "1").exit_code == 0
    assert queues.read_text() == applied
    assert "timeout = 99" in cti(home, "dialplan", "history", "show", "2", "--file", "queues.conf").stdout
    assert json.loads(cti(home, "dialplan", "drift", "--json").stdout)["drift"] is False


def test_an_asterisk_that_has_not_read_what_is_in_place_is_drift_too(home: Path, asterisk: FakeAsterisk) -> None:
    asterisk.start()
    cti(home, "dialplan", "apply")
    asterisk.has["extensions.conf"] = asterisk.has["extensions.conf"].replace("[cti-queue-a]", "[cti-queue-x]")
    drift = cti(home, "dialplan", "drift")
    assert drift.exit_code == 2
    assert "Asterisk has no such line in [cti-queue-a]" in drift.stdout


def test_the_history_knows_the_commit_and_whether_something_was_not_committed(home: Path) -> None:
    def git(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", "-C", home, *who, *words], check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    git("add", "site.yaml")
    git("commit", "-qm", "begin")
    git("add", ".")
    git("commit", "-qm", "all")
    commit = git("rev-parse", "--short=12", "HEAD").strip()
    assert json.loads(cti(home, "dialplan", "apply", "--json").stdout)["version"]["commit"] == commit
    (home / "site.yaml").write_text(OTHER)
    assert json.loads(cti(home, "dialplan", "apply", "--json").stdout)["version"]["commit"] == commit + "+"


def test_the_last_fifty_versions_are_kept_and_nobody_else_may_read_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cti.ship.history.KEPT", 3)
    for seconds in range(20, 25):
        (home / "site.yaml").write_text(SITE.replace("overflow: hangup", f"overflow: hangup, ring_seconds: {seconds}"))
        cti(home, "dialplan", "apply")
    folder = home / "var/history"
    assert sorted(path.name for path in folder.iterdir()) == ["000003", "000004", "000005", "lock"]
    modes = {path.stat().st_mode & 0o077 for path in folder.rglob("*") if "sounds" not in path.parts}
    assert modes == {0}
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("broken", ["{% if %}\n", "{{ site.no_such }}\n", "{{ none }}\n"])
def test_a_broken_template_is_named_with_its_line_and_the_old_dialplan_stays(
    home: Path, asterisk: FakeAsterisk, broken: str
) -> None:
    cti(home, "dialplan", "apply")
    asterisk.start()
    etc = home / "var" / "pbx" / "etc"
    before = {file.name: file.read_bytes() for file in etc.iterdir()}
    (home / "dialplan").mkdir()
    (home / "dialplan" / "_menus.j2").write_text("; mine\n" + broken)
    applied = cti(home, "dialplan", "apply")
    assert applied.exit_code != 0
    assert "_menus.j2:2: " in applied.stderr
    assert applied.stderr.count("\n") == 1
    assert {file.name: file.read_bytes() for file in etc.iterdir()} == before
    assert asterisk.reloads() == []
