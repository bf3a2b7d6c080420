"""`feature_codes:` of site.yaml: what agents dial on their phones. It knows codes; what they do is the engine's."""

from __future__ import annotations

import re

import yaml

from .fields import Context, Fields
from .model import FeatureCodes

_CODE = re.compile(r"[*#][0-9*#]{1,5}|none")
_PIN = re.compile(r"[0-9]{4,10}")
_HINT = '* or #, then one to five of 0-9 * #, such as "*11"; none = not offered'


def read_feature_codes(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> FeatureCodes:
    """Every code once, and none the beginning of another: a phone that dials while keys are pressed sends the shorter
    one at once, and digits after a code choose (a reason, a state). Agents' numbers are digits, so none can clash."""
    fields = Fields(ctx, node, "feature_codes", key)
    defaults = dict(FeatureCodes())
    codes = {name: _read(fields, name, str(default)) for name, default in defaults.items()}
    fields.done()
    seen: dict[str, str] = {}
    for name in sorted(codes, key=lambda name: name in fields.values):  # what was written clashes with what was not
        code = codes[name]
        clash = next((other for other in seen if code and _clash(code, other)), None)
        if clash is not None:
            ctx.wrong(fields.line(name), f"feature_codes: {name} is {code}", _why(code, clash, seen[clash]))
        elif code:
            seen[code] = name
    return FeatureCodes(**codes)


def read_supervisor_pin(top: Fields) -> str:
    """What supervisors type after the code of `schedule`; without one it is not offered."""
    return top.matching("supervisor_pin", _PIN, "4 to 10 digits, in quotes")


def _clash(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _why(code: str, other: str, name: str) -> str:
    if code == other:
        return f"{name} has it already"
    if name == "pause" and code.startswith(other):
        return f"that is {other} with a reason"
    return f"one must not begin like the other: {name} is {other}"


def _read(fields: Fields, name: str, default: str) -> str:
    code = fields.matching(name, _CODE, _HINT) or default
    return "" if code == "none" else code
