"""The report `staffing`, on an hour of one erlang written by hand, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand_made import question, rows

from cti.core.metrics.intervals import By
from cti.db.people import Agent, People
from cti.errors import UsageError
from cti.reporting.makers import MAKERS
from cti.site.load import load_site

MAKER = MAKERS["staffing"]
SITE = """
site: {name: x, timezone: Asia/Shanghai, languages: [zh]}
queues:
  sales: {steps: [{after: 0, need: {sales: 50}}], overflow: hangup}
  parts: {steps: [{after: 0, need: {parts: 50}}], overflow: hangup}
"""


async def hour(hand, talk_ms: int = 50_000) -> None:
    """60 callers in the first hour, each 50 s of talk and 10 s of wrap-up; two agents, one of them for half of it."""
    for minute in range(60):
        await hand.call(f"c{minute}", minute, queue="sales", agent="1001", wait_seconds=10.0)
        await hand.visit(f"c{minute}", minute, talk_ms=talk_ms, wrap_ms=10_000)
        await hand.segment(f"c{minute}", 0, minute, minute + 1 / 6, kind="wait", agent="", outcome="answered")
        await hand.segment(f"c{minute}", 1, minute + 1 / 6, minute + 1)
    await hand.presence("1001", -10, "ready")
    await hand.presence("1001", 30, "talking")
    await hand.presence("1002", 0, "ready")
    await hand.presence("1002", 30, "paused", reason="lunch")


async def staff(hand, skills: dict[str, dict[str, int]]) -> None:
    agents = [Agent(number=n, name=n, phone=f"PJSIP/{n}", skills=levels) for n, levels in skills.items()]
    await People(hand.store.database).save_agents(agents)


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    return load_site(path)


async def made(hand, **said):
    return await MAKER.make(hand.store, question("staffing", 0, 120, **said))


async def test_what_was_there_stands_beside_what_theory_needs(hand):
    await hour(hand)
    first, second = rows(await made(hand))
    assert (first["entered"], first["aht_seconds"], first["load"], first["agents"]) == (60, 60.0, 1.0, 1.5)
    assert (first["needed_erlang_c"], first["needed_erlang_a"], first["spare"]) == (3, 3, -1.5)
    assert first["service_level_percent"] == 100.0
    assert first["service_level_erlang_c_percent"] == 76.12  # two agents: 1 - exp(-1/3)/3
    assert (second["entered"], second["needed_erlang_c"], second["service_level_percent"]) == (0, 0, None)
    assert (second["agents"], second["spare"]) == (1.0, 1.0)


async def test_an_interval_in_which_nobody_was_answered_takes_the_aht_of_the_period(hand):
    await hour(hand)
    await hand.call("lost", 61)
    await hand.visit("lost", 61, outcome="abandoned", agent="", talk_ms=0, wait_ms=60_000)
    report = await made(hand)
    _, second = rows(report)
    assert (second["aht_seconds"], second["load"], second["needed_erlang_c"]) == (None, 0.017, 1)
    assert (second["abandoned_percent"], second["service_level_percent"]) == (100.0, 0.0)
    assert "gave up: 1; so few" in report.notes[-1].says
    assert report.about["mean patience"] == "660 s"  # 60 × 10 s and 60 s of waiting, one gave up


async def test_nobody_at_work_answers_nobody(hand):
    await hand.call("c", 0)
    await hand.visit("c", 0)
    first, _ = rows(await made(hand))
    assert (first["agents"], first["service_level_erlang_a_percent"], first["abandoned_erlang_a_percent"]) == (
        0.0,
        0.0,
        100.0,
    )


async def test_quarters_of_an_hour(hand):
    await hour(hand)
    found = rows(await made(hand, by=By.QUARTER))
    assert [row["entered"] for row in found] == [15] * 4 + [0] * 4
    assert [row["agents"] for row in found] == [2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]


async def test_a_queue_has_the_agents_whose_skills_serve_it(hand, site):
    await hour(hand)
    await staff(hand, {"1001": {"sales": 80}, "1002": {"parts": 80}})
    wanted = replace(question("staffing", 0, 60, queues=("sales",)), site=site)
    (line,) = rows(await MAKER.make(hand.store, wanted))
    assert (line["entered"], line["agents"]) == (60, 1.0)


async def test_the_same_callers_are_simulated_with_those_who_were_there(hand, site):
    await hour(hand, talk_ms=50_000)
    await staff(hand, {"1001": {"sales": 80}, "1002": {"sales": 80}})
    wanted = replace(question("staffing", 0, 60, simulate=True, seeds=2), site=site)
    (line,) = rows(await MAKER.make(hand.store, wanted))
    assert line["service_level_simulated_percent"] > 90  # regular callers wait less than chance would have them


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"by": By.DAY}, "--by 15min or --by hour"),
        ({"simulate": True}, "needs site.yaml"),
        ({"queues": ("sales",)}, "cannot be read"),
    ],
)
async def test_what_cannot_be_told_is_refused(hand, said, why):
    await hour(hand)
    with pytest.raises(UsageError, match=why):
        await made(hand, **said)
