"""What agents can do with a call that they have: keys pressed while talking, transfers, places to park a caller in.

It knows the values of `call_keys:`, `transfers:` and `parking:` of site.yaml. Reading them is `in_call_sections`; what
they do is Asterisk's (features.conf, res_parking.conf, the dialplan), so all of it works with the engine dead.
"""

from __future__ import annotations

from typing import Literal

from .value import Value


class CallKeys(Value):
    """Keys that an agent presses during a call; "" = not offered. Only agents' phones are listened to, never callers'.

    `conference` counts while a colleague is being consulted: from then on all three talk.
    """

    blind_transfer: str = ""
    attended_transfer: str = ""
    conference: str = ""
    park: str = ""

    @property
    def dial_options(self) -> str:
        """Options of Dial() and Queue() that listen to the called phone (app_dial.c: t, k)."""
        transfer = "t" if self.blind_transfer or self.attended_transfer else ""
        return transfer + ("k" if self.park else "")


class Transfers(Value):
    """What becomes of a caller whom an agent passed on blindly and whom nobody took.

    After `return_seconds` (0: never, the colleague's mailbox has them as it has any direct caller) the agent's phone
    rings; unanswered, they go `otherwise`: to their queue anew (a caller of no queue: to the mailbox), to the
    colleague's mailbox (where there is none the call ends), or the call ends.
    """

    return_seconds: int = 25
    otherwise: Literal["queue", "mailbox", "hangup"] = "queue"


class Parking(Value):
    """Where callers can be put down and taken up by another phone: dial `number` to park, a place to take up.

    `return_seconds`: a caller who was forgotten rings at the phone that parked them after so long.
    """

    number: str
    places: int = 20
    return_seconds: int = 120
    music: str = "default"

    @property
    def first(self) -> int:
        """The place after `number`; the places follow each other."""
        return int(self.number) + 1

    @property
    def numbers(self) -> tuple[str, ...]:
        """The places' own numbers."""
        return tuple(str(self.first + n) for n in range(self.places))
