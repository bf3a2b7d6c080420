"""What changed between two sites, in the words of site.yaml: `queue sales: ring_seconds 15 → 20`.

It knows values and how an admin writes them; it refuses to know files. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from enum import Enum
from typing import Any

from pydantic import BaseModel

from ..site.model import Target

Plain = dict[str, Any]
SECRET = frozenset({"pin", "password", "secret", "auth_password"})
# section of a Site -> how one of its members is called; any other section is called by its own name
_ONE = {
    "trunks": "trunk", "prompts": "prompt", "schedules": "schedule", "numbers": "number", "menus": "menu",
    "queues": "queue", "voicemail": "mailbox", "externals": "external", "pause_reasons": "pause reason",
    "inputs": "input", "surveys": "survey",
}  # fmt: skip
_LONGEST = 60


def plain(value: Any) -> Any:
    """A site (or any part) as dicts, lists, text and numbers; destinations as they are written, `queue:sales`."""
    if isinstance(value, Target):
        return str(value)
    if isinstance(value, BaseModel):
        shown = (name for name, field in type(value).model_fields.items() if not field.exclude and name != "warnings")
        return {name: plain(getattr(value, name)) for name in shown}
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str):
        return [plain(each) for each in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def changes(old: Plain, new: Plain) -> list[str]:
    """One line for each thing that differs, in the site's order. Secrets only say that they changed."""
    return [line for section in dict.fromkeys([*new, *old]) for line in _section(section, old, new)]


def _section(section: str, old: Plain, new: Plain) -> Iterator[str]:
    before, after = old.get(section), new.get(section)
    if before == after:
        return
    if section not in _ONE:
        yield from (f"{section.replace('_', ' ')}: {line}" for line in _differences("", before, after))
        return
    before, after, one = before or {}, after or {}, _ONE[section]
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield f"{one} {name}: removed"
        elif name not in before:
            yield f"{one} {name}: new"
        elif before[name] != after[name]:
            yield from (f"{one} {name}: {line}" for line in _differences("", before[name], after[name]))


def _differences(path: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _differences(_under(path, key), old.get(key, _NOTHING), new.get(key, _NOTHING))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and any(map(_deep, new)):
        for number, (before, after) in enumerate(zip(old, new, strict=True), 1):
            yield from _differences(f"{path} {number}", before, after)
    elif path.rpartition(" ")[2] in SECRET:
        yield f"{path} changed"
    elif _is_key(path):
        yield f"{path} → {_shown(new)}"
    else:
        yield f"{path} {_shown(old)} → {_shown(new)}".strip()


_NOTHING = None


def _deep(value: Any) -> bool:
    return isinstance(value, dict | list)


def _under(path: str, key: str) -> str:
    """`keys 3 to` is `key 3`: what a key does is where it leads."""
    if path == "keys":
        return f"key {key}"
    return path if _is_key(path) and key == "to" else f"{path} {key}".strip()


def _is_key(path: str) -> bool:
    first, _, rest = path.partition(" ")
    return first == "key" and bool(rest) and " " not in rest


def _shown(value: Any) -> str:
    if value in (None, "", [], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        if set(value) >= {"to"} and not any(value[key] for key in value if key != "to"):
            return _shown(value["to"])
        text = "{" + ", ".join(f"{k}: {_shown(v)}" for k, v in value.items() if v not in (None, "", [], {})) + "}"
    elif isinstance(value, list):
        text = "[" + ", ".join(map(_shown, value)) + "]"
    else:
        text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
