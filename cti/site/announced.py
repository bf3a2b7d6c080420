"""What a queue tells those who wait, as written: `announce` and `exit_key`, and the phrases that they need.

It knows the shipped wording, in Chinese and English, and which phrases a site's queues need: whole ones, for each
position and each step of the wait, because glued numbers sound wrong in Chinese (两分钟, but 第二位). A prompt of the
same name in site.yaml wins. It refuses to know when something is said (core.announcing).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import yaml

from ..core.announcing import MOST_POSITION, WAIT_MINUTES, position_prompt, wait_prompt
from .fields import Context, Fields, exists, items, scalar, whole
from .model import HANGUP, Announce, ExitKey, Prompt, Queue, Spoken

USUAL_POSITION = 10  # what `position: true` means
_KEY = re.compile(r"[0-9*#]")
_HAN = "零一二三四五六七八九"
_HAN_MINUTES = dict(zip(WAIT_MINUTES, ("一", "两", "五", "十", "十五", "二十", "三十"), strict=True))


def read_announce(ctx: Context, queue: Fields) -> Announce | None:
    """`announce:` of a queue; None when there is none."""
    node = queue.get("announce")
    if node is None:
        return None
    fields = Fields(ctx, node, f"{queue.what}: announce", queue.line("announce"))
    announce = Announce(
        first_after_seconds=fields.number("first_after_seconds", 20, 0, 3600),
        every_seconds=fields.number("every_seconds", 45, 10, 3600),
        position=_position(ctx, fields),
        wait=fields.flag("wait", False),
        comfort=_comfort(ctx, fields),
    )
    fields.done()
    if not fields.broken and not fields.values.keys() & {"position", "wait", "comfort"}:
        ctx.wrong(queue.line("announce"), f"{fields.what} says nothing", "give it position, wait or comfort")
    return announce


def read_exit_key(ctx: Context, queue: Fields) -> ExitKey | None:
    """`exit_key:` of a queue; None when there is none."""
    node = queue.get("exit_key")
    if node is None:
        return None
    fields = Fields(ctx, node, f"{queue.what}: exit_key", queue.line("exit_key"))
    key = fields.matching("key", _KEY, "one of 0-9, * and #", required=True)
    to = fields.target("to", required=True)
    fields.done()
    return ExitKey(key=key or "*", to=to or HANGUP)


def phrases_of(queues: Iterable[Queue]) -> list[str]:
    """The names of our phrases that these queues need, each once."""
    return list(dict.fromkeys(name for queue in queues for name in _needed(queue.announce)))


def with_phrases(ctx: Context, prompts: Mapping[str, Prompt], queues: Mapping[str, Queue]) -> dict[str, Prompt]:
    """The site's prompts and, of our phrases, those that a queue needs. Notes a language without wording."""
    found = dict(prompts)
    for name in phrases_of(queues.values()):
        own = found.get(name)
        spoken = dict(own.spoken) if own is not None else {}
        if "" not in spoken:
            spoken = _wording(name, ctx.languages) | spoken
        if not spoken.keys() & {"", ctx.languages[0]}:
            where = ctx.known["queues"][next(q.name for q in queues.values() if name in _needed(q.announce))]
            ctx.wrong(where, f"announce needs the prompt {name} in {ctx.languages[0]}", "write it under prompts")
            continue
        found[name] = Prompt(name=name, spoken=spoken)
    return found


def _position(ctx: Context, fields: Fields) -> int:
    """`true`, `false`, or the last position that is told."""
    node = fields.get("position")
    if node is None:
        return 0
    if node.tag == "tag:yaml.org,2002:bool":
        return USUAL_POSITION if fields.flag("position", False) else 0
    return whole(ctx, node, f"{fields.what}: position", 0, MOST_POSITION, 0)


def _comfort(ctx: Context, fields: Fields) -> tuple[str, ...]:
    what = f"{fields.what}: comfort"
    names = ((node, scalar(ctx, node, what)) for node in items(ctx, fields.get("comfort"), what))
    return tuple(name for node, name in names if name and _is_prompt(ctx, node, what, name))


def _is_prompt(ctx: Context, node: yaml.Node, what: str, name: str) -> bool:
    return exists(ctx, node, what, "prompt", name)


def _needed(announce: Announce | None) -> Iterator[str]:
    if announce is None:
        return
    yield from (position_prompt(number) for number in range(1, announce.position + 1))
    if announce.wait:
        yield from (wait_prompt(minutes) for minutes in (*WAIT_MINUTES, 0))


# --- wording --------------------------------------------------------------------------------------


def _wording(name: str, languages: tuple[str, ...]) -> dict[str, Spoken]:
    found = ((language, _SHIPPED.get(language.partition("_")[0], {}).get(name)) for language in languages)
    return {language: Spoken(text=text) for language, text in found if text}


def _chinese() -> Iterator[tuple[str, str]]:
    yield position_prompt(1), "您是下一位，我们会尽快为您接听。"
    for number in range(2, MOST_POSITION + 1):
        yield position_prompt(number), f"您目前排在第{_han(number)}位。"
    for minutes, words in _HAN_MINUTES.items():
        yield wait_prompt(minutes), f"预计等候时间不超过{words}分钟。"
    yield wait_prompt(0), "预计等候时间超过三十分钟。"


def _english() -> Iterator[tuple[str, str]]:
    yield position_prompt(1), "You are next in line."
    for number in range(2, MOST_POSITION + 1):
        yield position_prompt(number), f"You are number {number} in line."
    for minutes in WAIT_MINUTES:
        yield wait_prompt(minutes), f"Your wait should be no longer than {minutes} minute{'s' if minutes > 1 else ''}."
    yield wait_prompt(0), "Your wait is expected to be longer than 30 minutes."


def _han(number: int) -> str:
    """1 to 99 in words: 十, 十一, 二十, 二十一."""
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else _HAN[tens]) + ("十" if tens else "") + (_HAN[ones] if ones else "")


_SHIPPED: dict[str, dict[str, str]] = {"zh": dict(_chinese()), "en": dict(_english())}
