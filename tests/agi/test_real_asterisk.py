"""Our side of FastAGI against a real Asterisk: what the docstrings of cti/agi claim is measured here.

The dialplan writes what it saw to the log (`Verbose`), which is read from Asterisk's own console output.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import sqlite3
import tempfile
from pathlib import Path

import pytest
import pytest_asyncio

from cti.agi.pretend import PretendChannel
from cti.agi.scripts import ScriptHost
from cti.agi.server import AgiServer
from cti.agi.wire import ReplyParser
from cti.config import Config
from cti.errors import AgiError, AgiHangup, SoundMissing
from cti.pbx.find import Installation, find_asterisk
from cti.phones import tone, write_wav
from cti.share import shared_folder

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]
MODULES = "pbx_config res_speech res_agi res_clioriginate app_verbose app_exec app_stack func_callerid func_channel"
MODULES += " res_timing_timerfd app_record format_wav res_musiconhold codec_ulaw"

DIALPLAN = """
[t]
exten => _[a-z].,1,Answer()
 same => n,Set(CALLERID(num)=13800138000)
 same => n,Set(HERE=there)
 same => n,AGI(agi://127.0.0.1:{port}/${{EXTEN}},one,t w o)
 same => n,Verbose(0,SAW ${{EXTEN}} status=${{AGISTATUS}} a=${{A}} z=${{Z}} verdict=${{CTI_VERDICT}})
 same => n,Hangup()
exten => _9[a-z].,1,Answer()
 same => n,Set(CALLERID(num)=13800138000)
 same => n,AGI(agi://127.0.0.1:{port}/script/${{EXTEN:1}},13800138000)
 same => n,Set(A=${{CTI_LOOKUP}} ${{CTI_CUSTOMER}}${{CTI_ORDER}})
 same => n,Verbose(0,SAW ${{EXTEN}} status=${{AGISTATUS}} said=${{A}} script=${{CTI_SCRIPT}})
 same => n,Hangup()
exten => refused,1,Answer()
 same => n,AGI(agi://127.0.0.1:{nobody}/x)
 same => n,Verbose(0,SAW refused status=${{AGISTATUS}} verdict=${{CTI_VERDICT}})
"""


class Pbx:
    """A private Asterisk in the foreground; its console is read line by line."""

    def __init__(self, argv: list[str], process: asyncio.subprocess.Process) -> None:
        self.argv, self.process = argv, process

    async def wait_for(self, text: str) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while line := (await self.process.stdout.readline()).decode("utf-8", "replace"):
                if text in line and "Executing" not in line:
                    return re.sub(r"\x1b\[[0-9;]*m", "", line).strip()
        raise AssertionError(f"Asterisk ended before it said {text!r}")

    async def rx(self, text: str) -> None:
        process = await asyncio.create_subprocess_exec(*self.argv, "-rx", text, stdout=asyncio.subprocess.DEVNULL)
        await process.wait()

    async def call(self, exten: str, seconds: int = 10) -> None:
        await self.rx(f"channel originate Local/{exten}@t application Wait {seconds}")

    async def saw(self, exten: str) -> str:
        return (await self.wait_for(f"SAW {exten} ")).partition(f"SAW {exten} ")[2]


def installed(home: Path) -> Installation:
    found = find_asterisk(Config(home=home, asterisk=os.environ.get("CTI_TEST_ASTERISK", "")))
    if found is None and os.environ.get("CI"):
        raise AssertionError("no Asterisk; get one with: cti pbx fetch")
    if found is None:
        pytest.skip("no Asterisk; get one with: cti pbx fetch")
    return found


def configure(home: Path, run: Path, installation: Installation, port: int, nobody: int) -> None:
    for name in ("etc", "lib", "spool", "log"):
        (home / name).mkdir()
    folders = {"etc": "etc", "varlib": "lib", "db": "lib", "key": "lib", "agi": "lib", "spool": "spool", "log": "log"}
    lines = [f"ast{name}dir => {home / folder}" for name, folder in folders.items()]
    lines += [f"astmoddir => {installation.modules}", f"astdatadir => {installation.data}", f"astrundir => {run}"]
    (home / "etc/asterisk.conf").write_text("\n".join(["[directories]", *lines, ""]))
    loads = "".join(f"load={module}.so\n" for module in MODULES.split())
    (home / "etc/modules.conf").write_text("[modules]\nautoload=no\n" + loads)
    (home / "etc/logger.conf").write_text("[logfiles]\nconsole => verbose,warning,error\n")
    (home / "etc/musiconhold.conf").write_text(f"[default]\nmode=files\ndirectory={home / 'moh'}\n")
    (home / "moh").mkdir()
    for sound, seconds in {"moh/music": 5.0, "long": 30.0, "short": 0.3}.items():
        write_wav(home / f"{sound}.wav", tone(440, seconds))
    (home / "etc/extensions.conf").write_text(DIALPLAN.format(port=port, nobody=nobody))


# What pretend.py claims to answer as Asterisk does. Pressed keys are in test_pretend.py: nobody presses one here.
COMPARED = """
NOOP
noop "x"
CHANNEL STATUS
SET VARIABLE A "1"
GET VARIABLE A
GET VARIABLE HERE
GET VARIABLE NOTHING
GET VARIABLE "CALLERID(num)"
SET VARIABLE A ""
GET VARIABLE A
SET VARIABLE "B" "say \\"hi\\" \\\\ there"
GET VARIABLE B
GET FULL VARIABLE "${{A}}x${{HERE}}"
GET FULL VARIABLE "${{NOTHING}}"
ANSWER
STREAM FILE "{short}" ""
STREAM FILE "{short}" "12" 0
CONTROL STREAM FILE "{short}" ""
GET OPTION "{short}" "12" 20
GET DATA "{short}" 20 4
WAIT FOR DIGIT 20
SAY DIGITS 1 ""
RECORD FILE "{short}-recorded" wav "#" 50
EXEC NoOp x
EXEC Set "C=2"
GET VARIABLE C
VERBOSE "hello" 1
DATABASE GET fam none
DATABASE PUT fam key value
DATABASE GET fam key
DATABASE DEL fam key
DATABASE DEL fam key
DATABASE GET fam key
DATABASE PUT fam a b
DATABASE DELTREE fam
SEND TEXT "hi"
SET CALLERID "12345"
GET VARIABLE "CALLERID(num)"
SET CONTEXT other
SET EXTENSION 5
SET PRIORITY 1
SET AUTOHANGUP 0
SET MUSIC ON
SET MUSIC OFF
FOO
SET FOO x
SET VARIABLE
GET DATA
STREAM FILE x
EXEC
HANGUP
NOOP
SET VARIABLE C 1
GET VARIABLE C
VERBOSE x 1
DATABASE GET fam none
ANSWER
STREAM FILE "{short}" ""
WAIT FOR DIGIT 20
CHANNEL STATUS
SET CALLERID 1
""".strip().splitlines()


class Handlers:
    """The routes that the calls go to; `told` and `closed` say what they met."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.told: asyncio.Queue[object] = asyncio.Queue()
        self.closed: asyncio.Queue[str] = asyncio.Queue()

    async def finish(self, dialogue):
        many = [(f"V{number}", str(number)) for number in range(200)]
        await dialogue.finish([*many, ("A", 'x "y" \\ ${SHELL(id)}'), ("Z", "last")])
        self.told.put_nowait(dialogue.args)

    async def steps(self, dialogue):
        await dialogue.set_variables([("A", "1"), ("Z", "2"), ("CTI_VERDICT", "dial")])
        self.told.put_nowait((await dialogue.command("GET VARIABLE", "CALLERID(num)")).value)

    async def dies(self, dialogue):
        await dialogue.command("SET VARIABLE", "A", "1")
        dialogue._transport.abort()

    async def hangup(self, dialogue):
        self.told.put_nowait("waiting")
        await dialogue.wait_hangup()
        self.closed.put_nowait((await dialogue.command("SET VARIABLE", "A", "1")).result)

    async def cancelled(self, dialogue):
        self.told.put_nowait("waiting")
        try:
            await asyncio.Event().wait()
        finally:
            self.closed.put_nowait("cancelled")

    async def stalls(self, dialogue):
        loop = asyncio.get_running_loop()
        answers = [loop.create_future(), loop.create_future()]
        dialogue._pending.extend(answers)
        dialogue._transport.write(b'SET VARIABLE A "1"\nSET VARIABLE Z "2"\n')
        await answers[0]
        late, _ = await asyncio.wait([answers[1]], timeout=0.5)
        self.told.put_nowait("answered" if late else "stalled")
        dialogue._transport.write_eof()
        await answers[1]

    async def cut(self, dialogue):
        """A verdict in the middle of a prompt of 30 s, and one in the middle of listening for a key."""
        arguments = {"cut": ("play", str(self.home / "long"), "*"), "listen": ("wait_key", "*", 30.0)}
        how, *what = arguments[dialogue.path]
        running = asyncio.ensure_future(getattr(dialogue, how)(*what))
        await asyncio.sleep(0.5)  # it runs: nothing tells of that
        try:
            await dialogue.finish([("A", "1"), ("Z", "2"), ("CTI_VERDICT", "dial")], timeout_seconds=20)
        except AgiError as error:  # it was waited for to the end
            self.told.put_nowait(error)
            raise
        self.told.put_nowait((await asyncio.gather(running, return_exceptions=True))[0])

    async def plays(self, dialogue):
        self.told.put_nowait(await dialogue.play(str(self.home / "short")))
        try:
            await dialogue.play(str(self.home / "nothing"))
        except SoundMissing:
            self.told.put_nowait("missing")
        await dialogue.music()
        self.told.put_nowait(await dialogue.wait_key("1", 0.2))
        await dialogue.finish([("CTI_VERDICT", "dial")])

    async def compares(self, dialogue):
        """The same commands to the real channel and to the pretended one; what they answered differently."""
        pretended, loop = PretendChannel(variables={"HERE": "there"}), asyncio.get_running_loop()
        pretended.environment["agi_callerid"] = "13800138000"
        dialogue._watched = True  # it goes on after the hang-up
        for line in COMPARED:
            command = line.format(short=self.home / "short")
            answer = loop.create_future()
            dialogue._pending.append(answer)
            dialogue._transport.write(f"{command}\n".encode())
            try:
                real = await asyncio.wait_for(answer, 60)
            except Exception as error:
                self.told.put_nowait((line, error))
                break
            (ours, *_) = ReplyParser().feed(f"{pretended.answer(command)}\n".encode())
            if (real.code, real.result, real.value) != (ours.code, ours.result, ours.value):
                self.told.put_nowait((line, real, ours))
        self.told.put_nowait("compared")

    async def dies_playing(self, dialogue):
        running = asyncio.ensure_future(dialogue.play(str(self.home / "long")))
        await asyncio.sleep(0.5)
        dialogue._transport.abort()
        self.told.put_nowait(asyncio.get_running_loop().time())
        await asyncio.gather(running, return_exceptions=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def handlers(tmp_path_factory):
    made = Handlers(tmp_path_factory.mktemp("agi"))
    host = ScriptHost(shared_folder("agi_scripts"), limit_seconds=60)
    names = ("finish", "steps", "dies", "hangup", "cancelled", "stalls")
    names += ("cut", "plays", "dies_playing", "compares")
    made.routes = {"script/": host.handle, "listen": made.cut, **{name: getattr(made, name) for name in names}}
    async with AgiServer("127.0.0.1", 0, made.routes) as server:
        made.port = server.port
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(handlers):
    home = handlers.home
    installation = installed(home)
    run = Path(tempfile.mkdtemp(prefix="agi-"))  # a socket's path must be short
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens
        configure(home, run, installation, handlers.port, nobody.getsockname()[1])
        argv = [*installation.argv, "-C", str(home / "etc/asterisk.conf")]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *argv, "-f", "-n", "-vvv", "-c", stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.STDOUT
        )
        made = Pbx(argv, process)
        try:
            await made.wait_for("Asterisk Ready")
            yield made
        finally:
            process.kill()
            await process.communicate()
            shutil.rmtree(run)


async def test_finish_sets_everything_in_order_and_the_last_thing_last(pbx, handlers):
    await pbx.call("finish")
    assert await pbx.saw("finish") == 'status=SUCCESS a=x "y" \\ ${SHELL(id)} z=last verdict='
    assert await handlers.told.get() == ("one", "t w o")


async def test_commands_one_by_one_are_answered(pbx, handlers):
    await pbx.call("steps")
    assert await pbx.saw("steps") == "status=SUCCESS a=1 z=2 verdict=dial"
    assert await handlers.told.get() == "13800138000"


async def test_a_server_that_dies_in_mid_session_is_a_success_without_a_verdict(pbx):
    await pbx.call("dies")
    assert await pbx.saw("dies") == "status=SUCCESS a=1 z= verdict="


async def test_a_session_that_we_refuse_is_a_success_without_a_verdict(pbx):
    await pbx.call("unserved")
    assert await pbx.saw("unserved") == "status=SUCCESS a= z= verdict="


async def test_a_refused_connection_is_a_failure_at_once(pbx):
    await pbx.call("refused")
    await pbx.wait_for("Connection refused")  # what it waits 2 s for in vain is "timed out"
    assert await pbx.saw("refused") == "status=FAILURE verdict="


@pytest.mark.parametrize(("exten", "result"), [("hangup", "1"), ("cancelled", "cancelled")])
async def test_a_hangup_cancels_the_handler_unless_it_watches_and_variables_can_still_be_set(
    pbx, handlers, exten, result
):
    await pbx.call(exten)
    assert await handlers.told.get() == "waiting"
    await pbx.rx("channel request hangup all")
    async with asyncio.timeout(60):
        assert await handlers.closed.get() == result


async def test_asterisk_stalls_on_two_commands_in_one_write_until_we_half_close(pbx, handlers):
    await pbx.call("stalls")
    assert await handlers.told.get() == "stalled"
    assert await pbx.saw("stalls") == "status=SUCCESS a=1 z=2 verdict="


@pytest.mark.parametrize("exten", ["cut", "listen"])
async def test_a_verdict_cuts_short_what_plays_or_listens_and_nothing_of_it_is_lost(pbx, handlers, exten):
    await pbx.call(exten)
    assert await pbx.saw(exten) == "status=SUCCESS a=1 z=2 verdict=dial"
    result = await handlers.told.get()
    assert isinstance(result, AgiHangup) if exten == "cut" else result == ""


async def test_prompts_music_and_keys_in_turn_and_a_missing_prompt_is_told(pbx, handlers):
    await pbx.call("plays")
    assert await pbx.saw("plays") == "status=FAILURE a= z= verdict=dial"  # of the missing one: never looked at
    assert [await handlers.told.get() for _ in range(3)] == ["", "missing", ""]


async def test_a_server_that_dies_in_the_middle_of_a_prompt_frees_the_caller_at_once(pbx, handlers):
    await pbx.call("dies_playing")
    assert await pbx.saw("dies_playing") == "status=SUCCESS a= z= verdict="
    assert asyncio.get_running_loop().time() - await handlers.told.get() < 15, "of a prompt of 30 s"


async def test_a_pretended_channel_answers_as_this_one_does(pbx, handlers):
    await pbx.call("compares")
    differences = []
    while (told := await handlers.told.get()) != "compared":
        differences.append(told)
    assert differences == []


async def test_the_example_scripts_serve_real_calls(pbx, handlers, tmp_path, monkeypatch):
    with sqlite3.connect(tmp_path / "c.sqlite") as db:
        db.execute("CREATE TABLE customers (number TEXT, id TEXT, name TEXT)")
        db.execute("INSERT INTO customers VALUES ('13800138000', 'c-7', '王小明')")
    db.close()
    monkeypatch.setenv("CTI_DATABASE", str(tmp_path / "c.sqlite"))
    monkeypatch.setenv("CTI_ORDER_URL", "http://127.0.0.1:1/{order}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    await pbx.call("9customer_lookup")
    assert await pbx.saw("9customer_lookup") == "status=SUCCESS said=found c-7 script=done"
    await pbx.call("9order_status")
    assert await pbx.saw("9order_status") == "status=SUCCESS said= error script=done"
    await pbx.call("9nothing")
    assert await pbx.saw("9nothing") == "status=SUCCESS said=  script=error"
