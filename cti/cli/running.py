"""Which processes of an instance run, by the pids they wrote down, and how the engine is told of changes.

It knows pid files and SIGHUP. It starts and ends nothing.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from ..config import Config
from ..supervisor import pid_file


def running(config: Config, name: str) -> int:
    """The pid of a child or the supervisor when it runs, else 0."""
    try:
        pid = int(pid_file(config, name).read_text())
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return 0
    return pid if b"cti" in line else 0


def tell_engine(config: Config) -> bool:
    """Have a running engine read site and agents again; False when none runs."""
    pid = running(config, "engine")
    if pid:
        os.kill(pid, signal.SIGHUP)
    return bool(pid)
