"""The Asterisk that reads the files: whether it runs, what its console answers, where its log is."""

from __future__ import annotations

from pathlib import Path

from ..config import Config
from ..pbx.find import Installation
from ..pbx.process import command, find_pid


class Console:
    """One instance's Asterisk."""

    def __init__(self, config: Config, installation: Installation) -> None:
        self._config, self._installation = config, installation

    def runs(self) -> bool:
        """Now."""
        if self._config.pbx == "private":
            return find_pid(self._config) != 0
        return Path("/var/run/asterisk/asterisk.ctl").exists()

    def ask(self, text: str) -> str:
        """What the console answers to one command. Raises PbxError when nothing does."""
        return command(self._config, self._installation, text)

    @property
    def log(self) -> Path:
        """Where it complains (logger.conf)."""
        return self._config.log_dir / "full"
