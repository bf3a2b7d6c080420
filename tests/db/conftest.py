"""A store on each database to test on, and a day of journals to import."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cti.db.store import Store
from cti.journal.engine_log import EngineJournal
from cti.journal.importer import JournalFiles, journal_files

sys.path.insert(0, str(Path(__file__).parent))  # tests import hand_made by name

ZERO = 1_795_300_000


@pytest.fixture
async def store(new_database):
    async with Store(new_database()) as opened:
        yield opened


class Day:
    """A folder of journals. `call(n)` writes the n-th call: answered, abandoned, missed or transferred, by n."""

    def __init__(self, folder: Path) -> None:
        self.files: JournalFiles = journal_files(folder / "log", folder / "engine.jsonl")
        self.engine = EngineJournal(self.files.engine, rotate_bytes=4_000)
        for path in (self.files.queue_log, self.files.cel, self.files.cdr):
            path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, path: Path, text: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)

    def queue_log(self, second: float, call: str, agent: str, event: str, *data: object) -> None:
        self.write(self.files.queue_log, "|".join(map(str, (int(second), call, "sales", agent, event, *data))) + "\n")

    def cel(self, second: float, leg: str, linked: str, event: str, *rest: str, extra: str = "") -> None:
        context, channel, number = (*rest, "", "", "")[:3]
        values = [
            event,
            f"{second:.6f}",
            leg,
            linked,
            number,
            "",
            "4008001234",
            context,
            channel,
            "Dial",
            extra,
            "",
            "",
        ]
        self.write(self.files.cel, ",".join('"' + value.replace('"', '""') + '"' for value in values) + "\n")

    def tell(self, kind: str, second: float, **values: object) -> None:
        self.engine.append(kind, datetime.fromtimestamp(second, UTC), **values)

    def call(self, number: int) -> str:
        begin = ZERO + number * 10
        call, leg, agent = f"{begin}.{number * 10}", f"{begin + 3}.{number * 10 + 1}", f"10{number % 7:02}"
        self.cel(begin, call, call, "CHAN_START", "from-trunk", f"PJSIP/itsp-{number:08x}", f"138{number:08}")
        self.queue_log(begin + 1, call, "NONE", "DID", "4008001234")
        self.queue_log(begin + 1, call, "NONE", "ENTERQUEUE", "", f"138{number:08}", 1)
        caller = {"number": f"138{number:08}", "language": "zh", "path": "main:1>", "did": "4008001234"}
        self.tell("joined", begin + 1.2, call=call, queue="sales", caller=caller)
        self.tell("explain", begin + 1.3, call=call, decision="offer", ring=0, chosen=agent, candidates=[[agent, "in"]])
        self.tell("offer", begin + 1.4, call=call, agent=agent, queue="sales")
        if number % 3 == 0:
            self.tell("missed", begin + 3, call=call, agent=agent, why="no_answer")
            self.queue_log(begin + 4, call, agent, "RINGNOANSWER", 3000)
            self.queue_log(begin + 6, call, "NONE", "ABANDON", 1, 1, 5)
        else:
            self.talk(begin, call, leg, agent)
            if number % 5 == 2:
                self.survey(begin, call, agent, number)
        self.cel(begin + 9, call, call, "CHAN_END")
        self.cel(begin + 9.1, call, call, "LINKEDID_END")
        return call

    def talk(self, begin: int, call: str, leg: str, agent: str) -> None:
        extra = '{"bridge_id":"' + leg + '"}'
        self.cel(begin + 1.5, leg, call, "CHAN_START", "from-agent", f"PJSIP/{agent}-{begin % 4096:08x}")
        self.cel(begin + 3, leg, call, "ANSWER")
        self.tell("answered", begin + 3, call=call, agent=agent)
        self.queue_log(begin + 3, call, agent, "CONNECT", 2, leg, 1)
        for channel in (call, leg):
            self.cel(begin + 3.1, channel, call, "BRIDGE_ENTER", extra=extra)
        for channel in (call, leg):
            self.cel(begin + 8, channel, call, "BRIDGE_EXIT", extra=extra)
        self.queue_log(begin + 8, call, agent, "COMPLETECALLER", 2, 5, 1)
        self.tell("talk_ended", begin + 8, call=call, agent=agent)
        self.cel(begin + 8.5, leg, call, "CHAN_END")

    def survey(self, begin: int, call: str, agent: str, number: int) -> None:
        """Two questions; the second one is not always waited for."""
        self.queue_log(begin + 8, call, agent, "SURVEYBEGIN", "care")
        self.queue_log(begin + 9, call, agent, "SURVEY", "care", "content", 1, number % 5 + 1, 1, 5)
        became = "hung_up" if number % 2 else 1
        self.queue_log(begin + 9, call, agent, "SURVEY", "care", "solved", 2, became, 2, 1)
        self.queue_log(begin + 9, call, agent, "SURVEYEND", "care", "hung_up" if number % 2 else "completed")


@pytest.fixture
def day(tmp_path) -> Day:
    return Day(tmp_path / "day")


@pytest.fixture
def instant() -> Callable[[float], datetime]:
    return lambda seconds: datetime.fromtimestamp(ZERO, UTC) + timedelta(seconds=seconds)


@pytest.fixture
def exported() -> Callable:
    async def go(store: Store) -> str:
        return "\n".join([line async for line in store.export()])

    return go


@pytest.fixture
def hand(store):
    from hand_made import Hand

    return Hand(store)
