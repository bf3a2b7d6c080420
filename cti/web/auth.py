"""Who is asking: a bearer token becomes a subject, and guessing gets slow.

It knows tokens' outer shape, how to find one in a request, and how many wrong ones an address may send; it refuses
to know which tokens are good: an injected `verify` answers that, in constant time. Forwarding headers are believed
only from proxies that the wiring names (HOSTILE 58).
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import re
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from enum import Enum, StrEnum

from aiohttp import web

from cti.core.words import AgentId

TOKEN = re.compile(r"[\x21-\x7e]{8,512}")
FAILURES, WINDOW_SECONDS = 10, 60.0  # wrong tokens that one address may send in this time
ADDRESSES = KNOWN_TOKENS = 10_000  # memory bounds; the oldest is forgotten
NOBODY = AgentId("")


class Kind(StrEnum):
    """What a subject may do: an agent their own things, a supervisor everybody's."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Somebody whose token was good. `agent` is their number, "" for a supervisor who takes no calls."""

    kind: Kind
    name: str
    agent: AgentId = NOBODY

    def may_act_for(self, agent: AgentId) -> bool:
        """Whether this subject may see and change that agent's presence."""
        return self.kind is Kind.SUPERVISOR or (agent != "" and agent == self.agent)


class Denial(Enum):
    """Why somebody was not let in; the value is the line they are told."""

    ABSENT = "a bearer token is needed"
    REFUSED = "this token is not accepted"
    THROTTLED = "too many wrong tokens from your address; wait a minute"


Verify = Callable[[str], Awaitable[Subject | None]]


class Throttle:
    """Counts failures per address in a sliding window. Pure: `now` is monotonic seconds."""

    def __init__(self, failures: int = FAILURES, window_seconds: float = WINDOW_SECONDS) -> None:
        self._most = failures
        self._window = window_seconds
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def closed(self, address: str, now: float) -> bool:
        """Whether this address has used up its failures."""
        times = self._failed.get(network(address))
        while times and times[0] <= now - self._window:
            times.popleft()
        return times is not None and len(times) >= self._most

    def failed(self, address: str, now: float) -> None:
        """This address sent a wrong token."""
        key = network(address)
        self._failed.setdefault(key, deque(maxlen=self._most)).append(now)
        self._failed.move_to_end(key)
        if len(self._failed) > ADDRESSES:
            self._failed.popitem(last=False)


class Gate:
    """Lets subjects in by token. A token that was good before is tried even from a throttled address, so that
    one bad screen in a call centre behind a single address does not lock out the others."""

    def __init__(
        self, verify: Verify, now: Callable[[], float] = time.monotonic, throttle: Throttle | None = None
    ) -> None:
        self._verify = verify
        self._now = now
        self._throttle = throttle or Throttle()
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()

    async def admit(self, token: str, address: str) -> Subject | Denial:
        """The subject of `token`, or why not. Errors of `verify` (a database that is down) pass through."""
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        if digest not in self._known and self._throttle.closed(address, self._now()):
            return Denial.THROTTLED
        subject = await self._verify(token) if TOKEN.fullmatch(token) else None
        if subject is None:
            self._known.pop(digest, None)
            self._throttle.failed(address, self._now())
            return Denial.REFUSED
        self._known[digest] = None
        if len(self._known) > KNOWN_TOKENS:
            self._known.popitem(last=False)
        return subject

    async def still_good(self, token: str) -> bool:
        """Whether a token that opened a long connection has not been revoked since.

        One at a time: screens that came together, after a restart, would otherwise ask together for ever, each over a
        database connection of its own.
        """
        async with self._one_at_a_time:
            return await self._verify(token) is not None


def bearer(request: web.Request) -> str | None:
    """The token of `Authorization: Bearer …`; None without one, with another scheme or with two headers."""
    headers = request.headers.getall("Authorization", [])
    if len(headers) != 1:
        return None
    scheme, _, token = headers[0].partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def address_of(request: web.Request, trusted_proxies: Collection[str]) -> str:
    """The client's address: the TCP peer, or what a trusted proxy in front says (its own, last entry)."""
    peer = request.remote or ""
    if peer not in trusted_proxies:
        return peer
    hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
    return hops[-1].strip() or peer


def network(address: str) -> str:
    """What is counted as one address: an IPv4 address, or an IPv6 /64 (one household has 2^64 of them)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(parsed) if parsed.version == 4 else f"{int(parsed) >> 64:x}::/64"
