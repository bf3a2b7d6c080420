"""Putting files in place: all or nothing per file, and a run that was killed is completed by the next one."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from cti.errors import RenderError
from cti.render.apply import MANIFEST, Changed, apply, mark_read, plan

OLD = {"extensions.conf": "old dialplan\n", "queues.conf": "old queues\n", "gone.conf": "gone\n"}
NEW = {"extensions.conf": "new dialplan\n", "queues.conf": "old queues\n", "pjsip.conf": "new phones\n"}


class Killed(BaseException):
    """The process ended here."""


def contents(etc: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in sorted(etc.iterdir()) if file.suffix == ".conf"}


def test_files_are_written_removed_and_left(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    assert apply(OLD, etc).written == ("extensions.conf", "gone.conf", "queues.conf")
    before = (etc / "queues.conf").stat()
    changed = apply(NEW, etc)
    assert (changed.written, changed.removed) == (("extensions.conf", "pjsip.conf"), ("gone.conf",))
    assert changed.unchanged == ("queues.conf",)
    assert contents(etc) == NEW
    after = (etc / "queues.conf").stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


def test_applying_again_changes_nothing_at_all(tmp_path: Path) -> None:
    apply(NEW, tmp_path)
    mark_read(tmp_path)
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert apply(NEW, tmp_path).to_read == ()
    assert {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before


def test_files_with_passwords_are_for_their_owner_only(tmp_path: Path) -> None:
    apply(NEW, tmp_path)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("*.conf")}
    assert modes == {"extensions.conf": 0o640, "queues.conf": 0o640, "pjsip.conf": 0o600}


def test_foreign_files_stay_and_one_in_the_way_is_kept_aside(tmp_path: Path) -> None:
    (tmp_path / "sip.conf").write_text("theirs\n")
    (tmp_path / "extensions.conf").write_text("theirs too\n")
    assert apply(OLD, tmp_path).kept == ("extensions.conf",)
    apply(NEW, tmp_path)
    assert (tmp_path / "sip.conf").read_text() == "theirs\n"
    assert (tmp_path / "extensions.conf.before-cti").read_text() == "theirs too\n"
    assert (tmp_path / "extensions.conf").read_text() == "new dialplan\n"


def test_a_kill_at_any_call_leaves_whole_files_and_the_next_run_completes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every system call that changes something is, in its turn, the last one that the first run gets to do."""
    calls = ("replace", "link", "fsync", "unlink", "open", "fchmod")
    completed = False
    kill_at = 0
    while not completed:
        kill_at += 1
        etc = tmp_path / str(kill_at)
        apply(OLD, etc)
        mark_read(etc)
        (etc / "pjsip.conf").write_text("theirs\n")
        with monkeypatch.context() as patch:
            count = iter(range(1, 10_000))
            for name in calls:
                patch.setattr(os, name, _dying(getattr(os, name), count, kill_at))
            try:
                apply(NEW, etc)
                completed = True
            except Killed:
                pass
        for name, text in contents(etc).items():
            assert text in (OLD.get(name), NEW.get(name), "theirs\n"), (kill_at, name)
        changed = apply(NEW, etc)
        assert contents(etc) == NEW
        assert (etc / "pjsip.conf.before-cti").read_text() == "theirs\n"
        assert set(changed.to_read) >= {"extensions.conf", "pjsip.conf"}  # Asterisk is told, whenever the kill came
        assert sorted(json.loads((etc / MANIFEST).read_text())["files"]) == sorted(NEW)
        assert [file.name for file in etc.glob("*cti-new*")] == []
    assert kill_at > 15


def _dying(call, count, kill_at):  # type: ignore[no-untyped-def]
    def wrapper(*arguments, **keywords):  # type: ignore[no-untyped-def]
        if next(count) >= kill_at:
            raise Killed
        return call(*arguments, **keywords)

    return wrapper


def test_what_was_never_read_is_read_by_the_next_run(tmp_path: Path) -> None:
    apply(NEW, tmp_path)
    assert apply(NEW, tmp_path).to_read == ("extensions.conf", "pjsip.conf", "queues.conf")
    mark_read(tmp_path)
    assert apply(NEW, tmp_path).to_read == ()


def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    assert plan(NEW, etc).written == ("extensions.conf", "pjsip.conf", "queues.conf")
    assert not etc.exists()


@pytest.mark.parametrize("name", ["../x.conf", "/etc/passwd", "a/b.conf", ".x.conf", "x", "x.conf\n", "X.conf", ""])
def test_only_plain_conf_names_are_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(RenderError, match="not the name"):
        apply({name: "x"}, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("manifest", ["", "[]", '{"files": 3}', '{"files": {"../../x.conf": ""}}', "\ud800"])
def test_a_damaged_manifest_removes_nothing(tmp_path: Path, manifest: str) -> None:
    etc = tmp_path / "a" / "b"
    apply(OLD, etc)
    (tmp_path / "x.conf").write_text("theirs\n")
    (etc / MANIFEST).write_bytes(manifest.encode(errors="surrogatepass"))
    assert apply(NEW, etc).removed == ()
    assert (tmp_path / "x.conf").exists()
    assert contents(etc) == {**NEW, "gone.conf": "gone\n"}


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "etc").write_text("a file")
    with pytest.raises(RenderError, match="etc: "):
        apply(NEW, tmp_path / "etc")


def test_nothing_changed_is_nothing_to_read() -> None:
    assert Changed().to_read == ()
