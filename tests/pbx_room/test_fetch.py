"""Fetching with a false apt and dpkg: what is left out, that it is whole or not there at all, and what is said."""

from __future__ import annotations

import fcntl
import os
import sys
import threading
from pathlib import Path

import pytest

from cti.errors import PbxError
from cti.pbx.cache import cache_folder, fetched_root
from cti.pbx.fetch import fetch

APT = """#!/bin/sh
echo "$@" >> "$LOG"
shift 2
case "$1" in
update) [ -z "$UNREACHABLE" ] || echo "W: Failed to fetch http://m.example  Could not resolve" >&2 ;;
install)
  for p in $PACKAGES; do echo "'http://m.example/$p.deb' ${p}_1%3a2.3-1_any.deb 12 SHA256:00"; done ;;
download) shift; for p in "$@"; do touch "${p}_2.3.deb"; done ;;
esac
"""
DPKG = """#!/bin/sh
[ -z "$FULL" ] || { echo "no space left on device" >&2; exit 2; }
mkdir -p "$3/usr/sbin" "$3/usr/bin" "$3/usr/lib/any/asterisk/modules" "$3/usr/share/asterisk/documentation"
: > "$3/usr/lib/any/asterisk/modules/app_queue.so"
for f in sbin/asterisk bin/sipp bin/espeak-ng; do
  printf '#!/bin/sh\\necho Asterisk 22.1.0\\n' > "$3/usr/$f.$$"; chmod 755 "$3/usr/$f.$$"; mv "$3/usr/$f.$$" "$3/usr/$f"
done
"""
PACKAGES = "asterisk sip-tester espeak-ng python3.14 perl-base libc6 gnupg-l10n libpam0g adduser"


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("apt-get", APT), ("dpkg", DPKG), ("apt-config", "#!/bin/sh\n")):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(text, encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.setenv("PACKAGES", PACKAGES)
    # The package's name `fetch` is the function; the module is found by its own.
    monkeypatch.setattr(
        sys.modules["cti.pbx.fetch"], "source_line", lambda: "deb [signed-by=/k] http://m.example forky main\n"
    )
    return tmp_path


def test_only_needed_packages_are_downloaded_and_nothing_but_the_root_stays(machine: Path) -> None:
    said: list[str] = []
    assert fetch(said.append) == fetched_root()
    asked = (machine / "log").read_text(encoding="utf-8").splitlines()
    assert asked[-1] == "-y --no-install-recommends download asterisk sip-tester espeak-ng libc6"
    assert said == [
        "reading the mirror's list of packages",
        "downloading 4 packages",
        "unpacked 4 of 4 packages",
        f"Asterisk is in {fetched_root()}",
    ]
    assert {entry.name for entry in cache_folder().iterdir()} == {"lock", fetched_root().name}


def test_what_is_there_is_not_fetched_again(machine: Path) -> None:
    fetched_root().mkdir(parents=True)
    assert fetch(pytest.fail) == fetched_root()
    assert not (machine / "log").exists()


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("UNREACHABLE", "1", "apt-get update: W: Failed to fetch .* or set `asterisk` in cti.toml"),
        ("PACKAGES", "libc6", "the mirror has no asterisk for this machine; install asterisk"),
        ("FULL", "1", "no space left on device.*is the disk of .* full"),
    ],
)
def test_a_fetch_that_fails_says_why_and_leaves_nothing(
    machine: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(PbxError, match=complaint):
        fetch(lambda _: None)
    assert {entry.name for entry in cache_folder().iterdir()} == {"lock"}


def test_what_a_killed_fetch_left_is_removed(machine: Path) -> None:
    leftover = cache_folder() / "work-dead"
    (leftover / "root/usr").mkdir(parents=True)
    fetch(lambda _: None)
    assert not leftover.exists()


def test_a_second_fetch_waits_for_the_first_and_takes_its_result(machine: Path) -> None:
    cache_folder().mkdir(parents=True)
    waiting, results = threading.Event(), list[Path]()
    with (cache_folder() / "lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = threading.Thread(target=lambda: results.append(fetch(lambda _: waiting.set())))
        second.start()
        assert waiting.wait(60)
        fetched_root().mkdir()
    second.join(60)
    assert results == [fetched_root()]
    assert not (machine / "log").exists()


def test_a_machine_without_apt_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PbxError, match=r"no apt-get on this machine; install asterisk \(18 or newer\)"):
        fetch(lambda _: None)
