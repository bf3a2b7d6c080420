"""Puts rendered files in place so that a kill at any instant leaves each file either old or new.

It knows files, and which of them are ours (`.cti-manifest.json` in the folder); it refuses to know what is in them.
Order: everything is rendered before we begin; all new texts lie on disk beside their targets; foreign files that
stand in the way are kept aside; the manifest claims the old and the new names; each file is renamed into place; files
of ours that are no longer rendered go; the manifest says what is. A run that was cut off is completed by the next one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import RenderError

MANIFEST = ".cti-manifest.json"
SECRET = frozenset({"manager.conf", "pjsip.conf", "voicemail.conf", "http.conf", "ari.conf"})  # hold passwords: 0600
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*\.conf")
_TEMPORARY = ".cti-new"  # behind the name: no `#include *.conf` reads a half-written file
_KEPT = ".before-cti"


@dataclass(frozen=True, slots=True)
class Changed:
    """What `apply` did (or would do): names relative to the folder, sorted."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()  # foreign files that stood in the way, kept as NAME.before-cti
    unread: tuple[str, ...] = ()  # changed by an earlier run that was cut off before Asterisk read them

    @property
    def names(self) -> tuple[str, ...]:
        """Every file that differs from before."""
        return tuple(sorted({*self.written, *self.removed}))

    @property
    def to_read(self) -> tuple[str, ...]:
        """Every file that Asterisk must read again."""
        return tuple(sorted({*self.names, *self.unread}))


def plan(files: Mapping[str, str], etc: Path) -> Changed:
    """What `apply` would change now; writes nothing. Raises RenderError for a name that is not a plain *.conf."""
    for name in files:
        if not _NAME.fullmatch(name):
            raise RenderError(f"{name!r} is not the name of a file of Asterisk's")
    ours = _read_manifest(etc)
    names = set(files) | set(ours)
    differs = [name for name, text in files.items() if not _is_same(etc / name, name, text.encode())]
    return Changed(
        written=tuple(sorted(differs)),
        removed=tuple(sorted(name for name in ours if name not in files and (etc / name).exists())),
        unchanged=tuple(sorted(set(files) - set(differs))),
        kept=tuple(sorted(name for name in differs if name not in ours and (etc / name).is_file())),
        unread=tuple(sorted(name for name in _read_list(etc, "unread") if name in names)),
    )


def apply(files: Mapping[str, str], etc: Path) -> Changed:
    """Make the folder hold these files and nothing else of ours; foreign files stay.

    Unchanged files are not touched. A foreign file that one of ours replaces is kept once as NAME.before-cti.
    Modes: 0600 where passwords are, else 0640; owner as the folder's. Raises RenderError when anything cannot be
    written; files renamed until then are complete, and a later run goes on from there.
    """
    try:
        etc.mkdir(mode=0o750, parents=True, exist_ok=True)
        with _only_one(etc) as folder:
            return _apply(files, etc, folder)
    except OSError as error:
        raise RenderError(
            f"{error.filename or etc}: {error.strerror}; nothing is half-written, run it again"
        ) from error


def mark_read(etc: Path) -> None:
    """Asterisk has read every file (or does not run, and reads them when it starts)."""
    try:
        if _read_list(etc, "unread"):
            with _only_one(etc):
                _write_manifest(etc, _read_manifest(etc), ())
    except OSError as error:
        raise RenderError(f"{error.filename or etc}: {error.strerror}") from error


def _apply(files: Mapping[str, str], etc: Path, folder: int) -> Changed:
    for leftover in etc.glob(".*" + _TEMPORARY):
        leftover.unlink()
    changed = plan(files, etc)
    for name in changed.written:
        _write_new(etc, name, files[name].encode())
    for name in changed.kept:  # before the manifest claims the name: a later run would take the file for ours
        if not (etc / (name + _KEPT)).exists():
            os.link(etc / name, etc / (name + _KEPT))
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    stale = _read_manifest(etc) != digests
    if stale:
        _write_manifest(etc, dict.fromkeys({*_read_manifest(etc), *files}, ""), changed.to_read)
    for name in changed.written:
        os.replace(_temporary(etc, name), etc / name)
    for name in changed.removed:
        (etc / name).unlink(missing_ok=True)
    if stale:
        _write_manifest(etc, digests, changed.to_read)
    os.fsync(folder)
    return changed


def _is_same(path: Path, name: str, data: bytes) -> bool:
    try:
        return path.read_bytes() == data and path.stat().st_mode & 0o777 == _mode(name)
    except OSError:
        return False


def _mode(name: str) -> int:
    return 0o600 if name in SECRET else 0o640


def _temporary(etc: Path, name: str) -> Path:
    return etc / f".{name}{_TEMPORARY}"


def _write_new(etc: Path, name: str, data: bytes, mode: int | None = None) -> Path:
    """Write beside the target, down to the disk, with its final mode and the folder's owner."""
    path = _temporary(etc, name)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        owner = etc.stat()
        if os.geteuid() == 0 and (owner.st_uid, owner.st_gid) != (0, 0):
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        os.fchmod(file.fileno(), _mode(name) if mode is None else mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return path


def _write_manifest(etc: Path, digests: Mapping[str, str], unread: Iterable[str]) -> None:
    text = json.dumps({"files": dict(digests), "unread": list(unread)}, indent=1, sort_keys=True) + "\n"
    _temporary(etc, MANIFEST).unlink(missing_ok=True)
    os.replace(_write_new(etc, MANIFEST, text.encode(), 0o640), etc / MANIFEST)


def _read_manifest(etc: Path) -> dict[str, str]:
    """File name -> SHA-256 of what we wrote there ("" = a run was cut off); a damaged manifest is no manifest."""
    try:
        files = json.loads((etc / MANIFEST).read_text(encoding="utf-8"))["files"]
        return {name: str(digest) for name, digest in files.items() if _NAME.fullmatch(name)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _read_list(etc: Path, key: str) -> list[str]:
    try:
        return [str(name) for name in json.loads((etc / MANIFEST).read_text(encoding="utf-8"))[key]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


@contextmanager
def _only_one(etc: Path) -> Iterator[int]:
    """One apply at a time per folder: a second one waits."""
    folder = os.open(etc, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)
