"""The JSON Schema (2020-12) of site.yaml, made of the readers themselves: it cannot drift from them.

It knows how to ask: it gives the readers tiny documents and hears what they say they take there (`Mistakes.tell`).
What a reader asks for by type is known at once; for the rest a word, a truth, a list and a mapping are tried in its
place. It refuses to know any option. What no schema can say (that a name exists, that hours do not overlap) stays the
readers'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from .load import read_root
from .reading import Mistakes

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_DAY = date(2026, 1, 1)
_DEEPEST = 7
_SITE = {"name": "x", "timezone": "UTC", "country": "CN"}
# Keys that mappings are tried with: readers may look for one before they decide what a mapping is.
_KEYS = ("x", "text", "file", "to")


@dataclass(slots=True)
class _Heard:
    """What readers said of nodes, by the node's identity."""

    said: dict[int, set[str]] = field(default_factory=dict)
    values: dict[int, list[Schema]] = field(default_factory=dict)
    options: dict[int, dict[str, list[Schema]]] = field(default_factory=dict)
    required: dict[int, set[str]] = field(default_factory=dict)
    patterns: dict[int, str] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)

    def listen(self, kind: str, node: yaml.Node | None, facts: dict[str, Any]) -> None:
        this = id(node)
        self.said.setdefault(this, set()).add(kind)
        if kind == "value":
            self.values.setdefault(this, []).append(facts["schema"])
        elif kind == "names":
            self.patterns[this] = facts["pattern"]
        elif kind == "option":
            told = self.options.setdefault(this, {}).setdefault(facts["name"], [])
            told += [facts["schema"]] if "schema" in facts else []
            if facts.get("required"):
                self.required.setdefault(this, set()).add(facts["name"])


_Run = Callable[[yaml.Node], _Heard]
_Also = Callable[[_Heard], Sequence[Schema]]


def site_schema(describe: Callable[[Schema], None] | None = None) -> Schema:
    """The whole schema; `describe` adds the words. No section is required, as included files have it too."""
    schema = _one_of(_alternatives(_read, 0))
    schema.pop("required", None)
    if describe is not None:
        describe(schema)
    return {"$schema": DRAFT, "title": "site.yaml of a CTI instance", **schema}


def _read(root: yaml.Node) -> _Heard:
    """Read a document; one without a site has ours, as what is required may depend on it (the country of holidays)."""
    heard = _Heard()
    if isinstance(root, yaml.MappingNode) and not any(key.value == "site" for key, _ in root.value):
        root.value.append((_word("site"), _mapping(*((key, _word(text)) for key, text in _SITE.items()))))
    mistakes = Mistakes("site.yaml", listener=heard.listen)
    read_root(root, Path("/nonexistent/site.yaml"), mistakes, _DAY)
    heard.wrong.update(mistakes.lines())
    return heard


def _alternatives(run: _Run, depth: int, also: _Also = lambda _: ()) -> list[Schema]:
    """Everything that may stand where `run` puts a node. `also`: what is said of the place and not of the node."""
    found: list[Schema] = []
    if depth > _DEEPEST:
        return [{}]
    for node in (_word("x"), _truth(), _list(), _mapping()):
        heard = run(node)
        found += heard.values.get(id(node), [])
        found += also(heard)
        if "items" in heard.said.get(id(node), ()) and isinstance(node, yaml.SequenceNode):
            item = _one_of(_alternatives(lambda child: run(_list(child)), depth + 1))
            found.append({"type": "array", "items": item})
        if isinstance(node, yaml.MappingNode):
            found += _mappings(run, depth, node, heard)
    return _distinct(found)


def _mappings(run: _Run, depth: int, empty: yaml.MappingNode, heard: _Heard) -> Iterable[Schema]:
    """A mapping of options, a mapping of names, or both kinds."""
    said = heard.said.get(id(empty), set())
    if "object" in said:
        yield _object(run, depth, empty, heard)
        return
    for key in _KEYS:
        node = _mapping((key, _word("x")))
        tried = run(node)
        if "object" in tried.said.get(id(node), ()):
            yield _object(run, depth, node, tried)
            break
    if said & {"map", "names"}:
        values = _one_of(_alternatives(lambda child: run(_mapping(("x", child))), depth + 1))
        if run(_mapping(("x", _nothing()))).wrong <= heard.wrong:
            values = _or_nothing(values)
        keys = heard.patterns.get(id(empty))
        names = {"propertyNames": {"pattern": keys}} if keys else {}
        yield {"type": "object", "additionalProperties": values, **names}


def _object(run: _Run, depth: int, node: yaml.MappingNode, heard: _Heard) -> Schema:
    options = heard.options.get(id(node), {})
    required = set(heard.required.get(id(node), ()))  # and still so whatever else is written
    properties = {name: _option(run, depth, name, told, required) for name, told in options.items()}
    shown = {name: one if name in required else _or_nothing(one) for name, one in properties.items()}
    schema: Schema = {"type": "object", "properties": shown}
    if "closed" in heard.said.get(id(node), ()):
        schema["additionalProperties"] = False
    return schema | ({"required": sorted(required)} if required else {})


def _option(run: _Run, depth: int, name: str, told: list[Schema], required: set[str]) -> Schema:
    if told:
        return _one_of(_distinct(told))
    parent: list[yaml.Node] = []

    def run_with(node: yaml.Node) -> _Heard:
        parent[:] = [_mapping((name, node))]
        heard = run(parent[0])
        required.intersection_update(heard.required.get(id(parent[0]), ()))
        return heard

    def said_of_the_place(heard: _Heard) -> Sequence[Schema]:
        return heard.options.get(id(parent[0]), {}).get(name, ())

    return _one_of(_alternatives(run_with, depth + 1, said_of_the_place))


def _or_nothing(schema: Schema) -> Schema:
    """What is left empty counts as not written."""
    return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]} if schema else {}


def _one_of(found: list[Schema]) -> Schema:
    if not found:
        return {}
    return found[0] if len(found) == 1 else {"anyOf": found}


def _distinct(found: Iterable[Schema]) -> list[Schema]:
    seen: list[Schema] = []
    for one in found:
        if one not in seen:
            seen.append(one)
    return seen


# --- documents ------------------------------------------------------------------------------------------


def _word(text: str) -> yaml.Node:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text)


def _nothing() -> yaml.Node:
    return yaml.ScalarNode("tag:yaml.org,2002:null", "")


def _truth() -> yaml.Node:
    return yaml.ScalarNode("tag:yaml.org,2002:bool", "true")


def _list(*items: yaml.Node) -> yaml.SequenceNode:
    return yaml.SequenceNode("tag:yaml.org,2002:seq", list(items))


def _mapping(*pairs: tuple[str, yaml.Node]) -> yaml.MappingNode:
    return yaml.MappingNode("tag:yaml.org,2002:map", [(_word(key), node) for key, node in pairs])
