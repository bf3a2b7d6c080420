"""A small place to ship in, without a command line: two sets of files, a sound of each, an Asterisk that stands in.

Children are real processes (fork), so that they can be killed for real, and limited as the kernel limits.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from standin import FakeAsterisk

from cti.ship.history import History, Version
from cti.ship.shipping import Cargo, Shipped, Shipping, json_of

HEAD = "[general]\nstatic=yes\n\n"
OLD = {
    "extensions.conf": HEAD + "[cti-old]\nexten => s,1,NoOp(old)\n",
    "queues.conf": "[a]\nstrategy = ringall\n",
    "gone.conf": "gone\n",
}
NEW = {
    "extensions.conf": HEAD + "[cti-new]\nexten => s,1,NoOp(new)\n" + "; filling\n" * 2000,
    "queues.conf": "[b]\nstrategy = ringall\n",
    "pjsip.conf": "[1001]\ntype = endpoint\n",
}


class Yard:
    """`ship(OLD)`, `ship(NEW)`; `contents()` is what lies in place."""

    def __init__(self, folder: Path) -> None:
        self.etc, self.data, self.history = folder / "etc", folder / "data", History(folder / "history")
        self.asterisk = FakeAsterisk(self.etc, folder / "full")
        self.said: list[str] = []

    def shipping(self) -> Shipping:
        return Shipping(self.history, self.etc, self.data, self.asterisk, self.said.append)

    def ship(self, files: dict[str, str]) -> Shipped:
        name = "old" if files is OLD else "new"

        def sounds() -> bool:
            folder = self.data / "sounds" / "en" / "cti"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f".{name}").write_text(name)
            os.replace(folder / f".{name}", folder / f"{name}.wav")
            for other in folder.glob("*.wav"):
                if other.stem != name:
                    other.unlink()
            return False

        parts = {"site.json": json_of({"queues": {name: {}}}), "site/site.yaml": name.encode()}
        return self.shipping().ship(
            lambda: Cargo(version=Version(who="me"), files=files, parts=parts, make_sounds=sounds)
        )

    def begun(self) -> Yard:
        """OLD is in place, proven, and serves."""
        self.asterisk.up = True
        self.ship(OLD)
        return self

    def contents(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in sorted(self.etc.iterdir()) if file.suffix == ".conf"}

    def sounds(self) -> list[str]:
        return [file.name for file in sorted((self.data / "sounds/en/cti").iterdir()) if file.name[0] != "."]

    def check(self, files: dict[str, str]) -> None:
        """This set, whole, in place and in Asterisk, with its sounds; nothing is left lying about."""
        assert self.contents() == files
        assert self.sounds() == ["old.wav" if files is OLD else "new.wav"]
        assert self.asterisk.has == files
        head = self.history.head()
        assert head is not None
        assert self.history.files(head) == files
        assert self.history.pending() == []
        assert [file.name for file in self.etc.iterdir() if "cti-new" in file.name] == []


def in_a_child(work: Callable[[], object]) -> int:
    """The wait status of a process that does this; 0 when it came to its end, 1 << 8 when it raised."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]
