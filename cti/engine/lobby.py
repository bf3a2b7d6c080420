"""Callers whose FastAGI session is open: each waits here for its verdict.

The session ends right after the verdict: the dialplan then does the dialling, whatever the caller was being told. A
session that ends without one (the caller hung up, the engine is closing) is told to the core as `CallerLeft`; the
dialplan's hangup handler or its fallback does the rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from ..core.events import CallerJoined, CallerLeft, Event, KeyPressed, OfferMissed
from ..core.words import AgentId, CallId, QueueName, Verdict
from .ask import Ask, parse_ask
from .speaker import Speaker, Voice

log = logging.getLogger(__name__)

Variables = tuple[tuple[str, str], ...]
Prefers = Callable[[QueueName, str, datetime], AgentId | None]  # who knows this number


def nobody(_queue: QueueName, _number: str, _now: datetime) -> AgentId | None:
    """Prefer no agent."""
    return None


class Session(Voice, Protocol):
    """What the lobby needs of a FastAGI dialogue."""

    @property
    def args(self) -> Sequence[str]: ...

    async def finish(self, pairs: Sequence[tuple[str, str]]) -> None: ...


@dataclass(slots=True)
class _Waiting:
    ask: Ask
    verdict: asyncio.Future[Variables]
    speaker: Speaker


class Lobby:
    """`serve` is the handler of `agi://…/acd`; `decide` hands a waiting caller its verdict, `say` plays to it."""

    def __init__(
        self, post: Callable[[Event], None], knows: Callable[[QueueName], bool], prefers: Prefers = nobody
    ) -> None:
        self._post = post
        self._knows = knows
        self._prefers = prefers
        self._waiting: dict[CallId, _Waiting] = {}
        self.hurry: Callable[[], None] = lambda: None  # somebody has to wait

    async def serve(self, session: Session) -> None:
        """Wait for the verdict and set its variables, `CTI_VERDICT` last. Raises AgiRefused for a foreign dialplan."""
        now = datetime.now(UTC)
        ask = parse_ask(session.args, now)
        if not self._knows(ask.queue):
            log.warning("acd: no queue %r in site.yaml; the caller goes to the native queue", ask.queue)
            return
        speaker = Speaker(session, lambda key: self._post(KeyPressed(at=datetime.now(UTC), call=ask.call, key=key)))
        waiting = _Waiting(ask, asyncio.get_running_loop().create_future(), speaker)
        self._replace(ask.call, waiting)
        answered = False
        try:
            self._join(ask, now)
            if not waiting.verdict.done():
                self.hurry()
            variables = await waiting.verdict
            await session.finish(variables)
            answered = True
        finally:
            if self._waiting.get(ask.call) is waiting:
                del self._waiting[ask.call]
                if not answered:
                    self._post(CallerLeft(at=datetime.now(UTC), call=ask.call))
            await speaker.end()

    def decide(self, call: CallId, verdict: Verdict, variables: Variables = ()) -> bool:
        """Hand over the verdict; False when the caller no longer waits here."""
        waiting = self._waiting.get(call)
        if waiting is None or waiting.verdict.done():
            return False
        waiting.verdict.set_result((*variables, ("CTI_VERDICT", verdict.value)))
        return True

    def say(self, call: CallId, parts: tuple[str, ...], keys: str = "") -> None:
        """Play prompts and listen for keys, if the caller still waits here; each press is posted as `KeyPressed`."""
        waiting = self._waiting.get(call)
        if waiting is not None and not waiting.verdict.done():
            waiting.speaker.say(parts, keys)

    @property
    def anybody_waits(self) -> bool:
        """Whether a caller here has no verdict yet."""
        return any(not waiting.verdict.done() for waiting in self._waiting.values())

    def __len__(self) -> int:
        return len(self._waiting)

    def _replace(self, call: CallId, waiting: _Waiting) -> None:
        """A second session of the same call (its first one died unseen) takes the place."""
        before = self._waiting.get(call)
        self._waiting[call] = waiting
        if before is not None:
            before.verdict.cancel()

    def _join(self, ask: Ask, now: datetime) -> None:
        if ask.tried is not None:
            agent, why = ask.tried
            self._post(OfferMissed(at=now, call=ask.call, agent=agent, why=why))
        self._post(
            CallerJoined(
                at=now,
                call=ask.call,
                queue=ask.queue,
                entered=ask.entered,
                caller=ask.caller,
                need=ask.need,
                priority=ask.priority,
                prefer=ask.prefer or self._prefers(ask.queue, ask.caller.number, now),
                again=ask.again,
            )
        )
