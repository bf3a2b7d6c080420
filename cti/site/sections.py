"""The sections of site.yaml, each from nodes to values.

It knows which options every section has, their limits and defaults; the kinds of values are `fields.py`, what one
section says about another beyond plain references is `check.py`.
"""

from __future__ import annotations

import re

import yaml

from ..core.words import WrapUpMode
from . import model
from .announced import read_announce, read_exit_key
from .callback import read_callback
from .fields import DID, NAME, NAME_HINT, Context, Fields, items, scalar
from .in_time import read_service_level
from .lookup import read_lookup
from .reading import nearest, shown
from .times import timezone_of
from .trunks import DID_HINT
from .voicemail import read_follow_up

_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_COUNTRY = re.compile(r"[A-Z]{2}")


def read_site_info(ctx: Context, key: yaml.Node | int, node: yaml.Node | None) -> model.SiteInfo:
    """`site:`; also sets the context's languages, timezone and country for what is read after it."""
    fields = Fields(ctx, node, "site", key)
    ctx.timezone = timezone_of(fields, "UTC", required=True)
    ctx.country = fields.matching("country", _COUNTRY, "two capital letters, such as CN")
    languages = []
    for item in items(ctx, fields.get("languages"), "site: languages"):
        text = scalar(ctx, item, "site: languages")
        if text and (not _LANGUAGE.fullmatch(text) or text in languages):
            ctx.wrong(item, f"site: languages: {shown(text)}", "each once, such as zh, en or pt_BR")
        elif text:
            languages.append(text)
    ctx.languages = tuple(languages) or ctx.languages
    name = fields.text("name", required=True, most=80)
    fields.done()
    return model.SiteInfo(name=name, timezone=ctx.timezone, country=ctx.country, languages=ctx.languages)


def read_fallback(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> model.Fallback:
    fields = Fields(ctx, node, "fallback", key)
    seconds = fields.number("seconds", 20, 5, 600)
    fields.done()
    return model.Fallback(seconds=seconds)


def read_recording(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> model.RecordingPolicy:
    fields = Fields(ctx, node, "recording", key)
    policy = model.RecordingPolicy(
        queues=fields.flag("queues", True),
        direct=fields.flag("direct", True),
        surveys=fields.flag("surveys", False),
    )
    fields.done()
    return policy


def read_number(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> model.Number:
    fields = Fields(ctx, node, f"number {shown(key.value)}", key)
    if not DID.fullmatch(key.value):
        ctx.wrong(key, f"numbers: {shown(key.value)} is not a phone number", DID_HINT)
    to = fields.target("to", required=True) or model.HANGUP
    schedule, closed = read_closing(fields)
    language = read_language(fields) or ctx.languages[0]
    lookup = read_lookup(fields)
    fields.done()
    return model.Number(did=key.value, to=to, language=language, schedule=schedule, closed=closed, lookup=lookup)


def read_closing(fields: Fields, *, by_hand: bool = False) -> tuple[str, model.Target | None]:
    """`schedule` and `closed`: both or neither; what can be closed `by_hand` may have `closed` alone."""
    schedule, closed = fields.reference("schedule", "schedule"), fields.target("closed")
    if "schedule" in fields.values and closed is None:
        fields.ctx.wrong(
            fields.line("schedule"), f"{fields.what} has a schedule but no closed", "say where calls go then"
        )
    if closed is not None and "schedule" not in fields.values and not by_hand:
        fields.ctx.wrong(fields.line("closed"), f"{fields.what} has closed but no schedule", "say when it is closed")
    return schedule, closed


def read_language(fields: Fields) -> str:
    """One of the site's languages, or "" when absent."""
    value = fields.text("language")
    if value and value not in fields.ctx.languages:
        where = fields.values["language"][1]
        fields.ctx.wrong(where, f"{fields.what}: language {shown(value)}", nearest(value, fields.ctx.languages))
        return ""
    return value


def read_queue(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> model.Queue:
    fields = Fields(ctx, node, f"queue {key.value}", key)
    schedule, closed = read_closing(fields, by_hand=True)
    queue = model.Queue(
        name=key.value,
        overflow=fields.target("overflow", required=True) or model.HANGUP,
        full=fields.target("full"),
        busy_ratio=fields.target("busy_ratio"),
        steps=_steps(ctx, fields),
        order=fields.one_of("order", model.ORDERS, "longest_idle"),
        ring_seconds=fields.number("ring_seconds", 15, 3, 300),
        wrap_up_mode=_wrap_up_mode(ctx, fields),
        wrap_up_seconds=fields.number("wrap_up_seconds", 0, 0, 3600),
        max_wait_seconds=fields.number("max_wait_seconds", 0, 0, 86_400),
        max_length=fields.number("max_length", 0, 0, 100_000),
        max_ratio=fields.decimal("max_ratio", 0.0, 0, 1000),
        callback=read_callback(fields, schedule),
        max_misses=fields.number("max_misses", 0, 0, 100),
        preferred=_preferred(ctx, fields),
        priority=fields.number("priority", 0, -100, 100),
        schedule=schedule,
        closed=closed,
        greeting=fields.reference("greeting", "prompt"),
        music=fields.matching("music", NAME, NAME_HINT) or "default",
        announce=read_announce(ctx, fields),
        exit_key=read_exit_key(ctx, fields),
        follow_up=read_follow_up(fields),
        service_level=read_service_level(fields),
        survey=fields.reference("survey", "survey"),
    )
    fields.done()
    if queue.callback and queue.exit_key and queue.callback.key == queue.exit_key.key:
        ctx.wrong(fields.line("callback"), f"{fields.what}: callback and exit_key have the same key", "one key each")
    return queue


def _wrap_up_mode(ctx: Context, queue: Fields) -> WrapUpMode:
    mode = WrapUpMode(queue.one_of("wrap_up_mode", [mode.value for mode in WrapUpMode], WrapUpMode.TIMED.value))
    if mode is WrapUpMode.TIMED_NO_EARLY_EXIT and "wrap_up_seconds" not in queue.values:
        ctx.wrong(queue.line("wrap_up_mode"), f"{queue.what}: wrap_up_mode {mode} needs wrap_up_seconds")
    return mode


def read_pause_reason(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> model.PauseReason:
    fields = Fields(ctx, node, f"pause reason {key.value}", key)
    reason = model.PauseReason(
        name=key.value,
        billable=fields.flag("billable", False),
        payable=fields.flag("payable", True),
        max_seconds=fields.number("max_seconds", 0, 0, 86_400),
    )
    fields.done()
    return reason


def _preferred(ctx: Context, queue: Fields) -> model.Preferred:
    node = queue.get("preferred")
    if node is None:
        return model.Preferred(days=0)
    fields = Fields(ctx, node, f"{queue.what}: preferred", queue.line("preferred"))
    preferred = model.Preferred(
        days=fields.number("days", 30, 0, 3650),
        seconds=fields.number("seconds", 60, 0, 86_400),
        wait_seconds=fields.number("wait_seconds", 0, 0, 3600),
    )
    fields.done()
    return preferred


def _steps(ctx: Context, queue: Fields) -> tuple[model.Step, ...]:
    steps = []
    before = -1
    for index, node in enumerate(items(ctx, queue.get("steps"), f"{queue.what}: steps")):
        fields = Fields(ctx, node, f"{queue.what}: step {index + 1}", node)
        fields.get("after", required=True)
        after = fields.number("after", -1, 0, 86_400)
        if index == 0 and after > 0:
            ctx.wrong(fields.line("after"), f"{fields.what} begins after {after} s", "the first step begins at 0")
        elif 0 <= after <= before:
            ctx.wrong(fields.line("after"), f"{fields.what}: after {after}", f"must be greater than {before}")
        steps.append(model.Step(after=after, need=fields.need()))
        before = max(before, after)
        fields.done()
    return tuple(steps) or (model.Step(after=0),)
