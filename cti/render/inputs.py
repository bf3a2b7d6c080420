"""What templates are given besides the site: phones, folders, and the Asterisk that will read the files.

It knows shapes only; who finds an Asterisk (`cti.pbx`) or an agent's phone (rows) passes them in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCard:
    """One phone that registers with Asterisk. `endpoint` is its PJSIP name, `agent` the number that rings it;
    `contact` is a fixed SIP URI ("" = it registers itself), `webrtc` a browser phone,
    `mailbox_pin` the PIN of the agent's mailbox ("" = no mailbox)."""

    endpoint: str
    name: str
    agent: str
    secret: str = field(repr=False)
    contact: str = ""
    webrtc: bool = False
    mailbox_pin: str = field(default="", repr=False)


class Installation(Protocol):
    """The Asterisk that the files are for (cti.pbx.find.Installation is one)."""

    @property
    def argv(self) -> tuple[str, ...]: ...
    @property
    def version(self) -> tuple[int, ...]: ...
    @property
    def modules(self) -> Path: ...
    @property
    def data(self) -> Path: ...
    def has(self, module: str) -> bool: ...


class Placed(Protocol):
    """The private Asterisk's folders as its owner placed them (cti.pbx.folders.Dirs is one)."""

    @property
    def etc(self) -> Path: ...
    @property
    def lib(self) -> Path: ...
    @property
    def spool(self) -> Path: ...
    @property
    def log(self) -> Path: ...
    @property
    def run(self) -> Path: ...
    @property
    def data(self) -> Path: ...
    @property
    def key(self) -> Path: ...


class Tool(Protocol):
    """A program and the environment it needs on top of ours (cti.pbx.find.Tool is one)."""

    @property
    def argv(self) -> Sequence[str]: ...
    @property
    def env(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dirs:
    """Every folder that a template may name, absolute."""

    etc: Path
    lib: Path
    spool: Path
    log: Path
    run: Path
    data: Path
    modules: Path
    key: Path
    recordings: Path


def layout(config: Config, modules: Path, placed: Placed | None = None) -> Dirs:
    """The folders of this instance's Asterisk: as `placed`, else Debian's for `pbx = "system"`, else under var/pbx."""
    if placed is not None:
        folders = {name: getattr(placed, name) for name in ("etc", "lib", "spool", "log", "run", "data", "key")}
    elif config.pbx == "system":
        lib = Path("/var/lib/asterisk")
        folders = {"lib": lib, "key": lib, "spool": Path("/var/spool/asterisk"), "run": Path("/var/run/asterisk")}
        folders |= {"etc": config.etc, "log": config.log_dir, "data": Path("/usr/share/asterisk")}
    else:
        folders = {name: config.pbx_home / name for name in ("lib", "spool", "run", "data")}
        folders |= {"etc": config.etc, "log": config.log_dir, "key": config.pbx_home / "keys"}
    return Dirs(modules=modules, recordings=config.recordings, **folders)
