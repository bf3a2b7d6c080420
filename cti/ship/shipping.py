"""One change from files to a proven Asterisk, all or nothing.

    version written down as pending, with what it replaces -> sounds made -> files put in place
    -> what changed is reloaded -> probe -> settled as proven; the engine is told last, by the caller

Whatever fails on the way, the same way back: files and sounds as they were, reload, probe of the old ones, settled as
failed. A change that was killed is undone by the next one that comes along (`mend`), before that does anything.
It knows this order; each step is elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from ..errors import CtiError, NotProven
from ..render.apply import MANIFEST, Changed, edited, mark_read, plan, put_back, unread_of
from ..render.apply import apply as put_in_place
from ..render.reloads import needs_restart, reloads_for
from .complaints import LogTail
from .difference import in_place
from .history import History, State, Version, nothing_changed
from .probe import Finding, probe
from .sounds import put_sounds_back, sounds_in_place

Say = Callable[[str], None]
MOST = 20  # findings that are told


class Asterisk(Protocol):
    """What shipping needs of the PBX (console.Console is one)."""

    def runs(self) -> bool: ...
    def ask(self, text: str) -> str: ...
    @property
    def log(self) -> Path: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cargo:
    """What is to be shipped. `make_sounds` makes the prompts and says whether music changed; `parts` are what the
    history keeps besides the files (site.json, site/…); `origin` says where a line of a file comes from."""

    version: Version
    files: Mapping[str, str]
    parts: Mapping[str, bytes] = field(default_factory=dict)
    make_sounds: Callable[[], bool] = lambda: False
    origin: Callable[[str, int], str] = lambda _file, _line: ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """What came of it. `version` None: nothing differed, so nothing was done."""

    changed: Changed
    version: Version | None = None
    reloaded: Sequence[str] = ()
    undone: Sequence[int] = ()  # versions that a killed apply had left


class Shipping:
    """The way of one instance. `start` starts its Asterisk where it does not run (None: it may stay down)."""

    def __init__(
        self,
        history: History,
        etc: Path,
        data: Path,
        asterisk: Asterisk,
        say: Say,
        start: Callable[[], None] | None = None,
    ) -> None:
        self.history, self._etc, self._data = history, etc, data
        self._asterisk, self._say, self._start = asterisk, say, start

    def ship(self, load: Callable[[], Cargo]) -> Shipped:
        """Take everything that `load` gives (called when nobody else changes anything) all the way.

        Raises NotProven when Asterisk refused it; RenderError, PbxError or SiteError as the steps do. Either way what
        was in place before is in place again.
        """
        with self.history.lock(self._say):
            undone = [version.number for version in self._recover()]
            cargo = load()
            self._keep_edits()
            changed = plan(cargo.files, self._etc)
            if cargo.version.kind == "apply" and not changed.to_read and self._is_same_site(cargo):
                music = cargo.make_sounds()
                if head := self.history.head():
                    self._keep_sounds(head)
                if self._start and not self._asterisk.runs():
                    self._start()
                return Shipped(changed=changed, reloaded=self._reload((), music), undone=undone)
            return replace(self._carry(cargo, changed), undone=undone)

    def mend(self) -> None:
        """Undo what a killed change left, and nothing else. Raises as the steps do."""
        if self.history.pending():
            with self.history.lock(self._say):
                self._recover()

    def _recover(self) -> list[Version]:
        left = self.history.pending()
        for version in reversed(left):
            self._undo(version, "it was cut off before it was proven")
            head = self.history.head()
            back = f"version {head.number} is back in place" if head else "what was there before is back in place"
            self._say(f"version {version.number} was cut off before it was proven; {back}")
        return left

    # --- there ---------------------------------------------------------------------------------------------

    def _carry(self, cargo: Cargo, changed: Changed) -> Shipped:
        log = LogTail(self._asterisk.log)
        version = self._begin(cargo, changed.names)
        try:
            music = cargo.make_sounds()
            self._keep_sounds(version)
            changed = put_in_place(cargo.files, self._etc)
            if self._start and not self._asterisk.runs():
                self._start()
                commands: list[str] = []
            else:
                commands = self._reload(changed.to_read, music)
            proven = self._prove(cargo, version, log)
        except BaseException as error:
            touched = self._undo(
                version, "\n".join([str(error) or type(error).__name__, *getattr(error, "findings", ())])
            )
            if not touched:
                self.history.drop(version)
            if isinstance(error, OSError):
                raise nothing_changed(error) from error
            raise
        mark_read(self._etc)
        state = State.PROVEN if proven else State.UNPROVEN
        return Shipped(changed=changed, version=self.history.settle(version, state), reloaded=commands)

    def _begin(self, cargo: Cargo, names: Collection[str]) -> Version:
        before: dict[str, int | None] = {}
        parts: dict[str, bytes] = {f"files/{name}": text.encode() for name, text in cargo.files.items()}
        for name in names:
            path = self._etc / name
            before[name] = path.stat().st_mode & 0o777 if path.is_file() else None
            if path.is_file():
                parts[f"before/{name}"] = path.read_bytes()
        if (self._etc / MANIFEST).is_file():
            parts["manifest-before"] = (self._etc / MANIFEST).read_bytes()
        digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in cargo.files.items()}
        version = replace(cargo.version, files=digests, replaced=before)
        return self.history.begin(version, {**parts, **cargo.parts})

    def _keep_sounds(self, version: Version) -> None:
        self.history.keep_sounds(version, sounds_in_place(self._data))

    def _reload(self, names: Iterable[str], music: bool = False) -> list[str]:
        if not self._asterisk.runs():
            return []
        commands = reloads_for(names)
        if music and "moh reload" not in commands:
            commands.insert(0, "moh reload")
        for text in commands:
            self._say(f"{text}: {' '.join(self._asterisk.ask(text).split())[:100]}")
        if restart := needs_restart(names):
            self._say(f"restart Asterisk for: {', '.join(restart)}")
        return commands

    def _prove(self, cargo: Cargo, version: Version, log: LogTail) -> bool:
        """Whether it was proven; False beside an Asterisk that does not run. Raises NotProven."""
        if not self._asterisk.runs():
            return False
        findings = probe(cargo.files, self._asterisk.ask, log, cargo.version.accepted)
        if findings:
            head = self.history.head()
            back = f"version {head.number} serves again" if head else "it is undone"
            told = [_with_origin(cargo, finding) for finding in findings[:MOST]]
            more = [f"and {len(findings) - MOST} more"] if len(findings) > MOST else []
            raise NotProven(f"version {version.number} is not what Asterisk runs: {back}", [*told, *more])
        return True

    def _is_same_site(self, cargo: Cargo) -> bool:
        head = self.history.head()
        site = cargo.parts.get("site.json", b"{}")
        return head is not None and head.kind != "rollback" and self.history.site(head) == json.loads(site)

    def _keep_edits(self) -> None:
        """Files that somebody edited in place are kept as a version, before they are replaced."""
        names = edited(self._etc)
        head = self.history.head()
        if not names or head is None:
            return
        texts = in_place(self._etc, set(head.files))
        there = [(self._etc / name).stat() for name in names if (self._etc / name).is_file()]
        at = max((datetime.fromtimestamp(each.st_mtime, UTC) for each in there), default=datetime.now(UTC))
        owner = (self._etc / names[0]).owner() if there and (self._etc / names[0]).is_file() else ""
        digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
        found = Version(kind="found", at=at, who=owner, message=f"edited in place: {', '.join(names)}", files=digests)
        parts = {f"files/{name}": text.encode() for name, text in texts.items()}
        kept = self.history.begin(found, {**parts, "site.json": json_of(self.history.site(head))})
        self.history.settle(kept, State.UNPROVEN)
        self._say(f"edited in place since version {head.number}: {', '.join(names)}; kept as version {kept.number}")

    # --- and back ------------------------------------------------------------------------------------------

    def _undo(self, version: Version, why: str) -> bool:
        """As it was before this version; may be cut off and done again. False: nothing in place had been touched."""
        modes = {name: mode for name, mode in version.replaced.items() if mode is not None}
        manifest = self.history.manifest_before(version)
        touched = put_back(self.history.before(version), self._etc, manifest=manifest, modes=modes)
        head = self.history.head()
        if head is not None:
            put_sounds_back(self.history.sounds(head), self._data)
        log = LogTail(self._asterisk.log)
        try:
            commands = self._reload(unread_of(self._etc))
            if commands and head is not None:
                for finding in probe(self.history.files(head), self._asterisk.ask, log, head.accepted):
                    self._say(f"also with version {head.number}: {finding}")
            mark_read(self._etc)
        except CtiError as error:
            self._say(f"Asterisk could not be told of the old files yet: {error}")
        self.history.settle(version, State.FAILED, why)
        return touched


def _with_origin(cargo: Cargo, finding: Finding) -> str:
    where = cargo.origin(finding.file, finding.line) if finding.line else ""
    return f"{finding} (from {where})" if where else str(finding)


def json_of(site: Any) -> bytes:
    """A site's plain values as the history keeps them."""
    return json.dumps(site, ensure_ascii=False, indent=1).encode()
