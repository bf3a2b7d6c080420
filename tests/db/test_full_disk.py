"""The database's disk is full, for real: journals wait, and with room again nothing is lost and nothing doubled."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cti.db.store import Store
from cti.errors import StoreError
from cti.journal.importer import Importer, journal_files

PAGE = 4096


def test_a_disk_that_fills_up_at_any_page_loses_and_doubles_nothing(tmp_path, day, exported):
    """A real one of 8 MB, mounted in a name space of its own; what is free differs from try to try by one page."""
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(tmp_path)]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this kernel lets nobody mount a file system of their own")
    for number in range(40):
        day.call(number)
    (tmp_path / "small").mkdir()
    ran = subprocess.run(
        ["unshare", "-rm", sys.executable, __file__, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=90,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 15, "how often the disk was full"

    async def imported_at_once() -> str:
        async with Store(f"sqlite:///{tmp_path / 'clean.sqlite'}") as clean:
            await Importer(day.files, clean).drain()
            return await exported(clean)

    assert (tmp_path / "exported").read_text(encoding="utf-8") == asyncio.run(imported_at_once())


async def fill_up(folder: Path) -> int:
    """Import into a disk that is full again and again, and write down what the rows are in the end."""
    small, full = folder / "small", 0
    journals = journal_files(folder / "day" / "log", folder / "day" / "engine.jsonl")
    async with Store(f"sqlite:///{small / 'rows.sqlite'}") as store:
        importer, pages = Importer(journals, store, chunk_bytes=700), 0
        while True:
            take_all_but(small, pages)
            try:
                stored = await importer.step()
            except StoreError as error:
                if not re.search("disk is full|disk I/O error", str(error)):
                    raise
                (small / "ballast").unlink()
                importer = Importer(journals, store, chunk_bytes=700)
                stored, full = await importer.step(), full + 1
            pages = (pages + 1) % 12
            if not stored:
                break
        (small / "ballast").unlink(missing_ok=True)
        (folder / "exported").write_text("\n".join([line async for line in store.export()]), encoding="utf-8")
    return full


def take_all_but(folder: Path, pages: int) -> None:
    """Nothing but so many pages is left free."""
    ballast = folder / "ballast"
    ballast.write_bytes(b"")
    free = os.statvfs(folder).f_bavail - pages
    ballast.write_bytes(bytes(PAGE * max(0, free)))


if __name__ == "__main__":
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", f"{sys.argv[1]}/small"]
    subprocess.run(mount, check=True)
    print(asyncio.run(fill_up(Path(sys.argv[1]))))
