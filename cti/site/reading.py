"""YAML text to nodes with lines, and the mistakes found on the way.

It knows YAML, lines and hints; it refuses to know what a site is. Bounded: no file over 1 MiB, no nesting deeper
than 12, at most 100,000 nodes, no aliases (a few of them can stand for billions of values), no tags. Scalars are
read as written, so that `0110: …` is a number to dial and not an octal integer. A line knows its file, as a site may
be several (`files.py`).
"""

from __future__ import annotations

import difflib
import io
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 12
MAX_NODES = 100_000
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\u200b\ufeff")


class Line(int):
    """A 1-based line; `file` is the path as mistakes name it, "" for the site's own file."""

    file: str

    def __new__(cls, line: int, file: str = "") -> Line:
        made = super().__new__(cls, line)
        made.file = file
        return made


# Hears what readers ask of a node: what kind of fact, the node, the facts. The JSON Schema is made of it (schema.py).
Listener = Callable[[str, "yaml.Node | None", dict[str, Any]], None]


class _Text(io.StringIO):
    """A text whose nodes will know the file that it is from (yaml.Mark.name)."""

    name: str


@dataclass(slots=True)
class Mistakes:
    """Everything wrong so far, each with its line; `warned`: what is no mistake, but should be known. `files` are the
    included ones, in the order read."""

    file: str
    found: list[tuple[int, str]] = field(default_factory=list)
    warned: list[tuple[int, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    listener: Listener | None = None

    def tell(self, kind: str, node: yaml.Node | None, **facts: Any) -> None:
        """A reader says what it takes here: `object`, `option`, `closed`, `map`, `names`, `items` or a `value`."""
        if self.listener is not None:
            self.listener(kind, node, facts)

    def add(self, where: yaml.Node | int, text: str, hint: str = "", *, grave: bool = True) -> None:
        """Note a mistake (a warning when not `grave`) at a node or a 1-based line."""
        line = where if isinstance(where, int) else line_of(where)
        message = f"{text} ({hint})" if hint else text
        notes = self.found if grave else self.warned
        notes.append((line, "".join(ascii(c)[1:-1] if forbidden(c) else c for c in message)))

    def place(self, where: yaml.Node | int) -> str:
        """`file:line` of a node or a 1-based line."""
        line = where if isinstance(where, int) else line_of(where)
        return f"{getattr(line, 'file', '') or self.file}:{int(line)}"

    def lines(self) -> list[str]:
        """The mistakes as `file:line: text (hint)`, by file and line, each once."""
        return self._lines(self.found)

    def warnings(self) -> list[str]:
        """The warnings, likewise."""
        return self._lines(self.warned)

    def _lines(self, notes: list[tuple[int, str]]) -> list[str]:
        order = {"": -1} | {file: index for index, file in enumerate(self.files)}
        each = {(getattr(line, "file", ""), line, text): None for line, text in notes}
        ordered = sorted(each, key=lambda one: (order.get(one[0], len(order)), one[1]))
        return [f"{file or self.file}:{line}: {text}" for file, line, text in ordered]


def read_yaml(data: bytes, mistakes: Mistakes, file: str = "") -> yaml.Node | None:
    """The root node, or None when the text itself is wrong (then `mistakes` says why) or empty."""
    if len(data) > MAX_BYTES:
        hint = "split it: include: [menus.yaml, queues/*.yaml]"
        mistakes.add(Line(1, file), f"the file has {len(data):,} bytes, more than {MAX_BYTES:,}", hint)
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        mistakes.add(Line(data.count(b"\n", 0, error.start) + 1, file), "not UTF-8", "save the file as UTF-8")
        return None
    try:
        if _is_bounded(text, mistakes, file):
            return _compose(text, file)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1 if isinstance(error.position, int) else 1
        mistakes.add(Line(line, file), f"a character that YAML does not allow: {error.reason}")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        hint = "check indentation, quotes and brackets"
        mistakes.add(Line(mark.line + 1 if mark else 1, file), f"YAML: {what}", hint)
    return None


def _compose(text: str, file: str) -> yaml.Node | None:
    stream = _Text(text)
    stream.name = file
    root: yaml.Node | None = yaml.compose(stream, Loader=_Loader)
    return root


def _is_bounded(text: str, mistakes: Mistakes, file: str) -> bool:
    """Look at the parser's events first: they cost no recursion, whatever the text does."""
    depth = nodes = documents = 0
    before = len(mistakes.found)
    for event in yaml.parse(text, Loader=_Loader):
        line = Line(event.start_mark.line + 1 if event.start_mark else 1, file)
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > MAX_DEPTH or nodes > MAX_NODES or documents > 1:
            mistakes.add(line, "nested too deep, too many values, or a second document", "a site is one small document")
            return False
        if isinstance(event, yaml.AliasEvent):
            mistakes.add(line, f"alias *{event.anchor}", "anchors and aliases are not used here; write it out")
        elif isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None):
            mistakes.add(line, f"tag {getattr(event, 'tag', '')}", "tags are not used here; leave it out")
    return len(mistakes.found) == before


def entries(node: yaml.Node | None, what: str, mistakes: Mistakes) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """The (key, value) nodes of a mapping, each key once; anything else is a mistake and yields nothing."""
    mistakes.tell("map", node)
    yield from pairs_of(node, what, mistakes)


def pairs_of(node: yaml.Node | None, what: str, mistakes: Mistakes) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """As `entries`, where the caller says itself what the keys are."""
    if node is None or is_null(node):
        return
    if not isinstance(node, yaml.MappingNode):
        mistakes.add(node, f"{what} must be a mapping, not {kind_of(node)}", "write `name: value` lines below it")
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            mistakes.add(key, f"a key of {what} is {kind_of(key)}", "keys are plain words")
        elif key.value in seen:
            mistakes.add(key, f"{what}: {shown(key.value)} is written twice", first_at(seen[key.value], key))
        else:
            seen[key.value] = line_of(key)
            yield key, value


def line_of(node: yaml.Node) -> int:
    """The 1-based line on which a node begins; it knows its file."""
    mark = node.start_mark
    return Line(mark.line + 1, mark.name) if mark else 1


def first_at(first: int, here: yaml.Node | int) -> str:
    """Where something was written before: `first on line 3`, or with the file when that is another one than here."""
    second = here if isinstance(here, int) else line_of(here)
    file, this = getattr(first, "file", ""), getattr(second, "file", "")
    return f"first on line {first}" if file == this else f"first at {file or 'site.yaml'}:{first}"


def is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def kind_of(node: yaml.Node) -> str:
    """What an admin would call this node."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "empty" if is_null(node) else shown(node.value)


def shown(text: str) -> str:
    """Outside text as one short printable token for a message."""
    short = text if len(text) <= 60 else text[:57] + "..."
    return ascii(short) if forbidden(short) else repr(short)


def forbidden(text: str) -> str:
    """The first character that no value may hold: controls, line ends, NUL, surrogates, direction marks; else ""."""
    return next((c for c in text if unicodedata.category(c) in ("Cc", "Cs") or c in _BIDI), "")


def nearest(word: str, known: Collection[str]) -> str:
    """A hint for an unknown word: the nearest known one, else all of them (or that there are none)."""
    near = difflib.get_close_matches(word, known, 1, 0.6) if len(word) <= 100 else []
    if near:
        return f"did you mean {near[0]}?"
    listed = ", ".join(sorted(known)[:12]) + (", …" if len(known) > 12 else "")
    return f"known: {listed}" if known else "none is defined"
