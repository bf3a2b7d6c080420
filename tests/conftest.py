"""The order of the whole run: what is quick and pure first, the real Asterisk last, so that a fault is known early.

And what every room may want: the PostgreSQL of this run, databases on it and beside it, and its files in memory.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))  # these are imported by name

from cluster import Cluster  # noqa: E402
from databases import (  # noqa: E402, F401 -- fixtures
    empty_database,
    migrated_file,
    migrated_postgres,
    new_database,
    new_postgres,
    on_both,
)
from lanes import pytest_runtestloop  # noqa: E402, F401 -- a hook

FIRST = ("core", "site", "render", "ship", "engine", "journal", "recordings", "ami", "agi", "cli")
LAST = ("db", "stage", "browser", "pbx")
LIVE_SECONDS = 300  # until a test with a real Asterisk, and the house that is made for the first one, must be over
NEVER_SERVED = ("site", "render", "ship", "cli")  # rooms whose tests make instances and start none


# A machine that is busy with calls may keep these tests from running for seconds, at any instant: that is no finding.
settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[*settings.default.suppress_health_check, HealthCheck.too_slow]
)
settings.load_profile("unhurried")

# What a shell runs in the background ignores Ctrl-C, and so would every process that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def roomy(folder: str) -> bool:
    """Whether programs may be run from this folder and 4 GiB are free in it: ten times what a run has at one time."""
    try:
        there = os.statvfs(folder)
    except OSError:
        return False
    available = re.search(r"^MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    free = min(there.f_bavail * there.f_frsize, int(available[1]) * 1024 if available else 0)
    return free > 4 * 2**30 and not there.f_flag & os.ST_NOEXEC and os.access(folder, os.W_OK)


# A thousand databases are made and dropped: on a disk, most of the time of these tests is waiting for it. What they say
# of kills is the same in memory, which outlives a process too; that a disk keeps its promises is not theirs to show.
if "TMPDIR" not in os.environ and roomy("/dev/shm"):
    os.environ["TMPDIR"] = "/dev/shm"  # for what tests start, too
    tempfile.tempdir = None  # asked again


def rank(path: Path) -> int:
    """Earlier rooms have lower numbers; files and rooms that are named nowhere come between the two lists."""
    room = path.relative_to(ROOT).parts[0]
    if room in FIRST:
        return FIRST.index(room)
    return len(FIRST) + (LAST.index(room) + 1 if room in LAST else 0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("pbx") is not None and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LIVE_SECONDS))
    items.sort(key=lambda item: (rank(item.path), item.get_closest_marker("pbx") is not None))


@pytest.fixture(autouse=True)
def ports_of_their_own(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instances that nobody will serve reserve nothing for real: a machine has some fifty blocks of ports."""
    if request.path.relative_to(ROOT).parts[0] in NEVER_SERVED:
        monkeypatch.setattr("cti.ports.user_cache", lambda: tmp_path / ".ports")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A server that lives as long as the tests."""
    with Cluster() as cluster:
        yield cluster
