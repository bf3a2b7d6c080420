"""`reports:` of site.yaml: read, and every mistake told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.core.metrics.report_names import REPORT_NAMES
from cti.errors import SiteError
from cti.reports.catalogue import REPORTS
from cti.site.load import load_site
from cti.site.model import Site

HEAD = "site: {name: x, timezone: Asia/Shanghai, languages: [zh, en]}\nqueues: {sales: {overflow: hangup}}\n"


def site(tmp_path: Path, text: str) -> Site:
    path = tmp_path / "site.yaml"
    path.write_text(HEAD + text)
    return load_site(path)


def scheduled(tmp_path: Path, options: str) -> Site:
    return site(tmp_path, f"reports:\n  scheduled:\n    - {{name: a, report: queue, {options}}}\n")


def test_every_report_can_be_scheduled():
    """When this fails: add the name of the new report to core/metrics/report_names.py."""
    assert set(REPORT_NAMES) == set(REPORTS)


def test_without_the_section_there_are_the_usual_thresholds_and_nothing_is_sent(tmp_path):
    reports = site(tmp_path, "").reports
    assert (reports.within_seconds, reports.short_seconds, dict(reports.scheduled)) == (20.0, 5.0, {})


def test_a_scheduled_report_is_read_with_its_defaults(tmp_path):
    one = scheduled(tmp_path, 'when: "weekly fri 18:30", to: a@example.com').reports.scheduled["a"]
    assert (str(one.when), one.to, one.formats, one.languages, one.folder) == (
        "weekly fri 18:30",
        ("a@example.com",),
        ("html",),
        ("zh", "en"),
        "",
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ('when: "daily 7", folder: x', "daily 07:00"),
        ("folder: x", "needs when"),
        ('when: "daily 07:00"', "goes nowhere"),
        ('when: "daily 07:00", to: [nobody]', "leads@example.com"),
        ('when: "daily 07:00", to: [a@b.c, a@b.c]', "each once"),
        ('when: "daily 07:00", folder: x, formats: [pdf]', "html, xlsx"),
        ('when: "daily 07:00", folder: x, queues: [sale]', "did you mean sales?"),
        ('when: "daily 07:00", folder: x, report: queu', "twice"),
        ('when: "daily 07:00", folder: x, against: yesterday', "known: "),
        ('when: "daily 07:00", folder: x, languages: [de]', "zh, en"),
        ('when: "daily 07:00", folder: x, by: minute', "is not for the report queue (known: 15min"),
        ('when: "daily 07:00", folder: x, per: agent', "is not for the report queue (leave it out"),
        ('when: "daily 07:00", folder: x, tto: [a@b.c]', "did you mean to?"),
        ('when: "daily 07:00", folder: ~/x', "a folder"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_a_hint(tmp_path, options, said):
    with pytest.raises(SiteError) as error:
        scheduled(tmp_path, options)
    assert any("site.yaml:5:" in mistake and said in mistake for mistake in error.value.mistakes), error.value.mistakes


def test_an_unknown_report_is_told_with_the_nearest_one(tmp_path):
    with pytest.raises(SiteError, match="did you mean repeat"):
        site(tmp_path, 'reports: {scheduled: [{name: a, report: repeats, when: "daily 07:00", folder: x}]}\n')


def test_two_of_one_name_are_told(tmp_path):
    one = '{name: a, report: queue, when: "daily 07:00", folder: x}'
    with pytest.raises(SiteError, match="there twice"):
        site(tmp_path, f"reports: {{scheduled: [{one}, {one}]}}\n")


def test_what_a_line_is_about_depends_on_the_report(tmp_path):
    one = '{name: a, report: missed, per: hour, by: week, when: "daily 07:00", folder: x}'
    read = site(tmp_path, f"reports: {{scheduled: [{one}]}}\n").reports.scheduled["a"]
    assert (read.per, read.by) == ("hour", "week")
    with pytest.raises(SiteError, match="known: agent, reason, hour"):
        site(tmp_path, f"reports: {{scheduled: [{one.replace('hour', 'queue')}]}}\n")
