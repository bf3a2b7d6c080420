"""Finds an Asterisk (and the tools that tests and prompts need): the named one, PATH, then the fetched one.

It knows where Asterisk installations keep things and how to start a program out of an unpacked package root; it
never downloads and never starts a PBX.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..config import Config
from ..errors import PbxError
from .cache import fetched_root

OLDEST = (18,)  # older ones lack what our templates print
DAEMON_PLACES = ("/usr/local/sbin", "/usr/sbin")  # where daemons are; a user's PATH may lack them


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An Asterisk that can be started.

    `argv` is the command's beginning (for a fetched one its own loader and library path come first), `version`
    e.g. (22, 10, 1), `modules` the folder of `*.so`, `data` the package's share folder (sounds, documentation),
    `root` the unpacked packages, None for the machine's own.
    """

    argv: tuple[str, ...]
    version: tuple[int, ...]
    modules: Path
    data: Path
    root: Path | None = None

    def has(self, module: str) -> bool:
        """Whether this installation brings `module`, e.g. `codec_opus.so`: packages differ."""
        return (self.modules / module).is_file()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program beside Asterisk: the command's beginning and the variables it needs on top of the environment."""

    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)


def find_asterisk(config: Config) -> Installation | None:
    """The Asterisk to use: `asterisk` of cti.toml, else PATH's when it is at least version 18, else the fetched one.

    None: there is none yet (`fetch` brings one). Raises PbxError when the one named in cti.toml cannot be used.
    A named binary inside an unpacked package root (ROOT/usr/sbin/asterisk) is started with that root's libraries.
    """
    if config.asterisk:
        return _named(Path(config.asterisk))
    system = _on_path()
    if system is not None or config.pbx == "system":
        return system
    fetched = fetched_root() / "usr/sbin/asterisk"
    return describe(fetched) if fetched.is_file() else None


def find_tool(name: str) -> Tool | None:
    """`sipp` or `espeak-ng`: PATH first, then the fetched root; None when neither has it."""
    found = shutil.which(name)
    return Tool(argv=(found,)) if found else tool_in(fetched_root(), name)


def tool_in(root: Path, name: str) -> Tool | None:
    """The same, out of one unpacked root. espeak-ng finds its voices only through ESPEAK_DATA_PATH there."""
    binary = root / "usr/bin" / name
    if not binary.is_file():
        return None
    voices = next(root.glob("usr/lib/*/espeak-ng-data"), None)
    env = {"ESPEAK_DATA_PATH": str(voices.parent)} if name == "espeak-ng" and voices else {}
    return Tool(argv=runnable(binary), env=env)


def runnable(binary: Path) -> tuple[str, ...]:
    """How to start `binary`: as it is, or through the loader of the package root that it was unpacked into."""
    root = _package_root(binary)
    loader = root and next(iter(sorted(root.glob("usr/lib/*/ld-linux*.so.*"))), None)
    if not loader:
        return (str(binary),)
    # libpulsecommon (espeak-ng's) is found by an absolute run path only, which does not lead into our root.
    libraries = f"{loader.parent}:{loader.parent / 'pulseaudio'}"
    return (str(loader), "--library-path", libraries, str(binary))


def describe(binary: Path) -> Installation:
    """Everything we need of one asterisk binary. Raises PbxError when it does not run or its modules are not found."""
    argv, root = runnable(binary), _package_root(binary)
    unpacked = len(argv) > 1
    prefix = binary.resolve().parent.parent
    modules = _first_with(
        "app_queue.so",
        [prefix / "lib/asterisk/modules", *prefix.glob("lib*/*/asterisk/modules"), prefix / "lib64/asterisk/modules"],
    )
    if modules is None:
        raise PbxError(f"{binary}: no modules folder near it; name another one with `asterisk` in cti.toml")
    shares = [prefix / "share/asterisk", *([] if unpacked else [Path("/var/lib/asterisk")])]
    data = _first_with("documentation", shares) or shares[0]
    return Installation(argv=argv, version=_version(argv), modules=modules, data=data, root=root if unpacked else None)


def _named(binary: Path) -> Installation:
    if not os.access(binary, os.X_OK) or not binary.is_file():
        raise PbxError(f"{binary} is not a program; mend `asterisk` in cti.toml")
    found = describe(binary)
    if found.version < OLDEST:
        raise PbxError(f"{binary} is version {_dotted(found.version)}; at least {_dotted(OLDEST)} is needed")
    return found


def _on_path() -> Installation | None:
    """PATH's Asterisk when it is new enough and whole."""
    places = os.pathsep.join((os.environ.get("PATH", os.defpath), *DAEMON_PLACES))
    found = shutil.which("asterisk", path=places)
    if not found:
        return None
    try:
        installation = describe(Path(found))
    except PbxError:
        return None  # a broken one is no reason not to use the fetched one
    return installation if installation.version >= OLDEST else None


def _package_root(binary: Path) -> Path | None:
    """ROOT of ROOT/usr/sbin/asterisk or ROOT/usr/bin/sipp; None for the machine's own /usr."""
    parts = binary.parent.parts
    if parts[-2:] not in (("usr", "sbin"), ("usr", "bin")):
        return None
    root = binary.parent.parent.parent
    return None if root == Path(root.anchor) else root


def _first_with(name: str, folders: Iterable[Path]) -> Path | None:
    return next((folder for folder in folders if (folder / name).exists()), None)


def _version(argv: tuple[str, ...]) -> tuple[int, ...]:
    """`asterisk -V` prints `Asterisk 22.10.1~dfsg+…`, `Asterisk certified-18.9-cert3` or `Asterisk GIT-22-…`."""
    try:
        done = subprocess.run([*argv, "-V"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PbxError(f"{argv[-1]} does not run: {error}") from error
    match = re.search(r"Asterisk\D*([0-9]+(?:\.[0-9]+)*)", done.stdout)
    if not match:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise PbxError(f"{argv[-1]} -V says no version: {said[-1] if said else 'nothing'}")
    return tuple(int(part) for part in match[1].split("."))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
