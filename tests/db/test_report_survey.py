"""The report `survey`, on an imported day with questions after the talk, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from statistics import fmean
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from cti.core.metrics.intervals import By
from cti.core.metrics.thresholds import Thresholds
from cti.db.counting import Span
from cti.db.fact_tables import SurveyRow
from cti.journal.importer import Importer
from cti.reporting.makers import MAKERS
from cti.reporting.question import Question
from cti.reports.build import Asked

MAKER = MAKERS["survey"]
CALLS = 120  # a call in ten seconds, so they cross a quarter of an hour


@pytest.fixture
async def imported(store, day):
    for number in range(CALLS):
        day.call(number)
    await Importer(day.files, store).drain()
    return store


def question(instant, by=None, **more) -> Question:
    only = {name: more.pop(name) for name in ("queues", "agents") if name in more}
    since, until = instant(-3600), instant(86_400)
    asked = Asked(
        name="survey", since=since, until=until, zone=ZoneInfo("Asia/Shanghai"), thresholds=Thresholds(), by=by
    )
    return Question(asked=asked, span=Span(since=since, until=until, **only), now=datetime.now(UTC), more=more)


def told(report) -> list[dict]:
    names = [column.name for column in report.columns]
    return [dict(zip(names, row, strict=True)) for row in report.rows]


async def answers(store) -> list:
    async with store.database.reading() as connection:
        return list((await connection.execute(select(SurveyRow.__table__))).mappings())


async def test_each_question_of_a_queue_is_a_line_with_its_own_scale(imported, instant):
    content, solved = told(await MAKER.make(imported, question(instant)))
    rows = await answers(imported)
    first = [row["answer"] for row in rows if row["question"] == "content"]
    second = [row["answer"] for row in rows if row["question"] == "solved"]
    assert (content["queue"], content["survey"], content["question"], content["scale"]) == (
        "sales", "care", "content", "1–5",
    )  # fmt: skip
    assert content["survey_mean"] == round(fmean(first), 3)
    assert (content["survey_asked"], content["survey_answered"]) == (len(first), len(first))
    assert content["survey_top_two_box_percent"] == round(100 * sum(key >= 4 for key in first) / len(first), 2)
    assert [content[f"answered_{key}"] for key in range(1, 6)] == [first.count(key) for key in range(1, 6)]
    assert (solved["scale"], solved["survey_top_two_box_percent"]) == ("2–1", 100.0)
    assert solved["survey_answered"] == sum(key is not None for key in second) < solved["survey_asked"]


async def test_questions_of_different_scales_are_counted_together_and_not_averaged(imported, instant):
    report = await MAKER.make(imported, question(instant))
    total = dict(zip([column.name for column in report.columns], report.total, strict=True))
    rows = await answers(imported)
    assert total["survey_asked"] == len(rows)
    assert total["survey_answered"] == sum(row["answer"] is not None for row in rows)
    assert total["survey_mean"] is total["survey_top_two_box_percent"] is None


async def test_a_line_for_each_agent_or_interval_adds_up_to_the_whole(imported, instant):
    whole = {row["question"]: row for row in told(await MAKER.make(imported, question(instant)))}
    for more in ({"per": "agent"}, {"by": By.QUARTER}, {"per": "survey"}):
        lines = told(await MAKER.make(imported, question(instant, **more)))
        for name, line in whole.items():
            parts = [row for row in lines if row["question"] == name]
            assert sum(row["survey_asked"] for row in parts) == line["survey_asked"], more
            assert sum(row["answered_2"] for row in parts) == line["answered_2"], more
        assert len(lines) > 2 or more == {"per": "survey"}


async def test_only_the_agent_who_was_asked_for_is_told_and_the_drill_gives_the_answers(imported, instant):
    agents = {row["agent"] for row in await answers(imported)}
    agent = min(agents)
    rows = await MAKER.drill(imported, question(instant, agents=(agent,)))
    assert rows
    assert {row["agent"] for row in rows} == {agent}
    lines = told(await MAKER.make(imported, question(instant, agents=(agent,))))
    assert sum(line["survey_asked"] for line in lines) == len(rows)


async def test_where_nobody_was_asked_there_is_no_line(store, instant):
    report = await MAKER.make(store, question(instant))
    assert (report.rows, report.total) == ((), ())
