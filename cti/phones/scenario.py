"""What a simulated phone does, and its SIPp scenario.

It knows the XML templates under scenarios/ and which of a phone's traits become numbers in them. It refuses to put
any text from outside into a scenario: caller, number and extra headers travel as SIPp `-key` values, which SIPp copies
into the message without reading them again (tried with 3.8.0: `[local_ip]`, `]]>`, `<`, `&`, `;` stay as they are).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import quote_from_bytes

import jinja2

from ..errors import UsageError
from .sound import ALAW, Codec

FOREVER_MS = 100_000_000  # 28 hours; SIPp's pauserestore counts in signed 32 bit milliseconds
REASONS = {
    302: "Moved Temporarily",
    403: "Forbidden",
    404: "Not Found",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
}
Media = Literal["stream", "one_packet", "echo", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Someone who calls in. Seconds are from the answer unless said otherwise.

    `from_number` may hold any character or byte: what SIP cannot carry as it is goes percent-encoded, and a PBX
    decodes it. None gives a From without user part; "anonymous" is just a name. `display_name` and `headers` refuse
    only CR, LF and NUL, which no SIP header can carry. `digits` are (seconds after the answer, one of 0-9 A-D * #),
    sent by SIP INFO. `talk_seconds` None waits for the far side to hang up.
    """

    did: str
    from_number: str | bytes | None = "13800138000"
    display_name: str | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    digits: Sequence[tuple[float, str]] = ()
    talk_seconds: float | None = None
    abandon_after: float | None = None  # CANCEL so many seconds after the INVITE, when nobody has answered
    sound: float | Path = 440.0  # a tone in Hz, or a mono 16 bit 8 kHz WAV file, repeated
    media: Media = "stream"
    codec: Codec = ALAW


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How one agent's phone reacts. Seconds count from the INVITE (ring, answer) or from the answer (talk)."""

    answer_after: float | None = 0.5  # None: rings until CANCEL, or until told to answer
    ring_after: float = 0.0  # 180 Ringing goes out then
    forward_to: str = ""  # after `answer_after` 302 to this number instead of 200
    refuse: int = 0  # after `answer_after` this code (see REASONS) instead of 200
    talk_seconds: float | None = None  # None: waits for the far side to hang up
    sound: float | Path = 880.0
    media: Media = "stream"  # "echo" is a customer's only


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Many short calls from one SIPp process. `numbers` are used in turn, again from the start when they end."""

    did: str
    rate: float  # calls a second
    calls: int
    at_once: int = 1000  # no new call while so many are up
    numbers: Sequence[str] = ("13800138000",)
    talk_seconds: float | None = None
    abandon_after: float | None = None
    media: Media = "one_packet"
    sound: float | Path = 440.0
    codec: Codec = ALAW


def customer_xml(customer: Customer, stream: str) -> str:
    """The scenario of one call; `stream` is the name of the sound file beside it."""
    return _template("customer").render(
        **_call_values(customer, stream),
        header_names=[_header_name(name) for name in customer.headers],
        digits=_gaps(customer.digits),
        talk_ms=_milliseconds(_rest(customer)),
        light=False,
    )


def load_xml(load: Load, stream: str) -> str:
    """The same call, its caller taken from the injection file and its times written to SIPp's log."""
    talk_ms = _milliseconds(load.talk_seconds)
    values = _call_values(load, stream)
    return _template("customer").render(**values, header_names=[], digits=[], talk_ms=talk_ms, light=True)


def agents_xml(table: str, streams: Sequence[str], codec: Codec, light: bool) -> str:
    """The scenario of a process that plays every agent in `table`; `streams` are values of rtp_stream.

    `light` writes times to SIPp's log.
    """
    return _template("agents").render(
        table=table,
        streams=streams,
        refusals=list(REASONS.items()),
        codec=codec,
        light=light,
    )


def agents_table(behaviours: Mapping[str, Behaviour], streams: Sequence[int]) -> str:
    """SIPp's injection file: one line per agent, `streams` the number (from 1) of each one's sound, 0: silent.

    The first line is nobody's: SIPp 3.8.0 prints the variable of a looked-up line 0 as empty text and stops.
    """
    lines = ["SEQUENTIAL", "-;0;0;0;404;0;-"]
    for (agent, how), stream in zip(behaviours.items(), streams, strict=True):
        if not re.fullmatch(r"[A-Za-z0-9_.+-]{1,64}", agent) or agent == "-":
            raise UsageError(f"{agent!r} cannot be the user part of a simulated phone")
        if how.refuse and how.refuse not in REASONS.keys() - {302}:
            known = ", ".join(str(code) for code in REASONS if code != 302)
            raise UsageError(f"a phone cannot refuse with {how.refuse}; known: {known}")
        code = how.refuse or (302 if how.forward_to else 0)
        ring = min(_milliseconds(how.ring_after), _milliseconds(how.answer_after))
        answer = _milliseconds(how.answer_after) - ring
        talk, forward = _milliseconds(how.talk_seconds), request_user(how.forward_to) or "-"
        lines.append(f"{agent};{ring};{answer};{talk};{code};{stream};{forward}")
    return "\n".join(lines) + "\n"


def stream_action(name: str, media: Media, codec: Codec) -> str:
    """The value of SIPp's rtp_stream: repeat for ever, or play the one packet that the file holds."""
    return f"{name},{1 if media == 'one_packet' else -1},{codec.payload},{codec.name}/8000"


def caller_header(customer: Customer, local: str) -> bytes:
    """From's address as it goes on the wire, whatever the number holds."""
    user = customer.from_number
    address = f"sip:{local}" if user is None else f"sip:{_percent(user)}@{local}"
    name = customer.display_name
    if name is None:
        return f"<{address}>".encode()
    raw = header_bytes("display name", name).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"' + raw + b'" <' + address.encode() + b">"


def request_user(did: str) -> str:
    """The dialled number as the user part of a SIP URI."""
    return _percent(did)


def header_bytes(what: str, value: str | bytes) -> bytes:
    """Raises UsageError for the three characters that would end a header (or an argument of a process)."""
    raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    if any(char in raw for char in (b"\r", b"\n", b"\0")):
        raise UsageError(f"{what} must not hold CR, LF or NUL: {value!r}")
    return raw


def _call_values(call: Customer | Load, stream: str) -> dict[str, object]:
    playing = call.media in ("stream", "one_packet")
    return {
        "codec": call.codec,
        "abandon_ms": _milliseconds(call.abandon_after),
        "stream": stream_action(stream, call.media, call.codec) if playing else "",
        "echo": call.media == "echo",
    }


def _percent(user: str | bytes) -> str:
    # RFC 3261 user part: unreserved and some marks; everything else is escaped, "[" too, so SIPp sees no keyword.
    raw = user.encode("utf-8", "surrogatepass") if isinstance(user, str) else user
    return quote_from_bytes(raw, safe="+*")


def _header_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", name):
        raise UsageError(f"{name!r} is not the name of a SIP header")
    return name


def _milliseconds(seconds: float | None) -> int:
    if seconds is None:
        return FOREVER_MS
    if not 0 <= seconds * 1000 <= FOREVER_MS:
        raise UsageError(f"a phone waits between 0 and {FOREVER_MS // 1000} seconds, got {seconds}")
    return round(seconds * 1000)


def _gaps(digits: Sequence[tuple[float, str]]) -> list[tuple[int, str]]:
    """(seconds after the answer, digit) -> (milliseconds after the one before, digit)."""
    gaps, before = [], 0
    for seconds, digit in sorted(digits, key=lambda item: item[0]):
        if not re.fullmatch(r"[0-9A-D*#]", digit):
            raise UsageError(f"{digit!r} is not a DTMF digit")
        gaps.append((_milliseconds(seconds) - before, digit))
        before = _milliseconds(seconds)
    return gaps


def _rest(customer: Customer) -> float | None:
    """What is left of the talk after the last digit; never below zero."""
    if customer.talk_seconds is None or customer.talk_seconds < 0:
        return customer.talk_seconds
    return max(0.0, customer.talk_seconds - max((seconds for seconds, _ in customer.digits), default=0.0))


@cache
def _template(name: str) -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "scenarios")
    environment = jinja2.Environment(  # noqa: S701 - prints our own numbers and names only, see above
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(f"{name}.xml.j2")
