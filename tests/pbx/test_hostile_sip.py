"""Every hostile number, name and header of the book called in by real SIP: each changes nothing but its own text.

One evening: each string calls once as who it is (From user, display name, Diversion and the asserted identities) and
once as what it dials. Then the books are read: journals, rows, screens, Asterisk's own word, folders and logs.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
import pytest_asyncio
from scene import ask_asterisk, at_work, caller, house, queue_log, screen, told, until

from cti.journal import cdr, cel, engine_log
from cti.journal import queue_log as queue_log_file
from cti.journal.records import split_csv, split_lines
from cti.pbx import Installation, find_pid
from cti.phones import Behaviour, Customer
from cti.phones.calls import CallResult
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

HOSTILE: dict[str, str | bytes] = {
    "1 a dial string": "500&PJSIP/itsp/14165551212",
    "2 arguments": "100,evil,args",
    "3 old arguments": "100|S(5)",
    "4 an AGI argument": "100\nagi_arg_1: admin",
    "5 an AGI reply": "1001\n\n200 result=1",
    "4+5 both at once": "1001\nagi_arg_1: admin\n\n200 result=1",
    "6 an AMI event": "1\r\n\r\nEvent: Hangup\r\nChannel: PJSIP/x",
    "7 an AMI response": "1\r\n\r\nResponse: Success\r\nActionID: 1",
    "8 a line of queue_log": "1\n1700000000|x|q|a|COMPLETECALLER|1|9999|1",
    "9 a shell command": ";touch x",
    "10 a substitution": "$(id)",
    "11 backticks": "`id`",
    "12 a function that runs programs": "${SHELL(touch x)}",
    "13 a function that reads": "${CHANNEL(hangupsource)}",
    "14 an element": '"><svg/onload=alert(1)>',
    "15 a script": "javascript:alert(1)",
    "16 SQL": "'; DROP TABLE cdr;--",
    "17 slow SQL": "' OR SLEEP(5)#",
    "18 a path": "../../../etc/passwd",
    "19 NUL": "13\x0007",
    "20 a kilobyte": "9" * 1024,
    "20 8,191 bytes": "8" * 8191,
    "20 8,192 bytes": "7" * 8192,
    "20 64 kB": "6" * 64_000,
    "21 right to left": "\u202e12345",
    "21 zero width": "1\u200b2",
    "21 Arabic digits": "\u0661\u0662\u0663",
    "21 full-width digits": "\uff11\uff12\uff13",
    "21 emoji": "\u260e\ufe0f\U0001f60012",
    "21 a lone surrogate": b"\xed\xa0\x80 12",
    "21 no UTF-8": b"\xff12",
    "21 no UTF-8 and a forged line": b"\xff1\nERROR[1] forged",
    "21 GB18030": "华星".encode("gb18030") + b"12",
    "22 anonymous": "anonymous",
    "22 unknown": "<unknown>",
    "22 the start": "s",
    "22 the hang-up": "h",
    "22 the invalid": "i",
    "22 the time-out": "t",
    "22 a feature": "*2",
    "22 another feature": "#1",
    "23 a formula": "=cmd|' /C calc'!A0",
    "23 a sum": "+1+1",
    "23 a function": "@SUM",
    "24 format": "%s%n",
    "24 braces": "{0}",
    "24 a template": "{{7*7}}",
    "25 a prototype": "__proto__",
    "57 ANSI": "\x1b[2J\x1b[31m12",
}
DID = "4008001234"
SITE = f"""
numbers: {{"{DID}": {{to: "menu:main"}}}}
menus:
  main: {{prompt: choose, timeout_seconds: 10, keys: {{"1": "queue:sales"}}, otherwise: hangup}}
queues:
  sales: {{steps: [{{after: 0, need: {{sales: 1}}}}], ring_seconds: 10, wrap_up_seconds: 0, overflow: hangup}}
"""
AGENTS = {"1001": "sales=50", "1002": "sales=50"}
QUICK = Behaviour(answer_after=0.05, talk_seconds=0.4)
AT_ONCE = 15
CUT = 8191  # characters of a line of Asterisk's log (logger.c)
ALPHABET = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz .@_") | frozenset(range(128, 256))


def raw(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def number_left(text: str | bytes) -> str:
    """What a From user may still be: of the 79 bytes that Asterisk keeps (channel.h), digits and plus."""
    return "".join(chr(byte) for byte in raw(text).partition(b"\0")[0][:79] if chr(byte) in "+0123456789")


def name_left(text: str | bytes | None) -> str:
    """The same for a display name: letters, digits, a few marks, and what is not ASCII but no direction mark."""
    kept = bytes(byte for byte in raw(text or b"")[:79] if byte in ALPHABET)
    return kept.decode("utf-8", "replace").replace("\u202e", "\ufffd").strip()


def as_caller(text: str | bytes) -> Customer:
    """Whatever a header can carry of it, wherever a PBX may look for who calls; 64 kB fill one packet alone."""
    user = quote_from_bytes(raw(text), safe="+*")
    identities = {
        "Diversion": f"<sip:{user}@127.0.0.2>;reason=unconditional",
        "P-Asserted-Identity": f"<sip:{user}@127.0.0.2>",
        "Remote-Party-ID": f"<sip:{user}@127.0.0.2>;party=calling;privacy=off",
    }
    alone = len(text) > 20_000
    return Customer(
        did=DID,
        from_number=text,
        display_name=None if alone or set(raw(text)) & set(b"\r\n\0") else text,
        headers={} if alone else identities,
        digits=[(0.3, "1")],
        media="one_packet",
    )


CALLERS = {what: as_caller(text) for what, text in HOSTILE.items()} | {
    "22 empty": Customer(did=DID, from_number=None, display_name="", digits=[(0.3, "1")], media="one_packet")
}
DIALLED = {
    what: text.decode("latin-1") if isinstance(text, bytes) else text
    for what, text in HOSTILE.items()
    if len(text) <= 20_000  # it is sent twice, in the request line and in To
}


@dataclass(frozen=True)
class Evening:
    """What is left when everybody has hung up and every line has become a row."""

    stage: Stage
    served: dict[str, CallResult]
    refused: dict[str, CallResult]
    pops: list[dict[str, Any]]
    ids: set[str]  # the conversations' ids, as the screens knew them
    rows: list[dict[str, Any]]
    files: set[str]  # those that are new, below the instance's folder

    def text(self, *parts: str) -> bytes:
        return self.stage.config.log_dir.joinpath(*parts).read_bytes()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evening(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Evening]:
    home = tmp_path_factory.mktemp("hostile") / "home"
    async with house(home, SITE, AGENTS, dict.fromkeys(AGENTS, QUICK)) as stage:
        await stage.serve()
        before = files_in(home)
        async with screen(stage) as watcher, at_work(stage, *AGENTS):
            served, refused = await asyncio.gather(
                everybody(stage, CALLERS),
                everybody(stage, {what: caller(did, "13800138000") for what, did in DIALLED.items()}),
            )
            rows = await told(stage, count=len(CALLERS))
            pops = [seen.data for seen in watcher.seen if seen.kind == "pop"]
        await until("all recordings", lambda: recorded(stage, rows))
        ids = {str(pop["call"]) for pop in pops}
        yield Evening(stage, served, refused, pops, ids, rows, files_in(home) - before)


async def everybody(stage: Stage, customers: dict[str, Customer]) -> dict[str, CallResult]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(customer: Customer) -> CallResult:
        async with gate:
            call = await stage.call(customer)
            return await call.done(60)

    results = await asyncio.gather(*map(one, customers.values()))
    return dict(zip(customers, results, strict=True))


async def recorded(stage: Stage, rows: list[dict[str, Any]]) -> bool:
    """No file grows any more. Of a talk of 0.4 s in which its phone was not run there is no sound."""
    found = [await stage.get(f"/api/calls/{row['call']}") for row in rows]
    states = Counter(sound["state"] for one in found for sound in one["recordings"])
    return states.keys() <= {"whole", "empty"} and states.total() == len(rows) and states["whole"] > 0.8 * len(rows)


def files_in(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


# --- the callers' side ----------------------------------------------------------------------------------


async def test_everybody_is_served_as_any_other_caller(evening: Evening) -> None:
    assert {what: result.outcome for what, result in evening.served.items()} == dict.fromkeys(CALLERS, "completed")
    assert {what: result.hung_up_by for what, result in evening.served.items()} == dict.fromkeys(CALLERS, "far_side")


async def test_a_number_that_is_not_ours_is_refused_at_once(evening: Evening) -> None:
    assert {what: result.code for what, result in evening.refused.items()} == dict.fromkeys(DIALLED, 404)
    took = sorted((one.ended - one.invited).total_seconds() for one in evening.refused.values() if one.ended)
    assert len(took) == len(DIALLED)
    assert took[len(took) // 2] < 1.0, "most of them, on a busy machine"
    assert took[-1] < 5.0, "nothing is waited for: the dialplan's own times begin there"


# --- screens and rows -----------------------------------------------------------------------------------


def expected() -> Counter[tuple[str, str]]:
    return Counter(
        (number_left(customer.from_number or ""), name_left(customer.display_name)) for customer in CALLERS.values()
    )


async def test_the_pop_shows_digits_and_plain_text_and_nothing_else_of_the_caller(evening: Evening) -> None:
    assert Counter((pop["number"], pop["name"]) for pop in evening.pops) == expected()
    assert {(pop["queue"], pop["customer"], pop["path"]) for pop in evening.pops} == {("sales", "", "main:1")}
    assert [pop["digits"] for pop in evening.pops] == [{"main": "1"}] * len(CALLERS)
    assert {pop["agent"] for pop in evening.pops} <= set(AGENTS)


async def test_every_call_is_one_conversation_and_there_is_no_other(evening: Evening) -> None:
    assert len(evening.ids) == len(evening.pops) == len(CALLERS)
    assert {row["call"] for row in evening.rows} == evening.ids
    assert Counter((row["number"], row["name"]) for row in evening.rows) == expected()
    assert {(row["queue"], row["did"], row["outcome"], row["source"]) for row in evening.rows} == {
        ("sales", DID, "answered", "engine")
    }
    assert max(row["talk_seconds"] for row in evening.rows) < 10


async def test_the_agents_phone_is_told_no_more_than_the_screen(evening: Evening) -> None:
    rings = [event for event in evening.stage.phones.happened if event.kind == "invite" and event.agent]
    assert len(rings) == len(CALLERS)
    assert all(re.fullmatch(r"[+0-9]*|anonymous|asterisk|unknown", event.number) for event in rings)
    diverted = [event.headers["diversion"] for event in rings if "diversion" in event.headers]
    assert len(diverted) > len(CALLERS) / 2
    assert [text for text in diverted if not re.fullmatch(r"<sip:[+0-9]+@[\w.:]+>;reason=unconditional", text)] == []
    shown = " ".join(value for event in rings for value in event.headers.values())
    assert not re.search(r"[|`{}$;](id|touch|alert|SHELL|DROP|7)|agi_arg|%0[AaDd]|\x1b", shown)


# --- journals -------------------------------------------------------------------------------------------


async def test_queue_log_has_the_four_lines_of_each_call_and_no_other(evening: Evening) -> None:
    lines = queue_log(evening.stage)
    members = Counter(line.event for line in lines if line.call in ("NONE", "MANAGER"))
    assert members == {"QUEUESTART": 1, "ADDMEMBER": len(AGENTS), "REMOVEMEMBER": members["REMOVEMEMBER"]}
    calls: dict[str, list[str]] = {}
    for line in lines:
        if line.call not in ("NONE", "MANAGER"):
            calls.setdefault(line.call, []).append(line.event)
            assert (line.queue, line.agent) in (("sales", "NONE"), ("sales", "1001"), ("sales", "1002"))
    assert calls == {call: ["DID", "ENTERQUEUE", "CONNECT", "COMPLETEAGENT"] for call in evening.ids}
    numbers = Counter(line.data[1] for line in lines if line.event == "ENTERQUEUE")
    assert numbers == Counter(number for number, _ in expected().elements())
    records, _ = split_lines(evening.text("queue_log"), 0)
    assert all(
        queue_log_file.parse(record.raw, "f", record.offset) or b"|NONE|" in record.raw or b"MANAGER" in record.raw
        for record in records
    )


async def test_cel_and_cdr_tell_two_channels_for_each_call_and_nothing_forged(evening: Evening) -> None:
    read = [(record.raw, cel.parse(record.raw, "f", record.offset)) for record in cel_records(evening)]
    assert [raw for raw, event in read if event is None and b"cti-probe" not in raw] == []  # `apply` makes a test call
    events = [event for _, event in read if event is not None]
    created = Counter(event.call for event in events if event and event.kind == "CHAN_START")
    assert created == dict.fromkeys(evening.ids, 2)
    dead = Counter(event.call for event in events if event and event.kind == "LINKEDID_END")
    assert dead == dict.fromkeys(evening.ids, 1)
    records, end = split_csv(evening.text("cdr-custom", "Master.csv"), 0)
    assert end == len(evening.text("cdr-custom", "Master.csv"))
    lines = [cdr.parse(record.raw, "f", record.offset) for record in records]
    assert {line.call for line in lines if line} == evening.ids
    assert {line.data["context"] for line in lines if line} <= {"from-trunk", "cti-queue-sales", "cti-menu-main"}


def cel_records(evening: Evening) -> list[Any]:
    data = evening.text("cel-custom", "Master.csv")
    records, end = split_csv(data, 0)
    assert end == len(data)
    # Asterisk writes a number down as it came before the dialplan's FILTER() sees it; its line feeds stand in quotes.
    rows = list(csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline=""), strict=True))
    assert len(rows) == len(records)  # any reader of CSV sees the same
    return list(records)


async def test_the_engines_own_journal_tells_every_call_once(evening: Evening) -> None:
    records, _ = split_lines(evening.stage.config.journal_file.read_bytes(), 0)
    lines = [engine_log.parse(record.raw, "f", record.offset) for record in records]
    kinds = Counter(line.kind for line in lines if line)
    assert {kinds[kind] for kind in ("joined", "offer", "pop", "answered", "talk_ended")} == {len(CALLERS)}
    assert not kinds.keys() & {"missed", "interrupted", "released", "leg_ended"}
    assert {line.call for line in lines if line and line.call} == evening.ids


# --- Asterisk, folders and logs -------------------------------------------------------------------------


async def test_asterisk_knows_no_other_queue_or_member_and_carries_nothing(
    evening: Evening, asterisk: Installation
) -> None:
    shown = await ask_asterisk(evening.stage, asterisk, "queue show")
    assert re.findall(r"(?m)^(\S+) +has", shown) == ["sales"]
    assert not re.search("PJSIP|Local", shown)  # everybody has logged out
    assert "0 active channels" in await ask_asterisk(evening.stage, asterisk, "core show channels count")
    now = await evening.stage.get("/api/floor")
    assert [agent["agent"] for agent in now["agents"]] == list(AGENTS)
    assert [queue["queue"] for queue in now["queues"]] == ["sales"]
    assert now["calls"] == now["pops"] == []


async def test_no_file_was_made_but_recordings_under_our_names(evening: Evening) -> None:
    recordings = {file for file in evening.files if file.startswith("var/recordings/")}
    days = r"var/recordings/\d{4}/\d\d/\d\d/"
    assert {re.sub(days, "", file) for file in recordings} == {f"{call}.raw" for call in evening.ids}
    ours = r"var/(phones/.*|journal/(engine\.jsonl|reports\.lock)|cti\.sqlite.*|pbx/lib/astdb.*"
    ours += r"|pbx/log/(cel|cdr)-custom/Master\.csv)"
    assert {file for file in evening.files - recordings if not re.fullmatch(ours, file)} == set()
    assert not (Path(f"/proc/{find_pid(evening.stage.config)}/cwd") / "x").exists()  # ;touch x, ${SHELL(touch x)}


async def test_no_line_of_any_log_is_forged(evening: Evening) -> None:
    first, *said = evening.text("full").decode().removesuffix("\n").split("\n")
    assert re.match(r"\[.+\] Asterisk ", first)
    assert [line for line in said if not line.startswith('{"hostname":"') or re.search(r"[\x00-\x1f]", line)] == []
    entries = [json.loads(line)["logmsg"] for line in said if len(line) < CUT]
    assert len(said) - len(entries) < 10  # cut off by Asterisk's own buffer, and still one line each
    complaints = {re.sub(r"\d+", "n", " ".join(e["message"].split()[:2])) for e in entries if e["level"] != "NOTICE"}
    # A line with bytes that are no UTF-8 is not written; Asterisk's JSON says so instead, with a backtrace.
    assert complaints <= {"CallerID Name", "Can't find", "Error building", "Got n"}
    spoken = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (serve|engine|importer) INFO [\w.]+: [ -~]+"
    start = next(number for number, line in enumerate(evening.stage.log) if "supervisor: engine started" in line)
    assert [line for line in evening.stage.log[start:] if not re.fullmatch(spoken, line)] == []


async def test_nothing_ran_a_program(evening: Evening) -> None:
    assert [name for name, data in everything_written(evening) if b"uid=" in data] == []


def everything_written(evening: Evening) -> Iterator[tuple[str, bytes]]:
    for file in files_in(evening.stage.home):
        if not file.startswith(("var/phones/", "var/recordings/", "var/pbx/data/")):
            yield file, (evening.stage.home / file).read_bytes()
