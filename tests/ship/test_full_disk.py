"""No room: the kernel refuses a write, for real. Nothing in place is touched, the message says what to do, and with
room again the next apply goes through."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from yard import NEW, OLD, Yard, in_a_child

from cti.errors import RenderError


def refused(yard: Yard, *, limit: int) -> None:
    """In a child: no file may grow beyond `limit` bytes (setrlimit(2), RLIMIT_FSIZE)."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    with pytest.raises(RenderError, match="File too large"):
        yard.ship(NEW)


@pytest.mark.parametrize("limit", [0, 1, 40, 200, 500, 900, 1500, 20_000])
def test_a_file_that_cannot_be_written_leaves_everything_as_it_was(tmp_path: Path, limit: int) -> None:
    yard = Yard(tmp_path).begun()
    assert in_a_child(lambda: refused(yard, limit=limit)) == 0
    yard.check(OLD)
    assert len(yard.history.versions()) == 1
    yard.ship(NEW)
    yard.check(NEW)


def test_a_file_system_that_fills_up_at_any_page_leaves_all_old_or_all_new(tmp_path: Path) -> None:
    """A real one of 400 kB, mounted in a name space of its own; the free space shrinks page by page."""
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(tmp_path)]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this kernel lets nobody mount a file system of their own")
    ran = subprocess.run(
        ["unshare", "-rm", sys.executable, __file__, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    refused, shipped = map(int, ran.stdout.split())
    assert refused > 15
    assert shipped >= 1


def fill_up(folder: Path) -> tuple[int, int]:
    """How often it was refused, and how often it went through."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(folder)], check=True)
    yard, filler = Yard(folder).begun(), folder / "filler"
    refused = shipped = 0
    while not shipped:
        filler.write_bytes(b"")
        free = os.statvfs(folder).f_bavail - refused
        with filler.open("wb") as file:
            file.write(bytes(4096 * max(0, free)))
        try:
            yard.ship(NEW)
            shipped += 1
        except RenderError as error:
            if "No space left on device" not in str(error):
                raise
            yard.check(OLD)
            refused += 1
    yard.check(NEW)
    return refused, shipped


if __name__ == "__main__":
    print(*fill_up(Path(sys.argv[1])))
