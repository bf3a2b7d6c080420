"""Simulated phones on real SIPp: customers that call in and agents that really ring.

It knows processes, their files and what they report. It refuses to know Asterisk's configuration, our engine, and
the time: nobody sleeps, callers wait for events.

    async with Phones(sipp, folder) as phones:
        await phones.agents({"1001": Behaviour(answer_after=1.0)}, port=5070)
        call = await phones.call(Customer(did="4001", talk_seconds=3), server=("127.0.0.1", 5060))
        ring = await phones.next("invite", agent="1001")
        result = await call.done()
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from ..errors import PhoneError, UsageError
from .calls import Call
from .happenings import Happenings, matching
from .load import LoadRun, load_arguments
from .process import SippProcess, Tool, start_sipp
from .remote import Remote, Verb, phone_listens
from .scenario import (
    Behaviour,
    Customer,
    Load,
    Media,
    agents_table,
    agents_xml,
    caller_header,
    customer_xml,
    header_bytes,
    load_xml,
    request_user,
    stream_action,
)
from .sound import ALAW, Codec, encode, read_wav, tone
from .timeline import Kind, PhoneEvent, Timeline
from .trace import Traced

Address = tuple[str, int]
_STARTING = 60.0  # seconds until a phone must have shown that it lives
_LEAVING = 1.0  # seconds for hanging up what is still up at the end
_OVER = ("bye", "cancel", "refused")
_DIALOG = ("ringing", "answered")
_TAG, _ADDRESS = re.compile(r";tag=([^;>\s]+)"), re.compile(r"sips?:[^;>\s]+")


class Phones:
    """All simulated phones of one test or demo; leaving the block ends every process. Files stay in `folder`."""

    def __init__(self, sipp: Tool, folder: Path) -> None:
        self._sipp, self._folder = sipp, folder.resolve()
        self._processes: dict[str, SippProcess] = {}
        self._numbers = itertools.count(1)
        self._happenings = Happenings()
        self._remote = Remote()
        self._watching: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*map(self._end, self._live()), return_exceptions=True), _LEAVING)
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*(process.kill() for process in self._processes.values()), return_exceptions=True)
        await asyncio.gather(*self._watching, return_exceptions=True)
        self._happenings.close()

    @property
    def happened(self) -> Sequence[PhoneEvent]:
        """Every event so far, in the order it was read."""
        return self._happenings.all

    async def agents(
        self,
        behaviours: Mapping[str, Behaviour],
        *,
        address: str = "127.0.0.1",
        port: int = 0,
        codec: Codec = ALAW,
        light: bool = False,
    ) -> SippProcess:
        """One process that is the phone of every agent in `behaviours` (agent number -> behaviour).

        Returns when it listens; its `port` is what Asterisk's contacts must name (0: a free one is picked). Calls to
        other users get 404, OPTIONS (qualify) 200. `light` traces no messages, so it gives no events and takes no
        verbs: use it with Load and read `load.read_times(process.log)`.
        """
        name = self._name("agents")
        streams = [self._stream(how, codec) for how in behaviours.values()]
        known = sorted(set(streams) - {""})
        table = agents_table(behaviours, [known.index(stream) + 1 if stream else 0 for stream in streams])
        (self._folder / f"{name}.csv").write_text(table, encoding="ascii")
        scenario = self._write(name, agents_xml(f"{name}.csv", known, codec, light))
        arguments = ["-sf", scenario, "-inf", f"{name}.csv", "-infindex", f"{name}.csv", "0"]
        if light:
            arguments += ["-trace_logs", "-log_file", f"{name}.log"]
        process = await self._start(name, arguments, address, port, watched=not light)
        if not await phone_listens(address, process.port, _STARTING):
            raise PhoneError(f"{name} does not listen on {address}:{process.port}: {process.complaint()}")
        return process

    async def call(self, customer: Customer, *, server: Address, local: str = "127.0.0.2", port: int = 0) -> Call:
        """Call `server` from `local`; returns when the INVITE has been sent."""
        name = self._name("customer")
        stream = self._sound(customer.sound, customer.media, customer.codec)
        scenario = self._write(name, customer_xml(customer, stream))
        keys: list[str | bytes] = ["-key", "did", request_user(customer.did)]
        keys += ["-key", "caller", caller_header(customer, local)]
        for index, (header, value) in enumerate(customer.headers.items()):
            keys += ["-key", f"header{index}", header_bytes(header, value)]
        arguments = ["-sf", scenario, "-m", "1", f"{server[0]}:{server[1]}", *keys]
        process = await self._start(name, arguments, local, port, watched=True)
        wanted = matching("invite", phone=name)
        return Call(self, process, await self._happenings.next(wanted, f"INVITE from {name}", _STARTING))

    async def load(self, load: Load, *, server: Address, local: str = "127.0.0.2") -> LoadRun:
        """Start many calls from one process; `await run.done()` for the counts and times."""
        name = self._name("load")
        scenario = self._write(name, load_xml(load, self._sound(load.sound, load.media, load.codec)))
        arguments = load_arguments(load, name, self._folder, request_user(load.did))
        arguments = ["-sf", scenario, f"{server[0]}:{server[1]}", *arguments]
        return LoadRun(await self._start(name, arguments, local, 0, watched=False))

    async def next(
        self,
        kind: Kind | None = None,
        *,
        agent: str | None = None,
        phone: str | None = None,
        call_id: str | None = None,
        number: str | None = None,
        by_phone: bool | None = None,
        timeout: float = 60.0,
    ) -> PhoneEvent:
        """The oldest matching event that no earlier `next` returned, or the next one to come.

        Raises PhoneError after `timeout` seconds, or when a phone's process broke meanwhile.
        """
        wanted = matching(kind, agent=agent, phone=phone, call_id=call_id, number=number, by_phone=by_phone)
        what = " ".join(filter(None, (kind or "event", agent and f"of agent {agent}", number and f"from {number}")))
        return await self._happenings.next(wanted, what, timeout)

    def events(self) -> AsyncIterator[PhoneEvent]:
        """Every event from the first one on, live, until the phones are closed; takes nothing from `next`."""
        return self._happenings.events()

    async def answer(self, leg: PhoneEvent) -> None:
        """Let a ringing agent's phone answer now. `leg` is any event of that call leg, here and below."""
        await self._tell(leg, "ANSWER")

    async def hang_up(self, leg: PhoneEvent) -> None:
        """BYE; before the answer a customer cancels and an agent refuses with 486."""
        await self._tell(leg, "HANGUP")

    async def press(self, leg: PhoneEvent, digit: str) -> None:
        """One DTMF digit (0-9 A-D * #) by SIP INFO."""
        if not re.fullmatch(r"[0-9A-D*#]", digit):
            raise UsageError(f"{digit!r} is not a DTMF digit")
        await self._tell(leg, "DIGIT", f"X-Digit: {digit}")

    async def hold(self, leg: PhoneEvent, on: bool = True) -> None:
        """Re-INVITE with sendonly (or sendrecv again)."""
        await self._tell(leg, "HOLD" if on else "UNHOLD")

    async def transfer(self, leg: PhoneEvent, target: str) -> None:
        """Blind transfer by REFER to `target`, a SIP URI. The phone stays in the call until it gets BYE."""
        if not re.fullmatch(r"sips?:[^\s<>]+", target):
            raise UsageError(f"{target!r} is not a SIP URI")
        await self._tell(leg, "TRANSFER", f"X-Target: {target}")

    async def transfer_to(self, leg: PhoneEvent, consulted: Call) -> None:
        """Attended transfer by REFER with Replaces: the far side of `leg` is joined with that of `consulted`, another
        call of the same phone that rings (blonde) or talks. Both stay up until they get BYE."""
        seen = [event for event in self.happened if event.phone == consulted.phone and event.kind in _DIALOG]
        if not seen:
            raise UsageError("the consulted phone does not ring yet")
        ours, theirs = (_TAG.search(seen[-1].headers.get(name, "")) for name in ("from", "to"))
        if not ours or not theirs:
            raise UsageError("the consulted phone has given no tag")
        dialog = f"{consulted.call_id};to-tag={theirs[1]};from-tag={ours[1]}"
        address = _ADDRESS.search(seen[-1].headers.get("to", ""))
        await self.transfer(leg, f"{address[0] if address else 'sip:consulted'}?Replaces={quote(dialog)}")

    def _live(self) -> list[PhoneEvent]:
        over = {(event.phone, event.call_id) for event in self.happened if event.kind in _OVER}
        calls = (event for event in self.happened if event.kind == "invite")
        return [
            call for call in calls if (call.phone, call.call_id) not in over and self._processes[call.phone].running
        ]

    async def _end(self, leg: PhoneEvent) -> None:
        """Hang up, so that no call stays up in Asterisk when SIPp is killed."""
        await self.hang_up(leg)
        this = matching(None, phone=leg.phone, call_id=leg.call_id)
        await self._happenings.next(lambda event: this(event) and event.kind in _OVER, "hang-up", _LEAVING)

    async def _tell(self, leg: PhoneEvent, verb: Verb, header: str = "") -> None:
        process = self._processes[leg.phone]
        where = process.address, process.port
        await self._remote.tell(*where, leg.call_id, verb, header, lives=lambda: process.running)

    async def _start(
        self, name: str, arguments: Sequence[str | bytes], address: str, port: int, *, watched: bool
    ) -> SippProcess:
        read = self._reader(name) if watched else None
        process = await start_sipp(self._sipp, self._folder, name, arguments, address=address, port=port, read=read)
        self._processes[name] = process
        task = asyncio.create_task(self._watch(process))
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)
        return process

    async def _watch(self, process: SippProcess) -> None:
        try:
            await process.wait()
        except PhoneError as error:
            self._happenings.fail(error)

    def _reader(self, name: str) -> Callable[[Traced], None]:
        timeline = Timeline(name)

        def read(message: Traced) -> None:
            if not self._remote.saw(message) and (event := timeline.read(message)):
                self._happenings.add(event)

        return read

    def _name(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}"

    def _write(self, name: str, xml: str) -> str:
        (self._folder / f"{name}.xml").write_text(xml, encoding="utf-8")
        return f"{name}.xml"

    def _stream(self, how: Behaviour, codec: Codec) -> str:
        if how.media not in ("stream", "one_packet"):
            return ""
        return stream_action(self._sound(how.sound, how.media, codec), how.media, codec)

    def _sound(self, sound: float | Path, media: Media, codec: Codec) -> str:
        """The name of a raw G.711 file in the folder; made once for each sound."""
        stem = sound.stem if isinstance(sound, Path) else f"{sound:g}hz"
        name = re.sub(r"[^A-Za-z0-9]", "_", f"{stem}_{media}") + f".{codec.name.lower()}"
        file = self._folder / name
        if not file.exists():
            samples = read_wav(sound) if isinstance(sound, Path) else tone(sound, 1.0)
            data = encode(samples[:160] if media == "one_packet" else samples, codec)
            with contextlib.suppress(FileExistsError):
                file.write_bytes(data)
        return name
