"""Feature codes: what an agent dials becomes a request to the core, and the answer a prompt.

It knows the codes' words, whose phone it is, and which prompt tells what has become of a request. It decides nothing:
the core grants or refuses, as it does for the screen and the command line. Nobody is asked for a PIN: only a phone
that SIP has authenticated reaches `[from-agent]`, and the agent is the one whose phone that channel's endpoint is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from ..core import events as ev
from ..core.floor import AgentOnFloor
from ..core.words import AgentId, Phone, Presence
from ..errors import AgiRefused, Refused
from .session import Session, named

log = logging.getLogger(__name__)

REFUSED = "agent_refused"
AFTER_CALL = "agent_after_call"
# code -> what is heard when it is so; the names are those of `render.agent_sounds`
SAID = {
    "login": "agent_logged_in",
    "logout": "agent_logged_out",
    "pause": "agent_paused",
    "unpause": "agent_unpaused",
    "wrap_up_end": "agent_wrapped_up",
}
_KNOWN = frozenset(("code", "digit", "phone"))


class Desk(Protocol):
    """What is needed of the engine."""

    async def request(self, event: ev.Event) -> None: ...

    def agent_on(self, phone: Phone) -> AgentId | None: ...

    def agent(self, agent: AgentId) -> AgentOnFloor: ...

    def own_legs(self, agent: AgentId) -> int: ...


class Features:
    """`serve` is the handler of `agi://…/feature`. `reason(digit)` is the pause reason of a digit ("" = no digit was
    dialled), None when the site has none of that code."""

    def __init__(self, desk: Desk, reason: Callable[[str], str | None]) -> None:
        self._desk, self._reason = desk, reason

    async def serve(self, session: Session) -> None:
        """Ask the core and say what has become of it. Raises AgiRefused for a foreign dialplan."""
        code, digit, phone = _read(session.args)
        await session.finish([("CTI_SAID", await self._said(code, digit, phone))])

    async def _said(self, code: str, digit: str, phone: Phone) -> str:
        agent = self._desk.agent_on(phone)
        reason = self._reason(digit) if code == "pause" else ""
        if agent is None or reason is None:
            log.warning("feature code %s of %s: %s", code, phone, "no such reason" if agent else "nobody's phone")
            return REFUSED
        try:
            await self._desk.request(_event(code, agent, reason))
        except Refused as error:
            log.info("feature code %s of agent %s: %s", code, agent, error)
            return SAID[code] if self._is_so(code, agent) else REFUSED
        log.info("feature code %s of agent %s", code, agent)
        return AFTER_CALL if self._comes_later(agent) else SAID[code]

    def _is_so(self, code: str, agent: AgentId) -> bool:
        """Asked for once more: nothing to do, and no reason to alarm anybody."""
        now = self._desk.agent(agent)
        here, stays = now.presence is not Presence.OFFLINE, now.next is None
        unpaused = here and stays and now.presence is not Presence.PAUSED
        return {"login": here and stays, "logout": not here, "unpause": unpaused}.get(code, False)

    def _comes_later(self, agent: AgentId) -> bool:
        """Noted for after a call. The code's own call, which makes the phone busy too, is over in a moment."""
        now = self._desk.agent(agent)
        return now.next is not None and (now.call is not None or self._desk.own_legs(agent) > 1)


def _read(arguments: Sequence[str]) -> tuple[str, str, Phone]:
    values = named("feature", arguments, _KNOWN)
    if values.get("code") not in SAID or not values.get("phone"):
        raise AgiRefused("feature: the dialplan sent no known code or no phone; render it again: cti dialplan apply")
    return values["code"], values.get("digit", ""), Phone(values["phone"])


def _event(code: str, agent: AgentId, reason: str) -> ev.Event:
    now = datetime.now(UTC)
    make: dict[str, Callable[[], ev.Event]] = {
        "login": lambda: ev.AgentLoggedIn(at=now, agent=agent),
        "logout": lambda: ev.AgentLoggedOut(at=now, agent=agent),
        "pause": lambda: ev.AgentPaused(at=now, agent=agent, reason=reason),
        "unpause": lambda: ev.AgentUnpaused(at=now, agent=agent),
        "wrap_up_end": lambda: ev.WrapUpEnded(at=now, agent=agent),
    }
    return make[code]()
