"""`voicemail:` of site.yaml, and `follow_up:` of a queue: where callers leave messages, and what becomes of these.

It knows the options, their limits and which codes agents dial; it refuses to know messages (spool and rows) and who
works on them (`core.work_item`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from . import model
from .fields import Context, Fields

_PIN = re.compile(r"[0-9]{4,10}")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}")
_CODE = re.compile(r"[*#][0-9*#]{1,6}")


def read_voicemail(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> model.Voicemail:
    """One mailbox."""
    fields = Fields(ctx, node, f"voicemail {key.value}", key)
    box = model.Voicemail(
        name=key.value,
        pin=fields.matching("pin", _PIN, "4 to 10 digits", required=True),
        email=fields.matching("email", _EMAIL, "one address, such as sales@example.com"),
        greeting=fields.reference("greeting", "prompt"),
        busy_greeting=fields.reference("busy_greeting", "prompt"),
        queue=fields.reference("queue", "queue"),
        code=fields.matching("code", _CODE, '* or #, then one to six of 0-9 * #, such as "*181"'),
        max_messages=fields.number("max_messages", 1000, 1, 9999),
        max_seconds=fields.number("max_seconds", 300, 10, 3600),
    )
    fields.done()
    return box


def read_follow_up(queue: Fields) -> model.FollowUp:
    """The option of a queue; its defaults where nothing is said."""
    node = queue.get("follow_up")
    if node is None:
        return model.FollowUp()
    fields = Fields(queue.ctx, node, f"{queue.what}: follow_up", queue.line("follow_up"))
    follow_up = model.FollowUp(
        due_minutes=fields.number("due_minutes", 60, 1, 43_200),
        abandoned=fields.flag("abandoned", True),
        after_seconds=fields.number("after_seconds", 10, 0, 3600),
        talk_seconds=fields.number("talk_seconds", 20, 1, 3600),
    )
    fields.done()
    return follow_up


def check_codes(ctx: Context, boxes: Mapping[str, model.Voicemail], features: model.FeatureCodes) -> None:
    """No code of a box may be another's, nor a feature's, nor one that takes a digit with it."""
    chosen = {"pause": "reason", "schedule": "schedule"}  # what a digit after the code chooses
    seen = {code: f"feature_codes: {feature}" for feature, code in features if code}
    for name, box in boxes.items():
        if not box.code:
            continue
        begin = next((one for one in chosen if getattr(features, one) == box.code[:-1]), "")
        paused = begin and box.code[-1].isdigit()
        if box.code in seen or paused:
            taken = seen.get(box.code, f"feature_codes: {begin} with a {chosen.get(begin)} ({box.code[:-1]})")
            ctx.wrong(ctx.known["voicemail"][name], f"voicemail {name}: code is {box.code}", f"{taken} has it already")
        seen.setdefault(box.code, f"voicemail {name}")
