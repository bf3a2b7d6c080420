"""`lookup:` of numbers and inputs: who is asked who calls, and for how long.

It knows which scripts there are; it refuses to know what any of them finds.
"""

from __future__ import annotations

import re

import yaml

from ..share import shared_folder
from . import model
from .fields import Fields
from .reading import nearest, shown

_SCRIPT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")


def read_lookup(owner: Fields) -> model.Lookup | None:
    """`lookup: true`, or `{script, seconds}`; None when absent or false."""
    node = owner.get("lookup")
    if node is None:
        return None
    if isinstance(node, yaml.ScalarNode):
        return model.Lookup() if owner.flag("lookup", False) else None
    fields = Fields(owner.ctx, node, f"{owner.what}: lookup", owner.line("lookup"))
    lookup = model.Lookup(script=_script(fields), seconds=fields.number("seconds", 2, 1, 10))
    fields.done()
    return lookup


def _script(fields: Fields) -> str:
    """A script that is there: in the instance's own folder when it has one, else among ours."""
    name = fields.matching("script", _SCRIPT, "the name of a file in agi_scripts/, without .py")
    own = fields.ctx.folder / "agi_scripts"
    folder = own if own.is_dir() else shared_folder("agi_scripts")
    known = sorted(file.stem for file in folder.glob("*.py"))
    if name and name not in known:
        where = fields.values["script"][1]
        fields.ctx.wrong(where, f"{fields.what}: there is no script {shown(name)} in {folder}", nearest(name, known))
    return name
