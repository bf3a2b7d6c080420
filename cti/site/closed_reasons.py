"""`reasons:` of a schedule: why it can be closed, each with words and a way of its own.

It knows the option's fields; on which days a reason counts is said by dates and holidays (`times`, `public_holidays`)
or by a supervisor's override.
"""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from ..core.schedule import Reason
from .fields import Context, Fields, named
from .reading import nearest, shown


def read_reasons(schedule: Fields) -> dict[str, Reason]:
    """reason name -> Reason, as they are written."""
    what, ctx = f"{schedule.what}: reasons", schedule.ctx
    return {key.value: _read(ctx, key, node, what) for key, node in named(ctx, schedule.get("reasons"), what)}


def reason_of(fields: Fields, reasons: Mapping[str, Reason], *, required: bool = False) -> str:
    """The field `reason`: one of the schedule's own, "" when absent."""
    name = fields.text("reason", required=required)
    if name and name not in reasons:
        where = fields.values["reason"][1]
        fields.ctx.wrong(where, f"{fields.what}: there is no reason {shown(name)}", nearest(name, reasons))
        return ""
    return name


def _read(ctx: Context, key: yaml.ScalarNode, node: yaml.Node, what: str) -> Reason:
    fields = Fields(ctx, node, f"{what}: {key.value}", key)
    reason = Reason(key.value, prompt=fields.reference("prompt", "prompt"), to=fields.target("to"))
    fields.done()
    return reason
