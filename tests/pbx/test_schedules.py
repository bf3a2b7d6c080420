"""Opening hours on paper and on a real Asterisk: the same answer at ten thousand instants, with no engine there.

One channel asks all of them: our own FastAGI server sets its clock (`CTI_NOW`) and has it run the schedule's context.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
from scene import ask_asterisk

from cti.core.schedule import Schedule
from cti.core.schedule_override import FAMILY, parse_override
from cti.pbx import Installation, astdb
from cti.share import shared_folder
from cti.site.load import load_site
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

INSTANTS = 10_000
FIRST, LAST = datetime(2025, 12, 1, tzinfo=UTC), datetime(2028, 1, 31, tzinfo=UTC)
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
# Set forward and set back, in 2026 and 2027.
CLOCK_SET = {
    "Europe/Berlin": ("2026-03-29T01", "2026-10-25T01", "2027-03-28T01", "2027-10-31T01"),
    "America/New_York": ("2026-03-08T07", "2026-11-01T06", "2027-03-14T07", "2027-11-07T06"),
    "Australia/Lord_Howe": ("2026-04-04T15", "2026-10-03T15:30", "2027-04-03T15", "2027-10-02T15:30"),
}
OFFICE = """
  office:
    timezone: Asia/Shanghai
    open: {mon-fri: ["08:00-18:00"], sat: ["09:00-12:00", "13:00-17:00"]}
    holidays: {country: CN, reason: holiday, work_days: mon}
    dates: {"2026-12-31": ["22:00-04:00"], "2027-01-04": {open: ["10:00-11:00"], reason: stocktaking}}
    reasons: {holiday: {}, stocktaking: {}}
  berlin:
    timezone: Europe/Berlin
    open: {mon-sat: ["06:00-22:00"], sun: ["02:30-02:40"]}
    holidays: {country: DE, subdivision: BE}
  nights:
    timezone: America/New_York
    open: {fri-sat: ["22:00-06:00"], sun: ["20:00-24:00"]}
    holidays: {country: US}
"""


def site_text() -> str:
    """Three written schedules, and one of each zone that chance has made: nights, gaps and listed days."""
    chance = random.Random(4)
    text = 'site: {name: "Hours", timezone: Asia/Shanghai, languages: [en]}\nschedules:' + OFFICE
    for number, zone in enumerate(ZONES):
        days = [date(2026, 1, 1) + timedelta(days=chance.randrange(700)) for _ in range(12)]
        text += f"  chance{number}:\n    timezone: {zone}\n    reasons: {{r0: {{}}, r1: {{}}}}\n    open:\n"
        text += "".join(f"      {day}: {spans(chance)}\n" for day in ("mon", "tue", "thu", "sat", "sun"))
        listed = {f'      "{day}": {{open: {spans(chance)}, reason: r{day.day % 2}}}\n' for day in days}
        text += "    dates:\n" + "".join(sorted(listed))
    return text


def spans(chance: random.Random) -> str:
    """Two spans of a day before 20:00, so that no night runs into them; sometimes with one that runs over midnight."""
    first, second, third, fourth = sorted(chance.sample(range(5 * 60, 20 * 60), 4))
    night = [(chance.randrange(20 * 60, 24 * 60), chance.randrange(1, 5 * 60))] if chance.random() < 0.4 else []
    told = (f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in [(first, second), (third, fourth), *night])
    return "[" + ", ".join(f'"{span}"' for span in told) + "]"


class Clock:
    """A channel of the instance, whose clock can be set. It speaks AGI by itself: `GOSUB` is nothing that we send."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def asked(self, schedule: str, at: datetime) -> tuple[str, str]:
        """What the rendered dialplan says: open or closed, and the reason."""
        await self._command(f"SET VARIABLE CTI_NOW {int(at.timestamp())}")
        assert await self._command(f"GOSUB cti-schedule-{schedule} s 1") == "200 result=0 Gosub complete"
        said = await self._command("GET FULL VARIABLE ${GOSUB_RETVAL}/${CTI_REASON}")
        state, _, reason = said.removeprefix("200 result=1 (").removesuffix(")").partition("/")
        return state, reason

    async def _command(self, line: str) -> str:
        self._writer.write(line.encode() + b"\n")
        while (reply := (await self._line()).decode().strip()).startswith("100 "):
            pass
        return reply

    async def _line(self) -> bytes:
        # GOSUB answers in two packets; unless the first is acknowledged at once, Nagle holds the second back for 40 ms
        self._writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return await self._reader.readline()

    def close(self) -> None:
        self._writer.close()


class House:
    """The instance without an engine, and whoever asks."""

    def __init__(self, stage: Stage, asterisk: Installation, clocks: asyncio.Queue[Clock]) -> None:
        self.stage, self.asterisk, self._clocks = stage, asterisk, clocks
        self.schedules = dict(load_site(stage.config.site_file).schedules)

    @asynccontextmanager
    async def clock(self) -> AsyncIterator[Clock]:
        await self.console("module load res_clioriginate.so")  # left out of our modules.conf on purpose
        await self.console("channel originate Local/s@test-clock application Wait 600")
        clock = await asyncio.wait_for(self._clocks.get(), 60)
        try:
            yield clock
        finally:
            clock.close()

    async def console(self, line: str) -> str:
        return await ask_asterisk(self.stage, self.asterisk, line)

    async def kept(self) -> dict[str, str]:
        """Every override in Asterisk's database."""
        return await asyncio.to_thread(astdb.read_family, self.stage.config, FAMILY)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("hours") / "home"
    clocks: asyncio.Queue[Clock] = asyncio.Queue()

    async def lend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (await reader.readline()).strip():
            pass  # the environment, up to its empty line
        clocks.put_nowait(Clock(reader, writer))

    async with Stage(home) as stage, await asyncio.start_server(lend, "127.0.0.1", 0) as server:
        await stage.prepare(site=site_text())
        (home / "dialplan").mkdir()
        own = (shared_folder("dialplan") / "extensions.conf.j2").read_text()
        own += f"\n[test-clock]\nexten => s,1,Answer()\n same => n,AGI(agi://127.0.0.1:{server.sockets[0].getsockname()[1]})\n"
        (home / "dialplan" / "extensions.conf.j2").write_text(own)
        await stage.cti("dialplan", "apply")
        await stage.cti("pbx", "up")
        yield House(stage, asterisk, clocks)


def instants(name: str, schedule: Schedule) -> Iterator[datetime]:
    """Around changes, minute by minute where the clock is set, around the ends of years; the rest by chance."""
    second = timedelta(seconds=1)
    changes = [change.at for change in schedule.changes(FIRST, (LAST - FIRST).days)]
    chance = random.Random(name)
    around = [at for at in changes if at.month in (1, 12) or (at.year, at.month) in ((2026, 9), (2026, 10))]
    around += chance.sample(changes, min(len(changes), 80))
    yield from (at + shift for at in around for shift in (-second, timedelta(0), second))
    for text in CLOCK_SET.get(schedule.timezone, ()):
        at = datetime.fromisoformat(text + ":00" * (text.count(":") == 0)).replace(tzinfo=UTC)
        yield from (at + minutes * timedelta(minutes=1) for minutes in range(-65, 65, 3))
        yield from (at - second, at + second)
    while True:
        yield FIRST + timedelta(seconds=chance.randrange(int((LAST - FIRST).total_seconds())))


async def test_paper_and_asterisk_agree_on_ten_thousand_instants(house: House) -> None:
    each = INSTANTS // len(house.schedules) + 1
    differ, asked, seen = [], 0, set()
    async with house.clock() as clock:
        for name, schedule in house.schedules.items():
            for at, _ in zip(instants(name, schedule), range(each), strict=False):
                state = schedule.state_at(at)
                expected = ("open" if state.open else "closed", state.reason)
                said = await clock.asked(name, at)
                asked += 1
                seen.add((name, expected))
                if said != expected:
                    differ.append(f"{name} {at.isoformat()}: {said}, not {expected} ({state.rule})")
    assert differ == []
    assert asked >= INSTANTS
    reasons = {("office", ("closed", day.reason)) for day in house.schedules["office"].exceptions if day.reason}
    assert ("office", ("closed", "stocktaking")) in reasons
    assert reasons | {("berlin", ("open", "")), ("nights", ("closed", ""))} <= seen


FORCED = {
    "office": ("closed", "--reason", "holiday"),
    "berlin": ("open",),
    "nights": ("closed", "--until", "2027-12-24 12:00"),
    "chance0": ("open", "--period"),
    "chance1": ("closed", "--until", "2099-01-01T00:00:00Z"),
}


async def test_overrides_agree_and_hold_over_a_restart_of_asterisk(house: House) -> None:
    cti = house.stage.cti
    for name, words in FORCED.items():
        await cti("schedule", "override", name, *words)
    before = {one["schedule"]: one for one in json.loads(await cti("schedule", "list", "--json"))}
    await cti("pbx", "down")
    await cti("pbx", "up")
    after = {one["schedule"]: one for one in json.loads(await cti("schedule", "list", "--json"))}
    assert {name: after[name]["override"] for name in FORCED} == {name: before[name]["override"] for name in FORCED}
    texts = await house.kept()
    async with house.clock() as clock:
        for name in FORCED:
            override = parse_override(texts[name])
            assert override is not None
            begin = datetime.now(UTC).replace(microsecond=0)
            times = [begin + timedelta(minutes=minutes) for minutes in range(0, 3 * 1440, 45)]
            end = override.until or begin
            times += [end + timedelta(seconds=seconds) for seconds in (-1, 0, 1, 86_400)]
            for at in times:
                state = house.schedules[name].state_at(at, override)
                said = await clock.asked(name, at)
                assert said == ("open" if state.open else "closed", state.reason), (name, at, state.rule)
    for name in FORCED:
        await cti("schedule", "override", name, "none")
    assert await house.kept() == {}


@pytest.mark.parametrize("text", ["closed", "open:", "shut", "closed:abc:x:Holi day;", "open:99999999999999999999"])
async def test_whatever_somebody_typed_into_the_database_means_the_same_to_both(house: House, text: str) -> None:
    await house.console(f'database put {FAMILY} office "{text}"')
    async with house.clock() as clock:
        for day in (5, 12):
            at = datetime(2026, 10, day, 3, tzinfo=UTC)
            state = house.schedules["office"].state_at(at, parse_override(text))
            assert await clock.asked("office", at) == ("open" if state.open else "closed", state.reason)
    await house.console(f"database del {FAMILY} office")
