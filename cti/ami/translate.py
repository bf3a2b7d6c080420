"""AMI's words into leg facts, one message at a time: the only file that spells DestUniqueid.

It knows which event and header carries what in Asterisk 18 to 22 (manager_channels.c, manager_bridges.c,
res_manager_devicestate.c). It keeps no state and refuses to know what a call is: Hangup before Newchannel, BridgeEnter
twice and a Uniqueid used again are core.call's to bear. What a caller wrote never passes as it came: numbers keep
digits and `+`, names keep what is printable, and a message that bears the marks of an injection gives no fact at all.

What AMI does not tell: nothing is sent for a channel whose linkedid changes because somebody else entered its bridge
(bridge.c merges to the oldest), so legs that share a bridge belong together whatever their last LegRelinked said.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from ..core.events import (
    DialBegan,
    DialEnded,
    Event,
    LegAnswered,
    LegBridged,
    LegCreated,
    LegEnded,
    LegHeld,
    LegRelinked,
    LegUnbridged,
    PhoneReachable,
)
from ..core.words import Linkedid, Phone, Uniqueid
from .wire import Message

logger = logging.getLogger(__name__)

UP: Final = "6"  # channelstate.h: AST_STATE_UP
MAX_ID = 150  # channel.h: AST_MAX_PUBLIC_UNIQUEID is 149, a Local half adds two
MAX_TEXT = 80  # characters of a number, name or extension that are kept
_SUFFIX = re.compile(r"-[0-9a-f]{8,}(;[12])?(<ZOMBIE>|<MASQ>)?$")
_NOT_NUMBER = re.compile(r"[^0-9+]")
_ESCAPE = re.compile(r"\\(.)")
_REASONS: Final = {"0": 20, "5": 17, "8": 34}  # frame.h: 5 AST_CONTROL_BUSY, 8 _CONGESTION; 0: no way to that peer
_TRANSFERS: Final = (
    *("Transferer", "Transferee", "OrigTransferer", "SecondTransferer", "TransferTarget"),
    *("LocalOne", "LocalTwo"),
)


def translate(message: Message, at: datetime) -> list[Event]:
    """The facts that `message` tells, often none. `at` is when it came, an aware UTC instant.

    Never raises on what Asterisk, or somebody who speaks through it, may say: a message that cannot be believed or
    understood gives [] and a warning with its bytes escaped.
    """
    reader = _READERS.get(message.name)
    if reader is None:
        return []
    if why := message.forged:
        logger.warning("refused %s, because %s: %r", message.name, why, message)
        return []
    try:
        return reader(message, at)
    except _UnusableError as error:
        logger.warning("ignored an event: %s: %r", error, message)
        return []


def phone_of(channel: str) -> Phone:
    """`PJSIP/1001-0000002a` -> `PJSIP/1001`: the name without its running number.

    Both halves of a Local channel would be the same phone, so the half stays: `Local/1@x-0000000a;1` -> `Local/1@x;1`.
    A name without a running number (`Message/ast_msg_queue`) is its own phone.
    """
    return Phone(_SUFFIX.sub(lambda found: found[1] or "", channel))


class _UnusableError(Exception):
    """The message lacks what its fact needs, or has it in a form that Asterisk never sends."""


def _created(message: Message, at: datetime) -> list[Event]:
    leg = _leg(message)
    channel = message.get("Channel")
    created = LegCreated(
        at=at,
        leg=leg,
        linked=Linkedid(_id(message, "Linkedid")),
        phone=Phone(_printable(phone_of(channel))),
        channel=channel if channel.isprintable() else "",
        number=_number(message.get("CallerIDNum")),
        name=_name(message.get("CallerIDName")),
        exten=_printable(message.get("Exten"))[:MAX_TEXT],
        up=message.get("ChannelState") == UP,
    )
    bridge = message.get("BridgeId") or message.get("BridgeID")  # CoreShowChannel, Status
    if not bridge:
        return [created]
    return [created, LegBridged(at=at, leg=leg, bridge=_usable(bridge, "BridgeId"))]


def _state_changed(message: Message, at: datetime) -> list[Event]:
    return [LegAnswered(at=at, leg=_leg(message))] if message.get("ChannelState") == UP else []


def _ended(message: Message, at: datetime) -> list[Event]:
    cause = message.get("Cause")
    known = cause.isascii() and cause.isdecimal() and len(cause) <= 3
    return [LegEnded(at=at, leg=_leg(message), cause=int(cause) if known else 0)]


def _dial_began(message: Message, at: datetime) -> list[Event]:
    return [DialBegan(at=at, caller=_dialler(message), callee=Uniqueid(_id(message, "DestUniqueid")))]


def _dial_ended(message: Message, at: datetime) -> list[Event]:
    result = message.get("DialStatus").upper()
    if not re.fullmatch("[A-Z_]{2,30}", result):
        raise _UnusableError(f"no DialStatus: {result!r}")
    callee = Uniqueid(_id(message, "DestUniqueid"))
    return [DialEnded(at=at, caller=_dialler(message), callee=callee, result=result)]


def _bridged(message: Message, at: datetime) -> list[Event]:
    leg = _leg(message)
    linked = LegRelinked(at=at, leg=leg, linked=Linkedid(_id(message, "Linkedid")))
    return [linked, LegBridged(at=at, leg=leg, bridge=_id(message, "BridgeUniqueid"))]


def _unbridged(message: Message, at: datetime) -> list[Event]:
    return [LegUnbridged(at=at, leg=_leg(message), bridge=_id(message, "BridgeUniqueid"))]


def _held(message: Message, at: datetime) -> list[Event]:
    return [LegHeld(at=at, leg=_leg(message), held=message.name == "Hold")]


def _originated(message: Message, at: datetime) -> list[Event]:
    """A leg that we dialled did not come up, or never came to be; its name is the ChannelId that we gave it.

    manager.c: fast_originate tells it then also without a channel. Reason is a control frame (pbx.c: pbx_dial_reason).
    """
    if message.get("Response") != "Failure":
        return []
    return [LegEnded(at=at, leg=_leg(message), cause=_REASONS.get(message.get("Reason"), 0))]


def _relinked(message: Message, at: datetime) -> list[Event]:
    """Transfers and Local halves tell the linkedid of every channel in them."""
    facts: list[Event] = []
    for prefix in _TRANSFERS:
        if message.get(f"{prefix}Uniqueid"):
            leg = Uniqueid(_id(message, f"{prefix}Uniqueid"))
            facts.append(LegRelinked(at=at, leg=leg, linked=Linkedid(_id(message, f"{prefix}Linkedid"))))
    return facts


def _reachable(message: Message, at: datetime) -> list[Event]:
    """devicestate.c: UNKNOWN says nothing. Queue:…, Custom:… and Local/… are no phones."""
    device, state = message.get("Device"), message.get("State")
    if (
        not re.fullmatch(r"(?!Local/)[A-Za-z0-9]+/[^\s,&|]+", device)
        or not device.isprintable()
        or state in ("", "UNKNOWN")
    ):
        return []
    return [PhoneReachable(at=at, phone=Phone(device), reachable=state not in ("UNAVAILABLE", "INVALID"))]


_READERS: Final[dict[str, Callable[[Message, datetime], list[Event]]]] = {
    "Newchannel": _created,
    "CoreShowChannel": _created,
    "Status": _created,
    "Newstate": _state_changed,
    "Hangup": _ended,
    "OriginateResponse": _originated,
    "DialBegin": _dial_began,
    "DialEnd": _dial_ended,
    "BridgeEnter": _bridged,
    "BridgeLeave": _unbridged,
    "Hold": _held,
    "Unhold": _held,
    "BlindTransfer": _relinked,
    "AttendedTransfer": _relinked,
    "LocalBridge": _relinked,
    "DeviceStateChange": _reachable,
}

WANTED: Final = frozenset(_READERS) - {"CoreShowChannel", "Status"}  # live events; the two are rows of lists


def _leg(message: Message) -> Uniqueid:
    return Uniqueid(_id(message, "Uniqueid"))


def _dialler(message: Message) -> Uniqueid:
    """An originate has no caller channel (manager_channels.c: channel_dial_cb)."""
    return Uniqueid(_usable(message.get("Uniqueid"), "Uniqueid") if message.get("Uniqueid") else "")


def _id(message: Message, key: str) -> str:
    return _usable(message.get(key), key)


def _usable(value: str, key: str) -> str:
    if not value or len(value) > MAX_ID or not value.isprintable():
        raise _UnusableError(f"{key} is missing or cannot be an id")
    return value


def _number(value: str) -> str:
    """Digits and `+`; "" for `<unknown>`, `anonymous` and whatever else has neither."""
    return _NOT_NUMBER.sub("", value)[:MAX_TEXT]


def _name(value: str) -> str:
    """manager_channels.c escapes names like C (ast_escape_c); "<unknown>" is its word for none."""
    if value == "<unknown>":
        return ""
    plain = _ESCAPE.sub(lambda found: found[1] if found[1] in "\\'\"?" else " ", value)
    return _printable(plain).strip()[:MAX_TEXT]


def _printable(value: str) -> str:
    """Without control, direction and zero-width characters and without what was not UTF-8."""
    return value if value.isprintable() else "".join(filter(str.isprintable, value))
