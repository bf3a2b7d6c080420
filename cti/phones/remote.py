"""The remote control of a running SIPp call: a datagram with a verb of our own and the call's Call-ID.

It knows how a verb travels: as a SIP request that no PBX sends, to the phone's own port; it was obeyed when the phone's
trace shows the answer to it. A phone that is busy with another request drops it, so it is repeated. It refuses to know
what the scenario does with it (scenarios/parts.j2, `interrupts`).
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import Literal

from ..errors import PhoneError
from .trace import Traced

Verb = Literal["HANGUP", "ANSWER", "DIGIT", "HOLD", "UNHOLD", "TRANSFER"]
_VERBS = frozenset(("HANGUP", "ANSWER", "DIGIT", "HOLD", "UNHOLD", "TRANSFER"))
# Datagrams; seconds after the first one and at most: a phone that is not run for a second must not find twenty of them.
_REPEATS, _PATIENCE, _MOST_PATIENCE = 15, 0.05, 0.4


class Remote:
    """Sends verbs; `saw` must be given every message that the phones trace."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._open: dict[str, asyncio.Future[None]] = {}

    def saw(self, message: Traced) -> bool:
        """Whether `message` was one of our own verbs, or the phone's answer to one."""
        if message.sequence[1] not in _VERBS:
            return False
        waiting = self._open.get(message.headers.get("via", "").rpartition("-")[2])
        if message.sent and waiting is not None and not waiting.done():
            waiting.set_result(None)
        return True

    async def tell(
        self, address: str, port: int, call_id: str, verb: Verb, header: str = "", *, lives: Callable[[], bool]
    ) -> None:
        """Returns when the phone obeys. Raises PhoneError when it never does, at once when it is gone."""
        mark, patience = str(next(self._numbers)), _PATIENCE
        seen = self._open[mark] = asyncio.get_running_loop().create_future()
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                out.bind((address, 0))
                data = _datagram(out.getsockname(), address, port, call_id, verb, mark, header)
                for _ in range(_REPEATS):
                    out.sendto(data, (address, port))
                    if await _done_within(seen, patience):
                        return
                    if not lives():
                        break
                    patience = min(2 * patience, _MOST_PATIENCE)
            raise PhoneError(f"the phone at {address}:{port} does not listen to {verb} for call {call_id}")
        finally:
            del self._open[mark]


async def phone_listens(address: str, port: int, patience: float) -> bool:
    """Whether a phone answers OPTIONS on that port before `patience` seconds are over."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.bind((address, 0))
        out.setblocking(False)
        host, own = out.getsockname()
        while loop.time() < until:
            # A Call-ID of its own each time: SIPp drops messages of calls that have ended.
            call_id = f"ready-{own}-{loop.time():.6f}"
            out.sendto(_datagram((host, own), address, port, call_id, "OPTIONS", "", ""), (address, port))
            try:
                async with asyncio.timeout(0.05):
                    await loop.sock_recv(out, 4096)
            except (TimeoutError, ConnectionRefusedError):
                await asyncio.sleep(0.01)  # nobody is there yet
            else:
                return True
    return False


async def _done_within(seen: asyncio.Future[None], seconds: float) -> bool:
    done, _ = await asyncio.wait([seen], timeout=seconds)
    return bool(done)


def _datagram(
    source: tuple[str, int], address: str, port: int, call_id: str, method: str, mark: str, header: str
) -> bytes:
    lines = [
        f"{method} sip:phone@{address}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {source[0]}:{source[1]};branch=z9hG4bK-remote-{source[1]}-{mark}",
        f"From: <sip:remote@{source[0]}:{source[1]}>;tag=remote",
        f"To: <sip:phone@{address}:{port}>",
        f"Call-ID: {call_id}",
        f"CSeq: 0 {method}",
        f"Contact: <sip:remote@{source[0]}:{source[1]}>",
        *([header] if header else []),
        "Max-Forwards: 1",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
