"""`feature_codes:` of site.yaml: what agents dial on their phones. It knows codes; what they do is the engine's."""

from __future__ import annotations

import re

import yaml

from .fields import Context, Fields
from .model import FeatureCodes

_CODE = re.compile(r"[*#][0-9*#]{1,5}|none")
_HINT = '* or #, then one to five of 0-9 * #, such as "*11"; none = not offered'


def read_feature_codes(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> FeatureCodes:
    """Every code once; a digit after that of `pause` chooses the reason, so no other code may look like that."""
    fields = Fields(ctx, node, "feature_codes", key)
    defaults = dict(FeatureCodes())
    codes = {name: _read(fields, name, str(default)) for name, default in defaults.items()}
    fields.done()
    pause = codes["pause"]
    seen: dict[str, str] = {}
    for name, code in codes.items():
        if code and code in seen:
            ctx.wrong(fields.line(name), f"feature_codes: {name} is {code}", f"{seen[code]} has it already")
        elif pause and len(code) == len(pause) + 1 and code.startswith(pause) and code[-1].isdigit():
            ctx.wrong(fields.line(name), f"feature_codes: {name} is {code}", f"that is {pause} with a reason")
        seen.setdefault(code, name)
    return FeatureCodes(**codes)


def _read(fields: Fields, name: str, default: str) -> str:
    code = fields.matching(name, _CODE, _HINT) or default
    return "" if code == "none" else code
