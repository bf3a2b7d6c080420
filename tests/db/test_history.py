"""Three years of another installation, as its files lie about -> conversations, on both databases, once."""

from __future__ import annotations

import gzip
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cti.cli.journal_import import import_files
from cti.db.history import Wanted
from cti.db.store import Store
from cti.journal.history import found

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2023, 1, 1, tzinfo=UTC)
CALLS = 600  # one every 44 hours
HEADER = "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,amaflags,"
HEADER += "accountcode,uniqueid,userfield,did,linkedid"


class Site:
    """Queue calls in queue_log and CEL, direct ones in CDRs only. `expected` are the outcomes by kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.expected: Counter[tuple[str, str]] = Counter()
        self.talk: dict[str, float] = {}
        self._dice = random.Random(5)
        self._files: dict[str, list[tuple[float, str]]] = {}

    def live(self) -> None:
        for number in range(CALLS):
            at = BEGIN + timedelta(hours=44 * number, seconds=self._dice.randrange(3600))
            (self._queued if number % 2 else self._direct)(at, f"{int(at.timestamp())}.{number * 2}", number)
        for name, lines in self._files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = [line for _, line in sorted(lines)]
            head = [HEADER] if name.startswith("mysql") else []
            raw = ("\n".join([*head, *text]) + "\n").encode()
            path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)

    def _write(self, name: str, at: datetime, line: str) -> None:
        self._files.setdefault(name, []).append((at.timestamp(), line))

    def _queued(self, at: datetime, call: str, number: int) -> None:
        wait, talk, agent = self._dice.randrange(6, 50), self._dice.randrange(1, 300), f"Müller {number % 9}"
        leg = f"{call.split('.')[0]}.{number * 2 + 1}"
        answered = self._dice.random() < 0.7
        self.expected["queue", "answered" if answered else "abandoned"] += 1
        left = at + timedelta(seconds=wait)
        story = [(at, "NONE", "ENTERQUEUE", "", "0049301234", 1)]
        if answered:
            self.talk[call] = talk
            story += [
                (left, agent, "CONNECT", wait, leg, 4),
                (left + timedelta(seconds=talk), agent, "COMPLETEAGENT", wait, talk),
            ]
        else:
            story.append((left, "NONE", "ABANDON", 1, 1, wait))
        rotated = f"asterisk/queue_log-{at:%Y%m}01.gz" if at.year < 2025 else "asterisk/queue_log"
        for when, *rest in story:
            if at.year == 2023 and at.month > 2:  # a backup that was rotated elsewhere, from the third month on
                self._write("backup/queue_log.1", when, _line(when, call, rest))
            self._write(rotated, when, _line(when, call, rest))
        over = left + timedelta(seconds=talk if answered else 0)
        for when, event in ((at, "CHAN_START"), (over, "HANGUP"), (over, "CHAN_END"), (over, "LINKEDID_END")):
            values = [
                event,
                f"{when.timestamp():.6f}",
                "",
                "0049301234",
                "",
                "",
                "",
                "4000",
                "from-trunk",
                "SIP/t-1",
                "Queue",
            ]
            values += ["", "3", "", call, call, "", "", "", ""]
            self._write(f"asterisk/cel-custom/Master.csv.{at.year}", when, ",".join(f'"{value}"' for value in values))

    def _direct(self, at: datetime, call: str, number: int) -> None:
        talk = self._dice.choice([0, 0, self._dice.randrange(1, 300)])
        self.expected["direct", "answered" if talk else "abandoned"] += 1
        if talk:
            self.talk[call] = talk
        local = at.astimezone(BERLIN)
        row = [f"{local:%Y-%m-%d %H:%M:%S}", '"""A"" <0301>"', "0301", "10", "ext-local", f"SIP/t-{number:08x}"]
        row += [f"SIP/100{number % 5}-{number:08x}", "Dial", "SIP/x", str(talk + 9), str(talk)]
        row += ["ANSWERED" if talk else "NO ANSWER", "3", "", call, "", "03012345", call]
        self._write(f"mysql/cdr-{at.year}.csv", at, ",".join(row))
        if number % 10 == 0:
            self._write("mysql/cdr-again.csv", at, ",".join(row))  # a second export of some of the same rows


def _line(when: datetime, call: str, rest: list) -> str:
    return "|".join(map(str, (int(when.timestamp()), call, "Kundendienst", *rest)))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    site = Site(tmp_path_factory.mktemp("site"))
    site.live()
    return site


async def everything(store: Store) -> list[dict]:
    rows, after = [], ""
    while True:
        some, after = await store.page(Wanted(limit=500, after=after))
        rows += some
        if not after:
            return rows


async def test_three_years_come_whole_in_any_order_and_only_once(site, new_database, exported):
    files, others = found([site.folder])
    assert (len(files), others) == (24 + 1 + 4 + 4 + 2, [])
    exports = []
    for order in (1, 2):
        url = new_database()
        random.Random(order).shuffle(files)
        brought = await import_files(url, files, BERLIN)
        assert not any(reading.refused or reading.broken for reading in brought.readings)
        assert brought.conversations == CALLS
        assert brought.span[0].date() == BEGIN.date()
        assert brought.span[1] - brought.span[0] > timedelta(days=3 * 365)
        again = await import_files(url, files, BERLIN)
        assert (sum(reading.accepted for reading in again.readings), again.conversations) == (0, 0)
        async with Store(url) as store:
            rows = await everything(store)
            exports.append([line for line in (await exported(store)).splitlines() if '"journal_lines"' not in line])
    assert exports[0] == exports[1]
    kinds = Counter(("queue" if row["queue"] else "direct", row["outcome"]) for row in rows)
    assert kinds == site.expected
    assert {row["id"]: row["talk_seconds"] for row in rows if row["talk_seconds"]} == pytest.approx(site.talk)
    assert {row["did"] for row in rows if not row["queue"]} == {"03012345"}


async def test_calls_of_cdrs_alone_are_whole(site, new_database):
    files, _ = found([site.folder / "mysql"])
    url = new_database()
    await import_files(url, files, BERLIN)
    async with Store(url) as store:
        row = next(row for row in await everything(store) if row["outcome"] == "answered")
        whole = await store.conversation(row["id"])
    assert [segment["kind"] for segment in whole["segments"]] == ["ring", "talk"]
    assert (whole["number"], whole["direction"], whole["interrupted"]) == ("0301", "inbound", False)
    assert whole["agent"].startswith("100")
    assert whole["segments"][-1]["detail"] == "billed"
