"""Attacks on calls that are going on: forged facts about them, keys and INFO bodies, the FastAGI port, the manager.

What is attacked here is somebody else's call (or the attacker's own), and each time a real call must not notice.
"""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import pytest_asyncio
from scene import (
    at_work,
    caller,
    floor,
    gone,
    hang_up,
    house,
    on_floor,
    presences,
    queue_log,
    screen,
    take,
    told,
    until,
)

from cti.agi.environment import KEYS
from cti.ami.client import AmiClient
from cti.errors import ActionFailed
from cti.pbx import Installation, find_pid
from cti.phones import Behaviour, Customer, PhoneEvent
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

DID = "4008001234"
SITE = f"""
numbers: {{"{DID}": {{to: "menu:main"}}}}
menus:
  main:
    {{prompt: choose, timeout_seconds: 1, invalid: {{retries: 1}}, timeout: {{retries: 1}}, otherwise: "queue:sales",
      keys: {{"1": "queue:sales"}}}}
queues:
  sales: {{steps: [{{after: 0, need: {{sales: 1}}}}], ring_seconds: 10, wrap_up_seconds: 0, overflow: hangup}}
"""
AGENTS = {"1001": "sales=50", "1002": "sales=50"}
QUICK = Behaviour(answer_after=0.05, talk_seconds=0.4, media="one_packet")
TALKER = "13800138000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """1001 answers and hangs up when told to, 1002 by itself. Nobody is logged in."""
    home = tmp_path_factory.mktemp("live") / "home"
    async with house(home, SITE, AGENTS, {"1002": QUICK}) as stage:
        await stage.serve()
        yield stage


# --- somebody else's call -------------------------------------------------------------------------------


def forgeries(call: str, leg: str, linked: str) -> dict[str, str]:
    """What a From user of at most 79 characters can say of another call."""
    return {
        "the agent's leg ended": f"1\r\n\r\nEvent: Hangup\r\nUniqueid: {leg}\r\nCause: 16\r\n\r\n",
        "the caller's leg ended": f"1\r\n\r\nEvent: Hangup\r\nUniqueid: {call}\r\nCause: 16\r\n\r\n",
        "the same by line feeds": f"1\n\nEvent: Hangup\nUniqueid: {leg}\nCause: 16\n\n",
        "it ended, in this very event": f"1\r\nUniqueid: {leg}\r\nLinkedid: {linked}\r\n\r\n",
        "the bridge was left": f"1\r\n\r\nEvent: BridgeLeave\r\nUniqueid: {leg}\r\n\r\n",
        "the leg is new": f"1\r\n\r\nEvent: Newchannel\r\nUniqueid: {leg}\r\n\r\n",
        "the phone is gone": "1\r\n\r\nEvent: DeviceStateChange\r\nDevice: PJSIP/1001\r\nState: INVALID",
        "an answer to us": "1\r\n\r\nResponse: Error\r\nActionID: 1\r\nMessage: no\r\n\r\n",
        "Asterisk goes down": "1\r\n\r\nEvent: Shutdown\r\n\r\n",
        "Asterisk has booted": "1\r\n\r\nEvent: FullyBooted\r\n\r\n",
        "nothing more": "1\r\n\r\n\r\n\r\n",
        "it was completed": f"1\n1795300000|{call}|sales|1001|COMPLETECALLER|1|9999|1",
        "it was completed now": f"|1\n{int(time.time())}|{call}|sales|1001|COMPLETECALLER|1|9999|1\n",
    }


async def test_a_live_call_does_not_notice_what_others_forge_about_it(stage: Stage) -> None:
    async with screen(stage) as watcher, at_work(stage, "1001"):
        live = await stage.call(caller(DID, TALKER, digits=[(0.3, "1")]))
        agent = await take(stage, "1001")
        call = (await on_floor(stage, 1, "connected"))[TALKER]["call"]
        await watcher.next("presence", agent="1001", presence="talking", call=call)  # screens hear a little later
        (connect,) = queue_log(stage, "CONNECT")
        seen, said = len(watcher.seen), len(stage.log)
        users = forgeries(call, connect.data[1], call).values()
        assert max(map(len, users)) <= 79
        leaving = [caller(DID, user, talk_seconds=0.0) for user in users]
        outcomes = await asyncio.gather(*(outcome(stage, one) for one in leaving))
        waiting = [await stage.call(caller(DID, user, digits=[(0.3, "1")])) for user in users]
        await until("all of them in the queue", lambda: all_wait(stage, len(users)))
        await gone(waiting)
        outcomes += [one.result().outcome for one in waiting]
        assert outcomes == ["completed"] * 2 * len(users)
        agents = await presences(stage, {"1001": "talking"})
        assert agents["1001"]["call"] == call
        assert [one.data for one in watcher.seen[seen:] if one.kind in ("presence", "pop", "pop_end")] == []
        assert [line for line in stage.log[said:] if "link is" in line or " ERROR " in line] == []
        bye = await hang_up(stage, agent)
        await live.done()
    (row,) = await told(stage, number=TALKER)
    assert (row["call"], row["agent"], row["outcome"]) == (call, "1001", "answered")
    assert row["talk_seconds"] == pytest.approx((bye.at - agent.at).total_seconds(), abs=1)
    mine = [line.event for line in queue_log(stage) if line.call == call]
    assert mine == ["DID", "ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]
    assert {line.event for line in queue_log(stage) if line.call not in (call, "NONE", "MANAGER")} == {
        "DID",
        "ENTERQUEUE",
        "ABANDON",
    }


async def all_wait(stage: Stage, count: int) -> bool:
    """So many calls wait, whatever they say that they are called."""
    states = [call["state"] for call in (await floor(stage)).get("calls", ())]
    return states.count("waiting") == count


async def outcome(stage: Stage, customer: Customer) -> str:
    return (await (await stage.call(customer)).done()).outcome


# --- keys -----------------------------------------------------------------------------------------------

CARD = "4111111111111111"  # a test number; its check digit is right
KEYS_PRESSED: dict[str, Sequence[tuple[float, str]]] = {
    "a star": [(0.05, "*")],
    "a hash": [(0.05, "#")],
    "letters": [(0.3, "A"), (0.5, "B"), (0.7, "C"), (0.9, "D")],
    "a feature": [(0.3, "*"), (0.35, "2"), (0.9, "#"), (0.95, "1")],
    "before the prompt ends": [(0.0, "1")],
    "two hundred in a burst": [(index * 0.004, "9*0#A5D7"[index % 8]) for index in range(200)],
    "while waiting and talking": [(0.3, "1"), (0.6, "*"), (0.7, "#"), (0.8, "0"), (0.9, "1"), (1.0, "*")],
    "a card": [(0.3 + index * 0.05, digit) for index, digit in enumerate(CARD)],
}


async def test_hostile_keys_reach_a_queue_and_nothing_else(stage: Stage) -> None:
    async with screen(stage) as watcher, at_work(stage, "1002"):
        callers = {f"139{index:08}": keys for index, keys in enumerate(KEYS_PRESSED.values())}
        calls = [await stage.call(caller(DID, number, digits=keys)) for number, keys in callers.items()]
        assert [(await call.done()).outcome for call in calls] == ["completed"] * len(calls)
        pops = {one.data["number"]: one.data for one in watcher.seen if one.kind == "pop"}
    assert pops.keys() == callers.keys()
    assert all(re.fullmatch(r"|[0-9A-D*#]", pop["digits"].get("main", "")) for pop in pops.values())
    assert {pop["path"] for pop in pops.values()} == {"main:1", "main:-"}
    files = [file for file in stage.config.var.rglob("*") if file.is_file() and "phones" not in file.parts]
    assert [file for file in files if CARD.encode() in file.read_bytes()] == []


UNANSWERED = "text/x-unknown"  # Asterisk 22 lets an INFO pass that none of its modules wants
INFOS = {
    "an empty body": ("application/dtmf-relay", b""),
    "no value": ("application/dtmf-relay", b"Signal=\r\nDuration="),
    "a word": ("application/dtmf-relay", b"Signal=${SHELL(id)}\r\nDuration=160"),
    "many digits": ("application/dtmf-relay", b"Signal=" + b"9" * 5000 + b"\r\nDuration=160"),
    "a strange duration": ("application/dtmf-relay", b"Signal=5\r\nDuration=-99999999999999999999"),
    "lines without end": ("application/dtmf-relay", b"Signal=5\r\n" * 2000),
    "NUL and bytes": ("application/dtmf-relay", bytes(range(256)) * 8),
    "a format": ("application/dtmf", b"%s%n%s%n"),
    "a letter": ("application/dtmf", b"Z" * 1000),
    "a flash": ("application/hook-flash", b""),
    "broken XML": ("application/media_control+xml", b"<media_control><vc_primitive>" * 100),
    "an unknown kind": (UNANSWERED, b"\r\n\r\nEvent: Hangup\r\n\r\n"),
}


async def test_garbage_in_info_bodies_changes_nothing(stage: Stage) -> None:
    async with at_work(stage, "1001"):
        call = await stage.call(caller(DID, "13900139000", digits=[(0.3, "1")]))
        agent = await take(stage, "1001")
        answered = await call.next("answered")
        for number, (kind, body) in enumerate(INFOS.values(), 1000):
            answer = await info(stage, answered, number, kind, body)
            assert kind == UNANSWERED or re.match(rb"SIP/2\.0 (200|403|415|500) ", answer)
        agents = await presences(stage, {"1001": "talking"})
        assert agents["1001"]["call"]
        await hang_up(stage, agent)
        assert (await call.done()).hung_up_by == "far_side"


async def info(stage: Stage, dialogue: PhoneEvent, number: int, kind: str, body: bytes) -> bytes:
    """INFO in this call's dialogue, from the trunk's address; the answer, if there is to be one."""
    server = (stage.config.sip_bind, stage.config.sip_port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.2", 0))
        phone.setblocking(False)
        lines = [
            f"INFO sip:{DID}@{server[0]}:{server[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.2:{phone.getsockname()[1]};branch=z9hG4bK-garbage-{number}",
            *(f"{name.title()}: {dialogue.headers[name]}" for name in ("from", "to")),
            f"Call-ID: {dialogue.call_id}",
            f"CSeq: {number} INFO",
            "Record: on",  # res_pjsip_one_touch_record_info.c
            "Max-Forwards: 70",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
        ]
        loop = asyncio.get_running_loop()
        await loop.sock_sendto(phone, "\r\n".join(lines).encode() + b"\r\n\r\n" + body, server)
        return b"" if kind == UNANSWERED else await asyncio.wait_for(loop.sock_recv(phone, 65536), 60)


# --- the FastAGI port -----------------------------------------------------------------------------------


def environment(path: str, **more: str) -> bytes:
    told = {"agi_network": "yes", "agi_network_script": path, "agi_uniqueid": "1.1"} | more
    return b"".join(f"{key}: {told.get(key, '')}\n".encode() for key in (*KEYS, *(more.keys() - set(KEYS)))) + b"\n"


RUBBISH = [
    b"",  # says nothing, for ever
    b"agi_network: yes\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00" * 100,
    b"agi_network: yes\nagi_network: yes\n\n",
    b"agi_network: " + b"x" * 100_000,
    b"200 result=1\n" * 1000,
    environment("../../etc/passwd"),
    environment("x?cmd=;id"),
    environment("script/../../cli/init.py"),
    environment("script/nobody.py"),
    environment("acd", agi_arg_1="queue=sales", agi_arg_3="call=1.1"),
    environment("acd", agi_arg_1="admin"),
    environment("acd") + b"200 result=1\n",
]


@asynccontextmanager
async def crowd(stage: Stage, each: int) -> AsyncIterator[None]:
    """`each` connections for every piece of rubbish, held open as long as the engine lets them."""
    writers = []
    try:
        for data in RUBBISH * each:
            _, writer = await asyncio.open_connection(stage.config.bind, stage.config.agi_port)
            writers.append(writer)
            writer.write(data)
        yield
    finally:
        for writer in writers:
            writer.close()
        for writer in writers:
            with suppress(OSError):
                await writer.wait_closed()


async def test_a_call_is_served_at_once_while_hundreds_of_liars_hold_the_port(stage: Stage) -> None:
    said, late = len(stage.log), []
    async with at_work(stage, "1002"), crowd(stage, each=25):
        for number in ("13700137001", "13700137002", "13700137003"):
            call = await stage.call(caller(DID, number, digits=[(0.3, "1")]))
            pressed = await call.next("digit")
            ring = await stage.phones.next("invite", agent="1002", number=number)
            late.append((ring.at - pressed.at).total_seconds())
            assert (await call.done()).outcome == "completed"
            (row,) = await told(stage, number=number)
            assert row["source"] == "engine"
    assert sorted(late)[1] < 3.0, late
    warned = [line for line in stage.log[said:] if "WARNING" in line]
    assert 0 < len(warned) < 500  # at most twenty a second
    assert [line for line in stage.log[said:] if " ERROR " in line or not re.match(r"\d{4}-\d\d-\d\d ", line)] == []
    assert await until("an empty floor", lambda: nobody_waits(stage))


async def nobody_waits(stage: Stage) -> bool:
    floor = await stage.get("/api/floor")
    return not floor["calls"] and not floor["pops"]


# --- the manager ----------------------------------------------------------------------------------------

REFUSED = {
    "a call to anywhere": ("Originate", {"Channel": "Local/x@from-internal-system/n", "Exten": "s", "Priority": "1"}),
    "a program": ("Originate", {"Channel": "Console/dsp", "Application": "System", "Data": "touch x"}),
    "a technology": ("Originate", {"Channel": "PJSIP/../x", "Context": "from-trunk", "Async": "true"}),
    "a variable that runs": ("Setvar", {"Variable": "SHELL(touch x)", "Value": "1"}),
    "another context": ("Redirect", {"Channel": "PJSIP/x", "Context": "from-internal", "Exten": "1", "Priority": "1"}),
    "a hang-up": ("Hangup", {"Channel": "/.*/"}),
    "a command": ("Command", {"Command": "core stop now"}),
    "a reload": ("Reload", {}),
    "a module": ("ModuleLoad", {"Module": "app_system.so", "LoadType": "load"}),
    "a configuration": ("GetConfig", {"Filename": "manager.conf"}),
    "a dialplan": ("DialplanExtensionAdd", {"Context": "from-trunk", "Extension": "9", "Priority": "1"}),
    "a recording with a shell line": ("MixMonitor", {"Channel": "x", "File": "x", "Command": "touch x"}),
    "a user event": ("UserEvent", {"UserEvent": "Forged"}),
    "a database": ("DBPut", {"Family": "x", "Key": "y", "Val": "z"}),
}


@pytest.mark.parametrize("action", REFUSED)
async def test_the_engines_account_is_refused_whatever_the_engine_does_not_send(stage: Stage, action: str) -> None:
    async with manager(stage) as client:
        name, headers = REFUSED[action]
        with pytest.raises(ActionFailed, match="Permission denied"):
            await client.send(name, headers)


@pytest.mark.parametrize("function", ["SHELL(touch x)", "FILE(/etc/passwd)", "ENV(HOME)", "DB(cidname/1)"])
async def test_the_one_action_that_evaluates_text_reads_nothing_for_it(stage: Stage, function: str) -> None:
    """Getvar needs no more than `reporting`, which the lists of a resync need too; live_dangerously=no guards it."""
    async with manager(stage) as client:
        answer = ""
        with suppress(ActionFailed):
            answer = (await client.send("Getvar", {"Variable": function})).get("Value")
        assert answer == ""
    assert not (Path(f"/proc/{find_pid(stage.config)}/cwd") / "x").exists()


@asynccontextmanager
async def manager(stage: Stage) -> AsyncIterator[AmiClient]:
    secret = stage.config.secrets.ami_password
    async with AmiClient(stage.config.bind, stage.config.ami_port, "cti", secret, ()) as client:
        async with asyncio.timeout(60):
            await client.wait_up()
        yield client
