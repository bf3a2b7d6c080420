"""`externals:`: numbers outside that callers may be sent to, such as a mobile or another site.

It knows what may be said of one and the words with which a mobile is asked to take the call; it refuses to know how it
is dialled (dialplan).
"""

from __future__ import annotations

import yaml

from . import model
from .fields import DID, Context, Fields
from .trunks import DID_HINT

CONFIRM = "external_confirm"
_WORDS = (
    "您有一个客户来电。接听请按 1，否则请挂机。",
    "A customer is calling. To take the call, press 1, or else hang up.",
)


def read_external(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> model.External:
    fields = Fields(ctx, node, f"external {key.value}", key)
    confirm, prompt = fields.flag("confirm", False), fields.reference("confirm_prompt", "prompt")
    external = model.External(
        name=key.value,
        number=fields.matching("number", DID, DID_HINT, required=True),
        trunk=fields.reference("trunk", "trunk"),
        ring_seconds=fields.number("ring_seconds", 60, 3, 300),
        otherwise=fields.target("otherwise") or model.HANGUP,
        caller_id=fields.one_of("caller_id", model.EXTERNAL_CALLER_IDS, "ours"),
        confirm_prompt=(prompt or CONFIRM) if confirm else "",
    )
    fields.done()
    if prompt and not confirm:
        ctx.wrong(fields.line("confirm_prompt"), f"{fields.what}: confirm_prompt is never heard", "add confirm: true")
    return external


def check_ways(ctx: Context, externals: dict[str, model.External]) -> None:
    """Externals that are all busy must not send a caller round and round between them."""
    for name, external in externals.items():
        seen, at = {name}, external
        while at.otherwise.kind == "external" and at.otherwise.name in externals:
            if at.otherwise.name in seen:
                where = ctx.known["externals"][name]
                ctx.wrong(
                    where,
                    f"external {name}: otherwise leads back to {at.otherwise.name}",
                    "end at a voicemail or hangup",
                )
                return
            at = externals[at.otherwise.name]
            seen.add(at.name)


def external_texts(site: model.Site) -> dict[str, tuple[str, str]]:
    """Our words for `confirm`, where they are needed: name -> (zh, en)."""
    needed = any(external.confirm_prompt == CONFIRM for external in site.externals.values())
    return {CONFIRM: _WORDS} if needed else {}
