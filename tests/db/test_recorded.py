"""What was recorded, as the simulator takes it, on both databases."""

from __future__ import annotations

import pytest

from cti.core.recorded import Noted
from cti.core.words import Outcome, Presence
from cti.db.recorded import recorded_callers, recorded_presences
from cti.journal.importer import Importer

ZERO = 1_795_300_000  # the conftest's


@pytest.fixture
async def stored(store, day):
    for number in range(9):
        day.call(number)
    asked = {"queue": "parts", "need": [["parts", 40], ["en", 1]], "priority": 2}
    begin, call = ZERO + 200, f"{ZERO + 200}.999"
    day.tell("presence", ZERO - 600, agent="1001", presence="ready", reason="")
    day.tell("presence", ZERO + 10, agent="1001", presence="paused", reason="lunch")
    day.tell("presence", ZERO - 90_000, agent="1002", presence="ready", reason="")  # more than a day before
    day.cel(begin, call, call, "CHAN_START", "from-trunk", "PJSIP/itsp-00000999", "13900000999")
    day.queue_log(begin + 1, call, "NONE", "ENTERQUEUE", "", "13900000999", 1)
    day.tell("joined", begin + 1, call=call, caller={"number": "13900000999"}, **asked)
    day.tell("joined", begin + 20, call=call, caller={"number": "13900000999"}, **{**asked, "priority": 9})
    day.queue_log(begin + 31, call, "NONE", "EXITWITHTIMEOUT", 1, 1, 30)
    day.cel(begin + 32, call, call, "CHAN_END")
    day.cel(begin + 32, call, call, "LINKEDID_END")
    await Importer(day.files, store).drain()
    return store


async def test_callers_are_told_as_they_came(stored, instant):
    callers = await recorded_callers(stored.database, instant(0), instant(300))
    assert len(callers) == 10
    first, second, *_, last = callers
    assert (first.outcome, first.queue, first.gave_up, first.misses) == (Outcome.SHORT_ABANDON, "sales", True, 1)
    assert (second.at, second.outcome, second.queue) == (pytest.approx(11.1, abs=0.2), Outcome.ANSWERED, "sales")
    assert second.wait_seconds == pytest.approx(2.1)
    assert second.talk_seconds == pytest.approx(4.9)
    assert second.ring_seconds > 0
    assert (last.outcome, last.gave_up, last.wait_seconds) == (Outcome.TIMEOUT, False, pytest.approx(30, abs=1))


async def test_need_and_priority_are_those_of_the_first_asking(stored, instant):
    callers = await recorded_callers(stored.database, instant(0), instant(300))
    assert (callers[-1].need, callers[-1].priority) == ((("en", 1), ("parts", 40)), 2)
    assert (callers[0].need, callers[0].priority) == ((), None)


async def test_only_callers_of_the_time_asked_for_are_told(stored, instant):
    assert len(await recorded_callers(stored.database, instant(10), instant(30))) == 2
    assert await recorded_callers(stored.database, instant(1000), instant(2000)) == []


async def test_presences_begin_with_the_last_word_of_the_day_before(stored, instant):
    assert await recorded_presences(stored.database, instant(0), instant(300)) == [
        Noted(agent="1001", at=-600.0, presence=Presence.READY),
        Noted(agent="1001", at=10.0, presence=Presence.PAUSED, reason="lunch"),
    ]
