"""One call that a simulated customer made: told what to do while it runs, and its result when it is over.

It knows a call's events and which outcome they add up to. It refuses to know how the phone was started.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from .process import SippProcess
from .timeline import Kind, PhoneEvent

if TYPE_CHECKING:
    from .phones import Phones

Outcome = Literal["completed", "abandoned", "refused", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """How a call went. Instants are aware UTC in microseconds, None for what never happened.

    outcome: `completed` was answered and hung up; `abandoned` was cancelled before the answer; `refused` got `code`;
    `lost` ended without any of these (no answer to the INVITE, or the process was killed).
    """

    call_id: str
    outcome: Outcome
    invited: datetime
    answered: datetime | None
    ended: datetime | None
    code: int  # of the refusal, else 0
    hung_up_by: Literal["customer", "far_side", ""]
    digits: tuple[tuple[datetime, str], ...]
    events: tuple[PhoneEvent, ...]

    @property
    def wait_seconds(self) -> float | None:
        """INVITE to answer."""
        return (self.answered - self.invited).total_seconds() if self.answered else None

    @property
    def talk_seconds(self) -> float | None:
        """Answer to BYE."""
        return (self.ended - self.answered).total_seconds() if self.answered and self.ended else None


class Call:
    """A running customer call. `invite` is its first event, so the call has begun when one holds this."""

    def __init__(self, phones: Phones, process: SippProcess, invite: PhoneEvent) -> None:
        self._phones, self._process, self.invite = phones, process, invite

    @property
    def call_id(self) -> str:
        return self.invite.call_id

    @property
    def phone(self) -> str:
        """The process's name, and the beginning of its files' names."""
        return self._process.name

    @property
    def pid(self) -> int:
        return self._process.pid

    async def next(self, kind: Kind, timeout: float = 60.0) -> PhoneEvent:
        """Wait for one of this call's events; see Phones.next."""
        return await self._phones.next(kind, phone=self.phone, call_id=self.call_id, timeout=timeout)

    async def hang_up(self) -> None:
        """BYE when answered, CANCEL before."""
        await self._phones.hang_up(self.invite)

    async def press(self, digit: str) -> None:
        """One DTMF digit (0-9 A-D * #) by SIP INFO."""
        await self._phones.press(self.invite, digit)

    async def done(self, timeout: float = 120.0) -> CallResult:
        """Wait for the end. Raises PhoneError when SIPp broke, TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            await self._process.wait()
        return self.result()

    def result(self) -> CallResult:
        """What is known now."""
        events = [event for event in self._phones.happened if event.phone == self.phone]
        return _result(self.invite, events)


def _result(invite: PhoneEvent, events: Sequence[PhoneEvent]) -> CallResult:
    first: dict[Kind, PhoneEvent] = {}
    for event in events:
        first.setdefault(event.kind, event)
    answered, bye = first.get("answered"), first.get("bye")
    refused, cancel = first.get("refused"), first.get("cancel")
    end = bye or cancel or refused
    by = ("customer" if end.by_phone else "far_side") if end else ""
    return CallResult(
        call_id=invite.call_id,
        outcome=_outcome(answered, bye, cancel, refused),
        invited=invite.at,
        answered=answered.at if answered else None,
        ended=end.at if end else None,
        code=refused.code if refused else 0,
        hung_up_by="customer" if by == "customer" else "far_side" if by else "",
        digits=tuple((event.at, event.detail) for event in events if event.kind == "digit"),
        events=tuple(events),
    )


def _outcome(
    answered: PhoneEvent | None, bye: PhoneEvent | None, cancel: PhoneEvent | None, refused: PhoneEvent | None
) -> Outcome:
    if answered:
        return "completed" if bye else "lost"
    if cancel:
        return "abandoned"
    return "refused" if refused else "lost"
