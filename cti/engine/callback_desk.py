"""What callbacks need of the rest of the engine: screens, tracker, lobby, core. It knows which edge has what."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..core import events as ev
from ..core.callback import Callback
from ..core.commands import OfferCall
from ..core.words import AgentId, CallId, Phone, Uniqueid, Verdict

if TYPE_CHECKING:
    from .loop import Engine


class CallbackDesk:
    """One engine, as `engine.callbacks` sees it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def keeps_places(self) -> bool:
        """Whether some queue offers callbacks."""
        return self._engine.keeps_places

    def promised(self) -> tuple[Callback, ...]:
        """Every callback that is still to come."""
        return self._engine.hold.callbacks()

    def post(self, event: ev.Event) -> None:
        """A fact, to be handled in turn."""
        self._engine.post(event)

    async def request(self, event: ev.Event) -> None:
        """Something that may be refused. Raises Refused."""
        await self._engine.request(event)

    def phone_of(self, agent: AgentId) -> Phone | None:
        """What rings for this agent."""
        return self._engine.phone_of(agent)

    def show_waiting(self, event: ev.CallerJoined) -> None:
        """On every screen, with the customer's name as soon as it is known."""
        self._engine.show_waiting(event)

    def show_ended(self, call: CallId, at: datetime) -> None:
        """Off every screen."""
        self._engine.floor.ended(call, at)

    def show_offer(self, offer: OfferCall, at: datetime) -> None:
        """The pop, and its line in the journal."""
        self._engine.write_offer(offer, at, self._engine.pop(offer, at))

    def expect(self, call: CallId, agent: AgentId, phone: Phone, leg: Uniqueid | None = None) -> None:
        """This phone will ring for this call; `leg` is its channel when we dial it ourselves."""
        self._engine.tracker.expect(call, agent, phone)
        if leg is not None:
            self._engine.tracker.place(call, leg)

    def decide(self, call: CallId, verdict: Verdict, variables: tuple[tuple[str, str], ...] = ()) -> bool:
        """Hand a waiting caller the verdict; False when they no longer wait."""
        return self._engine.lobby.decide(call, verdict, variables)
