"""A session as its handler sees it, against a fake Asterisk that stalls where the real one does."""

from __future__ import annotations

import asyncio

import pytest

from cti.agi.server import AgiServer
from cti.errors import AgiError, AgiHangup

BOUND = 60  # seconds; only a failing test waits so long


class Talk:
    """Runs one handler for one call and keeps how it ended."""

    def __init__(self, handler) -> None:
        self.handler = handler
        self.ended = asyncio.get_running_loop().create_future()

    async def __call__(self, dialogue) -> None:
        try:
            self.ended.set_result(await self.handler(dialogue))
        except asyncio.CancelledError:
            self.ended.set_result("cancelled")
            raise
        except AgiError as error:
            self.ended.set_exception(error)

    async def outcome(self):
        async with asyncio.timeout(BOUND):
            return await self.ended


async def test_a_handler_asks_and_is_answered(asterisk, told):
    async def handler(dialogue):
        await dialogue.set_variables([("A", 'say "hi"\\'), ("B", "2")])
        reply = await dialogue.command("GET VARIABLE", "A")
        return dialogue.uniqueid, dialogue.args, dialogue.path, dialogue.query, reply.value

    talk = Talk(handler)
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port, told("acd?x=1", "sales", agi_uniqueid="17.5"))
        await peer.serve()
        assert await talk.outcome() == ("17.5", ("sales",), "acd", "x=1", 'say "hi"\\')
        assert peer.variables == {"A": 'say "hi"\\', "B": "2"}


async def test_finish_sets_all_variables_in_order_with_one_write_and_ends_the_session(asterisk):
    pairs = [(f"V{number}", str(number)) for number in range(50)] + [("CTI_VERDICT", "dial")]
    talk = Talk(lambda dialogue: dialogue.finish(pairs))
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port)
        await peer.serve()
        await talk.outcome()
    assert peer.order == [name for name, _ in pairs]


async def test_finish_tells_when_asterisk_went_before_it_confirmed(asterisk):
    talk = Talk(lambda dialogue: dialogue.finish([("CTI_VERDICT", "dial")]))
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port)
        peer.answers["SET VARIABLE"] = None
        await peer.serve()
        with pytest.raises(AgiHangup):
            await talk.outcome()


async def test_the_hangup_line_cancels_the_handler_and_closes_the_session(asterisk):
    talk = Talk(lambda dialogue: asyncio.Event().wait())
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port)
        peer.hang_up()
        await peer.serve()
        assert await talk.outcome() == "cancelled"
        assert not server.serving


async def test_the_end_of_the_connection_cancels_the_handler(asterisk):
    started = asyncio.Event()

    async def handler(dialogue):
        started.set()
        await asyncio.Event().wait()

    talk = Talk(handler)
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port)
        await started.wait()
        peer.writer.transport.abort()
        assert await talk.outcome() == "cancelled"


async def test_a_hangup_in_the_same_packet_as_the_environment_leaves_nothing_behind(asterisk, told):
    talk = Talk(lambda dialogue: asyncio.Event().wait())
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port, told() + b"HANGUP\n")
        assert await peer.reader.read() == b""
        assert not server.serving


async def test_a_handler_that_waits_for_the_hangup_may_still_set_variables(asterisk):
    async def handler(dialogue):
        await dialogue.wait_hangup()
        await dialogue.finish([("CTI_LEFT", "1")])
        return dialogue.hung_up.is_set()

    talk = Talk(handler)
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port)
        for _ in range(3):
            peer.hang_up()
        await peer.serve()
        assert await talk.outcome() is True
        assert peer.variables == {"CTI_LEFT": "1"}


async def test_the_reply_comes_before_the_hangup_that_interrupted_it(asterisk):
    async def handler(dialogue):
        waiting = asyncio.ensure_future(dialogue.wait_hangup())
        reply = await dialogue.command("EXEC", "Wait", "60")
        await waiting
        return reply.result

    talk = Talk(handler)
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port)
        peer.answers["EXEC"] = "200 result=-1\nHANGUP\n"
        await peer.serve()
        assert await talk.outcome() == "-1"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("511 Command Not Permitted on a dead channel\n", AgiHangup),
        ("510 Invalid or unknown command\n", AgiError),
        ("520-Invalid\nUsage: ANSWER\n520 End of proper usage.\n", AgiError),
    ],
)
async def test_a_command_that_asterisk_refuses_raises(asterisk, reply, error):
    talk = Talk(lambda dialogue: dialogue.command("ANSWER"))
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port)
        peer.answers["ANSWER"] = reply
        await peer.serve()
        with pytest.raises(error):
            await talk.outcome()


@pytest.mark.parametrize("reply", [None, "200 result=1 (endless", "520-never\nended\n"])
async def test_a_reply_that_never_ends_is_waited_for_only_so_long(asterisk, reply):
    talk = Talk(lambda dialogue: dialogue.command("ANSWER", timeout_seconds=0.05))
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port)
        peer.answers["ANSWER"] = reply
        await peer.serve()
        with pytest.raises(AgiError, match="in time"):
            await talk.outcome()


async def test_a_second_command_before_the_reply_is_refused_since_asterisk_would_stall(asterisk):
    async def handler(dialogue):
        first = asyncio.ensure_future(dialogue.command("EXEC", "Wait", "60"))
        await asyncio.sleep(0)
        with pytest.raises(AgiError, match="stalls"):
            await dialogue.command("NOOP")
        with pytest.raises(AgiError):
            await dialogue.finish()
        return (await first).result

    talk = Talk(handler)
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port)
        await peer.serve()
        assert await talk.outcome() == "0"


@pytest.mark.parametrize("forged", [b"200 result=1\n", b"200\n", b"\x00\xff", b"100 Trying\n" * 200])
async def test_a_reply_to_no_command_ends_the_session(asterisk, forged):
    started = asyncio.Event()

    async def handler(dialogue):
        started.set()
        await asyncio.Event().wait()

    talk = Talk(handler)
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port)
        await started.wait()
        peer.writer.write(forged + b"\n")
        assert await talk.outcome() == "cancelled"


async def test_nothing_is_sent_after_the_end(asterisk):
    async def handler(dialogue):
        dialogue.close()
        with pytest.raises(AgiHangup):
            await dialogue.command("NOOP")
        with pytest.raises(AgiHangup):
            await dialogue.finish()
        return "refused"

    talk = Talk(handler)
    async with AgiServer("127.0.0.1", 0, {"acd": talk}) as server:
        peer = await asterisk(server.port)
        await peer.serve()
        assert await talk.outcome() == "refused"
    assert peer.lines == []
