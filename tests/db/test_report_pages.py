"""The HTML page and the spreadsheet of every report say in Chinese, too, what was asked; and its notes."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import openpyxl
from hand_made import DAY, Hand, at, question

from cti.core.metrics.intervals import By
from cti.core.metrics.report_names import PER
from cti.reporting.answer import answer, answer_beside
from cti.reports.catalogue import REPORTS
from cti.reports.document import Report
from cti.reports.page import as_html
from cti.reports.sheet import as_xlsx
from cti.reports.words import asked_in_both

ALIKE = {"timezone", "from", "to", "then from", "then to", "target", "N (window)", "calls", "queue", "agent"}
USUAL = {"window": timedelta(days=7), "target": 0.8}


def untranslated(report: Report) -> set[tuple[str, str]]:
    """Names, and answers that are words, which stand in English only."""
    found = set()
    for name, answered in report.about.items():
        said, value = asked_in_both((name, answered))
        words = name not in ALIKE and not answered[0].isdigit()
        if said == name or (words and value == answered):
            found.add((name, answered))
    return found


async def test_whatever_was_asked_is_said_in_both_languages(hand: Hand):
    for name in REPORTS:
        for per in PER.get(name, ("",)):
            asked = question(name, by=By.HOUR, **USUAL, **({"per": per} if per else {}))
            filters = {"agent": "1001", "queue": "sales"}
            report = await answer(hand.store, replace(asked, asked=replace(asked.asked, filters=filters)))
            assert untranslated(report) == set(), name
            assert f'<small lang="zh">{report.title_zh}</small>' in as_html(report)
    report = await answer(hand.store, question("repeat", **USUAL, same_queue=True))
    assert untranslated(report) == set()
    beside = await answer_beside(hand.store, question("queue", by=None), (at(-DAY), at(0)))
    assert untranslated(beside) == set()
    assert asked_in_both(("by", "period")) == ("by 时段", "period 整个时段")
    assert "then from 对比期起始 <b>" in as_html(beside)


async def test_notes_stand_in_both_languages_on_a_page_and_in_a_sheet(hand: Hand):
    report = await answer(hand.store, question("waits"))
    (note,) = report.notes
    page = as_html(report)
    assert note.says in page
    assert f'<span lang="zh">{note.says_zh}</span>' in page
    cells = openpyxl.load_workbook(io.BytesIO(as_xlsx(report)))["definitions"].iter_rows(values_only=True)
    rows = [row[:2] for row in cells]
    assert rows[0] == (report.title, report.title_zh)
    assert (note.says, note.says_zh) in rows
    assert ("per 分组", "queue 队列") in rows
