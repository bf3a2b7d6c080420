"""The JSON Schema and the readers say the same of every document, as far as a schema can say it."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from validate import faults

from cti.share import shared_folder
from cti.site.described import describe, undescribed
from cti.site.load import read_root
from cti.site.reading import Mistakes, read_yaml
from cti.site.schema import DRAFT, site_schema

SCHEMA = site_schema(describe)
DEMO = (shared_folder("dialplan") / "site.yaml").read_text(encoding="utf-8")
# Mistakes of form, which the schema must see too. The rest (that a name exists, that times do not overlap) it cannot.
FORM = re.compile(r"unknown option|\(from -?[0-9.]+ to |whole number|true or false|must be a (mapping|list|text)")


def plain(node: yaml.Node | None) -> Any:
    """A document as an editor sees it: plain values by their tags, and every key a text."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    if node is None or node.tag.endswith(":null"):
        return None
    if node.tag.endswith((":int", ":float", ":bool")):
        return yaml.safe_load(node.value)
    return node.value


def both(text: str) -> tuple[list[str], list[str]]:
    """What the reader and the schema have against a document."""
    mistakes = Mistakes("s")
    root = read_yaml(text.encode("utf-8", "surrogatepass"), mistakes)
    assert mistakes.found == []
    read_root(root, shared_folder("dialplan") / "site.yaml", mistakes, date(2026, 1, 1))
    return mistakes.lines(), list(faults(plain(root), SCHEMA))


@pytest.mark.parametrize("name", ["site.yaml", "minimal.yaml"])
def test_the_sites_that_we_ship_are_of_the_schema(name: str) -> None:
    assert both((shared_folder("dialplan") / name).read_text(encoding="utf-8")) == ([], [])


def test_every_option_is_in_the_demo_site_with_words_of_its_own() -> None:
    """When this fails: explain the option in dialplan/site.yaml, behind it or in a commented example."""
    schema = site_schema(lambda schema: describe(schema, inherit=False))
    theirs = {"prompts.*.text", "prompts.*.file", "prompts.*.*.text", "prompts.*.*.file", "site"}  # said of the section
    theirs |= {"schedules.*.open", "schedules.*.dates.*.open", "menus.*.timeout.to", "menus.*.timeout.prompt"}
    theirs |= {"menus.*.prompt", "menus.*.keys", "queues.*.full", "queues.*.busy_ratio", "queues.*.steps"}
    theirs |= {"queues.*.steps.*.after", "queues.*.steps.*.need", "numbers.*.closed", "externals.*.number"}
    theirs |= {"outbound.trunks", "fallback.seconds", "recording.queues", "recording.direct"}
    theirs |= {"trunks.*.register.secret.file"}
    theirs |= {"numbers.*.lookup.seconds", "numbers.*.lookup.script", "inputs.*.invalid.to"}
    theirs |= {"inputs.*.timeout.to", "inputs.*.timeout.prompt"}
    assert set(undescribed(schema)) - theirs == set()
    assert set(undescribed(SCHEMA)) <= {"site"}


def test_mistakes_of_form_are_mistakes_of_the_schema_too() -> None:
    text = (Path(__file__).parent / "mistakes.yaml").read_text(encoding="utf-8")
    mistakes = Mistakes("s")
    root = read_yaml(text.encode(), mistakes)
    read_root(root, Path(__file__), mistakes, date(2026, 1, 1))
    seen = list(faults(plain(root), SCHEMA))
    of_form = [mistake for mistake in mistakes.lines() if FORM.search(mistake)]
    assert len(of_form) > 30
    assert len(seen) >= len(of_form) - 4  # an option in a mapping that is itself refused is not told
    for fault in (
        "trunks.other.host",
        "queues.silent.exit_key: to is missing",
        "fallback.seconds",
        "recording.queues",
        "promts",
    ):
        assert any(fault in one for one in seen), fault


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a document."""
    yield path
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inside:
        yield from leaves(value, (*path, key))


WHOLE = yaml.load(DEMO, Loader=yaml.SafeLoader)
PATHS = [path for path in leaves(WHOLE) if path]
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    7,
    2.5,
    10**9,
    "",
    " ",
    "x",
    "hangup",
    "queue:sales",
    "queue:none",
    "*",
    "12",
    [],
    {},
]
ODD += [
    ["x"],
    [1, {}],
    {"x": 1},
    {"to": "hangup"},
    {"zh": "x"},
    "08:00-18:00",
    "x" * 201,
    "office",
    "zh",
    {"text": "x"},
]


def mutated(path: tuple[Any, ...], how: str, value: Any) -> str:
    document = copy.deepcopy(WHOLE)
    at = document
    for key in path[:-1]:
        at = at[key]
    if how == "remove":
        del at[path[-1]]
    elif how == "set" or not isinstance(at, dict):
        at[path[-1]] = value
    elif how == "add":
        at[str(value)[:20] or "x"] = value
    else:
        at["renamed"] = at.pop(path[-1])
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


@given(st.sampled_from(PATHS), st.sampled_from(["set", "remove", "add", "rename"]), st.sampled_from(ODD))
@example(("queues", "sales", "announce", "position"), "set", True)
@example(("trunks", "itsp", "match"), "set", {"a": 1})
@settings(max_examples=250, deadline=None)
def test_schema_and_reader_agree_on_changed_sites(path: tuple[Any, ...], how: str, value: Any) -> None:
    read, seen = both(mutated(path, how, value))
    of_form = [mistake for mistake in read if FORM.search(mistake)]
    if not read:
        assert seen == [], "the reader takes it"
    if of_form:
        assert seen, f"the schema takes what the reader does not: {of_form}"


def test_the_command_prints_it_and_editors_find_it_beside_a_new_site(tmp_path: Path) -> None:
    def cti(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "cti", *arguments], check=True, capture_output=True, text=True
        ).stdout

    printed = json.loads(cti("site", "schema"))
    assert printed == SCHEMA
    assert printed["$schema"] == DRAFT
    cti("init", str(tmp_path / "new"))
    text = (tmp_path / "new" / "site.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=site.schema.json\n")
    assert json.loads((tmp_path / "new" / "site.schema.json").read_text(encoding="utf-8")) == SCHEMA
    assert printed["properties"]["queues"]["anyOf"][0]["additionalProperties"]["properties"]["music"]["description"]
