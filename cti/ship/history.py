"""Every version that was put in place: its files, its site, who, when, why, and what became of it.

A folder for each version in `var/history` (0700: the files hold passwords). A version that is `pending` is at the same
time the journal of the change that is under way: `before/` holds what it replaced, so a change that was cut off can be
undone. Its state is a file's name, so that no full disk can keep it from being settled. It knows folders; it refuses to
know what Asterisk says and what is in the files.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..errors import NotFound, Refused, RenderError
from .sounds import link_or_copy

KEPT = 50  # versions; the oldest go
WAIT_SECONDS = 60.0  # for another apply


class State(StrEnum):
    """What became of a version."""

    PENDING = "pending"  # under way, or cut off
    PROVEN = "proven"  # Asterisk has read it and the probe found it right
    UNPROVEN = "unproven"  # put in place beside an Asterisk that did not run
    FAILED = "failed"  # undone


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version. `kind`: apply, rollback (`of` = whose files these are) or found (edited by hand, kept by us).

    `files` are names -> SHA-256; `site` is the site as plain values, `words` what changed in it; `accepted` are
    complaints of Asterisk's that somebody said to live with; `replaced` are the files in `before/` (None: not there).
    """

    number: int = 0
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    kind: str = "apply"
    who: str = ""
    message: str = ""
    commit: str = ""
    of: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    words: Sequence[str] = ()
    accepted: Sequence[str] = ()
    replaced: Mapping[str, int | None] = field(default_factory=dict)  # name -> mode
    state: State = State.PENDING
    why: str = ""  # it failed

    def told(self) -> dict[str, Any]:
        """As JSON; without what only an undo needs."""
        values = {**asdict(self), "at": self.at.isoformat(timespec="seconds"), "state": str(self.state)}
        del values["replaced"]
        return values


class History:
    """The versions in one folder. Whoever changes something holds `lock`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def lock(self, waiting: Callable[[str], None]) -> Iterator[None]:
        """One change at a time: a second one says whom it waits for, and is refused after WAIT_SECONDS."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise RenderError(
                f"{error.filename}: {error.strerror}; nothing was changed; mend that, then run it again"
            ) from error
        try:
            if not _locked(handle):
                holder = os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
                waiting(f"another apply is under way (pid {holder}); waiting for it")
                _wait_for(handle, holder)
            with suppress(OSError):  # only told to others; a full disk is no reason to stop here
                os.pwrite(handle, f"{os.getpid():<20}".encode(), 0)
            yield
        finally:
            os.close(handle)

    def versions(self) -> list[Version]:
        """All that are kept, oldest first."""
        if not self.folder.is_dir():
            return []
        numbers = sorted(int(entry.name) for entry in self.folder.iterdir() if entry.name.isdecimal())
        return [version for number in numbers if (version := self._read(number)) is not None]

    def version(self, number: int) -> Version:
        """Raises NotFound, with the range that there is."""
        found = self._read(number)
        if found is None:
            kept = [version.number for version in self.versions()]
            have = f"there are {kept[0]} to {kept[-1]}" if kept else "nothing was applied yet"
            raise NotFound(f"there is no version {number}; {have} (cti dialplan history)")
        return found

    def head(self) -> Version | None:
        """What is in place: the last version that was not undone."""
        good = [v for v in self.versions() if v.state in (State.PROVEN, State.UNPROVEN) and v.kind != "found"]
        return good[-1] if good else None

    def before_head(self) -> Version | None:
        """What was in place before that: where a rollback leads. After a rollback to N: what was before N."""
        head = self.head()
        last = 0 if head is None else head.of if head.kind == "rollback" else head.number
        good = (State.PROVEN, State.UNPROVEN)
        older = [v for v in self.versions() if v.number < last and v.kind == "apply" and v.state in good]
        return older[-1] if older else None

    def pending(self) -> list[Version]:
        """Changes that were cut off (or are under way, for whoever does not hold the lock)."""
        return [version for version in self.versions() if version.state is State.PENDING]

    # --- what a version holds -----------------------------------------------------------------------------

    def files(self, version: Version) -> dict[str, str]:
        """File name -> text. Raises RenderError for one that was changed or is gone: a history must be right."""
        texts = {}
        for name, digest in version.files.items():
            path = self._path(version.number) / "files" / name
            data = path.read_bytes() if path.is_file() else b""
            if hashlib.sha256(data).hexdigest() != digest:
                raise RenderError(f"{path} is not what was applied; that version cannot be used")
            texts[name] = data.decode()
        return texts

    def site_files(self, version: Version) -> dict[str, str]:
        """site.yaml and what it included, as they were: path below the instance's folder -> text; {} when unknown."""
        folder = self._path(version.number) / "site"
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in files}

    def site(self, version: Version) -> dict[str, Any]:
        """The site as plain values (`words.plain`); {} when it is not known."""
        try:
            found: dict[str, Any] = json.loads((self._path(version.number) / "site.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def sounds(self, version: Version) -> Path:
        """The folder with its prompts, `<language>/<file>`; may not be there."""
        return self._path(version.number) / "sounds"

    def before(self, version: Version) -> dict[str, bytes | None]:
        """What it replaced: name -> bytes, None for what was not there."""
        folder = self._path(version.number) / "before"
        return {name: None if mode is None else (folder / name).read_bytes() for name, mode in version.replaced.items()}

    def manifest_before(self, version: Version) -> bytes | None:
        """The manifest of the folder before this version."""
        path = self._path(version.number) / "manifest-before"
        return path.read_bytes() if path.is_file() else None

    # --- changing it (under the lock) -----------------------------------------------------------------------

    def begin(self, version: Version, parts: Mapping[str, bytes]) -> Version:
        """Write down a version as pending, whole or not at all. `parts` are paths in its folder -> bytes.

        Raises RenderError when it cannot be written; then nothing is left of it.
        """
        number = max((v.number for v in self.versions()), default=0) + 1
        version = replace(version, number=number, state=State.PENDING)
        new = self.folder / ".new"
        try:
            _remove(new)
            new.mkdir(mode=0o700)
            for name, data in {**parts, "version.json": _as_json(version), "state.pending": b""}.items():
                _write(new / name, data)
            _sync(new)
            os.rename(new, self._path(number))
            _sync(self.folder)
        except OSError as error:
            _remove(new)
            raise RenderError(
                f"{error.filename or new}: {error.strerror}; nothing was changed; mend that, then run it again"
            ) from error
        return version

    def keep_sounds(self, version: Version, sounds: Mapping[str, Path]) -> None:
        """Its prompts, `<language>/<file>` -> where they lie. Raises RenderError."""
        new, path = self._path(version.number) / "sounds.new", self._path(version.number) / "sounds"
        try:
            shutil.rmtree(new, ignore_errors=True)
            for name, source in sounds.items():
                (new / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                link_or_copy(source, new / name)
            if new.is_dir():
                shutil.rmtree(path, ignore_errors=True)
                os.rename(new, path)
        except OSError as error:
            raise RenderError(f"{error.filename or new}: {error.strerror}") from error

    def settle(self, version: Version, state: State, why: str = "") -> Version:
        """What became of a pending version. A rename: a full disk cannot keep it from being done."""
        path = self._path(version.number)
        with suppress(OSError):
            if why:
                _write(path / "why", why.encode())
        os.rename(path / f"state.{version.state}", path / f"state.{state}")
        _sync(path)
        self._prune()
        return replace(version, state=state, why=why)

    def drop(self, version: Version) -> None:
        """Forget a version that has changed nothing."""
        _remove(self._path(version.number))

    def _prune(self) -> None:
        """The last KEPT stay, and what is in place."""
        head, versions = self.head(), self.versions()
        for version in versions[:-KEPT]:
            if head is None or version.number != head.number:
                _remove(self._path(version.number))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}"

    def _read(self, number: int) -> Version | None:
        path = self._path(number)
        try:
            values = json.loads((path / "version.json").read_text(encoding="utf-8"))
            state = next(State(each) for each in State if (path / f"state.{each}").exists())
            why = (
                (path / "why").read_text(encoding="utf-8") if state is State.FAILED and (path / "why").exists() else ""
            )
            return Version(**{**values, "at": datetime.fromisoformat(values["at"]), "state": state, "why": why})
        except (OSError, ValueError, KeyError, TypeError, StopIteration):
            return None  # a folder of somebody else's


def nothing_changed(error: OSError) -> RenderError:
    """What the machine refused, and what to do."""
    return RenderError(f"{error.filename}: {error.strerror}; nothing was changed: mend that, then run it again")


def _as_json(version: Version) -> bytes:
    values = {**asdict(version), "at": version.at.isoformat()}
    return json.dumps(
        {k: v for k, v in values.items() if k not in ("state", "why")}, ensure_ascii=False, indent=1
    ).encode()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(folder: Path) -> None:
    """Not to be seen as a version from its first moment on."""
    if folder.exists():
        gone = folder.with_name(f".gone-{folder.name.strip('.')}")
        shutil.rmtree(gone, ignore_errors=True)
        os.rename(folder, gone)
        shutil.rmtree(gone, ignore_errors=True)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for(handle: int, holder: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not _locked(handle):
        if time.monotonic() > until:
            raise Refused(f"another apply (pid {holder}) has been under way for {WAIT_SECONDS:.0f} s; try again later")
        time.sleep(0.1)
