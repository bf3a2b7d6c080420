"""CEL, as cel_custom's Master.csv gives it: one record -> one accepted line, or a refusal.

The columns, in this order and all quoted; more at the end are ignored (cel_custom.conf must print exactly these):

    eventtype, eventtime, uniqueid, linkedid, cidnum, cidname, exten, context, channame, appname, eventextra, peer,
    userfield

(`eventextra` and `peer` may change places: the one is a JSON object, which no channel's name is.) The dialplan's own
events come under the name that it gave them (cel.c: eventtype of a user event); here they are all USER_DEFINED, with
that name as `user_event`. It knows CEL's event names (cel.c); what they mean for a call is `core.legs`.
"""

from __future__ import annotations

import json
import re

import orjson

from ..core.journal import JournalLine, Source
from .fields import PROBE, fields, instant, number, plain
from .queue_log import is_call
from .refusal import LineError

COLUMNS = (
    "eventtype",
    "eventtime",
    "uniqueid",
    "linkedid",
    "cidnum",
    "cidname",
    "exten",
    "context",
    "channame",
    "appname",
    "eventextra",
    "peer",
    "userfield",
)
EVENTS = frozenset(
    (
        *("CHAN_START", "CHAN_END", "ANSWER", "HANGUP", "APP_START", "APP_END", "BRIDGE_ENTER", "BRIDGE_EXIT"),
        *("PARK_START", "PARK_END", "BLINDTRANSFER", "ATTENDEDTRANSFER", "PICKUP", "FORWARD", "LINKEDID_END"),
        *("LOCAL_OPTIMIZE", "LOCAL_OPTIMIZE_BEGIN", "STREAM_BEGIN", "STREAM_END", "DTMF", "USER_DEFINED"),
    )
)

# Two calls become one, and Asterisk may give no channel of the second the linkedid of the first (nobody answered yet,
# or the channel went with the pickup): the line itself joins them, as that other channel's; `of` is whose it was.
JOINS = {"PICKUP": "pickup_channel_uniqueid", "ATTENDEDTRANSFER": "channel2_uniqueid"}
_USER_EVENT = re.compile(r"[A-Z][A-Z0-9_]{0,39}", re.ASCII)


def parse(raw: bytes, file_id: str, offset: int) -> JournalLine | None:
    """Read one record. `call` is the linkedid, `leg` the uniqueid; `data` has number, name, exten, context, channel,
    app, peer, user, extra (a dict), user_event; empty values are left out. Raises LineError. None for the test call of
    `cti dialplan apply`.
    """
    values = fields(raw, len(COLUMNS))
    if values[8].startswith("Local/") and PROBE.match(values[8]):
        return None
    kind, at = values[0], instant(values[1])
    if kind not in EVENTS and not _USER_EVENT.fullmatch(kind):
        raise LineError("an event that nobody writes")
    leg, linked = values[2], values[3]
    if not is_call(leg) or not is_call(linked or leg):
        raise LineError("a channel id that Asterisk does not make")
    told, peer = (values[10], values[11]) if not values[11].startswith("{") else (values[11], values[10])
    columns = ("number", "name", "exten", "context", "channel", "app", "peer", "user")
    said = (number(values[4]), plain(values[5]), number(values[6]), *values[7:10], plain(peer), plain(values[12]))
    data = {name: value for name, value in zip(columns, said, strict=True) if value}
    found = extra_of(told)
    extra: dict[str, object] = {"extra": found} if found else {}
    if kind in JOINS and is_call(other := found.get(JOINS[kind], "")):
        data, leg = data | {"of": leg}, other
    if kind not in EVENTS:
        extra["user_event"] = kind
        kind = "USER_DEFINED"
    return JournalLine(
        source=Source.CEL,
        file_id=file_id,
        offset=offset,
        at=at,
        kind=kind,
        call=linked or leg,
        leg=leg,
        data=data | extra,
    )


def extra_of(text: str) -> dict[str, str]:
    """eventextra is a flat JSON object (cel.c: ast_json); anything else says nothing. Values become text."""
    if not text:
        return {}
    try:
        found = _loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    kept = list(found.items())[:32]
    said = str if "\\u" not in text else _clean
    return {said(key)[:64]: said(value)[:512] for key, value in kept if isinstance(value, str | int | float)}


def _loads(text: str) -> object:
    """orjson takes a fifth of the time; it refuses half a surrogate pair, and makes a float of what is too long."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
    rounded = isinstance(found, dict) and any(type(value) is float for value in found.values())
    return json.loads(text) if rounded else found


def _clean(value: object) -> str:
    """No lone surrogate (JSON's escapes can make one) and no NUL: no database takes them."""
    return str(value).encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")
