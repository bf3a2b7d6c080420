"""The report `adherence`, and the plans it is held against, on both databases."""

from __future__ import annotations

import pytest
from hand_made import DAY, SHANGHAI, at, question, rows, total

from cti.cli.rows import instant
from cti.core.metrics.adherence import Planned
from cti.core.metrics.intervals import By
from cti.db.people import Agent, People
from cti.db.plans import Plans, read_plan
from cti.errors import UsageError
from cti.reporting.makers import MAKERS

MAKER = MAKERS["adherence"]


def shift(agent: str, first: float, last: float, reason: str = "") -> Planned:
    return Planned(agent=agent, started=at(first), ended=at(last), reason=reason)


async def day(hand) -> None:
    """1001: 09:00–17:00 with lunch 12:00–13:00; came at 09:30, worked through half of lunch, stayed until 17:30.
    1002 had a shift and never came; 1003 was there without one.
    """
    await People(hand.store.database).save_agents([Agent(number="1001", name="Wang", phone="PJSIP/1001")])
    plan = [shift("1001", 0, 480), shift("1001", 180, 240, "lunch"), shift("1002", 0, 60)]
    await Plans(hand.store.database).replace(plan, SHANGHAI)
    for agent, minute, presence in (
        ("1001", 30, "ready"),
        ("1001", 210, "paused"),
        ("1001", 240, "talking"),
        ("1001", 510, "offline"),
        ("1003", 0, "ready"),
    ):
        await hand.presence(agent, minute, presence)


async def made(hand, **said):
    return await MAKER.make(hand.store, question("adherence", 0, DAY, **said))


async def test_each_agent_with_a_plan_has_a_line(hand):
    await day(hand)
    report = await made(hand)
    wang, absent = rows(report)
    assert (wang["agent"], wang["agent_name"], absent["agent"]) == ("1001", "Wang", "1002")
    assert (wang["planned_seconds"], wang["as_planned_seconds"]) == (480 * 60, (150 + 30 + 240) * 60)
    assert wang["adherence_percent"] == 87.5
    assert (wang["planned_work_seconds"], wang["work_seconds"], wang["conformance_percent"]) == (
        420 * 60,
        450 * 60,
        107.14,
    )
    assert (wang["absent_seconds"], wang["break_worked_seconds"], wang["unplanned_seconds"]) == (1800, 1800, 1800)
    assert (absent["adherence_percent"], absent["absent_seconds"]) == (0.0, 3600)
    assert total(report)["planned_seconds"] == 540 * 60


async def test_it_is_cut_at_the_borders_of_intervals(hand):
    await day(hand)
    found = rows(await made(hand, by=By.HOUR, agents=("1001",)))
    assert [row["adherence_percent"] for row in found[:4]] == [50.0, 100.0, 100.0, 50.0]


async def test_a_shift_that_has_not_come_is_not_missed(hand):
    await day(hand)
    absent = rows(await made(hand, now=30))[1]
    assert absent["planned_seconds"] == 1800


async def test_where_it_was_not_as_planned_is_listed(hand):
    await day(hand)
    found = await MAKER.drill(hand.store, question("adherence", 0, DAY, agents=("1001",)))
    assert [(row["planned"], row["presence"], row["seconds"]) for row in found] == [
        ("work", "offline", 1800),
        ("lunch", "ready", 1800),
        ("nothing", "talking", 1800),
    ]


async def test_a_plan_replaces_that_of_the_same_agents_and_days_only(hand):
    plans = Plans(hand.store.database)
    await plans.replace([shift("1001", 0, 60), shift("1001", DAY, DAY + 60), shift("1002", 0, 60)], SHANGHAI)
    assert await plans.replace([shift("1001", 120, 180)], SHANGHAI, dry_run=True) == 1
    assert await plans.replace([shift("1001", 120, 180)], SHANGHAI) == 1
    found = await plans.between(at(-DAY), at(3 * DAY))
    assert found == [shift("1001", 120, 180), shift("1001", DAY, DAY + 60), shift("1002", 0, 60)]
    assert await plans.remove(("1001",), at(0), at(DAY)) == 1
    assert len(await plans.between(at(-DAY), at(3 * DAY))) == 2


def read(text: str) -> list[Planned]:
    return read_plan(text, "week.csv", lambda words: instant(words, SHANGHAI), {"1001", "1002"})


def test_a_plan_is_read_from_csv():
    text = (
        "agent,from,to,reason\n1001,2026-11-02 09:00,2026-11-02 17:00,\n1001,2026-11-02 12:00,2026-11-02 13:00,lunch\n"
    )
    assert read(text) == [shift("1001", 0, 480), shift("1001", 180, 240, "lunch")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1009,2026-11-02 09:00,2026-11-02 17:00", "week.csv:2: no agent '1009'"),
        ("1001,2026-11-02 17:00,2026-11-02 09:00", "end after it begins"),
        ("1001,2026-11-02 09:00,2026-11-04 09:00", "24 hours"),
        ("1001,morning,2026-11-02 09:00", "is no instant"),
        ("1001,,2026-11-02 09:00", "are instants"),
        ("1001,2026-11-02 09:00", "write AGENT,FROM,TO"),
        (
            "1001,2026-11-02 09:00,2026-11-02 17:00\n1001,2026-11-02 16:00,2026-11-02 18:00",
            "week.csv:3: 1001 has another",
        ),
        ("1001,2026-11-02 09:00,2026-11-02 17:00,a\x1b[2Jb", "plain text"),
    ],
)
def test_a_mistake_is_told_with_its_line(line, said):
    with pytest.raises(UsageError) as error:
        read(f"agent,from,to,reason\n{line}\n")
    assert said in str(error.value)


def test_a_file_of_other_columns_is_refused():
    with pytest.raises(UsageError, match="the columns are agent,from,to"):
        read("number,begin,end\n")
