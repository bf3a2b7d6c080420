"""One FastAGI session, as a handler sees it: who calls, commands and their replies, and the hang-up.

It knows the order of commands and replies and bounds every wait; it knows nothing of routes, listening or what a
handler decides. Measured on Asterisk 22.10.1 (tests/agi/test_real_asterisk.py):

- **Asterisk stalls on pipelined commands.** `run_agi` polls the socket but reads through stdio: of several lines that
  arrive together it runs the first, then polls an empty socket until more bytes or the end come. So a command
  is only ever sent when the last one was answered, and the one place that writes several lines at once (`finish`)
  half-closes the connection, which keeps the poll awake: 401 `SET VARIABLE` and their replies take 3 ms. A verdict of
  plain words is one `EXEC MSet`, which does not evaluate `${}` either (AGIEXECFULL is never set).
- After our end Asterisk runs what is buffered, says `HANGUP`, closes, and goes on in the dialplan (AGISTATUS=SUCCESS).
- A server that dies in mid-session looks the same: AGISTATUS=SUCCESS, no verdict. So only a variable set last counts.
- **Bytes on the socket cut a prompt short.** `STREAM FILE` and `WAIT FOR DIGIT` poll the socket beside the channel
  (file.c: waitstream_core, channel.c: ast_waitfordigit_full), so `finish` ends them in the same instant, and so does a
  server that dies; `CONTROL STREAM FILE` doesn't, and would need a right of AMI to be stopped. A `STREAM FILE` that was
  cut prints no reply (res_agi.c: handle_streamfile); one that has just ended by itself does, known by its `endpos`.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from ..errors import AgiError, AgiHangup, AgiRefused, SoundMissing
from .wire import Environment, Hangup, Reply, ReplyParser, encode, encode_variables

REPLY_SECONDS = 10.0  # what a command that plays nothing may take
_TAKEN = b"200 result=1\n"  # the shortest answer
PLAY_SECONDS = 300.0  # what a prompt may take
_GRACE_SECONDS = 5.0  # past the time that Asterisk was told to wait
MAX_FINISH = 256 * 1024  # bytes written at once by `finish`


class Dialogue:
    """A session with one channel. Made by the server; not for two tasks at once.

    `path` and `query` are the checked parts of `agi://host/path?query`. When the peer goes (HANGUP or EOF) the
    server cancels the handler, unless it has called `wait_hangup`: then that returns instead.
    """

    def __init__(self, transport: asyncio.Transport, environment: Environment, path: str = "", query: str = "") -> None:
        self.environment = environment
        self.path = path
        self.query = query
        self.hung_up = asyncio.Event()
        self._transport = transport
        self._parser = ReplyParser()
        self._pending: deque[asyncio.Future[Reply]] = deque()
        self._loop = asyncio.get_running_loop()
        self._gone = asyncio.Event()  # the connection is over
        self._finishing = False
        self._watched = False
        self._listening = ""  # the running command that `finish` may cut short
        self._mute: asyncio.Future[Reply] | None = None  # it was, and may say nothing

    @property
    def args(self) -> tuple[str, ...]:
        """The arguments of `AGI(url,one,two)`."""
        return self.environment.args

    @property
    def uniqueid(self) -> str:
        """The channel's, opaque."""
        return self.environment.values["agi_uniqueid"]

    @property
    def watched(self) -> bool:
        """Whether the handler sees to the end itself: it waits for the hang-up, or is ending the session."""
        return self._watched or self._finishing

    async def command(self, *words: object, timeout_seconds: float = REPLY_SECONDS) -> Reply:
        """Send one command and return its reply: `await dialogue.command("SET VARIABLE", "A", value)`.

        The first word is the command itself, the rest are arguments (quoted here). Raises AgiHangup when the
        caller or the connection is gone (511 too), AgiError for 510, 520 and what `encode` refuses, and when no reply
        comes within `timeout_seconds` (that ends the session: replies no longer belong to commands).
        """
        line = encode(str(words[0]), *words[1:])
        if self._gone.is_set() or self._finishing or self._transport.is_closing():
            raise AgiHangup("the session is over")
        if self._pending:
            raise AgiError("a command is still unanswered; Asterisk stalls on two at once")
        answer: asyncio.Future[Reply] = self._loop.create_future()
        self._pending.append(answer)
        timer = self._loop.call_later(timeout_seconds, self._late, answer, str(words[0]))
        self._transport.write(line)
        try:
            reply = await answer
        except asyncio.CancelledError:
            self._broken()
            raise
        finally:
            timer.cancel()
        return _sound(reply, str(words[0]))

    async def set_variables(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Set channel variables one by one, in order; the session goes on. Raises as `command`.

        Each costs a round trip (see above for why); to set and end, use `finish`.
        """
        for name, value in pairs:
            await self.command("SET VARIABLE", name, value)

    async def play(self, file: str, keys: str = "") -> str:
        """Play a sound file in the caller's language; the one of `keys` that ended it, or "". Music is over then.

        Raises SoundMissing, and as `command`; `finish` cuts it short (AgiHangup here).
        """
        reply = await self._listen("STREAM FILE", file, keys, timeout_seconds=PLAY_SECONDS)
        if reply.result == "-1" and not self.hung_up.is_set():
            await self._listen("NOOP", timeout_seconds=REPLY_SECONDS)  # a caller who hung up answers 511
            raise SoundMissing(f"Asterisk cannot play {file[:80]!a}")
        return _key(reply, keys)

    async def music(self) -> None:
        """Music on hold, of the channel's own class, until something else is played."""
        await self._listen("SET MUSIC", "ON", timeout_seconds=REPLY_SECONDS)

    async def wait_key(self, keys: str, seconds: float) -> str:
        """The one of `keys` that the caller pressed within `seconds`, or "" sooner or later. Music goes on meanwhile.

        `finish` cuts it short; Asterisk then writes a WARNING ("The FD we were waiting for has something waiting").
        """
        milliseconds = max(1, round(seconds * 1000))
        reply = await self._listen("WAIT FOR DIGIT", milliseconds, timeout_seconds=seconds + _GRACE_SECONDS)
        return _key(reply, keys)

    async def _listen(self, *words: object, timeout_seconds: float) -> Reply:
        """A command during which `finish` may come."""
        self._listening = str(words[0])
        try:
            return await self.command(*words, timeout_seconds=timeout_seconds)
        finally:
            self._listening = ""

    async def finish(self, pairs: Iterable[tuple[str, str]] = (), timeout_seconds: float = REPLY_SECONDS) -> None:
        """Set these variables in this order with a single write, end the session, and wait until Asterisk took them.

        The fast way to give a verdict: the last pair is set after all others; what plays is cut short. Raises AgiHangup
        when the connection was gone before every one was confirmed, AgiError after `timeout_seconds`.
        """
        lines = encode_variables(pairs)
        data = b"".join(lines)
        if len(data) > MAX_FINISH:
            raise AgiError(f"{len(data)} bytes of variables at once; {MAX_FINISH} are enough")
        if self._gone.is_set() or self._finishing or self._transport.is_closing():
            raise AgiHangup("the session is over")
        if self._pending and not self._listening:
            raise AgiError("a command is still unanswered")
        self._mute = self._pending[0] if self._pending and self._listening == "STREAM FILE" else None
        self._finishing = True
        answers = [self._loop.create_future() for _ in lines]
        self._pending.extend(answers)
        own = self._transport.get_extra_info("socket")
        wait_for_bytes(own, len(_TAKEN) * len(lines))
        _with_the_end(own)
        self._transport.write(data)
        with suppress(OSError):  # reset already, though the loop has not been told yet: the answers will be
            self._transport.write_eof()
        await self._drain(answers, timeout_seconds)

    async def _drain(self, answers: list[asyncio.Future[Reply]], timeout_seconds: float) -> None:
        try:
            async with asyncio.timeout(timeout_seconds):
                for answer in answers:
                    _sound(await answer, "the setting of variables")
        except TimeoutError:
            raise AgiError(f"variables were not confirmed within {timeout_seconds:g} s") from None
        finally:
            for answer in answers:
                answer.cancel()
            self._fail(AgiHangup("the session was ended"))
            self.close()

    async def wait_hangup(self) -> None:
        """Return when the caller hung up or the connection ended.

        A handler that has called this sees to the end itself: from then on it is not cancelled for a hang-up.
        """
        self._watched = True
        await self.hung_up.wait()

    def close(self) -> None:
        """End the session; Asterisk goes on in the dialplan. Safe to call again."""
        self._transport.close()

    # --- for the script host -----------------------------------------------------------------------

    def detach(self) -> socket.socket:
        """Hand the connection to a thread: a second socket on it; the loop reads nothing until `attach`."""
        if self._pending or not self._parser.idle or self.hung_up.is_set() or self._transport.is_closing():
            raise AgiHangup("the session is over or busy")
        self._transport.pause_reading()
        own: Any = self._transport.get_extra_info("socket")
        return socket.socket(fileno=own.dup().detach())

    async def attach(self, pair: tuple[str, str], timeout_seconds: float = 1.0) -> None:
        """Take the connection back after `detach`, set one last variable and end the session.

        Whatever the thread left unread is dropped; the end is only waited for, at most `timeout_seconds`.
        """
        self._finishing = True
        if not self._transport.is_closing():
            self._transport.write(encode("SET VARIABLE", *pair))
            self._transport.write_eof()
            self._transport.resume_reading()
            try:
                async with asyncio.timeout(timeout_seconds):
                    await self._gone.wait()
            except TimeoutError:
                pass
        self.close()

    # --- for the server ----------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Bytes from Asterisk. Raises AgiError when they are no reply, AgiRefused for a reply to nothing."""
        if self._finishing and not self._pending:
            return
        for item in self._parser.feed(data):
            if isinstance(item, Hangup):
                if not self._finishing:  # Asterisk says it at every end too
                    self.hung_up.set()
            elif not self._pending:
                if not self._finishing:
                    raise AgiRefused("a reply to no command")
            else:
                self._answered(item)

    def _answered(self, reply: Reply) -> None:
        answer = self._pending.popleft()
        if answer is self._mute and "endpos" not in reply.attributes and self._pending:
            if not answer.done():
                answer.set_exception(AgiHangup("cut short"))
                answer.exception()  # seen: nobody may be waiting for it any more
            answer = self._pending.popleft()
        if not answer.done():
            answer.set_result(reply)

    def lost(self) -> None:
        """The connection is over: nothing will be answered any more."""
        self._gone.set()
        self.hung_up.set()
        self._fail(AgiHangup("the connection ended"))

    def _late(self, answer: asyncio.Future[Reply], command: str) -> None:
        if not answer.done():
            answer.set_exception(AgiError(f"no reply to {command!a} in time"))
            self._broken()

    def _broken(self) -> None:
        """Replies no longer belong to commands: end the session."""
        self._fail(AgiHangup("the session was ended"))
        self._transport.close()

    def _fail(self, error: AgiError) -> None:
        while self._pending:
            answer = self._pending.popleft()
            if not answer.done():
                answer.set_exception(error)
                answer.exception()  # seen: nobody may be waiting for it any more


def wait_for_bytes(own: Any, count: int) -> None:
    """Let the event loop hear of this socket only when so many bytes are there, or its end (socket(7): SO_RCVLOWAT).

    A hint that saves wake-ups; where it is not known, nothing changes.
    """
    if own is not None and hasattr(socket, "SO_RCVLOWAT"):
        with suppress(OSError):
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, max(1, min(count, 4_096)))


def _with_the_end(own: Any) -> None:
    """What is written next leaves with the end of the stream, in one packet (tcp(7): TCP_CORK): one wake-up there."""
    if own is not None and hasattr(socket, "TCP_CORK"):
        with suppress(OSError):
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)


def _key(reply: Reply, keys: str) -> str:
    """The result of a command that waits for keys: the key's code in ASCII, 0 or less for none."""
    return next((key for key in keys if reply.result == str(ord(key))), "")


def _sound(reply: Reply, command: str) -> Reply:
    if reply.code == 511:
        raise AgiHangup("the caller is gone")
    if reply.code != 200:
        raise AgiError(f"Asterisk refused {command!a}: {reply.text[:120]!a}")
    return reply
