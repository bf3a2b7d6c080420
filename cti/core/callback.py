"""The words of virtual hold: a caller who hung up and keeps the place, what happens to it, and what is wanted done.

It knows names and shapes; the rules are `virtual_hold`'s. A *callback* is named by the call that asked for it (`of`).
Each attempt to reach the customer is a call of its own for the ACD (`call`): the first one is also the name of the
conversation that tells of all attempts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .commands import OfferCall
from .events import Event
from .words import NOBODY, AgentId, CallbackOrder, Caller, CallId, Need, QueueName, Uniqueid


class Phase(StrEnum):
    """Where a callback is."""

    WAITING = "waiting"  # keeps its place in line
    RESTING = "resting"  # out of line until it is due: after a failed attempt, or while customers may not be called
    DIALLING = "dialling"  # an agent is reserved, phones ring
    CALLING = "calling"  # the customer's phone rings and nobody is reserved any more
    ON_LINE = "on_line"  # the customer answered and waits like any caller


class End(StrEnum):
    """Why a callback is over."""

    SERVED = "served"  # customer and agent talk
    SERVED_OTHERWISE = "served_otherwise"  # an agent answered another call from this number
    CAME_BACK = "came_back"  # the customer called again; that call has the place now
    GIVEN_UP = "given_up"  # all attempts failed
    CANCELLED = "cancelled"  # by a person
    WITHDRAWN = "withdrawn"  # taken out of line by a supervisor, or its queue is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One kept place. `entered` is when the call that asked for it entered the queue; `attempt` counts from 1."""

    of: CallId
    number: str  # what is dialled: digits and +
    queue: QueueName
    entered: datetime
    requested: datetime
    caller: Caller = NOBODY
    need: Need = ()
    priority: int = 0
    prefer: AgentId | None = None
    attempt: int = 1
    placed: int = 0  # how often phones were dialled for it
    phase: Phase = Phase.WAITING
    agent: AgentId | None = None  # who is reserved for it
    due: datetime | None = None  # when it stands in line again, while it rests
    doomed: End | None = None  # how it ends when the attempt under way fails

    @property
    def call(self) -> CallId:
        """The attempt that is next or under way, as the ACD knows it."""
        return attempt_of(self.of, self.attempt)

    @property
    def told_as(self) -> CallId:
        """The conversation that tells of all its attempts."""
        return attempt_of(self.of, 1)


def leg_of(kept: Callback, order: CallbackOrder) -> Uniqueid:
    """The id that the first channel gets: the customer's is the call itself, an agent's is new each time."""
    return Uniqueid(kept.call if order is CallbackOrder.CUSTOMER_FIRST else f"agent{kept.placed}-{kept.of}")


def attempt_of(of: CallId, attempt: int) -> CallId:
    """An id that no channel has, in the form of one (our journals refuse others): made, never taken apart."""
    return CallId(f"callback{attempt}-{of}")


# --- what happens -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRequested(Event):
    """A caller confirmed the number that we shall call, and will hang up. Raises Refused for what cannot be kept."""

    call: CallId
    number: str
    queue: QueueName
    entered: datetime
    caller: Caller = NOBODY
    need: Need = ()
    priority: int = 0
    prefer: AgentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRestored(Event):
    """A callback that a former engine had promised. `under_way`: phones may be ringing for it, or talking."""

    callback: Callback
    under_way: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackUnreached(Event):
    """The customer was not reached: busy, no_answer, unreachable, or agent_gone when the agent did not wait."""

    call: CallId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackTalked(Event):
    """Customer and agent of this attempt are in one bridge."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackCancelled(Event):
    """Somebody wants this callback gone. Raises Refused when there is none."""

    of: CallId


# --- what is wanted done --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForCallback:
    """Send the caller, who is out of line now, to confirm the number."""

    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepCallback:
    """Remember this callback beyond our own death."""

    callback: Callback


@dataclass(frozen=True, slots=True, kw_only=True)
class LineUpCallback:
    """Show that it stands in line, as `call`."""

    callback: Callback


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCallback:
    """Show the agent who is called, then dial in this order. `offer` is what the ACD decided."""

    callback: Callback
    offer: OfferCall
    order: CallbackOrder
    ring_seconds: float  # the customer's phone

    @property
    def call(self) -> CallId:
        """The attempt."""
        return self.callback.call

    @property
    def agent(self) -> AgentId:
        """Who is reserved."""
        return self.offer.agent

    @property
    def leg(self) -> Uniqueid:
        """The first channel that is dialled."""
        return leg_of(self.callback, self.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectCallback:
    """The customer answered and waits with us: ring the agent who is reserved."""

    call: CallId
    agent: AgentId
    ring_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RestCallback:
    """It is out of line until `due`. `why` names what failed, or "window"; `call` is the attempt that failed."""

    callback: Callback
    call: CallId
    due: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCallback:
    """It is over."""

    callback: Callback
    why: End
    by: CallId | None = None  # the call that served the customer otherwise, or has the place now


HoldCommand = (
    AskForCallback | KeepCallback | LineUpCallback | PlaceCallback | ConnectCallback | RestCallback | EndCallback
)
