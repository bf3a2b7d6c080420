"""One mapping of the site, taken apart field by field.

It knows the kinds of values an admin writes (text, numbers, names, destinations, needs) and how each goes wrong; it
refuses to know which fields a queue or a menu has. Every reader returns a value of the right type even after a
mistake, so that reading goes on and all mistakes come at once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from .model import HANGUP, TARGET_KINDS, Target
from .reading import Mistakes, entries, forbidden, is_null, kind_of, nearest, pairs_of, shown

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
DID = re.compile(r"\+?[0-9]{2,20}")
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,5})(\.[0-9]{1,3})?")
_TARGET = re.compile(r"([a-z]+):(.*)")
NAME_HINT = "a name is a-z, then a-z 0-9 _ -, at most 40"


@dataclass(slots=True)
class Context:
    """What every part of the site is read against: the mistakes so far and the names that exist."""

    mistakes: Mistakes
    folder: Path
    today: date
    known: dict[str, dict[str, int]]  # section -> name -> line
    languages: tuple[str, ...] = ("en",)
    timezone: str = "UTC"
    country: str = ""
    prompt_uses: dict[str, list[str]] = field(default_factory=dict)  # prompt -> who names it

    def wrong(self, where: yaml.Node | int, text: str, hint: str = "") -> None:
        self.mistakes.add(where, text, hint)

    def warn(self, where: yaml.Node | int, text: str, hint: str = "") -> None:
        self.mistakes.add(where, text, hint, grave=False)


SECTION_OF = {"menu": "menus", "input": "inputs", "queue": "queues", "voicemail": "voicemail", "external": "externals"}
SECTION_OF |= {"prompt": "prompts", "schedule": "schedules", "trunk": "trunks", "survey": "surveys"}


TARGET_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": rf"^\s*(hangup|({'|'.join(kind for kind in TARGET_KINDS if kind in SECTION_OF)}):{NAME.pattern})\s*$",
}


def text_schema(most: int) -> dict[str, Any]:
    """What `scalar` takes: also a number or a word such as `yes`, which is read as it is written."""
    return {"type": ["string", "number", "boolean"], "maxLength": most, "pattern": r"\S"}


def matching_schema(pattern: re.Pattern[str]) -> dict[str, Any]:
    """What `matching` takes; also what YAML holds for a number or a truth, where the form can be written so."""
    looks = {"integer": ("1", "12", "4711", "4008001234"), "number": ("2.5",), "boolean": ("true", "no")}
    kinds = [kind for kind, texts in looks.items() if any(pattern.fullmatch(text) for text in texts)]
    return {"type": ["string", *kinds], "pattern": rf"^\s*(?:{pattern.pattern})\s*$"}


@dataclass(slots=True)
class Fields:
    """The fields of one mapping. `what` names it in messages; `at` is where it begins (its key)."""

    ctx: Context
    node: yaml.Node | None
    what: str
    at: yaml.Node | int
    values: dict[str, tuple[yaml.ScalarNode, yaml.Node]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ctx.mistakes.tell("object", self.node)
        pairs = pairs_of(self.node, self.what, self.ctx.mistakes)
        self.values = {key.value: (key, value) for key, value in pairs}

    @property
    def broken(self) -> bool:
        """Not a mapping at all: said once, so its missing fields are not said too."""
        return self.node is not None and not isinstance(self.node, yaml.MappingNode) and not is_null(self.node)

    def get(self, name: str, *, required: bool = False) -> yaml.Node | None:
        """The node of a field; None when it is absent or empty."""
        self.asked.add(name)
        self.ctx.mistakes.tell("option", self.node, name=name, required=required)
        pair = self.values.get(name)
        if pair is not None and not is_null(pair[1]):
            return pair[1]
        if required and not self.broken:
            self.ctx.wrong(pair[0] if pair else self.at, f"{self.what} needs {name}")
        return None

    def takes(self, name: str, **schema: Any) -> None:
        """Say what an option may be, in the words of JSON Schema."""
        self.ctx.mistakes.tell("option", self.node, name=name, schema=schema)

    def line(self, name: str) -> yaml.Node | int:
        """Where a field is, to hang a mistake on."""
        return self.values[name][0] if name in self.values else self.at

    def done(self) -> None:
        """Every field was asked for: what is left over is unknown."""
        self.ctx.mistakes.tell("closed", self.node)
        for name, (key, _) in self.values.items():
            if name not in self.asked:
                self.ctx.wrong(key, f"{self.what}: unknown option {shown(name)}", nearest(name, self.asked))

    def text(self, name: str, default: str = "", *, required: bool = False, most: int = 200) -> str:
        self.takes(name, **text_schema(most))
        return self._text(name, default, required=required, most=most)

    def _text(self, name: str, default: str = "", *, required: bool = False, most: int = 200) -> str:
        node = self.get(name, required=required)
        return default if node is None else _line_of_text(self.ctx, node, f"{self.what}: {name}", most) or default

    def matching(self, name: str, pattern: re.Pattern[str], hint: str, *, required: bool = False) -> str:
        """A text of a fixed form."""
        self.takes(name, **matching_schema(pattern))
        value = self._text(name, required=required)
        if value and not pattern.fullmatch(value):
            self.ctx.wrong(self.values[name][1], f"{self.what}: {name} is {shown(value)}", hint)
            return ""
        return value

    def one_of(self, name: str, choices: Collection[str], default: str) -> str:
        self.takes(name, enum=list(choices), **({"default": default} if default in choices else {}))
        value = self._text(name, default)
        if value not in choices:
            self.ctx.wrong(self.values[name][1], f"{self.what}: {name} is {shown(value)}", nearest(value, choices))
            return default
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        usual = {"default": default} if low <= default <= high else {}
        self.takes(name, type="integer", minimum=low, maximum=high, **usual)
        node = self.get(name)
        return default if node is None else whole(self.ctx, node, f"{self.what}: {name}", low, high, default)

    def decimal(self, name: str, default: float, low: float, high: float) -> float:
        """A number that may have a fraction."""
        usual = {"default": default} if low <= default <= high else {}
        self.takes(name, type="number", minimum=low, maximum=high, **usual)
        node = self.get(name)
        if node is None:
            return default
        what, text = f"{self.what}: {name}", str(node.value)
        if node.tag not in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float") or not _DECIMAL.fullmatch(text):
            self.ctx.wrong(node, f"{what} is {kind_of(node)}", f"a number from {low:g} to {high:g}, such as 2.5")
        elif not low <= float(text) <= high:
            self.ctx.wrong(node, f"{what} is {text}", f"from {low:g} to {high:g}")
        else:
            return float(text)
        return default

    def flag(self, name: str, default: bool) -> bool:
        self.takes(name, type="boolean", default=default)
        node = self.get(name)
        if node is None:
            return default
        if node.tag != "tag:yaml.org,2002:bool":
            self.ctx.wrong(node, f"{self.what}: {name} is {kind_of(node)}", "true or false")
            return default
        return str(node.value).lower() in ("true", "yes", "on")

    def target(self, name: str, *, required: bool = False) -> Target | None:
        self.takes(name, **TARGET_SCHEMA)
        node = self.get(name, required=required)
        return None if node is None else target(self.ctx, node, f"{self.what}: {name}")

    def reference(self, name: str, kind: str, *, required: bool = False) -> str:
        """The name of a prompt, schedule or trunk that must exist; "" when absent."""
        self.takes(name, type="string", pattern=f"^{NAME.pattern}$")
        value = self._text(name, required=required)
        if not value:
            return ""
        return value if exists(self.ctx, self.values[name][1], f"{self.what}: {name}", kind, value) else ""

    def need(self, name: str = "need") -> dict[str, int]:
        """Skills with levels 1-100."""
        level = {"type": "integer", "minimum": 1, "maximum": 100}
        keys = {"pattern": f"^{NAME.pattern}$"}
        self.takes(name, type="object", additionalProperties=level, propertyNames=keys)
        found = {}
        what = f"{self.what}: {name}"
        for key, value in entries(self.get(name), what, self.ctx.mistakes):
            if not NAME.fullmatch(key.value):
                self.ctx.wrong(key, f"{what}: skill {shown(key.value)}", NAME_HINT)
            found[key.value] = whole(self.ctx, value, f"{what}: level of {shown(key.value)}", 1, 100, 1)
        return dict(sorted(found.items()))


def scalar(ctx: Context, node: yaml.Node, what: str, most: int = 200) -> str:
    """A text as written; "" after a mistake. One line, no control characters, at most `most` characters."""
    ctx.mistakes.tell("value", node, schema=text_schema(most))
    return _line_of_text(ctx, node, what, most)


def _line_of_text(ctx: Context, node: yaml.Node, what: str, most: int) -> str:
    if not isinstance(node, yaml.ScalarNode) or is_null(node):
        ctx.wrong(node, f"{what} must be a text, not {kind_of(node)}")
        return ""
    text: str = node.value
    if forbidden(text):
        hint = "one line; a folded text begins with >- and not with | or >" if "\n" in text else "plain text only"
        ctx.wrong(node, f"{what} holds the character {forbidden(text)!a}", hint)
        return ""
    if len(text) > most or not text.strip():
        ctx.wrong(node, f"{what} has {len(text)} characters", f"1 to {most}, not only spaces")
        return ""
    return text.strip()


def whole(ctx: Context, node: yaml.Node, what: str, low: int, high: int, default: int) -> int:
    """A whole number from `low` to `high`."""
    ctx.mistakes.tell("value", node, schema={"type": "integer", "minimum": low, "maximum": high})
    if node.tag == "tag:yaml.org,2002:int" and re.fullmatch(r"-?(0|[1-9][0-9]{0,8})", node.value):
        if low <= int(node.value) <= high:
            return int(node.value)
        ctx.wrong(node, f"{what} is {node.value}", f"from {low} to {high}")
    else:
        ctx.wrong(node, f"{what} is {kind_of(node)}", f"a whole number from {low} to {high}, without quotes")
    return default


def target(ctx: Context, node: yaml.Node, what: str) -> Target:
    """A destination; HANGUP after a mistake."""
    ctx.mistakes.tell("value", node, schema=TARGET_SCHEMA)
    text = _line_of_text(ctx, node, what, 200)
    if not text or text == "hangup":
        return HANGUP
    match = _TARGET.fullmatch(text)
    if not match or match[1] not in SECTION_OF or match[1] not in TARGET_KINDS:
        hint = nearest(text.partition(":")[0], TARGET_KINDS)
        known = ", ".join(f"{kind}:X" for kind in SECTION_OF if kind in TARGET_KINDS)
        ctx.wrong(node, f"{what} is {shown(text)}", f"{known} or hangup; {hint}")
        return HANGUP
    kind, name = match[1], match[2]
    if not exists(ctx, node, what, kind, name):
        return HANGUP
    return Target(kind, name)  # type: ignore[arg-type]  # one of TARGET_KINDS, checked above


def exists(ctx: Context, node: yaml.Node, what: str, kind: str, name: str) -> bool:
    """Whether `name` is defined in the section of `kind`; a mistake when not."""
    known = ctx.known.get(SECTION_OF[kind], {})
    if name in known:
        if kind == "prompt":
            ctx.prompt_uses.setdefault(name, []).append(what)
        return True
    ctx.wrong(node, f"{what}: there is no {kind} {shown(name)}", nearest(name, known))
    return False


def items(ctx: Context, node: yaml.Node | None, what: str) -> Iterator[yaml.Node]:
    """The nodes of a list; a single value counts as a list of one."""
    ctx.mistakes.tell("items", node)
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        ctx.wrong(node, f"{what} must be a list, not a mapping", "[first, second]")
    elif node is not None and not is_null(node):
        yield node


def named(ctx: Context, node: yaml.Node | None, section: str) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """The (name, value) nodes of a section whose names are ours: checked and unique."""
    ctx.mistakes.tell("names", node, pattern=f"^{NAME.pattern}$")
    for key, value in entries(node, section, ctx.mistakes):
        if not NAME.fullmatch(key.value):
            ctx.wrong(key, f"{section}: {shown(key.value)} is not a name", NAME_HINT)
        yield key, value
