"""`menus:` of site.yaml: one question each, and what becomes of callers who answer wrong or not at all.

It knows the options of a menu, their limits and defaults; it refuses to know how keys are read (dialplan/_menus.j2) and
where a caller ends up (core.walk). `otherwise` is only a shorter way to say `to` of both kinds of error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from ..core import flow
from . import model
from .fields import Context, Fields, target
from .reading import entries, is_null, shown
from .sections import read_language

_KEY = re.compile(r"[0-9*#]")
BACK = "back"

# name -> (zh, en). A prompt of the same name in site.yaml takes its place.
GOODBYE = {
    flow.GOODBYE: (
        "抱歉，我们没有得到有效的选择。请稍后再拨，再见。",
        "Sorry, we did not get a choice that we understand. Please call again later. Goodbye.",
    )
}
NO_ANSWER = {
    "direct_no_answer": ("您拨打的分机暂时无人接听。", "Nobody answers at this extension at the moment."),
}


def read_menu(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> model.Menu:
    fields = Fields(ctx, node, f"menu {key.value}", key)
    otherwise = fields.target("otherwise")
    menu = model.Menu(
        name=key.value,
        prompt=fields.reference("prompt", "prompt", required=True),
        keys=dict(_choices(ctx, fields)),
        invalid=read_tries(fields, "invalid", otherwise),
        timeout=read_tries(fields, "timeout", otherwise),
        timeout_seconds=fields.number("timeout_seconds", 5, 1, 60),
        direct_dial=fields.flag("direct_dial", False),
        digit_seconds=fields.number("digit_seconds", 2, 1, 10),
    )
    fields.done()
    if "digit_seconds" in fields.values and not menu.direct_dial:
        where = fields.line("digit_seconds")
        ctx.wrong(where, f"{fields.what}: digit_seconds without direct_dial", "keys of a menu are single digits")
    return menu


def read_tries(owner: Fields, name: str, otherwise: model.Target | None) -> model.Tries:
    """`name: {retries, prompt, to}` of a menu or an input; without `to` it is `otherwise`, and one of them must be."""
    fields = Fields(owner.ctx, owner.get(name), f"{owner.what}: {name}", owner.line(name))
    to = fields.target("to") or otherwise
    if to is None and not owner.broken and not fields.broken:
        owner.ctx.wrong(owner.line(name), f"{owner.what} needs otherwise, or {name}: {{to: …}}")
    tries = model.Tries(
        to=to or model.HANGUP,
        retries=fields.number("retries", 2, 0, 10),
        prompt=fields.reference("prompt", "prompt"),
    )
    fields.done()
    return tries


def menu_texts(site: model.Site) -> Mapping[str, tuple[str, str]]:
    """What callers of menus hear beside the site's own prompts."""
    direct = any(menu.direct_dial for menu in site.menus.values())
    return {**(GOODBYE if site.menus or site.inputs else {}), **(NO_ANSWER if direct else {})}


def _choices(ctx: Context, menu: Fields) -> list[tuple[str, model.Choice]]:
    choices = []
    for key, node in entries(menu.get("keys", required=True), f"{menu.what}: keys", ctx.mistakes):
        what = f"{menu.what}: key {shown(key.value)}"
        if not _KEY.fullmatch(key.value):
            ctx.wrong(key, f"{what} is not on a telephone", "one of 0-9, * and #")
        if isinstance(node, yaml.ScalarNode) and not is_null(node):
            choices.append((key.value, model.Choice(to=_to(ctx, node, what))))
            continue
        fields = Fields(ctx, node, what, key)
        to = fields.get("to", required=True)
        way = model.HANGUP if to is None else _to(ctx, to, f"{what}: to")
        choices.append((key.value, model.Choice(to=way, language=read_language(fields), need=fields.need())))
        fields.done()
    return choices


def _to(ctx: Context, node: yaml.Node, what: str) -> model.Target | None:
    ctx.mistakes.tell("value", node, schema={"const": BACK})
    return None if isinstance(node, yaml.ScalarNode) and node.value.strip() == BACK else target(ctx, node, what)
