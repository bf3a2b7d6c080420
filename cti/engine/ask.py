"""What the dialplan asks when a caller waits: the arguments of `AGI(agi://…/acd,key=value,…)` as one value.

It knows the contract of dialplan/README.md; it refuses what the dialplan would never send.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..core.skills import parse_need
from ..core.words import AgentId, Caller, CallId, Miss, Need, QueueName
from ..errors import AgiRefused, UsageError
from .session import named

log = logging.getLogger(__name__)

# app_dial.c: the values of DIALSTATUS that mean "not answered".
_MISSES = {
    "NOANSWER": Miss.NO_ANSWER,
    "BUSY": Miss.BUSY,
    "CONGESTION": Miss.UNREACHABLE,
    "CHANUNAVAIL": Miss.UNREACHABLE,
    "INVALIDARGS": Miss.UNREACHABLE,
    "DONTCALL": Miss.BUSY,
    "TORTURE": Miss.BUSY,
    "CANCEL": Miss.CALLER_GONE,
}
_WHO = ("number", "name", "language", "customer", "did", "path", "digits")
_KNOWN = frozenset(("call", "queue", "entered", "need", "priority", "prefer", "tried", "again", *_WHO))
_LONGEST = 1_000  # characters of one value; longer ones are cut, they can only be text for the pop


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One caller asking for an agent; `tried` is the agent who just missed the call, with why.

    `again`: not a newcomer, but back from a miss, the native queue or another queue.
    """

    call: CallId
    queue: QueueName
    entered: datetime
    caller: Caller
    need: Need = ()
    priority: int = 0
    prefer: AgentId | None = None
    tried: tuple[AgentId, Miss] | None = None
    again: bool = False


def parse_ask(arguments: Iterable[str], now: datetime) -> Ask:
    """Read the named arguments; raises AgiRefused when the call or the queue is missing or a key is unknown.

    A nonsensical entry time becomes `now`: a wrong clock must not lose a caller.
    """
    values = {key: value[:_LONGEST] for key, value in named("acd", arguments, _KNOWN).items()}
    if not values.get("call") or not values.get("queue"):
        raise AgiRefused("acd: the dialplan sent no call or no queue; render it again with: cti dialplan apply")
    return Ask(
        call=CallId(values["call"]),
        queue=QueueName(values["queue"]),
        entered=_entered(values.get("entered", ""), now),
        caller=_caller(values),
        need=_need(values.get("need", "")),
        priority=_whole(values.get("priority", ""), -100, 100),
        prefer=AgentId(values["prefer"]) if values.get("prefer") else None,
        tried=_tried(values.get("tried", "")),
        again=values.get("again", "") not in ("", "0"),
    )


def _need(text: str) -> Need:
    """A need that cannot be read is nobody's need: better any agent than none."""
    try:
        return parse_need(text)
    except UsageError as error:
        log.warning("acd: the caller's need is ignored: %s", error)
        return ()


def _caller(values: dict[str, str]) -> Caller:
    digits = tuple(
        (node, keys) for node, _, keys in (pair.partition("=") for pair in values.get("digits", "").split("&")) if keys
    )
    return Caller(
        number=values.get("number", ""),
        name=values.get("name", ""),
        language=values.get("language", ""),
        customer=values.get("customer", ""),
        did=values.get("did", ""),
        path=values.get("path", "").rstrip(">"),
        digits=digits,
    )


def _entered(text: str, now: datetime) -> datetime:
    try:
        entered = datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return now
    return min(entered, now) if now - entered < timedelta(days=1) else now


def _tried(text: str) -> tuple[AgentId, Miss] | None:
    agent, _, status = text.partition(":")
    if not agent:
        return None
    return AgentId(agent), _MISSES.get(status, Miss.NO_ANSWER)


def _whole(text: str, least: int, most: int) -> int:
    try:
        return max(least, min(most, int(text)))
    except ValueError:
        return max(least, 0)
