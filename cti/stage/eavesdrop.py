"""The ear of a call test: reads the manager's events of a call-test instance and gives each to its caller's trail.

It knows one login (`calltest`, manager.conf) and that a caller's case stands in the variable CTI_CASE; it sends nothing
but the login, and refuses to know what an event means. CEL's events come by a thread of their own (cel.c and manager.c
have a taskprocessor each), so a busy Asterisk tells of a prompt before it tells whose channel that is: what CEL says
sooner is kept until then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ..ami.message import Message
from ..ami.wire import Decoder, encode
from ..config import Config
from ..errors import AmiError, StageError
from .trail import EVENTS, Trail

_LOGIN_SECONDS = 60.0
_CHUNK = 1 << 16


class Eavesdropper:
    """`async with Eavesdropper(config) as ear:` then `trail = ear.expect("case7")` before the caller calls."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._expected: dict[str, Trail] = {}
        self._trails: dict[str, Trail] = {}  # by uniqueid
        self._early: dict[str, list[Message]] = {}  # CEL of channels that are nobody's yet, by uniqueid
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._error = ""

    async def __aenter__(self) -> Self:
        reader, self._writer = await asyncio.open_connection(self._config.bind, self._config.ami_port)
        decoder = Decoder(EVENTS)
        login = {"Username": "calltest", "Secret": self._config.secrets.ami_password, "Events": "on"}
        self._writer.write(encode("Login", login, action_id="calltest"))
        async with asyncio.timeout(_LOGIN_SECONDS):
            held = await self._logged_in(reader, decoder)
        self._task = asyncio.create_task(self._listen(reader, decoder, held))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()

    def expect(self, case: str) -> Trail:
        """The trail of the caller who will come with this case."""
        trail = self._expected[case] = Trail()
        return trail

    def forget(self, case: str) -> None:
        """The call is over; what still comes of its channel is nobody's."""
        trail = self._expected.pop(case)
        self._trails.pop(trail.uniqueid, None)

    async def until(self, true: Callable[[], bool], seconds: float) -> bool:
        """Wait for something to be true of a trail; False when it is not within `seconds`.

        Raises StageError when the line to Asterisk is gone.
        """
        async with self._news:
            try:
                async with asyncio.timeout(seconds):  # wait_for() of Python 3.11 may swallow a cancellation
                    await self._news.wait_for(lambda: bool(self._error) or true())
            except TimeoutError:
                return true()
        if self._error:
            raise StageError(self._error)
        return True

    async def _logged_in(self, reader: asyncio.StreamReader, decoder: Decoder) -> list[Message]:
        while data := await reader.read(_CHUNK):
            messages = decoder.feed(data)
            for index, message in enumerate(messages):
                if not message.name and message.get("Response") == "Success":
                    return messages[index + 1 :]
                if not message.name:
                    raise AmiError(f"the call test's login is refused: {message.get('Message')}")
        raise AmiError("the manager closed the line during the call test's login")

    async def _listen(self, reader: asyncio.StreamReader, decoder: Decoder, held: list[Message]) -> None:
        try:
            await self._give(held)
            while data := await reader.read(_CHUNK):
                await self._give(decoder.feed(data))
            self._error = "Asterisk closed the call test's line; its log is in var/pbx/log/full"
        except (AmiError, OSError) as error:
            self._error = str(error)
        async with self._news:
            self._news.notify_all()

    async def _give(self, messages: list[Message]) -> None:
        heard = False
        for message in messages:
            for one in self._in_order(message):
                if trail := self._trails.get(_channel_of(one)):
                    trail.hear(one)
                    heard = True
        if heard:
            async with self._news:
                self._news.notify_all()

    def _in_order(self, message: Message) -> list[Message]:
        """What can be told now: a channel's first word is its case, and what CEL said sooner comes after it."""
        channel = _channel_of(message)
        if message.name == "VarSet" and message.get("Variable") == "CTI_CASE":
            trail = self._expected.get(message.get("Value"))
            if trail is not None and not trail.uniqueid:
                trail.uniqueid = channel
                self._trails[channel] = trail
                return [message, *self._early.pop(channel, ())]
        elif message.name == "CEL" and channel not in self._trails:
            self._early.setdefault(channel, []).append(message)
            return []
        elif message.name == "Hangup":  # of an agent's leg, or long forgotten
            self._early.pop(channel, None)
        return [message]


def _channel_of(message: Message) -> str:
    return message.get("UniqueID" if message.name == "CEL" else "Uniqueid")
