"""A real Asterisk with our rendered files: it starts silently and fast, journals, and shrugs off forged events."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import re
import socket
import subprocess
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import jinja2
import pytest

from cti.config import Config, Secrets
from cti.errors import PbxError
from cti.journal.records import split_csv
from cti.pbx import (
    Installation,
    PbxStatus,
    Tool,
    command,
    fetch,
    find_asterisk,
    find_pid,
    find_tool,
    make_folders,
    start,
    status,
    stop,
)
from cti.pbx.process import worked_seconds
from cti.render.filters import FILTERS
from cti.share import shared_folder
from cti.site.model import HANGUP, Queue, Site, SiteInfo, Trunk, Voicemail

pytestmark = pytest.mark.pbx

EXTENSIONS = """
[from-trunk]
exten => _X.,1,Set(CALLERID(num)=${FILTER(0-9+,${CALLERID(num)})})
 same => n,Set(CALLERID(name)=${FILTER(0-9A-Za-z ,${CALLERID(name)})})
 same => n,Answer()
 same => n,Wait(0.1)
 same => n,Hangup()
[from-agent]
exten => _X.,1,Hangup()
"""


@dataclass(frozen=True)
class Phone:
    endpoint: str
    name: str
    agent: str
    secret: str = ""
    contact: str = ""
    webrtc: bool = False
    mailbox_pin: str = ""


SITE = Site(
    site=SiteInfo(name="华星汽车; Huaxing", timezone="Asia/Shanghai", country="CN", languages=("zh", "en")),
    trunks={"itsp": Trunk(name="itsp", host="127.0.0.2:5080", match=("127.0.0.2", "127.0.0.3/32"))},
    queues={
        "sales": Queue(name="sales", overflow=HANGUP, order="longest_idle"),
        "service": Queue(name="service", overflow=HANGUP, order="best_skill"),
        "rescue": Queue(name="rescue", overflow=HANGUP, order="fewest_calls"),
    },
    voicemail={"sales": Voicemail(name="sales", pin="4711", email="sales@example.invalid")},
)
PHONES = [
    Phone("1001", '王 "Wei"', "1001", secret="s;cret"),
    Phone("1002", "Li Na", "1002", contact="sip:1002@127.0.0.1:5999"),
    Phone("1003", "Browser", "1003", secret="x", webrtc=True),
]


def render(config: Config, installation: Installation) -> None:
    """Print every template of asterisk_conf into the instance's etc folder, as the render room does."""
    dirs = make_folders(config, installation)
    loader = jinja2.FileSystemLoader(shared_folder("asterisk_conf"))
    env = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.filters |= FILTERS
    config.etc.mkdir(parents=True, exist_ok=True)
    for template in env.list_templates(extensions=["j2"]):
        text = env.get_template(template).render(
            config=config, secrets=config.secrets, installation=installation, site=SITE, phones=PHONES, dirs=dirs
        )
        (config.etc / template.removesuffix(".j2")).write_text(text, encoding="utf-8")
    (config.etc / "extensions.conf").write_text(EXTENSIONS, encoding="utf-8")
    with wave.open(str(dirs.data / "moh/default/silence.wav"), "wb") as music:
        music.setparams((1, 2, 8000, 0, "NONE", ""))
        music.writeframes(bytes(16000))


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    config = Config(home=tmp_path_factory.mktemp("find"), asterisk=os.environ.get("CTI_TEST_ASTERISK", ""))
    found = find_asterisk(config)
    if found is None:
        try:
            fetch(print)
        except PbxError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(error))
        found = find_asterisk(config)
    assert found
    return found


def instance(home: Path) -> Config:
    sip, ami, rtp = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    rtp = min(rtp, 65000) // 2 * 2
    secrets = Secrets(ami_password="pass;word")
    return Config(home=home, secrets=secrets, sip_port=sip, ami_port=ami, rtp_first=rtp, rtp_last=rtp + 100)


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def running(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    config = instance(tmp_path_factory.mktemp("pbx"))
    render(config, installation)
    start(config, installation, print)
    yield config
    stop(config)
    assert status(config) == PbxStatus(running=False)


def test_it_starts_without_a_complaint(running: Config) -> None:
    log = (running.log_dir / "full").read_text(encoding="utf-8")
    assert not re.findall(r"(?m)^.*(?:WARNING|ERROR).*$", log)
    said = (running.log_dir / "console.out").read_text(encoding="utf-8")
    assert not re.findall(r"(?m)^.*(?:WARNING|ERROR).*$", said)


def test_it_boots_with_two_seconds_of_work_and_says_what_it_carries(running: Config) -> None:
    found = status(running)
    assert (found.running, found.pid, found.channels, found.calls) == (True, find_pid(running), 0, 0)
    assert found.version.startswith(tuple("12"))
    assert 0 < found.uptime_seconds < 120
    log = (running.log_dir / "full").read_text(encoding="utf-8")
    stamps = re.findall(r'"timestamp":"\S+ (\d+):(\d+):(\d+\.\d+)"', log)
    seconds = [int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in stamps]
    assert (seconds[-1] - seconds[0]) % 86400 < 5, (
        "it waits for nothing; how long its work takes is the machine's affair"
    )
    worked = worked_seconds(found.pid)
    assert worked
    assert worked < 2


def test_a_second_start_changes_nothing(running: Config, installation: Installation) -> None:
    before, said = find_pid(running), list[str]()
    start(running, installation, said.append)
    assert find_pid(running) == before
    assert said == [f"Asterisk runs already (pid {before})"]


def test_a_killed_asterisk_is_noticed_and_its_leftovers_do_not_hinder_the_next_beside_another(
    installation: Installation, running: Config, tmp_path: Path
) -> None:
    config = instance(tmp_path / ("deep" * 20))  # too deep for a control socket under var/
    render(config, installation)
    start(config, installation, print)
    try:
        first = find_pid(config)
        os.kill(first, 9)
        os.waitpid(first, 0)
        assert status(config) == PbxStatus(running=False)
        start(config, installation, print)
        assert find_pid(config) not in (0, first)
        assert status(running).running
        assert str(config.etc) in command(config, installation, "core show settings")
    finally:
        stop(config)
    assert find_pid(config) == 0


def test_a_configuration_that_it_refuses_is_told_with_its_own_words(installation: Installation, tmp_path: Path) -> None:
    config = instance(tmp_path)
    render(config, installation)
    modules = config.etc / "modules.conf"
    text = modules.read_text(encoding="utf-8")
    modules.write_text(text.replace("load = res_speech.so\n", ""), encoding="utf-8")  # res_agi.so, required, needs it
    with pytest.raises(PbxError, match=r"died while booting: .*res_agi.so - Required"):
        start(config, installation, print)
    assert find_pid(config) == 0


class Ami:
    """As much of an AMI client as these tests need."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    @asynccontextmanager
    async def login(cls, config: Config) -> AsyncIterator[Ami]:
        ami = cls(*await asyncio.open_connection(config.bind, config.ami_port))
        try:
            await ami.reader.readline()
            assert "Success" in await ami.ask("Login", Username="cti", Secret=config.secrets.ami_password)
            yield ami
        finally:
            ami.writer.close()
            await ami.writer.wait_closed()

    async def ask(self, action: str, **headers: str) -> str:
        lines = [f"Action: {action}", *(f"{key}: {value}" for key, value in headers.items())]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        while not (answer := await self.read()).startswith("Response:"):
            pass
        return answer

    async def read(self) -> str:
        return (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 60)).decode(errors="replace")

    async def events_until(self, last: str) -> list[str]:
        events = [await self.read()]
        while last not in events[-1]:
            events.append(await self.read())
        return events


UAC = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="caller">
<send retrans="500"><![CDATA[
INVITE sip:4008001234@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:NUMBER@[local_ip]:[local_port]>;tag=[pid]T[call_number]
To: <sip:4008001234@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: sip:caller@[local_ip]:[local_port]
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
<recv response="100" optional="true"/><recv response="200" rrs="true"/>
<send><![CDATA[
ACK sip:4008001234@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:NUMBER@[local_ip]:[local_port]>;tag=[pid]T[call_number]
To: <sip:4008001234@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""


async def call_from(number: str, config: Config, sipp: Tool, folder: Path, address: str = "127.0.0.2") -> int:
    """One answered call from the trunk's address, From user `number` (percent-encoded); returns SIPp's exit code."""
    (folder / "uac.xml").write_text(UAC.replace("NUMBER", number), encoding="utf-8")
    target = f"{config.sip_bind}:{config.sip_port}"
    options = ("-sf", "uac.xml", "-i", address, "-m", "1", "-nostdin", "-timeout", "60s", "-timeout_error")
    process = await asyncio.create_subprocess_exec(
        *sipp.argv, target, *options, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return await process.wait()


@pytest.fixture
def sipp(installation: Installation) -> Tool:
    tool = find_tool("sipp")
    assert tool, "the fetched root has SIPp"
    return tool


FORGERIES = {
    "a whole event": "1%0D%0A%0D%0AEvent%3A%20Forged%0D%0AChannel%3A%20PJSIP/x",
    "a whole event by lone line feeds": "1%0A%0AEvent%3A%20Forged%0AChannel%3A%20PJSIP/x",
    "an end of the stream's event": "1%0D%0A%0D%0A",
    "a header by a lone line feed": "1%0AForged%3A%20yes",
    "a header by a lone carriage return": "1%0DForged%3A%20yes",
    "a header": "1%0D%0AForged%3A%20yes",
    "headers in the right order": "1%0D%0ACallerIDName%3A%20x%0D%0AUniqueid%3A%201.1",
    "beside a byte that is no UTF-8": "1%FF%0A%FFForged%3A%20yes",
}


@pytest.mark.parametrize("number", FORGERIES.values(), ids=FORGERIES)
async def test_an_event_forged_by_the_callers_number_is_dropped_and_the_call_still_served(
    number: str, running: Config, sipp: Tool, tmp_path: Path
) -> None:
    async with Ami.login(running) as ami:
        assert await call_from(number, running, sipp, tmp_path) == 0
        assert await call_from("13800138000", running, sipp, tmp_path) == 0
        made = []
        while not made or "CallerIDNum: 13800138000\r\n" not in made[-1]:
            event = await ami.read()
            assert "Forged" not in event
            assert "1.1\r\n" not in event
            if event.startswith("Event: Newchannel\r\n"):
                made.append(event)
        uniqueid = re.search(r"Uniqueid: (\S+)", made[-1])
        assert uniqueid
        events = await ami.events_until(f"Uniqueid: {uniqueid[1]}\r\nLinkedid: {uniqueid[1]}\r\nCause: 16")
        assert events[-1].startswith("Event: Hangup\r\n")
        assert len(made) == 1


async def test_journals_hold_one_record_for_each_event_whatever_the_caller_is_called(
    running: Config, sipp: Tool, tmp_path: Path
) -> None:
    async with Ami.login(running) as ami:
        assert await call_from("1%0A%22x%22%2C%22y%22%0D%0Aend", running, sipp, tmp_path) == 0
        assert await call_from("13800138001", running, sipp, tmp_path) == 0
        uniqueid = re.search(r"Uniqueid: (\S+)", (await ami.events_until("CallerIDNum: 13800138001\r\n"))[-1])
        assert uniqueid
        await ami.events_until(f"{uniqueid[1]}\r\nCause: 16")
    cel = rows(running.log_dir / "cel-custom" / "Master.csv", 13)
    mine = [row for row in cel if row[2] == uniqueid[1]]
    assert [row[0] for row in mine] == ["CHAN_START", "ANSWER", "HANGUP", "LINKEDID_END"]
    assert [row[4] for row in mine] == ["13800138001"] * 4
    assert {row[4] for row in cel} >= {'1\n"x","y"\r\nend', "1"}  # before and after the dialplan's FILTER()
    assert all(re.fullmatch(r"\d{10}\.\d{6}", row[1]) for row in cel)
    cdr = [row for row in rows(running.log_dir / "cdr-custom" / "Master.csv", 16) if row[0] == uniqueid[1]]
    assert [(row[2], row[3], row[4], row[13]) for row in cdr] == [
        ("13800138001", "4008001234", "from-trunk", "ANSWERED")
    ]
    start_at, answer, end, duration, billsec = map(float, cdr[0][8:13])
    assert 1.7e9 < start_at <= answer < end
    assert 0 <= billsec <= duration < 10


def rows(file: Path, width: int) -> list[list[str]]:
    """Every record, as any reader of CSV and as our own cuts them; a forged or torn one would have another width."""
    data = file.read_bytes()
    found = list(csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline=""), strict=True))
    assert {len(row) for row in found} == {width}
    records, end = split_csv(data, 0)
    assert (len(records), end) == (len(found), len(data))
    return found


async def test_the_engines_account_cannot_run_programs_or_see_more_than_it_needs(running: Config) -> None:
    async with Ami.login(running) as ami:
        assert "Success" in await ami.ask("CoreShowChannels")
        assert "Success" in await ami.ask("DeviceStateList")
        assert "Success" in await ami.ask("BridgeList")
        assert "Success" in await ami.ask("QueueAdd", Queue="sales", Interface="PJSIP/1001", MemberName="1001")
        assert "Success" in await ami.ask("QueuePause", Queue="sales", Interface="PJSIP/1001", Paused="true")
        assert "Success" in await ami.ask("QueuePenalty", Queue="sales", Interface="PJSIP/1001", Penalty="3")
        assert "Success" in await ami.ask("QueueRemove", Queue="sales", Interface="PJSIP/1001")
        for action in ("Command", "ModuleLoad", "MixMonitor", "UpdateConfig", "PJSIPShowContacts", "Reload"):
            assert "Permission denied" in await ami.ask(action, Command="core show version")
        local = {"Channel": "Local/1@from-agent", "Application": "System", "Data": "true", "Async": "true"}
        assert "Response: Error" in await ami.ask("Originate", **local)


async def test_a_stranger_is_not_taken_for_the_trunk(running: Config, sipp: Tool, tmp_path: Path) -> None:
    assert await call_from("13800138000", running, sipp, tmp_path, address="127.0.0.9") != 0
    assert await call_from("1001", running, sipp, tmp_path) == 0  # the trunk's address wins over a phone's name
