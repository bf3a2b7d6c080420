"""Which templates are in use: an admin's own ones win over ours, name by name, partials too.

It knows the folders' order and what a copy remembers: its first line holds the hash of the shipped template that it was
taken from, so that it can be told later whether ours has moved on since. It refuses to merge: that is the admin's.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import RenderError, UsageError

_BASE = re.compile(r"\{#- taken from the shipped template sha256:([0-9a-f]{64})[^\n]*-#\}\n")
_MARK = "{{#- taken from the shipped template sha256:{0}; see cti dialplan templates -#}}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One template by name. `own` and `shipped`: where it lies (None = there is none); `base`: the hash that `own` was
    taken from ("" = unknown). Hashes are of the text without the line that remembers the base."""

    name: str
    own: Path | None
    shipped: Path | None
    base: str = ""
    own_hash: str = ""
    shipped_hash: str = ""
    added: int = 0
    removed: int = 0

    @property
    def used(self) -> Path:
        """The file that is rendered."""
        used = self.own or self.shipped
        assert used is not None
        return used

    @property
    def state(self) -> str:
        """In a few words, what an admin should know."""
        if self.own is None:
            return "shipped"
        if self.shipped is None:
            return "own, not one of ours"
        if self.own_hash == self.shipped_hash:
            return "own, same as shipped"
        changed = f"own, +{self.added} -{self.removed} lines"
        if not self.base:
            return f"{changed}; what it was taken from is unknown"
        if self.base == self.shipped_hash:
            return changed
        if self.base == self.own_hash:
            return f"{changed}; an unchanged copy of an older shipped one"
        return f"{changed}; the shipped one has changed since it was taken"

    @property
    def moved_on(self) -> bool:
        """Whether ours is another one than when the copy was taken."""
        return self.own is not None and self.shipped is not None and self.base not in ("", self.shipped_hash)


def templates(own: Sequence[Path], shipped: Sequence[Path]) -> list[Template]:
    """Every template of these folders, by name. Raises RenderError for one that cannot be read."""
    names = {file.name for folder in (*own, *shipped) for file in folder.glob("*.j2")}
    return [_template(name, _first(own, name), _first(shipped, name)) for name in sorted(names)]


def find(name: str, known: Sequence[Template]) -> Template:
    """By name, with or without `.j2`. Raises UsageError with the nearest."""
    found = next((one for one in known if one.name in (name, name + ".j2")), None)
    if found is None:
        near = difflib.get_close_matches(name, [one.name for one in known], 1)
        raise UsageError(f"there is no template {name!r}" + (f"; did you mean {near[0]}?" if near else ""))
    return found


def difference(template: Template) -> list[str]:
    """From the shipped one to the own one, as a unified diff; [] where nothing differs or one of them is missing."""
    if template.own is None or template.shipped is None:
        return []
    before, after = _text(template.shipped), _body(_text(template.own))
    names = (str(template.shipped), str(template.own))
    return list(difflib.unified_diff(before.splitlines(), after.splitlines(), *names, lineterm=""))


def copy(template: Template, home: Path) -> Path:
    """Lay the shipped one into the instance, to be changed there. Raises UsageError when there is one already."""
    if template.own is not None:
        raise UsageError(
            f"{template.own} is there already; compare it with: cti dialplan templates --diff {template.name}"
        )
    if template.shipped is None:
        raise UsageError(f"{template.name} is none of ours")
    target = home / template.shipped.parent.name / template.name
    text = _text(template.shipped)
    try:
        target.parent.mkdir(mode=0o750, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(_MARK.format(_hash(text)) + text)
    except OSError as error:
        raise RenderError(f"{error.filename or target}: {error.strerror}") from error
    return target


def _template(name: str, own: Path | None, shipped: Path | None) -> Template:
    mine = _text(own) if own is not None else ""
    base = _BASE.match(mine)
    one = Template(
        name=name,
        own=own,
        shipped=shipped,
        base=base[1] if base else "",
        own_hash=_hash(_body(mine)) if own is not None else "",
        shipped_hash=_hash(_text(shipped)) if shipped is not None else "",
    )
    lines = difference(one)[2:]
    count = {sign: sum(line.startswith(sign) for line in lines) for sign in "+-"}
    return replace(one, added=count["+"], removed=count["-"])


def _first(folders: Sequence[Path], name: str) -> Path | None:
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RenderError(f"{path}: not UTF-8") from error
    except OSError as error:
        raise RenderError(f"{path}: {error.strerror}") from error


def _body(text: str) -> str:
    return _BASE.sub("", text, count=1)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
