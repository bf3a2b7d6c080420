"""A leg that lives: what the tracker keeps of it.

It knows the fields and what a leg may be for; the rules that move a leg from one role to another are `call`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .words import CallId, Linkedid, Phone, Uniqueid


class Role(StrEnum):
    """What a leg is for, as far as an agent is concerned."""

    OWN = "own"  # the phone's own business: a direct call, dialled out, the fallback queue
    UNPROVEN = "unproven"  # just created while an offer was expected on that phone; the dial will tell
    OFFERED = "offered"  # rings for an offer of ours
    TALK = "talk"  # the talk that came of an offer


@dataclass(slots=True, kw_only=True)
class Leg:
    """One live channel, as the tracker keeps it. `since` is None for a leg that was proved but not seen created."""

    leg: Uniqueid
    linked: Linkedid
    phone: Phone
    channel: str
    number: str
    since: datetime | None
    role: Role
    call: CallId | None = None
    up: bool = False
    held: bool = False
    bridge: str = ""
    last_bridge: str = ""
    home: str = ""  # the bridge in which the talk began: who consults comes back there, or passes the caller on from it
