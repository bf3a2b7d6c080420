"""What JSON Schema (2020-12) says of a document, as far as ours uses it. Only for tests: written from the standard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
KNOWN = {"$schema", "title", "description", "default", "type", "enum", "const", "anyOf", "properties", "required"}
KNOWN |= {"additionalProperties", "propertyNames", "items", "pattern", "maxLength", "minimum", "maximum"}


def faults(value: Any, schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """Where and why the document is not of the schema."""
    assert schema.keys() <= KNOWN, schema.keys() - KNOWN
    if "anyOf" in schema:
        ways = [list(faults(value, way, at)) for way in schema["anyOf"]]
        if all(ways):
            deeper = [way for way in ways if not way[0].startswith(f"{at}: {value!r} is not ")]
            yield from (deeper or ways)[0]
    if "type" in schema and not any(_is(value, name) for name in _listed(schema["type"])):
        yield f"{at}: {value!r} is not {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is not one of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{at}: {value!r} is not {schema['const']!r}"
    yield from _sizes(value, schema, at)
    if isinstance(value, dict):
        yield from _mapping(value, schema, at)
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from faults(item, schema["items"], f"{at}.{index}")


def _listed(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _is(value: Any, name: str) -> bool:
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _sizes(value: Any, schema: dict[str, Any], at: str) -> Iterator[str]:
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{at}: {value!r} does not match"
        if len(value) > schema.get("maxLength", len(value)):
            yield f"{at}: {len(value)} characters"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{at}: {value} is out of range"


def _mapping(value: dict[str, Any], schema: dict[str, Any], at: str) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}: {name} is missing"
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    for name, one in value.items():
        yield from (f"{fault} (the name)" for fault in faults(name, schema.get("propertyNames", {}), f"{at}.{name}"))
        if name in properties:
            yield from faults(one, properties[name], f"{at}.{name}")
        elif others is False:
            yield f"{at}.{name}: unknown"
        else:
            yield from faults(one, others, f"{at}.{name}")
