"""Reads `call_keys:`, `transfers:` and `parking:` of site.yaml. It knows their form; what the keys do is Asterisk's."""

from __future__ import annotations

import re

import yaml

from .fields import NAME, NAME_HINT, Context, Fields
from .in_call import CallKeys, Parking, Transfers

_KEYS = re.compile(r"[0-9*#]{1,5}|none")
_HINT = 'one to five of 0-9 * #, such as "*2"; none = not offered'
_NUMBER = re.compile(r"[1-9][0-9]{1,4}")


def read_call_keys(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> CallKeys:
    """Every key once, and none the beginning of another, which Asterisk could never tell apart in time."""
    fields = Fields(ctx, node, "call_keys", key)
    keys = {name: _read(fields, name) for name in CallKeys.model_fields}
    fields.done()
    names = [name for name, pressed in keys.items() if pressed]
    for place, name in enumerate(names):
        for other in names[:place]:
            one, two = keys[name], keys[other]
            if one.startswith(two) or two.startswith(one):
                hint = f"one must not begin like the other: {other} is {two}"
                ctx.wrong(fields.line(name), f"call_keys: {name} is {one}", hint)
    if keys["conference"] and not keys["attended_transfer"]:
        hint = "it joins all three while a colleague is consulted, which attended_transfer begins"
        ctx.wrong(fields.line("conference"), "call_keys: conference without attended_transfer", hint)
    if keys["park"] and "parking" not in ctx.known:
        ctx.wrong(fields.line("park"), "call_keys: park needs a place to park in", 'add parking: {number: "700"}')
    return CallKeys(**keys)


def read_transfers(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> Transfers:
    fields = Fields(ctx, node, "transfers", key)
    seconds = fields.number("return_seconds", 25, 0, 300)
    if 0 < seconds < 5:
        hint = "0 = they do not come back; else 5 to 300 seconds, so that a phone can ring"
        ctx.wrong(fields.line("return_seconds"), f"transfers: return_seconds is {seconds}", hint)
    otherwise = fields.one_of("otherwise", ("queue", "mailbox", "hangup"), "queue")
    fields.done()
    return Transfers.model_validate({"return_seconds": seconds, "otherwise": otherwise})


def read_parking(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> Parking:
    """The places are the numbers after `number`, all as long as it is."""
    fields = Fields(ctx, node, "parking", key)
    number = fields.matching("number", _NUMBER, 'two to five digits, in quotes, such as "700"', required=True)
    places = fields.number("places", 20, 1, 99)
    parking = Parking(
        number=number or "700",
        places=places,
        return_seconds=fields.number("return_seconds", 120, 10, 3600),
        music=fields.matching("music", NAME, NAME_HINT) or "default",
    )
    fields.done()
    if number and len(parking.numbers[-1]) != len(number):
        hint = f"the places follow the number; the last would be {parking.numbers[-1]}"
        ctx.wrong(fields.line("number"), f"parking: {places} places after {number}", hint)
    return parking


def _read(fields: Fields, name: str) -> str:
    pressed = fields.matching(name, _KEYS, _HINT)
    return "" if pressed == "none" else pressed
