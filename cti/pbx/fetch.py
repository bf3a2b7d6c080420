"""Brings an Asterisk, SIPp and espeak-ng out of this machine's own package mirror, without root.

A private apt (own state, cache, sources and an empty dpkg status, so every library is in the answer) names the
packages; those that Asterisk, SIPp or espeak-ng could need are downloaded, verified by apt, and unpacked side by
side into one folder. It knows nothing of instances: the folder is shared by all of them.

Measured on two cores: 9 s on a quiet machine, 14 s on a busy one; 163 packages, 249 MB unpacked.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from ..errors import PbxError
from .cache import cache_folder, fetched_root
from .find import describe, tool_in
from .mirror import SELF_HELP, source_line

Progress = Callable[[str], None]

WANTED = ("asterisk", "asterisk-core-sounds-en-wav", "sip-tester", "espeak-ng")
# Named by dependencies, but nothing that we start opens them: maintainer-script helpers, GnuPG, interpreters.
NOT_NEEDED = (
    "adduser", "base-passwd", "debconf", "dirmngr", "gnupg*", "gpg*", "gcc-*-base", "login.defs", "libpython3*",
    "libpam*", "libperl*", "libsemanage*", "passwd", "perl*", "pinentry*", "python3*", "readline-common", "tzdata",
)  # fmt: skip
_APT_OPTIONS = ("-y", "--no-install-recommends")


def fetch(progress: Progress) -> Path:
    """Make sure that the fetched root is there; returns it. Idempotent, safe to call from several processes at once.

    `progress` gets one sentence per step. Raises PbxError, saying what to do instead, when this machine has no
    apt, no mirror, no network, or the mirror has no such package for this kind of machine. Killed at any instant
    it leaves at worst a `work-*` folder that the next fetch removes.
    """
    root = fetched_root()
    if root.is_dir():
        return root
    for program in ("apt-get", "apt-config", "dpkg"):
        if shutil.which(program) is None:
            raise PbxError(f"there is no {program} on this machine; {SELF_HELP}")
    line = source_line()
    cache_folder().mkdir(parents=True, exist_ok=True)
    with _locked(cache_folder() / "lock", progress):
        if not root.is_dir():
            for leftover in cache_folder().glob("work-*"):
                shutil.rmtree(leftover, ignore_errors=True)
            _fetch_into(root, line, progress)
    return root


def _fetch_into(root: Path, line: str, progress: Progress) -> None:
    with tempfile.TemporaryDirectory(prefix="work-", dir=root.parent, ignore_cleanup_errors=True) as name:
        work = Path(name)
        apt = _private_apt(work, line)
        progress("reading the mirror's list of packages")
        _run(apt, "update")
        names = _needed(_run(apt, "install", "--print-uris", *WANTED))
        progress(f"downloading {len(names)} packages")
        _run(apt, "download", *names, cwd=work / "debs")
        debs = sorted((work / "debs").glob("*.deb"))
        if len(debs) < len(names):
            raise PbxError(f"only {len(debs)} of {len(names)} packages arrived; run it again, or {SELF_HELP}")
        _unpack(debs, work / "root", progress)
        _prove(work / "root")
        (work / "root").rename(root)
    progress(f"Asterisk is in {root}")


def _private_apt(work: Path, line: str) -> dict[str, str]:
    """The environment of an apt that touches nothing of the machine's own. APT_CONFIG keeps the machine's
    own proxies and its policy about a mirror's dates (a frozen mirror), and leaves out its hooks (some clean the
    machine's own cache after every update)."""
    for folder in ("state/lists/partial", "cache/archives/partial", "parts", "debs"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(line, encoding="utf-8")
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False).stdout
    kept = re.findall(r"(?m)^Acquire::(?:https?|Force|Check-)[^\n]*;$", dump)
    own = {
        "Dir::State": work / "state", "Dir::State::status": work / "status", "Dir::Cache": work / "cache",
        "Dir::Etc::sourcelist": work / "sources.list", "Dir::Etc::sourceparts": work / "parts",
        "Dir::Etc::parts": work / "parts", "Dir::Etc::main": "/dev/null", "Dir::Etc::preferencesparts": work / "parts",
        "Dir::Etc::preferences": "/dev/null", "Acquire::Languages": "none", "Acquire::Retries": "2",
        "Acquire::http::Timeout": "30", "Acquire::https::Timeout": "30",
        # Run by root, apt would drop to a user who cannot enter this folder.
        "APT::Sandbox::User": "root",
    }  # fmt: skip
    settings = "\n".join([*kept, *(f'{key} "{value}";' for key, value in own.items())])
    (work / "apt.conf").write_text(settings + "\n", encoding="utf-8")
    return {**os.environ, "APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def _run(env: dict[str, str], *arguments: str, cwd: Path | None = None) -> str:
    """apt-get's standard output. Raises PbxError with its own first complaint."""
    done = subprocess.run(
        ["apt-get", *_APT_OPTIONS, *arguments], env=env, cwd=cwd, capture_output=True, text=True, check=False
    )
    # `apt-get update` ends with 0 when the mirror was not reached: it only warns.
    complaints = re.findall(r"(?m)^(?:E|Err:\d+|W: Failed to fetch)[: ].*$", done.stderr + done.stdout)
    if done.returncode or (complaints and arguments[0] == "update"):
        raise PbxError(f"apt-get {arguments[0]}: {complaints[0] if complaints else done.stderr.strip()}; {SELF_HELP}")
    return done.stdout


def _needed(uris: str) -> list[str]:
    """Package names out of lines like `'URI' asterisk_1%3a22.10.1-1_amd64.deb 1234 SHA256:…`."""
    names = re.findall(r"(?m)^'[^']+' ([a-z0-9][a-z0-9+.-]*)_\S+\.deb \d+", uris)
    if "asterisk" not in names:
        raise PbxError(f"the mirror has no asterisk for this machine; {SELF_HELP}")
    return [name for name in names if not any(fnmatch(name, pattern) for pattern in NOT_NEEDED)]


def _unpack(debs: list[Path], root: Path, progress: Progress) -> None:
    root.mkdir()
    # Two at a time: dpkg spends its time in one decompressor, and more would only fight for the disk.
    with ThreadPoolExecutor(max_workers=2) as workers:
        for count, _ in enumerate(workers.map(lambda deb: _unpack_one(deb, root), debs), 1):
            if count % 25 == 0 or count == len(debs):
                progress(f"unpacked {count} of {len(debs)} packages")


def _unpack_one(deb: Path, root: Path) -> None:
    done = subprocess.run(["dpkg", "-x", str(deb), str(root)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PbxError(f"{deb.name} cannot be unpacked ({done.stderr.strip()}); is the disk of {root} full?")
    deb.unlink()


def _prove(root: Path) -> None:
    """A root counts only when its programs start: a library that we left out must fail here, not at the first call."""
    describe(root / "usr/sbin/asterisk")
    for name, option in (("sipp", "-v"), ("espeak-ng", "--version")):
        tool = tool_in(root, name)
        done = tool and subprocess.run(
            [*tool.argv, option], env={**os.environ, **tool.env}, capture_output=True, text=True, check=False
        )
        if not done or "error while loading" in done.stderr:
            raise PbxError(f"the fetched {name} does not run; {SELF_HELP}")


@contextmanager
def _locked(file: Path, progress: Progress) -> Iterator[None]:
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("another process is fetching; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
