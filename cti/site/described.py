"""What the demo site's comments say of each option: the descriptions in the JSON Schema, and nowhere else written.

It knows where a comment belongs: at the end of the option's own line and on below it in the same column, or in lines of
its own just above. Options that the demo does not use stand there as comments too (`# srtp: true   # encrypt …`); these
are read as if they were written. It refuses to know what an option means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ..share import shared_folder

Schema = dict[str, Any]
_COMMENTED = re.compile(r"^(?P<indent> {0,12})# (?P<option> *[a-z_]+:(?: [^#]*?)?)(?P<comment>  +#.*)?$")
_LONGEST = 600  # characters


def describe(schema: Schema, demo: Path | None = None, *, inherit: bool = True) -> None:
    """Put the demo site's words into the schema: at every option its own, else those of what it is a part of."""
    text = (demo or shared_folder("dialplan") / "site.yaml").read_text(encoding="utf-8")
    lines = [_uncommented(line) for line in text.splitlines()]
    root: yaml.Node | None = yaml.compose("\n".join(lines), Loader=yaml.SafeLoader)
    if root is not None:
        _walk(root, schema, _Comments(lines), "")
    if inherit:
        _inherit(schema, "")


def undescribed(schema: Schema, path: str = "") -> Iterator[str]:
    """The options without a description, as `queues.*.music`."""
    for name, one in _inside(schema):
        if name != "*" and "description" not in one:
            yield f"{path}{name}"
        yield from undescribed(one, f"{path}{name}.")


def _inherit(schema: Schema, words: str) -> None:
    for name, one in _inside(schema):
        if name != "*" and words:
            one.setdefault("description", words)
        _inherit(one, one.get("description", words))


def _inside(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Options by name, and `*`: what each name of a mapping or each item of a list is."""
    for way in _ways(schema):
        yield from way.get("properties", {}).items()
        for key in ("additionalProperties", "items"):
            if isinstance(way.get(key), dict):
                yield "*", way[key]


class _Comments:
    """The comments of a text, by line."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = [_comment_column(line) for line in lines]

    def of(self, line: int, column: int) -> str:
        """What is said of the option that begins here (both from 0)."""
        return self._behind(line) or self._above(line, column)

    def _behind(self, line: int) -> str:
        at = self._at[line]
        if at < 0:
            return ""
        said = [self._lines[line][at:]]
        for below in range(line + 1, len(self._lines)):
            if self._at[below] != at or self._lines[below][:at].strip():
                break
            said.append(self._lines[below][at:])
        return _joined(said)

    def _above(self, line: int, column: int) -> str:
        said: list[str] = []
        for above in range(line - 1, -1, -1):
            if self._at[above] != column or self._lines[above][:column].strip():
                break
            said.insert(0, self._lines[above][column:])
        return _joined(said)


def _joined(said: list[str]) -> str:
    text = " ".join(part.lstrip("#").strip() for part in said)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 2] + " …"


def _comment_column(line: str) -> int:
    """Where a comment begins: a # outside of quotes, at the start or behind a blank; -1 without one."""
    quote = ""
    for column, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and (column == 0 or line[column - 1] in " [{,:"):
            quote = character
        elif character == "#" and (column == 0 or line[column - 1] == " "):
            return column
    return -1


def _uncommented(line: str) -> str:
    """An option in a comment as an option, its own comment still in its column."""
    match = _COMMENTED.match(line)
    if match is None:
        return line
    comment = match["comment"] or ""
    return f"{match['indent']}{match['option']}" + (f"  {comment}" if comment else "")


def _walk(node: yaml.Node, schema: Schema, comments: _Comments, inherited: str) -> None:
    """Side by side; the first place where an option stands is where it is explained."""
    for way in _ways(schema):
        if isinstance(node, yaml.MappingNode) and way.get("type") == "object":
            for key, value in node.value:
                _walk_key(key, value, way, comments, inherited)
        elif isinstance(node, yaml.SequenceNode) and "items" in way:
            for item in node.value:
                _walk(item, way["items"], comments, inherited)


def _walk_key(key: yaml.Node, value: yaml.Node, way: Schema, comments: _Comments, inherited: str) -> None:
    """In `{a: 1, b: 2}  # words` the words are those of the line, for all that have none of their own."""
    line, column = key.start_mark.line, key.start_mark.column
    said = comments.of(line, column) or inherited
    option = way.get("properties", {}).get(key.value)
    if option is not None:
        if said:
            option.setdefault("description", said)
        _walk(value, option, comments, said if value.start_mark.line == line else "")
    elif isinstance(way.get("additionalProperties"), dict):
        _walk(value, way["additionalProperties"], comments, said if value.start_mark.line == line else "")


def _ways(schema: Schema) -> list[Schema]:
    ways: list[Schema] = schema.get("anyOf", [schema])
    return ways
