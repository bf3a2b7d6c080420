"""A site that is several files: `include: [queues.yaml, menus/*.yaml]` in site.yaml.

It knows which files belong to a site and joins them to one document; it refuses to know what sections mean. Every
path is relative to the folder of site.yaml, in whichever file it is written, so that a section can be moved from file
to file without a change. Bounded: MOST_FILES files, MOST_BYTES in all, DEEPEST levels of files that include
files. Nothing is read from outside that folder, whatever `..`, absolute paths or symbolic links say, and only regular
files are.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from ..errors import SiteError
from .reading import (
    MAX_BYTES,
    Mistakes,
    entries,
    first_at,
    forbidden,
    is_null,
    kind_of,
    line_of,
    read_yaml,
    shown,
)

INCLUDE = "include"
SCHEMA_FILE = "site.schema.json"  # beside site.yaml, whose first line tells editors of it
EDITOR_HINT = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"
_FILE_SCHEMA = {"type": "string", "pattern": r"^[^/~].*\.ya?ml$"}
INCLUDE_SCHEMA: dict[str, Any] = {"anyOf": [_FILE_SCHEMA, {"type": "array", "items": _FILE_SCHEMA}]}
MOST_FILES = 200
MOST_BYTES = 4 * 1024 * 1024
DEEPEST = 4
_SUFFIXES = (".yaml", ".yml")
_WILD = frozenset("*?[")


@dataclass(slots=True)
class _Reading:
    """What has been read so far, and from where."""

    home: Path
    mistakes: Mistakes
    roots: list[yaml.Node] = field(default_factory=list)
    files: dict[Path, int] = field(default_factory=dict)  # resolved -> the line that included it
    size: int = 0


def read_site_files(path: Path, mistakes: Mistakes, spread: Collection[str]) -> tuple[yaml.Node | None, list[Path]]:
    """The joined document and the files that it is from, site.yaml first.

    Sections of `spread` may stand in several files; their names may not. Raises SiteError when site.yaml itself cannot
    be read; everything else is noted in `mistakes`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SiteError([f"{path}:1: {error.strerror} (make one with: cti init)"]) from error
    reading = _Reading(path.parent, mistakes, files={path.resolve(): 1}, size=len(data))
    root = read_yaml(data, mistakes)
    if root is None:
        return None, [path]
    reading.roots.append(root)
    _follow(reading, root, 1)
    joined = root if len(reading.roots) == 1 else _join(reading.roots, mistakes, spread)
    return joined, [path, *map(Path, mistakes.files)]


def files_of(path: Path) -> list[Path]:
    """Every file of a site, site.yaml first, as far as they can be read. Raises SiteError without a site.yaml."""
    return read_site_files(path, Mistakes(str(path)), ())[1]


def names_in(path: Path, section: str) -> list[str]:
    """The names in one section, as far as the files can be read. Raises SiteError without a site.yaml."""
    root, _ = read_site_files(path, Mistakes(str(path)), (section,))
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found = (value for key, value in pairs if key.value == section and isinstance(value, yaml.MappingNode))
    return [name.value for value in found for name, _ in value.value if isinstance(name, yaml.ScalarNode)]


def text_in(path: Path, section: str, option: str) -> str:
    """One plain value of a section, "" without one. Raises SiteError without a site.yaml."""
    root, _ = read_site_files(path, Mistakes(str(path)), ())
    for key in (section, option):
        pairs = root.value if isinstance(root, yaml.MappingNode) else []
        root = next((value for name, value in pairs if name.value == key), None)
    return str(root.value) if isinstance(root, yaml.ScalarNode) and not is_null(root) else ""


def _follow(reading: _Reading, root: yaml.Node, depth: int) -> None:
    """Read what this document includes, and what that includes."""
    for item in _wanted(root, reading.mistakes):
        for path in _found(reading, item):
            if len(reading.files) >= MOST_FILES or depth > DEEPEST:
                what = f"more than {MOST_FILES} files" if depth <= DEEPEST else f"files nested deeper than {DEEPEST}"
                reading.mistakes.add(item, f"{INCLUDE}: {what}", "a site is a few files; join some of them")
                return
            included = _read(reading, item, path)
            if included is not None:
                reading.roots.append(included)
                _follow(reading, included, depth + 1)


def _wanted(root: yaml.Node, mistakes: Mistakes) -> Iterator[yaml.ScalarNode]:
    """The names in `include:`, those that can be names of files of this folder."""
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found = [value for key, value in pairs if key.value == INCLUDE and not is_null(value)]
    nodes = [node for value in found for node in (value.value if isinstance(value, yaml.SequenceNode) else [value])]
    for node in nodes:
        hint = "names of files of this folder: [queues.yaml, menus/*.yaml]"
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            mistakes.add(node, f"{INCLUDE}: {kind_of(node)} is not the name of a file", hint)
        elif forbidden(node.value) or len(node.value) > 200:
            mistakes.add(node, f"{INCLUDE}: {shown(node.value)} cannot be the name of a file", hint)
        elif node.value.startswith(("/", "~")) or {"..", "**"} & set(Path(node.value).parts):
            mistakes.add(node, f"{INCLUDE}: {shown(node.value)} may lie outside the site's folder", hint)
        elif not node.value.endswith(_SUFFIXES):
            mistakes.add(node, f"{INCLUDE}: {shown(node.value)} is not a .yaml file", hint)
        else:
            yield node


def _found(reading: _Reading, node: yaml.ScalarNode) -> Iterator[Path]:
    """The files that one name stands for, sorted. A pattern leaves out hidden files and those that were read before."""
    if not _WILD & set(node.value):
        path = reading.home / node.value
        first = reading.files.get(_real(path))
        if first is None:
            yield path
        else:
            reading.mistakes.add(node, f"{INCLUDE}: {shown(node.value)} is included twice", first_at(first, node))
        return
    try:
        matches = sorted(islice(reading.home.glob(node.value), 10 * MOST_FILES))
        folders = reading.home / str(Path(node.value).parent)
        if not matches and not _WILD & set(str(folders)) and not folders.is_dir():
            reading.mistakes.add(node, f"{INCLUDE}: there is no folder {shown(str(Path(node.value).parent))}")
    except (OSError, ValueError) as error:
        reading.mistakes.add(node, f"{INCLUDE}: {shown(node.value)}: {error}")
        return
    for path in matches:
        if not path.name.startswith(".") and _real(path) not in reading.files:
            yield path


def _read(reading: _Reading, node: yaml.ScalarNode, path: Path) -> yaml.Node | None:
    """The document in one included file; None after a mistake, which stands where the file is named."""
    home, real, what = reading.home.resolve(), _real(path), f"{INCLUDE}: {shown(str(path.relative_to(reading.home)))}"
    if not real.is_relative_to(home):
        reading.mistakes.add(node, f"{what} lies outside {home}", "a link may not lead out of the site's folder")
        return None
    try:
        data = _bytes(real)
    except OSError as error:
        hint = f"looked in {home}" if isinstance(error, FileNotFoundError) else ""
        reading.mistakes.add(node, f"{what}: {error.strerror}", hint)
        return None
    reading.size += len(data)
    if reading.size > MOST_BYTES:
        reading.mistakes.add(node, f"{what}: the site's files have more than {MOST_BYTES:,} bytes")
        return None
    reading.files[real] = line_of(node)
    reading.mistakes.files.append(str(path))
    return read_yaml(data, reading.mistakes, str(path))


def _real(path: Path) -> Path:
    """Where it leads; itself when that cannot be said (a loop of links, a name that is too long): opening it tells."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def _bytes(real: Path) -> bytes:
    """What a regular file holds; a pipe or a device, or a link put there this instant, is refused."""
    handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "not a file", str(real))
        return file.read(MAX_BYTES + 1)


def _join(roots: list[yaml.Node], mistakes: Mistakes, spread: Collection[str]) -> yaml.Node:
    """One mapping of all files' sections; one that is not of names and is written twice stays so, to be told."""
    pairs: list[tuple[yaml.Node, yaml.Node]] = []
    sections: dict[str, yaml.MappingNode] = {}
    for root in roots:
        file = "site.yaml" if root is roots[0] else root.start_mark.name
        for key, value in entries(root, Path(file).name, mistakes):
            if key.value == INCLUDE:
                continue  # followed already
            if key.value in spread and is_null(value):
                continue
            if key.value not in spread or not isinstance(value, yaml.MappingNode):
                pairs.append((key, value))
            elif key.value in sections:
                sections[key.value].value.extend(value.value)
            else:
                sections[key.value] = yaml.MappingNode(value.tag, list(value.value), value.start_mark, value.end_mark)
                pairs.append((key, sections[key.value]))
    return yaml.MappingNode(roots[0].tag, pairs, roots[0].start_mark, roots[0].end_mark)
