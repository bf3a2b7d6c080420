"""Callbacks at the edge: the number confirmed, phones dialled, every step journalled and shown.

It knows the two contexts of our dialplan into which Asterisk may dial for us, and nothing else is ever originated: the
extension is a number that `Dialling` allows, the channel an agent's phone or that number on the site's trunk, no
application, and values that cannot end a line. An Originate is sent once: when the link is down the attempt has failed.
When anybody is called, `core.virtual_hold` decides.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from ..core import callback as cb
from ..core import events as ev
from ..core.callback import Callback, End
from ..core.commands import OfferCall
from ..core.placed import PlacedLegs
from ..core.words import AgentId, CallbackOrder, CallId, Miss, Phone, QueueName, Uniqueid, Verdict
from ..errors import AgiRefused, Refused
from ..journal.engine_log import Kind
from .ask import Ask, parse_ask

log = logging.getLogger(__name__)
CHECKPOINT_SECONDS = 600.0  # a start reads the journal back to the last one
_UNDER_WAY = (cb.Phase.DIALLING, cb.Phase.CALLING, cb.Phase.ON_LINE)
_VALUE = re.compile(r"[A-Za-z0-9_.+-]*", re.ASCII)
Entity = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialling:
    """How this site calls outside: its trunk and number, which numbers it may call, when two are the same line."""

    trunk: str
    caller_id: str
    allows: Callable[[str], bool]
    line_of: Callable[[str], str]


class Desk(Protocol):
    """What is needed of the engine."""

    @property
    def keeps_places(self) -> bool: ...

    def post(self, event: ev.Event) -> None: ...
    async def request(self, event: ev.Event) -> None: ...
    def phone_of(self, agent: AgentId) -> Phone | None: ...
    def show_offer(self, offer: OfferCall, at: datetime) -> None: ...
    def show_waiting(self, event: ev.CallerJoined) -> None: ...
    def show_ended(self, call: CallId, at: datetime) -> None: ...
    def expect(self, call: CallId, agent: AgentId, phone: Phone, leg: Uniqueid | None = None) -> None: ...
    def decide(self, call: CallId, verdict: Verdict, variables: tuple[tuple[str, str], ...] = ()) -> bool: ...
    def promised(self) -> tuple[Callback, ...]: ...


class Journal(Protocol):
    """One line; what goes wrong is the engine's to tell."""

    def __call__(self, kind: Kind, at: datetime, **values: Any) -> None: ...


class Session(Protocol):
    """What is needed of a FastAGI dialogue."""

    @property
    def args(self) -> Sequence[str]: ...

    async def finish(self, pairs: Sequence[tuple[str, str]]) -> None: ...


class Callbacks:
    """`serve` is the handler of `agi://…/callback`; `send(action, headers)` says whether the link took the action."""

    def __init__(self, desk: Desk, send: Callable[[str, Mapping[str, Any]], bool], journal: Journal) -> None:
        self._desk, self._send, self._journal = desk, send, journal
        self.placed = PlacedLegs()
        self._dialling: Dialling | None = None
        self._checkpoint: asyncio.TimerHandle | None = None
        self.performers: dict[type, Callable[[Any, datetime], None]] = {
            cb.AskForCallback: self._ask,
            cb.KeepCallback: self._keep,
            cb.LineUpCallback: self._line_up,
            cb.PlaceCallback: self._place,
            cb.ConnectCallback: self._connect,
            cb.RestCallback: self._rest,
            cb.EndCallback: self._end,
        }

    def configure(self, dialling: Dialling | None) -> None:
        """The site as it is now; None: it cannot call outside."""
        self._dialling = dialling

    def line_of(self, number: str) -> str:
        """The same text for two spellings of one line."""
        return self._dialling.line_of(number) if self._dialling else number

    def restore(self, promised: Sequence[Callback], at: datetime, *, under_way: bool) -> list[ev.Event]:
        """The callbacks of the engine before this one, as events.

        First, before anything is known of live channels, those whose phones may ring or who may talk; then, when it is
        known who is on the phone, the others: an agent may be chosen for them at once.
        """
        events: list[ev.Event] = []
        for kept in promised:
            if (kept.phase in _UNDER_WAY) is not under_way:
                continue
            for order in CallbackOrder if under_way else ():
                self.placed.place(cb.leg_of(kept, order), kept.call, order, kept.agent or AgentId(""))
            events.append(cb.CallbackRestored(at=at, callback=kept, under_way=under_way))
        return events

    def begin_checkpoints(self) -> None:
        """Write down every promise now and from time to time, so that the next start need not read far."""
        if not self._desk.keeps_places:
            return
        now = datetime.now(UTC)
        kept = self._desk.promised()
        for callback in kept:
            self._write(callback, now)
        self._journal(Kind.CALLBACKS_TOLD, now, count=len(kept))
        loop = asyncio.get_running_loop()
        self._checkpoint = loop.call_later(CHECKPOINT_SECONDS, self.begin_checkpoints)

    def close(self) -> None:
        """No more checkpoints."""
        if self._checkpoint is not None:
            self._checkpoint.cancel()

    # --- asked for ----------------------------------------------------------------------------------

    async def serve(self, session: Session) -> None:
        """A caller confirmed a number: `CTI_CALLBACK_VERDICT` is `kept` or `refused`, set last.

        With `kept` goes `CTI_STATE=callback`: from then on the hangup handler has no abandoned caller to log.
        """
        number, ask = _read(session.args)
        try:
            if self._dialling is None or not self._dialling.allows(number):
                raise Refused("not a number that this site calls")
            await self._desk.request(_requested(ask, number))
        except Refused as error:
            log.info("call %s: no callback to %a: %s", ask.call, number[:20], error)
            await session.finish([("CTI_CALLBACK_VERDICT", "refused")])
            return
        await session.finish([("CTI_STATE", "callback"), ("CTI_CALLBACK_VERDICT", "kept")])

    # --- performed ----------------------------------------------------------------------------------

    def _ask(self, command: cb.AskForCallback, _: datetime) -> None:
        self._desk.decide(command.call, Verdict.CALLBACK)

    def _keep(self, command: cb.KeepCallback, at: datetime) -> None:
        self._write(command.callback, at)

    def _line_up(self, command: cb.LineUpCallback, at: datetime) -> None:
        kept = command.callback
        self._desk.show_waiting(
            ev.CallerJoined(at=at, call=kept.call, queue=kept.queue, entered=kept.entered, caller=kept.caller)
        )

    def _place(self, command: cb.PlaceCallback, at: datetime) -> None:
        """The pop leaves before the phone rings, as for any offer."""
        offer, leg = command.offer, command.leg
        agent_first = command.order is CallbackOrder.AGENT_FIRST
        self._desk.expect(offer.call, offer.agent, offer.phone, leg if agent_first else None)
        self.placed.place(leg, offer.call, command.order, offer.agent)
        self._desk.show_offer(offer, at)
        self._write(command.callback, at, leg=leg, order=command.order)
        if self._dialling is None or not self._send("Originate", _originate(command, self._dialling)):
            log.error("callback %s: nobody was dialled, there is no link to Asterisk or no trunk", command.call)
            self._desk.post(cb.CallbackUnreached(at=at, call=offer.call, why="unreachable"))

    def _connect(self, command: cb.ConnectCallback, at: datetime) -> None:
        phone = self._desk.phone_of(command.agent) or Phone("")
        self._desk.expect(command.call, command.agent, phone)
        ring = str(max(1, round(command.ring_seconds)))
        variables = (("CTI_AGENT", str(command.agent)), ("CTI_DIAL", str(phone)), ("CTI_RING", ring))
        if not self._desk.decide(command.call, Verdict.DIAL, variables):
            missed = ev.OfferMissed(at=at, call=command.call, agent=command.agent, why=Miss.CALLER_GONE)
            self._desk.post(missed)

    def _rest(self, command: cb.RestCallback, at: datetime) -> None:
        self._desk.show_ended(command.call, at)
        self._write(command.callback, at, failed=command.call, why=command.why)

    def _end(self, command: cb.EndCallback, at: datetime) -> None:
        kept = command.callback
        if command.why is not End.SERVED:
            self._desk.show_ended(kept.call, at)
        by = {"by": command.by} if command.by else {}
        self._journal(Kind.CALLBACK_ENDED, at, call=kept.told_as, of=kept.of, why=command.why, **by)

    def _write(self, kept: Callback, at: datetime, *, leg: str = "", **values: Any) -> None:
        """The whole state, so that the last line of a callback is all that a start needs."""
        state = {name: getattr(kept, name) for name in _STATE}
        self._journal(Kind.CALLBACK, at, call=kept.told_as, leg=leg or kept.call, **state, **values)


_STATE = (
    *("of", "number", "queue", "entered", "requested", "caller", "need", "priority", "prefer"),
    *("attempt", "placed", "phase", "agent", "due", "doomed"),
)


def shown(kept: Callback) -> Entity:
    """One callback for the API and the command line."""
    return {
        "id": kept.of,
        "queue": kept.queue,
        "number": kept.number,
        "name": kept.caller.name,
        "phase": kept.phase,
        "attempt": kept.attempt,
        "agent": kept.agent,
        "entered": kept.entered,
        "requested": kept.requested,
        "due": kept.due,
    }


def _read(arguments: Sequence[str]) -> tuple[str, Ask]:
    own = [argument for argument in arguments if argument.startswith("callback=")]
    if len(own) != 1:
        raise AgiRefused("callback: the dialplan sent no number; render it again with: cti dialplan apply")
    return own[0].partition("=")[2], parse_ask([a for a in arguments if a is not own[0]], datetime.now(UTC))


def _requested(ask: Ask, number: str) -> cb.CallbackRequested:
    return cb.CallbackRequested(
        at=datetime.now(UTC),
        call=ask.call,
        number=number,
        queue=QueueName(ask.queue),
        entered=ask.entered,
        caller=ask.caller,
        need=ask.need,
        priority=ask.priority,
        prefer=ask.prefer,
    )


def _originate(command: cb.PlaceCallback, dialling: Dialling) -> dict[str, Any]:
    """The one Originate that we send. Context, extension and channel are ours or were checked digit by digit."""
    kept, offer = command.callback, command.offer
    agent_first = command.order is CallbackOrder.AGENT_FIRST
    waited = round(offer.waited_seconds / 60)  # as minutes are worth in the native queue, should we die meanwhile
    values = {
        "CTI_QUEUE": kept.queue,
        "CTI_CALLID": offer.call,
        "CTI_LANGUAGE": kept.caller.language,
        "CTI_PRIORITY": str(kept.priority + waited),
        "CTI_AGENT": offer.agent,
        "CTI_RING": str(max(1, round(command.ring_seconds))),
    }
    seconds = offer.ring_seconds if agent_first else command.ring_seconds
    return {
        "Channel": str(offer.phone) if agent_first else f"PJSIP/{kept.number}@{dialling.trunk}",
        "Context": "cti-callback-agent" if agent_first else "cti-callback-customer",
        "Exten": kept.number,
        "Priority": "1",
        "Timeout": str(round(seconds * 1000)),
        "CallerID": f"<{kept.number if agent_first else dialling.caller_id}>",
        "Async": "true",
        "ChannelId": str(command.leg),
        "Variable": [f"{name}={value if _VALUE.fullmatch(value) else ''}" for name, value in values.items()],
    }
