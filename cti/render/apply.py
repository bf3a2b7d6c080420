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
        unread=tuple(sorted(name for name in _unread(etc) if name in names)),
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
        if _unread(etc):
            with _only_one(etc):
                _write_manifest(etc, _read_manifest(etc), ())
    except OSError as error:
        raise RenderError(f"{error.filename or etc}: {error.strerror}") from error


def put_back(
    before: Mapping[str, bytes | None], etc: Path, *, manifest: bytes | None, modes: Mapping[str, int]
) -> bool:
    """Undo an `apply`: each of these files as it was (None: it was not there), and so the manifest.

    Whatever Asterisk may have read of them meanwhile counts as unread. `modes` are those of foreign files. May be cut
    off and done again. False: nothing had been touched, so nothing is. Raises RenderError when it cannot be done.
    """
    try:
        if not etc.is_dir():
            return False
        with _only_one(etc) as folder:
            ours, unread = _parsed(manifest or b"")
            here = {name: _bytes_of(etc / name) for name in before}
            _remove_leftovers(etc)
            if here == before and _read_manifest(etc) == ours:
                return False
            texts = {name: (data, modes.get(name, _mode(name))) for name, data in before.items() if data is not None}
            _swap(etc, folder, texts, [name for name in before if before[name] is None], ours, {*unread, *before})
            return True
    except OSError as error:
        raise RenderError(f"{error.filename or etc}: {error.strerror}; run it again") from error


def edited(etc: Path) -> tuple[str, ...]:
    """The files of ours that somebody else has changed or removed since we wrote them, sorted."""
    return tuple(
        sorted(name for name, digest in _read_manifest(etc).items() if digest and _digest(etc / name) != digest)
    )


def unread_of(etc: Path) -> tuple[str, ...]:
    """The files that Asterisk was not told of since they changed."""
    return tuple(_unread(etc))


def _apply(files: Mapping[str, str], etc: Path, folder: int) -> Changed:
    changed = plan(files, etc)
    texts = {name: (files[name].encode(), _mode(name)) for name in changed.written}
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    if changed.names or _read_manifest(etc) != digests:
        _swap(etc, folder, texts, changed.removed, digests, changed.to_read, changed.kept)
    return changed


def _swap(
    etc: Path,
    folder: int,
    texts: Mapping[str, tuple[bytes, int]],
    gone: Iterable[str],
    digests: Mapping[str, str],
    unread: Iterable[str],
    kept: Iterable[str] = (),
) -> None:
    """Everything is on the disk beside its target, the manifests too, before the first thing in place is touched."""
    claimed = dict.fromkeys({*_read_manifest(etc), *digests, *texts}, "")
    try:
        _remove_leftovers(etc)
        for name, (data, mode) in texts.items():
            _write_new(etc, name, data, mode)
        claim = _write_new(etc, MANIFEST + ".claim", _manifest(claimed, unread), 0o640)
        final = _write_new(etc, MANIFEST, _manifest(digests, unread), 0o640)
    except OSError:
        _remove_leftovers(etc)
        raise
    for name in kept:  # before the manifest claims the name: a later run would take the file for ours
        if not (etc / (name + _KEPT)).exists():
            os.link(etc / name, etc / (name + _KEPT))
    os.replace(claim, etc / MANIFEST)
    for name in texts:
        os.replace(_temporary(etc, name), etc / name)
    for name in gone:
        (etc / name).unlink(missing_ok=True)
    os.replace(final, etc / MANIFEST)
    os.fsync(folder)


def _remove_leftovers(etc: Path) -> None:
    for leftover in etc.glob(".*" + _TEMPORARY):
        leftover.unlink(missing_ok=True)


def _is_same(path: Path, name: str, data: bytes) -> bool:
    try:
        return path.read_bytes() == data and path.stat().st_mode & 0o777 == _mode(name)
    except OSError:
        return False


def _mode(name: str) -> int:
    return 0o600 if name in SECRET else 0o640


def _temporary(etc: Path, name: str) -> Path:
    return etc / f".{name}{_TEMPORARY}"


def _write_new(etc: Path, name: str, data: bytes, mode: int) -> Path:
    """Write beside the target, down to the disk, with its final mode and the folder's owner."""
    path = _temporary(etc, name)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        owner = etc.stat()
        if os.geteuid() == 0 and (owner.st_uid, owner.st_gid) != (0, 0):
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        os.fchmod(file.fileno(), mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return path


def _write_manifest(etc: Path, digests: Mapping[str, str], unread: Iterable[str]) -> None:
    _temporary(etc, MANIFEST).unlink(missing_ok=True)
    os.replace(_write_new(etc, MANIFEST, _manifest(digests, unread), 0o640), etc / MANIFEST)


def _manifest(digests: Mapping[str, str], unread: Iterable[str]) -> bytes:
    return json.dumps({"files": dict(digests), "unread": sorted(unread)}, indent=1, sort_keys=True).encode() + b"\n"


def _read_manifest(etc: Path) -> dict[str, str]:
    return _parsed(_bytes_of(etc / MANIFEST) or b"")[0]


def _unread(etc: Path) -> list[str]:
    return _parsed(_bytes_of(etc / MANIFEST) or b"")[1]


def _parsed(manifest: bytes) -> tuple[dict[str, str], list[str]]:
    """File name -> SHA-256 of what we wrote there ("" = a run was cut off), and what is unread; damaged is empty."""
    try:
        found = json.loads(manifest.decode())
        files = {name: str(digest) for name, digest in found["files"].items() if _NAME.fullmatch(name)}
        return files, [str(name) for name in found["unread"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, []


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _digest(path: Path) -> str:
    data = _bytes_of(path)
    return "" if data is None else hashlib.sha256(data).hexdigest()


@contextmanager
def _only_one(etc: Path) -> Iterator[int]:
    """One apply at a time per folder: a second one waits."""
    folder = os.open(etc, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)
