"""What happened to a simulated phone's calls: SIP messages in, one event for each thing a test waits for.

It knows which message means what, from the phone's side. It refuses to know files, processes and time-outs. Pure:
a retransmission gives no second event.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from urllib.parse import unquote

from .trace import Traced

Kind = Literal[
    "invite",  # the customer's INVITE was sent; or an agent's phone got one
    "ringing",  # 180 or 183 sent or received
    "answered",  # 200 for the first INVITE
    "refused",  # a final answer of 300 or more; `code` has it
    "cancel",  # CANCEL: the caller gave up before the answer
    "digit",  # a DTMF digit was sent; `detail` has it
    "changed",  # re-INVITE or UPDATE; `detail` is the direction of its media: sendrecv, sendonly, …, or empty
    "transfer",  # REFER was sent; `detail` has the target
    "bye",  # the call was hung up
    "lamp",  # a NOTIFY of waiting messages, outside of any call; `detail` is new/heard, such as 1/0
]
_NUMBER = re.compile(r"sips?:([^@;>]*)@")
_NAME = re.compile(r'^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<')
_WAITING = re.compile(r"^Voice-Message:\s*([0-9]+/[0-9]+)", re.MULTILINE)
_DIRECTION = re.compile(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneEvent:
    """Something that one phone did or saw. `at` is aware UTC, in microseconds, by SIPp's clock on this machine."""

    at: datetime
    kind: Kind
    phone: str  # the process: customer-1, agents-1
    agent: str  # the user part that Asterisk rang; empty for customers
    call_id: str  # SIP Call-ID of this leg
    by_phone: bool  # True: the phone sent it; False: it came from the far side
    code: int = 0
    detail: str = ""
    number: str = ""  # From's user part, percent-decoded (invite only)
    name: str = ""  # From's display name (invite only)
    headers: dict[str, str] = field(default_factory=dict, repr=False)  # of that message, names in lower case

    @property
    def epoch(self) -> float:
        """Seconds since 1970, comparable with time.time()."""
        return self.at.timestamp()


class Timeline:
    """One phone process's calls. `read` gives the event that a message means, if it means one."""

    def __init__(self, phone: str) -> None:
        self._phone = phone
        self._agents: dict[str, str] = {}
        self._first: dict[str, str] = {}  # Call-ID -> CSeq number of its first INVITE
        self._seen: set[tuple[str, ...]] = set()

    def read(self, message: Traced) -> PhoneEvent | None:
        number, method = message.sequence
        if message.method == "INVITE" and message.call_id not in self._first:
            return self._invite(message, number)
        if message.method == "NOTIFY" and not message.sent and message.call_id not in self._first:
            return self._lamp(message, number)
        if message.call_id not in self._first:
            return None
        meaning = self._meaning(message, number, method)
        if meaning is None:
            return None
        kind, detail = meaning
        once = (message.call_id, kind, "" if kind in ("bye", "cancel", "answered", "refused") else number, detail)
        if once in self._seen:
            return None
        self._seen.add(once)
        return self._event(message, kind, detail)

    def _invite(self, message: Traced, number: str) -> PhoneEvent:
        self._first[message.call_id] = number
        if not message.sent:
            target = _NUMBER.search(message.start)
            self._agents[message.call_id] = target[1] if target else ""
        return self._event(message, "invite", "")

    def _lamp(self, message: Traced, number: str) -> PhoneEvent | None:
        """RFC 3842; whose lamp it is, the request line says. Each NOTIFY has a Call-ID of its own."""
        waiting, target = _WAITING.search(message.body), _NUMBER.search(message.start)
        once = (message.call_id, "lamp", number)
        if waiting is None or once in self._seen:
            return None
        self._seen.add(once)
        return replace(self._event(message, "lamp", waiting[1]), agent=target[1] if target else "")

    def _event(self, message: Traced, kind: Kind, detail: str) -> PhoneEvent:
        origin = message.headers.get("from", "") if kind == "invite" else ""
        user, name = _NUMBER.search(origin), _NAME.match(origin)
        return PhoneEvent(
            at=message.at,
            kind=kind,
            phone=self._phone,
            agent=self._agents.get(message.call_id, ""),
            call_id=message.call_id,
            by_phone=message.sent,
            code=message.status,
            detail=detail,
            number=unquote(user[1], errors="replace") if user else "",
            name=re.sub(r"\\(.)", r"\1", name[1] or name[2] or "") if name else "",
            headers=message.headers,
        )

    def _meaning(self, message: Traced, number: str, method: str) -> tuple[Kind, str] | None:
        if not message.method:
            first = method == "INVITE" and number == self._first[message.call_id]
            return _outcome(message.status) if first else None
        match message.method:
            case "BYE":
                return "bye", ""
            case "CANCEL":
                return "cancel", ""
            case "INFO" if message.sent:
                signal = re.search(r"Signal\s*=\s*(\S+)", message.body)
                return "digit", signal[1] if signal else ""
            case "REFER" if message.sent:
                return "transfer", message.headers.get("refer-to", "").strip("<>")
            case "UPDATE":
                return "changed", _direction(message.body)
            case "INVITE" if number != self._first[message.call_id] or self._answered(message.call_id):
                return "changed", _direction(message.body)
        return None

    def _answered(self, call_id: str) -> bool:
        return (call_id, "answered", "", "") in self._seen


def _outcome(status: int) -> tuple[Kind, str] | None:
    if status in (180, 183):
        return "ringing", str(status)
    if 200 <= status < 300:
        return "answered", ""
    return ("refused", "") if status >= 300 else None


def _direction(body: str) -> str:
    found = _DIRECTION.search(body.replace("\r", ""))
    return found[1] if found else ("sendrecv" if body.strip() else "")
