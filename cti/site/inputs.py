"""`inputs:` of site.yaml: digits that callers enter, and where what they enter leads.

It knows the options, their limits and defaults; it refuses to know what a lookup finds (engine.caller, agi_scripts/)
and how digits are read (dialplan/_inputs.j2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from . import model
from .digits import DIGITS
from .fields import Context, Fields
from .lookup import read_lookup
from .menus import read_tries

MOST_DIGITS = 32
_TERMINATORS = {"#": "#", "*": "*", "none": ""}

# name -> (zh, en), of inputs with `confirm`
CONFIRM = {
    "input_read_back": ("您输入的是：", "You have entered:"),
    "input_confirm": ("正确请按 1，重新输入请按 2。", "If this is right, press 1. To enter it again, press 2."),
}


def read_input(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> model.Input:
    fields = Fields(ctx, node, f"input {key.value}", key)
    otherwise = fields.target("otherwise")
    least, most = fields.number("min", 1, 1, MOST_DIGITS), fields.number("max", 20, 1, MOST_DIGITS)
    if least > most:
        ctx.wrong(fields.line("min"), f"{fields.what}: min {least} is more than max {most}")
    lookup = read_lookup(fields)
    found = model.Input(
        name=key.value,
        prompt=fields.reference("prompt", "prompt", required=True),
        invalid=read_tries(fields, "invalid", otherwise),
        timeout=read_tries(fields, "timeout", otherwise),
        least=least,
        most=most,
        terminator=_TERMINATORS[fields.one_of("terminator", _TERMINATORS, "#")],
        first_seconds=fields.number("first_seconds", 6, 1, 60),
        digit_seconds=fields.number("digit_seconds", 3, 1, 30),
        confirm=fields.flag("confirm", False),
        masked=fields.flag("masked", False),
        lookup=lookup,
        **_ways(fields, otherwise, asks=lookup is not None),
    )
    fields.done()
    return found


def _ways(fields: Fields, otherwise: model.Target | None, *, asks: bool) -> dict[str, Any]:
    """One way on, `to`; when something is looked up there are three instead: `found`, `not_found` and `error`."""
    ways = {name: fields.target(name) for name in ("to", "found", "error")}
    unknown = _not_found(fields, otherwise if asks else otherwise or model.HANGUP)
    for name in ("to",) if asks else ("found", "not_found", "error"):
        if name in fields.values:
            hint = "say where to with found" if asks else "say where to with to"
            fields.ctx.wrong(fields.line(name), f"{fields.what}: {name} {'with' if asks else 'without'} a lookup", hint)
    way = "found" if asks else "to"
    if ways[way] is None and not fields.broken:
        fields.ctx.wrong(fields.line(way), f"{fields.what} needs {way}")
    if not asks:
        return {"to": ways["to"] or model.HANGUP}
    error = ways["error"] or otherwise
    if error is None:
        fields.ctx.wrong(fields.line("lookup"), f"{fields.what} needs otherwise, or error", "the engine may be away")
    return {
        "to": ways["found"] or model.HANGUP,
        "not_found": unknown,
        "error": error or model.HANGUP,
    }


def _not_found(fields: Fields, otherwise: model.Target | None) -> model.Tries:
    """A destination alone, or like `invalid`: asked again first."""
    if isinstance(fields.get("not_found"), yaml.ScalarNode):
        return model.Tries(to=fields.target("not_found") or model.HANGUP, retries=0)
    return read_tries(fields, "not_found", otherwise)


def input_texts(site: model.Site) -> Mapping[str, tuple[str, str]]:
    """What callers of inputs hear beside the site's own prompts."""
    return CONFIRM | DIGITS if any(one.confirm for one in site.inputs.values()) else {}
