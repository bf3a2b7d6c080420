"""Every report can be made by itself, alone and beside another period, in every format."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cti.core.metrics.report_names import REPORT_NAMES
from cti.db.store import Store
from cti.reporting.scheduled import make
from cti.site.load import load_site

SITE = """
site: {{name: x, timezone: Asia/Shanghai, languages: [en]}}
queues: {{sales: {{overflow: hangup}}}}
reports:
  scheduled:
    - {{name: one, report: {report}, when: "daily 07:00", folder: x, formats: [html, xlsx, csv, json, parquet]}}
    - {{name: two, report: {report}, when: "daily 07:00", folder: x, against: last-week}}
"""
PERIOD = datetime(2026, 11, 1, 16, tzinfo=UTC), datetime(2026, 11, 2, 16, tzinfo=UTC)
NOW = datetime(2026, 11, 3, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path):
    async with Store(f"sqlite:///{tmp_path / 'rows.sqlite'}") as opened:
        yield opened


async def test_every_report_is_made_with_nothing_but_its_name(tmp_path, store):
    for report in REPORT_NAMES:
        (tmp_path / "site.yaml").write_text(SITE.format(report=report))
        site = load_site(tmp_path / "site.yaml")
        for wanted in site.reports.scheduled.values():
            made = await make(store, wanted, site, PERIOD, NOW)
            assert [name.rpartition(".")[2] for name, data in made.files if data] == list(wanted.formats), report


async def test_reports_of_moments_keep_their_intervals_beside_another_period(tmp_path, store):
    (tmp_path / "site.yaml").write_text(SITE.format(report="wallboard"))
    site = load_site(tmp_path / "site.yaml")
    alone, beside = [
        (await make(store, wanted, site, PERIOD, NOW)).report for wanted in site.reports.scheduled.values()
    ]
    numbers = len([column for column in alone.columns if column.unit not in ("text", "instant")])
    assert len(alone.rows) == 96
    assert len(beside.rows) == 97 * numbers  # each quarter of an hour, and all together
